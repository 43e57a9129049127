"""Programs on columns, and the values of further nodes beside a gradient: what the other readings of the same program give."""

import random

import numpy as np
import pytest

from autograd_core import Value, compile_graph, dot, maximum, sigmoid, sqrt

DIALECTS = ["python", "numpy", "c"]


def recorded():
    """Three outputs of two inputs and a parameter; one is the same for all rows."""
    scale, x, y = Value(0.5, "scale"), Value(1.0, "x"), Value(2.0, "y")
    return [sqrt(x * x + y * y) * scale, maximum(x, y) - x / y, scale * scale], [scale], [x, y]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_columns_are_the_rows_turned_around_of_any_number_in_lists_and_in_arrays(dialect):
    outputs, wrt, inputs = recorded()
    program, rng = compile_graph(outputs, wrt, inputs, dialect), random.Random(0)
    for count in (0, 1, 7, 8, 9, 100):
        rows = [[rng.gauss(0.0, 1.0), rng.gauss(0.0, 1.0)] for _ in range(count)]
        expected = [list(column) for column in zip(*program.batch([0.3], rows))] or [[], [], []]
        columns = [[row[k] for row in rows] for k in (0, 1)]
        assert program.columns([0.3], columns) == expected
        found = program.columns(np.array([0.3]), [np.array(column) for column in columns])
        assert [list(map(float, column)) for column in found] == expected
        assert dialect == "python" or all(type(column) is np.ndarray and column.shape == (count,) for column in found)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_columns_that_are_no_plain_arrays_of_floats_are_read_all_the_same(dialect):
    outputs, wrt, inputs = recorded()
    program, table = compile_graph(outputs, wrt, inputs, dialect), np.arange(1.0, 21.0).reshape(10, 2)
    expected = program.columns([2.0], [table[:, 0].tolist(), table[:, 1].tolist()])
    for columns in ([table[:, 0], table[:, 1]], [table[:, 0].astype(int), table[:, 1]], [table[:, 0].tolist(), table[:, 1]]):
        assert [list(map(float, column)) for column in program.columns([2.0], columns)] == expected


@pytest.mark.parametrize("dialect", DIALECTS)
def test_columns_refuse_a_wrong_number_of_them_and_a_program_with_a_gradient(dialect):
    outputs, wrt, inputs = recorded()
    program = compile_graph(outputs, wrt, inputs, dialect)
    for columns in ([[1.0]], [[1.0], [1.0, 2.0]], [[1.0]] * 3):
        with pytest.raises(ValueError, match=r"takes 2 column\(s\) of one length"):
            program.columns([1.0], columns)
    for parameters in ([], [1.0, 2.0]):
        with pytest.raises(ValueError, match=r"takes 1 value\(s\) of wrt"):
            program.columns(parameters, [[1.0], [2.0]])
    with pytest.raises(TypeError, match="several outputs"):
        compile_graph(outputs[0], wrt, inputs, dialect).columns([1.0], [[1.0], [2.0]])


def network():
    """A layer of loops, a sum of single statements, and an output that the loss does not depend on."""
    rng = random.Random(1)
    w, x = [Value(rng.gauss(0.0, 1.0)) for _ in range(24)], [Value(rng.gauss(0.0, 1.0)) for _ in range(4)]
    hidden = [dot(w[4 * j : 4 * j + 4], x, w[20 + j % 4]).tanh() for j in range(5)]
    return dot(hidden, hidden), w, x, [hidden[2], sigmoid(hidden[0] * x[1]), x[3], Value(7.0), hidden[4] - w[3]]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_further_nodes_have_the_values_of_the_graph_and_change_no_other_number(dialect):
    loss, w, x, further = network()
    program, plain = compile_graph(loss, w, x, dialect, further=further), compile_graph(loss, w, x, dialect)
    values, rng = [node.data for node in w], random.Random(2)
    for count in (0, 1, 13):
        rows = [[rng.gauss(0.0, 1.0) for _ in x] for _ in range(count)]
        expected = compile_graph([loss, *further], w, x, "numpy" if dialect == "numpy" else "python").batch(values, rows)
        assert program.forward(values, rows) == expected
        assert np.asarray(program.forward(np.array(values), np.array(rows).reshape(count, 4))).tolist() == expected
        assert program.batch(values, rows) == plain.batch(values, rows)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_further_nodes_are_asked_for_when_a_program_is_compiled(dialect):
    loss, w, x, further = network()
    with pytest.raises(TypeError, match="further=\\[node"):
        compile_graph(loss, w, x, dialect).forward([0.0] * 24, [[0.0] * 4])
    with pytest.raises(ValueError, match="beside one output"):
        compile_graph([loss, loss], w, x, dialect, further=further)
    with pytest.raises(TypeError, match="further holds int"):
        compile_graph(loss, w, x, dialect, further=[3])


def test_constants_of_further_nodes_are_those_of_the_moment_of_compiling():
    x, constant = Value(2.0), Value(3.0)
    program = compile_graph(x * x, [x], further=[x * constant, constant])
    constant.data = 50.0
    assert program.forward([2.0], [[]]) == [[4.0, 6.0, 3.0]]
