"""Neurons and perceptrons: rows A1 to A9 of the curriculum. (A2, training through one neuron, is in test_nn_training.)"""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_core as ac
import nn
from lectures.gates import polygon_around, region_code, union_of_polygons, xor_network
from nn import gate
from nn.perceptron import fixed

CORNERS = list(itertools.product((0.0, 1.0), repeat=2))
SIGNS = list(itertools.product((-1.0, 1.0), repeat=2))
TRUTH = {"or": [0, 1, 1, 1], "and": [0, 0, 0, 1], "nor": [1, 0, 0, 0], "nand": [1, 1, 1, 0]}
XOR = [0, 1, 1, 0]


def outputs(module, points):
    return [module(list(point)).data for point in points]


def in_signs(bits):
    return [2.0 * bit - 1.0 for bit in bits]


@pytest.mark.parametrize("activation", ["linear", "relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "step", "sign", ac.sin])
def test_a1_a_neuron_is_an_activation_of_a_weighted_sum_whose_bias_is_the_weight_of_a_constant_1(activation):
    neuron = nn.Neuron(2, activation=activation, seed=0)
    neuron.b.data = 0.25
    with_one = nn.Neuron(3, activation=activation, bias=False)
    for parameter, value in zip(with_one.w, [*(w.data for w in neuron.w), 0.25]):
        parameter.data = value
    y, same = neuron([1.5, -2.0]), with_one([1.5, -2.0, 1.0])
    assert y.data == pytest.approx(same.data, rel=1e-15, abs=0.0)
    y.backward()
    same.backward()
    assert [p.grad for p in neuron.parameters()] == pytest.approx([p.grad for p in with_one.parameters()], rel=1e-15, abs=0.0)


def test_a1_a_neuron_is_drawn_with_its_inputs_weights_sum_and_activation():
    text = ac.to_dot(nn.Neuron(2, "tanh", seed=0)([1.0, 2.0]), level="operation")
    assert all(word in text for word in ("x1", "x2", "w1", "w2", "b", "dot", "tanh"))
    assert len(ac.topological_order(nn.Neuron(2, "tanh")([1.0, 2.0]))) == 7
    assert len(ac.topological_order(nn.Neuron(2, "tanh", expand=True)([1.0, 2.0]))) == 10


@pytest.mark.parametrize(("at_zero", "coding", "expected"), [(1, "01", 1.0), (0, "01", 0.0), (1, "pm1", 1.0), (0, "pm1", -1.0)])
def test_a3_the_output_of_a_sum_of_zero_is_the_convention_that_was_chosen(at_zero, coding, expected):
    unit = nn.Perceptron(1, coding, at_zero, weights=[1.0])
    assert unit([0.0]).data == expected
    assert [unit([x]).data for x in (-5e-324, 5e-324)] == ([0.0, 1.0] if coding == "01" else [-1.0, 1.0])
    assert f"at_zero={at_zero}" in repr(unit)


def test_a4_the_worked_perceptron():
    unit = nn.Perceptron(3, weights=[0.5, -0.3, 0.8], bias=1.0)
    assert unit.weighted_sum([2, 3, -1]).data == 0.30000000000000004
    assert unit([2, 3, -1]).data == 1.0


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=2, max_size=20), st.floats(0, 2 * math.pi), st.floats(-2, 2))
def test_a5_the_learning_rule_separates_what_a_line_separates_with_a_margin(points, angle, offset):
    side = [math.cos(angle) * x + math.sin(angle) * y + offset for x, y in points]
    kept = [(list(point), float(s > 0)) for point, s in zip(points, side) if abs(s) > 0.3]
    if not kept:
        return
    X, t = [x for x, _ in kept], [y for _, y in kept]
    for coding, targets in (("01", t), ("pm1", in_signs(t))):
        unit = nn.Perceptron(2, coding)
        report = unit.learn(X, targets)
        assert report.converged
        assert outputs(unit, X) == targets
        assert report.updates == sum(report.errors)
        assert report.errors[-1] == 0


def test_a5_one_update_is_the_rule_of_the_lecture():
    unit = nn.Perceptron(2, weights=[0.5, -1.0], bias=0.25)
    unit.learn([[2.0, 3.0]], [1.0], lr=0.1, epochs=1)  # y = 0, so w - 0.1 * (0 - 1) * x
    assert [p.data for p in unit.parameters()] == [0.5 + 0.1 * 2.0, -1.0 + 0.1 * 3.0, 0.25 + 0.1]


@pytest.mark.parametrize("coding", ["01", "pm1"])
def test_a5_and_a7_on_xor_the_rule_stops_and_says_that_it_has_not_converged(coding):
    points, targets = (CORNERS, XOR) if coding == "01" else (SIGNS, in_signs(XOR))
    report = nn.Perceptron(2, coding).learn(points, targets, epochs=50)
    assert not report.converged
    assert report.epochs == 50
    assert "not converged after 50 epochs" in str(report)


@pytest.mark.parametrize("name", TRUTH)
def test_a6_gates_have_their_truth_tables_and_can_be_learnt(name):
    assert outputs(gate(name), CORNERS) == TRUTH[name]
    assert outputs(gate(name, "pm1"), SIGNS) == in_signs(TRUTH[name])
    learner = nn.Perceptron(2)
    assert learner.learn(CORNERS, TRUTH[name]).converged
    assert outputs(learner, CORNERS) == TRUTH[name]


def test_a6_the_biases_are_those_of_the_lecture():
    assert [gate(*which).b.data for which in (("or",), ("and",), ("or", "pm1"), ("and", "pm1"))] == [-0.5, -1.5, 1.5, -1.5]
    assert outputs(gate("not"), [[0.0], [1.0]]) == [1.0, 0.0]
    assert outputs(gate("not", "pm1"), [[-1.0], [1.0]]) == [1.0, -1.0]


def test_a7_the_networks_for_xor():
    assert outputs(xor_network("step"), CORNERS) == XOR
    assert outputs(xor_network("sign"), CORNERS) == in_signs(XOR)
    assert outputs(xor_network("relu"), CORNERS) == [0.0, 0.5, 0.5, 0.0]
    assert outputs(xor_network("three layers"), SIGNS) == in_signs(XOR)


@pytest.mark.parametrize(
    ("kind", "corners"), [("step", {(0, 0), (1, 0), (1, 1)}), ("sign", {(-1, -1), (1, -1), (1, 1)}), ("relu", {(0, 0), (1, 0), (2, 1)})]
)
def test_a7_the_hidden_corners_are_separable_where_the_inputs_are_not(kind, corners):
    network = xor_network(kind)
    hidden = [tuple(y.data for y in network.activations(list(point))[0]) for point in CORNERS]
    assert set(hidden) == corners
    learner = nn.Perceptron(2)
    assert learner.learn(hidden, XOR).converged


def test_a8_three_lines_make_seven_regions_and_one_code_never_occurs():
    lines = [(1.0, 0.0, 0.1), (0.0, 1.0, 0.1), (-1.0, -1.0, 1.0)]
    found = {region_code(lines, point) for point in itertools.product([0.1 * i for i in range(-40, 41)], repeat=2)}
    assert set(map("".join, itertools.product("01", repeat=3))) - found == {"000"}
    assert region_code(lines, [0.2, 0.2]) == "111"


def test_a8_a_union_of_polygons_fires_inside_them_and_nowhere_else():
    square = [(1, 0, 0), (-1, 0, 1), (0, 1, 0), (0, -1, 1)]
    beside = [(1, 0, -2), (-1, 0, 3), (0, 1, 0), (0, -1, 1)]
    network = union_of_polygons([square, beside])
    assert [len(layer.neurons) for layer in network.layers] == [6, 2, 1]
    for x, y in itertools.product([-0.5, 0.5, 1.5, 2.5, 3.5], repeat=2):
        assert network([x, y]).data == float((0 <= x <= 1 or 2 <= x <= 3) and 0 <= y <= 1)


def test_a8_more_perceptrons_come_closer_to_a_disc():
    grid = [(-1.5 + 0.1 * i, -1.5 + 0.1 * j) for i in range(31) for j in range(31)]

    def wrong(sides):
        network = union_of_polygons([polygon_around(sides)])
        return sum(network(list(p)).data != float(math.hypot(*p) <= 1.0) for p in grid)

    assert wrong(4) > wrong(8) > wrong(16)


@pytest.mark.parametrize(("bias", "truth"), [(0.0, "or"), (1.0, "or"), (-1.0, "and")])
def test_a9_the_units_of_the_exercise_with_sign_of_zero_plus_one(bias, truth):
    unit = nn.Perceptron(2, "pm1", at_zero=1, weights=[1.0, 1.0], bias=bias)
    assert outputs(unit, SIGNS) == in_signs(TRUTH[truth])


def test_bad_arguments_are_refused_by_one_clear_error():
    for message, call in {
        "coding is one of '01', 'pm1', not '0/1'": lambda: nn.Perceptron(2, "0/1"),
        "at_zero is 1": lambda: nn.Perceptron(2, at_zero=2),
        "has 2 weights": lambda: nn.Perceptron(2, weights=[1.0]),
        "takes 2 inputs, not 3": lambda: nn.Perceptron(2)([1.0, 2.0, 3.0]),
        "X and t are of different lengths, 4 and 1": lambda: nn.Perceptron(2).learn(CORNERS, [1.0]),
        "targets are": lambda: nn.Perceptron(2).learn(CORNERS, [-1, 0, 0, 1]),
        "xor takes two layers": lambda: gate("xor"),
        "kind is 'step'": lambda: xor_network("tanh"),
        "three sides": lambda: polygon_around(2),
        "at least one polygon": lambda: union_of_polygons([]),
    }.items():
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [({"lr": float("nan")}, ValueError, "lr is a finite number above 0"), ({"lr": -1.0}, ValueError, "lr is"), ({"lr": 0.0}, ValueError, "lr is"),
     ({"lr": "x"}, ValueError, "lr is"), ({"epochs": 2.5}, ValueError, "epochs is a whole number"), ({"epochs": "x"}, ValueError, "epochs is"),
     ({"lr": 1e308}, ValueError, "is a finite number, not inf")],
)  # fmt: skip
def test_a_learning_rule_that_cannot_learn_says_so_and_leaves_numbers(options, error, words):
    unit = nn.Perceptron(2)
    with pytest.raises(error, match=words):
        unit.learn([[1.0, 0.0], [4.0, 4.0]], [0, 1], **options)
    assert all(map(math.isfinite, unit.state_dict().values()))


def test_what_is_fixed_holds_no_parameters_whatever_it_is_made_of_and_does_not_learn():
    network = nn.Sequential(nn.Conv1d(2, padding=1), nn.BatchNorm(3), nn.Layer(3, 2, bias=False), nn.Perceptron(2)).eval()
    before = network.predict([[0.5, -1.0]])
    assert fixed(network).parameters() == []
    assert network.predict([[0.5, -1.0]]) == before
    with pytest.raises(ValueError, match="are not all parameters, so it cannot learn"):
        fixed(nn.Perceptron(2)).learn([[0.0, 0.0]], [0])
    assert fixed(nn.Perceptron(1)).set_weights([2.0], -1.0)([1.0]).data == 1.0
