"""Single values as registers write them, read exactly or refused with a reason in two languages."""

from silian.tables.values.codes import (
    parse_adcode,
    parse_industry_code,
    parse_ipc,
    parse_ipc_list,
    parse_orcid,
    parse_unified_code,
    unified_code_check_digit,
)
from silian.tables.values.currencies import foreign_currency
from silian.tables.values.dates import parse_date, parse_last_date
from silian.tables.values.errors import (
    ForeignCurrency,
    InvalidCode,
    NotABoolean,
    NotAChoice,
    NotADate,
    NotAnAmount,
    NotANumber,
    NotAText,
    UnknownUnit,
    ValueRefused,
    shorten,
)
from silian.tables.values.inexact import Inexact, parse_inexact
from silian.tables.values.levels import parse_readiness_level, parse_readiness_levels
from silian.tables.values.numbers import (
    UNITS,
    is_negotiable,
    parse_amount_cny,
    parse_float,
    parse_integer,
    parse_number,
    unit_factor,
)
from silian.tables.values.periods import parse_period
from silian.tables.values.texts import (
    fold_label,
    is_missing,
    parse_boolean,
    parse_choice,
    parse_line,
    parse_list,
    parse_name,
    parse_text,
)

__all__ = [
    "UNITS",
    "ForeignCurrency",
    "Inexact",
    "InvalidCode",
    "NotABoolean",
    "NotAChoice",
    "NotADate",
    "NotANumber",
    "NotAText",
    "NotAnAmount",
    "UnknownUnit",
    "ValueRefused",
    "fold_label",
    "foreign_currency",
    "is_missing",
    "is_negotiable",
    "parse_adcode",
    "parse_amount_cny",
    "parse_boolean",
    "parse_choice",
    "parse_date",
    "parse_float",
    "parse_industry_code",
    "parse_inexact",
    "parse_integer",
    "parse_ipc",
    "parse_ipc_list",
    "parse_last_date",
    "parse_line",
    "parse_list",
    "parse_name",
    "parse_number",
    "parse_orcid",
    "parse_period",
    "parse_readiness_level",
    "parse_readiness_levels",
    "parse_text",
    "parse_unified_code",
    "shorten",
    "unified_code_check_digit",
    "unit_factor",
]
