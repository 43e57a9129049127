"""The lectures' networks and matrix rules on the engine: rows C10 and C12 to C15 of the curriculum."""

import math
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ac
from autograd_core import Value
from autograd_core.formulas.expression import derivative_formulas

moderate = st.floats(-2.0, 2.0)
quick = settings(deadline=None, max_examples=30)

A = [[2.0, -1.0, 3.0], [0.0, 4.0, 5.0], [7.0, -6.0, 1.0]]
U, V = [3.0, -2.0, 5.0], [7.0, 3.0, -4.0]
IDENTITY = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
SIX_TIMES = [[6.0, 0.0, 0.0], [0.0, 6.0, 0.0], [0.0, 0.0, 6.0]]


def close(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-14)


def matvec(m, v):
    return [sum(p * q for p, q in zip(row, v)) for row in m]


def matmul(m, n):
    return [[sum(p * q for p, q in zip(row, column)) for column in zip(*n)] for row in m]


def transposed(m):
    return [list(column) for column in zip(*m)]


def values(numbers):
    return [values(n) if isinstance(n, list) else Value(n) for n in numbers]


def grads(nodes):
    return [grads(n) if isinstance(n, list) else n.grad for n in nodes]


def datas(nodes):
    return [datas(n) if isinstance(n, list) else n.data for n in nodes]


def logistic(z):
    return 1.0 / (1.0 + math.exp(-z))


def sigmoid_by_tanh(z):
    return 0.5 * (1.0 + ac.tanh(z / 2.0))


def two_two_one(activation):
    """The worked 2-2-1 network of row C10, after one backward pass."""
    n = SimpleNamespace(w1=values([[0.4, 0.6], [0.3, 0.5]]), b1=values([0.1, 0.2]), w2=values([0.7, 0.8]), b2=Value(0.3))
    n.z1 = [row[0] * 0.5 + row[1] * 1.0 + b for row, b in zip(n.w1, n.b1)]
    n.a1 = [activation(z) for z in n.z1]
    n.z2 = n.w2[0] * n.a1[0] + n.w2[1] * n.a1[1] + n.b2
    n.y_hat = activation(n.z2)
    n.loss = 0.5 * (1.0 - n.y_hat) ** 2
    n.loss.backward()
    return n


SPELLINGS = pytest.mark.parametrize("activation", [ac.sigmoid, sigmoid_by_tanh])
DELTA1 = [-0.0047874982829575, -0.005585181898250523]
GRAD_W1 = [[-0.00239374914147875, -0.0047874982829575], [-0.0027925909491252616, -0.005585181898250523]]


@SPELLINGS
def test_c10_the_forward_pass_and_the_output_layers_gradients_are_exact(activation):
    net = two_two_one(activation)
    assert [round(z.data, 12) for z in net.z1] == [0.9, 0.85]
    assert datas(net.a1) == [0.7109495026250039, 0.700567142473973]
    assert (net.z2.data, net.y_hat.data, net.loss.data) == (1.358118365816681, 0.7954537126660951, 0.02091959183104219)
    assert net.z2.grad == net.b2.grad == -0.03328113397892365
    assert grads(net.w2) == [-0.023661205649111883, -0.02331566892990799]


def test_c10_the_slopes_of_the_sigmoid_are_exact_on_the_recorded_nodes():
    net = two_two_one(ac.sigmoid)
    assert net.y_hat.local_derivatives == (0.1627071036718205,)
    assert [a.local_derivatives for a in net.a1] == [(0.2055003073422635,), (0.209772821359825,)]


def test_c10_the_hidden_gradients_are_exact_where_the_factors_are_taken_one_after_the_other():
    # The printed figures multiply delta2 * w * a * (1 - a) from left to right, as NumPy does in a hand-written pass.
    net = two_two_one(sigmoid_by_tanh)
    assert [net.z2.grad * w.data * a.data * (1.0 - a.data) for w, a in zip(net.w2, net.a1)] == DELTA1
    assert (grads(net.z1), grads(net.w1), grads(net.b1)) == (DELTA1, GRAD_W1, DELTA1)


def test_c10_the_hidden_gradients_through_the_sigmoid_row_are_within_one_rounding_of_the_exact_figures():
    # The row multiplies by a * (1 - a) as one number, which rounds the product of four factors elsewhere: the last
    # bit of these six figures differs, and no other figure of the row does.
    net = two_two_one(ac.sigmoid)
    for found, exact in zip([*grads(net.z1), *grads(net.w1[0]), *grads(net.w1[1])], [*DELTA1, *GRAD_W1[0], *GRAD_W1[1]]):
        assert abs(found - exact) <= math.ulp(exact)


@SPELLINGS
def test_c10_the_parameters_after_one_step_of_gradient_descent_are_exact(activation):
    net = two_two_one(activation)
    for parameter in (*net.w1[0], *net.w1[1], *net.b1, *net.w2, net.b2):
        parameter.data -= 0.5 * parameter.grad
    assert datas(net.w2) == [0.7118306028245559, 0.811657834464954]
    assert net.b2.data == 0.3166405669894618
    assert datas(net.w1) == [[0.4011968745707394, 0.6023937491414787], [0.3013962954745626, 0.5027925909491252]]
    assert datas(net.b1) == [0.10239374914147875, 0.20279259094912527]


def test_c10_the_hand_calculation_follows_from_its_own_rounded_figures_and_lies_beside_the_exact_one():
    net = two_two_one(ac.sigmoid)
    slope2, slope1 = net.y_hat.local_derivatives[0], [a.local_derivatives[0] for a in net.a1]
    rows = [  # printed by hand, the same from the figures printed before it, exact
        (0.711, logistic(0.9), net.a1[0].data), (0.701, logistic(0.85), net.a1[1].data),
        (1.359, 0.7 * 0.711 + 0.8 * 0.701 + 0.3, net.z2.data), (0.796, logistic(1.359), net.y_hat.data),
        (0.0208, 0.5 * 0.204**2, net.loss.data), (0.162, 0.796 * 0.204, slope2), (-0.033, -0.204 * 0.162, net.z2.grad),
        (-0.023, -0.033 * 0.711, net.w2[0].grad), (-0.023, -0.033 * 0.701, net.w2[1].grad),
        (0.205, 0.711 * 0.289, slope1[0]), (0.210, 0.701 * 0.299, slope1[1]),
        (-0.0047, -0.033 * 0.7 * 0.205, net.z1[0].grad), (-0.0055, -0.033 * 0.8 * 0.210, net.z1[1].grad),
        (0.7115, 0.7 + 0.5 * 0.023, 0.7118306028245559), (0.8115, 0.8 + 0.5 * 0.023, 0.811657834464954),
        (0.3165, 0.3 + 0.5 * 0.033, 0.3166405669894618),
    ]  # fmt: skip
    for printed, recomputed, exact in rows:
        last_place = 10.0 ** -len(str(printed).split(".")[1])
        assert abs(printed - recomputed) <= 1.0001 * last_place  # some are rounded, some cut
        assert abs(printed - exact) < 1.3e-3


ACTIVATIONS = {"sigmoid": (ac.sigmoid, lambda z: z * (1.0 - z)), "tanh": (ac.tanh, lambda z: 1.0 - z * z)}


@pytest.mark.parametrize("kind", ACTIVATIONS)
@quick
@given(st.lists(moderate, min_size=3, max_size=3), st.lists(moderate, min_size=9, max_size=9), st.floats(0.0, 1.0))
def test_c12_the_delta_rules_and_the_engine_agree_on_a_321_network(kind, x, w, target):
    act, slope = ACTIVATIONS[kind]
    inputs, flat = values(x), values(w[:8])
    hidden_w, out_w, rate = [flat[:3], flat[3:6]], flat[6:], 0.1
    s_hidden = [ac.dot(row, inputs) for row in hidden_w]
    hidden = [act(s) for s in s_hidden]
    s_out = ac.dot(out_w, hidden, w[8])
    z = act(s_out)
    (0.5 * (target - z) ** 2).backward()
    delta_out = (target - z.data) * slope(z.data)
    delta_hidden = [slope(h.data) * v.data * delta_out for h, v in zip(hidden, out_w)]
    assert -s_out.grad == close(delta_out)
    assert [-s.grad for s in s_hidden] == close(delta_hidden)
    assert [-rate * v.grad for v in out_w] == close([rate * delta_out * h.data for h in hidden])
    by_rule = [[rate * d * p for p in x] for d in delta_hidden]
    assert [[-rate * v.grad for v in row] for row in hidden_w] == [close(row) for row in by_rule]


@quick
@given(st.lists(moderate, min_size=12, max_size=12), st.lists(moderate, min_size=3, max_size=3))
def test_c12_the_delta_rules_in_matrices_agree_with_the_engine(w, x):
    w1, w2, b1 = values([w[0:3], w[3:6]]), values([w[6:8], w[8:10]]), values(w[10:12])
    z1 = [ac.dot(row, x, b) for row, b in zip(w1, b1)]
    a1 = [ac.sigmoid(z) for z in z1]
    z2 = [ac.dot(row, a1) for row in w2]
    (ac.sin(z2[0]) + z2[1] ** 2).backward()
    delta2 = [math.cos(z2[0].data), 2.0 * z2[1].data]
    delta1 = [e * logistic(z.data) * (1.0 - logistic(z.data)) for e, z in zip(matvec(transposed(datas(w2)), delta2), z1)]
    assert grads(z1) == close(delta1)
    assert grads(b1) == close(delta1)
    assert [grads(row) for row in w1] == [close([d * p for p in x]) for d in delta1]
    assert [grads(row) for row in w2] == [close([d * a.data for a in a1]) for d in delta2]


SYMMETRIC_PART = matvec([[p + q for p, q in zip(r, c)] for r, c in zip(A, transposed(A))], V)
MATRIX_RULES = [  # what is differentiated, at, numerator layout, denominator layout
    ("v by v", lambda v: v, V, IDENTITY, IDENTITY),
    ("t v by v", lambda v: [6.0 * p for p in v], V, SIX_TIMES, SIX_TIMES),
    ("uᵀv by u", lambda u: ac.dot(u, V), U, V, V),  # a row vᵀ or a column v: one index either way
    ("uᵀv by v", lambda v: ac.dot(U, v), V, U, U),
    ("vᵀv by v", lambda v: ac.dot(v, v), V, [2.0 * p for p in V], [2.0 * p for p in V]),
    ("vᵀAv by v", lambda v: ac.dot(v, [ac.dot(row, v) for row in A]), V, SYMMETRIC_PART, SYMMETRIC_PART),
    ("Av by v", lambda v: [ac.dot(row, v) for row in A], V, A, transposed(A)),
    ("vᵀA by v", lambda v: [ac.dot(v, column) for column in zip(*A)], V, transposed(A), A),
    ("square by v", lambda v: [p**2 for p in v], [7.0, 3.0, 5.0], [[14.0, 0, 0], [0, 6.0, 0], [0, 0, 10.0]],
     [[14.0, 0, 0], [0, 6.0, 0], [0, 0, 10.0]]),
    ("v by t", lambda t: [t**2, 3.0 * t], 2.0, [4.0, 3.0], [4.0, 3.0]),
]  # fmt: skip


@pytest.mark.parametrize(("f", "at", "numerator", "denominator"), [row[1:] for row in MATRIX_RULES], ids=[row[0] for row in MATRIX_RULES])
def test_c13_every_matrix_derivative_holds_in_both_layouts(f, at, numerator, denominator):
    assert ac.jacobian(f, layout="numerator")(at) == numerator
    assert ac.jacobian(f, layout="denominator")(at) == denominator


def test_c13_the_chain_rules_factors_stand_in_opposite_order_in_the_two_layouts():
    inner = lambda v: [v[0] * v[1], v[1] * v[2]]  # noqa: E731
    outer = lambda h: [h[0] * h[1], h[0] ** 2, 3.0 * h[1], h[0] - h[1]]  # noqa: E731
    both = lambda v: outer(inner(v))  # noqa: E731
    at = [2.0, 3.0, 5.0]
    by_layout = {}
    for layout in ("numerator", "denominator"):
        by_layout[layout] = [ac.jacobian(outer, layout=layout)(inner(at)), ac.jacobian(inner, layout=layout)(at), ac.jacobian(both, layout=layout)(at)]
    j_outer, j_inner, j_both = by_layout["numerator"]
    assert matmul(j_outer, j_inner) == j_both
    d_outer, d_inner, d_both = by_layout["denominator"]
    assert matmul(d_inner, d_outer) == d_both == transposed(j_both)


@quick
@given(st.lists(moderate, min_size=17, max_size=17), st.lists(moderate, min_size=3, max_size=3))
def test_c14_the_3221_network_has_the_derivatives_of_its_formula(parameters, x):
    p = values(parameters)
    alpha1, b1, alpha2, b2 = [p[0:3], p[3:6]], p[6:8], [p[8:10], p[10:12]], p[12:14]
    beta, b3 = p[14:16], p[16]
    h1 = [ac.sigmoid(ac.dot(row, x, b)) for row, b in zip(alpha1, b1)]
    h2 = [ac.sigmoid(ac.dot(row, h1, b)) for row, b in zip(alpha2, b2)]
    y = ac.sigmoid(ac.dot(beta, h2, b3))
    y.backward()
    f1 = [logistic(q + b.data) for q, b in zip(matvec(datas(alpha1), x), b1)]
    f2 = [logistic(q + b.data) for q, b in zip(matvec(datas(alpha2), f1), b2)]
    out = logistic(matvec([datas(beta)], f2)[0] + b3.data)
    d3 = out * (1.0 - out)
    d2 = [d3 * v.data * h * (1.0 - h) for v, h in zip(beta, f2)]
    d1 = [e * h * (1.0 - h) for e, h in zip(matvec(transposed(datas(alpha2)), d2), f1)]
    assert y.data == close(out)
    assert (grads(beta), b3.grad) == (close([d3 * h for h in f2]), close(d3))
    assert (grads(b2), grads(b1)) == (close(d2), close(d1))
    assert [grads(row) for row in alpha2] == [close([d * h for h in f1]) for d in d2]
    assert [grads(row) for row in alpha1] == [close([d * q for q in x]) for d in d1]


def costs(d, m):
    """Forward and backward operations of ``m`` sigmoid neurons on ``d`` inputs, read off the recorded graph.

    A multiply-add counts as one operation. Forward: one for each weight and one for each activation.
    Backward: one for each edge that carries a gradient (a weighted sum has two for each weight), and for each
    activation the arithmetic of its slope and the one subtraction that starts it, ``y - t``.
    """
    inputs = [Value(0.1 * (k + 1)) for k in range(d)]
    outputs = [ac.sigmoid(ac.dot([Value(0.3 + j - k) for k in range(d)], inputs)) for j in range(m)]
    forward = backward = 0
    for output in outputs:
        for node in ac.topological_order(output):
            edges = [parent for parent in node.parents if not isinstance(parent, ac.Constant)]
            forward += len(edges) // 2 if node.op == "dot" else len(edges)
            backward += len(edges)
        (slope,) = derivative_formulas(output.primitive)
        backward += 1 + sum(str(slope).count(sign) for sign in "+-*/")
    return forward, backward


@pytest.mark.parametrize("m", [1, 2, 9])
@pytest.mark.parametrize("d", [1, 2, 10, 200])
def test_c15_a_layer_costs_md_plus_m_forward_and_2md_plus_4m_backward(d, m):
    forward, backward = costs(d, m)
    assert (forward, backward) == (m * d + m, 2 * m * d + 4 * m)
    assert backward / forward == pytest.approx(2.0 + 2.0 / (d + 1))  # 3 at d = 1, tending to 2
