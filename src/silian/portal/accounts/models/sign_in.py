"""Failed sign-ins, kept as long as they count against further attempts."""

from django.db import models


class SignInFailure(models.Model):
    """One failed attempt. The name that was typed is kept as a hash: it may be a password."""

    username_hash = models.CharField(max_length=64)
    address = models.CharField("地址", max_length=45)
    created_at = models.DateTimeField("时间", auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "登录失败"
        indexes = [models.Index(fields=("address", "username_hash", "created_at"))]

    def __str__(self) -> str:
        return f"{self.address} {self.created_at}"
