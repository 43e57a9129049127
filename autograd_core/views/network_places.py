"""Where the circles of a network stand, and where there is room for numbers on its arrows. Pure geometry, in points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

MOST = 12  # units of a column that are drawn; of a wider one the first, dots, and the last
RADII = {1: 20.0, 2: 27.0, 3: 32.0}  # of a circle with so many lines of text
BIAS = 15.0  # the radius of a "+1" unit
_CHARACTER = 0.58  # how wide a character of a number is, as a share of the size of the letters


class Circle(NamedTuple):
    """A circle: its middle, its radius."""

    x: float
    y: float
    radius: float


class Box(NamedTuple):
    """An upright rectangle around its middle."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: Box, gap: float = 2.0) -> bool:
        """Whether the two have less than ``gap`` between them."""
        return (
            abs(self.x - other.x) < (self.width + other.width) / 2 + gap
            and abs(self.y - other.y) < (self.height + other.height) / 2 + gap
        )

    def is_crossed(self, start: Circle, end: Circle) -> bool:
        """Whether the straight line between two middles runs through it."""
        (x0, y0), (x1, y1) = between(start, end, 0.0), between(start, end, 1.0)
        enters, leaves = 0.0, 1.0  # the share of the way that runs between the sides, and then between top and bottom
        for along, step, middle, half in ((x0, x1 - x0, self.x, self.width / 2), (y0, y1 - y0, self.y, self.height / 2)):
            if step == 0.0:
                if abs(along - middle) >= half:
                    return False
                continue
            one, other = sorted(((middle - half - along) / step, (middle + half - along) / step))
            enters, leaves = max(enters, one), min(leaves, other)
        return enters < leaves


def drawn_rows(count: int) -> list[int | None]:
    """The units of a column that are drawn; ``None`` for the dots.

    >>> drawn_rows(3), drawn_rows(64)
    ([0, 1, 2], [0, 1, 2, 3, 4, None, 63])
    """
    return list(range(count)) if count <= MOST else [0, 1, 2, 3, 4, None, count - 1]


def circles(columns: Sequence[Sequence[str]], radius: float, gaps: Sequence[float], room: float = 20.0) -> dict[str, Circle]:
    """The circles of each column from top to bottom, ``room`` between them; ``gaps`` are the distances in front of the columns.

    >>> circles([["a", "b"], ["c"]], 20.0, [0.0, 100.0])["c"]
    Circle(x=100.0, y=0.0, radius=20.0)
    """
    row, found, x = 2.0 * radius + room, {}, 0.0
    for column, gap in zip(columns, gaps):
        x += gap
        above = sum(1 for name in column if name.startswith("bias"))  # the units stand in the middle, a "+1" above them
        for k, name in enumerate(column):
            y = ((len(column) - above - 1) / 2 - k + above) * row
            found[name] = Circle(x, y, BIAS if name.startswith("bias") else radius)
    return found


def way_around(start: Circle, end: Circle, others: Sequence[Circle]) -> Circle | None:
    """The point through which an arrow runs below the circles that its straight line would cross; ``None`` if it crosses none.

    >>> way_around(Circle(0.0, 0.0, 20.0), Circle(200.0, 0.0, 20.0), [Circle(100.0, 0.0, 20.0), Circle(100.0, 90.0, 20.0)])
    Circle(x=100.0, y=-32.0, radius=0.5)
    """
    boxes = [Box(c.x, c.y, 2.0 * c.radius, 2.0 * c.radius) for c in others if start.x < c.x < end.x]
    crossed = [box for box in boxes if box.is_crossed(start, end)]
    if not crossed:
        return None
    column = [box for box in boxes if box.x == crossed[0].x]
    return Circle(crossed[0].x, min(box.y - box.height / 2 for box in column) - 12.0, 0.5)


def label_places(
    arrows: Sequence[tuple[str, str, str]], placed: Mapping[str, Circle], size: float, upright: bool
) -> list[tuple[float, float] | None]:
    """A place on each arrow (tail, head, text) where its text meets no circle and no other text, and few other arrows.

    ``None`` where there is none. Labels of arrows that leave one circle are tried at growing distances from it.
    """
    taken = [Box(c.x, c.y, 2.0 * c.radius, 2.0 * c.radius) for c in placed.values()]
    found: list[tuple[float, float] | None] = []
    for tail, head, text in arrows:
        start, end = placed[tail], placed[head]
        among = [arrow for arrow in arrows if arrow[0] == tail]
        wish = 0.3 + 0.4 * (among.index((tail, head, text)) + 0.5) / len(among)
        width, height = text_width(text, size) + 5.0, size + 4.0
        best: tuple[float, Box] | None = None
        for k in range(10, 91, 2):
            x, y = between(start, end, k / 100.0)
            box = Box(x, y, height, width) if upright else Box(x, y, width, height)
            if any(box.meets(other) for other in taken):
                continue
            crossed = sum(1 for t, h, _ in arrows if (t, h) != (tail, head) and box.is_crossed(placed[t], placed[h]))
            cost = 0.25 * crossed + abs(k / 100.0 - wish)
            if best is None or cost < best[0]:
                best = cost, box
        found.append((best[1].x, best[1].y) if best else None)
        taken += [best[1]] if best else []
    return found


def fitting(lines: Sequence[str], radius: float) -> float:
    """The size of the letters with which no line is wider than the circle where it stands.

    >>> fitting(["x", "0.5"], 25.0), fitting(["x", "-0.000123"], 25.0)
    (12.0, 9.3)
    """
    sizes = [12.0]
    for i, line in enumerate(lines):
        off = abs(i - (len(lines) - 1) / 2) * 13.0 + 4.0
        room = 2.0 * math.sqrt(max(radius**2 - off**2, 25.0)) - 2.0
        sizes.append(room / max(text_width(line, 1.0), 0.1))
    return math.floor(10.0 * min(sizes)) / 10.0


def text_width(text: str, size: float) -> float:
    """About how wide a text is, rather more than less."""
    narrow = sum(0.3 for c in text if c in ".,'|-:; ⁽⁾¹")
    small = sum(0.4 for c in text if c in "₀₁₂₃₄₅₆₇₈₉⁰²³⁴⁵⁶⁷⁸⁹")
    other = sum(0.9 if c in "mwMW@%" else _CHARACTER for c in text if c not in ".,'|-:; ⁽⁾₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹")
    return size * (narrow + small + other)


def between(start: Circle, end: Circle, share: float) -> tuple[float, float]:
    """The point at a share of the way between the rims of two circles."""
    length = math.hypot(end.x - start.x, end.y - start.y) or 1.0
    along = (start.radius + share * max(length - start.radius - end.radius, 0.0)) / length
    return start.x + along * (end.x - start.x), start.y + along * (end.y - start.y)
