"""Where a derivative is a choice, infinite or not defined, and what the rows refuse."""

import itertools
import math

import pytest
from test_table import ROWS, one_by_one, points, reference, same

import autograd_core as ac
from autograd_core import TABLE, Dual, Value, gradients, jvp
from autograd_core.operators import recorder
from autograd_core.primitive import DivisionByZeroError, find

inf, nan = math.inf, math.nan
UNARY = [row for row in ROWS if row.values[1] == 1 and row.values[0].arity == 1]
RECORDED = [row for row in ROWS if row.values[0].arity in (1, 2)]


def four_ways(f, *xs):
    """The gradient by backward, gradients, jvp and grad, which must be the same."""
    leaves = [Value(x) for x in xs]
    out = f(*leaves)
    out.backward()
    backward = [leaf.grad for leaf in leaves]
    directions = [[float(i == j) for j in range(len(xs))] for i in range(len(xs))]
    others = [
        [g.data for g in gradients(out, leaves)],
        [jvp(f, xs, direction)[1] for direction in directions],
        list(ac.grad(f, tuple(range(len(xs))))(*xs)),
    ]
    for other in others:
        assert all(map(same, backward, other)), (backward, others)
    return backward


AT_KINKS = [
    (ac.relu, (0.0,), [0.0]),
    (ac.relu, (-0.0,), [0.0]),
    (ac.abs, (0.0,), [0.0]),
    (ac.step, (0.0,), [0.0]),
    (ac.step, (3.0,), [0.0]),
    (ac.sign, (0.0,), [0.0]),
    (ac.sign, (-3.0,), [0.0]),
    (lambda x: ac.step(x, at_zero=0.5), (0.0,), [0.0]),
    (lambda x: ac.relu(x, slope_at_zero=1.0), (0.0,), [1.0]),
    (lambda x: ac.leaky_relu(x, 0.3), (0.0,), [0.3]),
    (ac.leaky_relu, (0.0,), [0.01]),
    (lambda x: ac.elu(x, 0.5), (0.0,), [0.5]),
    (ac.elu, (0.0,), [1.0]),
    (ac.elu, (1e300,), [1.0]),
    (ac.maximum, (2.0, 2.0), [0.5, 0.5]),
    (ac.minimum, (2.0, 2.0), [0.5, 0.5]),
    (lambda x: ac.maximum(x, x), (2.0,), [1.0]),
    (ac.maximum, (0.0, -0.0), [0.5, 0.5]),
    (ac.hypot, (0.0, 0.0), [0.0, 0.0]),
    (lambda x: x**0, (0.0,), [0.0]),
    (lambda x: x**1, (0.0,), [1.0]),
    (lambda x: x**2, (0.0,), [0.0]),
    (lambda x: x**1.5, (0.0,), [0.0]),
    (lambda x: x**0.5, (0.0,), [inf]),
    (ac.sqrt, (0.0,), [inf]),
    (ac.cbrt, (0.0,), [inf]),
    (ac.asin, (1.0,), [inf]),
    (ac.asin, (-1.0,), [inf]),
    (ac.acos, (1.0,), [-inf]),
    (ac.acos, (-1.0,), [-inf]),
    (ac.acosh, (1.0,), [inf]),
    (lambda x, y: x**y, (0.0, 0.0), [0.0, -inf]),
    (lambda x, y: x**y, (0.0, 0.5), [inf, 0.0]),
    (lambda x, y: x**y, (0.0, 1.0), [1.0, 0.0]),
    (lambda x, y: x**y, (0.0, 2.0), [0.0, 0.0]),
]


@pytest.mark.parametrize(("f", "xs", "expected"), AT_KINKS)
def test_derivatives_at_kinks_and_poles_are_the_chosen_ones_in_every_reading(f, xs, expected):
    assert four_ways(f, *xs) == expected


@pytest.mark.parametrize(("f", "xs"), [(f, xs) for f, xs, expected in AT_KINKS if any(map(math.isinf, expected))])
def test_a_path_that_is_cut_gives_zero_through_an_infinite_derivative(f, xs):
    for cut in (lambda y: ac.relu(y - 100.0), lambda y: ac.maximum(y, 100.0), lambda y: ac.minimum(-y, -100.0), lambda y: ac.step(y - 100.0)):
        leaves = [Value(x) for x in xs]
        out = cut(f(*leaves))
        out.backward()
        assert [leaf.grad for leaf in leaves] == [0.0] * len(xs)
        assert [g.data for g in gradients(out, leaves)] == [0.0] * len(xs)
        assert ac.grad(lambda *at, cut=cut: cut(f(*at)), tuple(range(len(xs))))(*xs) == (0.0,) * len(xs)
    f(*leaves).backward(0.0)
    assert [leaf.grad for leaf in leaves] == [0.0] * len(xs)


@pytest.mark.parametrize(("f", "xs"), [(f, xs) for f, xs, expected in AT_KINKS if any(map(math.isinf, expected))])
def test_a_zero_tangent_through_an_infinite_derivative_gives_zero(f, xs):
    assert jvp(f, xs, [0.0] * len(xs))[1] == 0.0
    through_a_constant = jvp(lambda *at: f(*at) + jvp(f, at, [0.0] * len(at))[1], xs, [0.0] * len(xs))
    assert through_a_constant[1] == 0.0


@pytest.mark.parametrize("x", [3.0, -3.0, 0.0, nan])
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_the_division_of_the_rows_follows_ieee_754_at_a_zero(x, zero):
    expected = x * math.copysign(inf, zero)  # signed infinity; 0 / 0 and nan / 0 are nan
    assert same(TABLE["divide"](x, zero), expected)
    assert math.isnan(expected) == (x != x or x == 0.0)


@pytest.mark.parametrize(("row", "count"), UNARY)
def test_nan_stays_nan_through_every_row_of_one_operand(row, count):
    constant = {("**", (0.0,)), ("gate", ())}  # x ** 0 is the constant 1; gate is a derivative, and its upstream is nan
    expected = (row.name, row.constants) not in constant
    assert math.isnan(row(nan)) == expected
    assert math.isnan(row(Value(nan)).data) == expected
    assert math.isnan(row(Dual(nan, 1.0)).primal) == expected


@pytest.mark.parametrize("f", [ac.maximum, ac.minimum, ac.atan2])
@pytest.mark.parametrize("xs", [(nan, 1.0), (1.0, nan), (nan, -inf), (-1.0, nan), (nan, nan)])
def test_nan_wins_whichever_side_it_stands_on(f, xs):
    assert math.isnan(f(*xs))
    assert math.isnan(f(*map(Value, xs)).data)


@pytest.mark.parametrize("f", [ac.logsumexp, lambda xs: ac.softmax(xs)[0], lambda xs: ac.log_softmax(xs)[0], lambda xs: ac.dot(xs, xs)])
@pytest.mark.parametrize("xs", [[nan, 1.0], [1.0, nan], [1000.0, nan], [nan, 1000.0]])
def test_nan_reaches_the_result_of_rows_of_any_number_of_operands(f, xs):
    assert math.isnan(f(xs))


OUTSIDE = {
    "/": [(1.0, 0.0), (0.0, -0.0)],
    "pow": [(-2.0, 3.0), (-0.5, 2.0), (-1.5, 0.5), (0.0, -1.0)],
    "** -1.0": [(0.0,)],
    "** -2.0": [(0.0,)],
    "** 0.5": [(-2.0,)],
    "** -0.5": [(-2.0,), (0.0,)],
    "** 1.5": [(-1e-300,)],
    "** -1.5": [(0.0,)],
    "log": [(0.0,), (-1.0,)],
    "log2": [(0.0,), (-1.0,)],
    "log10": [(-0.0,), (-1.0,)],
    "log1p": [(-1.0,), (-2.0,)],
    "sqrt": [(-1e-300,), (-4.0,)],
    "sin": [(inf,), (-inf,)],
    "cos": [(inf,), (-inf,)],
    "tan": [(inf,), (-inf,)],
    "asin": [(1.0000000000000002,), (-2.0,)],
    "acos": [(1.0000000000000002,), (-2.0,)],
    "acosh": [(0.9999999999999999,), (-2.0,)],
    "logit": [(0.0,), (1.0,), (-0.5,), (2.0,)],
    "atanh": [(1.0,), (-1.0,), (2.0,)],
    **{name: [(inf,), (-inf,)] for name in ("floor", "ceil", "trunc", "sinc 0.0", "sinc 1.0", "sinc 2.0")},
    **{name: [(1.0, 0.0), (0.0, -0.0), (inf, 1.0)] for name in ("%", "//")},
}
UNRESTRICTED = {"** 3.0", "** 2.0", "** 1.0", "** 0.0"}  # their domain speaks of the family
TOO_LARGE = {"exp": (800.0,), "exp2": (1024.0,), "expm1": (710.0,), "sinh": (-711.0,), "cosh": (711.0,)}
TOO_LARGE |= {"** 3.0": (1e200,), "** -2.0": (1e-200,), "pow": (10.0, 400.0)}
BY_LABEL = {row.id: row.values[0] for row in ROWS}


def test_every_row_with_a_domain_is_tried_outside_it():
    assert {label for label, row in BY_LABEL.items() if row.domain} - UNRESTRICTED == set(OUTSIDE)


REFUSED = [(label, xs, (ValueError, ZeroDivisionError)) for label, many in OUTSIDE.items() for xs in many]
REFUSED += [(label, xs, OverflowError) for label, xs in TOO_LARGE.items()]


@pytest.mark.parametrize(("label", "xs", "kind"), REFUSED)
def test_a_refusal_names_operation_operands_and_node_and_leaves_the_graph_unharmed(label, xs, kind):
    row = BY_LABEL[label]
    a = Value(2.0, "a")
    before = a * a
    operands = [Value(x, f"node{i}") for i, x in enumerate(xs)]
    with pytest.raises(kind) as caught:
        row(*operands)
    message = str(caught.value)
    assert message.startswith(f"{row.name} at ")
    assert all(f"= {x!r}" in message and f"'node{i}'" in message for i, x in enumerate(xs))
    assert (row.domain if kind is not OverflowError else "1.8e308") in message
    assert all(operand.grad == 0.0 and not operand.parents and operand.data == x for operand, x in zip(operands, xs))
    before.backward()
    assert a.grad == 4.0


@pytest.mark.parametrize(("label", "xs", "kind"), REFUSED)
def test_plain_floats_and_duals_are_refused_as_nodes_are(label, xs, kind):
    row = BY_LABEL[label]
    with pytest.raises(kind, match=r" at x = "):
        row(*(Dual(x, 1.0) for x in xs))
    if label == "pow" and kind is not OverflowError and xs[0] < 0.0:
        return  # of plain floats, an exponent is a constant: any base will do
    with pytest.raises(kind, match=r" at x = "):
        row(*xs)


@pytest.mark.parametrize(("row", "count"), [row for row in ROWS if not row.values[0].internal])
def test_derivatives_agree_with_centred_differences_of_the_floats_themselves(row, count):
    checked = 0
    for xs in points(row, count):
        moderate = all(0.05 <= abs(x) <= 20.0 for x in xs)
        for i in range(count) if moderate else ():
            around = differences(row, xs, i)
            if around is not None and reference(row, xs).first(i) is not None:
                checked += 1
                assert row.local_derivatives(row.evaluate(*xs), *xs)[i] == pytest.approx(around, rel=1e-5, abs=1e-7), xs
    assert checked >= 2


def differences(row, xs, i):
    """The centred difference; ``None`` where two steps disagree: near an edge or a kink, or strongly bent."""
    slopes = []
    for step in (1e-5, 1e-4):
        try:
            low, high = (row.evaluate(*xs[:i], xs[i] + side * step, *xs[i + 1 :]) for side in (-1, 1))
        except (ValueError, ArithmeticError):
            return None
        slopes.append((high - low) / (2.0 * step))
    return slopes[0] if abs(slopes[0] - slopes[1]) <= 1e-5 * max(1.0, abs(slopes[0])) else None


def plainly(row, xs):
    """What the table says: the value and the derivatives, or the type of the exception."""
    try:
        out = row.evaluate(*xs)
        return (out, *row.local_derivatives(out, *xs))
    except (ValueError, ArithmeticError) as error:
        return {ValueError: ac.DomainError, ZeroDivisionError: DivisionByZeroError}.get(type(error), type(error))


def recorded(row, xs):
    try:
        node = recorder(row)(*map(Value, xs))
        return (node.data, *node.local_derivatives)
    except (ValueError, ArithmeticError) as error:
        return type(error)


@pytest.mark.parametrize(("row", "count"), RECORDED)
def test_printed_recorders_do_bit_for_bit_what_the_rows_say(row, count):
    wrong = []
    for xs in [*points(row, count), *itertools.product([nan, inf, -inf, -0.0, 0.0, 1.0, -2.5], repeat=count)]:
        plain, printed = plainly(row, xs), recorded(row, xs)
        if not (plain is printed if isinstance(plain, type) or isinstance(printed, type) else all(map(same, plain, printed))):
            wrong.append((xs, plain, printed))
    one_by_one(wrong, "differences between a row and its recorder")


def test_a_member_of_a_family_is_one_row_for_each_constant():
    assert find("**", (3.0,)) is find("**", (3.0,))
    assert find("**", (2.0,)).constants == (2.0,)
