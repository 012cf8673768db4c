"""The first gate: every word and sign of a clause must be one that the language has.

It stands before sqlglot's parser, so that refusals name the very word, and so that no text
nested deeply enough to exhaust a parser reaches one.
"""

import re
from collections.abc import Collection, Iterable
from typing import Any, Final, NoReturn, get_args

import sqlglot
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import TokenType

from silian.tables.clauses.errors import ClauseError, nearest_name, shown
from silian.tables.clauses.tree import FunctionName

LONGEST_TEXT: Final = 6000
MOST_WORDS: Final = 1500
DEEPEST_NESTING: Final = 24

FUNCTIONS: Final = frozenset(get_args(FunctionName))

_SIGNS = {
    TokenType.COMMA,
    TokenType.PLUS,
    TokenType.STAR,
    TokenType.SLASH,
    TokenType.EQ,
    TokenType.NEQ,
    TokenType.GT,
    TokenType.GTE,
    TokenType.LT,
    TokenType.LTE,
}
_KEYWORDS = {
    TokenType.AND,
    TokenType.OR,
    TokenType.IN,
    TokenType.IS,
    TokenType.NULL,
    TokenType.WHEN,
    TokenType.THEN,
    TokenType.ELSE,
    TokenType.BETWEEN,
    TokenType.LIKE,
    TokenType.TRUE,
    TokenType.FALSE,
    TokenType.DATE,
}
_BEFORE_BRACKET = {"and", "or", "not", "in", "when", "then", "else", "between", "case"}
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FULL_WIDTH = {"，": ",", "（": "(", "）": ")", "；": ";", "＝": "=", "＞": ">", "＜": "<"} | {
    "≥": ">=",
    "≤": "<=",
    "≠": "<>",
    "％": "%",
    "×": "*",
    "÷": "/",
    "‘": "'",
    "’": "'",
    "“": "'",
    "”": "'",
    "。": "",
    "、": ",",
    "\u3000": " ",
}
_SUBQUERIES = {"select", "from", "with", "values", "exists", "table", "any", "all", "some"}
_CHANGES = {
    "insert",
    "update",
    "delete",
    "drop",
    "create",
    "alter",
    "attach",
    "copy",
    "pragma",
    "set",
    "install",
    "load",
    "call",
    "truncate",
    "export",
    "import",
    "use",
}
_HINTS = {
    TokenType.MOD: (
        "write a percentage as a fraction, 5 % as 0.05",
        "百分比请写成小数，如 5% 写 0.05",
    ),
    TokenType.DPIPE: (
        "texts are not joined here; compare them one by one",
        "不支持拼接文本，请分别比较",
    ),
    TokenType.DCOLON: (
        "values are not cast; each fact has its type",
        "不支持类型转换，事实自有类型",
    ),
    TokenType.ARROW: ("functions of one's own are not part of the language", "不支持自定义函数"),
    TokenType.IDENTIFIER: (
        "write a name without quotation marks, a text in '...'",
        "名称不加引号，文本请用单引号",
    ),
}


def check_words(text: str, names: Collection[str]) -> None:
    """Refuse a text that holds anything but the words and signs of the language.

    Parameters
    ----------
    names
        Facts, lets and constants that may be named.

    Raises
    ------
    ClauseError
        With the offset of the first word that is not of the language.
    """
    _check_size(text)
    tokens = _tokens(text)
    if len(tokens) > MOST_WORDS:
        _refuse(
            text,
            tokens[MOST_WORDS].start,
            "clause_too_long",
            f"a clause has {len(tokens)} words; at most {MOST_WORDS} are read. Use lets.",
            f"表达式有 {len(tokens)} 个词，最多 {MOST_WORDS} 个，请拆成 let。",
        )
    _check_comments(text, tokens)
    _check_nesting(text, tokens)
    _check_nulls(text, tokens)
    known = frozenset(names)
    for index, token in enumerate(tokens):
        called = index + 1 < len(tokens) and tokens[index + 1].token_type == TokenType.L_PAREN
        _check_word(text, token, called, known)


def _refuse(
    text: str, position: int, code: str, message: str, zh: str, suggestion: str = ""
) -> NoReturn:
    raise ClauseError(code, message, zh, text=text, position=position, suggestion=suggestion)


def _check_size(text: str) -> None:
    if not text.strip():
        _refuse(text, 0, "clause_empty", "the clause is empty; write a condition", "表达式为空")
    if len(text) > LONGEST_TEXT:
        _refuse(
            text,
            LONGEST_TEXT,
            "clause_too_long",
            f"a clause has {len(text)} characters; at most {LONGEST_TEXT} are read. Use lets.",
            f"表达式有 {len(text)} 个字符，最多 {LONGEST_TEXT} 个，请拆成 let。",
        )
    for position, character in enumerate(text):
        if (ord(character) < 32 and character not in "\t\n\r") or 0xD800 <= ord(character) < 0xE000:
            _refuse(
                text,
                position,
                "clause_character",
                f"the clause holds the control character U+{ord(character):04X}; remove it",
                f"表达式含控制字符 U+{ord(character):04X}，请删除",
            )


def _tokens(text: str) -> list[Any]:
    try:
        return list(sqlglot.tokenize(text, dialect="duckdb"))
    except TokenError:
        opened = _unclosed_quote(text)
        _refuse(
            text,
            opened,
            "clause_syntax",
            f"a quotation mark at {opened + 1} is not closed: {shown(text)}",
            f"第 {opened + 1} 个字符处的引号未闭合",
        )


def _unclosed_quote(text: str) -> int:
    opened = -1
    for position, character in enumerate(text):
        if character == "'":
            opened = position if opened < 0 else -1
    return max(opened, 0)


def _check_comments(text: str, tokens: Iterable[Any]) -> None:
    bare = re.sub(r"'[^']*'", lambda match: "'" * len(match[0]), text)
    places = [bare.find(mark) for mark in ("--", "/*") if mark in bare]
    if places or any(token.comments for token in tokens):
        _refuse(
            text,
            min(places, default=0),
            "clause_comment",
            "a clause holds no comments; put them into the file's own labels and notes",
            "表达式内不可写注释，请写在文件的说明里",
        )


def _check_nesting(text: str, tokens: Iterable[Any]) -> None:
    depth = prefixes = 0
    for token in tokens:
        kind = token.token_type
        if kind in {TokenType.L_PAREN, TokenType.CASE}:
            depth += 1
        elif kind in {TokenType.R_PAREN, TokenType.END}:
            depth -= 1
        prefixes = prefixes + 1 if kind in {TokenType.NOT, TokenType.DASH, TokenType.PLUS} else 0
        if depth > DEEPEST_NESTING or prefixes > 3:
            _refuse(
                text,
                token.start,
                "clause_too_deep",
                f"brackets are nested deeper than {DEEPEST_NESTING}, or signs pile up. Use lets.",
                f"括号嵌套超过 {DEEPEST_NESTING} 层或符号连用过多，请拆成 let。",
            )


def _check_nulls(text: str, tokens: list[Any]) -> None:
    kinds = [token.token_type for token in tokens]
    for index, kind in enumerate(kinds):
        before = kinds[max(index - 2, 0) : index]
        asked = before[-1:] == [TokenType.IS] or before == [TokenType.IS, TokenType.NOT]
        if kind == TokenType.NULL and not asked:
            _refuse(
                text,
                tokens[index].start,
                "clause_null",
                "NULL is only asked with IS NULL or IS NOT NULL; nothing equals it",
                "NULL 只能用于 IS NULL 或 IS NOT NULL，任何值都不等于 NULL",
            )


def _check_word(text: str, token: Any, called: bool, names: frozenset[str]) -> None:
    kind, raw = token.token_type, text[token.start : token.end + 1]
    if kind == TokenType.NUMBER:
        if not _NUMBER.fullmatch(raw) or raw[-1:] == "_" or float(raw) in {float("inf")}:
            _refuse(
                text,
                token.start,
                "clause_number",
                f"{shown(raw)} is no number that is read here; write digits such as 200000 or 0.05",
                f"“{shown(raw)}”不是可用的数字，请写如 200000 或 0.05",
            )
        return
    if kind == TokenType.STRING:
        _check_text(text, token.start, raw)
        return
    if kind in _SIGNS or kind in {TokenType.L_PAREN, TokenType.R_PAREN, TokenType.DASH}:
        return
    lowered = raw.lower()
    if called and _WORD.fullmatch(raw) and lowered not in _BEFORE_BRACKET:
        _check_function(text, token.start, raw)
        return
    if kind in _KEYWORDS or kind in {TokenType.NOT, TokenType.CASE, TokenType.END}:
        return
    if raw in names and _WORD.fullmatch(raw):
        return
    _refuse_word(text, token, raw, names)


def _check_text(text: str, start: int, raw: str) -> None:
    if not (raw.startswith("'") and raw.endswith("'")) or "\\" in raw or "\n" in raw:
        _refuse(
            text,
            start,
            "clause_text",
            f"{shown(raw)} is no text that is read here; write '...' on one line, without \\",
            f"“{shown(raw)}”不是可用的文本，请用单引号，不换行，不含反斜杠",
        )


def _check_function(text: str, start: int, raw: str) -> None:
    if raw.lower() in FUNCTIONS:
        return
    if raw.lower() in _SUBQUERIES:
        _refuse_subquery(text, start, raw)
    near = nearest_name(raw, FUNCTIONS)
    listed = ", ".join(sorted(FUNCTIONS))
    _refuse(
        text,
        start,
        "clause_unknown_function",
        f"no function is named {shown(raw)}"
        + (f"; did you mean {near}?" if near else "")
        + f" Functions: {listed}.",
        f"没有函数“{shown(raw)}”"
        + (f"，是否为 {near}？" if near else "")
        + f"可用函数：{listed}。",
        near,
    )


def _refuse_subquery(text: str, start: int, raw: str) -> NoReturn:
    _refuse(
        text,
        start,
        "clause_subquery",
        f"{raw} begins a query; a clause only reads the facts of its own row",
        f"“{raw}”是查询语句，表达式只能读取本行事实",
    )


def _refuse_word(text: str, token: Any, raw: str, names: frozenset[str]) -> NoReturn:
    start, lowered = token.start, raw.lower()
    for position in range(token.start, token.end + 1):
        if text[position] in _FULL_WIDTH:
            plain = _FULL_WIDTH[text[position]]
            _refuse(
                text,
                position,
                "clause_full_width",
                f"{text[position]} is a full-width or typographic sign; write {plain!r}",
                f"“{text[position]}”是全角或排版符号，请写“{plain}”",
                plain,
            )
    if token.token_type == TokenType.SEMICOLON or lowered in _CHANGES:
        _refuse(
            text,
            start,
            "clause_statement",
            f"{raw} is part of a statement; a clause is one expression",
            f"“{raw}”属于语句，表达式只能是一个式子",
        )
    if lowered in _SUBQUERIES:
        _refuse_subquery(text, start, raw)
    if not _WORD.fullmatch(raw):
        en, zh = _HINTS.get(token.token_type, ("remove it", "请删除"))
        _refuse(
            text,
            start,
            "clause_not_allowed",
            f"{shown(raw)} is not part of the language; {en}",
            f"“{shown(raw)}”不属于表达式语言；{zh}",
        )
    near = nearest_name(raw, names)
    _refuse(
        text,
        start,
        "clause_unknown_name",
        f"nothing is named {shown(raw)}" + (f"; did you mean {near}?" if near else ""),
        f"没有名为“{shown(raw)}”的事实、参数或 let" + (f"，是否为 {near}？" if near else ""),
        near,
    )
