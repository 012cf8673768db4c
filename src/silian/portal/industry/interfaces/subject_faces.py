"""Yearly facts of agencies and facilities as pages show them."""

from collections.abc import Mapping
from typing import Any

from silian.library.facts import facts
from silian.portal.bilingual import choose


def fact_rows(subject: str, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every fact of the subject by name; ``None`` where it is unknown."""
    return [
        {
            "code": fact.code,
            "label": choose(fact.label_zh, fact.label_en),
            "unit": fact.unit,
            "value": told.get(fact.code),
        }
        for fact in facts(subject)
    ]
