"""What the comparisons compare: region, kind, numbers, branch, codes of each record, as columns."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from silian.engines.graph.names_lexicon import NameLexicon
from silian.engines.graph.names_readings import Reading
from silian.engines.graph.resolution_table import MainNames
from silian.engines.graph.resolution_values import OrganisationRecord

_ORDINAL = re.compile(
    r"第[一二三四五六七八九十百\d]+|[一二三四五六七八九十\d]+(?=局|处|厂|院|队|师|团|中学|小学|号)"
)
_NUMERAL = re.compile(r"[第一二三四五六七八九十\d]")
#: A weak code that more different names bear says nothing: registers hold corrupt ones.
_MOST_BEARERS = 4


def attribute_columns(
    records: Sequence[OrganisationRecord],
    names: MainNames,
    lexicon: NameLexicon,
) -> dict[str, list[str | None]]:
    """One column a compared attribute; None where a record doesn't tell.

    Parameters
    ----------
    records
        The records.
    names
        The name that stands for each.
    """
    parts, is_short = names.parts, names.is_short.tolist()
    told = _Seats(lexicon)
    regions = [
        told.by_code(record.region_code) if record.region_code else told[one.regions]
        for record, one in zip(records, parts, strict=True)
    ]
    # Most registers leave some columns empty.
    codes, days = [one.unified_code for one in records], [one.founded for one in records]
    nothing: list[str | None] = [None] * len(records)
    return {
        "unified_code": [one.upper() or None for one in codes] if any(codes) else nothing,
        "weak_code": _weak_codes(records, parts),
        "province": [one.province for one in regions],
        "prefecture": [one.prefecture for one in regions],
        "county": [one.county for one in regions],
        "kind": [one.kind or None for one in parts],
        "ordinals": [
            None if short else ordinals(one.organisation)
            for one, short in zip(parts, is_short, strict=True)
        ],
        "host": [one.host or None for one in parts],
        "branch": [
            None if short else one.branch for one, short in zip(parts, is_short, strict=True)
        ],
        "form_kind": [
            (one.form_kind or None) if one.kind == "enterprise" else None for one in parts
        ],
        "founded": [one.isoformat() if one else None for one in days] if any(days) else nothing,
    }


def ordinals(name: str) -> str:
    """Numbers that tell one of several: 第一附属医院, 二局.

    Examples
    --------
    >>> ordinals("屹澍大学第一附属医院"), ordinals("三一重工股份有限公司")
    ('第一', '')
    """
    if not _NUMERAL.search(name):
        return ""
    return " ".join(sorted(_ORDINAL.findall(name)))


def _weak_codes(
    records: Sequence[OrganisationRecord], parts: Sequence[Reading]
) -> list[str | None]:
    if not any(record.weak_codes for record in records):
        return [None] * len(records)
    texts = [
        " ".join(
            f"{scheme}:{code_key(code)}"
            for scheme, code in sorted(record.weak_codes.items())
            if code
        )
        if record.weak_codes
        else ""
        for record in records
    ]
    bearers = Counter(
        text
        for text, _ in {(t, one.organisation) for t, one in zip(texts, parts, strict=True) if t}
    )
    return [text if text and bearers[text] <= _MOST_BEARERS else None for text in texts]


def code_key(code: str) -> str:
    """A code without case, spaces and the exchange that may follow its dot.

    Examples
    --------
    >>> code_key("600000.SH"), code_key(" 600000")
    ('600000', '600000')
    """
    return code.strip().upper().split(".")[0].replace(" ", "")


class _Seat(NamedTuple):
    """Digits of a region's steps; None of those that nobody tells."""

    province: str | None
    prefecture: str | None
    county: str | None

    @classmethod
    def of(cls, code: str) -> "_Seat":
        digits = code if code.isdigit() else ""
        return cls(
            code[:2] or None,
            digits[:4] if len(digits) >= 4 else None,
            digits if len(digits) == 6 else None,
        )


class _Seats(dict[tuple[str, ...], _Seat]):
    """Seat by the places that a name tells, each found out once."""

    def __init__(self, lexicon: NameLexicon) -> None:
        super().__init__({(): _Seat.of("")})
        self._lexicon = lexicon
        self._by_code: dict[str, _Seat] = {}

    def __missing__(self, names: tuple[str, ...]) -> _Seat:
        self[names] = found = _Seat.of(_region(names, self._lexicon))
        return found

    def by_code(self, code: str) -> _Seat:
        """Seat by the code that a register tells."""
        if code not in self._by_code:
            self._by_code[code] = _Seat.of(_whole_steps(code.strip()))
        return self._by_code[code]


def _region(names: tuple[str, ...], lexicon: NameLexicon) -> str:
    """GB/T 2260 digits of the seat as far as known: 2 a province, 4 a prefecture, 6 a county.

    河南 is the province, not a county of that name; one that several places of a kind bear says
    nothing. A name that says 中国 or 华北 instead says so.
    """
    known = ""
    for name in names:
        held = lexicon.regions.get(name)
        if held is None or not held.codes:
            continue
        inside = [code for code in held.codes if code.startswith(known)]
        codes = [_significant(code) for code in inside or held.codes]
        highest = min(len(code) for code in codes)
        step = _shared_steps([code for code in codes if len(code) == highest])
        known = step if len(step) > len(known) else known
    return known or next((name for name in names if _without_code(name, lexicon)), "")


def _without_code(name: str, lexicon: NameLexicon) -> bool:
    """Whether a name is a place of no single code: 中国, 华北."""
    return name in lexicon.regions and not lexicon.regions[name].codes


def _significant(code: str) -> str:
    """A code without the zeros of the steps that it doesn't name."""
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def _whole_steps(code: str) -> str:
    significant = _significant(code) if len(code) == 6 else code
    return significant[: len(significant) // 2 * 2]


def _shared_steps(codes: Sequence[str]) -> str:
    """The steps that all codes share."""
    for n_digits in (6, 4, 2):
        if len({code[:n_digits] for code in codes}) == 1 and len(codes[0]) >= n_digits:
            return codes[0][:n_digits]
    return ""
