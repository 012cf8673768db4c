"""What a browser would send for a form that nobody touched."""

from html.parser import HTMLParser
from typing import Any


class FormReader(HTMLParser):
    """What a browser would send for the form that holds a named input, untouched."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.wanted, self.sent, self._form = name, {}, {}
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        name, value = given.get("name"), given.get("value") or ""
        match tag:
            case "form":
                self._form = {}
            case "input" if name and (
                given.get("type") not in {"checkbox", "radio"} or "checked" in given
            ):
                self._form.setdefault(name, []).append(value)
            case "textarea":
                self._area = name
                self._form[name] = [""]
            case "select":
                self._select = name
            case "option" if self._select and (
                "selected" in given or self._select not in self._form
            ):
                self._form[self._select] = [value]

    def handle_data(self, data: str) -> None:
        if self._area:
            self._form[self._area][0] += data.replace("\n", "\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""
        elif tag == "form" and self.wanted in self._form:
            self.sent = self._form
