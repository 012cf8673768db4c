"""Records that an undo removed, restored or left alone, in words and as files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.headings import columns_by_name
from silian.portal.registry.interfaces.sheets import csv_bytes, xlsx_bytes
from silian.portal.registry.models import ImportJob, UndoneRecord

UNDONE_FORMATS = ("xlsx", "csv")
ACTIONS = tuple(UndoneRecord.Action.values)
_HEADINGS = (
    "处理 Action",
    "类型 Kind",
    "公开编号 Public id",
    "名称 Name",
    "说明",
    "Explanation",
)
_RELATIONS = {
    "names": ("名称与别名", "names"),
    "contributions": ("参与人", "contributors"),
    "assignees": ("申请人", "assignees"),
    "public_id": ("公开编号", "public id"),
    "registered": ("已登记", "registered"),
}
_DONE = {  # for a preview, and once it is done
    "remove": (("将删除", "Would be removed"), ("已删除", "Removed")),
    "restore": (("将恢复", "Would be restored"), ("已恢复", "Restored")),
    "keep": (("保留", "Left alone"), ("保留", "Left alone")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field of a restored record: what it is called, held, and held before the load."""

    label_zh: str
    label_en: str
    held: str
    former: str

    @property
    def label(self) -> str:
        """The field's name in the reader's language."""
        return choose(self.label_zh, self.label_en)


def action_label(action: str, *, is_preview: bool) -> tuple[str, str]:
    """What is, or would be, done with a record, in Chinese and English."""
    return _DONE[action][0 if is_preview else 1]


def differences(record: UndoneRecord) -> list[Difference]:
    """Fields that a restored record gets, or got, back."""
    if record.action != UndoneRecord.Action.RESTORE:
        return []
    told = []
    for name, values in record.detail.items():
        zh, en = _label(record.kind, name)
        held, former = values or ("", "")
        told.append(Difference(label_zh=zh, label_en=en, held=held, former=former))
    return told


def explained(record: UndoneRecord) -> tuple[str, str]:
    """Why a record was left alone, or what it gets back, in Chinese and English."""
    if record.action == UndoneRecord.Action.KEEP:
        return record.detail.get("message_zh", ""), record.detail.get("message_en", "")
    told = differences(record)
    return _joined((one.label_zh, one) for one in told), _joined(
        (one.label_en, one) for one in told
    )


def undone_file(job: ImportJob, fmt: str = "xlsx", *, action: str = "") -> Iterator[bytes]:
    """All records of an undo with what is done to each and why.

    Parameters
    ----------
    fmt
        ``xlsx`` or ``csv`` (UTF-8 with BOM).
    action
        ``remove``, ``restore`` or ``keep``; all where it is empty.
    """
    rows = job.undone_records.order_by("pk")
    lines = _lines(rows.filter(action=action) if action else rows, is_preview=job.dry_run)
    if fmt == "csv":
        yield from csv_bytes(_HEADINGS, lines)
    else:
        yield xlsx_bytes("撤销 undo", _HEADINGS, lines, widths=[22, 18, 24, 40, 60, 60])


def _lines(rows: Any, *, is_preview: bool) -> Iterator[list[Any]]:
    for record in rows.iterator(chunk_size=1_000):
        entry = KINDS.get(record.kind)
        kind = f"{entry.label_zh} {entry.label_en}" if entry else record.kind
        action = " ".join(action_label(record.action, is_preview=is_preview))
        yield [action, kind, record.public_id, record.title, *explained(record)]


def _joined(pairs: Iterable[tuple[str, Difference]]) -> str:
    return "\n".join(
        f"{label}: {one.held} → {one.former}" if one.held or one.former else label
        for label, one in pairs
    )


def _label(kind: str, name: str) -> tuple[str, str]:
    if name in _RELATIONS:
        return _RELATIONS[name]
    columns: Mapping[str, Any] = columns_by_name(kind) if kind in KINDS else {}
    for column in columns.values():
        if name in (column.name, column.model_field):
            return column.label_zh, column.label_en
    entry = KINDS.get(kind)
    own = {one.name: one for one in entry.model._meta.concrete_fields} if entry else {}
    return (str(own[name].verbose_name) if name in own else name), name.replace("_", " ")
