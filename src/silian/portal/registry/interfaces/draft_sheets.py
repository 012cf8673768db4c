"""The sheets of a workbook that no mapping knows: what each seems to hold, and which to draft."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.drafting import draft_mapping
from silian.portal.registry.interfaces.headings import heading_position
from silian.tables.readers import MissingSheet, SheetLook, format_of, look_at_sheets

_LOOKED_AT = 40  # lines of each sheet; the one that is drafted is looked at further
_MOST_ABOVE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOffer:
    """One sheet of a workbook.

    Attributes
    ----------
    kind
        What it seems to hold; '' where nothing tells.
    row_count
        Rows below the headings, an estimate in large sheets.
    lines
        Its first lines.
    """

    name: str
    kind: str
    score: float
    headings: tuple[str, ...]
    row_count: int
    lines: tuple[tuple[str, ...], ...]
    is_chosen: bool = False

    @property
    def kind_label(self) -> str:
        """What it seems to hold, in the reader's language."""
        entry = KINDS.get(self.kind)
        return choose(entry.label_zh, entry.label_en) if entry else ""


def offered_sheets(
    path: Path, *, kind: str = "", file_name: str = "", wanted: str = ""
) -> tuple[SheetOffer, ...]:
    """The sheets of a workbook, one of them chosen; none of a file that has at most one.

    Parameters
    ----------
    kind
        Of the records, where it is known.
    wanted
        Name of the sheet to choose; by default that whose columns are recognised best.

    Raises
    ------
    silian.tables.readers.FileRefused
        If the workbook can't be read, or lacks the wanted sheet.
    """
    looks = look_at_sheets(path, _LOOKED_AT) if format_of(path) == "xlsx" else ()
    names = [look.name for look in looks]
    if wanted and wanted not in names:
        there_are = "、".join(names)
        raise MissingSheet(
            f"sheet is {wanted!r}; the file has {there_are or 'no sheets'}. Name one of them.",
            message_zh=f"未找到工作表“{wanted}”，文件中有：{there_are or '无工作表'}。",
        )
    if len(looks) < 2:
        return ()
    offers = [_offer(look, kind, file_name) for look in looks]
    if not wanted:
        # The first of those that are equally good.
        wanted = max(offers, key=lambda offer: (offer.row_count > 0, offer.score)).name
    return tuple(replace(offer, is_chosen=offer.name == wanted) for offer in offers)


def must_name_sheet(offers: Sequence[SheetOffer], mapped: Sequence[str]) -> bool:
    """Whether a mapping has to name its sheet: an earlier one could be taken for it.

    A mapping reads the first sheet that has half of its columns, so that it needs no name which
    the next month's file hasn't.
    """
    wanted = set(mapped)
    for offer in offers:
        if offer.is_chosen:
            return False
        if any(2 * len(wanted & set(cells)) >= len(wanted) for cells in offer.lines):
            return True
    return False


def _offer(look: SheetLook, kind: str, file_name: str) -> SheetOffer:
    lines = [line for line in look.lines if any(line)]
    first = lines[:_MOST_ABOVE]
    position = heading_position(first)
    headings = list(dict.fromkeys(filter(None, lines[position]))) if lines else []
    title = " ".join(cell for line in first[:position] for cell in line if cell)
    rows = list(_rows(lines, position))
    draft = draft_mapping(headings, rows, about=f"{file_name} {look.name} {title}")
    best, score = draft.kinds[0]
    is_told = score > 0 and any(column.is_sure for column in draft.columns)
    n_above = look.lines.index(lines[position]) + 1 if lines else 0
    return SheetOffer(
        name=look.name,
        kind=best if is_told else "",
        score=dict(draft.kinds)[kind] if kind else score,
        headings=tuple(headings),
        row_count=max(0, look.row_count - n_above),
        lines=tuple(map(tuple, first)),
    )


def _rows(lines: Sequence[Sequence[str]], position: int) -> Iterator[Mapping[str, str]]:
    for number in count(position + 1):
        if number >= len(lines):
            return
        yield {
            heading: cell
            for heading, cell in zip(lines[position], lines[number], strict=False)
            if heading
        }
