"""``compile_graph``: the program of a recorded graph, in the dialect that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from ..choices import named_options, not_one_of, require_list
from ..collector import collector_at_rest
from ..value import Value
from .c import CProgram
from .graph import Graph
from .javascript import JavaScriptProgram
from .numpy import NumpyProgram
from .program import Program
from .python import PythonProgram

DIALECTS: dict[str, type[Program]] = {
    "python": PythonProgram,
    "numpy": NumpyProgram,
    "c": CProgram,
    "javascript": JavaScriptProgram,
}
"""The languages of programs, by the name that ``compile_graph`` takes, and the class of their programs.

Each stands in the file of its name. A new one is such a file, with its notation, reserved words and class, and an entry here.
``runs_here`` tells the dialects whose programs Python calls from those that are only written to files.
"""


@collector_at_rest()
@named_options()
def compile_graph(
    output: Value | Sequence[Value], wrt: Sequence[Value], inputs: Sequence[Value] = (), dialect: str = "python", *,
    further: Sequence[Value] = (),
) -> Program:  # fmt: skip
    """Compile the graph of ``output`` into a :class:`Program` with its gradient with respect to ``wrt``.

    ``wrt`` are leaves whose gradient is wanted, ``inputs`` leaves that change from call to call; every
    other leaf is a constant of the program. A list of outputs gives a program of their values only.
    ``dialect`` is a key of ``DIALECTS``: ``"python"`` (needs nothing), ``"numpy"`` (rows as arrays), ``"c"``
    (needs a C compiler; its ``program.exact = False`` makes ``exp`` or ``tanh`` of many rows several times as fast, some last bits
    aside) or ``"javascript"`` (a source for Node and browsers, which Python does not run). The values of ``further`` nodes
    beside one output, such as the predictions that a loss is computed from, are given by ``program.forward``.

    In Python and C the results equal those of the graph itself (nan is nan, an infinite derivative infinite) wherever
    all its values are finite; elsewhere a program may give nan or inf where the graph has a number, never another number.
    Where the graph would raise a domain error, Python raises too; the others return nan or inf.

    >>> x = Value(3.0, "x")
    >>> compile_graph(x * x, [x])([5.0])
    (25.0, [10.0])
    >>> print(compile_graph(x * x, [x], dialect="javascript").source.partition("\\n\\n")[2])
    function program(parameters, inputs) {
      const [x] = parameters;
      // forward
      const v1 = x * x;
      // backward
      return [v1, [x + x]];
    }
    <BLANKLINE>

    >>> compile_graph(x * x, [x], further=[2 * x]).forward([5.0], [[]])
    [[25.0, 10.0]]
    >>> from autograd_core import DIALECTS
    >>> {name: (program.endings, program.runs_here) for name, program in DIALECTS.items()}["javascript"]
    (('.js', '.mjs', '.cjs'), False)

    Raises ``ValueError`` for an unknown dialect, for a node in ``wrt`` or ``inputs`` that is no leaf or stands there twice.
    """
    if not isinstance(dialect, str) or dialect not in DIALECTS:
        raise not_one_of("dialect", dialect, DIALECTS)
    given = ("wrt is", wrt, "compile_graph(y, [x])"), ("inputs is", inputs, "inputs=[x]"), ("further is", further, "further=[y]")
    return DIALECTS[dialect].of(_checked(output, *(require_list(*one) for one in given)))


def _checked(output: Value | Sequence[Value], wrt: list[Value], inputs: list[Value], further: list[Value]) -> Graph:
    """The graph, or the error that says what it cannot be compiled for."""
    single = isinstance(output, Value)
    written = "compile_graph([y, z], [x])"
    outputs: list[Value] = [output] if isinstance(output, Value) else require_list("output is a Value or", output, written)
    if not outputs:
        raise ValueError("there is nothing to compile: outputs is an empty list")
    if further and not single:
        raise ValueError("further nodes stand beside one output with its gradient: add them to the list of outputs")
    for what, nodes in (("outputs", outputs), ("further", further), ("wrt", wrt), ("inputs", inputs)):
        for node in nodes:
            if not isinstance(node, Value):
                raise TypeError(f"{what} holds {type(node).__name__} {node!r}: compile_graph takes Values")
            if node.parents and what in ("wrt", "inputs"):
                raise ValueError(f"{node!r} in {what} is computed from other nodes: only leaves can be given new values")
    if len({*wrt, *inputs}) < len(wrt) + len(inputs):
        raise ValueError("a leaf stands twice in wrt and inputs: each may have one value")
    return Graph(outputs, wrt, inputs, single, further)
