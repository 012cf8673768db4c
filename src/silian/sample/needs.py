"""Rows of needs: what enterprises seek, clearly or not."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from silian.sample.dice import Dice
from silian.sample.frame import Competence, NeedFrame
from silian.sample.setting import REFERENCE_DAY, Setting, day, field_codes_of
from silian.sample.vocabulary import names
from silian.sample.words import Words

Row = dict[str, Any]

STATES = ("published", "published", "published", "contracted", "closed")


def _words(setting: Setting, need: NeedFrame, dice: Dice) -> Words:
    trade = setting.frame.trades[need.industry]
    # A text that asks for no technique of its own still needs one for patterns that name one.
    technique = need.technique
    if technique < 0:
        technique = dice.pick(trade.problems[need.problem].techniques)
    competence = Competence(need.thing, need.problem, technique)
    present = max(0.02, need.target_quality - dice.between(0.3, 0.45))
    situation = (need.industry, competence)
    words = setting.words(need.organisation, situation, dice, present, need.target_quality)
    if need.service:
        words["service"] = dice.pick(names()["service_kinds"][need.service]["needs"])
    return words


def _text(need: NeedFrame, words: Words, dice: Dice) -> str:
    if not need.clear:
        opening = words.one("need_openings") if dice.chance(0.5) else ""
        return opening + words.one("need_vague")
    sentences = [words.one("need_openings")]
    if need.kind == "technology":
        sentences.append(words.one("need_problems"))
        if dice.chance(0.85):
            sentences.append(words.one("need_targets"))
        if need.technique >= 0:
            sentences.append(words.one("need_techniques"))
    else:
        sentences.append(words.one(f"need_{need.kind}"))
    if dice.chance(0.6):
        sentences.append(words.one("need_conditions"))
    return "".join(sentences)


def _status(need: NeedFrame, drawn: str) -> str:
    """Nobody can have contracted what nobody can do."""
    return "closed" if need.unmet and drawn == "contracted" else drawn


def need_rows(setting: Setting) -> Iterator[Row]:
    """Needs of the city's enterprises, each in its own trade."""
    dice = Dice(setting.seed, "need")
    for number, need in enumerate(setting.frame.needs):
        words = _words(setting, need, dice)
        published = day(dice, 2025, 2026)
        tells = need.clear and need.kind == "technology"
        deadline = None
        if need.clear and dice.chance(0.75):
            deadline = (REFERENCE_DAY + timedelta(days=30 + dice.below(500))).isoformat()
        yield {
            "source_key": f"NED-{number + 1:06d}",
            "title": words.one("need_titles", need.kind),
            "text": _text(need, words, dice),
            "need_kind": need.kind,
            "organisation_key": setting.frame.organisations[need.organisation].key,
            "region_adcode": setting.adcode(need.organisation),
            "field_codes": field_codes_of(words.trade, [need.thing]),
            "budget_cny": need.budget_cny,
            "readiness_target": need.readiness,
            "deadline": deadline,
            "present_state": words.say("目前{indicator}为{present}，存在{problem}的问题。")
            if tells
            else "",
            "target": words.say("{indicator}{bound2}{target}") if tells else "",
            "published_on": published.isoformat(),
            "status": _status(need, dice.pick(STATES)),
        }
