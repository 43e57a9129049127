"""The table: every operation that can be differentiated, one row each.

A row is: name, value in Python, local derivatives, and then how it is written in LaTeX, where it is
defined, and a sentence with an example. The derivatives are written in the library's own arithmetic, so
that they can be read over floats (the backward pass), over nodes (higher derivatives), over dual numbers
(forward mode) and over formulas (programs, LaTeX).

Derivatives that every textbook lists are given without a source; the others name theirs. At kinks the
choices are those of PyTorch and HIPS autograd: 0 for relu and abs, a half each for a tie of maximum or
minimum, the left derivative for leaky_relu and elu. Where a derivative is infinite, the rows divide by
``divide``, which follows IEEE 754, so that the forward pass does not fail.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from .number import FAMILIES, TABLE, Number, real
from .primitive import CONDITIONAL, OPERANDS, POWER, PRODUCT, SIGN, SUM, Primitive, Statements

_BUILT_IN: set[str] = set()


def primitive(
    name: str,
    python: str,
    derivatives: Callable[..., Any],
    *,
    arity: int = 1,
    latex: str = "",
    domain: str = "",
    precedence: int | None = None,
    summary: str = "",
    example: str = "",
) -> Primitive:
    """Add an operation to the table, and with it every reading of it: ``backward``, duals, formulas, programs.

    ``python`` is the value as an expression in ``x`` (and ``y``, ``z``) over the functions of :mod:`math`;
    ``derivatives(out, x)`` is its derivative, in arithmetic and the functions of this module (for several
    operands ``derivatives(out, x, y)``, a tuple). Calling it again under the same name replaces the row.

    >>> from autograd_core import Value, exp, primitive
    >>> gaussian = primitive("gaussian", "exp(-x * x)", lambda out, x: -2.0 * x * out)
    >>> x = Value(0.5)
    >>> gaussian(x).backward()
    >>> x.grad == -exp(-0.25)
    True

    Raises ``ValueError`` for the name of a row that comes with the library, ``SyntaxError`` for an
    expression that Python cannot read, ``NameError`` for a function that :mod:`math` does not have.
    """
    if name in _BUILT_IN:
        raise ValueError(f"{name!r} is a row of the library: choose another name")
    if not name.isidentifier():
        raise ValueError(f"a primitive's name is an identifier such as 'gaussian', not {name!r}")
    code = compile(python, f"<primitive {name}>", "eval")
    unknown = sorted(set(code.co_names) - set(vars(math)) - set(OPERANDS[:arity]))
    if unknown:
        raise NameError(f"{python!r} uses {', '.join(unknown)}: allowed are {', '.join(OPERANDS[:arity])} and the names of the math module")
    if precedence is None:
        precedence = CONDITIONAL
    row = Primitive(name, python, derivatives, arity=arity, latex=latex, domain=domain, precedence=precedence, summary=summary, example=example)
    TABLE[name] = row
    return row


def _row(name: str, python: Any, derivatives: Callable[..., Any], latex: str = "", *texts: str, **options: Any) -> Primitive:
    """One line of the sheet below; ``texts`` are the summary and the example."""
    summary, example = texts or ("", "")
    TABLE[name] = row = Primitive(name, python, derivatives, latex=latex, summary=summary, example=example, **options)
    return row


def _family(name: str, *defaults: float) -> Callable[[Callable[..., Primitive]], Callable[..., Primitive]]:
    """Register a function from constants to a row: one row for each value of the constants."""

    def register(make: Callable[..., Primitive]) -> Callable[..., Primitive]:
        FAMILIES[name] = cached = lru_cache(maxsize=1024)(make)
        TABLE[name] = cached(*defaults)
        return cached

    return register


# fmt: off
# -- arithmetic ------------------------------------------------------------------------------------------------
add = _row("+", "x + y", lambda out, x, y: (1.0, 1.0),          "#1 + #2",         arity=2, precedence=SUM, evaluate=operator.add)
sub = _row("-", "x - y", lambda out, x, y: (1.0, -1.0),         "#1 - #2",         arity=2, precedence=SUM, evaluate=operator.sub)
mul = _row("*", "x * y", lambda out, x, y: (y, x),              r"#1 \cdot #2",    arity=2, precedence=PRODUCT, evaluate=operator.mul)
div = _row("/", "x / y", lambda out, x, y: (1.0 / y, -out / y), r"\frac{#1}{#2}",  arity=2, precedence=PRODUCT, evaluate=operator.truediv, domain="y other than 0")
neg = _row("neg", "-x",  lambda out, x: -1.0,                   "-#1",             precedence=SIGN, evaluate=operator.neg)
general_power = _row("pow", "pow(x, y) if x >= 0.0 else log(x)", lambda out, x, y: (chain(y, raised(x, y - 1.0)), out * log(x + (1.0 - gate(x)))), "{#1}^{#2}", arity=2,
           domain="x > 0 (or x = 0 with y >= 0) when the exponent is a Value; with a constant exponent, x ** 3, a negative x is fine")


@_family("**", 3.0)
def power(n: float) -> Primitive:
    """The row of ``x ** n`` for a constant exponent: one operand, so negative bases are as good as any."""
    exponent = repr(int(n)) if n.is_integer() and abs(n) < 1e15 else repr(n)
    domain = "x other than 0" if n.is_integer() else "x > 0" if n < 0.0 else "x >= 0"
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
    return Primitive("**", value, slope, latex=f"{{#1}}^{{{exponent}}}", precedence=POWER, domain=domain, constants=(n,))


# -- exponentials and logarithms -------------------------------------------------------------------------------
exp   = _row("exp",   "exp(x)",   lambda out, x: out,                        "e^{#1}", "The exponential of x; overflows above 709.78.", "exp(0.0) -> 1.0", precedence=POWER)
expm1 = _row("expm1", "expm1(x)", lambda out, x: exp(x),                     "e^{#1} - 1", "exp(x) - 1, accurate near 0.", "expm1(1e-20) -> 1e-20", precedence=SUM)
log   = _row("log",   "log(x)",   lambda out, x: 1.0 / x,                    r"\ln\left(#1\right)", "The natural logarithm, for x > 0.", "log(1.0) -> 0.0", domain="x > 0")
log1p = _row("log1p", "log1p(x)", lambda out, x: 1.0 / (1.0 + x),            r"\ln\left(1 + #1\right)", "log(1 + x), accurate near 0, for x > -1.", "log1p(1e-20) -> 1e-20", domain="x > -1")
log2  = _row("log2",  "log2(x)",  lambda out, x: 1.4426950408889634 / x,     r"\log_2\left(#1\right)", "The logarithm to base 2, for x > 0.", "log2(8.0) -> 3.0", domain="x > 0")
log10 = _row("log10", "log10(x)", lambda out, x: 0.4342944819032518 / x,     r"\log_{10}\left(#1\right)", "The logarithm to base 10, for x > 0.", "log10(1000.0) -> 3.0", domain="x > 0")
sqrt  = _row("sqrt",  "sqrt(x)",  lambda out, x: divide(0.5, out),           r"\sqrt{#1}", "The square root, for x >= 0; its derivative at 0 is inf.", "sqrt(9.0) -> 3.0", domain="x >= 0")
cbrt  = _row("cbrt",  "cbrt(x)" if hasattr(math, "cbrt") else "copysign(pow(fabs(x), 1.0 / 3.0), x)",  # Python 3.10 has no math.cbrt
                                  lambda out, x: divide(1.0 / 3.0, out * out), r"\sqrt[3]{#1}", "The cube root of any real x; its derivative at 0 is inf.", "round(cbrt(-27.0), 12) -> -3.0")

# -- trigonometric and hyperbolic functions --------------------------------------------------------------------
sin   = _row("sin",   "sin(x)",      lambda out, x: cos(x),                           r"\sin\left(#1\right)", "The sine of x radians.", "sin(0.0) -> 0.0", domain="a finite x")
cos   = _row("cos",   "cos(x)",      lambda out, x: -sin(x),                          r"\cos\left(#1\right)", "The cosine of x radians.", "cos(0.0) -> 1.0", domain="a finite x")
tan   = _row("tan",   "tan(x)",      lambda out, x: 1.0 + out * out,                  r"\tan\left(#1\right)", "The tangent of x radians.", "tan(0.0) -> 0.0", domain="a finite x")
asin  = _row("asin",  "asin(x)",     lambda out, x: divide(1.0, sqrt((1.0 - x) * (1.0 + x))),  r"\arcsin\left(#1\right)", "The angle in [-pi/2, pi/2] whose sine is x, for -1 <= x <= 1.", "asin(0.0) -> 0.0", domain="-1 <= x <= 1")
acos  = _row("acos",  "acos(x)",     lambda out, x: divide(-1.0, sqrt((1.0 - x) * (1.0 + x))), r"\arccos\left(#1\right)", "The angle in [0, pi] whose cosine is x, for -1 <= x <= 1.", "acos(1.0) -> 0.0", domain="-1 <= x <= 1")
atan  = _row("atan",  "atan(x)",     lambda out, x: 1.0 / (1.0 + x * x),              r"\arctan\left(#1\right)", "The angle in (-pi/2, pi/2) whose tangent is x.", "atan(0.0) -> 0.0")
atan2 = _row("atan2", "atan2(x, y)", lambda out, x, y: (divide(divide(y, hypot(x, y)), hypot(x, y)), divide(divide(-x, hypot(x, y)), hypot(x, y))),
                                     r"\operatorname{atan2}\left(#1, #2\right)", "The angle in [-pi, pi] of the point with ordinate x and abscissa y: atan2(ordinate, abscissa).", "atan2(0.0, 1.0) -> 0.0", arity=2)
sinh  = _row("sinh",  "sinh(x)",     lambda out, x: cosh(x),                          r"\sinh\left(#1\right)", "The hyperbolic sine.", "sinh(0.0) -> 0.0")
cosh  = _row("cosh",  "cosh(x)",     lambda out, x: sinh(x),                          r"\cosh\left(#1\right)", "The hyperbolic cosine.", "cosh(0.0) -> 1.0")
tanh  = _row("tanh",  "tanh(x)",     lambda out, x: 1.0 - out * out,                  r"\tanh\left(#1\right)", "The hyperbolic tangent, between -1 and 1.", "tanh(0.0) -> 0.0")
asinh = _row("asinh", "asinh(x)",    lambda out, x: 1.0 / hypot(1.0, x),              r"\operatorname{arsinh}\left(#1\right)", "The inverse of sinh.", "asinh(0.0) -> 0.0")
acosh = _row("acosh", "acosh(x)",    lambda out, x: divide(1.0, sqrt(x - 1.0) * sqrt(x + 1.0)), r"\operatorname{arcosh}\left(#1\right)", "The inverse of cosh, for x >= 1.", "acosh(1.0) -> 0.0", domain="x >= 1")
atanh = _row("atanh", "atanh(x)",    lambda out, x: 1.0 / ((1.0 - x) * (1.0 + x)),    r"\operatorname{artanh}\left(#1\right)", "The inverse of tanh, for -1 < x < 1.", "atanh(0.0) -> 0.0", domain="-1 < x < 1")
hypot = _row("hypot", "hypot(x, y)", lambda out, x, y: (x / (out + (1.0 - gate(out))), y / (out + (1.0 - gate(out)))),  # 0 at the origin, as abs
                                     r"\sqrt{{#1}^2 + {#2}^2}", "The length of the vector (x, y); its derivatives at (0, 0) are 0.", "hypot(3.0, 4.0) -> 5.0", arity=2,
             evaluate=lambda x, y: builtins.abs(complex(x, y)))  # the hypot of C; math.hypot rounds differently

# -- error function: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.19; 2 / sqrt(pi) -----------
erf   = _row("erf",   "erf(x)",  lambda out, x: 1.1283791670955126 * exp(-(x * x)),  r"\operatorname{erf}\left(#1\right)", "The error function.", "erf(0.0) -> 0.0")
erfc  = _row("erfc",  "erfc(x)", lambda out, x: -1.1283791670955126 * exp(-(x * x)), r"\operatorname{erfc}\left(#1\right)", "1 - erf(x), accurate for large x.", "erfc(0.0) -> 1.0")

# -- activations and piecewise functions; each keeps nan as nan ------------------------------------------------
absolute = _row("abs", "fabs(x)", lambda out, x: sign(x), r"\left|#1\right|", "The absolute value; its derivative at 0 is 0.", "abs(-2.0) -> 2.0")
relu  = _row("relu",  "0.0 if x <= 0.0 else x", lambda out, x: gate(x), r"\operatorname{ReLU}\left(#1\right)", "The larger of x and 0; its derivative at 0 is 0.", "relu(-2.0) -> 0.0")
sigmoid  = _row("sigmoid", "1.0 / (1.0 + exp(-x)) if x >= 0.0 else exp(x) / (1.0 + exp(x))", lambda out, x: out * (1.0 - out),
                           r"\sigma\left(#1\right)", "The logistic function 1 / (1 + exp(-x)); never overflows.", "sigmoid(0.0) -> 0.5")
softplus = _row("softplus", "x + log1p(exp(-x)) if x > 0.0 else log1p(exp(x))", lambda out, x: sigmoid(x),
                            r"\operatorname{softplus}\left(#1\right)", "log(1 + exp(x)), the smooth relu; never overflows.", "softplus(800.0) -> 800.0")
maximum  = _row("maximum", "x if x > y or x != x else y", lambda out, x, y: (exceeds(x, y), exceeds(y, x)), r"\max\left(#1, #2\right)",
                           "The larger of x and y; at a tie each has derivative 1/2.", "maximum(1.0, 2.0) -> 2.0", arity=2)
minimum  = _row("minimum", "x if x < y or x != x else y", lambda out, x, y: (exceeds(y, x), exceeds(x, y)), r"\min\left(#1, #2\right)",
                           "The smaller of x and y; at a tie each has derivative 1/2.", "minimum(1.0, 2.0) -> 1.0", arity=2)
identity = _row("identity", "x", lambda out, x: 1.0, "#1", "x itself, as a node of its own: the linear activation.", "identity(2.0) -> 2.0")
# fmt: on


@_family("leaky_relu", 0.01)
def _leaky_relu(slope: float) -> Primitive:
    value = f"x if x > 0.0 else {slope!r} * x"
    return Primitive("leaky_relu", value, lambda out, x: select(x, 1.0, slope), latex=r"\operatorname{LeakyReLU}\left(#1\right)", constants=(slope,))


@_family("elu", 1.0)
def _elu(alpha: float) -> Primitive:
    value = f"x if x > 0.0 else {alpha!r} * expm1(x)"
    # The exponent stays at 0 on the positive side, where exp(x) could overflow although it is not selected.
    derivative = lambda out, x: select(x, 1.0, alpha * exp(select(x, 0.0, x)))
    return Primitive("elu", value, derivative, latex=r"\operatorname{ELU}\left(#1\right)", constants=(alpha,))


@_family("step", 0.0)
def _step(at_zero: float) -> Primitive:
    value = f"1.0 if x > 0.0 else 0.0 if x < 0.0 else {at_zero!r} if x == 0.0 else x"
    return Primitive("step", value, lambda out, x: 0.0, latex=r"\operatorname{step}\left(#1\right)", constants=(at_zero,))


@_family("sign", 0.0)
def _sign(at_zero: float) -> Primitive:
    value = f"1.0 if x > 0.0 else -1.0 if x < 0.0 else {at_zero!r} if x == 0.0 else x"
    return Primitive("sign", value, lambda out, x: 0.0, latex=r"\operatorname{sign}\left(#1\right)", constants=(at_zero,))


def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """``x`` for positive ``x``, else ``slope * x``; its derivative at 0 is ``slope``.

    >>> leaky_relu(-2.0), leaky_relu(-2.0, slope=0.5)
    (-0.02, -1.0)
    """
    return _leaky_relu(real(slope))(x)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """``x`` for positive ``x``, else ``alpha * (exp(x) - 1)``; its derivative at 0 is ``alpha``.

    Clevert, Unterthiner, Hochreiter: Fast and Accurate Deep Network Learning by Exponential Linear Units, 2015.

    >>> elu(-800.0), elu(2.0)
    (-1.0, 2.0)
    """
    return _elu(real(alpha))(x)


def step(x: Any, at_zero: float = 0.0) -> Any:
    """1 for positive ``x``, 0 for negative ``x``, and ``at_zero`` at 0, where textbooks differ. Derivative 0.

    >>> step(2.0), step(0.0), step(0.0, at_zero=1.0)
    (1.0, 0.0, 1.0)
    """
    return _step(real(at_zero))(x)


def sign(x: Any, at_zero: float = 0.0) -> Any:
    """1 for positive ``x``, -1 for negative ``x``, and ``at_zero`` at 0. Derivative 0.

    >>> sign(-2.0), sign(0.0), sign(0.0, at_zero=1.0)
    (-1.0, 0.0, 1.0)
    """
    return _sign(real(at_zero))(x)


def pow(x: Any, y: Any) -> Any:  # noqa: A001  the name in math
    """``x ** y``. A constant exponent takes any base; a Value or Dual as exponent needs a positive one.

    >>> pow(-2.0, 3)
    -8.0
    """
    return general_power(x, y) if isinstance(y, Number) else FAMILIES["**"](real(y))(x)


# -- rows on any number of operands ----------------------------------------------------------------------------
def _dot(*inputs: float) -> float:
    # A plain loop from the left, because the rounding of sum, fsum and sumprod differs between versions.
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
    return Statements(before, f"{total} + x{count - 1}", [*(f"x{n + i}" for i in range(n)), *(f"x{i}" for i in range(n)), "1.0"])


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
    before = [("m0", "x0"), *((f"m{i}", f"x{i} if x{i} > m{i - 1} or x{i} != x{i} else m{i - 1}") for i in range(1, count))]
    largest = f"m{count - 1}"
    return Statements(before, f"0.0 if {largest} >= -300.0 and {largest} <= 300.0 else {largest}", ["0.0"] * count)


def _logsumexp_statements(count: int) -> Statements:
    shift = _shift_statements(count)
    exponentials = [(f"e{i}", f"exp(x{i} - s)") for i in range(count)]
    sums, total = _partial_sums([name for name, _ in exponentials])
    before = [*shift.before, ("s", shift.value), *exponentials, *sums, ("total", total)]
    return Statements(before, "s + log(total)", [f"{name} / total" for name, _ in exponentials])


# fmt: off
weighted_sum = _row("dot", _dot_statements, _dot_derivatives, arity=None, evaluate=_dot, latex=r"#1 \cdot #2 + \dots", precedence=SUM)
log_sum_exp  = _row("logsumexp", _logsumexp_statements, lambda out, *inputs: softmax(inputs), arity=None, evaluate=_logsumexp,
                    latex=r"\ln\left(e^{#1} + e^{#2} + \dots\right)")

# -- rows that only derivatives use; they overflow to inf instead of failing ----------------------------------------------------------------------------
divide  = _row("divide",  "x / y if y != 0.0 else x * copysign(inf, y)", lambda out, x, y: (divide(1.0, y), divide(-out, y)), r"\frac{#1}{#2}", arity=2)
chain   = _row("chain",   "x * y if x != 0.0 else 0.0", lambda out, x, y: (y, x), r"#1 \cdot #2", arity=2, precedence=PRODUCT)
exceeds = _row("exceeds", "1.0 if x > y else 0.0 if x < y else 0.5 if x == y else x + y", lambda out, x, y: (0.0, 0.0), r"\left[#1 > #2\right]", arity=2)
gate    = _row("gate",    "0.0 if x <= 0.0 else 1.0", lambda out, x: 0.0, r"\left[#1 > 0\right]")  # step, in one comparison
select  = _row("select",  "y if x > 0.0 else z", lambda out, x, y, z: (0.0, gate(x), 1.0 - gate(x)),
               r"\begin{cases} #2 & #1 > 0 \\ #3 & #1 \le 0 \end{cases}", arity=3)
raised  = _row("raised",  "log2(x) if x < 0.0 else pow(x, y) if x == 0.0 and y >= 0.0 else inf if x == 0.0 or y * log2(x) >= 1024.0 else pow(x, y)",
               lambda out, x, y: (chain(y, raised(x, y - 1.0)), chain(log(x + (1.0 - gate(x))), out)), "{#1}^{#2}", arity=2)
exponent_shift = _row("exponent_shift", _shift_statements, lambda out, *inputs: [0.0] * len(inputs), arity=None, evaluate=_exponent_shift)
# fmt: on


def dot(w: Sequence[Any], x: Sequence[Any], b: Any = 0.0) -> Any:
    """The weighted sum ``w[0] * x[0] + w[1] * x[1] + ... + b`` as one node, added from left to right.

    ``w`` and ``x`` have the same length, at least 1, else ``ValueError``.

    >>> dot([0.5, -0.3, 0.8], [2.0, 3.0, -1.0], 1.0)
    0.30000000000000004
    """
    kinds = (list, tuple)
    if w.__class__ not in kinds or x.__class__ not in kinds:
        w, x = _some("dot", w), _some("dot", x)
    if len(w) != len(x) or not w:
        raise ValueError(f"dot needs as many weights as inputs, and at least one: given {len(w)} weights and {len(x)} inputs")
    node = weighted_sum.fast(w, x, b) if weighted_sum.fast else None
    return weighted_sum(*w, *x, b) if node is None else node


def logsumexp(xs: Iterable[Any]) -> Any:
    """``log(exp(xs[0]) + exp(xs[1]) + ...)`` as one node; never overflows. At least one element.

    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    return log_sum_exp(*_some("logsumexp", xs))


def softmax(xs: Iterable[Any]) -> list[Any]:
    """``exp(x) / sum of all exp(x)`` for each ``x``: positive numbers that add up to 1. Never overflows.

    The exponents are shifted by the largest of them only where the plain exponentials could leave the range
    of a float (beyond 300), so that ordinary inputs show the exponentials that one computes by hand.

    >>> softmax([-1.0, 2.7, 0.5])
    [0.021772739294085852, 0.8806486129802894, 0.09757864772562468]
    """
    xs = _some("softmax", xs)
    shift = exponent_shift(*xs)
    exponentials = [exp(x - shift) for x in xs]
    total = dot([1.0] * len(xs), exponentials)
    return [e / total for e in exponentials]


def log_softmax(xs: Iterable[Any]) -> list[Any]:
    """The logarithms of :func:`softmax`, exact where the probabilities themselves would round to 0.

    >>> log_softmax([0.0, -2000.0])
    [0.0, -2000.0]
    """
    xs = _some("log_softmax", xs)
    shift = exponent_shift(*xs)  # subtracted first: log(2) would be lost beside 1e17
    shifted = [x - shift for x in xs]
    total = logsumexp(shifted)
    return [x - total for x in shifted]


def _some(name: str, xs: Iterable[Any]) -> list[Any]:
    try:
        xs = list(xs)
    except TypeError:
        raise TypeError(f"{name} takes a list of numbers, such as {name}([x, y]), not {type(xs).__name__}") from None
    if not xs:
        raise ValueError(f"{name} needs at least one number, and was given an empty list")
    return xs


_BUILT_IN.update(TABLE)

FOR_DERIVATIVES = {"divide", "chain", "exceeds", "gate", "select", "raised", "exponent_shift"}
"""The rows that no user writes: they only stand in derivatives."""
