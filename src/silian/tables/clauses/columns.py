"""Which facts a clause may name, and what kind of value each holds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, get_args

from silian.tables.clauses.errors import BadFactSchema, nearest_name

ValueType = Literal["number", "integer", "text", "boolean", "date", "codes"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,79}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactColumn:
    """One fact.

    Attributes
    ----------
    type
        ``codes`` is a set of codes written ``;a;b;`` (``""`` or ``;``: known to be empty), asked
        with ``has(titles, 'a')``. ``number`` is double precision.
    """

    name: str
    type: ValueType
    unit: str = ""
    label_zh: str = ""
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class FactSchema:
    """The facts that clauses may name.

    Raises
    ------
    BadFactSchema
        If a name is doubled, is not lower-case words with underscores, or its type is unknown.

    Examples
    --------
    >>> schema = FactSchema((FactColumn(name="revenue_cny", type="number", unit="CNY"),))
    >>> "revenue_cny" in schema, schema["revenue_cny"].type
    (True, 'number')
    """

    columns: tuple[FactColumn, ...]
    _by_name: dict[str, FactColumn] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name: dict[str, FactColumn] = {}
        for column in self.columns:
            if column.name in by_name:
                raise BadFactSchema(f"the fact {column.name!r} is listed twice", name=column.name)
            if not _NAME.fullmatch(column.name):
                raise BadFactSchema(
                    f"a fact is named {column.name!r}; expected lower-case words with underscores",
                    name=column.name,
                )
            if column.type not in get_args(ValueType):
                raise BadFactSchema(
                    f"the fact {column.name!r} has the type {column.type!r}; expected one of "
                    + ", ".join(get_args(ValueType)),
                    name=column.name,
                )
            by_name[column.name] = column
        object.__setattr__(self, "_by_name", by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> FactColumn:
        try:
            return self._by_name[name]
        except KeyError:
            near = nearest_name(name, self._by_name)
            hint = f"; did you mean {near}?" if near else ""
            raise UnknownFact(f"no fact is named {name!r}{hint}", name=name) from None

    def __iter__(self) -> Iterator[FactColumn]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of the columns."""
        return tuple(self._by_name)


class UnknownFact(BadFactSchema, KeyError):
    """A name that the schema does not hold."""

    code = "unknown_fact"

    def __str__(self) -> str:  # KeyError would show the message in quotation marks
        return str(self.args[0])
