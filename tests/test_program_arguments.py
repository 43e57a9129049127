"""What programs are called with: every dialect takes the same tables and rows, and refuses what are no real numbers in the same words."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

import autograd_core as ac
from autograd_core import Value

x, w = Value(3.0, "x"), Value(2.0, "w")
DIALECTS = ["python", "numpy", "c"]
PROGRAMS = {(dialect, name): ac.compile_graph(output, [w], [x], dialect=dialect)
            for name, output in (("single", w * x), ("several", [w * x, x])) for dialect in DIALECTS}  # fmt: skip
MASKED = np.ma.array([[3.0]], mask=[[True]])
NO_TABLES = {
    "nothing in it": ([[None]], "not NoneType None"), "text": ([["3"]], "not str '3'"), "complex": ([[3j]], "not complex"),
    "array of complex": (np.array([[3j]]), "not complex"), "array of texts": (np.array([["3"]]), "not str '3'"),
    "array of objects": (np.array([[None]], dtype=object), "not NoneType None"), "dates": (np.array([["2020-01-01"]], dtype="M8[D]"), "not date"),
    "times in nanoseconds": (np.array([[3]], dtype="m8[ns]"), "not timedelta64"), "frame of times": (pd.DataFrame([[pd.Timestamp(0)]]), "not datetime64"),
    "frame of texts": (pd.DataFrame([["3"]]), "not str '3'"), "masked": (MASKED, "masked array"), "masked rows": ([MASKED[0]], "masked array"),
    "masks nothing": (np.ma.array([[3.0]]), "masked array"), "a number": (3.0, "rows is a list, not float"), "None": (None, "rows is a list"),
    "a dictionary": ({0: 1.0}, "rows is a list, not dict"), "a text": ("3", "rows is a list, not str"), "an array without axes": (np.array(3.0), "rows is a list"),
    "one row": ([3.0], "lists of numbers"), "dictionaries": ([{0: 3.0}], "lists of numbers"), "sets": ([{3.0}], "lists of numbers"),
    "bytes": ([b"3"], "lists of numbers"), "a set of rows": (frozenset([(3.0,)]), "rows is a list"),
}  # fmt: skip
TABLES = [np.array([[3]]), np.array([[3.0]], dtype="f4"), np.array([[3.0]], dtype=object), pd.DataFrame([[3.0]]), ((3,),), [np.array([3.0])],
          pd.DataFrame({"a": [3]}, index=["r"]), np.asfortranarray([[3.0]])]  # fmt: skip
NO_ROWS = {
    "nothing in it": ([None], "not NoneType None"), "text": (["2"], "not str '2'"), "complex": ([2j], "not complex"),
    "array of complex": (np.array([2j]), "not complex"), "array of texts": (np.array(["2"]), "not str '2'"),
    "array of objects": (np.array([None], dtype=object), "not NoneType None"), "masked": (MASKED[0], "masked array"),
    "times in nanoseconds": (np.array([3], dtype="m8[ns]"), "not timedelta64"), "a dictionary": ({0: 2.0}, "lists of numbers"),
    "a dictionary of leaves": ({w: 2.0}, "lists of numbers"), "a set": ({2.0}, "lists of numbers"), "bytes": (b"2", "lists of numbers"),
    "two axes": ([[2.0]], "not list"), "a number": (2.0, "lists of numbers"), "an array without axes": (np.array(2.0), "lists of numbers"),
}  # fmt: skip
every_program = pytest.mark.parametrize("program", PROGRAMS.values(), ids=map("-".join, PROGRAMS))


@every_program
@pytest.mark.parametrize(("rows", "sentence"), NO_TABLES.values(), ids=NO_TABLES)
def test_a_table_of_no_real_numbers_is_refused(program, rows, sentence):
    with pytest.raises(TypeError, match=sentence):
        program.batch([2.0], rows)


@every_program
def test_tables_of_every_kind_give_the_same(program):
    expected = (6.0, [3.0]) if program.single else [[6.0, 3.0]]
    for rows in (*TABLES, ([3.0] for _ in range(1))):
        found = program.batch([2.0], rows)
        assert found == expected if program.single else np.array_equal(found, expected), rows


@every_program
@pytest.mark.parametrize(("row", "sentence"), NO_ROWS.values(), ids=NO_ROWS)
def test_parameters_and_inputs_that_are_no_real_numbers_are_refused(program, row, sentence):
    for call in (lambda: program(row, [3.0]), lambda: program([2.0], row), lambda: program.batch(row, [[3.0]])):
        with pytest.raises(TypeError, match=sentence):
            call()


def test_a_function_of_the_math_module_says_what_to_write_for_a_value():
    with pytest.raises(TypeError, match=r"v\.sin\(\) or autograd_core\.sin\(v\)"):
        ac.compile_graph(w.tanh(), [w])([ac.Value(1.0)])


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("column", [MASKED[0], np.array([3j]), np.array(["3"]), ["3"], [None]], ids=repr)
def test_columns_of_no_real_numbers_are_refused(dialect, column):
    with pytest.raises(TypeError, match=r"masked array|real number is needed"):
        PROGRAMS[dialect, "several"].columns([2.0], [column])


def test_whole_numbers_compute_as_floats_and_every_result_is_looked_at():
    big, half = 2**53 + 1, ac.compile_graph([0.5 * w, w * x, x], [w], [x])
    assert repr(half([2], [3])) == repr(half([True + 1], np.array([3]))) == repr(half([2], range(3, 4))) == "[1.0, 6.0, 3.0]"
    assert repr(half([big], [1])) == f"[{2.0**52!r}, {2.0**53!r}, 1.0]"
    assert repr(half.columns([2], [[3, True]])) == "[[1.0, 1.0], [6.0, 2.0], [3.0, 1.0]]"
    assert repr(half.columns([2], [[3, 0.5]])) == "[[1.0, 1.0], [6.0, 1.0], [3.0, 0.5]]"
    assert repr(PROGRAMS["python", "single"]([2], [3])) == "(6.0, [3.0])"
    assert repr(ac.compile_graph(w * x + 0.5, [w], [x])([2], [3])) == "(6.5, [3.0])"
    with pytest.raises(ac.DomainError, match=r"in the program's line: v1 = log\(x\)"):
        ac.compile_graph([ac.log(x)], [], [x]).columns([], [[1.0, -1.0]])


NO_COLUMNS = [(None, "columns is a list"), (3.0, "columns is a list"), ({0: [3.0]}, "columns is a list"), ("3", "columns is a list"),
              ([3.0], "lists of numbers"), ([iter([3.0])], "lists of numbers"), ([{0: 3.0}], "lists of numbers"), ([{3.0}], "lists of numbers"),
              (["3"], "lists of numbers"), ([np.array([3], "M8[ns]")], "not datetime64")]  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("columns", "sentence"), NO_COLUMNS, ids=lambda x: str(x)[:20])
def test_what_is_no_list_of_columns_is_refused(dialect, columns, sentence):
    with pytest.raises(TypeError, match=sentence):
        PROGRAMS[dialect, "several"].columns([2.0], columns)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_columns_of_every_kind_give_the_same(dialect):
    program, expected = PROGRAMS[dialect, "several"], [[6.0, 8.0], [3.0, 4.0]]
    for columns in ([[3.0, 4.0]], ((3, 4),), np.array([[3.0, 4.0]]), [np.array([3.0, 4.0])], pd.DataFrame({"name": [3.0, 4.0]}), iter([[3.0, 4.0]])):
        assert np.array_equal(program.columns([2.0], columns), expected), columns


@pytest.mark.parametrize("program", [program for program in PROGRAMS.values() if program.dialect != "c"], ids=repr)
def test_rows_of_several_lengths_are_refused(program):
    with pytest.raises(ValueError, match=r"one length, not of \[1, 2\]|2 of inputs|1 and 2"):
        program.batch([2.0], [[3.0], [3.0, 4.0]])


@every_program
def test_a_copy_of_a_program_is_itself_and_pickle_says_what_to_do(program):
    assert copy.copy(program) is program
    assert copy.deepcopy([program])[0] is program
    with pytest.raises(TypeError, match="pickle its output, and compile_graph it again"):
        pickle.dumps(program)
