"""Whether two people are too near for one to judge the other, with the edges that say so.

A rule says where a person reaches: to an employer, a paper, a funder, a relative's firm. Two people
who reach the same thing, at a time that counts, have a conflict of interest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Final, Literal

import numpy as np

from silian.engines.graph.snapshot import Graph
from silian.engines.graph.snapshot_values import Direction, Edge, EdgeFilter, Node

_DAYS_A_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One step outwards from a person.

    Parameters
    ----------
    types
        Edge types; those that the graph does not have are passed over.
    """

    types: frozenset[str]
    direction: Direction = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictRule:
    """When two people are too near.

    Parameters
    ----------
    reaches
        Ways, each a sequence of steps, to what the two may have in common; both may take any.
    direct
        The way leads from one to the other instead.
    timing
        ``overlap``: both held it on the same day; ``events``: things that happened on one day, its
        start (a paper, a patent); ``any``: whenever.
    within_years
        How long ago it may lie at most; however long where ``None``.
    most_ties
        What has more ties than this has nothing to say of two of them: a fund for a whole country.
    """

    code: str
    label_zh: str
    label_en: str
    reaches: tuple[tuple[Reach, ...], ...]
    direct: bool = False
    timing: Literal["overlap", "events", "any"] = "any"
    within_years: float | None = None
    most_ties: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One reason, with evidence.

    Parameters
    ----------
    meeting
        What the two have in common; ``None`` where one is tied to the other.
    first, second
        Edges from the first and from the second person to it.
    last_day
        Last day on which it held; ``None`` where unknown.
    certain
        Whether all days that the rule looks at are known. An unknown day never clears anyone.
    """

    code: str
    label_zh: str
    label_en: str
    meeting: Node | None
    first: tuple[Edge, ...]
    second: tuple[Edge, ...]
    last_day: date | None
    certain: bool


def standard_conflict_rules(
    *,
    colleague_years: float | None,
    coauthor_years: float | None,
    project_years: float | None,
    funder_years: float | None,
    funder_most_ties: int | None = None,
) -> tuple[ConflictRule, ...]:
    """Rules over silian's own edge types; how far back each looks is the reviewer's policy."""
    project = Reach(types=frozenset({"leads", "takes_part_in"}))
    funder = Reach(types=frozenset({"funds"}), direction="in")
    kin = Reach(types=frozenset({"relative_of"}), direction="both")
    firm = Reach(types=frozenset({"owns", "invests"}))
    post = Reach(types=frozenset({"works_at"}))
    rules: tuple[tuple[str, str, str, tuple[tuple[Reach, ...], ...], bool, str, float | None], ...]
    rules = (
        ("relatives", "亲属", "relatives", ((kin,),), True, "any", None),
        (
            "guidance",
            "师生",
            "supervisor and student",
            ((Reach(types=frozenset({"guides"}), direction="both"),),),
            True,
            "any",
            None,
        ),
        ("colleagues", "同期同事", "colleagues", ((post,),), False, "overlap", colleague_years),
        (
            "coauthors",
            "合著",
            "co-authors",
            ((Reach(types=frozenset({"writes"})),),),
            False,
            "events",
            coauthor_years,
        ),
        (
            "coinventors",
            "共同发明",
            "co-inventors",
            ((Reach(types=frozenset({"invents"})),),),
            False,
            "events",
            coauthor_years,
        ),
        ("project", "同一项目", "same project", ((project,),), False, "overlap", project_years),
        (
            "funder",
            "同一资助方",
            "same funder",
            ((funder,), (project, funder)),
            False,
            "overlap",
            funder_years,
        ),
        (
            "family_firm",
            "同一（家族）企业",
            "same or family firm",
            ((firm,), (kin, firm), (kin, post)),
            False,
            "any",
            None,
        ),
    )
    return tuple(
        ConflictRule(
            code=code,
            label_zh=label_zh,
            label_en=label_en,
            reaches=reaches,
            direct=direct,
            timing=timing,  # type: ignore[arg-type]
            within_years=years,
            most_ties=funder_most_ties if code == "funder" else None,
        )
        for code, label_zh, label_en, reaches, direct, timing, years in rules
    )


def find_conflicts(
    graph: Graph,
    first_id: str,
    second_id: str,
    *,
    rules: Sequence[ConflictRule],
    on: date,
    most_per_rule: int = 20,
) -> tuple[Conflict, ...]:
    """All reasons why one should not judge the other on a day.

    Raises
    ------
    UnknownNode
        If one of the two is not in the graph.
    """
    first, second = graph.nodes.position(first_id), graph.nodes.position(second_id)
    found: list[Conflict] = []
    for rule in rules:
        pairs = (
            _direct(graph, rule, first, second) if rule.direct else _met(graph, rule, first, second)
        )
        conflicts = (
            conflict
            for meeting, own, others in pairs
            if (conflict := _judged(graph, rule, meeting, own, others, on)) is not None
        )
        found += islice(conflicts, most_per_rule)
    return tuple(found)


def unanswered(
    graph: Graph, rules: Sequence[ConflictRule], *, kind: str = "person"
) -> tuple[ConflictRule, ...]:
    """Rules that find nothing whoever is asked about: no way of theirs begins at such a thing.

    Nobody is clear of what no record tells.
    """
    return tuple(
        rule for rule in rules if not any(_begins(graph, reach[0], kind) for reach in rule.reaches)
    )


def _begins(graph: Graph, step: Reach, kind: str) -> bool:
    types = step.types & set(graph.type_names)
    if not types or kind not in graph.nodes.kinds:
        return False
    rows = graph.edge_arrays(EdgeFilter(types=types))
    code = graph.nodes.kind_code(kind)
    ends = {"out": (rows.sources,), "in": (rows.targets,), "both": (rows.sources, rows.targets)}
    return any(bool((graph.nodes.kind_codes[end] == code).any()) for end in ends[step.direction])


_Trail = tuple[int, ...]


def _trails(graph: Graph, rule: ConflictRule, start: int) -> dict[int, list[_Trail]]:
    """Where a person reaches, with the edges that lead there."""
    found: dict[int, list[_Trail]] = {}
    for reach in rule.reaches:
        ends: list[tuple[int, _Trail]] = [(start, ())]
        for step in reach:
            types = step.types & set(graph.type_names)
            if not types:
                ends = []
                break
            compiled = graph.compile_filter(EdgeFilter(types=types))
            met = graph.incident(
                np.array([end for end, _ in ends], np.int64), step.direction, compiled
            )
            ends = [
                (other, (*ends[owner][1], edge))
                for owner, other, edge in zip(
                    met.owners.tolist(), met.others.tolist(), met.edges.tolist(), strict=True
                )
                if other != start
            ]
        for end, trail in ends:
            found.setdefault(end, []).append(trail)
    return found


def _met(
    graph: Graph, rule: ConflictRule, first: int, second: int
) -> Iterator[tuple[Node | None, _Trail, _Trail]]:
    own, others = _trails(graph, rule, first), _trails(graph, rule, second)
    meetings = sorted(own.keys() & others.keys() - {first, second})
    if rule.most_ties is not None and meetings:
        counts = graph.ties(np.array(meetings, np.int64)).tolist()
        meetings = [one for one, n in zip(meetings, counts, strict=True) if n <= rule.most_ties]
    for meeting in meetings:
        for one in own[meeting]:
            for other in others[meeting]:
                yield graph.nodes.node(meeting), one, other


def _direct(
    graph: Graph, rule: ConflictRule, first: int, second: int
) -> Iterator[tuple[Node | None, _Trail, _Trail]]:
    for trail in _trails(graph, rule, first).get(second, []):
        yield None, trail, ()


def _judged(
    graph: Graph,
    rule: ConflictRule,
    meeting: Node | None,
    own: _Trail,
    others: _Trail,
    on: date,
) -> Conflict | None:
    first = tuple(graph.edge(number) for number in own)
    second = tuple(graph.edge(number) for number in others)
    earliest = date.min
    if rule.within_years is not None:
        earliest = on - timedelta(days=round(rule.within_years * _DAYS_A_YEAR))
    last, certain = _last_day(rule, (*first, *second), on)
    if last is not None and not earliest <= last <= on:
        return None
    if rule.timing == "overlap" and _never_together((*first, *second), on):
        return None
    return Conflict(
        code=rule.code,
        label_zh=rule.label_zh,
        label_en=rule.label_en,
        meeting=meeting,
        first=first,
        second=second,
        last_day=last,
        certain=certain,
    )


def _last_day(rule: ConflictRule, edges: tuple[Edge, ...], on: date) -> tuple[date | None, bool]:
    """Last day on which the tie held up to a day, and whether that is certain."""
    if rule.timing == "any":
        return None, True
    starts = [edge.start for edge in edges]
    if rule.timing == "events":
        days = [day for day in starts if day is not None]
        return (max(days), True) if len(days) == len(edges) else (None, False)
    certain = None not in starts
    ends = [edge.end for edge in edges if edge.end is not None]
    return min([*ends, on]), certain


def _never_together(edges: tuple[Edge, ...], on: date) -> bool:
    """Whether the known days rule out a day on which all held."""
    starts = [edge.start for edge in edges if edge.start is not None]
    ends = [edge.end for edge in edges if edge.end is not None]
    return bool(starts) and max(starts) > min([*ends, on])
