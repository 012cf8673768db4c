"""What people state of an enterprise's year: declared by itself, confirmed by the operator."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from silian.errors import EngineError
from silian.library.facts import FACT
from silian.portal.audit import domain as audit
from silian.portal.industry.domain.facts import read_years
from silian.portal.industry.domain.facts_statements import DeclarationRefused, check_declared
from silian.portal.industry.domain.facts_values import (
    VERIFIED_REGISTER,
    by_precedence,
    joined,
    typed,
)
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer
    from silian.portal.registry.domain.upsert import UpsertResult

__all__ = [
    "ChangedFact",
    "DeclarationRefused",
    "FactsChanged",
    "NothingToVerify",
    "UnknownFactCode",
    "declare_facts",
    "read_fact",
    "stated_facts",
    "verify_facts",
]


class UnknownFactCode(EngineError, ValueError):
    """A fact that the library doesn't have."""

    code = "unknown_fact"

    def __init__(self, fact: str) -> None:
        near = difflib.get_close_matches(fact, list(FACT), n=3)
        hint_en = f" Do you mean {', '.join(near)}?" if near else ""
        super().__init__(
            f"fact is {fact!r}; expected a code of library/facts.yaml such as revenue_cny.{hint_en} "
            "Derived facts (last year, mean, growth) follow by themselves.",
            fact=fact,
        )
        hint_zh = f"是否为：{'、'.join(near)}？" if near else ""
        self.message_zh = (
            f"没有代码为“{fact}”的数据项。{hint_zh}上年、均值、增长率等由系统推算，无需填写。"
        )


class NothingToVerify(EngineError, ValueError):
    """None of the named facts is known of that year."""

    code = "nothing_to_verify"

    def __init__(self, organisation: Organisation, year: int) -> None:
        super().__init__(
            f"nothing is known of {organisation.public_id} in {year} to be verified. Name facts "
            "that a register or the enterprise has told, or give their values."
        )
        self.message_zh = f"{organisation.name} {year} 年没有可核实的数据，请选择已知的数据项。"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFact:
    """A fact that is no longer what somebody saw; ``None`` where it isn't or wasn't known."""

    code: str
    shown: Any
    now: Any


class FactsChanged(EngineError, ValueError):
    """Facts were changed between being read and being confirmed; ``changed`` holds both."""

    code = "facts_changed"

    def __init__(self, changed: tuple[ChangedFact, ...]) -> None:
        told = "; ".join(f"{one.code} was {one.shown!r}, is {one.now!r}" for one in changed)
        super().__init__(
            f"facts were changed after they were read: {told}. Look at them again and confirm "
            "what holds."
        )
        said = "；".join(
            f"{FACT[one.code].label_zh}原为 {one.shown!r}，现为 {one.now!r}" for one in changed
        )
        self.message_zh = f"数据在您查看之后有变动：{said}。请重新核对后再确认。"
        self.changed = changed


def declare_facts(
    organisation: Organisation, year: int, values: Mapping[str, Any], viewer: "Viewer"
) -> "UpsertResult":
    """Keep what an enterprise (or the operator for it) states of a year, checked as imports are.

    Parameters
    ----------
    values
        Facts by code, raw or typed; one that is empty is unknown again.

    Raises
    ------
    UnknownFactCode
        If a code is none of the library's.
    DeclarationRefused
        If the year lies ahead, or a register tells the fact of the organisation itself.
    silian.portal.registry.domain.reasons.RowRefused
        If a value is wrong.
    """
    _check_codes(values)
    check_declared(organisation, year, values, viewer)
    with transaction.atomic():
        result = _save(organisation, year, values, viewer, "portal", EnterpriseYear.Status.DECLARED)
        audit.log("facts.declare", viewer, organisation.public_id, year=year, codes=sorted(values))
    return result


def stated_facts(organisation: Organisation, year: int) -> dict[str, Any]:
    """What the rows of a year state together, by code, as JSON has it: what can be confirmed."""
    stated, _, _ = read_years(organisation)
    present = joined(by_precedence(row for row in stated if row.year == year))
    return {code: value for code, value in present.items() if code in FACT}


def verify_facts(
    organisation: Organisation,
    year: int,
    viewer: "Viewer",
    *,
    codes: Sequence[str] | None = None,
    values: Mapping[str, Any] | None = None,
    shown: Mapping[str, Any] | None = None,
) -> "UpsertResult":
    """Confirm facts of a year: the values that were seen go before later declarations.

    Parameters
    ----------
    codes
        Facts that hold; by default all that were shown, or that any year's row states.
    values
        Facts that the operator found to be otherwise, by code.
    shown
        What the viewer saw and confirms, by code. Without it, as a program may, what is known
        at this moment is confirmed.

    Raises
    ------
    FactsChanged
        If one of the facts is no longer what was shown.
    NothingToVerify
        If none of the facts is known and none is given.
    """
    corrected = dict(values or {})
    _check_codes([*(codes or ()), *corrected, *(shown or ())])
    present = stated_facts(organisation, year)
    seen = present if shown is None else shown
    wanted = [code for code in (seen if codes is None else codes) if code not in corrected]
    _check_unchanged(wanted, seen, present)
    confirmed = {code: present[code] for code in wanted if code in present} | corrected
    if not confirmed:
        raise NothingToVerify(organisation, year)
    status = EnterpriseYear.Status.VERIFIED
    with transaction.atomic():
        result = _save(organisation, year, confirmed, viewer, VERIFIED_REGISTER, status)
        audit.log(
            "facts.verify",
            viewer,
            organisation.public_id,
            year=year,
            codes=sorted(confirmed),
            corrected=sorted(corrected),
        )
    return result


def _check_unchanged(
    codes: Sequence[str], seen: Mapping[str, Any], present: Mapping[str, Any]
) -> None:
    changed = tuple(
        ChangedFact(code=code, shown=seen.get(code), now=present.get(code))
        for code in codes
        if read_fact(code, seen.get(code)) != read_fact(code, present.get(code))
    )
    if changed:
        raise FactsChanged(changed)


def read_fact(code: str, value: Any) -> Any:
    """A value as clauses read it, also where codes come as they are shown (``;a;b;``)."""
    if FACT[code].type == "codes" and isinstance(value, str):
        value = [part for part in value.split(";") if part]
    return typed(FACT[code], value)


def _check_codes(codes: Any) -> None:
    for code in codes:
        if code not in FACT:
            raise UnknownFactCode(str(code))


def _save(
    organisation: Organisation,
    year: int,
    values: Mapping[str, Any],
    viewer: "Viewer",
    register_code: str,
    status: str,
) -> "UpsertResult":
    from silian.portal.registry.domain.upsert import register_of, save_record

    if register_code == VERIFIED_REGISTER:
        register_of(VERIFIED_REGISTER, "平台核实", name_en="Verified by the operator")
    return save_record(
        "enterprise_year",
        {**values, "organisation_key": organisation.public_id, "year": year, "status": status},
        register_code=register_code,
        source_key=f"{organisation.public_id}:{year}",
        viewer=viewer,
        owner=organisation,
    )
