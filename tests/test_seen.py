"""Every row of the lectures on computational graphs is seen with one call (the ways to differentiate: test_methods.py).

A test builds the row's system, makes the call, and looks for the row's figures and names in what the reader sees.
"""

import html
import math
import re

import pytest
from test_player import Reader, data_of

import autograd_core as ac
from autograd_core import Value, cost, derivation, draw, explain, formula, sigmoid, steps


def leaves(**values):
    return [Value(x, name) for name, x in values.items()]


def named(**nodes):
    for name, node in nodes.items():
        node.name = name
    return list(nodes.values())


def texts(svg):
    """What is written in a picture, without the signs that only HTML needs."""
    return [html.unescape(text).replace("\u00a0", " ") for text in re.findall(r"<text[^>]*>([^<]*)", svg)]


def seen(derived):
    """The lines of a derivation by what stands on their left, spaces as they are."""
    return {line.split(" = ")[0]: line.split(" = ")[1:] for line in str(derived).splitlines()}


def squared_error(half):
    w, x, b, t = leaves(w=0.5, x=2.0, b=1.0, t=1.0)
    z = w * x + b
    y = sigmoid(z)
    loss = 0.5 * (y - t) ** 2 if half else (y - t) ** 2
    named(z=z, y=y, L=loss)
    return w, b, loss


def test_c01_the_chain_rule_of_a_sigmoid_neuron_stands_in_formulas_and_in_numbers():
    w, b, loss = squared_error(half=True)
    lines = seen(derivation(loss, [w, b]))
    assert list(lines) == ["z", "y", "L", "∂L/∂L", "∂L/∂y", "∂L/∂z", "∂L/∂b", "∂L/∂w"]
    assert lines["L"][0] == "0.5 * (y - t) ** 2"
    assert lines["∂L/∂y"] == ["y - t", "0.8808 - 1", "-0.1192"]
    assert lines["∂L/∂z"][:2] == ["∂L/∂y · ∂y/∂z", "∂L/∂y · y * (1 - y)"]
    assert (lines["∂L/∂w"][1], lines["∂L/∂b"][1]) == ("∂L/∂z · x", "∂L/∂z")


def test_c02_both_contributions_to_the_regularised_weight_stand_in_the_picture():
    w, _, loss = squared_error(half=True)
    penalty, rate = 0.5 * w**2, Value(0.1, "λ")
    total = loss + rate * penalty
    named(R=penalty, L_reg=total)
    words = texts(draw(total, show=("data", "grad", "local", "contribution")).svg())
    assert {"w", "grad 0.02497", "-0.01252 * 2 = -0.02503", "0.05 * 1 = 0.05"} <= set(words)  # 0.05 - 0.02503
    assert {"R   ×", "L_reg   +", "λ"} <= set(words)


def test_c03_the_two_intermediates_and_the_exact_figures_stand_in_the_derivation():
    (x,) = leaves(x=1.5)
    h1, h2 = x.cos(), x**2
    lines = seen(derivation(h2 + ac.exp(h1 * h2), x, names={"h1": h1, "h2": h2}, digits=16))
    output = next(name for name in lines if name not in ("h1", "h2"))
    assert lines[output][0] == "h2 + exp(h1 * h2)"
    assert lines[output][-1] == "3.422524015876406"
    gradient = lines[f"∂{output}/∂x"]
    assert gradient[0] == f"∂{output}/∂h1 · ∂h1/∂x + ∂{output}/∂h2 · ∂h2/∂x"
    assert gradient[1] == f"∂{output}/∂h1 · (-sin(x)) + ∂{output}/∂h2 · 2 * x"
    assert gradient[-1] == "0.617252841417296"
    assert lines[f"∂{output}/∂h1"][0] == "h2 * exp(h1 * h2)"
    assert lines[f"∂{output}/∂h2"][0] == "1 + h1 * exp(h1 * h2)"


def test_c04_the_two_branches_add_up_to_41():
    (x,) = leaves(x=1.3)
    g1, g2 = named(g1=3 * x, g2=5 * x)
    assert str(explain(2 * g1 + 7 * g2, x)).splitlines()[1:] == [
        "  in g2 = 5 * x:  7 * 5 = 35", "  in g1 = 3 * x:  2 * 3 = 6", "  total:  35 + 6 = 41",
    ]  # fmt: skip


S, C, E = math.sin(0.8), math.cos(0.8), math.exp(0.512)


@pytest.mark.parametrize(("top", "by_z1", "by_z2", "slope"), [
    (lambda z1, z2: z1**4 * ac.exp(z2) + 5 * z1 + 7 * z2, "5 + 4 * z1 ** 3 * exp(z2)", "7 + z1 ** 4 * exp(z2)",
     (4 * S**3 * E + 5) * C + (S**4 * E + 7) * 1.92),
    (lambda z1, z2: z1 * z2, "z2", "z1", C * 0.512 + S * 1.92),
])  # fmt: skip
def test_c04_sine_and_cube_meet_in_the_chain_rule(top, by_z1, by_z2, slope):
    (x,) = leaves(x=0.8)
    z1, z2 = named(z1=ac.sin(x), z2=x**3)
    (y,) = named(y=top(z1, z2))
    lines = seen(derivation(y, x, digits=10))
    assert (lines["∂y/∂z1"][0], lines["∂y/∂z2"][0]) == (by_z1, by_z2)
    assert set(lines["∂y/∂x"][0].split(" + ")) == {"∂y/∂z1 · ∂z1/∂x", "∂y/∂z2 · ∂z2/∂x"}
    assert lines["∂y/∂x"][-1] == f"{slope:.10g}"


def test_c05_the_cost_of_the_chain_with_and_without_reuse():
    w1, w2, w3, x = leaves(w1=0.3, w2=1.1, w3=0.7, x=0.5)
    z1 = ac.tanh(w1 * x)
    z2 = w2**5 * z1**7
    found = cost(ac.tanh(w3 * z2))
    # From the output: tanh, *, then w3; or on to z2, and from there w2 and its power, or z1 and its power and tanh and *.
    assert found == (7, 10, 2 + 4 + 6 + 6)
    rows = [line.split() for line in str(found).splitlines()]
    assert [row[-2:] for row in rows[1:]] == [["7", "1"], ["10", "1.43"], ["18", "2.57"]]
    assert [" ".join(row[:-2]) for row in rows[1:]] == ["forward pass", "backward pass, every edge once", "every path multiplied out by itself"]


def test_c06_the_branching_node_receives_two_terms_in_the_player():
    x, a, b, c, d, e = leaves(x=0.5, wA=0.8, wB=-1.2, wC=0.6, wD=1.5, wE=-0.7)
    z1 = ac.tanh(a * x)
    z2, z3 = ac.tanh(b * z1), ac.sin(c * z1)
    (z4, *_) = named(J=d * z2 + e * z3, z1=z1, z2=z2, z3=z3)
    player = ac.play(z4)
    data = data_of(player)
    called = [node["name"] for node in data["nodes"]]
    into_z1 = [frame["symbols"] for frame in data["frames"] if frame["phase"] == "Backward" and called[frame["now"][0]] == "z1"]
    readers = [data["nodes"][term["consumer"]]["name"] for term in data["terms"] if called[term["node"]] == "z1"]
    assert len(set(readers)) == 2
    assert sorted(symbols.rpartition(" · ")[2] for symbols in into_z1) == ["wB", "wC"]
    v = math.tanh(0.4)
    total = 1.5 * (1 - math.tanh(-1.2 * v) ** 2) * -1.2 + -0.7 * math.cos(0.6 * v) * 0.6
    assert f"data {v:.6g}grad {total:.6g}" in Reader(player.html).one("svg")


def test_c07_the_steps_are_the_lines_of_the_algorithm():
    x, w1, w2 = leaves(x=2.0, w1=0.5, w2=-3.0)
    h = named(h1=ac.relu(w1 * x), h2=ac.relu(w2 * x))
    (y,) = named(y=h[0] + h[1] * h[0])
    forward, backward = (block.splitlines()[2:] for block in str(steps(y)).split("\n\n"))
    assert [" ".join(line.split()) for line in forward] == [
        "w1 0.5", "x 2", "v1 w1 * x 1", "h1 relu(v1) 1", "w2 -3", "v2 w2 * x -6", "h2 relu(v2) 0", "v3 h2 * h1 0", "y h1 + v3 1"]  # fmt: skip
    assert [" ".join(line.split()) for line in backward] == [
        "y seed 1 1", "h1 y 1 * 1 1 1", "v3 y 1 * 1 1 1", "h2 v3 1 * h1 = 1 1 1", "h1 v3 1 * h2 = 0 0 1",
        "v2 h2 1 * step(v2) = 0 0 0", "w2 v2 0 * x = 2 0 0", "x v2 0 * w2 = -3 0 0",
        "v1 h1 1 * step(v1) = 1 1 1", "w1 v1 1 * x = 2 2 2", "x v1 1 * w1 = 0.5 0.5 0.5"]  # fmt: skip


def test_c07_the_reverse_exercise_reads_the_formula_off_the_graph():
    x, y = leaves(x=2.0, y=3.0)
    s = x + y
    assert repr(formula(s * ac.exp(x) - s**2 / y)) == "(x + y) * exp(x) - (x + y) ** 2 / y"


def test_c08_sine_of_a_square():
    (x,) = leaves(x=2.0)
    lines = seen(derivation(ac.sin(x**2), x, digits=17))
    assert lines["∂v2/∂x"][:2] == ["∂v2/∂v1 · ∂v1/∂x", "∂v2/∂v1 · 2 * x"]
    assert lines["∂v2/∂v1"][0] == "cos(v1)"
    assert lines["∂v2/∂x"][-1] == "-2.6145744834544478"


def test_c09_the_lectures_figures_stand_at_the_ends_of_the_lines():
    w, b, loss = squared_error(half=False)
    ends = {left: right[-1] for left, right in seen(derivation(loss, [w, b])).items()}
    assert ends == {
        "z": "2", "y": "0.8808", "L": "0.01421", "∂L/∂L": "1", "∂L/∂y": "-0.2384", "∂L/∂z": "-0.02503", "∂L/∂w": "-0.05006", "∂L/∂b": "-0.02503"
    }  # fmt: skip
    exact = str(derivation(loss, [w, b], digits=16))
    for figure in ("0.8807970779778823", "0.01420933661861107", "-0.2384058440442354", "-0.02503108434735351", "-0.05006216869470701"):
        assert figure in exact


def test_c10_every_figure_of_the_two_two_one_network_stands_in_the_derivation():
    w = leaves(w11=0.4, w12=0.6, w21=0.3, w22=0.5)
    b1, b2, u1, u2, c, x1, x2, t = leaves(b1=0.1, b2=0.2, u1=0.7, u2=0.8, b3=0.3, x1=0.5, x2=1.0, t=1.0)
    s1, s2 = named(z11=ac.dot(w[:2], [x1, x2], b1), z12=ac.dot(w[2:], [x1, x2], b2))
    a1, a2 = named(a11=sigmoid(s1), a12=sigmoid(s2))
    (s3,) = named(z2=ac.dot([u1, u2], [a1, a2], c))
    (y,) = named(ŷ=sigmoid(s3))
    (loss,) = named(L=0.5 * (t - y) ** 2)
    lines = seen(derivation(loss, digits=12))
    exact = {
        "z11": 0.9, "z12": 0.85, "a11": 0.7109495026250039, "a12": 0.700567142473973, "z2": 1.358118365816681, "ŷ": 0.7954537126660951,
        "L": 0.02091959183104219, "∂L/∂z2": -0.03328113397892365, "∂L/∂u1": -0.023661205649111883, "∂L/∂u2": -0.02331566892990799,
        "∂L/∂z11": -0.0047874982829575, "∂L/∂z12": -0.005585181898250523, "∂L/∂b3": -0.03328113397892365,
        "∂L/∂w11": -0.00239374914147875, "∂L/∂w12": -0.0047874982829575, "∂L/∂w21": -0.0027925909491252616, "∂L/∂w22": -0.005585181898250523,
    }  # fmt: skip
    assert {left: lines[left][-1] for left in exact} == {left: f"{figure:.12g}" for left, figure in exact.items()}
    assert lines["∂L/∂a11"][:2] == ["∂L/∂z2 · ∂z2/∂a11", "∂L/∂z2 · u1"]


def test_c11_the_quiz_has_the_same_node_names_in_the_trace():
    x, z = leaves(x=2.0, z=3.0)
    a, b = x * z, ac.log(x)
    c, d, e = ac.sin(b), ac.exp(a), a / b
    f = c / a
    y = d + e + f
    forward, backward = ([line.split() for line in block.splitlines()[2:]] for block in str(steps(y, names="caller")).split("\n\n"))
    told = {row[0]: " ".join(row[1:-1]) for row in forward}
    expected = {"a": "x * z", "b": "log(x)", "c": "sin(b)", "d": "exp(a)", "e": "a / b", "f": "c / a"}
    assert {name: told[name] for name in expected} == expected
    assert {row[0]: row[-1] for row in backward if row[0] in "xz"} == {"x": "1208.38", "z": "809.707"}  # the last sums


RULES = {"sigmoid": (ac.sigmoid, "{0} * (1 - {0})", lambda z: z * (1 - z)), "tanh": (ac.tanh, "(1 - {0} ** 2)", lambda z: 1 - z * z)}


@pytest.mark.parametrize("kind", RULES)
def test_c12_the_delta_rules_stand_in_the_derivation(kind):
    activation, written, slope = RULES[kind]
    inputs = leaves(x1=0.5, x2=-1.0, x3=2.0)
    w = [leaves(w11=0.1, w12=-0.2, w13=0.3), leaves(w21=0.4, w22=0.5, w23=-0.6)]
    v1, v2, t = leaves(v1=0.7, v2=-0.8, t=1.0)
    s = named(s1=ac.dot(w[0], inputs), s2=ac.dot(w[1], inputs))
    z = named(z1=activation(s[0]), z2=activation(s[1]))
    (out,) = named(s=v1 * z[0] + v2 * z[1])
    (top,) = named(z=activation(out))
    (loss,) = named(J=0.5 * (t - top) ** 2)
    lines = seen(derivation(loss, digits=8))
    assert lines["∂J/∂s"][1] == f"∂J/∂z · {written.format('z')}"
    assert lines["∂J/∂z1"][1] == "∂J/∂s · v1"
    assert lines["∂J/∂s1"][1] == f"∂J/∂z1 · {written.format('z1')}"
    assert lines["∂J/∂w23"][1] == "∂J/∂s2 · x3"
    delta = (1.0 - top.data) * slope(top.data)  # the lecture's sign: the gradient is its negative
    hidden = [slope(h.data) * v * delta for h, v in zip(z, (0.7, -0.8))]
    expected = {"s": delta, "s1": hidden[0], "s2": hidden[1], "w12": -hidden[0], "w23": 2.0 * hidden[1], "v2": delta * z[1].data}
    assert {name: lines[f"∂J/∂{name}"][-1] for name in expected} == {name: f"{-x:.8g}" for name, x in expected.items()}


def test_c13_jacobians_stand_as_matrices_in_the_named_layout():
    assert repr(ac.jacobian(lambda v: [p**2 for p in v])([7.0, 3.0, 5.0])) == "[[14.0, 0.0, 0.0], [0.0, 6.0, 0.0], [0.0, 0.0, 10.0]]"
    linear = lambda v: [ac.dot(row, v) for row in ([1.0, 2.0], [3.0, 4.0], [5.0, 6.0])]  # noqa: E731
    assert repr(ac.jacobian(linear, layout="numerator")([1.0, 1.0])) == "[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]"
    assert repr(ac.jacobian(linear, layout="denominator")([1.0, 1.0])) == "[[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]]"


def layer(name, inputs, count, numbers):
    """Sigmoid neurons with weights and biases: their sums, outputs and parameters."""
    parameters, outputs = [], []
    for k in range(1, count + 1):
        weights = [Value(next(numbers), f"{name}{k}{i}") for i in range(1, len(inputs) + 1)]
        bias = Value(next(numbers), f"b_{name}{k}")
        total = named(**{f"s_{name}{k}": ac.dot(weights, inputs, bias)})[0]
        outputs += named(**{f"h_{name}{k}": sigmoid(total)})
        parameters += [*weights, bias]
    return outputs, parameters


def test_c14_the_derivatives_of_the_3221_network_stand_in_symbols_and_numbers():
    numbers = (0.1 * k * (-1) ** k for k in range(1, 99))
    first, p1 = layer("a", leaves(x1=0.5, x2=-1.0, x3=2.0), 2, numbers)
    second, p2 = layer("c", first, 2, numbers)
    (y,), p3 = layer("beta", second, 1, numbers)
    y.name = "y"
    parameters = [*p1, *p2, *p3]
    lines = seen(derivation(y, parameters, digits=10))
    assert len(parameters) == 17
    assert {f"∂y/∂{p.name}" for p in parameters} <= set(lines)
    assert lines["∂y/∂s_beta1"][0] == "y * (1 - y)"
    assert lines["∂y/∂beta11"][:2] == ["∂y/∂s_beta1 · ∂s_beta1/∂beta11", "∂y/∂s_beta1 · h_c1"]
    assert lines["∂y/∂h_a1"][1] == "∂y/∂s_c2 · c21 + ∂y/∂s_c1 · c11"
    out, h, g = y.data, [x.data for x in second], [x.data for x in first]
    d2 = [out * (1 - out) * v.data * k * (1 - k) for v, k in zip(p3, h)]
    d1 = (d2[0] * p2[0].data + d2[1] * p2[3].data) * g[0] * (1 - g[0])
    expected = {"beta12": out * (1 - out) * h[1], "c11": d2[0] * g[0], "c22": d2[1] * g[1], "b_a1": d1, "a13": d1 * 2.0}
    assert {name: lines[f"∂y/∂{name}"][-1] for name in expected} == {name: f"{x:.10g}" for name, x in expected.items()}


def linear_neuron(d, m):
    """The squared error of a linear neuron with ``d`` inputs over ``m`` samples."""
    w, b, loss = [Value(0.1) for _ in range(d)], Value(0.2), Value(0.0)
    for k in range(m):
        loss = loss + (ac.dot(w, [Value(0.5 + k + i) for i in range(d)], b) - 1.0) ** 2
    return loss


@pytest.mark.parametrize("m", [1, 3, 20])
def test_c15_the_backward_pass_tends_to_twice_the_forward_pass(m):
    for d in (1, 2, 10, 500):
        found = cost(linear_neuron(d, m))
        # Beside the d products of a sample: one subtraction, square and addition to the loss forward; 6 edges backward.
        assert (found.forward, found.backward) == (m * d + 3 * m, 2 * m * d + 6 * m)
    assert str(found).splitlines()[2].split()[-1] == "2"


def test_a_value_shows_itself_in_a_notebook_as_a_row_of_a_table():
    w = ac.Value(0.5, "w<1>")
    y = (w * w).tanh()
    y.backward()
    assert "<td" in y._repr_html_()
    assert all(text in y._repr_html_() for text in ("tanh", repr(y.data), repr(y.grad)))
    assert "w&lt;1&gt;" in w._repr_html_()
    assert "leaf" in w._repr_html_()
