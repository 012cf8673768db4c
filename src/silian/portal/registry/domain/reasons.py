"""Why a row was refused: one reason a field, in both languages."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import ValidationError

from silian.errors import EngineError
from silian.portal.bilingual import choose
from silian.tables.values import ValueRefused, shorten


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that is wrong with a row, and how to mend it."""

    field: str
    code: str
    message_zh: str
    message_en: str
    arrived: str = ""

    @property
    def message(self) -> str:
        """The message in the reader's language."""
        return choose(self.message_zh, self.message_en)

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class RowRefused(EngineError, ValueError):
    """A row that can't become a record; ``reasons`` names everything that is wrong with it."""

    code = "row_refused"

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        shown = "; ".join(f"{reason.field}: {reason.message_en}" for reason in reasons)
        super().__init__(f"the row is refused: {shown}", reasons=[r.as_dict() for r in reasons])
        self.reasons = reasons


# Pydantic's own errors, told in two languages: (Chinese, English), with its context as fields.
_TOLD = {
    "missing": ("必填，未提供。", "required, but not given. Fill the column."),
    "string_too_short": ("必填，不能为空。", "required, but empty. Fill the cell."),
    "string_too_long": (
        "共 {length} 个字符，最多 {max_length} 个，请缩短。",
        "has {length} characters; at most {max_length} are allowed. Shorten it.",
    ),
    "greater_than_equal": (
        "收到“{arrived}”，应不小于 {ge}。",
        "arrived {arrived}; expected at least {ge}.",
    ),
    "less_than_equal": (
        "收到“{arrived}”，应不大于 {le}。",
        "arrived {arrived}; expected at most {le}.",
    ),
    "less_than": ("收到“{arrived}”，应小于 {lt}。", "arrived {arrived}; expected less than {lt}."),
    "extra_forbidden": (
        "没有这一列，请改用模板中的列名或删除。",
        "no such column; use a heading of the template or leave it out.",
    ),
}


def reasons_of(error: ValidationError, values: Mapping[str, Any]) -> tuple[Reason, ...]:
    """Reasons behind a pydantic error."""
    return tuple(
        _reason(str(item["loc"][0]) if item["loc"] else "", dict(item), values)
        for item in error.errors(include_url=False)
    )


def _reason(field: str, item: dict[str, Any], values: Mapping[str, Any]) -> Reason:
    raw = values.get(field)
    arrived = "" if raw is None else shorten(raw, 200)
    context = item.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, ValueRefused):
        return Reason(
            field=field,
            code=cause.code,
            message_zh=cause.message_zh,
            message_en=str(cause),
            arrived=arrived,
        )
    zh, en = _TOLD.get(item["type"], ("无法识别：{msg}", "{msg}"))
    length = len(raw) if isinstance(raw, str) else 0
    named = {**context, "arrived": shorten(raw), "length": length, "msg": item["msg"]}
    return Reason(
        field=field,
        code=item["type"],
        message_zh=zh.format(**named),
        message_en=en.format(**named),
        arrived=arrived,
    )
