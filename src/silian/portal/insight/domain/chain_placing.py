"""Records placed at chain nodes: by the register, by their texts, people by their works."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import prod

from django.db.models import Case, When

from silian.portal.innovation.models import Contribution
from silian.portal.insight.domain.chain_rules import PlacementRules, placement_rules
from silian.portal.insight.domain.chain_sources import count_records, placed_records
from silian.portal.insight.domain.chain_texts import NodeNames, too_general
from silian.portal.registry.models import ChainMember, ChainNode, Person

Progress = Callable[[int, int], None]

_CHUNK = 10_000
# A register names the thing itself, seldom its kind too: only exact names can be held against it.
_MEASURED = ("product", "keyword")
_EVERY = 2_000
_KINDS = ("product", "stage", "industry")
_WORKS = frozenset({"achievement", "patent", "project", "publication"})
_AUDIENCES = ("public", "members", "owner")  # from the widest


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One record at one node."""

    subject_id: str
    node_id: str
    kind: str
    confidence: float
    reason: str
    origin: str  # register, text, person
    evidence: str
    audience: str
    revenue_share: float | None = None


@dataclass(slots=True)
class _TextHits:
    """What texts say: by record and node the kind of hit and the words, the surest first."""

    by_record: dict[str, dict[int, list[tuple[str, str]]]] = field(default_factory=dict)
    kinds: dict[str, tuple[str, str]] = field(default_factory=dict)  # kind and audience
    counts: Counter[int] = field(default_factory=Counter)
    n_records: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often a kind of hit and the register agree, over organisations that it places."""

    how: str
    hits: int
    agreed: int


def place_all(progress: Progress | None = None) -> tuple[list[Placement], tuple[Agreement, ...]]:
    """Place every record anew.

    Returns
    -------
    list of Placement, tuple of Agreement
        The placements, and how far texts agreed with the register where it speaks.
    """
    rules = placement_rules()
    nodes = _Nodes()
    register = register_placements()
    hits = _read_texts(nodes, rules, progress)
    agreed = _agreements(hits, register, nodes)
    confidence = learned_confidence(agreed, rules)
    placed = {(one.subject_id, one.node_id) for one in register}
    by_text = [
        one for one in _by_text(hits, nodes, rules, confidence)
        if (one.subject_id, one.node_id) not in placed
    ]  # fmt: skip
    placed.update((one.subject_id, one.node_id) for one in by_text)
    by_person = [
        one for one in _by_person(by_text, rules) if (one.subject_id, one.node_id) not in placed
    ]
    return [*register, *by_text, *by_person], agreed


def learned_confidence(agreed: Iterable[Agreement], rules: PlacementRules) -> dict[str, float]:
    """Confidence by kind of hit: as the register confirms it, where it does so often enough.

    What is assumed before counts as a quarter of ``least_pairs`` hits.
    """
    confidence = dict(rules.confidence)
    weight = rules.least_pairs / 4
    for one in agreed:
        if one.hits >= rules.least_pairs and one.how in _MEASURED:
            assumed = rules.confidence[one.how]
            confidence[one.how] = (one.agreed + weight * assumed) / (one.hits + weight)
    return confidence


class _Nodes:
    """Nodes by number, with their names and further spellings."""

    def __init__(self) -> None:
        # Of one name the product goes before the sector: texts tell of things.
        in_order = Case(*(When(node_kind=kind, then=n) for n, kind in enumerate(_KINDS)), default=9)
        rows = ChainNode.objects.order_by(in_order, "pk")
        held = list(rows.values_list("public_id", "name", "keywords").iterator(chunk_size=_CHUNK))
        self.ids = [public_id for public_id, _, _ in held]
        self.names = [name for _, name, _ in held]
        # Names before spellings, so that no spelling takes another node's name.
        self.spellings = [(name, number) for number, (_, name, _) in enumerate(held)]
        self.spellings += [
            (word, number)
            for number, (_, _, keywords) in enumerate(held)
            for word in keywords or ()
            if isinstance(word, str)
        ]


def register_placements() -> list[Placement]:
    """What the register says: organisations at nodes, each once."""
    columns = (
        "organisation__public_id",
        "node__public_id",
        "revenue_share",
        "role",
        "public_id",
        "audience",
    )
    found: dict[tuple[str, str], Placement] = {}
    for subject, node, share, role, evidence, audience in (
        ChainMember.objects.order_by("pk").values_list(*columns).iterator(chunk_size=_CHUNK)
    ):
        held = found.get((subject, node))
        if held is None or (held.revenue_share or 0) < (share or 0):
            found[subject, node] = Placement(
                subject_id=subject,
                node_id=node,
                kind="organisation",
                confidence=1.0,
                reason=role,
                origin="register",
                evidence=evidence,
                audience=audience,
                revenue_share=share,
            )
    return list(found.values())


def _read_texts(nodes: _Nodes, rules: PlacementRules, progress: Progress | None) -> _TextHits:
    names = NodeNames(nodes.spellings, rules.least_name_length)
    hits = _TextHits()
    total = count_records() if progress else 0
    if not len(names):
        return hits
    for record in placed_records():
        hits.n_records += 1
        found: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for hit in names.hits(record.texts):
            found[hit.node].append((hit.how, hit.words))
        if found:
            hits.by_record[record.public_id] = dict(found)
            hits.kinds[record.public_id] = (record.kind, record.audience)
            hits.counts.update(found.keys())
        if progress and hits.n_records % _EVERY == 0:
            progress(hits.n_records, total)
    if progress:
        progress(total, total)
    return hits


def _agreements(
    hits: _TextHits, register: Iterable[Placement], nodes: _Nodes
) -> tuple[Agreement, ...]:
    listed: dict[str, set[str]] = defaultdict(set)
    for one in register:
        listed[one.subject_id].add(one.node_id)
    counted: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    for subject, known in listed.items():
        for node, ways in hits.by_record.get(subject, {}).items():
            for how in {how for how, _ in ways}:
                counted[how] += 1
                agreed[how] += nodes.ids[node] in known
    return tuple(
        Agreement(how=how, hits=count, agreed=agreed[how]) for how, count in sorted(counted.items())
    )


def _by_text(
    hits: _TextHits, nodes: _Nodes, rules: PlacementRules, confidence: Mapping[str, float]
) -> Iterable[Placement]:
    general = too_general(hits.counts, hits.n_records, rules.most_document_share)
    for subject, found in hits.by_record.items():
        kind, audience = hits.kinds[subject]
        ranked = []
        # The register speaks of organisations; of works it knows nothing.
        sure = confidence if kind == "organisation" else rules.confidence
        for node, ways in found.items():
            best, words = max(
                (_confidence(nodes.names[node], how, sure, rules), words) for how, words in ways
            )
            if best >= rules.least_confidence and node not in general:
                ranked.append((-best, node, words))
        ranked.sort()
        for negative, node, words in ranked[: rules.most_per_record]:
            yield Placement(
                subject_id=subject,
                node_id=nodes.ids[node],
                kind=kind,
                confidence=round(-negative, 3),
                reason=words[:100],
                origin="text",
                evidence=subject,
                audience=audience,
            )


def _confidence(
    name: str, how: str, confidence: Mapping[str, float], rules: PlacementRules
) -> float:
    short = len(name) <= rules.least_name_length and how != "product"
    return confidence[how] * (rules.short_name_factor if short else 1.0)


def _by_person(works: Iterable[Placement], rules: PlacementRules) -> Iterable[Placement]:
    """People take over, with less confidence, where their works stand.

    Of works that not everybody sees and works that all see, the latter alone speak: what is told
    of a person must not give away a hidden work.
    """
    of_work: dict[str, list[Placement]] = defaultdict(list)
    for one in works:
        if one.kind in _WORKS:
            of_work[one.subject_id].append(one)
    told: dict[tuple[str, str], dict[str, Placement]] = defaultdict(dict)
    parts = Contribution.objects.order_by("pk").values_list("person__public_id", "subject_id")
    for person, subject in parts.iterator(chunk_size=_CHUNK):
        for one in of_work.get(subject, ()):
            told[person, one.node_id][subject] = one
    audiences = dict(Person.objects.values_list("public_id", "audience"))
    by_person: dict[str, list[Placement]] = defaultdict(list)
    for (person, node), speaking in told.items():
        widest = min((one.audience for one in speaking.values()), key=_AUDIENCES.index)
        heard = sorted(
            (one for one in speaking.values() if one.audience == widest),
            key=lambda one: (-one.confidence, one.subject_id),
        )
        sure = 1.0 - prod(1.0 - rules.person_share * one.confidence for one in heard)
        if sure >= rules.least_confidence:
            own = audiences.get(person, "owner")
            by_person[person].append(
                Placement(
                    subject_id=person,
                    node_id=node,
                    kind="person",
                    confidence=round(sure, 3),
                    reason=heard[0].reason,
                    origin="person",
                    evidence=heard[0].subject_id,
                    audience=max(own, widest, key=_AUDIENCES.index),
                )
            )
    for of_person in by_person.values():
        of_person.sort(key=lambda one: (-one.confidence, one.node_id))
        yield from of_person[: rules.most_per_record]
