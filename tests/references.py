"""The independent references of the rows of the table: a new row needs a line in ``REFERENCES`` and one in ``SYMPY``.

Each is the function itself in mpmath's arithmetic; its derivatives are taken from values, so that no derivative is
written down a second time. A row that is not defined or not moderate everywhere also needs a line in ``GUARDED``,
for random graphs, and a family some constants in ``CONSTANTS``. A reference holds over the whole range of a float: a
row that is made of erfc takes ``REFERENCES["erfc"]``, which is safe where mpmath's own overflows.
"""

import math
from functools import cache

import mpmath
import sympy as sp

import autograd_core as ac
from autograd_core import TABLE
from autograd_core.number import FAMILIES

# The step must be small beside 1e-300 (the smallest distance to a singularity below) and the precision must hold
# the second difference of a function of 1e300: 1000 bits for the range, 2 * 1300 for the step, and some to spare.
mp = mpmath.MPContext()
mp.prec = 4200
STEP = mp.ldexp(1, -1300)
exponential = cache(mp.exp)


def logsumexp(*xs):
    return mp.log(mp.fsum(exponential(x) for x in xs))


def dot(*xs):
    n = len(xs) // 2
    return mp.fdot(xs[:n], xs[n:-1]) + xs[-1]


def exponent_shift(*xs):
    return max(xs) if abs(max(xs)) > 300 else mp.mpf(0)


def jump(x, at_zero, below):
    return mp.mpf(1 if x > 0 else below if x < 0 else at_zero)


@cache
def sinc_series(k):
    """The coefficients of the k-th derivative's series in x², the highest first; an odd derivative has a factor x beside it."""
    return [(-1) ** m * mp.pi ** (2 * m) * math.perm(2 * m, k) / mp.fac(2 * m + 1) for m in reversed(range(-(-k // 2), 500))]


def sinc(x, k):
    """The k-th derivative of sin(pi x) / (pi x), by its series near 0, else from the one before."""
    if abs(x) < 1:
        return mp.polyval(sinc_series(k), mp.mpf(x) ** 2) * mp.mpf(x) ** (k % 2)
    before = k * sinc(x, k - 1) if k else 0
    return (mp.pi ** (k - 1) * mp.sin(mp.pi * x + k * mp.pi / 2) - before) / x


SAME_NAME = ["exp", "expm1", "log", "log1p", "log10", "sqrt", "sin", "cos", "tan", "asin",
             "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "hypot", "erf"]  # fmt: skip
# A row's operands, then the constants of its family. ``None`` is a point where no finite value exists.
REFERENCES = {
    **{name: getattr(mp, name) for name in SAME_NAME},
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "neg": lambda x: -x,
    "pow": lambda x, y: None if x < 0 else x**y,
    "raised": lambda x, y, k: None if x < 0 or (x == 0 and y <= 0) else mp.mpf(0) if x == 0 else x**y * mp.log(x) ** k,
    "**": lambda x, n: x**n,
    "log2": lambda x: mp.log(x, 2),
    "exp2": lambda x: mp.mpf(2) ** x,
    "logit": lambda x: mp.log(x / (1 - x)),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "erfc": lambda x: mp.erfc(x) if abs(x) < 1e6 else 1 - mp.sign(x),  # mpmath overflows; the tail is below 10 ** -(10 ** 11)
    "abs": abs,
    "relu": lambda x, slope_at_zero: max(x, mp.mpf(0)),
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "maximum": max,
    "minimum": min,
    "identity": lambda x: x,
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
    "step": lambda x, at_zero: jump(x, at_zero, 0),
    "sign": lambda x, at_zero: jump(x, at_zero, -1),
    "dot": dot,
    "logsumexp": logsumexp,
    "where": lambda x, y, z: y if x != 0 else z,
    "clip": lambda x, low, high: min(max(x, low), high),
    "floor": lambda x: mp.floor(x),
    "ceil": lambda x: mp.ceil(x),
    "trunc": lambda x: mp.sign(x) * mp.floor(abs(x)),
    "round": lambda x: mp.nint(x),
    "%": lambda x, y: x - y * mp.floor(x / y) if abs(x / y) < 1e300 or (x == float(x) and y == float(y)) else None,  # its jumps are closer than steps
    "//": lambda x, y: mp.floor(x / y),
    "sinc": lambda x, k: sinc(x, int(k)),
    "merge": lambda x, y: x + y,
    "share": lambda x, y: x / y if y else None,
    "times": lambda x, y: x * y,
    "side": lambda x: jump(x, 0, -1),
    "corner": lambda x, y: mp.mpf(0) if x != y else None,
    "divide": lambda x, y: x / y if y else None,  # at 0 it follows IEEE 754: a test of its own
    "chain": lambda x, y: x * y,
    "gate": lambda x: jump(x, 0, 0),
    "exceeds": lambda x, y: (mp.sign(x - y) + 1) / 2,
    "select": lambda x, y, z: y if x > 0 else z,
    "exponent_shift": exponent_shift,
}
T = sp.Dummy(real=True)
# What SymPy calls each operation: its values only. A row's operands come first, then the constants of its family.
SYMPY = {
    **{name: getattr(sp, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "erf", "erfc")},
    **{name: getattr(sp, name) for name in ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh")},
    "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y, "/": lambda x, y: x / y, "neg": lambda x: -x,
    "**": lambda x, n: x ** sp.Rational(n), "pow": lambda x, y: x**y, "identity": lambda x: x,
    "log2": lambda x: sp.log(x, 2), "log10": lambda x: sp.log(x, 10), "log1p": lambda x: sp.log(1 + x), "expm1": lambda x: sp.exp(x) - 1,
    "exp2": lambda x: 2**x, "logit": lambda x: sp.log(x / (1 - x)),
    "cbrt": lambda x: sp.sign(x) * sp.Abs(x) ** sp.Rational(1, 3), "hypot": lambda x, y: sp.sqrt(x**2 + y**2),
    "abs": sp.Abs, "relu": lambda x, slope_at_zero=0: sp.Max(x, 0), "maximum": sp.Max, "minimum": sp.Min,
    "sigmoid": lambda x: 1 / (1 + sp.exp(-x)), "softplus": lambda x: sp.log(1 + sp.exp(x)),
    "leaky_relu": lambda x, slope=0.01: sp.Piecewise((x, x > 0), (sp.Rational(slope) * x, True)),
    "elu": lambda x, alpha=1: sp.Piecewise((x, x > 0), (sp.Rational(alpha) * (sp.exp(x) - 1), True)),
    "where": lambda x, y, z: sp.Piecewise((y, sp.Ne(x, 0)), (z, True)), "sinc": lambda x, k=0: sp.diff(sp.sinc(sp.pi * T), T, int(k)).subs(T, x),
    "clip": lambda x, low, high: sp.Piecewise((high, sp.Or(x > high, low > high)), (low, x < low), (x, True)),
    "floor": sp.floor, "ceil": sp.ceiling, "trunc": lambda x: sp.sign(x) * sp.floor(sp.Abs(x)), "round": lambda x: sp.floor(x + sp.Rational(1, 2)),
    "%": lambda x, y: x - y * sp.floor(x / y), "//": lambda x, y: sp.floor(x / y),
    "step": lambda x, at_zero=0: sp.Heaviside(x, at_zero), "sign": lambda x, at_zero=0: 2 * sp.Heaviside(x) - 1,
}  # fmt: skip
CONSTANTS = {
    "**": [(n,) for n in (3.0, 2.0, 1.0, 0.0, -1.0, -2.0, 0.5, -0.5, 1.5, -1.5)],
    "relu": [(0.0,), (1.0,)],
    "leaky_relu": [(0.01,), (0.3,)],
    "elu": [(1.0,), (0.5,)],
    "raised": [(0.0,), (1.0,), (2.0,)],
    "sinc": [(0.0,), (1.0,), (2.0,)],
    "step": [(0.0,), (1.0,)],
    "sign": [(0.0,), (1.0,)],
}
# Relative and absolute, where a few ulp of the result are too strict. A logsumexp near 0 is the logarithm of a sum near
# 1, which has been rounded. A dot of terms that cancel has the rounding of the terms.
VALUE_TOLERANCE = {"logsumexp": (2e-15, 4e-16), "dot": (2e-15, 1e-11)}
if not hasattr(math, "cbrt"):  # Python 3.10 takes the power 1/3, whose rounding the logarithm of the range, 690, magnifies
    VALUE_TOLERANCE["cbrt"] = (3e-14, 1e-300)
SATURATING = {"tanh", "sigmoid", "softplus", "logsumexp"}
CONSTANT_BY_CHOICE = {"exponent_shift"}  # softmax does not depend on it, so its derivative is 0
COUNTS = {"dot": (3, 5, 15)}  # weights, inputs and a bias: 1, 2 and 7 products


def bounded(x):
    """Into (-1, 1), smoothly: results stay moderate however long a program is."""
    return ac.tanh(x)


def positive(x):
    return ac.softplus(x) + 0.25


# Rows that random graphs use otherwise than as ``row(x)`` or ``row(x, y)``: guarded into their domain, and moderate.
GUARDED = {
    "*": lambda x, y: bounded(x) * y,
    "/": lambda x, y: x / (1.5 + y * y),
    "pow": lambda x, y: positive(bounded(x)) ** bounded(y),
    "**": lambda x, y: bounded(x) ** 3 + bounded(y) ** 2 + positive(x) ** -0.5,
    "exp": lambda x, y: ac.exp(bounded(x)),
    "expm1": lambda x, y: ac.expm1(bounded(x)),
    "exp2": lambda x, y: ac.exp2(bounded(x)),
    "log": lambda x, y: ac.log(positive(x)),
    "logit": lambda x, y: ac.logit(0.5 + 0.4 * bounded(x)),
    "log1p": lambda x, y: ac.log1p(positive(x)),
    "log2": lambda x, y: ac.log2(positive(x)),
    "log10": lambda x, y: ac.log10(positive(x)),
    "sqrt": lambda x, y: ac.sqrt(positive(x)),
    "cbrt": lambda x, y: ac.cbrt(positive(x)),
    "sin": lambda x, y: ac.sin(x),
    "cos": lambda x, y: ac.cos(x),
    "tan": lambda x, y: ac.tan(bounded(x)),
    "asin": lambda x, y: ac.asin(0.9 * bounded(x)),
    "acos": lambda x, y: ac.acos(0.9 * bounded(x)),
    "atan2": lambda x, y: ac.atan2(x, positive(y)),
    "sinh": lambda x, y: ac.sinh(bounded(x)),
    "cosh": lambda x, y: ac.cosh(bounded(x)),
    "acosh": lambda x, y: ac.acosh(1.0 + positive(x)),
    "atanh": lambda x, y: ac.atanh(0.9 * bounded(x)),
    "hypot": lambda x, y: ac.hypot(x, positive(y)),
    "dot": lambda x, y: ac.dot([0.5, bounded(x), bounded(y)], [x, y, x], y),
    "logsumexp": lambda x, y: ac.logsumexp([x, y, 0.5, x]),
    "leaky_relu": lambda x, y: ac.leaky_relu(x, 0.1),
    "elu": lambda x, y: ac.elu(x, 0.7),
    "step": lambda x, y: ac.step(x) * y,
    "sign": lambda x, y: ac.sign(x) * y,
    "where": lambda x, y: ac.where(ac.step(x), 0.5 * x, y),
    "clip": lambda x, y: ac.clip(x, -0.7, bounded(y)),
    "floor": lambda x, y: ac.floor(3.0 * bounded(x)) * y,
    "ceil": lambda x, y: ac.ceil(3.0 * bounded(x)) * y,
    "trunc": lambda x, y: ac.trunc(3.0 * bounded(x)) * y,
    "round": lambda x, y: ac.round(3.0 * bounded(x)) * y,
    "%": lambda x, y: 3.0 * bounded(x) % positive(y),
    "//": lambda x, y: 3.0 * bounded(x) // positive(y) * y,
    "sinc": lambda x, y: ac.sinc(bounded(x)),
}
KINKED = {"abs", "relu", "leaky_relu", "elu", "step", "sign", "maximum", "minimum", "where", "clip",
          "floor", "ceil", "trunc", "round", "%", "//"}  # no second differences there


def used(name):
    """The row as a function of two numbers, moderate for all of them."""
    row = TABLE[name]
    return GUARDED.get(name) or ((lambda x, y: row(x)) if row.arity == 1 else row)


def missing():
    """What this file lacks for the rows of the table, in words."""
    rows = [row for row in ac.functions._BUILT_IN if row not in REFERENCES]
    found = [f"add a line '{name}: the function in mpmath' to REFERENCES in tests/references.py" for name in sorted(rows)]
    rows = [row for row in ac.functions._BUILT_IN if row not in SYMPY and not TABLE[row].internal and TABLE[row].arity]
    found += [f"add a line '{name}: the function in SymPy' to SYMPY in tests/references.py" for name in sorted(rows)]
    found += [f"add some constants of {name} to CONSTANTS in tests/references.py" for name in sorted(set(FAMILIES) - set(CONSTANTS))]
    unguarded = [name for name in ac.functions._BUILT_IN if TABLE[name].domain and not TABLE[name].internal and name not in GUARDED]
    return found + [f"{name} has a domain: add a use within it to GUARDED in tests/references.py" for name in sorted(unguarded)]
