"""What accompanies a training: callbacks, weights of rows, names of optimizers, metrics of others, schedules."""

import math
import signal
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from test_nn_training import LINE, ON_LINE, X, Y, small, train

import nn
from autograd_core import Interrupts
from nn.losses import mse_loss
from nn.optim import SGD


@pytest.mark.parametrize("dialect", ["python", "eager", "numpy", "c"])
def test_a_weight_counts_as_often_as_the_row_would(dialect):
    weights = [i % 3 for i in range(len(X))]
    repeated = [(x, y) for x, y, weight in zip(X, Y, weights) for _ in range(weight)]
    weighted, long = small(), small()
    first = train(weighted, sample_weight=weights, epochs=5, dialect=dialect)
    second = train(long, [x for x, _ in repeated], [y for _, y in repeated], epochs=5, dialect=dialect)
    assert list(weighted.state_dict().values()) == pytest.approx(list(long.state_dict().values()), rel=1e-9)
    assert first["loss"] == pytest.approx(second["loss"], rel=1e-12, abs=0.0)


def test_weights_reach_a_model_that_sees_the_whole_batch():
    def build():
        return nn.Sequential(nn.Layer(2, 3, "tanh", seed=0), nn.BatchNorm(3), nn.Layer(3, 1, "linear", seed=1))

    even, plain = build(), build()
    assert train(even, sample_weight=[2.0] * 60, epochs=3)["loss"] == pytest.approx(train(plain, epochs=3)["loss"], rel=1e-9)
    assert list(even.state_dict().values())[:5] == pytest.approx(list(plain.state_dict().values())[:5], rel=1e-6)
    heavy = build()
    train(heavy, sample_weight=[5.0] * 30 + [1.0] * 30, epochs=3)
    assert heavy.state_dict() != plain.state_dict()


@pytest.mark.parametrize("name", nn.OPTIMIZERS)
def test_an_optimizer_by_its_name_is_one_with_a_rate_of_a_hundredth(name):
    by_name, made = small(), small()
    train(by_name, optimizer=name, epochs=3)
    train(made, optimizer=lambda p: nn.OPTIMIZERS[name](p, lr=0.01), epochs=3)
    assert by_name.state_dict() == made.state_dict()


def test_metrics_of_scikit_learn_are_given_targets_and_what_they_compare():
    from sklearn.metrics import mean_absolute_error, recall_score

    model = small()
    history = train(model, epochs=2, metrics=[recall_score, "accuracy"], validation=(X, Y))
    found = model.predict_classes(X)
    assert history["val_recall_score"][-1] == recall_score(Y, found) == history["recall_score"][-1]
    line = nn.MLP(1, [1], seed=0)
    history = train(line, LINE, ON_LINE, loss="mse", epochs=2, metrics=[mean_absolute_error, "mae"])
    assert history["mean_absolute_error"] == pytest.approx(history["mae"])


def test_without_shuffling_the_rows_come_in_their_order():
    seen = []

    def loss(predictions, targets):
        seen.append(targets[0].data)
        return mse_loss(predictions, targets)

    train(nn.MLP(1, [1], seed=0), LINE, ON_LINE, loss=loss, epochs=1, batch_size=4, shuffle=False, dialect="eager")
    assert seen[-21:] == ON_LINE


def test_a_callback_sees_each_point_of_a_training_and_penalties_come_before_clipping():
    calls = []

    class Watching(nn.Callback):
        def begin(self, run):
            calls.append("begin")

        def gradients(self, run, gradients):
            calls.append("step")
            self.norm = math.hypot(*gradients)
            return gradients

        def epoch(self, run):
            calls.append(f"epoch {len(run.history)} of {run.epochs}")

        def end(self, run):
            calls.append(run.history.stopped)

    watching = Watching()
    train(small(), epochs=2, batch_size=30, callbacks=[nn.ClipNorm(0.01), watching, nn.L2(100.0)])
    assert calls == ["begin", "step", "step", "epoch 1 of 2", "step", "step", "epoch 2 of 2", "finished"]
    assert watching.norm == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("wrong", [nn.EarlyStopping, 5, "early stopping", None])
def test_what_is_no_callback_is_refused(wrong):
    with pytest.raises(TypeError, match="a callback is"):
        train(small(), callbacks=[wrong])


def test_no_bar_shows_where_nobody_looks(capsys):
    train(small(), epochs=2)
    assert capsys.readouterr() == ("", "")


def test_a_schedule_in_fit_sets_the_rates_of_the_epochs():
    history = train(small(), epochs=5, optimizer=lambda p: SGD(p, lr=0.5), callbacks=[nn.StepLR(2, 0.1)])
    assert history["lr"] == pytest.approx([0.5, 0.5, 0.05, 0.05, 0.005])
    history = train(small(), epochs=4, optimizer=lambda p: SGD(p, lr=0.5), callbacks=nn.Schedule(lambda epoch: 1 / (1 + epoch)))
    assert history["lr"] == pytest.approx([0.5, 0.25, 0.5 / 3, 0.125])
    history = train(small(), epochs=3, optimizer=lambda p: SGD(p, lr=0.5), callbacks=[nn.LinearWarmup(2, start_factor=0.5)])
    assert history["lr"] == pytest.approx([0.25, 0.375, 0.5])  # from the first epoch on
    history = train(small(), epochs=9, optimizer=lambda p: SGD(p, lr=0.0), callbacks=[nn.ReduceLROnPlateau(patience=2)])
    assert history["lr"] == [0.0] * 9


def test_an_integer_of_numpy_as_a_seed_is_written_into_a_checkpoint(tmp_path):
    train(small(), epochs=1, seed=np.int64(3), callbacks=[nn.Checkpoint(tmp_path / "c")])
    assert len(train(small(), epochs=2, seed=None, callbacks=[nn.Checkpoint(tmp_path / "c", resume=True)])) == 2


def test_a_checkpoint_is_written_after_what_other_callbacks_do_wherever_it_stands(tmp_path):
    def shift(model, history):
        model.parameters()[0].data += 1.0

    model, resumed = small(), small()
    train(model, epochs=2, callbacks=[nn.Checkpoint(tmp_path / "c"), shift])
    train(resumed, epochs=2, callbacks=[nn.Checkpoint(tmp_path / "c", resume=True), shift])
    assert resumed.state_dict() == model.state_dict()


def test_the_seconds_of_the_epochs_are_part_of_those_of_the_training():
    start = time.perf_counter()
    seconds = train(small(), epochs=3)["seconds"]
    assert min(seconds) > 0.0
    assert sum(seconds) <= time.perf_counter() - start


def test_a_penalty_is_part_of_the_loss_that_is_shown():
    plain, held = train(small(), epochs=1), train(small(), epochs=1, callbacks=[nn.L2(0.5), nn.L1(0.25)])
    weights = list(small().state_dict().values())
    assert held["loss"][0] == pytest.approx(plain["loss"][0] + 0.5 * sum(w * w for w in weights) + 0.25 * sum(map(abs, weights)), rel=1e-12, abs=0.0)


def test_early_stopping_keeps_the_last_parameters_if_it_is_asked_to_and_the_first_of_equally_good_ones():
    model, last = small(), small()
    history = train(model, epochs=200, callbacks=[nn.EarlyStopping(2, min_delta=0.01, restore_best=False)])
    assert history.stopped == "early stopping"
    train(last, epochs=len(history))
    assert model.state_dict() == last.state_dict()

    class Plateau(nn.Module):
        def __init__(self):
            self.used, self.idle = nn.Parameter(0.5), nn.Parameter(0.0)

        def forward(self, x):
            return self.used * x[0] + 0.0 * self.idle

    def move(model, history):
        model.idle.data += 1.0

    model = Plateau()
    history = train(model, LINE, ON_LINE, loss="mse", epochs=5, optimizer=lambda p: SGD(p, lr=0.0), callbacks=[move, nn.EarlyStopping(9)])
    assert (len(set(history["loss"])), model.idle.data) == (1, 0.0)


def test_a_bar_shows_at_a_terminal_unless_it_is_declined(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    train(small(), epochs=2, callbacks=[nn.Progress(False)])
    assert capsys.readouterr() == ("", "")
    train(small(), epochs=2)
    assert "2/2" in capsys.readouterr().err


def test_a_bar_is_drawn_when_it_is_time_and_its_last_line_has_the_last_figures(capsys, monkeypatch):
    monkeypatch.setattr("tqdm.std.time", lambda: 0.0)  # so it never is
    history = train(small(), epochs=30, callbacks=[nn.Progress(True)])
    first, last = filter(str.strip, capsys.readouterr().err.split("\r"))
    assert "0/30" in first
    assert "30/30" in last
    assert f"loss {history['loss'][-1]:.4g}" in last
    assert last.endswith("\n")


def test_in_a_notebook_a_bar_shows_where_nothing_is_red(capsys, monkeypatch):
    for shell, shows in ((SimpleNamespace(kernel=None), True), (SimpleNamespace(), False), (None, False)):  # a notebook, IPython at a terminal, neither
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda shell=shell: shell))
        train(small(), epochs=2)
        out, err = capsys.readouterr()
        assert ("2/2" in out, out != "", err) == (shows, shows, "")


def test_what_early_stopping_remembers_is_checked_as_a_whole():
    model, stopping = small(), nn.EarlyStopping(2)
    train(model, epochs=2, callbacks=stopping)
    run, state = SimpleNamespace(model=model), stopping.state()
    assert (state["waited"], state["best"].keys()) == (0, model.state_dict().keys())
    for fits in (state, stopping.fresh()):
        assert stopping.checked_state(run, fits) == fits
    for wrong in ({"best": None}, {"smallest": math.inf}, {"best": {}}, {"best": state["best"] | {"more": 0.0}}, {"waited": -1}):
        with pytest.raises(ValueError, match=r"the state of|do not fit together"):
            stopping.checked_state(run, state | wrong)


def test_a_bar_that_is_asked_for_needs_tqdm_and_one_that_is_not_does_without(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError, match="pip install tqdm"):
        train(small(), epochs=1, callbacks=[nn.Progress(True)])
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert len(train(small(), epochs=2)) == 2
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def ctrl_c():
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    assert signal.signal(signal.SIGINT, former) is signal.default_int_handler


def test_ctrl_c_ends_a_function_of_ones_own_at_once_and_a_step_when_it_is_whole(ctrl_c):
    def function(model, history):
        ctrl_c()
        reached.append("behind Ctrl-C")

    class Pressing(nn.Callback):
        def gradients(self, run, gradients):
            ctrl_c()
            reached.append("in a step")
            return gradients

    model, one_step, reached = small(), small(), []
    assert train(small(), epochs=3, callbacks=function).stopped == "interrupted"
    assert reached == []
    assert train(model, epochs=3, callbacks=[Pressing()]).stopped == "interrupted"
    train(one_step, epochs=1)
    assert reached == ["in a step"]
    assert model.state_dict() in (one_step.state_dict(), small().state_dict())


def test_ctrl_c_that_was_noted_last_is_said(ctrl_c):
    class Late(nn.Callback):
        def epoch(self, run):
            if len(run.history) == run.epochs:
                ctrl_c()

    history = train(small(), epochs=2, callbacks=[Late()])
    assert (history.stopped, len(history)) == ("interrupted", 2)


def test_ctrl_c_before_the_first_epoch_changes_no_parameter_and_leaves_the_model_in_evaluation_mode(ctrl_c):
    def loss(predictions, targets):
        ctrl_c()
        return mse_loss(predictions, targets)

    model = small().train()
    history = train(model, loss=loss)
    assert (history.stopped, len(history), model.training, model.state_dict()) == ("interrupted", 0, False, small().state_dict())


def test_ctrl_c_outside_of_what_is_called_is_noted_and_the_next_call_raises_it(ctrl_c):
    for before in (lambda interrupts: None, lambda interrupts: interrupts.call(list)):
        with Interrupts() as interrupts:
            before(interrupts)
            interrupts.check()
            ctrl_c()
            with pytest.raises(KeyboardInterrupt):
                interrupts.call(pytest.fail, "it was called")


def test_a_second_ctrl_c_does_not_disturb_what_is_done_after_the_first(ctrl_c):
    def function(model, history):
        try:
            ctrl_c()
        finally:
            ctrl_c()
            tidied.append(True)

    tidied = []
    assert train(small(), epochs=3, callbacks=function).stopped == "interrupted"
    assert tidied == [True]


def test_a_handler_of_ones_own_stays_and_another_thread_sets_none(ctrl_c):
    seen, found = [], []
    former = signal.signal(signal.SIGINT, lambda *_: seen.append("Ctrl-C"))
    try:
        assert train(small(), epochs=2, callbacks=lambda model, history: ctrl_c()).stopped == "finished"
    finally:
        signal.signal(signal.SIGINT, former)
    assert seen == ["Ctrl-C"] * 2
    thread = threading.Thread(target=lambda: found.append(train(small(), epochs=2)))
    thread.start()
    thread.join()
    assert found[0].stopped == "finished"


@pytest.mark.parametrize(("watch", "rates"), [(None, [0.25, 0.25, 0.25, 0.25, 0.25]), ("val_loss", [0.25, 0.25, 0.25, 0.25, 0.25]),
                                              ("loss", [0.25, 0.25, 0.25, 0.25, 0.25]), ("epoch", [0.25, 0.25, 0.125, 0.0625, 0.03125])])  # fmt: skip
def test_a_plateau_in_fit_looks_at_the_last_epoch(watch, rates):
    history = train(nn.MLP(1, [1], init="zeros", bias=False), [[1.0]], [0.0], loss=lambda predictions, targets: predictions[0], epochs=5,
                    validation=([[2.0]], [0.0]), optimizer=lambda p: SGD(p, lr=0.25),
                    callbacks=[nn.ReduceLROnPlateau(factor=0.5, patience=0, threshold_mode="abs", watch=watch)])  # fmt: skip
    assert history["lr"] == rates


@pytest.mark.parametrize(("min_delta", "epochs"), [(0.0, 9), (0.375, 9), (0.5, 3), (1.5, 3)])
def test_early_stopping_waits_for_a_loss_that_is_smaller_by_more_than_min_delta(min_delta, epochs):
    history = train(nn.MLP(1, [1], init="zeros", bias=False), [[1.0]], [0.0], loss=lambda predictions, targets: predictions[0], epochs=9,
                    optimizer=lambda p: SGD(p, lr=0.25), callbacks=[nn.EarlyStopping(2, min_delta)])  # fmt: skip
    assert history["loss"] == [-0.25 * i for i in range(epochs)]


def test_what_accompanies_a_training_on_lists_needs_no_numpy(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    callbacks = [nn.L2(0.5), nn.L1(0.25), nn.ClipNorm(1.0), nn.ClipValue(0.5), nn.EarlyStopping(), nn.StepLR(1), nn.Checkpoint(tmp_path / "c")]
    assert len(train(small(), epochs=2, validation=0.25, metrics="accuracy", callbacks=callbacks)) == 2


def test_early_stopping_waits_for_ten_epochs_unless_it_is_told_otherwise():
    assert len(train(small(), optimizer=lambda p: SGD(p, lr=0.0), callbacks=nn.EarlyStopping())) == 11  # the first is the best


def test_a_validation_that_is_infinite_from_the_first_epoch_on_is_waited_for_as_any_other():
    history = train(nn.MLP(1, [1], init="zeros"), [[1.0]], [0.0], loss="mse", epochs=9, validation=([[1.0]], [1e200]), callbacks=[nn.EarlyStopping(2)])
    assert (history.stopped, history["val_loss"]) == ("early stopping", [math.inf] * 2)
