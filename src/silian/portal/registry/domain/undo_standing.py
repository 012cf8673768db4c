"""Whether a record still stands as a load left it, by its history."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db.models import Max
from django.utils import timezone

from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import ImportJob, Record

_LOADED, _UNDONE = "import ", "undo import "
_ID_LENGTH = 36
_STATE = ("history_change_reason", "history_date", "history_user_id")
_State = tuple[str, datetime, int | None]


def loaded_by(job: ImportJob) -> str:
    """What history says of whatever a load writes, mended rows included."""
    return f"{_LOADED}{job.public_id}"


def undone_by(job: ImportJob) -> str:
    """What history says of whatever the undo of a load writes."""
    return f"{_UNDONE}{job.public_id}"


@dataclass(frozen=True, slots=True)
class Later:
    """The last change of a record that is not the load's."""

    reason: str
    when: datetime
    user_id: int | None


@dataclass(slots=True)
class Standing:
    """Tells which records of a load were changed since.

    A later load that was taken back itself doesn't count, so that loads can be taken back one
    after the other, the last one first.
    """

    job: ImportJob
    _files: dict[str, str] = field(default_factory=dict)
    _users: dict[int, str] = field(default_factory=dict)

    def changed_since(self, model: type[Record], keys: Sequence[int]) -> dict[int, Later]:
        """By key the last change of each record that others changed after the load."""
        rows = model.history.model._default_manager  # type: ignore[attr-defined]
        suspects: list[int] = []
        for portion in portions(keys):
            newest = rows.filter(id__in=portion).values("id").annotate(newest=Max("history_id"))
            numbers = [one["newest"] for one in newest]
            last = rows.filter(history_id__in=numbers)
            for key, reason in last.values_list("id", "history_change_reason"):
                if not self._is_own(reason or ""):
                    suspects.append(key)
        found: dict[int, Later] = {}
        for portion in portions(suspects):
            told: dict[int, list[_State]] = {}
            states = rows.filter(id__in=portion).order_by("-history_id")
            for key, *state in states.values_list("id", *_STATE):
                told.setdefault(key, []).append((state[0] or "", state[1], state[2]))
            for key, past in told.items():
                if (later := self._later(past)) is not None:
                    found[key] = later
        return found

    def told(self, later: Later) -> dict[str, str]:
        """A later change as a reason in both languages."""
        day = timezone.localtime(later.when).strftime("%Y-%m-%d %H:%M")
        who = self._user(later.user_id)
        by_zh, by_en = (f"由 {who} ", f" by {who}") if who else ("", "")
        what_zh, what_en = self._cause(later.reason)
        return {
            "code": "changed_since",
            "message_zh": f"导入后于 {day} {by_zh}又有改动{what_zh}，未动。",
            "message_en": f"changed since, on {day}{by_en}{what_en}; left as it is.",
        }

    def _is_own(self, reason: str) -> bool:
        own = (loaded_by(self.job), undone_by(self.job))
        return reason.startswith(own)

    def _later(self, past: Sequence[_State]) -> Later | None:
        undone: set[str] = set()
        for reason, when, user_id in past:
            if self._is_own(reason):
                return None
            if reason.startswith(_UNDONE):
                undone.add(reason[len(_UNDONE) :][:_ID_LENGTH])
            elif not (reason.startswith(_LOADED) and reason[len(_LOADED) :][:_ID_LENGTH] in undone):
                return Later(reason, when, user_id)
        return None

    def _cause(self, reason: str) -> tuple[str, str]:
        if not reason.startswith(_LOADED):
            return "", ""
        key = reason[len(_LOADED) :][:_ID_LENGTH]
        if key not in self._files:
            job = ImportJob.objects.filter(public_id=key).first()
            self._files[key] = job.file_name if job else ""
        name = self._files[key]
        return (
            (f"（后续导入 {name}）", f" (import of {name})")
            if name
            else ("（后续导入）", " (import)")
        )

    def _user(self, user_id: int | None) -> str:
        if user_id is None:
            return ""
        if user_id not in self._users:
            user = get_user_model()._default_manager.filter(pk=user_id).first()
            self._users[user_id] = str(user) if user else ""
        return self._users[user_id]
