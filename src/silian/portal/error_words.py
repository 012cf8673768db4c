"""What an error of an engine or a domain says to people, in Chinese and English.

Errors that carry their own Chinese are told by it; engines, which know no Chinese, are told here
by their stable code. Faces of every sort ask here: pages, the API and commands.
"""

from silian.errors import EngineError

_BY_CODE = {
    "index_missing": (
        "索引还没有建立。请运营方运行 silian build。",
        "There is no index yet. The operator makes one with `silian build`.",
    ),
    "index_corrupted": (
        "索引文件不完整。请运营方运行 silian check --repair，或 silian build --fresh 重建。",
        "",
    ),
    "index_unusable": (
        "索引文件读不了或写不进。请检查磁盘空间、文件夹权限与打开文件数，再试一次；数据没有丢失。",
        "",
    ),
    "vector_not_finite": (
        "语义模型给出了无效的数值，请检查 SILIAN_EMBEDDER；字词搜索不受影响。",
        "",
    ),
    "index_locked": ("索引正被另一进程写入，请稍后再试。", ""),
    "index_closed": ("索引正在更换，请再试一次。", ""),
    "embedder_mismatch": (
        "索引的语义向量来自另一个模型。请恢复原来的 SILIAN_EMBEDDER，或运行 silian build --fresh。",
        "",
    ),
    "embedder_missing": ("缺少语义模型，请检查 SILIAN_EMBEDDER。", ""),
    "unknown_embedder": ("没有这个语义模型，请检查 SILIAN_EMBEDDER。", ""),
    "endpoint_unreachable": ("语义服务连接不上，请检查 SILIAN_EMBEDDER_URL。", ""),
    "embedder_unavailable": (
        "语义暂不可用，请稍后再试。",
        "Meaning is unavailable just now. Try again later.",
    ),
    "endpoint_refused": ("语义服务拒绝了请求，请检查其密钥与模型名。", ""),
    "unknown_document": (
        "这条记录还不在索引里，保存后约两秒即可匹配。",
        "This record is not in the index yet; it will be about two seconds after it was saved.",
    ),
    "record_not_found": ("没有这个编号的记录，或它不对您开放。", ""),
    "unknown_kind": (
        "编号的前缀或类型不对，请使用完整的公开编号或所列的类型。",
        "",
    ),
    "unknown_mapping": ("没有这个映射。", "There is no such mapping."),
    "unknown_format": ("不支持该文件格式。", ""),
    "unknown_city_size": ("没有这种规模：可用 small、medium、large，或 0.05 到 1000 的倍数。", ""),
    "limit_out_of_range": ("条数超出范围。", ""),
    "job_taken": ("该任务正由另一进程处理。", ""),
    "training_data_insufficient": (
        "可供学习的配对太少：请先记录匹配结果（联系、不合适、签约），或用 --pairs 提供评分数据，"
        "或用 --sample 0.2 从虚构城市学习。",
        "",
    ),
    "no_former_model": ("没有更早的排序模型可恢复。", ""),
    "labels_unreadable": ("评分数据无法读取，原因见英文。", ""),
    "evaluation_impossible": ("数据不足以评估排序模型。", ""),
}


def chinese_of(error: EngineError) -> str:
    """The error in Chinese; empty where nobody wrote it.

    Examples
    --------
    >>> from silian.errors import EngineError
    >>> class IndexMissing(EngineError):
    ...     code = "index_missing"
    >>> chinese_of(IndexMissing("no index at /data"))
    '索引还没有建立。请运营方运行 silian build。'
    """
    own = getattr(error, "message_zh", "")
    return str(own) if own else _BY_CODE.get(error.code, ("", ""))[0]


def words_of(error: EngineError) -> tuple[str, str]:
    """The error in Chinese and in English; neither is empty."""
    zh, en = chinese_of(error), str(error)
    if not getattr(error, "message_zh", ""):
        en = _BY_CODE.get(error.code, ("", ""))[1] or en
    return zh or f"无法完成（{error.code}）：{en}", en
