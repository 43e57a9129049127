"""Pickling and copying graphs of any depth.

Left to themselves, ``pickle`` and ``copy.deepcopy`` would follow a graph by recursion, parent by parent,
and fail at a depth of a few hundred operations. Here a node is pickled as the flat list of the nodes it
depends on, in topological order: when the pickler comes to a node of that list, its parents have been
written already, so that it refers to them and goes no deeper.
"""

from __future__ import annotations

import copy
import threading
import weakref
from typing import Any

from .value import Value, topological_order

_SLOTS = ("data", "grad", "name", "_primitive", "_x", "_y", "_dx", "_dy")
_here = threading.local()  # .mark: a weak reference to the mark of the list that this thread's pickler is reading


class _Mark:
    """Stands before and after the nodes in a list; the pickler tells it when it gets there.

    The reference to it is weak, so that a pickler that fails half-way leaves nothing switched on: the list
    goes, and its marks with it.
    """

    __slots__ = ("__weakref__", "opens")

    def __init__(self, opens: bool) -> None:
        self.opens = opens

    def __reduce__(self) -> tuple[Any, ...]:
        _here.mark = weakref.ref(self) if self.opens else None
        return bool, ()


def _reduce(self: Value, protocol: Any) -> tuple[Any, ...]:
    mark = getattr(_here, "mark", None)
    if self._x is None or (mark is not None and mark() is not None):
        slots = (self.data, self.grad, self.name, self._primitive, self._x, self._y, self._dx, self._dy)
        return _restored, (type(self), slots), getattr(self, "__dict__", None)
    return _last_node, ([_Mark(True), *topological_order(self), _Mark(False)],)


def _restored(kind: type[Value], slots: tuple[Any, ...]) -> Value:
    node: Value = object.__new__(kind)
    node.data, node.grad, node.name, node._primitive, node._x, node._y, node._dx, node._dy = slots
    return node


def _last_node(nodes: list[Any]) -> Value:
    node: Value = nodes[-2]
    return node


def _copy(self: Value) -> Value:
    """A second node over the same parents."""
    node = _restored(type(self), tuple(getattr(self, slot) for slot in _SLOTS))
    vars(node).update(vars(self)) if hasattr(self, "__dict__") else None
    return node


def _deepcopy(self: Value, memo: dict[int, Any]) -> Value:
    for node in topological_order(self):
        if id(node) not in memo:
            twin = _copy(node)
            if type(node._x) is tuple:
                twin._x = tuple([memo[id(parent)] for parent in node._x])
            elif node._x is not None:
                twin._x = memo[id(node._x)]
                twin._y = None if node._y is None else memo[id(node._y)]
            memo[id(node)] = twin
            if hasattr(node, "__dict__"):
                vars(twin).update(copy.deepcopy(vars(node), memo))
    return memo[id(self)]


def install() -> None:
    """Make ``pickle`` and ``copy`` treat every ``Value`` this way."""
    for name, method in {"__reduce_ex__": _reduce, "__copy__": _copy, "__deepcopy__": _deepcopy}.items():
        setattr(Value, name, method)


install()
