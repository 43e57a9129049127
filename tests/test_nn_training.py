"""Training: rows A2, B8, B10, E1, E3, E5 and E8 of the curriculum, and what may go wrong."""

import json
import math
import random
import re

import numpy as np
import pandas as pd
import pytest

import autograd_core as ac
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


# -- what may go wrong -------------------------------------------------------------------------------------------------
def test_a_checkpoint_resumes_to_the_numbers_of_a_training_that_was_not_interrupted(tmp_path):
    def options(model, epochs, *more):
        return train(model, epochs=epochs, batch_size=16, validation=0.2, optimizer=lambda p: Adam(p, lr=0.1),
                     callbacks=[*more, nn.EarlyStopping(50), nn.StepLR(3, 0.5)])  # fmt: skip

    whole, cut, resumed = small(), small(), small(seed=9)
    expected = options(whole, 8)
    options(cut, 5, nn.Checkpoint(tmp_path / "c.json"))
    history = options(resumed, 8, nn.Checkpoint(tmp_path / "c.json", resume=True))
    assert resumed.state_dict() == whole.state_dict()
    assert history["loss"] == expected["loss"]
    assert history["val_loss"] == expected["val_loss"]


def test_dropout_resumes_to_the_same_numbers(tmp_path):
    def build():
        return nn.Sequential(nn.Layer(2, 6, seed=0), nn.Dropout(0.5, seed=1), nn.Layer(6, 1, "linear", seed=2))

    whole, cut, resumed = build(), build(), build()
    train(whole, epochs=4, batch_size=20)
    train(cut, epochs=2, batch_size=20, callbacks=[nn.Checkpoint(tmp_path / "c.json")])
    train(resumed, epochs=4, batch_size=20, callbacks=[nn.Checkpoint(tmp_path / "c.json", resume=True)])
    assert resumed.state_dict() == whole.state_dict()


def test_a_checkpoint_that_is_cut_or_from_other_data_is_refused(tmp_path):
    path = tmp_path / "c.json"
    train(small(), epochs=1, callbacks=[nn.Checkpoint(path)])
    model = small(seed=7)
    before = model.state_dict()
    with pytest.raises(ValueError, match="samples=60, and this training has samples=20"):
        train(model, X[:20], Y[:20], callbacks=nn.Checkpoint(path, resume=True))
    path.write_text(path.read_text()[:-40])
    with pytest.raises(ValueError, match="no whole JSON file"):
        train(model, callbacks=nn.Checkpoint(path, resume=True))
    path.write_text(json.dumps({"format": "nn state", "version": 1}))
    with pytest.raises(ValueError, match="not a file of the kind 'nn checkpoint'"):
        train(model, callbacks=nn.Checkpoint(path, resume=True))
    assert model.state_dict() == before


def test_ctrl_c_returns_what_was_learnt():
    def interrupt(model, history):
        if len(history) == 3:
            raise KeyboardInterrupt

    model, reference = small(), small()
    history = train(model, epochs=10, callbacks=[interrupt])
    train(reference, epochs=3)
    assert history.stopped == "interrupted"
    assert len(history) == 3
    assert model.state_dict() == reference.state_dict()


def test_a_callback_may_end_training():
    assert train(small(), epochs=10, callbacks=[lambda model, history: len(history) == 2]).stopped == "callback"


@pytest.mark.parametrize("dialect", ["python", "c", "numpy", "eager"])
def test_a_loss_that_is_not_finite_stops_with_the_place_and_keeps_the_model(dialect):
    model = nn.MLP(1, [1], seed=0)
    with pytest.raises(nn.TrainingError, match=r"epoch \d+, batch 1: .*in its sample \d+: .*keeps the parameters from before") as caught:
        train(model, LINE, ON_LINE, loss="mse", epochs=500, dialect=dialect, optimizer=lambda p: SGD(p, lr=1e6))
    assert "learning rate" in str(caught.value)
    assert all(map(math.isfinite, model.state_dict().values()))


def test_a_domain_error_names_the_sample_and_the_operation():
    def log_loss(predictions, targets):
        return mse_loss([ac.log(predictions[0])], targets)

    model = nn.MLP(1, [1], init="zeros")
    model.layers[0].neurons[0].b.data = 0.1
    model.layers[0].neurons[0].w[0].data = 1.0
    with pytest.raises(nn.TrainingError, match=r"in its sample 2: .*log"):
        train(model, [[1.0], [2.0], [-3.0]], [0.0, 0.0, 0.0], loss=log_loss, epochs=1)


REFUSED = {
    "empty data": (([], []), {}, "X is empty"),
    "ragged rows": (([[1.0, 2.0], [1.0]], [0, 1]), {}, "row 1 has 1 column"),
    "words": (([[1.0, "a"]], [0]), {}, "row 0, column 1 is 'a'"),
    "nan": (([[1.0, math.nan]], [0]), {}, "row 0, column 1 is nan"),
    "lengths": ((X, Y[:5]), {}, "different lengths, 60 and 5"),
    "columns": (([[1.0], [2.0]], [0, 1]), {}, "takes 2 inputs, not 1"),
    "labels": ((X, SIGNED), {}, "labels from 0 to 1"),
    "hinge labels": ((X, Y), {"loss": "hinge"}, "takes the labels -1 and 1"),
    "class numbers": ((X, Y), {"loss": "cross_entropy"}, "needs one output a class"),
    "batch": ((X, Y), {"batch_size": 61}, "a whole number from 1 to 60, not 61"),
    "loss": ((X, Y), {"loss": "log"}, "loss is one of 'mse'"),
    "metric": ((X, Y), {"metrics": ["precise"]}, "metric is one of"),
    "dialect": ((X, Y), {"dialect": "rust"}, "dialect is one of"),
    "optimizer": ((X, Y), {"optimizer": "adm"}, "optimizer is one of 'sgd'.* did you mean 'adam'"),
    "weights": ((X, Y), {"sample_weight": [-1.0] * 60}, "numbers from 0 on"),
    "two rates": ((X, Y), {"callbacks": [nn.StepLR(2), nn.ReduceLROnPlateau()]}, "two callbacks would set the learning rate"),
    "other parameters": ((X, Y), {"optimizer": SGD([ac.Value(1.0)], lr=0.1)}, "made for other parameters"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_by_one_clear_error_and_changes_nothing(case):
    (x, y), options, message = REFUSED[case]
    model = small()
    before = model.state_dict()
    with pytest.raises(ValueError, match=message):
        train(model, x, y, **options)
    assert model.state_dict() == before


@pytest.mark.parametrize("dialect", ["rust", "javascript", None])
def test_a_dialect_that_does_not_run_here_is_refused_also_where_a_model_runs_eagerly_anyway(dialect):
    with pytest.raises(ValueError, match="dialect is one of 'python', "):
        train(nn.Sequential(nn.Layer(2, 2, seed=0), nn.BatchNorm(2), nn.Layer(2, 1, "linear", seed=1)), dialect=dialect)


def test_labels_out_of_range_are_refused():
    with pytest.raises(ValueError, match="labels of 3 classes are 0 to 2"):
        train(nn.MLP(2, [3]), X, [3] * 60, loss="cross_entropy")
    with pytest.raises(ValueError, match=r"the model has 3 output\(s\), and each target 1: for class numbers"):
        train(nn.MLP(2, [3]), X, Y, loss="mse")


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


@pytest.mark.parametrize("dialect", ["python", "eager", "numpy"])
def test_a_loss_that_is_infinite_ends_a_training_although_the_step_would_be_finite(dialect):
    model = nn.MLP(1, [1], init="zeros")
    with pytest.raises(nn.TrainingError, match="the loss is inf"):
        train(model, [[1.0]], [1e200], loss="mse", epochs=2, dialect=dialect, optimizer="adam")
    assert set(model.state_dict().values()) == {0.0}


def test_gradients_whose_length_overflows_are_finite_all_the_same():
    model = nn.MLP(2, [1], init="zeros", bias=False)
    history = train(model, [[1.0, 1.0]], [0.0], loss=lambda outputs, targets: 1.5e308 * outputs[0], epochs=1, optimizer=lambda p: SGD(p, lr=1e-308))
    assert history["grad_norm"] == [math.inf]
    assert list(model.state_dict().values()) == pytest.approx([-1.5, -1.5])


def test_a_callback_begins_anew_in_each_training():
    stopping = nn.EarlyStopping(2, min_delta=0.01)
    first, second = (train(small(), epochs=50, callbacks=[stopping]) for _ in range(2))
    assert first.stopped == second.stopped == "early stopping"
    assert len(first) == len(second)


def test_no_epochs_are_a_training_that_changes_nothing():
    model = small()
    assert (train(model, epochs=0).stopped, model.state_dict(), model.training) == ("finished", small().state_dict(), False)


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


def test_an_infinite_gradient_is_not_clipped_to_a_finite_one():
    model = nn.MLP(1, [1], init="zeros", bias=False)
    with pytest.raises(nn.TrainingError, match=r"the loss is 0\.0, the norm of its gradient inf"):
        train(model, [[1.0]], [0.0], loss=lambda outputs, targets: ac.sqrt(outputs[0]), epochs=1, callbacks=[nn.ClipValue(1.0)])
    assert list(model.state_dict().values()) == [0.0]


@pytest.mark.parametrize("dialect", ["python", "numpy", "eager"])
def test_an_error_of_ones_own_code_comes_out_as_it_is_and_the_model_keeps_the_steps_before_it(dialect):
    class Failing(nn.Callback):
        def begin(self, run):
            self.seen = []

        def gradients(self, run, gradients):
            self.seen.append(list(run.values))
            if len(self.seen) == 6:
                raise LookupError("the sixth step")
            return gradients

    model, failing = small(), Failing()
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    with pytest.raises(LookupError, match="the sixth step"):
        train(model, epochs=9, batch_size=15, optimizer=optimizer, callbacks=[failing], dialect=dialect)
    assert list(model.state_dict().values()) == failing.seen[5] != failing.seen[4]
    assert (optimizer.steps, model.training) == (5, False)


def test_a_step_that_fails_changes_no_running_average():
    model = nn.Sequential(nn.Layer(2, 3, seed=0), nn.BatchNorm(3), nn.Layer(3, 1, "linear", seed=1))
    before = model.state_dict()
    with pytest.raises(nn.TrainingError, match="would make a parameter infinite"):
        train(model, [[1e3 * x for x in row] for row in X], loss="mse", optimizer=lambda p: SGD(p, lr=1e308))
    assert model.state_dict() == before


@pytest.mark.parametrize("optimizer", [lambda parameters: None, lambda parameters: "adam"])
def test_what_makes_no_optimizer_is_refused(optimizer):
    with pytest.raises(TypeError, match="an optimizer is"):
        train(small(), optimizer=optimizer)
