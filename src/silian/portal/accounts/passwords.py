"""Rules of passwords, told in the reader's language."""

from django.contrib.auth.password_validation import MinimumLengthValidator

from silian.portal.bilingual import choose


class LengthValidator(MinimumLengthValidator):
    """Django's own, whose sentence has no Chinese."""

    def get_error_message(self) -> str:
        return choose(
            f"密码太短，至少需要 {self.min_length} 个字符。",
            f"This password is too short. It must contain at least {self.min_length} characters.",
        )

    def get_help_text(self) -> str:
        return choose(
            f"密码至少需要 {self.min_length} 个字符。",
            f"Your password must contain at least {self.min_length} characters.",
        )
