"""Random expression graphs: every transform must agree with every other on graphs that nobody chose.

A program is a list of instructions; each takes its operands among the inputs and all earlier results, so that
results are shared, operands are the same node twice, and constants meet nodes on either side.
"""

import math
from functools import reduce

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from references import KINKED, REFERENCES, bounded, positive, used

import autograd_core as ac
from autograd_core import TABLE, Value, gradients, topological_order
from autograd_core.order import pass_order

OPTIONS = settings(deadline=None, max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


MORE = {
    "square by a product": lambda x, y: bounded(x) * bounded(x),
    "constant on the left": lambda x, y: 0.3 * x - 1.0 / positive(y),
    "softmax": lambda x, y: ac.softmax([x, y])[0] + ac.log_softmax([y, x, 1.0])[2],
    "a long chain": lambda x, y: reduce(lambda z, k: bounded(z + k * x), range(30), y),
    "the same sum many times": lambda x, y: reduce(lambda z, _: 0.5 * (z + z), range(10), x),
}
USED = {name: used(name) for name in REFERENCES if not TABLE[name].internal}
SMOOTH = {name: use for name, use in USED.items() if name not in KINKED}
ALL = {**USED, **MORE}


def programs(operations, inputs=3, longest=12):
    instruction = st.tuples(st.sampled_from(sorted(operations)), st.integers(0, 30), st.integers(0, 30))
    return st.lists(instruction, min_size=1, max_size=longest).map(lambda steps: build(steps, inputs))


def build(steps, inputs):
    """The function that a list of instructions stands for."""

    def program(xs):
        nodes = list(xs)
        for name, i, j in steps:
            nodes.append(ALL[name](nodes[-1 - i % len(nodes)], nodes[-1 - j % len(nodes)]))
        return nodes[-1] + 0.1 * nodes[len(nodes) // 2]

    program.__qualname__ = repr(steps)
    return program


POINT = st.lists(st.floats(-3.0, 3.0).map(lambda x: round(x, 3)), min_size=3, max_size=3)
DIRECTION = st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]), min_size=3, max_size=3)
every_program = given(f=programs(ALL), xs=POINT)
smooth_program = given(f=programs({**SMOOTH, **MORE}, longest=7), xs=POINT, v=DIRECTION)


def near(expected, scale=1.0, relative=1e-9):
    """The two modes add and multiply in another order; what cancels leaves the rounding of the largest terms."""
    return pytest.approx(expected, rel=relative, abs=relative * max(1.0, scale))


def largest(numbers):
    return max(abs(x) for x in numbers)


def product(a, b):
    return math.fsum(x * y for x, y in zip(a, b))


def recorded(f, xs):
    leaves = [Value(x, f"x{i}") for i, x in enumerate(xs)]
    return leaves, f(leaves)


@OPTIONS
@every_program
def test_backward_gradients_grad_and_forward_mode_agree(f, xs):
    leaves, out = recorded(f, xs)
    out.backward()
    backward = [leaf.grad for leaf in leaves]
    assert all(map(math.isfinite, backward))
    value, by_grad = ac.value_and_grad(f)(xs)
    assert value == out.data == f(xs)  # plain floats go through the same rows
    assert by_grad == backward
    assert [g.data for g in gradients(out, leaves)] == backward
    for i in range(3):
        primal, tangent = ac.jvp(f, (xs,), ([float(i == j) for j in range(3)],))
        assert primal == out.data
        assert tangent == near(backward[i], largest(backward))


@OPTIONS
@every_program
def test_backward_can_be_repeated_and_seeded(f, xs):
    leaves, out = recorded(f, xs)
    out.backward()
    once = [leaf.grad for leaf in leaves]
    interior = [node.grad for node in topological_order(out) if node.parents]
    out.backward()
    assert [leaf.grad for leaf in leaves] == near([2.0 * g for g in once], largest(once), 1e-12)
    assert [node.grad for node in topological_order(out) if node.parents] == interior
    out.backward(seed=-3.0)
    assert [leaf.grad for leaf in leaves] == near([-g for g in once], largest(once), 1e-12)


@OPTIONS
@every_program
def test_the_gradient_is_that_of_centred_differences_where_these_settle(f, xs):
    _, slopes = ac.value_and_grad(f)(xs)
    for i, slope in enumerate(slopes):
        numeric = []
        for step in (1e-5, 2e-5, 4e-5):  # a step that meets a kink, or a steep bend, disagrees with the others
            above, below = ([x + side * step * (i == j) for j, x in enumerate(xs)] for side in (1.0, -1.0))
            numeric.append((f(above) - f(below)) / (2.0 * step))
        tie = any(x == y for x in xs for y in (0.0, *xs[:i], *xs[i + 1 :]))  # on a kink, sides are chosen
        if not tie and max(numeric) - min(numeric) <= 1e-6 * max(1.0, abs(numeric[0])):
            assert slope == pytest.approx(numeric[0], rel=1e-5, abs=1e-5)


def assert_parents_come_first(order):
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert all(place[parent] < place[node] for node in order for parent in node.parents)
    return place


@OPTIONS
@every_program
def test_the_order_is_topological_complete_and_the_same_each_time(f, xs):
    _, out = recorded(f, xs)
    order = topological_order(out)
    place = assert_parents_come_first(order)
    assert order[-1] is out
    assert order == topological_order(out)
    assert pass_order((out,), float("0.0")) == [node for node in order if node.parents]
    several = [*order[::3], out, *order[::3]]
    assert sorted(topological_order(*several), key=place.__getitem__) == order
    assert_parents_come_first(topological_order(*several))
    again = topological_order(recorded(f, xs)[1])
    assert [(n.op, n.name, n.data, [place[p] for p in n.parents]) for n in order] == [
        (n.op, n.name, n.data, [{m: i for i, m in enumerate(again)}[p] for p in n.parents]) for n in again
    ]


@OPTIONS
@smooth_program
def test_second_derivatives_are_symmetric_and_hvp_is_the_hessian_times_the_vector(f, xs, v):
    matrix = ac.hessian(f)(xs)
    scale = largest(x for row in matrix for x in row)
    for i in range(3):
        assert matrix[i] == near([matrix[j][i] for j in range(3)], scale)
    assert ac.hvp(f)(xs, v) == near([product(row, v) for row in matrix], scale)
    twice = ac.jvp(lambda at: ac.jvp(f, (at,), (v,))[1], (xs,), (v,))[1]
    assert twice == near(product(v, [product(row, v) for row in matrix]), 16.0 * scale)


@OPTIONS
@smooth_program
def test_second_derivatives_are_centred_differences_of_the_gradient_where_these_settle(f, xs, v):
    analytic, numeric = ac.hvp(f)(xs, v), []
    for step in (1e-5, 2e-5):
        above, below = (ac.grad(f)([x + side * step * d for x, d in zip(xs, v)]) for side in (1.0, -1.0))
        numeric.append([(high - low) / (2.0 * step) for high, low in zip(above, below)])
    for exact, fine, coarse in zip(analytic, *numeric):
        if abs(fine - coarse) <= 1e-6 * largest([1.0, *analytic]):  # else it bends too much for differences to tell
            assert exact == near(fine, largest(analytic), 1e-5)


@OPTIONS
@given(f=programs(ALL), g=programs(ALL), xs=POINT, v=DIRECTION, w=DIRECTION)
def test_vjp_and_jvp_are_adjoint(f, g, xs, v, w):
    both = lambda at: [f(at), g(at), f(at) * 0.5 - at[0]]  # noqa: E731
    value, pullback = ac.vjp(both, xs)
    primal, tangent = ac.jvp(both, (xs,), (v,))
    (cotangent,) = pullback(w)
    assert value == primal == both(xs)
    rows = ac.jacobian(both)(xs)
    scale = largest(x for row in rows for x in row)
    assert product(w, tangent) == near(product(cotangent, v), 8.0 * scale)
    assert tangent == near([product(row, v) for row in rows], 4.0 * scale)
    assert cotangent == near([product(column, w) for column in zip(*rows)], 4.0 * scale)


@OPTIONS
@given(f=programs(ALL), g=programs(ALL), xs=POINT)
def test_gradients_of_two_outputs_that_share_a_graph_add_up(f, g, xs):
    leaves = [Value(x) for x in xs]
    shared = [leaves[0] * leaves[1], leaves[1] - leaves[2], leaves[0] * leaves[0]]
    first, second = f(shared), g(shared)
    first.backward()
    alone = [leaf.grad for leaf in leaves]
    second.backward()
    together = [leaf.grad for leaf in leaves]
    for leaf in leaves:
        leaf.grad = 0.0
    (first + second).backward()
    assert together == near([leaf.grad for leaf in leaves], largest([*alone, *together]))
