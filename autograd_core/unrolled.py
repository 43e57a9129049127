"""Loops over the many operands of a weighted sum, written out: a function for each number of operands, printed when it is first needed.

What a loop costs for each operand beside the arithmetic is saved so: a step of a network of ``dot`` takes 0.7 of the time. The value and
the derivatives are those that the row spells. Beyond ``LONGEST`` operands there is one function with a loop; it adds in the same order.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

from .number import CUT
from .sequences import dot_statements

LONGEST = 129  # operands; the functions for more would take longer to compile than they save, and run no faster

_PASS_ON = "if derivative{i} is not cut: parent{i}.grad += upstream * derivative{i}"
_LEFT_TO_DO = "if parent{i}._x is not None and parent{i}.grad is not untouched: found.append(parent{i})"


def printed(name: str, source: str, names: dict[str, Any]) -> Callable[..., Any]:
    """The first function of a printed text, which a traceback shows; ``names`` are what it refers to."""
    filename = f"<{name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    exec(compile(source, filename, "exec"), names)
    function: Callable[..., Any] = names[source[len("def ") : source.index("(")]]
    function.__module__ = __name__
    return function


class Unrolled(dict[int, Callable[..., Any]]):
    """The functions that a text stands for, by the number of operands."""

    def __init__(self, name: str, source: Callable[[int], str], names: dict[str, Any]) -> None:
        super().__init__()
        self.name, self.source, self.names = name, source, names

    def __missing__(self, count: int) -> Callable[..., Any]:
        if count > LONGEST + 1:
            return self[LONGEST + 1]
        many = f"{count} operands" if count <= LONGEST else "any number of operands"
        self[count] = function = printed(f"{self.name} of {many}", self.source(count), {**self.names})
        return function


def pass_on_source(count: int) -> str:
    """The source of the function that adds to the ``grad`` of each of so many parents what comes to it.

    >>> print(pass_on_source(2))
    def pass_on(upstream, parents, derivatives):
        parent0, parent1 = parents
        derivative0, derivative1 = derivatives
        if derivative0 is not cut: parent0.grad += upstream * derivative0
        if derivative1 is not cut: parent1.grad += upstream * derivative1
    <BLANKLINE>
    """
    head = "def pass_on(upstream, parents, derivatives):\n"
    if count > LONGEST:
        return f"{head}    for parent, derivative in zip(parents, derivatives):\n        {_PASS_ON.format(i='')}\n"
    lines = [f"{_names('parent', count)} = parents", f"{_names('derivative', count)} = derivatives"]
    return head + _indented([*lines, *(_PASS_ON.format(i=i) for i in range(count))])


def left_to_do_source(count: int) -> str:
    """The source of the function that lists those of so many parents, from right to left, that a backward pass must put in order."""
    head = "def left_to_do(parents, untouched):\n    found = []\n"
    if count > LONGEST:
        return f"{head}    for parent in reversed(parents):\n        {_LEFT_TO_DO.format(i='')}\n    return found\n"
    tests = [_LEFT_TO_DO.format(i=i) for i in reversed(range(count))]
    return head + _indented([f"{_names('parent', count)} = parents", *tests, "return found"])


def dot_recorder_source(count: int) -> str:
    """The source of the function that records the weighted sum of so many parents: weights, as many inputs, and a bias.

    >>> print(dot_recorder_source(3))  # doctest: +ELLIPSIS
    def record_dot(w, x, b):
    ...
        parents = (*w, *x, b)
        parent0, parent1, parent2 = parents
        x0 = parent0.data
        x1 = parent1.data
        x2 = parent2.data
        node = new_node(Value)
        node.data = x0 * x1 + x2
        node._dx = (x1, x0, 1.0)
    ...
        return node
    <BLANKLINE>
    """
    lines = ["if type(b) is float:", "    number = b", "    b = new_node(Constant)", "    b.data = number", "    b.grad = 0.0"]
    lines += ["    b._made_by = b._x = b._y = b._dx = b._dy = None", "parents = (*w, *x, b)"]
    if count > LONGEST:  # what the row says, in a loop: to ask the row takes 1.6 times as long; tests hold the two together
        lines += ["weights, inputs = [v.data for v in w], [v.data for v in x]", "products = zip(weights, inputs)"]
        lines += ["weight, number = next(products)", "total = weight * number"]
        lines += ["for weight, number in products: total += weight * number", "node = new_node(Value)"]
        lines += ["node.data = total + b.data", "node._dx = (*inputs, *weights, 1.0)"]
    else:
        spelled = dot_statements(count)
        lines += [f"{_names('parent', count)} = parents", *(f"x{i} = parent{i}.data" for i in range(count))]
        lines += [f"{name} = {text}" for name, text in spelled.before]
        lines += ["node = new_node(Value)", f"node.data = {spelled.value}", f"node._dx = ({', '.join(spelled.derivatives)})"]
    lines += ["node.grad = 0.0", "node._made_by = row", "node._x = parents", "node._y = node._dy = None", "return node"]
    return "def record_dot(w, x, b):\n" + _indented(lines)


def _names(name: str, count: int) -> str:
    return ", ".join(f"{name}{i}" for i in range(count)) + "," * (count == 1)


def _indented(lines: list[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)


pass_on = Unrolled("the derivatives", pass_on_source, {"cut": CUT})
left_to_do = Unrolled("the parents", left_to_do_source, {})
