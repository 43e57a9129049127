"""Loops in C programs: the numbers of the eager engine, whatever the network looks like and however wide a vector is."""

import math
import os
import random
import re
import threading
from functools import reduce
from itertools import accumulate, pairwise
from operator import add

import numpy as np
import pytest
from test_c_saved import everything

import autograd_core as ac
from autograd_core import Value, compile_graph, dot
from autograd_core.programs import c_source
from autograd_core.programs.c import LANES
from autograd_core.programs.c_loops import emit_loops
from autograd_core.programs.graph import Graph
from autograd_core.programs.loops import Layer, Map, find_groups

WIDTHS = [2, 4, 8]
ACTIVATIONS = [ac.relu, ac.tanh, ac.sigmoid, ac.softplus, ac.leaky_relu, ac.elu, lambda z: z, lambda z: z * ac.sigmoid(z), lambda z: z * z,
               lambda z: 0.5 * z, lambda z: ac.maximum(z, -0.3) - 1.0, abs, lambda z: ac.sin(z) / (2.0 + z * z)]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRAD_CORE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(params=WIDTHS)
def width(request, monkeypatch):
    if request.param != WIDTHS[0]:  # the function for one row knows no width, and is built once; here one row goes through the vectors
        monkeypatch.setattr(c_source, "ONE_ROW", 1)
    if request.param == WIDTHS[-1]:  # and as a table of instructions
        monkeypatch.setattr(c_source, "LONG", 1)
    return set_width(monkeypatch, request.param)


def set_width(monkeypatch, width):
    monkeypatch.setattr(c_source, "ROWS", f"#define LANES {width}\n")
    return width


class Net:
    """Leaves in their order, and what is computed from them."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.parameters, self.inputs = [], []

    def new_inputs(self, n):
        new = [Value(self.rng.uniform(-1, 1)) for _ in range(n)]
        self.inputs += new
        return new

    def weights(self, m, n, order="neurons", bias=True):
        rows = [[Value(self.rng.uniform(-1, 1) / n**0.5) for _ in range(n)] for _ in range(m)]
        biases = [Value(self.rng.uniform(-1, 1)) if bias else bias_of(bias) for _ in range(m)]
        if order == "neurons":
            self.parameters += [p for row, b in zip(rows, biases) for p in ([*row, b] if bias else row)]
        elif order == "matrix":
            self.parameters += [p for row in rows for p in row] + (biases if bias else [])
        else:  # in no order
            mixed = [p for row in rows for p in row] + (biases if bias else [])
            self.rng.shuffle(mixed)
            self.parameters += mixed
        return rows, biases


def bias_of(bias):
    return 0.25 if bias is None else 0.0


def layer(x, weights):
    return [dot(w, x, b) for w, b in zip(*weights)]


def cross_entropy(logits, targets):
    return -dot(targets, ac.log_softmax(logits))


def loss_of(net, outputs):
    kind = net.rng.choice(["mse", "hinge", "softmax", "sum"])
    targets = net.new_inputs(len(outputs))
    if kind == "mse":
        return dot(*[[y - t for y, t in zip(outputs, targets)]] * 2) / len(outputs)
    if kind == "hinge":
        return reduce(add, [ac.relu(1.0 - t * y) for y, t in zip(outputs, targets)])
    if kind == "softmax" and len(outputs) > 1:
        return cross_entropy(outputs, targets)
    return reduce(add, (y * t for y, t in zip(outputs, targets)))


def plain(seed):
    """A network of random sizes."""
    net = Net(seed)
    x = net.new_inputs(net.rng.randint(1, 40))
    for _ in range(net.rng.randint(1, 3)):
        order = net.rng.choice(["neurons", "neurons", "matrix", "mixed"])
        z = layer(x, net.weights(net.rng.randint(1, 19), len(x), order, net.rng.choice([True, True, False, None])))
        f = net.rng.choice(ACTIVATIONS)
        x = [f(y) for y in z]
    return loss_of(net, x), net


def recurrent(seed):
    """Weights that are used again at every step."""
    net = Net(seed)
    own, mix = net.weights(6, 6, bias=False), net.weights(6, 5)
    h = layer(net.new_inputs(5), mix)
    for _ in range(3):
        h = [ac.tanh(a + b) for a, b in zip(layer(h, own), layer(net.new_inputs(5), mix))]
    return loss_of(net, h), net


def residual(seed):
    """What a layer is given is also used beside it, before and after."""
    net = Net(seed)
    x = [ac.relu(z) for z in layer(net.new_inputs(7), net.weights(8, 7))]
    early = reduce(add, x)
    y = [a + ac.tanh(b) for a, b in zip(x, layer(x, net.weights(8, 8)))]
    z = [a * b for a, b in zip(y, layer(y, net.weights(8, 8)))]
    extra = dot([1.0] * 3, x[2:5]) * early
    return loss_of(net, layer(z, net.weights(3, 8))) + extra + x[0] * y[7], net


def convolution(seed):
    """One small matrix over overlapping windows, an input twice in a list, and rows of a layer used one by one."""
    net = Net(seed)
    x = [ac.softplus(z) for z in layer(net.new_inputs(4), net.weights(9, 4))]
    kernel = net.weights(3, 4)
    windows = [layer(x[i : i + 4], kernel) for i in range(0, 6, 2)]
    flat = [ac.relu(z) for channel in zip(*windows) for z in channel]
    twice = layer([*flat[:4], flat[0], flat[0]], net.weights(4, 6))
    strided = layer(flat[::2], net.weights(4, len(flat[::2])))
    return loss_of(net, [*twice, *strided, windows[1][2]]), net


def attention(seed):
    """Queries, keys and values of three tokens; two heads, so that rows of a layer are used far from each other."""
    net = Net(seed)
    q, k, v = (net.weights(4, 4, bias=False) for _ in range(3))
    tokens = [net.new_inputs(4) for _ in range(3)]
    embedded = [layer(token, net.weights(4, 4)) for token in tokens]
    qs, ks, vs = ([layer(token, w) for token in embedded] for w in (q, k, v))
    outputs = []
    for head in (slice(0, 2), slice(2, 4)):
        shares = ac.softmax([dot(qs[-1][head], key[head]) for key in ks])
        outputs += [dot(shares, [value[head][i] for value in vs]) for i in range(2)]
    return loss_of(net, layer(outputs, net.weights(5, 4))), net


def mixed_uses(seed):
    """Weights that are also used outside of their matrix, and two matrices over the same weights."""
    net = Net(seed)
    x = net.new_inputs(6)
    rows, biases = net.weights(6, 6)
    z = layer(x, (rows, biases))
    penalty = dot(rows[1], rows[1]) * 0.1
    other = layer(z[:3], ([row[:3] for row in rows[3:]], biases[3:]))
    return loss_of(net, [*z, *other, *layer(x, net.weights(4, 6))]) + penalty, net


SHAPES = [plain, recurrent, residual, convolution, attention, mixed_uses]




def rows_of(net, count, rng):
    return [[rng.uniform(-1, 1) for _ in net.inputs] for _ in range(count)]


def summed(results):
    """The order of addition that the class documents: blocks of 1,024 rows, eight partial sums in each."""
    def over_rows(block):
        partial = [block[i::8] for i in range(8)]
        s = [list(accumulate(p))[-1] if p else 0.0 for p in partial]
        return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))

    columns = [[value, *gradients] for value, gradients in results]
    return [reduce(add, [over_rows(column[i : i + 1024]) for i in range(0, len(column), 1024)]) for column in zip(*columns)]


def check(loss, net, wrt, counts=(1, 3, 8, 13)):
    """Value and gradients equal ``backward``'s and those of the Python program, row by row and added up."""
    program, python = compile_graph(loss, wrt, net.inputs, "c"), compile_graph(loss, wrt, net.inputs)
    values = [p.data for p in wrt]
    for leaf in net.parameters:
        leaf.grad = 0.0
    loss.backward()
    recorded = [x.data for x in net.inputs]
    assert program(values, recorded) == (loss.data, [p.grad for p in wrt])
    rows = rows_of(net, max(counts), random.Random(1))
    results = [python(values, row) for row in rows]
    assert [program(values, row) for row in rows] == results
    for count in counts:
        total, gradients = program.batch(values, rows[:count])
        assert [total, *gradients] == summed(results[:count]), count
    return program


@pytest.mark.parametrize("shape", SHAPES)
def test_networks_equal_the_eager_engine_at_every_width(shape, width):
    loss, net = shape(1)
    check(loss, net, net.parameters)


@pytest.mark.parametrize("seed", range(15))
def test_networks_of_any_size_equal_the_eager_engine(seed, monkeypatch):
    set_width(monkeypatch, WIDTHS[seed % 3])
    loss, net = plain(100 + seed)
    check(loss, net, net.parameters)


@pytest.mark.parametrize("seed", range(6))
def test_some_parameters_may_be_constants(seed, monkeypatch):
    set_width(monkeypatch, WIDTHS[seed % 3])
    loss, net = SHAPES[seed % len(SHAPES)](200 + seed)
    kept = [p for p in net.parameters if net.rng.random() < 0.97]
    check(loss, net, kept, counts=(1, 9))


def test_the_sum_over_several_blocks_has_its_documented_order(width):
    loss, net = plain(7)
    check(loss, net, net.parameters, counts=(1024, 1025, 2100))


def test_threads_change_no_bit(monkeypatch):
    loss, net = plain(8)
    program = compile_graph(loss, net.parameters, net.inputs, "c")
    values, rows = np.array([p.data for p in net.parameters]), np.array(rows_of(net, 5000, random.Random(2)))
    assert program.threads == (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    assert program.threads_from > len(rows), "so few rows are quicker alone"
    alone, program.threads_from = program.batch(values, rows), 0
    for threads in (1, 2, 3, 8):
        program.threads, started = threads, []
        monkeypatch.setattr(threading.Thread, "start", lambda self, start=threading.Thread.start, started=started: started.append(1) or start(self))
        together = program.batch(values, rows)
        monkeypatch.undo()
        assert len(started) == min(threads, 5) - 1, "5,000 rows are five blocks"
        assert together[0] == alone[0]
        assert (together[1] == alone[1]).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_several_outputs_equal_the_eager_engine(shape, monkeypatch):
    set_width(monkeypatch, WIDTHS[SHAPES.index(shape) % 3])
    loss, net = shape(3)
    outputs = [loss, *loss.parents, net.parameters[0], net.inputs[-1], Value(3.0)]
    program, python = compile_graph(outputs, net.parameters, net.inputs, "c"), compile_graph(outputs, net.parameters, net.inputs)
    values, rows = [p.data for p in net.parameters], rows_of(net, 11, random.Random(3))
    expected = [python(values, row) for row in rows]
    assert program(values, [x.data for x in net.inputs]) == [y.data for y in outputs]
    assert program.batch(values, rows) == [program(values, row) for row in rows] == expected
    assert program.batch(np.array(values), np.array(rows)).tolist() == expected


# -- what is recognised ------------------------------------------------------------------------------------------------
def groups_of(loss, net, wrt=None, single=True):
    found = find_groups(Graph([loss], net.parameters if wrt is None else wrt, net.inputs, single), set())
    return list(dict.fromkeys(group for group, _ in found.values()))


def mlp(widths=(5, 8, 8, 4), activation=ac.relu, order="neurons"):
    net = Net(0)
    x = net.new_inputs(widths[0])
    for n, m in pairwise(widths):
        x = [activation(z) for z in layer(x, net.weights(m, n, order))]
    return cross_entropy(x, net.new_inputs(len(x))), net


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


def matrices_of(net, outputs, single=True):
    """Their sizes, and whether their weights and biases stand where they say."""
    layers = [g for g in groups_of(reduce(add, outputs), net, single=single) if isinstance(g, Layer)]
    for found in layers:
        m, n = found.matrix.m, found.matrix.n
        assert len(found.nodes) == m
        weights, biases = [w for node in found.nodes for w in node.parents[:n]], [node.parents[-1] for node in found.nodes]
        assert [net.parameters[i] for i in found.matrix.places()] == weights + (biases if found.matrix.bias is not None else [])
    return [(found.matrix.m, found.matrix.n) for found in layers]


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


def test_the_size_of_a_source_does_not_grow_with_the_network():
    lengths = [len(compile_graph(*mlp_parts((n, n, n, 4)), "c").source) for n in (8, 64)]
    assert lengths[1] < 1.3 * lengths[0]


def mlp_parts(widths):
    loss, net = mlp(widths)
    return loss, net.parameters, net.inputs


def test_arrays_come_back_where_arrays_were_given():
    loss, net = plain(9)
    program = compile_graph(loss, net.parameters, net.inputs, "c")
    values, rows = [p.data for p in net.parameters], rows_of(net, 5, random.Random(4))
    for found, expected in (
        (program(np.array(values), np.array(rows[0])), program(values, rows[0])),
        (program.batch(np.array(values), np.array(rows)), program.batch(values, rows)),
    ):
        assert type(found[0]) is float
        assert type(found[1]) is np.ndarray
        assert (found[0], found[1].tolist()) == expected
    first = program(np.array(values), rows[0])[1]
    kept = first.copy()
    program(np.array(values), rows[1])
    assert (first == kept).all()  # a result is the caller's own
    read_only, gaps = np.array(rows), np.array(rows).repeat(2, axis=1)[:, ::2]
    read_only.flags.writeable = False
    assert program.batch(values, read_only) == program.batch(values, gaps) == program.batch(values, rows)


def test_every_row_of_the_table_is_the_same_at_every_width(width):
    terms, leaves = everything()
    total = reduce(add, [ac.tanh(0.01 * term) for term in terms])
    values = [leaf.data for leaf in leaves]
    for wrt, inputs in ((leaves, []), (leaves[::2], leaves[1::2])):
        at, row = [leaf.data for leaf in wrt], [leaf.data for leaf in inputs]
        program, python = compile_graph(total, wrt, inputs, "c"), compile_graph(total, wrt, inputs)
        value, gradients = expected = python(at, row)
        assert program(at, row) == expected
        for count in (1, 5, 8):  # the same row again and again
            assert program.batch(at, [row] * count) == tuple_of(summed([(value, gradients)] * count)), count
    outputs = compile_graph(terms, [], leaves, "c")
    assert outputs([], values) == [term.data for term in terms]
    assert outputs.batch([], [values] * 9) == [[term.data for term in terms]] * 9


def tuple_of(sums):
    return sums[0], sums[1:]


@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid", "softplus", "leaky_relu", "elu", "atan", "exp"])
def test_no_activation_keeps_a_network_from_being_loops(name):
    """Softplus and sigmoid divide, but by what is never 0: nothing infinite stands in the way."""
    loss, net = mlp(activation=getattr(ac, name))
    looped = emit_loops(Graph([loss], net.parameters, net.inputs, True), LANES)
    assert [matrix.n for matrix, _ in looped.matrices] == [8, 8, 5]
    assert looped.parameter_places == {}, "what stands in a matrix has no name"
    assert sum(statement.loop > 0 for statement in looped.emitted.forward) == 3


def emitted(net, out):
    looped = emit_loops(Graph([out], net.parameters, net.inputs, True), LANES)
    loops = [sum(statement.loop != 0 for statement in part) for part in (looped.emitted.forward, looped.emitted.backward)]
    return loops, [name for name in looped.arrays if name.startswith("x_")], [s for s in looped.emitted.forward if "product(" in s.text]


def test_what_stands_in_an_array_is_read_there_and_other_inputs_are_gathered():
    for chosen, place in ((slice(None), "a1"), (slice(2, 6), "a1 + 2"), (slice(None, None, 2), "x_z2"), (slice(None, None, -1), "x_z2")):
        net = Net(0)
        h = [ac.tanh(z) for z in layer(net.new_inputs(5), net.weights(8, 5))]
        z = layer(h[chosen], net.weights(4, len(h[chosen])))
        loops, gathered, products = emitted(net, reduce(add, [*h, *z]))
        assert loops == [1, 1]
        assert gathered == [place] * (place == "x_z2")
        assert [product.text.split(", ")[5] for product in products] == ["inputs", place]
        assert [product.comment for product in products] == ["z1 = W inputs + b", f"z2 = W {f'({place})' if '+' in place else place} + b"]


def test_inputs_that_were_gathered_get_their_gradients_beside_what_else_flows_to_them():
    net = Net(0)
    h = [ac.tanh(z) for z in layer(net.new_inputs(5), net.weights(8, 5))]
    first = [h[0] / (2.0 + h[3]), h[1] * h[1]]
    rows = layer(h[::2], net.weights(4, 4)) + layer([*h[::-1], first[0]], net.weights(4, 9))
    check(reduce(add, [*h, *first, *rows, h[2] * h[7]]), net, net.parameters, counts=(1, 3))


def test_a_loop_is_stated_for_every_operation_and_for_every_derivative_of_it():
    for activation, loops in ((ac.tanh, [3, 3]), (lambda z: 0.5 * z, [3, 3]), (lambda z: z * ac.step(z), [6, 6]), (ac.softplus, [3, 3])):
        loss, net = mlp(activation=activation)
        assert emitted(net, loss)[0] == loops


def test_a_quotient_beside_loops_knows_its_own_value():
    net, x = Net(0), Value(3.0, "x")
    z = layer(net.new_inputs(5), net.weights(4, 5))
    quotient = (reduce(add, z) / x) * net.inputs[0]
    for out in (quotient, reduce(add, layer([quotient, *z], net.weights(4, 5)))):
        looped = emit_loops(Graph([out], [*net.parameters, x], net.inputs, True), LANES)
        (value,) = (statement.target for statement in looped.emitted.forward if "/ x" in statement.text)
        assert re.search(rf"-{value} / x", " ".join([*(s.text for s in looped.emitted.backward), *looped.emitted.gradients]))


def test_what_flows_to_an_element_of_an_array_may_be_cut():
    net, (x, y) = Net(0), (Value(0.25, "x"), Value(0.5, "y"))
    h = [ac.tanh(z) for z in layer(net.new_inputs(5), net.weights(8, 5))]
    out = reduce(add, h) + h[0] * ac.step(x) * ac.step(y) + ac.cbrt(x)
    assert emitted(net, out)[0] == [1, 1]
    wrt = [*net.parameters, x, y]
    programs = [compile_graph(out, wrt, net.inputs, dialect) for dialect in ("python", "numpy")]
    for at in ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (0.0, 1.0)):
        (value, slopes), (found, found_slopes) = (program([*(p.data for p in net.parameters), *at], [0.5] * 5) for program in programs)
        assert [found, *found_slopes] == pytest.approx([value, *slopes], rel=1e-13)


def test_what_flows_to_elements_beside_a_loop_is_added_to_what_flows_through_it():
    def beside(net, h):
        return [*map(ac.sin, h), h[0] * h[1] * h[7]]

    def through_all(net, h):
        return layer(h, net.weights(4, 8))

    def through_some(net, h):
        return [*h, h[0] * h[1], *layer(h[2:6], net.weights(4, 4))]

    for users, loops, texts, comments in (
        (beside, [2, 2], ["d_a1 + "], []), (through_all, [1, 1], ["d_a1 = W2.T @ d_z2"], ["d_a1 = W^T d_z2"]),
        (through_some, [1, 1], ["d_a1[2:6] + W2.T @ d_z2", "d_a1[0] = d_a1[0] + a1[1] + 1.0"], ["d_a1 + 2 += W^T d_z2"]),
    ):  # fmt: skip
        net = Net(0)
        h = [ac.tanh(z) for z in layer(net.new_inputs(5), net.weights(8, 5))]
        out = reduce(add, users(net, h))
        assert emitted(net, out)[0] == loops
        in_c = emit_loops(Graph([out], net.parameters, net.inputs, True), LANES).emitted
        assert [statement.comment for statement in in_c.backward if statement.comment] == comments
        out.backward()
        program = compile_graph(out, net.parameters, net.inputs, "numpy")
        value, slopes = program([p.data for p in net.parameters], [x.data for x in net.inputs])
        assert [value, *slopes] == pytest.approx([out.data, *(p.grad for p in net.parameters)], rel=1e-13)
        assert all(text in program.source for text in texts)


def test_what_is_steep_is_no_loop_where_a_gradient_is_asked_for():
    net, y = Net(0), Value(0.5, "y")
    h = [ac.cbrt(z) for z in layer(net.new_inputs(5), net.weights(8, 5))]
    out = reduce(add, h) * ac.step(y)
    assert emitted(net, out)[0] == [0, 0]
    program = compile_graph(out, [*net.parameters, y], net.inputs, "numpy")
    zeros = [0.0] * len(net.parameters)
    assert program([*zeros, -1.0], [1.0] * 5) == (0.0, [0.0] * 49)
    assert all(map(math.isnan, program([*zeros, 0.0], [1.0] * 5)[1][:48]))
    net = Net(0)
    roots = [ac.cbrt(x) for x in net.new_inputs(5)]
    h = [ac.tanh(z) for z in layer(roots, net.weights(8, 5))]
    for outputs, loops in (([reduce(add, h)], 0), (h, 1)):
        looped = emit_loops(Graph(outputs, [*net.parameters, *net.inputs], [], len(outputs) == 1), LANES)
        assert sum(statement.loop != 0 for statement in looped.emitted.forward) == loops


def test_values_are_named_where_the_backward_pass_needs_them_and_stand_where_they_are_used_elsewhere():
    net = Net(0)
    z = layer(net.new_inputs(5), net.weights(4, 5))
    for below, sums in (((z[0] + 1.0) * (z[1] + 2.0), ["z1[0] + 1.0", "z1[1] + 2.0", "v1 * v2"]), (0.5 * (z[0] + 1.0), ["0.5 * (z1[0] + 1.0)"])):
        out = reduce(add, layer([below, *z], net.weights(4, 5)))
        forward = emit_loops(Graph([out], net.parameters, net.inputs, True), LANES).emitted.forward
        assert [s.text for s in forward if s.target.isidentifier()][:-1] == sums
