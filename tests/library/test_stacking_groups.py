"""The groups of the library, asked about awards that compete."""

from silian.engines.rules import stack
from silian.library.policy_files import stacking_groups


def paid(awards, **paid_earlier):
    stacking = stack(awards, stacking_groups(), paid_earlier_cny=paid_earlier)
    return {kept.policy_id: kept.paid_cny for kept in stacking.kept}


def test_a_promotion_pays_the_difference():
    assert paid({"qianwan_platform_award": 150000.0}, qianwan_platform_award=100000.0) == {
        "qianwan_platform_award": 50000.0
    }


def test_of_two_kinds_of_financing_support_the_better_one_stays():
    awards = {"chengyu_equity_award": 200000.0, "chengyu_loan_interest_subsidy": 50000.0}
    assert paid(awards) == {"chengyu_equity_award": 200000.0}


def test_the_two_best_awards_for_recognition_stay_under_the_cap_of_the_year():
    awards = {
        "chengyu_high_tech_award": 200000.0,
        "chengyu_specialised_award": 500000.0,
        "chengyu_platform_award": 2000000.0,
        "chengyu_research_subsidy": 3000000.0,
    }
    kept = paid(awards)
    assert "chengyu_high_tech_award" not in kept
    assert sum(kept.values()) == 4000000.0
