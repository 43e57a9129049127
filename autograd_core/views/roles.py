"""What an operation is in a picture: its sign, and whether a neuron ends with it. Nothing else in this room tells rows apart by name."""

from __future__ import annotations

from ..formulas.typesetting import number_text
from ..primitive import Primitive


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


def is_activation(row: Primitive | None) -> bool:
    """Whether a neuron ends with this operation."""
    return row is not None and row.activation


def products(row: Primitive, operands: int) -> int:
    """How many operations, such as multiply-adds, the row does on so many operands."""
    if row.arity is not None:
        return 1
    return operands // 2 if row.weighted_sum else operands
