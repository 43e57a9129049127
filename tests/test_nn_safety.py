"""Nothing is lost and nothing let in: damaged states and checkpoints, and Ctrl-C at any moment of a training."""

import copy
import math
import os
import sys
import threading
from pathlib import Path

import pytest

import nn

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
import sys

from damage import damaged_checkpoints, damaged_states, edited_checkpoints
from interrupts import interrupted_fits, interrupted_places, interrupted_predictions


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_state_is_one_error_that_names_the_file_and_changes_nothing(tmp_path, seed):
    assert damaged_states(tmp_path / "m.json", 150, seed) == {"refused": 150}


def test_a_damaged_checkpoint_is_one_error_that_names_the_file_and_changes_nothing(tmp_path):
    assert damaged_checkpoints(tmp_path / "c.json", 150, 0) == {"refused": 150}


def test_a_checkpoint_with_a_right_checksum_is_still_checked_in_every_entry(tmp_path):
    found = edited_checkpoints(tmp_path / "c.json", 10**9, 0)
    assert set(found) == {"refused"}, found
    assert found["refused"] > 500


def test_ctrl_c_at_any_moment_leaves_the_model_after_a_whole_step(tmp_path):
    found = interrupted_fits(150, 0, tmp_path / "c.json")
    assert found.wrong == []
    assert found.ends["interrupted"] > 0  # on a busy machine many come before fit or after it
    assert found.ends.total() == 150


def test_ctrl_c_before_any_bytecode_of_what_watches_over_a_training_leaves_all_as_it_should(tmp_path):
    """Every place of the contexts that fit enters and leaves: random moments met a wrong one once in ten thousand trainings."""
    names = {"fit", "alone", "evaluating", "call", "check", "_note", "__enter__", "__exit__"}
    found = interrupted_places(tmp_path / "c.json", lambda code: code.co_name in names or code.co_filename.endswith("contextlib.py"))
    assert found.wrong == []
    assert found.ends["interrupted"] > 100


def test_ctrl_c_before_any_bytecode_of_the_contexts_of_a_prediction_leaves_nothing_behind():
    names = {"predict", "evaluating", "setting", "reading_data", "record", "call", "__enter__", "__exit__"}
    found = interrupted_predictions(lambda code: code.co_name in names)
    assert set(found) == {"nothing"}
    assert found.total() > 100


def test_a_state_holds_finite_numbers_alone():
    model = nn.Sequential(nn.Layer(1, 1, seed=0), nn.BatchNorm(1))
    before = model.state_dict()
    for name in before.keys() - {"layers.1.num_batches_tracked"}:
        for wrong in (math.nan, math.inf, True, "1", None, 10**400):
            with pytest.raises(ValueError, match=f"{name}.* is a finite number, not"):
                model.load_state_dict(before | {name: [wrong] if isinstance(before[name], list) else wrong})
    assert model.state_dict() == before


def test_a_variance_is_never_below_0():
    model = nn.Sequential(nn.Layer(1, 2, seed=0), nn.BatchNorm(2))
    before, shapes = model.state_dict(), nn.to_torch(model)
    with pytest.raises(ValueError, match=r"layers\.1\.running_var\[1\] is a finite number of at least 0, not -1e-300"):
        model.load_state_dict(before | {"layers.1.running_var": [1.0, -1e-300]})
    with pytest.raises(ValueError, match=r"of at least 0, not -1\.0"):
        nn.from_torch(model, shapes | {"2.running_var": [-1.0, 1.0]})
    assert model.state_dict() == before
    model.load_state_dict(before | {"layers.1.running_mean": [-1.0, 1.0], "layers.1.running_var": [0.0, 1.0]})
    assert model.layers[1].running_var == [0.0, 1.0]


def test_a_mean_of_squares_is_never_below_0():
    leaves = [nn.Parameter(1.0), nn.Parameter(2.0)]
    for optimizer, name in ((nn.Adam(leaves), "exp_avg_sq"), (nn.RMSprop(leaves), "square_avg")):
        optimizer.update([1.0, 2.0], [-3.0, 4.0])
        before = optimizer.state_dict()
        with pytest.raises(ValueError, match=rf"{name}\[1\] is a finite number of at least 0, not -1e-300"):
            optimizer.load_state_dict(before | {"state": before["state"] | {name: [0.0, -1e-300]}})
        assert optimizer.state_dict() == before
        optimizer.load_state_dict(before)


def test_a_file_that_is_none_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    model = nn.MLP(1, [1])
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(ValueError, match="it is no plain file, and might never end"):
            model.load(path)
    with pytest.raises(ValueError, match="it is no plain file"):
        model.fit([[0.0]], [1.0], epochs=1, callbacks=nn.Checkpoint(tmp_path / "pipe", resume=True))


def elsewhere(function, *arguments):
    """Call it in another thread, and wait for it."""
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    thread.join()


def test_a_model_is_trained_by_one_thread_at_a_time():
    """The second is refused while the first waits in a callback, as a prediction is, which would not know which numbers it sees; neither
    another model nor a training within one is."""
    model, told = nn.MLP(1, [1], seed=0), []

    def trained(part):
        try:
            told.append(part.fit([[0.0], [1.0]], [1.0, 3.0], epochs=1).stopped)
        except RuntimeError as error:
            told.append(str(error))

    def predicted():
        with pytest.raises(RuntimeError, match="another thread trains this MLP"):
            model.predict([[1.0]])
        told.append("not predicted")

    def meanwhile(_, history):
        for part in (model, model.layers[0], copy.deepcopy(model)):
            elsewhere(trained, part)
        elsewhere(predicted)
        trained(model)

    assert model.fit([[0.0], [1.0]], [1.0, 3.0], epochs=1, callbacks=meanwhile).stopped == "finished"
    assert [text[:27] for text in told] == ["another thread trains this "] * 2 + ["finished", "not predicted", "finished"]
    trained(model)
    assert told[-1] == "finished"


def test_what_predicts_in_one_thread_does_not_change_the_mode_in_another():
    """A prediction waits in the middle of a model in training mode, while others come and go: none sees Dropout at work."""

    class Waiting(nn.Module):
        def forward(self, x):
            if threading.current_thread() is not threading.main_thread():
                arrived.set()
                assert go_on.wait(600)
            return [self.training * 1.0, *x]

    arrived, go_on, found = threading.Event(), threading.Event(), []
    model = nn.Sequential(Waiting(), nn.Dropout(0.9, seed=0))
    thread = threading.Thread(target=lambda: found.append(model.predict([[1.0, 2.0]])))
    thread.start()
    assert arrived.wait(600)
    assert model.training
    assert model.predict([[1.0, 2.0]]) == [[0.0, 1.0, 2.0]]
    assert model.eval().train().training
    go_on.set()
    thread.join()
    assert found == [[[0.0, 1.0, 2.0]]]
    assert all(module.training for module in model.modules())


def test_a_prediction_changes_the_mode_of_its_model_alone():
    """A teacher in a closure stays in the mode in which it was put, in the set-up of a training, too."""
    teacher, seen = nn.Dropout(0.5, seed=0).eval(), set()

    class Student(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(0.5)

        def forward(self, x):
            seen.add((self.training, teacher.training))
            return self.w * teacher(x)[0]

    Student().fit([[1.0], [2.0]], [1.0, 2.0], epochs=1)
    assert seen == {(True, False), (False, False)}


@pytest.mark.parametrize("dialect", ["python", "numpy", "eager"])
def test_a_gradient_whose_square_is_beyond_all_floats_ends_a_training_and_does_not_stop_its_learning_in_silence(dialect):
    """Adam divides by the root of the square: its steps would be 0 for ever, and a checkpoint could not be read again."""
    model = nn.MLP(1, [1], seed=0)
    before, optimizer = model.state_dict(), nn.Adam(model)
    with pytest.raises(nn.TrainingError, match="infinite or nan, or what the optimizer or a layer remembers"):
        model.fit([[1e200]], [0.0], loss="l1", optimizer=optimizer, epochs=2, dialect=dialect)
    assert (model.state_dict(), optimizer.steps, optimizer.state) == (before, 0, {})


def test_a_running_average_beyond_all_floats_is_undone():
    model = nn.Sequential(nn.BatchNorm(1), nn.Layer(1, 1, seed=0))
    before = model.state_dict()
    with pytest.raises(nn.TrainingError, match="or what the optimizer or a layer remembers"):
        model.fit([[1e200], [2e200]], [0.0, 1.0], epochs=1)
    assert model.state_dict() == before


def test_weights_that_do_not_fit_change_nothing():
    unbiased, layer = nn.Layer(2, 2, "linear", bias=False, seed=0), nn.Layer(2, 2, "linear", seed=0)
    wrong = [(unbiased, [[1.0, 2.0], [3.0, 4.0]], [0.0, 5.0]), (layer, [[1.0, 2.0], ["x", None]], [0.0, 0.0])]
    wrong += [(layer, [[1.0, 2.0], [3.0, 1j]], [0.0, 0.0]), (layer, [[1.0, 2.0]], [0.0])]
    for model, weights, biases in wrong:
        before = model.state_dict()
        with pytest.raises(ValueError, match=r"bias=False: its bias is 0\.0, not 5\.0|is a finite number, not|2 row\(s\) of 2 weights"):
            model.set_weights(weights, biases)
        assert model.state_dict() == before
    assert unbiased.set_weights([[1.0, 2.0], [3.0, 4.0]], [0.0, 0.0]).state_dict() == {"neurons.0.w.0": 1, "neurons.0.w.1": 2, "neurons.1.w.0": 3, "neurons.1.w.1": 4}
