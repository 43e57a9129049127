"""A function of one row over many rows, and lists that count as arrays do."""

import math
import operator
import random
import re

import numpy as np
import pytest

from autograd_core import DIALECTS, Floats, OverRows, Value, tanh

RUNS = [*(name for name, made in DIALECTS.items() if made.runs_here), "eager"]
ROWS = [[0.1 * i, 1.0 - 0.3 * i] for i in range(7)]


def unit(outputs=2):
    """A neuron of two parameters over rows: the square of its error, and what it puts out."""
    parameters = [Value(0.5, "w"), Value(-0.25, "b")]

    def record(row):
        x, t = Value(row[0], "x"), Value(row[1], "t")
        y = tanh(parameters[0] * x + parameters[1])
        return [x, t], [(y - t) ** 2, y][:outputs]

    return OverRows(record, parameters)


def run(dialect, **options):
    over_rows = unit(**options)
    if dialect != "eager":
        assert over_rows.compile(ROWS, dialect) == ""
    return over_rows


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("dialect", RUNS)
def test_every_dialect_adds_up_what_the_function_itself_gives_for_each_row(dialect, outputs):
    over_rows, (w, b) = run(dialect, outputs=outputs), (1.5, 0.25)
    assert over_rows.dialect == dialect
    y = [math.tanh(w * x + b) for x, _ in ROWS]
    expected = [[(y - t) ** 2, y][:outputs] for y, (_, t) in zip(y, ROWS)]
    slopes = [2.0 * (y - t) * (1.0 - y * y) for y, (_, t) in zip(y, ROWS)]
    values, rows = over_rows.values() * 0.0 + [w, b], over_rows.rows(ROWS)
    total, gradients = over_rows.sums(values, rows)
    assert total == pytest.approx(sum(row[0] for row in expected), rel=1e-14, abs=0.0)
    assert list(gradients) == pytest.approx([sum(d * x for d, (x, _) in zip(slopes, ROWS)), sum(slopes)], rel=1e-13, abs=0.0)
    assert over_rows.outputs(values, rows) == [pytest.approx(row, rel=1e-14, abs=0.0) for row in expected]
    assert isinstance(gradients, np.ndarray if dialect in ("c", "numpy") else Floats)


def test_python_gives_the_numbers_of_the_function_itself_to_the_bit():
    compiled, eager = run("python"), run("eager")
    assert compiled.sums([0.3, 0.7], ROWS) == eager.sums([0.3, 0.7], ROWS)
    assert compiled.outputs([0.3, 0.7], ROWS) == eager.outputs([0.3, 0.7], ROWS)


WHY = {
    "compares Values at .*test_over_rows.py": lambda w, x: w * x if x > 0.35 else w,
    "holds as a constant .*\\.data": lambda w, x: w * x.data,
}


@pytest.mark.parametrize("why", WHY)
def test_a_function_that_one_graph_cannot_stand_for_runs_itself_and_says_why(why):
    w = Value(2.0)
    over_rows = OverRows(lambda row: ([x := Value(row[0])], [WHY[why](w, x)]), [w])
    rows = [[x] for x, _ in ROWS]
    assert re.search(why, over_rows.compile(rows, "numpy"))
    assert over_rows.dialect == "eager"
    assert over_rows.outputs([3.0], rows) == [[3.0 * x if x > 0.35 or "data" in why else 3.0] for [x] in rows]


@pytest.mark.parametrize("rows", [[[1.0], [2.0], [3.0]], [[1.0], [2.0], [0.0]]], ids=["another last row", "a last row that hides it"])
def test_a_function_that_keeps_something_of_the_row_before_runs_itself(rows):
    w, kept = Value(2.0), [Value(0.0)]

    def record(row):
        x = Value(row[0])
        kept[0] = w * x + 0.5 * kept[0] * x
        return [x], [kept[0]]

    over_rows = OverRows(record, [w])
    assert over_rows.compile(rows) == "computes with what it kept of the row before"
    kept[0] = Value(0.0)
    assert over_rows.sums([2.0], rows[:2])[0] == 2.0 + (4.0 + 2.0)


def test_leaves_that_are_the_same_for_every_row_are_nothing_that_is_kept():
    w, x = Value(2.0), Value(0.0)

    def record(row):
        x.data = row[0]
        return [x], [w * x]

    over_rows = OverRows(record, [w])
    assert over_rows.compile([[1.0], [2.0]]) == ""
    assert over_rows.outputs([3.0], [[1.0], [2.0]]) == [[3.0], [6.0]]


READING = {  # what the first and the last row agree in, or all rows do while the parameters have the first numbers
    "a row between": lambda w, x: 10.0 * w * x if 0.15 < x.data < 0.25 else w * x,
    "a parameter": lambda w, x: w * w.data * x,
    "a node between": lambda w, x: w * x if (w * x).data < 1.5 else w,
    "item": lambda w, x: w * x if w.item() < 2.2 else w,
}


@pytest.mark.parametrize("name", READING)
def test_reading_data_is_tried_on_several_rows_and_at_other_parameters_which_get_their_numbers_back(name):
    w, chance = Value(2.0), random.getstate()
    over_rows = OverRows(lambda row: ([x := Value(row[0])], [READING[name](w, x)]), [w])
    assert "constant" in over_rows.compile([[x] for x, _ in ROWS])
    assert (over_rows.dialect, w.data, random.getstate()) == ("eager", 2.0, chance)


def test_reading_data_that_changes_nothing_is_compiled_also_if_the_function_refuses_other_parameters():
    w, seen = Value(2.0), []

    def function(x):
        seen.append(w.data)
        return w * x / [1.0][w.data != 2.0]

    over_rows = OverRows(lambda row: ([x := Value(row[0])], [function(x)]), [w])
    assert over_rows.compile([[x] for x, _ in ROWS]) == ""
    assert w.data == 2.0 != seen[-1]


@pytest.mark.parametrize("dialect", RUNS[:-1])
def test_what_is_decided_otherwise_only_later_is_told_and_right_from_then_on(dialect):
    w = Value(2.0)
    over_rows = OverRows(lambda row: ([x := Value(row[0])], [w * x if w.data < 100.0 else w * w * x]), [w])
    assert over_rows.compile([[1.0], [2.0]], dialect) == ""
    rows, values = over_rows.rows([[1.0], [2.0]]), over_rows.values()
    for _ in range(3):
        assert over_rows.sums(values, rows)[0] == 6.0
    with pytest.warns(UserWarning, match="at step 4"):
        total, gradients = over_rows.sums(values * 100.0, rows)
    assert (total, list(gradients), type(gradients)) == (120000.0, [1200.0], np.ndarray if dialect in ("c", "numpy") else Floats)
    assert over_rows.outputs(values, rows) == [[2.0], [4.0]]


def test_a_function_that_evaluates_otherwise_has_a_program_for_each():
    w, factor = Value(2.0), [10.0]

    class Evaluating:
        def __enter__(self):
            factor[0] = 1.0

        def __exit__(self, *problem):
            factor[0] = 10.0

    over_rows = OverRows(lambda row: ([x := Value(row[0])], [w * x * factor[0], w]), [w], Evaluating)
    for _ in range(2):  # the function itself, and programs
        assert over_rows.sums([3.0], [[1.0], [2.0]]) == (90.0, [30.0])
        assert over_rows.outputs([3.0], [[1.0], [2.0]]) == [[3.0, 3.0], [6.0, 3.0]]
        assert over_rows.compile([[1.0], [2.0]]) == ""


@pytest.mark.parametrize("dialect", RUNS[:-1])
def test_without_gradients_outputs_are_those_of_the_numbers_that_the_parameters_had(dialect):
    over_rows = unit()
    assert over_rows.compile(ROWS, dialect, gradients=False) == ""
    assert over_rows.outputs(over_rows.values(), ROWS) == [pytest.approx(row, rel=1e-14, abs=0.0) for row in unit().outputs([0.5, -0.25], ROWS)]
    others = over_rows.values() * 2.0
    if dialect == "c":  # one library for all numbers
        assert over_rows.outputs(others, ROWS) == [pytest.approx(row, rel=1e-14, abs=0.0) for row in unit().outputs([1.0, -0.5], ROWS)]
    else:
        with pytest.raises(ValueError, match="compile it again"):
            over_rows.outputs(others, ROWS)
    assert over_rows.sums([1.0, -0.5], ROWS) == unit().sums([1.0, -0.5], ROWS), "the function itself runs"


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv, operator.iadd, operator.imul])
@pytest.mark.parametrize("other", [2.5, [3.0, -0.5, 1e300]])
def test_floats_count_as_an_array_does(operation, other):
    numbers = [0.1, -2.0, 1e-300]
    found, expected = operation(Floats(numbers), other), operation(np.array(numbers), other)
    assert found == expected.tolist()
    assert type(found) is Floats


def test_floats_have_what_is_asked_of_arrays():
    numbers = Floats([0.1] * 10)
    assert numbers.sum() == 0.9999999999999999, "from the left, in every version of Python"
    assert Floats([]).sum() == 0.0
    assert 2 * Floats([1.0]) == [2.0]
    assert math.isnan(Floats([math.nan]).clip(-1.0, 1.0)[0])
    assert Floats([-3.0, 0.5, 3.0]).clip(-1.0, 1.0) == np.array([-3.0, 0.5, 3.0]).clip(-1.0, 1.0).tolist()
    assert Floats.of(numbers) is numbers
    assert Floats.of(array := np.array([1.0])) is array
    with pytest.raises(ValueError, match="these are 10 and 2"):
        numbers * [1.0, 2.0]


def test_what_is_no_function_or_holds_no_row_is_refused():
    for record, parameters, says in ((3, [], "OverRows takes a function, not int"), (len, Value(1.0), "parameters is a list, not Value")):
        with pytest.raises(TypeError, match=says):
            OverRows(record, parameters)
    with pytest.raises(ValueError, match="rows is empty"):
        OverRows(lambda row: ([], []), []).compile([])
