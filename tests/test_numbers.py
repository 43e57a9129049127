"""What every kind of number does alike: methods from the table, subclasses, comparisons that are watched, errors, threads."""

import inspect
import math
import pickle
import threading
import time
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from references import REFERENCES

import autograd_core as ac
from autograd_core import (
    TABLE,
    DomainError,
    Dual,
    Value,
    grad,
    gradcheck,
    hessian,
    jacobian,
    jit,
    jvp,
    operators,
    value_and_grad,
    vjp,
    watching_comparisons,
)
from autograd_core.formulas.expression import Expression, Symbol
from autograd_core.number import Number

ROWS = [row for name, row in TABLE.items() if name in REFERENCES]
METHODS = [row for row in ROWS if row.method]
every_method = pytest.mark.parametrize("row", METHODS, ids=repr)


class Counted(Value):
    """Records on its own terms: it knows every operation that was asked of it."""

    __slots__ = ()
    asked = []  # noqa: RUF012

    @classmethod
    def apply(cls, primitive, *inputs):
        cls.asked.append(primitive)
        return super().apply(primitive, *inputs)


class Plain(Value):
    __slots__ = ()


@pytest.fixture
def asked():
    Counted.asked.clear()
    return Counted.asked


# -- methods -----------------------------------------------------------------------------------------------------------
def test_every_activation_is_a_method_of_every_kind_of_number():
    names = {row.name for row in ROWS if row.activation}
    assert {"relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "step", "sign", "identity"} <= names
    for kind in (Value, Dual, Expression):
        assert all(callable(getattr(kind, name)) for name in names)


@every_method
def test_a_method_is_its_row_and_has_help(row):
    operands = (1.0 if row.name == "acosh" else 0.5, 2.0)[: row.arity]
    for kind in (Value, lambda x: Dual(x, 1.0)):
        x = kind(operands[0])
        assert repr(getattr(x, row.method)(*(row.constants if row.name == "**" else operands[1:]))) == repr(row(x, *operands[1:]))
    for kind in (Number, Value, Dual, Expression):
        assert len(inspect.getdoc(getattr(kind, row.method))) > 8
    assert str(getattr(Symbol("x"), row.method)(*(row.constants if row.name == "**" else operands[1:]))) == str(row(Symbol("x"), *operands[1:]))


@pytest.mark.parametrize(("name", "constant"), [("leaky_relu", 0.3), ("elu", 0.5), ("step", 1.0), ("sign", 1.0)])
def test_methods_take_the_constants_of_their_family(name, constant):
    for x in (-2.0, 0.0, 2.0):
        assert getattr(Value(x), name)(constant).data == getattr(ac, name)(x, constant)
        assert grad(lambda v: getattr(v, name)(constant))(x) == grad(lambda v: getattr(ac, name)(v, constant))(x)


# -- subclasses --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("other", [Value, Plain, float])
@pytest.mark.parametrize("row", ROWS, ids=repr)
def test_an_apply_of_ones_own_is_asked_by_every_row_whatever_stands_beside_it(row, other, asked):
    count, at = row.arity or 3, 0.5 if row.name in ("atanh", "logit") else 1.0
    for place in range(count):
        asked.clear()
        row(*(Counted(at) if i == place else other(at) for i in range(count)))
        assert asked == [row]
        if place == 0 and row.method and row.name != "**":
            getattr(Counted(at), row.method)(*[other(at)] * (count - 1))
            assert asked == [row, row]


@pytest.mark.parametrize("other", [Value, Plain, float])
def test_an_apply_of_ones_own_is_asked_by_operators_on_either_side_and_by_functions(other, asked):
    x, y = Counted(2.0), other(3.0)
    for f, names in [
        (lambda: x + y, ["+"]), (lambda: y + x, ["+"]), (lambda: x - y, ["-"]), (lambda: y - x, ["-"]), (lambda: x * y, ["*"]),
        (lambda: y * x, ["*"]), (lambda: x / y, ["/"]), (lambda: y / x, ["/"]), (lambda: y**x, ["pow"]), (lambda: x**2, ["**"]),
        (lambda: -x, ["neg"]), (lambda: abs(x), ["abs"]), (lambda: x.sin(), ["sin"]), (lambda: x.leaky_relu(0.1), ["leaky_relu"]),
        (lambda: ac.cosh(x), ["cosh"]), (lambda: ac.dot([x], [y], y), ["dot"]), (lambda: ac.dot([y], [y], x), ["dot"]),
        (lambda: ac.softmax([y, x]), ["exponent_shift", "-"]),
    ]:  # fmt: skip
        asked.clear()
        f()
        assert [row.name for row in asked] == names


def test_completion_offers_the_names_that_people_use():
    shown = {name for name in dir(Value(2.0).exp()) if not name.startswith("__")}
    assert {"data", "grad", "name", "parents", "backward", "exp"} <= shown
    assert not [name for name in shown if name.startswith("_")]


def test_other_subclasses_record_plain_values():
    x, y = Plain(2.0), Plain(3.0)
    assert {type(node) for node in (x * y, x + 1.0, -x, x.exp(), x**2, ac.dot([x], [y], x))} == {Value}
    assert Plain.__mul__ is Value.__mul__
    assert {Value, ac.Constant, Plain} <= operators._plain
    assert Counted in operators._strangers
    assert not operators._strangers & operators._plain


# -- comparisons -------------------------------------------------------------------------------------------------------
TESTS = {
    "==": lambda x: x == 2.0, "!=": lambda x: x != 2.0, "== on the left": lambda x: x == 2.0, "truth": bool, "<": lambda x: x < 2.0,
    "== of two": lambda x: x == Value(2.0), "!= of itself": lambda x: x != x, "not": lambda x: not x, "or": lambda x: x or 1.0,
}  # fmt: skip


@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
def test_a_decision_by_a_number_is_noted_where_it_is_watched_with_the_line_that_decides(test):
    with watching_comparisons() as places:
        test(Value(2.0))
    (place,) = places
    assert place == f"{test.__code__.co_filename}:{test.__code__.co_firstlineno}" if test is not bool else "test_numbers" in place


def test_identity_hashing_and_membership_are_not_noted():
    x, y = Value(2.0), Value(2.0)
    with watching_comparisons() as places:
        assert {x: 1}[x] == 1
        assert len({x, y}) == 2
        assert x in [x, y]
        assert x != "a"
        assert x != None  # noqa: E711
    assert places == []


def test_outside_of_derivatives_equality_is_identity_and_every_number_is_true():
    x = Value(0.0)
    assert x
    assert x == x
    assert x != 0.0
    assert x != Value(0.0)
    assert x in [1.0, x]
    assert x not in [Value(0.0)]


ON_DATA = [
    (lambda x: 5.0 * x if x == 2.0 else x, 2.0, 5.0),
    (lambda x: x if x != 2.0 else 5.0 * x, 2.0, 5.0),
    (lambda x: 5.0 * x if x == x + 0.0 else x, 2.0, 5.0),
    (lambda x: (x or 1.0) * 3.0, 0.0, 0.0),
    (lambda x: (x or 1.0) * 3.0, 2.0, 3.0),
    (lambda x: 1.0 + x if x == 0 else ac.sin(x) / x, 0.0, 1.0),
    *[(lambda x, two=two: 5.0 * x if x == two else x, 2.0, 5.0) for two in (Fraction(2), Decimal(2), 2.0 + 0j, np.float32(2), np.array(2))],
    *[(lambda x, two=two: 5.0 * x if two != x else x, 2.0, 1.0) for two in (Fraction(2), Decimal(2), 2.0 + 0j, np.float32(2), np.array(2))],
    *[(lambda x, one=one: 5.0 * x if x == one else x, 1.0, 5.0) for one in (True, np.True_)],
    *[(lambda x, other=other: 5.0 * x if x == other else x, 2.0, 1.0) for other in ("2.0", None, Decimal("2.1"), 2j, math.nan)],
    (lambda x: 5.0 * x if x in (1.0, Decimal(2)) else x, 2.0, 5.0),
    (lambda x: 5.0 * (x - x) + 3.0 if x * math.nan == x * math.nan else 7.0 * x, 2.0, 7.0),
    (lambda x: (lambda y: y if y == y else 7.0 * x)(x * math.nan), 2.0, 7.0),  # nan is not itself
]


@pytest.mark.parametrize(("f", "at", "expected"), ON_DATA)
def test_under_a_derivative_equality_and_truth_look_at_the_data(f, at, expected):
    assert grad(f)(at) == value_and_grad(f)(at)[1] == jvp(f, (at,), (1.0,))[1] == jacobian(f)(at) == vjp(f, at)[1](1.0)[0] == expected
    assert hessian(lambda x: f(x) ** 2)(at) == pytest.approx(grad(grad(lambda x: f(x) ** 2))(at))


def test_gradcheck_sees_what_the_transforms_see():
    assert gradcheck(lambda x: 5.0 * x if x != 7.0 else x, 2.0, order=1)


def test_jit_reports_a_branch_on_equality_and_takes_it_by_the_data():
    with pytest.warns(UserWarning, match="test_numbers"):
        assert jit(lambda x: 5.0 * x if x == 2.0 else x)(2.0) == 10.0
    with pytest.warns(UserWarning, match="test_numbers"):
        assert jit(grad(lambda x: 5.0 * x if x == 2.0 else x))(2.0) == 5.0


def slope_of_the_chord(x):
    try:
        return ac.sin(x) / x
    except ZeroDivisionError:
        return 1.0


@pytest.mark.parametrize("kind", [Value, lambda x: Dual(x, 1.0)])
def test_an_error_that_is_handled_is_noted_as_a_decision_with_the_line_that_met_it(kind):
    with watching_comparisons() as places:
        assert slope_of_the_chord(kind(0.0)) == 1.0
        slope_of_the_chord(kind(2.0))
    assert places == [f"{__file__}:{slope_of_the_chord.__code__.co_firstlineno + 2}, by an error that it handles"]
    assert (grad(slope_of_the_chord)(0.0), jvp(slope_of_the_chord, (0.0,), (1.0,))) == (0.0, (1.0, 0.0))
    with pytest.warns(UserWarning, match="slope_of_the_chord compares a number at .*, by an error that it handles: the branch taken there"):
        jit(slope_of_the_chord)(0.0)


def in_a_thread(f):
    thread = threading.Thread(target=f)
    thread.start()
    thread.join()


def test_a_comparison_in_another_thread_is_not_watched():
    found = []
    with watching_comparisons() as places:
        in_a_thread(lambda: found.append((Value(1.0) > 0.0, bool(Value(0.0)))))
    assert (found, places) == ([(True, True)], [])


# -- errors ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("f", "at"), [(ac.log, -1.0), (ac.sqrt, -1.0), (ac.asin, 2.0), (lambda x: x**0.5, -1.0), (lambda x: 1.0 / x, 0.0)])
@pytest.mark.parametrize("kind", [Value, lambda x: Dual(x, 1.0)])
def test_a_number_outside_the_domain_is_a_domain_error(f, at, kind):
    with pytest.raises(DomainError, match="is not defined"):
        f(kind(at))


def test_division_by_zero_is_both_errors_and_overflow_is_none():
    with pytest.raises(DomainError) as caught:
        Value(1.0) / 0.0
    assert isinstance(caught.value, ZeroDivisionError)
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), DomainError)
    with pytest.raises(OverflowError) as caught:
        ac.exp(Value(1000.0))
    assert not isinstance(caught.value, DomainError)


# -- threads -----------------------------------------------------------------------------------------------------------
class Slow(Value):
    """A leaf at which a pass hands over to other threads, between reading the gradient and writing it."""

    __slots__ = ("held",)

    @property
    def grad(self):
        found = self.held
        time.sleep(0.001)
        return found

    @grad.setter
    def grad(self, grad):
        self.held = grad


def test_backward_from_several_threads_on_graphs_that_share_nodes_is_right():
    x, slow = Value(0.5), Slow(1.0)
    shared = x
    for k in range(300):
        shared = shared * (1.0 if k % 100 else slow) + 0.0
    outputs = [shared * float(k) for k in range(4)]
    threads = [threading.Thread(target=lambda y=y: [y.backward() for _ in range(10)]) for y in outputs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (x.grad, slow.grad) == (60.0, 90.0)  # 10 passes with 0 + 1 + 2 + 3; slow stands three times, each beside x
