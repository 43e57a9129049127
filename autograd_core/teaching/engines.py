"""Engines that students write, graded task by task against this one: which number is wrong, and which slip would give just that number."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..derivatives.misconceptions import RULES, backward_pass
from ..files import path_text, read_plain
from ..number import real
from ..printing import Table
from ..value import Value, topological_order

Function = Callable[..., Any]


class Check(NamedTuple):
    """A function, written with the operators of the student's class as with ours, and the point at which both are tried."""

    task: int
    what: str
    function: Function
    point: tuple[float, ...]
    differentiated: bool = True


def _diamond(x: Any, y: Any) -> Any:
    a = x * y
    return (a + x) * (a + y)


def _patient(x: Any, y: Any) -> Any:
    a = x * y
    return a * (a + x)


TASKS = {
    1: "a number with data and grad",
    2: "plus and times record a graph",
    3: "backward through one operation",
    4: "backward in topological order, adding",
    5: "more operations",
    6: "a neuron that learns",
}
"""What each task asks for, in the order in which they build on one another."""

CHECKS = [
    Check(1, "Value(3.0)", lambda x: x, (3.0,), differentiated=False),
    Check(2, "x + y", lambda x, y: x + y, (2.0, 3.0), differentiated=False),
    Check(2, "x * y", lambda x, y: x * y, (2.0, 3.0), differentiated=False),
    Check(2, "x * 2 + 1", lambda x: x * 2 + 1, (3.0,), differentiated=False),
    Check(2, "2 * x", lambda x: 2 * x, (3.0,), differentiated=False),
    Check(2, "1 + x", lambda x: 1 + x, (3.0,), differentiated=False),
    Check(3, "x + y", lambda x, y: x + y, (2.0, 3.0)),
    Check(3, "x * y", lambda x, y: x * y, (2.0, 3.0)),
    Check(4, "x * y + y * 2", lambda x, y: x * y + y * 2, (2.0, 3.0)),
    Check(4, "x * x", lambda x: x * x, (3.0,)),
    Check(4, "a diamond, a = x * y, (a + x) * (a + y) at x = 2, y = 3", _diamond, (2.0, 3.0)),
    Check(4, "paths of different length, a = x * y, a * (a + x) at x = 2, y = 3", _patient, (2.0, 3.0)),
    Check(4, "nodes of equal value, a = x * y, a * (a + x) at x = 3, y = 1", _patient, (3.0, 1.0)),
    Check(5, "x - y", lambda x, y: x - y, (2.0, 5.0)),
    Check(5, "1 - x", lambda x: 1 - x, (3.0,)),
    Check(5, "-x", lambda x: -x, (3.0,)),
    Check(5, "x / y", lambda x, y: x / y, (3.0, 4.0)),
    Check(5, "x ** 3", lambda x: x**3, (-2.0,)),
    Check(5, "x.tanh()", lambda x: x.tanh(), (0.5,)),
    Check(5, "x.relu() * y", lambda x, y: x.relu() * y, (2.0, 3.0)),
    Check(5, "(-x).relu()", lambda x: (-x).relu(), (2.0,)),
    Check(6, "(tanh(w*x + b) - t)**2", lambda w, x, b: ((w * x + b).tanh() - 0.5) ** 2, (0.7, -1.5, 0.25)),
]


class Finding(NamedTuple):
    """What came of a check: an empty ``message`` says that all was right."""

    task: int
    what: str
    message: str = ""


class Grades(NamedTuple):
    """The findings of all checks; printing it shows a table, as ``print(grade(Value))`` does."""

    findings: list[Finding]

    @property
    def passed(self) -> list[int]:
        """The tasks in which everything was right."""
        return [task for task in TASKS if not any(f.message for f in self.findings if f.task == task)]

    def table(self) -> Table:
        """A row for each task: how many of its checks were right, and what the first wrong one says."""
        rows = []
        for task, title in TASKS.items():
            own = [finding for finding in self.findings if finding.task == task]
            wrong = [finding for finding in own if finding.message]
            says = f"{wrong[0].what}: {wrong[0].message}" if wrong else "done"
            rows.append((task, title, f"{len(own) - len(wrong)} of {len(own)}", says))
        return Table(["task", "title", "right", "what the first wrong check says"], rows, "<<><")

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def __repr__(self) -> str:
        return str(self.table())


def grade(engine: type) -> Grades:
    """Try the class of numbers that a student wrote on every check, and compare it with this engine's.

    The class is made as ``engine(3.0)`` and has ``data``, ``grad``, the operators ``+ - * / **``, ``tanh()``, ``relu()``, ``backward()``.
    A wrong gradient is compared with what each known slip would give (``derivatives/misconceptions.py``), and named if it is one. No
    check raises: what the class raises is in its message.

    >>> grade(Value).passed
    [1, 2, 3, 4, 5, 6]
    >>> class Number:
    ...     def __init__(self, data):
    ...         self.data, self.grad = data, 0.0
    >>> grade(Number).passed
    [1]
    >>> grade(Number).findings[1].message
    'is not written yet'

    Raises ``TypeError`` for what is no class, such as the module that holds it.
    """
    if not callable(engine):
        raise TypeError(f"grade takes a class of numbers, as in grade(Value), not {type(engine).__name__} {str(engine)[:60]}")
    found = [Finding(check.task, check.what, _tried(engine, check)) for check in CHECKS]
    return Grades([*found, Finding(6, "a step of gradient descent", _trained(engine)), Finding(6, "two passes", _twice(engine))])


def _tried(engine: type, check: Check) -> str:
    """What is wrong with the engine on one check; empty if nothing is."""
    leaves, ours = [], [Value(x) for x in check.point]
    expected = check.function(*ours)
    try:
        leaves = [engine(x) for x in check.point]
        output = check.function(*leaves)
        if output is None:
            return "gives None: it is not written yet, or its return is missing"
        if not hasattr(output, "data"):
            return f"gives {output!r}, which is no {engine.__name__} with data"
        if not _close(output.data, expected.data):
            return f"its data is {output.data!r}, and should be {expected.data!r}"
        if not check.differentiated:
            return "" if _close(output.grad, 0.0) else f"its grad is {output.grad!r} before any backward pass, and should be 0"
        output.backward()
        found = [leaf.grad for leaf in leaves]
    except (Exception, SystemExit) as error:
        return _raised(engine, error, expected, check.differentiated)
    expected.backward()
    right = [leaf.grad for leaf in ours]
    if all(map(_close, found, right)):
        return ""
    pairs = "; ".join(f"{_short(got)}, not {want:.6g}" for got, want in zip(found, right) if not _close(got, want))
    return f"the gradients are wrong ({pairs}){_slip(expected, ours, found)}"


def _raised(engine: type, error: BaseException, expected: Value, differentiated: bool = True) -> str:
    """What an error of the engine on the way to an output says: that a part of it is still missing, or what it raises."""
    needed = {node.primitive.method for node in topological_order(expected) if node.primitive is not None}
    needed |= {"backward"} if differentiated else set()
    if isinstance(error, NotImplementedError) or not all(hasattr(engine, method) for method in needed):
        return "is not written yet"
    return f"raises {type(error).__name__}: {error}"


def _short(number: Any) -> str:
    return f"{number:.6g}" if isinstance(number, int | float) else repr(number)


def _slip(output: Value, leaves: Sequence[Value], found: Sequence[Any]) -> str:
    """The misconceptions that would give just these gradients, the likelier ones first."""
    if all(_close(gradient, 0.0) for gradient in found):
        return ": nothing has arrived at the leaves"
    again = _without_seen(output)
    same: list[str] = []
    if all(_close(got, again[leaf]) for got, leaf in zip(found, leaves)):
        same.append("it passed a node's gradient on once for each path that leads to the node: keep a set of the nodes seen")
    for name, rule in RULES.items():
        gradients = backward_pass(output, name).gradients
        if name != "right" and all(_close(got, gradients[leaf]) for got, leaf in zip(found, leaves)):
            same.append(f"it {rule.does}")
    return ": just as if " + ", or as if ".join(same[:2]) if same else ""


def _without_seen(output: Value) -> dict[Value, float]:
    """The gradients of a pass whose order holds a node again for each path that leads to it."""
    order: list[Value] = []

    def visit(node: Value) -> None:
        for parent in node.parents:
            visit(parent)
        order.append(node)

    visit(output)
    gradients = dict.fromkeys(order, 0.0) | {output: 1.0}
    for node in reversed(order):
        for parent, local in zip(node.parents, node.local_derivatives if node.parents else ()):
            gradients[parent] += gradients[node] * local
    return gradients


def _trained(engine: type) -> str:
    """Whether fifty steps with that engine end where ours do."""
    ends: list[tuple[Any, Any]] = []
    expected: Any = None
    for kind in (Value, engine):
        try:
            w, b = kind(0.5), kind(0.0)
            for _ in range(50):
                w.grad = b.grad = 0.0
                output = (w * 2.0 + b - 1.0) ** 2
                output.backward()
                expected = output if expected is None else expected
                w.data -= 0.05 * w.grad
                b.data -= 0.05 * b.grad
            ends.append((w.data, b.data))
        except (Exception, SystemExit) as error:
            return _raised(engine, error, expected)
    return "" if all(map(_close, *ends)) else f"after 50 steps w and b are {ends[1]}, and should be {ends[0]}"


def _twice(engine: type) -> str:
    """Whether leaves add up over two passes of one graph, and interior nodes do not."""
    try:
        x = engine(3.0)
        y = x * x
        z = y * y
        z.backward()
        z.backward()
    except (Exception, SystemExit) as error:
        return _raised(engine, error, Value(3.0) * 3.0)
    if _close(x.grad, 216.0):
        return ""
    if _close(x.grad, 108.0):
        return "the second pass replaced the gradient of the first: leaves add up, until someone sets them to 0"
    return f"dz/dx over two passes is {x.grad!r}, and should be 216: set the gradients of interior nodes to 0 before each pass"


def _close(found: Any, right: float) -> bool:
    try:
        return abs(real(found) - right) <= 1e-9 * max(1.0, abs(right))
    except (TypeError, ValueError, OverflowError):
        return False


def engine_in(path: str | Path) -> type:
    """The class ``Value`` that a notebook or a Python file defines; all its code is run, and what it prints is dropped. A cell that stops
    with an error is a warning, and the cells behind it are run.

    Raises ``ValueError`` for a file that is neither, that has no such class, or that stops with an error before it has one.
    """
    path = path_text(path)
    try:
        text = read_plain(path)
        cells: list[Any] = [text] if Path(path).suffix == ".py" else _cells(json.loads(text.decode("utf-8-sig")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"{path} is neither a notebook nor a Python file (.py)") from None
    names: dict[str, Any] = {"__name__": "__graded__"}
    stopped: list[str] = []
    with contextlib.redirect_stdout(io.StringIO()):
        for number, cell in enumerate(cells, start=1):
            try:
                exec(compile(ast.parse(cell), f"cell {number} of {path}", "exec"), names)
            except (Exception, SystemExit) as error:
                stopped.append(f"{f'cell {number}' if cells[1:] else 'the code'} stops with {type(error).__name__}: {error}")
    engine = names.get("Value")
    if not isinstance(engine, type):
        raise ValueError(f"{path} defines no class Value{''.join(f'; {what}' for what in stopped)}")
    for what in stopped:
        warnings.warn(f"{path}: {what}", stacklevel=2)
    return engine


def _cells(notebook: dict[str, Any]) -> list[str]:
    """The code of a notebook, without the lines that only a notebook understands."""
    codes = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return ["\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in code.splitlines()) for code in codes]
