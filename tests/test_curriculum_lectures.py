"""What a second reading of the lectures added: one test or more for each row F1 to F13, and the networks of A7 with their true values."""

import math
import random

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest

import autograd_core as ac
import nn
from autograd_core import Value
from autograd_core.views.network import network_of
from lectures import capacity, gates, regions, surfaces

CORNERS = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
A, U, V = [[1.0, 2.0, 0.0], [-1.0, 3.0, 4.0], [0.5, 0.0, 2.0]], [3.0, -1.0, 2.0], [1.0, 2.0, -4.0]


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    plt.close("all")


def with_lr(kind, lr):
    return lambda parameters: kind(parameters, lr=lr)


def datas(values):
    return [value.data for value in values]


# -- the cost of a network of two layers -------------------------------------------------------------------------------
@pytest.mark.parametrize("m", [1, 2, 9, 40])
@pytest.mark.parametrize("d", [1, 2, 10, 100])
def test_f01_a_network_of_two_linear_layers_costs_md_plus_m_forward_and_about_twice_that_backward(d, m):
    counted = ac.cost(nn.MLP(d, [m, 1], activation="linear", output="linear", seed=0)([1.0] * d))
    assert counted.forward == m * d + m
    assert counted.backward == 2 * m * d + 3 * m + 1
    assert 2.0 < counted.backward / counted.forward <= 3.0


def test_f01_both_passes_grow_with_the_square_of_the_width():
    narrow, wide = (ac.cost(nn.MLP(n, [n, 1], "linear", seed=0)([1.0] * n)) for n in (50, 100))
    assert wide.forward / narrow.forward == pytest.approx(4.0, rel=0.02)
    assert wide.backward / narrow.backward == pytest.approx(4.0, rel=0.02)
    assert wide.backward / wide.forward == pytest.approx(2.0, rel=0.02)


# -- conventions at 0 --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("coding", "at_zero", "activation", "expected"), [
    ("01", 1, "step", 1.0), ("01", 0, "step z>0", 0.0), ("pm1", 1, "sign", 1.0), ("pm1", 0, "sign z>0", -1.0),
])  # fmt: skip
def test_f02_neuron_and_perceptron_agree_on_the_convention_at_0_and_name_it(coding, at_zero, activation, expected):
    unit, neuron = nn.Perceptron(2, coding, at_zero), nn.Neuron(2, activation, init="zeros")
    assert unit.activation == activation
    for x in ([0.0, 0.0], [1.0, -2.0]):
        assert unit(x).data == neuron(x).data == expected
    for weights in ([1.0, 0.0], [-1.0, 0.5]):
        for parameters in (unit.w, neuron.w):
            parameters[0].data, parameters[1].data = weights
        assert all(unit(x).data == neuron(x).data for x in CORNERS)
    assert activation in repr(neuron)


def test_f02_a_perceptron_without_a_choice_is_the_neuron_without_a_choice():
    assert nn.Perceptron(1)([1.0]).data == nn.Neuron(1, "step", init="zeros")([1.0]).data == 1.0
    assert nn.Perceptron(1, "pm1")([1.0]).data == nn.Neuron(1, "sign", init="zeros")([1.0]).data == 1.0


def test_f02_the_slope_of_relu_at_0_is_pytorchs_or_the_lectures():
    for activation, slope in (("relu", 0.0), ("relu'(0)=1", 1.0)):
        neuron = nn.Neuron(1, activation, init="zeros")
        neuron([2.0]).backward()
        assert neuron.w[0].grad == 2.0 * slope
        assert neuron.b.grad == slope
    assert [nn.Neuron(1, "relu'(0)=1", seed=3)([x]).data for x in (-2.0, 2.0)] == [nn.Neuron(1, "relu", seed=3)([x]).data for x in (-2.0, 2.0)]


# -- perceptrons and diagrams ------------------------------------------------------------------------------------------
HIDDEN = {  # the values of every hidden unit at the four corners, as the lecture draws them
    "step": [[[0, 0]], [[1, 0]], [[1, 0]], [[1, 1]]],
    "sign": [[[-1, -1]], [[1, -1]], [[1, -1]], [[1, 1]]],
    "relu": [[[0, 0]], [[1, 0]], [[1, 0]], [[2, 1]]],
    "three layers": [[[-1, -1], [-1, -1]], [[-1, 1], [-1, 1]], [[1, -1], [1, -1]], [[1, 1], [-1, -1]]],
}
OUTPUTS = {"step": [0, 1, 1, 0], "sign": [-1, 1, 1, -1], "relu": [0, 0.5, 0.5, 0], "three layers": [-1, 1, 1, -1]}


@pytest.mark.parametrize("kind", HIDDEN)
def test_a07_every_unit_of_an_xor_network_is_drawn_with_its_true_value(kind):
    model = gates.xor_network(kind)
    for corner, hidden, output in zip(CORNERS, HIDDEN[kind], OUTPUTS[kind]):
        x = [2.0 * p - 1.0 for p in corner] if kind == "three layers" else list(corner)
        columns = network_of([model(x)]).columns
        assert [[unit.node.data for unit in column] for column in columns] == [x, *hidden, [output]]
        assert {unit.activation for column in columns[1:] for unit in column} == {kind if kind in ("step", "relu") else "sign"}


def test_a06_gates_read_as_in_a_textbook_and_share_their_inputs():
    x = [Value(1.0, "x1"), Value(0.0, "x2")]
    assert str(ac.formula(nn.gate("or")(x))) == "step(x1 + x2 - 0.5)"
    assert str(ac.formula(nn.gate("and")(x))) == "step(x1 + x2 - 1.5)"
    assert str(ac.formula(nn.gate("nand")(x))) == "step(-x1 - x2 + 1.5)"
    layer = nn.PerceptronLayer([[1, 1], [1, 1]], [-0.5, -1.5], number=1)
    leaves = {node for y in layer([1.0, 0.0]) for node in ac.topological_order(y) if getattr(node, "is_input", False)}
    assert len(leaves) == 2
    assert [p.name for p in layer.parameters()] == ["w1[1,1]", "w1[1,2]", "b1[1]", "w1[2,1]", "w1[2,2]", "b1[2]"]


def test_a08_a_union_of_polyhedra_is_drawn_with_the_true_value_in_every_unit():
    left, right = [(1, 0, 0), (-1, 0, 1), (0, 1, 0), (0, -1, 1)], [(1, 0, -2), (-1, 0, 3), (0, 1, 0), (0, -1, 1)]
    network = network_of([gates.union_of_polygons([left, right])([2.5, 0.5])])
    assert network.sizes == "2-6-2-1"
    assert [[unit.node.data for unit in column] for column in network.columns[1:]] == [[1, 0, 1, 1, 1, 1], [0, 1], [1]]
    assert [len([c for c in unit.connections if c.source]) for unit in network.columns[2]] == [4, 4]  # of each region its lines only


def test_f03_a_model_draws_itself_as_circles_in_columns_with_classes_as_outputs():
    dot = ac.to_dot(nn.MLP(3, [2, 2, 3], "sigmoid", "softmax", seed=0), classes=["dog", "cat", "tree"])
    assert all(word in dot for word in ("dog", "cat", "tree", "+1", "softmax"))
    assert network_of(*nn.MLP(3, [2, 2, 1], seed=0).recorded()).sizes == "3-2-2-1"
    assert network_of(*nn.Conv1d(3, padding="same").recorded()).sizes == "5-5"
    with pytest.raises(ValueError, match=r"draw\(model\(x\)\)"):
        nn.Sequential(nn.Conv1d(3), nn.Dropout()).recorded()


def test_f04_the_regularised_loss_has_seven_named_nodes_and_one_for_the_weight_of_the_penalty():
    w, x, b, t, rate = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b"), Value(1.0, "t"), Value(0.1, "lambda")
    named = {"z": w * x + b}
    named["y"] = named["z"].sigmoid()
    named["L"], named["R"] = 0.5 * (named["y"] - t) ** 2, 0.5 * w**2
    named["L_reg"] = named["L"] + rate * named["R"]
    for name, node in named.items():
        node.name = name
    assert ac.to_dot(named["L_reg"], level="named", legend=False).count("<B>") == 10


# -- planes and surfaces -----------------------------------------------------------------------------------------------
def test_f05_not_is_a_classifier_of_points_on_a_line():
    ax = nn.plots.decision_boundary(nn.gate("not"), [[0.0], [1.0]], [1, 0])
    assert [c.get_offsets().tolist() for c in ax.collections if c.get_label() in ("0", "1")] == [[[1.0, 0.0]], [[0.0, 0.0]]]
    assert (ax.get_xlabel(), list(ax.get_yticks())) == ("x", [])
    (border,) = [c for c in ax.collections if c.get_linewidths()[0] == 1.2]
    assert {round(x, 2) for path in border.get_paths() for x, _ in path.vertices} == {0.5}


def test_f06_two_losses_are_surfaces_over_one_weight_of_each_of_two_layers():
    model = nn.MLP(2, [2, 1], "tanh", seed=0)
    X, t = [list(corner) for corner in CORNERS], [0.0, 1.0, 1.0, 0.0]
    weights = [layer.neurons[0].w[0] for layer in model.layers]
    losses = {
        "cross-entropy": lambda: nn.binary_cross_entropy_with_logits([model(x) for x in X], t),
        "quadratic": lambda: nn.mse_loss([model(x).sigmoid() for x in X], t),
    }
    before = datas(weights)
    panels = surfaces.loss_surfaces(losses, *weights, low=-2.0, high=2.0, steps=9)
    assert [(panel.name, panel.get_title()) for panel in panels] == [("3d", "cross-entropy"), ("3d", "quadratic")]
    assert [panel.get_xlabel() for panel in panels] == ["w1[1,1]"] * 2
    assert datas(weights) == before
    for panel, loss in zip(panels, losses.values()):
        weights[0].data, weights[1].data = -2.0, -2.0
        assert min(panel.get_zlim()) <= loss().data <= max(panel.get_zlim())


def test_f06_the_sigmoid_of_two_inputs_is_a_surface_between_0_and_1():
    ax = surfaces.surface(nn.Neuron(2, "sigmoid", seed=0))
    assert (ax.name, ax.get_xlabel(), ax.get_ylabel()) == ("3d", "x1", "x2")
    assert -0.1 < ax.get_zlim()[0] < 0.1 < 0.9 < ax.get_zlim()[1] < 1.1


def test_f11_a_cube_has_a_coloured_corner_for_each_region_and_a_hollow_one():
    lines = [(1, 0, 0.1), (0, 1, 0.1), (-1, -1, 1)]
    ax = regions.cube(lines)
    places = {text.get_text(): text for text in ax.texts}
    assert sorted(places) == [f"{k:03b}" for k in range(8)]
    assert len(ax.lines) == 12
    hollow = [c for c in ax.collections if tuple(c.get_facecolor()[0][:3]) == (1.0, 1.0, 1.0)]
    assert [[float(side[0]) for side in c._offsets3d] for c in hollow] == [[0.0, 0.0, 0.0]]
    assert len({tuple(c.get_facecolor()[0]) for c in ax.collections}) == 8
    first = nn.PerceptronLayer([line[:2] for line in lines], [line[2] for line in lines])
    classes = regions.cube(nn.Sequential(first, nn.PerceptronLayer([[1, 1, 1]], [-2.5])))
    assert len({tuple(c.get_facecolor()[0]) for c in classes.collections}) == 3  # two classes, and the corner that is missing
    with pytest.raises(ValueError, match="three lines, not 2"):
        regions.cube(lines[:2])


def test_f11_depth_makes_more_pieces_than_width_from_as_many_parameters():
    wide, deep = (line.get_xydata().tolist() for line in capacity.width_against_depth(6).lines)
    assert [x for x, _ in wide] == [x for x, _ in deep] == [6 * d + 1 for d in range(1, 7)]
    assert [y for _, y in wide] == [2 * d + 1 for d in range(1, 7)]
    assert [y for _, y in deep] == [2**d for d in range(1, 7)]


def test_f11_a_filter_has_13_connections_of_3_weights_where_a_dense_layer_has_25():
    sparse = network_of(*nn.Conv1d(3, padding="same", bias=False, activation="linear").recorded())
    dense = network_of(*nn.Layer(5, 5, "linear", bias=False).recorded())
    arrows = [[c for unit in network.columns[1] for c in unit.connections] for network in (sparse, dense)]
    assert [(len(found), len({c.weight for c in found})) for found in arrows] == [(13, 3), (25, 25)]


# -- a layer as a module -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(30))
def test_f07_the_backward_passes_of_layers_give_the_scalar_graphs_gradients_to_the_bit(seed):
    r = random.Random(seed)
    n, h, k = r.randint(1, 5), r.randint(1, 6), r.randint(2, 4)
    hidden, output = r.choice(["tanh", "sigmoid", "relu", "softplus", "elu"]), r.choice(["linear", "softmax", "log_softmax", "sigmoid"])
    model = nn.MLP(n, [h, h, k], hidden, output, seed=seed, bias=seed % 3 > 0)
    x, upstream = [[r.gauss(0.0, 1.0) for _ in range(count)] for count in (n, k)]
    inputs = [Value(value) for value in x]
    ac.dot(upstream, model(inputs)).backward()
    expected = [p.grad for p in (*model.parameters(), *inputs)]
    model.zero_grad()
    by_x = model.backward(x, upstream)
    assert [*(p.grad for p in model.parameters()), *by_x] == expected
    model.backward(x, upstream)
    assert [p.grad for p in model.parameters()] == [2.0 * g for g in expected[:-n]]  # a second call adds


# -- poll questions ----------------------------------------------------------------------------------------------------
def test_f08_one_sigmoid_output_and_two_softmax_outputs_are_the_same_classifier():
    x, w, v = [0.3, -1.2], [0.5, 2.0], [-1.0, 0.7]
    two = ac.softmax([ac.dot(w, x, 0.1), ac.dot(v, x, -0.4)])
    one = ac.sigmoid(ac.dot([p - q for p, q in zip(w, v)], x, 0.5))
    assert two[0] == pytest.approx(one, rel=1e-15, abs=0.0)


@pytest.mark.parametrize("name", ["circles", "xor_quadrants", "gaussians"])
def test_f08_a_net_of_one_hidden_layer_reaches_zero_error_on_these_sets(name):
    X, y = getattr(nn.data, name)(80, seed=1)
    model = nn.MLP(2, [8, 1], "tanh", seed=0)
    model.fit(X, y, loss="bce_with_logits", optimizer=with_lr(nn.Adam, 0.1), epochs=300)
    assert model.evaluate(X, y, "bce_with_logits", ["accuracy"])["accuracy"] == 1.0


def test_f08_one_input_with_two_answers_is_fitted_by_no_function():
    model = nn.MLP(1, [8, 1], "tanh", seed=0)
    model.fit([[0.0], [0.0], [1.0]], [0.0, 1.0, 0.5], loss="mse", epochs=200)
    assert model.evaluate([[0.0], [0.0], [1.0]], [0.0, 1.0, 0.5])["loss"] >= 0.5 / 3.0


# -- convex and closed form --------------------------------------------------------------------------------------------
POINTS, TARGETS = [0.0, 1.0, 2.0, 3.0], [1.0, 2.5, 2.0, 4.5]


def test_f09_gradient_descent_ends_at_the_closed_form_of_linear_regression():
    mean_x, mean_t = sum(POINTS) / 4.0, sum(TARGETS) / 4.0
    slope = sum((x - mean_x) * (t - mean_t) for x, t in zip(POINTS, TARGETS)) / sum((x - mean_x) ** 2 for x in POINTS)
    for seed in range(3):
        model = nn.Neuron(1, "linear", seed=seed)
        model.fit([[x] for x in POINTS], TARGETS, loss="mse", optimizer=with_lr(nn.SGD, 0.1), epochs=1000)
        assert datas([model.w[0], model.b]) == pytest.approx([slope, mean_t - slope * mean_x], rel=1e-10, abs=0.0)


def test_f09_superposition_tells_the_linear_units_from_the_others():
    def keeps_superposition(f):
        x, z = [1.0, -2.0], [0.5, 3.0]
        both = f([2.0 * p + 3.0 * q for p, q in zip(x, z)])
        return math.isclose(both, 2.0 * f(x) + 3.0 * f(z), abs_tol=1e-12)

    for activation, bias, expected in (("linear", False, True), ("linear", True, False), ("sigmoid", False, False), ("relu", False, False)):
        neuron = nn.Neuron(2, activation, bias=bias, init="normal", seed=2)
        if bias:
            neuron.b.data = 1.0  # w · x + b is affine, not linear
        assert keeps_superposition(lambda x, neuron=neuron: neuron(x).data) is expected


# -- matrices ----------------------------------------------------------------------------------------------------------
SYMMETRIC = [[(A[i][j] + A[j][i]) / 2.0 for j in range(3)] for i in range(3)]


def quadratic(matrix):
    return lambda v: ac.dot(v, [ac.dot(row, v) for row in matrix])


def times(m, n):
    return [[sum(p * q for p, q in zip(row, column)) for column in zip(*n)] for row in m]


def transposed(m):
    return [list(column) for column in zip(*m)]


@pytest.mark.parametrize("layout", ["numerator", "denominator"])
def test_f10_a_row_by_itself_is_the_identity_and_a_symmetric_form_gives_2av(layout):
    assert ac.jacobian(lambda v: v, layout=layout)(V) == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]  # ∂vᵀ/∂v has the entries of ∂v/∂v
    assert ac.jacobian(quadratic(SYMMETRIC), layout=layout)(V) == [2.0 * ac.dot(row, V) for row in SYMMETRIC]
    assert ac.jacobian(quadratic(A), layout=layout)(V) == [2.0 * ac.dot(row, V) for row in SYMMETRIC]  # only the symmetric part counts


@pytest.mark.parametrize("layout", ["numerator", "denominator"])
def test_f10_f_of_g_and_h_has_a_term_for_each_in_the_factor_order_of_the_layout(layout):
    g, h = (lambda v: [v[0] * v[1], v[2] ** 2]), (lambda v: [ac.sin(v[0]), v[1] * v[2]])
    f = lambda a, b: [a[0] * b[1], a[1] + b[0] ** 2, a[0] * a[1]]  # noqa: E731
    whole = ac.jacobian(lambda v: f(g(v), h(v)), layout=layout)(V)
    by_g = ac.jacobian(lambda a: f(a, [float(x) for x in h(V)]), layout=layout)(g(V))
    by_h = ac.jacobian(lambda b: f([float(x) for x in g(V)], b), layout=layout)(h(V))
    dg, dh = ac.jacobian(g, layout=layout)(V), ac.jacobian(h, layout=layout)(V)
    terms = [times(by_g, dg), times(by_h, dh)] if layout == "numerator" else [times(dg, by_g), times(dh, by_h)]
    for row, *parts in zip(whole, *terms):
        assert row == pytest.approx([sum(entries) for entries in zip(*parts)], rel=1e-14, abs=0.0)


def test_f10_the_derivative_of_a_quadratic_form_is_simplified_to_one_term_for_each_entry():
    v = [Value(1.0, "v1"), Value(2.0, "v2")]
    form = ac.dot(v, [ac.dot([1.0, 2.0], v), ac.dot([2.0, 3.0], v)])
    assert str(ac.symbolic(form, v[0])) in ("2 * v1 + 4 * v2", "2 * (v1 + 2 * v2)")


# -- a misprint, and the words of other libraries ----------------------------------------------------------------------
def test_f12_the_slope_of_a_neuron_is_taken_at_its_sum_and_not_at_its_output():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b")
    z = w * x + b
    ac.sigmoid(z).backward()
    slope = ac.grad(ac.sigmoid)
    assert w.grad == slope(z.data) * 2.0
    assert w.grad != pytest.approx(slope(ac.sigmoid(z.data)) * 2.0, rel=0.1)  # σ′(σ(wx + b)), as one lecture prints it


@pytest.mark.parametrize("word", ["fit", "evaluate", "predict", "zero_grad", "parameters", "state_dict", "summary", "train", "eval"])
def test_f13_the_words_of_pytorch_and_keras_work(word):
    assert callable(getattr(nn.MLP(2, [1]), word))


def test_f13_the_optimizer_is_named_as_in_keras_and_the_layers_words_answer_with_ours():
    model = nn.MLP(2, [4, 1], seed=0)
    history = model.fit([[0.0, 1.0], [1.0, 0.0]], [0.0, 1.0], optimizer="adam", epochs=5)
    assert len(history) == 5
    for name, answer in (("Linear", "Layer.*'linear'"), ("ReLU", "Layer.*'relu'"), ("LeakyReLU", "Layer.*'leaky_relu'"), ("Dense", "Layer")):
        with pytest.raises(AttributeError, match=answer):
            getattr(nn, name)
