"""Organisations and people as somebody names them in a form."""

from django.db.models import Q

from silian.errors import EngineError
from silian.portal.bilingual import choose
from silian.portal.registry.models import Organisation, Person


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


class PersonUnclear(EngineError, LookupError):
    """No person has the id."""

    code = "person_unclear"

    def __init__(self, text: str) -> None:
        super().__init__(f"no person has the id {text!r}; copy it from the person's page.")
        self.message = choose(f"没有编号为“{text}”的人员，请从人员页面复制编号。", str(self))


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


def person_named(text: str) -> Person | None:
    """The person with a public id, ``None`` for an empty text.

    Raises
    ------
    PersonUnclear
        If there is none: names are shared by many, so only the id will do.
    """
    text = text.strip()
    if not text:
        return None
    found = Person.objects.filter(public_id=text).first()
    if found is None:
        raise PersonUnclear(text)
    return found
