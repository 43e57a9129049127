"""Programs: a recorded graph as a straight-line function that computes its value and gradient."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

from ..arguments import refuse_masked, refuse_times
from ..choices import require_list, shortened
from ..files import path_text, replace_file
from ..formulas.spelling import Dialect
from ..number import Number, real
from .graph import Graph
from .statements import emit

PLAIN = (list, tuple)  # the usual arguments: to ask them whether they have a shape takes as long as a small program


class Program:
    """A compiled graph. Called with the values of its leaves, it returns the output's value and its gradient.

    >>> from autograd_core import Value, compile_graph
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

    Compiled from a list of outputs, it returns the list of their values, without gradients. This class holds
    what the dialects share; each has a class of its own, in the file of its name.
    """

    dialect: ClassVar[str]
    notation: ClassVar[Dialect]
    """How arithmetic is written in this dialect."""
    endings: ClassVar[tuple[str, ...]]
    """The endings of files in which ``save`` writes it."""
    runs_here: ClassVar[bool] = True
    """Whether the program can be called in Python; one that cannot is written to a file."""
    source: str

    def __init__(self, graph: Graph, emitted: Any) -> None:
        self.single = graph.single
        self._wrt_count, self._input_count, self._outputs = len(graph.wrt), len(graph.inputs), len(graph.outputs)
        self._with_further = graph if graph.further else None
        self._forward: Program | None = None
        self._build(graph, emitted)

    @classmethod
    def of(cls, graph: Graph) -> Program:
        """The program of a graph."""
        return cls(graph, emit(graph, cls.notation))

    def _build(self, graph: Graph, emitted: Any) -> None:
        """Set ``source`` and whatever runs it."""
        raise NotImplementedError

    def __call__(self, wrt_values: Sequence[float], input_values: Sequence[float] = ()) -> Any:
        """``(value, gradients)`` at these values of ``wrt`` and ``inputs``, with gradients in the order of ``wrt``.

        Raises ``ValueError`` for a wrong number of values, and where the graph itself would be a domain error
        (in the dialects that are not Python's own, the result is nan or inf there). Raises ``TypeError`` in a
        dialect that does not run in Python.
        """
        raise TypeError(
            f"a program in the {self.dialect} dialect does not run in Python: write it with save('program{self.endings[0]}'), "
            "or compile it in another dialect, such as 'python'"
        )

    def batch(self, wrt_values: Sequence[float], rows: Sequence[Sequence[float]]) -> Any:
        """``(total, gradients)``: value and gradients added up over rows of input values, from the first row to the last.

        A program of several outputs returns a list with the list of their values for each row.
        """
        return self(wrt_values)

    def columns(self, wrt_values: Sequence[float], columns: Sequence[Any]) -> list[Any]:
        """For a program of several outputs, the column of the values of each, where every input is a column of numbers.

        Lists give lists; where the columns are NumPy arrays of float64 of one length, the dialects c and numpy give new arrays.

        >>> from autograd_core import Value, compile_graph
        >>> x, y, scale = Value(0.0), Value(0.0), Value(0.0)
        >>> compile_graph([scale * x, x + y], [scale], [x, y]).columns([10.0], [[1.0, 2.0], [3.0, 4.0]])
        [[10.0, 20.0], [4.0, 6.0]]

        Raises ``TypeError`` for a program of one output with its gradient, ``ValueError`` for a wrong number of columns.
        """
        if self.single:
            raise TypeError("columns needs a program of several outputs, compile_graph([output, ...], ...): this one has a gradient")
        columns = _columns_of(columns)
        if len(columns) != self._input_count or len(set(map(len, columns))) > 1:
            raise ValueError(f"this program takes {self._input_count} column(s) of one length, not of {[*map(len, columns)]}")
        for column in columns:
            if getattr(getattr(column, "dtype", None), "char", "d") != "d" or hasattr(column, "mask"):
                float_array(column, is_row=True)  # refuses what are no real numbers
        return self._columns(wrt_values, columns)

    def _columns(self, wrt_values: Sequence[float], columns: Sequence[Any]) -> list[Any]:
        found = self.batch(wrt_values, list(zip(*columns)))
        return [list(column) for column in zip(*found)] or [[] for _ in range(self._outputs)]

    def forward(self, wrt_values: Sequence[float], rows: Any) -> Any:
        """For each row of input values the list of the values of the output and of the ``further`` nodes that it was compiled with."""
        if self._forward is None:
            if self._with_further is None:
                raise TypeError("forward needs a program with further nodes: compile_graph(output, ..., further=[node, ...])")
            self._forward = type(self).of(self._with_further.forward())
        return self._forward.batch(wrt_values, rows)

    def save(self, path: str | Path) -> Path:
        """Write the program as a file that runs by itself, and return its path. Comments in it say how it is called.

        The ending is one of the dialect, ``self.endings``, else ``ValueError``. A file that is there is replaced in one
        step: if the disk is full, it stays as it was.
        """
        path = Path(path_text(path))
        if path.suffix.lower() not in self.endings:
            raise ValueError(f"a program in the {self.dialect} dialect is saved as {' or '.join(self.endings)}, not as {path.name!r}")
        replace_file(path, self._file_text(path.suffix.lower()))
        return path

    def _file_text(self, ending: str) -> str:
        """What ``save`` writes."""
        raise NotImplementedError

    def save_c(self, path: str | Path) -> None:
        """``save`` for a program in the c dialect; ``TypeError`` for another."""
        if ".c" not in self.endings:
            raise TypeError(f"save_c needs compile_graph(..., dialect='c'); this program is in the {self.dialect} dialect")
        self.save(path)

    def _check_lengths(self, wrt_values: Sequence[float], input_values: Sequence[float]) -> None:
        for values in (wrt_values, input_values):
            if isinstance(values, NO_ROWS):
                require_numbers(values)
        flat = getattr(wrt_values, "ndim", 1) == getattr(input_values, "ndim", 1) == 1
        try:
            given = len(wrt_values), len(input_values)
        except TypeError:
            require_numbers(wrt_values, input_values)
            raise
        if not flat or given != (self._wrt_count, self._input_count):
            raise ValueError(
                f"this program takes {self._wrt_count} value(s) of wrt and {self._input_count} of inputs, "
                f"in one row each, not {given[0]} and {given[1]}"
            )

    def _check_width(self, shape: Sequence[int]) -> None:
        if len(shape) != 2 or shape[1] != self._input_count:
            raise ValueError(f"rows is a table with {self._input_count} column(s), one for each input, not of shape {tuple(shape)}")

    def __copy__(self) -> Program:
        return self  # as of a function

    def __deepcopy__(self, memo: dict[int, Any]) -> Program:
        return self

    def __reduce__(self) -> Any:
        raise TypeError("a program is not pickled: pickle its output, and compile_graph it again, or write it to a file with save(...)")

    def __repr__(self) -> str:
        lines = self.source.count("\n")
        return f"<{self.dialect} program of {lines} lines: {self._wrt_count} parameters, {self._input_count} inputs>"


NO_ROWS = (dict, set, frozenset, str, bytes, bytearray)
"""What can be gone through, and is no row of numbers: of a dictionary it would be the keys."""


def require_numbers(*rows: Any) -> None:
    """A ``TypeError`` that says what is wrong, unless each of ``rows`` is a list of real numbers; it is looked for after an error only."""
    for row in rows:
        if isinstance(row, NO_ROWS) or not hasattr(row, "__len__") or getattr(row, "shape", None) == ():
            raise TypeError(f"a program takes lists of numbers, as in program([0.5, 1.0], [2.0]), not {shortened(row)}")
        refuse_masked(row)
        for x in row:
            if not isinstance(x, Number):
                real(x)


def require_plain_numbers(rows: Sequence[Any]) -> None:
    """:func:`require_numbers`, where nodes are no numbers either."""
    require_numbers(*rows)
    for x in chain.from_iterable(rows):
        real(x)


def rows_of(rows: Any) -> Any:
    """``rows`` of a batch as an array or a list, without a look at its numbers; ``TypeError`` for what is no table."""
    if getattr(rows, "shape", ()):
        refuse_masked(rows)
        rows = rows.to_numpy() if hasattr(rows, "to_numpy") else rows
        refuse_times(rows)
        return rows
    if not isinstance(rows, list | tuple):
        rows = require_list("rows is", rows, "[[2.0], [3.0]]")
    for row in rows if set(map(type, rows)) - {list, tuple} else ():
        if not hasattr(row, "__len__") or isinstance(row, NO_ROWS) or hasattr(row, "mask"):
            require_numbers(row)
    return rows


def _columns_of(columns: Any) -> list[Any]:
    """Columns in a list, each of which can be gone through, without a look at its numbers; ``TypeError`` for what is none."""
    if hasattr(columns, "iloc"):  # of pandas, which goes through the names
        return list(columns.to_numpy().T)
    columns = require_list("columns is", columns, "[[2.0, 3.0]], a list for each input")
    for column in columns:
        if isinstance(column, NO_ROWS) or not hasattr(column, "__len__"):
            require_numbers(column)
    return columns


def float_array(values: Any, is_row: bool = False) -> Any:
    """An array or lists of real numbers as an array of float64; ``TypeError`` for other numbers."""
    import numpy as np

    refuse_masked(values)
    try:
        array = np.asarray(values)
    except ValueError:  # rows of several lengths
        raise ValueError(f"a table has rows of one length, not of {shortened(sorted({*map(len, values)}))}") from None
    refuse_times(array)
    if (array.dtype.kind not in "fiub" and array.ndim) or (is_row and array.ndim != 1):
        plain = array.tolist() if hasattr(values, "dtype") else values
        require_plain_numbers([plain] if is_row else [row.tolist() if hasattr(row, "tolist") else row for row in plain])
    return array.astype(float, copy=False)


def indented_list(names: Sequence[str], width: int = 112) -> list[str]:
    """The names, each with a comma behind it, in lines of about ``width``; a name is never broken."""
    lines = ["       "]
    for name in names:
        if len(lines[-1]) + len(name) > width + 6 and lines[-1].strip():
            lines.append("       ")
        lines[-1] += f" {name},"
    return lines


def returned(start: str, results: Sequence[str], end: str) -> list[str]:
    """``start``, the results, and ``end``: in one line if it is short."""
    one_line = f"    {start}{', '.join(results)}{end}"
    return [one_line] if len(one_line) <= 120 else [f"    {start}", *(f"        {result}," for result in results), f"    {end}"]
