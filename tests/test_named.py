"""The graph of named quantities: which nodes it has, the formulas between them, and the same gradients as the whole graph."""

import itertools
import json
import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_drawing import GRAPHS, edges_of, titles

from autograd_core import Value, dot, draw, explain, log, logsumexp, play, relu, sigmoid, softmax, steps, to_dot, to_mermaid
from autograd_core.views.folding import folded
from autograd_core.views.names import names_for
from autograd_core.views.scene import View


def regularised():
    """C2 of the curriculum: the inputs and λ are plain numbers."""
    w, b = Value(0.5, "w"), Value(1.0, "b")
    z = w * 2.0 + b
    y = sigmoid(z)
    L = 0.5 * (y - 1.0) ** 2
    R = 0.5 * w**2
    total = L + 0.01 * R
    for node, name in zip((z, y, L, R, total), ("z", "y", "L", "R", "L_reg")):
        node.name = name
    return total, w


def squared_error():
    """C9: y = σ(wx + b), L = (ŷ − 1)²."""
    w, b = Value(0.5, "w"), Value(1.0, "b")
    z = w * 2.0 + b
    y = sigmoid(z)
    L = (y - 1.0) ** 2
    z.name, y.name, L.name = "z", "ŷ", "L"
    return L


def test_the_lecture_s_graphs_have_seven_and_five_nodes():
    L_reg, _ = regularised()
    text = to_dot(L_reg, level="named", show=("data", "grad", "formula"), legend=False)
    assert titles(text) == ["w", "b", "z = w * 2 + b", "y = sigmoid(z)", "L = 0.5 * (y - 1) ** 2", "R = 0.5 * w ** 2", "L_reg = L + 0.01 * R"]
    short = [(tail.split()[0], head.split()[0], label) for tail, head, label in edges_of(text)]
    assert short == [("w", "z", "2"), ("b", "z", "1"), ("z", "y", "y * (1 - y)"), ("y", "L", "y - 1"), ("w", "R", "w"), ("L", "L_reg", "1"), ("R", "L_reg", "0.01")]
    assert [title.split()[0] for title in titles(to_dot(squared_error(), level="named"))] == ["w", "b", "z", "ŷ", "L"]
    assert titles(to_dot(squared_error(), level="named", mode="backward")) == ["∂L/∂w", "∂L/∂b", "∂L/∂z", "∂L/∂ŷ", "∂L/∂L"]
    assert to_mermaid(L_reg, level="named").count("classDef") == 3
    assert len(re.findall(r"^    n\d+[\[(]", to_mermaid(L_reg, level="named"), re.MULTILINE)) == 7


def test_steps_and_receipts_of_the_named_graph_are_the_lecture_s_lines():
    L_reg, w = regularised()
    found = steps(L_reg, level="named")
    assert [(step.name, step.expression) for step in found.forward][2:5] == [("z", "w * 2 + b"), ("y", "sigmoid(z)"), ("L", "0.5 * (y - 1) ** 2")]
    assert [(step.name, step.consumer_name, step.formula) for step in found.backward if step.name == "w"] == [("w", "R", "w"), ("w", "z", "2")]
    whole = {step.name: step.node for step in steps(L_reg).forward}
    assert all(step.node is whole[step.name] for step in found.forward), "the nodes of the graph, not those that stand for them"
    receipt = explain(L_reg, w, level="named")
    assert [use.expression for use in receipt.uses] == ["0.5 * w ** 2", "w * 2 + b"]
    L_reg.backward()
    assert receipt.total == pytest.approx(w.grad, rel=1e-15, abs=0.0)
    assert explain(L_reg, whole["z"], level="named").total == whole["z"].grad
    unnamed = whole["L"].parents[1]
    with pytest.raises(ValueError, match=r"no node of the named graph, which has w, b, z, y, L, R, L_reg: give it a name"):
        explain(L_reg, unnamed, level="named")
    for function in (steps, play):
        with pytest.raises(ValueError, match=r"level is one of 'operation', 'named'(, 'network')?, not 'layer'"):
            function(L_reg, level="layer")


@settings(deadline=None, max_examples=100, derandomize=True)
@given(GRAPHS, st.sets(st.integers(0, 12)))
def test_folding_keeps_values_gradients_and_what_is_stored(output, unnamed):
    whole = View(output).whole().nodes
    for node in whole:
        node.values[0].grad = 0.5 * node.key
        if node.row is not None and node.key in unnamed:
            node.values[0].name = None
    view = View(output)
    scene = view.at("named")
    kept = [value for value in view.called if value.name is not None or not value.parents or value is output]
    shown = [value for value in kept if view.called[value] in {node.name for node in scene.nodes} or value is output]
    assert len([node for node in scene.nodes if node.kind != "constant"]) == len([x for x in shown if type(x) is Value])
    for node in scene.nodes:
        (original,) = [value for value in kept if view.called[value] == node.name]
        assert node.data == (original.data,)
        assert node.grad[0] == pytest.approx(view.grads[original], rel=1e-9, abs=1e-12)
        assert node.values[0].grad == original.grad
    for edge in scene.edges:
        assert edge.step.formula
        assert edge.step.upstream == scene.nodes[edge.head].grad[0]


def evaluated(text, values):
    return eval(text, {"__builtins__": {}, "sigmoid": sigmoid, "tanh": lambda x: Value(x).tanh().data, **values})


def test_the_formulas_evaluate_to_the_numbers_beside_them():
    for output in (regularised()[0], squared_error()):
        scene = View(output).at("named")
        values = {node.name: node.data[0] for node in scene.nodes}
        for node in scene.nodes:
            if node.row is not None:
                assert evaluated(node.expression, values) == pytest.approx(node.data[0], rel=1e-15, abs=0.0)
        for edge in scene.edges:
            assert evaluated(edge.step.formula, values) == pytest.approx(edge.step.local, rel=1e-15, abs=0.0)


def test_a_leaf_changed_later_changes_nothing_that_was_recorded():
    L_reg, w = regularised()
    before = [(step.value, step.name) for step in steps(L_reg, level="named").forward if step.node is not w]
    w.data = 100.0
    assert [(step.value, step.name) for step in steps(L_reg, level="named").forward if step.node is not w] == before
    assert {edge.step.local for edge in View(L_reg).at("named").edges if edge.step.formula == "w"} == {0.5}


def test_names_that_are_given_choose_the_nodes_and_a_graph_without_names_is_its_leaves_and_output():
    w, x = Value(2.0), Value(3.0)
    product = w * x
    output = relu(product + 1.0) * 2.0
    assert titles(to_dot(output, level="named", names={"p": product, "w": w, "x": x})) == ["w", "x", "p = w * x", "= relu(p + 1) * 2"]
    assert titles(to_dot(output, level="named", names={})) == ["v1", "v2", "= relu(v1 * v2 + 1) * 2"]
    assert titles(to_dot(Value(1.0, "x"), level="named")) == ["x"]
    with pytest.raises(ValueError, match=r"4 nodes at level 'named', more than limit=3"):
        draw(output, level="named", limit=3, names={"p": product})


def test_a_formula_too_long_to_read_is_told_by_its_number():
    x = Value(0.001, "x")
    y = x
    for _ in range(600):
        y = y * 1.001 + x
    y.name = "y"
    node = View(y).at("named").output
    assert node.symbol == "= (1200 operations)"
    (edge,) = View(y).at("named").edges
    y.backward()
    assert edge.step.local == x.grad
    assert float(edge.step.formula) == x.grad




def lectures():
    yield regularised()[0]
    yield squared_error()
    z = [Value(-1.0, "z1"), Value(2.7, "z2"), Value(0.5, "z3")]
    loss = -log(softmax(z)[1]) + logsumexp([z[0] * 2.0, z[1]])
    loss.name = "L"
    yield loss
    w = [Value(0.3, "w1"), Value(-0.2, "w2")]
    h = dot(w, [z[0].tanh(), z[1] ** 2], z[2])
    h.name = "h"
    yield (h * h).sin()


@pytest.mark.parametrize("number", range(4))
def test_the_player_computes_the_named_graph_as_python_does(number):
    output = next(itertools.islice(lectures(), number, None))
    script = re.search(r"<script>(.*)</script>", play(output, level="named").html, re.DOTALL)[1]
    rows = re.search(r"const rows = (\[.*?\]);\n\n", script, re.DOTALL)[1]
    helpers = script[script.index("if (!root) return;") + 18 : script.index("const rows")]
    graph = json.loads(re.search(r"\}\)\(.*?, (\{\"nodes\".*\})\);\s*$", script, re.DOTALL)[1].replace("\\u003c", "<"))
    program = f"""{helpers}; const rows = {rows}; const nodes = {json.dumps(graph["nodes"])};
    nodes.forEach((node) => {{ if (node.row === null) return; const x = node.parents.map((p) => nodes[p].data);
      node.data = rows[node.row].value(...x); node.local = rows[node.row].derivatives(node.data, ...x); }});
    console.log(JSON.stringify(nodes.map((node) => [node.data, node.local || []])));"""
    done = subprocess.run(["node", "-e", program], capture_output=True, text=True, check=True)
    scene = View(output).at("named")
    for node, (data, local) in zip(scene.nodes, json.loads(done.stdout)):
        assert data == pytest.approx(node.data[0], rel=1e-12, abs=0.0)
        assert local == pytest.approx([edge.step.local for edge in scene.edges if edge.head == node.key], rel=1e-12, abs=0.0)


def test_a_fold_reads_like_any_row():
    L_reg, _ = regularised()
    graph = folded(L_reg, names_for(L_reg, {}))
    y = next(node for node, name in graph.called.items() if name == "y")
    assert (y.op, y.primitive.symbol, [graph.called[parent] for parent in y.parents]) == ("sigmoid(z)", "= sigmoid(z)", ["z"])
    assert y.primitive.python(1).value.count("exp") == 3
    assert graph.original[y].op == "sigmoid"
