"""Rejected rows that a later load answers: closed, replaced or left, and counted once."""

from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.registry.domain import reading
from silian.portal.registry.domain.earlier_rejects import open_rejects
from silian.portal.registry.domain.rejects import NotReplayable, replay
from silian.portal.registry.models import ImportJob, Organisation, RejectedRow

HEAD = "source_key,name,organisation_kind\n"
BAD = HEAD + "E1,甲公司,企业\nE2,乙公司,外星人\nE3,,企业\n"
MAPPING = """code: city-firms
name: 名录
records:
  - kind: organisation
    key: 编号
    fields: {name: 名称, established_on: 成立}
  - kind: person
    key: {template: "{编号} {联系人}"}
    when: {column: 联系人, without: [""]}
    fields: {name: 联系人, organisation_key: 编号, orcid: 学者号}
"""


def states(job: ImportJob) -> dict[int, str]:
    return dict(job.rejected_rows.order_by("row_number", "pk").values_list("row_number", "state"))


def test_a_mended_file_closes_what_it_answers_and_replaces_what_it_does_not(load: Any) -> None:
    first = load(BAD, "template:organisation")
    assert states(first) == {3: "open", 4: "open"}
    second = load(BAD.replace("外星人", "高校"), "template:organisation")
    assert (states(first), states(second)) == ({3: "answered", 4: "replaced"}, {4: "open"})
    assert {row.answered_by for row in first.rejected_rows.all()} == {second}
    assert open_rejects().count() == open_rejects("city").count() == 1
    # What the first load said of itself stands.
    first.refresh_from_db()
    assert first.rejected_count == 2


def test_the_same_file_again_leaves_each_row_open_once(load: Any) -> None:
    jobs = [load(BAD, "template:organisation") for _ in range(3)]
    assert [states(job) for job in jobs] == [
        {3: "replaced", 4: "replaced"},
        {3: "replaced", 4: "replaced"},
        {3: "open", 4: "open"},
    ]
    row = jobs[0].rejected_rows.first()
    assert row.answered_by == jobs[1]
    with pytest.raises(NotReplayable, match=str(jobs[1].public_id)):
        replay(row.pk, row.values, SYSTEM)


@pytest.mark.parametrize("how", [{"register_code": "other"}, {"dry_run": True}])
def test_other_registers_and_dry_runs_answer_nothing(load: Any, how: dict[str, Any]) -> None:
    first = load(BAD, "template:organisation")
    later = load(BAD.replace("外星人", "高校"), "template:organisation", **how)
    assert states(first) == {3: "open", 4: "open"}
    # A dry run only reports: its own rows wait for nobody.
    assert open_rejects("city").count() == 2
    load(BAD, "template:organisation")
    assert states(later) == {4: "open"}


def test_a_row_without_a_key_is_known_by_what_else_it_says(load: Any) -> None:
    first = load(HEAD + ",甲公司,外星人\n,乙公司,外星人\n", "template:organisation")
    again = load(HEAD + ",甲公司,外星人\n", "template:organisation")
    assert (states(first), states(again)) == ({2: "replaced", 3: "open"}, {2: "open"})


def test_a_row_that_got_its_key_answers_the_one_without(load: Any, tmp_path: Any) -> None:
    from silian.portal.registry.domain.mapping_store import save_mapping

    save_mapping(MAPPING, SYSTEM)
    first = load("编号,名称,成立,联系人,学者号\n,甲公司,,,\n", "city-firms")
    assert states(first) == {2: "open"}
    second = load("学者号,编号,名称,成立,联系人\n,E1,甲公司,,\n", "city-firms")
    assert (states(first), second.accepted_count) == ({2: "answered"}, 1)


def test_of_two_rows_under_one_key_the_one_that_got_another_key_is_answered(load: Any) -> None:
    twice = HEAD + "E1,甲公司,企业\nE1,乙公司,企业\n"
    first = load(twice, "template:organisation")
    assert states(first) == {3: "open"}
    assert states(load(twice, "template:organisation")) == {3: "open"}
    assert states(first) == {3: "replaced"}
    alone = load(HEAD + "E1,甲公司,企业\n", "template:organisation")
    # Nobody has spoken of the other company yet.
    assert (alone.unchanged_count, open_rejects().count()) == (1, 1)
    load(HEAD + "E1,甲公司,企业\nE2,乙公司,企业\n", "template:organisation")
    assert open_rejects().count() == 0


def test_a_row_is_known_by_the_record_that_failed_in_it(load: Any) -> None:
    from silian.portal.registry.domain.mapping_store import save_mapping

    save_mapping(MAPPING, SYSTEM)
    head = "编号,名称,成立,联系人,学者号\n"
    first = load(head + "E1,甲公司,,张三,不是\nE1,甲公司,,李四,不是\n", "city-firms")
    assert states(first) == {2: "open", 3: "open"}
    load(head + "E1,甲公司,,张三,\n", "city-firms")
    assert states(first) == {2: "answered", 3: "open"}


def test_remarks_are_answered_and_replaced_likewise(load: Any) -> None:
    head = "source_key,title,text,budget_cny\n"
    first = load(head + "1,甲,文,一百块\n2,乙,文,一百块\n3,,文,\n", "template:need")
    assert states(first) == {2: "remarked", 3: "remarked", 4: "open"}
    later = load(head + "1,甲,文,80万\n2,乙,文,两百块\n3,丙,文,三百块\n", "template:need")
    assert states(first) == {2: "answered", 3: "replaced", 4: "answered"}
    assert states(later) == {3: "remarked", 4: "remarked"}


def test_a_mended_row_closes_its_twin_in_an_earlier_job(load: Any) -> None:
    first = load(BAD, "template:organisation")
    # As homes hold them from before rows were marked, one beside the other.
    RejectedRow.objects.update(mark="")
    twin = load(HEAD + "E2,乙公司,外星人\n", "template:organisation")
    RejectedRow.objects.filter(job=first).update(state="open", answered_by=None)
    assert RejectedRow.objects.exclude(mark="").count() == 3
    row = twin.rejected_rows.get()
    replay(row.pk, {**row.values, "organisation_kind": "企业"}, SYSTEM)
    assert (states(first), states(twin)) == ({3: "answered", 4: "open"}, {2: "mended"})


def test_rows_from_before_they_were_marked_are_answered_too(load: Any) -> None:
    first = load(BAD, "template:organisation")
    RejectedRow.objects.update(mark="")
    load(BAD.replace("外星人", "高校"), "template:organisation")
    assert states(first) == {3: "answered", 4: "replaced"}


def test_a_row_that_waited_for_another_record_is_answered_at_the_end(load: Any) -> None:
    people = "source_key,person_key,organisation_key\nA1,P1,E1\n"
    first = load(people, "template:affiliation", name="a.csv")
    assert states(first) == {2: "open"}
    load("source_key,name,organisation_key\nP1,张三,E1\n", "template:person", name="p.csv")
    again = load(people, "template:affiliation", name="a.csv")
    assert (states(first), states(again)) == ({2: "answered"}, {})


def test_a_misshapen_row_is_known_by_its_key(load: Any) -> None:
    first = load(HEAD + 'E1,"=HYPERLINK(""http://x"")",企业\n', "template:organisation")
    assert [r["code"] for r in first.rejected_rows.get().reasons] == ["formula_text"]
    load(HEAD + "E1,甲公司,企业\n", "template:organisation")
    assert states(first) == {2: "answered"}


def test_rows_are_answered_batch_by_batch(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"E{n},公司{n}," + ("外星人" if n % 3 else "企业") for n in range(1, 31)]
    first = load(HEAD + "\n".join(lines) + "\n", "template:organisation")
    assert open_rejects().count() == 20
    monkeypatch.setattr(reading, "BATCH_ROWS", 7)
    mended = [line.replace("外星人", "高校") if n < 15 else line for n, line in enumerate(lines)]
    later = load(HEAD + "\n".join(mended) + "\n", "template:organisation", name="later.csv")
    found = list(states(first).values())
    assert (found.count("answered"), found.count("replaced")) == (10, 10)
    assert (open_rejects().count(), later.rejected_count) == (10, 10)
    assert Organisation.objects.count() == 20


def test_status_counts_rows_that_wait(load: Any) -> None:
    from silian.cli.diagnosing import _values

    load(BAD, "template:organisation", dry_run=True)
    load(BAD, "template:organisation")
    load(BAD, "template:organisation")
    assert _values()["imports"]["open_reject_count"] == 2
