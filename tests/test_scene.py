"""The scene that every picture prints: its nodes and edges are those of the graph, at every level, with the numbers of backward."""

import inspect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_drawing import GRAPHS, Weight

import autograd_core as ac
from autograd_core import Constant, Value, steps, topological_order
from autograd_core.views.names import shortened
from autograd_core.views.roles import is_activation, products, symbol_of
from autograd_core.views.scene import View
from autograd_core.views.zoom import LEVELS


def whole(output, **options):
    return View(output, **options).whole()


@settings(deadline=None, max_examples=50, derandomize=True)
@given(GRAPHS)
def test_a_whole_scene_is_the_graph_with_the_terms_of_its_backward_pass(output):
    order = topological_order(output)
    scene = whole(output)
    assert [node.values for node in scene.nodes] == [(value,) for value in order]
    assert [node.key for node in scene.nodes] == list(range(len(order)))
    assert [[order[key] for key in node.parents] for node in scene.nodes] == [list(value.parents) for value in order]
    output.backward()
    assert {node.name: node.grad[0] for node in scene.nodes if node.kind != "constant"} == {
        node.name: node.values[0].grad for node in scene.nodes if node.kind != "constant"
    }
    for value in order:
        value.grad = 0.0
    uses = [(edge.head, edge.position, edge.tail) for edge in scene.edges]
    assert uses == [(node.key, position, parent) for node in scene.nodes for position, parent in enumerate(node.parents)]
    for edge in scene.edges:
        head = scene.nodes[edge.head]
        assert edge.step.local == head.values[0].local_derivatives[edge.position]
        assert edge.step.upstream == head.grad[0]
    expressions = {step.name: step.expression for step in steps(output).forward}
    assert expressions == {node.name: node.expression for node in scene.nodes if node.kind != "constant"}


@settings(deadline=None, max_examples=50, derandomize=True)
@given(GRAPHS, st.sampled_from(LEVELS))
def test_at_every_level_each_operation_stands_in_one_node_and_each_edge_joins_two_of_them(output, level):
    scene = View(output).at(level)
    operations = sum(1 for value in topological_order(output) if value.parents)
    assert sum(node.operations for node in scene.nodes if node.row is not None) == operations
    assert scene.output.kind == "output"
    assert output in scene.output.values
    keys = {node.key for node in scene.nodes}
    for edge in scene.edges:
        assert {edge.tail, edge.head} <= keys
        assert scene.nodes[edge.head].parents[edge.position] == edge.tail
        assert (edge.step is None) == (scene.nodes[edge.head].operations > 1)


def test_a_leaf_is_what_it_is_called():
    w, x, v, c = Value(0.5, "w"), Value(2.0, "x"), Weight(1.0, "v"), Constant(4.0)
    y = (w * x + v) * c
    kinds = lambda **options: {node.name: node.kind for node in whole(y, **options).nodes if node.row is None}  # noqa: E731
    assert kinds() == {"w": "input", "x": "input", "v": "parameter", "4": "constant"}
    assert kinds(parameters=[w, c]) == {"w": "parameter", "x": "input", "v": "parameter", "4": "parameter"}
    assert kinds(inputs=[c])["4"] == "input"
    assert [node.kind for node in whole(c).nodes] == ["output"]


@pytest.mark.parametrize("level", [None, "layer"])
def test_a_leaf_alone_is_a_scene(level):
    scene = View(Value(2.0, "x")).at(level)
    assert [(node.name, node.kind, node.data, node.grad) for node in scene.nodes] == [("x", "output", (2.0,), (1.0,))]
    assert scene.edges == []


def test_every_row_has_a_symbol_and_counts_at_least_one_operation():
    for row in ac.TABLE.values():
        assert symbol_of(row)
        assert products(row, row.arity or 4) >= 1
    assert not is_activation(None)
    assert {row.name for row in ac.TABLE.values() if is_activation(row)} >= {"relu", "tanh", "sigmoid"}


def test_a_long_name_keeps_its_beginning_and_its_end():
    assert shortened("a" * 40) == "a" * 40
    assert shortened("abc" + "x" * 60 + "xyz") == "abc" + "x" * 27 + "…" + "x" * 6 + "xyz"


@pytest.mark.parametrize("function", [ac.draw, ac.play, ac.to_dot, ac.to_mermaid, ac.steps, ac.explain, ac.derivation])
def test_every_option_stands_in_the_signature(function):
    parameters = inspect.signature(function).parameters.values()
    assert not {p.kind for p in parameters} & {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
    assert "names" in inspect.signature(function).parameters


def test_the_pictures_share_their_options_and_defaults():
    dot = inspect.signature(ac.to_dot).parameters
    assert list(inspect.signature(ac.draw).parameters) == list(dot)
    for function in (ac.draw, ac.to_mermaid):
        for name, parameter in inspect.signature(function).parameters.items():
            assert parameter.default == dot[name].default
