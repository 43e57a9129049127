"""What people do to a training: odd models, odd losses, changes on the way, wrong options, Ctrl-C, and files."""

import math
import random
import stat
import types
import warnings

import numpy as np
import pytest

import autograd_core as ac
import nn
from lectures.datasets import jitter

X = [[0.1 * i, math.sin(i)] for i in range(12)]
Y = [0.5 * a - b for a, b in X]


def train(model, x=X, y=Y, **options):
    return model.fit(x, y, **{"seed": 0, "epochs": 2, **options})


class Two(nn.Module):
    """A model of two parameters, whose forward pass is given."""

    def __init__(self, forward):
        self.a, self.b, self.how = nn.Parameter(0.5, "a"), nn.Parameter(-0.25, "b"), forward

    def forward(self, x):
        return self.how(self, x)


# -- models that one graph cannot stand for ------------------------------------------------------------------------------
CHANGING = {
    "a choice by data": lambda m, x: m.a * x[0] if x[0].data > 0.5 else m.b * x[1],
    "data used as a number": lambda m, x: m.a * x[0].data + m.b,
    "noise": lambda m, x: m.a * x[0] + m.b * random.gauss(0.0, 1.0),
}


@pytest.mark.parametrize("name", CHANGING)
def test_a_model_whose_graph_changes_from_sample_to_sample_runs_eagerly_and_says_so(name):
    with pytest.warns(nn.NotOneGraph, match="runs eagerly"):
        train(Two(CHANGING[name]))
    if name != "noise":
        compiled, eager = Two(CHANGING[name]), Two(CHANGING[name])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", nn.NotOneGraph)
            train(compiled)
        train(eager, dialect="eager")
        assert compiled.state_dict() == eager.state_dict()


@pytest.mark.parametrize("name", ["a choice by data", "data used as a number"])
def test_predict_does_not_depend_on_the_number_of_rows(name):
    model = Two(CHANGING[name])
    assert model.predict(X) == [model.predict([row])[0] for row in X]


LOSSES = {
    "huber": lambda p, t: (e := p[0] - t[0]) * e / 2.0 if abs((p[0] - t[0]).data) < 1.0 else abs(p[0] - t[0]) - 0.5,
    "weighted by class": lambda p, t: (p[0] - t[0]) ** 2 * [1.0, 9.0][int(t[0].data > 0.0)],
    "its own detached": lambda p, t: (p[0] - t[0]) * (p[0] - t[0]).data,
}


@pytest.mark.parametrize("dialect", ["python", "c"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_that_reads_data_is_what_it_is_eagerly_whatever_the_last_row_decides(name, dialect):
    found, rows, y = [], [[-2.0], [-1.0], [3.0], [-0.5]], [-2.0, -1.0, 9.0, -0.5]
    for chosen in ("eager", dialect):
        model = nn.MLP(1, [1])
        model.layers[0].set_weights([[1.0]], [0.0])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            loss = model.evaluate(rows, y, loss=LOSSES[name], dialect=chosen)
            model.fit(rows, y, loss=LOSSES[name], dialect=chosen, epochs=3, seed=0)
        assert {warning.category for warning in caught} == ({nn.NotOneGraph} if chosen != "eager" else set())
        found.append((loss, model.state_dict()))
    assert found[0] == found[1]
    assert found[0][0]["loss"] == {"huber": 1.375}.get(name, found[0][0]["loss"])


def test_a_parameter_read_as_a_number_follows_the_training():
    compiled, eager = (Two(lambda m, x: m.a * m.a.data * x[0]) for _ in range(2))
    with pytest.warns(nn.NotOneGraph, match="runs eagerly"):
        train(compiled)
    train(eager, dialect="eager")
    assert compiled.state_dict() == eager.state_dict()


def test_a_prediction_by_data_does_not_depend_on_how_many_rows_lie_between():
    model, rows = Two(lambda m, x: m.a * x[0] if x[0].data > 0.0 else m.a * 0.1 * x[0]), [[1.0, 0.0], *[[-1.0, 0.0]] * 8, [2.0, 0.0]]
    assert model.predict(rows) == [model.predict([row])[0] for row in rows]


BRANCHING = {
    ">=": lambda m, x: m.a * x[0] * 10.0 if x[0] >= 1.0 else m.a * x[0],
    "==": lambda m, x: m.a * x[0] * 10.0 if x[0] == 1.0 else m.a * x[0],
    "!=": lambda m, x: m.a * x[0] if x[0] != 1.0 else m.a * x[0] * 10.0,
    "truth": lambda m, x: m.a * x[0] * 10.0 if x[0] else m.b,
    "or": lambda m, x: (x[0] or m.b) * m.a,
    "== where it is not trained": lambda m, x: m.a * x[0] * (10.0 if not m.training and x[0] == 1.0 else 1.0),
}
ROWS = [[float(i % 4), 1.0] for i in range(12)]


@pytest.mark.parametrize("name", BRANCHING)
def test_a_branch_is_taken_for_each_sample_and_reported_also_where_it_looks_at_equality_or_truth(name):
    model = Two(BRANCHING[name])
    plain = types.SimpleNamespace(a=0.5, b=-0.25, training=False)
    expected = [BRANCHING[name](plain, row) for row in ROWS]
    assert model.predict(ROWS) == expected
    assert [model.predict([row])[0] for row in ROWS] == expected
    y = [1.0] * len(ROWS)
    with pytest.warns(nn.NotOneGraph, match="compares Values at .*test_nn_robust.py"):
        found = model.evaluate(ROWS, y)["loss"]
    assert found == pytest.approx(sum((e - 1.0) ** 2 for e in expected) / len(ROWS))
    with pytest.warns(nn.NotOneGraph, match="compares Values"):
        model.fit(ROWS, y, epochs=1)


def test_a_network_called_generator_is_left_alone():
    class Game(nn.Module):
        def __init__(self):
            self.generator, self.head = nn.MLP(2, [2], seed=0), nn.MLP(2, [1], seed=1)

        def forward(self, x):
            return self.head(self.generator(x))

    game = Game()
    train(game)
    assert len(game.parameters()) == 9
    assert isinstance(game.generator, nn.MLP)


# -- figures -----------------------------------------------------------------------------------------------------------
def test_labels_that_are_all_1_are_no_coding_of_minus_1_and_1():
    model = nn.MLP(2, [1], output="sigmoid", init="zeros")
    model.layers[0].neurons[0].b.data = -5.0
    assert model.evaluate(X, [1] * 12, "bce", ["accuracy"])["accuracy"] == 0.0


def test_accuracy_of_several_labels_at_a_time_is_refused():
    model = nn.MLP(2, [2], output="sigmoid", init="zeros")
    with pytest.raises(ValueError, match=r"needs one-hot targets, and row 0 is \[1.0, 1.0\]"):
        model.evaluate(X, [[1.0, 1.0]] * 12, "bce", ["accuracy"])


@pytest.mark.parametrize("y", [[[0], [1], [2]] * 4, [[1, 0, 0], [0, 1, 0], [0, 0, 1]] * 4, np.array([0, 1, 2] * 4), [0.0, 1.0, 2.0] * 4])
def test_classes_may_be_numbers_columns_or_one_hot_rows(y):
    model, plain = nn.MLP(2, [3], seed=0), nn.MLP(2, [3], seed=0)
    train(model, y=y, loss="cross_entropy", metrics="accuracy")
    train(plain, y=[0, 1, 2] * 4, loss="cross_entropy")
    assert model.state_dict() == plain.state_dict()


def test_a_network_that_ends_in_a_list_of_one_has_metrics_too():
    model = nn.Sequential(nn.Layer(2, 1, "linear", seed=0), nn.BatchNorm(1))
    labels = [float(y > 0) for y in Y]
    history = train(model, y=labels, loss="bce_with_logits", metrics=["accuracy"], validation=(X, labels))
    assert history["accuracy"][-1] == history["val_accuracy"][-1]


def test_without_validation_the_best_parameters_are_those_of_the_smallest_loss():
    model = nn.MLP(1, [1], init="zeros")
    history = model.fit([[1.0], [2.0]], [3.0, 4.0], callbacks=[nn.EarlyStopping(3)], optimizer=lambda p: nn.SGD(p, lr=1.0))
    assert model.evaluate([[1.0], [2.0]], [3.0, 4.0])["loss"] == min(history["loss"]) == 12.5


# -- what changes on the way ---------------------------------------------------------------------------------------------
def test_a_callback_may_change_parameters_and_the_learning_rate():
    def clip(model, history):
        for parameter in model.parameters():
            parameter.data = min(0.1, max(-0.1, parameter.data))
        optimizer.lr = 0.0

    model = nn.MLP(2, [3, 1], seed=0)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    train(model, optimizer=optimizer, callbacks=[clip], epochs=3)
    assert all(abs(value) <= 0.1 for value in model.state_dict().values())


def test_a_resumed_training_that_had_stopped_early_stays_stopped(tmp_path):
    options = {"validation": 0.3, "optimizer": lambda p: nn.SGD(p, lr=0.9), "epochs": 60}
    first = train(nn.MLP(2, [1], seed=0), callbacks=[nn.EarlyStopping(2), nn.Checkpoint(tmp_path / "c")], **options)
    assert first.stopped == "early stopping"
    again = train(nn.MLP(2, [1], seed=0), callbacks=[nn.Checkpoint(tmp_path / "c", resume=True), nn.EarlyStopping(2)], **options)
    assert (len(again), again.stopped) == (len(first), "early stopping")


def test_a_checkpoint_with_a_schedule_is_not_resumed_without_one(tmp_path):
    train(nn.MLP(2, [1]), callbacks=[nn.StepLR(1), nn.Checkpoint(tmp_path / "c")])
    with pytest.raises(ValueError, match=r"written with callbacks=\['StepLR'\], and this training has callbacks=\[\]"):
        train(nn.MLP(2, [1]), callbacks=[nn.Checkpoint(tmp_path / "c", resume=True)])


# -- numbers that are not finite -----------------------------------------------------------------------------------------
def test_a_step_to_infinity_is_undone():
    model = nn.MLP(2, [1], seed=0)
    before = model.state_dict()
    optimizer = nn.SGD(model.parameters(), lr=1e300, momentum=0.9)
    with pytest.raises(nn.TrainingError, match="would make a parameter infinite or nan"):
        train(model, y=[3e10] * 12, optimizer=optimizer)
    assert model.state_dict() == before
    assert (optimizer.steps, optimizer.state) == (0, {})
    assert not model.training


def test_a_failed_training_hands_over_the_history_and_whole_running_averages():
    model = nn.Sequential(nn.Layer(2, 4, seed=0), nn.BatchNorm(4), nn.Layer(4, 1, "linear", seed=1))
    with pytest.raises(nn.TrainingError) as caught:
        train(model, epochs=400, optimizer=lambda p: nn.SGD(p, lr=1e150), batch_size=6)
    assert caught.value.history is not None
    assert all(map(math.isfinite, model.layers[1].running_var))


def test_a_domain_error_while_evaluating_is_a_training_error():
    model = Two(lambda m, x: m.a * ac.log(x[0]) + m.b)
    rows = [[1.0 + i, 0.0] for i in range(6)]
    with pytest.raises(nn.TrainingError, match="while it was evaluated"):
        train(model, rows, [0.0] * 6, validation=([[1.0, 0.0], [-1.0, 0.0]], [0.0] * 2))


# -- options -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 2.5}, "epochs is a whole number"),
        ({"epochs": -1}, "epochs is a whole number"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        train(nn.MLP(2, [1]), **options)


def test_a_loss_returns_one_number():
    with pytest.raises(TypeError, match="a loss returns one number, a Value, not list"):
        train(nn.MLP(2, [1]), loss=lambda predictions, targets: [predictions[0] - targets[0]])


def test_integers_of_numpy_are_integers():
    model = nn.MLP(2, [4, np.int64(3)], seed=np.int64(1).item())
    assert len(model.layers[1].neurons) == 3
    one = nn.MLP(2, [1], seed=0)
    assert len(train(one, epochs=np.int64(3), batch_size=np.int64(4), callbacks=[nn.EarlyStopping(np.int64(3))])) == 3


TAKE_INTEGERS = {
    "Conv1d": lambda n: repr(nn.Conv1d(n)),
    "BatchNorm": lambda n: repr(nn.BatchNorm(n)),
    "moons": lambda n: nn.data.moons(n),
    "StepLR": lambda n: repr(nn.StepLR(n)),
    "EarlyStopping": lambda n: vars(nn.EarlyStopping(n)),
    "jitter": lambda n: jitter(X, Y, copies=n, noise=0.1, seed=0),
}


@pytest.mark.parametrize("name", TAKE_INTEGERS)
def test_integers_of_numpy_are_taken_where_integers_are(name):
    assert TAKE_INTEGERS[name](np.int64(3)) == TAKE_INTEGERS[name](3)


def test_a_batch_that_cannot_be_normalised_says_so_and_blames_no_learning_rate():
    model = nn.Sequential(nn.Layer(2, 2, seed=0), nn.BatchNorm(2), nn.Layer(2, 1, "linear", seed=1))
    with pytest.raises(ValueError, match="two samples or more"):
        train(model, batch_size=11)


# -- files and interruptions -------------------------------------------------------------------------------------------
def test_numbers_of_numpy_in_parameters_are_saved(tmp_path):
    unit = nn.Perceptron(2)
    unit.learn(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32), [0, 0, 0, 1])
    unit.save(tmp_path / "unit")
    other = nn.Perceptron(2)
    other.load(tmp_path / "unit")
    assert other.state_dict() == unit.state_dict()
    unit.b.data = np.float32(0.5)
    unit.load_state_dict(unit.state_dict())
    assert {type(value) for value in unit.state_dict().values()} == {float}


def test_parameters_of_one_path_are_refused_where_one_would_be_lost():
    class Keys(nn.Module):
        def __init__(self):
            self.d = {1: nn.Parameter(1.0), "1": nn.Parameter(2.0)}

    with pytest.raises(ValueError, match=r"two parameters .* the same path"):
        Keys().state_dict()


def test_models_do_not_share_what_pytorch_s_state_carried():
    first, second = (nn.Sequential(nn.Layer(2, 2, seed=0), nn.BatchNorm(2), nn.Layer(2, 1, "linear", seed=1)) for _ in range(2))
    nn.from_torch(second, nn.to_torch(first))
    before = list(second.layers[1].running_mean)
    train(first)
    assert second.layers[1].running_mean == before


def test_a_saved_file_has_the_usual_rights_and_a_link_stays_a_link(tmp_path):
    plain, target, link = tmp_path / "plain", tmp_path / "target", tmp_path / "link"
    plain.write_text("")
    link.symlink_to(target)
    nn.MLP(1, [1]).save(target)
    nn.MLP(1, [1]).save(link)
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    assert link.is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "plain", "target"]


def test_a_checkpoint_in_a_folder_that_is_not_there_is_refused_at_once(tmp_path):
    model = nn.MLP(2, [1], seed=0)
    before = model.state_dict()
    with pytest.raises(FileNotFoundError, match="make it first"):
        train(model, callbacks=[nn.Checkpoint(tmp_path / "none" / "c")])
    assert model.state_dict() == before
