"""What nodes are called, and what has no nodes to call."""

import pytest

import autograd_core as ac
from autograd_core import Value, steps


@pytest.mark.parametrize("view", [ac.steps, ac.play, ac.derivation])
def test_what_is_no_graph_is_refused_by_its_name(view):
    with pytest.raises(TypeError, match=r"given by its output, a Value, not by float 3\.0"):
        view(3.0)


def test_automatic_names_leave_out_those_that_the_reader_gave():
    v1, x = Value(2.0, "v1"), Value(3.0, "x")
    assert [step.name for step in steps((v1 * x + 1.0).exp()).forward] == ["v1", "x", "v2", "v3", "v4"]
