"""Users with one role each, and keys for programs."""

from silian.portal.accounts.models.sign_in import SignInFailure
from silian.portal.accounts.models.user import ApiKey, Role, User

__all__ = ["ApiKey", "Role", "SignInFailure", "User"]
