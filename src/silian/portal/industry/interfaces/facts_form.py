"""The form of an enterprise's yearly facts: an input a fact, in the units that people use."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from silian.library.facts import FACTS, Fact, codes, fact_groups
from silian.portal.accounts.domain.access import Viewer
from silian.portal.bilingual import choose
from silian.portal.industry.domain.facts import REGISTERED, FactsRow
from silian.portal.industry.domain.facts_writing import DeclarationRefused, declare_facts
from silian.portal.industry.interfaces.fact_rows import UNIT_LABELS
from silian.portal.open_forms import OpenForm
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.models import Organisation

_WAN = Decimal(10_000)
_HUNDRED = Decimal(100)
_YES, _NO = "是", "否"
_NONE = "无"
#: Facts that the organisation's own record answers; they are mended there.
_OF_THE_RECORD = frozenset({"organisation_kind", "region_code"})


@dataclass(kw_only=True)
class FactInput:
    """One fact: what stands in its input, and what is wrong with it.

    Attributes
    ----------
    value
        Text, or a list of codes.
    locked
        Name of the authority whose verified value goes before anything declared; else empty.
    """

    fact: Fact
    value: Any
    locked: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.fact.code

    @property
    def label(self) -> str:
        return choose(self.fact.label_zh, self.fact.label_en)

    @property
    def unit(self) -> str:
        if self.fact.unit == "cny":
            return choose("万元", "10,000 yuan")
        return UNIT_LABELS.get(self.fact.unit, "")

    @property
    def none(self) -> str:
        """What a set of codes says that is known to be empty."""
        return _NONE

    @property
    def options(self) -> list[tuple[str, str]]:
        """Choices of a set of codes or of yes and no."""
        if self.fact.type == "boolean":
            return [(_YES, choose("是", "yes")), (_NO, choose("否", "no"))]
        known = codes(self.fact.codes)
        return [(one.code, choose(one.label_zh, one.label_en)) for one in known.values()]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactGroupInputs:
    """The inputs under one heading."""

    code: str
    label: str
    inputs: tuple[FactInput, ...]

    @property
    def known_count(self) -> int:
        return sum(one.value not in ("", [], None) for one in self.inputs)

    @property
    def has_errors(self) -> bool:
        return any(one.errors for one in self.inputs)


class FactsForm:
    """Inputs for one enterprise and year.

    Parameters
    ----------
    facts
        What is known now; only what is changed is declared anew.
    data
        What was posted, ``None`` to show the present values. ``was`` in it holds what the form
        showed: only what somebody changed is declared, and not over what changed meanwhile.
    """

    def __init__(self, facts: FactsRow, data: QueryDict | None = None) -> None:
        self.facts = facts
        self.errors: list[str] = []
        offered = [fact for fact in FACTS if not _is_registered(fact, facts)]
        locked = {fact.code: _locked(fact, facts) for fact in offered}
        sent = {
            fact.code: _posted(fact, data)
            for fact in offered
            if data is not None and not locked[fact.code] and _is_sent(fact, data)
        }
        self.opened = OpenForm(
            {fact.code: _shown(fact, facts.values.get(fact.code)) for fact in offered},
            posted=None if data is None else sent,
            data=data,
            labels={fact.code: choose(fact.label_zh, fact.label_en) for fact in offered},
            told={fact.code: _words_of(fact) for fact in offered if fact.type == "codes"},
        )
        self.inputs = {
            fact.code: FactInput(
                fact=fact, value=self.opened.values[fact.code], locked=locked[fact.code]
            )
            for fact in offered
        }

    @property
    def groups(self) -> list[FactGroupInputs]:
        """Inputs by heading, in the library's order."""
        found = []
        for group in fact_groups():
            own = tuple(one for one in self.inputs.values() if one.fact.group == group.code)
            if own:
                label = choose(group.label_zh, group.label_en)
                found.append(FactGroupInputs(code=group.code, label=label, inputs=own))
        return found

    @property
    def wrong(self) -> list[FactInput]:
        """Inputs with errors."""
        return [one for one in self.inputs.values() if one.errors]

    def changed(self) -> dict[str, Any]:
        """Facts that were changed, as the row schema reads them."""
        return {
            name: _raw(one.fact, one.value)
            for name, one in self.inputs.items()
            if name in self.opened.touched
        }

    def save(self, organisation: Organisation, viewer: Viewer) -> int | None:
        """Declare what was changed and say how many that were.

        ``None`` with errors at inputs, or with what others changed too (``opened.overtaken``).
        """
        values = self.changed()
        if self.opened.overtaken:
            return None
        if not values:
            return 0
        try:
            declare_facts(organisation, self.facts.year, values, viewer)
        except DeclarationRefused as refused:
            self.errors.append(choose(refused.message_zh, str(refused)))
            return None
        except RowRefused as refused:
            for reason in refused.reasons:
                entry = self.inputs.get(reason.field)
                (entry.errors if entry else self.errors).append(reason.message)
            return None
        return len(values)


def _is_registered(fact: Fact, facts: FactsRow) -> bool:
    """Whether the organisation's own record answers a fact: it is mended there."""
    origin = facts.origin.get(fact.code)
    told = origin is not None and origin.status == REGISTERED
    return told or fact.code in _OF_THE_RECORD


def _locked(fact: Fact, facts: FactsRow) -> str:
    origin = facts.origin.get(fact.code)
    if origin is None or origin.status != "verified" or fact.type == "codes":
        return ""
    return origin.register_name or origin.register_code


def _is_sent(fact: Fact, data: QueryDict) -> bool:
    # An unticked box sends nothing: the set's presence is sent beside it.
    return (f"{fact.code}:sent" if fact.type == "codes" else fact.code) in data


def _posted(fact: Fact, data: QueryDict) -> Any:
    return data.getlist(fact.code) if fact.type == "codes" else data.get(fact.code, "").strip()


def _words_of(fact: Fact) -> Callable[[Any], str]:
    known = codes(fact.codes)

    def told(value: Any) -> str:
        labels = {one.code: choose(one.label_zh, one.label_en) for one in known.values()}
        return "、".join(labels.get(code, code) for code in value)

    return told


def _shown(fact: Fact, value: Any) -> Any:
    """A value as its input shows it.

    Examples
    --------
    >>> from silian.library.facts import FACT
    >>> _shown(FACT["revenue_cny"], 12_345_678.0), _shown(FACT["titles"], ";a;b;")
    ('1234.5678', ['a', 'b'])
    """
    if fact.type == "codes":
        held = [one for one in str(value or "").split(";") if one]
        return held or ([_NONE] if value else [])
    if value is None:
        return ""
    if fact.type == "boolean":
        return _YES if value else _NO
    if fact.unit == "cny":
        return f"{(Decimal(str(value)) / _WAN).normalize():f}"
    if fact.unit == "rate":
        return f"{(Decimal(str(value)) * _HUNDRED).normalize():f}"
    if isinstance(value, float):
        return f"{Decimal(str(value)).normalize():f}"
    return str(value)


def _raw(fact: Fact, value: Any) -> Any:
    """What was typed, with the unit that the form's label promises."""
    if fact.type == "codes":
        chosen: Sequence[str] = [one for one in value if one != _NONE]
        return ";".join(chosen) or (_NONE if value else "")
    if not value:
        return ""
    last = value[-1]
    if fact.unit == "cny" and (last.isdigit() or last == "."):
        return f"{value}万元"
    if fact.unit == "rate" and (last.isdigit() or last == "."):
        return f"{value}%"
    return value
