"""What people have done, as far as it tells what they know: titles and keywords of their works."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from silian.portal.innovation.models import (
    Achievement,
    Contribution,
    Patent,
    Project,
    Publication,
)

# An expert is known by recent work; more would drown it and slow every embedding.
_WORKS_A_PERSON = 30
_CHARACTERS_A_PERSON = 4_000
_SOURCES: tuple[tuple[Any, str, str | None], ...] = (
    (Achievement, "completed_on", "keywords"),
    (Patent, "application_date", None),
    (Project, "started_on", "keywords"),
    (Publication, "published_on", "keywords"),
)
_Work = tuple[date, str, str]  # day, public id, text


def works_of_people(person_keys: Sequence[int]) -> dict[int, list[str]]:
    """Text of each person's latest works, newest first.

    Parameters
    ----------
    person_keys
        Primary keys, at most 10,000.

    Returns
    -------
    dict[int, list[str]]
        One line a work: its title and keywords; at most 30 works and 4,000 characters a person.
        Six queries, however many people and works there are.
    """
    works: dict[str, _Work] = {}
    mine = Contribution.objects.filter(person_id__in=person_keys)
    for model, day, keywords in _SOURCES:
        columns = ["public_id", day, "title", *([keywords] if keywords else [])]
        query = model._default_manager.filter(public_id__in=mine.values("subject_id"))
        works.update((row[0], _work(row)) for row in query.values_list(*columns).iterator())
    subjects: dict[int, dict[str, _Work]] = {}
    for person, subject in mine.values_list("person_id", "subject_id").iterator():
        if subject in works:
            subjects.setdefault(person, {})[subject] = works[subject]
    led = Project.objects.filter(leader_id__in=person_keys)
    columns = ["leader_id", "public_id", "started_on", "title", "keywords"]
    for person, *row in led.values_list(*columns).iterator():
        subjects.setdefault(person, {})[row[0]] = _work(row)
    return {person: _lines(found.values()) for person, found in subjects.items()}


def _work(row: Sequence[Any]) -> _Work:
    public_id, day, title, *rest = row
    keywords = (str(keyword) for keyword in (rest[0] or ())) if rest else ()
    return day or date.min, public_id, " ".join([title, *keywords])


def _lines(works: Iterable[_Work]) -> list[str]:
    lines: list[str] = []
    room = _CHARACTERS_A_PERSON
    # The id breaks ties, so that the same records give the same text everywhere.
    for _, _, text in sorted(works, reverse=True)[:_WORKS_A_PERSON]:
        room -= len(text)
        if room < 0:
            break
        lines.append(text)
    return lines
