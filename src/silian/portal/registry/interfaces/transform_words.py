"""What each named transform of a mapping does, for those who write mappings."""

from collections.abc import Mapping

TRANSFORM_WORDS: Mapping[str, tuple[str, str]] = {
    "author_keys": ("署名中每位作者的主键：单位加姓名", "Keys of a byline's authors"),
    "authors": (
        "署名中单位确定的作者：姓名与单位",
        "Authors of a byline whose institution is sure",
    ),
    "date_only": ("只取日期，其他文字留空", "A date, or nothing where other words stand"),
    "date_parts": ("年、月、日列表还原为日期", "A day of a list of year, month and day"),
    "digits": ("只留数字", "Digits only"),
    "first": ("列表的第一项", "The first of a list"),
    "full_names": ("由姓和名拼成的姓名", "Names of people with given and family names apart"),
    "institutions": ("署名中的单位", "Institutions of a byline"),
    "last": ("列表的最后一项", "The last of a list"),
    "organisation_kind": ("按名称判断单位类型", "What an organisation is, by its name"),
    "organisations": ("列表中不是人名的项", "Items that are no personal names"),
    "paper_title": ("题名；像署名或地址的拒收", "A title; bylines and addresses are refused"),
    "people": ("列表中确是人名的项", "Items that are surely personal names"),
    "period_end": ("起止时间的止", "The last day of a stretch of time"),
    "period_start": ("起止时间的起", "The first day of a stretch of time"),
    "polygon": ("GeoJSON 边界", "A GeoJSON geometry"),
    "share_of_whole": ("0 至 1 的份额，其余舍去", "A fraction of 0 to 1; others are dropped"),
    "short_items": ("不超过 20 字的项", "Items of up to 20 characters"),
    "stock_code": ("六位证券代码", "The six digits of a share's code"),
    "unhidden": ("去掉 *、/、暂无、保密 等占位", "Nothing where *, / or 保密 stands"),
    "unspaced": ("去掉汉字间的空格", "Without spaces between Chinese characters"),
    "words": ("按空格分开的项", "Items between spaces"),
    "without_markup": (
        "去掉 HTML 标签，实体还原为字符",
        "Without tags of HTML, entities as characters",
    ),
    "words_in_order": (
        "按位置还原的文字（词及其位置）",
        "A text of its words with their places",
    ),
    "wrapped_institutions": ("被换行拆开的单位名称", "Institutions that line ends cut apart"),
}
