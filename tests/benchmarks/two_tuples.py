"""A ``Value`` as GPTs in a single file define it: with a tuple of operands and a tuple of local derivatives."""

from __future__ import annotations

import math
from typing import Any


class Value:
    __slots__ = ("data", "grad", "local", "parents")

    def __init__(self, data: float, parents: tuple[Any, ...] = (), local: tuple[float, ...] = ()) -> None:
        self.data, self.grad, self.parents, self.local = data, 0, parents, local

    def __add__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n: float) -> Value:
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def exp(self) -> Value:
        e = math.exp(self.data)
        return Value(e, (self,), (e,))

    def log(self) -> Value: return Value(math.log(self.data), (self,), (1 / self.data,))
    def relu(self) -> Value: return Value(max(0, self.data), (self,), (float(self.data > 0),))
    def __neg__(self) -> Value: return self * -1
    def __radd__(self, other: Any) -> Value: return self + other
    def __rmul__(self, other: Any) -> Value: return self * other
    def __sub__(self, other: Any) -> Value: return self + (-other)
    def __rsub__(self, other: Any) -> Value: return other + (-self)
    def __truediv__(self, other: Any) -> Value: return self * other**-1
    def __rtruediv__(self, other: Any) -> Value: return other * self**-1

    def backward(self) -> None:
        order: list[Value] = []
        seen: set[Value] = set()

        def visit(node: Value) -> None:
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1
        for node in reversed(order):
            for parent, local in zip(node.parents, node.local):
                parent.grad += local * node.grad
