"""Nothing is lost and nothing let in: damaged states and checkpoints, and Ctrl-C at any moment of a training."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
from damage import damaged_checkpoints, damaged_states, edited_checkpoints
from interrupts import interrupted_fits


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
