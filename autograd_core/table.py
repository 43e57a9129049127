"""The table: every operation that can be differentiated, one row each.

A row is: name, value in Python, local derivatives, and its roles (see :class:`Primitive`). How it
is written in LaTeX and said in words stands in ``words.py``. The derivatives are written in the
library's own arithmetic, so that they can be read over floats (the backward pass), over nodes
(higher derivatives), over dual numbers (forward mode) and over formulas (programs, LaTeX).

Derivatives that every textbook lists are given without a source; the others name theirs. At kinks
the choices are those of PyTorch and HIPS autograd: 0 for relu and abs, a half each for a tie of
maximum or minimum, the left derivative for leaky_relu and elu. Where a derivative is infinite, the
rows divide by ``divide``, which follows IEEE 754, so that the forward pass does not fail; such a
row is ``singular``.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .number import FAMILIES
from .primitive import POWER, PRODUCT, SIGN, SUM, Primitive, Statements, register
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
           chain(y, raised(x, y - 1.0)), out * log(x + (1.0 - gate(x)))), arity=2, singular=True)
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
        value, slope = "1.0", lambda out, x: 0.0
    elif n < 0.0:  # the forward pass has refused x = 0
        slope = lambda out, x: n * out / x
    elif n < 1.0:  # infinite at 0, where pow(0.0, n - 1.0) would fail
        slope = lambda out, x: divide(n, power(1.0 - n)(x))
    roles = {"precedence": POWER, "singular": 0.0 < n < 1.0, "method": "__pow__"}
    return _unregistered("**", value, slope, words=words, constants=(n,), **roles)


# fmt: off
# -- exponentials and logarithms -----------------------------------------------------------------
exp   = _row("exp",   "exp(x)",   lambda out, x: out,              method="exp", precedence=POWER)
expm1 = _row("expm1", "expm1(x)", lambda out, x: exp(x),           precedence=SUM)
log   = _row("log",   "log(x)",   lambda out, x: 1.0 / x,          method="log")
log1p = _row("log1p", "log1p(x)", lambda out, x: 1.0 / (1.0 + x))
log2  = _row("log2",  "log2(x)",  lambda out, x: 1.4426950408889634 / x)
log10 = _row("log10", "log10(x)", lambda out, x: 0.4342944819032518 / x)
sqrt  = _row("sqrt",  "sqrt(x)",  lambda out, x: divide(0.5, out), method="sqrt", singular=True)
cbrt  = _row("cbrt",  "cbrt(x)" if hasattr(math, "cbrt")  # not in 3.10
                      else "copysign(pow(fabs(x), 1.0 / 3.0), x)",
                                  lambda out, x: divide(1.0 / 3.0, out * out), singular=True)

# -- trigonometric and hyperbolic functions ------------------------------------------------------
sin   = _row("sin",   "sin(x)",   lambda out, x: cos(x), method="sin")
cos   = _row("cos",   "cos(x)",   lambda out, x: -sin(x), method="cos")
tan   = _row("tan",   "tan(x)",   lambda out, x: 1.0 + out * out)
asin  = _row("asin",  "asin(x)",  lambda out, x: divide(1.0, sqrt((1.0 - x) * (1.0 + x))),
             singular=True)
acos  = _row("acos",  "acos(x)",  lambda out, x: divide(-1.0, sqrt((1.0 - x) * (1.0 + x))),
             singular=True)
atan  = _row("atan",  "atan(x)",  lambda out, x: 1.0 / (1.0 + x * x))
sinh  = _row("sinh",  "sinh(x)",  lambda out, x: cosh(x))
cosh  = _row("cosh",  "cosh(x)",  lambda out, x: sinh(x))
tanh  = _row("tanh",  "tanh(x)",  lambda out, x: 1.0 - out * out,  activation=True, torch="Tanh()")
asinh = _row("asinh", "asinh(x)", lambda out, x: 1.0 / hypot(1.0, x))
acosh = _row("acosh", "acosh(x)", lambda out, x: divide(1.0, sqrt(x - 1.0) * sqrt(x + 1.0)),
             singular=True)
atanh = _row("atanh", "atanh(x)", lambda out, x: 1.0 / ((1.0 - x) * (1.0 + x)))
atan2 = _row("atan2", "atan2(x, y)", lambda out, x, y: (
             divide(divide(y, hypot(x, y)), hypot(x, y)),
             divide(divide(-x, hypot(x, y)), hypot(x, y))), arity=2, singular=True)
hypot = _row("hypot", "hypot(x, y)", lambda out, x, y: (  # 0 at the origin, as abs
             x / (out + (1.0 - gate(out))),
             y / (out + (1.0 - gate(out)))), arity=2,
             evaluate=lambda x, y: builtins.abs(complex(x, y)))  # as in C

# -- error function: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.19; 2 / sqrt(pi)
erf   = _row("erf",   "erf(x)",   lambda out, x: 1.1283791670955126 * exp(-(x * x)))
erfc  = _row("erfc",  "erfc(x)",  lambda out, x: -1.1283791670955126 * exp(-(x * x)))

# -- activations and piecewise functions; each keeps nan as nan ----------------------------------
absolute = _row("abs",      "fabs(x)",                          lambda out, x: _sign(0.0)(x),
                method="__abs__")
sigmoid  = _row("sigmoid",  "1.0 / (1.0 + exp(-x)) if x >= 0.0 else exp(x) / (1.0 + exp(x))",
                                                                lambda out, x: out * (1.0 - out),
                activation=True, torch="Sigmoid()")
softplus = _row("softplus", "x + log1p(exp(-x)) if x > 0.0 else log1p(exp(x))",
                                                                lambda out, x: sigmoid(x),
                activation=True, initialization="he", torch="Softplus()")
identity = _row("identity", "x",                                lambda out, x: 1.0,
                activation=True, torch="Identity()")
maximum  = _row("maximum",  "x if x > y or x != x else y",
                lambda out, x, y: (exceeds(x, y), exceeds(y, x)), arity=2)
minimum  = _row("minimum",  "x if x < y or x != x else y",
                lambda out, x, y: (exceeds(y, x), exceeds(x, y)), arity=2)
# fmt: on


@_family(0.0)
def _relu(slope_at_zero: float) -> Primitive:
    derivative = (lambda out, x: _step(slope_at_zero)(x)) if slope_at_zero else lambda out, x: gate(x)
    roles = {"activation": True, "initialization": "he", "torch": "" if slope_at_zero else "ReLU()"}
    value = "0.0 if x <= 0.0 else x"
    return _unregistered("relu", value, derivative, constants=(slope_at_zero,), **roles)


@_family(0.01)
def _leaky_relu(slope: float) -> Primitive:
    value, derivative = f"x if x > 0.0 else {slope!r} * x", lambda out, x: select(x, 1.0, slope)
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
    value = f"1.0 if x > 0.0 else 0.0 if x < 0.0 else {at_zero!r} if x == 0.0 else x"
    return _unregistered("step", value, lambda out, x: 0.0, constants=(at_zero,), activation=True)


@_family(0.0)
def _sign(at_zero: float) -> Primitive:
    value = f"1.0 if x > 0.0 else -1.0 if x < 0.0 else {at_zero!r} if x == 0.0 else x"
    return _unregistered("sign", value, lambda out, x: 0.0, constants=(at_zero,), activation=True)


# -- rows on any number of operands --------------------------------------------------------------
def _dot(*inputs: float) -> float:
    # A plain loop from the left: the rounding of sum and sumprod differs between versions.
    n = len(inputs) // 2
    total = inputs[0] * inputs[n]
    for i in range(1, n):
        total += inputs[i] * inputs[n + i]
    return total + inputs[-1]


def _dot_derivatives(out: Any, *inputs: Any) -> tuple[Any, ...]:
    n = len(inputs) // 2
    return (*inputs[n:-1], *inputs[:n], 1.0)


def _dot_statements(count: int) -> Statements:
    n = count // 2
    before, total = _partial_sums([f"x{i} * x{n + i}" for i in range(n)])
    weights, inputs = [f"x{i}" for i in range(n)], [f"x{n + i}" for i in range(n)]
    return Statements(before, f"{total} + x{count - 1}", [*inputs, *weights, "1.0"])


def _partial_sums(terms: list[str], length: int = 32) -> tuple[list[tuple[str, str]], str]:
    """The sum of ``terms`` from left to right, a long one in several statements."""
    before: list[tuple[str, str]] = []
    while len(terms) > length:
        before.append((f"t{len(before)}", " + ".join(terms[:length])))
        terms = [before[-1][0], *terms[length:]]
    return before, " + ".join(terms)


def _logsumexp(*inputs: float) -> float:
    shift = _exponent_shift(*inputs)
    if math.isinf(shift):
        return shift  # inf - inf would be nan
    total = 0.0
    for x in inputs:
        total += math.exp(x - shift)
    return shift + math.log(total)


def _exponent_shift(*inputs: float) -> float:
    largest = inputs[0]
    for x in inputs:
        largest = x if x > largest or x != x else largest
    return 0.0 if -300.0 <= largest <= 300.0 else largest


def _shift_statements(count: int) -> Statements:
    before = [("m0", "x0")]
    for i in range(1, count):
        before.append((f"m{i}", f"x{i} if x{i} > m{i - 1} or x{i} != x{i} else m{i - 1}"))
    largest = f"m{count - 1}"
    value = f"0.0 if {largest} >= -300.0 and {largest} <= 300.0 else {largest}"
    return Statements(before, value, ["0.0"] * count)


def _logsumexp_statements(count: int) -> Statements:
    shift = _shift_statements(count)
    exponentials = [(f"e{i}", f"exp(x{i} - s)") for i in range(count)]
    sums, total = _partial_sums([name for name, _ in exponentials])
    before = [*shift.before, ("s", shift.value), *exponentials, *sums, ("total", total)]
    return Statements(before, "s + log(total)", [f"{name} / total" for name, _ in exponentials])


def shares(*inputs: Any) -> list[Any]:
    """The derivatives of ``logsumexp``, which are the softmax of its operands."""
    shift = exponent_shift(*inputs)
    exponentials = [exp(x - shift) for x in inputs]
    total = weighted_sum(*[1.0] * len(inputs), *exponentials, 0.0)
    return [e / total for e in exponentials]


# fmt: off
weighted_sum = _row("dot",       _dot_statements,       _dot_derivatives,
                    arity=None, evaluate=_dot, precedence=SUM, weighted_sum=True)
log_sum_exp  = _row("logsumexp", _logsumexp_statements, lambda out, *inputs: shares(*inputs),
                    arity=None, evaluate=_logsumexp)

# -- rows that only derivatives use; they overflow to inf instead of failing ----------------------
divide  = _row("divide",  "x / y if y != 0.0 else x * copysign(inf, y)",
               lambda out, x, y: (divide(1.0, y), divide(-out, y)),
               arity=2, internal=True, singular=True)
chain   = _row("chain",   "x * y if x != 0.0 else 0.0", lambda out, x, y: (y, x),
               arity=2, internal=True, precedence=PRODUCT)
exceeds = _row("exceeds", "1.0 if x > y else 0.0 if x < y else 0.5 if x == y else x + y",
               lambda out, x, y: (0.0, 0.0), arity=2, internal=True)
gate    = _row("gate",    "0.0 if x <= 0.0 else 1.0",  # step, in one comparison
               lambda out, x: 0.0, internal=True)
select  = _row("select",  "y if x > 0.0 else z",
               lambda out, x, y, z: (0.0, gate(x), 1.0 - gate(x)), arity=3, internal=True)
raised  = _row("raised",  "log2(x) if x < 0.0 else pow(x, y) if x == 0.0 and y >= 0.0 "
                          "else inf if x == 0.0 or y * log2(x) >= 1024.0 else pow(x, y)",
               lambda out, x, y: (
               chain(y, raised(x, y - 1.0)),
               chain(log(x + (1.0 - gate(x))), out)),
               arity=2, internal=True, singular=True)
exponent_shift = _row("exponent_shift", _shift_statements, lambda out, *inputs: [0.0] * len(inputs),
                      arity=None, evaluate=_exponent_shift, internal=True)
# fmt: on
