"""Tables from outside become rows of floats, or one clear error that names the place."""

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from autograd_core import Value, as_labels, as_numbers, as_rows

NESTED = [[1, 2], [3, 4]]
SAME = {
    "lists": NESTED, "tuples": ((1, 2), (3.0, 4.0)), "rows of arrays": [np.array([1, 2]), np.array([3.0, 4.0])], "array": np.array(NESTED),
    "float32": np.array(NESTED, dtype="float32"), "objects": np.array(NESTED, dtype=object), "frame": pd.DataFrame(NESTED, columns=["a", "b"], index=[7, 7]),
    "mixed frame": pd.DataFrame({"a": [1, 3], "b": [2.0, 4.0]}), "nullable": pd.DataFrame(NESTED, dtype="Int64"), "series": [pd.Series([1, 2]), pd.Series([3, 4])],
    "fractions": [[Fraction(1), 2], [3, Fraction(8, 2)]], "scalars": [[np.float64(1), np.int8(2)], [np.float32(3), np.array(4)]],
    "ranges": [range(1, 3), range(3, 5)], "generator": (row for row in NESTED), "booleans": [[True, 2], [3, np.True_ + 3]],
}  # fmt: skip


@pytest.mark.parametrize("table", SAME.values(), ids=SAME)
def test_every_kind_of_table_becomes_the_same_rows(table):
    rows = as_rows(table)
    assert rows == [[1.0, 2.0], [3.0, 4.0]]
    assert {type(x) for row in rows for x in row} == {float}


def test_rows_are_copies():
    X = [[1.0, 2.0]]
    as_rows(X)[0][0] = 9.0
    assert X == [[1.0, 2.0]]


BAD_ROWS = [
    ([], ValueError, "X is empty: at least one row"), (np.zeros((0, 3)), ValueError, "X is empty"), (pd.DataFrame(), ValueError, "X is empty"),
    ([[], []], ValueError, "X: row 0 has no columns"), ([[1.0], [1.0, 2.0]], ValueError, r"X: row 1 has 2 column\(s\) where row 0 has 1"),
    ([[1.0, 2.0], [3.0, "x"]], ValueError, r"X: row 1, column 1 is 'x' \(str\), not a number"), ([["1"]], ValueError, "row 0, column 0 is '1'.*float"),
    ([[1.0, math.nan]], ValueError, "X: row 0, column 1 is nan: all numbers must be finite"), (np.array([[1.0], [np.inf]]), ValueError, "X: row 1, column 0 is inf"),
    (pd.DataFrame({"a": [1, 2], "b": ["u", "v"]}), ValueError, "row 0, column 1 is 'u'"), (pd.DataFrame({"a": [1, None]}), ValueError, "row 1, column 0 is nan"),
    (pd.DataFrame({"a": [1, None]}, dtype="Int64"), ValueError, r"row 1, column 0 is (nan|<NA>).*leave the row out"), ([[1, None]], ValueError, "row 0, column 1 is None.*leave the row out"),
    ([1.0, 2.0], ValueError, r"X: row 0 is 1.0 \(float\), not a list: X is a list of rows: write \[\[1.0, 2.0\]\] for one row, \[\[1.0\], \[2.0\]\] for a column"), (np.zeros(3), ValueError, r"row 0 is 0.0"),
    (pd.Series([1, 2]), ValueError, r"row 0 is 1 \(int\)"), (np.zeros((1, 2, 2)), ValueError, r"row 0, column 0 is \[0.0, 0.0\] \(list\)"),
    ([[Value(1.0)]], ValueError, r"row 0, column 0 is Value.*take its .data"), ([[1j]], ValueError, "row 0, column 0 is 1j"),
    (np.array([[1]], "m8[ns]"), ValueError, "row 0, column 0 is .*timedelta64"), (np.array([[1]], "M8[ns]"), ValueError, "column 0 is .*datetime64"),
    ([[10**400]], ValueError, "column 0 is an integer too large"),
    (["ab"], ValueError, "row 0 is 'ab'"), (None, TypeError, "X is a table: .* not None"), ("text", TypeError, "not 'text'"), (3.0, TypeError, "not 3.0"),
    ({"a": [1]}, TypeError, "not {'a'"), (np.array(3.0), TypeError, "X is a table"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "error", "words"), BAD_ROWS)
def test_a_table_that_is_none_is_refused_with_its_place(table, error, words):
    with pytest.raises(error, match=words):
        as_rows(table)


@pytest.mark.parametrize("y", [[0, 1, 2], (0.0, 1.0, 2.0), np.array([0, 1, 2]), np.array([0.0, 1.0, 2.0]), pd.Series([0, 1, 2]), range(3), [False, True, np.int64(2)]])
def test_every_kind_of_labels_becomes_the_same_ints(y):
    labels = as_labels(y, classes=3)
    assert labels == [0, 1, 2]
    assert {type(label) for label in labels} == {int}
    assert as_numbers(y) == as_numbers(y, or_rows=True) == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("y", "classes", "words"),
    [
        ([], None, "y is empty"), ([0, 0.5], None, "y: row 1 is 0.5: a label is a whole number"), ([0, math.nan], None, "y: row 1 is nan"),
        (["cat", "dog"], None, "y: row 0 is 'cat' .str., not a number: number the classes"), ([[0], [1]], None, r"y: row 0 is \[0\] \(list\), not a number: one number"),
        ([0, 10], 10, "y: row 1 is 10: the labels of 10 classes are 0 to 9"), ([0, -1], 2, "y: row 1 is -1"), ([0], 0, "classes is the number of classes"),
    ],
)  # fmt: skip
def test_labels_that_are_none_are_refused_with_their_row(y, classes, words):
    with pytest.raises(ValueError, match=words):
        as_labels(y, classes=classes)


def test_targets_may_be_rows():
    assert as_numbers(np.array([[1], [2]]), or_rows=True) == [[1.0], [2.0]]
    with pytest.raises(ValueError, match="y: row 1, column 0 is nan"):
        as_numbers([[1.0], [math.nan]], or_rows=True)
