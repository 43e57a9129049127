"""Metrics against scikit-learn's, and the class that an output stands for."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from autograd_core import Value
from nn.metrics import METRICS, accuracy, confusion_matrix, f1, predicted_class, predicted_classes, r2_score

quick = settings(deadline=None, max_examples=60, derandomize=True)


def pairs_of(elements, least=1):
    return st.lists(st.tuples(elements, elements), min_size=least, max_size=30)


SKLEARN = {
    "accuracy": sklearn_metrics.accuracy_score,
    "precision": sklearn_metrics.precision_score,
    "recall": sklearn_metrics.recall_score,
    "f1": sklearn_metrics.f1_score,
    "mean_squared_error": sklearn_metrics.mean_squared_error,
    "mean_absolute_error": sklearn_metrics.mean_absolute_error,
    "r2_score": sklearn_metrics.r2_score,
}
BINARY, REGRESSION = ("precision", "recall", "f1"), ("mean_squared_error", "mean_absolute_error", "r2_score")


def test_every_metric_stands_in_the_dictionary_by_its_name():
    assert set(METRICS) == set(SKLEARN)
    assert all(metric.__name__ == name for name, metric in METRICS.items())


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("coding", [(0, 1), (-1, 1)])
@quick
@given(pairs=pairs_of(st.integers(0, 1)))
def test_the_metrics_of_two_classes_agree_with_scikit_learns(name, coding, pairs):
    predicted, actual = ([coding[bit] for bit in column] for column in zip(*pairs))
    expected = SKLEARN[name](actual, predicted, zero_division=0.0)
    assert METRICS[name](predicted, actual) == pytest.approx(expected, rel=1e-14)
    if 1 in predicted or 1 in actual:
        inverted = SKLEARN[name](actual, predicted, pos_label=coding[0], zero_division=0.0) if coding[0] in predicted + actual else 0.0
        assert METRICS[name](predicted, actual, positive=coding[0]) == pytest.approx(inverted, rel=1e-14)


@quick
@given(pairs=pairs_of(st.integers(-1, 4)))
def test_accuracy_and_confusion_agree_with_scikit_learns_for_any_labels(pairs):
    predicted, actual = map(list, zip(*pairs))
    assert accuracy(predicted, actual) == pytest.approx(sklearn_metrics.accuracy_score(actual, predicted), rel=1e-14)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is a single label
        assert confusion_matrix(predicted, actual) == sklearn_metrics.confusion_matrix(actual, predicted).tolist()
    order = [4, 3, 2, 1, 0, -1]
    assert confusion_matrix(predicted, actual, order) == sklearn_metrics.confusion_matrix(actual, predicted, labels=order).tolist()


def test_the_rows_of_a_confusion_matrix_are_the_true_classes_even_those_that_never_occur():
    assert confusion_matrix([1, 1, 0], [0, 1, 0], classes=3) == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize("name", REGRESSION)
@quick
@given(pairs=pairs_of(st.integers(-1000, 1000).map(lambda i: i / 8), least=2))
def test_the_metrics_of_numbers_agree_with_scikit_learns(name, pairs):
    predicted, actual = map(list, zip(*pairs))
    assert METRICS[name](predicted, actual) == pytest.approx(SKLEARN[name](actual, predicted), rel=1e-9, abs=1e-12)


def test_r2_of_equal_targets_is_1_or_0_and_of_bad_predictions_negative():
    assert r2_score([0.1] * 3, [0.1] * 3) == 1.0
    assert r2_score([0.1, 0.1, 0.2], [0.1] * 3) == 0.0
    assert r2_score([3.0, 2.0, 1.0], [1.0, 2.0, 3.0]) == -3.0


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("kind", [tuple, np.array, pd.Series, lambda v: np.array(v, dtype="float32"), lambda v: [np.int64(x) for x in v]])
def test_arrays_and_series_are_taken_as_lists_are(name, kind):
    predicted, actual = [0, 1, 1, 1, 0], [0, 1, 0, 1, 1]
    found = METRICS[name](kind(predicted), kind(actual))
    assert found == METRICS[name](predicted, actual)
    assert type(found) is float


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(
    ("predicted", "actual", "words"),
    [
        ([], [], "predictions is empty"),
        ([1, 0], [1], "predictions and (labels|targets) are of different lengths, 2 and 1"),
        ([1, math.nan], [1, 0], "predictions: row 1 is nan"),
        ([1, 0], [1, "a"], "(labels|targets): row 1 is 'a'"),
        ([[0.1, 0.9]], [1], r"predictions: row 0 is \[0.1, 0.9\] \(list\), not a number"),
    ],
)
def test_a_metric_names_what_it_cannot_use(name, predicted, actual, words):
    with pytest.raises(ValueError, match=words):
        METRICS[name](predicted, actual)


def test_classes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"predictions: row 1 is 0.7: a label is a whole number.*predicted_classes"):
        accuracy([1, 0.7], [1, 0])
    with pytest.raises(ValueError, match=r"predictions: row 1 is 3, which is not one of the classes \[0, 1\]"):
        confusion_matrix([0, 3], [0, 1], classes=2)
    with pytest.raises(ValueError, match=r"labels: row 0 is 2, which is not one of the classes \(-1, 1\)"):
        confusion_matrix([-1, 1], [2, 1], classes=(-1, 1))
    with pytest.raises(ValueError, match=r"two classes are needed, 1 and one other, not \[0, 2\]"):
        f1([0, 1, 2], [0, 1, 2])


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
