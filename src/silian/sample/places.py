"""Rows of platforms, service agencies and facilities."""

from collections.abc import Iterator
from typing import Any

from silian.sample.dice import Dice
from silian.sample.frame import Competence, FacilityFrame, PlatformFrame
from silian.sample.setting import Setting, field_codes_of
from silian.sample.vocabulary import Industry, field_labels, names, phrases
from silian.sample.words import Words

Row = dict[str, Any]

LEVELS = ("municipal", "municipal", "municipal", "provincial", "provincial", "national")
QUALIFICATIONS = ("国家级示范机构", "省级备案机构", "市级备案机构", "CMA资质认定", "CNAS认可", "")


def platform_rows(setting: Setting) -> Iterator[Row]:
    """Laboratories, centres, public platforms and incubators."""
    dice = Dice(setting.seed, "platform")
    for number, platform in enumerate(setting.frame.platforms):
        trade = setting.frame.trades[platform.industry]
        competence = platform.competences[0]
        words = setting.words(platform.organisation, (platform.industry, competence), dice)
        things = [c.thing for c in platform.competences]
        codes = field_codes_of(trade, things)
        words["owner"] = setting.names[platform.organisation].short
        words["field"] = field_labels()[codes[0]]
        words["word"] = dice.pick(["先进制造", "应用技术", "关键材料", "智能化"])
        words["park"] = dice.pick(names()["parks"])
        level = dice.pick(LEVELS)
        place = {"municipal": names()["city"]["name"], "provincial": "省", "national": "国家"}[
            level
        ]
        yield {
            "source_key": f"PLA-{number + 1:06d}",
            "name": place + words.one("platform_names", platform.kind),
            "platform_kind": platform.kind,
            "level": level,
            "organisation_key": setting.frame.organisations[platform.organisation].key,
            "region_adcode": setting.adcode(platform.organisation),
            "field_codes": codes,
            "description": _platform_text(setting, platform, dice),
        }


def _platform_text(setting: Setting, platform: PlatformFrame, dice: Dice) -> str:
    patterns = dice.several(phrases()["platform_descriptions"], 3)
    return "".join(
        setting.words(platform.organisation, (platform.industry, competence), dice).say(pattern)
        for pattern, competence in zip(patterns, platform.competences, strict=False)
    )


def agency_rows(setting: Setting) -> Iterator[Row]:
    """Service agencies; each is also an organisation."""
    dice = Dice(setting.seed, "service_agency")
    kinds = names()["service_kinds"]
    for number, agency in enumerate(setting.frame.agencies):
        served = 12 + dice.below(600)
        trades = [setting.frame.trades[i].name_zh for i in agency.industries]
        services = "、".join(dice.pick(kinds[kind]["names"]) for kind in agency.kinds)
        sentence: str = dice.pick(phrases()["agency_descriptions"])
        text = sentence.format(
            services=services, industries="、".join(trades) or "各类制造业", served=served
        )
        yield {
            "source_key": f"AGY-{number + 1:06d}",
            "name": setting.names[agency.organisation].name,
            "organisation_key": setting.frame.organisations[agency.organisation].key,
            "service_kinds": [kinds[kind]["kind"] for kind in agency.kinds],
            "field_codes": sorted(
                {c for i in agency.industries for c in setting.frame.trades[i].field_codes}
            ),
            "qualification": dice.pick(QUALIFICATIONS),
            "description": text,
            "served_enterprise_count": served,
            "region_adcode": setting.adcode(agency.organisation),
        }


def facility_rows(setting: Setting) -> Iterator[Row]:
    """Instruments, pilot lines and test beds."""
    dice = Dice(setting.seed, "facility")
    for number, facility in enumerate(setting.frame.facilities):
        trade = setting.frame.trades[facility.industry]
        competence = Competence(facility.thing, 0, max(facility.technique, 0))
        words = setting.words(facility.organisation, (facility.industry, competence), dice)
        told = (
            _instrument(trade, facility, words, dice)
            if facility.instrument >= 0
            else _pilot_line(trade, facility, words, dice)
        )
        yield {
            "source_key": f"FAC-{number + 1:06d}",
            **told,
            "organisation_key": setting.frame.organisations[facility.organisation].key,
            "region_adcode": setting.adcode(facility.organisation),
            "price_cny_per_hour": 20 * (2 + dice.below(60)),
            "weekly_open_hours": 8 + 4 * dice.below(16),
            "field_codes": field_codes_of(trade, [facility.thing]),
        }


def _instrument(trade: Industry, facility: FacilityFrame, words: Words, dice: Dice) -> Row:
    instrument = trade.instruments[facility.instrument]
    words["methods"] = "、".join(instrument.methods)
    return {
        "name": dice.pick(instrument.names),
        "facility_kind": "instrument",
        "model": f"{instrument.model}-{100 * (1 + dice.below(90))}",
        "techniques": list(instrument.methods),
        "description": words.one("facility_descriptions"),
        "original_value_cny": (8 + dice.below(400)) * 10_000,
    }


def _pilot_line(trade: Industry, facility: FacilityFrame, words: Words, dice: Dice) -> Row:
    kind = dice.pick(["pilot_line", "pilot_line", "test_bed"])
    label = "中试线" if kind == "pilot_line" else "试验平台"
    return {
        "name": words.say("{object}{technique}") + label,
        "facility_kind": kind,
        "model": "",
        "techniques": list(trade.techniques[facility.technique][:2]),
        "description": words.one("pilot_descriptions"),
        "original_value_cny": (200 + dice.below(3000)) * 10_000,
    }
