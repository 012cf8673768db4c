"""Evaluates policies that are data: who is entitled, under which clause, to how much.

And what follows from it: the best lawful combination of awards, budgets shared out, what is
missing and the cheapest way there, and what a change of policy would cost.
"""

from silian.engines.rules.budgets import Application, Apportionment, Award, BudgetError, ration
from silian.engines.rules.changes import (
    Change,
    ChangePlan,
    Effort,
    EffortError,
    NoPlan,
    cheapest_changes,
)
from silian.engines.rules.combination import StackingTooEntangled
from silian.engines.rules.compiling import (
    CompiledPolicies,
    CompiledPolicy,
    UnknownPolicy,
    check_policy,
    compile_policies,
)
from silian.engines.rules.errors import FactsRefused, PolicyError
from silian.engines.rules.evaluation import Evaluation, PolicyCounts, evaluate
from silian.engines.rules.gaps import Gap, gaps, unit_of
from silian.engines.rules.joint_changes import (
    JointChange,
    JointPlan,
    NoJointPlan,
    Unlocked,
    cheapest_joint_changes,
    unlocked,
)
from silian.engines.rules.lags import with_changes
from silian.engines.rules.money import AmountRefused
from silian.engines.rules.near_misses import NearMiss, NearMisses, near_misses
from silian.engines.rules.scenarios import (
    PolicyEffect,
    ScenarioComparison,
    ScenarioError,
    compare_scenarios,
)
from silian.engines.rules.stacking import (
    Deduction,
    DroppedAward,
    KeptAward,
    Stacking,
    StackingError,
    stack,
)
from silian.engines.rules.subjects import answer_policy, evaluate_subject
from silian.engines.rules.versions import days_of_change

__all__ = [
    "AmountRefused",
    "Application",
    "Apportionment",
    "Award",
    "BudgetError",
    "Change",
    "ChangePlan",
    "CompiledPolicies",
    "CompiledPolicy",
    "Deduction",
    "DroppedAward",
    "Effort",
    "EffortError",
    "Evaluation",
    "FactsRefused",
    "Gap",
    "JointChange",
    "JointPlan",
    "KeptAward",
    "NearMiss",
    "NearMisses",
    "NoJointPlan",
    "NoPlan",
    "PolicyCounts",
    "PolicyEffect",
    "PolicyError",
    "ScenarioComparison",
    "ScenarioError",
    "Stacking",
    "StackingError",
    "StackingTooEntangled",
    "UnknownPolicy",
    "Unlocked",
    "answer_policy",
    "cheapest_changes",
    "cheapest_joint_changes",
    "check_policy",
    "compare_scenarios",
    "compile_policies",
    "days_of_change",
    "evaluate",
    "evaluate_subject",
    "gaps",
    "near_misses",
    "ration",
    "stack",
    "unit_of",
    "unlocked",
    "with_changes",
]
