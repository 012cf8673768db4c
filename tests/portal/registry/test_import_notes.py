"""What an import noted, in words."""

from silian.portal.registry.interfaces.import_notes import told_notes, unread_columns


def test_regions_that_were_not_taken_are_named_with_what_they_could_be() -> None:
    notes = {
        "region_name_ambiguous:西湖区 = 浙江省杭州市西湖区、江西省南昌市西湖区": 2,
        "region_name_ambiguous": 7,
        "region_name_unknown:高新区": 3,
        "region_name_unknown": 5,
    }
    told = told_notes(notes)
    assert [note.message_zh for note in told] == [
        "地区名“西湖区”可指浙江省杭州市西湖区、江西省南昌市西湖区，没有取；请写上级地区或区划代码",
        "地区名可指几个，没有取；请写上级地区或区划代码",
        "没有认出的地区名“高新区”（没有填地址的单位把它留作地址）",
        "没有认出的地区名（没有填地址的单位把它留作地址）",
    ]
    assert [note.message_en for note in told][1:] == [
        "region could be several, so none was taken; name the region above, or its code",
        "region “高新区” was not recognised (kept as the address where there is none)",
        "region was not recognised (kept as the address where there is none)",
    ]


def test_columns_that_no_field_reads_are_listed() -> None:
    notes = {"heading_unknown:手机": 3, "column_unread:邮箱": 1, "renamed": 2}
    assert unread_columns(notes) == ["手机", "邮箱"]
