"""``jit``: what a function takes from outside of its arguments is watched, and followed where a transform differentiates by it."""

import functools
import math
import pathlib
import random
import sys
import types
import warnings
from collections import deque

import numpy as np
import pandas as pd
import pytest
from test_jit import line_of

from autograd_core import Value, grad, jit, jvp, value_and_grad

pytestmark = pytest.mark.usefixtures("own_cache")
HERE = str(pathlib.Path(__file__))


def test_a_value_from_outside_that_changed_is_reported_until_it_is_what_it_was():
    w, fixed = Value(2.0, "w"), Value(10.0)
    fast = jit(lambda x: w * x + fixed * Value(3.0) + 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fast(3.0) == 37.0
        w.grad = 5.0
        assert fast(4.0) == 39.0
    w.data = -1.0
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"uses the Value 'w' from outside, which was 2\.0 when it was recorded and is -1\.0 now") as caught:
            assert fast(3.0) == 37.0  # the line that is told
        assert [(warning.filename, warning.lineno) for warning in caught] == [(HERE, line_of("# the line that is told", HERE))]
    w.data = 2.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fast(3.0) == 37.0
    fixed.data = 0.5
    with pytest.warns(UserWarning, match="uses a Value from outside"):
        fast(3.0)


FACTOR = 2.0


def scaled_from_outside(x):
    return x * FACTOR


def test_a_number_from_outside_that_changed_is_reported_too(monkeypatch):
    shift, calls = 1.0, 0

    def shifted(x):
        nonlocal calls
        calls += 1  # a number of its own
        return x + shift  # noqa: F821  until it is deleted

    fast, slow = jit(value_and_grad(shifted)), jit(scaled_from_outside)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [fast(3.0), fast(np.float64(4.0)), slow(3.0), slow(4.0)] == [(4.0, 1.0), (5.0, 1.0), 6.0, 8.0]
        calls = 7
        fast(3.0)
    shift = 5.0
    monkeypatch.setattr(sys.modules[__name__], "FACTOR", 3)
    with pytest.warns(UserWarning, match=r"shifted uses the number shift from outside, which was 1\.0 when it was recorded and is 5\.0 now"):
        assert fast(3.0) == (4.0, 1.0)
    with pytest.warns(UserWarning, match=r"uses the number FACTOR from outside, which was 2\.0 .* and is 3 now"):
        assert slow(3.0) == 6.0
    del shift
    with pytest.warns(UserWarning, match="is None now"):
        fast(3.0)


CONFIGURATION, WEIGHTS, GRID = {"rate": 3.0, "mode": "up"}, [Value(3.0), [1.0, 2.0]], np.array([3.0, math.nan])


class Scaled:
    offset = 0.0

    def __init__(self):
        self.factor, self.rows = 3.0, [[1.0], [2.0]]

    def __call__(self, x):
        return self.scaled(x) + self.offset

    def scaled(self, x):
        return x * self.factor + self.rows[1][0]


def helped(x):
    return scaled_from_outside(x) * CONFIGURATION["rate"]


def taking(owner):
    """Functions that take something from outside, how it is changed and back, and what the report calls it."""
    place, frame = types.SimpleNamespace(factor=3.0), pd.DataFrame({"a": [3.0, math.nan], "kind": ["u", "v"]})
    cell, default, line, arrays = [3.0], [3.0], deque([3.0]), [np.array([3.0]), None]
    return [
        (lambda x: x * CONFIGURATION["rate"], (CONFIGURATION, "rate"), r"CONFIGURATION\['rate'\] from outside, which was 3.0"),
        (lambda x: x if CONFIGURATION["mode"] == "up" else -x, (CONFIGURATION, "mode"), r"CONFIGURATION\['mode'\] .* 'up'"),
        (lambda x: x * WEIGHTS[0], (WEIGHTS, 0), r"WEIGHTS\[0\] from outside"),
        (lambda x: x * WEIGHTS[1][1], (WEIGHTS[1], 1), r"WEIGHTS\[1\]\[1\] from outside, which was 2.0"),
        (lambda x: x * GRID[0], (GRID, 0), "the array GRID from outside"),
        (lambda xs: [x * cell[0] for x in [xs]], (cell, 0), r"cell\[0\] from outside"),
        (lambda x, k=default: x * k[0], (default, 0), r"k\[0\] from outside"),
        (functools.partial(lambda k, x: x * k[0], cell), (cell, 0), r"argument 1 of partial\[0\] from outside"),
        (lambda x: x * place.factor, (vars(place), "factor"), "the number place.factor from outside"),
        (owner.scaled, (vars(owner), "factor"), "the number self.factor from outside"),
        (owner, (vars(owner), "factor"), "the number self.factor from outside"),
        (owner, (owner.rows[1], 0), r"self.rows\[1\]\[0\] from outside, which was 2.0"),
        (lambda x: owner(x), (vars(owner), "factor"), "the number self.factor from outside"),
        (lambda x: x * line[0], (line, 0), r"the deque line from outside"),
        (lambda x: x * arrays[0][0], (arrays[0], 0), r"the array arrays\[0\] from outside"),
        (lambda x: x * frame["a"].iloc[0], (frame, "a"), r"the array frame from outside"),
        (helped, (globals(), "FACTOR"), "the number FACTOR from outside, which was 2.0"),
    ]


@pytest.mark.parametrize("k", range(17))
def test_whatever_is_taken_from_outside_is_reported_when_it_changed_until_it_is_what_it_was(k):
    f, (holder, key), report = taking(Scaled())[k]
    fast = jit(f)
    was = holder[key]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = fast(2.0)
        assert fast(2.0) == first
        try:
            holder[key] = "down" if isinstance(was, str) else Value(9.0) if isinstance(was, Value) else 9.0
            with pytest.warns(UserWarning, match=report):
                assert fast(2.0) == first
        finally:
            holder[key] = was
        assert fast(2.0) == first


@pytest.mark.parametrize("point", [3.0, 11.0])
@pytest.mark.parametrize("make", [list, deque, lambda numbers: np.array(numbers, dtype=object), lambda numbers: [numbers][0]])
def test_what_a_transform_puts_into_a_list_after_the_recording_is_differentiated(point, make):
    """The program knows a number there: with it, the gradient would be 0."""
    box = make([11.0])
    fast = jit(lambda y: y * box[0])

    def outer(x):
        box[0] = x
        return fast(2.0)

    assert fast(2.0) == 22.0
    assert (grad(outer)(point), jvp(outer, (point,), (1.0,))) == (2.0, (2.0 * point, 2.0))


@pytest.mark.parametrize("name", ["random", "np.random", "of Python", "of NumPy", "legacy", "none", "other"])
def test_random_numbers_that_stay_those_of_the_recording_are_reported(name):
    python, numpy, legacy, unused = random.Random(0), np.random.default_rng(0), np.random.RandomState(0), random.Random(1)
    drawn = {
        "random": lambda x: x * random.random(), "np.random": lambda x: x * np.random.rand(), "of Python": lambda x: x * python.random(),
        "of NumPy": lambda x: x * numpy.normal(), "legacy": lambda x: x * legacy.rand(), "none": lambda x: x * 0.5,
        "other": lambda x: x * len(repr(type(unused))),
    }[name]  # fmt: skip
    fast = jit(drawn)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert fast(2.0) == fast(2.0)
    assert ["draws random numbers" in str(warning.message) for warning in caught] == [True] * (name not in ("none", "other"))


def test_a_function_that_was_defined_again_and_a_variable_that_was_nothing_are_reported():
    def scaled(x):
        return 2.0 * x

    activation, scale = scaled, None
    fast = jit(lambda x: activation(x) if scale is None else scale * x)
    assert fast(3.0) == 6.0
    activation = lambda x: 4.0 * x  # noqa: E731
    with pytest.warns(UserWarning, match="uses the function activation from outside"):
        assert fast(3.0) == 6.0
    activation, scale = scaled, 5.0
    with pytest.warns(UserWarning, match="uses the variable scale from outside, which was None when it was recorded and is 5.0 now"):
        assert fast(3.0) == 6.0


def test_what_the_function_changes_itself_is_not_reported():
    counter, log, store = [0], [], {}

    def counted(x):
        counter[0] += 1
        log.append(x)
        return store.setdefault("square", x * x) + len(log)

    fast = jit(counted)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fast(2.0) == 5.0
        counter[0], store["square"] = 7, 1.0
        log.clear()
        assert fast(3.0) == 10.0


class Strange:
    """An object that answers nothing."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __eq__(self, other):
        raise RuntimeError("equality")

    __hash__ = None


def test_what_cannot_be_read_or_compared_disturbs_no_call():
    strange, ring, factor = Strange(), [2.0], 3.0
    ring.append(ring)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fast, other = jit(lambda x: x * ring[0] if strange else x), jit(lambda x: x * factor)
        assert [fast(2.0), fast(2.0), other(2.0)] == [4.0, 4.0, 6.0]
    for factor in (np.array([1.0, 2.0]), strange, [1.0]):  # noqa: B007
        with pytest.warns(UserWarning, match="the number factor from outside"):
            assert other(2.0) == 6.0
