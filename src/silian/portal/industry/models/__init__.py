"""Records of the industry chain."""

from silian.portal.industry.models.need import Need

__all__ = ["Need"]
