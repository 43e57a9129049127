"""``OverRows``: a function of one row of numbers run over many, as a program where one recorded graph stands for all rows."""

from __future__ import annotations

import math
import random
import warnings
from array import array
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from importlib import import_module
from typing import Any

from ..choices import require_function, require_list
from ..primitive import DomainError
from ..value import Value
from ..watching import watching_comparisons, watching_reads
from .compile import compile_graph
from .floats import Floats
from .program import Program

Recorded = tuple[Sequence[Value], Sequence[Value]]


class OverRows:
    """A function of one row of numbers, run over many rows: the sum of its first output with its gradient, or all outputs of each row.

    ``record(row)`` gives two lists of nodes: leaves that hold the numbers of the row, and the outputs that are computed from them and from
    the leaves ``parameters``, by which the sum is differentiated. ``evaluating()`` is a context in which the function is as
    :meth:`outputs` has it, where that differs: that of a network without dropout. The function itself runs, row by row,
    until :meth:`compile` finds that one graph stands for all rows.

    >>> w = Value(2.0, "w")
    >>> def record(row):
    ...     x = Value(row[0], "x")
    ...     return [x], [w * x]
    >>> over_rows = OverRows(record, [w])
    >>> over_rows.compile([[1.0], [2.0], [3.0]])
    ''
    >>> over_rows.sums([5.0], [[1.0], [2.0]]), over_rows.outputs([5.0], [[1.0], [2.0]])
    ((15.0, [3.0]), [[5.0], [10.0]])
    """

    FAILURES = DomainError, ArithmeticError
    """What a row may raise: a number outside of the domain of an operation, or too large for a float."""
    warning: type[Warning] = UserWarning
    """The warning of a program that turns out wrong only after some sums."""

    def __init__(
        self, record: Callable[[Any], Recorded], parameters: Sequence[Value],
        evaluating: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:  # fmt: skip
        self.record = require_function("OverRows", record, "record(row) gives the leaves of a row and the outputs")
        self.parameters, self.evaluating = require_list("parameters is", parameters, "OverRows(record, [w])"), evaluating
        self._run_itself()

    def _run_itself(self) -> None:
        self.dialect = "eager"
        self._numpy: Any = None
        self._sums: Program | None = None
        self._outputs: Program | None = None
        self._fixed = b""
        self._reads, self._calls = False, 0

    def compile(self, rows: Any, dialect: str = "python", gradients: bool = True) -> str:
        """Run as a program in a ``dialect`` of ``compile_graph``, recorded on the first row; returns an empty text.

        Where one graph cannot stand for all rows, because the function compares Values, computes with what it kept of the row before or
        gives something else than the program for one of some rows, nothing changes, and the text says why. It is tried on the last row;
        where the function reads ``.data``, on rows from all over the table, and at other numbers of the parameters, too. Without
        ``gradients`` there are outputs alone, for the numbers that the parameters have now. In the dialects ``"c"`` and ``"numpy"``,
        numbers then are in arrays, if NumPy is installed.

        >>> w = Value(2.0, "w")
        >>> def record(row):
        ...     return [x := Value(row[0])], [w * x if row[0] > 0.0 else w]
        >>> OverRows(record, [w]).compile([[1.0], [-2.0]])
        'computes with something that a recorded graph holds as a constant (.data, random numbers, an attribute that changes)'
        """
        self._run_itself()
        if not len(rows):
            raise ValueError("rows is empty: the graph is recorded on its first row")
        with watching_comparisons() as places:
            with watching_reads() as reads:
                inputs, nodes = self.record(rows[0])
            shown_inputs, shown = self._evaluated(rows[0])
        if places:
            return f"compares Values at {places[0]}"
        if _reach(shown, set(inputs) - set(shown_inputs)):
            return "computes with what it kept of the row before"
        same = gradients and len(nodes) > 1 and [y.data for y in nodes] == [y.data for y in shown]  # one program does it all
        if gradients:
            self._sums = compile_graph(nodes[0], self.parameters, inputs, dialect, further=nodes[1:] if same else ())
        if not same:
            fixed = not gradients and dialect != "c"  # as constants, parameters are read faster; C would be built for each of them
            self._fixed = _bits(self.values()) if fixed else b""
            self._outputs = compile_graph(shown, [] if fixed else self.parameters, shown_inputs, dialect)
        self.dialect = dialect
        if dialect != "python":
            with suppress(ImportError):
                self._numpy = import_module("numpy")
        values, chosen = self.values(), _spread(rows) if reads else rows[-1:]
        self._reads = bool(reads)
        if all(self._agrees(row, values) for row in chosen) and (self._fixed or not reads or self._agrees_elsewhere(chosen, values)):
            return ""
        self._run_itself()
        return "computes with something that a recorded graph holds as a constant (.data, random numbers, an attribute that changes)"

    def _evaluated(self, row: Any) -> Recorded:
        with self.evaluating():
            return self.record(row)

    def _agrees(self, row: Any, values: Any) -> bool:
        """Whether the programs give what the function itself gives for a row, where the parameters have these values."""
        rows, expected, found = self.rows([row]), [], []
        try:
            if self._sums is not None:
                expected, found = [self.record(row)[1][0].data], [self._sums.batch(values, rows)[0]]
            if self._outputs is not None:
                expected += [y.data for y in self._evaluated(row)[1]]
                found += self.outputs(values, rows)[0]
        except self.FAILURES:  # those of the rows themselves are told where they are run
            return True
        finite = [(a, b) for a, b in zip(found, expected) if math.isfinite(a) and math.isfinite(b)]  # others are judged elsewhere
        return len(found) == len(expected) and all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in finite)

    def _agrees_elsewhere(self, rows: Sequence[Any], values: Any) -> bool:
        """Whether they do so where the parameters have other numbers, as they will in training; they get theirs back."""
        before, chance = [parameter.data for parameter in self.parameters], random.Random(0)
        try:
            for row in rows:
                others = values * [chance.uniform(0.5, 1.5) for _ in before] + [0.0 if x else chance.uniform(-1.0, 1.0) for x in before]
                self.assign(others)
                with suppress(Exception):  # nobody asked for these numbers, for which the function need not be made
                    if not self._agrees(row, others):
                        return False
        finally:
            for parameter, data in zip(self.parameters, before):
                parameter.data = data
        return True

    def sums(self, values: Any, rows: Any) -> tuple[float, Any]:
        """The first output and its gradient, added up over the rows, where the parameters have these values."""
        if self._reads:
            self._try_again(values, rows)
        if self._sums is not None:
            total, gradients = self._sums.batch(values, rows)
            return total, Floats.of(gradients)
        self.assign(values)
        total, gradients = self.eager_sums(rows.tolist() if hasattr(rows, "tolist") else rows)
        return total, self._numpy.array(gradients) if self._numpy is not None and hasattr(values, "tolist") else gradients

    def _try_again(self, values: Any, rows: Any) -> None:
        """In the 1st, 2nd, 4th, ... call, and each 64th, try a function that reads ``.data``; where a program is wrong, it runs itself."""
        self._calls += 1
        if self._calls & (self._calls - 1) and self._calls % 64:
            return
        self.assign(values)
        chosen = random.Random(self._calls).sample(range(len(rows)), min(4, len(rows)))
        if not all(self._agrees(rows[i], values) for i in chosen):
            message = f"at step {self._calls}, what is read from .data is no longer what the program holds: from here on it runs eagerly"
            warnings.warn(f'{message}; steps before may be wrong, dialect="eager" is right from the start', self.warning, stacklevel=2)
            self.dialect, self._sums, self._outputs, self._fixed, self._reads = "eager", None, None, b"", False

    def eager_sums(self, rows: Any) -> tuple[float, Any]:
        """What :meth:`sums` gives where the function itself runs, at the numbers that the parameters have."""
        total, gradients = 0.0, Floats([0.0] * len(self.parameters))
        for row in rows:
            output = self.record(row)[1][0]
            total += output.data
            gradients += self.gradients(output)
        return total, gradients

    def outputs(self, values: Any, rows: Any) -> list[list[float]]:
        """All outputs for each row, where the parameters have these values; ``ValueError`` if it was compiled for others alone."""
        if self.dialect == "eager":
            self.assign(values)
            with self.evaluating():
                return [[y.data for y in self.record(row)[1]] for row in rows]
        if self._fixed and self._fixed != _bits(values):
            raise ValueError("without gradients, a program is that of the numbers that the parameters had: compile it again for others")
        own = self._outputs
        found = own.batch([] if self._fixed else values, rows) if own else self._sums.forward(values, rows)  # type: ignore[union-attr]
        return found.tolist() if hasattr(found, "tolist") else found

    def gradients(self, output: Value) -> Floats:
        """The derivatives of a node by the parameters; their gradients are set, not added to."""
        for parameter in self.parameters:
            parameter.grad = 0.0
        output.backward()
        return Floats(parameter.grad for parameter in self.parameters)

    def rows(self, rows: Any) -> Any:
        """The rows in the form that is read fastest here."""
        if self._numpy is not None:
            return self._numpy.asarray(rows, dtype=float)
        return rows.tolist() if hasattr(rows, "tolist") else list(rows)

    def values(self) -> Any:
        """The numbers that the parameters have, as :class:`Floats` or an array."""
        values = Floats(float(parameter.data) for parameter in self.parameters)
        return values if self._numpy is None else self._numpy.array(values)

    def assign(self, values: Any) -> None:
        """Give the parameters these values."""
        for parameter, value in zip(self.parameters, values.tolist() if hasattr(values, "tolist") else values):
            parameter.data = value

    def arithmetic(self) -> AbstractContextManager[Any]:
        """Within it, arithmetic on such numbers does not warn of those that are not finite."""
        return nullcontext() if self._numpy is None else self._numpy.errstate(all="ignore")


def _reach(outputs: Sequence[Value], leaves: set[Value]) -> bool:
    """Whether some of these leaves are among those that the outputs are computed from, of which there may be very many."""
    seen, waiting = set(outputs), list(outputs)
    while leaves and waiting:
        parents = waiting.pop().parents
        if not leaves.isdisjoint(parents):
            return True
        inner = {parent for parent in parents if parent.parents} - seen
        seen |= inner
        waiting += inner
    return not leaves.isdisjoint(outputs)


def _bits(values: Any) -> bytes:
    return array("d", values).tobytes()


def _spread(rows: Any) -> list[Any]:
    """Some rows from all over a table, with the last, and those of the least and of the greatest number in the first and last columns."""
    count = len(rows)
    found = {count - 1, *range(0, count, -(-count // 16))}
    some = range(0, count, -(-count // 1000))
    for column in {0, len(rows[0]) - 1, len(rows[0]) - 2} if len(rows[0]) > 1 else {0}:
        found |= {min(some, key=lambda i: rows[i][column]), max(some, key=lambda i: rows[i][column])}
    return [rows[i] for i in sorted(found)]
