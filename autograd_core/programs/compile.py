"""``compile_graph``: the program of a recorded graph, in the dialect that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from ..formulas.spelling import PYTHON
from ..value import Value
from .program import Program
from .statements import emit


def compile_graph(output: Value | Sequence[Value], wrt: Sequence[Value], inputs: Sequence[Value] = (), dialect: str = "python") -> Program:
    """Compile the graph of ``output`` into a :class:`Program` with its gradient with respect to ``wrt``.

    ``wrt`` are leaves whose gradient is wanted, ``inputs`` leaves that change from call to call; every
    other leaf is a constant of the program. A list of outputs gives a program of their values only.
    ``dialect`` is ``"python"`` (needs nothing), ``"numpy"`` (rows as arrays) or ``"c"`` (needs a C compiler).

    In Python and C the results equal those of the graph itself wherever all values are finite. Where the
    graph would raise a domain error, Python raises too; NumPy and C return nan or inf.

    >>> x = Value(3.0)
    >>> compile_graph(x * x, [x])([5.0])
    (25.0, [10.0])

    Raises ``ValueError`` for an unknown dialect, for a node in ``wrt`` or ``inputs`` that is no leaf or stands there twice.
    """
    single = isinstance(output, Value)
    if not hasattr(output, "__iter__") and not single:
        raise TypeError(f"output is a Value or a list of Values, not {type(output).__name__} {output!r}")
    outputs: list[Value] = [output] if isinstance(output, Value) else list(output)
    wrt, inputs = list(wrt), list(inputs)
    if not outputs:
        raise ValueError("there is nothing to compile: outputs is an empty list")
    for what, nodes in (("outputs", outputs), ("wrt", wrt), ("inputs", inputs)):
        for node in nodes:
            if not isinstance(node, Value):
                raise TypeError(f"{what} holds {type(node).__name__} {node!r}: compile_graph takes Values")
            if node.parents and what != "outputs":
                raise ValueError(f"{node!r} in {what} is computed from other nodes: only leaves can be given new values")
    if len({*wrt, *inputs}) < len(wrt) + len(inputs):
        raise ValueError("a leaf stands twice in wrt and inputs: each may have one value")
    if dialect == "python":
        return Program(emit(outputs, wrt, inputs, PYTHON, single), wrt, inputs, single)
    if dialect == "numpy":
        from .numpy import NumpyProgram

        return NumpyProgram.of(outputs, wrt, inputs, single)
    if dialect == "c":
        from .c import CProgram

        return CProgram.of(outputs, wrt, inputs, single)
    raise ValueError(f"dialect is 'python', 'numpy' or 'c', not {dialect!r}")
