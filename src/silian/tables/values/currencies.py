"""Amounts in other currencies: told as such, never converted."""

import re
import unicodedata

from silian.tables.values.errors import ForeignCurrency, shorten

_FOREIGN = re.compile(
    r"美元|美金|欧元|英镑|日元|日圆|港元|港币|港幣|韩元|澳元|加元|新元|新台币|台币|瑞士法郎|卢布|"
    r"us\$|hk\$|nt\$|[$€£]|"
    r"(?<![a-z])(?:usd|eur|gbp|jpy|hkd|krw|aud|cad|sgd|twd|chf|rub|dollars?|euros?)(?![a-z])"
)


def foreign_currency(text: str) -> str:
    """The other currency that a text names, or ''.

    Examples
    --------
    >>> foreign_currency("1200万美元"), foreign_currency("USD 12"), foreign_currency("12万元")
    ('美元', 'usd', '')
    """
    found = _FOREIGN.search(unicodedata.normalize("NFKC", text).lower())
    return found[0] if found else ""


def refuse_foreign(value: object, unit: str = "") -> None:
    """Refuse an amount in another currency: no rate is known here, and none is guessed.

    Raises
    ------
    ForeignCurrency
        If the text, or the unit of its column, names one.
    """
    text = value if isinstance(value, str) else ""
    found = foreign_currency(f"{text} {unit}")
    if found:
        shown = shorten(value if foreign_currency(text) else f"{value} {unit}")
        refused = ForeignCurrency(
            f"arrived {shown}, in another currency ({found}); amounts are yuan, and no rate is "
            "guessed. Convert it by the rate that counts for you, and write yuan.",
            message_zh=f"收到“{shown}”，为外币（{found}）；金额以人民币元计，系统不代为折算，请按适用汇率折算后填写。",
            arrived=value,
        )
        refused.unit = unit
        raise refused
