"""The policies that are in force on a day: the library's, and what a second person published.

Compiled once for a day and a set of changed parameters; every process keeps the latest few.
"""

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from silian.engines.rules.values import (
    Condition,
    Parameter,
    ParameterValue,
    Policy,
    StackingGroup,
)
from silian.engines.rules.versions import is_in_force
from silian.errors import EngineError
from silian.portal.bilingual import choose
from silian.portal.industry.domain.published_drafts import (
    Stamp,
    draft_stamp,
    published_policies,
    usable_on,
)

if TYPE_CHECKING:
    from silian.engines.rules import CompiledPolicies, CompiledPolicy

#: Changed parameters: (policy id, parameter id) to the value that is tried.
Overrides = Mapping[tuple[str, str], float | str | bool | date]
_KEPT_COMPILATIONS = 8


class PolicyNotFound(EngineError, LookupError):
    """No policy of this id, or none in force on that day."""

    code = "policy_not_found"

    def __init__(self, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_zh = message_zh


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterToday:
    """A figure of a policy with the value that counts on the day; ``None``: none yet."""

    parameter: Parameter
    value: ParameterValue | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPage:
    """All that a page about one policy shows.

    Attributes
    ----------
    in_force
        Whether ``policy`` counts on ``as_of``; otherwise it is the version nearest to it.
    versions
        Every version, earliest first.
    published_here
        Whether this version was published from a draft of the portal, not shipped.
    """

    policy: Policy
    as_of: date
    in_force: bool
    versions: tuple[Policy, ...]
    parameters: tuple[ParameterToday, ...]
    groups: tuple[StackingGroup, ...]
    published_here: bool


def policies_in_force(as_of: date) -> tuple[Policy, ...]:
    """One version of every policy that counts on a day, in the order of their ids.

    Where versions overlap the later ``valid_from`` counts, whoever wrote it. From the same day a
    published draft counts before a version of the library, and of two drafts the one that was
    published last. A draft that no longer compiles is left out (``unusable_drafts``).
    """
    return _in_force(as_of, draft_stamp())


def all_versions() -> tuple[Policy, ...]:
    """Every version of every policy, whether in force or not."""
    return _all_versions(draft_stamp())


def nearest_ids(policy_id: str) -> tuple[str, ...] | None:
    """Ids that are written like this one; ``None`` where it is the id of a policy."""
    from silian.library.policy_files import policies

    if any(one.policy_id == policy_id for one in policies()):
        return None  # without a look at the drafts
    known = sorted({one.policy_id for one in all_versions()})
    if policy_id in known:
        return None
    return tuple(difflib.get_close_matches(policy_id, known, n=3))


def find_policy(policy_id: str, as_of: date) -> Policy:
    """The version of a policy that counts on a day.

    Raises
    ------
    PolicyNotFound
        If there is no such policy, or none of its versions counts then.
    """
    found = next((p for p in policies_in_force(as_of) if p.policy_id == policy_id), None)
    if found is None:
        known = any(p.policy_id == policy_id for p in all_versions())
        if known:
            raise PolicyNotFound(
                f"policy {policy_id!r} is not in force on {as_of}; look at its versions.",
                message_zh=f"政策 {policy_id} 在 {as_of} 不在有效期内，请查看其各版本。",
            )
        raise PolicyNotFound(
            f"policy_id is {policy_id!r}; there is no such policy. `silian policies` lists them.",
            message_zh=f"没有编号为 {policy_id} 的政策，请在政策清单中查找。",
        )
    return found


def policy_page(policy_id: str, as_of: date) -> PolicyPage:
    """What is known of one policy: the version of the day, its figures, groups and versions.

    Raises
    ------
    PolicyNotFound
        If there is no such policy at all.
    """
    versions = sorted(
        (p for p in all_versions() if p.policy_id == policy_id), key=lambda p: p.valid_from
    )
    if not versions:
        find_policy(policy_id, as_of)  # says that there is none
    current = next((p for p in policies_in_force(as_of) if p.policy_id == policy_id), None)
    shown = current or _nearest(versions, as_of)
    return PolicyPage(
        policy=shown,
        as_of=as_of,
        in_force=current is not None,
        versions=tuple(versions),
        parameters=tuple(
            ParameterToday(parameter=one, value=_value_on(one, as_of)) for one in shown.parameters
        ),
        groups=tuple(g for g in stacking_groups(as_of) if policy_id in g.policy_ids),
        published_here=any(
            shown in (one.policy, placed(one.policy)) for one in published_policies(draft_stamp())
        ),
    )


def stacking_groups(as_of: date) -> tuple[StackingGroup, ...]:
    """Groups that bind on a day: of two policies in force, or of one that is capped or paid apart.

    A group that pays the difference binds a single policy too: what was paid earlier counts.
    """
    in_force = {policy.policy_id for policy in policies_in_force(as_of)}
    return tuple(
        group
        for group in _groups()
        if len(in_force.intersection(group.policy_ids))
        > (0 if group.rule in {"cap", "difference"} else 1)
    )


def compiled(as_of: date, overrides: Overrides | None = None) -> "CompiledPolicies":
    """All policies in force on a day, ready to evaluate; the latest few are kept.

    Raises
    ------
    silian.engines.rules.PolicyError
        If an override names no parameter or is no value for it.
    """
    return _compiled(as_of, frozenset((overrides or {}).items()), draft_stamp())


def compiled_policy(policy_id: str, as_of: date) -> "CompiledPolicy":
    """One policy, compiled.

    Raises
    ------
    PolicyNotFound
        If it is not in force then.
    """
    policy = find_policy(policy_id, as_of)
    return compiled(as_of)[policy.policy_id]


def policy_label(policy: Policy) -> str:
    """Name of a policy in the reader's language."""
    return choose(policy.label_zh, policy.label_en)


def library_version() -> str:
    """Fingerprint of all that policies and indicators say now, published drafts included."""
    parts = _library_hash() + "".join(map(str, draft_stamp()))
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


# -- what follows from the drafts as they stand, kept --------------------------------------------


@lru_cache(maxsize=2)
def _all_versions(stamp: Stamp) -> tuple[Policy, ...]:
    from silian.library.policy_files import policies

    return (*policies(), *(one.policy for one in published_policies(stamp)))


@lru_cache(maxsize=32)
def _in_force(as_of: date, stamp: Stamp) -> tuple[Policy, ...]:
    from silian.library.policy_files import policies

    chosen: dict[str, Policy] = {}
    holding = (policy for policy in policies() if is_in_force(policy, as_of))
    # Published drafts come last, in the order of publication, and so win from the same day.
    for policy in (*holding, *usable_on(as_of, stamp)):
        other = chosen.get(policy.policy_id)
        if other is None or policy.valid_from >= other.valid_from:
            chosen[policy.policy_id] = policy
    return tuple(placed(chosen[policy_id]) for policy_id in sorted(chosen))


def placed(policy: Policy) -> Policy:
    """A policy that asks for its own place: a city's policy is for enterprises of that city.

    Most say so in a condition; where the text leaves it to the title, the place is one.
    """
    prefix = place_prefix(policy.region_code)
    if not prefix or any("region_code" in one.expression for one in policy.conditions):
        return policy
    place = Condition(
        condition_id=_PLACE_CONDITION,
        label_zh="单位所在地属于政策适用地区",
        label_en="Located where the policy applies",
        expression=f"starts_with(region_code, '{prefix}')",
        source=policy.source,
        changeable=False,
    )
    return replace(policy, conditions=(place, *policy.conditions))


_PLACE_CONDITION = "place"


def place_prefix(region_code: str) -> str:
    """Beginning that the codes of a region's parts share; empty for the whole country.

    Examples
    --------
    >>> place_prefix("330200"), place_prefix("330000"), place_prefix("330282"), place_prefix("")
    ('3302', '33', '330282', '')
    """
    for end in ("0000", "00"):
        if region_code.endswith(end):
            return region_code.removesuffix(end)
    return region_code


def is_within(region_code: str | None, policy: Policy) -> bool:
    """Whether an enterprise of this region may have the policy; one of no known region may."""
    return not region_code or region_code.startswith(place_prefix(policy.region_code))


@lru_cache(maxsize=_KEPT_COMPILATIONS)
def _compiled(
    as_of: date,
    overrides: frozenset[tuple[tuple[str, str], float | str | bool | date]],
    stamp: Stamp,
) -> "CompiledPolicies":
    from silian.engines.rules import compile_policies
    from silian.library.facts import fact_schema

    return compile_policies(
        _in_force(as_of, stamp), fact_schema(), as_of=as_of, overrides=dict(overrides)
    )


@cache
def _groups() -> tuple[StackingGroup, ...]:
    from silian.library.policy_files import stacking_groups as library_groups

    return tuple(library_groups())


@cache
def _library_hash() -> str:
    digest = hashlib.sha256()
    root = Path(str(resources.files("silian.library")))
    files = [path for folder in _DECIDING for path in (root / folder).rglob("*.yaml")]
    for path in sorted([*files, root / "facts.yaml", root / "diagnosis.yaml"]):
        digest.update(f"{path.relative_to(root).as_posix()}\x1f".encode() + path.read_bytes())
    return digest.hexdigest()


#: Folders of the library from which entitlements, scores and diagnoses follow.
_DECIDING = ("policies", "indicators", "codes")


def _nearest(versions: list[Policy], as_of: date) -> Policy:
    past = [policy for policy in versions if policy.valid_from <= as_of]
    return past[-1] if past else versions[0]


def _value_on(parameter: Parameter, as_of: date) -> ParameterValue | None:
    past = [value for value in parameter.values if value.valid_from <= as_of]
    return max(past, key=lambda value: value.valid_from, default=None)
