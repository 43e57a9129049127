"""The gradient of a graph by its leaves, such as the parameters of a model, beside finite differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..arguments import kind_of
from ..choices import require_function, require_list
from ..value import Value
from .checking import lies_between_slopes, numerical_gradient
from .reverse import gradients

STEP = 1e-5  # relative to the leaf: rounding and truncation are both far below TOLERANCE
TOLERANCE = 1e-4  # of a relative error: the differences of a right gradient stay far below it


class LeafCheck(NamedTuple):
    """A leaf, and the derivative by it computed twice; ``at_kink`` if that is one of several slopes that meet there."""

    leaf: Value
    exact: float
    numeric: float
    error: float
    at_kink: bool

    @property
    def wrong(self) -> bool:
        """Whether the difference is no matter of rounding or of a kink."""
        return self.error > TOLERANCE and not self.at_kink


def check_leaves(f: Callable[[], Value], leaves: Sequence[Value]) -> list[LeafCheck]:
    """The derivative of ``f()`` by each of ``leaves``, which it computes with, by backpropagation and by finite differences.

    An error is relative to the larger of the two, and to a thousandth of ``f()``, below which rounding shows. The data of a leaf
    are changed on the way and put back, also on errors; gradients stay as they are.

    >>> w = Value(3.0, "w")
    >>> check_leaves(lambda: w * w + 1.0, [w])[0].wrong
    False
    """
    leaves = require_list("check_leaves takes as leaves", leaves, "check_leaves(f, [w, b])")
    output, found = require_function("check_leaves", f, "give it one without arguments that computes the output anew")(), []
    if not isinstance(output, Value):
        raise TypeError(f"check_leaves takes a function that returns a Value, and this one returned {kind_of(output)}")
    for leaf, gradient in zip(leaves, gradients(output, leaves)):
        start, exact = leaf.data, gradient.data

        def at(x: Value | float, leaf: Value = leaf) -> float:
            leaf.data = x.data if isinstance(x, Value) else x
            return f().data

        try:
            numeric = numerical_gradient(at, start, STEP * max(1.0, abs(start)))
            if _relative_error(exact, numeric, output.data) > TOLERANCE:
                numeric = numerical_gradient(at, start)  # extrapolated: more exact, for four times the work
            error = _relative_error(exact, numeric, output.data)
            found.append(LeafCheck(leaf, exact, numeric, error, error > TOLERANCE and lies_between_slopes(at, start, exact)))
        finally:
            leaf.data = start
    return found


def _relative_error(exact: float, numeric: float, value: float) -> float:
    difference = abs(exact - numeric)
    size = max(abs(exact), abs(numeric), 1e-3 * abs(value))
    return 0.0 if difference == 0.0 else difference / size if math.isfinite(difference) else math.inf
