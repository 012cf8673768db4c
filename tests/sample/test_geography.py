from itertools import pairwise

import numpy as np
import pytest

from silian.sample.dice import Dice
from silian.sample.geography import CENTRE, draw_city


def area(ring) -> float:
    points = np.array(ring) - CENTRE
    x, y = points[:, 0], points[:, 1]
    return float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2


def edges(ring) -> list:
    return list(pairwise(ring))


def crosses_itself(ring) -> bool:
    points = np.array(ring)
    a, b = points[:-1], points[1:]
    count = len(a)

    def turn(p, q, r):
        return (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (
            r[..., 0] - p[..., 0]
        )

    i, j = np.triu_indices(count, 2)
    apart = ~((i == 0) & (j == count - 1))
    i, j = i[apart], j[apart]
    first = turn(a[i], b[i], a[j]) * turn(a[i], b[i], b[j])
    second = turn(a[j], b[j], a[i]) * turn(a[j], b[j], b[i])
    return bool(np.any((first < 0) & (second < 0)))


def contains(ring, point) -> bool:
    inside = False
    for (x1, y1), (x2, y2) in edges(ring):
        if (y1 > point[1]) != (y2 > point[1]):
            crossing = x1 + (point[1] - y1) / (y2 - y1) * (x2 - x1)
            inside ^= point[0] < crossing
    return inside


@pytest.mark.parametrize("seed", [1, 2, 3, 7, 42, 20260630])
class TestDrawnCity:
    def test_districts_tile_the_city(self, seed):
        drawn = draw_city(seed)
        areas = [area(d.ring) for d in drawn.districts]
        assert len(areas) == 8
        assert min(areas) > 0
        assert sum(areas) == pytest.approx(area(drawn.ring), rel=1e-9)

    def test_every_border_belongs_to_two_districts_or_to_the_outline(self, seed):
        drawn = draw_city(seed)
        directed = [edge for d in drawn.districts for edge in edges(d.ring)]
        assert len(set(directed)) == len(directed)
        outer = {(a, b) for a, b in directed if (b, a) not in set(directed)}
        assert outer == set(edges(drawn.ring))

    def test_no_ring_crosses_itself(self, seed):
        drawn = draw_city(seed)
        crossing = [
            crosses_itself(ring) for ring in (drawn.ring, *(d.ring for d in drawn.districts))
        ]
        assert crossing == [False] * 9

    def test_drawn_points_lie_in_their_district(self, seed):
        drawn, dice = draw_city(seed), Dice(seed, "points")
        for district in drawn.districts:
            assert all(contains(district.ring, district.point(dice)) for _ in range(200))
            assert contains(district.ring, district.centre)
