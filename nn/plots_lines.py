"""The numbers behind the pictures of lines and of weights: which region a point lies in, where a line crosses a box. No drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .figures import Box, ticks
from .logic import Line
from .module import Module
from .tables import as_rows


def lines_of(lines: Any) -> list[Line]:
    """Lines as ``(w1, w2, b)``: those of a list, of a perceptron, or of a layer of perceptrons on two inputs."""
    if isinstance(lines, Module):
        lines = [[*(w.data for w in unit.w), 0.0 if unit.b is None else unit.b.data] for unit in units_of(lines)]
    found = as_rows(lines, "lines")
    for i, line in enumerate(found):
        if len(line) != 3 or (line[0] == 0.0 and line[1] == 0.0):
            raise ValueError(f"line {i} is (w1, w2, b) for w1 x + w2 y + b = 0, with w1 or w2 other than 0, not {tuple(line)}")
    return [(w1, w2, b) for w1, w2, b in found]


def units_of(layer: Any) -> list[Any]:
    """The neurons of a layer, or the perceptrons; a neuron is a layer of one."""
    units = getattr(layer, "neurons", None) or getattr(layer, "units", None) or ([layer] if hasattr(layer, "w") else None)
    if units is None:
        raise ValueError(f"{type(layer).__name__} has no weights of its own: give one layer, such as model.layers[0]")
    return list(units)


def region_codes(lines: Sequence[Line], box: Box, steps: int = 151) -> tuple[list[list[str]], dict[str, tuple[float, float, float]]]:
    """The code at each point of a grid over ``box``, and for each code that occurs its middle and its share of the box.

    Digit i of a code is 1 on the positive side of line i. Regions are convex, so the middle lies inside.

    >>> codes, regions = region_codes([(1.0, 0.0, 0.0)], Box((-1.0, 1.0), (-1.0, 1.0)), steps=2)
    >>> codes, regions["1"]
    ([['0', '1'], ['0', '1']], (1.0, 0.0, 0.5))
    """
    xs, ys = ticks(*box.x, steps), ticks(*box.y, steps)
    codes = [["".join("1" if w1 * x + w2 * y + b >= 0.0 else "0" for w1, w2, b in lines) for x in xs] for y in ys]
    sums: dict[str, list[float]] = {}
    for y, row in zip(ys, codes):
        for x, code in zip(xs, row):
            total = sums.setdefault(code, [0.0, 0.0, 0.0])
            total[0], total[1], total[2] = total[0] + x, total[1] + y, total[2] + 1.0
    return codes, {code: (x / n, y / n, n / steps**2) for code, (x, y, n) in sorted(sums.items())}


def segment(line: Line, box: Box) -> list[tuple[float, float]]:
    """The two points where a line enters and leaves ``box``; none if it passes by.

    >>> segment((1.0, -1.0, 0.0), Box((0.0, 2.0), (-1.0, 1.0)))
    [(0.0, 0.0), (1.0, 1.0)]
    """
    w1, w2, b = line
    ends = [(x, -(w1 * x + b) / w2) for x in box.x if w2] + [(-(w2 * y + b) / w1, y) for y in box.y if w1]
    inside = sorted({(x, y) for x, y in ends if box.x[0] <= x <= box.x[1] and box.y[0] <= y <= box.y[1]})
    return [inside[0], inside[-1]] if len(inside) > 1 else []
