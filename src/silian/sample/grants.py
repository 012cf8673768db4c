"""Rows of grants: what the city's own policies paid for the years before the last."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from silian.library.facts import FACT
from silian.sample.setting import Setting
from silian.sample.years import YEARS, enterprise_year_rows

if TYPE_CHECKING:
    from silian.engines.rules import CompiledPolicies

Row = dict[str, Any]

#: Awards of which a later one pays only the difference: what was paid for them must be known.
_PAID_APART = ("chengyu_platform_award", "chengyu_specialised_award")
_MONTH, _DAY = 9, 30


def grant_rows(setting: Setting) -> Iterator[Row]:
    """Every payment, in the order of enterprises and years, as the policies themselves say."""
    organisations = {one.key: one for one in setting.frame.organisations}
    for row in enterprise_year_rows(setting):
        year = int(row["year"])
        if year == YEARS[-1]:
            continue
        owner = organisations[row["organisation_key"]]
        paid_on = date(year + 1, _MONTH, _DAY)
        for policy_id, amount_cny in _paid(row, setting.adcode(owner.number), paid_on):
            yield {
                "source_key": f"{owner.key}:{policy_id}:{year}",
                "organisation_key": owner.key,
                "policy_id": policy_id,
                "year": year,
                "amount_cny": amount_cny,
                "paid_on": paid_on.isoformat(),
            }


def _paid(row: Mapping[str, Any], adcode: str, paid_on: date) -> Iterator[tuple[str, float]]:
    from silian.engines.rules import evaluate_subject

    if not row["platforms_new"] and not row["titles_new"]:
        return  # neither award can be due; spares most of the evaluations
    facts = {code: _value(code, row.get(code)) for code in FACT}
    facts |= {"region_code": adcode, "organisation_kind": "enterprise"}
    for answer in evaluate_subject(_policies(paid_on), facts):
        if answer.entitlement == "entitled" and answer.amount_cny:
            yield answer.policy.policy_id, answer.amount_cny


def _value(code: str, value: Any) -> Any:
    if FACT[code].type == "codes" and value is not None:
        return f";{';'.join(value)};" if value else ";"
    return value


@cache
def _policies(paid_on: date) -> "CompiledPolicies":
    from silian.engines.rules import compile_policies
    from silian.library.facts import fact_schema
    from silian.library.policy_files import policies

    chosen = [one for one in policies() if one.policy_id in _PAID_APART]
    return compile_policies(chosen, fact_schema(), as_of=paid_on)
