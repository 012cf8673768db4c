"""One batch of mapped rows: checked, saved kind by kind, every row answered."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from silian.portal.catalogue import KINDS
from silian.portal.exchange.domain.outbox import enqueue
from silian.portal.garbage import collected_later
from silian.portal.registry.domain.history import Change
from silian.portal.registry.domain.key_holders import KEY_TAKEN
from silian.portal.registry.domain.reasons import Reason, RowRefused
from silian.portal.registry.domain.resolution import Resolver
from silian.portal.registry.domain.saving import REJECTED, LoadContext, Saved, save_rows
from silian.portal.registry.domain.second_look import SecondLook
from silian.portal.registry.domain.undo_journal import Journal
from silian.portal.registry.domain.validation import CheckedRow, check_row, one_key
from silian.portal.registry.interfaces.mapped_rows import MappedRow
from silian.portal.registry.models import Register
from silian.tables.readers import SourceRow
from silian.tables.values import ValueRefused, is_missing, parse_line, shorten

if TYPE_CHECKING:
    from silian.portal.registry.domain.job_files import Mapper

_MAX_KEPT_CHARACTERS = 20_000  # of a value of unknown type, in a rejected row


@dataclass(slots=True)
class KeptRow:
    """A source row that is kept as it arrived: one that failed in at least one of its records, or
    one of which not everything was read."""

    number: int
    kind: str
    values: dict[str, Any]
    reasons: list[Reason] = field(default_factory=list)
    key: str = ""  # of the record that failed, as far as the row tells it


@dataclass(slots=True)
class BatchReport:
    """What became of a batch.

    Attributes
    ----------
    counts
        By kind and status, of records.
    rejected
        By source row.
    remarked
        Rows that were loaded with cells read by a bound, or left out.
    saved
        Rows that became, changed or already were records.
    """

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    rejected: list[KeptRow] = field(default_factory=list)
    remarked: list[KeptRow] = field(default_factory=list)
    saved: list[Saved] = field(default_factory=list)


def new_context(
    register: Register,
    reason: str,
    user_id: int | None,
    *,
    dry_run: bool = False,
    replace: bool = False,
    journal: Journal | None = None,
) -> LoadContext:
    """What one load carries from batch to batch."""
    change = Change(reason=reason, when=timezone.now(), user_id=user_id, journal=journal)
    return LoadContext(
        register=register,
        change=change,
        resolver=Resolver(register, change),
        dry_run=dry_run,
        replace=replace,
    )


Refused = dict[int, list[tuple[str, tuple[Reason, ...]]]]  # by row: kind and reasons
Values = dict[int, dict[str, Any]]  # by row: what the file said
Named = dict[int, tuple[str, str]]  # by row: kind and key of its first record that failed


@dataclass(slots=True, kw_only=True)
class CheckedBatch:
    """Rows of a batch whose values are right in themselves, and why the others' are not.

    Attributes
    ----------
    values
        What the file said, by row number; a function that tells it where the batch came from
        another process, because only refused rows are asked for it.
    named
        Which record of a row was refused, or read in part.
    keys
        Kind and key of each row of a batch that was saved before; else none.
    """

    row_count: int
    rows_by_kind: dict[str, list[CheckedRow]] = field(default_factory=dict)
    refused: Refused = field(default_factory=dict)
    refused_counts: Counter[str] = field(default_factory=Counter)  # by kind
    remarks: Refused = field(default_factory=dict)  # of rows that are not refused
    values: Values | Callable[[], Values] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    named: Named = field(default_factory=dict)
    keys: list[tuple[str, str]] = field(default_factory=list)

    def values_of(self, numbers: Iterable[int]) -> dict[int, dict[str, Any]]:
        """What the file said in some rows."""
        wanted = list(numbers)
        if not wanted:
            return {}
        held = self.values = self.values() if callable(self.values) else self.values
        return {number: held.get(number, {}) for number in wanted}


@collected_later()
def check_batch(
    mapped_rows: Iterable[MappedRow],
    source: Sequence[SourceRow],
    misshapen: Named | None = None,
) -> CheckedBatch:
    """Check the rows of a batch; nothing is looked up or saved.

    Parameters
    ----------
    source
        The rows they were mapped from; their values are kept with what is refused.
    misshapen
        Kind and key of rows that were not mapped, because they can't be trusted as they stand.
    """
    batch = CheckedBatch(row_count=len(source), values={row.number: row.values for row in source})
    batch.named.update(misshapen or {})
    for row in source:
        if row.problem is not None:
            batch.refused.setdefault(row.number, []).append(("", (_reason("", row.problem),)))
    look = SecondLook()
    for mapped in mapped_rows:
        look.begin(mapped.rules)
        try:
            batch.rows_by_kind.setdefault(mapped.kind, []).append(_checked(mapped, look))
        except RowRefused as error:
            # Whoever mends the row reads of every cell of it.
            reasons = (*error.reasons, *look.left)
            if mapped.number not in batch.refused:
                batch.named[mapped.number] = (mapped.kind, key_in(mapped.values))
            batch.refused.setdefault(mapped.number, []).append((mapped.kind, reasons))
            batch.refused_counts[mapped.kind] += 1
        else:
            if look.remarks:
                batch.named.setdefault(mapped.number, (mapped.kind, key_in(mapped.values)))
                remarks = batch.remarks.setdefault(mapped.number, [])
                remarks.append((mapped.kind, tuple(look.remarks)))
    batch.notes.update(look.notes)
    return batch


@collected_later()
def save_batch(batch: CheckedBatch, context: LoadContext) -> BatchReport:
    """Save the records of a batch; a dry run does all of it and takes it back."""
    report = BatchReport()
    for kind, count in batch.refused_counts.items():
        report.counts.setdefault(kind, Counter())[REJECTED] += count
    refused = batch.refused
    with transaction.atomic():
        _save(batch, report, context)
        if context.dry_run:
            transaction.set_rollback(True)
    report.rejected = _kept(batch, refused)
    report.remarked = _kept(
        batch, {number: told for number, told in batch.remarks.items() if number not in refused}
    )
    return report


def _kept(batch: CheckedBatch, told: Refused) -> list[KeptRow]:
    values = batch.values_of(told)
    kept = []
    for number, entries in sorted(told.items()):
        named_kind, key = batch.named.get(number, ("", ""))
        kept.append(
            KeptRow(
                number=number,
                kind=next((kind for kind, _ in entries if kind), named_kind),
                values=storable(values[number]),
                reasons=[reason for _, reasons in entries for reason in reasons],
                key=key,
            )
        )
    return kept


def keys_of(mapper: "Mapper", source: Sequence[SourceRow]) -> Named:
    """Kind and key of the first record of each row; the mapping notes nothing of it."""
    notes = dict(mapper.notes)
    found: Named = {}
    for one in mapper.map(source):
        found.setdefault(one.number, (one.kind, key_in(one.values)))
    mapper.notes.clear()
    mapper.notes.update(notes)
    return found


def key_in(values: Mapping[str, Any]) -> str:
    """The key of an unchecked row, as it would be kept; '' where it tells none.

    Examples
    --------
    >>> key_in({"source_key": " e-0001 "}), key_in({"source_key": 7}), key_in({"name": "甲"})
    ('e-0001', '7', '')
    """
    written = values.get("source_key")
    if isinstance(written, (list, dict)) or is_missing(written):
        return ""
    try:
        return str(one_key(parse_line(written)))
    except ValueRefused:
        return ""


def _checked(mapped: MappedRow, look: SecondLook) -> CheckedRow:
    reasons = tuple(
        reason
        for name, refused in mapped.problems
        if not look.mend(mapped.kind, reason := _reason(name, refused), mapped.values, refused)
    )
    if not reasons:
        return check_row(
            mapped.kind, mapped.values, number=mapped.number, adds=mapped.adds, look=look
        )
    unread = {name for name, _ in mapped.problems}
    try:
        check_row(mapped.kind, mapped.values, number=mapped.number, look=look)
    except RowRefused as error:
        reasons += tuple(reason for reason in error.reasons if reason.field not in unread)
    raise RowRefused(reasons)


def _reason(name: str, refused: ValueRefused) -> Reason:
    return Reason(
        field=name,
        code=refused.code,
        message_zh=refused.message_zh,
        message_en=str(refused),
        arrived=shorten(refused.arrived or "", 200),
    )


def _save(batch: CheckedBatch, report: BatchReport, context: LoadContext) -> None:
    rows_by_kind, refused = batch.rows_by_kind, batch.refused
    context.resolver.begin_batch()
    context.touched.clear()
    due: set[str] = set()
    taken: set[int] = set()  # source rows about another thing than the record with their key
    for kind in KINDS:
        if kind not in rows_by_kind:
            continue
        counts = report.counts.setdefault(kind, Counter())
        rows = rows_by_kind[kind]
        if taken:
            # What else the row tells would be hung on the wrong record.
            counts[REJECTED] += sum(row.number in taken for row in rows)
            rows = [row for row in rows if row.number not in taken]
        for saved in save_rows(kind, rows, context):
            counts[saved.status] += 1
            if saved.status == REJECTED:
                if saved.row.number not in refused:
                    batch.named[saved.row.number] = (kind, saved.row.source_key)
                refused.setdefault(saved.row.number, []).append((kind, saved.reasons))
                if any(reason.code == KEY_TAKEN for reason in saved.reasons):
                    taken.add(saved.row.number)
            else:
                report.saved.append(saved)
        # What this kind brought may answer to references that the next kind makes.
        due.update(context.resolver.made_ids)
        context.resolver.begin_batch()
    enqueue(due | context.touched)


def storable(values: dict[str, Any]) -> dict[str, Any]:
    """Raw values as JSON can hold them."""
    return {str(key): _storable(value) for key, value in values.items()}


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        # Whole, since it is what a replay saves. PostgreSQL's JSON holds no null characters.
        return value.replace("\0", "")
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, dict):
        return storable(value)
    if isinstance(value, (list, tuple)):
        return [_storable(item) for item in value]
    return shorten(value, _MAX_KEPT_CHARACTERS)
