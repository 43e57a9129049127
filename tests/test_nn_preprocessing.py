"""Tables from outside, scaling, encoding, splitting, mini-batches and augmentation, against NumPy and scikit-learn."""

import math
import random
from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import preprocessing as sklearn_preprocessing

from autograd_core import Value
from nn.data import digits
from nn.preprocessing import MinMaxScaler, Standardizer, batches, jitter, one_hot, shift_images, train_test_split
from nn.tables import as_labels, as_numbers, as_rows, as_targets

quick = settings(deadline=None, max_examples=40, derandomize=True)
numbers = st.floats(-1e6, 1e6)
tables = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(numbers, min_size=width, max_size=width), min_size=1, max_size=12))

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
    ([1.0, 2.0], ValueError, r"X: row 0 is 1.0 \(float\), not a list of numbers: write \[\[x\] for x in X\]"), (np.zeros(3), ValueError, r"row 0 is 0.0"),
    (pd.Series([1, 2]), ValueError, r"row 0 is 1 \(int\)"), (np.zeros((1, 2, 2)), ValueError, r"row 0, column 0 is \[0.0, 0.0\] \(list\)"),
    ([[Value(1.0)]], ValueError, r"row 0, column 0 is Value.*take its .data"), ([[1j]], ValueError, "row 0, column 0 is 1j"), ([[10**400]], ValueError, "column 0 is an integer too large"),
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
    assert as_numbers(y) == as_targets(y) == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("y", "classes", "words"),
    [
        ([], None, "y is empty"), ([0, 0.5], None, "y: row 1 is 0.5: a label is a whole number"), ([0, math.nan], None, "y: row 1 is nan"),
        (["cat", "dog"], None, "y: row 0 is 'cat', not a whole number: number the classes"), ([[0], [1]], None, r"y: row 0 is \[0\] \(list\), not a number: one number"),
        ([0, 10], 10, "y: row 1 is 10: the labels of 10 classes are 0 to 9"), ([0, -1], 2, "y: row 1 is -1"), ([0], 0, "classes is the number of classes"),
    ],
)  # fmt: skip
def test_labels_that_are_none_are_refused_with_their_row(y, classes, words):
    with pytest.raises(ValueError, match=words):
        as_labels(y, classes=classes)


def test_targets_may_be_rows():
    assert as_targets(np.array([[1], [2]])) == [[1.0], [2.0]]
    with pytest.raises(ValueError, match="y: row 1, column 0 is nan"):
        as_targets([[1.0], [math.nan]])


@quick
@given(X=tables)
@pytest.mark.parametrize(("ours", "theirs"), [(Standardizer, sklearn_preprocessing.StandardScaler), (MinMaxScaler, sklearn_preprocessing.MinMaxScaler)])
def test_e5_a_scaler_agrees_with_scikit_learns_and_is_undone_by_inverse(ours, theirs, X):
    X = [[round(x, 3) for x in row] for row in X]  # scikit-learn takes nearly equal numbers for equal
    scaler = ours().fit(X)
    assert np.array(scaler.transform(X)) == pytest.approx(theirs().fit_transform(np.array(X)), rel=1e-6, abs=1e-6)
    assert np.array(scaler.inverse(scaler.transform(X))) == pytest.approx(np.array(X), rel=1e-9, abs=1e-9)
    assert repr(eval(repr(scaler), {ours.__name__: ours})) == repr(scaler)


def test_e5_the_standardized_digits_have_mean_0_and_deviation_1_and_constant_pixels_stay_0():
    X, _ = digits()
    scaled, constant = np.array(Standardizer().fit(X).transform(X)), np.ptp(np.array(X), axis=0) == 0
    assert constant.sum() == 3
    assert scaled.mean(axis=0) == pytest.approx(np.zeros(64), abs=1e-13)
    assert scaled.std(axis=0) == pytest.approx(np.where(constant, 0.0, 1.0), abs=1e-13)


@pytest.mark.parametrize("unit", [1e-250, 1e250])
@pytest.mark.parametrize("scaler", [Standardizer, MinMaxScaler])
def test_scaling_neither_overflows_nor_vanishes(scaler, unit):
    small, large = (scaler().fit([[u], [2 * u], [6 * u]]).transform([[u], [2 * u], [6 * u]]) for u in (1.0, unit))
    assert np.array(small) == pytest.approx(np.array(large), rel=1e-12)


def test_a_column_of_equal_numbers_is_constant_whatever_their_rounding():
    scaler = Standardizer().fit([[0.1]] * 7)
    assert (scaler.mean, scaler.deviation) == ([0.1], [1.0])
    assert MinMaxScaler().fit([[0.1]] * 7).transform([[0.1], [0.6]]) == [[0.0], [0.5]]


def test_one_hot_is_the_identity_matrix_by_label():
    assert one_hot([2, 0, 1, 2]) == np.eye(3)[[2, 0, 1, 2]].tolist()
    assert one_hot(np.array([1.0]), classes=4) == [[0.0, 1.0, 0.0, 0.0]]


X10, Y10 = [[float(i), -float(i)] for i in range(10)], list(range(10))


@quick
@given(n=st.integers(10, 60), seed=st.integers(0, 5), stratify=st.booleans())
def test_e5_a_split_deals_every_example_once_in_the_given_shares(n, seed, stratify):
    X, y = [[float(i)] for i in range(n)], [i % 2 for i in range(n)]
    parts = train_test_split(X, y, fractions=(0.7, 0.15, 0.15), seed=seed, stratify=stratify)
    assert sorted(row for part in parts for row in part.X) == X
    assert all(part.y == [int(row[0]) % 2 for row in part.X] for part in parts)
    assert all(abs(len(part.X) - share * n) <= 1.0 for part, share in zip(parts, (0.7, 0.15, 0.15)))
    if stratify:
        assert all(abs(part.y.count(0) - part.y.count(1)) <= 2 for part in parts)
    assert parts == train_test_split(np.array(X), pd.Series(y), fractions=(0.7, 0.15, 0.15), seed=seed, stratify=stratify)


def test_e5_a_stratified_split_of_the_digits_keeps_the_share_of_each():
    X, y = digits()
    train, test = train_test_split(X, y, test=0.25, stratify=True)
    assert (len(train.X), len(test.X)) == (1348, 449)
    for label, count in Counter(y).items():
        assert abs(test.y.count(label) - 0.25 * count) <= 1.0
    assert len({tuple(train.y[start : start + 10]) for start in range(0, 200, 10)}) > 15  # no pattern of classes
    assert train != train_test_split(X, y, test=0.25, stratify=True, seed=1)[0]


def test_e1_an_epoch_shows_every_example_once_and_the_last_batch_is_short():
    parts = list(batches(X10, Y10, 4))
    assert [len(part.X) for part in parts] == [4, 4, 2]
    assert sorted(label for part in parts for label in part.y) == Y10
    assert all(row == X10[label] for part in parts for row, label in zip(*part))
    assert [part.y for part in batches(X10, Y10, 10, shuffle=False)] == [Y10]
    assert [len(part.y) for part in batches(X10, Y10, 1)] == [1] * 10


def test_e1_an_int_repeats_the_order_and_a_generator_goes_on():
    def order(seed):
        return [label for part in batches(np.array(X10), Y10, 3, seed=seed) for label in part.y]

    chance = random.Random(7)
    assert order(7) == order(7) == order(chance) != order(chance)
    assert order(7) != order(8)


def test_e5_jitter_adds_noisy_copies_to_the_untouched_originals():
    X, y = jitter([[float(i)] for i in range(2000)], range(2000), copies=2, noise=0.3)
    assert X[:2000] == [[float(i)] for i in range(2000)]
    assert y == [*range(2000)] * 3
    moves = np.array(X[2000:])[:, 0] - np.array(y[2000:])
    assert (moves.mean(), moves.std()) == pytest.approx((0.0, 0.3), abs=0.02)
    assert jitter(X10, Y10, seed=1) == jitter(X10, Y10, seed=1) != jitter(X10, Y10, seed=2)


def test_e5_shifted_digits_are_the_pictures_moved_by_a_pixel():
    X, y = (part[:50] for part in digits())
    pictures, padded = np.array(X).reshape(-1, 8, 8), np.pad(np.array(X).reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    found = shift_images(X, y)
    left, right, up, down = padded[:, 1:9, 2:10], padded[:, 1:9, 0:8], padded[:, 2:10, 1:9], padded[:, 0:8, 1:9]
    assert np.array_equal(np.array(found.X).reshape(-1, 8, 8), np.concatenate([pictures, left, right, up, down]))
    assert found.y == y * 5


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: batches(X10, Y10, 11), r"batch_size=11 is larger than the data: there are 10 example\(s\)"),
        (lambda: batches(X10, Y10, 0), r"batch_size is a whole number from 1 on, not 0"),
        (lambda: batches(X10, Y10[:9], 2), r"X and y are of different lengths, 10 and 9"),
        (lambda: batches([], [], 1), r"X is empty"),
        (lambda: train_test_split(X10, Y10, fractions=(0.7, 0.2)), r"fractions are .* that add up to 1, not \(0.7, 0.2\)"),
        (lambda: train_test_split(X10, Y10, test=1.5), r"between 0 and 1"),
        (lambda: train_test_split(X10[:2], Y10[:2], test=0.1), r"2 example\(s\) cannot be split .* a part would be empty"),
        (lambda: train_test_split(X10, Y10, stratify=True), r"class \d has 1 example\(s\), too few to stratify into 2 parts"),
        (lambda: one_hot([0, 3], classes=3), r"labels: row 1 is 3: the labels of 3 classes are 0 to 2"),
        (lambda: one_hot([-1, 1]), r"labels: row 0 is -1"),
        (lambda: Standardizer().transform(X10), r"call fit\(X\) first"),
        (lambda: MinMaxScaler().inverse(X10), r"call fit\(X\) first"),
        (lambda: Standardizer().fit(X10).transform([[1.0]]), r"X has 1 column\(s\) where the data given to fit had 2"),
        (lambda: Standardizer().fit([[1.0], [math.nan]]), r"X: row 1, column 0 is nan"),
        (lambda: jitter(X10, Y10, copies=-1), r"copies is a whole number and noise .* not -1 and 0.1"),
        (lambda: shift_images(X10, Y10), r"a picture of size=8 has 64 pixels, but X has 2 columns"),
    ],
)
def test_what_cannot_be_prepared_says_why_at_the_call(call, words):
    with pytest.raises(ValueError, match=words):
        call()
