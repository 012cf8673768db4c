"""Errors of commands: one message, a remedy, an exit code; never a traceback for a known fault."""

import sys
from typing import Any

import typer
from typer.core import TyperGroup

from silian.cli.console import fail, say
from silian.cli.usage_errors import tell_usage_error
from silian.errors import EngineError
from silian.portal.error_words import chinese_of

#: Errors that say how the question should have been put: exit code 2, as for a misspelt option.
_ASKED_WRONGLY = frozenset(
    {
        "limit_out_of_range",
        "sample_out_of_range",
        "unknown_city_size",
        "unknown_direction",
        "unknown_edge_type",
        "unknown_format",
        "unknown_kind",
        "unknown_node_kind",
        "unknown_region",
        "unknown_sample_format",
        "unknown_subject_kind",
    }
)
_NOT_READY = (
    "no such table",
    "no such column",
    "has no column named",
    "does not exist",
    "UndefinedTable",
)


class GuardedGroup(TyperGroup):
    """A group of commands that turns known errors into messages.

    Exit code 1: the command could not do it; 2: it was asked wrongly; 130: interrupted.
    """

    def make_context(self, *arguments: Any, **named: Any) -> Any:
        """Read the options of the group itself."""
        try:
            return super().make_context(*arguments, **named)
        except typer.TyperException as error:
            tell_usage_error(error, None)
            raise

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            answer = super().invoke(ctx)
            _let_the_index_follow()
            return answer
        except typer.Exit:
            _let_the_index_follow()
            raise
        except typer.TyperException as error:
            tell_usage_error(error, ctx)
            raise
        except EngineError as error:
            exit_code = 2 if error.code in _ASKED_WRONGLY else 1
            fail(_told(error) + f" [{error.code}]", exit_code=exit_code)
        except KeyboardInterrupt:
            fail("已中断。Interrupted.", exit_code=130)
        except (OSError, RuntimeError, ValueError) as error:
            _explain(error)
            raise
        except Exception as error:  # the task boundary of the command line
            _explain(error)
            raise


def _let_the_index_follow() -> None:
    """End only when what the command saved can be found: its thread would end with it."""
    worker = sys.modules.get("silian.portal.exchange.domain.worker")
    if worker is not None and not worker.finish():
        say(
            "索引还没有跟上，改动都已保存；请运行 silian work --once。"
            "The index has not caught up, everything is saved; run: silian work --once",
            style="yellow",
        )


def _told(error: EngineError) -> str:
    problems = error.details.get("problems", [])
    if error.code != "mapping_invalid" or not problems:
        return f"{chinese_of(error)} {error}".strip()
    # One mistake a line: run together they are a wall.
    lines = [
        f"  第 {each['line']} 行 {each['path']}：{each['message_zh']} · {each['message_en']}"
        for each in problems
    ]
    return "\n".join([f"映射有 {len(lines)} 处错误：The mapping has mistakes:", *lines])


def _explain(error: Exception) -> None:
    """End with a message if the error is one of the environment's; return otherwise."""
    if isinstance(error, typer.Exit | typer.Abort):
        return
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    if kind.startswith("django.db") or kind.startswith("django.core.exceptions.Improperly"):
        if any(sign in str(error) for sign in _NOT_READY):
            fail(
                "数据库还没有建立或版本过旧。The database is not set up, or of an older version.",
                remedy="请运行 silian init。Run: silian init",
            )
        fail(
            f"数据库不可用：{error} The database can't be used.",
            remedy="请检查 SILIAN_DATABASE_URL 与 SILIAN_HOME。Check these settings.",
        )
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        fail(f"文件不可用：{error.filename} · {error.strerror}")
