"""What is done to data before and while training: scale, encode, split, cut into mini-batches, augment.

Everything takes lists, NumPy arrays and pandas frames alike and returns new plain lists.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from .data import Dataset
from .initialization import generator_of
from .tables import as_labels, as_rows, check_lengths, plain


class Standardizer:
    """Bring each column to mean 0 and standard deviation 1: z = (x - mean) / deviation.

    ``mean`` and ``deviation`` (of the population: divided by n) are those of the rows given to :meth:`fit`, to be used on all
    later data. A constant column has the deviation 1, so that it becomes 0.

    >>> scaler = Standardizer().fit([[1.0, 7.0], [3.0, 7.0]])
    >>> scaler.mean, scaler.deviation
    ([2.0, 7.0], [1.0, 1.0])
    >>> scaler.transform([[5.0, 7.0]]), scaler.inverse([[3.0, 0.0]])
    ([[3.0, 0.0]], [[5.0, 7.0]])
    """

    def __init__(self, mean: Sequence[float] = (), deviation: Sequence[float] = ()) -> None:
        self.mean, self.deviation = list(mean), list(deviation)

    def fit(self, X: Any) -> Standardizer:
        """Take mean and deviation from these rows; returns the standardizer."""
        columns = list(zip(*as_rows(X)))
        self.mean = [_mean(column) for column in columns]
        self.deviation = [_deviation(column, mean) for column, mean in zip(columns, self.mean)]
        return self

    def transform(self, X: Any) -> list[list[float]]:
        """The rows, standardized; a ``ValueError`` for another number of columns, or before :meth:`fit`."""
        return [[(x - m) / d for x, m, d in zip(row, self.mean, self.deviation)] for row in _columns_checked(X, self.mean)]

    def inverse(self, X: Any) -> list[list[float]]:
        """The rows that :meth:`transform` would bring to these."""
        return [[z * d + m for z, m, d in zip(row, self.mean, self.deviation)] for row in _columns_checked(X, self.mean)]

    def __repr__(self) -> str:
        return f"Standardizer(mean={self.mean}, deviation={self.deviation})"


class MinMaxScaler:
    """Bring each column to the range from 0 to 1: z = (x - low) / (high - low).

    ``low`` and ``high`` are the extremes of the rows given to :meth:`fit`; later rows may lie outside them. A constant column
    becomes 0.

    >>> scaler = MinMaxScaler().fit([[0.0, 7.0], [16.0, 7.0]])
    >>> scaler.transform([[4.0, 7.0]]), scaler.inverse([[0.25, 0.0]])
    ([[0.25, 0.0]], [[4.0, 7.0]])
    """

    def __init__(self, low: Sequence[float] = (), high: Sequence[float] = ()) -> None:
        self.low, self.high = list(low), list(high)

    def fit(self, X: Any) -> MinMaxScaler:
        """Take the extremes from these rows; returns the scaler."""
        columns = list(zip(*as_rows(X)))
        self.low, self.high = [min(column) for column in columns], [max(column) for column in columns]
        return self

    def transform(self, X: Any) -> list[list[float]]:
        """The rows, scaled; a ``ValueError`` for another number of columns, or before :meth:`fit`."""
        widths = self._widths()
        return [[(x - low) / width for x, low, width in zip(row, self.low, widths)] for row in _columns_checked(X, self.low)]

    def inverse(self, X: Any) -> list[list[float]]:
        """The rows that :meth:`transform` would bring to these."""
        widths = self._widths()
        return [[z * width + low for z, low, width in zip(row, self.low, widths)] for row in _columns_checked(X, self.low)]

    def _widths(self) -> list[float]:
        return [high - low or 1.0 for low, high in zip(self.low, self.high)]

    def __repr__(self) -> str:
        return f"MinMaxScaler(low={self.low}, high={self.high})"


def one_hot(labels: Any, classes: int | None = None) -> list[list[float]]:
    """Each label as a row with a 1 in its column and 0 elsewhere.

    ``classes`` is the number of columns, by default one more than the largest label. A ``ValueError`` names a label outside.

    >>> one_hot([0, 2])
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    numbers = as_labels(labels, "labels")
    count = max(*numbers, 0, 0) + 1 if classes is None else classes
    return [[float(j == label) for j in range(count)] for label in as_labels(numbers, "labels", count)]


def train_test_split(
    X: Any,
    y: Any,
    test: float = 0.25,
    fractions: Sequence[float] | None = None,
    seed: int | random.Random = 0,
    stratify: bool = False,
) -> list[Dataset]:
    """Shuffle the examples and deal them into a training and a test set, or into as many sets as there are ``fractions``.

    The usual ``fractions=(0.7, 0.15, 0.15)`` gives training, validation and test. ``stratify`` keeps the shares of the classes
    in each part (to within about one example). A ``ValueError`` where a part would be empty, the fractions do not add up to 1,
    or a class has fewer examples than there are parts.

    >>> train, test = train_test_split([[0], [1], [2], [3]], [0, 1, 0, 1], stratify=True, test=0.5)
    >>> sorted(train.y), sorted(test.y)
    ([0, 1], [0, 1])
    """
    rows, targets = _examples(X, y)
    shares = (1.0 - test, test) if fractions is None else tuple(fractions)
    if any(not 0.0 < share <= 1.0 for share in shares) or abs(math.fsum(shares) - 1.0) > 1e-9:
        raise ValueError(f"fractions are numbers between 0 and 1 that add up to 1, not {shares}")
    chance = generator_of(seed)
    order = _shuffled(range(len(rows)), chance)
    if stratify:
        order = _classes_spread(order, targets, len(shares))
    cuts = [int(len(rows) * math.fsum(shares[:k]) + 0.5) for k in range(len(shares) + 1)]
    parts = [_shuffled(order[start:stop], chance) for start, stop in pairwise(cuts)]
    if not all(parts):
        raise ValueError(f"{len(rows)} example(s) cannot be split into {shares}: a part would be empty")
    return [_chosen(rows, targets, part) for part in parts]


def batches(X: Any, y: Any, batch_size: int, seed: int | random.Random = 0, shuffle: bool = True) -> Iterator[Dataset]:
    """One epoch of mini-batches: every example once, ``batch_size`` at a time; the last batch may be shorter.

    The order is shuffled; an int as ``seed`` gives the same order at each call, a ``random.Random`` goes on, so that each epoch has
    its own. A ``ValueError`` for a batch larger than the data.

    >>> [batch.y for batch in batches([[0], [1], [2], [3], [4]], [0, 1, 2, 3, 4], batch_size=2, shuffle=False)]
    [[0, 1], [2, 3], [4]]
    """
    rows, targets = _examples(X, y)
    if not hasattr(batch_size, "__index__") or batch_size < 1:
        raise ValueError(f"batch_size is a whole number from 1 on, not {batch_size!r}")
    if batch_size > len(rows):
        raise ValueError(f"batch_size={batch_size} is larger than the data: there are {len(rows)} example(s)")
    order = _shuffled(range(len(rows)), generator_of(seed)) if shuffle else range(len(rows))
    # The checks above run at the call, not at the first batch.
    return (_chosen(rows, targets, order[start : start + batch_size]) for start in range(0, len(rows), batch_size))


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
    moves = [_shift_sources(size, right, down) for right, down in ((-1, 0), (1, 0), (0, -1), (0, 1))]
    moved = [[0.0 if source is None else row[source] for source in sources] for sources in moves for row in rows]
    return Dataset(rows + moved, targets * 5)


def _mean(column: Sequence[float]) -> float:
    return column[0] if min(column) == max(column) else math.fsum(column) / len(column)


def _deviation(column: Sequence[float], mean: float) -> float:
    """Relative to the largest difference, so that no square overflows or vanishes; 1 for a constant column."""
    largest = max(abs(x - mean) for x in column)
    return largest * math.sqrt(math.fsum(((x - mean) / largest) ** 2 for x in column) / len(column)) if largest else 1.0


def _columns_checked(X: Any, fitted: Sequence[float]) -> list[list[float]]:
    if not fitted:
        raise ValueError("this scaler has not seen data yet: call fit(X) first")
    rows = as_rows(X)
    if len(rows[0]) != len(fitted):
        raise ValueError(f"X has {len(rows[0])} column(s) where the data given to fit had {len(fitted)}")
    return rows


def _examples(X: Any, y: Any) -> tuple[list[list[float]], list[Any]]:
    rows, targets = as_rows(X), list(plain(y, "y"))
    check_lengths(rows, targets)
    return rows, targets


def _shuffled(indices: Sequence[int], chance: random.Random) -> list[int]:
    order = list(indices)
    chance.shuffle(order)
    return order


def _chosen(rows: list[list[float]], targets: list[Any], indices: Sequence[int]) -> Dataset:
    return Dataset([rows[i] for i in indices], [targets[i] for i in indices])


def _classes_spread(order: list[int], targets: list[Any], parts: int) -> list[int]:
    """The same order, but with the members of each class at even distances, so that every cut finds all in proportion."""
    sizes = Counter(targets)
    for label, size in sizes.items():
        if size < parts:
            raise ValueError(f"class {label!r} has {size} example(s), too few to stratify into {parts} parts")
    seen: Counter[Any] = Counter()
    position = {}
    for i in order:
        position[i] = (seen[targets[i]] + 0.5) / sizes[targets[i]]
        seen[targets[i]] += 1
    return sorted(order, key=position.__getitem__)


def _shift_sources(size: int, right: int, down: int) -> list[int | None]:
    """For each pixel of a moved picture, the pixel of the original that it shows, or None beyond the border."""
    inside = range(size)
    return [
        (line - down) * size + column - right if line - down in inside and column - right in inside else None
        for line in inside
        for column in inside
    ]
