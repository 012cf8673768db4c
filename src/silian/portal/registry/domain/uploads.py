"""Uploaded files on disk, each upload in a folder of its own."""

import secrets
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.conf import settings

from silian.errors import EngineError


class SameName(EngineError, ValueError):
    """Two files of one import that can't be told apart."""

    code = "same_name"

    def __init__(self, name: str) -> None:
        super().__init__(f"two files beside {name!r} or it have one name; give each its own.")
        self.message_zh = f"与“{name}”一同上传的文件有同名的，请改名后重传。"


def store_upload(file_name: str, chunks: Iterable[bytes]) -> Path:
    """Keep one uploaded file.

    Only the last part of ``file_name`` counts, so that nothing is written elsewhere.
    """
    [path] = store_uploads([(file_name, chunks)])
    return path


def store_uploads(uploads: Sequence[tuple[str, Iterable[bytes]]]) -> list[Path]:
    """Keep the files of one import side by side, by whose names its mapping joins them.

    Parameters
    ----------
    uploads
        Name and content of each, the main one first.

    Raises
    ------
    SameName
        If two have one name; nothing is kept then.
    """
    names = [_plain(name) for name, _ in uploads]
    if len(set(names)) < len(names):
        raise SameName(names[0])
    place = Path(settings.UPLOAD_DIRECTORY) / secrets.token_hex(8)
    place.mkdir(parents=True)
    try:
        for name, (_, chunks) in zip(names, uploads, strict=True):
            with (place / name).open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
    except BaseException:  # a disk that is full, a connection that is gone
        shutil.rmtree(place, ignore_errors=True)
        raise
    return [place / name for name in names]


def discard_upload(path: Path) -> None:
    """Remove an upload that nothing is made of: the file, those beside it, and their folder.

    A path that is no upload stays.
    """
    folder = path.parent
    if folder.parent.resolve() == Path(settings.UPLOAD_DIRECTORY).resolve():
        shutil.rmtree(folder, ignore_errors=True)


def _plain(file_name: str) -> str:
    return Path(file_name.replace("\\", "/")).name.replace("\0", "") or "upload"
