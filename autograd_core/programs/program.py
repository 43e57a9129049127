"""Programs: a recorded graph as a straight-line function that computes its value and gradient."""

from __future__ import annotations

import itertools
import linecache
import math
from collections.abc import Callable, Sequence
from operator import add
from pathlib import Path
from typing import Any

from ..primitive import domain_error
from ..value import Value
from .statements import NAME, Emitted, Statement

WHOLE = 4_000  # operands, about 1,300 statements: up to here one generated function, which reads and runs best
CHUNK = 2_000  # operands in each function of a longer program: the compiler's time and memory stay linear
_numbers = itertools.count(1)


class Program:
    """A compiled graph. Called with the values of its leaves, it returns the output's value and its gradient.

    >>> from autograd_core import compile_graph
    >>> w, x = Value(2.0, "w"), Value(3.0, "x")
    >>> program = compile_graph((w * x).tanh(), [w], [x])
    >>> program([0.0], [5.0])
    (0.0, [5.0])
    >>> print(program.source)
    def program(parameters, inputs):
        w, = parameters
        x, = inputs
        # forward
        v1 = tanh(w * x)
        # backward
        return v1, [(1.0 - v1 * v1) * x]
    <BLANKLINE>

    Compiled from a list of outputs, it returns the list of their values, without gradients.
    """

    dialect = "python"

    def __init__(self, emitted: Emitted, wrt: Sequence[Value], inputs: Sequence[Value], single: bool) -> None:
        self.single = single
        self._wrt_count, self._input_count = len(wrt), len(inputs)
        self._gradient_count = len(wrt) if single else 0
        self._build(emitted)

    def _build(self, emitted: Emitted) -> None:
        parts = python_source(emitted, self.single)
        self.source = "\n\n".join(parts)
        self._function: Callable[..., Any] = compiled(parts, dict(vars(math)), "program")

    def __call__(self, wrt_values: Sequence[float], input_values: Sequence[float] = ()) -> Any:
        """``(value, gradients)`` at these values of ``wrt`` and ``inputs``, with gradients in the order of ``wrt``.

        Raises ``ValueError`` for a wrong number of values, and where the graph itself would be a domain error.
        """
        self._check_lengths(wrt_values, input_values)
        try:
            return self._function(_floats(wrt_values), _floats(input_values))
        except (ValueError, ArithmeticError) as error:
            raise _located(error) from error

    def batch(self, wrt_values: Sequence[float], rows: Sequence[Sequence[float]]) -> Any:
        """``(total, gradients)``: value and gradients added up over rows of input values, from the first row to the last.

        A program of several outputs returns a list with the list of their values for each row.
        """
        if getattr(rows, "ndim", 2) != 2 or getattr(rows, "shape", (0, self._input_count))[1] != self._input_count:
            raise ValueError(f"rows is a table with {self._input_count} column(s), one for each input, not of shape {rows.shape}")  # type: ignore[attr-defined]
        if getattr(wrt_values, "ndim", 1) == 1:
            wrt_values = _floats(wrt_values)
        rows = rows.tolist() if hasattr(rows, "tolist") else rows
        if not self.single:
            return [self(wrt_values, row) for row in rows]
        self._check_lengths(wrt_values, [0.0] * self._input_count)
        total, gradients = 0.0, [0.0] * self._wrt_count
        for row in rows:
            value, of_row = self(wrt_values, row)
            total += value
            gradients = list(map(add, gradients, of_row))
        return total, gradients

    def save_c(self, path: str | Path) -> None:
        """Write the program as one plain C file: only in the c dialect."""
        raise TypeError(f"save_c needs compile_graph(..., dialect='c'); this program is in the {self.dialect} dialect")

    def _check_lengths(self, wrt_values: Sequence[float], input_values: Sequence[float]) -> None:
        flat = getattr(wrt_values, "ndim", 1) == getattr(input_values, "ndim", 1) == 1
        if not flat or len(wrt_values) != self._wrt_count or len(input_values) != self._input_count:
            raise ValueError(
                f"this program takes {self._wrt_count} value(s) of wrt and {self._input_count} of inputs, "
                f"in one row each, not {len(wrt_values)} and {len(input_values)}"
            )

    def __repr__(self) -> str:
        lines = self.source.count("\n")
        return f"<{self.dialect} program of {lines} lines: {self._wrt_count} parameters, {self._input_count} inputs>"


def _floats(values: Any) -> Any:
    """NumPy's numbers as Python's own, which are faster one by one and fail where a number is not defined."""
    if hasattr(values, "tolist"):
        return values.tolist()
    return list(map(float, values)) if len(values) and hasattr(values[0], "dtype") else values


# -- Python source ---------------------------------------------------------------------------------------------
def python_source(emitted: Emitted, single: bool) -> list[str]:
    """The program in Python: one function, or, beyond ``WHOLE`` operands, several that hand over a list ``v``."""
    at_least = len(emitted.forward) + len(emitted.backward)  # spares the count for a long program
    if max(at_least, len(emitted.parameters), len(emitted.inputs)) <= WHOLE and operand_count(emitted) <= WHOLE:
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
        lines += _returned(f"    return {emitted.values[0]}, [", emitted.gradients)
    else:
        lines += _returned("    return [", emitted.values)
    return "\n".join(lines) + "\n"


def _unpacked(names: Sequence[str], source: str) -> list[str]:
    if not names:
        return []
    text = ", ".join(names)
    from textwrap import wrap

    if len(text) <= 100:
        return [f"    {text}{',' if len(names) == 1 else ''} = {source}"]
    return ["    (", *(f"        {line}" for line in wrap(text, 112)), f"    ) = {source}"]


def _returned(start: str, results: Sequence[str]) -> list[str]:
    one_line = start + ", ".join(results) + "]"
    return [one_line] if len(one_line) <= 120 else [start, *(f"        {result}," for result in results), "    ]"]


def _line(statement: Statement) -> str:
    comment = f"  # {statement.comment}" if statement.comment else ""
    return f"    {statement.target} = {statement.text}{comment}"


class Chunk:
    """Some statements of a long program, and what they take from and hand to the others."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self.parameters: dict[str, int] = {}
        self.inputs: dict[str, int] = {}
        self.loads: dict[str, int] = {}


class Partition:
    """A long program in chunks: the places of values that cross from one to another, results first."""

    def __init__(self, chunks: list[Chunk], place: dict[str, int], results: set[str]) -> None:
        self.chunks, self.place, self.results = chunks, place, results
        self.size = max(place.values(), default=-1) + 1


def operand_count(emitted: Emitted) -> int:
    """How often a name stands in the statements and results: what a compiler's work grows with."""
    texts = (*(statement.text for statement in (*emitted.forward, *emitted.backward)), *emitted.values, *emitted.gradients)
    return sum(len(NAME.findall(text)) for text in texts)


def partition(emitted: Emitted, chunk_size: int) -> Partition:
    """Cut the statements into chunks of ``chunk_size`` operands; values that cross get a place in a list, results the first ones."""
    results = [Statement(f"result[{i}]", text, "") for i, text in enumerate([*emitted.values, *emitted.gradients])]
    statements = [*emitted.forward, *emitted.backward, *results]
    parameters = {name: i for i, name in enumerate(emitted.parameters)}
    inputs = {name: i for i, name in enumerate(emitted.inputs)}
    place = {statement.target: i for i, statement in enumerate(results)}
    home: dict[str, Chunk] = {}
    chunks: list[Chunk] = []
    room = 0
    for statement in statements:
        if room <= 0:
            chunks.append(Chunk())
            room = chunk_size
        chunk = chunks[-1]
        names = NAME.findall(statement.text)
        room -= max(1, len(names))
        for name in names:
            if name in parameters:
                chunk.parameters[name] = parameters[name]
            elif name in inputs:
                chunk.inputs[name] = inputs[name]
            elif home.get(name, chunk) is not chunk:
                chunk.loads[name] = place.setdefault(name, len(place))
        home[statement.target] = chunk
        chunk.statements.append(statement)
    return Partition(chunks, place, {statement.target for statement in results})


def _chunk_function(i: int, chunk: Chunk, pieces: Partition) -> str:
    lines = [f"def chunk_{i}(parameters, inputs, v):"]
    for source, names in (("parameters", chunk.parameters), ("inputs", chunk.inputs), ("v", chunk.loads)):
        lines += [f"    {name} = {source}[{index}]" for name, index in names.items()]
    for statement in chunk.statements:
        stored = f"v[{pieces.place[statement.target]}] = " if statement.target in pieces.place else ""
        local = "" if statement.target in pieces.results else f"{statement.target} = "
        lines.append(f"    {local}{stored}{statement.text}")
    return "\n".join(lines) + "\n"


def compiled(parts: Sequence[str], namespace: dict[str, Any], name: str) -> Callable[..., Any]:
    """The function ``name`` of the source in ``parts``, each compiled on its own; tracebacks and debuggers show the lines."""
    number = next(_numbers)
    for i, source in enumerate(parts):
        filename = f"<program {number}>" if len(parts) == 1 else f"<program {number}, part {i}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        exec(compile(source, filename, "exec"), namespace)
    return namespace[name]


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
