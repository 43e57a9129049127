"""What a number is and what its operators do: the promises that a user would otherwise have to guess."""

import math
import operator
import re
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Value

finite = st.floats(-1e3, 1e3)
quick = settings(deadline=None, max_examples=60)

ACCEPTED = [3, True, Fraction(1, 4), 2.5, np.float32(0.5), np.float64(0.1), np.int64(-7), np.uint8(9), np.bool_(True), np.float16(1.5)]
REFUSED = [
    ("3", "float"), (None, "missing"), (1j, "real"), ([1.0], "each element"), ((1.0,), "each element"), (np.array([1.0]), "each element"),
    (np.array(1.0), "item"), (Decimal("1.5"), "float"), (Value(1.0), "data"), (ac.Dual(1.0, 0.0), "plain number"), (object(), "float"),
    (np.complex128(1j), "only real"),
]  # fmt: skip
OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.mark.parametrize("x", ACCEPTED, ids=lambda x: type(x).__name__)
def test_anything_that_is_a_real_number_becomes_a_float(x):
    for made in (Value(x).data, (Value(0.0) + x).data, (x + Value(0.0)).data, ac.Dual(x).primal):
        assert type(made) is float
        assert made == float(x)


@pytest.mark.parametrize(("x", "advice"), REFUSED, ids=lambda x: type(x).__name__)
def test_anything_else_is_refused_with_a_message_that_says_what_to_do(x, advice):
    for make in (Value, ac.Dual):
        with pytest.raises(TypeError, match=advice) as refused:
            make(x)
        assert type(x).__name__ in str(refused.value)


@pytest.mark.parametrize("x", ["3", None, 1j, [1.0], (1.0,), Decimal("1.5")], ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("op", [*OPERATORS, operator.lt, operator.ge], ids=lambda op: op.__name__)
def test_operators_refuse_strangers_on_either_side_and_say_what_to_do(op, x):
    with pytest.raises(TypeError, match="a real number is needed"):
        op(Value(1.0), x)
    with pytest.raises(TypeError, match="a real number is needed"):
        op(x, Value(1.0))


def test_an_integer_too_large_for_a_float_is_an_overflow_error():
    for x in (10**400, -(10**5000), Fraction(10**5000, 3)):  # Python refuses to print integers of more than 4,300 digits
        with pytest.raises(OverflowError, match="too large for a float"):
            Value(x)
        with pytest.raises(OverflowError, match="too large for a float"):
            Value(1.0) * x
    with pytest.raises(TypeError, match="a real number is needed, not list"):
        Value([10**5000])


def test_the_data_of_every_node_is_a_float():
    x = Value(3)
    y = ac.softmax([x * 2, x**2, True / x, ac.relu(x - 5), ac.dot([1, 2], [x, 3], 4)])[0] + x**0 + ac.step(x)
    assert all(type(node.data) is float for node in ac.topological_order(y))
    y.backward(1)
    assert all(type(node.grad) is float for node in ac.topological_order(y))


@pytest.mark.parametrize("own", [{"__eq__": lambda x, y: x.data == y.data}, {"__hash__": lambda x: hash(x.data)}], ids=lambda own: next(iter(own)))
def test_a_kind_of_value_that_is_equal_by_data_is_refused_before_gradients_are_mixed_up(own):
    with pytest.raises(TypeError, match=r"Equal defines __(eq|hash)__, but nodes .* by identity"):
        type("Equal", (Value,), own)
    assert type("Same", (Value,), {"__hash__": Value.__hash__, "__eq__": object.__eq__})(1.0) != Value(1.0)


def test_identity_decides_equality_and_hash():
    a, b = Value(1.0), Value(1.0)
    assert a == a
    assert (a == b, a != b, a == 1.0) == (False, True, False)
    assert len({a, b, a}) == 2
    a.data = 5.0
    assert a in {a}


TWOS = [2.0, 2, Value(2.0), np.float64(2.0), np.int64(2), Fraction(2), ac.Dual(2.0, 7.0)]


@pytest.mark.parametrize("other", TWOS, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("x", [1.0, 2.0, 3.0])
def test_order_compares_data_with_every_kind_of_number_on_either_side(x, other):
    v = Value(x)
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        assert bool(compare(v, other)) is compare(x, 2.0)
        assert bool(compare(other, v)) is compare(2.0, x)
    assert max(v, Value(9.0)).data == 9.0
    assert [w.data for w in sorted([Value(3.0), v, Value(0.0)])] == sorted([3.0, x, 0.0])


@pytest.mark.parametrize("cut", [float, int, complex, len, iter, list, math.exp], ids=lambda f: f.__name__)
def test_nothing_turns_a_value_into_a_plain_number_silently(cut):
    with pytest.raises(TypeError):
        cut(Value(1.0))


def test_format_takes_the_specifications_of_floats():
    x = Value(math.pi, "x")
    assert (format(x, ".4f"), f"{x:8.2f}", f"{x:+.1e}", f"{x}") == ("3.1416", "    3.14", "+3.1e+00", repr(x))
    assert repr(Value(1.0)) == "Value(data=1.0, grad=0.0)"
    assert repr(x) == f"Value(data={math.pi!r}, grad=0.0, name='x')"
    assert format(ac.Dual(math.pi, 1.0), ".2f") == "3.14 + 1.00 ε"


def test_a_notebook_shows_what_a_node_is_called_what_made_it_and_its_numbers():
    x = Value(0.5, "x")
    product = x * 3.0
    product.backward()
    for node, cells in ((x, ["x", "leaf", "0.5", "3.0"]), (product, ["", "*", "1.5", "1.0"])):
        assert re.findall(r"<td[^>]*>([^<]*)</td>", node._repr_html_()) == cells


def test_a_name_is_given_in_either_word_and_taken_away_again():
    for x in (Value(1.0, "x"), Value(1.0, name="x"), Value(1.0, label="x")):
        y = x * x
        y.name = "y"
        assert (x.name, x.op, y.name, y.op) == ("x", "", "y", "*")
        x.name = y.name = None
        assert (x.name, x.op, y.name, y.op) == (None, "", None, "*")


def test_a_subclass_may_have_bases_that_register_it():
    registered = []

    class Registering:
        __slots__ = ()

        def __init_subclass__(cls, **options):
            super().__init_subclass__(**options)
            registered.append(cls)

    class Weight(Value, Registering):
        __slots__ = ()

    assert registered == [Weight]
    assert (Weight(2.0) * 3.0).data == 6.0


SCALARS = [2.0, 2, Fraction(5, 2), np.float64(2.5), np.float32(2.5), np.int64(2), np.bool_(True)]


@pytest.mark.parametrize("scalar", SCALARS, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
def test_plain_and_numpy_scalars_work_on_either_side_of_every_operator(op, scalar):
    plain = float(scalar)
    for apply, reference in ((lambda v: op(v, scalar), lambda v: op(v, plain)), (lambda v: op(scalar, v), lambda v: op(plain, v))):
        x = Value(1.5)
        y = apply(x)
        assert type(y) is Value
        assert y.data == pytest.approx(reference(1.5), rel=1e-15, abs=0.0)
        y.backward()
        assert x.grad == pytest.approx((reference(1.5 + 1e-6) - reference(1.5 - 1e-6)) / 2e-6, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("kind", [lambda x: Value(x), lambda x: ac.Dual(x, 1.0)], ids=["Value", "Dual"])
@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
def test_a_numpy_array_on_either_side_makes_an_array_of_results(op, kind):
    x, array = kind(1.5), np.array([1.0, 2.0, 3.0])
    for result, expected in ((op(x, array), [op(1.5, a) for a in (1.0, 2.0, 3.0)]), (op(array, x), [op(a, 1.5) for a in (1.0, 2.0, 3.0)])):
        assert isinstance(result, np.ndarray)
        assert result.shape == (3,)
        assert all(type(y) is type(x) for y in result)
        assert [float(f"{y:.17g}".split()[0]) for y in result] == pytest.approx(expected, rel=1e-15, abs=0.0)


def test_an_array_of_values_multiplies_and_sums_as_numpy_does_and_backpropagates():
    w = np.array([Value(2.0), Value(-1.0)])
    (np.array([[1.0, 2.0], [3.0, 4.0]]) @ w).sum().backward()
    assert [v.grad for v in w] == [4.0, 6.0]


def test_in_place_operators_rebind_the_name_and_leave_the_node_alone():
    for op in (operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow):
        x = Value(3.0)
        y = op(x, 2.0)
        assert y is not x
        assert x.data == 3.0
        assert y.parents[0] is x


def test_subtraction_and_division_are_one_node_each_and_exact():
    a, b = Value(49.0), Value(49.0)
    assert (a / b).data == (49 / b).data == (a / 49).data == 1.0
    for y, op in ((a - b, "-"), (a / b, "/"), (1.0 - b, "-"), (1.0 / b, "/")):
        assert y.op == op
        assert len(ac.topological_order(y)) == 3


@quick
@given(finite, finite)
def test_every_operator_gives_the_bits_of_float_arithmetic(x, y):
    assert (Value(x) + y).data == x + y
    assert (x - Value(y)).data == x - y
    assert (Value(x) * Value(y)).data == x * y
    if y != 0.0:
        assert (Value(x) / y).data == x / y


@quick
@given(st.floats(-1e150, 1e150))
def test_the_square_is_x_times_x_to_the_bit(x):
    for square in (Value(x) ** 2, Value(x) ** 2.0, ac.pow(Value(x), 2), ac.Dual(x) ** 2):
        assert square.scalar() == x * x
    assert ac.pow(x, 2) == x * x


def test_a_constant_exponent_is_one_operand_and_takes_negative_bases():
    x = Value(-2.0)
    y = x**3
    y.backward()
    assert (y.data, x.grad, y.parents, y.op) == (-8.0, 12.0, (x,), "**")
    assert (Value(-2.0) ** -1).data == -0.5
    with pytest.raises(ValueError, match=r"x = -2\.0.*x >= 0"):
        Value(-2.0) ** 0.5


@pytest.mark.parametrize("x", [0.0, -3.0, 2.0])
def test_the_power_0_is_1_with_derivative_0_everywhere(x):
    v = Value(x)
    y = v**0
    y.backward()
    assert (y.data, v.grad) == (1.0, 0.0)


def test_values_as_exponents_have_both_derivatives():
    x, y = Value(3.0), Value(2.0)
    (x**y).backward()
    assert (x.grad, y.grad) == (pytest.approx(6.0), pytest.approx(9.0 * math.log(3.0)))
    e = Value(3.0)
    power = 2**e
    power.backward()
    assert (power.data, e.grad) == (8.0, pytest.approx(8.0 * math.log(2.0)))


def test_a_negative_base_with_a_value_as_exponent_says_to_use_a_constant():
    with pytest.raises(ValueError, match="constant exponent"):
        Value(-2.0) ** Value(2.0)
    with pytest.raises(ValueError, match="constant exponent"):
        (-2.0) ** Value(0.5)


DOMAIN_ERRORS = [
    (lambda x: ac.log(x - 2.0), ValueError, r"log at x = 0\.0.*needs x > 0"),
    (lambda x: ac.log(-x), ValueError, r"log at x = -2\.0.*needs x > 0"),
    (lambda x: ac.sqrt(-x), ValueError, r"sqrt at x = -2\.0.*needs x >= 0"),
    (lambda x: 1.0 / (x - x), ZeroDivisionError, r"/ at x = 1\.0, y = 0\.0.*y other than 0"),
    (lambda x: (x - x) ** -1, ValueError, r"\*\* at x = 0\.0.*x other than 0"),
    (lambda x: ac.exp(x * 1000.0), OverflowError, r"exp at x = 2000\.0 overflows"),
]


@pytest.mark.parametrize(("compute", "error", "says"), DOMAIN_ERRORS)
@pytest.mark.parametrize("kind", [Value, lambda x: ac.Dual(x, 1.0)], ids=["Value", "Dual"])
def test_domain_errors_name_the_operation_the_operand_and_what_is_needed(kind, compute, error, says):
    with pytest.raises(error, match=says):
        compute(kind(2.0))


def test_a_domain_error_names_the_node():
    rate = Value(-1.0, "rate")
    with pytest.raises(ValueError, match="x is the node 'rate'"):
        rate.log()
    with pytest.raises(ZeroDivisionError, match="y is the node 'zero'"):
        rate / Value(0.0, "zero")


def test_importing_the_engine_loads_nothing_outside_the_standard_library():
    code = "import sys; old = set(sys.modules); import autograd_core; print(*sorted({m.split('.')[0] for m in set(sys.modules) - old}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "autograd_core" in loaded
    assert set(loaded) - {"autograd_core"} <= set(sys.stdlib_module_names)
