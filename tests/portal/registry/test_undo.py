"""The undo of an import: what it removes, restores and leaves alone, and what follows."""

from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.catalogue import KINDS
from silian.portal.exchange.models import IndexTask, Match
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Contribution, Patent, Project
from silian.portal.registry.domain import intake, reading
from silian.portal.registry.domain.intake import run_job
from silian.portal.registry.domain.rejects import replay
from silian.portal.registry.domain.undo_journal import forget_old_journals
from silian.portal.registry.domain.undo_requests import NotUndoable, request_undo
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import (
    ImportJob,
    Organisation,
    OrganisationName,
    Person,
)

FIRMS = "source_key,name,organisation_kind,address,aliases\n"
FIRST = FIRMS + "E1,甲公司,企业,一路1号,甲\nE2,乙公司,企业,一路2号,乙\n"
_NO_STATE = {"id", "created_at", "updated_at"}


def undone(job: ImportJob, **how: Any) -> ImportJob:
    done = run_job(request_undo(job, SYSTEM, **how).pk)
    assert done.state == "done", done.error_message
    return done


def counts(undo: ImportJob) -> tuple[int, int, int]:
    return undo.removed_count, undo.restored_count, undo.kept_count


def kept(undo: ImportJob) -> dict[str, str]:
    rows = undo.undone_records.filter(action="keep")
    return {row.title: row.detail["code"] for row in rows}


def everything() -> dict[str, Any]:
    """All records with their relations, without keys and moments."""
    found: dict[str, Any] = {}
    for entry in KINDS.values():
        names = [c.attname for c in entry.model._meta.concrete_fields if c.name not in _NO_STATE]
        for record in entry.model._default_manager.all():
            found[record.public_id] = {name: getattr(record, name) for name in names}
    found["names"] = sorted(
        OrganisationName.objects.values_list("organisation__public_id", "name", "name_kind")
    )
    found["contributions"] = sorted(
        Contribution.objects.values_list("subject_id", "person__public_id", "role", "position")
    )
    found["assignees"] = sorted(
        Patent.assignees.through.objects.values_list("patent__public_id", "organisation__public_id")
    )
    return found


def test_what_a_load_brought_goes_and_comes_back_under_the_same_ids(load: Any) -> None:
    job = load(FIRST, "template:organisation")
    ids = set(Organisation.objects.values_list("public_id", flat=True))
    IndexTask.objects.all().delete()
    undo = undone(job)
    assert (counts(undo), Organisation.objects.count()) == ((2, 0, 0), 0)
    assert undo.counts_by_kind == {"organisation": {"removed": 2, "restored": 0, "kept": 0}}
    assert OrganisationName.objects.count() == 0
    assert set(IndexTask.objects.values_list("public_id", flat=True)) == ids
    gone = Organisation.history.filter(history_type="-")
    assert {row.history_change_reason for row in gone} == {f"undo import {job.public_id}"}
    again = load(FIRST, "template:organisation")
    assert again.accepted_count == 2
    assert set(Organisation.objects.values_list("public_id", flat=True)) == ids


def test_a_preview_says_the_same_and_changes_nothing(load: Any) -> None:
    load(FIRST, "template:organisation")
    job = load(FIRST.replace("一路2号", "二路2号") + "E3,丙公司,企业,,\n", "template:organisation")
    before = everything()
    preview = undone(job, dry_run=True)
    assert (counts(preview), everything()) == ((1, 1, 0), before)
    shown = preview.undone_records.get(action="restore")
    assert (shown.title, shown.detail) == ("乙公司", {"address": ["二路2号", "一路2号"]})
    again = undone(job, dry_run=True)
    assert not ImportJob.objects.filter(pk=preview.pk).exists()
    assert counts(again) == counts(undone(job))


def test_changed_records_get_back_their_values_and_relations(load: Any) -> None:
    load(FIRST, "template:organisation")
    load("source_key,name,organisation_key\nP1,张三,E1\nP2,李四,E1\n", "template:person")
    patents = "source_key,title,assignee_names,inventor_keys\n"
    load(patents + "N1,一种电机,甲公司,P1、P2\n", "template:patent", name="n.csv")
    before = everything()
    wrong_firms = FIRMS + "E1,甲新公司,高校,三路,甲新\nE2,乙公司,企业,一路2号,\n"
    firms = load(wrong_firms, "template:organisation", replace=True)
    wrong_patents = patents + "N1,一种电机,乙公司；丁大学,P2\n"
    works = load(wrong_patents, "template:patent", name="n.csv")
    assert (firms.changed_count, works.changed_count) == (2, 1)
    undo = undone(works)
    assert counts(undo) == (1, 1, 0)  # 丁大学 was only mentioned
    assert undo.undone_records.get(action="restore").detail == {
        "assignee_text": ["乙公司；丁大学", "甲公司"],
        "organisation": ["乙公司", "甲新公司"],
        "owner": ["乙公司", "甲新公司"],
        "contributions": ["", "张三"],
        "assignees": ["乙公司、丁大学", "甲新公司"],
    }
    assert counts(undone(firms)) == (0, 2, 0)
    assert everything() == before
    # The registers' rows are known again as they were.
    assert load(FIRST, "template:organisation").unchanged_count == 2
    assert load(wrong_patents, "template:patent", name="n.csv").changed_count == 1


def test_what_others_changed_since_is_left_alone_and_says_so(load: Any) -> None:
    job = load(FIRST + "E3,丙公司,企业,三路,\n", "template:organisation")
    save_record(
        "organisation",
        {"name": "乙公司", "address": "新址"},
        register_code="city",
        source_key="E2",
        viewer=SYSTEM,
    )
    load(FIRMS + "E3,丙公司,企业,四路,\n", "template:organisation", name="later.csv")
    undo = undone(job)
    assert (counts(undo), kept(undo)) == (
        (1, 0, 2),
        {"乙公司": "changed_since", "丙公司": "changed_since"},
    )
    told = undo.undone_records.get(title="丙公司").detail["message_zh"]
    assert "后续导入 later.csv" in told
    assert set(Organisation.objects.values_list("address", flat=True)) == {"新址", "四路"}


def test_loads_are_taken_back_one_after_the_other_the_last_one_first(load: Any) -> None:
    states = [everything()]
    jobs = []
    for street in ("一路", "二路", "三路"):
        jobs.append(load(FIRMS + f"E1,甲公司,企业,{street},{street}\n", "template:organisation"))
        states.append(everything())
    first = undone(jobs[0], dry_run=True)
    assert (counts(first), first.notes) == ((0, 0, 1), {})
    for job, state in zip(reversed(jobs), reversed(states[:-1]), strict=True):
        undone(job)
        assert everything() == state


def test_later_loads_with_unchanged_rows_are_named(load: Any) -> None:
    job = load(FIRST, "template:organisation")
    needs = "source_key,title,text\nD1,需求一,文\n"
    for _ in range(2):
        load(FIRST + "E3,丙公司,企业,,\n", "template:organisation")
        load(needs, "template:need", name="needs.csv")
    undo = undone(job, dry_run=True)
    assert (counts(undo), undo.notes) == ((2, 0, 0), {"undo_later_loads": 2})


def test_records_that_others_refer_to_stay(load: Any, users: dict[str, Any]) -> None:
    firms = load(FIRST + "E3,丙公司,企业,,\n", "template:organisation")
    load("source_key,name,organisation_key\nP1,张三,E1\n", "template:person")
    user = users["enterprise"]
    user.organisation = Organisation.objects.get(source_key="E2", register__code="city")
    user.save()
    preview = undone(firms, dry_run=True)
    undo = undone(firms)
    assert counts(preview) == counts(undo) == (1, 0, 2)
    assert kept(undo) == {"甲公司": "referred_to", "乙公司": "referred_to"}
    assert "张三" in undo.undone_records.get(title="甲公司").detail["message_zh"]
    assert Person.objects.get().organisation.name == "甲公司"


def test_a_load_of_several_kinds_goes_as_a_whole(load: Any) -> None:
    before = everything()
    content = (
        "source_key,title,leader_name,organisation_name,region_adcode\n"
        "X1,项目一,王五,甲大学,330203\nX2,项目二,王五,甲大学,330203\n"
    )
    job = load(content, "template:project")
    assert (Project.objects.count(), Person.objects.count()) == (2, 1)
    assert Contribution.objects.count() == 2
    undo = undone(job)
    assert counts(undo) == (4, 0, 0)
    left = everything()
    # Regions in force that were named stay: they are no content of the file.
    regions = {key for key in left if key.startswith("reg-")}
    assert {key: left[key] for key in left.keys() - regions} == before


def test_a_mention_that_the_load_registered_is_a_mention_again(load: Any) -> None:
    load("source_key,title,organisation_name\nX1,项目一,甲大学\n", "template:project")
    before = everything()
    job = load(FIRMS + "U1,甲大学,高校,一路,\n", "template:organisation")
    assert Organisation.objects.get().registered
    assert counts(undone(job)) == (0, 1, 0)
    assert everything() == before


def test_outcomes_of_people_keep_a_record_and_computed_matches_go(load: Any) -> None:
    load(FIRST, "template:organisation")
    needs = "source_key,title,text,organisation_key\nD1,需求一,文,E1\nD2,需求二,文,E1\n"
    job = load(needs, "template:need", name="needs.csv")
    for need in Need.objects.all():
        Match.objects.create(need=need, supply_kind="organisation", supply_id="org-x")
    Match.objects.get(need__source_key="D1").outcomes.create(action="contacted")
    undo = undone(job)
    assert (counts(undo), kept(undo)) == ((1, 0, 1), {"需求一": "referred_to"})
    assert Match.objects.count() == 1


def test_rows_that_were_mended_go_with_their_load_and_rejects_follow(load: Any) -> None:
    bad = FIRMS + "E1,甲公司,外星人,,\nE2,乙公司,外星人,,\nE3,,企业,,\n"
    earlier = load(bad, "template:organisation", name="first.csv")
    job = load(bad.replace("E1,甲公司,外星人", "E1,甲公司,企业"), "template:organisation")
    row = job.rejected_rows.get(row_number=3)
    replay(row.pk, {**row.values, "organisation_kind": "企业"}, SYSTEM)
    states = dict(earlier.rejected_rows.values_list("row_number", "state"))
    assert states == {2: "answered", 3: "answered", 4: "replaced"}
    undo = undone(job)
    assert (counts(undo), Organisation.objects.count()) == ((2, 0, 0), 0)
    assert undo.notes == {"undo_rejects_reopened": 3}
    assert set(earlier.rejected_rows.values_list("state", "answered_by")) == {("open", None)}
    assert set(job.rejected_rows.values_list("state", flat=True)) == {"mended", "withdrawn"}
    with pytest.raises(NotUndoable, match="taken back"):
        replay(job.rejected_rows.get(row_number=4).pk, {}, SYSTEM)


def test_a_reject_between_two_loads_is_answered_by_the_later_one_then(load: Any) -> None:
    bad = FIRMS + "E1,甲公司,外星人,,\nE2,乙公司,企业,,\n"
    first = load(bad, "template:organisation", name="first.csv")
    second = load(bad + "E3,丙公司,企业,,\n", "template:organisation")
    third = load(FIRMS + "E1,甲公司,企业,,\n", "template:organisation", name="third.csv")
    undone(second)
    row = first.rejected_rows.get()
    assert (row.state, row.answered_by) == ("answered", third)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"dry_run": True}, "import_not_undoable"),
        ({"state": "running"}, "import_running"),
        ({"is_journalled": False}, "undo_journal_gone"),
    ],
)
def test_what_can_not_be_taken_back_says_why(load: Any, how: dict[str, Any], code: str) -> None:
    job = load(FIRST, "template:organisation")
    ImportJob.objects.filter(pk=job.pk).update(**how)
    with pytest.raises(NotUndoable) as refused:
        request_undo(job, SYSTEM)
    assert refused.value.code == code
    assert refused.value.message_zh


def test_an_undo_is_made_once_and_is_no_load(load: Any) -> None:
    job = load(FIRST, "template:organisation")
    undo = undone(job)
    for one, code in ((job, "import_undone"), (undo, "import_not_undoable")):
        with pytest.raises(NotUndoable) as refused:
            request_undo(one, SYSTEM)
        assert refused.value.code == code
    ImportJob.objects.filter(pk=job.pk).update(state="failed")
    with pytest.raises(NotUndoable, match="load the file again"):
        run_job(job.pk)
    unchanged = load(FIRST, "template:organisation")
    again = load(FIRST, "template:organisation")
    assert unchanged.accepted_count == 2
    with pytest.raises(NotUndoable, match="changed nothing"):
        request_undo(again, SYSTEM)


def test_another_load_that_runs_is_waited_for(load: Any) -> None:
    from silian.portal.registry.domain.job_locks import hold_job

    job, other = load(FIRST, "template:organisation"), load(FIRST, "template:organisation")
    ImportJob.objects.filter(pk=other.pk).update(state="running")
    with hold_job(other), pytest.raises(NotUndoable, match="is running"):
        request_undo(job, SYSTEM)


def dying_after(survivals: int, name: str) -> Any:
    """A part of the undo that is interrupted once it was done so often."""
    from silian.portal.registry.domain.undoing import Undoing

    original, calls = getattr(Undoing, name), []

    def part(*arguments: Any) -> int:
        calls.append(1)
        if len(calls) > survivals:
            raise KeyboardInterrupt
        return int(original(*arguments))

    return part


def test_a_killed_undo_goes_on_where_it_was(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from silian.portal.registry.domain import undoing

    monkeypatch.setattr(reading, "BATCH_ROWS", 5)
    monkeypatch.setattr(undoing, "_RECORDS_A_PORTION", 3)
    lines = "".join(f"E{n},公司{n},企业,旧址,别名{n}\n" for n in range(12))
    load(FIRMS + lines, "template:organisation")
    before = everything()
    more = "".join(f"F{n},厂{n},企业,新址,\n" for n in range(12))
    job = load(FIRMS + lines.replace("旧", "新") + more, "template:organisation", name="b.csv")
    undo = request_undo(job, SYSTEM)
    for name, survivals in (("restore", 1), ("remove", 2)):
        with monkeypatch.context() as patch:
            patch.setattr(undoing.Undoing, name, dying_after(survivals, name))
            with pytest.raises(KeyboardInterrupt):
                run_job(undo.pk)
        assert everything() != before
    done = run_job(undo.pk)
    assert (done.state, counts(done), everything()) == ("done", (12, 12, 0), before)
    assert intake.resume_interrupted() == []


def test_what_is_changed_between_plan_and_deed_is_kept(
    load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from silian.portal.registry.domain import undoing

    job = load(FIRST, "template:organisation")
    plan = undoing.plan_undo

    def meanwhile(undo: ImportJob) -> None:
        plan(undo)
        load("source_key,name,organisation_key\nP1,张三,E1\n", "template:person", name="p.csv")
        firm = Organisation.objects.get(source_key="E2")
        firm.address = "新址"
        firm.save()

    monkeypatch.setattr(undoing, "plan_undo", meanwhile)
    undo = undone(job)
    assert (counts(undo), kept(undo)) == (
        (0, 0, 2),
        {"甲公司": "referred_to", "乙公司": "changed_since"},
    )


def test_journals_are_dropped_by_age_and_number(load: Any, settings: Any) -> None:
    jobs = [load(FIRMS + f"E{n},公司{n},企业,,\n", "template:organisation") for n in range(4)]
    settings.UNDO_LOADS = 2
    assert forget_old_journals() == 2
    settings.UNDO_DAYS = 0
    assert forget_old_journals() == 2
    for job in jobs:
        with pytest.raises(NotUndoable, match="SILIAN_UNDO_DAYS"):
            request_undo(ImportJob.objects.get(pk=job.pk), SYSTEM)


def test_a_dry_run_writes_no_journal(load: Any) -> None:
    job = load(FIRST, "template:organisation", dry_run=True)
    assert (job.steps.count(), job.is_journalled) == (0, False)


@pytest.mark.parametrize("state", ["failed", "running", "waiting"])
def test_an_undo_that_nobody_works_on_is_asked_for_again_and_goes_on(load: Any, state: str) -> None:
    from silian.portal.registry.domain.job_locks import hold_job

    job = load(FIRST, "template:organisation")
    undo = request_undo(job, SYSTEM)
    ImportJob.objects.filter(pk=undo.pk).update(state="running")
    undo.refresh_from_db()
    with hold_job(undo), pytest.raises(NotUndoable, match="under way"):
        request_undo(job, SYSTEM)
    ImportJob.objects.filter(pk=undo.pk).update(state=state, error_code="unexpected")
    assert request_undo(job, SYSTEM).pk == undo.pk
    assert counts(run_job(undo.pk)) == (2, 0, 0)


def test_a_record_that_a_load_changed_in_several_steps_gets_back_the_first(
    load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from silian.portal.registry.domain.mapping_store import save_mapping

    mapping = """code: honours
name: 名单
records:
  - {kind: organisation, key: 编号, write: add, fields: {name: 名称, keywords: 词}}
"""
    save_mapping(mapping, SYSTEM)
    load(FIRMS + "E1,甲公司,企业,一路,\n", "template:organisation", name="a.csv")
    before = everything()
    monkeypatch.setattr(reading, "BATCH_ROWS", 1)
    job = load("编号,名称,词\nE1,甲公司,磁\nE1,甲公司,电\nE2,乙公司,光\n", "honours")
    assert (Organisation.objects.get(source_key="E1").keywords, job.steps.count()) == (
        ["磁", "电"],
        3,
    )
    undo = undone(job)
    assert (counts(undo), everything()) == ((1, 1, 0), before)


def test_a_preview_gives_way_to_the_next_unless_it_is_being_made(load: Any) -> None:
    from silian.portal.registry.domain.job_locks import hold_job

    job = load(FIRST, "template:organisation")
    preview = request_undo(job, SYSTEM, dry_run=True)
    ImportJob.objects.filter(pk=preview.pk).update(state="running")
    with hold_job(preview), pytest.raises(NotUndoable, match="being made"):
        request_undo(job, SYSTEM)
    undone(job)
    # The queue may still deliver what is there no more.
    assert intake.run_job_by_id(preview.pk) == "gone"


def test_who_is_mentioned_by_two_loads_belongs_to_the_first(load: Any) -> None:
    projects = "source_key,title,organisation_name,leader_name\n"
    first = load(projects + "X1,项目一,甲大学,王五\n", "template:project")
    second = load(projects + "X2,项目二,甲大学,王五\n", "template:project", name="second.csv")
    for model in (Organisation, Person):
        assert [row.history_type for row in model.history.all()] == ["+"]
    early = undone(first, dry_run=True)
    assert (counts(early), kept(early)) == (
        (1, 0, 2),
        {"甲大学": "referred_to", "王五": "referred_to"},
    )
    assert counts(undone(second)) == (1, 0, 0)
    assert counts(undone(first)) == (3, 0, 0)
    assert not Organisation.objects.exists()
