"""Rows of regions, organisations, people and affiliations."""

from collections.abc import Iterator
from typing import Any

from silian.sample.credit_codes import credit_code
from silian.sample.dice import Dice
from silian.sample.frame import RESEARCH_KINDS, OrganisationFrame, PersonFrame
from silian.sample.geography import COORDINATE_DIGITS
from silian.sample.naming import person_name
from silian.sample.setting import Setting, day, early_day, field_codes_of
from silian.sample.vocabulary import names, phrases

Row = dict[str, Any]

OTHER_INDUSTRY = {
    "university": ("P8341", "普通高等教育"),
    "research_institute": ("M7320", "工程和技术研究和试验发展"),
    "hospital": ("Q8411", "综合医院"),
    "government": ("S9221", "综合事务管理机构"),
    "service_agency": ("M7590", "其他科技推广服务业"),
    "financial": ("J6621", "商业银行服务"),
    "other": ("S9521", "专业性团体"),
}


def region_rows(setting: Setting) -> Iterator[Row]:
    """The city, then its districts."""
    city = names()["city"]
    yield {
        "source_key": city["code"],
        "name": city["name"],
        "name_en": city["name_en"],
        "level": "city",
        "parent_adcode": None,
        "centre_longitude": setting.map.centre[0],
        "centre_latitude": setting.map.centre[1],
        "boundary": _polygon(setting.map.ring),
    }
    for row, drawn in zip(names()["districts"], setting.map.districts, strict=True):
        yield {
            "source_key": row["code"],
            "name": row["name"],
            "name_en": row["name_en"],
            "level": "district",
            "parent_adcode": city["code"],
            "centre_longitude": round(drawn.centre[0], COORDINATE_DIGITS),
            "centre_latitude": round(drawn.centre[1], COORDINATE_DIGITS),
            "boundary": _polygon(drawn.ring),
        }


def _polygon(ring: tuple[tuple[float, float], ...]) -> Row:
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}


def organisation_rows(setting: Setting) -> Iterator[Row]:
    """Every organisation, enterprises first."""
    dice = Dice(setting.seed, "organisation")
    for number, owner in enumerate(setting.frame.organisations):
        yield _organisation(setting, number, owner, dice)


def _organisation(setting: Setting, number: int, owner: OrganisationFrame, dice: Dice) -> Row:
    trade, named = setting.frame.trades[owner.industry], setting.names[number]
    makes = owner.kind == "enterprise"
    family = trade.families[owner.products[0]] if makes else 0
    code, label = trade.industry_codes[family] if makes else OTHER_INDUSTRY[owner.kind]
    district = names()["districts"][owner.district]
    longitude, latitude = setting.map.districts[owner.district].point(dice)
    founded = day(dice, 1992, 2025)
    products = [dice.pick(trade.objects[thing]) for thing in owner.products]
    adcode = district["code"]
    return {
        "source_key": owner.key,
        "name": named.name,
        "name_en": named.name_en,
        "former_names": _former_names(named.name, trade.trade_words, dice) if makes else [],
        "aliases": [named.short] if dice.chance(0.5) and named.short != named.name else [],
        "unified_social_credit_code": credit_code(owner.kind, adcode, number),
        "organisation_kind": owner.kind,
        "industry_code": code,
        "industry_name": label,
        "region_adcode": adcode,
        "address": (
            f"{names()['city']['name']}{district['name']}{dice.pick(names()['roads'])}"
            f"{1 + dice.below(999)}号"
        ),
        "established_on": founded.isoformat(),
        "registered_capital_cny": _capital(owner.staff_count, dice),
        "employee_count": owner.staff_count,
        "description": _organisation_text(setting, number, founded.year, dice),
        "main_products": products,
        "keywords": [*products[:2], dice.pick(trade.scenes[family])] if makes else [trade.name_zh],
        "longitude": longitude,
        "latitude": latitude,
    }


def _former_names(name: str, trade_words: tuple[str, ...], dice: Dice) -> list[str]:
    if not dice.chance(0.12):
        return []
    for word in trade_words:
        if word in name:
            former = name.replace(word, dice.pick(["实业", "贸易", "五金", "工贸", "电子"]))
            return [former]
    return []


def _capital(staff_count: int, dice: Dice) -> int:
    millions = (1 + staff_count / 15) * dice.between(0.4, 2.5)
    return max(1, round(millions)) * 1_000_000


def _organisation_text(setting: Setting, number: int, year: int, dice: Dice) -> str:
    owner = setting.frame.organisations[number]
    trade, name = setting.frame.trades[owner.industry], setting.names[number].name
    if owner.kind == "enterprise":
        words = setting.words(number, setting.known_competence(owner, dice), dice)
        words["year"], words["staff"] = str(year), str(owner.staff_count)
        return name + words.one("organisation_descriptions")
    if owner.kind in RESEARCH_KINDS:
        return f"{name}设有{trade.name_zh}等研究方向，面向全市企业开展科研、人才培养与成果转化。"
    return f"{name}为全市{trade.name_zh}等产业的企业提供服务。"


def person_rows(setting: Setting) -> Iterator[Row]:
    """Experts of universities, institutes, hospitals and enterprises."""
    dice = Dice(setting.seed, "person")
    for number, person in enumerate(setting.frame.persons):
        trade = setting.frame.trades[person.industry]
        owner = setting.frame.organisations[person.organisation]
        name, name_en = person_name(dice)
        expertise: list[str] = []
        for competence in person.competences:
            expertise.append(dice.pick(trade.techniques[competence.technique]))
            expertise.append(dice.pick(trade.objects[competence.thing]))
        yield {
            "source_key": f"PER-{number + 1:06d}",
            "name": name,
            "name_en": name_en,
            "title": dice.pick(names()["titles"].get(owner.kind, ["高级工程师"])),
            "organisation_key": owner.key,
            "expertise": list(dict.fromkeys(expertise)),
            "field_codes": field_codes_of(trade, [c.thing for c in person.competences]),
            "biography": _biography(setting, person, dice),
        }


def _biography(setting: Setting, person: PersonFrame, dice: Dice) -> str:
    patterns = dice.several(phrases()["person_biographies"], 3)
    sentences = [
        setting.words(person.organisation, (person.industry, competence), dice).say(pattern)
        for pattern, competence in zip(patterns, person.competences, strict=False)
    ]
    return "".join(sentences)


def affiliation_rows(setting: Setting) -> Iterator[Row]:
    """One employment for every person; some have a second post elsewhere."""
    dice = Dice(setting.seed, "affiliation")
    made = 0
    for number, person in enumerate(setting.frame.persons):
        began = early_day(dice, 2005, 2024)
        made += 1
        yield _affiliation(setting, made, number, person.organisation, "employment", began, dice)
        if dice.chance(0.2):
            kind, organisation = _second_post(setting, person, dice)
            if organisation != person.organisation:
                made += 1
                began = day(dice, 2022, 2025)
                yield _affiliation(setting, made, number, organisation, kind, began, dice)


def _second_post(setting: Setting, person: PersonFrame, dice: Dice) -> tuple[str, int]:
    owner = setting.frame.organisations[person.organisation]
    if owner.kind == "enterprise":
        return "industry_professor", dice.pick(setting.by_kind["university"])
    makers = setting.makers[person.industry] or setting.by_kind["enterprise"]
    if dice.chance(0.5):
        return "technical_executive", dice.pick(makers)
    return "dual_employment", dice.pick(makers)


ROLES = {
    "employment": ["教学科研岗", "研发岗", "技术骨干", "团队负责人"],
    "dual_employment": ["双聘研究员", "双聘专家", "联合实验室主任"],
    "industry_professor": ["产业教授", "产业导师", "兼职教授"],
    "technical_executive": ["技术副总（挂职）", "首席科学家", "技术高管"],
}


def _affiliation(
    setting: Setting, made: int, person: int, organisation: int, kind: str, began: Any, dice: Dice
) -> Row:
    ends = None
    if kind != "employment":
        ends = began.replace(year=began.year + 2 + dice.below(4), day=min(began.day, 28))
    return {
        "source_key": f"AFF-{made:06d}",
        "person_key": f"PER-{person + 1:06d}",
        "organisation_key": setting.frame.organisations[organisation].key,
        "role": dice.pick(ROLES[kind]),
        "affiliation_kind": kind,
        "valid_from": began.isoformat(),
        "valid_until": ends.isoformat() if ends else None,
    }
