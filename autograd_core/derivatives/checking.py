"""Checking derivatives against finite differences, and finding the node where nan or inf appeared."""

import math
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..arguments import kind_of, leaves_of, like, without_axes
from ..choices import named_options, require_function, require_list, require_number
from ..number import CUT, Number, real
from ..primitive import OPERANDS, Primitive
from ..printing import Table
from ..value import Value, topological_order
from ..watching import reading_data
from .dual import flow, joined
from .kinks import nodes_on_kinks
from .transforms import grad, hessian, jvp

STEP = sys.float_info.epsilon ** (1 / 3)
"""The relative step at which truncation (of order step²) and rounding (epsilon/step) of a centred difference meet."""


class GradcheckError(AssertionError):
    """A derivative that finite differences contradict; the message names the input, both numbers and the likely cause."""


class Check(NamedTuple):
    """One derivative, computed twice."""

    what: str
    analytic: float
    numeric: float
    allowed: float


class GradcheckReport(NamedTuple):
    """What :func:`gradcheck` compared; printing it shows a table."""

    checks: list[Check]

    def table(self) -> Table:
        """A row for each derivative."""
        rows = [(c.what, f"{c.analytic:.15g}", f"{c.numeric:.15g}", f"{abs(c.analytic - c.numeric):.1e}") for c in self.checks]
        return Table(["derivative", "analytic", "numeric", "difference"], rows, "<>>>")

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def __repr__(self) -> str:
        return str(self.table())


class StepError(NamedTuple):
    """A finite difference with one step size, and how far it is from the exact derivative."""

    step: float
    estimate: float
    error: float


class WrongDerivative(NamedTuple):
    """An operation whose row says another derivative by an operand than its own values say; printing it shows a sentence."""

    node: Value
    operand: str
    recorded: float
    numeric: float

    def __str__(self) -> str:
        says = f"its derivative by {self.operand} says {self.recorded:.6g}, its own values say {self.numeric:.6g}"
        return f"the row {self.node.op!r}: at {[parent.data for parent in self.node.parents]} {says}"


class NonFinite(NamedTuple):
    """The first node where nan or inf appeared; printing it shows the message."""

    node: Value
    message: str

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:  # so that a notebook shows it, too
        return str(self)


def numerical_gradient(f: Callable[[Any], Any], xs: Any, step: float | None = None) -> Any:
    """The gradient of ``f`` at ``xs`` by centred differences, ``(f(x + h) - f(x - h)) / 2h`` for each number.

    ``xs`` is a number or a list of numbers, nested as you like; the result has its structure. With a ``step``
    it costs two evaluations of ``f`` for each input. Without one, the difference is extrapolated from steps
    chosen for the input, in up to eight evaluations; where ``f`` is not defined on both sides of the point,
    that is a ``ValueError``.

    >>> [round(g, 6) for g in numerical_gradient(lambda w: w[0] * w[1], [3.0, 4.0])]
    [4.0, 3.0]
    """
    if step is not None and not real(step) > 0.0:
        raise ValueError(f"the step is a positive number, not {step!r}")
    numbers = [real(x) for x in leaves_of(xs)]
    return like(xs, iter((_centred(f, xs, numbers, i, step) if step else _difference(f, xs, numbers, i))[0] for i in range(len(numbers))))


def finite_difference_errors(f: Callable[[Any], Any], x: float, steps: Sequence[float] | None = None) -> list[StepError]:
    """The error of the centred difference at ``x`` for each step size (default 1e-1 to 1e-12).

    Large steps suffer from truncation (the error falls with the step squared), small ones from rounding
    (it grows again), so that the error against the step is V-shaped on logarithmic axes.

    >>> errors = [row.error for row in finite_difference_errors(lambda x: x.exp(), 1.0)]
    >>> errors[0] > min(errors) < errors[-1]
    True
    """
    steps = [10.0**-k for k in range(1, 13)] if steps is None else require_list("steps is", steps, "[1e-3, 1e-6]")
    exact, estimates = grad(f)(x), [(step, numerical_gradient(f, x, step)) for step in steps]
    return [StepError(step, estimate, abs(estimate - exact)) for step, estimate in estimates]


@named_options()
def gradcheck(f: Callable[[Any], Any], xs: Any, order: int = 2, tolerance: float = 1e-6) -> GradcheckReport:
    """Compare the derivatives of ``f`` at ``xs`` by reverse mode with forward mode and finite differences.

    ``f`` takes a number or a list of numbers and returns one number. With ``order=2``, the default, the
    second derivatives are checked as well. Differences up to ``tolerance`` relative to the larger of 1 and
    the derivative are allowed, and what rounding does to a difference of large values.

    >>> print(gradcheck(lambda x: x * x, 2.0, order=1))  # doctest: +ELLIPSIS
    derivative           analytic ...
    df/dx                       4 ...
    df/dx, forward mode         4 ...

    Raises :class:`GradcheckError` at the first derivative that differs.
    """
    if order not in (1, 2):
        raise ValueError(f"order is 1 or 2, not {order!r}")
    tolerance, numbers = require_number("tolerance", tolerance), [real(x) for x in leaves_of(xs)]
    labels = ["x"] if kind_of(xs) == "number" else [f"x[{i}]" for i in range(len(numbers))]
    if _evaluate(f, xs, numbers) != _evaluate(f, xs, numbers):
        raise GradcheckError("f gives different values for the same input: it cannot be checked (is it random, or not finite?)")
    first = [_float(g) for g in leaves_of(grad(f)(xs))]
    checks: list[Check] = []
    for i, label in enumerate(labels):
        numeric, rounding = _difference(f, xs, numbers, i, GradcheckError)
        checks.append(Check(f"df/d{label}", first[i], numeric, tolerance * max(1.0, abs(first[i])) + rounding))
        _require(f, xs, numbers, i, label, checks[-1])
    for i, label in enumerate(labels):
        _, forward = jvp(f, (xs,), (like(xs, iter([float(j == i) for j in range(len(numbers))])),))
        checks.append(Check(f"df/d{label}, forward mode", first[i], _float(forward), tolerance * max(1.0, abs(first[i]))))
        _require(f, xs, numbers, i, label, checks[-1])
    if order == 2:
        second = [_float(g) for g in leaves_of(hessian(f)(xs))]
        for i, label in enumerate(labels):
            for j, other in enumerate(labels):
                derivative = lambda point, i=i: list(leaves_of(grad(f)(point)))[i]  # noqa: E731
                numeric, rounding = _difference(derivative, xs, numbers, j, GradcheckError)
                analytic = second[i * len(labels) + j]
                what = f"d²f/d{label}²" if i == j else f"d²f/d{label}d{other}"
                checks.append(Check(what, analytic, numeric, tolerance * max(1.0, abs(analytic)) + rounding))
                _require(derivative, xs, numbers, j, other, checks[-1])
    return GradcheckReport(checks)


def find_nonfinite(output: Value) -> NonFinite | None:
    """The first node, in topological order, whose data, local derivative or gradient is nan or inf; else ``None``.

    >>> x = Value(1e200, "x")
    >>> print(find_nonfinite((x * x) * 0.0))
    the node * = x * x is inf: its operands are x = 1e+200, x = 1e+200
    """
    order = topological_order(output)
    for node in order:
        if not math.isfinite(node.data):
            return NonFinite(node, f"the node {_described(node)} is {node.data}{_operands(node)}")
    if (met := _zero_times_infinity(order)) is not None:
        return met
    for node in order:
        for parent, derivative in zip(node.parents, node.local_derivatives):
            if not math.isfinite(derivative):
                message = f"the local derivative of {_described(node)} with respect to {_called(parent)} is {derivative}"
                return NonFinite(node, message + _operands(node))
    for node in reversed(order):
        if not math.isfinite(node.grad):
            return NonFinite(node, f"the gradient of {_described(node)} is {node.grad}, although every local derivative is finite")
    return None


def find_wrong_derivative(output: Value) -> WrongDerivative | None:
    """The first operation in the graph whose recorded derivative its own values contradict, away from kinks; else ``None``. Of many
    uses of an operation, 20 are looked at.

    >>> print(find_wrong_derivative(Value(2.0, "x") * 3.0))
    None
    """
    tried: Counter[str] = Counter()
    for node in topological_order(output):
        row, operands = node.primitive, [parent.data for parent in node.parents]
        tried[node.op] += 1
        if row is None or len(operands) > len(OPERANDS) or tried[node.op] > 20:
            continue
        for k, derivative in enumerate(node.local_derivatives):
            f = _with_operand(row, operands, k)
            try:
                numeric = numerical_gradient(f, operands[k])
                wrong = abs(numeric - derivative) > 1e-4 * max(1e-3, abs(numeric), abs(derivative))
                if wrong and not lies_between_slopes(f, operands[k], derivative):
                    return WrongDerivative(node, OPERANDS[k], derivative, numeric)
            except (ValueError, ArithmeticError):  # on the edge of where the operation is defined
                continue
    return None


def _with_operand(row: Primitive, operands: list[float], k: int) -> Callable[[Any], float]:
    """The row as a function of its operand ``k``."""
    return lambda x: row.evaluate(*operands[:k], _float(x), *operands[k + 1 :])


def lies_between_slopes(f: Callable[[float], float], x: float, slope: float) -> bool:
    """Whether ``slope`` lies between the slopes on the two sides of ``x``, as that of a kink does; a wrong one of a smooth f does not."""
    step, middle = 1e-5 * max(1.0, abs(x)), f(x)
    low, high = sorted([(middle - f(x - step)) / step, (f(x + step) - middle) / step])
    margin = 0.01 * (high - low)
    return low - margin <= slope <= high + margin


def _zero_times_infinity(order: list[Value]) -> NonFinite | None:
    """The first node, from the output, where a computed gradient of 0 meets an infinite local derivative, or the other way round."""
    total = {order[-1]: 1.0}
    for node in reversed(order):
        upstream = total.get(node, CUT)
        for parent, derivative in zip(node.parents, node.local_derivatives):
            term = flow(upstream, derivative)
            if math.isnan(term) and not math.isnan(upstream) and not math.isnan(derivative):
                message = (
                    f"the gradient of {_called(parent)} is nan, because 0 times infinity is not defined: the gradient of "
                    f"{_described(node)} is {upstream}, and its local derivative with respect to {_called(parent)} is {derivative}"
                )
                return NonFinite(node, message + _operands(node))
            total[parent] = joined(total.get(parent, CUT), term)
    return None


def _float(x: Any) -> float:
    if kind_of(x) != "number":
        raise TypeError(f"a function that returns one number is checked, but this one returned {kind_of(x)}: check one entry at a time")
    return x.scalar() if isinstance(x := without_axes(x), Number) else real(x)


def _evaluate(f: Callable[[Any], Any], xs: Any, numbers: Sequence[float]) -> float:
    """``f`` as the transforms see it: a function of Values."""
    with reading_data():
        return _float(require_function("a finite difference", f)(like(xs, iter([Value(x) for x in numbers]))))


def _centred(f: Callable[[Any], Any], xs: Any, numbers: list[float], i: int, step: float) -> tuple[float, float]:
    """The centred difference in input ``i``, and how far rounding may have put it off."""
    above, below = numbers[i] + step, numbers[i] - step
    high = _evaluate(f, xs, [*numbers[:i], above, *numbers[i + 1 :]])
    low = _evaluate(f, xs, [*numbers[:i], below, *numbers[i + 1 :]])
    width = above - below  # not 2 * step: numbers[i] + step has been rounded
    return (high - low) / width, 8.0 * sys.float_info.epsilon * max(abs(high), abs(low)) / width


def _difference(f: Callable[[Any], Any], xs: Any, numbers: list[float], i: int, kind: Any = ValueError) -> tuple[float, float]:
    """The derivative in input ``i`` by Richardson extrapolation of two centred differences, and its likely error.

    Tries a step relative to 1, and one relative to the input itself for functions that change on its scale,
    such as log near 0, and takes the result with the smaller error. See Press et al., Numerical Recipes, 5.7.
    """
    x, best, problem = numbers[i], None, None
    for step in {STEP * max(1.0, abs(x)), STEP * abs(x) or STEP * STEP}:
        try:
            (coarse, rounding), (fine, _) = (_centred(f, xs, numbers, i, h) for h in (step, step / 2.0))
        except (ValueError, ArithmeticError) as error:
            problem = error
            continue
        found = fine + (fine - coarse) / 3.0, abs(fine - coarse) / 16.0 + 4.0 * rounding
        best = found if best is None or not best[1] <= found[1] else best
    if best is None:
        raise kind(f"no centred difference exists at input {i} = {x!r}, on the edge of where f is defined: {problem}")
    return best


def _require(f: Callable[[Any], Any], xs: Any, numbers: list[float], i: int, label: str, check: Check) -> None:
    """Raise unless the two derivatives agree."""
    if check.analytic != check.numeric and not abs(check.analytic - check.numeric) <= check.allowed:
        raise GradcheckError(
            f"{check.what} at {label} = {numbers[i]!r} is {check.analytic!r} by reverse mode but {check.numeric!r} "
            f"{'by' if 'forward' in check.what else 'by finite differences in'} {'forward mode' if 'forward' in check.what else label}: "
            f"they differ by {abs(check.analytic - check.numeric):.2g}, allowed is {check.allowed:.2g}. "
            f"Likely cause: {_cause(f, xs, numbers, i, check)}."
        )


def _cause(f: Callable[[Any], Any], xs: Any, numbers: list[float], i: int, check: Check) -> str:
    """In plain words, why a derivative might be wrong."""
    nodes = like(xs, iter([Value(x) for x in numbers]))
    with reading_data():
        output = f(nodes)
    if isinstance(output, Value) and (wrong := find_wrong_derivative(output)):
        return str(wrong)
    because = ""
    if not math.isfinite(check.numeric) or not math.isfinite(check.analytic):
        found = find_nonfinite(output) if isinstance(output, Value) else None
        because = f"a value or derivative is not finite here{f': {found}' if found else '; find_nonfinite(output) names the node'}"
    try:
        left, right, smooth = _slopes(lambda x: _evaluate(f, xs, [*numbers[:i], x, *numbers[i + 1 :]]), numbers[i])
    except (ValueError, ArithmeticError) as error:
        return because or f"the point is on the edge of where f is defined ({error})"
    if not smooth and math.isfinite(left) and math.isfinite(right):
        return f"a kink or jump at this point: the slope is {left:.6g} on the left and {right:.6g} on the right"
    if because:
        return because
    if isinstance(output, Value) and (kinks := nodes_on_kinks(output)):
        return f"{_described(kinks[0])} stands on its kink, where its derivative is a choice"
    if check.analytic == 0.0:
        return "the graph is cut: the function reads .data, or computes with plain floats (math.exp instead of exp)"
    return "part of the graph is cut (.data, or math functions on plain floats), or a branch of the function changes near this point"


def _slopes(f: Callable[[float], float], x: float) -> tuple[float, float, bool]:
    """The slopes of ``f`` on the left and on the right of ``x``, and whether they are those of a smooth function.

    At a kink the two differ; at a jump they grow as the step shrinks.
    """
    middle, slopes = f(x), []
    for step in (STEP * max(1.0, abs(x)), STEP * max(1.0, abs(x)) / 8.0):
        slopes += [(middle - f(x - step)) / step, (f(x + step) - middle) / step]
    spread = max(slopes) - min(slopes)
    return slopes[2], slopes[3], spread <= 1e-3 * max(1.0, *(abs(slope) for slope in slopes))


def _called(node: Value) -> str:
    return node.name or (f"{node.data:.6g}" if not node.op else node.op)


def _described(node: Value) -> str:
    if not node.parents:
        return node.name or "leaf"
    symbol = f" {node.op} " if len(node.parents) == 2 and not node.op.isidentifier() else ", "
    inside = symbol.join(_called(parent) for parent in node.parents[:4]) + (", ..." if len(node.parents) > 4 else "")
    return f"{node.name or node.op} = {inside if symbol != ', ' else f'{node.op}({inside})'}"


def _operands(node: Value) -> str:
    if not node.parents:
        return ""
    shown = ", ".join(f"{_called(parent)} = {parent.data!r}" for parent in node.parents[:6])
    return f": its operands are {shown}" + (", ..." if len(node.parents) > 6 else "")
