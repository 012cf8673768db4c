"""Reads the library's files into the values that engines take as parameters."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from silian.engines.matching.clarity import ClarityRules
    from silian.engines.matching.curves import Curve
    from silian.engines.matching.ranker import TrainedRanker


def read_library_yaml(name: str) -> Any:
    """Read one of the library's YAML files by its path below ``silian/library``."""
    text = resources.files("silian.library").joinpath(name).read_text("utf-8")
    return yaml.safe_load(text)


@cache
def clarity_rules() -> "ClarityRules":
    """Rules of the clarity check (``clarity.yaml``).

    Examples
    --------
    >>> [rule.aspect for rule in clarity_rules().aspects]
    ['object', 'technical_target', 'present_state', 'budget', 'deadline']
    """
    from silian.library.clarity import read_clarity_rules

    return read_clarity_rules(read_library_yaml("clarity.yaml"))


@cache
def outcome_levels() -> Mapping[str, int]:
    """Relevance level that each recorded outcome stands for (``outcome_levels.yaml``).

    Examples
    --------
    >>> outcome_levels()["signed"]
    4
    """
    levels: Mapping[str, int] = read_library_yaml("outcome_levels.yaml")["levels"]
    return levels


@cache
def ranking_priors() -> "Mapping[str, Curve]":
    """Curves of context features that hold until labels speak (``ranking_priors.yaml``)."""
    import numpy as np

    from silian.engines.matching.curves import N_HEADS, Curve

    priors: dict[str, Curve] = {}
    for name, row in read_library_yaml("ranking_priors.yaml")["curves"].items():
        knots = np.array(row["knots"], dtype=np.float64)
        heights = np.zeros((len(knots), N_HEADS))
        heights[:, 0] = knots[:, 1]
        priors[name] = Curve(knots=knots[:, 0], heights=heights)
    return priors


def plain_questions(sort: str) -> tuple[str, ...]:
    """Short questions of one sort (``plain_questions.yaml``): ``"everyday"`` or ``"needs"``.

    Examples
    --------
    >>> "明天会下雨吗" in plain_questions("everyday"), "刀具磨损快" in plain_questions("needs")
    (True, True)
    """
    kinds: Mapping[str, list[str]] = read_library_yaml("plain_questions.yaml")[sort]
    return tuple(text for texts in kinds.values() for text in texts)


def trade_terms() -> tuple[str, ...]:
    """Chinese names of technical fields, industries, classes of patents and services.

    Examples
    --------
    >>> {"软件", "渔业", "焙烤", "技术转移"} <= set(trade_terms())
    True
    """
    fields = read_library_yaml("fields.yaml")["fields"]
    classes = read_library_yaml("ipc_classes.yaml")["classes"]
    kinds = read_library_yaml("service_kinds.yaml")["kinds"]
    return tuple(
        dict.fromkeys(
            [
                *(one["label_zh"] for top in fields for one in (top, *top.get("children", ()))),
                *(one["label_zh"] for one in read_library_yaml("industries.yaml")["divisions"]),
                *(name for zh, _ in classes.values() for name in zh.split("；")),
                *kinds,
            ]
        )
    )


def default_ranker() -> "TrainedRanker":
    """The packaged ranker, trained on the sample city (``models/sample_city.npz``)."""
    from silian.engines.matching.ranker import TrainedRanker

    with resources.as_file(resources.files("silian.library") / "models/sample_city.npz") as path:
        return TrainedRanker.load(path)
