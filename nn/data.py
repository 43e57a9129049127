"""Data sets to learn on: gates, clouds of points in the plane, and handwritten digits.

Each is a :class:`Dataset` of plain lists and, where chance is involved, the same for the same ``seed``. Clouds have ``n`` points of
two classes, of which ``labels`` are the names. Those of the TensorFlow Playground (:func:`circles`, :func:`xor_quadrants`,
:func:`gaussians`, :func:`spiral`) follow the generators in its ``src/dataset.ts``; their ``noise`` is the slider's, from 0 to 0.5.
"""

import math
import random
from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

from .arguments import count, generator_of, named, number

Seed = int | random.Random
Pair = Sequence[int]
_GATES = {  # number of inputs, and how many of them are true where the output is
    "and": (2, {2}), "or": (2, {1, 2}), "xor": (2, {1}), "nand": (2, {0, 1}), "nor": (2, {0}), "xnor": (2, {0, 2}), "not": (1, {0}),
}  # fmt: skip


class Dataset(NamedTuple):
    """Examples: ``X``, a list of rows of numbers, and ``y``, the label (an int) or target of each row.

    >>> X, y = Dataset(X=[[0.0, 1.0], [1.0, 1.0]], y=[1, 0])
    """

    X: list[list[float]]
    y: list[Any]


def gates(name: str, coding: Pair = (0, 1), labels: Pair | None = None) -> Dataset:
    """The truth table of ``"and"``, ``"or"``, ``"xor"``, ``"nand"``, ``"nor"``, ``"xnor"`` or ``"not"``: ``coding`` are the
    numbers that stand for false and true, ``(0, 1)`` or ``(-1, 1)``; ``labels`` those of the output, where they are others.

    >>> gates("xor")
    Dataset(X=[[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], y=[0, 1, 1, 0])
    """
    inputs, counts = named(name, _GATES, "a gate", or_else="")
    numbers, answers = _pair(coding, "coding"), _pair(coding if labels is None else labels)
    rows = list(product((0, 1), repeat=inputs))
    return Dataset([[float(numbers[bit]) for bit in row] for row in rows], [answers[sum(row) in counts] for row in rows])


def moons(n: int = 100, noise: float = 0.1, seed: Seed = 0, labels: Pair = (0, 1)) -> Dataset:
    """Two interleaved half circles of radius 1, as scikit-learn's ``make_moons``, shuffled: the upper one has the first label.

    ``noise`` is the standard deviation of the Gaussian noise on both coordinates.

    >>> moons(100, labels=(-1, 1)).y.count(-1)
    50
    """
    chance, classes = chance_of(n, noise, seed), _halves(n)
    above, below = ([math.pi * i / max(size - 1, 1) for i in range(size)] for size in (n // 2, n - n // 2))
    rows = [[math.cos(angle), math.sin(angle)] for angle in above]
    rows += [[1.0 - math.cos(angle), 0.5 - math.sin(angle)] for angle in below]
    return _cloud([[x + chance.gauss(0.0, noise) for x in row] for row in rows], classes, labels, chance)


def circles(n: int = 200, noise: float = 0.0, seed: Seed = 0, labels: Pair = (0, 1)) -> Dataset:
    """The Playground's circle: a disc of radius 2.5 (second label) in a ring from 3.5 to 5 (first label), shuffled.

    Noise does not move the points: each gets the label of the place up to 5 · ``noise`` away, so some labels are wrong.

    >>> all((math.hypot(*row) < 2.5) == label for row, label in zip(*circles(200)))
    True
    """
    chance, rows, classes = chance_of(n, noise, seed), [], []
    for inside in _halves(n):
        radius, angle = chance.uniform(*(0.0, 2.5) if inside else (3.5, 5.0)), chance.uniform(0.0, 2.0 * math.pi)
        rows.append([radius * math.sin(angle), radius * math.cos(angle)])
        classes.append(math.hypot(*_moved(rows[-1], 5.0 * noise, chance)) < 2.5)
    return _cloud(rows, classes, labels, chance)


def xor_quadrants(n: int = 200, noise: float = 0.0, seed: Seed = 0, labels: Pair = (0, 1)) -> Dataset:
    """The Playground's exclusive or: a square of side 10.6 whose points have the second label where x1 · x2 >= 0.

    No point is nearer than 0.3 to an axis. Noise changes labels, not points, as in :func:`circles`. The classes are of equal
    size only on average.

    >>> all((x1 * x2 >= 0.0) == label for (x1, x2), label in zip(*xor_quadrants(200)))
    True
    """
    chance, rows, classes = chance_of(n, noise, seed), [], []
    for _ in range(n):
        rows.append([x + math.copysign(0.3, x) for x in (chance.uniform(-5.0, 5.0), chance.uniform(-5.0, 5.0))])
        x1, x2 = _moved(rows[-1], 5.0 * noise, chance)
        classes.append(x1 * x2 >= 0.0)
    return _cloud(rows, classes, labels)


def gaussians(n: int = 200, noise: float = 0.0, seed: Seed = 0, labels: Pair = (0, 1)) -> Dataset:
    """The Playground's two clouds, around (-2, -2) (first label) and (2, 2) (second label), shuffled.

    The variance of each coordinate is 0.5 + 7 · ``noise``: without noise, a line separates nearly all points.

    >>> sum((x1 + x2 > 0.0) == label for (x1, x2), label in zip(*gaussians(200)))
    200
    """
    chance, classes, deviation = chance_of(n, noise, seed), _halves(n), math.sqrt(0.5 + 7.0 * noise)
    return _cloud([[chance.gauss(4.0 * k - 2.0, deviation) for _ in range(2)] for k in classes], classes, labels, chance)


def spiral(n: int = 200, noise: float = 0.0, seed: Seed = 0, labels: Pair = (0, 1)) -> Dataset:
    """The Playground's two spirals of 1¾ turns to radius 5, shuffled; the second label is on the one that starts upwards.

    Each coordinate is moved by up to ``noise``. Both spirals start at the origin: without noise, that point has both labels.

    >>> round(max(math.hypot(*row) for row in spiral(200).X), 9)
    4.95
    """
    chance, rows = chance_of(n, noise, seed), []
    for start, size in ((math.pi, n // 2), (0.0, n - n // 2)):
        for i in range(size):
            radius, angle = 5.0 * i / size, 1.75 * i / size * 2.0 * math.pi + start
            rows.append(_moved([radius * math.sin(angle), radius * math.cos(angle)], noise, chance))
    return _cloud(rows, _halves(n), labels, chance)


def chance_of(n: int, noise: float, seed: Seed) -> random.Random:
    """The random numbers of a set, after a look at its size and noise."""
    count("n, the number of points,", n, 2)
    number("noise", noise)
    return generator_of(seed)


def _halves(n: int) -> list[int]:
    return [0] * (n // 2) + [1] * (n - n // 2)


def _moved(row: list[float], distance: float, chance: random.Random) -> list[float]:
    return [x + chance.uniform(-distance, distance) for x in row]


def _cloud(rows: list[list[float]], classes: Sequence[int], labels: Pair, chance: random.Random | None = None) -> Dataset:
    """The points with the labels of their classes, shuffled by ``chance``."""
    pair, points = _pair(labels), list(zip(rows, classes))
    if chance is not None:
        chance.shuffle(points)
    return Dataset([row for row, _ in points], [pair[k] for _, k in points])


def _pair(numbers: Pair, name: str = "labels") -> Pair:
    if len(numbers) != 2 or numbers[0] == numbers[1]:
        raise ValueError(f"{name} is a pair of different numbers such as (0, 1) or (-1, 1), not {numbers!r}")
    return numbers


def digits() -> Dataset:
    """The 1,797 handwritten digits that come with scikit-learn: 8 × 8 grey levels from 0 to 1 a row, labels 0 to 9.

    E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998.

    >>> digits().y[:5]
    [0, 1, 2, 3, 4]
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError("the handwritten digits need scikit-learn: python -m pip install scikit-learn") from None
    images, labels = load_digits(return_X_y=True)
    return Dataset((images / 16.0).tolist(), labels.tolist())
