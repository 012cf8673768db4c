"""What a scenario tries: values of parameters, or a draft."""

import math
from datetime import date
from typing import Any

from silian.engines.rules.values import Parameter, Policy
from silian.errors import EngineError
from silian.portal.bilingual import choose
from silian.portal.industry.domain.policy_texts import policy_of
from silian.portal.industry.models import PolicyDraft


class ScenarioRefused(EngineError, ValueError):
    """A scenario that can't be made or run; ``code`` says which guard refused."""

    def __init__(self, code: str, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.code = code
        self.message_zh = message_zh

    @property
    def message(self) -> str:
        """The message in the reader's language."""
        return choose(self.message_zh, str(self))


def draft_in_force(draft: PolicyDraft, as_of: date) -> Policy:
    """The policy of a draft, if it is valid on the day."""
    policy = policy_of(draft.content)
    ended = policy.valid_until is not None and policy.valid_until < as_of
    if policy.valid_from > as_of or ended:
        span = f"{policy.valid_from} – {policy.valid_until or '…'}"
        raise ScenarioRefused(
            "draft_not_valid",
            f"the draft is valid {span}, not on {as_of}; choose a day within.",
            message_zh=f"草案有效期为 {span}，不含 {as_of}，请选择有效期内的基准日。",
        )
    return policy


def tried(policy: Policy, name: str, value: Any) -> float | str | bool | date:
    """A value to try for a parameter, read as the parameter's own kind."""
    parameter = next((one for one in policy.parameters if one.parameter_id == name), None)
    if parameter is None or not parameter.values:
        known = ", ".join(one.parameter_id for one in policy.parameters) or "none"
        raise ScenarioRefused(
            "unknown_parameter",
            f"parameter is {name!r}; {policy.policy_id} has: {known}.",
            message_zh=f"政策 {policy.policy_id} 没有参数 {name}，可用：{known}。",
        )
    try:
        return _as_kind(parameter, value)
    except (KeyError, TypeError, ValueError):
        kind = type(parameter.values[0].value).__name__
        raise ScenarioRefused(
            "parameter_kind",
            f"{name} is {value!r}; expected a {kind} such as {parameter.values[-1].value!r}.",
            message_zh=(
                f"参数“{parameter.label_zh}”的值 {value!r} 无效，应与"
                f" {parameter.values[-1].value!r} 同类。"
            ),
        ) from None


def _as_kind(parameter: Parameter, value: Any) -> float | str | bool | date:
    present = parameter.values[-1].value
    if isinstance(present, bool):
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False}[str(value).strip().lower()]
    if isinstance(present, date):
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    if isinstance(present, int | float):
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(value)
        return number
    return str(value)


def kept(value: float | str | bool | date) -> float | str | bool:
    """A value as it is kept with the scenario."""
    return value.isoformat() if isinstance(value, date) else value
