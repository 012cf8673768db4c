"""From raw values to a checked row: the one gate for files, forms and the API."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from pydantic import ValidationError

from silian.identifiers import UnknownKind
from silian.portal.catalogue import KINDS, RecordKind
from silian.portal.registry.domain.names import name_key
from silian.portal.registry.domain.reasons import Reason, RowRefused, reasons_of
from silian.portal.registry.domain.second_look import SecondLook, advised
from silian.portal.registry.interfaces.columns import Reference
from silian.portal.registry.models import OrganisationName
from silian.tables.values import ValueRefused, is_missing, is_negotiable, parse_unified_code

_CODE_CHARACTERS = 18
_Kind = OrganisationName.NameKind
# Plain texts: a member of an enumeration is slow to hash and to spell.
_FORMER, _ALIAS, _ENGLISH = _Kind.FORMER.value, _Kind.ALIAS.value, _Kind.ENGLISH.value


@dataclass(slots=True)
class CheckedRow:
    """A row whose values are right in themselves; what it refers to is not looked up yet.

    Attributes
    ----------
    fields
        Values by field of the model, of the columns that were given.
    references
        Given references that name something: (reference, value or values).
    given
        Names of the columns that were given, filled or empty.
    name_key, further_names
        Of an organisation: the spelling by which its name is looked up, and its other names as
        (spelling for look-ups, kind of name, name).
    adds
        Whether the row only adds to its record: fills blanks, extends lists.
    """

    number: int
    kind: str
    source_key: str
    fields: dict[str, Any]
    references: list[tuple[Reference, Any]]
    given: frozenset[str]
    digest: str
    name_key: str = ""
    further_names: tuple[tuple[str, str, str], ...] = ()
    adds: bool = False


class Parts(dict[str, Any]):
    """Values that lie together in one JSON field; one that is ``None`` is taken out of it.

    Examples
    --------
    >>> Parts(revenue_cny=5, loan_cny=None).onto({"loan_cny": 1, "listed": True})
    {'listed': True, 'revenue_cny': 5}
    """

    def onto(self, held: Mapping[str, Any] | None) -> dict[str, Any]:
        """The field's content after these values were given."""
        merged = {**(held or {}), **self}
        return {name: value for name, value in merged.items() if value is not None}

    def under(self, held: Mapping[str, Any] | None) -> "Parts":
        """The field's content where these values only fill blanks and extend lists."""
        merged = Parts(self.onto(None))
        for name, value in (held or {}).items():
            more = merged.get(name)
            extends = isinstance(value, list) and isinstance(more, list)
            merged[name] = list(dict.fromkeys([*value, *more])) if extends else value
        return merged


def kind_entry(kind: str) -> RecordKind:
    """Catalogue entry of a kind.

    Raises
    ------
    UnknownKind
        If it isn't kept.
    """
    if kind not in KINDS:
        raise UnknownKind(
            f"record kind is {kind!r}; expected one of {', '.join(KINDS)}.", kind=kind
        )
    return KINDS[kind]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to do with each column of a kind, worked out once."""

    fields: dict[str, str]  # column name to field of the model
    parts: dict[str, dict[str, str]]  # JSON field to column name to key within it
    references: dict[str, Reference]
    amounts: tuple[str, ...]  # that may be agreed on later
    defaulted: frozenset[str]  # empty means the default: enumerations and counts


@cache
def _plan(kind: str) -> _Plan:
    columns = kind_entry(kind).columns
    schema = kind_entry(kind).row.model_fields
    parts: dict[str, dict[str, str]] = {}
    for column in columns:
        field, _, key = column.model_field.partition(".")
        if key:
            parts.setdefault(field, {})[column.name] = key
    return _Plan(
        fields={c.name: c.model_field for c in columns if c.model_field.isidentifier()},
        parts=parts,
        references={column.name: column.reference for column in columns if column.reference},
        amounts=tuple(
            c.name for c in columns if c.type_name == "amount" and c.model_field.isidentifier()
        ),
        defaulted=frozenset(
            name
            for name, info in schema.items()
            if not info.is_required()
            and (info.default or info.default == 0)
            and info.default_factory is None
        ),
    )


def check_row(
    kind: str,
    values: Mapping[str, Any],
    *,
    number: int = 0,
    adds: bool = False,
    look: SecondLook | None = None,
) -> CheckedRow:
    """Check the values of one row against its kind's schema.

    Parameters
    ----------
    look
        What is made of cells that the schema refuses; without it they are refused.

    Raises
    ------
    RowRefused
        With every reason.
    """
    entry, plan = kind_entry(kind), _plan(kind)
    for name in plan.defaulted:
        if name in values and is_missing(values[name]):
            values = {key: value for key, value in values.items() if key != name}
    try:
        row = entry.row.model_validate(values)
    except ValidationError as error:
        if look is None:
            raise advised(kind, reasons_of(error, values), values) from None
        row = look.validated(kind, values, error)
    given = frozenset(row.model_fields_set)
    held = row.__dict__
    if look is not None:
        look.doubt(kind, held, values)
        for name in plan.amounts:
            if held[name] is None and is_negotiable(values.get(name)):
                look.notes[f"not_agreed:{name}"] += 1
    fields: dict[str, Any] = {
        field: held[name] for name, field in plan.fields.items() if name in given
    }
    for field, parts in plan.parts.items():
        fields[field] = Parts(
            {key: _as_json(held[name]) for name, key in parts.items() if name in given}
        )
    if kind == "region":
        _complete_region(fields, held)
    elif kind == "grant":
        _check_policy(fields)
    references = [
        (reference, one_key(held[name]) if reference.by == "key" else held[name])
        for name, reference in plan.references.items()
        if name in given and held[name]
    ]
    return CheckedRow(
        number=number,
        kind=kind,
        source_key=one_key(held["source_key"]),
        fields=fields,
        references=references,
        given=given,
        digest=_digest(held, given),
        name_key=name_key(held["name"]) if kind == "organisation" else "",
        further_names=_further_names(held) if kind == "organisation" else (),
        adds=adds,
    )


def one_key(written: Any) -> Any:
    """A key that is a unified credit code in the one way to write it; any other as it stands.

    The same enterprise must not come twice because one month's file has its code in lower case.

    Examples
    --------
    >>> one_key("91350100m000100y43"), one_key("e-0001"), one_key(["P1", "P2"])
    ('91350100M000100Y43', 'e-0001', ['P1', 'P2'])
    """
    if not isinstance(written, str) or len("".join(written.split())) != _CODE_CHARACTERS:
        return written
    try:
        return parse_unified_code(written)
    except ValueRefused:
        return written


def _further_names(held: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    named = [
        *((_FORMER, name) for name in held["former_names"]),
        *((_ALIAS, name) for name in held["aliases"]),
        (_ENGLISH, held["name_en"]),
    ]
    return tuple((name_key(name), kind, name) for kind, name in named if name)


def _as_json(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value


def _complete_region(fields: dict[str, Any], held: dict[str, Any]) -> None:
    key, code = held["source_key"], fields.get("adcode") or held["source_key"]
    if code != key:
        raise RowRefused(
            (
                Reason(
                    field="adcode",
                    code="invalid_code",
                    message_zh=f"区划代码 {code} 与来源主键 {key} 不同，两者应一致。",
                    message_en=f"region code {code} differs from source key {key}; they are one.",
                    arrived=code,
                ),
            )
        )
    fields["adcode"] = code


def _check_policy(fields: dict[str, Any]) -> None:
    """Refuse a payment under a policy that nobody knows: it would count nowhere."""
    from silian.portal.industry.domain.policies import nearest_ids

    policy_id = fields.get("policy_id", "")
    near = nearest_ids(policy_id)
    if near is None or not policy_id:
        return
    hint_zh = f"是否为：{'、'.join(near)}？" if near else ""
    hint_en = f" Do you mean {', '.join(near)}?" if near else ""
    raise RowRefused(
        (
            Reason(
                field="policy_id",
                code="unknown_policy",
                message_zh=(
                    f"政策库中没有编号为“{policy_id}”的政策。{hint_zh}"
                    "编号见政策清单；政策入库后可重放本行。"
                ),
                message_en=(
                    f"no policy has the id {policy_id!r}.{hint_en} The list of policies has the "
                    "ids; replay the row once the policy is known."
                ),
                arrived=policy_id,
            ),
        )
    )


def _digest(held: Mapping[str, Any], given: frozenset[str]) -> str:
    content = repr([(name, held[name]) for name in _in_order(given)])
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@lru_cache(maxsize=10_000)
def _in_order(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
