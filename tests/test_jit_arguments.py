"""``jit``: arguments and results of every kind, static ones, keywords, what comes from outside, and mistakes."""

import copy
import functools
import gc
import math
import pathlib
import re
from collections import namedtuple
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from test_jit import counted, every_dialect

import autograd_core as ac
from autograd_core import Dual, Value, grad, jit, number

pytestmark = pytest.mark.usefixtures("own_cache")
HERE = str(pathlib.Path(__file__))


@pytest.fixture(autouse=True)
def nothing_stays_watched():
    yield
    assert number.PLACES.get() is None


@pytest.mark.parametrize(("result", "word"), [
    (None, "a NoneType"), ("abc", "a str of length 3"), ({1.0}, "a set of length 1"), ([1.0, None], "a NoneType"), (1j, "a complex"),
    (math.sin, "a builtin_function_or_method"), (Dual(1.0, 2.0), "a Dual"), ([Dual(1.0)], "a Dual"),
], ids=repr)  # fmt: skip
def test_a_result_that_is_no_number_is_a_type_error_that_names_it(result, word):
    def returns_it(x):
        return result

    with pytest.raises(TypeError, match=rf"jit .*{word}"):
        jit(returns_it)(2.0)


@pytest.mark.parametrize("argument", [1j, {1.0}, object()], ids=lambda x: type(x).__name__)
def test_an_argument_that_is_no_number_is_a_type_error_in_the_first_call_and_later(argument):
    fast = jit(lambda x: x * 2.0)
    for _ in range(2):
        with pytest.raises(TypeError, match="number is needed"):
            fast(argument)
        assert fast(2.0) == 4.0


def test_an_exception_in_the_function_passes_and_leaves_nothing_behind():
    calls = []

    def fails_at_first(x):
        calls.append(x)
        return [][0] if len(calls) == 1 else x * 2.0

    fast = jit(fails_at_first)
    with pytest.raises(IndexError):
        fast(1.0)
    assert number.PLACES.get() is None
    assert (fast(3.0), len(calls)) == (6.0, 2)


def test_a_domain_error_is_raised_while_recording_and_by_the_program():
    fast = jit(lambda x: ac.log(x))
    with pytest.raises(ValueError, match=r"log at x = -1\.0.*'x'"):
        fast(-1.0)
    assert fast(1.0) == 0.0
    with pytest.raises(ValueError, match=r"log\(x\)"):
        fast(-1.0)


def power_sum(x, n, f=None, *, scale=1.0):
    return scale * sum((x if f is None else f(x)) ** k for k in range(n))


@every_dialect
def test_static_arguments_are_given_as_they_are_and_each_has_a_program_of_its_own(dialect):
    f, calls = counted(power_sum)
    fast = jit(f, dialect, static_argnums=(1, 2))
    for arguments in [(2.0, 3), (3.0, 3), (2.0, 4), (-1.0, 4), (2.0, 3, ac.sin), (0.5, 3, ac.sin), (0.5, 3, ac.cos), (2.0, np.int64(3))] * 2:
        assert fast(*arguments) == pytest.approx(power_sum(*arguments), rel=1e-15, abs=0.0)
    assert [call[1:] for call in calls] == [(3,), (4,), (3, ac.sin), (3, ac.cos), (np.int64(3),)]
    assert all(type(call[0]) is Value for call in calls)


@pytest.mark.parametrize("static", [1, [1], (np.int64(1),), -2])
def test_a_static_argument_may_come_by_keyword_and_be_counted_from_the_end(static):
    fast = jit(lambda x, n, y: x * len("a" * n) + y, static_argnums=static)
    assert [fast(2.0, 3, 1.0), fast(2.0, n=3, y=1.0), fast(n=4, x=2.0, y=0.0), fast(2.0, y=5.0, n=0)] == [7.0, 7.0, 8.0, 5.0]


def test_equal_static_arguments_of_different_kinds_have_different_programs():
    fast = jit(lambda x, how: x * len(repr(how)), static_argnums=1)
    for how in (1, 1.0, True, (1, 2), (1.0, 2), (True, (2,)), 0.0, -0.0, math.nan, "1", b"1") * 2:
        assert fast(1.0, how) == len(repr(how))


@every_dialect
def test_keyword_arguments_are_numbers_too_in_any_order(dialect):
    f, calls = counted(lambda a, b=2.0, *, c=3.0, d=None: [a - b * c[0] if isinstance(c, list) else a - b * c])
    fast = jit(f, dialect)
    plain = f.__wrapped__
    for arguments, keywords in [
        ((1.0,), {}), ((1.0,), {"b": 5.0}), ((), {"b": 4.0, "a": 2.0}), ((), {"a": 2.0, "b": 4.0}), ((1.0,), {"c": 0.5}),
        ((1.0,), {"c": [7.0], "d": "text"}), ((1.0, 2.0), {}), ((9.0,), {"b": 1.0}),
    ]:  # fmt: skip
        assert fast(*arguments, **keywords) == plain(*arguments, **keywords)
    assert len(calls) == 6
    assert {"c", "a"} <= set(re.findall(r"\w+", fast.program(1.0, c=0.5).source))


class Point(NamedTuple):
    x: float
    y: float


def of_a_dictionary(p, x=1.0):
    """A model whose parameters stand in a dictionary."""
    hidden = [ac.tanh(ac.dot(row, x["at"], b)) for row, b in zip(p["w"], p["b"])]
    return {"sum": sum(hidden, 0.0), "each": hidden, "point": Point(x["at"][0], p["b"][0] * 2.0)}


@every_dialect
def test_dictionaries_and_named_tuples_are_structures(dialect):
    f, calls = counted(of_a_dictionary)
    fast = jit(f, dialect)
    p = {"w": [[1.0, 2.0], [-0.5, 0.25]], "b": [0.5, -0.5]}
    in_another_order = {"b": [-1.5, 3.0], "w": [[0.0, 1.0], [2.0, 3.0]]}
    for parameters in (p, in_another_order, {name: p[name] for name in ("b", "w")}):
        for x in ({"at": [0.5, -1.0]}, {"at": [3.0, 0.125]}):
            for found in (fast(parameters, x), fast(parameters, x=x), fast(p=parameters, x=x)):
                expected = of_a_dictionary(parameters, x)
                assert list(found) == list(expected)
                assert [found["sum"], *found["each"]] == pytest.approx([expected["sum"], *expected["each"]], rel=1e-15, abs=0.0)
                assert found["point"] == expected["point"]
                assert type(found["point"]) is Point
    assert len(calls) == 2 * 3
    with pytest.raises(KeyError):
        fast({"w": [[1.0, 2.0]]}, {"at": [0.5, -1.0]})


def test_a_gradient_by_a_dictionary_is_a_dictionary():
    loss = lambda p, x: (p["w"] * x + p["b"]) ** 2  # noqa: E731
    assert jit(grad(loss))({"w": 2.0, "b": -1.0}, 3.0) == {"w": 30.0, "b": 10.0}
    assert jit(grad(loss))({"b": -1.0, "w": 2.0}, x=3.0) == {"w": 30.0, "b": 10.0}


@pytest.mark.parametrize(("static", "kind", "message"), [
    (2, ValueError, r"static_argnums holds 2, and scaled has 2 argument\(s\): 0 to 1"), (-3, ValueError, "static_argnums holds -3"),
    *((wrong, TypeError, r"the position of an argument \(0, 1, ...\) or several, not ") for wrong in ("n", 1.5, ["1"], np.array([[1]]))),
])  # fmt: skip
def test_a_wrong_position_is_a_clear_error_at_once(static, kind, message):
    def scaled(x, n):
        return x * n

    with pytest.raises(kind, match=message):
        jit(scaled, static_argnums=static)


def test_a_static_argument_that_cannot_be_hashed_is_a_clear_error():
    fast = jit(lambda x, sizes: x * len(sizes), static_argnums=1)
    with pytest.raises(TypeError, match="static argument 1 is a list of length 2, which cannot be hashed: make it a tuple"):
        fast(1.0, [1, 2])
    assert fast(1.0, (1, 2)) == 2.0


def test_static_argnums_in_every_spelling():
    for static in (1, np.int64(1), (1,), {1}, np.array(1), np.array([1])):
        assert jit(lambda x, n: x**n, static_argnums=static)(-2.0, 3) == -8.0
    assert jit(lambda x, n: x**n, static_argnums=None)(2.0, 3) == 8.0


def test_what_is_equal_and_of_another_kind_has_a_program_of_its_own():
    first, second = namedtuple("Pair", "a b"), namedtuple("Pair", "b a")
    of_static = jit(lambda x, n: x * (n.a if hasattr(n, "a") else len(str(n))), static_argnums=1)
    given = [first(1, 2), second(1, 2), (1, 2), frozenset([1]), frozenset([True])]
    assert [of_static(1.0, n) for n in given] == [1.0, 2.0, *(float(len(str(n))) for n in given[2:])]
    assert [jit(lambda p: p.a)(p) for p in (first(1.0, 2.0), second(1.0, 2.0))] == [1.0, 2.0]
    of_keys = jit(lambda d: sum(d.values()) * (2.0 if type(next(iter(d))) is bool else 1.0))
    assert [of_keys({1: 3.0}), of_keys({True: 3.0})] == [3.0, 6.0]


def test_arrays_without_axes_are_numbers_as_arguments_and_results():
    square = jit(lambda x: np.where(True, x * x, x))
    assert [square(x) for x in (np.array(3.0), 4.0, np.float32(5.0))] == [9.0, 16.0, 25.0]


def test_a_copy_of_a_number_that_is_recorded_is_that_number():
    for copied in (copy.copy, copy.deepcopy):
        for f in (lambda x: copied(x) * x, lambda x: copied(x * 1.0) * copied([x])[0]):  # noqa: B023
            fast, slope = jit(f), jit(grad(f))
            assert [fast(x) for x in (3.0, 5.0)] == [9.0, 25.0]
            assert [slope(x) for x in (3.0, 5.0)] == [6.0, 10.0]


def test_a_number_of_an_outer_function_that_is_recorded_is_not_frozen_in_an_inner_one():
    outer = jit(lambda x: jit(lambda y: x * y)(2.0))
    assert [outer(3.0), outer(5.0)] == [6.0, 10.0]


@pytest.mark.parametrize("dialect", ["javascript", "fortran"])
def test_a_dialect_that_python_does_not_run_is_refused_at_once(dialect):
    with pytest.raises(ValueError, match=f"one of the dialects 'python', 'numpy', 'c', not '{dialect}'"):
        jit(lambda x: x, dialect)
    for make in (lambda: jit(lambda x: x, [dialect]), lambda: ac.compile_graph(Value(1.0) * 2.0, [], dialect=[dialect])):
        with pytest.raises(ValueError, match="not \\["):
            make()


def test_an_argument_that_counts_is_asked_to_be_static():
    f = lambda x, n: sum(x for _ in range(n))  # noqa: E731
    with pytest.raises(TypeError, match=r"no integer to count or look up with, .* static one, as in jit\(f, static_argnums=1\)"):
        jit(f)(2.0, 3)
    assert jit(f, static_argnums=1)(2.0, 3) == 6.0
    for use in (range, [1, 2, 3].__getitem__, math.factorial):
        with pytest.raises(TypeError, match=r"give int\(v\.data\)"):
            use(Value(2.0))
    with pytest.raises(ValueError, match="is a whole number"):
        ac.round(2.5, Value(1.0))


def test_entries_of_an_array_that_are_no_numbers_choose_the_program_and_the_order_of_options_too():
    chosen = jit(lambda x, kinds: x if kinds[0] in (True, "a", None) else -x)
    for yes, no in (([True], [False]), (["a"], ["b"]), ([None, 2.0], ["b", 2.0])):
        yes, no = np.array(yes, dtype=object), np.array(no, dtype=object)
        assert [chosen(2.0, yes), chosen(2.0, no), chosen(2.0, yes)] == [2.0, -2.0, 2.0]
    flags = jit(lambda x, flags: x if flags[1] else -x)
    assert [flags(2.0, np.array([True, True])), flags(2.0, np.array([True, False]))] == [2.0, -2.0]
    frames = [pd.DataFrame({"a": [3.0], "kind": [kind]}) for kind in "uv"]
    columns = jit(lambda frame: (frame["a"] * 2.0).iloc[0] if frame["kind"].iloc[0] == "u" else -frame["a"].iloc[0])
    assert [columns(frame) for frame in frames] == [6.0, -3.0]
    assert jit(lambda v: (v * 2)[1])(np.array([True, 2.0], dtype=object)) == 4.0
    first = jit(lambda **options: next(iter(options.values())))
    assert [first(a=1.0, b=2.0), first(b=2.0, a=1.0)] == [1.0, 2.0]


def test_a_jitted_function_does_not_keep_the_graph_that_was_recorded():
    def nodes():
        gc.collect()
        return sum(isinstance(x, Value) for x in gc.get_objects())

    fast, before = jit(lambda x: [functools.reduce(lambda y, _: ac.tanh(y), range(500), x), 2.0]), nodes()
    assert fast(0.0) == [0.0, 2.0]
    assert nodes() <= before + 1
