"""Questions that can't be read (a misspelt option, a value of the wrong sort), in both languages.

Typer tells them in English only and offers no other words for them, so its messages are known here
by their form. One that nobody has put into Chinese is told in English under a Chinese heading.
"""

import re
from typing import Any

import typer

from silian.cli.console import fail

_MESSAGES = (
    (r"No such command '(?P<name>.*)'\.", "没有命令“{name}”。"),
    (
        r"No such command '(?P<name>.*)'\. Did you mean (?P<near>.*)\?",
        "没有命令“{name}”，相近的有 {near}。",
    ),
    (r"Missing command\.", "缺少子命令。"),
    (r"No such option: (?P<name>\S+)", "没有选项 {name}。"),
    (
        r"No such option: (?P<name>\S+) \(Possible options: (?P<near>.*)\)",
        "没有选项 {name}，相近的有 {near}。",
    ),
    (r"Option '(?P<name>.*)' requires an argument\.", "选项 {name} 后面要有一个值。"),
    (r"Option '(?P<name>.*)' does not take a value\.", "选项 {name} 不带值。"),
    (r"Got unexpected extra argument\(s\) \((?P<name>.*)\)", "参数多了：{name}。"),
    (r"Missing (argument|parameter) '(?P<name>[^']*)'\..*", "缺少参数 {name}。"),
    (r"Missing option '(?P<name>.*?)'\..*", "缺少选项 {name}。"),
    (r"Invalid value for '(?P<name>.*)': (?P<why>.*)", "{name} 的值不对{why}。"),
    (r"Invalid value: (?P<why>.*)", "值不对{why}。"),
)
_WHY = (
    (r"Input should be greater than or equal to (?P<bound>\S+)", "：不得小于 {bound}"),
    (r"Input should be less than or equal to (?P<bound>\S+)", "：不得大于 {bound}"),
    (r"Input should be a valid integer.*", "：应为整数"),
    (r"Input should be a valid number.*", "：应为数字"),
    (r"Input should be a valid UUID.*", "：应为完整的编号（UUID）"),
    (r"\w+ '(?P<path>.*)' does not exist\.", "：没有 {path}"),
    (r"\w+ '?(?P<path>.*?)'? is a directory\.", "：{path} 是文件夹"),
    (r"\w+ '?(?P<path>.*?)'? is a file\.", "：{path} 是文件"),
    (r"\w+ '?(?P<path>.*?)'? is not (readable|writable)\.", "：无权读写 {path}"),
)


def tell_usage_error(error: typer.TyperException, group: Any) -> None:
    """End the command with the error in both languages and the usage of what was asked.

    Parameters
    ----------
    group
        Context of the group that looked for the command; ``None`` for the whole command line.
    """
    if type(error).__name__ == "NoArgsIsHelpError":  # it has shown the help already
        return
    context = getattr(error, "ctx", None)
    message = " ".join(error.format_message().split())
    fail(
        f"{chinese_of_usage_error(message)}{message}",
        remedy="\n  ".join(_usage(context, group)),
        exit_code=error.exit_code,
    )


def chinese_of_usage_error(message: str) -> str:
    """A message of typer in Chinese.

    Examples
    --------
    >>> chinese_of_usage_error("No such command 'mach'.")
    '没有命令“mach”。'
    >>> chinese_of_usage_error(
    ...     "Invalid value for '--limit' / '-l': Input should be greater than or equal to 1"
    ... )
    '--limit / -l 的值不对：不得小于 1。'
    >>> chinese_of_usage_error("Something that is new.")
    '命令用法不对。'
    """
    for pattern, words in _MESSAGES:
        if found := re.fullmatch(pattern, message):
            parts = dict(found.groupdict())
            for part in {"name", "near"} & parts.keys():
                parts[part] = parts[part].replace("' / '", " / ").strip("'")
            if "why" in parts:
                parts["why"] = _why(parts["why"])
            return words.format(**parts)
    return "命令用法不对。"


def _why(reason: str) -> str:
    for pattern, words in _WHY:
        if found := re.fullmatch(pattern, reason):
            return words.format(**found.groupdict())
    return ""


def _usage(context: Any, group: Any) -> list[str]:
    if context is None:
        asked = getattr(group, "invoked_subcommand", None)
        path = " ".join(part for part in (getattr(group, "command_path", "silian"), asked) if part)
        return [f"说明 Help: {path} --help"]
    usage = " ".join(context.get_usage().split()).removeprefix("Usage: ")
    return [f"用法 Usage: {usage}", f"说明 Help: {context.command_path} --help"]
