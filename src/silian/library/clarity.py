"""Makes the rules of the clarity check from ``clarity.yaml``: parts put in, words parted."""

import re
from collections.abc import Mapping
from typing import Any

from silian.engines.matching.clarity import AspectRule, ClarityRules, ClarityRulesInvalid
from silian.engines.matching.objectwords import ObjectWords

_PART = re.compile(r"\{([a-z_]+)\}")


def read_clarity_rules(values: Mapping[str, Any]) -> ClarityRules:
    """The rules as the engine takes them.

    Raises
    ------
    ClarityRulesInvalid
        If a pattern names a part that there is none of, or is no regular expression.
    """
    parts: dict[str, str] = {}
    for name, pattern in values.get("parts", {}).items():
        parts[name] = _whole(pattern, parts)
    aspects = tuple(_aspect(row, parts) for row in values["aspects"])
    return ClarityRules(aspects=aspects, clear_from=values["clear_from"])


def _aspect(row: Mapping[str, Any], parts: Mapping[str, str]) -> AspectRule:
    given: dict[str, Any] = {}
    for key, value in row.items():
        if key == "words":
            given[key] = ObjectWords(**{name: _word_set(one) for name, one in value.items()})
        elif isinstance(value, list):
            given[key] = tuple(_whole(pattern, parts) for pattern in value)
        else:
            given[key] = value
    return AspectRule(**given)


def _word_set(value: str | list[str]) -> frozenset[str]:
    return frozenset(value.split() if isinstance(value, str) else value)


def _whole(pattern: str, parts: Mapping[str, str]) -> str:
    """A pattern with its parts in their places; parts may use those above them."""

    def part(found: "re.Match[str]") -> str:
        if found[1] not in parts:
            allowed = ", ".join(parts)
            raise ClarityRulesInvalid(
                f"The pattern {pattern!r} uses the part {found[1]!r}; known are {allowed}. "
                "Mend clarity.yaml."
            )
        return f"(?:{parts[found[1]]})"

    return _PART.sub(part, pattern)
