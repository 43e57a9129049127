"""Functions over the table that are no rows themselves: softmax, dot, activations with a constant, rows of one's own."""

from __future__ import annotations

import ast
import builtins
import functools
import itertools
import math
import operator
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from . import arguments
from .choices import require_function, require_kind, require_list, require_whole
from .number import FAMILIES, Number, real, shown
from .primitive import ATOM, CONDITIONAL, OPERANDS, TABLE, Primitive, of_floats, register
from .table import exponent_shift, general_power, log_sum_exp, shares, weighted_sum
from .words import Words

_BUILT_IN = frozenset(TABLE)


def primitive(
    name: str,
    python: str,
    derivatives: Callable[..., Any],
    *,
    arity: int = 1,
    latex: str = "",
    domain: str = "",
    precedence: int = CONDITIONAL,
    summary: str = "",
    example: str = "",
) -> Primitive:
    """Add an operation to the table, and with it every reading of it: ``backward``, duals, formulas, programs.

    ``python`` is the value as an expression in ``x`` (and ``y``, ``z``) over the functions of :mod:`math`;
    ``derivatives(out, x)`` is its derivative, in arithmetic and the functions of this module (for several
    operands ``derivatives(out, x, y)``, a tuple). Where a piecewise row is flat, take the 0 from ``step(x)``: it cuts the
    path, and a plain 0 times an infinite derivative is nan. Calling it again under the same name replaces the row.

    >>> from autograd_core import Value, exp, primitive
    >>> gaussian = primitive("gaussian", "exp(-x * x)", lambda out, x: -2.0 * x * out)
    >>> x = Value(0.5)
    >>> gaussian(x).backward()
    >>> x.grad == -exp(-0.25)
    True

    Raises ``ValueError`` for the name of a row that comes with the library and for a part of ``python`` that other languages have not,
    ``SyntaxError`` for an expression that Python cannot read, ``NameError`` for a function that :mod:`math` does not have.
    """
    if not isinstance(name, str) or not isinstance(python, str):
        raise TypeError(f"name and python are texts, as in primitive('cube', 'x * x * x', ...), not {name!r} and {python!r}")
    require_function("primitive", derivatives, "write lambda out, x: ..., which gives the derivative by x")
    name = unicodedata.normalize("NFKC", name)  # as Python reads it
    if name in _BUILT_IN:
        raise ValueError(f"{name!r} is a row of the library: choose another name")
    if not name.isidentifier():
        raise ValueError(f"a primitive's name is an identifier such as 'gaussian', not {name!r}")
    arity, precedence = require_whole("arity", arity, 1, len(OPERANDS)), require_whole("precedence", precedence, CONDITIONAL, ATOM)
    code = compile(python, f"<primitive {name}>", "eval")
    unknown = sorted(set(code.co_names) - set(vars(math)) - set(OPERANDS[:arity]))
    if unknown:
        raise NameError(f"{python!r} uses {', '.join(unknown)}: allowed are {', '.join(OPERANDS[:arity])} and the names of the math module")
    _require_value(ast.parse(python, mode="eval").body)
    words = _checked_words(Words(latex, domain, summary, example))
    return register(Primitive(name, of_floats(python), derivatives, arity=arity, words=words, precedence=precedence))


def _checked_words(words: Words) -> Words:
    for what, text in words._asdict().items():
        require_kind(f"{what} is a text", text, str, f"{what}='...'")
    if words.example and words.example.count(" -> ") != 1:
        raise ValueError(f"example is a call and its result, such as 'cube(2.0) -> 8.0', not {words.example!r}")
    return words


@functools.cache
def _operand_counts() -> dict[str, int]:
    """The functions that every language has, with their numbers of operands: those that rows call, and a few more."""
    trees = [ast.parse(text, mode="eval") for row in TABLE.values() for text in (row.python, row.eager) if isinstance(text, str)]
    found = {ast.unparse(node.func): len(node.args) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return found | {"nextafter": 2, **dict.fromkeys(("ceil", "exp2", "floor", "gamma", "lgamma", "trunc"), 1)}


def _require_value(node: ast.AST, is_test: bool = False, depth: int = 0) -> None:
    """A ``ValueError`` for a part of a primitive's value that some language reads in another way than Python, or not at all."""
    match node if depth <= 100 else None:
        case ast.Compare(left=x, ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE() | ast.Eq() | ast.NotEq()], comparators=[y]) if is_test:
            tests, values = [], [x, y]
        case ast.BoolOp(values=parts) if is_test:
            tests, values = parts, []
        case ast.IfExp(test=test, body=x, orelse=y) if not is_test:
            tests, values = [test], [x, y]
        case ast.BinOp(left=x, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), right=y) if not is_test:
            tests, values = [], [x, y]
        case ast.UnaryOp(op=ast.USub(), operand=x) if not is_test:
            tests, values = [], [x]
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if not is_test and _operand_counts().get(name) == len(parts):
            tests, values = [], parts
        case ast.Name(id=name) if not is_test and (name in OPERANDS or isinstance(getattr(math, name, None), float)): return
        case ast.Constant(value=int() | float() as x) if not is_test and not isinstance(x, bool) and math.isfinite(real(x)):
            return
        case _:
            known = ", ".join(f"{name}({', '.join('xy'[:count])})" for name, count in sorted(_operand_counts().items()))
            written = shown(ast.unparse(node), 60) if depth <= 100 else "what is nested more than 100 deep"
            allowed = f"there are + - * /, a if b < c else d, inf, {known}" if not is_test else "a test is x < y, x == y, joined by and, or"
            raise ValueError(f"a primitive's value, which is printed in other languages, too, cannot hold {written}: {allowed}")
    for part in (*tests, *values):
        _require_value(part, part in tests, depth + 1)


def relu(x: Any, slope_at_zero: float = 0.0) -> Any:
    """The larger of ``x`` and 0. Its derivative at 0 is ``slope_at_zero``: 0 as in PyTorch, or 1 as some textbooks have it.

    >>> from autograd_core import grad
    >>> relu(-2.0), relu(3.0), grad(relu)(0.0), grad(lambda x: relu(x, slope_at_zero=1.0))(0.0)
    (0.0, 3.0, 0.0, 1.0)
    """
    if slope_at_zero == 0.0 and isinstance(x, Number):
        return x.relu()  # the same row, by the method that a kind of number has for it, which is quicker
    return FAMILIES["relu"](real(slope_at_zero))(x)


def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """``x`` for positive ``x``, else ``slope * x``; its derivative at 0 is ``slope``.

    >>> leaky_relu(-2.0), leaky_relu(-2.0, slope=0.5)
    (-0.02, -1.0)
    """
    return FAMILIES["leaky_relu"](real(slope))(x)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """``x`` for positive ``x``, else ``alpha * (exp(x) - 1)``; its derivative at 0 is ``alpha``.

    Clevert, Unterthiner, Hochreiter: Fast and Accurate Deep Network Learning by Exponential Linear Units, 2015.

    >>> elu(-800.0), elu(2.0)
    (-1.0, 2.0)
    """
    return FAMILIES["elu"](real(alpha))(x)


def step(x: Any, at_zero: float = 0.0) -> Any:
    """1 for positive ``x``, 0 for negative ``x``, and ``at_zero`` at 0, where textbooks differ. Derivative 0.

    >>> step(2.0), step(0.0), step(0.0, at_zero=1.0)
    (1.0, 0.0, 1.0)
    """
    return FAMILIES["step"](real(at_zero))(x)


def sign(x: Any, at_zero: float = 0.0) -> Any:
    """1 for positive ``x``, -1 for negative ``x``, and ``at_zero`` at 0. Derivative 0.

    >>> sign(-2.0), sign(0.0), sign(0.0, at_zero=1.0)
    (-1.0, 0.0, 1.0)
    """
    return FAMILIES["sign"](real(at_zero))(x)


def pow(x: Any, y: Any) -> Any:  # noqa: A001  the name in math
    """``x ** y``. A constant exponent takes any base; a Value or Dual as exponent needs a positive one.

    >>> pow(-2.0, 3)
    -8.0
    """
    return general_power(x, y) if isinstance(y, Number) else FAMILIES["**"](real(y))(x)


def where(condition: Any, a: Any, b: Any) -> Any:
    """``a`` where ``condition`` is not 0, else ``b``. The one that is not chosen gets the derivative 0, whatever its own is.

    A condition that is a plain ``x > 0`` is decided once, when the graph is recorded; ``step(x)`` is decided at each call of a program.

    >>> where(True, 1.0, 2.0), where(0.0, 1.0, 2.0)
    (1.0, 2.0)
    """
    return TABLE["where"](condition, a, b)


def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    """``x``, but at least ``low`` and at most ``high``, each of which may be left out. On a bound the derivative by ``x`` is 1.

    As in NumPy, ``high`` wins if the bounds are in the wrong order.

    >>> clip(2.5, 0.0, 1.0), clip(-3.0, low=-1.0)
    (1.0, -1.0)
    """
    return TABLE["clip"](x, -math.inf if low is None else low, math.inf if high is None else high)


def round(x: Any, digits: int | None = None) -> Any:  # noqa: A001  the built-in, for floats too
    """The nearest whole number as a float or node, of two the even one; derivative 0. ``digits`` is for plain floats only.

    >>> round(2.5), round(3.5), round(2.345, 1)
    (2.0, 4.0, 2.3)
    """
    if digits is None:
        return TABLE["round"](x)
    digits = require_whole("digits", digits, None)
    return x.__round__(digits) if isinstance(x, Number) else builtins.round(real(x), digits)


def sinc(x: Any, order: float = 0) -> Any:
    """``sin(pi x) / (pi x)``, and 1 at 0, as NumPy's; or its derivative of that order.

    >>> sinc(0.0), sinc(0.5) == 2 / math.pi
    (1.0, True)
    """
    if not 0.0 <= real(order) <= 60.0 or order != int(order):
        raise ValueError(f"the order of a derivative of sinc is 0, 1, 2, ... up to 60, not {order!r}")
    return FAMILIES["sinc"](float(order))(x)


def square(x: Any) -> Any:
    """``x * x``.

    >>> square(-3.0)
    9.0
    """
    return FAMILIES["**"](2.0)(x)


def reciprocal(x: Any) -> Any:
    """``1 / x``.

    >>> reciprocal(4.0)
    0.25
    """
    return TABLE["/"](1.0, x)


def radians(x: Any) -> Any:
    """An angle in degrees as one in radians.

    >>> radians(180.0) == math.pi
    True
    """
    return TABLE["*"](x, math.pi / 180.0)


def degrees(x: Any) -> Any:
    """An angle in radians as one in degrees.

    >>> degrees(math.pi)
    180.0
    """
    return TABLE["*"](x, 180.0 / math.pi)


def cumsum(xs: Iterable[Any], *more: Any) -> list[Any]:
    """The sums of the first, the first two, the first three ... numbers.

    >>> cumsum([1.0, 2.0, 4.0])
    [1.0, 3.0, 7.0]
    """
    return list(itertools.accumulate(_numbers("cumsum", xs, more)))


def prod(xs: Iterable[Any], *more: Any) -> Any:
    """The product of the numbers, from left to right; 1 of none.

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    xs = _numbers("prod", xs, more)
    return functools.reduce(operator.mul, xs) if xs else 1.0


def dot(w: Sequence[Any], x: Sequence[Any], b: Any = 0.0) -> Any:
    """The weighted sum ``w[0] * x[0] + w[1] * x[1] + ... + b`` as one node, added from left to right.

    ``w`` and ``x`` have the same length, at least 1, else ``ValueError``.

    >>> dot([0.5, -0.3, 0.8], [2.0, 3.0, -1.0], 1.0)
    0.30000000000000004
    """
    if not (type(w) is list or type(w) is tuple) or not (type(x) is list or type(x) is tuple):
        w, x = _some("dot", w), _some("dot", x)
    if len(w) != len(x) or not w:
        raise ValueError(f"dot needs as many weights as inputs, and at least one: given {len(w)} weights and {len(x)} inputs")
    for number in (b, w[0], x[0]):
        if isinstance(number, Number):
            return number.weighted_sum(w, x, b)
    return weighted_sum(*w, *x, b)


def logsumexp(xs: Iterable[Any], *more: Any) -> Any:
    """``log(exp(xs[0]) + exp(xs[1]) + ...)`` as one node; never overflows. At least one element.

    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    return log_sum_exp(*_some("logsumexp", xs, more))


def logaddexp(x: Any, y: Any) -> Any:
    """``log(exp(x) + exp(y))``, the :func:`logsumexp` of two numbers.

    >>> logaddexp(1000.0, 1000.0)
    1000.6931471805599
    """
    return log_sum_exp(x, y)


def softmax(xs: Iterable[Any], *more: Any) -> list[Any]:
    """``exp(x) / sum of all exp(x)`` for each ``x``: positive numbers that add up to 1. Never overflows.

    The exponents are shifted by the largest of them only where the plain exponentials could leave the range
    of a float (beyond 300), so that ordinary inputs show the exponentials that one computes by hand.

    >>> softmax([-1.0, 2.7, 0.5])
    [0.021772739294085852, 0.8806486129802894, 0.09757864772562468]
    """
    return shares(*_some("softmax", xs, more))


def log_softmax(xs: Iterable[Any], *more: Any) -> list[Any]:
    """The logarithms of :func:`softmax`, exact where the probabilities themselves would round to 0.

    >>> log_softmax([0.0, -2000.0])
    [0.0, -2000.0]
    """
    xs = _some("log_softmax", xs, more)
    shift = exponent_shift(*xs)  # subtracted first: log(2) would be lost beside 1e17
    shifted = [x - shift for x in xs]
    total = logsumexp(shifted)
    return [x - total for x in shifted]


def _list(name: str, xs: Iterable[Any], more: tuple[Any, ...] = ()) -> list[Any]:
    if more:
        raise TypeError(f"{name} takes one list of numbers, and was given {1 + len(more)} arguments: write {name}([x, y])")
    return require_list(f"{name} takes", xs, f"{name}([x, y])")


def _numbers(name: str, xs: Iterable[Any], more: tuple[Any, ...]) -> list[Any]:
    """The same for operators of Python, which take more than numbers; arrays keep their arithmetic, that of floats."""
    return [arguments.map_structure(arguments.number, x) if arguments.is_array(x) else arguments.number(x) for x in _list(name, xs, more)]


def _some(name: str, xs: Iterable[Any], more: tuple[Any, ...] = ()) -> list[Any]:
    xs = _list(name, xs, more)
    if not xs:
        raise ValueError(f"{name} needs at least one number, and was given an empty list")
    return xs
