"""Organisations as people name them in a form: by name, code or public id."""

from django.db.models import Q

from silian.errors import EngineError
from silian.portal.bilingual import choose
from silian.portal.registry.models import Organisation


class OrganisationUnclear(EngineError, LookupError):
    """No organisation, or more than one, is called so."""

    code = "organisation_unclear"

    def __init__(self, text: str, count: int) -> None:
        super().__init__(
            f"{count} organisations are called {text!r}; give the full name, the unified code or "
            "the public id."
        )
        self.message = choose(
            f"“{text}”对应 {count} 个单位，请填写全称、统一社会信用代码或公开编号。", str(self)
        )


def organisation_named(text: str) -> Organisation | None:
    """The organisation meant, ``None`` for an empty text.

    Raises
    ------
    OrganisationUnclear
        If none or several fit.
    """
    text = text.strip()
    if not text:
        return None
    meant = Q(name=text) | Q(unified_social_credit_code=text.upper()) | Q(public_id=text)
    found = list(Organisation.objects.filter(meant)[:2])
    if len(found) != 1:
        raise OrganisationUnclear(text, len(found))
    return found[0]
