"""A scalar automatic-differentiation engine: one table of derivatives, many ways to read it.

Start with :class:`Value` (``value.py``), which records a graph and runs ``backward()`` on it; the table of
operations is ``primitives.py``.
"""

from . import primitives, recording  # isort: skip  the table first, then the operators printed from it
from .checking import (
    GradcheckError,
    GradcheckReport,
    find_nonfinite,
    finite_difference_errors,
    gradcheck,
    numerical_gradient,
)
from .dual import Dual
from .primitive import TABLE, Primitive
from .primitives import (
    acos, acosh, asin, asinh, atan, atan2, atanh, cbrt, cos, cosh, dot, elu, erf, erfc, exp, expm1, hypot,
    identity, leaky_relu, log, log1p, log2, log10, log_softmax, logsumexp, maximum, minimum, pow, primitive,
    relu, sigmoid, sign, sin, sinh, softmax, softplus, sqrt, step, tan, tanh,
)  # fmt: skip
from .primitives import absolute as abs  # noqa: A004  the row's name, and what the built-in gives
from .transforms import grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .value import Constant, Value, topological_order

del primitives, recording

__all__ = [
    "TABLE", "Constant", "Dual", "GradcheckError", "GradcheckReport", "Primitive", "Value",
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "dot", "elu", "erf",
    "erfc", "exp", "expm1", "find_nonfinite", "finite_difference_errors", "grad", "gradcheck", "gradients",
    "hessian", "hvp", "hypot", "identity", "jacobian", "jvp", "leaky_relu", "log", "log10", "log1p", "log2",
    "log_softmax", "logsumexp", "maximum", "minimum", "numerical_gradient", "pow", "primitive", "relu",
    "sigmoid", "sign", "sin", "sinh", "softmax", "softplus", "sqrt", "step", "tan", "tanh",
    "topological_order", "value_and_grad", "vjp",
]  # fmt: skip
