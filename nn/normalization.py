"""Batch normalisation: the outputs of a layer are brought to one scale while training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd_core as ac

from .module import Module, Parameter


class BatchError(ValueError):
    """A batch that cannot be normalised: the message says what is needed."""


class BatchNorm(Module):
    """Shifts and scales each of ``count`` features to mean 0 and variance 1 over the batch, then by a learnt weight and bias.

    While training it takes ``batch(rows)`` with two rows or more, and keeps running averages of mean and (unbiased)
    variance, which it uses in evaluation mode. Source: Ioffe and Szegedy, Batch Normalization, 2015; PyTorch's BatchNorm1d.

    >>> layer = BatchNorm(1)
    >>> [[round(y.data, 3) for y in row] for row in layer.batch([[1.0], [3.0]])]
    [[-1.0], [1.0]]
    >>> layer.running_mean, layer.running_var
    ([0.2], [1.1])
    """

    buffers = ("running_mean", "running_var", "num_batches_tracked")

    def __init__(self, count: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        if not hasattr(count, "__index__") or count < 1:
            raise ValueError(f"BatchNorm has at least one feature, not {count!r}")
        self.weight = [Parameter(1.0, f"gamma[{i}]") for i in range(count)]
        self.bias = [Parameter(0.0, f"beta[{i}]") for i in range(count)]
        self.running_mean, self.running_var, self.num_batches_tracked = [0.0] * count, [1.0] * count, 0
        self.eps, self.momentum = eps, momentum

    @property
    def needs_batch(self) -> bool:  # type: ignore[override]
        return self.training

    def forward(self, x: Sequence[Any]) -> list[Any]:
        if self.training:
            raise BatchError("BatchNorm looks at a whole batch while it is trained: call batch(rows), or eval() first")
        means, variances = self.running_mean, self.running_var
        return [self._normalized(i, value, means[i], variances[i]) for i, value in enumerate(self._checked([x])[0])]

    def batch(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        if not self.training:
            return super().batch(rows)
        rows = self._checked(rows)
        count = len(rows)
        if count < 2:
            raise BatchError("BatchNorm needs two samples or more in a batch while it is trained, for a variance: given one")
        columns = []
        for i, column in enumerate(zip(*rows)):
            mean = ac.dot([1.0 / count] * count, column)
            centred = [value - mean for value in column]
            variance = ac.dot([1.0 / count] * count, [c * c for c in centred])
            self._track(i, _number(mean), _number(variance) * count / (count - 1))
            columns.append([self._normalized(i, value, mean, variance) for value in column])
        self.num_batches_tracked += 1
        return [list(row) for row in zip(*columns)]

    def _normalized(self, i: int, value: Any, mean: Any, variance: Any) -> Any:
        return (value - mean) / ac.sqrt(variance + self.eps) * self.weight[i] + self.bias[i]

    def _track(self, i: int, mean: float, variance: float) -> None:
        self.running_mean[i] += self.momentum * (mean - self.running_mean[i])
        self.running_var[i] += self.momentum * (variance - self.running_var[i])

    def _checked(self, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
        for row in rows:
            if len(row) != len(self.weight):
                raise ValueError(f"{self!r} takes {len(self.weight)} features, not {len(row)}")
        return [list(row) for row in rows]

    def __repr__(self) -> str:
        return f"BatchNorm({len(self.weight)})"


def _number(x: Any) -> float:
    return x.data if isinstance(x, ac.Value) else float(x)
