"""Portraits: every tag has source, day and expiry; what is hidden is nowhere."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from silian.portal.accounts.domain.access import (
    ANONYMOUS_VIEWER,
    SYSTEM,
    AccessDenied,
    Viewer,
    viewer_of_user,
)
from silian.portal.accounts.domain.users import UserRefused, link_person
from silian.portal.accounts.models import User
from silian.portal.audit.models import AuditEntry
from silian.portal.exchange.domain.documents import document_of
from silian.portal.innovation.models import Achievement, Contribution, Patent, Publication
from silian.portal.insight.domain import portrait_notes as notes
from silian.portal.insight.domain.portrait_subjects import subject_of_record
from silian.portal.insight.domain.portrait_values import PeerFigure, Portrait
from silian.portal.insight.domain.portraits import portrait
from silian.portal.insight.interfaces.portrait_faces import standing_in_words, values_of
from silian.portal.insight.interfaces.portrait_report import as_html, as_json, as_pdf, report
from silian.portal.insight.models import ChainPlacement, TagNote
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.interfaces.exports import export
from silian.portal.registry.models import (
    Affiliation,
    Audience,
    ChainMember,
    ChainNode,
    IdentityMember,
    Organisation,
    Person,
    Register,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 1)
SECRET = "机密退火工艺"


@pytest.fixture
def make_person(
    register: Register, organisations: dict[str, Organisation]
) -> Callable[..., Person]:
    def make(name: str, owner: str = "research", **values: Any) -> Person:
        return Person.objects.create(
            register=register,
            source_key=name,
            name=name,
            owner=organisations[owner],
            organisation=organisations[owner],
            valid_from=date(2020, 1, 1),
            **values,
        )

    return make


@pytest.fixture
def expert(make_person: Callable[..., Person]) -> Person:
    return make_person(
        "李工", title="教授", expertise=["永磁材料", SECRET], field_codes=["T0401", "T0801"]
    )


@pytest.fixture
def partner(make_person: Callable[..., Person]) -> Person:
    return make_person("王工", expertise=["电机"])


@pytest.fixture
def works(
    register: Register,
    expert: Person,
    partner: Person,
    make_achievement: Callable[..., Achievement],
) -> dict[str, Any]:
    """Three works of the expert, two of them with the partner, one of these hidden."""
    made = {
        "achievement": make_achievement(
            "a", completed_on=date(2025, 3, 1), keywords=["晶界扩散"], field_codes=["T0401"]
        ),
        "patent": Patent.objects.create(
            register=register,
            source_key="p",
            title="一种磁体",
            application_date=date(2018, 5, 1),
            ipc_codes=["H01F 1/057"],
        ),
        "publication": Publication.objects.create(
            register=register,
            source_key="w",
            title="未公开论文",
            published_on=date(2024, 2, 1),
            keywords=["未公开词"],
            audience=Audience.OWNER,
            owner=expert.organisation,
        ),
    }
    for role, work in (
        ("inventor", "achievement"),
        ("inventor", "patent"),
        ("author", "publication"),
    ):
        Contribution.objects.create(person=expert, subject_id=made[work].public_id, role=role)
    for work in ("achievement", "publication"):
        Contribution.objects.create(person=partner, subject_id=made[work].public_id, role="author")
    return made


@pytest.fixture
def own(users: dict[str, User], expert: Person) -> Viewer:
    """The account of the expert, who is of no organisation here."""
    link_person(users["viewer"], expert, viewer=SYSTEM)
    return viewer_of_user(users["viewer"])


def _keys(found: Portrait) -> set[str]:
    return {tag.key for tag in found.tags}


def _hide(person: Person, key: str, viewer: Viewer) -> TagNote:
    return notes.hide_tag(subject_of_record(person, viewer), key, viewer=viewer, label="…")


def test_tags_tell_their_sources_their_day_and_when_they_expire(
    expert: Person, works: dict[str, Any]
) -> None:
    tags = {tag.key: tag for tag in portrait(expert, ANONYMOUS_VIEWER, DAY).tags}
    word = tags["keyword:晶界扩散"]
    assert [one.record_id for one in word.sources] == [works["achievement"].public_id]
    assert (word.origin, word.stated_on, word.expires_on) == (
        "works",
        date(2025, 3, 1),
        date(2030, 3, 1),
    )
    assert (word.expired, word.confidence) == (False, 0.5)
    old = tags["ipc:H01F"]
    assert (old.label_zh, old.label_en) == (
        "电气元件（IPC H01F）",
        "Electric elements (IPC H01F)",
    )
    assert (old.expires_on, old.expired) == (date(2023, 5, 1), True)
    stated = tags["expertise:永磁材料"]
    assert (stated.origin, stated.confidence) == ("register", 0.9)
    assert stated.sources[0].record_id == expert.public_id
    # The register and a work both say the field.
    assert {one.record_id for one in tags["field:T0401"].sources} == {
        expert.public_id,
        works["achievement"].public_id,
    }


def test_a_group_that_is_dropped_after_its_time_is_not_shown_as_expired(
    expert: Person, works: dict[str, Any]
) -> None:
    assert "activity:achievement" in _keys(portrait(expert, ANONYMOUS_VIEWER, date(2025, 12, 1)))
    assert "activity:achievement" not in _keys(portrait(expert, ANONYMOUS_VIEWER, DAY))


def test_the_same_day_gives_the_same_portrait_and_later_works_are_not_in_it(
    expert: Person, works: dict[str, Any]
) -> None:
    before = portrait(expert, ANONYMOUS_VIEWER, date(2024, 1, 1))
    assert "keyword:晶界扩散" not in _keys(before)
    assert "ipc:H01F" in _keys(before)
    assert before == portrait(expert, ANONYMOUS_VIEWER, date(2024, 1, 1))


def test_hidden_records_give_a_stranger_no_tag_no_partner_and_no_count(
    expert: Person, partner: Person, works: dict[str, Any]
) -> None:
    seen = portrait(expert, ANONYMOUS_VIEWER, DAY)
    assert "keyword:未公开词" not in _keys(seen)
    assert "未公开" not in as_json(seen).decode()
    [together] = seen.partners
    assert (together.record_id, together.count) == (partner.public_id, 1)
    assert portrait(expert, SYSTEM, DAY).partners[0].count == 2


def test_records_of_one_identity_are_one_portrait(
    expert: Person, partner: Person, make_person: Callable[..., Person], works: dict[str, Any]
) -> None:
    twin = make_person("李工程师", "other", expertise=["磁粉"])
    first = min(expert.public_id, twin.public_id)
    for one in (expert, twin):
        IdentityMember.objects.create(
            subject_kind="person", record_id=one.public_id, subject_id=first
        )
    for record in (expert, twin):
        found = portrait(record, ANONYMOUS_VIEWER, DAY)
        assert found.subject_id == first
        assert {"expertise:磁粉", "expertise:永磁材料", "keyword:晶界扩散"} <= _keys(found)
        assert [one.record_id for one in found.partners] == [partner.public_id]


@pytest.mark.parametrize("role", ["research", "enterprise", "adviser"])
def test_nobody_else_may_change_a_persons_portrait_not_even_who_keeps_the_record(
    expert: Person, viewers: dict[str, Viewer], role: str
) -> None:
    with pytest.raises(AccessDenied, match="only 李工"):
        _hide(expert, "title:教授", viewers[role])
    assert not portrait(expert, viewers[role], DAY).may_note
    expert.refresh_from_db()
    assert expert.title == "教授"


def test_an_organisation_speaks_for_itself_alone(
    organisations: dict[str, Organisation], viewers: dict[str, Viewer]
) -> None:
    firm = organisations["enterprise"]
    Organisation.objects.filter(pk=firm.pk).update(main_products=["磁钢", "磁粉"])
    firm.refresh_from_db()
    with pytest.raises(AccessDenied):
        _hide(firm, "product:磁钢", viewers["research"])  # type: ignore[arg-type]
    _hide(firm, "product:磁钢", viewers["enterprise"])  # type: ignore[arg-type]
    firm.refresh_from_db()
    assert firm.main_products == ["磁粉"]
    assert "product:磁钢" not in _keys(portrait(firm, ANONYMOUS_VIEWER))


def test_a_hidden_tag_is_nowhere(
    expert: Person, works: dict[str, Any], own: Viewer, viewers: dict[str, Viewer]
) -> None:
    assert SECRET in as_html(portrait(expert, ANONYMOUS_VIEWER, DAY)).decode()
    _hide(expert, f"expertise:{SECRET}", own)
    expert.refresh_from_db()
    for viewer in (ANONYMOUS_VIEWER, viewers["research"], viewers["adviser"]):
        found = portrait(expert, viewer, DAY)
        texts = (
            as_json(found).decode(),
            as_html(found).decode(),
            as_html(found, english=True).decode(),
            str(found),
        )
        assert not any(SECRET in text for text in texts)
    # Not in the files of those who still see it on the page, since files travel.
    assert SECRET not in as_json(portrait(expert, own, DAY)).decode()
    assert SECRET not in str(document_of(expert))
    rows = b"".join(export(Person.objects.all(), "csv", viewer=viewers["research"])).decode()
    assert SECRET not in rows
    client = Client()
    for path in (
        f"/people/{expert.public_id}/",
        f"/portraits/{expert.public_id}/",
        "/supply/?kind=person",
    ):
        page = client.get(path)
        assert page.status_code == 200
        assert SECRET not in page.content.decode()
    for path in (f"records/{expert.public_id}", f"portraits/{expert.public_id}"):
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 200
        assert SECRET not in answer.content.decode()
    # Nor does the log tell it.
    assert SECRET not in str(list(AuditEntry.objects.values_list("details", "subject")))


def test_the_subject_and_the_operator_see_what_is_hidden_and_undo_restores_it(
    expert: Person, own: Viewer
) -> None:
    note = _hide(expert, f"expertise:{SECRET}", own)
    for viewer in (own, SYSTEM):
        assert [one.tag_key for one in portrait(expert, viewer, DAY).hidden] == [
            f"expertise:{SECRET}"
        ]
    notes.withdraw_note(subject_of_record(expert, own), note.pk, viewer=own)
    expert.refresh_from_db()
    assert sorted(expert.expertise) == sorted(["永磁材料", SECRET])
    assert f"expertise:{SECRET}" in _keys(portrait(expert, ANONYMOUS_VIEWER, DAY))
    [kept] = portrait(expert, own, DAY).notes
    assert kept.withdrawn_at is not None
    assert portrait(expert, ANONYMOUS_VIEWER, DAY).notes == ()


def test_hiding_twice_is_hiding_once(expert: Person, own: Viewer) -> None:
    first = _hide(expert, "title:教授", own)
    assert _hide(expert, "title:教授", own) == first
    assert TagNote.objects.count() == 1


def test_a_register_that_tells_it_again_does_not_bring_it_back(expert: Person, own: Viewer) -> None:
    _hide(expert, f"expertise:{SECRET}", own)
    values = {"name": "李工", "expertise": ["永磁材料", SECRET, "粘结磁体"]}
    save_record(
        "person",
        values,
        register_code=expert.register.code,
        source_key=expert.source_key,
        viewer=SYSTEM,
    )
    expert.refresh_from_db()
    assert expert.expertise == ["永磁材料", "粘结磁体"]
    assert expert.withheld == {"expertise": [SECRET]}


def test_a_hidden_partner_is_hidden_on_both_sides(
    expert: Person, partner: Person, works: dict[str, Any], own: Viewer
) -> None:
    _hide(expert, f"partner:{partner.public_id}", own)
    assert portrait(expert, ANONYMOUS_VIEWER, DAY).partners == ()
    assert portrait(partner, ANONYMOUS_VIEWER, DAY).partners == ()


def test_a_hidden_affiliation_goes_out_of_sight_and_comes_back(
    expert: Person, own: Viewer, register: Register, organisations: dict[str, Organisation]
) -> None:
    post = Affiliation.objects.create(
        register=register,
        source_key="post",
        person=expert,
        organisation=organisations["other"],
        role="顾问",
        valid_from=date(2024, 1, 1),
    )
    key = f"affiliation:{post.public_id}"
    assert key in _keys(portrait(expert, ANONYMOUS_VIEWER, DAY))
    note = _hide(expert, key, own)
    post.refresh_from_db()
    assert post.audience == Audience.OWNER
    assert key not in _keys(portrait(expert, SYSTEM, DAY))
    notes.withdraw_note(subject_of_record(expert, own), note.pk, viewer=own)
    post.refresh_from_db()
    assert post.audience == Audience.PUBLIC


def test_a_correction_stands_beside_what_the_source_says(
    expert: Person, own: Viewer, works: dict[str, Any]
) -> None:
    subject = subject_of_record(expert, own)
    notes.correct_tag(subject, "title:教授", "讲席教授", viewer=own, reason="2026 年聘任")
    notes.correct_tag(subject, "title:教授", "特聘教授", viewer=own)
    found = portrait(expert, ANONYMOUS_VIEWER, DAY)
    [tag] = [one for one in found.tags if one.key == "title:教授"]
    assert tag.label_zh == "教授"
    assert tag.correction is not None
    assert (tag.correction.text, tag.correction.by_subject) == ("特聘教授", True)
    assert "本人更正：特聘教授" in as_html(found).decode()
    assert values_of(found)["tags"]
    expert.refresh_from_db()
    assert expert.title == "教授"


def test_an_added_tag_is_marked_as_own_words_and_expires(expert: Person, own: Viewer) -> None:
    today = timezone.localdate()
    until = today + timedelta(days=30)
    subject = subject_of_record(expert, own)
    notes.add_tag(subject, "capability", " 热压  成型 ", viewer=own, expires_on=until)
    [tag] = [one for one in portrait(expert, ANONYMOUS_VIEWER).tags if one.origin == "own"]
    assert (tag.key, tag.label_zh, tag.expires_on) == (
        "own:capability:热压 成型",
        "热压 成型",
        until,
    )
    [later] = [one for one in portrait(expert, ANONYMOUS_VIEWER, until).tags if one.origin == "own"]
    assert later.expired


@pytest.mark.parametrize(
    ("group", "text", "days"),
    [("none", "x", 1), ("field", " ", 1), ("field", "x" * 201, 1), ("field", "x", 0)],
)
def test_words_that_cannot_be_kept_are_refused(
    expert: Person, own: Viewer, group: str, text: str, days: int
) -> None:
    until = timezone.localdate() + timedelta(days=days)
    with pytest.raises(notes.NoteRefused):
        notes.add_tag(subject_of_record(expert, own), group, text, viewer=own, expires_on=until)
    assert TagNote.objects.count() == 0


def test_notes_of_others_cannot_be_undone_through_ones_own_portrait(
    expert: Person, partner: Person, own: Viewer
) -> None:
    theirs = _hide(partner, "expertise:电机", SYSTEM)
    with pytest.raises(notes.NoteRefused):
        notes.withdraw_note(subject_of_record(expert, own), theirs.pk, viewer=own)
    theirs.refresh_from_db()
    assert theirs.withdrawn_at is None


def test_one_person_has_one_active_account(
    users: dict[str, User], expert: Person, own: Viewer, viewers: dict[str, Viewer]
) -> None:
    with pytest.raises(UserRefused, match="linked to the account 'viewer'"):
        link_person(users["research"], expert, viewer=SYSTEM)
    with pytest.raises(AccessDenied):
        link_person(users["research"], expert, viewer=viewers["research"])


def test_private_figures_are_told_to_those_who_may_read_the_books(
    firms: list[Organisation], viewers: dict[str, Viewer]
) -> None:
    firm = firms[0]
    day = date(2026, 3, 2)
    own_keys = {one.key for one in portrait(firm, viewers["enterprise"], day).peers}
    assert any(key.startswith("measure:") for key in own_keys)
    for viewer in (ANONYMOUS_VIEWER, viewers["research"]):
        assert not [one for one in portrait(firm, viewer, day).peers if one.private]


def _figure(share: float | None, *, private: bool = False) -> PeerFigure:
    return PeerFigure(
        key="k",
        label_zh="专利",
        label_en="Patents",
        unit="count",
        value=0.0,
        share_behind_rate=share,
        median=0.0,
        peer_count=124,
        group_zh="全部",
        group_en="all",
        private=private,
    )


def test_a_place_among_peers_is_told_in_words_at_both_ends() -> None:
    told = {
        (share, private): standing_in_words(_figure(share, private=private), english=english)
        for share, private, english in (
            (None, False, False),
            (0.0, False, False),
            (0.0, True, True),
            (0.45, False, False),
            (0.998, False, True),
            (1.0, False, False),
        )
    }
    assert told == {
        (None, False): "同类太少，不作比较",
        (0.0, False): "125 个中最低或并列最低",
        (0.0, True): "in the last group of 125, or level with it",
        (0.45, False): "优于 45%",
        (0.998, False): "ahead of >99%",
        (1.0, False): "优于全部",
    }


def test_portraits_open_with_some_to_begin_with_and_none_that_are_hidden(
    expert: Person, works: dict[str, Any]
) -> None:
    assert f"/portraits/{expert.public_id}/" in Client().get("/portraits/").content.decode()
    Person.objects.filter(pk=expert.pk).update(audience="owner")  # the list is kept a while
    assert expert.public_id not in Client().get("/portraits/").content.decode()


def test_tags_that_hold_no_more_are_folded_away(expert: Person, works: dict[str, Any]) -> None:
    day = f"{timezone.localdate().year + 1}-12-31"
    past = [tag for tag in portrait(expert, SYSTEM, date.fromisoformat(day)).tags if tag.expired]
    shown = Client().get(f"/portraits/{expert.public_id}/?as_of={day}").content.decode()
    folds = re.findall(r"已过期 (\d+) 个</summary>", shown)
    assert past
    assert sum(map(int, folds)) == shown.count("ptag expired") == len(past)
    before, _, _ = shown.partition("ptag-past")
    assert "ptag expired" not in before


def test_too_few_peers_are_not_compared(expert: Person, works: dict[str, Any]) -> None:
    figures = portrait(expert, ANONYMOUS_VIEWER, DAY).peers
    assert figures
    assert {(one.share_behind_rate, one.median) for one in figures} == {(None, None)}


def test_the_files_are_whole_and_run_nothing(
    expert: Person, works: dict[str, Any], viewers: dict[str, Viewer]
) -> None:
    Person.objects.filter(pk=expert.pk).update(title='<script>#emph[x]" $1$')
    expert.refresh_from_db()
    found = portrait(expert, viewers["research"], DAY)
    for english in (False, True):
        assert as_pdf(found, english=english).startswith(b"%PDF-")
        assert as_pdf(found, english=english) == as_pdf(found, english=english)
    html = as_html(found).decode()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    values = json.loads(report(found, "json", viewer=viewers["research"]))
    assert values["subject_id"] == expert.public_id
    assert {"hidden", "notes", "may_note"}.isdisjoint(values)
    assert AuditEntry.objects.filter(action="portrait.export").count() == 1
    with pytest.raises(AccessDenied):
        report(found, "pdf", viewer=ANONYMOUS_VIEWER)


def test_a_hidden_persons_portrait_can_not_be_told_from_none(
    expert: Person, users: dict[str, User]
) -> None:
    Person.objects.filter(pk=expert.pk).update(audience=Audience.OWNER)
    client = Client()
    client.force_login(users["enterprise"])
    for path in ("", "network/", "file.json"):
        assert client.get(f"/portraits/{expert.public_id}/{path}").status_code == 404


def test_the_page_edits_by_post_and_offers_it_to_the_subject_only(
    expert: Person, works: dict[str, Any], users: dict[str, User], own: Viewer
) -> None:
    page = f"/portraits/{expert.public_id}/"
    client, other = Client(), Client()
    client.force_login(users["viewer"])
    other.force_login(users["research"])
    assert "更正与隐藏" in client.get(page).content.decode()
    assert "更正与隐藏" not in other.get(page).content.decode()
    said = {"action": "hide", "tag": "title:教授", "label": "教授"}
    assert other.post(f"{page}tags/", said).status_code == 403
    assert client.post(f"{page}tags/", said).status_code == 302
    shown = client.get(f"{page}?edit=1").content.decode()
    assert "已隐藏" in shown
    assert "点开标签即可更正或隐藏" in shown
    assert "点开标签即可更正或隐藏" not in client.get(page).content.decode()
    [note] = TagNote.objects.all()
    assert other.post(f"{page}tags/{note.pk}/undo/").status_code == 403
    assert client.post(f"{page}tags/{note.pk}/undo/").status_code == 302
    expert.refresh_from_db()
    assert expert.title == "教授"


def test_chain_places_tell_their_share_and_a_refused_one_is_left_out(
    organisations: dict[str, Organisation], register: Register
) -> None:
    firm = organisations["enterprise"]
    nodes = [
        ChainNode.objects.create(register=register, source_key=name, name=name)
        for name in ("磁钢", "磁粉")
    ]
    for node, share in zip(nodes, (0.4, None), strict=True):
        ChainMember.objects.create(
            register=register,
            source_key=node.name,
            organisation=firm,
            node=node,
            revenue_share=share,
            valid_from=date(2025, 1, 1),
        )
    tags = {tag.label_zh: tag for tag in portrait(firm, ANONYMOUS_VIEWER, DAY).tags}
    assert (tags["磁钢"].group, tags["磁钢"].value) == ("chain", "40%")
    ChainPlacement.objects.create(
        subject_id=firm.public_id, node=nodes[1], verdict=ChainPlacement.Verdict.REFUSED
    )
    assert f"node:{nodes[1].public_id}" not in _keys(portrait(firm, ANONYMOUS_VIEWER, DAY))
