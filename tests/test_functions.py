"""The functions over the table: exact figures, what they refuse, and every default."""

import math

import mpmath
import numpy as np
import pytest

import autograd_core as ac
from autograd_core import TABLE, Dual, Value, grad
from autograd_core.formulas.typesetting import operation_text
from autograd_core.primitive import find

BOTH = [float, Value, lambda x: Dual(x, 0.0)]


def data(x):
    return x.scalar() if isinstance(x, ac.Value | Dual) else x


@pytest.mark.parametrize("kind", BOTH)
def test_figures(kind):
    x, y, low, high = map(kind, (3.0, -4.0, -1.0, 2.0))
    figures = [
        (ac.dot([x, y], [y, x]), -24.0), (ac.dot((x,), [y]), -12.0), (ac.dot([x], (y,)), -12.0), (ac.dot([x, y], (y, x), high), -22.0),
        (ac.dot([2.0], [x]), 6.0), (ac.dot([x], [2.0], 1.0), 7.0), (ac.dot(iter([x, y]), iter([x, y])), 25.0), (ac.dot([x], iter([y])), -12.0),
        (ac.dot(iter([x]), [y]), -12.0), (ac.prod([x, y, high]), -24.0), (ac.prod(iter([x])), 3.0), (ac.prod([]), 1.0),
        (ac.square(y), 16.0), (ac.reciprocal(y), -0.25), (ac.radians(kind(90.0)), math.pi / 2), (ac.degrees(kind(math.pi / 2)), 90.0),
        (ac.clip(x, low, high), 2.0), (ac.clip(y, low, high), -1.0), (ac.clip(kind(0.5), low, high), 0.5), (ac.clip(x), 3.0), (ac.clip(x, high=high), 2.0),
        (ac.clip(y, low), -1.0), (ac.clip(y, high=high), -4.0), (ac.clip(x, low), 3.0), (ac.clip(x, high, low), -1.0),
        (ac.where(x, y, low), -4.0), (ac.where(kind(0.0), y, low), -1.0), (ac.where(kind(-0.0), y, low), -1.0), (ac.where(x.__class__ is None, y, low), -1.0),
        (ac.round(kind(2.5)), 2.0), (ac.round(kind(-3.5)), -4.0), (ac.sinc(kind(1.5)), -1.0 / (1.5 * math.pi)), (ac.sinc(kind(0.0), 2), -math.pi**2 / 3.0),
        (ac.relu(y), 0.0), (ac.relu(x), 3.0), (ac.leaky_relu(y), -0.04), (ac.leaky_relu(y, 0.25), -1.0), (ac.elu(y), math.expm1(-4.0)),
        (ac.elu(y, 2.0), 2.0 * math.expm1(-4.0)), (ac.elu(x, 2.0), 3.0), (ac.step(x), 1.0), (ac.step(y), 0.0), (ac.step(kind(0.0)), 0.0), (ac.sign(x), 1.0),
        (ac.sign(y), -1.0), (ac.sign(kind(0.0)), 0.0), (ac.sign(kind(0.0), 0.5), 0.5), (ac.pow(y, 3), -64.0), (ac.pow(x, high), 9.0), (ac.pow(2.0, x), 8.0),
        (ac.logsumexp([kind(0.0)] * 4), math.log(4.0)), (ac.logaddexp(kind(1.0), kind(1.0)), 1.0 + math.log(2.0)), (ac.exp2(x), 8.0),
        (ac.logit(kind(0.75)), math.log(3.0)), (ac.logit(kind(0.125)), math.log(1.0 / 7.0)), (ac.logit(kind(0.5)), 0.0),
    ]  # fmt: skip
    for k, (found, expected) in enumerate(figures):
        assert data(found) == pytest.approx(expected, rel=1e-15, abs=0.0), k
        assert isinstance(found, float | Value | Dual)
    assert repr(data(ac.relu(kind(-0.0)))) == repr(data(abs(kind(-0.0)))) == "0.0"
    assert [data(c) for c in ac.cumsum([x, y, high])] == [3.0, -1.0, 1.0]
    assert ac.cumsum([]) == []


@pytest.mark.parametrize("xs", [[0.5], [1.0, -2.0, 0.25], [400.0, 399.0, -400.0], [-1e4, -1e4 + 1.0], [5e-324, 0.0]], ids=str)
@pytest.mark.parametrize("kind", BOTH)
def test_softmax_and_its_logarithm(xs, kind):
    top = max(xs)
    total = sum(math.exp(x - top) for x in xs)
    shares, logarithms = ac.softmax(map(kind, xs)), ac.log_softmax([kind(x) for x in xs])
    assert [data(s) for s in shares] == pytest.approx([math.exp(x - top) / total for x in xs], rel=1e-14, abs=0.0)
    assert [data(s) for s in logarithms] == pytest.approx([x - top - math.log(total) for x in xs], rel=1e-14, abs=1e-15)
    assert data(ac.logsumexp(map(kind, xs))) == pytest.approx(top + math.log(total), rel=1e-14, abs=0.0)


def test_derivatives_of_what_is_made_of_rows():
    for f, x, expected in [
        (ac.square, 3.0, 6.0), (ac.reciprocal, 4.0, -1 / 16), (ac.radians, 9.0, math.pi / 180), (ac.degrees, 9.0, 180 / math.pi),
        (lambda x: ac.logaddexp(x, 0.0), 0.0, 0.5), (lambda x: ac.logaddexp(0.0, x), 0.0, 0.5), (lambda x: ac.cumsum([x, x, x])[2], 1.0, 3.0),
        (ac.exp2, 1.0, 2.0 * math.log(2.0)), (ac.logit, 0.25, 16 / 3), (lambda x: ac.relu(x, 1.0), 0.0, 1.0), (lambda x: ac.relu(x, 0.5), 0.0, 0.5),
        (lambda x: ac.relu(x, -1.0), 0.0, -1.0),
        (ac.relu, 0.0, 0.0), (lambda x: ac.relu(x, -1.0), 0.0, -1.0), (ac.leaky_relu, 0.0, 0.01), (lambda x: ac.elu(x, 0.3), 0.0, 0.3), (lambda x: ac.sinc(x, 1), 0.0, -math.pi**2 / 3),
        (ac.cbrt, 8.0, 1 / 12), (lambda x: ac.hypot(x, 0.0), 0.0, 0.0), (lambda x: x**0, 0.0, 0.0), (lambda x: x**-1, 1e155, -1e-310), (lambda x: x**-0.5, 1e206, -5e-310),
    ]:  # fmt: skip
        assert grad(f)(x) == pytest.approx(expected, rel=1e-14, abs=1e-322)


def test_logit_is_the_inverse_of_sigmoid_and_exact_beside_one_half():
    for x in (-30.0, -2.0, -1e-3, -1e-12, 1e-17, 1e-6, 0.7, 5.0):
        p = ac.sigmoid(x)
        assert ac.logit(p) == pytest.approx(x, rel=1e-13, abs=4e-16 / (p * (1.0 - p)))
    for p in (0.3125, 0.5 + 2**-40, 0.25, 2.0**-50):
        assert ac.logit(p) == pytest.approx(-ac.logit(1.0 - p), rel=1e-15, abs=0.0)
    assert ac.logit(0.5 + 2**-40) == pytest.approx(2**-38, rel=1e-15, abs=0.0)
    for p in (0.5 + 3e-9, 0.5 - 1e-5):
        with mpmath.workdps(40):
            expected = float(mpmath.log(mpmath.mpf(p) / (1 - mpmath.mpf(p))))
        assert ac.logit(p) == pytest.approx(expected, rel=1e-15, abs=0.0)


# -- the rows behind them ----------------------------------------------------------------------------------------------
def test_a_row_is_internal_where_no_function_and_no_operator_is_it():
    assert {row.name for row in TABLE.values() if row.internal} == {row.name for row in TABLE.values() if not (hasattr(ac, row.name) or row.method)}
    assert {row.name for row in TABLE.values() if row.arithmetic} == {"+", "-", "*", "/", "neg"}
    assert {row.name for row in TABLE.values() if row.weighted_sum} == {"dot"}


def test_the_row_of_a_family_in_the_table_is_that_of_the_usual_constants():
    usual = {"relu": 0.0, "leaky_relu": 0.01, "elu": 1.0, "step": 0.0, "sign": 0.0, "sinc": 0.0}
    assert {row.name: row.constants for row in TABLE.values() if row.constants} == {
        **{name: (constant,) for name, constant in usual.items()}, "**": (3.0,), "raised": (0.0,)
    }  # fmt: skip


def test_activations_have_pytorchs_name_with_their_constant():
    assert {row.name: row.torch for row in TABLE.values() if row.activation} == {
        "tanh": "Tanh()", "sigmoid": "Sigmoid()", "softplus": "Softplus()", "identity": "Identity()", "relu": "ReLU()",
        "leaky_relu": "LeakyReLU(0.01)", "elu": "ELU()", "step": "", "sign": "",
    }  # fmt: skip
    others = {("leaky_relu", 0.25): "LeakyReLU(0.25)", ("elu", 0.5): "ELU(0.5)", ("relu", 1.0): ""}  # the last one PyTorch has not
    assert {(name, constant): find(name, (constant,)).torch for name, constant in others} == others


def test_powers_and_derivatives_of_sinc_are_written_with_their_numbers():
    x = Value(0.5, "x")
    exponents = {3.0: "3", -2.0: "-2", 2.5: "2.5", 1e14: "100000000000000", 1e15: "1000000000000000.0", 1e16: "1e+16"}
    assert {n: ac.formula(x**n).latex() for n in exponents} == {n: f"{{x}}^{{{text}}}" for n, text in exponents.items()}
    assert [operation_text(node.primitive, ["x"]) for node in (ac.sinc(x), ac.sinc(x, 1), ac.sinc(x, 2))] == ["sinc(x)", "sinc(x, 1)", "sinc(x, 2)"]


@pytest.mark.parametrize(("call", "kind", "message"), [
    (lambda: Value(-1.0) ** 0.5, ac.DomainError, "needs x >= 0$"), (lambda: Value(0.0) ** -1, ac.DomainError, "needs x other than 0$"),
    (lambda: Value(0.0) ** -0.5, ac.DomainError, "needs x > 0$"), (lambda: Value(-1.0) ** -1.5, ac.DomainError, "needs x > 0$"),
    (lambda: ac.dot([1.0, 2.0], [1.0]), ValueError, "given 2 weights and 1 inputs"), (lambda: ac.dot([], []), ValueError, "empty list|at least one"),
    (lambda: ac.dot([1.0], [1.0, 2.0]), ValueError, "given 1 weights and 2 inputs"), (lambda: ac.dot(3.0, [1.0]), TypeError, "dot takes a list"),
    (lambda: ac.dot([1.0], 3.0), TypeError, "dot takes a list"), (lambda: ac.sinc(1.0, -1), ValueError, "order of a derivative of sinc is 0, 1, 2"),
    (lambda: ac.sinc(1.0, 0.5), ValueError, "not 0.5"), (lambda: ac.logsumexp([]), ValueError, "at least one number"),
    (lambda: ac.softmax(1.0), TypeError, "softmax takes a list"), (lambda: ac.log_softmax([]), ValueError, "log_softmax needs at least one"),
    (lambda: ac.round(Value(1.25), 1), TypeError, "round"), (lambda: ac.relu(1.0, "x"), TypeError, "real number"),
    (lambda: ac.logit(1.0), ac.DomainError, "needs 0 < x < 1"), (lambda: ac.elementwise_grad(lambda xs: ["a"])([1.0]), TypeError, "elementwise_grad needs"),
])  # fmt: skip
def test_what_is_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_round_takes_digits_of_plain_floats():
    assert (ac.round(2.345, 1), ac.round(-7.5), ac.round(1234.5, -2), ac.round(3, 0)) == (2.3, -8.0, 1200.0, 3.0)


def test_elementwise_grad_takes_arguments_as_grad_does():
    scaled = lambda xs, k: [k * x**2 for x in xs]  # noqa: E731
    assert ac.elementwise_grad(scaled)([1.0, 2.0], 3.0) == [6.0, 12.0]
    assert ac.elementwise_grad(scaled)([1.0, 2.0], k=3.0) == [6.0, 12.0]
    assert ac.elementwise_grad(scaled, argnums=(0, 1))([1.0, 2.0], 3.0) == ([6.0, 12.0], 5.0)
    assert ac.elementwise_grad(lambda x: x**3)(2.0) == 12.0
    assert ac.elementwise_grad(lambda xs: xs**2)(np.array([1.0, -2.0])).tolist() == [2.0, -4.0]
