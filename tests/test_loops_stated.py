"""Loops in programs: what is stated for each, forwards and backwards."""

import math
import re
from functools import reduce
from operator import add

import pytest
from loop_networks import (
    Net,
    check,
    emitted,
    layer,
    mlp,
)

import autograd_core as ac
from autograd_core import Value, compile_graph
from autograd_core.programs.c import LANES
from autograd_core.programs.c_loops import emit_loops
from autograd_core.programs.graph import Graph

pytestmark = pytest.mark.usefixtures("own_cache")


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
