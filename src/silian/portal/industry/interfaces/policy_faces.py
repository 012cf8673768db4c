"""A policy and an answer as pages show them: names beside figures, clauses beside conditions."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from silian.library.facts import FACT, FACTS, SUBJECTS, codes, fact_schema
from silian.portal.bilingual import both, choose
from silian.portal.registry.models import OrganisationKind

_WORD = re.compile(r"'([^']*)'|\b[a-z]\w*")
KIND_LABELS = {
    "money": both("资金", "Money"),
    "title": both("资质认定", "Title"),
    "class": both("分档", "Class"),
}
STANDING_LABELS = {
    "entitled": both("可享", "Entitled"),
    "near": both("接近", "Near"),
    "unknown": both("待补数据", "Data missing"),
    "far": both("较远", "Far"),
}
STANDING_TAGS = {"entitled": "good", "near": "warn", "unknown": "info", "far": ""}
RULE_LABELS = {
    "exclusive": both("只能择一享受", "only one of them"),
    "at_most": both("最多同享若干项", "at most so many of them"),
    "cap": both("合计不超过上限", "their sum is capped"),
    "difference": both("就高补差，不重复享受", "the highest counts, less what was paid"),
}
RATIONING_LABELS = {
    "first_come": both("先到先得", "first come, first served"),
    "pro_rata": both("按比例分配", "shared in proportion"),
    "by_score": both("按得分高低", "by score"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedValue:
    """A fact, a parameter or a named expression with the value it has.

    Attributes
    ----------
    kind
        ``fact``, ``parameter``, ``let`` or ``""``.
    """

    name: str
    label: str
    value: Any
    unit: str
    kind: str


class Names:
    """Labels and units of all that a policy's expressions name."""

    def __init__(self, policy: Any) -> None:
        self._known: dict[str, tuple[str, str, str]] = {
            "as_of": (choose("基准日", "Day"), "", ""),
            "base_amount_cny": (choose("基础金额", "Base amount"), "cny", ""),
        }
        for one in policy.parameters:
            self._known[one.parameter_id] = (
                choose(one.label_zh, one.label_en),
                one.unit,
                "parameter",
            )
        for one in policy.lets:
            self._known[one.let_id] = (choose(one.label_zh, one.label_en), one.unit, "let")

    def named(self, name: str, value: Any = None) -> NamedValue:
        """One name with its value as people read it."""
        label, unit, kind = self._known.get(name) or _fact_names(name)
        return NamedValue(
            name=name, label=label, value=shown_codes(name, value), unit=unit, kind=kind
        )

    def read(self, expression: str) -> str:
        """An expression with names in place of ids, for readers of documents."""
        return _WORD.sub(self._read, expression)

    def _read(self, found: re.Match[str]) -> str:
        if found[1] is not None:
            return f"“{_code_label(found[1])}”"
        known = self._known.get(found[0])
        return known[0] if known else _fact_names(found[0])[0]

    def all(self, values: Iterable[tuple[str, Any]]) -> list[NamedValue]:
        """Names with their values, in their order."""
        return [self.named(name, value) for name, value in values]


def _fact_names(name: str) -> tuple[str, str, str]:
    # Codes of agencies and facilities are other words than those of enterprises.
    schemas = (fact_schema(subject) for subject in SUBJECTS)
    schema = next((one for one in schemas if name in one), None)
    if schema is None:
        return name, "", ""
    column = schema[name]
    return choose(column.label_zh, column.label_en), column.unit, "fact"


def shown_codes(name: str, value: Any) -> Any:
    """A set of codes by the names of its members, a kind by its name; any other value as it is.

    Examples
    --------
    >>> shown_codes("titles", ";"), shown_codes("revenue_cny", 3.0)
    ('无', 3.0)
    """
    fact = FACT.get(name)
    if name == "organisation_kind" and value in OrganisationKind.values:
        return str(OrganisationKind(value).label)
    if fact is None or not fact.codes or not isinstance(value, str):
        return value
    known = codes(fact.codes)
    held = [one for one in value.split(";") if one]
    names = [choose(known[o].label_zh, known[o].label_en) if o in known else o for o in held]
    return choose("、", ", ").join(names) or choose("无", "none")


def _code_label(code: str) -> str:
    if code in OrganisationKind.values:
        return str(OrganisationKind(code).label)
    for fact in FACTS:
        known = codes(fact.codes).get(code) if fact.codes else None
        if known is not None:
            return choose(known.label_zh, known.label_en)
    return code


def fact_label(code: str) -> str:
    """Name of a fact in the reader's language."""
    return _fact_names(code)[0]


def condition_rows(policy: Any, answers: Iterable[Any] = ()) -> list[dict[str, Any]]:
    """Every condition of a policy; with answers, how it stands and by which figures."""
    names = Names(policy)
    by_id = {one.condition.condition_id: one for one in answers}
    rows = []
    for condition in policy.conditions:
        answer = by_id.get(condition.condition_id)
        rows.append(
            {
                "condition": condition,
                "reading": names.read(condition.expression),
                "standing": answer.standing if answer else "",
                "values": names.all(answer.values) if answer else [],
                "missing": [fact_label(code) for code in answer.missing] if answer else [],
            }
        )
    return rows


def parameter_rows(parameters: Iterable[Any], as_of: date) -> list[dict[str, Any]]:
    """Figures of a policy with the value of the day and every dated one."""
    return [
        {
            "parameter": one.parameter,
            "today": one.value,
            "history": sorted(one.parameter.values, key=lambda value: value.valid_from),
            "later": any(value.valid_from > as_of for value in one.parameter.values),
        }
        for one in parameters
    ]


def trace_rows(answer: Any) -> list[dict[str, Any]]:
    """Steps of an amount with their figures by name."""
    names = Names(answer.policy)
    return [
        {
            "step": step,
            "reading": names.read(step.expression),
            "values": names.all(step.values),
        }
        for step in answer.trace
    ]


def amount_rows(policy: Any) -> list[dict[str, Any]]:
    """Tiers, top-ups and caps of an amount, each with when it counts and what it says."""
    if policy.amount is None:
        return []
    names = Names(policy)
    rows = [
        *(("", one, one.when, one.amount_cny) for one in policy.amount.tiers),
        *(
            (choose("上浮：", "Top-up: "), one, one.when, one.amount_cny)
            for one in policy.amount.top_ups
        ),
        *((choose("上限：", "Cap: "), one, "", one.limit_cny) for one in policy.amount.caps),
    ]
    return [
        {
            "prefix": prefix,
            "part": part,
            "when": when,
            "when_reading": names.read(when),
            "amount": amount,
            "amount_reading": names.read(amount),
        }
        for prefix, part, when, amount in rows
    ]


def let_rows(policy: Any) -> list[dict[str, Any]]:
    """Named expressions of a policy."""
    names = Names(policy)
    return [{"let": one, "reading": names.read(one.expression)} for one in policy.lets]


def budget_face(page: Any) -> dict[str, Any] | None:
    """Money set apart, with its value where a parameter names it, and how it is shared."""
    budget = page.policy.budget
    if budget is None:
        return None
    today = {one.parameter.parameter_id: one.value for one in page.parameters}
    value = today.get(budget.amount_cny)
    return {
        "budget": budget,
        "amount_cny": value.value if value else None,
        "reading": Names(page.policy).read(budget.amount_cny),
        "rationing": RATIONING_LABELS[budget.rationing],
    }


def waterfall(answer: Any, earlier: Any = None) -> dict[str, Any] | None:
    """Data of the chart of an amount less earlier payments; ``None`` with nothing to draw."""
    if not answer.trace or not answer.amount_cny:
        return None
    steps: list[Mapping[str, Any]] = [
        {"name": choose(step.label_zh, step.label_en), "value": step.amount_cny}
        for step in answer.trace
        if step.amount_cny or step.kind != "rounding"
    ]
    left = answer.amount_cny
    if earlier is not None:
        left = earlier.left_cny
        steps.append({"name": choose("以前年度已付", "Paid earlier"), "value": -earlier.amount_cny})
    total = {"name": choose("合计", "Total"), "value": left, "total": True}
    return {"unit": "cny", "steps": [*steps, total]}


def group_rows(groups: Iterable[Any], as_of: date) -> list[dict[str, Any]]:
    """Stacking groups with what each means and its members by name."""
    from silian.portal.industry.domain.policies import policies_in_force, policy_label

    labels = {one.policy_id: policy_label(one) for one in policies_in_force(as_of)}
    return [
        {
            "group": group,
            "rule": RULE_LABELS[group.rule],
            "members": [
                (policy_id, labels[policy_id])
                for policy_id in group.policy_ids
                if policy_id in labels
            ],
        }
        for group in groups
    ]


def region_names(adcodes: Iterable[str]) -> dict[str, str]:
    """Where policies hold, by region code; no code is the whole country."""
    from silian.portal.registry.models import Region

    wanted = set(adcodes)
    rows = Region.objects.filter(adcode__in=wanted).values_list("adcode", "name", "name_en")
    known = {adcode: choose(name, name_en or name) for adcode, name, name_en in rows}
    return {code: known.get(code, code) if code else choose("全国", "National") for code in wanted}
