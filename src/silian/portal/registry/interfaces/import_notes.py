"""What an import noted, in words: how headings were read, what was left out, what was made up."""

from collections.abc import Mapping
from dataclasses import dataclass

from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.footers import SKIPPED
from silian.portal.registry.interfaces.headings import columns_by_name
from silian.portal.registry.interfaces.other_registers import NOTE, told_note

_UNREAD = {"heading_unknown", "column_unread"}
# Code to words; {what} is what stands behind the code's colon.
_TOLD = {
    "heading_unknown": ("没有用到的列“{what}”", "column “{what}” is not used"),
    SKIPPED: ("跳过的合计行与表注", "totals and notes below the table were skipped"),
    "not_agreed": ("“{what}”为面议等，留空", "“{what}” was not agreed and left empty"),
    "not_unique_dropped": ("重复的代码没有采用", "codes that repeat were not taken"),
    "kind_by_name": ("单位类型按名称判断", "kinds of organisations told by their names"),
    "region_name_unknown": (
        "没有认出的地区名“{what}”（没有填地址的单位把它留作地址）",
        "region “{what}” was not recognised (kept as the address where there is none)",
    ),
    "region_name_ambiguous": (
        "地区名{what}，没有取；请写上级地区或区划代码",
        "region {what}, so none was taken; name the region above, or its code",
    ),
    "region_by_address": ("地区按地址判断", "regions told by addresses"),
    "undo_later_loads": (
        "此后同一登记库的导入中有未变的行，不留痕迹，会随本次一并撤销，请在撤销后重新导入最新文件",
        "later loads of the register with unchanged rows, which go as well; load the newest file "
        "again afterwards",
    ),
    "undo_rejects_reopened": (
        "曾由该导入解决的拒收行重新待处理",
        "rejected rows that this import had answered wait again",
    ),
    "renamed": ("改了名称的记录", "records whose name changed"),
    "person_mentioned": ("仅被提及的人员", "people who are only mentioned"),
    "person_name_ambiguous": ("重名而未关联的人员", "people not linked: several of the name"),
    "column_missing": ("映射要读的列“{what}”文件中没有", "the file has no column “{what}”"),
    "column_unread": ("没有字段读取的列“{what}”", "no field reads column “{what}”"),
    "null_left_out": (
        "空字符已略去（首个在第 {what} 行）",
        "null characters were left out (the first in line {what})",
    ),
    "sheet_unread": ("没有读取的工作表“{what}”", "sheet “{what}” was not read"),
    "date_dropped": ("不是日期而略去", "left out: no date"),
    "long_keyword_dropped": ("过长的关键词略去", "keywords left out as too long"),
    "share_out_of_range_dropped": ("超出 0 到 1 的占比略去", "shares beyond 0 to 1 left out"),
    "byline_author_read": ("从署名读出的作者", "authors read from bylines"),
    "byline_name_unread": ("署名中没有认出的姓名", "names in bylines that were not read"),
    "byline_institution_unread": ("署名中没有认出的单位", "institutions in bylines not read"),
    "byline_place_of_author_unread": (
        "署名中没有写明单位的作者",
        "authors whose institution the byline doesn't tell",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportNote:
    """One thing that was noted, with how many rows or cells it concerns."""

    code: str
    count: int
    message_zh: str
    message_en: str

    @property
    def message(self) -> str:
        """The note in the reader's language."""
        return choose(self.message_zh, self.message_en)

    @property
    def about(self) -> str:
        """The column or text that it is about; empty where it is about all."""
        return self.code.partition(":")[2]

    def as_dict(self) -> dict[str, str | int]:
        """For programs."""
        return {
            "code": self.code,
            "count": self.count,
            "message_zh": self.message_zh,
            "message_en": self.message_en,
        }


def told_notes(notes: Mapping[str, int]) -> list[ImportNote]:
    """Notes of an import in words, how headings were read first.

    Examples
    --------
    >>> [note.message_zh for note in told_notes({"heading_read:专家姓名=name@person": 3})]
    ['“专家姓名”读作“姓名”']
    """
    order = {NOTE: -1, "heading_read": 0, "key_made": 1, SKIPPED: 2, "heading_unknown": 3}
    ranked = sorted(notes.items(), key=lambda pair: (order.get(pair[0].partition(":")[0], 4),))
    return [_note(code, count) for code, count in ranked]


def unread_columns(notes: Mapping[str, int]) -> list[str]:
    """Columns of the file that no field reads.

    Examples
    --------
    >>> unread_columns({"heading_unknown:手机": 3, "column_unread:邮箱": 1, "renamed": 2})
    ['手机', '邮箱']
    """
    pairs = [code.partition(":") for code in notes]
    return [about for code, _, about in pairs if code in _UNREAD]


def _note(code: str, count: int) -> ImportNote:
    what, _, about = code.partition(":")
    if what == "heading_read":
        rest, _, kind = about.rpartition("@")
        heading, _, name = rest.rpartition("=")
        zh, en = _labels(name, kind)
        told = (f"“{heading}”读作“{zh}”", f"“{heading}” is read as “{en}”")
    elif what == NOTE:
        told = told_note(about)
    elif what == "key_made":
        names, _, kind = about.rpartition("@")
        labels = [_labels(name, kind) for name in names.split("+")]
        zh, en = "、".join(one for one, _ in labels), " and ".join(one for _, one in labels)
        told = (f"没有认出主键列，以“{zh}”为主键", f"no column of keys was read: the key is {en}")
    elif what in _TOLD:
        zh, en = _labels(about) if what == "not_agreed" else (about, about)
        if what == "region_name_ambiguous":
            zh, en = (
                _could_be(*about.split(" = ", 1)) if about else ("可指几个", "could be several")
            )
        # Of many texts the last are only counted, under the bare code.
        told = (
            _TOLD[what][0].format(what=zh).replace("“”", ""),
            _TOLD[what][1].format(what=en).replace(" “”", ""),
        )
    else:
        told = (code, code)
    return ImportNote(code=code, count=count, message_zh=told[0], message_en=told[1])


def _could_be(name: str, candidates: str) -> tuple[str, str]:
    return f"“{name}”可指{candidates}", f"“{name}” could be {candidates}"


def _labels(name: str, kind: str = "") -> tuple[str, str]:
    """What a column is called; where the kind isn't noted, as the first kind calls it."""
    for one in [kind] if kind in KINDS else KINDS:
        if column := columns_by_name(one).get(name):
            return column.label_zh, column.label_en
    return name, name
