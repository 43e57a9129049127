"""The table: every operation that can be differentiated, one row each.

A row is: name, value in Python, local derivatives, and its roles (see :class:`Primitive`). How it
is written in LaTeX and said in words stands in ``words.py``. The derivatives are written in the
library's own arithmetic, so that they can be read over floats (the backward pass), over nodes
(higher derivatives), over dual numbers (forward mode) and over formulas (programs, LaTeX).

Derivatives that every textbook lists are given without a source; the others name theirs. At kinks
the choices are those of PyTorch and HIPS autograd: 0 for relu and abs, a half each for a tie of
maximum or minimum, the left derivative for leaky_relu and elu. Where a derivative is infinite, the
rows divide by ``divide``, which follows IEEE 754, so that the forward pass does not fail.

A derivative of any order is right or not finite. So the zero of a flat side is ``CUT``: nothing
flows there. At the kink itself nothing is flat, and 0 is a number that was agreed on: times
infinity it is nan. A row that takes one branch there (relu) has that branch's second derivative;
one that takes the middle (abs, hypot, a tie) has none.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from . import sequences
from .number import CUT, FAMILIES
from .primitive import POWER, PRODUCT, SIGN, SUM, Primitive, register
from .words import WORDS, Words


def _row(name: str, python: Any, derivatives: Callable[..., Any], **roles: Any) -> Primitive:
    """One line of the sheet below."""
    return register(_unregistered(name, python, derivatives, **roles))


def _unregistered(
    name: str, python: Any, derivatives: Callable[..., Any], **roles: Any
) -> Primitive:
    """A row of a family: only the one with the default constants stands in the table."""
    return Primitive(name, python, derivatives, **{"words": WORDS.get(name, Words()), **roles})


def _family(*defaults: float) -> Callable[[Callable[..., Primitive]], Callable[..., Primitive]]:
    """Register a function from constants to a row: one row for each value of the constants."""

    def add(make: Callable[..., Primitive]) -> Callable[..., Primitive]:
        cached = lru_cache(maxsize=1024)(make)
        row = register(cached(*defaults))
        FAMILIES[row.name] = cached
        return cached

    return add


# Texts that occur again: the nearest whole number (no float beyond 2 ** 52 has a fraction, and
# adding it rounds away that of a smaller one), and whether fmod, which has x's sign, needs y's.
_NEAREST = "{0} if fabs({0}) >= 4503599627370496.0 "
_NEAREST += "else copysign(fabs({0}) + 4503599627370496.0 - 4503599627370496.0, {0})"
_QUOTIENT = f"({_NEAREST.format('((x - fmod(x, y)) / y)')})"
_TURN = "fmod(fabs(x), 2.0)"  # of sin(pi x), whose arguments are exact differences of it
_OTHER_SIDE = "(fmod(x, y) < 0.0 and y > 0.0) or (fmod(x, y) > 0.0 and y < 0.0)"

# fmt: off
# -- arithmetic ----------------------------------------------------------------------------------
add = _row("+",   "x + y", lambda out, x, y: (1.0, 1.0),          method="__add__",     arity=2,
           precedence=SUM, arithmetic=True, evaluate=operator.add)
sub = _row("-",   "x - y", lambda out, x, y: (1.0, -1.0),         method="__sub__",     arity=2,
           precedence=SUM, arithmetic=True, evaluate=operator.sub, symbol="−")
mul = _row("*",   "x * y", lambda out, x, y: (y, x),              method="__mul__",     arity=2,
           precedence=PRODUCT, arithmetic=True, evaluate=operator.mul, symbol="×")
div = _row("/",   "x / y", lambda out, x, y: (1.0 / y, -out / y), method="__truediv__", arity=2,
           precedence=PRODUCT, arithmetic=True, evaluate=operator.truediv, symbol="÷")
neg = _row("neg", "-x",    lambda out, x: -1.0,                   method="__neg__",
           precedence=SIGN, arithmetic=True, evaluate=operator.neg, symbol="−")
general_power = _row("pow", "pow(x, y) if x >= 0.0 else log(x)", lambda out, x, y: (
           times(y, raised(0.0)(x, y - 1.0)), raised(1.0)(x, y)), arity=2)
# fmt: on


@_family(3.0)
def power(n: float) -> Primitive:
    """The row of ``x ** n`` for a constant ``n``: one operand, so negative bases are allowed."""
    exponent = repr(int(n)) if n.is_integer() and abs(n) < 1e15 else repr(n)
    domain = "x other than 0" if n.is_integer() else "x > 0" if n < 0.0 else "x >= 0"
    words = WORDS["**"]._replace(latex=WORDS["**"].latex.replace("#n", exponent), domain=domain)
    value, slope = f"pow(x, {n!r})", lambda out, x: n * power(n - 1.0)(x)
    if n == 2.0:
        value, slope = "x * x", lambda out, x: 2.0 * x
    elif n == 1.0:
        value, slope = "x", lambda out, x: 1.0
    elif n == 0.0:
        value, slope = "1.0", lambda out, x: CUT
    elif n < 0.0:  # the forward pass has refused x = 0
        slope = lambda out, x: n * out / x
    elif n < 1.0:  # infinite at 0, where pow(0.0, n - 1.0) would fail
        slope = lambda out, x: divide(n, power(1.0 - n)(x))
    roles = {"precedence": POWER, "method": "__pow__"}
    return _unregistered("**", value, slope, words=words, constants=(n,), **roles)


# fmt: off
# -- exponentials and logarithms -----------------------------------------------------------------
exp   = _row("exp",   "exp(x)",   lambda out, x: out,              method="exp", precedence=POWER)
expm1 = _row("expm1", "expm1(x)", lambda out, x: exp(x), method="expm1", precedence=SUM)
exp2  = _row("exp2",  "pow(2.0, x)", lambda out, x: 0.6931471805599453 * out,
                                  method="exp2", precedence=POWER)
log   = _row("log",   "log(x)",   lambda out, x: 1.0 / x,          method="log")
log1p = _row("log1p", "log1p(x)", lambda out, x: 1.0 / (1.0 + x), method="log1p")
log2  = _row("log2",  "log2(x)",  lambda out, x: 1.4426950408889634 / x, method="log2")
log10 = _row("log10", "log10(x)", lambda out, x: 0.4342944819032518 / x, method="log10")
sqrt  = _row("sqrt",  "sqrt(x)",  lambda out, x: divide(0.5, out), method="sqrt")
cbrt  = _row("cbrt",  "cbrt(x)" if hasattr(math, "cbrt")  # not in 3.10
                      else "copysign(pow(fabs(x), 1.0 / 3.0), x)",
                                  lambda out, x: divide(1.0 / 3.0, out * out), method="cbrt")

# -- trigonometric and hyperbolic functions ------------------------------------------------------
sin   = _row("sin",   "sin(x)",   lambda out, x: cos(x), method="sin")
cos   = _row("cos",   "cos(x)",   lambda out, x: -sin(x), method="cos")
tan   = _row("tan",   "tan(x)",   lambda out, x: 1.0 + out * out, method="tan")
asin  = _row("asin",  "asin(x)",  lambda out, x: divide(1.0, sqrt((1.0 - x) * (1.0 + x))),
                                  method="arcsin")
acos  = _row("acos",  "acos(x)",  lambda out, x: divide(-1.0, sqrt((1.0 - x) * (1.0 + x))),
                                  method="arccos")
atan  = _row("atan",  "atan(x)",  lambda out, x: 1.0 / (1.0 + x * x), method="arctan")
sinh  = _row("sinh",  "sinh(x)",  lambda out, x: cosh(x), method="sinh")
cosh  = _row("cosh",  "cosh(x)",  lambda out, x: sinh(x), method="cosh")
tanh  = _row("tanh",  "tanh(x)",  lambda out, x: 1.0 - out * out,  activation=True, torch="Tanh()")
asinh = _row("asinh", "asinh(x)", lambda out, x: 1.0 / hypot(1.0, x), method="arcsinh")
acosh = _row("acosh", "acosh(x)", lambda out, x: divide(1.0, sqrt(x - 1.0) * sqrt(x + 1.0)),
                                  method="arccosh")
atanh = _row("atanh", "atanh(x)", lambda out, x: 1.0 / ((1.0 - x) * (1.0 + x)), method="arctanh")
atan2 = _row("atan2", "atan2(x, y)", lambda out, x, y: (  # halved, or hypot(x, y) may overflow
             0.25 * divide(divide(y, hypot(0.5 * x, 0.5 * y)), hypot(0.5 * x, 0.5 * y)),
             0.25 * divide(divide(-x, hypot(0.5 * x, 0.5 * y)), hypot(0.5 * x, 0.5 * y))), arity=2)
hypot = _row("hypot", "hypot(x, y)", lambda out, x, y: (share(x, out), share(y, out)), arity=2,
             evaluate=lambda x, y: builtins.abs(complex(x, y) + builtins.abs(0j)))  # as in C

# -- error function: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.19; 2 / sqrt(pi)
erf   = _row("erf",   "erf(x)",   lambda out, x: 1.1283791670955126 * exp(-(x * x)))
erfc  = _row("erfc",  "erfc(x)",  lambda out, x: -1.1283791670955126 * exp(-(x * x)))

# -- activations and piecewise functions; each keeps nan as nan ----------------------------------
absolute = _row("abs",      "fabs(x)",                          lambda out, x: side(x),
                method="__abs__")
sigmoid  = _row("sigmoid",  "1.0 / (1.0 + exp(-x)) if x >= 0.0 else exp(x) / (1.0 + exp(x))",
                                                                lambda out, x: out * (1.0 - out),
                activation=True, torch="Sigmoid()")
logit    = _row("logit",    "2.0 * atanh(2.0 * x - 1.0) if fabs(x - 0.5) < 0.2 "
                            "else log(x / (1.0 - x))",  lambda out, x: 1.0 / x + 1.0 / (1.0 - x))
softplus = _row("softplus", "x + log1p(exp(-x)) if x > 0.0 else log1p(exp(x))",
                                                                lambda out, x: sigmoid(x),
                activation=True, initialization="he", torch="Softplus()")
identity = _row("identity", "x",                                lambda out, x: 1.0,
                activation=True, torch="Identity()")
maximum  = _row("maximum",  "x if x > y or x != x else y",
                lambda out, x, y: (exceeds(x, y), exceeds(y, x)), arity=2)
minimum  = _row("minimum",  "x if x < y or x != x else y",
                lambda out, x, y: (exceeds(y, x), exceeds(x, y)), arity=2)
where    = _row("where",    "y if x != 0.0 else z",
                lambda out, x, y, z: (CUT, where(x, 1.0, CUT), where(x, CUT, 1.0)), arity=3)
clip     = _row("clip",     "x + y + z if x != x or y != y or z != z "
                            "else z if x > z or y > z else y if x < y else x",
                lambda out, x, y, z: (
                select(z - y, select(x - z, CUT, select(y - x, CUT, 1.0)), CUT),  # 1 on the bounds
                select(y - z, CUT, gate(y - x)),
                gate(maximum(x, y) - z)), arity=3)

# -- whole numbers: fmod is exact, and so are these; the quotient is rounded to the nearest one;
#    zeros have the sign that IEEE 754 and Python give them --------------------------------------
trunc    = _row("trunc",    "copysign(x - fmod(x, 1.0), x)", lambda out, x: CUT, method="__trunc__")
floor    = _row("floor",    "x - fmod(x, 1.0) - 1.0 if fmod(x, 1.0) < 0.0 "
                            "else copysign(x - fmod(x, 1.0), x)",
                lambda out, x: CUT, method="__floor__")
ceil     = _row("ceil",     "x - fmod(x, 1.0) + 1.0 if fmod(x, 1.0) > 0.0 "
                            "else copysign(x - fmod(x, 1.0), x)",
                lambda out, x: CUT, method="__ceil__")
nearest  = _row("round",    _NEAREST.format("x"), lambda out, x: CUT, method="rint")  # ties to even
mod      = _row("%",        f"x / y if y == 0.0 else fmod(x, y) + y if {_OTHER_SIDE} "
                            "else copysign(fmod(x, y), y)",
                lambda out, x, y: (1.0, -whole(x, y)), arity=2, method="__mod__",
                precedence=PRODUCT)
whole    = _row("//",       f"x / y if y == 0.0 else {_QUOTIENT} - 1.0 if {_OTHER_SIDE} "
                            f"else copysign({_QUOTIENT}, x / y)",
                lambda out, x, y: (CUT, CUT), arity=2, method="__floordiv__", precedence=PRODUCT)
# fmt: on


def _sinc_far(k: int) -> str:
    sine = (
        f"(sin(pi * {_TURN}) if {_TURN} <= 0.5 else sin(pi * (1.0 - {_TURN})) if {_TURN} <= 1.5 "
        f"else sin(pi * ({_TURN} - 2.0)))"
    )
    if k == 0:
        return f"{sine} / (pi * fabs(x))"
    cosine = f"(sin(pi * (0.5 - {_TURN})) if {_TURN} <= 1.0 else sin(pi * ({_TURN} - 1.5)))"
    scale = (1.0, 1.0, -1.0, -1.0)[k % 4] * math.pi ** (k - 1)
    wave = cosine if k % 2 else f"copysign(1.0, x) * {sine}"
    return f"({scale!r} * {wave} - {k}.0 * ({_sinc_far(k - 1)})) / x"


@_family(0.0)
def sinc(k: float) -> Primitive:
    """The k-th derivative of ``sin(pi x) / (pi x)``: near 0 by a series, else from the one before.

    The k-th derivative of x times the function is x times this, plus k times the one before.
    """
    order = range(-(-int(k) // 2), 21 + int(k) // 2)
    ratios = [math.perm(2 * m, int(k)) / math.factorial(2 * m + 1) for m in order]
    terms = [(-1) ** m * math.pi ** (2 * m) * ratio for m, ratio in zip(order, ratios)]
    series = " + x * x * (".join(map(repr, terms)) + ")" * (len(terms) - 1)
    near = f"x * ({series})" if k % 2.0 else series
    value = f"{near} if fabs(x) < {min(2.0, 0.5 * k + 0.125)!r} else {_sinc_far(int(k))}"
    return _unregistered("sinc", value, lambda out, x: sinc(k + 1.0)(x), constants=(k,))


@_family(0.0)
def _relu(slope_at_zero: float) -> Primitive:
    derivative = lambda out, x: _step(slope_at_zero)(x) if slope_at_zero else gate(x)
    roles = {"activation": True, "initialization": "he", "torch": "" if slope_at_zero else "ReLU()"}
    value = "0.0 if x <= 0.0 else x"
    return _unregistered("relu", value, derivative, constants=(slope_at_zero,), **roles)


@_family(0.01)
def _leaky_relu(slope: float) -> Primitive:
    value = f"x if x > 0.0 else {slope!r} * x"
    derivative = lambda out, x: select(x, 1.0, slope) if slope else gate(x)
    roles = {"activation": True, "initialization": "he", "torch": f"LeakyReLU({slope!r})"}
    return _unregistered("leaky_relu", value, derivative, constants=(slope,), **roles)


@_family(1.0)
def _elu(alpha: float) -> Primitive:
    value = f"x if x > 0.0 else {alpha!r} * expm1(x)"
    # The exponent stays at 0 where x is positive, where exp(x) could overflow though not selected.
    derivative = lambda out, x: select(x, 1.0, alpha * exp(select(x, 0.0, x)))
    torch = "ELU()" if alpha == 1.0 else f"ELU({alpha!r})"
    roles = {"activation": True, "initialization": "he", "torch": torch}
    return _unregistered("elu", value, derivative, constants=(alpha,), **roles)


@_family(0.0)
def _step(at_zero: float) -> Primitive:
    value = f"1.0 if x > 0.0 else cut if x < 0.0 else {at_zero!r} if x == 0.0 else x"
    return _unregistered("step", value, lambda out, x: CUT, constants=(at_zero,), activation=True)


@_family(0.0)
def _sign(at_zero: float) -> Primitive:
    value = f"1.0 if x > 0.0 else -1.0 if x < 0.0 else {at_zero!r} if x == 0.0 else x"
    return _unregistered("sign", value, lambda out, x: CUT, constants=(at_zero,), activation=True)


# -- rows on any number of operands --------------------------------------------------------------
def _dot_derivatives(out: Any, *inputs: Any) -> tuple[Any, ...]:
    n = len(inputs) // 2
    return (*inputs[n:-1], *inputs[:n], 1.0)


def shares(*inputs: Any) -> list[Any]:
    """The derivatives of ``logsumexp``, which are the softmax of its operands."""
    shift = exponent_shift(*inputs)
    exponentials = [exp(x - shift) for x in inputs]
    total = weighted_sum(*[1.0] * len(inputs), *exponentials, 0.0)
    return [e / total for e in exponentials]


@_family(0.0)
def raised(k: float) -> Primitive:
    """``x ** y * log(x) ** k``, which its derivatives are made of; defined at ``x = 0``."""
    logarithms, at_zero = " * log(x)" * int(k), "-inf" if k % 2.0 else "inf"
    value = (
        f"log2(x) if x < 0.0 else {'0.0' if k else 'pow(x, y)'} "
        f"if x == 0.0 and y {'>' if k else '>='} 0.0 else {at_zero} if x == 0.0 "
        f"else inf{logarithms} if y * log2(x) >= 1024.0 "
        f"else pow(x, y){logarithms}"
    )

    def derivatives(out: Any, x: Any, y: Any) -> tuple[Any, Any]:
        slope = times(y, raised(k)(x, y - 1.0))
        return slope + k * raised(k - 1.0)(x, y - 1.0) if k else slope, raised(k + 1.0)(x, y)

    reads = WORDS["raised"]._replace(reads=f"pow(x, y){logarithms}")
    roles = {"arity": 2, "constants": (k,), "internal": True}
    return _unregistered("raised", value, derivatives, words=reads, **roles)


# fmt: off
weighted_sum = _row("dot",       sequences.dot_statements,       _dot_derivatives,
                    arity=None, evaluate=sequences.dot, precedence=SUM, weighted_sum=True)
log_sum_exp  = _row("logsumexp", sequences.logsumexp_statements,
                    lambda out, *inputs: shares(*inputs), arity=None, evaluate=sequences.logsumexp)

# -- rows that only derivatives use; they overflow to inf instead of failing ----------------------
divide  = _row("divide",  "x / y if y != 0.0 else x * copysign(inf, y)",
               lambda out, x, y: (divide(1.0, y), divide(-out, y)),
               arity=2, internal=True)
share   = _row("share",   "x / y if y != 0.0 else 0.0",  # of a length: 0 where there is none
               lambda out, x, y: (divide(1.0, y), divide(-out, y)),
               arity=2, internal=True)
times   = _row("times",   "x * y if x != 0.0 else 0.0",  # x = 0 wins
               lambda out, x, y: (y, x), arity=2, internal=True, precedence=PRODUCT)

# -- of the chain rule: products and sums that know whether anything flows (see number.CUT) -------
chain   = _row("chain",   "x * y", lambda out, x, y: (y, x), arity=2, internal=True,
               precedence=PRODUCT, eager="cut if x is cut or y is cut else x * y")
merge   = _row("merge",   "x + y", lambda out, x, y: (1.0, 1.0), arity=2, internal=True,
               precedence=SUM,     eager="cut if x is cut and y is cut else x + y")

# -- of piecewise rows: a flat side cuts; in the middle of a corner, there is no second derivative -
gate    = _row("gate",    "cut if x < 0.0 else 0.0 if x == 0.0 else 1.0", lambda out, x: CUT,
               internal=True)
select  = _row("select",  "y if x > 0.0 else z",
               lambda out, x, y, z: (CUT, select(x, 1.0, CUT), select(x, CUT, 1.0)),
               arity=3, internal=True)
side    = _row("side",    "1.0 if x > 0.0 else -1.0 if x < 0.0 else x",
               lambda out, x: corner(x, 0.0), internal=True)
exceeds = _row("exceeds", "1.0 if x > y else cut if x < y else 0.5 if x == y else x + y",
               lambda out, x, y: (corner(x, y), corner(x, y)), arity=2, internal=True)
corner  = _row("corner",  "cut if x < y or x > y else nan",
               lambda out, x, y: (corner(x, y), corner(x, y)), arity=2, internal=True)
exponent_shift = _row("exponent_shift", sequences.shift_statements,
                      lambda out, *inputs: [CUT] * len(inputs), arity=None,
                      evaluate=sequences.exponent_shift, internal=True)
# fmt: on
