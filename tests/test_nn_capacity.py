"""What a network can represent: parameters, linear pieces, regions, and stacks of linear layers that are one."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lectures.capacity import collapse_linear, folding_network, linear_regions_1d, linear_regions_2d, parameter_count
from nn import MLP, BatchNorm, Layer, Sequential


@pytest.mark.parametrize(("sizes", "count"), [([784, 10], 7850), ([784, 128, 10], 101770), ([3, 2, 2, 1], 17), ([2, 16, 16, 1], 337), ([1, 1], 2)])
def test_b2_the_parameter_count_is_that_of_the_lectures_and_of_the_model(sizes, count):
    assert parameter_count(sizes) == count
    if count < 10_000:
        assert len(MLP(sizes[0], sizes[1:], seed=0).parameters()) == count


@pytest.mark.parametrize("sizes", [[], [3], [3, 0], [2.0, 1], [True, 1]])
def test_wrong_sizes_are_refused(sizes):
    with pytest.raises(ValueError, match="sizes are the number of inputs"):
        parameter_count(sizes)


def with_random_biases(model, seed):
    generator = random.Random(f"biases {seed}")  # the weights were drawn from the seed itself
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.b.data = generator.uniform(-1.0, 1.0)
    return model


@pytest.mark.parametrize("depth", range(1, 9))
def test_b10_folding_doubles_the_pieces_with_each_layer(depth):
    network = folding_network(depth)
    assert linear_regions_1d(network, 0.0, 1.0) == 2**depth
    assert len(network.parameters()) == parameter_count([1] + [2] * depth + [1]) == 6 * depth + 1
    for i in range(2 * 2**depth + 1):  # a triangle wave of 2 ** (depth - 1) teeth, at all tips and half-way up
        x = i / (2 * 2**depth)
        assert network([x]).data == 1.0 - abs(2.0 * ((x * 2 ** (depth - 1)) % 1.0) - 1.0)


def test_b10_a_folding_network_of_five_layers_has_32_pieces():
    assert linear_regions_1d(folding_network(5), 0.0, 1.0) == 32


@given(st.integers(1, 6), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_b10_one_hidden_layer_has_a_kink_for_each_unit_that_switches_inside(units, seed):
    model = with_random_biases(MLP(1, [units, 1], seed=seed), seed)
    kinks = {-neuron.b.data / neuron.w[0].data for neuron in model.layers[0].neurons}
    assert linear_regions_1d(model, -3.0, 2.0) == 1 + sum(-3.0 < kink < 2.0 for kink in kinks) <= units + 1


@pytest.mark.parametrize("seed", range(7))
def test_b10_the_pieces_of_a_deep_network_are_those_of_its_outputs_on_a_fine_grid(seed):
    model = with_random_biases(MLP(1, [4, 3, 1], seed=seed), seed)
    step = 1 / 4096
    ys = model.predict([[-2.0 + i * step] for i in range(4 * 4096 + 1)])
    bends = [i for i in range(1, len(ys) - 1) if abs(ys[i - 1] - 2.0 * ys[i] + ys[i + 1]) > 1e-9]
    kinks = sum(i - 1 not in bends for i in bends)  # a kink between two points bends at both
    assert linear_regions_1d(model, -2.0, 2.0) == 1 + kinks > 1


def test_a_kink_that_the_next_layer_does_not_see_makes_no_piece():
    model = MLP(1, [2, 1], init="zeros")
    for neuron, weight, out in zip(model.layers[0].neurons, (1.0, -1.0), (1.0, -1.0)):
        neuron.w[0].data = weight
        model.layers[1].neurons[0].w[0 if weight > 0 else 1].data = out
    assert linear_regions_1d(model, -1.0, 1.0) == 1  # relu(x) - relu(-x) is x
    model.layers[1].neurons[0].w[1].data = 1.0
    assert linear_regions_1d(model, -1.0, 1.0) == 2  # relu(x) + relu(-x) is |x|


@given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_b10_pieces_are_at_most_the_product_over_the_layers(widths, seed):
    model = with_random_biases(MLP(1, [*widths, 1], seed=seed), seed)
    assert 1 <= linear_regions_1d(model, -5.0, 5.0) <= math.prod(width + 1 for width in widths)


@pytest.mark.parametrize(("lines", "count"), [([(1, 0, 0.1)], 2), ([(1, 0, 0), (1, 0, 1), (1, 0, -1)], 4), ([(1, 0, 0.1), (0, 1, 0.1), (-1, -1, 1)], 7), ([(1, 0, 0.1), (0, 1, 0.1), (-1, -1, 1), (1, -2, 0.5)], 11)])
def test_b10_n_lines_in_the_plane_make_the_known_number_of_regions(lines, count):
    model = MLP(2, [len(lines), 1], seed=0)
    for neuron, (a, b, c) in zip(model.layers[0].neurons, lines):
        neuron.w[0].data, neuron.w[1].data, neuron.b.data = float(a), float(b), float(c)
    assert linear_regions_2d(model, -4.0, 4.0, 161) == count


@pytest.mark.parametrize("bias", [True, False])
def test_b9_a_stack_of_linear_layers_is_one_layer(bias):
    generator = random.Random(0)
    model = Sequential(MLP(4, [5, 3], "linear", bias=bias, seed=0), Layer(3, 2, "linear", seed=1))
    for parameter in model.parameters():
        parameter.data = float(generator.randint(-5, 5))  # whole numbers: nothing is rounded
    one = collapse_linear(model)
    assert isinstance(one, Layer)
    assert (one.nin, one.nout, len(one.parameters())) == (4, 2, 10)
    for _ in range(20):
        x = [float(generator.randint(-9, 9)) for _ in range(4)]
        assert [y.data for y in one(x)] == [y.data for y in model(x)]


def test_b9_the_weights_are_the_product_and_the_bias_goes_through_the_second_layer():
    model = MLP(2, [2, 1], "linear", init="zeros")
    for neuron, weights, bias in zip([*model.layers[0].neurons, *model.layers[1].neurons], ([1, 2], [3, 4], [5, 6]), (7, 8, 9)):
        neuron.w[0].data, neuron.w[1].data, neuron.b.data = map(float, (*weights, bias))
    one = collapse_linear(model)
    assert [w.data for w in one.neurons[0].w] == [5 * 1 + 6 * 3, 5 * 2 + 6 * 4]
    assert one.neurons[0].b.data == 5 * 7 + 6 * 8 + 9


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda: collapse_linear(MLP(2, [3, 1])), "activation 'linear', and this is Layer"),
        (lambda: collapse_linear(Sequential(Layer(2, 2, "linear"), BatchNorm(2))), "this is BatchNorm"),
        (lambda: linear_regions_1d(MLP(1, [3, 1], "tanh"), 0.0, 1.0), "'relu' or 'linear'"),
        (lambda: linear_regions_1d(MLP(2, [3, 1]), 0.0, 1.0), r"models of 1 input\(s\).* takes 2"),
        (lambda: linear_regions_1d(MLP(1, [3, 1]), 1.0, 1.0), "low is less than high"),
        (lambda: linear_regions_2d(MLP(1, [3, 1]), 0.0, 1.0), r"models of 2 input\(s\).* takes 1"),
        (lambda: linear_regions_2d(MLP(2, [3, 1]), 0.0, 1.0, steps=1), "steps is a whole number, 2 or more, not 1"),
        (lambda: folding_network(0), "depth, the number of hidden layers, is a whole number, 1 or more, not 0"),
    ],
)
def test_what_cannot_be_counted_is_refused(run, message):
    with pytest.raises(ValueError, match=message):
        run()
