"""Records placed at chain nodes: by the register, by their texts, people by their works."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from math import prod

from django.db.models import Case, Q, QuerySet, When
from django.utils import timezone

from silian.portal.innovation.models import Contribution
from silian.portal.insight.domain.chain_rules import PlacementRules, placement_rules
from silian.portal.insight.domain.chain_sources import (
    PlacedRecord,
    count_records,
    placed_records,
)
from silian.portal.insight.domain.chain_texts import NodeNames, too_general
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import ChainMember, ChainNode, Person

Progress = Callable[[int, int], None]

_CHUNK = 10_000
# A register names the thing itself, seldom its kind too: only exact names can be held against it.
_MEASURED = ("product", "keyword")
_EVERY = 2_000
_KINDS = ("product", "stage", "industry")
WORKS = frozenset({"achievement", "patent", "project", "publication"})
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
class TextHits:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What is learned over all records together.

    Attributes
    ----------
    confidence
        Of organisations, by kind of hit.
    general
        Public ids of nodes whose names stand in too many texts to say anything.
    n_records
        Over how many records.
    """

    agreements: tuple[Agreement, ...]
    confidence: Mapping[str, float]
    general: frozenset[str]
    n_records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """All records as they were placed.

    Attributes
    ----------
    parts
        Who took part in which placed work: person, work.
    names
        Spellings that were looked for, with their nodes.
    """

    placements: list[Placement]
    learned: Learned
    parts: list[tuple[str, str]]
    names: "NamedNodes"


def place_all(progress: Progress | None = None) -> Placed:
    """Place every record anew, and learn how sure that is."""
    rules = placement_rules()
    nodes = NamedNodes.read()
    register = register_placements()
    hits = read_texts(nodes, rules, placed_records(), progress)
    agreed = _agreements(hits, register, nodes)
    general = too_general(hits.counts, hits.n_records, rules.most_document_share)
    learned = Learned(
        agreements=agreed,
        confidence=learned_confidence(agreed, rules),
        general=frozenset(nodes.ids[node] for node in general),
        n_records=hits.n_records,
    )
    told = {(one.subject_id, one.node_id) for one in register}
    texts = [
        one for one in by_text(hits, nodes, rules, learned)
        if (one.subject_id, one.node_id) not in told
    ]  # fmt: skip
    told.update((one.subject_id, one.node_id) for one in texts)
    parts = _parts_of({one.subject_id for one in texts if one.kind in WORKS})
    audiences = dict(Person.objects.values_list("public_id", "audience"))
    people = by_person(texts, parts, audiences, told, rules)
    return Placed(
        placements=[*register, *texts, *people], learned=learned, parts=parts, names=nodes
    )


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


@dataclass(frozen=True, slots=True)
class NamedNodes:
    """Nodes by number, with their names and all spellings that stand for them."""

    ids: list[str]
    names: list[str]
    spellings: list[tuple[str, int]]

    @classmethod
    def read(cls) -> "NamedNodes":
        """All nodes of the records."""
        # Of one name the product goes before the sector: texts tell of things.
        in_order = Case(*(When(node_kind=kind, then=n) for n, kind in enumerate(_KINDS)), default=9)
        rows = ChainNode.objects.order_by(in_order, "pk")
        held = list(rows.values_list("public_id", "name", "keywords").iterator(chunk_size=_CHUNK))
        # Names before spellings, so that no spelling takes another node's name.
        spellings = [(name, number) for number, (_, name, _) in enumerate(held)]
        spellings += [
            (word, number)
            for number, (_, _, keywords) in enumerate(held)
            for word in keywords or ()
            if isinstance(word, str)
        ]
        return cls([row[0] for row in held], [row[1] for row in held], spellings)


def register_placements(organisations: Collection[str] | None = None) -> list[Placement]:
    """What the register says today: organisations at nodes, each once; some of them where given."""
    columns = (
        "organisation__public_id",
        "node__public_id",
        "revenue_share",
        "role",
        "public_id",
        "audience",
    )
    found: dict[tuple[str, str], Placement] = {}
    members = _holding(timezone.localdate()).order_by("pk").values_list(*columns)
    chosen = (
        [members]
        if organisations is None
        else [members.filter(organisation__public_id__in=some) for some in portions(organisations)]
    )
    for subject, node, share, role, evidence, audience in chain.from_iterable(
        rows.iterator(chunk_size=_CHUNK) for rows in chosen
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


def turned_members(since: date, until: date) -> set[str]:
    """Public ids of memberships that began or ended after one day and by another."""
    began = Q(valid_from__gt=since, valid_from__lte=until)
    ended = Q(valid_until__gte=since, valid_until__lt=until)
    return set(ChainMember.objects.filter(began | ended).values_list("public_id", flat=True))


def _holding(day: date) -> "QuerySet[ChainMember]":
    """Memberships that hold on a day; the last one is among it."""
    begun = Q(valid_from=None) | Q(valid_from__lte=day)
    return ChainMember.objects.filter(begun, Q(valid_until=None) | Q(valid_until__gte=day))


def read_texts(
    nodes: NamedNodes,
    rules: PlacementRules,
    records: Iterable[PlacedRecord],
    progress: Progress | None = None,
) -> TextHits:
    """Look for the names of nodes in the texts of records."""
    names = NodeNames(nodes.spellings, rules.least_name_length)
    hits = TextHits()
    total = count_records() if progress else 0
    if not len(names):
        return hits
    for record in records:
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
    hits: TextHits, register: Iterable[Placement], nodes: NamedNodes
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


def by_text(
    hits: TextHits, nodes: NamedNodes, rules: PlacementRules, learned: Learned
) -> Iterable[Placement]:
    """Records where their texts place them, the surest nodes of each."""
    for subject, found in hits.by_record.items():
        kind, audience = hits.kinds[subject]
        ranked = []
        # The register speaks of organisations; of works it knows nothing.
        sure = learned.confidence if kind == "organisation" else rules.confidence
        for node, ways in found.items():
            best, words = max(
                (_confidence(nodes.names[node], how, sure, rules), words) for how, words in ways
            )
            if best >= rules.least_confidence and nodes.ids[node] not in learned.general:
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


def _parts_of(works: Collection[str]) -> list[tuple[str, str]]:
    parts = Contribution.objects.order_by("pk").values_list("person__public_id", "subject_id")
    rows = ((person, work) for person, work in parts.iterator(chunk_size=_CHUNK) if work in works)
    return list(dict.fromkeys(rows))


def by_person(
    texts: Iterable[Placement],
    parts: Iterable[tuple[str, str]],
    audiences: Mapping[str, str],
    told: Collection[tuple[str, str]],
    rules: PlacementRules,
) -> Iterator[Placement]:
    """People take over, with less confidence, where their works stand.

    Of works that not everybody sees and works that all see, the latter alone speak: what is told
    of a person must not give away a hidden work.

    Parameters
    ----------
    texts
        Placements by text, those of works among them.
    parts
        Person and work.
    audiences
        Of the people.
    told
        Records at nodes that something better told already.
    """
    of_work: dict[str, list[Placement]] = defaultdict(list)
    for one in texts:
        if one.kind in WORKS:
            of_work[one.subject_id].append(one)
    speaking_of: dict[tuple[str, str], dict[str, Placement]] = defaultdict(dict)
    for person, subject in parts:
        for one in of_work.get(subject, ()):
            speaking_of[person, one.node_id][subject] = one
    of_people: dict[str, list[Placement]] = defaultdict(list)
    for (person, node), speaking in speaking_of.items():
        widest = min((one.audience for one in speaking.values()), key=_AUDIENCES.index)
        heard = sorted(
            (one for one in speaking.values() if one.audience == widest),
            key=lambda one: (-one.confidence, one.subject_id),
        )
        sure = 1.0 - prod(1.0 - rules.person_share * one.confidence for one in heard)
        if sure >= rules.least_confidence:
            own = audiences.get(person, "owner")
            of_people[person].append(
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
    for of_person in of_people.values():
        of_person.sort(key=lambda one: (-one.confidence, one.node_id))
        surest = of_person[: rules.most_per_record]
        yield from (one for one in surest if (one.subject_id, one.node_id) not in told)
