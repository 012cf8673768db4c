"""What the comparisons compare: region, kind, numbers, branch, codes of each record, as columns."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from os.path import commonprefix

from silian.engines.graph.names import OrganisationNameParts
from silian.engines.graph.names_lexicon import NameLexicon
from silian.engines.graph.resolution_values import OrganisationRecord

_ORDINAL = re.compile(
    r"第[一二三四五六七八九十百\d]+|[一二三四五六七八九十\d]+(?=局|处|厂|院|队|师|团|中学|小学|号)"
)
#: A weak code that more different names bear says nothing: registers hold corrupt ones.
_MOST_BEARERS = 4


def attribute_columns(
    records: Sequence[OrganisationRecord],
    parts: Sequence[OrganisationNameParts],
    lexicon: NameLexicon,
) -> dict[str, list[str | None]]:
    """One column a compared attribute; None where a record doesn't tell.

    Parameters
    ----------
    records
        The records.
    parts
        Parsed name of each: its own name, or a full name where its own is short.
    """
    regions = [
        _region(record, one, lexicon) for record, one in zip(records, parts, strict=True)
    ]
    full = [one.kind != "" for one in parts]
    return {
        "unified_code": [record.unified_code.upper() or None for record in records],
        "weak_code": _weak_codes(records, parts),
        "province": [code[:2] if code else None for code in regions],
        "prefecture": [code[:4] if len(code) >= 4 else None for code in regions],
        "kind": [one.kind or None for one in parts],
        "ordinals": [
            ordinals(one.organisation) if known else None
            for one, known in zip(parts, full, strict=True)
        ],
        "branch": [one.branch if known else None for one, known in zip(parts, full, strict=True)],
        "form_kind": [
            one.form_kind if one.kind == "enterprise" and one.form_kind else None for one in parts
        ],
        "founded": [record.founded.isoformat() if record.founded else None for record in records],
    }


def ordinals(name: str) -> str:
    """Numbers that tell one of several: 第一附属医院, 二局.

    Examples
    --------
    >>> ordinals("屹澍大学第一附属医院"), ordinals("三一重工股份有限公司")
    ('第一', '')
    """
    return " ".join(sorted(_ORDINAL.findall(name)))


def _weak_codes(
    records: Sequence[OrganisationRecord], parts: Sequence[OrganisationNameParts]
) -> list[str | None]:
    texts = [
        " ".join(
            f"{scheme}:{code_key(code)}"
            for scheme, code in sorted(record.weak_codes.items())
            if code
        )
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


def _region(
    record: OrganisationRecord, parts: OrganisationNameParts, lexicon: NameLexicon
) -> str:
    """GB/T 2260 digits of the seat as far as known: province, prefecture; empty if unknown."""
    if record.region_code:
        return _digits(record.region_code)
    known = ""
    for name in parts.regions:
        held = lexicon.regions.get(name)
        if held is None or not held.codes:
            continue
        inside = [code for code in held.codes if code.startswith(known[:2])] or held.codes
        common = _digits(_common(inside))
        known = common if len(common) > len(known) else known
    return known


def _common(codes: Iterable[str]) -> str:
    return commonprefix([code.rstrip("0") if len(code.rstrip("0")) > 1 else code for code in codes])


def _digits(code: str) -> str:
    """Whole steps of a code: two digits a province, four a prefecture."""
    code = code.strip()
    if len(code) >= 6 and code[2:4] == "00":
        return code[:2]
    return code[:4] if len(code) >= 4 else code[:2] if len(code) >= 2 else ""
