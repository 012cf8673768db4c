"""What goes to the former index while a new one is being filled.

A rebuild reads every record once. A change that comes later leaves a task as ever, but another
process may carry it out on the index that still answers, and delete it: the new index would never
hear of it. So while the note exists, whoever finishes tasks first writes their ids into it; the
rebuild notes those due again once the new index answers. The note outlives a rebuild that is
killed, and the next drain of any process settles it.
"""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from silian.portal.exchange.models import IndexTask

_NOTE = "meanwhile"


def begin() -> None:
    """Let finished tasks be noted from now on; before the first record is read."""
    _path().parent.mkdir(parents=True, exist_ok=True)
    _path().touch()


def note(public_ids: Iterable[str]) -> None:
    """Tell a rebuild that is running of tasks about to be deleted; else do nothing."""
    path = _path()
    if path.exists():
        with path.open("a", encoding="ascii") as file:
            # A line break first, too: a process killed here may have left half a line.
            file.write("\n" + "\n".join(public_ids) + "\n")


def is_noted() -> bool:
    """Whether a rebuild is running, or was killed."""
    return _path().exists()


def missed_ids() -> set[str]:
    """What was carried out since ``begin``, or is being carried out, on the former index."""
    # In this order: who finishes in between has noted it already.
    claimed = set(IndexTask.objects.exclude(claim="").values_list("public_id", flat=True))
    return claimed | (set(_path().read_text("ascii").split()) if is_noted() else set())


def end() -> None:
    """Forget the note; what it held is due again by now."""
    _path().unlink(missing_ok=True)


def _path() -> Path:
    return Path(settings.INDEX_DIRECTORY) / _NOTE
