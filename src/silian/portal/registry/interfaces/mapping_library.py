"""Mappings at hand: those that ship with the library and those stored by the operator."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from silian.errors import EngineError
from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.mapping import MappingSpec, parse_mapping
from silian.portal.registry.models import RegisterMapping

TEMPLATE_PREFIX = "template:"


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
    """

    code: str
    name_zh: str
    name_en: str
    origin: str
    kinds: tuple[str, ...]

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
    stored = RegisterMapping.objects.filter(code=code).values_list("content", flat=True).first()
    if stored is not None:
        return stored
    if code in shipped():
        return shipped()[code]
    allowed = ", ".join([*shipped(), *(TEMPLATE_PREFIX + kind for kind in KINDS)])
    raise UnknownMapping(f"mapping is {code!r}; expected one of {allowed}, or a stored one.")


def find_mapping(code: str) -> MappingSpec:
    """A checked mapping."""
    if code in shipped() and not RegisterMapping.objects.filter(code=code).exists():
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
        yield _entry(parse_mapping(mapping.content), "stored")
    for code in shipped():
        if all(code != mapping.code for mapping in stored):
            yield _entry(_shipped_spec(code), "shipped")


def _entry(spec: MappingSpec, origin: str) -> MappingEntry:
    return MappingEntry(
        code=spec.code,
        name_zh=spec.name,
        name_en=spec.name_en or spec.name,
        origin=origin,
        kinds=tuple(dict.fromkeys(record.kind for record in spec.records)),
    )


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
