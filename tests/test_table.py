"""Every row of the table against an independent reference, over the whole range of a float.

The reference is mpmath at a precision at which differences are exact for our purposes: its derivatives are
taken from values alone, so no derivative is written down here a second time.
"""

import itertools
import math
from functools import cache

import pytest
from references import CONSTANT_BY_CHOICE, CONSTANTS, COUNTS, REFERENCES, SATURATING, STEP, VALUE_TOLERANCE, missing, mp

from autograd_core import TABLE, Value, gradients, jvp
from autograd_core.primitive import find


def all_rows():
    for name, row in list(TABLE.items()):
        if name not in REFERENCES:  # one test says so, not all of them
            continue
        members = [find(name, constants) for constants in CONSTANTS.get(name, [row.constants])]
        for member in members:
            for count in [member.arity] if member.arity else COUNTS.get(name, (1, 2, 7)):
                label = " ".join([name, *map(repr, member.constants), *([] if member.arity else [str(count)])])
                yield pytest.param(member, count, id=label)


ROWS = list(all_rows())
every_row = pytest.mark.parametrize(("row", "count"), ROWS)

POSITIVE = [1e-300, 1e-160, 1e-20, 1e-3, 0.1, 0.5, 1.0, 1.7, 2.0, 10.0, 40.0, 300.0, 709.7, 745.0, 1e8, 1e160, 1e300]
NEAR_ONE = [math.nextafter(1.0, 0.0), math.nextafter(1.0, 2.0), 1.0 - 1e-8, 1.0 + 1e-8]
LINE = [0.0, *(sign * x for x in POSITIVE + NEAR_ONE for sign in (1.0, -1.0))]
AXIS = [0.0, *(sign * x for x in (1e-300, 1e-160, 1e-3, 0.5, 1.0, 2.0, 300.0, 1e160, 1e300) for sign in (1.0, -1.0))]
SHORT_AXIS = [0.0, 1e-300, -0.5, 2.0, 300.0, -1e160]
MIXED = [0.3, -1.2, 2.5, -0.7, 1.9, 0.05, -3.1, 0.8, 1.1, -0.4, 2.2, -1.6, 0.9, 3.3, -0.2]


def points(row, count):
    if row.arity is None:
        scaled = [[scale * x for x in MIXED[:count]] for scale in (1.0, 1e-3, 50.0, 120.0, -120.0)]
        return [tuple(xs) for xs in [*scaled, [800.0] * count, [1e8] * count, [-1e300] * count]]
    return list(itertools.product([LINE, AXIS, SHORT_AXIS][count - 1], repeat=count))


def exact(row, xs):
    """The row's value in high precision; ``None`` where it is not a finite real number."""
    try:
        value = REFERENCES[row.name](*xs, *row.constants)
    except (ValueError, ZeroDivisionError):
        return None
    return value if value is not None and not isinstance(value, mp.mpc) and mp.isfinite(value) else None


class Reference:
    """Values of a row around one point, and what differences of them say."""

    def __init__(self, row, xs):
        self.at = cache(lambda *steps: exact(row, [mp.mpf(x) + k * STEP for x, k in zip(xs, steps)]))
        self.count = len(xs)
        self.first = cache(self.first)
        self.second = cache(self.second)

    def moved(self, moves):
        return self.at(*(moves.get(i, 0) for i in range(self.count)))

    def value(self):
        return self.moved({})

    def first(self, i):
        """The derivative by operand ``i``; ``None`` at a kink, a jump, a pole or an edge of the domain."""
        around = [self.moved({i: k}) for k in range(-2, 3)]
        if None in around:
            return None
        narrow, wide = (around[3] - around[1]) / (2 * STEP), (around[4] - around[0]) / (4 * STEP)
        left, right = (around[2] - around[1]) / STEP, (around[3] - around[2]) / STEP
        # The sides differ at a kink, the widths at a jump and where the derivative is infinite.
        same = max(abs(left - right), abs(narrow - wide)) <= mp.mpf("1e-350") + 1e-20 * abs(narrow)
        return narrow if same else None

    def second(self, i, j):
        if i != j:
            corners = {(a, b): self.moved({i: a, j: b}) for a in (-1, 1) for b in (-1, 1)}
            if None in corners.values():
                return None
            return sum(a * b * value for (a, b), value in corners.items()) / (4 * STEP**2)
        around = [self.moved({i: k}) for k in range(-2, 3)]
        if None in around:
            return None
        left, middle, right = ((a - 2 * b + c) / STEP**2 for a, b, c in zip(around, around[1:], around[2:]))
        return middle if abs(left - right) <= 1e-60 + 1e-20 * abs(middle) else None


@cache
def reference(row, xs):
    return Reference(row, xs)


def as_float(x):
    return math.copysign(math.inf, x) if abs(x) > 1.7976931348623157e308 else float(x)


def close(got, expected, relative, absolute):
    return got == expected or abs(got - expected) <= relative * abs(expected) + absolute


def eager(row, xs):
    """The leaves and the output, or the exception."""
    leaves = [Value(x) for x in xs]
    try:
        return leaves, row(*leaves)
    except (ValueError, ArithmeticError) as error:
        return leaves, error


def finite_points(row, count):
    """The points where the value is a float, with the recorded graph and the reference."""
    for xs in points(row, count):
        known = reference(row, xs)
        if known.value() is not None and math.isfinite(as_float(known.value())):
            yield xs, known, *eager(row, xs)


def one_by_one(found, what):
    assert not found, f"{len(found)} {what}, such as: " + "; ".join(str(line) for line in found[:5])


def test_every_row_has_a_reference():
    assert not missing(), "; ".join(missing())


@every_row
def test_values_are_right_over_the_whole_range_and_refused_outside_it(row, count):
    wrong, checked = [], 0
    for xs in points(row, count):
        known, (_, out) = reference(row, xs).value(), eager(row, xs)
        refused = isinstance(out, Exception)
        if known is None:
            if row.domain and not refused:
                wrong.append((xs, out.data, "is outside the domain"))
        elif math.isinf(as_float(known)):  # operators give inf, as Python's do; functions refuse
            if not (isinstance(out, OverflowError) if refused else out.data == as_float(known)):
                wrong.append((xs, out, "should overflow"))
        elif refused or not close(out.data, float(known), *VALUE_TOLERANCE.get(row.name, (2e-15, 1e-300))):
            wrong.append((xs, out if refused else out.data, float(known)))
        else:
            checked += 1
    one_by_one(wrong, "wrong values (if the row must round, add it to VALUE_TOLERANCE in tests/references.py)")
    assert checked >= 7


def directions(count):
    return [tuple(float(i == j) for j in range(count)) for i in range(count)]


def same(a, b):
    return a == b or (a != a and b != b)


@every_row
def test_first_derivatives_agree_in_every_reading_and_with_the_reference(row, count):
    wrong, checked = [], 0
    for xs, known, leaves, out in finite_points(row, count):
        out.backward()
        for i, (leaf, again, direction) in enumerate(zip(leaves, gradients(out, leaves), directions(count))):
            forward = jvp(row, xs, direction)[1]
            if not (same(leaf.grad, again.data) and same(leaf.grad, forward)):  # also at kinks, to the last bit
                wrong.append((xs, i, "backward, gradients, jvp:", leaf.grad, again.data, forward))
            expected = None if row.name in CONSTANT_BY_CHOICE else known.first(i)
            if expected is not None:
                checked += 1
                # The absolute part is for derivatives written in the output: 1 - tanh² and s * (1 - s) lose to
                # cancellation what lies below an ulp of 1 where the function saturates.
                if not close(leaf.grad, as_float(expected), 1e-13, 1e-15 if row.name in SATURATING else 1e-300):
                    wrong.append((xs, i, leaf.grad, as_float(expected)))
    one_by_one(wrong, "wrong derivatives")
    assert checked >= 7 or row.name in CONSTANT_BY_CHOICE


@every_row
def test_second_derivatives_agree_in_both_modes_and_with_the_reference(row, count):
    wrong, checked = [], 0
    for xs, known, leaves, out in finite_points(row, count):
        for i, first in enumerate(gradients(out, leaves)):
            backward = gradients(first, leaves)
            for j in range(min(count, 2)):
                forward = twice_forward(row, xs, i, j)
                expected = second_derivative(row, known, xs, i, j)
                if expected is None:
                    continue
                checked += 1
                # Terms of the size of f'/x cancel in the second derivative of hypot, asin and the like.
                allowed = 1e-15 + 1e-13 * abs(as_float(known.first(i))) / (abs(xs[j]) or 1.0)
                if not all(close(got, expected, 1e-12, allowed) for got in (backward[j].data, forward)):
                    wrong.append((xs, i, j, backward[j].data, forward, expected))
    one_by_one(wrong, "wrong second derivatives")
    assert checked >= 7 or row.name in CONSTANT_BY_CHOICE


def twice_forward(row, xs, i, j):
    """The operands that are not moved stay plain numbers."""

    def along(k, f):
        return lambda at: jvp(lambda x: f((*at[:k], x, *at[k + 1 :])), (at[k],), (1.0,))[1]

    return along(j, along(i, lambda at: row(*at)))(xs)


def second_derivative(row, known, xs, i, j):
    """As a float; ``None`` where the row is not smooth, and where it is a difference of terms that overflow."""
    count = len(xs)
    if row.name in CONSTANT_BY_CHOICE or None in (known.first(i), known.first(j)):
        return None
    if row.name in ("pow", "raised") and xs[0] < 1e-100:  # a factor x ** (y - 2) overflows before y makes it small
        return None
    expected = known.second(i, j)
    if expected is None or count not in (2, 3):
        return None if expected is None else as_float(expected)
    around = [known.second(a, b) for a in range(count) for b in range(count)]
    return as_float(expected) if all(s is not None and math.isfinite(as_float(s)) for s in around) else None
