"""What a row of the table is, and the arithmetic that every kind of number inherits.

A *primitive* is one differentiable operation: how it is spelled and evaluated, and its local
derivatives, written in plain arithmetic that works on floats, on recorded nodes, on dual numbers and on
formulas alike. Everything else in this package reads such rows; nothing else knows a derivative.
"""

from __future__ import annotations

import math
import numbers
import operator
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple, NoReturn, TypeVar

# How tightly a spelling binds, loosest first; a formula needs brackets inside anything that binds tighter.
CONDITIONAL, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)

TABLE: dict[str, Primitive] = {}
"""Every registered primitive by name. A family (``leaky_relu``, ``x ** n``) stands here with its default constant."""

FAMILIES: dict[str, Callable[..., Primitive]] = {}
"""For each family, the function from its constants to the row."""

OPERANDS = ("x", "y", "z")

N = TypeVar("N", bound="Number")


class Statements(NamedTuple):
    """How a row on any number of operands ``x0, x1, ...`` is spelled: a name for each intermediate result, in order,
    then the value and the derivative by each operand in terms of the operands and those names."""

    before: list[tuple[str, str]]
    value: str
    derivatives: list[str]


class Primitive:
    """One row of the table: an operation, its spellings, and its local derivatives.

    ``python`` is the value as a Python expression in ``x``, ``y`` and ``z`` over the names of the
    :mod:`math` module: it is compiled to evaluate the row, and printed into generated programs.
    ``derivatives(out, x, ...)`` gives the derivative of the output with respect to each operand (a number
    for one operand, a sequence for several), where ``out`` is the value already computed. A row on any number of
    operands gives ``evaluate`` as a function and ``python`` as the function from their number to :class:`Statements`.
    ``latex`` writes the operands ``#1``, ``#2``. ``domain`` says in words where the row is defined.

    >>> from autograd_core.primitives import TABLE
    >>> row = TABLE["tanh"]
    >>> row.python, row.evaluate(0.0), row.local_derivatives(0.0, 0.0)
    ('tanh(x)', 0.0, (1.0,))
    """

    def __init__(
        self,
        name: str,
        python: str | Callable[[int], Statements],
        derivatives: Callable[..., Any],
        *,
        arity: int | None = 1,
        latex: str = "",
        precedence: int = ATOM,
        domain: str = "",
        evaluate: Callable[..., float] | None = None,
        constants: tuple[float, ...] = (),
        summary: str = "",
        example: str = "",
    ) -> None:
        self.name = name
        self.arity = arity
        self.python = python
        self.derivatives = derivatives
        operands = ", ".join(f"#{i + 1}" for i in range(arity or 1))
        self.latex = latex or rf"\operatorname{{{name}}}\left({operands}\right)".replace("_", r"\_")
        self.precedence = precedence
        self.domain = domain
        self.constants = constants
        # Whether a derivative may be infinite where the value is not: its rule divides by what may be 0.
        self.singular = not {"divide", "raised"}.isdisjoint(getattr(getattr(derivatives, "__code__", None), "co_names", ["divide"]))
        self.fast: Callable[..., Any] | None = None  # a quicker way to the same node, where recording.py has one
        self.evaluate = evaluate or _compiled(python, arity)
        if summary:
            call, result = example.split(" -> ")
            self.__doc__ = f"{summary}\n\n>>> {call}\n{result}\n"

    def local_derivatives(self, out: Any, *inputs: Any) -> tuple[Any, ...]:
        """The derivative of the output with respect to each input, as a tuple whatever the arity."""
        derivatives = self.derivatives(out, *inputs)
        derivatives = (derivatives,) if self.arity == 1 else tuple(derivatives)
        if len(derivatives) != len(inputs):
            raise TypeError(f"{self.name!r} has {len(inputs)} operands, but its row gives {len(derivatives)} derivatives")
        return derivatives

    def __call__(self, *inputs: Any) -> Any:
        """Apply to floats, giving a float, or to any kind of number, giving that kind."""
        kind: type[Number] | None = None
        for x in inputs:
            if isinstance(x, Number) and (kind is None or x.rank > kind.rank):
                kind = type(x)
        if self.arity is not None and len(inputs) != self.arity:
            raise TypeError(f"{self.name} takes {self.arity} operand(s), not {len(inputs)}")
        if kind is not None:
            return kind.apply(self, *inputs)
        floats = [x if type(x) is float else real(x) for x in inputs]
        try:
            return self.evaluate(*floats)
        except (ValueError, ArithmeticError) as error:
            self.refuse(error, floats)

    def refuse(self, error: Exception, operands: Sequence[float], names: Sequence[str | None] = ()) -> NoReturn:
        """Raise ``error`` again, with a message that names the operation, its operands and their nodes."""
        labels = OPERANDS if len(operands) <= len(OPERANDS) else [f"x{i}" for i in range(len(operands))]
        given = ", ".join(f"{label} = {data!r}" for label, data in zip(labels, operands))
        nodes = ", ".join(f"{label} is the node {name!r}" for label, name in zip(labels, names) if name)
        where = f"{self.name} at {given}" + (f" ({nodes})" if nodes else "")
        if isinstance(error, OverflowError):
            raise OverflowError(f"{where} overflows: the result is larger than any float (1.8e308)") from None
        need = f": it needs {self.domain}" if self.domain else ""
        raise type(error)(f"{where} is not defined{need}") from None

    def __reduce__(self) -> tuple[Any, ...]:
        return find, (self.name, self.constants)

    def __repr__(self) -> str:
        constants = "".join(f", {c!r}" for c in self.constants)
        return f"<primitive {self.name}{constants}>"


def find(name: str, constants: tuple[float, ...] = ()) -> Primitive:
    """The row of that name, with the constants of a family. An unknown name is a ``LookupError``."""
    if name not in TABLE:
        raise LookupError(f"no primitive is called {name!r}: define it (autograd_core.primitive) before it is used here")
    return FAMILIES[name](*constants) if name in FAMILIES else TABLE[name]


def _compiled(python: str | Callable[[int], Statements], arity: int | None) -> Callable[..., float]:
    """The function that a spelling stands for. ``exp(x)`` is ``math.exp`` itself."""
    if not isinstance(python, str) or arity is None:
        raise TypeError("a primitive of any number of operands needs evaluate=, a function of floats")
    operands = ", ".join(OPERANDS[:arity])
    function = python.removesuffix(f"({operands})")
    if function.isidentifier() and hasattr(math, function):
        return getattr(math, function)
    return eval(f"lambda {operands}: {python}", dict(vars(math)))


def real(x: Any) -> float:
    """``x`` as a float, where it is a real number; a ``TypeError`` that says what to do where it is not.

    Integers, booleans, fractions and NumPy scalars are converted.

    >>> real(3), real(True)
    (3.0, 1.0)
    >>> real("3")
    Traceback (most recent call last):
    TypeError: a real number is needed, not str '3': convert it with float(...) first
    """
    if isinstance(x, numbers.Real):
        try:
            return float(x)
        except OverflowError:
            raise OverflowError(f"an integer of {len(str(x))} digits is too large for a float (1.8e308)") from None
    if isinstance(x, Number):
        raise TypeError(f"a plain number is needed, not a {type(x).__name__}: use it directly in the expression, or take its .data")
    if _is_numpy_bool(x):
        return float(x)
    advice = {
        "str": "convert it with float(...) first",
        "NoneType": "is a return or a value missing?",
        "list": "make a Value of each element",
        "tuple": "make a Value of each element",
        "ndarray": "make a Value of each element, or take one with .item()",
    }.get(type(x).__name__, "convert it with float(...) first")
    if isinstance(x, numbers.Complex):
        advice = "only real numbers are differentiated; take .real or abs(...)"
    shown = repr(x) if len(repr(x)) <= 40 else repr(x)[:37] + "..."
    raise TypeError(f"a real number is needed, not {type(x).__name__} {shown}: {advice}")


_watched: list[list[str]] = []


@contextmanager
def watching_comparisons() -> Iterator[list[str]]:
    """Within it, the places where code compares numbers of the library are noted in the list that it gives.

    What is decided by such a comparison would stay so in a program that is compiled from the recorded graph.

    >>> from autograd_core import Value
    >>> with watching_comparisons() as places:
    ...     larger = Value(2.0) > 1.0
    >>> len(places)
    1
    """
    _watched.append([])
    try:
        yield _watched[-1]
    finally:
        _watched.pop()


def _is_numpy_bool(x: Any) -> bool:
    """NumPy registers every scalar type but this one as a number, under one of two names."""
    return type(x).__module__ == "numpy" and type(x).__name__ in ("bool", "bool_")


class Number:
    """A kind of number that the table can be read over: a subclass says what applying a primitive means.

    Where kinds meet in one operation, the kind of the higher ``rank`` does the work.
    """

    __slots__ = ()
    rank: ClassVar[int] = 0

    @classmethod
    def apply(cls, primitive: Primitive, *inputs: Any) -> Any:
        """The result of ``primitive`` on ``inputs``, of which at least one is of this kind."""
        raise NotImplementedError

    @classmethod
    def accepts(cls, x: Any) -> bool:
        """Whether ``x`` may stand beside this kind in an operator; if not, Python asks ``x`` itself."""
        if isinstance(x, Number):
            return x.rank <= cls.rank
        # An array takes the operation over, element by element; every other stranger is refused by ``real``.
        return not hasattr(x, "__array__") or isinstance(x, numbers.Real) or _is_numpy_bool(x)

    def scalar(self) -> float:
        """The plain float behind the number, for comparisons."""
        raise NotImplementedError

    def _binary(self: N, name: str, other: Any) -> N:
        return self.apply(TABLE[name], self, other) if self.accepts(other) else NotImplemented

    def _reflected(self: N, name: str, other: Any) -> N:
        return self.apply(TABLE[name], other, self) if self.accepts(other) else NotImplemented

    def __add__(self: N, other: Any) -> N: return self._binary("+", other)
    def __radd__(self: N, other: Any) -> N: return self._reflected("+", other)
    def __sub__(self: N, other: Any) -> N: return self._binary("-", other)
    def __rsub__(self: N, other: Any) -> N: return self._reflected("-", other)
    def __mul__(self: N, other: Any) -> N: return self._binary("*", other)
    def __rmul__(self: N, other: Any) -> N: return self._reflected("*", other)
    def __truediv__(self: N, other: Any) -> N: return self._binary("/", other)
    def __rtruediv__(self: N, other: Any) -> N: return self._reflected("/", other)
    def __rpow__(self: N, other: Any) -> N: return self._reflected("pow", other)
    def __neg__(self: N) -> N: return self.apply(TABLE["neg"], self)
    def __pos__(self: N) -> N: return self
    def __abs__(self: N) -> N: return self.apply(TABLE["abs"], self)
    def exp(self: N) -> N: return self.apply(TABLE["exp"], self)
    def log(self: N) -> N: return self.apply(TABLE["log"], self)
    def sqrt(self: N) -> N: return self.apply(TABLE["sqrt"], self)
    def sin(self: N) -> N: return self.apply(TABLE["sin"], self)
    def cos(self: N) -> N: return self.apply(TABLE["cos"], self)
    def tanh(self: N) -> N: return self.apply(TABLE["tanh"], self)
    def sigmoid(self: N) -> N: return self.apply(TABLE["sigmoid"], self)
    def relu(self: N) -> N: return self.apply(TABLE["relu"], self)
    def softplus(self: N) -> N: return self.apply(TABLE["softplus"], self)

    def __pow__(self: N, exponent: Any) -> N:
        """A constant exponent makes a row of one operand, so that a negative base is as good as any."""
        if isinstance(exponent, Number) or not self.accepts(exponent):
            return self._binary("pow", exponent)
        return self.apply(FAMILIES["**"](real(exponent)), self)

    def _compare(self, other: Any, test: Callable[[float, float], bool]) -> bool:
        if _watched:
            frame = sys._getframe(2)
            _watched[-1].append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
        if isinstance(other, Number):
            return test(self.scalar(), other.scalar())
        return test(self.scalar(), real(other)) if self.accepts(other) else NotImplemented

    def __lt__(self, other: Any) -> bool: return self._compare(other, operator.lt)
    def __le__(self, other: Any) -> bool: return self._compare(other, operator.le)
    def __gt__(self, other: Any) -> bool: return self._compare(other, operator.gt)
    def __ge__(self, other: Any) -> bool: return self._compare(other, operator.ge)
