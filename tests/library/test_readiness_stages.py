"""Stages of maturity in words, as levels."""

from typing import Any

import pytest

from silian.library.loading import read_library_yaml
from silian.library.readiness_stages import StagesFault, readiness_stages, stages_of
from silian.tables.values import parse_readiness_level, parse_readiness_levels

STAGES = readiness_stages()


@pytest.mark.parametrize(
    ("text", "level"), [("量产", 9), ("已进入量产阶段", 9), ("正样级", 6), ("小批量（试产）", 8)]
)
def test_a_stage_of_one_level_is_that_level(text: str, level: int) -> None:
    assert parse_readiness_level(text, stages=STAGES) == level


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("中试阶段", (6, 7)),
        ("处于小试阶段", (4, 5)),
        ("实验室阶段", (3, 4)),
        ("技术成熟度：中试", (6, 7)),
        ("产业化", (8, 9)),
    ],
)
def test_a_stage_of_several_levels_is_a_range(text: str, bounds: tuple[int, int]) -> None:
    found = parse_readiness_levels(text, stages=STAGES)
    assert found is not None
    assert (found.lower, found.upper) == bounds


def test_stages_rise_with_what_has_been_reached() -> None:
    order = ["概念", "实验室", "小试", "中试", "小批量", "量产"]
    assert [STAGES[word] for word in order] == sorted(STAGES[word] for word in order)


@pytest.mark.parametrize(
    "stages",
    [
        [{"levels": [0, 1], "words": ["甲"]}],
        [{"levels": [7, 6], "words": ["甲"]}],
        [{"levels": [1, 1], "words": ["甲"]}, {"levels": [2, 2], "words": ["甲"]}],
    ],
)
def test_a_file_that_says_two_things_is_refused(stages: Any) -> None:
    content = read_library_yaml("readiness_stages.yaml")
    with pytest.raises(StagesFault):
        stages_of({**content, "stages": stages})
