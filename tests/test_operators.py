"""Every operation of Values is one function that was printed for it; nothing stands between the operator and that function."""

import doctest
import sys

import pytest

from autograd_core import Constant, Value
from autograd_core.operators import recorder
from autograd_core.primitive import TABLE

A, B, C = Value(0.5), Value(0.25), Value(2.0)
METHODS = [row for row in TABLE.values() if row.method and row.name not in ("dot", "**") and row.method in vars(Value)]


def functions_called(operation):
    """The names of the Python functions that an operation runs, when it runs again."""
    called = []
    operation()
    sys.setprofile(lambda frame, event, _: called.append(frame.f_code.co_name) if event == "call" else None)
    try:
        operation()
    finally:
        sys.setprofile(None)
    return called[1:]  # without the operation itself


def test_most_rows_are_methods():
    assert {"+", "-", "*", "/", "neg", "exp", "tanh", "relu", "sigmoid", "abs", "sqrt"} <= {row.name for row in METHODS}


@pytest.mark.parametrize("row", METHODS, ids=lambda row: row.name)
def test_a_method_is_the_function_of_its_row(row):
    x = C if row.name == "acosh" else A
    (name,) = functions_called(lambda: getattr(x, row.method)(*[B][: row.arity - 1]))
    assert name.startswith("record_")
    reflected = row.method.replace("__", "__r", 1)
    if row.arity == 2 and hasattr(Value, reflected):
        assert functions_called(lambda: getattr(A, reflected)(B)) == [name]


@pytest.mark.parametrize(
    ("operation", "functions"),
    [
        (lambda: A + 1.0, ["record_add"]),
        (lambda: 1.0 - A, ["record_sub"]),
        (lambda: A**3.0, ["_power", "record_pow"]),
        (lambda: A**2, ["_power", "real", "record_pow"]),
        (lambda: Value.weighted_sum([A, B], [B, C], C), ["_record_dot", "record_dot"]),
        (lambda: Value.apply(TABLE["tanh"], A), ["apply", "record_tanh"]),
        (lambda: Value.apply(TABLE["*"], A, B), ["apply", "record_mul"]),
    ],
)
def test_nothing_stands_between_an_operation_and_its_function(operation, functions):
    assert functions_called(operation) == functions


def test_a_weighted_sum_beside_a_subclass_that_records_for_itself_takes_no_detour():
    class Own(Value):
        @classmethod
        def apply(cls, primitive, *inputs):
            return super().apply(primitive, *inputs)

    Own(1.0)
    assert functions_called(lambda: Value.weighted_sum([A, B], [B, C], C)) == ["_record_dot", "record_dot"]


def test_the_help_of_a_method_runs_as_it_stands():
    runner, parser = doctest.DocTestRunner(verbose=False), doctest.DocTestParser()
    for row in METHODS:
        text = getattr(Value, row.method).__doc__
        assert text.startswith(row.summary)
        runner.run(parser.get_doctest(text, {}, row.name, None, None))
    assert runner.summarize(verbose=False) == (0, runner.tries)
    assert runner.tries > len(METHODS)


def test_rows_with_different_constants_are_different_functions_in_a_traceback():
    half, third = (recorder((A**exponent).primitive) for exponent in (0.5, 1.0 / 3.0))
    assert "0.5" in half.__code__.co_filename
    assert half.__code__.co_filename != third.__code__.co_filename


def test_the_source_of_a_recorder_has_its_operands_in_the_order_of_the_operator():
    assert (Value(3.0) - Value(1.0)).data == (3.0 - Value(1.0)).data == 2.0
    assert [type(parent) for parent in (3.0 - A).parents] == [Constant, Value]
