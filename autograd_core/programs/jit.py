"""``jit``: record a function of numbers once for each shape of its arguments, and run the compiled program from then on."""

from __future__ import annotations

import functools
import inspect
import math
import operator
import random
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ..arguments import kind_of, leaves_of, like, map_structure
from ..choices import named_options, require_function
from ..number import Number, real, shown
from ..value import Argument, Constant, Value, topological_order
from ..watching import watching_comparisons, watching_reads
from .compile import DIALECTS, compile_graph
from .outside import Outside, is_differentiated, random_states
from .program import Program

Positions = int | Iterable[int] | None


@named_options()
def jit(f: Callable[..., Any], dialect: str = "python", *, static_argnums: Positions = ()) -> Callable[..., Any]:
    """A faster ``f``: recorded on Values, compiled, and re-used for arguments of the same shape.

    ``f`` takes numbers and nested lists and dictionaries of numbers, by position or by keyword, and returns numbers or nestings of
    them. It may be the result of a transform, such as ``jit(value_and_grad(loss))``. Strings, booleans and ``None`` are part of the
    shape, and so is each argument whose position is in ``static_argnums``: ``f`` gets it as it is, a number that it counts with, a
    function, and each of its values has a program of its own. ``.program(*arguments)`` gives the :class:`Program` for that shape.

    A Python ``if`` or ``while`` that looks at a number is decided while ``f`` is recorded, and stays so: a
    comparison made on a Value then is reported by a ``UserWarning`` that names the line. Use ``maximum``,
    ``relu``, ``step`` and the other piecewise functions of the library, which stay conditional. Where ``f`` reads ``.data``
    or ``.grad``, it is called once more, for other numbers: if the program is wrong there, a ``UserWarning`` says so. A Value or
    number that ``f`` takes from outside (a variable, an entry of a list, dictionary or array, an attribute, a function) stays what it
    was, too: a ``UserWarning`` says so in every call after it was changed. So do random numbers, which are reported when they are drawn.
    Called on Values or duals, as a transform calls it, ``f`` itself runs: ``grad(jit(f))`` is as ``grad(f)``.

    >>> from autograd_core import jit, sigmoid, value_and_grad
    >>> @jit
    ... def neuron(w, x, b):
    ...     return sigmoid(w[0] * x[0] + w[1] * x[1] + b)
    >>> neuron([1.0, -1.0], [2.0, 2.0], b=0.0)
    0.5
    >>> jit(value_and_grad(lambda x: x ** 3))(2.0)
    (8.0, 12.0)
    >>> jit(lambda x, n: sum(x ** k for k in range(n)), static_argnums=1)(2.0, 4)
    15.0

    Raises ``ValueError`` for a dialect that Python does not run and a position that ``f`` does not have, ``TypeError``
    for a static argument that cannot be hashed and for arguments and results that are no numbers.
    """
    signature = _Signature(f, static_argnums)
    recordings = _Recordings(f, signature, _runnable(dialect))

    @functools.wraps(f)
    def run(*arguments: Any, **keywords: Any) -> Any:
        leaves = list(leaves_of(signature.moving(arguments, keywords)))
        recording = None if any(isinstance(x, Number) for x in leaves) else recordings.of(arguments, keywords)
        if recording is None or (recording.outside is not None and _has_changed(f, recording.outside)):
            return f(*arguments, **keywords)
        inputs = [x if x.__class__ is float else real(x) for x in leaves if not _is_static(x)]
        return like(recording.structure, iter(recording.program([], inputs) if recording.program else []))

    run.program = recordings.program  # type: ignore[attr-defined]
    return run


def _runnable(dialect: str) -> str:
    if not isinstance(dialect, str) or dialect not in DIALECTS or not DIALECTS[dialect].runs_here:
        names = ", ".join(repr(name) for name, made in DIALECTS.items() if made.runs_here)
        raise ValueError(f"jit runs programs in one of the dialects {names}, not {dialect!r}")
    return dialect


class Recording(NamedTuple):
    """A program (none if the function returns no numbers), and the structure of its result."""

    program: Program | None
    structure: Any
    outside: Outside | None
    """What it took from outside, if anything."""


class _Recordings:
    """The recordings of a function, one for each shape of its arguments."""

    def __init__(self, f: Callable[..., Any], signature: _Signature, dialect: str) -> None:
        self.f, self.signature, self.dialect = f, signature, dialect
        self.by_shape: dict[Any, Recording] = {}

    def of(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Recording | None:
        """The recording; ``None`` if the result depends on what an outer transform differentiates by, beside the arguments."""
        shape = self.signature.shape(arguments, keywords)
        found = self.by_shape.get(shape)
        if found is None:
            found = _record(self.f, self.signature, arguments, keywords, self.dialect)
            if found is not None:
                self.by_shape[shape] = found
        return found

    def program(self, *arguments: Any, **keywords: Any) -> Program | None:
        recording = self.of(arguments, keywords)
        if recording is None:
            raise TypeError(f"{_called(self.f)} uses a number that is being differentiated outside of it: make it an argument")
        return recording.program


class _Signature:
    """Which arguments of a function are static, and what its parameters are called."""

    def __init__(self, f: Callable[..., Any], static_argnums: Any) -> None:
        require_function("jit", f, "of a recorded Value, take compile_graph")
        try:
            parameters = list(inspect.signature(f).parameters.values())
        except (TypeError, ValueError):
            parameters = []
        self.names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.keywords = {p.name for p in parameters if p.kind != p.VAR_KEYWORD}
        count, open_ended = len(self.names), not parameters or any(p.kind == p.VAR_POSITIONAL for p in parameters)
        self.static: set[int | str] = set()
        for position in _positions(static_argnums):
            if position < -count or (position >= count and not open_ended):
                raise ValueError(f"static_argnums holds {position}, and {_called(f)} has {count} argument(s): 0 to {count - 1}")
            position += count if position < 0 else 0
            self.static |= {position, *self.names[position : position + 1]}

    def labelled(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Iterator[tuple[int | str, Any]]:
        """Each argument after its position or keyword; those that ``**options`` takes in their order, which a function may read."""
        yield from enumerate(arguments)
        for name in sorted(keywords, key=lambda name: (name not in self.keywords, name if name in self.keywords else "")):
            yield name, keywords[name]

    def moving(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, ...]:
        """The arguments that are not static."""
        if not self.static and not keywords:
            return arguments
        return tuple(x for label, x in self.labelled(arguments, keywords) if label not in self.static)

    def fixed(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
        """The static arguments by name."""
        return {self.name(label): x for label, x in self.labelled(arguments, keywords) if label in self.static}

    def name(self, label: int | str) -> str:
        return label if isinstance(label, str) else self.names[label] if label < len(self.names) else f"x{label + 1}"

    def shape(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """What two calls must have in common to share a program."""
        if not self.static and not keywords:
            return tuple(map(_shape, arguments))
        parts = self.labelled(arguments, keywords)
        return tuple((label, _static_key(label, x) if label in self.static else _shape(x)) for label, x in parts)

    def leaf_names(self, label: int | str, argument: Any) -> list[str]:
        """A name for every leaf of an argument: ``x``, or ``w[0]``, ``w[1]``."""
        name, count = self.name(label), len(list(leaves_of(argument)))
        return [name] if kind_of(argument) == "number" or _is_static(argument) else [f"{name}[{k}]" for k in range(count)]


def _positions(static_argnums: Any) -> list[int]:
    is_one = hasattr(static_argnums, "__index__") and getattr(static_argnums, "shape", ()) == ()
    try:
        return [operator.index(n) for n in ([static_argnums] if is_one else () if static_argnums is None else static_argnums)]
    except TypeError:
        raise TypeError(f"static_argnums is the position of an argument (0, 1, ...) or several, not {static_argnums!r}") from None


def _record(
    f: Callable[..., Any], signature: _Signature, arguments: tuple[Any, ...], keywords: dict[str, Any], dialect: str
) -> Recording | None:  # fmt: skip
    """Call ``f`` on Values in place of the numbers, and compile what it returns."""
    chances, outside = random_states(f), Outside(f, signature.fixed(arguments, keywords))
    with watching_comparisons() as lines, watching_reads() as reads:
        result, inputs = _on_values(f, signature, arguments, keywords, lambda x: x)
    if any(getattr(y, "level", 0) for y in leaves_of(result)):  # the dual of an outer transform
        return None
    _check_result(f, result)
    outputs = [y if isinstance(y, Value) else Constant(y) for y in leaves_of(result)]
    nodes = topological_order(*outputs)
    captured = [node for node in nodes if not node.parents and not isinstance(node, Constant) and node not in {*inputs}]
    if any(getattr(node, "active", False) for node in captured):  # the leaf of an outer transform
        return None
    for line in dict.fromkeys(lines):
        warnings.warn(
            f"{_called(f)} compares a number at {line}: the branch taken there while it was recorded is used for every "
            "later call; use maximum, minimum, relu or step to choose by value",
            UserWarning,
            stacklevel=4,
        )
    if random_states(f) != chances:
        warnings.warn(
            f"{_called(f)} draws random numbers: those that it drew while it was recorded are used for every later call; draw them "
            "outside and make them an argument",
            UserWarning,
            stacklevel=4,
        )
    program = compile_graph(outputs, [], inputs, dialect) if outputs else None
    if reads and not lines and program and not _agrees(f, signature, arguments, keywords, program):
        code = min(reads, key=lambda code: (code.co_filename, code.co_firstlineno))
        warnings.warn(
            f"{_called(f)} computes with .data, .grad or .item() of a number, in {code.co_name} at {code.co_filename}:"
            f"{code.co_firstlineno}: what it was while it was recorded is used for every later call; compute with the number itself, "
            "take the gradient with grad, or call the function without jit",
            UserWarning,
            stacklevel=4,
        )
    outside.recorded(captured)
    return Recording(program, map_structure(lambda _: 0.0, result), outside if outside.was else None)


def _on_values(
    f: Callable[..., Any], signature: _Signature, arguments: tuple[Any, ...], keywords: dict[str, Any], moved: Callable[[float], float]
) -> tuple[Any, list[Value]]:  # fmt: skip
    """What ``f`` returns for Values in place of the numbers, each of them ``moved``, and these Values."""
    inputs: list[Value] = []

    def lifted(label: int | str, argument: Any) -> Any:
        if label in signature.static:
            return argument
        names = iter(signature.leaf_names(label, argument))
        return map_structure(lambda x: lift(x, next(names)), argument)

    def lift(x: Any, name: str) -> Any:
        if _is_static(x):
            return x
        inputs.append(Argument(moved(x), name))
        return inputs[-1]

    positional = [lifted(i, argument) for i, argument in enumerate(arguments)]
    by_name = {str(label): lifted(label, argument) for label, argument in signature.labelled((), keywords)}
    try:
        return f(*positional, **by_name), inputs
    finally:
        for leaf in inputs:
            leaf.__class__ = Value


def _agrees(
    f: Callable[..., Any], signature: _Signature, arguments: tuple[Any, ...], keywords: dict[str, Any], program: Program
) -> bool:  # fmt: skip
    """Whether the program gives what ``f`` gives for other numbers; ``f`` need not be made for those."""
    chance = random.Random(0)
    try:
        with watching_comparisons():
            result, inputs = _on_values(
                f, signature, arguments, keywords, lambda x: real(x) * chance.uniform(0.5, 1.5) if x else chance.uniform(-1.0, 1.0)
            )
        expected = [float(getattr(y, "data", y)) for y in leaves_of(result)]
        found = program([], [x.data for x in inputs])
    except Exception:
        return True
    finite = [(a, b) for a, b in zip(found, expected) if math.isfinite(a) and math.isfinite(b)]
    return len(found) == len(expected) and all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) for a, b in finite)


def _check_result(f: Callable[..., Any], result: Any) -> None:
    for y in leaves_of(result):
        if kind_of(y) != "number":
            raise TypeError(f"jit needs a function that returns numbers or lists of them, but {_called(f)} returned {kind_of(y)}")
        if isinstance(y, Number) and not isinstance(y, Value):
            raise TypeError(f"jit cannot compile a {type(y).__name__}: call it outside of jvp, or jit the function that calls jvp")


def _has_changed(f: Callable[..., Any], outside: Outside) -> bool:
    """Whether a transform differentiates by what was taken from outside, so that ``f`` has to run; if it is another one, warn of it."""
    changes = outside.changes()
    if not changes:  # as ever
        return False
    if any(is_differentiated(now) for _, _, now in changes):
        return True
    which, was, now = changes[0]
    warnings.warn(
        f"{_called(f)} uses {which} from outside, which was {shown(was)} when it was recorded and is {shown(now)} now: "
        f"the program goes on with {shown(was)}; make it an argument to follow its changes",
        UserWarning,
        stacklevel=3,
    )
    return False


def _called(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", "the function")


def _is_static(x: Any) -> bool:
    return x is None or isinstance(x, str | bool)


def _shape(structure: Any) -> Any:
    """The part of an argument that a program is compiled for: all but its numbers."""
    if isinstance(structure, list | tuple):
        return (type(structure), *map(_shape, structure))
    if isinstance(structure, dict):
        return (dict, *((type(key), key, _shape(part)) for key, part in structure.items()))
    if getattr(structure, "ndim", 0):
        labels = [tuple(axis) for axis in getattr(structure, "axes", ())]  # of pandas
        fixed = () if getattr(getattr(structure, "dtype", None), "kind", "O") in "fiu" else tuple(map(_shape, leaves_of(structure)))
        return (type(structure), structure.shape, *labels, *fixed)
    return ("static", structure) if _is_static(structure) else "number"


def _static_key(label: int | str, x: Any) -> Any:
    """A static argument in a key: 1, 1.0 and True are three, and so are the two zeros."""
    if isinstance(x, tuple):
        return (type(x), *(_static_key(label, part) for part in x))
    if isinstance(x, frozenset):
        return type(x), frozenset(_static_key(label, part) for part in x)
    try:
        hash(x)
    except TypeError:
        raise TypeError(f"the static argument {label!r} is {kind_of(x)}, which cannot be hashed: make it a tuple, or not static") from None
    return type(x), repr(x) if isinstance(x, float) else x
