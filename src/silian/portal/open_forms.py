"""Forms that tell what they showed, so that saving one never undoes what others saved meanwhile.

A form that changes something kept carries ``was``: the values that it showed when it was opened.
What its reader didn't touch stays as it is now, whoever changed it; what the reader changed is
saved; what both changed is neither: a page shows both and asks which is to hold.
"""

import difflib
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from silian.portal.bilingual import choose

Value = str | list[str]

WAS = "was"
CHOICE = "choose:"
THEIRS = "theirs"
# A page never shows a password; whoever sets one types it again.
_NOT_SENT_AGAIN = frozenset({WAS, "csrfmiddlewaretoken", "password"})
_LONGEST_TOLD = 2_000  # characters; of a longer text the form carries a digest
_LONGEST_COMPARED = 20_000  # characters whose differences are looked for
_PIECES = re.compile(r"[^\s，。；：、,.;:!?！？]*[\s，。；：、,.;:!?！？]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overtaken:
    """What both its reader and somebody else changed.

    Attributes
    ----------
    theirs, mine
        Pieces of the two texts; ``True`` marks what the other hasn't.
    text
        What its reader wrote, to be edited further; ``None`` where it is chosen, not written.
    """

    name: str
    label: str
    theirs: list[tuple[bool, str]]
    mine: list[tuple[bool, str]]
    text: str | None


class OpenForm:
    """One form between being opened and being saved.

    Parameters
    ----------
    now
        What is kept at this moment, by the names of inputs, as they show it.
    posted
        What came for them; an input that wasn't sent wasn't touched. ``None`` to open the form.
    data
        All that was posted: what the form showed, and what was chosen after a conflict. A form
        that doesn't tell what it showed is taken to have shown what is kept.
    labels
        Names of the inputs as people read them.
    told
        A value in words, by input: of codes and choices.
    changed_by, changed_at
        Who saved last, and when, as far as it is known.

    Attributes
    ----------
    values
        What is to stand afterwards, by input.
    touched
        Inputs whose value is to be saved.
    overtaken
        What was changed on both sides; as long as there is any, nothing is to be saved.
    merged
        Labels of inputs that only others changed: they stay so.

    Examples
    --------
    >>> data = QueryDict(mutable=True)
    >>> data["was"] = OpenForm({"title": "泵", "text": "旧"}).was
    >>> form = OpenForm({"title": "阀", "text": "旧"}, posted={"title": "泵", "text": "新"},
    ...                 data=data)
    >>> form.values, form.touched, form.overtaken, form.merged
    ({'title': '阀', 'text': '新'}, ['text'], [], ['title'])
    """

    def __init__(
        self,
        now: Mapping[str, Value],
        *,
        posted: Mapping[str, Value] | None = None,
        data: QueryDict | None = None,
        labels: Mapping[str, Any] | None = None,
        told: Mapping[str, Callable[[Value], str]] | None = None,
        changed_by: str = "",
        changed_at: datetime | None = None,
    ) -> None:
        self.now, self.posted = dict(now), dict(posted or {})
        self.changed_by, self.changed_at = changed_by, changed_at
        self._labels, self._told = labels or {}, told or {}
        self.values, self.touched = dict(now), list[str]()
        self.overtaken, self.merged = list[Overtaken](), list[str]()
        if posted is not None:
            self._settle(_read_was(data), data or QueryDict())

    @property
    def was(self) -> str:
        """What the form shows, to be sent along with it."""
        return json.dumps({name: _kept(value) for name, value in self.now.items()},
                          ensure_ascii=False)  # fmt: skip

    def _settle(self, was: Mapping[str, Any], data: QueryDict) -> None:
        for name, present in self.now.items():
            shown = was.get(name, _kept(present))
            moved = _kept(present) != shown
            mine = self.posted.get(name, present)
            if data.get(CHOICE + name) == THEIRS:
                continue
            if name not in self.posted or _kept(mine) == shown:
                if moved:
                    self.merged.append(self.label(name))
            elif moved and _kept(mine) != _kept(present):
                self.overtaken.append(self._both(name, present, mine))
                self.values[name] = mine
            else:
                self.values[name] = mine
                self.touched.append(name)

    def label(self, name: str) -> str:
        return str(self._labels.get(name, name))

    def _both(self, name: str, present: Value, mine: Value) -> Overtaken:
        words = self._told.get(name, _as_text)
        theirs, own = _marked(words(present), words(mine))
        written = isinstance(mine, str) and name not in self._told
        return Overtaken(
            name=name,
            label=self.label(name),
            theirs=theirs,
            mine=own,
            text=str(mine) if written else None,
        )


def posted_texts(data: QueryDict, names: Sequence[str]) -> dict[str, Value]:
    """What came for inputs of one line or text each; a box that isn't ticked says nothing."""
    return {name: data.get(name, "").replace("\0", "") for name in names}


def ticked(value: Value) -> str:
    """What a box says in words."""
    return choose("是", "yes") if value else choose("否", "no")


def overtaken_page(
    request: HttpRequest, form: OpenForm, *, back: str, action: str = ""
) -> HttpResponse:
    """409: both versions of what two people changed, to choose from; it sends all that was written.

    Parameters
    ----------
    back
        Address of the page to which one goes without saving.
    action
        Address that takes the form; this request's by default.
    """
    fragment = request.headers.get("HX-Request") == "true"
    return render(
        request,
        "partials/overtaken_form.html" if fragment else "overtaken.html",
        {
            "opened": form,
            "action": action or request.get_full_path(),
            "back": back,
            "sent": list(_sent_again(request.POST, form)),
        },
        status=409,
    )


def tell_merged(request: HttpRequest, form: OpenForm) -> None:
    """Say which inputs others changed while the form was open."""
    if form.merged:
        names = "、".join(form.merged)
        messages.info(
            request,
            choose(
                f"您填写期间，他人修改了：{names}。这些修改已一并保留。",
                f"While you wrote, somebody else changed: {names}. Those changes are kept.",
            ),
        )


def _sent_again(data: QueryDict, form: OpenForm) -> Iterator[tuple[str, str]]:
    """What is sent beside the choices: values as settled, and all else that was posted."""
    asked = {one.name for one in form.overtaken if one.text is not None}
    for name in form.posted:
        if name not in asked:
            value = form.values[name]
            yield from ((name, one) for one in ([value] if isinstance(value, str) else value))
    for name, sent in data.lists():
        if name not in {*form.posted, *_NOT_SENT_AGAIN} and not name.startswith(CHOICE):
            yield from ((name, str(one)) for one in sent)


def _read_was(data: QueryDict | None) -> dict[str, Any]:
    try:
        found = json.loads(data.get(WAS, "{}") if data is not None else "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _kept(value: Any) -> Any:
    """A value as ``was`` has it: line ends alike, sets in order, long texts as a digest."""
    if isinstance(value, list | tuple):
        return sorted({str(one) for one in value})
    # Browsers send line breaks as CR LF.
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > _LONGEST_TOLD:
        return {"sha256": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()}
    return text


def _as_text(value: Value) -> str:
    return value if isinstance(value, str) else "、".join(value)


def _marked(theirs: str, mine: str) -> tuple[list[tuple[bool, str]], list[tuple[bool, str]]]:
    """Both texts in pieces, marked where the other differs."""
    if max(len(theirs), len(mine)) > _LONGEST_COMPARED:
        return [(False, theirs)], [(False, mine)]
    left, right = (_PIECES.findall(text.replace("\r\n", "\n")) for text in (theirs, mine))
    blocks = difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    marked: tuple[list[tuple[bool, str]], list[tuple[bool, str]]] = ([], [])
    for tag, a, b, c, d in blocks:
        for side, piece in ((0, "".join(left[a:b])), (1, "".join(right[c:d]))):
            if piece:
                marked[side].append((tag != "equal", piece))
    return marked
