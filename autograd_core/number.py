"""Numbers that the table can be read over: the operators that every kind inherits, and what a plain number is.

A kind of number (a recorded node, a dual, a formula) is a subclass of :class:`Number` that says what applying a row
of the table means; where kinds meet in one operation, the kind of the higher ``rank`` does the work.
"""

from __future__ import annotations

import math
import numbers
import operator
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ClassVar, TypeVar

TABLE: dict[str, Any] = {}
"""Every registered primitive by name. A family (``leaky_relu``, ``x ** n``) stands here with its default constant."""

FAMILIES: dict[str, Callable[..., Any]] = {}
"""For each family of rows, the function from its constants to the row."""

N = TypeVar("N", bound="Number")


CUT: float = float("0.0")
"""The zero that says that nothing flows: the derivative of a piecewise row on its flat side, told from other zeros by identity.

Such a zero was chosen, not computed. It cuts the path, whatever stands above or below: an edge whose local derivative
is ``CUT`` adds nothing, even beside an infinite one. Any other zero is a number, and 0 times infinity is nan: also the 0 that
is agreed on at a kink, where nothing is flat (``sqrt(relu(x) + relu(-x))`` at 0 is the square root of ``abs(x)``).
"""


def real(x: Any) -> float:
    """``x`` as a float, where it is a real number; a ``TypeError`` that says what to do where it is not.

    Integers, booleans, fractions and NumPy scalars are converted.

    >>> real(3), real(True)
    (3.0, 1.0)
    >>> real("3")
    Traceback (most recent call last):
    TypeError: a real number is needed, not str '3': convert it with float(...) first
    """
    if type(x) is float:
        return x
    if type(x) is int or (isinstance(x, numbers.Real) and type(x).__name__ != "timedelta64"):  # the first is the quicker question
        try:
            return float(x)
        except OverflowError:
            what = f"an integer of {x.bit_length()} bits" if isinstance(x, int) else f"this {type(x).__name__}"
            raise OverflowError(f"{what} is too large for a float (1.8e308)") from None  # Python refuses to print the longest ones
    if isinstance(x, Number):
        raise TypeError(f"a plain number is needed, not a {type(x).__name__}: use it directly in the expression, or take its .data")
    if _is_numpy_bool(x):
        return float(x)
    advice = {
        "str": "convert it with float(...) first",
        "NoneType": "is a return or a value missing?",
        **dict.fromkeys(("list", "tuple", "Series", "DataFrame"), "make a Value of each element"),
        **dict.fromkeys(("ndarray", "Tensor"), "make a Value of each element, or take one with .item()"),
        "timedelta64": "divide it by a unit, as in x / np.timedelta64(1, 's')",
    }.get(type(x).__name__, "convert it with float(...) first")
    if isinstance(x, numbers.Complex) and not isinstance(x, numbers.Real):
        advice = "only real numbers are differentiated; take .real or abs(...)"
    raise TypeError(f"a real number is needed, not {type(x).__name__} {shown(x)}: {advice}")


def nested(x: Any, name: str | None = None) -> TypeError:
    """The error that the ``data`` of the node of that name is ``x``, a number of the library."""
    w = name if name and name.isidentifier() else "w"
    whose = f"the data of {name!r} is a" if name else "the data of an operand is a"
    return TypeError(
        f"{whose} {type(x).__name__}, which remembers a graph, and not a plain number: "
        f"write a step as {w}.data -= 0.1 * {w}.grad"
    )


def no_output(x: Any) -> TypeError:
    """The error that ``x`` is given where a graph is asked for, which its output stands for."""
    advice = ": call it with Values, and give what it returns" if callable(x) else ""
    advice = ": give one of its entries" if isinstance(x, list | tuple) else advice
    if isinstance(x, numbers.Real | Number) or x is None:
        advice = ": compute the output with Values, as in Value(2.0) * 3.0"
    return TypeError(f"a graph is given by its output, a Value, not by {type(x).__name__} {shown(x)}{advice}")


def shown(x: Any, most: int = 40) -> str:
    """What a message shows of ``x``, which may be long."""
    try:
        text = repr(x) if not isinstance(x, int) or abs(x) < 10**40 else "an integer of many digits"
    except Exception:  # it may hold an integer that is too long to be printed, or be a stranger's object
        text = "..."
    return text if len(text) <= most else text[: most - 3] + "..."


# Where comparisons are noted: of the context, so that neither another thread nor another task is watched along.
PLACES: ContextVar[Any] = ContextVar("places of comparisons", default=None)


def note(places: list[str], above: int) -> None:
    """Write down the line that compares, so many frames above the caller of this function."""
    frame = sys._getframe(above + 1)
    places.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")


def _is_numpy_bool(x: Any) -> bool:
    """NumPy registers every scalar type but this one as a number, under one of two names."""
    return type(x).__module__ == "numpy" and type(x).__name__ in ("bool", "bool_")


class Number:
    """A kind of number that the table can be read over: a subclass says what applying a primitive means.

    Where kinds meet in one operation, the kind of the higher ``rank`` does the work.

    ``<`` and its like compare data. ``==`` and ``hash`` are those of the object, so that numbers may stand in sets and
    be looked for in lists. But while a function is differentiated (``grad``, ``jvp``, ...) or recorded (``jit``), it
    stands for a function of plain numbers: there ``==``, ``!=`` and truth look at the data, too. Sets and the keys of dictionaries
    go on looking for the object: ``{2.0: 5.0}.get(x)`` finds nothing.

    >>> from autograd_core import Value, grad
    >>> Value(2.0) == 2.0, grad(lambda x: 5.0 * x if x == 2.0 else x)(2.0)
    (False, 5.0)
    """

    __slots__ = ()
    rank: ClassVar[int] = 0

    @classmethod
    def apply(cls, primitive: Any, *inputs: Any) -> Any:
        """The result of ``primitive`` on ``inputs``, of which at least one is of this kind."""
        raise NotImplementedError

    @classmethod
    def weighted_sum(cls, w: Any, x: Any, b: Any) -> Any:
        """The row of ``dot`` on weights, inputs and a bias, of which the bias is of this kind: where it can be quicker."""
        return TABLE["dot"](*w, *x, b)

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

    def __dir__(self) -> list[str]:
        """The names for people: those with one underscore in front are slots and helpers."""
        return [name for name in super().__dir__() if not name.startswith("_") or name.startswith("__")]

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
    def __mod__(self: N, other: Any) -> N: return self._binary("%", other)
    def __rmod__(self: N, other: Any) -> N: return self._reflected("%", other)
    def __floordiv__(self: N, other: Any) -> N: return self._binary("//", other)
    def __rfloordiv__(self: N, other: Any) -> N: return self._reflected("//", other)
    def __floor__(self: N) -> N: return self.apply(TABLE["floor"], self)
    def __ceil__(self: N) -> N: return self.apply(TABLE["ceil"], self)
    def __divmod__(self: N, other: Any) -> tuple[N, N]: return self // other, self % other
    def __rdivmod__(self: N, other: Any) -> tuple[N, N]: return other // self, other % self
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
    def identity(self: N) -> N: return self.apply(TABLE["identity"], self)
    def leaky_relu(self: N, slope: float = 0.01) -> N: return self.apply(FAMILIES["leaky_relu"](real(slope)), self)
    def elu(self: N, alpha: float = 1.0) -> N: return self.apply(FAMILIES["elu"](real(alpha)), self)
    def step(self: N, at_zero: float = 0.0) -> N: return self.apply(FAMILIES["step"](real(at_zero)), self)
    def sign(self: N, at_zero: float = 0.0) -> N: return self.apply(FAMILIES["sign"](real(at_zero)), self)
    # by these names NumPy asks the entries of an array of objects for its functions
    def expm1(self: N) -> N: return self.apply(TABLE["expm1"], self)
    def exp2(self: N) -> N: return self.apply(TABLE["exp2"], self)
    def log1p(self: N) -> N: return self.apply(TABLE["log1p"], self)
    def log2(self: N) -> N: return self.apply(TABLE["log2"], self)
    def log10(self: N) -> N: return self.apply(TABLE["log10"], self)
    def cbrt(self: N) -> N: return self.apply(TABLE["cbrt"], self)
    def tan(self: N) -> N: return self.apply(TABLE["tan"], self)
    def arcsin(self: N) -> N: return self.apply(TABLE["asin"], self)
    def arccos(self: N) -> N: return self.apply(TABLE["acos"], self)
    def arctan(self: N) -> N: return self.apply(TABLE["atan"], self)
    def sinh(self: N) -> N: return self.apply(TABLE["sinh"], self)
    def cosh(self: N) -> N: return self.apply(TABLE["cosh"], self)
    def arcsinh(self: N) -> N: return self.apply(TABLE["asinh"], self)
    def arccosh(self: N) -> N: return self.apply(TABLE["acosh"], self)
    def arctanh(self: N) -> N: return self.apply(TABLE["atanh"], self)
    def rint(self: N) -> N: return self.apply(TABLE["round"], self)
    def hypot(self: N, other: Any) -> N: return self._binary("hypot", other)
    def arctan2(self: N, other: Any) -> N: return self._binary("atan2", other)
    def fabs(self: N) -> N: return self.__abs__()
    def radians(self: N) -> N: return self * (math.pi / 180.0)
    def degrees(self: N) -> N: return self * (180.0 / math.pi)
    deg2rad, rad2deg = radians, degrees

    def __pow__(self: N, exponent: Any) -> N:
        """A constant exponent makes a row of one operand, so that a negative base is as good as any."""
        if isinstance(exponent, Number) or not self.accepts(exponent):
            return self._binary("pow", exponent)
        return self.apply(FAMILIES["**"](real(exponent)), self)

    def conjugate(self: N) -> N:
        """The number itself, for it is real; NumPy's ``std`` and ``var`` ask for it."""
        return self

    def __float__(self) -> float:
        kind = type(self).__name__
        raise TypeError(
            f"a plain number made of a {kind} would forget its graph: write v.data for the number itself, dtype=object for an array, "
            f"and for a function of the math module the one of autograd_core: v.sin() or autograd_core.sin(v)"
        )

    __int__ = __complex__ = __float__

    def __xor__(self, other: Any) -> Any:
        raise TypeError("^ is Python's exclusive or: a power is written v ** 2")

    __rxor__ = __xor__

    def __round__(self: N, digits: int | None = None) -> N:
        """The nearest whole number, as a number of this kind; to digits behind the point, scale it: ``round(x * 100) / 100``."""
        if digits:
            raise TypeError(f"a number of the library is rounded to whole numbers: write round(x * {10**digits}) / {10**digits}")
        return self.apply(TABLE["round"], self)

    def _compare(self, other: Any, test: Callable[[float, float], bool]) -> bool:
        if (places := PLACES.get()) is not None:
            note(places, 2)
        if isinstance(other, Number):
            return test(self.scalar(), other.scalar())
        return test(self.scalar(), real(other)) if self.accepts(other) else NotImplemented

    def __lt__(self, other: Any) -> bool: return self._compare(other, operator.lt)
    def __le__(self, other: Any) -> bool: return self._compare(other, operator.le)
    def __gt__(self, other: Any) -> bool: return self._compare(other, operator.gt)
    def __ge__(self, other: Any) -> bool: return self._compare(other, operator.ge)

    def __eq__(self, other: object) -> bool:
        places = PLACES.get()
        if places is None:
            return self is other or NotImplemented
        if not isinstance(other, Number):
            other = other.item() if getattr(other, "shape", None) == () else other  # type: ignore[attr-defined]  # of an array without axes
            if not isinstance(other, numbers.Number):
                return NotImplemented
        note(places, 1)
        return self.scalar() == (other.scalar() if isinstance(other, Number) else other)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        places = PLACES.get()
        if places is None:
            return True
        note(places, 1)
        return self.scalar() != 0.0
