"""Records of the industry chain."""

from silian.portal.industry.models.enterprise_year import EnterpriseYear
from silian.portal.industry.models.need import Need
from silian.portal.industry.models.policy_work import PolicyApplication, PolicyDraft, Scenario

__all__ = ["EnterpriseYear", "Need", "PolicyApplication", "PolicyDraft", "Scenario"]
