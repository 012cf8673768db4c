"""The packaged ranker tells everyday questions that nobody listed from needs that nobody listed."""

import numpy as np
import pytest

from silian.engines.matching.features import short_directions
from silian.language import default_embedder, normalise
from silian.library.loading import default_ranker, plain_questions

EVERYDAY = (
    "明天几点日出",
    "怎么做糖醋鱼",
    "附近的理发店",
    "孩子不肯睡觉",
    "电影票多少钱",
    "周杰伦的新歌",
    "失恋了怎么办",
    "怎么去机场",
)
NEEDS = (
    "豆腐保质期太短",
    "永磁体高温退磁",
    "注塑模具翘曲变形",
    "想申请发明专利",
    "轴承",
    "污水处理",
    "石墨烯",
    "数控机床刀具磨损",
)


def off_subject(texts: tuple[str, ...]) -> list[str]:
    ranker = default_ranker()
    assert ranker.purview is not None
    assert ranker.frame.question_mean is not None
    vectors = default_embedder(n_threads=1).embed([normalise(one) for one in texts], role="query")
    directions = short_directions(vectors, ranker.frame.question_mean)
    return [
        text
        for text, direction in zip(texts, directions, strict=True)
        if ranker.purview.is_left_by(direction)
    ]


def test_everyday_questions_are_told_from_needs() -> None:
    assert off_subject(EVERYDAY) == list(EVERYDAY)
    assert off_subject(NEEDS) == []


@pytest.mark.parametrize("sort", ["everyday", "needs"])
def test_no_question_stands_twice(sort: str) -> None:
    texts = plain_questions(sort)
    assert len(set(texts)) == len(texts)
    assert not set(texts) & {*EVERYDAY, *NEEDS}


def test_the_packaged_ranker_bounds_organisations_alone() -> None:
    ranker = default_ranker()
    assert ranker.kind_ceilings == {"organisation": 3}
    assert np.isfinite(ranker.purview.weights).all() if ranker.purview else False
