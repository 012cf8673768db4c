"""Parameters and bodies that are not as described, told field by field in both languages."""

import json
from collections.abc import Mapping
from typing import Any

from silian.tables.values import shorten

_ARRIVED_LENGTH = 200
_TOO_LONG = "string_too_long"

# Pydantic's errors by type, in Chinese, with their context as fields. Its English is good enough.
_TOLD_ZH: Mapping[str, str] = {
    "missing": "必填，未提供",
    "extra_forbidden": "没有这个字段，请核对拼写",
    "string_type": "应为文字",
    "string_too_short": "最少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_pattern_mismatch": "格式应符合 {pattern}",
    "string_unicode": "不是有效的文字",
    "invalid_text": "含有残缺的字符，请发送有效的 Unicode",
    "invalid_day": "应为日期，如 2026-01-31",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "整数过大",
    "int_from_float": "应为整数，不含小数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "decimal_type": "应为数字",
    "decimal_parsing": "应为数字，如 1500000.00",
    "decimal_max_digits": "最多 {max_digits} 位数字",
    "decimal_max_places": "最多 {decimal_places} 位小数",
    "decimal_whole_digits": "整数部分最多 {whole_digits} 位",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "literal_error": "应为 {expected} 之一",
    "enum": "应为 {expected} 之一",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "none_required": "应为 null",
    "too_long": "最多 {max_length} 项，收到 {actual_length} 项",
    "too_short": "最少 {min_length} 项，收到 {actual_length} 项",
    "uuid_type": "应为 UUID",
    "uuid_parsing": "应为 UUID",
    "date_type": "应为日期，如 2026-01-31",
    "date_parsing": "应为日期，如 2026-01-31",
    "date_from_datetime_parsing": "应为日期，如 2026-01-31",
    "date_from_datetime_inexact": "应为日期，如 2026-01-31",
    "datetime_type": "应为日期时间，如 2026-01-01T00:00:00+08:00",
    "datetime_parsing": "应为日期时间，如 2026-01-01T00:00:00+08:00",
    "datetime_from_date_parsing": "应为日期时间，如 2026-01-01T00:00:00+08:00",
    "timezone_aware": "日期时间须带时区，如 2026-01-01T00:00:00+08:00",
    "invalid_moment": "应为日期时间，如 2026-01-01T00:00:00+08:00",
    "json_invalid": "不是有效的 JSON",
}


def field_error(item: Mapping[str, Any]) -> dict[str, str]:
    """One of pydantic's errors as an entry of a problem's ``errors``.

    Examples
    --------
    >>> error = {"loc": ("query", "limit"), "type": "less_than_equal", "ctx": {"le": 200},
    ...          "msg": "Input should be less than or equal to 200", "input": "999"}
    >>> field_error(error)["message_zh"], field_error(error)["arrived"]
    ('收到“999”，应不大于 200。', '999')
    """
    arrived = _shown(item)
    context = item.get("ctx", {})
    code = str(item["type"])
    told = _TOLD_ZH.get(code, "")
    zh = told.format(**_in_chinese(context)) if told else f"不符合要求：{item['msg']}"
    if code == _TOO_LONG:
        received = f"收到 {len(item['input'])} 个字符，"
        arrived = shorten(arrived)  # which text it is, its beginning tells
    else:
        received = f"收到“{shorten(arrived)}”，" if arrived else ""
    return {
        "field": _field(item["loc"]),
        "code": code,
        "message_zh": f"{received}{zh}。",
        "message_en": str(item["msg"]),
        "arrived": arrived,
    }


def _in_chinese(context: Mapping[str, Any]) -> dict[str, Any]:
    """A context whose list of what is expected has no English word left: 'a', 'b' or 'c'."""
    if "expected" not in context:
        return dict(context)
    listed = str(context["expected"]).replace(" or ", ", ").replace("'", "")
    return {**context, "expected": "、".join(listed.split(", "))}


def _field(location: tuple[Any, ...]) -> str:
    # ("body", "payload", "values") and ("query", "limit"): where it came in, then its name.
    place = [str(part) for part in location]
    if place[:2] == ["body", "payload"] and len(place) > 2:
        return ".".join(place[2:])  # payload is our name of the whole body, no sender's
    return ".".join(place[1:] or place)


def _shown(item: Mapping[str, Any]) -> str:
    arrived = item.get("input")
    if arrived is None or item["type"] == "missing":
        return ""
    if isinstance(arrived, str):
        return shorten(arrived, _ARRIVED_LENGTH)
    if isinstance(arrived, dict | list):
        return shorten(json.dumps(arrived, ensure_ascii=False, default=str), _ARRIVED_LENGTH)
    return shorten(str(arrived), _ARRIVED_LENGTH)
