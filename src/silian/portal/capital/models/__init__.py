"""Records of the capital chain."""

from silian.portal.capital.models.grant import Grant

__all__ = ["Grant"]
