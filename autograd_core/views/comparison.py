"""Four ways to differentiate one function, side by side."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from ..arguments import kind_of, leaves_of, like
from ..choices import require_function
from ..derivatives.checking import STEP
from ..derivatives.transforms import grad, jvp
from ..formulas.typesetting import number_text
from ..number import real
from ..printing import Table
from ..value import Value, topological_order
from .cost import operation_count
from .names import names_for
from .symbolic import symbolic

_HEADERS = ("method", "derivative", "error", "evaluations", "operations", "time")


class Method(NamedTuple):
    """One way: its derivatives, the largest difference from those of reverse mode, and what it costs."""

    name: str
    derivatives: list[float]
    error: float
    evaluations: int
    operations: int
    seconds: float


class Comparison(NamedTuple):
    """The four ways; printing it shows a table."""

    methods: list[Method]

    def table(self) -> Table:
        """A row for each way."""
        rows = [
            (
                m.name,
                ", ".join(number_text(d, 10) for d in m.derivatives[:4]) + (", ..." if len(m.derivatives) > 4 else ""),
                f"{m.error:.1e}",
                str(m.evaluations),
                str(m.operations),
                f"{m.seconds * 1e6:.0f} µs",
            )
            for m in self.methods
        ]
        return Table(_HEADERS, rows, "<<>>>>")

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def __repr__(self) -> str:
        return str(self.table())


def compare_methods(f: Callable[[Any], Any], at: Any) -> Comparison:
    """The gradient of ``f`` at a number or a list of numbers by finite differences, symbols, forward and reverse mode.

    ``error`` is the largest difference from reverse mode; ``evaluations`` how often ``f`` runs; ``operations``
    the arithmetic of one gradient: for finite differences that of every run; for symbols the formula written
    out; in forward mode a run per input in which each use of an operand costs a product and a sum more; in
    reverse mode one run, and a product and a sum for each use in the backward pass. The time is the
    best of five (the formula itself is derived before).

    >>> comparison = compare_methods(lambda x: x.sin() * x, 2.0)
    >>> [(m.name, m.evaluations, m.operations) for m in comparison.methods]
    [('finite differences', 2, 4), ('symbolic', 0, 4), ('forward mode', 1, 8), ('reverse mode', 1, 8)]
    """
    require_function("compare_methods", f)
    numbers = [real(x) for x in leaves_of(at)]
    leaves = [Value(x, "x" if kind_of(at) == "number" else f"x{i}") for i, x in enumerate(numbers, start=1)]
    output = f(like(at, iter(leaves)))
    if not isinstance(output, Value):
        got = "a plain float" if kind_of(output) == "number" else kind_of(output)
        raise TypeError(f"compare_methods needs a function that computes one number from its input, and was given {got}")
    n, size = len(numbers), operation_count(output)
    uses = sum(len(node.parents) for node in topological_order(output))
    formulas = [symbolic(output, leaf, simplify=False) for leaf in leaves]
    called = {name: node.data for node, name in names_for(output, None, also=leaves).items()}

    def differences() -> list[float]:
        return [_difference(f, at, numbers, i) for i in range(n)]

    def forward() -> list[float]:
        return [float(jvp(f, (at,), (like(at, iter([float(i == k) for k in range(n)])),))[1]) for i in range(n)]

    ways: list[tuple[str, Callable[[], list[float]], int, int]] = [
        ("finite differences", differences, 2 * n, 2 * n * size),
        ("symbolic", lambda: [formula.evaluate(called) for formula in formulas], 0, sum(formula.operation_count() for formula in formulas)),
        ("forward mode", forward, n, n * (size + 2 * uses)),
        ("reverse mode", lambda: list(leaves_of(grad(f)(at))), 1, size + 2 * uses),
    ]
    found = [(way, *_timed(way[1])) for way in ways]
    exact = found[-1][1]
    methods = [
        Method(name, values, max((abs(a - b) for a, b in zip(values, exact)), default=0.0), evaluations, operations, seconds)
        for (name, _, evaluations, operations), values, seconds in found
    ]
    return Comparison(methods)


def _difference(f: Callable[[Any], Any], at: Any, numbers: list[float], i: int) -> float:
    step = STEP * max(1.0, abs(numbers[i]))
    values = []
    for x in (numbers[i] + step, numbers[i] - step):
        result = f(like(at, iter([Value(y) for y in [*numbers[:i], x, *numbers[i + 1 :]]])))
        values.append(result.data)
    return float(values[0] - values[1]) / ((numbers[i] + step) - (numbers[i] - step))


def _timed(way: Callable[[], list[float]]) -> tuple[list[float], float]:
    best = float("inf")
    result: list[float] = []
    for _ in range(5):
        start = time.perf_counter()
        result = way()
        best = min(best, time.perf_counter() - start)
    return result, best
