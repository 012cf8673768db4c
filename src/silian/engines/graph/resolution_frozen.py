"""Frozen values that are made by the ten thousand, made in half the time.

``dataclasses`` sets the fields of a frozen value through ``object.__setattr__``, which looks each of them
up anew; a resolution spent a third of its time there. A slot can be set directly.
"""

from dataclasses import MISSING, fields
from typing import Any, TypeVar

Value = TypeVar("Value")


def made_quickly(cls: type[Value]) -> type[Value]:
    """Give a frozen dataclass with slots and keywords only an equal ``__init__`` that is quicker.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @made_quickly
    ... @dataclass(frozen=True, slots=True, kw_only=True)
    ... class Place:
    ...     name: str
    ...     codes: tuple[str, ...] = ()
    >>> Place(name="宁波")
    Place(name='宁波', codes=())
    """
    known: dict[str, Any] = {"_unset": MISSING}
    arguments, lines = [], []
    for one in fields(cls):  # type: ignore[arg-type]
        name = one.name
        known[f"_set_{name}"] = getattr(cls, name).__set__
        known[f"_default_{name}"], known[f"_make_{name}"] = one.default, one.default_factory
        value = name
        if one.default_factory is not MISSING:
            arguments.append(f"{name}=_unset")
            value = f"_make_{name}() if {name} is _unset else {name}"
        else:
            arguments.append(name if one.default is MISSING else f"{name}=_default_{name}")
        lines.append(f"    _set_{name}(self, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("    self.__post_init__()")
    # The text is made of the class's own field names alone, as dataclasses makes its own.
    exec("\n".join([f"def __init__(self, *, {', '.join(arguments)}):", *lines]), known)  # noqa: S102
    made = known["__init__"]
    made.__annotations__ = cls.__init__.__annotations__
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    cls.__init__ = made  # type: ignore[method-assign]
    return cls
