"""What the recorded graph and its backward pass do: accumulation, order, depth, mutation, and where infinities stop."""

import math
import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Value
from autograd_core.number import CUT

finite = st.floats(-1e3, 1e3)
quick = settings(deadline=None, max_examples=50)
DEEP = 10**6


def published_example():
    """The example of micrograd's README (https://github.com/karpathy/micrograd), with the import changed."""
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return a, b, g


def test_micrograds_published_example_runs_with_only_the_import_changed():
    a, b, g = published_example()
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert (g.data, a.grad, b.grad) == (24.70408163265306, 138.83381924198252, 645.5772594752186)


def test_backward_again_adds_to_the_leaves_and_recomputes_the_interior():
    x, y = Value(3.0), Value(2.0)
    product = x * y
    loss = product * product + product
    loss.backward()
    assert (x.grad, y.grad, product.grad, loss.grad) == (26.0, 39.0, 13.0, 1.0)
    loss.backward()
    assert (x.grad, y.grad, product.grad, loss.grad) == (52.0, 78.0, 13.0, 1.0)
    x.grad = y.grad = 0.0
    loss.backward()
    assert (x.grad, y.grad, product.grad) == (26.0, 39.0, 13.0)


def test_two_losses_that_share_a_subgraph_add_up_in_the_leaves():
    x = Value(1.5)
    shared = x * x
    first, second = shared * 3.0, ac.exp(shared)
    first.backward()
    assert (x.grad, shared.grad) == (9.0, 3.0)
    second.backward()
    assert shared.grad == math.exp(2.25)
    assert x.grad == pytest.approx(9.0 + 3.0 * math.exp(2.25), rel=1e-15, abs=0.0)
    first.backward()
    assert (shared.grad, first.grad) == (3.0, 1.0)
    assert x.grad == pytest.approx(18.0 + 3.0 * math.exp(2.25), rel=1e-15, abs=0.0)


def test_a_loss_inside_another_loss_gets_a_fresh_gradient():
    x = Value(2.0)
    inner = x**2
    outer = 5.0 * inner
    outer.backward()
    assert inner.grad == 5.0
    inner.backward()
    assert (inner.grad, x.grad) == (1.0, 20.0 + 4.0)


@pytest.mark.parametrize("seed", [1, 2.5, -3.0, True, 0.0])
def test_the_seed_scales_every_gradient(seed):
    x, y = Value(3.0), Value(2.0)
    loss = x * y
    loss.backward(seed)
    assert (x.grad, y.grad, loss.grad) == (2.0 * seed, 3.0 * seed, float(seed))


@pytest.mark.parametrize("seed", ["1", None, Value(1.0), [1.0]], ids=lambda x: type(x).__name__)
def test_a_seed_that_is_no_number_is_refused_before_anything_changes(seed):
    _, _, g = published_example()
    g.backward()
    before = [node.grad for node in ac.topological_order(g)]
    with pytest.raises(TypeError, match="number is needed"):
        g.backward(seed)
    assert [node.grad for node in ac.topological_order(g)] == before


def test_backward_on_a_leaf_gives_it_the_seed():
    x = Value(3.0)
    x.backward()
    x.backward(2.0)
    assert x.grad == 3.0


def test_every_edge_is_kept():
    x = Value(3.0)
    for y, edges, slope in ((x * x, 2, 6.0), (x + x, 2, 2.0), (x - x, 2, 0.0), (x / x, 2, 0.0), (ac.dot([x, x], [x, x], x), 5, 13.0)):
        x.grad = 0.0
        y.backward()
        assert y.parents == (x,) * edges
        assert len(y.local_derivatives) == edges
        assert x.grad == pytest.approx(slope, abs=1e-15)


def test_the_order_is_the_same_every_time():
    def signature():
        _, _, g = published_example()
        order = ac.topological_order(g)
        assert order == ac.topological_order(g)
        place = {node: i for i, node in enumerate(order)}
        return [(node.op, node.data, [place[p] for p in node.parents]) for node in order]

    assert signature() == signature()


@pytest.mark.parametrize("wrong", [3.0, None, [Value(1.0)], ac.Dual(1.0, 1.0)], ids=lambda x: type(x).__name__)
def test_what_is_no_node_has_no_order(wrong):
    for outputs in ((wrong,), (Value(1.0), wrong)):
        with pytest.raises(TypeError, match=f"a graph is given by its output, a Value, not by .*{type(wrong).__name__}"):
            ac.topological_order(*outputs)


def test_a_chain_of_a_million_operations_is_built_differentiated_and_dropped():
    x = Value(0.5)
    held = sys.getrefcount(x)
    y = x
    for _ in range(DEEP):
        y = y + 1e-9
    y.backward()
    assert x.grad == 1.0
    assert len(ac.topological_order(y)) == 2 * DEEP + 1
    del y  # frees a million nodes one through the other, without overflowing the interpreter's stack and without the collector
    assert sys.getrefcount(x) == held


def test_higher_derivatives_of_a_deep_chain_need_no_recursion_either():
    def f(x):
        for _ in range(5000):
            x = x * 1.0001
        return x * x

    factor = 1.0001**5000
    assert ac.grad(ac.grad(f))(1.0) == pytest.approx(2.0 * factor**2, rel=1e-10, abs=0.0)
    assert ac.jvp(ac.grad(f), (1.0,), (1.0,))[1] == pytest.approx(2.0 * factor**2, rel=1e-10, abs=0.0)


def test_a_sum_of_a_hundred_thousand_terms_works_as_a_loop_and_as_one_node():
    xs = [Value(float(k % 7)) for k in range(100_000)]
    total = sum(xs)
    total.backward(2.0)
    assert total.data == sum(k % 7 for k in range(100_000))
    assert {x.grad for x in xs} == {2.0}
    ac.dot([3.0] * len(xs), xs).backward()
    assert {x.grad for x in xs} == {5.0}


@pytest.mark.parametrize("n", [1, 10, 300])
def test_cost_is_linear_in_the_graph_not_in_its_paths(n):
    x = Value(1.0)
    y = x
    for _ in range(n):
        y = y + y  # 2 ** n paths lead to x
    order = ac.topological_order(y)
    assert len(order) == n + 1
    assert sum(len(node.parents) for node in order) == 2 * n
    y.backward()
    assert x.grad == 2.0**n
    (slope,) = ac.gradients(y, [x])
    assert slope.data == 2.0**n
    assert len(ac.topological_order(slope)) <= 4 * n + 2


def test_a_parameter_that_changes_between_forward_and_backward_cannot_falsify_a_gradient():
    w, x = Value(3.0), Value(2.0)
    loss = (w * x).tanh() + w**2 + ac.dot([w, x], [x, w], w)
    w.data, x.data = 100.0, -100.0
    loss.backward()
    assert w.grad == pytest.approx(2.0 * (1.0 - math.tanh(6.0) ** 2) + 6.0 + 5.0, rel=1e-15, abs=0.0)
    assert x.grad == pytest.approx(3.0 * (1.0 - math.tanh(6.0) ** 2) + 6.0, rel=1e-15, abs=0.0)


@quick
@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=12), finite)
def test_dot_adds_from_left_to_right_to_the_bit(pairs, b):
    w, x = [p for p, _ in pairs], [q for _, q in pairs]
    expected = w[0] * x[0]
    for p, q in pairs[1:]:
        expected = expected + p * q
    expected = expected + b
    node = ac.dot([Value(p) for p in w], x, b)
    assert ac.dot(w, x, b) == node.data == expected
    assert ac.dot([ac.Dual(p, 1.0) for p in w], x, b).primal == expected


def passed(output):
    """The gradients of all nodes by the rule of a backward pass, in the order that it promises, over what the nodes say of themselves."""
    order = ac.topological_order(output)
    flows, total = {output}, dict.fromkeys(order, 0.0) | {output: 1.0}
    for node in reversed(order):
        for parent, derivative in zip(node.parents, node.local_derivatives):
            if node in flows and derivative is not CUT:
                total[parent] += total[node] * derivative
                flows.add(parent)
    return total


@pytest.mark.parametrize("n", [1, 2, 3, 17, 64, 65, 200])
def test_a_weighted_sum_of_any_length_is_what_the_row_says_and_passes_on_what_it_says(n):
    rng = random.Random(n)
    root, leaves = Value(0.0), [Value(rng.gauss(0.0, 1.0)) for _ in range(n)]
    w = [ac.sqrt(root), *(Value(rng.gauss(0.0, 1.0)) * y for y in leaves[1:])]  # a slope that is infinite
    x = [ac.step(leaves[0] - 10.0), *map(ac.relu, leaves[1:])]  # a zero that was chosen, in front of it
    node = ac.dot(w, x, 0.5)
    parents, data = node.parents, [parent.data for parent in node.parents]
    assert parents == (*w, *x, parents[-1])
    assert (type(parents[-1]), data[-1]) == (ac.Constant, 0.5)
    assert node.data == node.primitive.evaluate(*data)
    expected = node.primitive.local_derivatives(node.data, *data)
    assert all(a is b or a == b == 1.0 for a, b in zip(node.local_derivatives, expected, strict=True))
    output = ac.dot([node, x[-1], node], [x[-1], node, leaves[-1]]) * ac.dot(x[::-1], leaves, node)
    totals = passed(output)
    output.backward()
    assert {v: v.grad for v in totals} == totals
    assert root.grad == 0.0


def test_a_pass_that_failed_leaves_nothing_behind_that_the_next_one_would_take_for_its_own():
    a, b = Value(2.0), Value(3.0)
    h = a * b
    output = ac.dot([h, a], [a, h]) + h.exp()
    totals = passed(output)
    a.grad = None
    with pytest.raises(TypeError, match="no number"):
        output.backward()
    a.grad = b.grad = 0.0
    output.backward()
    assert (a.grad, b.grad, h.grad) == (totals[a], totals[b], totals[h])


@pytest.mark.parametrize(("flat", "slope"), [(lambda y: ac.relu(y - 1.0), 1.0), (lambda y: ac.maximum(y, 2.0), 1.0), (lambda y: y * 0.0, math.nan)])
def test_a_chosen_zero_stops_at_an_infinite_derivative_and_a_computed_one_does_not(flat, slope):
    f = lambda x: flat(ac.sqrt(x)) + x  # noqa: E731
    x = Value(0.0)
    assert ac.sqrt(x).local_derivatives == (math.inf,)
    f(x).backward()
    leaf = Value(0.0)
    (found,) = ac.gradients(f(leaf), [leaf])
    inside = ac.jvp(lambda x: ac.sqrt(flat(x) - flat(0.0)) + x, (0.0,), (1.0,))[1]
    assert [str(g) for g in (x.grad, found.data, ac.grad(f)(0.0), inside)] == [str(slope)] * 4


def test_an_infinite_derivative_with_an_upstream_is_infinite():
    x = Value(0.0)
    ac.sqrt(x).backward(-2.0)
    assert x.grad == -math.inf


NAN_KEEPERS = [ac.relu, abs, ac.step, ac.sign, ac.leaky_relu, ac.elu, ac.sigmoid, ac.softplus, ac.tanh, lambda x: ac.maximum(x, 1.0),
               lambda x: ac.maximum(1.0, x), lambda x: ac.minimum(x, 1.0), lambda x: ac.minimum(1.0, x), lambda x: ac.logsumexp([0.0, x]),
               lambda x: ac.softmax([0.0, x])[0], lambda x: ac.dot([0.0], [x]), lambda x: x * 0.0, lambda x: x**2]  # fmt: skip


@pytest.mark.parametrize("f", NAN_KEEPERS)
def test_nan_stays_nan(f):
    assert math.isnan(f(Value(math.nan)).data)
    assert math.isnan(f(ac.Dual(math.nan, 1.0)).scalar())


def test_an_upstream_of_nan_reaches_the_leaves():
    x = Value(2.0)
    (x * 3.0).backward(math.nan)
    assert math.isnan(x.grad)


def test_an_error_in_the_middle_of_an_expression_leaves_everything_as_it_was():
    x, y = Value(2.0, "x"), Value(0.0, "y")
    product = x * y
    (product + x).backward()
    nodes = (x, y, product)
    before = [(n.data, n.grad, n.name, n.parents, n.local_derivatives) for n in nodes]
    overflow = lambda: ac.exp(x * 1e6)  # noqa: E731
    failing = [lambda: (x + 1.0) / product, lambda: ac.log(product) + x, lambda: x * "3", overflow, lambda: ac.dot([x], [x, y])]
    for fail in failing:
        with pytest.raises((ValueError, ArithmeticError, TypeError)):
            fail()
    assert [(n.data, n.grad, n.name, n.parents, n.local_derivatives) for n in nodes] == before
    (product + x).backward()
    assert (x.grad, y.grad) == (2.0, 4.0)


def test_leaves_have_no_parents_and_plain_numbers_become_constants():
    x = Value(2.0, "x")
    y = 3.0 * x
    assert (x.parents, x.local_derivatives, x.op, x.primitive) == ((), (), "", None)
    assert [type(p) for p in y.parents] == [ac.Constant, Value]
    assert (y.op, y.primitive, y.local_derivatives) == ("*", ac.TABLE["*"], (2.0, 3.0))
