"""Records of the innovation chain."""

from silian.portal.innovation.models.capacity import Facility, Platform, ServiceAgency
from silian.portal.innovation.models.knowledge import (
    Achievement,
    Contribution,
    Patent,
    Project,
    Publication,
)

__all__ = [
    "Achievement",
    "Contribution",
    "Facility",
    "Patent",
    "Platform",
    "Project",
    "Publication",
    "ServiceAgency",
]
