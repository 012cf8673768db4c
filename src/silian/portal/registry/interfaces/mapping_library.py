"""Mappings at hand: those that ship with the library and those stored by the operator."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from silian.errors import EngineError
from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.mapping import MappingInvalid, MappingSpec, parse_mapping
from silian.portal.registry.models import RegisterMapping
from silian.tables.values import shorten

# What a new mapping begins with: it is right as it stands, and shows what most need.
EXAMPLE_MAPPING = """code: city-needs
name: 全市技术难题
records:
  - kind: need
    key: 编号
    fields:
      title: 难题名称
      text: 难题描述
      organisation_name: 提出单位
      budget_cny: {column: 拟投入资金, unit: 万元}
      deadline: 截止时间
"""
TEMPLATE_PREFIX = "template:"
_TOLD_CHARACTERS = 400
_lent: ContextVar[Mapping[str, str]] = ContextVar("lent_mappings", default=MappingProxyType({}))


class UnknownMapping(EngineError, LookupError):
    """No mapping has this code."""

    code = "unknown_mapping"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingEntry:
    """A mapping that can be chosen.

    Attributes
    ----------
    origin
        ``template``, ``shipped`` or ``stored``.
    problem
        Why it can't be used any more; empty where it can. A stored mapping may be of a former
        version, or come from a restored database.
    """

    code: str
    name_zh: str
    name_en: str
    origin: str
    kinds: tuple[str, ...]
    problem: str = ""

    @property
    def name(self) -> str:
        return choose(self.name_zh, self.name_en)


@cache
def shipped() -> dict[str, str]:
    """Text of each mapping that ships, by code."""
    folder = files("silian.library") / "mappings"
    return {
        entry.name.removesuffix(".yaml"): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    }


@cache
def _shipped_spec(code: str) -> MappingSpec:
    return parse_mapping(shipped()[code])


def mapping_text(code: str) -> str:
    """YAML of a mapping; a stored one outweighs a shipped one of the same code.

    Raises
    ------
    UnknownMapping
        If there is none.
    """
    if code in _lent.get():
        return _lent.get()[code]
    stored = RegisterMapping.objects.filter(code=code).values_list("content", flat=True).first()
    if stored is not None:
        return stored
    if code in shipped():
        return shipped()[code]
    allowed = ", ".join([*shipped(), *(TEMPLATE_PREFIX + kind for kind in KINDS)])
    raise UnknownMapping(f"mapping is {code!r}; expected one of {allowed}, or a stored one.")


def find_mapping(code: str) -> MappingSpec:
    """A checked mapping."""
    is_lent = code in _lent.get()
    if code in shipped() and not is_lent and not RegisterMapping.objects.filter(code=code).exists():
        return _shipped_spec(code)
    return parse_mapping(mapping_text(code))


def mappings() -> Iterator[MappingEntry]:
    """Every mapping at hand: templates first, then stored, then shipped ones."""
    for kind, entry in KINDS.items():
        yield MappingEntry(
            code=TEMPLATE_PREFIX + kind,
            name_zh=f"模板：{entry.label_zh}",
            name_en=f"Template: {entry.label_en}",
            origin="template",
            kinds=(kind,),
        )
    stored = list(RegisterMapping.objects.order_by("code"))
    for mapping in stored:
        yield _stored_entry(mapping)
    for code in shipped():
        if all(code != mapping.code for mapping in stored):
            yield _entry(_shipped_spec(code), "shipped")


def _stored_entry(mapping: RegisterMapping) -> MappingEntry:
    try:
        return _entry(parse_mapping(mapping.content), "stored")
    except MappingInvalid as invalid:
        return MappingEntry(
            code=mapping.code,
            name_zh=mapping.name,
            name_en=mapping.name,
            origin="stored",
            kinds=(),
            problem=shorten(choose(invalid.message_zh, str(invalid)), _TOLD_CHARACTERS),
        )


def _entry(spec: MappingSpec, origin: str) -> MappingEntry:
    return MappingEntry(
        code=spec.code,
        name_zh=spec.name,
        name_en=spec.name_en or spec.name,
        origin=origin,
        kinds=tuple(dict.fromkeys(record.kind for record in spec.records)),
    )


@contextmanager
def lent(text: str) -> Iterator[str]:
    """Let a mapping be found under its code in this block, without storing it.

    Raises
    ------
    silian.portal.registry.interfaces.mapping.MappingInvalid
        With every mistake and its line.
    """
    code = parse_mapping(text).code
    token = _lent.set({**_lent.get(), code: text})
    try:
        yield code
    finally:
        _lent.reset(token)


def store_mapping(text: str) -> RegisterMapping:
    """Check and store a mapping; one of the same code is replaced.

    Raises
    ------
    silian.portal.registry.interfaces.mapping.MappingInvalid
        With every mistake and its line.
    """
    spec = parse_mapping(text)
    mapping, _ = RegisterMapping.objects.update_or_create(
        code=spec.code, defaults={"name": spec.name, "content": text}
    )
    return mapping
