"""Accuracy and other metrics of a training against scikit-learn's, and the class that an output stands for."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

import nn
from nn import accuracy, predicted_classes

quick = settings(deadline=None, max_examples=60, derandomize=True)
THRESHOLDS = [
    ("logit", [-1.0, 0.0, 1e-300, 0.7], [0, 0, 1, 1]),
    ("probability", [0.0, 0.5, 0.5000000000000001, 1.0], [0, 0, 1, 1]),
    ("sign", [-0.2, 0.0, 1e-300, 3.0], [-1, -1, 1, 1]),
]


@quick
@given(pairs=st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=1, max_size=30))
def test_accuracy_is_scikit_learns_for_any_labels(pairs):
    actual, predicted = map(list, zip(*pairs))
    assert accuracy(actual, predicted) == pytest.approx(metrics.accuracy_score(actual, predicted), rel=1e-14, abs=0.0)


@quick
@given(row=st.lists(st.floats(-10, 10), min_size=2, max_size=6))
def test_the_class_of_several_outputs_is_the_index_of_the_largest(row):
    assert predicted_classes([row, tuple(row)]) == [int(np.argmax(row))] * 2


@pytest.mark.parametrize(("convention", "outputs", "classes"), THRESHOLDS)
def test_the_class_of_a_single_output_is_decided_by_the_convention(convention, outputs, classes):
    assert predicted_classes(outputs, convention) == predicted_classes([[x] for x in outputs], convention) == classes
    with pytest.raises(ValueError, match="convention is one of 'logit', 'probability', 'sign'"):
        predicted_classes(outputs, "logits")


@pytest.mark.parametrize("name", ["f1_score", "precision_score", "recall_score", "balanced_accuracy_score"])
def test_the_metrics_of_scikit_learn_are_metrics_of_a_training(name):
    X, y = nn.data.moons(40, noise=0.3, seed=1)
    model, metric = nn.MLP(2, [4, 1], seed=0), getattr(metrics, name)
    history = model.fit(X, y, loss="bce_with_logits", epochs=20, metrics=[metric, "accuracy"], seed=0)
    assert history[name][-1] == metric(y, model.predict_classes(X))
    assert history["accuracy"][-1] == metrics.accuracy_score(y, model.predict_classes(X))


@pytest.mark.parametrize("output", ["tanh", "sigmoid", "linear"])
def test_accuracy_does_not_depend_on_which_labels_occur(output):
    model = nn.MLP(1, [1], output=output)
    model.layers[0].set_weights([[1.0]], [0.0])
    X, loss = [[-0.3], [0.2], [0.9]], "bce_with_logits" if output == "linear" else "mse"
    classes = model.predict_classes(X)
    assert classes == [-1 if output == "tanh" else 0, 1, 1]
    for row, label in zip(X, classes):
        other = sum({*classes} - {label})
        assert [model.evaluate([row], [y], loss=loss, metrics="accuracy")["accuracy"] for y in (label, other)] == [1.0, 0.0]
    assert model.evaluate(X, [c > 0 for c in classes], loss=loss, metrics="accuracy")["accuracy"] == 1.0


def test_a_linear_output_trained_towards_labels_has_its_middle_between_them():
    model = nn.MLP(1, [1])
    model.layers[0].set_weights([[1.0]], [0.0])
    for labels in ([0, 0, 1], [-1, 1, 1]):
        assert model.evaluate([[-0.3], [0.2], [0.9]], labels, loss="mse", metrics="accuracy")["accuracy"] == 1.0


@pytest.mark.parametrize("rows", [[[5.0], [0.5]], [[0.5], [5.0]]])
def test_a_loss_of_probabilities_behind_a_linear_output_names_the_missing_sigmoid(rows):
    model = nn.MLP(1, [1])
    model.layers[0].set_weights([[1.0]], [0.0])
    with pytest.raises(nn.TrainingError, match=r"log at x = -4\.0 is not defined.*give the last layer a sigmoid"):
        model.fit(rows, [1, 0], loss="bce", epochs=2)
    assert model.state_dict() == {"layers.0.neurons.0.w.0": 1.0, "layers.0.neurons.0.b": 0.0}


def test_a_step_that_gradients_do_not_move_is_told_once():
    with pytest.warns(UserWarning, match=r"every gradient is 0.*Perceptron\(2.*flat") as told:
        nn.Perceptron(2).fit([[0.0, 0.0], [1.0, 1.0]], [0, 1], epochs=3)
    assert [warning.filename for warning in told] == [__file__]
    with pytest.warns(UserWarning, match=r"every gradient is 0.*: Neuron\(1, sign\) is flat"):  # the last one is what stops them
        nn.Sequential(nn.Layer(1, 2, "step", seed=0), nn.Layer(2, 1, "linear", seed=0), nn.Layer(1, 2, "sign", seed=0)).fit([[0.5]], [[3.0, 4.0]], epochs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.Perceptron(1, weights=[1.0], bias=-0.5).fit([[0.0], [1.0]], [0, 1], epochs=1)  # it has nothing to learn
        nn.Sequential(nn.Layer(1, 2, "step", seed=0), nn.Layer(2, 1, "linear")).fit([[0.5]], [3.0], epochs=1)  # something moves
        nn.Sequential(nn.Layer(1, 1, "linear", init="zeros"), nn.Layer(1, 1, "linear", init="zeros", bias=False)).fit([[0.5]], [3.0], epochs=1)


def test_two_figures_of_one_name_are_refused():
    def loss(targets, outputs):
        return 7.0

    def val_loss(targets, outputs):
        return 7.0

    for metrics_ in (["mae", "mae"], [lambda t, y: 1.0, lambda t, y: 2.0], loss, val_loss):
        with pytest.raises(ValueError, match="two figures of an epoch would be called"):
            nn.MLP(1, [1]).fit([[0.0], [1.0]], [0, 1], epochs=1, metrics=metrics_)


def test_outputs_in_arrays_have_the_classes_of_lists():
    assert predicted_classes(np.array([[0.1, 0.9], [0.8, 0.2]])) == predicted_classes([np.array([0.1, 0.9]), [0.8, 0.2]]) == [1, 0]


def test_the_best_epoch_is_one_with_a_loss_and_a_page_shows_the_names_of_metrics():
    history = nn.History([{"epoch": i, "loss": 1.0, "val_loss": loss, "<lambda>": 0.5} for i, loss in enumerate([math.nan, 2.0, 1.0], start=1)])
    assert history.best_epoch == 3
    assert "&lt;lambda> 0.5" in history._repr_html_()
    with pytest.raises(KeyError, match="'acc' was not recorded: there are epoch, loss"):
        nn.MLP(1, [1]).fit([[0.0]], [1.0], epochs=2, callbacks=nn.ReduceLROnPlateau(watch="acc"))


def test_a_training_ends_whatever_a_callback_does_to_its_history():
    seen = []
    nn.MLP(1, [1]).fit([[0.0]], [1.0], epochs=3, callbacks=lambda model, history: seen.append(0) or history.epochs.clear())
    assert len(seen) == 3


@pytest.mark.parametrize(("coding", "answers"), [("01", (0, 1)), ("pm1", (-1, 1))])
@pytest.mark.parametrize("at_zero", [0, 1])
def test_classes_behind_a_threshold_unit_are_what_it_puts_out_by_any_convention(coding, answers, at_zero):
    unit = nn.Perceptron(2, coding, at_zero, weights=[1.0, 1.0], bias=-1.5)
    assert unit.predict_classes([[0, 1], [1, 1]]) == list(answers)
    assert unit.evaluate([[0, 1], [1, 1]], answers, metrics="accuracy")["accuracy"] == 1.0
