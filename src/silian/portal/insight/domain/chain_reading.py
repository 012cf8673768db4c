"""Nodes, links and members of the chains as one audience may see them, read in bulk."""

from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from django.db.models import Q

from silian.portal.catalogue import KINDS
from silian.portal.innovation.models import Facility, Platform
from silian.portal.insight.domain.chain_locality import HomeRegion, Locality, known_places
from silian.portal.insight.domain.chain_placements import placements
from silian.portal.registry.domain.identities import records_of, subject_of
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import ChainLink, ChainNode, Organisation, Person

ENTERPRISE, INSTITUTION = "enterprise", "institution"
_NO_ENTERPRISE = frozenset({"university", "research_institute", "hospital", "government"})
_CHUNK = 20_000
_LEAST_SIZE = 1e-4
_MOST_SCALE, _LEAST_SCALE = 50.0, 0.1
_OTHER_KINDS = ("person", "platform", "achievement", "patent", "project", "publication")


def read_nodes(
    audiences: tuple[str, ...],
) -> tuple[dict[int, str], dict[str, tuple[str, str, str]], list[tuple[str, int]]]:
    """Public ids by key, what a node is called by public id, and all spellings with numbers."""
    rows = ChainNode.objects.filter(audience__in=audiences).order_by("pk")
    by_pk: dict[int, str] = {}
    found: dict[str, tuple[str, str, str]] = {}
    spellings: list[tuple[str, int]] = []
    for key, public_id, name, kind, code, name_en, keywords in rows.values_list(
        "pk", "public_id", "name", "node_kind", "code", "name_en", "keywords"
    ).iterator(chunk_size=_CHUNK):
        number = len(found)
        by_pk[key] = public_id
        found[public_id] = (name, kind, code)
        spellings.append((name.casefold(), number))
        spellings += [
            (word.casefold(), number)
            for word in (code, name_en, *(keywords or ()))
            if isinstance(word, str) and word
        ]
    return by_pk, found, spellings


def read_links(
    audiences: tuple[str, ...], by_pk: dict[int, str]
) -> list[tuple[str, str, str, float, str]]:
    """Links once each: source, target, relation, weight, public id."""
    rows = ChainLink.objects.filter(audience__in=audiences).order_by("pk")
    found: dict[tuple[int, int, str], tuple[str, str, str, float, str]] = {}
    for source, target, relation, weight, public_id in rows.values_list(
        "source_id", "target_id", "relation", "weight", "public_id"
    ).iterator(chunk_size=_CHUNK):
        if source in by_pk and target in by_pk and source != target:
            # What two registers say counts once.
            one = (by_pk[source], by_pk[target], relation, max(weight, _LEAST_SIZE), public_id)
            found.setdefault((source, target, relation), one)
    return list(found.values())


@dataclass(slots=True)
class _Organisations:
    """Organisations that may be seen: what they are, whether here, how large."""

    kinds: dict[str, str] = field(default_factory=dict)
    here: dict[str, bool] = field(default_factory=dict)
    known_by: dict[str, str] = field(default_factory=dict)
    scales: dict[str, float] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)

    def join(self, things: dict[str, str]) -> None:
        """Let every record be what all records of the same organisation say together."""
        groups: dict[str, list[str]] = {}
        for record, thing in things.items():
            if record in self.kinds:
                groups.setdefault(thing, []).append(record)
        for records in groups.values():
            is_institution = any(self.kinds[one] == INSTITUTION for one in records)
            is_here = any(self.here[one] for one in records)
            telling = [one for one in records if self.here[one] == is_here and self.known_by[one]]
            scales = [self.scales[one] for one in records if one in self.scales]
            for one in records:
                self.kinds[one] = INSTITUTION if is_institution else ENTERPRISE
                self.here[one] = is_here
                self.known_by[one] = self.known_by[telling[0]] if telling else ""
                if scales:
                    self.scales[one] = max(scales)


def _read_organisations(audiences: tuple[str, ...], home: HomeRegion) -> _Organisations:
    found = _Organisations()
    staff: dict[str, int] = {}
    locality, sites = Locality(home, known_places()), _sites(audiences)
    rows = Organisation.objects.filter(audience__in=audiences)
    columns = ("region__adcode", "address", "unified_social_credit_code")
    for key, public_id, name, kind, employees, adcode, address, code in rows.values_list(
        "pk", "public_id", "name", "organisation_kind", "employee_count", *columns
    ).iterator(chunk_size=_CHUNK):
        found.kinds[public_id] = INSTITUTION if kind in _NO_ENTERPRISE else ENTERPRISE
        found.here[public_id], found.known_by[public_id] = locality.of(
            adcode=adcode or "", address=address, name=name, code=code, sites=sites.get(key, ())
        )
        found.keys[public_id] = key
        if employees and kind not in _NO_ENTERPRISE:
            staff[public_id] = employees
    typical = median(staff.values()) if staff else 1.0
    found.scales = {
        one: min(_MOST_SCALE, max(_LEAST_SCALE, count / typical)) for one, count in staff.items()
    }
    return found


def _sites(audiences: tuple[str, ...]) -> dict[int, set[str]]:
    """Regions of what each organisation runs, as this audience may see it."""
    found: dict[int, set[str]] = {}
    for model in (Platform, Facility):
        rows = model._default_manager.filter(
            audience__in=audiences, organisation__isnull=False, region__isnull=False
        )
        for key, adcode in rows.values_list("organisation_id", "region__adcode").distinct():
            found.setdefault(key, set()).add(adcode)
    return found


def read_members(
    audiences: tuple[str, ...], home: HomeRegion, node_rows: dict[str, Any]
) -> tuple[Any, list[tuple[str, str, float | None, str]]]:
    """Members as the engine takes them, and beside each row why it stands there.

    Records of one subject are one member, under the smallest id that this audience may see.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    table = placements()
    table = table.filter(pc.is_in(table["audience"], value_set=pa.array(list(audiences))))
    organisations = _read_organisations(audiences, home)
    things = _things(set(table["subject_id"].to_pylist()), audiences, organisations)
    organisations.join(things)
    here = _works_here(table, organisations, home)
    here |= {things[one] for one in here if one in things}
    columns = ("subject_id", "node_id", "kind", "confidence", "evidence", "revenue_share")
    best: dict[tuple[str, str], tuple[Any, ...]] = {}
    for subject, node, kind, confidence, evidence, share, reason, origin in zip(
        *(table[name].to_pylist() for name in (*columns, "reason", "origin")), strict=True
    ):
        if node not in node_rows:
            continue
        one = things.get(subject, subject)
        if kind == "organisation":
            if subject not in organisations.kinds:
                continue
            stands_as, is_local = organisations.kinds[subject], organisations.here[subject]
            how = organisations.known_by[subject]
        else:
            stands_as, is_local, how = kind, one in here, ""
        row = (one, node, stands_as, is_local, confidence, share, evidence, reason, origin, how)
        held = best.get((one, node))
        if held is None or (confidence, share or 0.0) > (held[4], held[5] or 0.0):
            best[one, node] = row
    return _member_table(list(best.values()), organisations)


def _things(
    placed: set[str], audiences: tuple[str, ...], organisations: _Organisations
) -> dict[str, str]:
    """Of merged records, the smallest of the same subject that this audience may see."""
    records = records_of(subject_of(placed).values())
    people = [one for one in records if one not in organisations.kinds]
    seen = {one for one in records if one in organisations.kinds}
    for portion in portions(people):
        rows = Person.objects.filter(public_id__in=portion, audience__in=audiences)
        seen.update(rows.values_list("public_id", flat=True))
    named: dict[str, str] = {}
    for one in sorted(seen):
        named.setdefault(records[one], one)
    return {one: named[records[one]] for one in seen}


def _member_table(
    rows: list[tuple[Any, ...]], organisations: _Organisations
) -> tuple[Any, list[tuple[str, str, float | None, str]]]:
    import pyarrow as pa

    n_places = Counter(row[0] for row in rows)
    sizes = []
    for row in rows:
        share = row[5] if row[5] else 1.0 / max(2, n_places[row[0]])
        scale = organisations.scales.get(row[0], 1.0) if row[2] == ENTERPRISE else 1.0
        sizes.append(max(_LEAST_SIZE, share * scale))
    table = pa.table(
        {
            "entity_id": pa.array([row[0] for row in rows], pa.string()),
            "node_id": pa.array([row[1] for row in rows], pa.string()),
            "kind": pa.array([row[2] for row in rows], pa.string()),
            "local": pa.array([row[3] for row in rows], pa.bool_()),
            "confidence": pa.array([row[4] for row in rows], pa.float64()),
            "size": pa.array(sizes, pa.float64()),
            "evidence": pa.array([row[6] for row in rows], pa.string()),
        }
    )
    return table, [(row[7] or "", row[8], row[5], row[9]) for row in rows]


def _works_here(table: Any, organisations: _Organisations, home: HomeRegion) -> set[str]:
    """Records of other kinds that are here: by their own region, else by their organisation."""
    if not home.code:
        return set(table["subject_id"].to_pylist())
    found: set[str] = set()
    keys_here = {key for one, key in organisations.keys.items() if organisations.here[one]}
    for kind in _OTHER_KINDS:
        model = KINDS[kind].model
        has_region = any(f.name == "region" for f in model._meta.concrete_fields)
        columns = ["public_id", "organisation_id"]
        rows = model._default_manager.exclude(organisation__isnull=True)
        if has_region:
            columns.append("region__adcode")
            rows = model._default_manager.exclude(
                Q(organisation__isnull=True) & Q(region__isnull=True)
            )
        for public_id, organisation, *region in rows.values_list(*columns).iterator(
            chunk_size=_CHUNK
        ):
            adcode = region[0] if region else None
            if adcode.startswith(home.prefix) if adcode else organisation in keys_here:
                found.add(public_id)
    return found
