"""Commands that are typed wrongly: told in both languages, with the usage, exit code 2."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Silian = Callable[..., Any]


@pytest.mark.parametrize(
    ("arguments", "chinese", "english"),
    [
        (["nosuch"], "没有命令“nosuch”。", "No such command 'nosuch'."),
        (["mach"], "没有命令“mach”，相近的有 match。", "Did you mean 'match'?"),
        (["imports", "undoo"], "没有命令“undoo”，相近的有 undo。", "Did you mean 'undo'?"),
        (["graph", "nosuch"], "没有命令“nosuch”。", "No such command 'nosuch'."),
        (["--nosuch"], "没有选项 --nosuch。", "No such option: --nosuch"),
        (["match", "--tex", "x"], "没有选项 --tex，相近的有 --text。", "No such option: --tex"),
        (["match", "--text"], "选项 --text 后面要有一个值。", "requires an argument"),
        (["match", "a", "b"], "参数多了：a b。", "unexpected extra argument(s) (a b)"),
        (["template"], "缺少参数 KIND。", "Missing argument 'KIND'."),
        (["match", "-l", "0"], "--limit / -l 的值不对：不得小于 1。", "greater than or equal to 1"),
        (["match", "-l", "1001"], "--limit / -l 的值不对：不得大于 1000。", "less than or equal"),
        (["match", "-l", "x"], "--limit / -l 的值不对：应为整数。", "valid integer"),
        (["diagnose", "--resume", "x"], "--resume 的值不对：应为完整的编号", "valid UUID"),
        (["resolve", "--decisions", "absent"], "：没有 absent。", "'absent' does not exist"),
    ],
)
def test_a_wrong_usage_is_told_in_both_languages(
    arguments: list[str], chinese: str, english: str, silian: Silian
) -> None:
    answer = silian(*arguments)

    assert answer.code == 2
    assert answer.out == ""
    assert chinese in answer.err
    assert english in answer.err
    assert "说明 Help: silian" in answer.err


def test_the_usage_of_the_command_itself_is_shown(silian: Silian) -> None:
    assert "用法 Usage: silian graph export [OPTIONS] {FILE}" in silian("graph", "export").err


def test_a_group_without_a_command_shows_its_help(silian: Silian) -> None:
    answer = silian("imports")

    assert answer.code == 2
    assert "undo" in answer.out + answer.err
    assert "✗" not in answer.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["export", "need", "--format", "pdf"], ["不支持格式“pdf”。", "csv, xlsx, jsonl, parquet"]),
        (["train", "--sample", "abc"], ["没有这种规模", "size is 'abc'", "0.05"]),
        (["sample", "--size", "abc", "--out", "city"], ["没有这种规模", "size is 'abc'"]),
        (["sample", "--size", "0.03", "--out", "city"], ["0.05 到 1000", "factor is 0.03"]),
        (["sample", "--size", "nan", "--out", "city"], ["0.05 到 1000", "factor is nan"]),
        (["match", "--text", "。……"], ["里没有可以检索的字词", "no word to search by"]),
        (["backup", "absent/city.tar"], ["没有这个文件夹 No such folder: absent"]),
    ],
)
def test_what_can_never_be_done_is_asked_wrongly_and_leaves_nothing_behind(
    arguments: list[str],
    told: list[str],
    db: None,
    silian: Silian,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workplace = tmp_path / "workplace"
    workplace.mkdir()
    monkeypatch.chdir(workplace)

    answer = silian(*arguments)

    assert answer.code == 2
    for words in told:
        assert words in answer.err
    assert list(workplace.iterdir()) == []
