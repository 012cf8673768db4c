"""Which version of a policy and which value of a parameter hold on a day."""

from collections.abc import Mapping, Sequence
from datetime import date

from silian.engines.rules.errors import PolicyError
from silian.engines.rules.values import Parameter, Policy
from silian.tables.clauses import nearest_name

Overrides = Mapping[tuple[str, str], float | str | bool | date]


def versions_on(policies: Sequence[Policy], as_of: date) -> tuple[list[Policy], tuple[Policy, ...]]:
    """Versions in force, and of every other policy the last before the day, or else the next.

    Raises
    ------
    PolicyError
        If two versions of one policy are in force.
    """
    versions: dict[str, list[Policy]] = {}
    for policy in policies:
        versions.setdefault(policy.policy_id, []).append(policy)
    chosen, resting = [], []
    for policy_id, dated in versions.items():
        current = [one for one in dated if is_in_force(one, as_of)]
        if len(current) > 1:
            raise PolicyError(
                "policy_versions_overlap",
                f"{len(current)} versions are in force on {as_of}; end one before the next begins",
                f"{as_of} 有 {len(current)} 个版本同时有效，请先结束前一版本",
                policy_id=policy_id,
                place="valid_from",
            )
        if current:
            chosen.append(current[0])
            continue
        past = [one for one in dated if one.valid_from <= as_of]
        resting.append(
            max(past, key=lambda one: one.valid_from)
            if past
            else min(dated, key=lambda one: one.valid_from)
        )
    return chosen, tuple(resting)


def is_in_force(policy: Policy, as_of: date) -> bool:
    """Whether a version holds on a day; both ends are included."""
    return policy.valid_from <= as_of and (
        policy.valid_until is None or as_of <= policy.valid_until
    )


def check_overrides(policies: Sequence[Policy], overrides: Overrides) -> None:
    """Refuse overrides of policies or parameters that are not there.

    Raises
    ------
    PolicyError
        With the near name that was probably meant.
    """
    known: dict[str, set[str]] = {}
    for policy in policies:
        ids = known.setdefault(policy.policy_id, set())
        ids.update(parameter.parameter_id for parameter in policy.parameters)
    for policy_id, parameter_id in overrides:
        if parameter_id in known.get(policy_id, ()):
            continue
        near = nearest_name(parameter_id, known.get(policy_id, ()))
        near = near if policy_id in known else nearest_name(policy_id, known)
        raise PolicyError(
            "policy_unknown_parameter",
            f"there is no parameter {parameter_id!r} to override"
            + (f"; did you mean {near}?" if near else ""),
            f"没有可改写的参数“{parameter_id}”" + (f"，是否为 {near}？" if near else ""),
            policy_id=policy_id,
            place=f"overrides[{parameter_id}]",
            suggestion=near,
        )


def days_of_change(policy: Policy) -> tuple[date, ...]:
    """Days on which a version begins or one of its figures changes, earliest first.

    What compiles on these days compiles on every day of the version.
    """
    days = {policy.valid_from}
    days.update(value.valid_from for one in policy.parameters for value in one.values)
    return tuple(sorted(day for day in days if is_in_force(policy, day)))


def value_on(parameter: Parameter, as_of: date) -> float | str | bool | date | None:
    """Value of a parameter on a day: the latest that began, ``None`` before the first."""
    begun = [one for one in parameter.values if one.valid_from <= as_of]
    return max(begun, key=lambda one: one.valid_from).value if begun else None
