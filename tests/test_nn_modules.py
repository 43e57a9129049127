"""Modules: rows B1 to B4, B12, E3 and E4 of the curriculum; states and files, modes, micrograd's calls."""

import copy
import inspect
import itertools
import json
import math
import pickle
import random
import subprocess
import sys
import time

import pytest

import autograd_core as ac
import nn
from lectures.gates import xor_network
from nn.activations import ACTIVATIONS, INITIALIZATIONS

POINT = [0.5, -1.25]


def with_weights(layer, weights, biases):
    for neuron, row, bias in zip(layer.neurons, weights, biases):
        for w, value in zip(neuron.w, row):
            w.data = value
        neuron.b.data = bias


def test_every_optimizer_and_every_layer_is_a_public_name():
    layers = {kind for kind in vars(nn.layers).values() if inspect.isclass(kind) and issubclass(kind, nn.Module)}
    names = {kind.__name__ for kind in (*layers, *nn.OPTIMIZERS.values()) if kind.__name__[0] != "_"}
    assert len(names) >= 11
    assert names <= set(nn.__all__), f"import {names - set(nn.__all__)} in nn/__init__.py, and add it to __all__ there"


# -- B1 to B4 ------------------------------------------------------------------------------------------------------
def test_b1_an_mlp_has_any_depth_and_width_an_activation_a_layer_and_none_on_its_output_unless_asked():
    model = nn.MLP(2, [5, 4, 3], activation=["tanh", "relu"], seed=1)
    assert [repr(layer) for layer in model.layers] == ["Layer(2, 5, tanh)", "Layer(5, 4, relu)", "Layer(4, 3, linear)"]
    assert [len(y) for y in model.activations(POINT)] == [5, 4, 3]
    assert sum(y.data for y in nn.MLP(2, [3], output="softmax", seed=1)(POINT)) == pytest.approx(1.0)
    x = POINT
    for layer in model.layers:
        x = layer(x)
    assert [y.data for y in x] == [y.data for y in model(POINT)]


def test_b1_elementary_operations_give_the_same_network():
    one, many = nn.MLP(3, [4, 2], "tanh", seed=5), nn.MLP(3, [4, 2], "tanh", seed=5, expand=True)
    x = [0.3, -0.7, 1.1]
    for y, same in zip(one(x), many(x)):
        assert y.data == pytest.approx(same.data, rel=1e-14, abs=0.0)
    ac.dot([1.0, 1.0], one(x)).backward()
    ac.dot([1.0, 1.0], many(x)).backward()
    assert [p.grad for p in one.parameters()] == pytest.approx([p.grad for p in many.parameters()], rel=1e-12, abs=0.0)
    assert "dot" not in {node.op for node in ac.topological_order(many(x)[0])}


@pytest.mark.parametrize(("sizes", "count"), [((2, [16, 16, 1]), 337), ((784, [10]), 7850), ((784, [128, 10]), 101_770), ((3, [2, 2, 1]), 17)])
def test_b2_the_number_of_parameters(sizes, count):
    assert len(nn.MLP(*sizes, init="zeros").parameters()) == count


def test_b2_the_summary_counts_parameters_and_operations():
    text = str(nn.MLP(2, [16, 16, 1]).summary())
    assert "Layer(2, 16, relu)" in text
    assert "272" in text
    assert "337 parameters" in text


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_b3_a_layer_has_every_activation(name):
    layer = nn.Layer(1, 1, name, init="zeros")
    with_weights(layer, [[1.0]], [0.0])
    for x in (-2.0, -0.5, 0.75, 3.0):
        assert layer([x]).data == (x if name == "linear" else getattr(ac, name)(x))


def test_b3_the_slopes_of_sigmoid_and_tanh_are_at_most_a_quarter_and_1():
    slopes = {name: max(ac.grad(ACTIVATIONS[name])(x / 10) for x in range(-50, 51)) for name in ("sigmoid", "tanh")}
    assert slopes == {"sigmoid": 0.25, "tanh": 1.0}


def test_b4_the_forward_example():
    model = nn.MLP(2, [2, 1], "sigmoid", "sigmoid")
    with_weights(model.layers[0], [[0.5, 0.3], [0.2, 0.4]], [0.1, 0.2])
    with_weights(model.layers[1], [[0.6, 0.7]], [0.3])
    hidden, output = model.activations([1.0, 2.0])
    ulp = {"rel": 3e-16}  # 0.5 + 0.6 + 0.1 is 1.2000000000000002 from left to right, and 1.2 from right to left
    assert [a.data for a in hidden] == pytest.approx([0.7685247834990175, 0.7685247834990175], **ulp)
    assert output.parents[0].data == pytest.approx(1.2990822185487227, **ulp)
    assert output.data == 0.7856804814070102


# -- B12 -----------------------------------------------------------------------------------------------------------
def test_b12_a_filter_over_5_inputs_has_3_parameters_where_a_dense_layer_has_25():
    filter_ = nn.Conv1d(3, padding="same", bias=False)
    assert len(filter_.parameters()) == 3
    assert len(nn.Layer(5, 5, bias=False).parameters()) == 25
    assert len(filter_([1.0] * 5)) == 5


def test_b12_the_gradient_of_a_shared_weight_is_the_sum_over_its_uses():
    x = [2.0, -1.0, 3.0, 0.5, 4.0]
    filter_ = nn.Conv1d(3, padding="same", bias=False, activation="linear", seed=1)
    loss = ac.dot([1.0, 2.0, 3.0, 4.0, 5.0], filter_(x))
    loss.backward()
    upstream, padded = [1.0, 2.0, 3.0, 4.0, 5.0], [0.0, *x, 0.0]
    assert [w.grad for w in filter_.w] == [sum(g * padded[i + k] for i, g in enumerate(upstream)) for k in range(3)]
    assert "from 4 uses of w1" in str(ac.explain(loss, filter_.w[0]))  # the first output looks at the padding there
    assert "from 5 uses of w2" in str(ac.explain(loss, filter_.w[1]))


def test_b12_the_receptive_field_grows_with_depth():
    model = nn.Sequential(*(nn.Conv1d(3, padding="same", bias=False, activation="linear", init=lambda g, a, b: 1.0) for _ in range(2)))
    middle = model([nn.Input(1.0) for _ in range(9)])[4]
    reached = [node for node in ac.topological_order(middle) if isinstance(node, nn.Input)]
    assert len(reached) == 5


# -- E3 and E4 -----------------------------------------------------------------------------------------------------
def test_e3_dropout_keeps_the_mean_and_drops_about_the_share_that_was_asked():
    layer = nn.Dropout(0.3, seed=0)
    found = [y for _ in range(300) for y in layer([1.0] * 20)]
    assert set(found) == {0.0, 1.0 / 0.7}
    assert sum(y == 0.0 for y in found) / len(found) == pytest.approx(0.3, abs=0.02)
    assert sum(found) / len(found) == pytest.approx(1.0, abs=0.03)


def test_e3_batch_normalisation_is_that_of_the_paper_with_pytorch_s_running_averages():
    rows = [[1.0, -2.0], [3.0, 4.0], [8.0, 1.0], [0.0, 0.5]]
    layer = nn.BatchNorm(2)
    outputs = layer.batch([[ac.Value(x) for x in row] for row in rows])
    for column in zip(*outputs):
        values = [y.data for y in column]
        assert sum(values) == pytest.approx(0.0, abs=1e-12)
        assert sum(v * v for v in values) / 4 == pytest.approx(1.0, abs=1e-4)
    assert layer.running_mean == pytest.approx([0.3, 0.0875])  # a tenth of the means 3 and 0.875
    assert layer.running_var == pytest.approx([0.9 + 0.1 * 38.0 / 3.0, 0.9 + 0.1 * 18.1875 / 3.0])
    slope = ac.gradients(outputs[0][0] * outputs[2][0], layer.weight)[0].data
    assert slope == pytest.approx(2.0 * outputs[0][0].data * outputs[2][0].data)


def test_e3_batch_normalisation_says_what_it_needs():
    layer = nn.BatchNorm(2)
    with pytest.raises(ValueError, match=r"call batch\(rows\), or eval\(\) first"):
        layer([1.0, 2.0])
    with pytest.raises(ValueError, match="two samples or more"):
        layer.batch([[1.0, 2.0]])
    with pytest.raises(ValueError, match="takes 2 inputs, not 1"):
        layer.eval()([1.0])


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_e4_initialisations_have_their_spread_and_a_seed_reproduces_them(name):
    weights = [p.data for n in nn.Layer(100, 50, "tanh", bias=False, init=name, seed=3).neurons for p in n.w]
    again = [p.data for n in nn.Layer(100, 50, "tanh", bias=False, init=name, seed=3).neurons for p in n.w]
    variance = {"uniform": 1 / 3, "normal": 1.0, "zeros": 0.0}.get(name, 2 / 150 if name.startswith("xavier") else 2 / 100)
    assert weights == again
    assert sum(w * w for w in weights) / len(weights) == pytest.approx(variance, rel=0.06)


def test_e4_from_zeros_all_neurons_of_a_layer_stay_equal():
    model = nn.MLP(2, [3, 1], "tanh", init="zeros")
    for neuron in model.layers[0].neurons:
        neuron.b.data = 0.1
    model.layers[1].neurons[0].w[0].data = model.layers[1].neurons[0].w[1].data = model.layers[1].neurons[0].w[2].data = 0.5
    model.fit([[0.0, 1.0], [1.0, 0.5], [0.2, 0.3]], [1.0, 0.0, 0.5], epochs=20)
    assert len({tuple(p.data for p in neuron.parameters()) for neuron in model.layers[0].neurons}) == 1


def test_python_s_own_seed_decides_where_none_is_given():
    random.seed(1337)
    first = nn.MLP(2, [3, 1]).state_dict()
    random.seed(1337)
    assert nn.MLP(2, [3, 1]).state_dict() == first


# -- what a module is ------------------------------------------------------------------------------------------------
def test_micrograd_s_calls_work_unchanged():
    model = nn.MLP(2, [16, 16, 1])
    assert isinstance(model([1.0, -2.0]), ac.Value)
    assert len(nn.MLP(2, [2])([1.0, 2.0])) == 2
    scores = list(map(model, [[1.0, 2.0], [0.5, -0.5]]))
    losses = [(1 + -yi * score).relu() for yi, score in zip([1, -1], scores)]
    total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
    model.zero_grad()
    total.backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
    assert repr(nn.Neuron(3, nonlin=False)) == "Neuron(3, linear)"


@pytest.mark.parametrize("operation", ["+=", "-=", "*=", "/=", "**="])
def test_a_parameter_cannot_be_replaced_by_a_node(operation):
    scope = {"p": nn.Parameter(2.0, "w")}
    with pytest.raises(TypeError, match=r"write p.data -= \.\.\."):
        exec(f"p {operation} 1.0", scope)
    assert scope["p"].data == 2.0


def test_a_parameter_that_is_used_twice_counts_once_and_cycles_of_modules_end():
    class Tied(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(1.0)
            self.again = {"same": [self.w, (self.w, nn.Parameter(2.0))]}
            self.me = self

    tied = Tied()
    assert [name for name, _ in tied.named_parameters()] == ["w", "again.same.1.1"]
    assert tied.modules() == [tied]


def test_modes_reach_every_part():
    model = nn.Sequential(nn.Layer(2, 2), nn.Dropout(0.5), nn.BatchNorm(2))
    assert model.eval() is model
    assert not any(part.training for part in model.modules())
    assert all(part.training for part in model.train().modules())


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))], ids=["deepcopy", "pickle"])
def test_models_are_copied_and_pickled_whole(copied):
    model = nn.Sequential(nn.Layer(2, 3, "tanh", seed=0), nn.BatchNorm(3), nn.Dropout(0.1, seed=1), nn.Layer(3, 2, "softmax"))
    other = copied(model)
    assert other.state_dict() == model.state_dict()
    other.parameters()[0].data = 9.0
    assert model.parameters()[0].data != 9.0
    assert [y.data for y in model.eval()(POINT)] != [y.data for y in other.eval()(POINT)]


def test_an_activation_may_be_given_as_a_function_of_the_engine():
    model = nn.MLP(2, [1], output=ac.sigmoid, init="zeros")
    assert repr(model.layers[0]) == "Layer(2, 1, sigmoid)"
    assert model.predict_classes([[0.0, 0.0]]) == nn.MLP(2, [1], output="sigmoid", init="zeros").predict_classes([[0.0, 0.0]]) == [0]


BAD = {
    "a neuron has at least one input": lambda: nn.Neuron(0),
    "at least one neuron": lambda: nn.Layer(2, 0),
    r"nouts lists the neurons of each layer, .*, and is not \[\]": lambda: nn.MLP(2, []),
    r"as in MLP\(2, \[16, 1\]\), and is not 2": lambda: nn.MLP(2, 2, 1),
    "one entry for each of the 1 hidden layers, not 2": lambda: nn.MLP(2, [2, 1], activation=["relu", "tanh"]),
    "activation is one of 'linear'": lambda: nn.Neuron(2, "rellu"),
    "init is one of 'xavier'.*'auto' or a function": lambda: nn.Neuron(2, init="random"),
    "takes 2 inputs, not 3": lambda: nn.MLP(2, [3, 1])([1.0, 2.0, 3.0]),
    "the probability p is a number of at least 0 and below 1": lambda: nn.Dropout(1.0),
    "a filter has at least one weight": lambda: nn.Conv1d(0),
    "needs an odd kernel_size": lambda: nn.Conv1d(2, padding="same"),
    "takes 3 inputs or more, not 2": lambda: nn.Conv1d(3)([1.0, 2.0]),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_arguments_are_refused_by_one_clear_error(message):
    with pytest.raises(ValueError, match=message):
        BAD[message]()


def test_a_number_is_no_sample():
    with pytest.raises(TypeError, match=r"takes one sample, 2 numbers, and not a list of rows: write predict\(X\)"):
        nn.MLP(2, [3, 1])([[0.0, 1.0], [1.0, 1.0]])
    with pytest.raises(TypeError, match="takes a list of 2 numbers, not float"):
        nn.MLP(2, [1])(1.0)
    with pytest.raises(TypeError, match="Sequential takes modules"):
        nn.Sequential("relu")
    with pytest.raises(NotImplementedError, match="defines no forward"):
        nn.Module()([1.0])


# -- files -----------------------------------------------------------------------------------------------------------
def test_a_state_is_saved_and_loaded_to_the_bit(tmp_path):
    model = nn.Sequential(nn.Layer(2, 3, seed=0), nn.BatchNorm(3), nn.Layer(3, 1, seed=1))
    awkward = [5e-324, 1.7976931348623157e308, 0.1 + 0.2, -0.0, math.pi]
    for parameter, value in zip(model.parameters(), itertools.cycle(awkward)):
        parameter.data = value
    model.layers[1].running_mean = [1 / 3, -1e-300, 7.0]
    model.save(tmp_path / "model.json")
    other = nn.Sequential(nn.Layer(2, 3), nn.BatchNorm(3), nn.Layer(3, 1))
    other.load(tmp_path / "model.json")
    assert repr(other.state_dict()) == repr(model.state_dict())


def test_what_does_not_fit_is_refused_and_changes_nothing(tmp_path):
    path = tmp_path / "model.json"
    nn.MLP(2, [3, 1]).save(path)
    whole = path.read_text()
    model = nn.MLP(2, [2, 1], seed=1)
    before = model.state_dict()
    content = json.loads(whole)
    for text, message in {
        whole: "saved from MLP: the state of MLP does not fit: .*4 unknown, the first is layers.0.neurons.2.w.0",
        whole[: len(whole) // 2]: "no whole JSON file",
        "[]": "not a file of the kind 'nn state'",
        json.dumps({**content, "version": 1}): "version 1, and this program reads version 3",
        json.dumps({**content, "state": {**before, "layers.0.neurons.0.b": "x"}}): "damaged or edited",
        whole.replace('"state": {', '"state": {"layers.0.neurons.0.b": 5.0, '): "a key stands in it twice",
    }.items():
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            model.load(path)
        assert model.state_dict() == before
    with pytest.raises(FileNotFoundError):
        model.load(tmp_path / "none.json")


def test_killing_the_process_while_it_saves_never_leaves_a_broken_file(tmp_path):
    path = tmp_path / "model.json"
    code = f"import nn, itertools\nm = nn.MLP(20, [40, 10], seed=0)\nm.save({str(path)!r})\nprint('saved', flush=True)\nwhile True: m.save({str(path)!r})"
    for delay in (0.0, 0.003, 0.011, 0.027):
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(delay)
        process.kill()
        process.wait()
        process.stdout.close()
        nn.MLP(20, [40, 10]).load(path)


@pytest.mark.parametrize("model", [nn.MLP(2, [3, 1]), nn.Perceptron(2), nn.Neuron(3, "sigmoid"), xor_network()], ids=repr)
def test_a_network_shows_itself_in_a_notebook_as_a_picture(model):
    bundle = model._repr_mimebundle_()
    assert bundle["text/plain"] == repr(model)
    assert bundle["image/svg+xml"] == ac.draw(model).svg()


def test_what_cannot_be_drawn_shows_itself_as_text():
    class Odd(nn.Module):
        def forward(self, x):
            return x[0] * x[7]

    for model in (nn.Dropout(0.5), nn.Module(), Odd(), nn.Sequential(nn.Conv1d(3), nn.Layer(5, 2))):
        assert model._repr_mimebundle_() == {"text/plain": repr(model)}


def test_a_part_without_a_backward_pass_of_its_own_is_named():
    with pytest.raises(TypeError, match=r"Dropout\(0\.1\) has no backward\(x, upstream\) of its own"):
        nn.Sequential(nn.Layer(2, 2), nn.Dropout(0.1), nn.Layer(2, 1)).backward([1.0, 2.0], [1.0])
