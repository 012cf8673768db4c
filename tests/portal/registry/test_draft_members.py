"""Drafts of rows that hold objects within objects: papers as OpenAlex gives them, made up."""

import json
from pathlib import Path
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.innovation.models import Contribution, Publication
from silian.portal.registry.domain.intake import create_job, run_job
from silian.portal.registry.domain.mapping_store import save_mapping
from silian.portal.registry.interfaces.draft_files import draft_of_file, draft_text
from silian.portal.registry.interfaces.draft_members import find_member, flat_rows
from silian.portal.registry.interfaces.transforms import TRANSFORMS
from silian.tables.readers import NoRows

pytestmark = pytest.mark.django_db


def work(number: int, **other: Any) -> dict[str, Any]:
    return {
        "id": f"https://works.example/W{number}",
        "doi": f"https://doi.org/10.9999/{number}",
        "title": f"Ageing of <i>Nd</i> magnets &amp; motors {number}",
        "publication_year": 2020,
        "publication_date": "2020-05-17",
        "primary_location": None,
        "authorships": [
            {
                "author_position": "first",
                "author": {"id": "https://works.example/A1", "display_name": "Jun Li"},
                "institutions": [{"id": "x", "display_name": "Example University"}],
            },
            {
                "author_position": "last",
                "author": {"id": "https://works.example/A2", "display_name": "Hans Müller"},
                "institutions": [{"id": "y", "display_name": "Sample Institute"}],
            },
        ],
        "abstract_inverted_index": {"last": [1], "Magnets": [0], "long": [2]},
        **other,
    }


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    path = tmp_path / "works.jsonl"
    lines = [json.dumps(work(number)) for number in range(3)]
    path.write_text("\n".join([*lines, '{"id": "broken",', "[1, 2]"]) + "\n", "utf-8")
    return path


def test_papers_with_nested_authors_are_drafted_whole(papers: Path) -> None:
    draft, _ = draft_of_file(papers)
    found = {column.field: column.heading for column in draft.columns if column.is_sure}
    assert draft.kind == "publication"
    assert found == {
        "source_key": "id",
        "doi": "doi",
        "title": "title",
        "published_on": "publication_date",
        "author_names": "authorships.author.display_name",
        "organisation_name": "authorships.institutions.display_name",
        "abstract": "abstract_inverted_index",
    }
    assert draft.key is not None
    assert (draft.key.columns, draft.key.is_unique) == (("id",), True)
    headings = [column.heading for column in draft.columns]
    assert "" not in headings
    assert "primary_location" in headings  # of which nothing else is known
    assert not [one for one in headings if one.startswith("abstract_inverted_index.")]


def test_a_column_that_gives_nothing_names_the_one_that_does(papers: Path) -> None:
    draft, _ = draft_of_file(papers)
    reasons = {column.heading: column.reason_zh for column in draft.columns}
    assert reasons["publication_year"] == "“发表日期”已由列“publication_date”提供"
    assert reasons["authorships.author_position"] == "没有认出"


def test_drafted_papers_load_with_all_authors_a_plain_title_and_their_abstract(
    papers: Path,
) -> None:
    mapping = save_mapping(draft_text(*draft_of_file(papers)), SYSTEM)
    job = run_job(create_job(papers, mapping.code).pk)
    assert (job.accepted_count, job.rejected_count) == (3, 2)
    paper = Publication.objects.get(source_key="https://works.example/W1")
    assert (paper.title, paper.abstract) == ("Ageing of Nd magnets & motors 1", "Magnets last long")
    assert paper.published_on.isoformat() == "2020-05-17"
    assert paper.organisation.name == "Example University"
    authors = Contribution.objects.filter(subject_id=paper.public_id).order_by("position")
    assert [one.person.name for one in authors] == ["Jun Li", "Hans Müller"]


def test_authors_with_given_and_family_names_are_read_as_people(tmp_path: Path) -> None:
    works_at = [{"name": "Example University"}]
    authors = [
        {"given": "Jun", "family": "Li", "affiliation": works_at},
        {"given": "Hans", "family": "Müller", "affiliation": works_at},
    ]
    rows = [
        {"DOI": f"10.9999/{n}", "title": [f"Paper {n}"], "author": authors, "published": when}
        for n, when in enumerate([{"date-parts": [[2020, 5, 17]]}, {"date-parts": [[2021]]}])
    ]
    path = tmp_path / "items.json"
    path.write_text(json.dumps({"message": {"items": rows}}), "utf-8")
    mapping = save_mapping(draft_text(*draft_of_file(path)), SYSTEM)
    job = run_job(create_job(path, mapping.code).pk)
    assert (job.accepted_count, job.rejected_count) == (2, 0)
    first, second = Publication.objects.order_by("source_key")
    assert (str(first.published_on), str(second.published_on)) == ("2020-05-17", "2021-01-01")
    written = Contribution.objects.filter(subject_id=first.public_id).order_by("position")
    assert [one.person.name for one in written] == ["Jun Li", "Hans Müller"]


def test_objects_whose_members_are_data_stay_one_column() -> None:
    rows = [{"id": n, "counts": {f"day {n}-{m}": m for m in range(9)}} for n in range(9)]
    assert {heading for row in flat_rows(rows) for heading in row} == {"id", "counts"}


@pytest.mark.parametrize(
    ("kind", "path", "name"),
    [
        ("publication", "authors.name", "author_names"),
        ("facility", "dept.单位名称", "organisation_name"),
        ("achievement", "owner.display_name", "organisation_name"),
    ],
)
def test_a_member_is_known_by_its_last_words(kind: str, path: str, name: str) -> None:
    found = find_member(kind, path)
    assert found is not None
    assert found[0].name == name


def test_the_number_of_another_thing_is_no_key_of_the_row() -> None:
    assert find_member("facility", "dept.id") is None


def test_a_file_without_one_readable_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("[1]\n[2]\n", "utf-8")
    with pytest.raises(NoRows):
        draft_of_file(path)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("<i>In situ</i> TEM of Fe &amp; Cu", "In situ TEM of Fe & Cu"),
        ("H<sub>2</sub>O &amp;lt;i&amp;gt;x&amp;lt;/i&amp;gt;", "H2O x"),
        ("<jats:p>One.</jats:p><jats:p>Two.</jats:p>", "One. Two."),
        ("a<b and c>d, R&D", "a<b and c>d, R&D"),
    ],
)
def test_markup_is_taken_out_and_signs_are_kept(written: str, told: str) -> None:
    assert TRANSFORMS["without_markup"](written, {}) == told
