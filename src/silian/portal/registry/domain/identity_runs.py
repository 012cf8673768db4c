"""Runs of the resolution over all records: who is one organisation, who is one person."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from silian.engines.graph import (
    Link,
    OrganisationSettings,
    PersonSettings,
    resolve_organisations,
    resolve_people,
)
from silian.portal.accounts.domain.access import SYSTEM, Viewer, require, viewer_of_user
from silian.portal.audit import domain as audit
from silian.portal.registry.domain.identity_affiliations import rebuild_affiliations
from silian.portal.registry.domain.identity_claims import without_claims
from silian.portal.registry.domain.identity_records import (
    lexicon_of_city,
    organisation_records,
    person_records,
    records_of,
)
from silian.portal.registry.domain.identity_settling import Settled, decisions_of, settle
from silian.portal.registry.domain.identity_store import as_found, lock, store_all
from silian.portal.registry.domain.identity_tables import scoring_connection
from silian.portal.registry.models import (
    IdentityDecision,
    IdentityRun,
    Organisation,
    Person,
)
from silian.portal.work_locks import WorkTaken, hold, is_held

logger = logging.getLogger(__name__)
Progress = Callable[[int, int | None], None]
_State = IdentityRun.State
#: Phases of a run with their share of its time, in percent: read, resolve, keep.
_READ, _RESOLVED, _KEPT = 15, 85, 100
_LOCK = "identity-run-{}"
#: Nothing merges on doubt: what is less sure than this waits for a person, though the engine's own
#: threshold, where it errs least often, is lower.
_LINK_FROM = 0.85
_ORGANISATIONS = OrganisationSettings(link_from=_LINK_FROM)
_PEOPLE = PersonSettings(link_from=_LINK_FROM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the evidence alone says of all records of a kind."""

    n_records: int
    links: list[Link]


def run_resolution(
    kind: str, progress: Progress | None = None, *, viewer: Viewer = SYSTEM
) -> IdentityRun:
    """Resolve all records of a kind and keep the outcome.

    Until the last moment everybody sees the former outcome; a run that is killed leaves it as it
    was, and the next begins anew. The same records and decisions give the same outcome, and then
    nothing is written but the run.

    Parameters
    ----------
    kind
        ``organisation`` or ``person``; people go by where they work, so organisations first.
    progress
        Called with percent done and 100.

    Raises
    ------
    silian.portal.work_locks.WorkTaken
        If another process is at it.
    """
    require(viewer, "identity.run")
    run = _new_run(kind, viewer)
    return _carry_out(run, progress)


def start_run(kind: str, *, viewer: Viewer) -> IdentityRun:
    """Enter a run and queue it for the background workers; one that is under way is returned."""
    require(viewer, "identity.run")
    interrupted_runs(kind)
    with transaction.atomic():
        under_way = IdentityRun.objects.filter(subject_kind=kind, state=_State.RUNNING).first()
        if under_way is not None:
            return under_way
        run = _new_run(kind, viewer)
        _queue(run)
    return run


def _queue(run: IdentityRun) -> None:
    from django_q.tasks import async_task

    transaction.on_commit(
        lambda: async_task("silian.portal.registry.domain.identity_runs.run_by_id", run.pk)
    )


def run_by_id(run_id: int) -> str:
    """Entry of the background worker: carry a run out, and what follows from it; answer its state."""
    run = IdentityRun.objects.get(pk=run_id)
    if run.state != _State.RUNNING:
        return run.state
    try:
        state = _carry_out(run, None).state
        if run.subject_kind == "organisation":
            rebuild_affiliations()
        return state
    except WorkTaken:
        return "taken"


def runs(viewer: Viewer) -> QuerySet[IdentityRun]:
    """All runs, the latest first; such as were killed are marked."""
    require(viewer, "identity.read")
    return IdentityRun.objects.select_related("actor").order_by("-started_at", "-pk")


def interrupted_runs(kind: str = "") -> list[IdentityRun]:
    """Begun runs that no process of this machine holds any more, marked as failed."""
    rows = IdentityRun.objects.filter(state=_State.RUNNING)
    rows = rows.filter(subject_kind=kind) if kind else rows
    left = []
    for run in rows:
        # One that waits for its worker has no phase yet.
        if run.progress.get("phase") and not is_held(_LOCK.format(run.subject_kind)):
            run.state, run.error_message = _State.FAILED, "interrupted; start it again."
            run.finished_at = timezone.now()
            run.save(update_fields=["state", "error_message", "finished_at"])
            left.append(run)
    return left


def resume_interrupted(*, waiting: bool = True) -> list[IdentityRun]:
    """Start anew what was killed, and with ``waiting`` queue again what never began."""
    again = [start_run(run.subject_kind, viewer=SYSTEM) for run in interrupted_runs()]
    if waiting:
        left = IdentityRun.objects.filter(state=_State.RUNNING).exclude(
            pk__in=[one.pk for one in again]
        )
        for run in left:
            if not run.progress.get("phase"):
                _queue(run)  # twice queued is carried out once
                again.append(run)
    return again


def _new_run(kind: str, viewer: Viewer) -> IdentityRun:
    model = Organisation if kind == "organisation" else Person
    with transaction.atomic():
        run = IdentityRun.objects.create(
            subject_kind=kind,
            n_records=model._default_manager.count(),
            settings_version=settings_version(kind),
            actor_id=viewer.person_id,
        )
        audit.log("identity.run", viewer, str(run.pk), kind=kind)
    return run


def _carry_out(run: IdentityRun, progress: Progress | None) -> IdentityRun:
    def tell(phase: str, done: int) -> None:
        run.progress = {**run.progress, "phase": phase, "done": done, "total": 100}
        run.save(update_fields=["progress"])
        if progress is not None:
            progress(done, 100)

    try:
        with hold(_LOCK.format(run.subject_kind)):
            try:
                tell("read", 0)
                found = _find(run.subject_kind, tell)
                _keep(run, found)
            except Exception as error:  # the task boundary: noted, and raised for the caller
                logger.exception("identity run %s failed", run.pk)
                _fail(run, str(error))
                raise
    except WorkTaken as taken:
        run.refresh_from_db()
        if not run.progress.get("phase"):  # another run holds the lock, not this very one
            _fail(run, str(taken))
        raise
    if progress is not None:
        progress(_KEPT, 100)
    return run


def _find(kind: str, tell: Callable[[str, int], None]) -> Found:
    if kind == "organisation":
        organisations = organisation_records()
        tell("resolve", _READ)
        with scoring_connection() as tables:
            resolution = resolve_organisations(
                organisations,
                settings=_ORGANISATIONS,
                lexicon=lexicon_of_city(),
                connection=tables,
            )
        n_records = len(organisations)
    else:
        people = person_records()
        tell("resolve", _READ)
        with scoring_connection() as tables:
            resolution = resolve_people(people, settings=_PEOPLE, connection=tables)
        n_records = len(people)
    tell("keep", _RESOLVED)
    links = as_found((*resolution.links, *resolution.review))
    return Found(n_records=n_records, links=without_claims(kind, links))


def _keep(run: IdentityRun, found: Found) -> None:
    """Settle under the decisions that hold at this very moment, and swap the outcome in."""
    kind = run.subject_kind
    ahead = decisions_of(kind)
    settled = _settled(kind, found.links, ahead)
    with transaction.atomic():
        lock(kind)
        held = decisions_of(kind)
        if [one.pk for one in held] != [one.pk for one in ahead]:
            settled = _settled(kind, found.links, held)
        store_all(run, found.links, settled)
        states = [one.state for one in settled.links]
        n_members = sum(len(one.record_ids) for one in settled.clusters)
        run.n_records = found.n_records
        run.n_linked, run.n_review = states.count("linked"), states.count("review")
        run.n_subjects = found.n_records - n_members + len(settled.clusters)
        run.progress = {
            "phase": "done",
            "done": 100,
            "total": 100,
            "refused": states.count("refused"),
            "merged_records": n_members,
            "passed_over": list(settled.passed_over),
        }
        run.state, run.finished_at = _State.DONE, timezone.now()
        run.save()


def _settled(kind: str, links: Sequence[Link], decisions: Sequence[IdentityDecision]) -> Settled:
    """Only what links or decisions name is settled; everything else is its own."""
    ids = {end for one in links for end in (one.left_id, one.right_id)}
    ids |= {record for one in decisions for record in one.record_ids}
    return settle(records_of(kind, sorted(ids)), links, decisions)


def _fail(run: IdentityRun, message: str) -> None:
    viewer = viewer_of_user(run.actor) if run.actor else SYSTEM
    with transaction.atomic():
        IdentityRun.objects.filter(pk=run.pk).update(
            state=_State.FAILED, error_message=message[:4_000], finished_at=timezone.now()
        )
        audit.log("identity.run", viewer, str(run.pk), state="failed")
    run.refresh_from_db()


def settings_version(kind: str) -> str:
    """Fingerprint of the weights by which a kind is resolved."""
    options = _ORGANISATIONS if kind == "organisation" else _PEOPLE
    return hashlib.sha256(repr(options).encode()).hexdigest()[:12]
