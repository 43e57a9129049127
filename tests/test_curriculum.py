"""What the lectures work out on computational graphs, row by row: each figure that they print exactly is compared with ``==``."""

import math

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Value

moderate = st.floats(-2.0, 2.0)
quick = settings(deadline=None, max_examples=30)


def close(expected, rel=1e-13):
    return pytest.approx(expected, rel=rel, abs=1e-14)


def slope_of(f, x):
    """The derivative by mpmath at 50 digits: nothing of this library takes part."""
    with mpmath.workdps(50):
        return float(mpmath.diff(f, mpmath.mpf(x)))


def contributions(output, node):
    """What each use of ``node`` adds to its gradient, in the order of the backward pass."""
    uses = [(child, k) for child in reversed(ac.topological_order(output)) for k, p in enumerate(child.parents) if p is node]
    return [child.grad * child.local_derivatives[k] for child, k in uses]


def products_in(*outputs):
    """How many products of the chain rule the graphs of ``outputs`` hold, shared ones counted once."""
    return len({node for output in outputs for node in ac.topological_order(output) if node.op == "chain"})


def test_a04_the_perceptron_adds_its_terms_from_left_to_right():
    x, w, b = (2.0, 3.0, -1.0), (0.5, -0.3, 0.8), 1.0
    weights = [Value(p) for p in w]
    by_operators = weights[0] * x[0] + weights[1] * x[1] + weights[2] * x[2] + b
    assert [round(p.data * q, 12) for p, q in zip(weights, x)] == [1.0, -0.9, -0.8]
    assert by_operators.data == ac.dot(weights, x, b).data == ac.dot(w, x, b) == 0.30000000000000004
    assert ac.step(by_operators).data == 1.0


def test_b06_softmax_gives_the_exact_probabilities_and_their_hand_rounding():
    scores = (-1.0, 2.7, 0.5)
    exponentials = [ac.exp(s) for s in scores]
    assert [round(e, 6) for e in exponentials] == [0.367879, 14.879732, 1.648721]
    assert round(ac.dot([1.0] * 3, exponentials), 6) == 16.896332
    exact = [0.021772739294085852, 0.8806486129802894, 0.09757864772562468]
    assert ac.softmax(scores) == exact
    assert [p.data for p in ac.softmax([Value(s) for s in scores])] == exact
    # The slide cuts the exponentials to 0.3, 14.8, 1.6 and their sum to 16.7, so its last digits are its own.
    cut = [math.floor(10.0 * e) / 10.0 for e in exponentials]
    assert cut == [0.3, 14.8, 1.6]
    assert [round(c / sum(cut), 2) for c in cut] == pytest.approx([0.01, 0.90, 0.09], abs=0.011)


@quick
@given(moderate, moderate, moderate, moderate)
def test_c01_squared_error_of_a_sigmoid_neuron_backpropagates_as_on_the_slide(x, w, b, t):
    w, b = Value(w), Value(b)
    z = w * x + b
    y = z.sigmoid()
    loss = 0.5 * (y - t) ** 2
    loss.backward()
    assert y.data == pytest.approx(float(1 / (1 + mpmath.exp(-z.data))), rel=1e-15, abs=0.0)
    assert y.grad == y.data - t
    assert z.grad == y.grad * (y.data * (1.0 - y.data))
    assert (w.grad, b.grad) == (z.grad * x, z.grad)


@quick
@given(moderate, moderate, moderate, moderate, st.floats(0.01, 1.0))
def test_c02_the_regularised_weight_gets_the_sum_over_its_two_paths(x, w, b, t, rate):
    w = Value(w, "w")
    loss = 0.5 * ((w * x + b).sigmoid() - t) ** 2
    penalty = 0.5 * w**2
    total = loss + rate * penalty
    total.backward()
    y = 1.0 / (1.0 + math.exp(-(w.data * x + b)))
    parts = contributions(total, w)
    assert sorted(parts) == close(sorted([(y - t) * y * (1.0 - y) * x, rate * w.data]))
    assert len(parts) == 2
    assert w.grad == parts[0] + parts[1]


def test_c03_two_intermediates_that_meet_in_an_exponential():
    x = Value(1.5, "x")
    h1, h2 = x.cos(), x**2
    f = h2 + ac.exp(h1 * h2)
    f.backward()
    assert (f.data, x.grad) == (3.422524015876406, 0.617252841417296)
    e = math.exp(h1.data * h2.data)
    assert x.grad == close((h2.data * e) * -math.sin(1.5) + (1.0 + h1.data * e) * 2.0 * 1.5)


@quick
@given(st.floats(-1e6, 1e6))
def test_c04_two_linear_branches_have_slope_41_everywhere(x):
    x = Value(x)
    (2 * (3 * x) + 7 * (5 * x)).backward()
    assert x.grad == 41.0


@quick
@given(st.floats(-1.5, 1.5))
def test_c04_branches_through_sine_and_cube_follow_the_chain_rule(x):
    def steep(x, lib=ac):
        z1, z2 = lib.sin(x), x**3
        return z1**4 * lib.exp(z2) + 5 * z1 + 7 * z2

    assert ac.grad(steep)(x) == close(slope_of(lambda x: steep(x, mpmath), x), rel=1e-12)
    assert ac.grad(lambda x: ac.sin(x) * x**3)(x) == close(slope_of(lambda x: mpmath.sin(x) * x**3, x), rel=1e-12)


def test_c05_one_backward_pass_reuses_what_separate_products_repeat():
    w1, w2, w3 = weights = [Value(0.3), Value(1.1), Value(0.7)]
    z1 = ac.tanh(w1 * 0.5)
    z2 = w2**5 * z1**7
    z3 = ac.tanh(w3 * z2)
    together = ac.gradients(z3, weights)
    apart = [ac.gradients(z3, [w])[0] for w in weights]
    assert [g.data for g in together] == [g.data for g in apart]
    # 9 edges lead from z3 to the weights; the paths to w3, w2 and w1 are 2, 4 and 6 edges long. The first edge of a
    # path costs no product, because dz3/dz3 is 1.
    assert products_in(*together) == 9 - 1
    assert [products_in(g) for g in apart] == [6 - 1, 4 - 1, 2 - 1]


@pytest.mark.parametrize("depth", [2, 5, 20])
def test_c05_reuse_makes_the_cost_of_a_chain_linear_where_separate_products_are_quadratic(depth):
    weights = [Value(1.0 + k / 8) for k in range(depth)]
    z = Value(0.5)
    for w in weights:
        z = w * z
    assert products_in(*ac.gradients(z, weights)) == 2 * depth - 3
    assert sum(products_in(ac.gradients(z, [w])[0]) for w in weights) == depth * (depth - 1) // 2


@quick
@given(*[moderate] * 6)
def test_c06_a_branching_node_adds_one_term_for_each_branch(x, a, b, c, d, e):
    z1 = ac.tanh(Value(a) * x)
    z2, z3 = ac.tanh(b * z1), ac.sin(c * z1)
    z4 = d * z2 + e * z3
    z4.backward()
    by_b, by_c = d * (1.0 - math.tanh(b * z1.data) ** 2) * b, e * math.cos(c * z1.data) * c
    assert sorted(contributions(z4, z1)) == close(sorted([by_b, by_c]))
    assert z1.grad == close(by_b + by_c)


def relu_layer():
    x = [Value(0.5, "x0"), Value(-1.5, "x1")]
    rows = [([Value(0.3), Value(-0.7)], 0.1), ([Value(-0.2), Value(0.4)], 0.0), ([Value(0.9), Value(0.6)], -0.2)]
    hidden = [ac.relu(ac.dot(w, x, b)) for w, b in rows]
    return ac.dot([1.0, -2.0, 0.5], hidden, 0.3) + hidden[0] * hidden[0]


def sharing():
    x, y = Value(1.5, "x"), Value(-0.5, "y")
    s = x * y + x
    return ac.exp(s) * s + ac.sin(s / (x * x)) - y


@pytest.mark.parametrize("build", [relu_layer, sharing])
def test_c07_backward_is_the_recursion_over_children_in_reverse_topological_order(build):
    output = build()
    order = ac.topological_order(output)
    place = {node: i for i, node in enumerate(order)}
    assert order[-1] is output
    assert len(place) == len(order)
    assert all(place[parent] < place[node] for node in order for parent in node.parents)
    bar = dict.fromkeys(order, 0.0)
    bar[output] = 1.0
    for node in reversed(order):
        for parent, derivative in zip(node.parents, node.local_derivatives):
            bar[parent] += bar[node] * derivative
    output.backward()
    assert [node.grad for node in order] == [bar[node] for node in order]


def test_c07_the_order_lists_operands_from_left_to_right():
    x, w, b, t = (Value(v, name) for v, name in ((2.0, "x"), (0.5, "w"), (1.0, "b"), (1.0, "t")))
    z = w * x + b
    loss = (z.sigmoid() - t) ** 2
    assert [node.name or node.op for node in ac.topological_order(loss)] == ["w", "x", "*", "b", "+", "sigmoid", "t", "-", "**"]


def test_c08_sine_of_a_square():
    x = Value(2.0)
    ac.sin(x**2).backward()
    assert x.grad == math.cos(4.0) * 4.0 == -2.6145744834544478
    assert round(x.grad, 3) == -2.615


def test_c09_sigmoid_neuron_with_squared_error():
    w, b = Value(0.5, "w"), Value(1.0, "b")
    z = w * 2.0 + b
    y_hat = z.sigmoid()
    loss = (y_hat - 1.0) ** 2
    loss.backward()
    assert y_hat.local_derivatives == (0.10499358540350662,)
    assert (y_hat.data, loss.data) == (0.8807970779778823, 0.01420933661861107)
    assert (y_hat.grad, z.grad) == (-0.23840584404423537, -0.025031084347353506)
    assert (w.grad, b.grad) == (-0.05006216869470701, -0.025031084347353506)
    printed = [round(v, 4) for v in (y_hat.data, loss.data, y_hat.grad, z.grad, w.grad, b.grad)]
    assert printed == [0.8808, 0.0142, -0.2384, -0.0250, -0.0501, -0.0250]
    for parameter in (w, b):
        parameter.data -= 0.1 * parameter.grad
    assert (w.data, b.data) == (0.5050062168694707, 1.0025031084347353)
    assert (round(w.data, 3), round(b.data, 4)) == (0.505, 1.0025)


def test_c11_the_quiz_as_one_expression():
    x, z = Value(2.0, "x"), Value(3.0, "z")
    y = ac.exp(x * z) + x * z / ac.log(x) + ac.sin(ac.log(x)) / (x * z)
    y.backward()
    assert (x.grad, z.grad) == (1208.3812151266095, 809.707479218564)
    assert (round(x.grad), round(z.grad)) == (1208, 810)


def test_c11_the_quiz_with_its_named_intermediate_nodes():
    x, z = Value(2.0, "x"), Value(3.0, "z")
    a, b = x * z, ac.log(x)
    c, d, e = ac.sin(b), ac.exp(a), a / b
    f = c / a
    nodes = {"a": a, "b": b, "c": c, "d": d, "e": e, "f": f}
    for name, node in nodes.items():
        node.name = name
    y = d + e + f
    y.backward()
    assert (x.grad, z.grad) == (1208.3812151266095, 809.707479218564)
    assert [n.name for n in ac.topological_order(y) if n.name] == ["x", "z", "a", "d", "b", "e", "c", "f"]
    assert {n.name: [p.name for p in n.parents] for n in (c, d, e, f)} == {"c": ["b"], "d": ["a"], "e": ["a", "b"], "f": ["c", "a"]}



def test_d01_the_centred_difference_errs_by_truncation_on_one_side_and_rounding_on_the_other():
    rows = ac.finite_difference_errors(ac.exp, 1.0)
    assert len(rows) == 12
    first, best, last = rows[0], min(rows, key=lambda row: row.error), rows[-1]
    assert first.error == pytest.approx(math.e * first.step**2 / 6.0, rel=0.01)  # the third-order Taylor term
    assert rows[1].error == pytest.approx(first.error / 100.0, rel=0.01)
    assert 1e-8 < best.step < 1e-3  # the two errors meet near 6e-6; rounding may be lucky a decade or two below
    assert last.error > 1e3 * best.error
    assert all(row.error == abs(row.estimate - math.e) for row in rows)


@pytest.mark.parametrize("n", [1, 7, 60])
def test_d03_reverse_mode_runs_the_function_once_for_all_inputs(n):
    calls = []

    def f(xs):
        calls.append(1)
        total = 0.0
        for k, x in enumerate(xs):
            total = total + ac.sin(x) * (k + 1)
        return total

    found = ac.grad(f)([0.1 * k for k in range(n)])
    assert found == close([(k + 1) * math.cos(0.1 * k) for k in range(n)])
    assert len(calls) == 1
    calls.clear()
    ac.numerical_gradient(f, [0.1] * n, step=1e-6)
    assert len(calls) == 2 * n


@pytest.mark.parametrize("m", [1, 7, 60])
def test_d04_forward_mode_runs_the_same_function_once_for_all_outputs_of_one_input(m):
    calls = []

    def f(x):
        calls.append(1)
        return [ac.exp(x / (k + 1)) for k in range(m)]

    values, slopes = ac.jvp(f, (0.5,), (1.0,))
    assert len(calls) == 1
    assert slopes == close([math.exp(0.5 / (k + 1)) / (k + 1) for k in range(m)])
    assert slopes == close(ac.jacobian(f)(0.5))
    assert values == f(0.5)
