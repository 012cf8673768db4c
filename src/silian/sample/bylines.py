"""How papers and patents of the sample city write who they are from: free texts, as publishers have them.

Authors stand with their organisations, in full or short, with departments and postcodes, some in
English; a paper may name an enterprise that worked on it, and a patent a second applicant, that no
other column tells. What each text names is known, so that reading them can be shown and measured.
"""

from collections.abc import Iterator
from typing import NamedTuple

from silian.sample.actors import person_rows
from silian.sample.dice import Dice
from silian.sample.frame import WorkFrame
from silian.sample.setting import Setting
from silian.sample.vocabulary import names

#: Shares of papers in English, with a short name, with an enterprise, and with departments.
_ENGLISH, _SHORT, _WITH_ENTERPRISE, _WITH_DEPARTMENT = 0.15, 0.2, 0.25, 0.7
#: Shares of patents whose applicants stand there as written, and with a second applicant.
_WRITTEN, _SECOND_APPLICANT = 0.3, 0.5
_POSTCODE = "990000"


class Byline(NamedTuple):
    """A text and the organisations of the city that it names, by number."""

    text: str
    organisations: tuple[int, ...]


def paper_bylines(setting: Setting) -> Iterator[Byline]:
    """Of every publication, in order."""
    dice = Dice(setting.seed, "byline")
    people = [(row["name"], row["name_en"]) for row in person_rows(setting)]
    for work in setting.frame.publications:
        guest = _enterprise_beside(setting, work, dice) if dice.chance(_WITH_ENTERPRISE) else None
        employers = [setting.frame.persons[one].organisation for one in work.persons]
        places = list(dict.fromkeys([*employers, *([] if guest is None else [guest])]))
        marks = [[places.index(one) + 1] for one in employers]
        if guest is not None:
            marks[-1] = sorted({*marks[-1], places.index(guest) + 1})
        english = dice.chance(_ENGLISH)
        authors = [people[one][english] for one in work.persons]
        written = [_address(setting, one, dice, english=english) for one in places]
        yield Byline(_line(authors, marks, written, english=english), tuple(places))


def patent_applicants(setting: Setting) -> Iterator[Byline]:
    """Of every patent, in order; empty where the register has nothing but keys."""
    dice = Dice(setting.seed, "applicants")
    for work in setting.frame.patents:
        if not dice.chance(_WRITTEN):
            yield Byline("", ())
            continue
        second = _enterprise_beside(setting, work, dice) if dice.chance(_SECOND_APPLICANT) else None
        places = [work.organisation, *([] if second is None else [second])]
        yield Byline("；".join(setting.names[one].name for one in places), tuple(places))


def _enterprise_beside(setting: Setting, work: WorkFrame, dice: Dice) -> int | None:
    """An enterprise of the work's trade that isn't its own organisation."""
    makers = [one for one in setting.makers[work.industry] if one != work.organisation]
    return dice.pick(makers) if makers else None


def _address(setting: Setting, organisation: int, dice: Dice, *, english: bool) -> str:
    named, kind = setting.names[organisation], setting.frame.organisations[organisation].kind
    departments = names()["departments"].get(kind, ())
    part = dice.pick(departments) if departments and dice.chance(_WITH_DEPARTMENT) else ("", "")
    is_short = kind != "enterprise" and dice.chance(_SHORT)
    city = names()["city"]
    if english:
        before = f"{part[1]}, " if part[1] else ""
        return f"{before}{named.name_en}, {city['short_en']} {_POSTCODE}, China"
    return f"{named.short if is_short else named.name}{part[0]}，{city['short']} {_POSTCODE}"


def _line(authors: list[str], marks: list[list[int]], places: list[str], *, english: bool) -> str:
    """Authors with the marks of their places where there are several."""
    comma, semicolon, opened, closed = [",", ";", "(", ")"] if english else "，；（）"
    gap = " " if english else ""
    if len(places) == 1:
        return f"{(comma + gap).join(authors)}{gap}{opened}{places[0]}{closed}"
    marked = (author + ",".join(map(str, own)) for author, own in zip(authors, marks, strict=True))
    listed = (f"{number}. {place}" for number, place in enumerate(places, 1))
    return f"{(comma + gap).join(marked)}{gap}{opened}{(semicolon + gap).join(listed)}{closed}"
