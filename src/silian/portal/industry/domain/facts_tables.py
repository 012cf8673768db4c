"""Enterprise-years of some organisations as one Arrow table: the rows of relation ``facts``."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from silian.library.fact_tables import arrow_type
from silian.library.facts import FACTS, Fact
from silian.portal.industry.domain.facts_known import organisations_known, years_known
from silian.portal.industry.domain.facts_values import (
    LAGGED,
    ORGANISATION_COLUMNS,
    YEAR_COLUMNS,
    StatedYear,
    by_precedence,
    declared_codes,
    derived,
    known_facts,
    lag_columns,
    organisation_facts,
    typed,
)
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.domain.resolution import portions
from silian.portal.registry.models import Organisation

if TYPE_CHECKING:
    import pyarrow as pa

# Before the facts: who it is, how many registers' rows were joined, and which facts are declared.
_ABOUT = ("subject_id", "organisation_pk", "name", "year", "record_count", "declared_codes")


@cache
def table_schema() -> "pa.Schema":
    """Columns of relation ``facts``: those above, every fact, every lag."""
    import pyarrow as pa

    about = (pa.string(), pa.int64(), pa.string(), pa.int32(), pa.int32(), pa.string())
    fields = [pa.field(name, kind) for name, kind in zip(_ABOUT, about, strict=True)]
    fields += [pa.field(fact.code, arrow_type(fact)) for fact in FACTS]
    fields += [pa.field(name, pa.float64()) for name, _, _ in lag_columns()]
    return pa.schema(fields)


def facts_table(organisations: Sequence[int], known_before: datetime | None = None) -> "pa.Table":
    """All years of these organisations, by organisation and year.

    Parameters
    ----------
    organisations
        Primary keys; those without years yield no row.
    known_before
        As the records stood before this moment; by default as they are now.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    schema = table_schema()
    about = _about(organisations, known_before)
    keys, subjects, names, years, counts, declared = [], [], [], [], [], []
    rows: list[dict[str, Any]] = []
    for key, year, stated in _stated_years(organisations, known_before):
        public_id, name, own = about[key]
        keys.append(key)
        subjects.append(public_id)
        names.append(name)
        years.append(year)
        counts.append(len(stated))
        holding = by_precedence(stated)
        declared.append(declared_codes(own, holding))
        rows.append(known_facts(own, holding))
    if not rows:
        return schema.empty_table()
    told = (subjects, keys, names, years, counts, declared)
    arrays = [pa.array(one, field.type) for one, field in zip(told, schema, strict=False)]
    columns = _fact_columns(rows)
    arrays += columns.values()
    lags = derived(
        _places(keys),
        years,
        {fact.code: _numbers(columns[fact.code]) for fact in LAGGED},
        _numbers(pc.year(columns["established_on"])),
    )
    arrays += [pa.array(lags[name], pa.float64(), from_pandas=True) for name, _, _ in lag_columns()]
    return pa.Table.from_arrays(arrays, schema=schema)


def _fact_columns(rows: list[dict[str, Any]]) -> "dict[str, pa.Array]":
    """Facts by code, read as ``typed`` reads them, but all at once where nothing is odd."""
    import pyarrow as pa

    for row in rows:
        for fact in _SETS:
            if fact.code in row:
                row[fact.code] = typed(fact, row[fact.code])
    fields = [table_schema().field(fact.code) for fact in FACTS]
    loose = [f.with_type(pa.string()) if f.type == pa.date32() else f for f in fields]
    try:
        found = pa.array(rows, pa.struct(loose)).flatten()
        arrays = [one.cast(f.type) for one, f in zip(found, fields, strict=True)]
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # Something isn't what its fact says; then each value is read on its own.
        return {f.code: _read_singly(f, rows) for f in FACTS}
    return {fact.code: array for fact, array in zip(FACTS, arrays, strict=True)}


def _read_singly(fact: Fact, rows: list[dict[str, Any]]) -> "pa.Array":
    import pyarrow as pa

    values = (row.get(fact.code) for row in rows)
    is_text = fact.type == "codes"  # they are read already
    read = [value if is_text else typed(fact, value) for value in values]
    return pa.array(read, table_schema().field(fact.code).type)


def _numbers(column: "pa.Array") -> Any:
    return column.cast("float64").to_numpy(zero_copy_only=False)


_SETS = tuple(fact for fact in FACTS if fact.type == "codes")


def _places(keys: Sequence[int]) -> list[int]:
    place: dict[int, int] = {}
    return [place.setdefault(key, len(place)) for key in keys]


def _about(
    organisations: Sequence[int], known_before: datetime | None
) -> dict[int, tuple[str, str, dict[str, Any]]]:
    names = [column.removeprefix("organisation__") for column in ORGANISATION_COLUMNS.values()]
    found: dict[int, tuple[str, str, dict[str, Any]]] = {}
    for portion in portions(organisations):
        if known_before is None:
            now = Organisation.objects.filter(pk__in=portion)
            rows = list(now.values("id", "public_id", "name", *names))
        else:
            rows = list(organisations_known(portion, known_before).values())
        for row in rows:
            own = organisation_facts({f"organisation__{name}": row[name] for name in names})
            found[row["id"]] = (row["public_id"], row["name"], own)
    return found


def _stated_years(
    organisations: Sequence[int], known_before: datetime | None
) -> Iterator[tuple[int, int, list[StatedYear]]]:
    """Rows of all registers, grouped by organisation and year, ascending."""
    for portion in portions(sorted(organisations)):
        told = (
            EnterpriseYear.objects.filter(organisation_id__in=portion)
            if known_before is None
            else years_known(portion, known_before)
        )
        rows = told.order_by("organisation_id", "year").values_list(*YEAR_COLUMNS, "register__code")
        stated = (StatedYear(*row) for row in rows.iterator(chunk_size=2_000))
        for (key, year), group in groupby(stated, key=lambda row: (row.organisation_pk, row.year)):
            yield key, year, list(group)
