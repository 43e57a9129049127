"""What the parts of a ``Value`` are called elsewhere: in a well-known lecture (``label``, ``_prev``, ``_op``) and in PyTorch (``item``)."""

from __future__ import annotations

from typing import Any

from .number import Number


class Synonyms(Number):
    """Other words for ``name``, ``parents``, ``op`` and ``data``, so that code that was written with them runs as it stands.

    >>> from autograd_core import Value
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> e = a * b
    >>> e.label = "e"
    >>> e.name, e._op, sorted(parent.label for parent in e._prev), e.item()
    ('e', '*', ['a', 'b'], -6.0)
    """

    __slots__ = ()

    @property
    def label(self: Any) -> str:
        """The ``name``; empty where there is none."""
        return str(self.name or "")

    @label.setter
    def label(self: Any, name: str) -> None:
        self.name = name or None

    @property
    def _prev(self: Any) -> set[Any]:
        return set(self.parents)

    @property
    def _op(self: Any) -> str:
        return str(self.op)

    def item(self: Any) -> float:
        """The ``data``: a plain number, which remembers no graph."""
        return float(self.data)
