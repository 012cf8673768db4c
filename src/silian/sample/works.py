"""Rows of achievements, patents, projects and publications."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from silian.sample.bylines import paper_bylines, patent_applicants
from silian.sample.dice import Dice
from silian.sample.frame import WorkFrame
from silian.sample.setting import Setting, day, field_codes_of
from silian.sample.vocabulary import phrases
from silian.sample.words import Words

Row = dict[str, Any]

TRANSFER_MODES = ("licence", "assignment", "equity", "co_development")
PROPERTIES = (
    "已授权发明专利{n}项",
    "申请发明专利{n}项",
    "软件著作权{n}项",
    "技术秘密",
    "发明专利{n}项、实用新型{n}项",
)
LEVELS = ("municipal", "municipal", "provincial", "national")
PATENT_KINDS = (*["invention"] * 7, *["utility_model"] * 5, "design")
PATENT_LETTER = {"invention": "B", "utility_model": "U", "design": "S"}
LEGAL_STATES = ("有效", "有效", "有效", "审中", "失效")


def _words(setting: Setting, work: WorkFrame, dice: Dice) -> Words:
    present = max(0.0, work.quality - dice.between(0.25, 0.5))
    situation = (work.industry, work.competence)
    return setting.words(work.organisation, situation, dice, present, work.quality)


def _owner_key(setting: Setting, work: WorkFrame) -> str:
    return setting.frame.organisations[work.organisation].key


def _person_keys(work: WorkFrame) -> list[str]:
    return [f"PER-{number + 1:06d}" for number in work.persons]


def achievement_rows(setting: Setting) -> Iterator[Row]:
    """What research has brought forth and offers."""
    dice = Dice(setting.seed, "achievement")
    for number, work in enumerate(setting.frame.achievements):
        words = _words(setting, work, dice)
        trade = words.trade
        yield {
            "source_key": f"ACH-{number + 1:06d}",
            "title": words.one("achievement_titles"),
            "summary": words.one("achievement_summaries"),
            "keywords": [words["object"], words["technique"], words["indicator"], words["scene"]],
            "field_codes": field_codes_of(trade, [work.competence.thing]),
            "readiness_level": work.readiness,
            "organisation_key": _owner_key(setting, work),
            "inventor_keys": _person_keys(work),
            "price_cny": work.price_cny,
            "transfer_mode": dice.pick(TRANSFER_MODES),
            "intellectual_property": dice.pick(PROPERTIES).format(n=1 + dice.below(8)),
            "advantages": "".join(
                words.say(p) for p in dice.several(phrases()["achievement_advantages"], 2)
            ),
            "comparison": words.one("achievement_comparisons"),
            "completed_on": day(dice, 2016, 2026).isoformat(),
            "region_adcode": setting.adcode(work.organisation),
        }


def patent_rows(setting: Setting) -> Iterator[Row]:
    """Patents; publication numbers lie in a range that no office has given out."""
    dice = Dice(setting.seed, "patent")
    for number, (work, applicants) in enumerate(
        zip(setting.frame.patents, patent_applicants(setting), strict=True)
    ):
        words = _words(setting, work, dice)
        title = words["title"] = words.one("patent_titles")
        kind = dice.pick(PATENT_KINDS)
        filed = day(dice, 2010, 2025)
        granted = filed + timedelta(days=240 + dice.below(900))
        status = dice.pick(LEGAL_STATES)
        pending = status == "审中" or granted > date(2026, 6, 30)
        letter = "A" if pending and kind == "invention" else PATENT_LETTER[kind]
        yield {
            "source_key": f"PAT-{number + 1:06d}",
            "title": title,
            "abstract": words.one("patent_abstracts"),
            "publication_number": f"CN99{number + 1:07d}{letter}",
            "patent_kind": kind,
            "field_codes": field_codes_of(words.trade, [work.competence.thing]),
            "ipc_codes": dice.several(words.trade.ipc_classes, 1 + dice.below(2)),
            "assignee_keys": [_owner_key(setting, work)],
            "assignee_text": applicants.text,
            "inventor_keys": _person_keys(work),
            "application_date": filed.isoformat(),
            "grant_date": None if pending else granted.isoformat(),
            "legal_status": "审中" if pending else status,
        }


def project_rows(setting: Setting) -> Iterator[Row]:
    """Publicly funded projects."""
    dice = Dice(setting.seed, "project")
    for number, work in enumerate(setting.frame.projects):
        words = _words(setting, work, dice)
        level = dice.pick(LEVELS)
        began = day(dice, 2014, 2025)
        yield {
            "source_key": f"PRJ-{number + 1:06d}",
            "title": words.one("project_titles"),
            "number": f"{level[0].upper()}{began.year}-{number + 1:06d}",
            "programme": dice.pick(phrases()["programmes"][level]),
            "level": level,
            "organisation_key": _owner_key(setting, work),
            "leader_key": _person_keys(work)[0],
            "funds_cny": (10 + dice.below(400)) * 10_000,
            "started_on": began.isoformat(),
            "ended_on": (began + timedelta(days=365 * (2 + dice.below(3)))).isoformat(),
            "summary": words.one("project_summaries"),
            "field_codes": field_codes_of(words.trade, [work.competence.thing]),
        }


def publication_rows(setting: Setting) -> Iterator[Row]:
    """Papers of the city's experts."""
    dice = Dice(setting.seed, "publication")
    for number, (work, byline) in enumerate(
        zip(setting.frame.publications, paper_bylines(setting), strict=True)
    ):
        words = _words(setting, work, dice)
        yield {
            "source_key": f"PUB-{number + 1:06d}",
            "title": words.one("publication_titles"),
            "abstract": words.one("publication_abstracts"),
            "keywords": [words["object"], words["technique"], words["indicator"]],
            "field_codes": field_codes_of(words.trade, [work.competence.thing]),
            "author_keys": _person_keys(work),
            "author_text": byline.text,
            "published_on": day(dice, 2012, 2026).isoformat(),
        }
