"""From links to clusters, under decisions of people and codes that contradict each other.

Links are taken strongest first. A link that would bring together what must stay apart becomes a
case for review instead; clusters follow from links and decisions alone, so that every merge can be
taken back by a decision and a reload gives the same clusters.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter

from silian.engines.graph.resolution_errors import ContradictingDecision, InvalidDecision
from silian.engines.graph.resolution_values import Cluster, Decision, Link

_KINDS = ("merge", "split", "must_not_link")


@dataclass(slots=True)
class _Group:
    members: list[str]
    codes: frozenset[str]
    identities: frozenset[str]
    probability: float = 1.0


_NONE: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Clustering:
    """Groups of records so far; a record that nothing was said of yet has none."""

    root: dict[str, str]
    codes: Mapping[str, str]
    identities: Mapping[str, str]
    groups: dict[str, _Group] = field(default_factory=dict)
    apart: dict[str, set[str]] = field(default_factory=dict)

    def group(self, root: str) -> _Group:
        group = self.groups.get(root)
        if group is None:
            code, name = self.codes.get(root), self.identities.get(root)
            group = self.groups[root] = _Group(
                [root],
                frozenset((code,)) if code else _NONE,
                frozenset((name,)) if name else _NONE,
            )
        return group

    def find(self, record_id: str) -> str:
        root = self.root[record_id]
        while self.root[root] != root:
            root = self.root[root]
        while self.root[record_id] != root:
            self.root[record_id], record_id = root, self.root[record_id]
        return root

    def join(self, one: str, other: str, probability: float) -> None:
        """Make one group of those of two roots."""
        n_one, n_other = len(self.group(one).members), len(self.group(other).members)
        # The smaller group joins the larger; of two equal ones the later.
        keep, drop = (one, other) if (-n_one, one) < (-n_other, other) else (other, one)
        kept, dropped = self.groups[keep], self.groups.pop(drop)
        self.root[drop] = keep
        kept.members += dropped.members
        kept.codes |= dropped.codes
        kept.identities |= dropped.identities
        kept.probability = min(kept.probability, dropped.probability, probability)

    def pair(self, link: Link) -> bool:
        """Make a group of two records that no other link speaks of, if their codes allow it."""
        left, right = link.left_id, link.right_id
        if link.state != "linked" or left == right:
            return False
        code, other_code = self.codes.get(left, ""), self.codes.get(right, "")
        if code and other_code and code != other_code:
            return False
        codes = frozenset((code or other_code,)) if code or other_code else _NONE
        keep, drop = (left, right) if left < right else (right, left)
        self.root[drop] = keep
        self.groups[keep] = _Group([keep, drop], codes, _NONE, link.probability)
        return True

    def must_stay_apart(self, one: _Group, other: _Group) -> bool:
        if not self.apart:
            return False
        if len(one.members) > len(other.members):
            one, other = other, one
        members = set(other.members)
        return any(self.apart.get(record, set()) & members for record in one.members)


def cluster(
    record_ids: Sequence[str],
    links: Iterable[Link],
    *,
    codes: Mapping[str, str] | None = None,
    identities: Mapping[str, str] | None = None,
    decisions: Sequence[Decision] = (),
) -> tuple[tuple[Link, ...], tuple[Cluster, ...]]:
    """Clusters, and the links with the state that clustering gave them.

    Parameters
    ----------
    record_ids
        Every record; those without a link are clusters of their own.
    links
        Links of state ``linked`` are taken, others passed through.
    codes
        Unified code by record; two different ones never come into one cluster.
    identities
        Full name by record, where it has one. A record without one (a short name) brings no two
        full names together that have no link of their own.
    decisions
        In the order in which they were made; a later one outweighs an earlier one on the same two
        records. Records that no longer exist are passed over.

    Raises
    ------
    InvalidDecision
        If a decision names fewer than two records or has an unknown kind.
    ContradictingDecision
        If a merge would bring two unified codes together.
    """
    state = _Clustering({one: one for one in record_ids}, codes or {}, identities or {})
    merges = _replay(decisions, state)
    for left, right in merges:
        _merge_by_decision(state, left, right)
    ordered = sorted(links, key=attrgetter("left_id", "right_id"))
    ordered.sort(key=attrgetter("probability"), reverse=True)  # of equal ones the order stays
    lone = _lone(ordered) if not decisions else _NONE
    settled = [
        link if link.left_id in lone and state.pair(link) else _settle(link, state)
        for link in ordered
    ]
    found = [
        Cluster(
            cluster_id=ids[0],
            record_ids=ids,
            unified_code=min(group.codes) if group.codes else "",
            probability=group.probability,
        )
        for group in state.groups.values()
        for ids in [tuple(sorted(group.members))]
    ]
    found += [
        Cluster(cluster_id=one, record_ids=(one,), unified_code=state.codes.get(one, ""))
        for one, root in state.root.items()
        if one == root and one not in state.groups
    ]
    return tuple(settled), tuple(sorted(found, key=attrgetter("cluster_id")))


def _lone(links: Sequence[Link]) -> frozenset[str]:
    """Left records of links that are the only one of both their records, as most are."""
    linked = [one for one in links if one.state == "linked"]
    degree = Counter([one.left_id for one in linked])
    degree.update([one.right_id for one in linked])
    return frozenset(
        one.left_id for one in linked if degree[one.left_id] == degree[one.right_id] == 1
    )


def _replay(decisions: Sequence[Decision], state: _Clustering) -> list[tuple[str, str]]:
    """The latest word on every two records: pairs to merge; pairs apart go into the state."""
    word: dict[tuple[str, str], str] = {}
    for decision in decisions:
        if decision.kind not in _KINDS or len(set(decision.record_ids)) < 2:
            raise InvalidDecision(
                f"decision is {decision.kind!r} on {len(set(decision.record_ids))} records; expected "
                f"one of {', '.join(_KINDS)} on at least two."
            )
        ids = [one for one in decision.record_ids if one in state.root]
        if decision.kind == "split" and decision.record_ids[0] not in state.root:
            continue
        first = ids[:1] if decision.kind == "split" else ids
        for place, left in enumerate(first):
            for right in ids[place + 1 :]:
                word[min(left, right), max(left, right)] = decision.kind
    merges = []
    for (left, right), kind in word.items():
        if kind == "merge":
            merges.append((left, right))
        else:
            state.apart.setdefault(left, set()).add(right)
            state.apart.setdefault(right, set()).add(left)
    return merges


def _merge_by_decision(state: _Clustering, left: str, right: str) -> None:
    roots = state.find(left), state.find(right)
    groups = [state.group(root) for root in roots]
    codes = groups[0].codes | groups[1].codes
    if len(codes) > 1:
        raise ContradictingDecision(
            f"a decision merges {left} and {right}, whose unified codes are "
            f"{' and '.join(sorted(codes))}. Correct the wrong code first.",
            left=left,
            right=right,
        )
    if roots[0] != roots[1] and not state.must_stay_apart(*groups):
        state.join(*roots, 1.0)


def _settle(link: Link, state: _Clustering) -> Link:
    if link.state != "linked":
        return link
    one, other = state.find(link.left_id), state.find(link.right_id)
    if one == other:
        return link
    left, right = state.group(one), state.group(other)
    if state.must_stay_apart(left, right):
        return replace(link, state="refused", reason="must_not_link")
    if left.codes and right.codes and left.codes != right.codes:
        return replace(link, state="refused", reason="contradicting_codes")
    if left.identities and right.identities and left.identities.isdisjoint(right.identities):
        names = state.identities.get(link.left_id), state.identities.get(link.right_id)
        is_bridge = not all(names)
        if is_bridge:
            return replace(link, state="review", reason="ambiguous_bridge")
    state.join(one, other, link.probability)
    return link
