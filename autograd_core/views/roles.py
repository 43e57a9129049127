"""What a node is in a picture: its sign, the end of a neuron, a parameter. Nothing else in this room tells rows apart by name."""

from __future__ import annotations

from ..formulas.expression import Expression, Literal, Symbol
from ..formulas.typesetting import number_text
from ..primitive import Primitive
from ..table import add, div, divide, exp, exponent_shift, log_sum_exp, mul, neg, sub
from ..value import Value


def symbol_of(row: Primitive | None) -> str:
    """The sign of an operation in a picture; empty for a leaf, which has no row.

    >>> from autograd_core import Value
    >>> [symbol_of(node.primitive) for node in (Value(3.0) * 2.0, Value(3.0) ** 2, Value(3.0).exp(), Value(3.0))]
    ['×', '** 2', 'exp', '']
    """
    if row is None:
        return ""
    if row.name == "**":
        return f"** {number_text(row.constants[0], None)}"
    return row.symbol


def sign_of(row: Primitive) -> str:
    """The sign of an operation in a small circle: a square as x², the sigmoid as σ.

    >>> from autograd_core import TABLE, Value
    >>> sign_of((Value(3.0) ** 2).primitive), sign_of((Value(3.0) ** 0.5).primitive), sign_of(TABLE["sigmoid"]), sign_of(TABLE["+"])
    ('x²', 'x^0.5', 'σ', '+')
    """
    if row.name == "**":
        exponent = number_text(row.constants[0], None)
        return f"x{exponent.translate(_RAISED)}" if exponent.lstrip("-").isdigit() else f"x^{exponent}"
    return "σ" if row.latex.startswith(r"\sigma") else row.symbol


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_activation(row: Primitive | None) -> bool:
    """Whether a neuron ends with this operation."""
    return row is not None and row.activation


def is_parameter(leaf: Value) -> bool:
    """Whether it is of a subclass whose leaves training changes, such as those of ``nn``."""
    return bool(getattr(leaf, "is_parameter", False))


def products(row: Primitive, operands: int) -> int:
    """How many operations, such as multiply-adds, the row does on so many operands."""
    if row.arity is not None:
        return 1
    return operands // 2 if row.weighted_sum else operands


def is_product(row: Primitive | None) -> bool:
    """Whether it multiplies two operands."""
    return row is mul


def signs_of(row: Primitive | None) -> tuple[float, ...] | None:
    """The signs with which a sum, a difference or a negation adds its operands; ``None`` for other operations."""
    return {add: (1.0, 1.0), sub: (1.0, -1.0), neg: (-1.0,)}.get(row) if row is not None else None


def is_loose(factor: Expression) -> bool:
    """Whether it stands in brackets behind a dot: a sum, a difference, a quotient or a negation."""
    return not isinstance(factor, Symbol | Literal) and factor.primitive in (add, sub, div, divide, neg)


def layer_logit(node: Value) -> tuple[Value | None, str]:
    """The logit behind one output of an activation of whole layers, and what that is called; ``None`` for other nodes.

    Softmax is ``exp(x - shift) / total``, its logarithm ``(x - shift) - logsumexp(...)``.

    >>> from autograd_core import softmax
    >>> x, y = Value(1.0, "x"), Value(2.0, "y")
    >>> [(logit.name, activation) for logit, activation in map(layer_logit, softmax([x, y]))]
    [('x', 'softmax'), ('y', 'softmax')]
    """
    if node.primitive is div and node.parents[0].primitive is exp:
        shifted, activation = node.parents[0].parents[0], "softmax"
    elif node.primitive is sub and node.parents[1].primitive is log_sum_exp:
        shifted, activation = node.parents[0], "log_softmax"
    else:
        return None, ""
    is_shifted = shifted.primitive is sub and shifted.parents[1].primitive is exponent_shift
    return (shifted.parents[0], activation) if is_shifted else (None, "")
