"""Transforms inside transforms, in every order: closed forms, and no confusion between the directions of two levels."""

import importlib.util
import itertools
import math

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Dual, Value, gradients

points = st.floats(0.2, 2.0)
quick = settings(deadline=None, max_examples=15)


def close(expected):
    return pytest.approx(expected, rel=1e-11, abs=1e-12)


def by_reverse(f):
    return ac.grad(f)


def by_forward(f):
    return lambda x: ac.jvp(f, (x,), (1.0,))[1]


def by_forward_scaled(f):
    return lambda x: ac.jvp(f, (x,), (4.0,))[1] / 4.0


def by_vjp(f):
    return lambda x: ac.vjp(f, x)[1](1.0)[0]


def by_jacobian(f):
    return lambda x: ac.jacobian(lambda v: [f(v[0])])([x])[0][0]


def by_hvp_of_the_integral(f):
    """f' as the mixed second derivative of t * f(x): a Hessian-vector product inside another transform."""
    return lambda x: ac.hvp(lambda v: v[1] * f(v[0]))([x, 1.0], [0.0, 1.0])[0]


D = {"reverse": by_reverse, "forward": by_forward, "scaled": by_forward_scaled}
D |= {"vjp": by_vjp, "jacobian": by_jacobian, "hvp": by_hvp_of_the_integral}
PAIRS = list(itertools.product(D, repeat=2))
pairs = pytest.mark.parametrize(("outer", "inner"), PAIRS, ids=["-over-".join(p) for p in PAIRS])


def wavy(x, lib=ac):
    return lib.exp(lib.sin(x) * x) / (1.0 + x * x) + x**3 * lib.tanh(x)


def exact(order, x):
    with mpmath.workdps(40):
        return float(mpmath.diff(lambda t: wavy(t, mpmath), mpmath.mpf(x), order))


@pytest.mark.parametrize("depth", [1, 2])
def test_every_nesting_gives_the_derivative_of_that_order(depth):
    x = 0.8
    for names in itertools.product(D, repeat=depth):
        f = wavy
        for name in names:
            f = D[name](f)
        found = f(x)
        assert type(found) is float, names
        assert found == close(exact(depth, x)), names


@pytest.mark.parametrize("names", list(itertools.product(["reverse", "forward", "vjp"], repeat=3)), ids="-".join)
def test_three_deep_in_every_order(names):
    f = wavy
    for name in names:
        f = D[name](f)
    assert f(0.8) == close(exact(3, 0.8))


@pairs
@quick
@given(points)
def test_the_inner_derivative_does_not_see_the_outer_direction(outer, inner, x):
    # d/dx [x * d/dy (x + y) at y = x] = 1; confusing the two directions gives 2
    assert D[outer](lambda x: x * D[inner](lambda y: x + y)(1.0))(x) == close(1.0)
    assert D[outer](lambda x: x * D[inner](lambda y: x + y)(x))(x) == close(1.0)
    # d/dx [x * d/dy (x * y)] = d/dx x² = 2x
    assert D[outer](lambda x: x * D[inner](lambda y: x * y)(2.0))(x) == close(2.0 * x)
    # d/dx [d/dy (x * y²) at y = x] = d/dx 2x² = 4x, where the partial derivative at a fixed y alone would be 2x
    assert D[outer](lambda x: D[inner](lambda y: x * y**2)(x))(x) == close(4.0 * x)


@pairs
@quick
@given(points)
def test_a_closure_over_the_outer_variable_is_followed(outer, inner, x):
    # d/dx [d/dy (x³ y²) at y = 3] = 18x², and never silently 0
    assert D[outer](lambda x: D[inner](lambda y: x**3 * y**2)(3.0))(x) == close(18.0 * x * x)
    # the inner function does not depend on its own variable at all
    assert D[outer](lambda x: D[inner](lambda y: x * x)(3.0))(x) == 0.0
    assert D[outer](lambda x: x + D[inner](lambda y: 5.0)(x))(x) == 1.0


@pytest.mark.parametrize("names", list(itertools.product(["reverse", "forward"], repeat=3)), ids="-".join)
def test_closures_three_deep_over_both_outer_variables(names):
    a, b, c = (D[name] for name in names)
    # d/dx d/dy d/dz of x²y³z⁴ at x = 2, then y = 3, then z = 1: 2x * 3y² * 4z³
    found = a(lambda x: b(lambda y: c(lambda z: x**2 * y**3 * z**4)(1.0))(3.0))(2.0)
    assert found == close(4.0 * 27.0 * 4.0)
    # along the diagonal: z = y = x; d/dx of (d/dy of (4x²y³y³) at y = x) = d/dx 24 x⁷
    assert a(lambda x: b(lambda y: c(lambda z: x**2 * y**3 * z**4)(y))(x))(2.0) == close(168.0 * 2.0**6)


@pairs
def test_a_derivative_through_an_argument_and_a_closure_adds_both(outer, inner):
    # g(x) = d/dy sin(xy) at y = x is x cos x²; g' = cos x² - 2x² sin x²
    found = D[outer](lambda x: D[inner](lambda y: ac.sin(x * y))(x))(0.7)
    assert found == close(float(mpmath.cos(0.49) - 2 * mpmath.mpf("0.49") * mpmath.sin(0.49)))


def test_a_gradient_with_respect_to_a_list_inside_forward_mode_and_the_other_way_round():
    def f(v, s):
        return s * v[0] ** 2 * v[1]

    value, slope = ac.jvp(lambda s: ac.grad(f)([3.0, 5.0], s), (2.0,), (1.0,))
    assert (value, slope) == ([60.0, 18.0], [30.0, 9.0])
    assert ac.grad(lambda s: ac.grad(f)([s, 5.0], s)[1])(2.0) == 12.0  # d/ds s³
    assert ac.grad(lambda s: sum(row[0] for row in ac.hessian(lambda v: f(v, s))([3.0, 5.0])))(2.0) == 10.0 + 6.0
    assert ac.jvp(lambda s: ac.hvp(lambda v: f(v, s))([3.0, 5.0], [1.0, s]), (2.0,), (1.0,))[1] == [10.0 + 4.0 * 6.0, 6.0]


def test_value_and_grad_inside_forward_mode_carries_the_tangent_of_both():
    (value, slope), (value_tangent, slope_tangent) = ac.jvp(lambda x: ac.value_and_grad(lambda y: x * y**3)(x), (2.0,), (1.0,))
    assert (value, slope, value_tangent, slope_tangent) == (16.0, 24.0, 32.0, 36.0)  # x⁴, 3x³ and their derivatives


def test_the_gradient_at_a_dual_is_a_dual_of_the_first_and_second_derivative():
    found = ac.grad(lambda x: x**3)(Dual(2.0, 1.0))
    assert (type(found), found.primal, found.tangent) == (Dual, 12.0, 12.0)
    assert (type(found.primal), type(found.tangent)) == (float, float)
    (pulled,) = ac.vjp(lambda x: x**3, Dual(2.0, 5.0))[1](1.0)
    assert (pulled.primal, pulled.tangent) == (12.0, 60.0)
    rows = ac.jacobian(lambda v: [v[0] ** 2, v[0] * v[1]])([Dual(2.0, 1.0), Dual(3.0, 0.0)])
    assert [[d.tangent for d in row] for row in rows] == [[2.0, 0.0], [0.0, 1.0]]


def test_jvp_of_a_public_dual_keeps_its_own_direction_apart():
    value, slope = ac.jvp(lambda x: x**3, (Dual(2.0, 1.0),), (1.0,))
    assert (value.primal, value.tangent, slope.primal, slope.tangent) == (8.0, 12.0, 12.0, 12.0)


def test_the_first_jvp_of_a_process_keeps_the_direction_of_a_public_dual_apart():
    spec = importlib.util.find_spec("autograd_core.derivatives.transforms")
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    value, slope = fresh.jvp(lambda x: x**2 * Dual(3.0, 1.0), (2.0,), (1.0,))
    assert (value.primal, value.tangent, slope.primal, slope.tangent) == (12.0, 4.0, 12.0, 4.0)


def test_a_gradient_of_a_function_over_a_users_value_stays_a_node_of_the_users_graph():
    w = Value(3.0, "w")
    slope = ac.grad(lambda x: w * x**2)(2.0)
    assert isinstance(slope, Value)
    slope.backward()  # d/dw 2wx
    assert (slope.data, w.grad) == (12.0, 4.0)
    at = ac.grad(lambda x: x**3)(w)
    w.grad = 0.0
    at.backward()
    assert (at.data, w.grad) == (27.0, 18.0)
    forward = ac.jvp(lambda x: w * x**2, (2.0,), (1.0,))[1]
    w.grad = 0.0
    forward.backward()
    assert w.grad == 4.0
    second = ac.hessian(lambda v: w * v[0] ** 2 * v[1])([2.0, 5.0])
    w.grad = 0.0
    second[0][1].backward()
    assert (second[0][1].data, w.grad) == (12.0, 4.0)


def test_a_users_value_is_followed_in_either_part_of_a_result_of_forward_mode():
    w = Value(5.0, "w")
    value, slope = ac.jvp(lambda t: ac.grad(lambda x: w * x + t * x)(1.0), (2.0,), (1.0,))
    value.backward()
    assert (value.data, slope, w.grad) == (7.0, 1.0, 1.0)
    w.grad = 0.0
    value, slope = ac.jvp(lambda t: ac.grad(lambda x: t * x)(1.0), (2.0,), (w,))
    slope.backward()
    assert (value.data, slope.data, w.grad) == (2.0, 5.0, 1.0)


def test_what_a_transform_made_is_a_number_to_the_next_one():
    kept = []
    assert ac.grad(lambda x: kept.append(x) or x * x)(3.0) == 6.0
    assert repr(ac.grad(lambda y: y * kept[0])(2.0)) == "3.0"


def test_transforms_leave_the_grad_of_a_users_nodes_alone():
    w = Value(3.0)
    for transform in (ac.grad, ac.hessian, by_forward, by_vjp):
        transform(lambda x: w * x**3)(2.0)
    assert w.grad == 0.0


@pairs
def test_branches_on_data_work_inside_nested_transforms(outer, inner):
    absolute = lambda x: x**2 if x > 0 else -(x**2)  # noqa: E731
    for x, second in ((2.0, 2.0), (-2.0, -2.0)):
        assert D[outer](D[inner](absolute))(x) == close(second)


@pairs
def test_at_a_kink_a_branch_has_its_second_derivative_and_the_middle_has_none(outer, inner):
    for f in (ac.relu, ac.step, ac.leaky_relu, ac.floor, ac.sign, lambda x: ac.where(x, x, -x)):
        assert D[outer](D[inner](f))(0.0) == 0.0
    for f in (ac.abs, lambda x: ac.maximum(x, 0.0), lambda x: ac.minimum(x, -x), lambda x: ac.hypot(x, 0.0)):
        assert not math.isfinite(D[outer](D[inner](f))(0.0))
        assert D[outer](D[inner](f))(-2.0) == 0.0


@quick
@given(points, points)
def test_mixed_partial_derivatives_agree_whichever_comes_first(x, y):
    f = lambda x, y: ac.exp(x * y) * ac.log(x + y)  # noqa: E731
    first = ac.grad(lambda y: ac.grad(f)(x, y))(y)
    second = ac.jvp(lambda x: ac.grad(f, 1)(x, y), (x,), (1.0,))[1]
    third = ac.grad(lambda x: ac.jvp(lambda y: f(x, y), (y,), (1.0,))[1])(x)
    assert first == close(second)
    assert second == close(third)
    assert first == close(ac.hessian(lambda v: f(*v))([x, y])[0][1])


@pytest.mark.parametrize("direction", [1.0, 2.0, -0.5])
def test_a_path_that_is_cut_stays_cut_under_a_direction_of_any_length(direction):
    for f in (lambda x: ac.sqrt(ac.relu(x)), lambda x: ac.cbrt(ac.maximum(x, 0.0))):
        slope = lambda x: ac.jvp(f, (x,), (direction,))[1]  # noqa: B023, E731
        assert slope(-1.0) == ac.grad(ac.grad(slope))(-1.0) == 0.0
        assert ac.value_and_grad(slope)(-1.0) == (0.0, 0.0)  # recorded, it is the same number


CHANGED = [
    (lambda x: x * x * x, 2.0, 5.0), (lambda x: x * x, 2.0, -2.0), (lambda x: x**3, 2.0, 1e200),
    (lambda x: ac.relu(x) * 3.0, 1.0, -1.0), (lambda x: ac.relu(x) * 3.0, -1.0, 1.0),
    (lambda x: 3.0 * ac.log(x), 2.0, 4.0), (lambda x: ac.dot([x, 2.0], [x, x], 1.0), 2.0, 3.0), (lambda x: ac.logsumexp([x, 0.0]), 1.0, 2.0),
]  # fmt: skip


@pytest.mark.parametrize(("f", "at", "later"), CHANGED)
def test_gradients_of_a_graph_whose_data_was_changed_are_refused_and_those_of_backward_are_the_old_ones(f, at, later):
    """They would mix the numbers of two points: 54 for x ** 3, recorded at 2 (12) and changed to 5 (75)."""
    x = Value(at, "x")
    y = f(x)
    (before,) = gradients(y, [x])
    x.data = later
    with pytest.raises(RuntimeError, match=r"data was changed after this graph was built, in one of .*x = "):
        gradients(y, [x])
    assert x.grad == 0.0
    y.backward()
    assert x.grad == before.data
    x.data = at
    assert gradients(y, [x])[0].data == before.data


def test_a_pullback_follows_a_value_from_outside_only_while_its_data_is_what_it_was():
    w = Value(3.0, "w")
    _, pullback = ac.vjp(lambda x: w * x * x, 2.0)
    assert pullback(1.0)[0].data == 12.0
    w.data = 5.0
    with pytest.raises(RuntimeError, match="build the graph again"):
        pullback(1.0)
