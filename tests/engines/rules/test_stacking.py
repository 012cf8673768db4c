"""Stacking: the best lawful combination, never beaten and never above a cap."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_policies import compiled

from silian.engines.rules import combination
from silian.engines.rules.combination import MOST_COMPETING, StackingTooEntangled
from silian.engines.rules.money import AmountRefused
from silian.engines.rules.stacking import Deduction, StackingError, stack
from silian.engines.rules.subjects import answer_policy
from silian.engines.rules.values import StackingGroup
from silian.sources import Source

SOURCE = Source(title="测试办法")


def group(group_id: str, rule: str, policy_ids: str, **more: object) -> StackingGroup:
    return StackingGroup(
        group_id=group_id,
        label_zh=group_id,
        label_en=group_id,
        rule=rule,  # type: ignore[arg-type]
        policy_ids=tuple(policy_ids),
        source=SOURCE,
        **more,  # type: ignore[arg-type]
    )


def kept(stacking: object) -> dict[str, float]:
    return {award.policy_id: award.paid_cny for award in stacking.kept}  # type: ignore[attr-defined]


def test_without_groups_everything_is_kept() -> None:
    best = stack({"a": 10.0, "b": 0.29}, [])
    assert (kept(best), best.dropped, best.total_cny) == ({"a": 10.0, "b": 0.29}, (), 10.29)


def test_one_of_an_exclusive_group_and_two_of_an_at_most_group() -> None:
    best = stack(
        {"a": 10.0, "b": 30.0, "c": 5.0, "d": 6.0, "e": 7.0},
        [group("one", "exclusive", "ab"), group("two", "at_most", "cde", count=2)],
    )
    assert kept(best) == {"b": 30.0, "d": 6.0, "e": 7.0}
    assert {award.policy_id: award.group_ids for award in best.dropped} == {
        "a": ("one",),
        "c": ("two",),
    }


def test_two_small_awards_beat_a_larger_one_that_excludes_both() -> None:
    best = stack(
        {"large": 100.0, "x": 60.0, "y": 70.0},
        [
            StackingGroup(
                group_id=f"not_with_{other}",
                label_zh="",
                label_en="",
                rule="exclusive",
                policy_ids=("large", other),
                source=SOURCE,
            )
            for other in ("x", "y")
        ],
    )
    assert kept(best) == {"x": 60.0, "y": 70.0}
    assert best.dropped[0].group_ids == ("not_with_x", "not_with_y")


def test_a_cap_cuts_the_smallest_and_says_so() -> None:
    best = stack({"a": 30.0, "b": 80.0}, [group("cap", "cap", "ab", limit_cny=100.0)])
    assert kept(best) == {"a": 20.0, "b": 80.0}
    assert best.kept[0].deductions == (Deduction(group_id="cap", amount_cny=10.0),)


def test_an_award_without_anything_left_under_its_cap_is_dropped() -> None:
    best = stack({"a": 30.0, "b": 80.0}, [group("cap", "cap", "ab", limit_cny=80.0)])
    assert kept(best) == {"b": 80.0}
    assert best.dropped[0].group_ids == ("cap",)


def test_only_the_highest_counts_and_what_was_paid_earlier_is_taken_off() -> None:
    groups = [group("step", "difference", "ab")]
    best = stack({"a": 300_000.0, "b": 500_000.0}, groups, paid_earlier_cny={"a": 300_000.0})
    assert kept(best) == {"b": 200_000.0}
    assert best.kept[0].deductions == (Deduction(group_id="step", amount_cny=300_000.0),)
    again = stack({"a": 300_000.0}, groups, paid_earlier_cny={"a": 300_000.0})
    assert (again.kept, again.dropped[0].group_ids) == ((), ("step",))


def test_caps_that_cross_are_solved_to_the_cent() -> None:
    pairs = [group(pair, "cap", pair, limit_cny=0.01) for pair in ("ab", "bc", "ac")]
    assert stack({"a": 1.0, "b": 1.0, "c": 1.0}, pairs).total_cny == 0.01


def test_many_awards_in_many_groups_are_solved_at_once() -> None:
    names = [f"p{number:02}" for number in range(40)]
    amounts = {name: 1000.0 + 37 * (number % 11) for number, name in enumerate(names)}
    groups = [
        StackingGroup(
            group_id=f"g{start}",
            label_zh="",
            label_en="",
            rule="at_most",
            policy_ids=tuple(names[start : start + 8]),
            count=3,
            source=SOURCE,
        )
        for start in range(0, 40, 8)
    ]
    best = stack(amounts, groups)
    expected = sum(
        sum(sorted((amounts[name] for name in one.policy_ids), reverse=True)[:3]) for one in groups
    )
    assert best.total_cny == expected


def test_groups_too_entangled_for_an_exact_answer_are_refused_instead_of_guessed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(combination, "MOST_STEPS", 500)
    names = [f"p{place}" for place in range(90)]
    steps = (1, 7, 19, 31)  # each award excludes eight others, all of the same amount
    pairs = [(place, (place + step) % 90) for place in range(90) for step in steps]
    groups = [
        replace(group(f"g{n}", "exclusive", "ab"), policy_ids=(names[one], names[other]))
        for n, (one, other) in enumerate(pairs)
    ]
    with pytest.raises(StackingTooEntangled, match="90 awards compete") as refused:
        stack(dict.fromkeys(names, 100.0), groups)
    assert set(refused.value.details["awards"]) == set(names)


def test_more_awards_than_can_compete_are_refused() -> None:
    names = [f"p{place}" for place in range(MOST_COMPETING + 1)]
    everything = replace(group("one", "exclusive", "ab"), policy_ids=tuple(names))
    with pytest.raises(StackingTooEntangled):
        stack(dict.fromkeys(names, 100.0), [everything])
    assert stack(dict.fromkeys(names[1:], 100.0), [everything]).total_cny == 100.0


@pytest.mark.parametrize(
    "bad",
    [
        group("empty", "exclusive", ""),
        group("none", "at_most", "ab", count=0),
        group("open", "cap", "ab"),
    ],
)
def test_groups_that_make_no_rule_are_refused(bad: StackingGroup) -> None:
    with pytest.raises(StackingError, match=bad.group_id):
        stack({"a": 1.0}, [bad])


@pytest.mark.parametrize("amount", [-1.0, float("nan"), float("inf")])
def test_amounts_that_cannot_be_paid_are_refused(amount: float) -> None:
    with pytest.raises(AmountRefused, match=r"expected a finite number of yuan"):
        stack({"a": amount}, [])


CENTS = st.integers(0, 4)
GROUPS = st.lists(
    st.builds(
        lambda rule, members, count, limit: (rule, "".join(sorted(members)), count, limit),
        st.sampled_from(["exclusive", "at_most", "cap", "difference"]),
        st.sets(st.sampled_from("abcde"), min_size=1),
        st.integers(1, 3),
        st.integers(0, 6),
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(
    amounts=st.dictionaries(st.sampled_from("abcde"), CENTS),
    drawn=GROUPS,
    paid=st.dictionaries(st.sampled_from("abcde"), st.integers(0, 2)),
)
def test_no_lawful_combination_pays_more(
    amounts: dict[str, int], drawn: list[tuple[str, str, int, int]], paid: dict[str, int]
) -> None:
    groups = [
        group(f"{rule}{place}", rule, members, count=count, limit_cny=limit / 100)
        for place, (rule, members, count, limit) in enumerate(drawn)
    ]
    best = stack(
        {name: cents / 100 for name, cents in amounts.items()},
        groups,
        paid_earlier_cny={name: cents / 100 for name, cents in paid.items()},
    )
    payable = {}
    for name, cents in amounts.items():
        earlier = set().union(
            *(
                one.policy_ids
                for one in groups
                if one.rule == "difference" and name in one.policy_ids
            )
        )
        payable[name] = max(0, cents - sum(paid.get(other, 0) for other in earlier))

    def lawful(choice: dict[str, int]) -> bool:
        for one in groups:
            inside = [choice.get(name, 0) for name in one.policy_ids]
            if one.rule == "cap":
                if sum(inside) > round((one.limit_cny or 0) * 100):
                    return False
            elif sum(map(bool, inside)) > (one.count if one.rule == "at_most" else 1):
                return False
        return True

    names = sorted(payable)
    choices = (
        dict(zip(names, cents, strict=True))
        for cents in product(*(range(payable[name] + 1) for name in names))
    )
    most = max(sum(choice.values()) for choice in choices if lawful(choice))
    ours = {award.policy_id: round(award.paid_cny * 100) for award in best.kept}
    assert lawful(ours)
    assert all(cents <= payable[name] for name, cents in ours.items())
    assert round(best.total_cny * 100) == sum(ours.values()) == most
    for award in best.kept:
        taken = sum(round(part.amount_cny * 100) for part in award.deductions)
        assert round(award.entitled_cny * 100) - taken == ours[award.policy_id]
    assert all(award.group_ids for award in best.dropped)


def test_an_entitled_award_of_unknown_amount_is_named_beside_the_total() -> None:
    row = {"revenue_cny": 1.0}
    known, open_amount, title = (
        answer_policy(compiled("revenue_cny > 0", amount_cny=amount), row)
        for amount in ("revenue_cny * 100", "cost_cny", "")
    )
    open_amount = replace(open_amount, policy=replace(open_amount.policy, policy_id="open"))
    title = replace(title, policy=replace(title.policy, policy_id="title"))

    stacking = stack([known, open_amount, title], [])

    assert (stacking.total_cny, stacking.unknown) == (100.0, ("open",))
