"""``jit``: record a function of numbers once for each shape of its arguments, and run the compiled program from then on."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from ..arguments import kind_of, leaves_of, like, map_structure
from ..number import Number, real, watching_comparisons
from ..value import Constant, Value
from .compile import compile_graph
from .program import Program


def jit(f: Callable[..., Any], dialect: str = "python") -> Callable[..., Any]:
    """A faster ``f``: recorded on Values, compiled, and re-used for arguments of the same shape.

    ``f`` takes numbers and nested lists of numbers, and returns numbers or nested lists of them. It may be
    the result of a transform, such as ``jit(value_and_grad(loss))``. Strings, booleans and ``None`` are part
    of the shape. ``.program(*arguments)`` gives the :class:`Program` for arguments of that shape.

    A Python ``if`` or ``while`` that looks at a number is decided while ``f`` is recorded, and stays so: a
    comparison made on a Value then is reported by a ``UserWarning`` that names the line. Use ``maximum``,
    ``relu``, ``step`` and the other piecewise functions of the library, which stay conditional.

    >>> from autograd_core import jit, sigmoid, value_and_grad
    >>> @jit
    ... def neuron(w, x, b):
    ...     return sigmoid(w[0] * x[0] + w[1] * x[1] + b)
    >>> neuron([1.0, -1.0], [2.0, 2.0], 0.0)
    0.5
    >>> jit(value_and_grad(lambda x: x ** 3))(2.0)
    (8.0, 12.0)
    """
    programs: dict[Any, tuple[Program | None, Any]] = {}

    def recorded(arguments: tuple[Any, ...]) -> tuple[Program | None, Any]:
        shape = _shape(arguments)
        if shape not in programs:
            programs[shape] = _record(f, arguments, dialect)
        return programs[shape]

    @functools.wraps(f)
    def run(*arguments: Any) -> Any:
        program, structure = recorded(arguments)
        inputs = [real(x) for x in leaves_of(arguments) if not _is_static(x)]
        return like(structure, iter(program([], inputs) if program else []))

    run.program = lambda *arguments: recorded(arguments)[0]  # type: ignore[attr-defined]
    return run


def _record(f: Callable[..., Any], arguments: tuple[Any, ...], dialect: str) -> tuple[Program | None, Any]:
    """The program of ``f`` for arguments like these (none if it returns no numbers), and the structure of its result."""
    inputs: list[Value] = []
    names = iter(_names(f, arguments))

    def lifted(x: Any) -> Any:
        name = next(names)
        if _is_static(x):
            return x
        inputs.append(Value(x, name))
        return inputs[-1]

    values = map_structure(lifted, arguments)
    with watching_comparisons() as lines:
        result = f(*values)
    called = getattr(f, "__name__", "the function")
    for y in leaves_of(result):
        if kind_of(y) != "number":
            raise TypeError(f"jit needs a function that returns numbers or lists of them, but {called} returned {kind_of(y)}")
        if isinstance(y, Number) and not isinstance(y, Value):
            raise TypeError(f"jit cannot compile a {type(y).__name__}: call it outside of jvp, or jit the function that calls jvp")
    for line in dict.fromkeys(lines):
        warnings.warn(
            f"{called} compares a number at {line}: the branch taken there while it was recorded is used for every "
            "later call; use maximum, minimum, relu or step to choose by value",
            UserWarning,
            stacklevel=4,
        )
    outputs = [y if isinstance(y, Value) else Constant(y) for y in leaves_of(result)]
    return compile_graph(outputs, [], inputs, dialect) if outputs else None, result


def _names(f: Callable[..., Any], arguments: tuple[Any, ...]) -> list[str]:
    """A name for every leaf of the arguments: ``x``, ``w[0]``, ``w[1]``."""
    import inspect

    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    found: list[str] = []
    for i, argument in enumerate(arguments):
        name = positional[i] if i < len(positional) else f"x{i}"
        count = len(list(leaves_of(argument)))
        found += [name] if kind_of(argument) == "number" or _is_static(argument) else [f"{name}[{k}]" for k in range(count)]
    return found


def _is_static(x: Any) -> bool:
    return x is None or isinstance(x, str | bool)


def _shape(structure: Any) -> Any:
    """What two calls must have in common to share a program."""
    if isinstance(structure, list | tuple):
        return (type(structure).__name__, *map(_shape, structure))
    if getattr(structure, "ndim", 0):
        return ("array", *structure.shape)
    return ("static", structure) if _is_static(structure) else "number"
