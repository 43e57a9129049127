"""Networks read from recorded graphs: which units there are, in which columns, and which weights lie on their arrows."""

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core import Constant, Value, dot, identity, log_softmax, maximum, relu, sigmoid, sign, softmax, step, tanh
from autograd_core.views.network import NetworkError, network_of

Weight = type("Weight", (Value,), {"is_parameter": True})
Input = type("Input", (Value,), {"is_input": True})


def activations(network):
    return [[unit.activation for unit in column] for column in network.columns]


def arrows(network):
    """For each unit its arrows: the place of the source (``+1`` for the bias) and the weight."""
    place = {unit.node: (i, j) for i, column in enumerate(network.columns) for j, unit in enumerate(column)}
    return [
        [[("+1" if c.source is None else place[c.source], c.strength) for c in unit.connections] for unit in column]
        for column in network.columns[1:]
    ]


def layers(sizes, weighted, activation=tanh):
    """Weights, inputs and outputs of a fully connected network whose weights are all different."""
    number = itertools.count(1)
    xs = inputs = [Input(float(i), f"x{i + 1}") for i in range(sizes[0])]
    weights = []
    for n, m in itertools.pairwise(sizes):
        weights.append([[Weight(next(number) / 64.0) for _ in range(n + 1)] for _ in range(m)])
        xs = [activation(weighted(row[:-1], xs, row[-1])) for row in weights[-1]]
    return weights, inputs, xs


class Model:
    """What a model tells a picture: the protocol, without a network library."""

    def __init__(self, sizes, activation=sigmoid):
        self.sizes, self.activation = sizes, activation

    def recorded(self):
        self.weights, inputs, outputs = layers(self.sizes, dot, self.activation)
        return outputs, inputs


def added(w, x, b):
    return sum((v * u for v, u in zip(w[1:], x[1:])), w[0] * x[0]) + b


def added_from_the_right(w, x, b):
    total = b
    for v, u in reversed(list(zip(w, x))):
        total = u * v + total
    return total


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.sampled_from([dot, added, added_from_the_right]))
def test_a_fully_connected_network_is_read_weight_by_weight_in_order(sizes, weighted):
    weights, inputs, outputs = layers(sizes, weighted)
    network = network_of(outputs)
    assert network.sizes == "-".join(map(str, sizes))
    assert [unit.node for unit in network.columns[0]] == inputs
    assert [unit.node for unit in network.columns[-1]] == outputs
    for i, (layer, column) in enumerate(zip(weights, network.columns[1:])):
        for row, unit in zip(layer, column):
            assert unit.activation == "tanh"
            found = {c.source: (c.weight, c.strength) for c in unit.connections}
            sources = [*(u.node for u in network.columns[i]), None]
            assert found == {source: (w, w.data) for source, w in zip(sources, row)}


def xor_with_steps(x, activation):
    h = [activation(x[0] + x[1] - 0.5), activation(x[0] + x[1] - 1.5)]
    return activation(h[0] - h[1] - 0.5)


def xor_with_relu(x):
    h = [relu(x[0] + x[1]), relu(x[0] + x[1] - 1.0)]
    return relu(h[0] - 2.0 * h[1] - 0.5)


def xor_in_three_layers(x):
    h = [sign(x[0] + x[1] + 1.5), sign(x[0] + x[1] - 1.5)]
    both = [sign(h[0] - h[1] - 1.5), sign(h[1] - h[0] - 1.5)]
    return sign(both[0] + both[1] + 1.5)


@pytest.mark.parametrize(
    ("build", "sizes", "kind"),
    [(lambda x: xor_with_steps(x, step), "2-2-1", "step"), (lambda x: xor_with_steps(x, sign), "2-2-1", "sign"),
     (xor_with_relu, "2-2-1", "relu"), (xor_in_three_layers, "2-2-2-1", "sign")],
)  # fmt: skip
@pytest.mark.parametrize("point", list(itertools.product([0.0, 1.0], repeat=2)))
def test_networks_of_plain_numbers_are_read_with_the_true_value_in_each_unit(build, sizes, kind, point):
    x = [Value(point[0], "x1"), Value(point[1], "x2")]
    network = network_of([build(x)])
    assert network.sizes == sizes
    assert {unit.activation for column in network.columns[1:] for unit in column} == {kind}
    first = [unit.node.data for unit in network.columns[1]]
    shift = {"2-2-2-1": (1.5, -1.5)}.get(sizes, (0.0, -1.0) if kind == "relu" else (-0.5, -1.5))
    function = {"step": step, "sign": sign, "relu": relu}[kind]
    assert first == [function(sum(point) + b) for b in shift]


def test_weights_are_signed_as_they_act_and_a_missing_bias_is_no_arrow():
    x, y = Value(1.0, "x1"), Value(2.0, "x2")
    h = [step(x - 2.0 * y + 0.25), step(-x * 3.0 + y)]
    network = network_of([step(h[0] - h[1] - 0.5)])
    assert arrows(network) == [
        [[((0, 0), 1.0), ((0, 1), -2.0), ("+1", 0.25)], [((0, 0), -3.0), ((0, 1), 1.0)]],
        [[((1, 0), 1.0), ((1, 1), -1.0), ("+1", -0.5)]],
    ]
    assert arrows(network_of([dot([Weight(3.0)], [Input(1.0)])])) == [[[((0, 0), 3.0)]]]


def test_linear_units_that_others_read_stay_units():
    x = [Input(1.0), Input(2.0)]
    h = [dot([Weight(1.0), Weight(2.0)], x, Weight(0.5)), dot([Weight(3.0), Weight(4.0)], x, Weight(0.5))]
    y = h[0] - 2.0 * h[1]
    assert network_of([y, h[0] + h[1]]).sizes == "2-2-2"
    recurrent = tanh(dot([Weight(1.0)], [x[0]]) + dot([Weight(2.0)], [x[1]]) + Weight(3.0))
    assert arrows(network_of([recurrent])) == [[[((0, 0), 1.0), ((0, 1), 2.0), ("+1", 3.0)]]]
    inner = tanh(h[0])
    assert network_of([inner, inner * Weight(2.0)]).sizes == "2-1-1", "an output that another reads stays in front of it"
    named = x[0] + x[1]
    named.name = "s"
    assert network_of([named - 1.0]).sizes == "2-1-1"


def test_skips_residuals_pools_and_gates_have_units():
    x = [Input(1.0, "x1"), Input(2.0, "x2")]
    h = tanh(dot([Weight(1.0), Weight(2.0)], x))
    assert network_of([h + x[0]]).sizes == "2-1-1"
    assert arrows(network_of([h + x[0]]))[1] == [[((1, 0), 1.0), ((0, 0), 1.0)]]
    pooled = network_of([maximum(maximum(x[0], x[1]), 0.0)])
    assert activations(pooled)[1:] == [["maximum"], ["maximum"]]
    assert arrows(pooled)[1] == [[((1, 0), 1.0)]]
    gated = network_of([h * x[1]])
    assert activations(gated)[-1] == ["×"]
    z = x[0] + x[1]
    swish = network_of([z * sigmoid(z)])
    assert activations(swish) == [["", ""], [""], ["sigmoid"], ["×"]]


@pytest.mark.parametrize("activation", [softmax, log_softmax])
def test_an_activation_of_a_whole_layer_stands_in_its_units(activation):
    _, inputs, logits = layers([2, 3], dot, identity)
    plain = [node.parents[0] for node in logits]
    network = network_of(activation(plain))
    assert network.sizes == "2-3"
    assert activations(network)[1] == [activation.__name__] * 3
    assert [unit.total for unit in network.columns[1]] == plain
    assert len(arrows(network)[0][0]) == len(inputs) + 1


def test_shared_weights_are_one_leaf_on_several_arrows():
    w, x = [Weight(k) for k in (1.0, 2.0, 3.0)], [Input(float(i)) for i in range(4)]
    outputs = []
    for i in range(4):
        uses = [(w[k], x[i + k - 1]) for k in range(3) if 0 <= i + k - 1 < 4]
        outputs.append(dot([a for a, _ in uses], [b for _, b in uses], 0.0))
    assert [[strength for _, strength in unit] for unit in arrows(network_of(outputs))[0]] == [[2, 3], [1, 2, 3], [1, 2, 3], [1, 2]]
    assert [unit.node for unit in network_of(outputs).columns[0]] == x


def test_inputs_are_those_given_or_marked_or_else_all_that_are_no_parameters():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b")
    y = (w * x + b).tanh()
    for options in ({"inputs": [x]}, {"parameters": [w, b]}):
        assert arrows(network_of([y], **options)) == [[[((0, 0), 0.5), ("+1", 1.0)]]]
    c = Constant(3.0)
    assert network_of([c * w], inputs=[c]).sizes == "1-1"
    ten = [Value(1.0, f"x{i}") for i in (10, 2, 1)]
    network = network_of([ten[0] - ten[1] - ten[2]])
    assert [unit.node.name for unit in network.columns[0]] == ["x1", "x2", "x10"]


def test_what_is_no_network_is_told_with_a_remedy():
    w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b")
    for y in (w * x + b, (w * x).tanh()):
        with pytest.raises(NetworkError, match=r"which of .*'w'.* and .*'x'.* is the input.*inputs=\[\.\.\.\]"):
            network_of([y])
    with pytest.raises(NetworkError, match=r"a product of two weights .*inputs="):
        network_of([dot([Weight(1.0)], [Weight(2.0)]) + x])
    with pytest.raises(NetworkError, match=r"which of"):
        network_of([Weight(1.0) * Weight(2.0) + x])


def test_a_hundred_thousand_parameters_are_read_in_a_moment():
    xs = inputs = [Input(0.0) for _ in range(784)]
    for count, function in ((128, relu), (10, identity)):
        xs = [function(dot([Weight(0.01) for _ in xs], xs, Weight(0.0))) for _ in range(count)]
    start = time.process_time()
    network = network_of(xs, inputs)
    seconds = time.process_time() - start
    assert network.sizes == "784-128-10"
    assert sum(len(unit.connections) for column in network.columns for unit in column) == 101_770
    start = time.process_time()
    for _ in range(10**6):
        pass
    assert seconds < 60.0 * (time.process_time() - start), "about 0.4 s where a loop of a million turns takes 0.03 s"
