"""grad, jacobian, hessian, hvp, jvp and vjp: shapes, layouts, structures and the errors they raise."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Dual, Value

moderate = st.floats(-2.0, 2.0)
quick = settings(deadline=None, max_examples=40)


def three(x, y, z):
    return x * y**2 + ac.sin(z) * x


def cubic(v):
    return v[0] ** 2 * v[1] + v[1] ** 3 * v[2] - v[0] * v[2] ** 2


def cubic_gradient(a, b, c):
    return [2 * a * b - c * c, a * a + 3 * b * b * c, b**3 - 2 * a * c]


def cubic_hessian(a, b, c):
    return [[2 * b, 2 * a, -2 * c], [2 * a, 6 * b * c, 3 * b * b], [-2 * c, 3 * b * b, -2 * a]]


def close(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-12)


THREE_BY = [16.0 + math.sin(1.0), 24.0, 3.0 * math.cos(1.0)]  # at x = 3, y = 4, z = 1


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, THREE_BY[0]), (1, THREE_BY[1]), (2, THREE_BY[2]), (-1, THREE_BY[2]), (-3, THREE_BY[0]),
        ((1,), (THREE_BY[1],)), ((0, 2), (THREE_BY[0], THREE_BY[2])), ((2, 0), (THREE_BY[2], THREE_BY[0])),
        ((-1, -2), (THREE_BY[2], THREE_BY[1])), ([0, 1], tuple(THREE_BY[:2])),
    ],
)  # fmt: skip
def test_argnums_chooses_the_arguments_by_number_from_either_end(argnums, expected):
    found = ac.grad(three, argnums)(3.0, 4.0, 1.0)
    assert type(found) is type(expected)
    assert found == close(expected)
    value, again = ac.value_and_grad(three, argnums)(3.0, 4.0, 1.0)
    assert (value, again) == (three(3.0, 4.0, 1.0), found)


def test_the_arguments_that_are_not_chosen_arrive_as_they_are():
    seen = []

    def f(x, flag, words):
        seen.append((flag, words))
        return x * len(words)

    assert ac.grad(f)(2.0, None, "abc") == 3.0
    assert seen == [(None, "abc")]


STRUCTURES = [
    (lambda v: v[0] * v[1], [3.0, 4.0], [4.0, 3.0]),
    (lambda v: v[0] * v[1], (3.0, 4.0), (4.0, 3.0)),
    (lambda v: v[0][0] * v[0][1] + v[1] ** 2, [[3.0, 4.0], 5.0], [[4.0, 3.0], 10.0]),
    (lambda v: v[0] * v[1][0] * v[1][1][0], [2.0, (3.0, [5.0])], [15.0, (10.0, [6.0])]),
    (lambda v: v[0] * v[1], np.array([3.0, 4.0]), np.array([4.0, 3.0])),
    (lambda m: m[0][0] * m[1][1] - m[0][1] * m[1][0], np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[4.0, -3.0], [-2.0, 1.0]])),
    (lambda v: v[0] * v[1], [3, np.float32(4.0)], [4.0, 3.0]),
    (lambda x: x * x, np.float64(3.0), 6.0),
    (lambda x: x * x, True, 2.0),
    (lambda v: 7.0, [1.0, 2.0], [0.0, 0.0]),
    (lambda v: v[0] * 1.0, [1.0, []], [1.0, []]),
]


@pytest.mark.parametrize(("f", "at", "expected"), STRUCTURES)
def test_a_gradient_is_made_of_plain_floats_in_the_structure_of_its_argument(f, at, expected):
    found = ac.grad(f)(at)
    assert type(found) is type(expected)
    assert getattr(found, "dtype", "float64") == "float64"
    assert np.array_equal(found, expected) if isinstance(found, np.ndarray) else found == expected
    assert all(type(x) is float for x in ac.arguments.leaves_of(found))


def test_a_value_that_comes_back_is_a_plain_float():
    value, slope = ac.value_and_grad(lambda x: x**2)(3)
    assert (type(value), type(slope)) == (float, float)
    value, slope = ac.value_and_grad(lambda x: 7)(3)
    assert (repr(value), repr(slope)) == ("7.0", "0.0")


@quick
@given(moderate, moderate, moderate)
def test_gradient_hessian_and_their_products_match_the_closed_form(a, b, c):
    v = [1.0, -2.0, 0.5]
    hessian = cubic_hessian(a, b, c)
    assert ac.grad(cubic)([a, b, c]) == close(cubic_gradient(a, b, c))
    assert ac.hessian(cubic)([a, b, c]) == [close(row) for row in hessian]
    assert ac.hvp(cubic)([a, b, c], v) == close([sum(p * q for p, q in zip(row, v)) for row in hessian])
    assert ac.jacobian(cubic)([a, b, c]) == close(cubic_gradient(a, b, c))


def polar(v):
    return [v[0] * ac.cos(v[1]), v[0] * ac.sin(v[1]), v[0] ** 2]


def test_a_jacobian_has_a_row_for_each_output_or_for_each_input():
    r, t = 2.0, 0.3
    rows = [[math.cos(t), -r * math.sin(t)], [math.sin(t), r * math.cos(t)], [2 * r, 0.0]]
    assert ac.jacobian(polar)([r, t]) == [close(row) for row in rows]
    assert ac.jacobian(polar, layout="numerator")([r, t]) == ac.jacobian(polar)([r, t])
    assert ac.jacobian(polar, layout="denominator")([r, t]) == [close(list(column)) for column in zip(*rows)]


@pytest.mark.parametrize(
    ("f", "at", "numerator", "denominator"),
    [
        (lambda x: x**2, 3.0, 6.0, 6.0),
        (lambda x: [x, x**2], 3.0, [1.0, 6.0], [1.0, 6.0]),
        (lambda v: v[0] * v[1], [3.0, 4.0], [4.0, 3.0], [4.0, 3.0]),
        (lambda v: [v[0] * v[1]], [3.0, 4.0], [[4.0, 3.0]], [[4.0], [3.0]]),
        (lambda v: [v[0], 5.0], [3.0], [[1.0], [0.0]], [[1.0, 0.0]]),
        (lambda v: (v[0], [v[1] ** 2]), [3.0, 4.0], ([1.0, 0.0], [[0.0, 8.0]]), [(1.0, [0.0]), (0.0, [8.0])]),
        (lambda m: [m[0][0] * m[0][1]], [[3.0, 4.0]], [[[4.0, 3.0]]], [[[4.0], [3.0]]]),
        (lambda v: np.array([v[0] * v[1], v[1]]), np.array([3.0, 4.0]), [[4.0, 3.0], [0.0, 1.0]], [[4.0, 0.0], [3.0, 1.0]]),
        (lambda v: [], [1.0, 2.0], [], [[], []]),
    ],
)
def test_the_jacobian_has_one_index_for_each_list_of_outputs_and_inputs(f, at, numerator, denominator):
    found = [ac.jacobian(f)(at), ac.jacobian(f, layout="denominator")(at)]
    assert all(isinstance(x, np.ndarray) == isinstance(at, np.ndarray) for x in found)
    assert [x.tolist() if isinstance(x, np.ndarray) else x for x in found] == [numerator, denominator]


@quick
@given(moderate, moderate, moderate, moderate)
def test_forward_and_reverse_mode_are_transposes_of_each_other(r, t, dr, dt):
    values, tangents = ac.jvp(polar, ([r, t],), ([dr, dt],))
    cotangent = [0.5, -1.0, 2.0]
    same, pullback = ac.vjp(polar, [r, t])
    (back,) = pullback(cotangent)
    assert values == same == close(polar([r, t]))  # Python's own r ** 2 is not r * r to the last bit
    assert sum(p * q for p, q in zip(cotangent, tangents)) == close(back[0] * dr + back[1] * dt)
    assert tangents == close([row[0] * dr + row[1] * dt for row in ac.jacobian(polar)([r, t])])


def test_vjp_pulls_back_every_structure_and_can_be_called_again():
    value, pullback = ac.vjp(lambda x, v: [x * v[0], (v[1] ** 2, x + v[0])], 3.0, [4.0, 5.0])
    assert value == [12.0, (25.0, 7.0)]
    assert pullback([1.0, (0.0, 0.0)]) == (4.0, [3.0, 0.0])
    assert pullback([0.0, (2.0, 10.0)]) == (10.0, [10.0, 20.0])
    assert pullback([1.0, (0.0, 0.0)]) == (4.0, [3.0, 0.0])
    assert ac.vjp(lambda x: x**2, 3.0)[1](2) == (12.0,)


def test_jvp_keeps_the_structure_of_the_output_and_gives_0_to_what_does_not_depend():
    value, slope = ac.jvp(lambda x, v: (x * v[0], [v[1], 7.0]), (3.0, [4.0, 5.0]), (1.0, [0.0, 2.0]))
    assert (value, slope) == ((12.0, [5.0, 7.0]), (4.0, [2.0, 0.0]))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_gradients_can_be_taken_again_and_again_from_one_graph(order):
    x, y = Value(0.7, "x"), Value(1.3, "y")
    found = ac.exp(x * y) * ac.sin(x)
    for _ in range(order):
        found = ac.gradients(found, [x])[0]
    with mpmath.workdps(40):
        exact = mpmath.diff(lambda t: mpmath.exp(t * mpmath.mpf(1.3)) * mpmath.sin(t), mpmath.mpf(0.7), order)
    assert found.data == pytest.approx(float(exact), rel=1e-12, abs=0.0)
    assert (x.grad, y.grad) == (0.0, 0.0)
    found.backward()  # a gradient is a node like any other
    assert x.grad == pytest.approx(ac.gradients(found, [x])[0].data, rel=1e-14, abs=0.0)


def test_the_graph_of_a_gradient_has_no_factor_of_1():
    x, y = Value(0.5, "x"), Value(2.0, "y")
    for out, nodes in ((ac.sin(x + y), ["x", "y", "+", "cos"]), (ac.sin(x) + y, ["x", "cos"]), (x * y, ["y"]), (x**1, [None]), (x**2, [None, "x", "*"])):
        found = ac.gradients(out, [x])[0]
        assert [node.op or node.name for node in ac.topological_order(found)] == nodes


def test_gradients_give_0_for_an_input_that_does_not_take_part_and_take_interior_nodes():
    x, y, apart = Value(3.0), Value(2.0), Value(9.0)
    product = x * y
    loss = product**2
    found = ac.gradients(loss, [product, x, apart, loss])
    assert [g.data for g in found] == [12.0, 24.0, 0.0, 1.0]
    assert all(isinstance(g, Value) for g in found)
    assert ac.gradients(found[1], [y])[0].data == 2 * 3.0 * 2.0 * 2.0  # d(2xy²)/dy = 4xy


def test_the_hessian_of_a_deep_structure_nests_the_structure_twice():
    assert ac.hessian(lambda v: v[0][0] ** 2 * v[1])([[3.0], 5.0]) == [[[[10.0], 6.0]], [[6.0], 0.0]]
    assert ac.hessian(lambda x: x**4)(2.0) == 48.0


def test_a_dual_is_a_public_number_that_mixes_with_plain_ones():
    x = Dual(3.0, 1.0)
    y = 2 * x**2 + ac.sin(x) / x - np.float64(1.0)
    assert (y.primal, y.tangent) == (close(17.0 + math.sin(3.0) / 3.0), close(12.0 + math.cos(3.0) / 3.0 - math.sin(3.0) / 9.0))
    assert repr(Dual(1, True)) == "Dual(primal=1.0, tangent=1.0)"
    assert Dual(5.0).tangent == 0.0
    assert (x == Dual(3.0, 1.0), x < 4.0, x >= Dual(3.0, 9.0)) == (False, True, True)
    for refused in (("3",), (1.0, None), (Value(1.0),), (1.0, Dual(1.0))):
        with pytest.raises(TypeError, match="number is needed"):
            Dual(*refused)


def test_where_a_dual_meets_a_value_the_dual_wins_and_the_value_stays_connected():
    w, x = Value(3.0, "w"), Dual(2.0, 1.0)
    for y in (w * x**2, x**2 * w):
        assert isinstance(y, Dual)
        w.grad = 0.0
        y.tangent.backward()  # d/dw of dy/dx = d/dw of 2wx
        assert (y.primal.data, y.tangent.data, w.grad) == (12.0, 12.0, 4.0)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: ac.grad(lambda v: v)([1.0, 2.0]), TypeError, "one number.*list of length 2.*jacobian"),
        (lambda: ac.grad(lambda x: (x, x))(1.0), TypeError, "one number.*tuple of length 2"),
        (lambda: ac.grad(lambda x: None)(1.0), TypeError, "one number.*NoneType: is a return missing"),
        (lambda: ac.grad(Value(1.0), [Value(1.0)]), TypeError, r"grad takes a function, not Value.*gradients\(output"),
        *((lambda of=of: of(3), TypeError, "takes a function, not int") for of in (ac.grad, ac.value_and_grad, ac.jacobian, ac.hvp, ac.jit)),
        (lambda: ac.vjp(3, 1.0), TypeError, "vjp takes a function"),
        (lambda: ac.jvp(3, (1.0,), (1.0,)), TypeError, "jvp takes a function"),
        (lambda: ac.jvp(cubic, 2.0, 1.0), TypeError, r"an entry for each argument: jvp\(f, \(2\.0,\), \(1\.0,\)\)"),
        (lambda: ac.grad(lambda x: "x")(1.0), TypeError, "one number.*str"),
        (lambda: ac.hessian(lambda v: v)([1.0, 2.0]), TypeError, "one number"),
        (lambda: ac.grad(three, 3)(1.0, 2.0, 3.0), IndexError, r"argnums is 3.*3 argument"),
        (lambda: ac.grad(three, (0, -4))(1.0, 2.0, 3.0), IndexError, r"argnums is \(0, -4\)"),
        (lambda: ac.grad(lambda: 1.0)(), IndexError, "0 argument"),
        (lambda: ac.grad(three, "x")(1.0, 2.0, 3.0), TypeError, "argnums"),
        (lambda: ac.grad(three, 1.5)(1.0, 2.0, 3.0), TypeError, "argnums"),
        (lambda: ac.grad(lambda x: x)("3"), TypeError, r"str '3'.*float\(\.\.\.\)"),
        (lambda: ac.jacobian(lambda v: v)([1.0, "3"]), TypeError, "str '3'"),
        (lambda: ac.jvp(lambda x: x, ("3",), (1.0,)), TypeError, "str '3'"),
        (lambda: ac.jvp(lambda x: x, (3.0,), ("1",)), TypeError, "str '1'"),
        (lambda: ac.vjp(lambda x: x, None), TypeError, "NoneType"),
        (lambda: ac.vjp(lambda x: x, 1.0)[1]("1"), TypeError, "str '1'"),
        (lambda: ac.jvp(three, (1.0, 2.0, 3.0), (1.0, 0.0)), ValueError, r"tangents is a tuple of 2 number.*primals is a tuple of 3"),
        (lambda: ac.hvp(cubic)([1.0, 2.0, 3.0], [1.0]), ValueError, r"v is a list of 1 number.*list of 3"),
        (lambda: ac.vjp(polar, [1.0, 2.0])[1]([1.0, 2.0]), ValueError, r"cotangent is a list of 2 number.*output is a"),
        (lambda: ac.jacobian(polar, layout="rows"), ValueError, "'numerator' or 'denominator', not 'rows'"),
    ],
)
def test_errors_say_what_was_given_and_what_is_needed(call, error, says):
    with pytest.raises(error, match=says):
        call()


RETURNS_NONE = lambda x: None  # noqa: E731  a forgotten return
FORGETFUL = {
    "jvp": lambda: ac.jvp(RETURNS_NONE, (1.0,), (1.0,)),
    "vjp": lambda: ac.vjp(RETURNS_NONE, 1.0)[1](1.0),
    "jacobian": lambda: ac.jacobian(RETURNS_NONE)([1.0]),
    "jacobian of a list": lambda: ac.jacobian(lambda v: [v[0], "x"])([1.0]),
}


@pytest.mark.parametrize("call", FORGETFUL.values(), ids=FORGETFUL)
def test_an_output_that_is_no_number_is_refused_instead_of_having_derivative_0(call):
    with pytest.raises(TypeError, match=r"NoneType|str"):
        call()


@pytest.mark.parametrize(
    ("output", "inputs", "says"),
    [
        (lambda x: [x * x], lambda x: [x], "an output that is one number, not a list of length 1"),
        (lambda x: None, lambda x: [x], "an output that is one number, not a NoneType"),
        (lambda x: x * x, lambda x: [x.data], "needs Values as inputs, not float"),
        (lambda x: x * x, lambda x: x, r"takes as inputs a list, not Value: write gradients\(y, \[x\]\)"),
    ],
)
def test_gradients_of_what_is_no_graph_are_refused_instead_of_being_0(output, inputs, says):
    x = Value(3.0, "x")
    with pytest.raises(TypeError, match=says):
        ac.gradients(output(x), inputs(x))
    assert [g.data for g in ac.gradients(x * x, iter([x]))] == [6.0]  # an iterator is read once, and whole


def test_gradients_inside_forward_mode_are_refused_instead_of_being_0():
    with pytest.raises(TypeError, match=r"not Dual.*grad\(f\)"):
        ac.jvp(lambda x: ac.gradients(x**3, [x])[0], (2.0,), (1.0,))
