"""Pickling and copying graphs of any depth.

Left to themselves, ``pickle`` and ``copy.deepcopy`` would follow a graph by recursion, parent by parent,
and fail at a depth of a few hundred operations. Here a node is pickled as the flat list of the nodes it
depends on, in topological order: when the pickler comes to a node of that list, its parents have been
written already, so that it refers to them and goes no deeper.
"""

from __future__ import annotations

import copy
import copyreg
import threading
from collections.abc import Callable
from typing import Any

from .number import CUT

Order = Callable[[Any], list[Any]]  # topological_order of value.py

_SLOTS = ("data", "grad", "_made_by", "_x", "_y", "_dx", "_dy")
_here = threading.local()  # .next: the node that this thread's pickler is told to write as it is


class _Next:
    """Stands before a node in a list: its parents are written, so the pickler may write the node itself.

    The permission is for one node and is used up at once, so that a pickler that fails leaves nothing behind.
    """

    __slots__ = ("node",)

    def __init__(self, node: Any) -> None:
        self.node = node

    def __reduce__(self) -> tuple[Any, ...]:
        _here.next = self.node
        return bool, ()


def reduced(self: Any, order: Order) -> tuple[Any, ...]:
    """What ``__reduce_ex__`` of a node gives."""
    if _is_active(self):
        raise TypeError("a number by which a function is differentiated is not pickled: what comes back would not depend on it")
    if self._x is None or getattr(_here, "next", None) is self:
        _here.next = None
        slots = (self.data, self.grad, self._made_by, self._x, self._y, self._dx, self._dy)
        return _restored, (type(self), _marked(slots)), _extra_state(self)
    return _last_node, ([part for node in order(self) for part in (_Next(node), node)],)


class _Cut:
    """Stands for ``CUT`` in a pickle, which would make any other zero of it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _cut, ()


_mark = _Cut()


def _cut() -> float:
    return CUT


def _marked(slots: tuple[Any, ...]) -> tuple[Any, ...]:
    if type(slots[-2]) is tuple:
        slots = (*slots[:-2], tuple([_mark if x is CUT else x for x in slots[-2]]), slots[-1])
    return tuple([_mark if x is CUT else x for x in slots])


def _extra_state(node: Any) -> Any:
    """What a subclass keeps beside the slots of Value, in the form that pickle restores by itself."""
    slots = set(copyreg._slotnames(type(node))) - set(_SLOTS)  # type: ignore[attr-defined]  # what copyreg itself uses
    state = {name: getattr(node, name) for name in sorted(slots) if hasattr(node, name)}
    attributes = getattr(node, "__dict__", None)
    return (attributes, state) if state else attributes or None


def _restored(kind: type, slots: tuple[Any, ...]) -> Any:
    node: Any = object.__new__(kind)
    node.data, node.grad, node._made_by, node._x, node._y, node._dx, node._dy = slots
    return node


def _last_node(nodes: list[Any]) -> Any:
    return nodes[-1]


def _is_active(node: Any) -> bool:
    """Whether it is an input of a function that is being differentiated or recorded, and so is its own copy."""
    return getattr(node, "active", False)


def copied(self: Any) -> Any:
    """A second node over the same parents."""
    if _is_active(self):
        return self
    node = _restored(type(self), (self.data, self.grad, self._made_by, self._x, self._y, self._dx, self._dy))
    _set_state(node, _extra_state(self))
    return node


def _set_state(node: Any, state: Any) -> None:
    attributes, slots = state if isinstance(state, tuple) else (state, None)
    for name, x in {**(attributes or {}), **(slots or {})}.items():
        setattr(node, name, x)


def deep_copied(self: Any, memo: dict[int, Any], order: Order) -> Any:
    """A node with a graph of its own, through the ``memo`` of :func:`copy.deepcopy`."""
    for node in order(self):
        if id(node) not in memo:
            twin = copied(node)
            if twin is node:
                memo[id(node)] = node
                continue
            if type(node._x) is tuple:
                twin._x = tuple([memo[id(parent)] for parent in node._x])
            elif node._x is not None:
                twin._x = memo[id(node._x)]
                twin._y = None if node._y is None else memo[id(node._y)]
            memo[id(node)] = twin
            state = _extra_state(node)
            if state is not None:
                _set_state(twin, copy.deepcopy(state, memo))
    return memo[id(self)]
