"""Names of organisations and people, and the place and address of each organisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from silian.sample.dice import Dice
from silian.sample.frame import Frame, OrganisationFrame
from silian.sample.vocabulary import names

ENGLISH_KIND = {
    "research_institute": "Research Institute",
    "hospital": "Hospital",
    "government": "Municipal Bureau",
    "service_agency": "Technology Services",
    "financial": "Finance",
    "other": "Industry Association",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationName:
    """Full name, English name, and the short name that people use."""

    name: str
    name_en: str
    short: str


@cache
def _brand_characters() -> tuple[tuple[str, str], ...]:
    return tuple(names()["brand_characters"].items())


@cache
def _person_characters() -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    return tuple(names()["surnames"].items()), tuple(names()["given_characters"].items())


def _brand(dice: Dice, length: int) -> tuple[str, str]:
    parts = dice.several(_brand_characters(), length)
    latin = "".join(part for _, part in parts)
    return "".join(character for character, _ in parts), latin.capitalize()


def person_name(dice: Dice) -> tuple[str, str]:
    """A Chinese name and its romanisation."""
    surnames, given = _person_characters()
    surname, surname_en = dice.early(surnames)
    parts = [dice.pick(given) for _ in range(1 if dice.chance(0.18) else 2)]
    latin = "".join(part for _, part in parts).capitalize()
    return surname + "".join(character for character, _ in parts), f"{latin} {surname_en}"


def _parts(frame: Frame, owner: OrganisationFrame, dice: Dice, length: int) -> dict[str, str]:
    city = names()["city"]
    brand, brand_en = _brand(dice, length)
    district = names()["districts"][owner.district]
    return {
        "city": city["short"],
        "city_en": city["short_en"],
        "brand": brand,
        "brand_en": brand_en,
        "trade": dice.pick(frame.trades[owner.industry].trade_words),
        "trade_en": frame.trades[owner.industry].name_en,
        "district": district["name"].removesuffix("区"),
        "ordinal": names()["ordinals"][(owner.number - 1) % 9],
    }


def _enterprise(parts: dict[str, str], dice: Dice) -> OrganisationName:
    draw, form = dice.unit(), names()["enterprise_forms"][0]
    for form in names()["enterprise_forms"]:
        draw -= form["share"]
        if draw < 0:
            break
    name = dice.pick(names()["enterprise_patterns"]).format(form=form["form"], **parts)
    english = f"{parts['city_en']} {parts['brand_en']} {parts['trade_en']} {form['form_en']}"
    return OrganisationName(name=name, name_en=english, short=parts["brand"] + parts["trade"])


def _other(
    owner: OrganisationFrame, parts: dict[str, str], services: list[str], dice: Dice
) -> OrganisationName:
    lists: Mapping[str, Any] = names()
    city, kind = parts["city"], owner.kind
    if kind == "university":
        form = lists["universities"][(owner.number - 1) % len(lists["universities"])]
        prefix = city if owner.number <= len(lists["universities"]) else city + parts["brand"]
        return OrganisationName(
            name=prefix + form,
            name_en=f"{parts['city_en']} {parts['brand_en']} University",
            short=prefix[:2] + form[:2],
        )
    if kind == "government":
        office = lists["government_names"][(owner.number - 1) % len(lists["government_names"])]
        return OrganisationName(
            name=f"{city}市{office}",
            name_en=f"{parts['city_en']} Municipal Bureau {owner.number}",
            short=f"{city}{office}",
        )
    patterns = {
        "research_institute": "institute_patterns",
        "hospital": "hospital_patterns",
        "financial": "financial_patterns",
        "service_agency": "agency_patterns",
        "other": "other_patterns",
    }
    service = dice.pick(services) if services else ""
    name = dice.pick(lists[patterns[kind]]).format(service=service, **parts)
    english = f"{parts['city_en']} {parts['brand_en']} {ENGLISH_KIND[kind]}"
    return OrganisationName(name=name, name_en=english, short=name.split("有限")[0])


def name_organisations(frame: Frame, seed: int) -> list[OrganisationName]:
    """A different name for every organisation of the frame, in order."""
    dice = Dice(seed, "organisation.name")
    taken: set[str] = set()
    named = []
    kinds = names()["service_kinds"]
    offers = {agency.organisation: agency.kinds[0] for agency in frame.agencies}
    for number, owner in enumerate(frame.organisations):
        length = 2
        services = kinds[offers[number]]["names"] if number in offers else []
        while True:
            parts = _parts(frame, owner, dice, length)
            made = (
                _enterprise(parts, dice)
                if owner.kind == "enterprise"
                else _other(owner, parts, services, dice)
            )
            if made.name not in taken:
                break
            length = 3
        taken.add(made.name)
        named.append(made)
    return named
