"""A draft as plain values, for programs."""

from typing import Any

from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.draft_files import FileBeginning
from silian.portal.registry.interfaces.draft_yaml import mapping_code
from silian.portal.registry.interfaces.drafting import Draft


def draft_values(draft: Draft, beginning: FileBeginning) -> dict[str, Any]:
    """What was proposed, with every column of the file and why, and the sheets there are."""
    return {
        "code": mapping_code(draft),
        "kind": draft.kind,
        "kinds": [
            {"kind": kind, "label_zh": KINDS[kind].label_zh, "score": score}
            for kind, score in draft.kinds
        ],
        "loads": draft.loads,
        "missing": list(draft.missing),
        "warnings": [
            {"code": draft.other_register.code, "message_zh": zh, "message_en": en}
            for zh, en in [draft.warning or ("", "")]
            if draft.other_register
        ],
        "constants": dict(draft.constants),
        "key": None
        if draft.key is None
        else {
            "columns": list(draft.key.columns),
            "suffix": draft.key.suffix,
            "is_unique": draft.key.is_unique,
            "reason_zh": draft.key.reason_zh,
            "reason_en": draft.key.reason_en,
        },
        "sheet": beginning.sheet,
        "sheets": [
            {
                "name": offer.name,
                "kind": offer.kind,
                "row_count": offer.row_count,
                "headings": list(offer.headings),
            }
            for offer in beginning.sheets
        ],
        "columns": [
            {
                "heading": column.heading,
                "field": column.field,
                "is_sure": column.is_sure,
                "confidence": column.confidence,
                "unit": column.unit,
                "transform": column.transform,
                "last_field": column.last_field,
                "reason_zh": column.reason_zh,
                "reason_en": column.reason_en,
                "others": list(column.others),
                "samples": list(column.samples),
                "filled_share": column.filled_share,
            }
            for column in draft.columns
        ],
    }
