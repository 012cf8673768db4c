"""Members of chain nodes as a viewer is shown them: named, and only those that may be seen."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from silian.identifiers import KIND_BY_PREFIX
from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.catalogue import KINDS
from silian.portal.insight.domain.chain_assembly import Assembled
from silian.portal.insight.domain.chain_values import MemberPlace, MemberView
from silian.portal.registry.domain.identities import records_of, subject_of
from silian.portal.registry.domain.references import portions

if TYPE_CHECKING:
    from silian.engines.graph import ChainMember
    from silian.engines.graph.chain_fillers import Relation


class Members:
    """Names records of one answer; each is asked for once."""

    def __init__(self, held: Assembled, viewer: Viewer) -> None:
        self._held = held
        self._viewer = viewer
        self._labels: dict[str, str | None] = {}  # None: hidden or gone

    def labels(self, ids: Iterable[str]) -> dict[str, str]:
        """Names of those records that the viewer may see."""
        wanted = list(dict.fromkeys(ids))
        by_kind: dict[str, list[str]] = {}
        for one in wanted:
            if one not in self._labels:
                self._labels[one] = None
                kind = KIND_BY_PREFIX.get(one.partition("-")[0], "")
                if kind in KINDS and KINDS[kind].title_field:
                    by_kind.setdefault(kind, []).append(one)
        for kind, new in by_kind.items():
            entry = KINDS[kind]
            records = visible(entry.model._default_manager.all(), self._viewer)
            for some in portions(new):
                found = records.filter(public_id__in=some)
                self._labels.update(found.values_list("public_id", entry.title_field))
        return {one: label for one in wanted if (label := self._labels[one]) is not None}

    def standing_as(self, ids: Iterable[str]) -> dict[str, str]:
        """The member of the chains that each record is, or another record of the same subject."""
        wanted = list(dict.fromkeys(ids))
        subjects = subject_of(wanted)
        same = records_of(subjects.values())
        members = {subject: one for one, subject in same.items() if one in self._held.entities}
        found = {one: members.get(subjects.get(one, one), one) for one in wanted}
        return {one: member for one, member in found.items() if member in self._held.entities}

    def of_rows(
        self, rows: NDArray[np.int64], most: int, *, in_order: bool = False
    ) -> tuple[MemberView, ...]:
        """Members by their rows, each once.

        Parameters
        ----------
        in_order
            Keep the order of the rows; else those here first, the largest or surest first.
        """
        return tuple(
            self._view(row, label)
            for row, label in self._named(rows if in_order else self._ranked(rows), most)
        )

    def beside(
        self, rows: NDArray[np.int64], most: int, kin: "Mapping[int, Relation]"
    ) -> tuple[MemberView, ...]:
        """Members in the order of their rows, each told of which akin node it stands at."""
        chain = self._held.chain
        shown = []
        for row, label in self._named(rows, most):
            place = int(chain.member_nodes[row])
            node_id = chain.node_ids[place]
            at = MemberPlace(
                node_id=node_id,
                name=self._held.node_rows[node_id][0],
                relation=kin.get(place, ""),
            )
            shown.append(replace(self._view(row, label), at=at if at.relation else None))
        return tuple(shown)

    def _named(self, rows: NDArray[np.int64], most: int) -> list[tuple[int, str]]:
        """The first row of each member that may be seen, with its name."""
        first: dict[str, int] = {}
        for row in rows.tolist():
            first.setdefault(self._held.chain.entity_ids[self._entity(row)], row)
            if len(first) >= 2 * most:  # some may be hidden
                break
        labels = self.labels(first)
        return [(row, labels[one]) for one, row in first.items() if one in labels][:most]

    def _entity(self, row: int) -> int:
        return int(self._held.chain.member_entities[row])

    def _ranked(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        chain = self._held.chain
        rank = np.arange(len(rows))
        enterprise = np.isin(chain.member_kinds[rows], ("enterprise", "institution"))
        weight = np.where(enterprise, chain.size[rows] * chain.confidence[rows], 0.0)
        order = np.lexsort(
            (rank, -chain.confidence[rows] * ~enterprise, -weight, ~chain.local[rows])
        )
        return rows[order]

    def of_members(self, found: "Iterable[ChainMember]", most: int) -> tuple[MemberView, ...]:
        """Members as the engine told them, in its order."""
        held = list(found)
        labels = self.labels(one.entity_id for one in held)
        rows = [(one.entity_id, self._row(one)) for one in held if one.entity_id in labels]
        return tuple(self._view(row, labels[one]) for one, row in rows)[:most]

    def _row(self, member: "ChainMember") -> int:
        chain = self._held.chain
        rows = self._held.members_at.of(chain.place(member.node_id))
        entity = chain.entity_place(member.entity_id)
        return int(rows[chain.member_entities[rows] == entity][0])

    def _view(self, row: int, label: str) -> MemberView:
        member = self._held.chain.member(row)
        reason, origin, share, known_by = self._held.reasons[row]
        return MemberView(
            subject_id=member.entity_id,
            kind=member.kind,
            label=label,
            local=member.local,
            confidence=member.confidence,
            size=member.size,
            revenue_share=share,
            reason=reason,
            origin=origin,
            evidence=member.evidence,
            place_known_by=known_by,
        )
