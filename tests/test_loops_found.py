"""Loops in programs: what is a matrix or an activation of many numbers, and what is none."""

from functools import reduce
from operator import add

import pytest
from loop_networks import Net, groups_of, layer, matrices_of, mlp, recurrent

import autograd_core as ac
from autograd_core import Value, compile_graph, dot
from autograd_core.programs.c import LANES
from autograd_core.programs.c_loops import emit_loops
from autograd_core.programs.graph import Graph
from autograd_core.programs.loops import Layer, Map, find_groups

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.mark.parametrize("order", ["neurons", "matrix"])
def test_a_network_is_a_few_matrices_and_activations(order):
    loss, net = mlp(order=order)
    groups = groups_of(loss, net)
    assert [(g.matrix.m, g.matrix.n) for g in groups if isinstance(g, Layer)] == [(8, 5), (8, 8), (4, 8)]
    assert [len(g.nodes) for g in groups if isinstance(g, Map)] == [8, 8, 4]
    source = compile_graph(loss, net.parameters, net.inputs, "c").source
    assert [source.count(f"    {word}(") for word in ("product", "transposed_product", "outer_product")] == [3, 2, 3]


def test_one_missing_weight_leaves_the_other_rows_of_its_matrix():
    loss, net = mlp()
    wrt = [p for p in net.parameters if p is not net.parameters[6 * 3 + 2]]  # in the fourth neuron of the first layer
    assert [(g.matrix.m, g.matrix.n) for g in groups_of(loss, net, wrt) if isinstance(g, Layer)][:2] == [(3, 5), (4, 5)]


def test_eight_weights_are_a_matrix_and_seven_are_read_one_by_one():
    for m, n, found in ((2, 4, [(2, 4)]), (1, 8, [(1, 8)]), (1, 7, []), (7, 1, []), (3, 3, [(3, 3)])):
        net = Net(0)
        assert matrices_of(net, layer(net.new_inputs(n), net.weights(m, n))) == found
    net = Net(0)
    hidden = [ac.tanh(z) for z in layer(net.new_inputs(5), net.weights(8, 5))]
    assert matrices_of(net, layer(hidden, net.weights(1, 8))) == [(8, 5), (1, 8)]
    for m, n, order, bias in ((2, 4, "matrix", True), (5, 2, "neurons", False), (4, 3, "matrix", None)):
        net = Net(0)
        assert matrices_of(net, layer(net.new_inputs(n), net.weights(m, n, order, bias))) == [(m, n)]


def test_rows_that_do_not_follow_each_other_are_no_matrix():
    net = Net(0)
    x, (rows, biases) = net.new_inputs(8), net.weights(4, 8, "matrix")
    assert matrices_of(net, layer(x, (rows, biases))) == [(4, 8)]
    assert matrices_of(net, layer(x, (rows[::-1], biases[::-1]))) == matrices_of(net, layer(x, (rows, biases[::-1]))) == [(1, 8)] * 4
    assert matrices_of(net, layer(x, (rows, [biases[0]] * 4))) == [], "one bias of four matrices"
    assert matrices_of(net, layer(x, (rows, [biases[i] for i in (0, 1, 3, 2)]))) == [(2, 8), (1, 8), (1, 8)]
    assert matrices_of(net, layer(x, (rows[:2] + rows[3:], biases[:3]))) == [(2, 8), (1, 8)], "the biases alone go on"
    assert matrices_of(net, layer(x, (rows[::-1], [0.0] * 4))) == [(1, 8)] * 4
    overlapping = [[w for row in rows for w in row][4 * i : 4 * i + 8] for i in range(4)]
    assert matrices_of(net, layer(x, (overlapping, biases))) == []


def test_weights_that_are_used_beside_their_matrix_are_none_where_a_gradient_is_asked_for():
    net = Net(0)
    x, (rows, biases) = net.new_inputs(8), net.weights(4, 8)
    z = layer(x, (rows, biases))
    for beside in (rows[1][7], biases[3], dot(rows[0], rows[0])):
        assert matrices_of(net, [*z, beside * x[0]]) == []


def test_a_matrix_is_split_where_something_else_uses_what_it_is_given():
    net = Net(0)
    h = [ac.tanh(z) for z in layer(net.new_inputs(5), net.weights(8, 5))]
    weights = net.weights(8, 8)
    first, between = layer(h, (weights[0][:3], weights[1][:3])), ac.sin(h[0]) * net.inputs[0]
    second = layer(h, (weights[0][3:], weights[1][3:]))
    assert matrices_of(net, [*first, *second]) == [(8, 5), (8, 8)]
    assert matrices_of(net, [reduce(add, first) + between, *second]) == [(8, 5), (3, 8), (5, 8)]


def test_two_uses_of_one_matrix_that_change_places_on_the_way_are_none():
    net = Net(0)
    weights = net.weights(4, 8)
    a, b = (layer(net.new_inputs(8), weights) for _ in range(2))
    assert matrices_of(net, [*a, *b]) == matrices_of(net, [a[0], b[0], a[1], b[1], *a[2:], *b[2:]]) == [(4, 8), (4, 8)]
    assert matrices_of(net, [a[0], *b, *a[1:]]) == []


@pytest.mark.parametrize("early", [True, False])
def test_a_loop_that_would_change_the_order_of_a_sum_is_none(early):
    net, outputs = Net(0), []
    for i, z in enumerate(layer(net.new_inputs(5), net.weights(8, 5))):
        pair = [ac.tanh, ac.sin] if i == 1 else [ac.tanh]
        outputs += [f(z) for f in (pair[::-1] if early else pair)]
    groups = groups_of(reduce(add, outputs), net)
    assert [len(g.nodes) for g in groups if isinstance(g, Map)] == ([] if early else [8])
    assert [(g.matrix.m, g.matrix.n) for g in groups if isinstance(g, Layer)] == [(8, 5)]


def test_where_no_gradient_is_asked_for_the_order_of_its_sums_stands_in_no_way():
    net = Net(0)
    h = [ac.tanh(z) for z in layer(net.new_inputs(5), net.weights(8, 5))]
    rows, biases = net.weights(4, 8)
    first, between = layer(h, (rows[:2], biases[:2])), ac.sin(h[0])
    several = [first[0] + first[1] + between, *layer(h, (rows[2:], biases[2:]))]  # something else uses an input meanwhile
    repeated = [*layer([*h[:7], h[0]], (rows, biases)), h[7]]
    beside = [*layer(h, (rows, biases)), rows[1][7] * h[0], biases[3] * rows[0][0]]
    one_bias = layer(h, (rows, [biases[0]] * 4))
    z = layer(h, (rows, biases))
    turned = [ac.tanh(z[0]), ac.sin(z[1]), *map(ac.tanh, z[1:])]
    for outputs, with_gradient, without in (
        (several, [(8, 5), (2, 8), (2, 8)], [(8, 5), (4, 8)]),
        (repeated, [(8, 5)], [(8, 5), (4, 8)]),
        (beside, [(8, 5)], [(8, 5), (4, 8)]),
        (one_bias, [(8, 5)], [(8, 5), *[(1, 8)] * 4]),
        (turned, [(8, 5), (4, 8)], [(8, 5), (4, 8)]),
    ):
        assert (matrices_of(net, outputs), matrices_of(net, outputs, single=False)) == (with_gradient, without)
    maps = [[len(g.nodes) for g in groups_of(reduce(add, turned), net, single=single) if isinstance(g, Map)] for single in (True, False)]
    assert maps == [[8], [8, 4]]


def test_four_results_are_worth_a_loop_and_three_are_none():
    for m in (3, 4, 5):
        net = Net(0)
        z = layer(net.new_inputs(4), net.weights(m, 4))
        found = groups_of(reduce(add, map(ac.tanh, z)), net)
        assert [len(g.nodes) for g in found] == [m] * (1 if m < 4 else 2)


def test_an_activation_of_several_operations_is_as_many_loops_and_unequal_constants_are_none():
    activations = (lambda z: z * ac.sigmoid(z), lambda z: 0.5 * z, lambda z: ac.sin(ac.tanh(z)))
    assert [sum(isinstance(g, Map) for g in groups_of(*mlp(activation=f))) for f in activations] == [6, 3, 6]
    net = Net(0)
    z = layer(net.new_inputs(5), net.weights(8, 5))
    assert not any(isinstance(g, Map) for g in groups_of(reduce(add, [a * (0.5 + i) for i, a in enumerate(z)]), net))
    assert not any(isinstance(g, Map) for g in groups_of(reduce(add, [ac.logaddexp(a, 0.5) for a in z]), net)), "a row on any number of operands"
    twice = [g for g in groups_of(reduce(add, [f(a) for a in z for f in (ac.tanh, ac.tanh)]), net) if isinstance(g, Map)]
    assert [len(g.nodes) for g in twice] == [8, 8]
    assert len({node for g in twice for node in g.nodes}) == 16


def test_an_operand_beside_a_loop_is_the_same_at_every_place_and_has_no_gradient():
    net = Net(0)
    x = net.new_inputs(8)
    h = [ac.tanh(z) for z in layer(x, net.weights(8, 8))]
    z = layer(h, net.weights(4, 8))
    slope = Value(2.0)
    net.parameters.append(slope)
    for outputs, maps in (
        ([x[0] * a for a in z], [8, 4]),  # the same input
        ([b * a for a, b in zip(z, x)], [8]),
        ([a * b for a, b in zip(z, [x[0], 0.5, 0.5, 0.5])], [8]),
        ([a * b for a, b in zip(z, [0.5, 0.5, 0.5, x[0]])], [8]),
        ([slope * a for a in z], [8]),
        ([b * a for a, b in zip(z, h)], [8]),  # the first half of a loop
        ([z[0] * z[1], *[a * a for a in z[1:]]], [8]),
        ([z[0] * z[1], *[ac.tanh(a) * a for a in z]], [8, 4, 4]),
    ):
        groups = groups_of(reduce(add, [*z, *outputs, *h]), net)
        assert [g.matrix.m for g in groups if isinstance(g, Layer)] == [8, 4]
        assert [len(g.nodes) for g in groups if isinstance(g, Map)] == maps


def test_an_operation_that_is_barred_keeps_its_likes_from_being_a_loop():
    net = Net(0)
    z = layer(net.new_inputs(5), net.weights(8, 5))
    for place in (0, 3):
        a = [ac.tanh(each) for each in z]
        home = find_groups(Graph([reduce(add, a)], net.parameters, net.inputs, True), {a[place]})
        assert home.keys() == set(z)


def test_the_order_in_which_inputs_without_a_gradient_are_used_stands_in_no_way():
    net = Net(0)
    x = net.new_inputs(8)
    z = layer(x, net.weights(4, 8))
    assert matrices_of(net, [z[0], ac.sin(x[0]), *z[1:]]) == [(4, 8)]


def test_shared_weights_are_one_matrix_with_several_uses():
    loss, net = recurrent(0)
    layers = [g for g in groups_of(loss, net) if isinstance(g, Layer)]
    assert len(layers) == 7
    assert len({g.matrix.key for g in layers}) == 2
    assert compile_graph(loss, net.parameters, net.inputs, "c").source.count("    outer_product(") == 2


@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid", "softplus", "leaky_relu", "elu", "atan", "exp"])
def test_no_activation_keeps_a_network_from_being_loops(name):
    """Softplus and sigmoid divide, but by what is never 0: nothing infinite stands in the way."""
    loss, net = mlp(activation=getattr(ac, name))
    looped = emit_loops(Graph([loss], net.parameters, net.inputs, True), LANES)
    assert [matrix.n for matrix, _ in looped.matrices] == [8, 8, 5]
    assert looped.parameter_places == {}, "what stands in a matrix has no name"
    assert sum(statement.loop > 0 for statement in looped.emitted.forward) == 3
