"""Data sets of single lectures, as functions beside a line and a curve, and more samples out of those that there are."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import autograd_core as ac
from nn import Dataset
from nn.arguments import count, generator_of, number, spaced
from nn.data import Seed, chance_of, moons
from nn.training.samples import check_lengths


def linear(n: int = 100, weights: Sequence[float] = (1.0,), bias: float = 0.0, noise: float = 0.0, seed: Seed = 0) -> Dataset:
    """``n`` rows of standard normal inputs with the targets w·x + b plus Gaussian noise of deviation ``noise``.

    >>> X, y = linear(50, weights=(2.0, -1.0), bias=0.5)
    >>> y[0] == 2.0 * X[0][0] - 1.0 * X[0][1] + 0.5
    True
    """
    chance = chance_of(n, noise, seed)
    if len(weights) == 0:
        raise ValueError("weights is empty: give one number for each input")
    rows = [[chance.gauss(0.0, 1.0) for _ in weights] for _ in range(n)]
    return Dataset(rows, [ac.dot(weights, row) + bias + chance.gauss(0.0, noise) for row in rows])


def function(
    f: Callable[[float], float], n: int = 100, low: float = -1.0, high: float = 1.0, noise: float = 0.0, seed: Seed = 0
) -> Dataset:  # fmt: skip
    """``n`` points of ``y = f(x)``, evenly spaced from ``low`` to ``high`` and in that order, with Gaussian noise on ``y``.

    >>> function(abs, 3, low=-2.0, high=2.0)
    Dataset(X=[[-2.0], [0.0], [2.0]], y=[2.0, 0.0, 2.0])
    """
    chance, (low, high) = chance_of(n, noise, seed), spaced(low, high, 2)
    xs = [low * (1.0 - t) + high * t for t in spaced(0.0, 1.0, n)]
    return Dataset([[x] for x in xs], [f(x) + chance.gauss(0.0, noise) for x in xs])


def jitter(X: Any, y: Any, copies: int = 1, noise: float = 0.1, seed: Seed = 0) -> Dataset:
    """Augment: the examples, followed by ``copies`` of all of them with Gaussian noise of deviation ``noise`` on each input.

    >>> jitter([[0.0], [1.0]], [0, 1], copies=2).y
    [0, 1, 0, 1, 0, 1]
    """
    rows, targets = _examples(X, y)
    copies, noise, chance = count("copies", copies, 0), number("noise", noise), generator_of(seed)
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
    moved = []
    for right, down in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        places = [(i - down, j - right) for i in range(size) for j in range(size)]
        source = [i * size + j if 0 <= i < size and 0 <= j < size else None for i, j in places]
        moved += [[0.0 if k is None else row[k] for k in source] for row in rows]
    return Dataset(rows + moved, targets * 5)


def _examples(X: Any, y: Any) -> tuple[list[list[float]], list[Any]]:
    rows, targets = ac.as_rows(X), list(ac.as_lists(y))
    check_lengths(rows, targets)
    return rows, targets


def three_clouds(n: int = 40, seed: Seed = 0) -> Dataset:
    """``n`` points each of three classes, in clouds around the corners of a triangle.

    >>> three_clouds(2).y
    [0, 0, 1, 1, 2, 2]
    """
    chance = generator_of(seed)
    middles = [(0.0, 1.5), (-1.5, -1.0), (1.5, -1.0)]
    rows = [[chance.gauss(a, 0.6), chance.gauss(b, 0.6)] for a, b in middles for _ in range(n)]
    return Dataset(rows, [label for label in range(3) for _ in range(n)])


def hard_moons(n: int, seed: int) -> Dataset:
    """Two half moons that overlap, with one label in ten turned around.

    >>> X, y = hard_moons(1000, seed=0)
    >>> sum(one != other for one, other in zip(y, moons(1000, noise=0.25, seed=0).y))
    101
    """
    chance = random.Random(seed + 100)
    X, y = moons(n, noise=0.25, seed=seed)
    return Dataset(X, [1 - label if chance.random() < 0.1 else label for label in y])


def shuffled_batches(X: Sequence[Any], y: Sequence[Any], size: int, epochs: int, seed: int = 0) -> list[Dataset]:
    """The batches of a training, one after the other: in each epoch the samples in a new order, cut into pieces of ``size``.

    >>> [len(batch.y) for batch in shuffled_batches([[1.0], [2.0], [3.0]], [1, 2, 3], size=2, epochs=2)]
    [2, 1, 2, 1]
    """
    order, batches = random.Random(seed), []
    for _ in range(epochs):
        samples = list(zip(X, y))
        order.shuffle(samples)
        batches += [samples[i : i + size] for i in range(0, len(samples), count("size", size))]
    return [Dataset([row for row, _ in batch], [target for _, target in batch]) for batch in batches]
