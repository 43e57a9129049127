"""Data sets to learn on: gates, clouds of points in the plane, functions and handwritten digits; and their augmentation.

Each is a :class:`Dataset` of plain lists and, where chance is involved, the same for the same ``seed``. The sets of the
TensorFlow Playground (:func:`circles`, :func:`xor_quadrants`, :func:`gaussians`, :func:`spiral`) follow the generators in
its ``src/dataset.ts``; their ``noise`` is the slider's, from 0 to 0.5.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, NamedTuple

import autograd_core as ac

from .arguments import generator_of
from .training.samples import as_rows, check_lengths, plain


class Dataset(NamedTuple):
    """Examples: ``X``, a list of rows of numbers, and ``y``, the label (an int) or target of each row.

    >>> X, y = Dataset(X=[[0.0, 1.0], [1.0, 1.0]], y=[1, 0])
    >>> X[0], y[0]
    ([0.0, 1.0], 1)
    """

    X: list[list[float]]
    y: list[Any]


_GATES = {  # number of inputs, and how many of them are true where the output is
    "and": (2, {2}), "or": (2, {1, 2}), "xor": (2, {1}), "nand": (2, {0, 1}), "nor": (2, {0}), "xnor": (2, {0, 2}), "not": (1, {0}),
}  # fmt: skip


def gates(name: str, coding: Sequence[int] = (0, 1), labels: Sequence[int] | None = None) -> Dataset:
    """The truth table of ``"and"``, ``"or"``, ``"xor"``, ``"nand"``, ``"nor"``, ``"xnor"`` or ``"not"``.

    ``coding`` are the numbers that stand for false and true, ``(0, 1)`` or ``(-1, 1)``; ``labels`` those of the output,
    where they are others. A ``ValueError`` for an unknown gate.

    >>> gates("xor")
    Dataset(X=[[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], y=[0, 1, 1, 0])
    >>> gates("not", coding=(-1, 1))
    Dataset(X=[[-1.0], [1.0]], y=[1, -1])
    """
    if name not in _GATES:
        raise ValueError(f"there is no gate {name!r}: choose one of {', '.join(_GATES)}")
    inputs, counts = _GATES[name]
    numbers, answers = _pair(coding, "coding"), _pair(coding if labels is None else labels, "labels")
    rows = list(product((0, 1), repeat=inputs))
    return Dataset([[float(numbers[bit]) for bit in row] for row in rows], [answers[sum(row) in counts] for row in rows])


def moons(n: int = 100, noise: float = 0.1, seed: int | random.Random = 0, labels: Sequence[int] = (0, 1)) -> Dataset:
    """Two interleaved half circles of radius 1, as scikit-learn's ``make_moons``: ``n`` points in all, shuffled.

    The upper moon has the first label, the lower one the second; ``noise`` is the standard deviation of the Gaussian
    noise on both coordinates.

    >>> X, y = moons(100, labels=(-1, 1))
    >>> len(X), y.count(-1), y.count(1)
    (100, 50, 50)
    """
    chance, (upper, lower) = _checked(n, noise, seed), _pair(labels)
    above, below = ([math.pi * i / max(count - 1, 1) for i in range(count)] for count in (n // 2, n - n // 2))
    rows = [[math.cos(angle), math.sin(angle)] for angle in above]
    rows += [[1.0 - math.cos(angle), 0.5 - math.sin(angle)] for angle in below]
    data = Dataset([[x + chance.gauss(0.0, noise) for x in row] for row in rows], [upper] * len(above) + [lower] * len(below))
    return _shuffled(data, chance)


def circles(n: int = 200, noise: float = 0.0, seed: int | random.Random = 0, labels: Sequence[int] = (0, 1)) -> Dataset:
    """The Playground's circle: a disc of radius 2.5 (second label) in a ring from 3.5 to 5 (first label), shuffled.

    Noise does not move the points: each gets the label of the place up to 5 · ``noise`` away, so some labels are wrong.

    >>> X, y = circles(200)
    >>> all((x1 * x1 + x2 * x2 < 2.5 ** 2) == label for (x1, x2), label in zip(X, y))
    True
    """
    chance, pair = _checked(n, noise, seed), _pair(labels)
    data = Dataset([], [])
    for count, (low, high) in ((n // 2, (3.5, 5.0)), (n - n // 2, (0.0, 2.5))):
        for _ in range(count):
            radius, angle = chance.uniform(low, high), chance.uniform(0.0, 2.0 * math.pi)
            row = [radius * math.sin(angle), radius * math.cos(angle)]
            data.X.append(row)
            data.y.append(pair[math.hypot(*_moved(row, 5.0 * noise, chance)) < 2.5])
    return _shuffled(data, chance)


def xor_quadrants(n: int = 200, noise: float = 0.0, seed: int | random.Random = 0, labels: Sequence[int] = (0, 1)) -> Dataset:
    """The Playground's exclusive or: a square of side 10.6 whose points have the second label where x1 · x2 >= 0.

    No point is nearer than 0.3 to an axis. Noise changes labels, not points, as in :func:`circles`. The classes are of equal
    size only on average.

    >>> X, y = xor_quadrants(200)
    >>> all((x1 * x2 >= 0.0) == label for (x1, x2), label in zip(X, y))
    True
    """
    chance, pair = _checked(n, noise, seed), _pair(labels)
    data = Dataset([], [])
    for _ in range(n):
        row = [x + math.copysign(0.3, x) for x in (chance.uniform(-5.0, 5.0), chance.uniform(-5.0, 5.0))]
        x1, x2 = _moved(row, 5.0 * noise, chance)
        data.X.append(row)
        data.y.append(pair[x1 * x2 >= 0.0])
    return data


def gaussians(n: int = 200, noise: float = 0.0, seed: int | random.Random = 0, labels: Sequence[int] = (0, 1)) -> Dataset:
    """The Playground's two clouds, around (-2, -2) (first label) and (2, 2) (second label), shuffled.

    The variance of each coordinate is 0.5 + 7 · ``noise``: without noise, a line separates nearly all points.

    >>> X, y = gaussians(200)
    >>> sum((x1 + x2 > 0.0) == label for (x1, x2), label in zip(X, y))
    200
    """
    chance, pair = _checked(n, noise, seed), _pair(labels)
    deviation = math.sqrt(0.5 + 7.0 * noise)
    clouds = [0] * (n // 2) + [1] * (n - n // 2)
    rows = [[chance.gauss(4.0 * cloud - 2.0, deviation) for _ in range(2)] for cloud in clouds]
    return _shuffled(Dataset(rows, [pair[cloud] for cloud in clouds]), chance)


def spiral(n: int = 200, noise: float = 0.0, seed: int | random.Random = 0, labels: Sequence[int] = (0, 1)) -> Dataset:
    """The Playground's two spirals of 1¾ turns to radius 5, shuffled; the second label is on the one that starts upwards.

    Each coordinate is moved by up to ``noise``. Both spirals start at the origin: without noise, that point has both labels.

    >>> X, y = spiral(200)
    >>> y.count(0), y.count(1), round(max(math.hypot(*row) for row in X), 9)
    (100, 100, 4.95)
    """
    chance, pair = _checked(n, noise, seed), _pair(labels)
    data = Dataset([], [])
    for arm, count in ((0, n // 2), (1, n - n // 2)):
        for i in range(count):
            radius, angle = 5.0 * i / count, 1.75 * i / count * 2.0 * math.pi + (0.0 if arm else math.pi)
            data.X.append(_moved([radius * math.sin(angle), radius * math.cos(angle)], noise, chance))
            data.y.append(pair[arm])
    return _shuffled(data, chance)


def linear(
    n: int = 100, weights: Sequence[float] = (1.0,), bias: float = 0.0, noise: float = 0.0, seed: int | random.Random = 0
) -> Dataset:
    """``n`` rows of standard normal inputs with the targets w·x + b plus Gaussian noise of deviation ``noise``.

    >>> X, y = linear(50, weights=(2.0, -1.0), bias=0.5)
    >>> y[0] == 2.0 * X[0][0] - 1.0 * X[0][1] + 0.5
    True
    """
    chance = _checked(n, noise, seed)
    if len(weights) == 0:
        raise ValueError("weights is empty: give one number for each input")
    rows = [[chance.gauss(0.0, 1.0) for _ in weights] for _ in range(n)]
    return Dataset(rows, [ac.dot(weights, row) + bias + chance.gauss(0.0, noise) for row in rows])


def function(
    f: Callable[[float], float], n: int = 100, low: float = -1.0, high: float = 1.0, noise: float = 0.0, seed: int | random.Random = 0
) -> Dataset:
    """``n`` points of ``y = f(x)``, evenly spaced from ``low`` to ``high`` and in that order, with Gaussian noise on ``y``.

    >>> function(abs, 3, low=-2.0, high=2.0)
    Dataset(X=[[-2.0], [0.0], [2.0]], y=[2.0, 0.0, 2.0])
    """
    chance = _checked(n, noise, seed)
    if not low < high:
        raise ValueError(f"the interval from low={low!r} to high={high!r} is empty: low must be less than high")
    xs = [low * (1.0 - t) + high * t for t in (i / (n - 1) for i in range(n))]
    return Dataset([[x] for x in xs], [f(x) + chance.gauss(0.0, noise) for x in xs])


def digits() -> Dataset:
    """The 1,797 handwritten digits that come with scikit-learn: 8 × 8 grey levels from 0 to 1 a row, labels 0 to 9.

    E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998. An ``ImportError``
    without scikit-learn.

    >>> X, y = digits()
    >>> len(X), len(X[0]), y[:5]
    (1797, 64, [0, 1, 2, 3, 4])
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError("the handwritten digits need scikit-learn: python -m pip install scikit-learn") from None
    images, labels = load_digits(return_X_y=True)
    return Dataset((images / 16.0).tolist(), labels.tolist())


def jitter(X: Any, y: Any, copies: int = 1, noise: float = 0.1, seed: int | random.Random = 0) -> Dataset:
    """Augment: the examples, followed by ``copies`` of all of them with Gaussian noise of deviation ``noise`` on each input.

    >>> X, y = jitter([[0.0], [1.0]], [0, 1], copies=2)
    >>> len(X), y
    (6, [0, 1, 0, 1, 0, 1])
    """
    rows, targets = _examples(X, y)
    if not hasattr(copies, "__index__") or copies < 0 or not 0.0 <= noise < math.inf:
        raise ValueError(f"copies is a whole number and noise a finite number from 0 on, not {copies!r} and {noise!r}")
    chance = generator_of(seed)
    noisy = [[x + chance.gauss(0.0, noise) for x in row] for _ in range(copies) for row in rows]
    return Dataset(rows + noisy, targets * (copies + 1))


def shift_images(X: Any, y: Any, size: int = 8) -> Dataset:
    """Augment: the pictures, followed by all of them moved by one pixel to the left, right, up and down.

    Each row of ``X`` is a square picture of ``size`` × ``size`` grey levels, line by line; what enters at the border is 0.

    >>> X, y = shift_images([[1, 2, 3, 4]], [7], size=2)
    >>> X[1:], y
    ([[2.0, 0.0, 4.0, 0.0], [0.0, 1.0, 0.0, 3.0], [3.0, 4.0, 0.0, 0.0], [0.0, 0.0, 1.0, 2.0]], [7, 7, 7, 7, 7])
    """
    rows, targets = _examples(X, y)
    if len(rows[0]) != size * size:
        raise ValueError(f"a picture of size={size} has {size * size} pixels, but X has {len(rows[0])} columns")
    blank, pictures = [0.0] * size, [[row[i : i + size] for i in range(0, size * size, size)] for row in rows]
    moved = [
        *([[*line[1:], 0.0] for line in picture] for picture in pictures),
        *([[0.0, *line[:-1]] for line in picture] for picture in pictures),
        *([*picture[1:], blank] for picture in pictures),
        *([blank, *picture[:-1]] for picture in pictures),
    ]
    return Dataset(rows + [[x for line in picture for x in line] for picture in moved], targets * 5)


def _checked(n: int, noise: float, seed: int | random.Random) -> random.Random:
    """The random numbers of a set, after a look at its size and noise."""
    if not hasattr(n, "__index__") or n < 2:
        raise ValueError(f"n is the number of points, a whole number from 2 on, not {n!r}")
    if not 0.0 <= noise < math.inf:
        raise ValueError(f"noise is a finite number from 0 on, not {noise!r}")
    return generator_of(seed)


def _pair(numbers: Sequence[int], name: str = "labels") -> Sequence[int]:
    if len(numbers) != 2 or numbers[0] == numbers[1]:
        raise ValueError(f"{name} is a pair of different numbers such as (0, 1) or (-1, 1), not {numbers!r}")
    return numbers


def _moved(row: list[float], distance: float, chance: random.Random) -> list[float]:
    return [x + chance.uniform(-distance, distance) for x in row]


def _shuffled(data: Dataset, chance: random.Random) -> Dataset:
    """The same examples in another order."""
    order = list(range(len(data.X)))
    chance.shuffle(order)
    return Dataset([data.X[i] for i in order], [data.y[i] for i in order])


def _examples(X: Any, y: Any) -> tuple[list[list[float]], list[Any]]:
    rows, targets = as_rows(X), list(plain(y, "y"))
    check_lengths(rows, targets)
    return rows, targets
