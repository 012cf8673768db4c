"""Refusals of engines and domains, told in the reader's language."""

from silian.errors import EngineError
from silian.portal.bilingual import choose

_TOLD = {
    "index_missing": (
        "索引还没有建立。请运营方运行 silian build。",
        "There is no index yet. The operator makes one with `silian build`.",
    ),
    "unknown_document": (
        "这条记录还不在索引里，保存后约两秒即可匹配。",
        "This record is not in the index yet; it will be about two seconds after it was saved.",
    ),
    "record_not_found": ("没有这个编号的记录。", "No record has this id."),
    "unknown_kind": (
        "编号的前缀不对，请粘贴完整的公开编号。",
        "The id has no known prefix; paste the whole public id.",
    ),
    "unknown_mapping": ("没有这个映射。", "There is no such mapping."),
}


def failure_of(error: EngineError) -> str:
    """What to tell the reader: the error's own words if it has both languages."""
    own = getattr(error, "message", "")
    if own:
        return str(own)
    if getattr(error, "message_zh", ""):
        return choose(error.message_zh, str(error))
    told = _TOLD.get(error.code)
    zh = told[0] if told else f"无法完成（{error.code}）：{error}"
    return choose(zh, told[1] if told else str(error))
