"""Who is who: runs, decisions and their undoing, and what never merges."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer
from silian.portal.audit.models import AuditEntry
from silian.portal.innovation.models import Contribution, Patent, Publication
from silian.portal.registry.domain import identity_decisions, identity_runs
from silian.portal.registry.domain.identities import (
    identities_changed_at,
    members_of,
    same_as_table,
    subject_of,
)
from silian.portal.registry.domain.identity_affiliations import (
    affiliation_edges,
    rebuild_affiliations,
)
from silian.portal.registry.domain.identity_decisions import (
    decide,
    postpone,
    split_off,
    withdraw,
)
from silian.portal.registry.domain.identity_errors import (
    AlreadyDecided,
    DecisionContradicts,
    DecisionUnclear,
)
from silian.portal.registry.domain.identity_files import (
    DECISION_COLUMNS,
    decision_rows,
    import_decisions,
)
from silian.portal.registry.domain.identity_pairs import (
    QueueQuestion,
    next_in_queue,
    pair_of,
    queue,
)
from silian.portal.registry.domain.identity_runs import (
    interrupted_runs,
    resume_interrupted,
    run_by_id,
    run_resolution,
)
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import (
    IdentityDecision,
    IdentityLink,
    IdentityMember,
    IdentityRun,
    Organisation,
    Person,
    Register,
)
from silian.portal.work_locks import WorkTaken, hold

Made = Callable[..., Organisation]


@pytest.fixture
def firm(db: None) -> Made:
    """A row of one of two registers, saved as a load would."""

    def make(name: str, key: str = "", register: str = "first", **values: Any) -> Organisation:
        saved = save_record(
            "organisation",
            {"name": name, **values},
            register_code=register,
            source_key=key or name,
            viewer=SYSTEM,
        )
        assert isinstance(saved.record, Organisation)
        return saved.record

    return make


@pytest.fixture
def three(settings: Any, tmp_path: Any, firm: Made) -> tuple[Organisation, ...]:
    """Two records of one company, and a company that has its trade only."""
    settings.SILIAN_HOME = tmp_path
    return (
        firm("宁波屹澍磁性材料有限公司"),
        firm("宁波市屹澍磁性材料股份有限公司", register="second"),
        firm("宁波沐岚磁性材料有限公司"),
    )


def standing() -> tuple[Any, ...]:
    """Everything that readers see of a resolution."""
    links = IdentityLink.objects.order_by("left_id", "right_id")
    members = IdentityMember.objects.order_by("record_id")
    return (
        list(links.values_list("left_id", "right_id", "state", "reason", "probability")),
        list(members.values_list("record_id", "subject_id", "probability")),
    )


def link_between(one: Any, other: Any) -> IdentityLink:
    left, right = sorted((one.public_id, other.public_id))
    return IdentityLink.objects.get(left_id=left, right_id=right)


def test_two_records_of_a_company_share_the_smaller_id(three: tuple[Organisation, ...]) -> None:
    one, same, other = three

    run = run_resolution("organisation")

    ids = sorted((one.public_id, same.public_id))
    assert (run.state, run.n_records, run.n_linked, run.n_subjects) == ("done", 3, 1, 2)
    assert subject_of([one.public_id, same.public_id, other.public_id]) == dict.fromkeys(
        ids, ids[0]
    )
    assert members_of(ids[0]) == tuple(ids)
    assert members_of(other.public_id) == (other.public_id,)
    assert same_as_table().to_pylist() == [{"node_id": ids[1], "canonical_id": ids[0]}]


def test_a_second_run_over_the_same_records_writes_nothing(three: Any) -> None:
    run_resolution("organisation")
    before = standing()
    keys = list(IdentityLink.objects.values_list("pk", "run_id"))

    run_resolution("organisation")

    assert standing() == before
    assert list(IdentityLink.objects.values_list("pk", "run_id")) == keys


def test_two_different_codes_never_merge(firm: Made, settings: Any, tmp_path: Any) -> None:
    settings.SILIAN_HOME = tmp_path
    code_a, code_b = two_codes()
    one = firm("宁波屹澍磁性材料有限公司", unified_social_credit_code=code_a)
    other = firm("宁波屹澍磁性材料有限公司", register="second", unified_social_credit_code=code_b)

    run_resolution("organisation")

    assert subject_of([one.public_id, other.public_id]) == {}
    with pytest.raises(DecisionContradicts, match="two codes are two subjects"):
        decide("organisation", "merge", [one.public_id, other.public_id], viewer=SYSTEM)


def test_records_that_are_linked_to_two_codes_do_not_merge(
    firm: Made, settings: Any, tmp_path: Any
) -> None:
    settings.SILIAN_HOME = tmp_path
    code_a, code_b = two_codes()
    one = firm("宁波屹澍磁性材料有限公司", unified_social_credit_code=code_a)
    other = firm("宁波沐岚电子有限公司", unified_social_credit_code=code_b)
    listed = firm("宁波市屹澍磁性材料股份有限公司", register="second")
    beside = firm("宁波市沐岚电子股份有限公司", register="second")
    run_resolution("organisation")
    before = standing()
    assert len(before[1]) == 4

    with pytest.raises(DecisionContradicts, match="Split the record off") as refused:
        decide("organisation", "merge", [listed.public_id, beside.public_id], viewer=SYSTEM)

    for told in (one.public_id, code_a, other.name, code_b):
        assert told in refused.value.message_zh
    assert standing() == before
    split_off(beside.public_id, viewer=SYSTEM)
    decide("organisation", "merge", [listed.public_id, beside.public_id], viewer=SYSTEM)
    merged = subject_of([one.public_id, beside.public_id])
    assert merged[one.public_id] == merged[beside.public_id]


def two_codes() -> tuple[str, str]:
    """Two valid unified codes."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    codes = []
    for body in ("91330200MA2AAAAA1", "91330200MA2AAAAA2"):
        total = sum(alphabet.index(sign) * 3**place % 31 for place, sign in enumerate(body))
        codes.append(body + alphabet[-total % 31])
    return codes[0], codes[1]


def test_a_decision_holds_at_once_and_as_a_whole_run_would_say(
    three: tuple[Organisation, ...], viewers: dict[str, Viewer]
) -> None:
    one, same, other = three
    run_resolution("organisation")
    found = standing()

    decision = decide(
        "organisation",
        "must_not_link",
        [same.public_id, one.public_id],
        viewer=viewers["operator"],
        note="同名不同企业",
    )

    assert subject_of([one.public_id, same.public_id]) == {}
    assert (link_between(one, same).state, link_between(one, same).reason) == (
        "refused",
        "must_not_link",
    )
    at_once = standing()
    run_resolution("organisation")
    assert standing() == at_once
    assert decision.shown["links"][0]["state"] == "linked"
    assert decision.shown["names"][one.public_id] == one.name
    assert AuditEntry.objects.filter(action="identity.decide").count() == 1

    withdraw(decision.pk, viewer=viewers["operator"])

    assert standing() == found
    assert other.public_id not in subject_of([other.public_id])


def test_merging_what_nothing_links_holds_until_it_is_withdrawn(
    three: tuple[Organisation, ...],
) -> None:
    one, _, other = three
    run_resolution("organisation")
    found = standing()

    decision = decide("organisation", "merge", [one.public_id, other.public_id], viewer=SYSTEM)

    assert len(members_of(subject_of([one.public_id])[one.public_id])) == 3
    run_resolution("organisation")
    assert len(members_of(subject_of([one.public_id])[one.public_id])) == 3
    withdraw(decision.pk, viewer=SYSTEM)
    assert standing() == found


def test_a_decision_outlasts_a_reload_of_the_registers(
    three: tuple[Organisation, ...], firm: Made
) -> None:
    one, same, _ = three
    run_resolution("organisation")
    decide("organisation", "must_not_link", [one.public_id, same.public_id], viewer=SYSTEM)
    key, name = same.source_key, same.name
    same.delete()
    run_resolution("organisation")

    again = firm(name, key, register="second")
    run_resolution("organisation")

    assert again.public_id == same.public_id
    assert subject_of([one.public_id, again.public_id]) == {}


def test_one_record_is_split_off_and_brought_back(three: tuple[Organisation, ...]) -> None:
    one, same, other = three
    decide("organisation", "merge", [one.public_id, other.public_id], viewer=SYSTEM)
    run_resolution("organisation")
    found = standing()

    with pytest.raises(DecisionContradicts, match="decided 'the same'"):
        split_off(other.public_id, viewer=SYSTEM)
    decision = split_off(same.public_id, viewer=SYSTEM)

    assert sorted(members_of(subject_of([one.public_id])[one.public_id])) == sorted(
        (one.public_id, other.public_id)
    )
    withdraw(decision.pk, viewer=SYSTEM)
    assert standing() == found


def test_a_contradiction_names_the_earlier_decision(
    three: tuple[Organisation, ...], viewers: dict[str, Viewer]
) -> None:
    one, same, other = three
    earlier = decide(
        "organisation",
        "merge",
        [one.public_id, same.public_id],
        viewer=viewers["operator"],
        note="已核实",
    )
    decide("organisation", "must_not_link", [same.public_id, other.public_id], viewer=SYSTEM)

    with pytest.raises(DecisionContradicts, match="operator decided 'the same'") as refused:
        decide("organisation", "must_not_link", [one.public_id, same.public_id], viewer=SYSTEM)
    assert refused.value.earlier == earlier
    assert "已核实" in refused.value.message_zh
    with pytest.raises(DecisionContradicts, match="'not the same'"):  # through the third record
        decide("organisation", "merge", [one.public_id, other.public_id], viewer=SYSTEM)
    with pytest.raises(AlreadyDecided):
        decide("organisation", "merge", [same.public_id, one.public_id], viewer=SYSTEM)
    assert IdentityDecision.objects.count() == 2


@pytest.mark.parametrize(
    ("kind", "decision", "ids"),
    [
        ("organisation", "merge", ["org-one"]),
        ("organisation", "merge", ["org-one", "org-one"]),
        ("organisation", "marry", ["org-one", "org-two"]),
        ("patent", "merge", ["pat-one", "pat-two"]),
        ("organisation", "merge", ["org-one", "org-two"]),
    ],
)
def test_unclear_decisions_are_refused(db: None, kind: str, decision: str, ids: Any) -> None:
    with pytest.raises(DecisionUnclear):
        decide(kind, decision, ids, viewer=SYSTEM)


@pytest.mark.parametrize("role", ["adviser", "enterprise", "research", "viewer"])
def test_only_operators_decide_and_look(
    three: tuple[Organisation, ...], viewers: dict[str, Viewer], role: str
) -> None:
    ids = [one.public_id for one in three[:2]]

    with pytest.raises(AccessDenied):
        decide("organisation", "merge", ids, viewer=viewers[role])
    with pytest.raises(AccessDenied):
        run_resolution("organisation", viewer=viewers[role])
    with pytest.raises(AccessDenied):
        queue(viewers[role], QueueQuestion())


def test_a_decision_that_codes_contradict_later_is_passed_over(
    three: tuple[Organisation, ...], firm: Made
) -> None:
    one, same, other = three
    code_a, code_b = two_codes()
    decision = decide("organisation", "merge", [one.public_id, other.public_id], viewer=SYSTEM)
    firm(one.name, unified_social_credit_code=code_a)
    firm(other.name, unified_social_credit_code=code_b)

    run = run_resolution("organisation")

    assert run.progress["passed_over"] == [decision.pk]
    assert subject_of([other.public_id]) == {}
    assert set(subject_of([one.public_id, same.public_id])) == {one.public_id, same.public_id}


def test_a_run_that_fails_leaves_the_former_outcome(
    three: tuple[Organisation, ...], firm: Made, monkeypatch: Any
) -> None:
    run_resolution("organisation")
    found = standing()

    def broken(*args: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(identity_runs, "store_all", broken)
    firm("宁波沐岚磁性材料股份有限公司", register="second")
    with pytest.raises(RuntimeError, match="disk"):
        run_resolution("organisation")

    assert standing() == found
    last = IdentityRun.objects.first()
    assert last is not None
    assert (last.state, last.error_message) == ("failed", "the disk is full")


def test_a_killed_run_is_marked_and_only_one_runs_at_a_time(three: Any) -> None:
    killed = IdentityRun.objects.create(
        subject_kind="organisation", progress={"phase": "resolve", "done": 15, "total": 100}
    )
    waiting = IdentityRun.objects.create(subject_kind="person")

    assert interrupted_runs() == [killed]
    killed.refresh_from_db()
    waiting.refresh_from_db()
    assert (killed.state, waiting.state) == ("failed", "running")
    with hold("identity-run-organisation"), pytest.raises(WorkTaken):
        run_resolution("organisation")
    refused = IdentityRun.objects.first()
    assert refused is not None
    assert refused.state == "failed"


def test_a_run_that_is_delivered_twice_goes_on_undisturbed(three: Any) -> None:
    run = IdentityRun.objects.create(subject_kind="organisation", progress={"phase": "resolve"})

    with hold("identity-run-organisation"):
        assert run_by_id(run.pk) == "taken"

    run.refresh_from_db()
    assert run.state == "running"


def test_workers_begin_killed_runs_anew(three: Any) -> None:
    killed = IdentityRun.objects.create(subject_kind="person", progress={"phase": "keep"})

    [anew] = resume_interrupted(waiting=False)

    killed.refresh_from_db()
    assert (killed.state, anew.state, anew.subject_kind) == ("failed", "running", "person")
    assert resume_interrupted(waiting=False) == []
    assert resume_interrupted(waiting=True) == [anew]
    assert run_by_id(anew.pk) == "done"


def test_a_decision_taken_during_a_run_is_not_lost(
    three: tuple[Organisation, ...], monkeypatch: Any
) -> None:
    one, same, _ = three
    real = identity_runs._settled
    decided: list[bool] = []

    def meanwhile(*args: Any) -> Any:
        answer = real(*args)
        if not decided:
            decided.append(True)
            ids = [one.public_id, same.public_id]
            decide("organisation", "must_not_link", ids, viewer=SYSTEM)
        return answer

    monkeypatch.setattr(identity_runs, "_settled", meanwhile)
    run_resolution("organisation")

    assert subject_of([one.public_id, same.public_id]) == {}


def test_who_decides_a_moment_later_is_told_of_the_decision_before(
    three: tuple[Organisation, ...], monkeypatch: Any
) -> None:
    ids = [one.public_id for one in three[:2]]
    run_resolution("organisation")
    real, waited = identity_decisions.lock, []

    def lock_after_the_other(kind: str) -> None:
        """Another operator gets the lock first: everything before it was read too early."""
        if not waited:
            waited.append(True)
            decide("organisation", "merge", ids, viewer=SYSTEM)
        real(kind)

    monkeypatch.setattr(identity_decisions, "lock", lock_after_the_other)
    with pytest.raises(DecisionContradicts):
        decide("organisation", "must_not_link", ids, viewer=SYSTEM)

    # The refused transaction held both here; in life the first has its own.
    assert waited == [True]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_of_two_operators_who_decide_one_pair_at_once_one_is_told_of_the_other(
    settings: Any, tmp_path: Any, firm: Made
) -> None:
    settings.SILIAN_HOME = tmp_path
    ids = [firm("宁波屹澍磁性材料有限公司").public_id, firm("宁波沐岚电子有限公司").public_id]
    run_resolution("organisation")
    begin, outcomes = threading.Barrier(2), []

    def operator(choice: str) -> None:
        try:
            begin.wait()
            decide("organisation", choice, ids, viewer=SYSTEM)
            outcomes.append("taken")
        except DecisionContradicts:
            outcomes.append("told")
        finally:
            connection.close()

    threads = [threading.Thread(target=operator, args=(one,)) for one in ("merge", "must_not_link")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["taken", "told"]
    assert IdentityDecision.objects.count() == 1


def test_a_pair_shows_what_would_merge_and_the_queue_goes_on(
    firm: Made, settings: Any, tmp_path: Any
) -> None:
    settings.SILIAN_HOME = tmp_path
    head = firm("宁波屹澍磁性材料有限公司")
    branch = firm("宁波屹澍磁性材料有限公司杭州分公司")
    twin = firm("宁波市屹澍磁性材料有限公司", register="second")
    run_resolution("organisation")
    rows = list(queue(SYSTEM, QueueQuestion()))
    assert {one.reason for one in rows} == {"other_branch"}
    link = rows[0]

    pair = pair_of(link, SYSTEM)

    assert {one.public_id for one in pair.would_join} == {
        head.public_id,
        branch.public_id,
        twin.public_id,
    }
    following = next_in_queue(link, SYSTEM, QueueQuestion())
    postpone(link, viewer=SYSTEM, note="等营业执照")
    assert list(queue(SYSTEM, QueueQuestion()))[-1] == link
    assert following in (None, rows[-1].pk)


def test_people_go_by_where_they_work_and_with_whom(
    settings: Any, tmp_path: Any, firm: Made, register: Register
) -> None:
    settings.SILIAN_HOME = tmp_path
    places = [firm("屹澍大学"), firm("屹澍大學", register="second"), firm("沐岚大学")]

    def person(name: str, key: str, place: Organisation) -> Person:
        return Person.objects.create(
            register=register, source_key=key, name=name, organisation=place
        )

    people = [person("沈知远", str(number), place) for number, place in enumerate(places)]
    partners = [person("顾一", "g1", places[0]), person("顾一", "g2", places[1])]
    for number, partner in enumerate(partners):
        paper = Publication.objects.create(
            register=register, source_key=str(number), title="论文", keywords=["永磁", "矫顽力"]
        )
        for one in (people[number], partner):
            Contribution.objects.create(person=one, subject_id=paper.public_id, role="author")
    run_resolution("organisation")
    run_resolution("person")

    subjects = subject_of([one.public_id for one in people])

    assert set(subjects) == {people[0].public_id, people[1].public_id}
    assert len(set(subjects.values())) == 1


def test_free_texts_are_brought_to_organisations(
    settings: Any, tmp_path: Any, firm: Made, register: Register
) -> None:
    settings.SILIAN_HOME = tmp_path
    assert affiliation_edges().num_rows == 0
    university, company = firm("屹澍大学"), firm("宁波沐岚电子有限公司")
    paper = Publication.objects.create(
        register=register,
        source_key="p",
        title="论文",
        author_text="沈知远（屹澍大学材料学院，浙江 宁波 315201）",
    )
    patent = Patent.objects.create(
        register=register, source_key="z", title="专利", assignee_text="宁波沐岚电子有限公司"
    )

    report = rebuild_affiliations()

    assert (report.n_texts, report.n_linked) == (2, 2)
    edges = affiliation_edges().select(["subject_id", "organisation_id", "department"])
    assert edges.to_pylist() == [
        {
            "subject_id": paper.public_id,
            "organisation_id": university.public_id,
            "department": "材料学院",
        },
        {
            "subject_id": patent.public_id,
            "organisation_id": company.public_id,
            "department": "",
        },
    ]


def test_decisions_travel_as_a_table(three: tuple[Organisation, ...]) -> None:
    one, same, other = three
    decide("organisation", "merge", [one.public_id, same.public_id], viewer=SYSTEM, note="同一")
    gone = decide("organisation", "merge", [one.public_id, other.public_id], viewer=SYSTEM)
    withdraw(gone.pk, viewer=SYSTEM)
    rows = [dict(zip(DECISION_COLUMNS, row, strict=True)) for row in decision_rows(SYSTEM)]
    rows.append({"subject_kind": "organisation", "decision_kind": "merge", "record_ids": "org-x"})
    IdentityDecision.objects.all().delete()

    report = import_decisions(rows, viewer=SYSTEM)
    again = import_decisions(rows, viewer=SYSTEM)

    assert (report.n_taken, report.n_withdrawn, [line for line, _ in report.refused]) == (1, 1, [4])
    assert (again.n_taken, again.n_held_before) == (0, 1)
    taken = IdentityDecision.objects.get()
    assert (taken.record_ids, taken.note) == ([one.public_id, same.public_id], "同一")
    assert identities_changed_at() == taken.created_at
