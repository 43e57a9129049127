"""A layer with shared weights."""

from __future__ import annotations

from typing import Any

import autograd_core as ac

from .initialization import generator_of, initial_weights
from .layers import Activation, activation_function, activation_name
from .module import Input, Module, Parameter


class Conv1d(Module):
    """A filter of ``kernel_size`` weights that slides over the inputs: every output uses the same weights.

    ``padding`` zeros stand on each side, or ``"same"`` for as many outputs as inputs (an odd ``kernel_size``). Like
    PyTorch's ``Conv1d(1, 1, kernel_size)`` it does not turn the filter around.

    >>> layer = Conv1d(3, padding="same", bias=False, activation="linear")
    >>> len(layer.parameters())
    3
    >>> layer.w[0].data, layer.w[1].data, layer.w[2].data = 1.0, 0.0, -1.0
    >>> [y.data for y in layer([1.0, 2.0, 4.0, 7.0, 11.0])]
    [-2.0, -3.0, -5.0, -7.0, 7.0]
    """

    def __init__(
        self, kernel_size: int, padding: int | str = 0, bias: bool = True, activation: Activation = "relu", init: Any = "auto",
        seed: Any = None, expand: bool = False,
    ) -> None:  # fmt: skip
        if not hasattr(kernel_size, "__index__") or kernel_size < 1:
            raise ValueError(f"a filter has at least one weight, not {kernel_size!r}")
        if padding == "same" and kernel_size % 2 == 0:
            raise ValueError(f"padding='same' needs an odd kernel_size, not {kernel_size}")
        if padding != "same" and not (isinstance(padding, int) and padding >= 0):
            raise ValueError(f"padding is 'same' or a number of zeros, not {padding!r}")
        start = initial_weights(init, kernel_size, kernel_size, activation_name(activation), generator_of(seed))
        self.w = [Parameter(x, f"w{i}") for i, x in enumerate(start)]
        self.b = Parameter(0.0, "b") if bias else None
        self.padding = kernel_size // 2 if padding == "same" else int(padding)
        self.activation, self.expand = activation, expand
        self._function = activation_function(activation)

    def forward(self, x: Any) -> Any:
        width, padding = len(self.w), self.padding
        x = [Input(value, f"x{i}") if isinstance(value, int | float) else value for i, value in enumerate(x)]
        if len(x) + 2 * padding < width:
            raise ValueError(f"{self!r} takes {width - 2 * padding} inputs or more, not {len(x)}")
        outputs = []
        for start in range(-padding, len(x) + padding - width + 1):
            uses = [(w, x[start + i]) for i, w in enumerate(self.w) if 0 <= start + i < len(x)]  # a zero adds nothing
            outputs.append(self._function(self._weighted_sum(uses)))
        return outputs[0] if len(outputs) == 1 else outputs

    def _weighted_sum(self, uses: list[tuple[Any, Any]]) -> Any:
        b = 0.0 if self.b is None else self.b
        if not uses:
            return b
        if not self.expand:
            return ac.dot([w for w, _ in uses], [x for _, x in uses], b)
        total = uses[0][0] * uses[0][1]
        for w, x in uses[1:]:
            total = total + w * x
        return total if self.b is None else total + self.b

    def __repr__(self) -> str:
        return f"Conv1d({len(self.w)}, padding={self.padding}, {activation_name(self.activation)})"
