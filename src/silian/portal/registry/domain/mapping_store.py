"""Mappings that ship with silian, and those that the operator keeps."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import yaml
from django.db import transaction

from silian.portal.accounts.domain.access import Viewer, require
from silian.portal.audit import domain as audit
from silian.portal.bilingual import choose
from silian.portal.registry.interfaces.mapping import parse_mapping
from silian.portal.registry.models import RegisterMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMapping:
    """One mapping to choose; ``stored`` ones can be changed."""

    code: str
    name: str
    about: str
    content: str
    stored: bool


def shipped_mappings() -> list[KnownMapping]:
    """Mappings of the library, by code."""
    return sorted(_shipped(), key=lambda mapping: mapping.code)


def stored_mappings() -> list[KnownMapping]:
    """Mappings that the operator keeps, by code."""
    return [
        KnownMapping(code=row.code, name=row.name, about="", content=row.content, stored=True)
        for row in RegisterMapping.objects.order_by("code")
    ]


def find_mapping(code: str) -> KnownMapping | None:
    """A mapping by its code, a stored one before a shipped one."""
    known = {mapping.code: mapping for mapping in (*shipped_mappings(), *stored_mappings())}
    return known.get(code)


def save_mapping(content: str, viewer: Viewer) -> RegisterMapping:
    """Keep a mapping under the code that it names.

    Raises
    ------
    silian.portal.registry.interfaces.mapping.MappingInvalid
        With every mistake and its line.
    """
    require(viewer, "mapping.manage")
    spec = parse_mapping(content)
    with transaction.atomic():
        saved, _ = RegisterMapping.objects.update_or_create(
            code=spec.code, defaults={"name": spec.name[:200], "content": content}
        )
        audit.log("mapping.save", viewer, spec.code, name=spec.name)
    return saved


def delete_mapping(code: str, viewer: Viewer) -> None:
    """Forget a stored mapping; what was loaded with it stays."""
    require(viewer, "mapping.manage")
    with transaction.atomic():
        if RegisterMapping.objects.filter(code=code).delete()[0]:
            audit.log("mapping.delete", viewer, code)


def _shipped() -> Iterator[KnownMapping]:
    folder = files("silian.library") / "mappings"
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        if entry.name.endswith(".yaml"):
            content = entry.read_text(encoding="utf-8")
            head = yaml.safe_load(content)
            yield KnownMapping(
                code=head["code"],
                name=choose(head["name"], head.get("name_en") or head["name"]),
                about=head.get("about", ""),
                content=content,
                stored=False,
            )
