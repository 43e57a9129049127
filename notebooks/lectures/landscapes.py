"""Losses as landscapes: chords above them or below, walks downhill from several starts, and Newton's step without a matrix."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from autograd_core import dot, grad, hvp
from nn import Optimizer
from nn.arguments import spaced
from nn.plots.axes import GREY, Axes, colour, one_panel

Place = list[float]
Loss = Callable[[Any], Any]
"""A function of a list of numbers, or of Values."""


def chord_gap(f: Loss, x: Place, z: Place, alpha: float) -> float:
    """How far the chord from ``x`` to ``z`` is above ``f``, at ``alpha`` times ``x`` plus ``1 - alpha`` times ``z``.

    >>> chord_gap(lambda v: v[0] ** 2, [0.0], [2.0], 0.5)
    1.0
    """
    between = [alpha * a + (1 - alpha) * b for a, b in zip(x, z)]
    return float(alpha * f(x) + (1 - alpha) * f(z) - f(between))


def smallest_gap(f: Loss, inputs: int, trials: int = 3000, size: float = 4.0, seed: int = 0) -> float:
    """The smallest of many chord gaps between random places up to ``size`` from 0 in each direction: below 0, ``f`` is not convex.

    >>> smallest_gap(lambda v: v[0] ** 2, 1) >= 0.0, smallest_gap(lambda v: v[0] ** 3, 1) >= 0.0
    (True, False)
    """
    chance = random.Random(seed)

    def point() -> Place:
        return [chance.uniform(-size, size) for _ in range(inputs)]

    return min(chord_gap(f, point(), point(), chance.random()) for _ in range(trials))


def descend(f: Loss, start: Place, rate: float, steps: int) -> list[Place]:
    """Gradient descent: all places that were visited, the start first.

    >>> descend(lambda v: v[0] ** 2, [1.0], 0.25, 2)
    [[1.0], [0.5], [0.25]]
    """
    path, gradient = [start], grad(f)
    for _ in range(steps):
        path.append([a - rate * d for a, d in zip(path[-1], gradient(path[-1]))])
    return path


def descents(
    value_and_gradient: Callable[[Place], tuple[float, Any]], starts: Sequence[Place], rate: float, steps: int
) -> list[tuple[Place, list[float]]]:
    """Where gradient descent ends from each start, and the losses on its way, of a function that gives value and gradient at once.

    >>> from autograd_core import value_and_grad
    >>> descents(value_and_grad(lambda v: v[0] ** 2), [[1.0], [0.0]], 0.25, 2)
    [([0.25], [1.0, 0.25]), ([0.0], [0.0, 0.0])]
    """
    found = []
    for place in starts:
        losses = []
        for _ in range(steps):
            loss, slopes = value_and_gradient(place)
            losses.append(loss)
            place = [a - rate * d for a, d in zip(place, slopes)]
        found.append((place, losses))
    return found


def show_descents(
    f: Callable[[float], float], starts: Sequence[float], ends: Sequence[float], low: float, high: float, ax: Any = None
) -> Axes:
    """A loss of one weight from ``low`` to ``high``, and an arrow from each start to where descent ended.

    >>> show_descents(lambda w: w * w, [-1.0, 2.0], [0.0, 0.0], -2.0, 2.0).get_xlabel()
    'w'
    """
    ax = one_panel(ax, "Each arrow is one descent", "w", "loss", (7.5, 3.6))
    ax.plot(ws := spaced(low, high, 401), [f(w) for w in ws], color=GREY)
    for k, (start, end) in enumerate(zip(starts, ends)):
        arrow = {"arrowstyle": "->", "color": colour(k), "lw": 1.8, "connectionstyle": "arc3,rad=-0.25"}
        ax.annotate("", (end, f(end)), (start, f(start)), arrowprops=arrow)
        ax.plot(start, f(start), "o", color=colour(k))
    return ax


def descent_path(optimizer: Optimizer, losses: Sequence[Callable[[], Any]]) -> list[tuple[float, ...]]:
    """The places of an optimizer's parameters, from the start on, after a step down each loss, a function without arguments.

    >>> import nn
    >>> w = nn.Parameter(1.0)
    >>> descent_path(nn.SGD([w], lr=0.25), [lambda: w * w] * 2)
    [(1.0,), (0.5,), (0.25,)]
    """
    path = [tuple(p.data for p in optimizer.parameters)]
    for loss in losses:
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        path.append(tuple(p.data for p in optimizer.parameters))
    return path


def newton_step(f: Loss, v: Place, rounds: int = 60) -> Place:
    """Newton's step ``s``, where ``H s = -g``, by conjugate gradients: with products of ``H``, without ever writing it down.

    >>> newton_step(lambda v: v[0] ** 2 + 2 * v[1] ** 2, [4.0, 0.0])
    [-4.0, 0.0]
    """
    s, r = [0.0] * len(v), [-a for a in grad(f)(v)]
    p, size = r, dot(r, r)
    for _ in range(rounds):
        if size < 1e-20:
            break
        product = hvp(f)(v, p)
        length = size / dot(p, product)
        s = [a + length * c for a, c in zip(s, p)]
        r = [a - length * c for a, c in zip(r, product)]
        size, before = dot(r, r), size
        p = [a + size / before * c for a, c in zip(r, p)]
    return s
