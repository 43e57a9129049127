"""Training: rows A2, B8, B10, E1, E3, E5 and E8 of the curriculum, and what may go wrong."""

import math
import random
import re

import numpy as np
import pandas as pd
import pytest

import nn
from nn.data import moons, xor_quadrants
from nn.losses import mse_loss
from nn.optim import SGD, Adam

X, Y = moons(60, 0.1, seed=3)
SIGNED = [2 * y - 1 for y in Y]
LINE = [[0.1 * i] for i in range(-10, 11)]
ON_LINE = [3.0 * x[0] - 1.0 for x in LINE]


def small(seed=1, output="linear"):
    return nn.MLP(2, [6, 1], activation="tanh", output=output, seed=seed)


def train(model, x=X, y=Y, **options):
    return model.fit(x, y, **{"seed": 0, "loss": "bce_with_logits", **options})


# -- A2 and B8: heads ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("loss", "output", "labels", "metric", "least"),
    [
        ("bce_with_logits", "linear", Y, "accuracy", 0.85),
        ("bce", "sigmoid", Y, "accuracy", 0.85),
        ("logistic", "linear", SIGNED, "accuracy", 0.85),
        ("hinge", "linear", SIGNED, "accuracy", 0.85),
        ("mse", "linear", Y, "accuracy", 0.8),
    ],
)
def test_a2_one_neuron_is_logistic_regression_a_linear_svm_or_linear_regression(loss, output, labels, metric, least):
    model = nn.Sequential(nn.Layer(2, 1, output, seed=0))
    history = train(model, y=labels, loss=loss, epochs=150, metrics=[metric], optimizer=lambda p: Adam(p, lr=0.05))
    assert history["loss"][-1] < history["loss"][0]
    assert history[metric][-1] >= least
    assert model.evaluate(X, labels, loss, [metric])[metric] == history[metric][-1]


def test_a2_labels_of_0_and_1_and_of_minus_1_and_1_give_the_same_logistic_regression():
    pair = [nn.MLP(2, [1], seed=4) for _ in range(2)]
    train(pair[0], y=Y, loss="bce_with_logits", epochs=40)
    train(pair[1], y=SIGNED, loss="logistic", epochs=40)
    assert list(pair[0].state_dict().values()) == pytest.approx(list(pair[1].state_dict().values()), rel=1e-9)


def test_a2_a_fixed_feature_map_makes_some_data_separable():
    inner = [[x] for x in (-2.0, -1.5, -0.5, 0.0, 0.5, 1.5, 2.0)]
    labels = [int(abs(x[0]) < 1.0) for x in inner]
    learner = nn.Perceptron(1)
    assert not learner.learn(inner, labels, epochs=100).converged
    assert nn.Perceptron(2).learn([[x[0], x[0] ** 2] for x in inner], labels).converged


def test_b8_a_regression_head_finds_the_line():
    model = nn.MLP(1, [1], seed=0)
    train(model, LINE, ON_LINE, loss="mse", epochs=600, optimizer=lambda p: Adam(p, lr=0.05))
    assert list(model.state_dict().values()) == pytest.approx([3.0, -1.0], abs=1e-3)
    assert nn.MLP(1, [1], seed=0).fit(LINE, ON_LINE, loss="mae", epochs=3, seed=0)["loss"][0] > 0.5


def test_b8_a_softmax_head_learns_four_classes():
    points = xor_quadrants(80, 0.0, seed=1).X
    labels = [int(a > 0) * 2 + int(b > 0) for a, b in points]
    model = nn.MLP(2, [8, 4], seed=2)
    history = train(model, points, labels, loss="cross_entropy", epochs=120, metrics=["accuracy"], optimizer=lambda p: Adam(p, lr=0.05))
    assert history["accuracy"][-1] >= 0.95
    assert sum(a == b for a, b in zip(model.predict_classes(points), labels)) / 80 == history["accuracy"][-1]


# -- how it runs -----------------------------------------------------------------------------------------------------
OPTIONS = {
    "whole data": {},
    "batches": {"batch_size": 16},
    "momentum and schedule": {"batch_size": 20, "callbacks": [nn.StepLR(2, 0.5)], "optimizer": lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True)},
    "penalties and clipping": {"callbacks": [nn.L2(0.01), nn.L1(0.001), nn.ClipNorm(0.05)]},
    "clipping by value": {"callbacks": [nn.ClipValue(0.001)]},
    "validation": {"validation": 0.25, "metrics": ["accuracy"], "batch_size": 10},
}


@pytest.mark.parametrize("options", OPTIONS)
def test_the_python_dialect_gives_the_numbers_of_eager_and_the_others_nearly(options):
    found = {}
    for dialect in ("eager", "python", "numpy", "c"):
        model = small()
        history = train(model, epochs=6, dialect=dialect, **OPTIONS[options])
        figures = [{k: v for k, v in entry.items() if k != "seconds"} for entry in history.epochs]
        found[dialect] = list(model.state_dict().values()), figures
    assert found["python"] == found["eager"]
    for dialect in ("numpy", "c"):
        assert found[dialect][0] == pytest.approx(found["python"][0], rel=1e-8)


def test_shared_weights_give_the_numbers_of_eager_too():
    series = [[math.sin(0.3 * i + 0.1 * j) for j in range(6)] for i in range(12)]
    targets = [sum(row) for row in series]
    states = []
    for dialect in ("eager", "python"):
        model = nn.Sequential(nn.Conv1d(3, activation="tanh", seed=1), nn.Layer(4, 1, "linear", seed=2))
        train(model, series, targets, loss="mse", epochs=5, batch_size=5, dialect=dialect)
        states.append(model.state_dict())
    assert states[0] == states[1]


def test_e1_batch_mini_batch_and_stochastic_make_their_number_of_updates():
    counts = {}
    for size in (None, 16, 1):
        steps = []
        optimizer = SGD((model := small()).parameters(), lr=0.01)
        update = optimizer.update
        optimizer.update = lambda values, gradients, update=update, steps=steps: steps.append(1) or update(values, gradients)
        train(model, epochs=2, batch_size=size, optimizer=optimizer)
        counts[size] = len(steps)
    assert counts == {None: 2, 16: 8, 1: 120}


def test_e1_every_sample_is_used_once_an_epoch_in_an_order_that_the_seed_decides():
    def orders(seed):
        seen = []

        def loss(predictions, targets):
            seen.append(targets[0].data)
            return mse_loss(predictions, targets)

        nn.MLP(1, [1], seed=0).fit(LINE, ON_LINE, loss=loss, epochs=2, batch_size=4, dialect="eager", seed=seed)
        return seen[-42:-21], seen[-21:]

    first, second = orders(5)
    assert sorted(first) == sorted(second) == sorted(ON_LINE)
    assert first != second
    assert orders(5) == (first, second)
    assert orders(6) != (first, second)


def test_e3_dropout_and_batch_normalisation_train_and_are_off_in_evaluation():
    model = nn.Sequential(nn.Layer(2, 8, "relu", seed=0), nn.BatchNorm(8), nn.Dropout(0.5), nn.Layer(8, 1, "linear", seed=1))
    history = train(model, epochs=25, batch_size=20, optimizer=lambda p: Adam(p, lr=0.05), metrics=["accuracy"])
    assert history["accuracy"][-1] >= 0.8
    assert not model.training
    assert model.predict(X) == model.predict(X)
    assert model.layers[1].num_batches_tracked == 75


def test_e3_l2_keeps_the_weights_small():
    plain, held = small(), small()
    train(plain, epochs=80)
    train(held, epochs=80, callbacks=[nn.L2(0.01)])
    assert sum(w * w for w in held.state_dict().values()) < sum(w * w for w in plain.state_dict().values())


def test_e5_early_stopping_keeps_the_best_model():
    model = small()
    history = train(model, epochs=400, validation=0.3, callbacks=[nn.EarlyStopping(5)], optimizer=lambda p: Adam(p, lr=0.3))
    assert history.stopped == "early stopping"
    assert len(history) == history.best_epoch + 5
    assert min(history["val_loss"]) == history["val_loss"][history.best_epoch - 1]


def test_e5_a_fraction_and_a_pair_are_ways_to_say_what_to_validate_on():
    assert "val_loss" in train(small(), epochs=1, validation=(X[:10], Y[:10])).epochs[0]
    with pytest.raises(ValueError, match="a fraction that leaves each part a row"):
        train(small(), validation=1.0)


def test_e8_the_loop_of_pytorch_and_fit_learn_the_same():
    by_hand, by_fit = small(), small()
    optimizer = SGD(by_hand.parameters(), lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        loss = nn.losses.binary_cross_entropy_with_logits([by_hand(x) for x in X], Y)
        loss.backward()
        optimizer.step()
    train(by_fit, epochs=5, optimizer=lambda p: SGD(p, lr=0.1))
    assert list(by_hand.state_dict().values()) == pytest.approx(list(by_fit.state_dict().values()), rel=1e-12, abs=0.0)


def test_numpy_arrays_and_pandas_frames_are_taken_where_lists_are():
    states = []
    for x, y in ((X, Y), (np.array(X), np.array(Y)), (pd.DataFrame(X), pd.Series(Y))):
        model = small()
        train(model, x, y, epochs=2, batch_size=13)
        states.append(model.state_dict())
    assert states[0] == states[1] == states[2]


def test_the_progress_bar_shows_the_loss(capsys):
    train(small(), epochs=2, callbacks=[nn.Progress(True)], validation=0.2)
    shown = capsys.readouterr().err
    assert "2/2" in shown
    assert "val_loss" in shown


def test_a_model_that_compares_values_runs_eagerly_and_says_so():
    class Branching(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(0.5)

        def forward(self, x):
            return self.w * x[0] if x[0] > 0.0 else self.w * x[0] * -2.0

    model, other = Branching(), Branching()
    with pytest.warns(UserWarning, match="compares Values at .*runs eagerly"):
        train(model, LINE, ON_LINE, loss="mse", epochs=3)
    train(other, LINE, ON_LINE, loss="mse", epochs=3, dialect="eager")
    assert model.state_dict() == other.state_dict()
    assert model.predict([[-1.0]] * 20)[0] == -2.0 * model.predict([[1.0]])[0] * -1.0


def test_a_history_shows_itself_in_a_notebook_as_a_curve_and_prints_one_line():
    epochs = [{"epoch": i, "loss": 2.0 / (i + 1), "val_loss": 3.0 if i else float("nan")} for i in range(200)]
    history = nn.History(epochs)
    assert repr(history) == str(history)
    assert len(repr(history).splitlines()) == 1
    shown = history._repr_html_()
    assert shown.count("<polyline") == 2
    assert "nan" not in shown.split("<svg")[1]
    points = [tuple(map(float, point.split(","))) for point in re.search(r'points="([^"]*)"', shown)[1].split()]
    assert len(points) == 200
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted(y for _, y in points)  # the loss falls: down the page
    assert "<polyline" not in nn.History()._repr_html_()
    assert nn.History([{"epoch": 1, "loss": 1.0}])._repr_html_().count("<polyline") == 1


def test_a_hundred_epochs_are_usual():
    assert len(nn.MLP(1, [1], seed=0).fit([[1.0]], [2.0])) == 100


def test_all_chance_in_a_training_is_drawn_from_its_seed_and_the_generators_of_the_model_stay_as_they_were():
    states = []
    for own in (1, 2):
        model = nn.Sequential(nn.Layer(2, 6, seed=0), nn.Dropout(0.5, seed=own), nn.Layer(6, 1, "linear", seed=2))
        before = model.layers[1].generator.getstate()
        train(model, epochs=2, batch_size=20)
        assert model.layers[1].generator.getstate() == before
        states.append(model.state_dict())
    assert states[0] == states[1]


def test_without_a_seed_a_training_draws_its_own_from_the_generator_of_python():
    def trained():
        model = small()
        train(model, epochs=1, batch_size=7, seed=None)
        return tuple(model.state_dict().values())

    random.seed(3)
    first = [trained() for _ in range(6)]
    random.seed(3)
    assert [trained() for _ in range(6)] == first
    assert len(set(first)) == 6


@pytest.mark.parametrize("options", [{"validation": (X[:20], Y[:20])}, {"validation": (X[:20], Y[:20]), "batch_size": 30}, {}])
def test_the_best_parameters_are_those_that_the_smallest_loss_was_measured_with(options):
    model = small()
    history = train(model, epochs=8, callbacks=[nn.EarlyStopping(40), nn.Schedule(lambda epoch: 1000.0 if epoch > 4 else 1.0)],
                    optimizer=lambda p: SGD(p, lr=0.5), **options)  # fmt: skip
    assert 1 < history.best_epoch < 8
    assert model.evaluate(*options.get("validation", (X, Y)), "bce_with_logits")["loss"] == min(history.watched())


def test_the_best_parameters_of_batches_are_those_at_the_end_of_their_epoch():
    states, model = [], small()
    history = train(model, epochs=6, batch_size=15, optimizer=lambda p: SGD(p, lr=8.0),
                    callbacks=[lambda model, history: states.append(model.state_dict()), nn.EarlyStopping(40)])  # fmt: skip
    assert model.state_dict() == states[history.best_epoch - 1]
    assert history.best_epoch < 6
