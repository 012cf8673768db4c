"""Records that a question names: by id, code or number, or by the whole of a name or title.

Such a question is no description to be ranked by: it means one record, which comes first.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from silian.identifiers import KIND_BY_PREFIX
from silian.portal.catalogue import KINDS
from silian.portal.exchange.domain.list_entries import MENTIONED
from silian.portal.exchange.domain.mixed_list import record_keys
from silian.portal.exchange.models import ListEntry
from silian.portal.registry.domain.names import name_key
from silian.portal.registry.models import OrganisationName, Record, Register

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

#: What a question may name a record by.
ID, CODE, NAME = "id", "code", "name"

_PUBLIC_ID = re.compile(rf"(?:{'|'.join(KIND_BY_PREFIX)})-[a-z2-7]{{16}}")
# GB 32100-2015: no I, O, S, V or Z, so that none is read for a digit.
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NP-RTUW-Y]{2}[0-9]{6}[0-9A-HJ-NP-RTUW-Y]{10}")
# CN201910012345.6, ZL201910012345.X, CN112345678B: country or grant, number, kind of document.
_PATENT_NUMBER = re.compile(r"(?:CN|ZL)[0-9]{8,13}(?:\.?[0-9X])?(?:[ABCSUY][0-9]?)?")
_ORCID = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]")
_SHAPES = (_CREDIT_CODE, _PATENT_NUMBER, _ORCID)
_LONGEST_CODE, _SHORTEST_KEY, _LONGEST_NAME = 64, 3, 300
_SHORTEST_JOINED, _LONGEST_JOINED = 5, 24
_MOST_NAMESAKES, _MOST_READ = 20, 500
#: Columns that hold codes of a kind, in the capitals in which registers print them.
_CODE_COLUMNS: dict[str, tuple[str, ...]] = {
    "organisation": ("unified_social_credit_code", "stock_code"),
    "patent": ("publication_number",),
    "project": ("number",),
}
_FULL_WIDTH = str.maketrans("()[],:;!?", "（）［］，：；！？")


@dataclass(frozen=True, slots=True)
class NamedRecord:
    """A record and what the question named it by: ``"id"``, ``"code"`` or ``"name"``."""

    record: Record
    by: str


def is_code(text: str) -> bool:
    """Whether a text can be nothing but somebody's code, number or id.

    Examples
    --------
    >>> is_code("９１３３０２０１MA2XXXXX1Y"), is_code("ZL 2019 1 0012345.6"), is_code("STM32F103")
    (True, True, False)
    """
    code = _code_of(text)
    return bool(_PUBLIC_ID.fullmatch(code.lower())) or any(
        shape.fullmatch(code) for shape in _SHAPES
    )


def records_named(text: str, *, viewer: "Viewer", kinds: Sequence[str]) -> list[NamedRecord]:
    """Records of these kinds that the text names and the viewer may see, ids and codes first.

    Parameters
    ----------
    text
        What was typed; width, case, spaces and the kind of brackets don't matter.
    """
    found: dict[str, NamedRecord] = {}
    for by, kind, condition in _conditions(text, kinds):
        for record in _visible(kind, condition, viewer):
            found.setdefault(record.public_id, NamedRecord(record, by))
    return list(found.values())


def _conditions(text: str, kinds: Sequence[str]) -> Iterator[tuple[str, str, Q]]:
    code = _code_of(text)
    if _PUBLIC_ID.fullmatch(code.lower()):
        kind = KIND_BY_PREFIX[code.lower().partition("-")[0]]
        if kind in kinds:
            yield ID, kind, Q(public_id=code.lower())
        return
    if len(code) <= _LONGEST_CODE and any(sign.isdigit() for sign in code):
        yield from ((CODE, kind, condition) for kind, condition in _by_code(text, code, kinds))
    if len(text) <= _LONGEST_NAME and not is_code(text):
        yield from ((NAME, kind, condition) for kind, condition in _by_name(text, kinds))


def _by_code(text: str, code: str, kinds: Sequence[str]) -> Iterator[tuple[str, Q]]:
    patents = _patent_spellings(code)
    for kind in kinds:
        spellings = patents if kind == "patent" else {code, text.strip()}
        for column in _CODE_COLUMNS.get(kind, ()):
            yield kind, Q(**{f"{column}__in": spellings})
    if "person" in kinds and _ORCID.fullmatch(code):
        yield "person", Q(orcid=code)
    if len(code) >= _SHORTEST_KEY:
        # With the registers, since the index of keys begins with them.
        registers = list(Register.objects.values_list("pk", flat=True))
        keys = patents | {text.strip(), unicodedata.normalize("NFKC", text).strip()}
        for kind in kinds:
            yield kind, Q(register__in=registers, source_key__in=keys)


def _patent_spellings(code: str) -> set[str]:
    """With and without country, grant and the dot before the check digit."""
    bare = code.replace(".", "")
    number = bare.removeprefix("CN").removeprefix("ZL")
    numbers = {number, f"{number[:-1]}.{number[-1:]}"}
    return {code, bare} | {prefix + one for prefix in ("", "CN", "ZL") for one in numbers}


def _by_name(text: str, kinds: Sequence[str]) -> Iterator[tuple[str, Q]]:
    half = " ".join(unicodedata.normalize("NFKC", text).split())
    spellings = {text.strip(), half, half.translate(_FULL_WIDTH)}
    spellings |= {re.sub(r"\s*([（）()])\s*", r"\1", one) for one in spellings}
    ids_by_kind: dict[str, list[str]] = {}
    # Entries of lists are indexed by title, as the records themselves are not.
    titled = ListEntry.objects.filter(title__in=spellings).order_by("title", "public_id")
    for found, public_id in titled.values_list("kind", "public_id")[:_MOST_NAMESAKES]:
        kind = "organisation" if found == MENTIONED else found
        ids_by_kind.setdefault(kind, []).append(public_id)
    for kind in kinds:
        condition = Q(public_id__in=ids_by_kind.get(kind, ()))
        if kind == "organisation" and (key := name_key(text)):
            named = OrganisationName.objects.filter(normalised=key)
            condition |= Q(pk__in=list(named.values_list("organisation", flat=True)))
        if kind == "person" and half.isascii():
            holding_it = list(record_keys(kind, half.split())[:_MOST_READ])
            condition |= Q(pk__in=holding_it, name_en__iexact=half)
            condition |= Q(name_en__in=_divided(half))
        yield kind, condition


def _divided(joined: str) -> list[str]:
    """English names that letters without a space may be, whichever part comes first.

    Examples
    --------
    >>> "Zeguo Xia" in _divided("xiazeguo"), "Zeguo Xia" in _divided("zeguoxia"), _divided("5g")
    (True, True, [])
    """
    if not joined.isalpha() or not _SHORTEST_JOINED <= len(joined) <= _LONGEST_JOINED:
        return []
    cuts = [(joined[:cut], joined[cut:]) for cut in range(2, len(joined) - 1)]
    return [
        f"{first.capitalize()} {last.capitalize()}"
        for one, other in cuts
        for first, last in ((one, other), (other, one))
    ]


def _visible(kind: str, condition: Q, viewer: "Viewer") -> QuerySet[Any]:
    from silian.portal.accounts.domain.access import visible

    entry = KINDS[kind]
    rows = visible(entry.model._default_manager.filter(condition), viewer)
    return rows.select_related(*entry.joined).order_by("public_id")[:_MOST_NAMESAKES]


def _code_of(text: str) -> str:
    """A text as codes are printed: half width, capitals, no spaces, one kind of dash."""
    half = unicodedata.normalize("NFKC", text).upper()
    return re.sub(r"[‐‑–—−]", "-", "".join(half.split()))
