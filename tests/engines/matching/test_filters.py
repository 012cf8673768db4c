"""Hard constraints: what the index keeps is exactly what a reader of the rules would keep."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matching_world import SEGMENTER, passes

from silian.engines.matching import Constraints, Document, Matcher, Query

KINDS = ("achievement", "person", "need", "odd 'kind\" %_")
REGIONS = ("", "330203", "330106", "33", "310115", "O'Hara")
FIELDS = ("T01", "T0101", "T02", "x' OR '1'='1")
OWNERS = ("", "org-a", "org-b", 'org-"; DROP TABLE documents; --')
AUDIENCES = ("public", "members", "owner")
PRICES = (0.0, 1.0, 99_999.5, 1e6)
DAYS = tuple(date(2026, 1, 1) + timedelta(days=step) for step in (0, 40, 200))


def _documents() -> list[Document]:
    """Every value of every column, in combinations that wander."""
    made = []
    for number in range(240):
        made.append(
            Document(
                document_id=f"doc-{number:03d}",
                kind=KINDS[number % 4],
                title="永磁材料",
                region_code=REGIONS[number % 6],
                field_codes=tuple(FIELDS[k] for k in range(4) if number >> k & 1),
                readiness_level=(None, 1, 5, 9)[number // 3 % 4],
                price_cny=(None, *PRICES)[number // 2 % 5],
                available_from=(None, *DAYS)[number // 5 % 4],
                available_until=(None, *DAYS)[number // 7 % 4],
                owner_id=OWNERS[number // 4 % 4],
                audience=AUDIENCES[number // 11 % 3],
            )
        )
    return made


DOCUMENTS = _documents()


def _some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


def _maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


CONSTRAINTS = st.builds(
    Constraints,
    kinds=_some((*KINDS, "unheard of")),
    region_codes=_some(("33", "3302", "330203", "31", "O'", "9", "33%", "")),
    field_codes=_some((*FIELDS, "T")),
    price_max_cny=_maybe(st.sampled_from(PRICES)),
    price_min_cny=_maybe(st.sampled_from(PRICES)),
    readiness_min=_maybe(st.integers(1, 9)),
    available_on=_maybe(st.sampled_from(DAYS)),
    audiences=_some(AUDIENCES),
    viewer_owner_id=st.sampled_from(OWNERS),
    excluded_owner_ids=_some(OWNERS),
    excluded_document_ids=_some(("doc-000", "doc-008", "nobody")),
)


@pytest.fixture(scope="module")
def matcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matcher]:
    folder: Path = tmp_path_factory.mktemp("filters")
    with Matcher.create(folder / "index", segmenter=SEGMENTER, n_dimensions=8) as made:
        made.add(DOCUMENTS[:120])
        made.optimise()
        made.add(DOCUMENTS[120:])
        yield made


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(constraints=CONSTRAINTS, direction=st.sampled_from(["supply", "need"]))
def test_filters_keep_what_the_rules_keep(
    matcher: Matcher, constraints: Constraints, direction: str
) -> None:
    query = Query(title="永磁材料", constraints=constraints, direction=direction, limit=1000)
    found = {hit.document.document_id for hit in matcher.search(query).hits}
    wanted = {one.document_id for one in DOCUMENTS if passes(one, constraints, direction)}
    assert found == wanted


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    constraints=CONSTRAINTS,
    direction=st.sampled_from(["supply", "need"]),
    document=st.sampled_from(DOCUMENTS),
)
def test_the_explanation_agrees_with_the_filter(
    matcher: Matcher, constraints: Constraints, direction: str, document: Document
) -> None:
    query = Query(title="永磁", constraints=constraints, direction=direction)
    checks = matcher.explain(query, document.document_id).checks
    failed = [check.constraint for check in checks if check.outcome == "failed"]
    assert (not failed) == passes(document, constraints, direction)
    assert (matcher.why_not(query, document.document_id).reason == "constraint") == bool(failed)
