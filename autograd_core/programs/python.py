"""The Python dialect: functions of the standard library alone, compiled by Python itself."""

from __future__ import annotations

import builtins
import itertools
import keyword
import linecache
import math
import re
import weakref
from collections.abc import Callable, Sequence
from itertools import chain
from operator import add
from typing import Any

from ..arguments import number, refuse_masked, refuse_times
from ..formulas.spelling import PYTHON
from ..number import Number
from ..primitive import domain_error
from .chunks import Chunk, Partition, is_longer, partition
from .graph import Graph
from .program import PLAIN, Program, indented_list, require_numbers, returned, rows_of
from .statements import NAME, Emitted, Statement

WHOLE = 4_000  # operands, about 1,300 statements: up to here one generated function, which reads and runs best
CHUNK = 2_000  # operands in each function of a longer program: the compiler's time and memory stay linear
RESERVED = {*keyword.kwlist, *dir(math), *dir(builtins), "np", "parameters", "inputs", "v", "program", "count"}
_numbers = itertools.count()


def identifier(name: str) -> str:
    """The name, changed if a program in Python uses it itself."""
    return f"{name}_" if name in RESERVED or name.startswith("chunk_") else name


NOTATION = PYTHON._replace(identifier=identifier)


class PythonProgram(Program):
    """A program in Python. It raises what the graph itself raises outside of its domain, with the line of the program."""

    dialect = "python"
    notation = NOTATION
    endings = (".py",)

    def _build(self, graph: Graph, emitted: Emitted) -> None:
        parts = python_source(emitted, self.single)
        self.source = "\n\n".join(parts)
        self._function = compiled(self, parts, dict(vars(math)))
        texts = chain(emitted.values, emitted.gradients, (statement.text for statement in chain(emitted.forward, emitted.backward)))
        self._shows_kinds = not any(map(_HIDES_KINDS.search, texts))

    def __call__(self, wrt_values: Sequence[float], input_values: Sequence[float] = ()) -> Any:
        plain = type(wrt_values) in PLAIN and type(input_values) in PLAIN
        if not (plain and len(wrt_values) == self._wrt_count and len(input_values) == self._input_count):
            self._check_lengths(wrt_values, input_values)
        shown = self._shows_kinds
        return self._run(_floats(wrt_values, shown), _floats(input_values, shown) if self._input_count else ())

    def _run(self, wrt_values: Sequence[float], input_values: Sequence[float]) -> Any:
        try:
            result = self._function(wrt_values, input_values)
        except (ValueError, ArithmeticError) as error:
            raise _located(error) from error
        except TypeError:
            require_numbers(wrt_values, input_values)
            raise
        if self.single and result[0].__class__ is float:  # without a loop
            return result
        if all(x.__class__ is float or isinstance(x, Number) for x in (result[:1] if self.single else result)):
            return result
        return self._function(list(map(number, wrt_values)), list(map(number, input_values)))  # of whole numbers beside others

    def batch(self, wrt_values: Sequence[float], rows: Any) -> Any:
        rows = rows_of(rows)
        if hasattr(rows, "shape"):
            self._check_width(rows.shape)
            rows = rows.tolist()
        for row in (*rows, range(self._input_count)):
            self._check_lengths(wrt_values, row)
        wrt_values = _floats(wrt_values)
        if not self.single:
            return [self._run(wrt_values, _floats(row)) for row in rows]
        total, gradients = 0.0, [0.0] * self._wrt_count
        for row in rows:
            value, of_row = self._run(wrt_values, _floats(row))
            total += value
            gradients = list(map(add, gradients, of_row))
        return total, gradients

    def _columns(self, wrt_values: Sequence[float], columns: Sequence[Any]) -> list[Any]:
        (wrt_values, *columns), function = map(_numbers_of, (wrt_values, *columns)), self._function
        self._check_lengths(wrt_values, range(self._input_count))
        try:
            found = [function(wrt_values, row) for row in zip(*columns)]
        except (ValueError, ArithmeticError) as error:
            raise _located(error) from error
        return [list(column) for column in zip(*found)] or [[] for _ in range(self._outputs)]

    def _file_text(self, ending: str) -> str:
        used = {name for name in NAME.findall(self.source) if hasattr(math, name) and not hasattr(builtins, name)}
        imports = f"from math import {', '.join(sorted(used))}\n\n\n" if used else ""
        result = "(value, gradients)" if self.single else "the list of values"
        return f'"""program(parameters, inputs) takes two lists of numbers and returns {result}."""\n\n{imports}{self.source}'


_HIDES_KINDS = re.compile(r"/|\*\*|\w\(")
"""Operations that give a float for a number of NumPy, or that fail for a float alone."""


def _floats(values: Any, shown: bool = False) -> Any:
    """NumPy's numbers, and rows of whole numbers, as floats, which are faster one by one and fail where a number is not defined."""
    if type(values) not in PLAIN and hasattr(values, "tolist"):
        refuse_masked(values)
        refuse_times(values)
        return values.tolist()
    # One of them makes the sum one of them, too: that is quicker than to look at each. Where the value of a program does the same and is
    # ``shown``, the first number is enough: more would take a twentieth of the time of a small network.
    try:
        return values if not values or (values[0] if shown else sum(values)).__class__ is float else list(map(number, values))
    except (TypeError, KeyError):
        require_numbers(values)
        raise


def _numbers_of(values: Any) -> Any:
    """The same, whole numbers as floats."""
    values = _floats(values)
    return values if {float}.issuperset(map(type, values)) else list(map(number, values))


# -- source ------------------------------------------------------------------------------------------------------
def python_source(emitted: Emitted, single: bool) -> list[str]:
    """The program in Python: one function, or, beyond ``WHOLE`` operands, several that hand over a list ``v``."""
    if not is_longer(emitted, WHOLE):
        return [_one_function(emitted, single)]
    pieces = partition(emitted, CHUNK)
    parts = [_chunk_function(i, chunk, pieces) for i, chunk in enumerate(pieces.chunks)]
    calls = "".join(f"    chunk_{i}(parameters, inputs, v)\n" for i in range(len(parts)))
    n = len(emitted.values)
    result = f"v[0], v[1:{1 + len(emitted.gradients)}]" if single else f"v[:{n}]"
    return [*parts, f"def program(parameters, inputs):\n    v = [0.0] * {pieces.size}\n{calls}    return {result}\n"]


def _one_function(emitted: Emitted, single: bool) -> str:
    lines = ["def program(parameters, inputs):"]
    lines += _unpacked(emitted.parameters, "parameters") + _unpacked(emitted.inputs, "inputs")
    lines += ["    # forward", *(_line(statement) for statement in emitted.forward)]
    if single:
        lines += ["    # backward", *(_line(statement) for statement in emitted.backward)]
        (value,) = emitted.values
        lines += returned(f"return {value}, [", emitted.gradients, "]")
    else:
        lines += returned("return [", emitted.values, "]")
    return "\n".join(lines) + "\n"


def _unpacked(names: Sequence[str], source: str) -> list[str]:
    if not names:
        return []
    text = ", ".join(names)
    if len(text) <= 100:
        return [f"    {text}{',' if len(names) == 1 else ''} = {source}"]
    return ["    (", *indented_list(names), f"    ) = {source}"]


def _line(statement: Statement) -> str:
    comment = f"  # {statement.comment}" if statement.comment else ""
    return f"    {statement.target} = {statement.text}{comment}"


def _chunk_function(i: int, chunk: Chunk, pieces: Partition) -> str:
    lines = [f"def chunk_{i}(parameters, inputs, v):"]
    lines += [f"    {name} = {element}" for name, element in chunk.operands()]
    lines += [f"    {name} = {text}" if name else f"    {text}" for name, text in pieces.assignments(chunk)]
    return "\n".join(lines) + "\n"


# -- running it --------------------------------------------------------------------------------------------------
def compiled(owner: Program, parts: Sequence[str], namespace: dict[str, Any]) -> Callable[..., Any]:
    """The function ``program`` of the source in ``parts``, each compiled on its own; tracebacks and debuggers show the lines.

    The functions and their lines in :mod:`linecache` are freed with their owner.
    """
    number = next(_numbers)
    filenames = [f"<program {number}>" if len(parts) == 1 else f"<program {number}, part {i}>" for i in range(len(parts))]
    for filename, source in zip(filenames, parts):
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        exec(compile(source, filename, "exec"), namespace)
    function: Callable[..., Any] = namespace["program"]
    weakref.finalize(owner, _forget, filenames, namespace).atexit = False
    return function


def _forget(filenames: Sequence[str], namespace: dict[str, Any]) -> None:
    for filename in filenames:
        linecache.cache.pop(filename, None)
    namespace.clear()  # which holds the functions, which hold it


def _located(error: Exception) -> Exception:
    """The error again, with the line of the program where it happened."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    line = next((frame.line for frame in frames if frame.filename.startswith("<program ")), None)
    if line is None:
        return error
    if isinstance(error, OverflowError):
        return OverflowError(f"overflow in the program's line: {line}")
    return domain_error(error)(f"not defined here: {error}, in the program's line: {line}")
