"""Evaluates policies that are data: who is entitled, under which clause, to how much."""

from silian.engines.rules.compiling import (
    CompiledPolicies,
    CompiledPolicy,
    UnknownPolicy,
    check_policy,
    compile_policies,
)
from silian.engines.rules.errors import FactsRefused, PolicyError
from silian.engines.rules.evaluation import Evaluation, PolicyCounts, evaluate
from silian.engines.rules.subjects import answer_policy, evaluate_subject

__all__ = [
    "CompiledPolicies",
    "CompiledPolicy",
    "Evaluation",
    "FactsRefused",
    "PolicyCounts",
    "PolicyError",
    "UnknownPolicy",
    "answer_policy",
    "check_policy",
    "compile_policies",
    "evaluate",
    "evaluate_subject",
]
