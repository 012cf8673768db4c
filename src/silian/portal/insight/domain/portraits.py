"""Portraits (画像) of enterprises, institutes and people: who they are, by what records say."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils import timezone

from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.bilingual import named
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Facility, Platform, ServiceAgency
from silian.portal.insight.domain.portrait_dating import first_known
from silian.portal.insight.domain.portrait_notes import hidden_keys, notes_of
from silian.portal.insight.domain.portrait_partners import partners_of
from silian.portal.insight.domain.portrait_peers import peers_of
from silian.portal.insight.domain.portrait_rules import portrait_rules
from silian.portal.insight.domain.portrait_statements import source_of
from silian.portal.insight.domain.portrait_subjects import Subject, may_note, subject_of_record
from silian.portal.insight.domain.portrait_tags import tags_of
from silian.portal.insight.domain.portrait_values import Listing, Portrait, Source, Work
from silian.portal.insight.domain.portrait_works import (
    WORK_KINDS,
    counts_by_kind,
    main_field,
    topics_of,
    without_hidden,
    works_of,
    years_shown,
)
from silian.portal.insight.models import TagNote
from silian.portal.registry.domain.trades import trade_label

__all__ = ["portrait"]


def portrait(record: Any, viewer: Viewer, as_of: date | None = None) -> Portrait:
    """The portrait of the subject that a record belongs to, for a viewer, on a day.

    Dated records count by their own day, others by the day of their first entry here; what their
    columns said then is read from the history. What the subject hides today is hidden on every
    day. The same records and words give the same
    portrait.

    Parameters
    ----------
    record
        An organisation or a person.
    as_of
        Today by default.

    Raises
    ------
    AccessDenied
        If the viewer may not see the record.
    """
    as_of = as_of or timezone.localdate()
    subject = subject_of_record(record, viewer)
    notes = notes_of(subject)
    hidden = hidden_keys(notes)
    works = without_hidden(works_of(subject, viewer, as_of), hidden)
    partners = partners_of(subject, works, viewer, as_of, hidden)
    years = years_shown(works, as_of)
    speaks = may_note(viewer, subject)
    stated = [code for member in subject.members for code in getattr(member, "field_codes", ())]
    field_code = main_field(works, stated)
    return Portrait(
        subject_id=subject.subject_id,
        record_id=record.public_id,
        kind=subject.kind,
        name=record.name,
        name_en=record.name_en,
        about_zh=tuple(_about(record, english=False)),
        about_en=tuple(_about(record, english=True)),
        as_of=as_of,
        member_ids=tuple(member.public_id for member in subject.members),
        registers=tuple(sorted({str(member.register) for member in subject.members})),
        tags=tags_of(subject, works, partners, notes, viewer, as_of),
        years=years,
        topics=topics_of(works, years, as_of),
        works_by_kind=counts_by_kind(works, years),
        partners=partners[: portrait_rules().partners_shown],
        peers=peers_of(subject, field_code, viewer, as_of),
        needs=tuple(_needs(subject, viewer, as_of)),
        offers=tuple(_offers(subject, works, viewer, as_of)),
        may_note=speaks,
        hidden=tuple(n for n in notes if n.action == TagNote.Action.HIDDEN) if speaks else (),
        notes=notes_of(subject, withdrawn=True) if speaks else (),
    )


def _about(record: Any, *, english: bool) -> Iterator[str]:
    """A line of plain facts: kind, trade, place, age; of a person the post and the employer."""
    from django.utils.translation import override

    with override("en" if english else "zh-hans"):
        if record.kind == "person":
            employer = record.organisation.name if record.organisation else ""
            yield from (one for one in (record.title, employer) if one)
            return
        yield str(record.get_organisation_kind_display())
        if trade := trade_label(record.industry_code, record.industry_name):
            yield trade
        if record.region is not None:
            yield named(record.region)
        if record.established_on is not None:
            year = record.established_on.year
            yield f"founded in {year}" if english else f"{year} 年成立"


def _needs(subject: Subject, viewer: Viewer, as_of: date) -> Iterator[Listing]:
    """Published needs of an organisation, positions among them."""
    if subject.kind != "organisation":
        return
    rows = visible(Need.objects.filter(organisation__in=subject.keys), viewer)
    rows = rows.filter(status=Need.Status.PUBLISHED).select_related("register")
    sources = (
        Source(
            record_id=need.public_id,
            title=need.title,
            register=str(need.register),
            stated_on=need.published_on or timezone.localdate(need.created_at),
        )
        for need in rows
    )
    found = sorted(
        (one for one in sources if one.stated_on <= as_of),
        key=lambda one: (one.stated_on, one.record_id),
        reverse=True,
    )
    if found:
        most = portrait_rules().works_shown
        yield Listing(kind="need", count=len(found), rows=tuple(found[:most]))


def _offers(
    subject: Subject, works: tuple[Work, ...], viewer: Viewer, as_of: date
) -> Iterator[Listing]:
    """Works of the subject by kind, and what an organisation runs that others may use."""
    most = portrait_rules().works_shown
    for kind in WORK_KINDS:
        of_kind = [work.source for work in works if work.kind == kind]
        if of_kind:
            yield Listing(kind=kind, count=len(of_kind), rows=tuple(of_kind[:most]))
    if subject.kind != "organisation":
        return
    models: tuple[Any, ...] = (Platform, Facility, ServiceAgency)
    for model in models:
        rows = visible(model._default_manager.filter(organisation__in=subject.keys), viewer)
        found = [
            source_of(one, min(timezone.localdate(one.created_at), as_of))
            for one in rows.select_related("register").order_by("name", "pk")
            if first_known(one) <= as_of
        ]
        if found:
            yield Listing(kind=model.kind, count=len(found), rows=tuple(found[:most]))
