"""gradcheck, find_nonfinite and the finite differences: what passes, what is caught, and what the message says."""

import itertools
import math

import pytest

import autograd_core as ac
from autograd_core import GradcheckError, Value


def smooth(v):
    return ac.exp(v[0] * v[1]) + ac.sin(v[2]) * v[0] ** 2 - ac.log(v[1] + 3.0) / v[2]


GOOD = [
    (smooth, [0.5, -1.2, 2.0]),
    (lambda x: x**3, 2.0),
    (lambda x: 1e8 * x * x, 3.0),
    (lambda x: ac.sin(x) * 1e-9, 1.0),
    (lambda x: x * x, 1e9),
    (lambda m: m[0][0] * m[1][1] - m[0][1] * m[1][0], [[1.0, 2.0], [3.0, 4.0]]),
    (lambda v: ac.logsumexp(v), [1.0, 2.0, 3.0]),
    (lambda v: ac.dot(v, v, 1.0), (1.0, -2.0, 3.0)),
    (lambda x: ac.log(x), 1e-3),
    (lambda x: ac.sqrt(x), 1e-7),
    (lambda x: x * 0.0 + 5.0, 1.0),
    (lambda x: 5.0, 1.0),
    (lambda x: x if x > 0 else -x, 2.0),
]


@pytest.mark.parametrize(("f", "at"), GOOD)
def test_gradcheck_passes_on_right_derivatives(f, at):
    for order in (1, 2):
        report = ac.gradcheck(f, at, order=order)
        assert all(abs(c.analytic - c.numeric) <= c.allowed for c in report.checks)


def test_the_report_lists_every_derivative_by_every_method():
    report = ac.gradcheck(smooth, [0.5, -1.2, 2.0])
    first = [f"df/dx[{i}]" for i in range(3)]
    second = [f"d²f/dx[{i}]" + ("²" if i == j else f"dx[{j}]") for i, j in itertools.product(range(3), repeat=2)]
    assert [c.what for c in report.checks] == [*first, *[f"{what}, forward mode" for what in first], *second]
    growth = math.exp(0.5 * -1.2)
    exact = [-1.2 * growth + math.sin(2.0), 0.5 * growth - 1.0 / 1.8 / 2.0, math.cos(2.0) / 4.0 + math.log(1.8) / 4.0]
    assert [c.analytic for c in report.checks[:3]] == pytest.approx(exact, rel=1e-14, abs=0.0)
    lines = str(report).splitlines()
    assert len(lines) == 1 + 3 + 3 + 9
    assert all(c.what in line for c, line in zip(report.checks, lines[1:]))
    assert len(ac.gradcheck(smooth, [0.5, -1.2, 2.0], order=1).checks) == 6


@pytest.fixture
def wrong_row():
    yield ac.primitive("wrong_cube", "x * x * x", lambda out, x: 2.0 * x * x)
    del ac.TABLE["wrong_cube"]


@pytest.fixture
def wrong_second():
    yield ac.primitive("wrong_product", "x * y", lambda out, x, y: (y, y), arity=2)
    del ac.TABLE["wrong_product"]


def failure(f, at, **options):
    with pytest.raises(GradcheckError) as failed:
        ac.gradcheck(f, at, **options)
    return str(failed.value)


def test_a_kink_is_named_with_the_slope_on_either_side():
    assert "kink" in failure(ac.relu, 0.0)
    message = failure(lambda v: v[0] + ac.leaky_relu(v[1], slope=-0.5) * 6.0, [1.0, 0.0])
    assert "df/dx[1] at x[1] = 0.0 is -3.0 by reverse mode but 1." in message
    assert "the slope is -3 on the left and 6 on the right" in message
    assert "is 0.0 by reverse mode" in failure(lambda x: ac.relu(x) * 4.0, 0.0)


@pytest.mark.parametrize(("f", "at"), [(lambda x: ac.maximum(2.0 * x, 2.0), 1.0), (lambda x: abs(x) * 3.0, 0.0)], ids=["tie", "abs"])
def test_a_kink_whose_chosen_derivative_is_the_centred_difference_is_named_by_the_second_order(f, at):
    ac.gradcheck(f, at, order=1)
    message = failure(f, at)
    assert f"d²f/dx² at x = {at}" in message
    assert "kink" in message
    assert "the row" not in message  # the row is right: it is the point that has no second derivative


@pytest.mark.parametrize("f", [lambda x: ac.relu(x) - ac.relu(-x), lambda x: ac.relu(x) - 0.5 * abs(x)])
def test_kinks_that_make_up_for_each_other_are_named_and_no_graph_is_said_to_be_cut(f):
    message = failure(f, 0.0)
    assert "stands on its kink, where its derivative is a choice" in message
    assert "graph is cut" not in message


@pytest.mark.parametrize("f", [lambda v: [v, v], lambda v: None, lambda v: "3.0"])
def test_a_function_that_returns_no_number_is_refused_by_every_check(f):
    for check in (ac.gradcheck, ac.numerical_gradient):
        with pytest.raises(TypeError, match=r"returns one number is checked, but this one returned a (list|NoneType|str)"):
            check(f, 2.0)


def test_a_jump_is_named_as_a_kink_or_jump():
    assert "kink or jump" in failure(lambda x: ac.step(x) + x, 0.0)


def test_a_cut_graph_is_named_with_both_numbers():
    message = failure(lambda x: Value(x.data**2), 3.0)
    assert "df/dx at x = 3.0 is 0.0 by reverse mode but 6.0" in message
    assert "the graph is cut" in message
    assert ".data" in message


def test_a_graph_that_is_cut_in_part_is_named_with_its_input():
    message = failure(lambda v: v[0] * v[1].data + v[1], [2.0, 3.0])
    assert "df/dx[1] at x[1] = 3.0 is 1.0 by reverse mode but " in message
    assert "they differ by 2," in message
    assert "part of the graph is cut" in message


def test_a_wrong_user_primitive_is_named_with_what_its_values_say(wrong_row):
    message = failure(lambda v: v[0] + 5.0 * wrong_row(v[1]), [1.0, 2.0])
    assert "df/dx[1] at x[1] = 2.0 is 40.0 by reverse mode" in message
    assert "'wrong_cube'" in message
    assert "says 8, its own values say 12" in message


def test_a_wrong_derivative_of_the_second_operand_is_named(wrong_second):
    message = failure(lambda v: wrong_second(v[0], v[1]), [2.0, 5.0])
    assert "df/dx[1]" in message
    assert "'wrong_product'" in message
    assert "its derivative by y says 5, its own values say 2" in message


def test_a_number_wrapped_anew_is_a_cut_graph_too():
    message = failure(lambda x: Value(x.data) * x, 3.0, order=1)
    assert "df/dx at x = 3.0 is 3.0 by reverse mode but 6.0" in message
    assert "cut" in message


def test_a_function_over_a_users_values_is_checked_in_plain_numbers():
    w = Value(3.0, "w")
    report = ac.gradcheck(lambda x: w * x**2, 2.0)
    assert [c.analytic for c in report.checks] == [12.0, 12.0, 6.0]
    assert all(type(number) is float for c in report.checks for number in c[1:])


def test_a_wrong_second_derivative_is_found_by_the_second_order():
    def g(x):  # x⁴ with a first derivative that is right, and constant to the engine
        return (x - x.scalar()) * (4.0 * x.scalar() ** 3) + x.scalar() ** 4

    ac.gradcheck(lambda x: x**4, 1.5)
    message = failure(g, 1.5)
    assert "d²f/dx² at x = 1.5 is 0.0" in message
    assert "cut" in message


@pytest.mark.parametrize(("f", "at"), [(ac.sqrt, 0.0), (ac.log, 0.0), (ac.asin, 1.0), (ac.acosh, 1.0), (lambda x: 1.0 / x, 0.0)])
def test_a_domain_edge_is_an_error_that_names_the_operation(f, at):
    with pytest.raises((GradcheckError, ValueError, ZeroDivisionError), match=r"edge of where f is defined|is not defined"):
        ac.gradcheck(f, at)


def test_a_domain_edge_names_the_input_and_what_the_operation_needs():
    message = failure(lambda v: v[0] + ac.sqrt(v[1]), [1.0, 0.0])
    assert "edge of where f is defined" in message
    assert "input 1 = 0.0" in message
    assert "sqrt at x = -" in message
    assert "needs x >= 0" in message


def test_a_random_function_is_named():
    draws = itertools.count()
    assert "different values for the same input" in failure(lambda x: x * next(draws), 2.0)


def test_a_function_that_is_nan_is_named():
    message = failure(lambda x: x * math.nan, 2.0)
    assert "not finite" in message


def test_a_branch_that_changes_at_the_point_is_named():
    message = failure(lambda x: 2.0 * x - 1.0 if x > 1.0 else 3.0 * x - 2.0, 1.0)
    assert "kink" in message
    assert "3 on the left and 2 on the right" in message
    message = failure(lambda x: 2.0 * x if x >= 1.0 else x, 1.0)
    assert "kink or jump" in message


def test_wrong_options_are_refused():
    with pytest.raises(ValueError, match="order is 1 or 2, not 3"):
        ac.gradcheck(smooth, [1.0, 1.0, 1.0], order=3)
    for step in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="positive"):
            ac.numerical_gradient(lambda x: x, 1.0, step)


def test_the_tolerance_decides():
    f = lambda x: x * x + (x - x.scalar()) * 1e-4  # noqa: E731  the value of x², the derivative 2x + 1e-4
    ac.gradcheck(f, 1.0, order=1, tolerance=1e-3)
    assert "cut" in failure(f, 1.0, order=1, tolerance=1e-6)


def test_numerical_gradient_has_the_structure_of_its_input_and_needs_no_graph():
    f = lambda v: v[0] * v[1][0] + v[1][1]  # noqa: E731
    found = ac.numerical_gradient(f, [3.0, (4.0, 5.0)])
    assert (type(found), type(found[1])) == (list, tuple)
    assert [found[0], *found[1]] == pytest.approx([4.0, 3.0, 1.0], rel=1e-9)
    assert ac.numerical_gradient(lambda x: math.exp(x.data), 1.0) == pytest.approx(math.e, rel=1e-9)


def test_find_nonfinite_names_the_first_node_and_its_operands():
    x, y = Value(1e200, "x"), Value(2.0, "y")
    square = x * x
    found = ac.find_nonfinite(square * y - ac.tanh(square))
    assert found.node is square
    assert str(found) == "the node * = x * x is inf: its operands are x = 1e+200, x = 1e+200"
    difference = (x * x) - (x * x)
    assert ac.find_nonfinite(difference).node in difference.parents
    bad = Value(math.nan, "bad")
    assert ac.find_nonfinite(bad * y).node is bad
    assert "bad is nan" in str(ac.find_nonfinite(bad * y))


def test_find_nonfinite_names_an_infinite_local_derivative():
    x = Value(0.0, "x")
    root = ac.sqrt(x)
    found = ac.find_nonfinite(root + 1.0)
    assert found.node is root
    assert "local derivative of sqrt = sqrt(x) with respect to x is inf" in str(found)


def test_find_nonfinite_names_a_gradient_that_overflows_and_is_silent_where_all_is_finite():
    x = Value(1.0, "x")
    scaled = x * 1e200
    output = scaled * 1e100
    assert ac.find_nonfinite(output) is None
    output.backward()
    assert ac.find_nonfinite(output) is None
    output.backward(1e200)
    found = ac.find_nonfinite(output)
    assert found.node is not None
    assert "the gradient of" in str(found)
    assert "inf" in str(found)
    assert found.node is scaled or math.isinf(found.node.grad)


@pytest.mark.parametrize(("f", "x", "exact"), [(ac.exp, 1.0, math.e), (ac.sin, 2.0, math.cos(2.0)), (lambda x: x**5, 1.5, 5 * 1.5**4)])
def test_the_error_of_finite_differences_is_v_shaped(f, x, exact):
    rows = ac.finite_difference_errors(f, x)
    assert [row.step for row in rows] == pytest.approx([10.0**-k for k in range(1, 13)])
    errors = [row.error for row in rows]
    assert errors == pytest.approx([abs(row.estimate - exact) for row in rows], abs=1e-14)
    assert errors[0] > 50.0 * errors[1] > 2500.0 * errors[2]  # truncation: the step squared
    least = errors.index(min(errors))
    assert 2 <= least <= 7
    assert errors[-1] > 100.0 * min(errors)  # rounding
    assert [row.step for row in ac.finite_difference_errors(f, x, [0.5, 0.25])] == [0.5, 0.25]


def test_the_gradient_of_leaves_is_checked_where_it_is_used_and_everything_is_put_back(wrong_row):
    w, u = Value(2.0, "w"), Value(0.0, "u")
    w.grad = 7.0
    right, kink = ac.check_leaves(lambda: w**3 + ac.relu(u), [w, u])
    assert (right.exact, right.wrong, right.error < 1e-8) == (12.0, False, True)
    assert (kink.exact, kink.at_kink, kink.wrong) == (0.0, True, False)
    (bent,) = ac.check_leaves(lambda: wrong_row(w), [w])
    assert (bent.exact, bent.wrong, bent.error) == (8.0, True, pytest.approx(1 / 3, rel=1e-6))
    with pytest.raises(ValueError, match="log"):
        ac.check_leaves(lambda: ac.log(u), [u])
    assert (w.data, w.grad, u.data, u.grad) == (2.0, 7.0, 0.0, 0.0)


def test_the_operation_with_a_wrong_derivative_is_found_wherever_it_stands(wrong_row):
    x = Value(2.0, "x")
    assert ac.find_wrong_derivative(ac.relu(x - 2.0) + ac.sqrt(x - 2.0) + ac.abs(x) * ac.exp(1e-3 * x)) is None
    found = ac.find_wrong_derivative(ac.exp(wrong_row(x) * 0.25))
    assert (found.node.op, "its own values say 12" in str(found)) == ("wrong_cube", True)
