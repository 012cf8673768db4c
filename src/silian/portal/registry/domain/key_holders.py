"""Whether a row means the record that holds its key, or another thing under the same number.

Lists are often numbered 1, 2, 3. Two of them loaded into one register would overwrite each
other's records, so a row that has nothing in common with the record that holds its key is refused.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import prefetch_related_objects

from silian.engines.graph import OrganisationNameParts, parse_organisation_names
from silian.portal.registry.domain.linking import Links
from silian.portal.registry.domain.names import name_key
from silian.portal.registry.domain.reasons import Reason
from silian.portal.registry.domain.references import PORTAL_REGISTER, portions
from silian.portal.registry.domain.validation import CheckedRow
from silian.portal.registry.models import Organisation, OrganisationName, Record

if TYPE_CHECKING:
    from silian.portal.registry.domain.saving import LoadContext

KEY_TAKEN = "key_taken"

_RUNNING_NUMBER = re.compile(r"[0-9]{1,6}")
_TELLS_ITSELF = 16  # characters: of unified codes, UUIDs, DOIs, our own ids
_NAMED_IN_TEXTS = {"organisation", "person", "subject", "source", "target", "node"}
_ALIKE_SHARE = 0.5  # of their pairs of characters that two titles of one thing have in common


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
    """By what one record of a kind is told from another.

    Attributes
    ----------
    names
        Fields that name it.
    codes
        Fields that hold a code of its own: equal ones prove, different ones deny.
    parts
        Of what has no name: fields that differ only between two things.
    """

    names: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


_MARKS = {
    "organisation": _Marks(
        names=("name", "name_en"), codes=("unified_social_credit_code", "stock_code")
    ),
    "person": _Marks(names=("name", "name_en"), codes=("orcid",)),
    "affiliation": _Marks(parts=("person_id",)),
    "platform": _Marks(names=("name",)),
    "achievement": _Marks(names=("title",)),
    "patent": _Marks(names=("title",), codes=("publication_number",)),
    "project": _Marks(names=("title",), codes=("number",)),
    "publication": _Marks(names=("title",), codes=("doi",)),
    "facility": _Marks(names=("name",)),
    "service_agency": _Marks(names=("name",)),
    "need": _Marks(names=("title",)),
    "enterprise_year": _Marks(parts=("organisation_id", "year")),
    "service_agency_year": _Marks(parts=("subject_id", "year")),
    "facility_year": _Marks(parts=("subject_id", "year")),
    "grant": _Marks(parts=("organisation_id", "policy_id", "year")),
    "chain_node": _Marks(names=("name", "name_en"), codes=("code",)),
    "chain_link": _Marks(parts=("source_id", "target_id")),
    "chain_member": _Marks(parts=("organisation_id", "node_id")),
}

Held = tuple[CheckedRow, Links, Record]


def taken_keys(kind: str, held: Sequence[Held], context: "LoadContext") -> dict[str, Reason]:
    """By source key why a row is another thing than the record that holds its key.

    Names that are equal in any spelling, former and other names included, or one equal code show
    that it is the same. Otherwise different codes show that it is not. Where no code tells,
    a register that was named is believed, unless its keys are running numbers; in the portal's
    own register, into which everything goes that names none, the new name must be like the old.

    Parameters
    ----------
    held
        Rows with the record of this register that has their key.
    """
    marks = _MARKS.get(kind)
    if marks is None:  # a region is its code
        return {}
    suspects = [one for one in held if _may_differ(one, marks)]
    if not suspects:
        return {}
    known = _Known(kind, suspects)
    others = []
    for one in suspects:
        if _is_another(one, marks, known, context):
            others.append(one)
        elif marks.names:
            context.notes["renamed"] += 1
    _join_named([record for _, _, record in others])
    return {one[0].source_key: _taken(one, marks, context.register.code) for one in others}


class _Known:
    """What the comparisons of a batch look up, once for all of them."""

    def __init__(self, kind: str, suspects: Sequence[Held]) -> None:
        self.names: dict[int, set[str]] = {}  # further names of organisations, folded
        self._owners: dict[int, set[str]] = {}
        self._parts: dict[str, OrganisationNameParts] = {}
        self._suspects = suspects
        if kind == "organisation":
            for portion in portions(record.pk for _, _, record in suspects):
                names = OrganisationName.objects.filter(organisation__in=portion)
                for key, folded in names.values_list("organisation_id", "normalised"):
                    self.names.setdefault(key, set()).add(folded)
            return
        keys = {links.fields.get("organisation_id") for _, links, _ in suspects}
        keys |= {getattr(record, "organisation_id", None) for _, _, record in suspects}
        for portion in portions(keys - {None}):
            owners = Organisation.objects.filter(pk__in=portion)
            for key, name, code in owners.values_list("pk", "name", "unified_social_credit_code"):
                self._owners[key] = {name_key(name), code} - {""}

    def parts_of(self, name: str) -> OrganisationNameParts:
        """An organisation's name taken apart, together with those of the whole batch."""
        if not self._parts:
            names = [n for row, _, held in self._suspects for n in (row.fields["name"], str(held))]
            self._parts = dict(zip(names, parse_organisation_names(names), strict=True))
        return self._parts[name]

    def differ(self, field: str, new: Any, old: Any) -> bool:
        """Whether two values of a field are of two things, as far as both are there."""
        if new is None or old is None or new == old:
            return False
        # An organisation may have been found as a mention first, and as registered now.
        is_one = field == "organisation_id" and self._owners.get(new, set()) & self._owners.get(
            old, set()
        )
        return not is_one


def _may_differ(one: Held, marks: _Marks) -> bool:
    """Whether a row doesn't at first sight mean the record; most do."""
    row, links, record = one
    if not getattr(record, "registered", True):
        return False  # so far only mentioned by its key: the row tells who it is
    if marks.names:
        return bool(row.fields.get(marks.names[0], "") != getattr(record, marks.names[0]))
    return any(
        value not in (None, getattr(record, part))
        for part, value in _given(row, links, marks.parts).items()
    )


def _given(row: CheckedRow, links: Links, fields: Iterable[str]) -> dict[str, Any]:
    return {name: links.fields.get(name, row.fields.get(name)) for name in fields}


def _is_another(one: Held, marks: _Marks, known: _Known, context: "LoadContext") -> bool:
    row, links, record = one
    key = row.source_key
    if len(key) >= _TELLS_ITSELF:
        return False
    is_believed = context.register.code != PORTAL_REGISTER and not _RUNNING_NUMBER.fullmatch(key)
    if not marks.names:
        parts = _given(row, links, marks.parts).items()
        return not is_believed and any(
            known.differ(part, value, getattr(record, part)) for part, value in parts
        )
    new_names = {name_key(name or "") for name in _given(row, links, marks.names).values()}
    new_names.update(folded for folded, _, _ in row.further_names)
    old_names = {name_key(getattr(record, field)) for field in marks.names}
    old_names |= known.names.get(record.pk, set())
    if (new_names & old_names) - {""}:
        return False
    codes = [
        (code, getattr(record, field))
        for field, code in _given(row, links, marks.codes).items()
        if code and getattr(record, field)
    ]
    if codes:
        return all(new != old for new, old in codes)
    return not is_believed and not _are_alike(one, marks.names[0], known)


def _are_alike(one: Held, field: str, known: _Known) -> bool:
    """Whether an edit of the old name may have led to the new one, the owner being the same."""
    row, links, record = one
    new, old = row.fields[field], getattr(record, field)
    if record.kind == "person":
        return False  # colleagues' names are alike, too
    if record.kind == "organisation":
        return _are_one_house(known.parts_of(new), known.parts_of(old))
    owner = links.fields.get("organisation_id")
    if known.differ("organisation_id", owner, getattr(record, "organisation_id", None)):
        return False
    pairs, others = _pairs(name_key(new)), _pairs(name_key(old))
    return 2 * len(pairs & others) >= _ALIKE_SHARE * (len(pairs) + len(others))


def _are_one_house(new: OrganisationNameParts, old: OrganisationNameParts) -> bool:
    """Whether two names have brand, trade and place in common, as far as both say them."""
    said = [
        ({new.brand}, {old.brand}),
        (set(new.trade_words), set(old.trade_words)),
        (set(new.regions), set(old.regions)),
    ]
    return bool(new.brand) and all(one & other or not (one and other) for one, other in said)


def _pairs(text: str) -> set[str]:
    return {text[place : place + 2] for place in range(max(1, len(text) - 1))}


def _join_named(records: Sequence[Record]) -> None:
    """Fetch at once what the records' own texts name."""
    if records:
        own = {field.name for field in records[0]._meta.concrete_fields if field.is_relation}
        prefetch_related_objects(records, *sorted(own & _NAMED_IN_TEXTS))


def _taken(one: Held, marks: _Marks, register: str) -> Reason:
    row, _, record = one
    key, held = row.source_key, str(record)
    new = row.fields[marks.names[0]] if marks.names else ""
    told_zh = f"与本行的「{new}」名称、代码都不同" if new else "与本行所说的不是同一条"
    told_en = f"{new!r} shares neither name nor code with it" if new else "this row is another"
    return Reason(
        field="source_key",
        code=KEY_TAKEN,
        message_zh=(
            f"主键「{key}」在登记库「{register}」中已属于「{held}」，{told_zh}，未覆盖。"
            "若来自另一登记库，请在导入时用 --register（网页：登记库编码）指明，"
            "或用统一社会信用代码等固定编号作主键；"
            "若确要覆盖原记录，请用 --replace（网页：替换）重新导入。"
        ),
        message_en=(
            f"key {key!r} of register {register!r} belongs to {held!r}; {told_en}, so nothing "
            "was overwritten. If the file is another register, load it with --register (page: "
            "register code), or take a lasting number such as the unified code as the key; to "
            "put it in the place of the old record, load it again with --replace (page: replace)."
        ),
        arrived=key,
    )
