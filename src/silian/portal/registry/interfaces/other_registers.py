"""Registers of what is no record of ours, which would else be taken for one: contracts for projects."""

import re
from collections.abc import Iterable

from silian.library.headings import OtherRegister, fold_heading, other_registers
from silian.portal.catalogue import KINDS

NOTE = "other_register"  # a load's note, with the register's code and the kind behind a colon
_PIECES = re.compile(r"[()（）\[\]【】/／:：]")
_FEW = 2


def other_register(headings: Iterable[str], kind: str, *, about: str = "") -> OtherRegister | None:
    """The register of something else that a file seems to be, where it is read as a kind of ours.

    Parameters
    ----------
    about
        The file's name and what stands above the headings.

    Examples
    --------
    >>> other_register(["项目名称", "卖方名称（技术提供方）", "合同成交总额"], "project").label_zh
    '技术合同登记表'
    >>> other_register(["项目名称", "承担单位", "合同编号"], "project") is None
    True
    """
    named = list(headings)
    for register in other_registers():
        if kind not in register.kinds:
            continue
        n_told = sum(_tells(register, heading) for heading in named)
        is_titled = any(word in about.lower() for word in register.words)
        if n_told + is_titled >= _FEW and n_told:
            return register
    return None


def is_of_register(register: OtherRegister, heading: str) -> bool:
    """Whether a heading is one of such a register's own."""
    return _tells(register, heading)


def told_register(register: OtherRegister, kind: str) -> tuple[str, str]:
    """What is to be said before such a file is loaded as a kind of ours, in both languages."""
    entry = KINDS[kind]
    return (
        f"这像是{register.label_zh}，不是“{entry.label_zh}”清单：合同双方、金额和日期不会入库，"
        f"每行会成为一条“{entry.label_zh}”，与真正的{entry.label_zh}混在一起。合同目前还不能导入，"
        "除非确要如此，请不要载入。",
        f"This looks like a {register.label_en}, which is no list of kind “{entry.label_en}”: parties, "
        f"amounts and dates are not kept, and each row would stand among the real ones as a record "
        f"of kind “{entry.label_en}”. Contracts can't be loaded yet; load it only where that is meant.",
    )


def notes_of_register(headings: Iterable[str], kinds: Iterable[str]) -> list[str]:
    """Notes of a load whose file seems to be such a register."""
    named = list(headings)
    found = ((other_register(named, kind), kind) for kind in dict.fromkeys(kinds))
    return [f"{NOTE}:{register.code}@{kind}" for register, kind in found if register]


def told_note(about: str) -> tuple[str, str]:
    """What a note says, by what stands behind its colon."""
    code, _, kind = about.partition("@")
    register = next((one for one in other_registers() if one.code == code), None)
    return told_register(register, kind) if register and kind in KINDS else (about, about)


def _tells(register: OtherRegister, heading: str) -> bool:
    return any(
        fold_heading(piece) in register.headings for piece in (heading, *_PIECES.split(heading))
    )
