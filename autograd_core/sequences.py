"""Rows on any number of operands: how they are computed, and how they are spelled in programs."""

from __future__ import annotations

import math
from typing import NamedTuple


class Statements(NamedTuple):
    """How a row on any number of operands ``x0, x1, ...`` is spelled: a name for each intermediate result, in order,
    then the value and the derivative by each operand in terms of the operands and those names."""

    before: list[tuple[str, str]]
    value: str
    derivatives: list[str]


def dot(*inputs: float) -> float:
    """Weights, as many inputs, and a bias: the sum of their products and the bias."""
    # A plain loop from the left: the rounding of sum and sumprod differs between versions.
    n = len(inputs) // 2
    total = inputs[0] * inputs[n]
    for i in range(1, n):
        total += inputs[i] * inputs[n + i]
    return total + inputs[-1]


def dot_statements(count: int) -> Statements:
    """The spelling of :func:`dot`."""
    n = count // 2
    before, total = _partial_sums([f"x{i} * x{n + i}" for i in range(n)])
    weights, inputs = [f"x{i}" for i in range(n)], [f"x{n + i}" for i in range(n)]
    return Statements(before, f"{total} + x{count - 1}", [*inputs, *weights, "1.0"])


def _partial_sums(terms: list[str], length: int = 32) -> tuple[list[tuple[str, str]], str]:
    """The sum of ``terms`` from left to right, a long one in several statements."""
    before: list[tuple[str, str]] = []
    while len(terms) > length:
        before.append((f"t{len(before)}", " + ".join(terms[:length])))
        terms = [before[-1][0], *terms[length:]]
    return before, " + ".join(terms)


def logsumexp(*inputs: float) -> float:
    """The logarithm of the sum of exponentials, without overflow."""
    shift = exponent_shift(*inputs)
    if math.isinf(shift):
        return shift  # inf - inf would be nan
    total = 0.0
    for x in inputs:
        total += math.exp(x - shift)
    return shift + math.log(total)


def exponent_shift(*inputs: float) -> float:
    """What is subtracted from exponents: the largest, where exponentials could leave the range of a float, else 0."""
    largest = inputs[0]
    for x in inputs:
        largest = x if x > largest or x != x else largest
    return 0.0 if -300.0 <= largest <= 300.0 else largest


def shift_statements(count: int) -> Statements:
    """The spelling of :func:`exponent_shift`."""
    before = [("m0", "x0")]
    for i in range(1, count):
        before.append((f"m{i}", f"x{i} if x{i} > m{i - 1} or x{i} != x{i} else m{i - 1}"))
    largest = f"m{count - 1}"
    value = f"0.0 if {largest} >= -300.0 and {largest} <= 300.0 else {largest}"
    return Statements(before, value, ["cut"] * count)


def logsumexp_statements(count: int) -> Statements:
    """The spelling of :func:`logsumexp`, whose derivatives are the shares of the exponentials."""
    shift = shift_statements(count)
    exponentials = [(f"e{i}", f"exp(x{i} - s)") for i in range(count)]
    sums, total = _partial_sums([name for name, _ in exponentials])
    before = [*shift.before, ("s", shift.value), *exponentials, *sums, ("total", total)]
    value = "s if fabs(s) == inf else s + log(total)"  # inf - inf would be nan
    return Statements(before, value, [f"{name} / total" for name, _ in exponentials])
