"""Records that all four chains share: who there is, and where."""

from silian.portal.registry.models.base import Audience, Record, Register
from silian.portal.registry.models.chain import ChainLink, ChainMember, ChainNode
from silian.portal.registry.models.history import History
from silian.portal.registry.models.identity import (
    IdentityDecision,
    IdentityLink,
    IdentityMember,
    IdentityRun,
    SubjectKind,
)
from silian.portal.registry.models.intake import (
    ImportJob,
    ImportStep,
    RegisterMapping,
    RejectedRow,
    UndoneRecord,
)
from silian.portal.registry.models.organisation import (
    Affiliation,
    Organisation,
    OrganisationKind,
    OrganisationName,
    Person,
)
from silian.portal.registry.models.region import Region

__all__ = [
    "Affiliation",
    "Audience",
    "ChainLink",
    "ChainMember",
    "ChainNode",
    "History",
    "IdentityDecision",
    "IdentityLink",
    "IdentityMember",
    "IdentityRun",
    "ImportJob",
    "ImportStep",
    "Organisation",
    "OrganisationKind",
    "OrganisationName",
    "Person",
    "Record",
    "Region",
    "Register",
    "RegisterMapping",
    "RejectedRow",
    "SubjectKind",
    "UndoneRecord",
]
