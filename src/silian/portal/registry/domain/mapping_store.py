"""The operator's own mappings: checked, kept and audited."""

from django.db import transaction

from silian.portal.accounts.domain.access import Viewer, require
from silian.portal.audit import domain as audit
from silian.portal.registry.interfaces.mapping_library import store_mapping
from silian.portal.registry.models import RegisterMapping


def save_mapping(content: str, viewer: Viewer) -> RegisterMapping:
    """Keep a mapping under the code that it names.

    Raises
    ------
    silian.portal.registry.interfaces.mapping.MappingInvalid
        With every mistake and its line.
    """
    require(viewer, "mapping.manage")
    with transaction.atomic():
        saved = store_mapping(content)
        audit.log("mapping.save", viewer, saved.code, name=saved.name)
    return saved


def delete_mapping(code: str, viewer: Viewer) -> None:
    """Forget a stored mapping; what was loaded with it stays."""
    require(viewer, "mapping.manage")
    with transaction.atomic():
        if RegisterMapping.objects.filter(code=code).delete()[0]:
            audit.log("mapping.delete", viewer, code)
