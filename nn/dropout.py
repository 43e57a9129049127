"""Dropout: parts of a layer are left out at random while training."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from .initialization import generator_of
from .module import Module


class Dropout(Module):
    """While training, sets each input to 0 with probability ``p`` and divides the others by ``1 - p``; otherwise does nothing.

    Source: Srivastava et al., Dropout, 2014. ``p`` is at least 0 and less than 1.

    >>> layer = Dropout(0.5, seed=1)
    >>> layer([1.0, 1.0, 1.0, 1.0])
    [0.0, 2.0, 2.0, 0.0]
    >>> layer.eval()([1.0, 1.0])
    [1.0, 1.0]
    """

    def __init__(self, p: float = 0.5, seed: int | random.Random | None = None) -> None:
        if not 0.0 <= p < 1.0:
            raise ValueError(f"p is a probability from 0 to less than 1, not {p!r}")
        self.p = p
        self.generator = generator_of(seed)

    @property
    def needs_batch(self) -> bool:  # type: ignore[override]
        return self.training and self.p > 0.0

    def forward(self, x: Sequence[Any]) -> list[Any]:
        if not self.training or self.p == 0.0:
            return list(x)
        return [value * (1.0 / (1.0 - self.p)) if self.generator.random() >= self.p else value * 0.0 for value in x]

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"
