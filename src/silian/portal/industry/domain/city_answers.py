"""Answers about the whole city, kept while what they rest on stays as it is.

They rest on a snapshot of the facts, on policies and indicator systems, and on what was paid. When
everybody declares, the snapshot changes all the time: the city is therefore looked at anew every
``SILIAN_CITY_SECONDS`` only, while an enterprise's own facts and answers follow at once.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db.models import Count, Max

from silian.portal.capital.models import Grant
from silian.portal.industry.domain.facts_files import folder
from silian.portal.industry.domain.facts_past import version_for
from silian.portal.industry.domain.facts_snapshot import snapshot_version
from silian.portal.industry.domain.policies import library_version

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

_looked: dict[Path, tuple[float, str]] = {}  # folder to the moment of the last look and its version


def city_version(as_of: date | None = None) -> str:
    """Version of the facts that questions about the city are answered from for now.

    Parameters
    ----------
    as_of
        As they were known on this day, if it is past.
    """
    if as_of is not None and (past := version_for(as_of)):
        return past
    place, now = folder(), time.monotonic()
    held = _looked.get(place)
    if held is not None and now - held[0] < settings.CITY_SECONDS:
        return held[1]
    version = snapshot_version()
    _looked[place] = (now, version)
    return version


class KeptAnswers:
    """The latest answers by key; of two who ask for the same at once one works it out.

    Parameters
    ----------
    most
        So many are kept; the one that was not asked for longest goes.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The answer under a key, made if there is none yet."""
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
        with entry.lock:
            if not entry.made:
                entry.answer, entry.made = make(), True
            return entry.answer


class _Entry:
    __slots__ = ("answer", "lock", "made")

    def __init__(self) -> None:
        self.lock, self.made, self.answer = threading.Lock(), False, None


def kept_for_city(most: int) -> Callable[[Callable[Asked, Answer]], Callable[Asked, Answer]]:
    """Keep the answers of a function of hashable arguments and of the city as it is.

    Parameters
    ----------
    most
        So many answers are kept in this process.
    """

    def keep(function: Callable[Asked, Answer]) -> Callable[Asked, Answer]:
        answers = KeptAnswers(most)

        @wraps(function)
        def answered(*args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
            key = (city_stamp(), args, tuple(sorted(kwargs.items())))
            found: Answer = answers.get(key, lambda: function(*args, **kwargs))
            return found

        return answered

    return keep


def city_stamp() -> tuple[Hashable, ...]:
    """Changes with everything that an answer about the city rests on."""
    paid = Grant.objects.aggregate(n=Count("pk"), latest=Max("updated_at"))
    return folder(), city_version(), library_version(), paid["n"], str(paid["latest"])
