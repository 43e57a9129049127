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
from interrupts import interrupted_fits, interrupted_places


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


def test_a_state_holds_finite_numbers_alone():
    model = nn.Sequential(nn.Layer(1, 1, seed=0), nn.BatchNorm(1))
    before = model.state_dict()
    for name in before.keys() - {"layers.1.num_batches_tracked"}:
        for wrong in (math.nan, math.inf, True, "1", None, 10**400):
            with pytest.raises(ValueError, match=f"{name}.* is a finite number, not"):
                model.load_state_dict(before | {name: [wrong] if isinstance(before[name], list) else wrong})
    assert model.state_dict() == before


def test_a_file_that_is_none_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    model = nn.MLP(1, [1])
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(ValueError, match="it is no plain file, and might never end"):
            model.load(path)
    with pytest.raises(ValueError, match="it is no plain file"):
        model.fit([[0.0]], [1.0], epochs=1, callbacks=nn.Checkpoint(tmp_path / "pipe", resume=True))


def test_a_model_is_trained_by_one_thread_at_a_time():
    """The second is refused while the first waits in a callback, and neither another model nor a training within one is."""
    model, told = nn.MLP(1, [1], seed=0), []

    def trained(part):
        try:
            told.append(part.fit([[0.0], [1.0]], [1.0, 3.0], epochs=1).stopped)
        except RuntimeError as error:
            told.append(str(error))

    def meanwhile(_, history):
        for part in (model, model.layers[0], copy.deepcopy(model)):
            thread = threading.Thread(target=trained, args=[part])
            thread.start()
            thread.join()
        trained(model)

    assert model.fit([[0.0], [1.0]], [1.0, 3.0], epochs=1, callbacks=meanwhile).stopped == "finished"
    assert [text[:27] for text in told] == ["another thread trains this "] * 2 + ["finished"] * 2
    trained(model)
    assert told[-1] == "finished"


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
