"""The map of the fictional city: districts that fit each other like a jigsaw."""

from dataclasses import dataclass

from silian.sample.dice import Dice

Point = tuple[float, float]

# Open ocean, far from any coast: no one can take the outline for a real city's.
CENTRE: Point = (150.0, 30.0)
RADIUS_DEGREES = 0.5
# Unit directions as literals: sine and cosine may differ in the last bit between machines.
SEVEN = (
    (1.0, 0.0),
    (0.623, 0.782),
    (-0.223, 0.975),
    (-0.901, 0.434),
    (-0.901, -0.434),
    (-0.223, -0.975),
    (0.623, -0.782),
)
SIXTEEN = (
    (1.0, 0.0),
    (0.924, 0.383),
    (0.707, 0.707),
    (0.383, 0.924),
    (0.0, 1.0),
    (-0.383, 0.924),
    (-0.707, 0.707),
    (-0.924, 0.383),
    (-1.0, 0.0),
    (-0.924, -0.383),
    (-0.707, -0.707),
    (-0.383, -0.924),
    (0.0, -1.0),
    (0.383, -0.924),
    (0.707, -0.707),
    (0.924, -0.383),
)
WIGGLE_RATE = 0.07
WIGGLE_DEPTH = 4
COORDINATE_DIGITS = 6
SAME_PLACE = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """One piece: its straight-edged core and its drawn outline (closed ring, counterclockwise)."""

    core: tuple[Point, ...]
    ring: tuple[Point, ...]
    centre: Point

    def point(self, dice: Dice) -> Point:
        """A place well inside the district."""
        corner = dice.below(len(self.core))
        a, b = self.core[corner], self.core[(corner + 1) % len(self.core)]
        reach, along = dice.unit() ** 0.5 * 0.8, dice.unit()
        target = (a[0] + (b[0] - a[0]) * along, a[1] + (b[1] - a[1]) * along)
        x = self.centre[0] + (target[0] - self.centre[0]) * reach
        y = self.centre[1] + (target[1] - self.centre[1]) * reach
        return round(x, COORDINATE_DIGITS), round(y, COORDINATE_DIGITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CityMap:
    """The districts, the outline of them all, and its centre."""

    districts: tuple[District, ...]
    ring: tuple[Point, ...]
    centre: Point


def _clip(polygon: list[Point], site: Point, other: Point) -> list[Point]:
    """The part of a convex polygon that lies nearer to ``site`` than to ``other``."""
    normal = (other[0] - site[0], other[1] - site[1])
    middle = ((other[0] + site[0]) / 2, (other[1] + site[1]) / 2)

    def side(p: Point) -> float:
        return (p[0] - middle[0]) * normal[0] + (p[1] - middle[1]) * normal[1]

    kept: list[Point] = []
    for a, b in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        left, right = side(a), side(b)
        if left <= 0:
            kept.append(a)
        if (left < 0 < right) or (right < 0 < left):
            share = left / (left - right)
            kept.append((a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share))
    return kept


def _vertex(vertices: list[Point], x: float, y: float) -> int:
    """Number of the vertex at a place, added if it is new."""
    for number, (u, v) in enumerate(vertices):
        if abs(u - x) + abs(v - y) < SAME_PLACE:
            return number
    vertices.append((x, y))
    return len(vertices) - 1


def _snapped(cells: list[list[Point]]) -> tuple[list[Point], list[list[int]]]:
    """Corners shared by several cells become one vertex."""
    vertices: list[Point] = []
    rings: list[list[int]] = []
    for cell in cells:
        ring: list[int] = []
        for x, y in cell:
            number = _vertex(vertices, x, y)
            if not ring or ring[-1] != number:
                ring.append(number)
        if ring[0] == ring[-1]:
            ring.pop()
        rings.append(ring)
    return vertices, rings


def _wiggle(a: Point, b: Point, depth: int, dice: Dice) -> list[Point]:
    """Points strictly between two vertices, displaced sideways (midpoint displacement)."""
    if depth == 0:
        return []
    shift = dice.between(-WIGGLE_RATE, WIGGLE_RATE)
    middle = (
        (a[0] + b[0]) / 2 - (b[1] - a[1]) * shift,
        (a[1] + b[1]) / 2 + (b[0] - a[0]) * shift,
    )
    before, after = _wiggle(a, middle, depth - 1, dice), _wiggle(middle, b, depth - 1, dice)
    return [*before, middle, *after]


def _rounded(points: list[Point]) -> list[Point]:
    return [(round(x, COORDINATE_DIGITS), round(y, COORDINATE_DIGITS)) for x, y in points]


def _sites(dice: Dice) -> list[Point]:
    sites = [(dice.between(-0.05, 0.05), dice.between(-0.05, 0.05))]
    for x, y in SEVEN:
        reach = dice.between(0.55, 0.68)
        sites.append((x * reach + dice.between(-0.06, 0.06), y * reach + dice.between(-0.06, 0.06)))
    return sites


def _centroid(points: list[Point]) -> Point:
    x = sum(p[0] for p in points) / len(points)
    y = sum(p[1] for p in points) / len(points)
    return x, y


def _outline(edges: dict[tuple[int, int], list[Point]], rings: list[list[int]]) -> list[Point]:
    """Walk along the directed edges whose reverse belongs to no district."""
    directed = {(a, b) for ring in rings for a, b in zip(ring, ring[1:] + ring[:1], strict=True)}
    following = {a: b for a, b in directed if (b, a) not in directed}
    start = min(following)
    here, walk = start, []
    while True:
        walk += _edge_points(edges, here, following[here])
        here = following[here]
        if here == start:
            return walk


def _edge_points(edges: dict[tuple[int, int], list[Point]], a: int, b: int) -> list[Point]:
    """Points from vertex ``a`` up to, but without, vertex ``b``."""
    if a < b:
        return edges[a, b][:-1]
    return edges[b, a][:0:-1]


def draw_city(seed: int) -> CityMap:
    """Draw the districts: Voronoi cells whose borders are roughened the same for both sides.

    Parameters
    ----------
    seed
        Seed of the city.

    Returns
    -------
    CityMap
        Eight districts that tile the city without gap or overlap; neighbours share the very
        same border points.
    """
    dice = Dice(seed, "geography")
    sites = _sites(dice)
    cells = []
    for site in sites:
        cell: list[Point] = [(x, y * 0.85) for x, y in SIXTEEN]
        for other in sites:
            if other != site:
                cell = _clip(cell, site, other)
        cells.append(cell)
    local, rings = _snapped(cells)
    vertices = [(CENTRE[0] + x * RADIUS_DEGREES, CENTRE[1] + y * RADIUS_DEGREES) for x, y in local]
    edges: dict[tuple[int, int], list[Point]] = {}
    for ring in rings:
        for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
            low, high = min(a, b), max(a, b)
            if (low, high) not in edges:
                between = _wiggle(vertices[low], vertices[high], WIGGLE_DEPTH, dice)
                edges[low, high] = _rounded([vertices[low], *between, vertices[high]])
    districts = []
    for ring in rings:
        points = [
            p
            for a, b in zip(ring, ring[1:] + ring[:1], strict=True)
            for p in _edge_points(edges, a, b)
        ]
        core = [vertices[number] for number in ring]
        districts.append(
            District(core=tuple(core), ring=(*points, points[0]), centre=_centroid(core))
        )
    outline = _outline(edges, rings)
    return CityMap(districts=tuple(districts), ring=(*outline, outline[0]), centre=CENTRE)
