"""Whether two people are too near for one to judge the other, each tie in words."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from silian.library.loading import read_library_yaml
from silian.portal.accounts.domain.access import Viewer, require
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.insight.domain.graph_exploring import find_thing
from silian.portal.insight.domain.graph_rights import visible_ids
from silian.portal.insight.domain.graph_store import current_graph, graph_version
from silian.portal.insight.domain.graph_values import (
    GraphQuestionRefused,
    Thing,
    thing_of,
    until_of,
)

if TYPE_CHECKING:
    from silian.engines.graph import Conflict, Edge, Graph


_FIRST_YEAR, _LAST_YEAR = 1950, 2200


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing that a record says: in words, with the record's id."""

    words: str
    evidence: str
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """One reason why one should not judge the other.

    Attributes
    ----------
    meeting
        What both have in common; ``None`` where one is tied to the other directly, and where the
        asker may not know.
    certain
        Whether all days that the rule looks at are known; an unknown day never clears anyone.
    """

    code: str
    label: str
    meeting: Thing | None
    statements: tuple[Statement, ...]
    last_day: date | None
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All ties between two people that count on a day.

    Attributes
    ----------
    unchecked
        What no record tells of anybody: of that, nobody is clear.
    """

    first: Thing
    second: Thing
    as_of: date
    ties: tuple[Tie, ...]
    unchecked: tuple[str, ...] = ()


def conflicts_between(
    viewer: Viewer, first_id: str, second_id: str, *, as_of: date | None = None
) -> Verdict:
    """Look for reasons why one of two people should not judge the other.

    Everybody who may ask gets the same ties: what the asker may not see, hidden by one of the two
    perhaps, is told without its words.

    Raises
    ------
    silian.portal.accounts.domain.access.AccessDenied
        If the viewer may not ask.
    GraphNodeNotFound
        If one of the two is not there.
    GraphQuestionRefused
        If they are not two different people.
    """
    from silian.engines.graph import find_conflicts

    require(viewer, "conflict.read")
    first, second = find_thing(viewer, first_id), find_thing(viewer, second_id)
    if {first.kind, second.kind} != {"person"} or first.node_id == second.node_id:
        raise GraphQuestionRefused(
            "a conflict of interest lies between two different people; choose two.",
            message_zh="利益冲突只在两个不同的人之间核查，请选择两个人。",
        )
    day = as_of or timezone.localdate()
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise GraphQuestionRefused(
            f"the day is {day}; give one of the years {_FIRST_YEAR} to {_LAST_YEAR}.",
            message_zh=f"评审日应在 {_FIRST_YEAR} 至 {_LAST_YEAR} 年之间。",
        )
    graph = current_graph()
    found = find_conflicts(graph, first.node_id, second.node_id, rules=_rules(), on=day)
    ties = tuple(_told(viewer, [_tie(graph, one) for one in found]))
    audit.log("conflict.check", viewer, first.node_id, other=second.node_id, ties=len(ties))
    return Verdict(first=first, second=second, as_of=day, ties=ties, unchecked=_unchecked(graph))


def _told(viewer: Viewer, ties: list[Tie]) -> Iterator[Tie]:
    """Ties as the viewer may know them, one for each thing in common."""
    named = {
        one
        for tie in ties
        for one in (
            *(said.evidence for said in tie.statements),
            *((tie.meeting.node_id,) if tie.meeting else ()),
        )
        if one
    }
    seen = visible_ids(viewer, named)
    groups: dict[tuple[str, Thing | None, bool], list[Tie]] = {}
    for tie in ties:
        told = all(said.evidence in seen for said in tie.statements if said.evidence)
        told = told and (tie.meeting is None or tie.meeting.node_id in seen)
        groups.setdefault((tie.code, tie.meeting if told else None, told), []).append(tie)
    for (_, meeting, told), group in groups.items():
        if told:
            yield _together(group, meeting)
        else:
            yield _without_words(group)


def _together(group: list[Tie], meeting: Thing | None) -> Tie:
    days = [tie.last_day for tie in group if tie.last_day]
    return replace(
        group[0],
        meeting=meeting,
        statements=tuple(dict.fromkeys(said for tie in group for said in tie.statements)),
        last_day=max(days, default=None),
        certain=any(tie.certain for tie in group),
    )


def _without_words(group: list[Tie]) -> Tie:
    n = len({tie.meeting.node_id for tie in group if tie.meeting}) or 1
    words = choose(
        f"{n} 项联系依据未公开的记录，详情请运营方核查。",
        f"{n} by records that you may not see; ask the operator.",
    )
    said = Statement(words=words, evidence="", since=None, until=None)
    return replace(group[0], meeting=None, statements=(said,), last_day=None, certain=True)


def _unchecked(graph: "Graph") -> tuple[str, ...]:
    from silian.engines.graph import unanswered

    version = graph_version()
    if _silent.get("version") != version:
        rules = unanswered(graph, _rules())
        _silent.update(version=version, labels=[(one.label_zh, one.label_en) for one in rules])
    return tuple(choose(zh, en) for zh, en in _silent["labels"])


_silent: dict[str, Any] = {}  # rules without records, of the graph of this process


@cache
def _rules() -> Any:
    from silian.engines.graph import standard_conflict_rules

    return standard_conflict_rules(**read_library_yaml("conflicts.yaml"))


def _tie(graph: "Graph", conflict: "Conflict") -> Tie:
    edges = (*conflict.first, *conflict.second)
    return Tie(
        code=conflict.code,
        label=choose(conflict.label_zh, conflict.label_en),
        meeting=thing_of(conflict.meeting) if conflict.meeting else None,
        statements=tuple(dict.fromkeys(_statement(graph, edge) for edge in edges)),
        last_day=conflict.last_day,
        certain=conflict.certain,
    )


def _statement(graph: "Graph", edge: "Edge") -> Statement:
    verb = graph.relations[edge.edge_type].reads(forward=True, language=choose("zh", "en"))
    source, target = graph.node(edge.source_id), graph.node(edge.target_id)
    return Statement(
        words=f"{source.label} {verb} {target.label}",
        evidence=edge.evidence,
        since=edge.start,
        until=until_of(edge),
    )
