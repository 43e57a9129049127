"""A scalar automatic-differentiation engine: one table of derivatives, many ways to read it.

Start with :class:`Value` (``value.py``), which records a graph and runs ``backward()`` on it; the table of
operations is ``primitives.py``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import persistence, primitives, recording  # noqa: F401  # isort: skip  the table first, then the operators printed from it
from .arithmetic import TABLE, Primitive, watching_comparisons
from .dual import Dual
from .primitives import absolute as abs
from .primitives import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    cos,
    cosh,
    dot,
    elu,
    erf,
    erfc,
    exp,
    expm1,
    hypot,
    identity,
    leaky_relu,
    log,
    log1p,
    log2,
    log10,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    pow,
    primitive,
    relu,
    sigmoid,
    sign,
    sin,
    sinh,
    softmax,
    softplus,
    sqrt,
    step,
    tan,
    tanh,
)
from .transforms import grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .value import Constant, Value, topological_order

if TYPE_CHECKING:
    from .by_hand import derivation
    from .checking import (
        GradcheckError,
        GradcheckReport,
        find_nonfinite,
        finite_difference_errors,
        gradcheck,
        numerical_gradient,
    )
    from .dialects import compile_graph
    from .drawing import Drawing, draw, to_dot
    from .formulas import cost, formula, symbolic
    from .methods import compare_methods
    from .player import Player, play
    from .program import Program, operation_count
    from .tracing import jit
    from .walkthrough import explain, steps

# Loaded when first used, so that the import stays quick.
_LAZY = {
    "by_hand": ("derivation",),
    "checking": (
        "GradcheckError",
        "GradcheckReport",
        "find_nonfinite",
        "finite_difference_errors",
        "gradcheck",
        "numerical_gradient",
    ),
    "dialects": ("compile_graph",),
    "drawing": ("Drawing", "draw", "to_dot"),
    "formulas": ("cost", "formula", "symbolic"),
    "methods": ("compare_methods",),
    "player": ("Player", "play"),
    "program": ("Program", "operation_count"),
    "tracing": ("jit",),
    "walkthrough": ("explain", "steps"),
}
_HOME = {name: module for module, names in _LAZY.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(f".{_HOME[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})


__all__ = [
    "TABLE",
    "Constant",
    "Drawing",
    "Dual",
    "GradcheckError",
    "GradcheckReport",
    "Player",
    "Primitive",
    "Program",
    "Value",
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "compare_methods",
    "compile_graph",
    "cos",
    "cosh",
    "cost",
    "derivation",
    "dot",
    "draw",
    "elu",
    "erf",
    "erfc",
    "exp",
    "explain",
    "expm1",
    "find_nonfinite",
    "finite_difference_errors",
    "formula",
    "grad",
    "gradcheck",
    "gradients",
    "hessian",
    "hvp",
    "hypot",
    "identity",
    "jacobian",
    "jit",
    "jvp",
    "leaky_relu",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logsumexp",
    "maximum",
    "minimum",
    "numerical_gradient",
    "operation_count",
    "play",
    "pow",
    "primitive",
    "relu",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "step",
    "steps",
    "symbolic",
    "tan",
    "tanh",
    "to_dot",
    "topological_order",
    "value_and_grad",
    "vjp",
    "watching_comparisons",
]
