"""Planted faults are found and named, healthy networks are called fine, and a diagnosis leaves the model as it was."""

import math
import random
import re

import pytest
from matplotlib.figure import Figure

import autograd_core as ac
from autograd_core import TABLE, primitive
from nn import MLP, BatchNorm, Conv1d, Dropout, Layer, Module, Neuron, Parameter, Sequential
from nn.studies.diagnosis import activation_histograms, check_gradients, dead_units, gradient_flow, overfit_one_batch, report

GENERATOR = random.Random(0)
X = [[GENERATOR.gauss(0.0, 1.0), GENERATOR.gauss(0.0, 1.0)] for _ in range(40)]
Y = [1.0 if a * b > 0.0 else -1.0 for a, b in X]
LABELS = [int(a > 0.0) + int(b > 0.0) for a, b in X]
XOR, XOR_Y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]


def batch_norm_model():
    first, second = Layer(2, 8, "linear", seed=1), Layer(8, 8, "relu", seed=2)
    return Sequential(first, BatchNorm(8), second, Dropout(0.25, seed=3), Layer(8, 1, "linear", seed=4))


def scaled(model, factor):
    for parameter in model.parameters():
        parameter.data *= factor
    return model


HEALTHY = {
    "relu": (lambda: MLP(2, [16, 16, 1], seed=0), Y, "hinge"),
    "tanh": (lambda: MLP(2, [16, 16, 1], "tanh", seed=0), Y, "mse"),
    "deep relu": (lambda: MLP(2, [12] * 4 + [1], seed=0), Y, "mse"),
    "classes": (lambda: MLP(2, [16, 3], "tanh", seed=0), LABELS, "cross_entropy"),
    "probability": (lambda: MLP(2, [16, 1], "elu", output="sigmoid", seed=0), [max(t, 0.0) for t in Y], "bce"),
    "normalised": (batch_norm_model, Y, "mse"),
    "filter": (lambda: Sequential(Conv1d(3, padding="same", activation="tanh", seed=1), MLP(2, [16, 1], seed=2)), Y, "mse"),
}
CHECKS = {
    "check_gradients": check_gradients,
    "gradient_flow": gradient_flow,
    "dead_units": lambda model, X, y, loss: dead_units(model, X),
    "activation_histograms": lambda model, X, y, loss: activation_histograms(model, X),
    "overfit_one_batch": lambda model, X, y, loss: overfit_one_batch(model, X, y, loss, steps=20),
    "report": lambda model, X, y, loss: report(model, X, y, loss, steps=20),
}


@pytest.fixture
def table():
    """The table of primitives, which is put back afterwards as it was."""
    before = dict(TABLE)
    yield
    TABLE.clear()
    TABLE.update(before)


# -- healthy networks ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", HEALTHY)
def test_e6_a_healthy_network_is_called_fine_by_every_check(name, capsys):
    build, y, loss = HEALTHY[name]
    found = report(build(), X, y, loss)
    assert found.fine, str(found)
    printed = capsys.readouterr().out
    assert printed == f"{found}\n"
    assert [line[:3] for line in printed.splitlines() if line[:3] != "   "] == ["[x]"] * 5 + ["5 o"]  # 5 of 5 checks are fine
    assert all(part.fine and str(part) and part.finding for part in found.numbers.values())
    assert found["gradient check"]["max_error"] < 1e-6


@pytest.mark.parametrize("name", HEALTHY)
def test_a_diagnosis_is_the_same_each_time(name):
    build, y, loss = HEALTHY[name]
    for check in CHECKS.values():
        assert str(check(build(), X, y, loss)) == str(check(build(), X, y, loss))


# -- what is planted is found ----------------------------------------------------------------------------------------------
def test_e6_a_wrong_derivative_is_found_and_blamed_on_its_operation(table):
    bent = primitive("bent", "tanh(x)", lambda out, x: 1.01 * (1.0 - out * out))
    model = Sequential(Layer(2, 3, bent, seed=0), Layer(3, 1, "linear", seed=1))
    found = check_gradients(model, X, Y)
    assert not found.fine
    assert found["worst"].startswith("layers.0.neurons.")
    assert found["max_error"] == pytest.approx(0.01 / 1.01, rel=1e-3)
    assert "To blame is the row 'bent': at [" in found.finding
    first, last = found["errors"].values()
    assert last < 1e-6 < 9e-3 < first


def test_e6_a_graph_that_is_cut_is_found():
    class Cut(Module):
        def __init__(self):
            self.inside, self.scale = Layer(2, 2, "tanh", seed=0), Parameter(1.5)

        def forward(self, x):
            return self.scale * sum(h.data for h in self.inside(x))

    found = check_gradients(Cut(), X, Y)
    assert not found.fine
    assert found["worst"].startswith("inside.neurons.")
    assert "reads .data" in found.finding
    assert found["errors"]["Cut"] < 1e-6  # the parameter that stands beside the layer


def test_a_kink_is_left_out_and_said():
    found = check_gradients(MLP(2, [4, 1], seed=0), [[0.0, 0.0]], [1.0], per_layer=20)  # every hidden sum is exactly 0
    assert (found.fine, found["checked"], found["left_out"]) == (True, 13, 4)  # the biases of the hidden units
    assert "4 left out: the loss has a kink there" in found.finding


def test_a_random_loss_cannot_be_checked_and_the_error_says_so():
    class Noisy(Layer):
        def forward(self, x):
            return super().forward(x) * random.gauss(1.0, 0.1)

    with pytest.raises(ValueError, match="in its attribute generator"):
        check_gradients(Noisy(2, 1, seed=0), X, Y)


def test_e6_the_gradient_of_a_deep_network_of_sigmoids_vanishes_also_with_small_weights():
    found = gradient_flow(MLP(2, [8] * 10 + [1], "sigmoid", seed=0), X, Y)
    assert not found.fine
    assert found.finding.startswith("The gradient is vanishing: ")
    assert 0.0 < found["ratio"] < 1e-5
    assert list(found["means"].values()) == sorted(found["means"].values())
    assert gradient_flow(MLP(2, [8] * 10 + [1], "tanh", seed=0), X, Y).fine
    assert "vanishing" in gradient_flow(scaled(MLP(2, [8] * 5 + [1], "sigmoid", seed=0), 0.1), X, Y).finding


@pytest.mark.parametrize(("activation", "factor"), [("relu", 8.0), ("tanh", 12.0), ("linear", 8.0)])
def test_e6_large_weights_make_the_gradient_explode(activation, factor):
    found = gradient_flow(scaled(MLP(2, [8] * 6 + [1], activation, seed=0), factor), X, Y)
    assert not found.fine
    assert found.finding.startswith("The gradient is exploding: ")
    assert gradient_flow(MLP(2, [8] * 6 + [1], activation, seed=0), X, Y).fine


def test_gradient_flow_gives_the_numbers_of_a_hand_calculation():
    model = Sequential(Layer(1, 1, "linear", seed=0), Layer(1, 1, "linear", seed=0))
    for layer, (w, b) in zip(model.layers, [(3.0, 1.0), (-2.0, 0.5)]):
        layer.neurons[0].w[0].data, layer.neurons[0].b.data = w, b
    found = gradient_flow(model, [[2.0]], [0.0])  # h = 7, y = -13.5, dL/dy = -27
    by_hand = {"layers.0 Layer(1, 1, linear)": (54.0 * 2.0, 54.0), "layers.1 Layer(1, 1, linear)": (27.0 * 7.0, 27.0)}
    assert found["means"] == {layer: sum(sizes) / 2 for layer, sizes in by_hand.items()}
    assert found["norms"] == pytest.approx({layer: math.hypot(*sizes) for layer, sizes in by_hand.items()}, rel=1e-15, abs=0.0)
    assert found["ratio"] == 81.0 / 108.0


def test_e6_dead_relus_are_found_counted_and_traced():
    model = MLP(2, [16, 16, 1], seed=0)
    for neuron in model.layers[0].neurons:
        neuron.b.data = -100.0
    found = dead_units(model, X)
    assert not found.fine
    assert found["dead"]["layers.0 Layer(2, 16, relu)"] == list(range(1, 17))
    assert "too many in layers.0 Layer(2, 16, relu)" in found.finding
    assert "none reaches the first layer" in gradient_flow(model, X, Y).finding
    assert "does not tell the samples apart" in overfit_one_batch(model, X, Y).finding


@pytest.mark.parametrize("activation", ["relu", ac.relu])
def test_the_activity_of_a_unit_is_the_share_of_the_samples_that_it_is_on_for(activation):
    layer = Layer(1, 4, activation, init="zeros")
    for neuron, (w, b) in zip(layer.neurons, [(1.0, 0.0), (-1.0, 0.0), (1.0, -3.0), (1.0, -2.0)]):
        neuron.w[0].data, neuron.b.data = w, b
    found = dead_units(layer, [[1.0], [2.0], [3.0], [-1.0]])
    assert list(found["activity"].values()) == [[0.75, 0.25, 0.0, 0.25]]
    assert list(found["dead"].values()) == [[3]]
    assert found["share"] == 0.25
    assert found.fine


def test_a_filter_is_one_unit_and_dead_only_where_it_is_off_everywhere():
    filters = [Conv1d(1, init="zeros", bias=True), Conv1d(1, init="zeros", bias=True)]
    filters[0].w[0].data = 1.0
    filters[1].b.data = -1.0
    assert [list(dead_units(f, [[-1.0, 2.0, -3.0]])["dead"].values()) for f in filters] == [[[]], [[1]]]


def test_e6_saturated_tanh_layers_are_found_but_a_sure_output_is_no_fault():
    hidden = activation_histograms(scaled(MLP(2, [8, 8, 1], "tanh", output="tanh", seed=0), 20.0), X)
    assert not hidden.fine
    assert "layers.0 Layer(2, 8, tanh), layers.1 Layer(8, 8, tanh)" in hidden.finding
    assert activation_histograms(scaled(Layer(2, 1, "sigmoid", seed=0), 100.0), X).fine


@pytest.mark.parametrize(("activation", "edge"), [("tanh", math.atanh(math.sqrt(0.95))), ("sigmoid", 2.0 * math.atanh(math.sqrt(0.95)))])
def test_saturated_is_where_the_slope_is_below_a_twentieth_of_the_steepest(activation, edge):
    layer = Layer(1, 1, activation, init="zeros")
    layer.neurons[0].w[0].data = 1.0
    rows = [[edge * factor] for factor in (-1.01, -0.99, 0.0, 0.99, 1.01)]
    found = activation_histograms(layer, rows)
    assert list(found["saturated"].values()) == [0.4]
    assert next(iter(found["outputs"].values())) == layer.predict(rows)


def test_e6_equal_weights_cannot_overfit():
    found = overfit_one_batch(MLP(2, [16, 1], "tanh", init="zeros"), XOR, XOR_Y)
    assert not found.fine
    assert "does not tell the samples apart" in found.finding
    assert found["after"] == pytest.approx(0.25, abs=0.01)


def test_e6_a_linear_model_is_stuck_on_three_points_that_are_on_no_line():
    found = overfit_one_batch(MLP(1, [1], seed=0), [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 2.0, 5.0], steps=600)
    assert (found.fine, "stuck away from 0" in found.finding) == (False, True)


def test_targets_far_from_0_are_not_taken_for_learnt_because_the_loss_fell_far():
    y = [1000.0 + t for t in XOR_Y]
    model = MLP(2, [1], init="zeros")
    model.layers[0].neurons[0].b.data = 999.0
    found = overfit_one_batch(model, XOR, y, steps=400)
    assert found["after"] < 0.3
    assert not found.fine


def test_equal_targets_can_be_overfitted():
    assert overfit_one_batch(MLP(2, [8, 1], "tanh", seed=0), XOR, [0.5] * 4).fine


def test_a_training_that_fails_is_a_finding():
    found = overfit_one_batch(Sequential(Layer(2, 1, ac.exp, seed=0)), X, Y, lr=1e4)
    assert not found.fine
    assert found.finding.startswith("It cannot be trained on 8 samples: training stopped in epoch ")


# -- the model stays as it was ---------------------------------------------------------------------------------------------
def snapshot(model):
    random_states = [module.generator.getstate() for module in model.modules() if hasattr(module, "generator")]
    modes = [(module.training, vars(module).get("forward")) for module in model.modules()]
    return model.state_dict(), [p.grad for p in model.parameters()], modes, random_states, random.getstate()


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("training", [True, False])
def test_a_check_restores_mode_parameters_gradients_buffers_and_generators(check, training):
    model = batch_norm_model().train(training)
    model.layers[3].training = not training  # a mode of its own
    for i, parameter in enumerate(model.parameters()):
        parameter.grad = float(i)
    before, parameters = snapshot(model), model.parameters()
    CHECKS[check](model, X, Y, "mse")
    assert snapshot(model) == before
    assert all(a is b for a, b in zip(model.parameters(), parameters))


@pytest.mark.parametrize("check", ["check_gradients", "gradient_flow", "overfit_one_batch", "dead_units", "activation_histograms"])
def test_a_check_that_fails_restores_the_model_too(check):
    class Fragile(Module):
        calls = 0

        def forward(self, x):
            Fragile.calls += 1
            if Fragile.calls > 12:
                raise RuntimeError("broken")
            return x

    model = Sequential(Layer(2, 4, "tanh", seed=0), Dropout(0.5, seed=1), Fragile(), Layer(4, 1, "linear", seed=1))
    before = snapshot(model)
    with pytest.raises(RuntimeError, match="broken"):
        CHECKS[check](model, X, Y, "mse")
    assert snapshot(model) == before


@pytest.mark.parametrize(
    ("run", "kind", "message"),
    [
        (lambda: check_gradients(Sequential(Dropout(0.5)), X, X), ValueError, "has no parameters"),
        (lambda: gradient_flow(MLP(2, [1]), X, Y[:-1]), ValueError, "of different lengths"),
        (lambda: gradient_flow(MLP(2, [1]), X, Y, "mean"), ValueError, "loss is one of"),
        (lambda: gradient_flow(MLP(3, [1]), X, Y), ValueError, "takes 3 inputs, not 2"),
        (lambda: gradient_flow(MLP(2, [1]), X, Y, samples=0), ValueError, "1 or more, not 0"),
        (lambda: gradient_flow(Sequential(BatchNorm(2)), X[:1], X[:1]), ValueError, "two samples or more"),
        (lambda: dead_units(MLP(2, [1]), []), ValueError, "X"),
        (lambda: overfit_one_batch(MLP(2, [1]), X, Y, steps=0), ValueError, "1 or more, not 0"),
        (lambda: gradient_flow(Neuron(2), X, Y)["mean"], KeyError, "there are means, norms, norm, ratio"),
    ],
)
def test_what_cannot_be_diagnosed_is_refused_with_advice(run, kind, message):
    with pytest.raises(kind, match=message):
        run()


# -- pictures --------------------------------------------------------------------------------------------------------------
def test_e6_every_diagnosis_is_drawn():
    model = MLP(2, [8, 1], seed=0)
    flow, check = gradient_flow(model, X, Y), check_gradients(model, X, Y)
    axes = flow.plot(ax=Figure().subplots())
    assert [bar.get_width() for bar in axes.patches] == list(flow["norms"].values())
    axes = check.plot(ax=Figure().subplots())
    assert (axes.get_title(), len(axes.patches)) == ("Gradient check", 2)
    assert dead_units(model, X).plot(ax=Figure().subplots())[0].get_xlabel() == "share of the samples that a unit is on for"
    assert len(activation_histograms(model, X).plot(ax=Figure().subplots(1, 2))) == 2
    found = overfit_one_batch(model, X, Y, steps=5)
    (line,) = found.plot(ax=Figure().subplots()).lines
    assert list(line.get_ydata()) == found["history"]["loss"]


@pytest.mark.parametrize("number", [math.nan, math.inf, 1e300])
def test_a_model_whose_numbers_are_not_finite_is_diagnosed_too(number):
    model, X, y = MLP(2, [3, 1], seed=0), [[0.5, 1.0], [1.0, 2.0]], [0.0, 1.0]
    for parameter in model.parameters():
        parameter.data = number
    found = check_gradients(model, X, y)
    assert (found.fine, found["checked"]) == (False, 0)
    assert re.match(r"Nothing could be compared: the loss is (nan|inf), and the node .* is (nan|inf)", found.finding)
    assert "nan" in str(activation_histograms(model, X).table) or "inf" in str(activation_histograms(model, X).table)
    assert dead_units(model, X)["share"] == 0.0


def test_what_is_no_model_is_not_looked_into():
    for call in (lambda: gradient_flow(3, [[1.0]], [1.0]), lambda: dead_units(None, [[1.0]])):
        with pytest.raises(TypeError, match="what is looked into is a model, not "):
            call()
    with pytest.raises(ValueError, match="per_layer is a whole number, 1 or more, not 0"):
        check_gradients(MLP(1, [1]), [[1.0]], [1.0], per_layer=0)


def test_dead_units_are_found_by_either_convention_at_zero():
    for activation in ("relu", "relu'(0)=1"):
        (dead,) = dead_units(MLP(1, [2, 1], activation, init="zeros"), [[1.0], [2.0]])["dead"].values()
        assert dead == [1, 2]
