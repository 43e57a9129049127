"""A scalar automatic-differentiation engine: one table of derivatives, many ways to read it.

Start with :class:`Value` (``value.py``), which records a graph and runs ``backward()`` on it; the table of
operations is ``table.py``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .collector import rare_collections
from .derivatives.dual import Dual
from .derivatives.reverse import gradients
from .derivatives.transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .functions import (
    clip,
    dot,
    elu,
    leaky_relu,
    log_softmax,
    logsumexp,
    pow,
    primitive,
    prod,
    relu,
    round,
    sign,
    sinc,
    softmax,
    step,
    where,
)
from .number import watching_comparisons
from .primitive import TABLE, DomainError, Primitive
from .table import absolute as abs
from .table import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    ceil,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    expm1,
    floor,
    hypot,
    identity,
    log,
    log1p,
    log2,
    log10,
    maximum,
    minimum,
    sigmoid,
    sin,
    sinh,
    softplus,
    sqrt,
    tan,
    tanh,
    trunc,
)
from .tables import Table
from .value import Constant, Value, topological_order

if TYPE_CHECKING:
    from .derivatives.checking import (
        GradcheckError,
        GradcheckReport,
        find_nonfinite,
        finite_difference_errors,
        gradcheck,
        numerical_gradient,
    )
    from .files import replace_file
    from .programs.compile import DIALECTS, compile_graph
    from .programs.jit import jit
    from .programs.program import Program
    from .views.comparison import compare_methods
    from .views.cost import cost, operation_count
    from .views.derivation import derivation
    from .views.drawing import Drawing, draw, to_dot
    from .views.mermaid import to_mermaid
    from .views.player import Player, play
    from .views.steps import explain, steps
    from .views.symbolic import formula, symbolic

# Loaded when first used, so that the import stays quick.
_LAZY = {
    "derivatives.checking": (
        "GradcheckError",
        "GradcheckReport",
        "find_nonfinite",
        "finite_difference_errors",
        "gradcheck",
        "numerical_gradient",
    ),
    "files": ("replace_file",),
    "programs.compile": ("DIALECTS", "compile_graph"),
    "programs.jit": ("jit",),
    "programs.program": ("Program",),
    "views.comparison": ("compare_methods",),
    "views.cost": ("cost", "operation_count"),
    "views.derivation": ("derivation",),
    "views.drawing": ("Drawing", "draw", "to_dot"),
    "views.mermaid": ("to_mermaid",),
    "views.player": ("Player", "play"),
    "views.steps": ("explain", "steps"),
    "views.symbolic": ("formula", "symbolic"),
}
_HOME = {name: module for module, names in _LAZY.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in TABLE and not TABLE[name].internal:  # a row that is not listed above
        return TABLE[name]
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(f".{_HOME[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *filter(str.isidentifier, TABLE)})


__all__ = [
    "DIALECTS",
    "TABLE",
    "Constant",
    "DomainError",
    "Drawing",
    "Dual",
    "GradcheckError",
    "GradcheckReport",
    "Player",
    "Primitive",
    "Program",
    "Table",
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
    "ceil",
    "clip",
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
    "floor",
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
    "prod",
    "rare_collections",
    "relu",
    "replace_file",
    "round",
    "sigmoid",
    "sign",
    "sin",
    "sinc",
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
    "to_mermaid",
    "topological_order",
    "trunc",
    "value_and_grad",
    "vjp",
    "watching_comparisons",
    "where",
]
