"""How much a page takes in one upload."""

from collections.abc import Sequence

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from silian.errors import EngineError
from silian.portal.bilingual import choose


def check_size(uploads: Sequence[UploadedFile]) -> None:
    """Refuse more than is taken in one go.

    Raises
    ------
    UploadTooLarge
        If the files together are larger.
    """
    n_bytes = sum(upload.size or 0 for upload in uploads)
    if n_bytes > settings.UPLOAD_BYTES_MAX:
        raise UploadTooLarge(n_bytes)


class UploadTooLarge(EngineError, ValueError):
    """Files that are larger than the page takes."""

    code = "upload_too_large"

    def __init__(self, n_bytes: int) -> None:
        allowed = settings.UPLOAD_BYTES_MAX
        super().__init__(
            f"the upload has {n_bytes:,} bytes, at most {allowed:,} are taken; split the file, or "
            "load it with `silian load`."
        )
        self.message = choose(
            f"上传共 {n_bytes:,} 字节，最多 {allowed:,} 字节；请拆分文件，或用 silian load 导入。",
            str(self),
        )
