"""What a policy file must keep beyond its form: days, names, sources, expressions."""

import re
from datetime import date
from typing import Literal

from silian.engines.rules import PolicyError, check_policy, days_of_change
from silian.library.expression_checks import ConstantValue, ExpressionChecks, taken_names
from silian.library.facts import codes, fact_schema
from silian.library.marked_yaml import MarkedDocument, Place
from silian.library.policy_models import Figure, ParameterFile, PolicyFile
from silian.library.source_model import ClauseSource, DocumentSource

_LARGEST_RATE = 1.0
_PLACE_PART = re.compile(r"([a-z_]+)(?:\[(\d+)\])?")


def lint_policy_file(document: MarkedDocument, policy: PolicyFile) -> None:
    """Report everything that is wrong with a policy whose form is right."""
    _check_days(document, policy)
    _check_kind(document, policy)
    _check_source(document, policy)
    constants = _check_parameters(document, policy)
    _check_names(document, policy)
    checks = ExpressionChecks(document, fact_schema(), constants=constants)
    _check_expressions(checks, policy)
    for name in policy.parameters:
        # a class hands its figures to other engines
        if name not in checks.used and policy.kind != "class" and not document.problems:
            document.report(
                document.mark(("parameters", name), of_key=True),
                "unused_parameter",
                (
                    f"参数 {name} 没有被任何表达式使用。",
                    f"No expression names the parameter {name}.",
                ),
                ("删去它，或在条件、金额中引用它。", "Remove it, or name it in a condition."),
                ("parameters", name),
            )
    if not document.problems:
        _check_compiled(document, policy)


def _check_compiled(document: MarkedDocument, policy: PolicyFile) -> None:
    """Compile the policy for every day on which something in it changes, as the portal will."""
    value, told = policy.value(), set()
    for day in days_of_change(value):
        for error in check_policy(value, fact_schema(), as_of=day):
            place = _place_in_file(policy, error.details["place"])
            if (error.code, place) in told:
                continue
            told.add((error.code, place))
            document.report(
                document.mark(place),
                error.code,
                (f"自 {day} 起：{error.message_zh}。", f"From {day}: {error.reason}."),
                _remedy(error),
                place,
            )


def _remedy(error: PolicyError) -> tuple[str, str]:
    if error.code in {"policy_id_reserved", "policy_duplicate_id", "policy_name_taken"}:
        return "换一个名字。", "Choose another name."
    return "核对表达式与所用参数在该日的取值。", "Mend the expression, or the figures of that day."


def _place_in_file(policy: PolicyFile, place: str) -> Place:
    """``conditions[2].expression`` as the file has it: by the name, not the number."""
    found: list[str | int] = []
    part: object = policy
    for word, number in _PLACE_PART.findall(place):
        part = getattr(part, word, None)
        found.append(word)
        if number and isinstance(part, dict):
            name = list(part)[int(number)]
            part = part[name]
            found.append(name)
    return tuple(found)


def _check_days(document: MarkedDocument, policy: PolicyFile) -> None:
    if policy.valid_until and policy.valid_until < policy.valid_from:
        document.report(
            document.mark(("valid_until",)),
            "dates_reversed",
            (
                f"失效日 {policy.valid_until} 早于生效日 {policy.valid_from}。",
                f"valid_until {policy.valid_until} is before valid_from {policy.valid_from}.",
            ),
            ("核对两个日期。", "Hold both days against the document."),
            ("valid_until",),
        )
    for side in ("opens", "closes") if policy.window else ():
        day: str = getattr(policy.window, side)
        try:
            date.fromisoformat(f"2024-{day}")
        except ValueError:
            document.report(
                document.mark(("window", side)),
                "no_such_day",
                (f"没有 {day} 这一天。", f"There is no day {day}."),
                ('写成月-日，如 "03-31"。', 'Write month and day, such as "03-31".'),
                ("window", side),
            )


def _check_kind(document: MarkedDocument, policy: PolicyFile) -> None:
    def report(key: str, code: str, message: tuple[str, str], remedy: tuple[str, str]) -> None:
        document.report(document.mark((key,), of_key=True), code, message, remedy, (key,))

    if policy.kind == "title":
        if policy.title_code is None:
            report(
                "kind",
                "title_without_code",
                ("资质类政策没有写 title_code。", "A policy of kind title names no title_code."),
                ("写上它授予的资质代码。", "Write the code of the title that it grants."),
            )
        elif policy.title_code not in codes("titles") and policy.title_code not in codes(
            "platforms"
        ):
            report(
                "title_code",
                "unknown_code",
                (
                    f"没有资质或平台代码 {policy.title_code}。",
                    f"No title or platform has the code {policy.title_code}.",
                ),
                (
                    "从 codes/titles.yaml、codes/platforms.yaml 中选，或先在那里登记。",
                    "Choose from codes/titles.yaml or codes/platforms.yaml, or enter it there.",
                ),
            )
    elif policy.title_code is not None:
        report(
            "title_code",
            "title_code_unfitting",
            (
                f"{policy.kind} 类政策不授予资质。",
                f"A policy of kind {policy.kind} grants no title.",
            ),
            ("删去 title_code，或把 kind 改为 title。", "Remove title_code, or make kind title."),
        )
    if policy.kind == "money" and policy.amount is None:
        report(
            "kind",
            "money_without_amount",
            ("资金类政策没有写金额。", "A policy of kind money has no amount."),
            ("写上 amount 及其 tiers。", "Write amount with its tiers."),
        )
    if policy.kind != "money":
        for key in ("amount", "budget"):
            if getattr(policy, key) is not None:
                report(
                    key,
                    "amount_unfitting",
                    (
                        f"{policy.kind} 类政策不应有 {key}。",
                        f"A policy of kind {policy.kind} has no {key}.",
                    ),
                    (
                        "把奖补另写成一份 kind: money 的政策。",
                        "Write the payment as a policy of its own, of kind money.",
                    ),
                )


def _check_source(document: MarkedDocument, policy: PolicyFile) -> None:
    source = policy.source
    if not (source.link or source.document_number):
        document.report(
            document.mark(("source",), of_key=True),
            "source_not_traceable",
            (
                "出处既没有文号也没有网址。",
                "The source has neither a document number nor a link.",
            ),
            ("至少写一样，读者才能找到原文。", "Write one of them, so that readers find the text."),
            ("source",),
        )
    else:
        _check_verified(document, policy)
    for name, condition in policy.conditions.items():
        clause = condition.source
        if not (clause.article or clause.quote_zh):
            place: Place = ("conditions", name, "source")
            document.report(
                document.mark(place, of_key=True),
                "clause_not_named",
                (
                    f"条件 {name} 没有写条款或原文。",
                    f"The condition {name} names neither an article nor the words.",
                ),
                ("写上 article 或 quote_zh。", "Write article or quote_zh."),
                place,
            )


def _check_verified(document: MarkedDocument, policy: PolicyFile) -> None:
    """Refuse what says that it was read in a published copy, and not where."""
    if policy.source.link:
        return
    sources: list[tuple[Place, ClauseSource | DocumentSource | None]] = [
        (("source",), policy.source),
        *((("conditions", name, "source"), one.source) for name, one in policy.conditions.items()),
        *((("parameters", name, "source"), one.source) for name, one in policy.parameters.items()),
    ]
    for place, source in sources:
        if source is not None and source.verified and not source.link:
            document.report(
                document.mark((*place, "verified")),
                "verified_without_link",
                (
                    "verified 为 true，却没有写读到它的网址。",
                    "verified is true, but no link says where it was read.",
                ),
                (
                    "写上 link；没有读过网上公布的文本就写 verified: false。",
                    "Write link, or verified: false where no published copy was read.",
                ),
                (*place, "verified"),
            )


def _check_parameters(document: MarkedDocument, policy: PolicyFile) -> dict[str, ConstantValue]:
    constants: dict[str, ConstantValue] = {}
    for name, parameter in policy.parameters.items():
        place: Place = ("parameters", name)
        if (parameter.value is None) == (not parameter.values):
            document.report(
                document.mark(place, of_key=True),
                "parameter_value",
                (
                    f"参数 {name} 要么写 value，要么写 values。",
                    f"The parameter {name} needs either value or values.",
                ),
                (
                    "一直不变写 value，按日期变化写 values。",
                    "Write value where it never changed, values where it did.",
                ),
                place,
            )
            continue
        _check_dated_values(document, policy, name, parameter)
        _check_unit(document, place, parameter)
        first = parameter.value if parameter.value is not None else _first(policy, parameter)
        constants[name] = first
    return constants


def _first(policy: PolicyFile, parameter: ParameterFile) -> Figure:
    before = [one for one in parameter.values if one.valid_from <= policy.valid_from]
    return (before or parameter.values)[-1 if before else 0].value


def _check_dated_values(
    document: MarkedDocument, policy: PolicyFile, name: str, parameter: ParameterFile
) -> None:
    if not parameter.values:
        return
    days = [one.valid_from for one in parameter.values]
    place: Place = ("parameters", name, "values")
    if days != sorted(set(days)):
        document.report(
            document.mark(place, of_key=True),
            "values_out_of_order",
            (
                f"参数 {name} 的各值没有按日期先后排列，或日期重复。",
                f"The values of {name} are not in the order of their days, or a day is doubled.",
            ),
            ("按 valid_from 从早到晚排列。", "Order them by valid_from, the earliest first."),
            place,
        )
    if min(days) > policy.valid_from:
        document.report(
            document.mark((*place, 0, "valid_from")),
            "no_value_on_first_day",
            (
                f"政策 {policy.valid_from} 生效，参数 {name} 到 {min(days)} 才有值。",
                f"The policy begins on {policy.valid_from}, {name} has no value before {min(days)}.",
            ),
            ("补上生效日起的值。", "Add the value that holds from the first day."),
            place,
        )
    kinds = {_kind(one.value) for one in parameter.values}
    if len(kinds) > 1:
        document.report(
            document.mark(place, of_key=True),
            "values_of_several_types",
            (f"参数 {name} 的各值类型不同。", f"The values of {name} are of several types."),
            ("统一为一种类型。", "Make them all of one type."),
            place,
        )


def _kind(value: Figure) -> Literal["boolean", "number", "date", "text"]:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "date" if isinstance(value, date) else "text"


def _check_unit(document: MarkedDocument, place: Place, parameter: ParameterFile) -> None:
    written = [(("value",), parameter.value)] if parameter.value is not None else []
    written += [(("values", i, "value"), one.value) for i, one in enumerate(parameter.values)]  # type: ignore[misc]
    for below, value in written:
        at: Place = (*place, *below)
        kind = _kind(value)
        if parameter.unit in {"text", "date"}:
            wanted: str = parameter.unit
        else:
            wanted = "number" if parameter.unit else kind
        if kind != wanted:
            document.report(
                document.mark(at),
                "value_unlike_unit",
                (
                    f"单位是 {parameter.unit}，值却是 {value}。",
                    f"The unit is {parameter.unit}, but the value is {value}.",
                ),
                ("使值与单位一致。", "Let value and unit agree."),
                at,
            )
        elif parameter.unit == "cny" and isinstance(value, int | float) and value < 0:
            document.report(
                document.mark(at),
                "negative_amount",
                (f"金额写成了 {value}。", f"The amount is {value}."),
                (
                    "金额写不小于 0 的数，减号写在表达式里。",
                    "Write 0 or more; subtract in expressions.",
                ),
                at,
            )
        elif parameter.unit == "rate" and isinstance(value, int | float) and value > _LARGEST_RATE:
            document.report(
                document.mark(at),
                "percent_not_fraction",
                (
                    f"比例写成了 {value}，比例一律用小数。",
                    f"The rate is {value}; rates are fractions.",
                ),
                (
                    f"若指 {value}%，写 {value / 100:g}；若是倍数，单位留空。",
                    f"For {value} % write {value / 100:g}; for a multiple leave the unit empty.",
                ),
                at,
            )


def _check_names(document: MarkedDocument, policy: PolicyFile) -> None:
    taken = taken_names()
    for group in ("parameters", "lets"):
        for name in getattr(policy, group):
            place: Place = (group, name)
            both = group == "lets" and name in policy.parameters
            if name in taken or both:
                document.report(
                    document.mark(place, of_key=True),
                    "name_taken",
                    (
                        f"名字 {name} 已用于事实、保留字或参数。",
                        f"The name {name} already belongs to a fact, a parameter or the language.",
                    ),
                    ("换一个名字。", "Choose another name."),
                    place,
                )


def _check_expressions(checks: ExpressionChecks, policy: PolicyFile) -> None:
    names = list(policy.lets)
    for number, (name, one) in enumerate(policy.lets.items()):
        checks.later_names = tuple(names[number:])
        cited = one.source is not None
        checks.let(("lets", name, "expression"), name, one.expression, figures_allowed=cited)
    checks.later_names = ()
    for name, condition in policy.conditions.items():
        checks.check(("conditions", name, "expression"), condition.expression, "boolean")
    if policy.amount:
        for group in ("tiers", "top_ups"):
            more: dict[str, ConstantValue] = {"base_amount_cny": 1.0} if group == "top_ups" else {}
            for name, payment in getattr(policy.amount, group).items():
                place: Place = ("amount", group, name)
                checks.check((*place, "when"), payment.when, "boolean")
                checks.check(
                    (*place, "amount_cny"), payment.amount_cny, "number", more_constants=more
                )
        for name, cap in policy.amount.caps.items():
            checks.check(("amount", "caps", name, "limit_cny"), cap.limit_cny, "number")
    if policy.budget:
        checks.check(
            ("budget", "amount_cny"), policy.budget.amount_cny, "number", facts_allowed=False
        )
