"""A draft as a mapping file: sure columns mapped, the others told in comments."""

import hashlib
import json
import re
from collections.abc import Iterator

from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.draft_columns import ColumnDraft
from silian.portal.registry.interfaces.draft_keys import KeyDraft
from silian.portal.registry.interfaces.drafting import Draft
from silian.portal.registry.interfaces.headings import columns_by_name
from silian.tables.values import shorten

# What YAML reads as it stands, also between brackets: letters and Chinese, no mark of its own.
_PLAIN = re.compile(
    r"[A-Za-z\u3400-\u9fff][\w\u3400-\u9fff（） .]*[\w\u3400-\u9fff）]|[\u3400-\u9fff]"
)
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_LONGEST_NAME = 120


def mapping_yaml(draft: Draft, name: str, *, sheet: str = "", records_at: str = "") -> str:
    """YAML of a draft, in the format of mapping files.

    Parameters
    ----------
    name
        Of the register; the file's, where nobody has said another.
    """
    lines = [
        "# 按列名和内容草拟，请核对；以 # 开头的行不起作用。",
        "# Drafted from headings and values: check it. Lines that begin with # do nothing.",
        *(f"# ! {one}" for one in draft.warning or ()),
        f"code: {mapping_code(draft)}",
        f"name: {_scalar(name[:_LONGEST_NAME] or KINDS[draft.kind].label_zh)}",
    ]
    options = {"sheet": sheet, "records_at": records_at}
    given = ", ".join(f"{key}: {_scalar(value)}" for key, value in options.items() if value)
    if given:
        lines.append(f"file: {{{given}}}")
    lines += [
        "records:",
        f"  - kind: {draft.kind}",
        f"    {_key_line(draft.key)}",
        "    fields:" if _has_fields(draft) else "    fields: {}",
        *(f"      {line}" for line in _field_lines(draft)),
    ]
    return "\n".join(lines) + "\n"


def mapping_code(draft: Draft) -> str:
    """Code of a drafted mapping: the same for files of the same columns.

    It holds the kind and a sum over the headings.
    """
    headings = "\x1f".join(column.heading for column in draft.columns)
    digest = hashlib.sha256(headings.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{draft.kind.replace('_', '-')}-{digest[:8]}"


def _has_fields(draft: Draft) -> bool:
    mapped = (column for column in draft.columns if column.is_sure)
    return bool(draft.constants) or any(column.field != "source_key" for column in mapped)


def _key_line(key: KeyDraft | None) -> str:
    if key is None:
        return "# key: ?  # 没有找到可作主键的列 · no column tells the rows apart"
    told = f"  # {key.reason_zh} · {key.reason_en}"
    if len(key.columns) == 1 and not key.suffix:
        return f"key: {_scalar(key.columns[0])}{told}"
    parts = [*(f"{{{column}}}" for column in key.columns), *([key.suffix] if key.suffix else [])]
    return f"key: {{template: {json.dumps(' '.join(parts), ensure_ascii=False)}}}{told}"


def _field_lines(draft: Draft) -> Iterator[str]:
    by_name = columns_by_name(draft.kind)
    for column in draft.columns:
        if column.is_sure and column.field != "source_key":
            for field in column.taken:
                label = by_name[field].label_zh
                yield f"{field}: {_source(column, field)}  # {label}：{_told(column)}"
    for field, value in draft.constants.items():
        told = "取自文件名或标题 · from the file's name or title"
        yield f"{field}: {{constant: {value}}}  # {by_name[field].label_zh}：{told}"
    for field, heading in draft.copies.items():
        told = "没有单独的列，取同一列 · no column of its own, so that of another"
        yield f"{field}: {_scalar(heading)}  # {by_name[field].label_zh}：{told}"
    for field in draft.missing:
        yield f"# {field}: ?  # 必填“{by_name[field].label_zh}”，请写上列名 · required: name a column"
    unsure = [column for column in draft.columns if column.field and not column.is_sure]
    if unsure:
        yield "# 没有把握，核对后去掉行首的 # · not sure: take the # away once checked"
    for column in unsure:
        others = f"；也可能是 or {'、'.join(column.others)}" if column.others else ""
        name = "key" if column.field == "source_key" else column.field
        yield f"# {name}: {_source(column)}  # {_told(column)}{others}"
    rest = [column for column in draft.columns if not column.field]
    if rest:
        yield "# 没有用到的列 · columns that are not used"
    for column in rest:
        sample = f"，如“{_comment(column.samples[0])}”" if column.samples else ""
        told = f"{column.reason_zh} · {column.reason_en}"
        yield f"# - {_comment(column.heading)}{sample}：{told}"


def _source(column: ColumnDraft, field: str = "") -> str:
    transform = column.transform
    if column.last_field:
        transform = "period_end" if field == column.last_field else "period_start"
    options = {"unit": column.unit, "transform": transform}
    told = [f"{name}: {_scalar(value)}" for name, value in options.items() if value]
    if column.values:
        pairs = ", ".join(f"{_scalar(one)}: {_scalar(to)}" for one, to in column.values.items())
        told.append(f"values: {{{pairs}}}")
    if not told:
        return _scalar(column.heading)
    return f"{{column: {_scalar(column.heading)}, {', '.join(told)}}}"


def _told(column: ColumnDraft) -> str:
    sample = f"，如“{_comment(column.samples[0])}”" if column.samples else ""
    return _comment(f"{column.reason_zh} · {column.reason_en}") + sample


def _comment(text: str) -> str:
    """A text that stays on its line."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return shorten(" ".join(printable.split()), 120)


def _scalar(text: str) -> str:
    """A text that YAML reads as that text, also between brackets."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and "  " not in text:
        return text
    return json.dumps(text, ensure_ascii=False)
