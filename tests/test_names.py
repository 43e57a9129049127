"""What nodes are called: by their own names, by variables, in notebooks by those of the cell, and by places in lists."""

import pytest

from autograd_core import Value, derivation, draw, explain, formula, play, steps
from autograd_core.views.names import called_by, node_names

CELL = """
from autograd_core import *
w = [Value(0.5), Value(-1.0)]
x = [Value(1.0), Value(2.0)]
products = []
for weight, value in zip(w, x):
    product = weight * value
    products.append(product)
b = Value(0.1)
bias = b
z = products[0] + products[1] + b
y = z.tanh()
_ = __ = _hidden = y
pair = [z, y]
layer = {"out": Value(2.0)}
"""
EXPECTED = ["w[0]", "x[0]", "products[0]", "w[1]", "x[1]", "products[1]", "v1", "b", "z", "y"]


@pytest.fixture
def notebook(monkeypatch):
    """A function that runs a cell and gives the value of its last line; what cells share, and IPython, end with the test."""
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.delenv("VIRTUAL_ENV", raising=False)  # IPython warns where another environment than its own is active
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False

    def run(cell):
        result = shell.run_cell(cell)
        result.raise_error()
        return result.result

    yield run
    InteractiveShell.clear_instance()


def test_in_a_notebook_nodes_are_called_by_the_variables_of_the_cell_without_being_asked(notebook):
    notebook(CELL)
    assert [step.name for step in notebook("steps(y)").forward] == EXPECTED
    assert [line.left for line in notebook("derivation(y, b)").forward] == ["products[0]", "products[1]", "z", "y"]
    assert repr(notebook("explain(y, w[1])")).startswith("dy/dw[1] = ")
    assert "products[0]" in notebook("draw(y)").dot
    assert '"name":"products[1]"' in notebook("play(y)").html
    assert str(notebook("formula(z)")) == "w[0] * x[0] + w[1] * x[1] + b"
    assert notebook("to_mermaid(layer['out'] * 2.0)").splitlines()[1].startswith('    n0["layer#91;out#93;<br/>')


def test_it_is_off_with_no_names_and_in_functions_the_local_variables_count(notebook):
    notebook(CELL)
    assert [step.name for step in notebook("steps(y, names={})").forward] == [f"v{i}" for i in range(1, 11)]
    assert [step.name for step in notebook("steps(y, names={'total': z})").forward][-2:] == ["total", "v9"]
    notebook("def f():\n    q = Value(2.0)\n    r = q * q\n    return steps(r)\n")
    assert [step.name for step in notebook("f()").forward] == ["q", "r"]


def test_in_a_script_nothing_is_named_unless_it_is_asked_for(notebook):
    weight = Value(2.0)
    square = weight * weight
    assert [step.name for step in steps(square).forward] == ["v1", "v2"], "also while IPython runs elsewhere"
    assert [step.name for step in steps(square, names="caller").forward] == ["weight", "square"]
    assert [line.left for line in derivation(square, names="caller").forward] == ["square"]
    assert repr(explain(square, weight)).startswith("dv2/dv1 = 4")
    assert str(formula(square)) == "v1 * v1"
    assert '"name":"v1"' in play(square).html
    assert "weight" not in draw(square).dot


def test_a_loop_variable_does_not_rename_what_it_ran_over_and_of_several_names_the_first_counts():
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    assert called_by({"w": [a, b, c], "last": c, "again": [a, b, c]}) == {a: "w[0]", b: "w[1]", c: "w[2]"}
    assert called_by({"a": a, "b": b, "alias": a, "both": [a, b]}) == {a: "a", b: "b"}
    assert called_by({"x": a, "xs": [a]}) == {a: "x"}
    assert called_by({"rows": [[a, b], [c]], "n": 3, "text": "abc", "data": [1.0, 2.0]}) == {a: "rows[0][0]", b: "rows[0][1]", c: "rows[1][0]"}
    named = Value(4.0, "own")
    assert called_by({"a": a, "both": [a, named]})[a] == "a"
    assert list(node_names(a * named, {"a": a, "other": named}).values()) == ["a", "own", "v1"]


def test_two_nodes_of_one_name_stay_apart():
    a, b = Value(1.0, "w"), Value(2.0)
    assert list(node_names(a * b, {"w": b}).values()) == ["w", "w#2", "v1"]
