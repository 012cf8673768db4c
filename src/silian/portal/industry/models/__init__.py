"""Records of the industry chain."""

from silian.portal.industry.models.enterprise_year import EnterpriseYear
from silian.portal.industry.models.need import Need
from silian.portal.industry.models.policy_work import PolicyApplication, PolicyDraft, Scenario
from silian.portal.industry.models.subject_year import FacilityYear, ServiceAgencyYear

__all__ = [
    "EnterpriseYear",
    "FacilityYear",
    "Need",
    "PolicyApplication",
    "PolicyDraft",
    "Scenario",
    "ServiceAgencyYear",
]
