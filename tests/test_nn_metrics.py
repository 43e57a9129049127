"""Accuracy against scikit-learn's, and the class that an output stands for."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from autograd_core import Value
from nn import accuracy, predicted_class, predicted_classes

quick = settings(deadline=None, max_examples=60, derandomize=True)


def pairs_of(elements, least=1):
    return st.lists(st.tuples(elements, elements), min_size=least, max_size=30)


@quick
@given(pairs=pairs_of(st.integers(-1, 4)))
def test_accuracy_is_scikit_learns_for_any_labels(pairs):
    predicted, actual = map(list, zip(*pairs))
    assert accuracy(predicted, actual) == pytest.approx(accuracy_score(actual, predicted), rel=1e-14)


@pytest.mark.parametrize("kind", [tuple, np.array, pd.Series, lambda v: np.array(v, dtype="float32"), lambda v: [np.int64(x) for x in v]])
def test_arrays_and_series_are_taken_as_lists_are(kind):
    predicted, actual = [0, 1, 1, 1, 0], [0, 1, 0, 1, 1]
    found = accuracy(kind(predicted), kind(actual))
    assert found == accuracy(predicted, actual)
    assert type(found) is float


@pytest.mark.parametrize(
    ("predicted", "actual", "words"),
    [
        ([], [], "predictions is empty"),
        ([1, 0], [1], "predictions and labels are of different lengths, 2 and 1"),
        ([1, math.nan], [1, 0], "predictions: row 1 is nan"),
        ([1, 0], [1, "a"], "labels: row 1 is 'a'"),
        ([[0.1, 0.9]], [1], r"predictions: row 0 is \[0.1, 0.9\] \(list\), not a number"),
    ],
)
def test_accuracy_names_what_it_cannot_use(predicted, actual, words):
    with pytest.raises(ValueError, match=words):
        accuracy(predicted, actual)


def test_a_number_that_is_no_class_is_named():
    with pytest.raises(ValueError, match=r"predictions: row 1 is 0.7: a label is a whole number.*predicted_classes"):
        accuracy([1, 0.7], [1, 0])


@quick
@given(row=st.lists(st.floats(-10, 10), min_size=2, max_size=6))
def test_the_class_of_several_outputs_is_the_index_of_the_largest(row):
    expected = int(np.argmax(row))
    assert [predicted_class(kind(row)) for kind in (list, tuple, np.array, pd.Series)] == [expected] * 4
    assert predicted_class([Value(x) for x in row]) == expected
    assert predicted_classes(np.array([row, row])) == predicted_classes(pd.DataFrame([row, row])) == [expected] * 2


THRESHOLDS = [
    ("logit", [-1.0, 0.0, 1e-300, 0.7], [0, 0, 1, 1]),
    ("probability", [0.0, 0.5, 0.5000000000000001, 1.0], [0, 0, 1, 1]),
    ("sign", [-0.2, 0.0, 1e-300, 3.0], [-1, -1, 1, 1]),
]


@pytest.mark.parametrize(("convention", "outputs", "classes"), THRESHOLDS)
def test_the_class_of_a_single_output_is_decided_by_the_convention(convention, outputs, classes):
    for form in (outputs, np.array(outputs), [[x] for x in outputs], np.array(outputs)[:, None], [Value(x) for x in outputs], [[Value(x)] for x in outputs]):
        assert predicted_classes(form, convention) == classes
    assert [predicted_class(x, convention) for x in outputs] == classes


@pytest.mark.parametrize(
    ("output", "convention", "words"),
    [
        (0.3, "tanh", "no convention 'tanh': choose one of logit, probability, sign"),
        ([0.1, math.nan], "logit", r"outputs\[0\]: row 1 is nan"),
        (Value(math.inf), "logit", r"outputs\[0\]: row 0 is inf"),
        ([], "logit", r"outputs\[0\] is empty"),
    ],
)
def test_an_output_without_a_class_is_refused(output, convention, words):
    with pytest.raises(ValueError, match=words):
        predicted_class(output, convention)
