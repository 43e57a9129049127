"""How people get a backward pass wrong: each misconception is a small change of the right pass, so that it has numbers.

A :class:`Rule` says how a pass goes over a recorded graph: which local derivative it takes, how it combines that with the gradient
from above, how it adds up what a node receives, and in which order the nodes speak; and, for those who compute by hand, what the value
of a node is and how a weight takes its step. ``RULES`` holds the right rule, which the others differ from in one place. Derivatives are
those of the table's rows, at the right point or at a wrong one; what looks only at one place works on every kind of number, formulas too.
"""

from __future__ import annotations

import functools
import math
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from ..formulas.expression import Symbol
from ..number import CUT, real
from ..primitive import Primitive
from ..table import add, cos, mul, sin, tan
from ..value import Constant, Value, topological_order
from .dual import flow, joined


class Place(NamedTuple):
    """Where a local derivative is taken: a node of the graph, the row that made it, and the numbers there."""

    node: Value
    row: Primitive
    is_output: bool
    out: Any
    operands: tuple[Any, ...]


class Term(NamedTuple):
    """One term of a pass: what ``node`` receives as the operand at ``position`` of ``consumer``.

    ``total`` is what the rule has made of all that the node has received so far. The first term is the seed, without a consumer.
    """

    node: Value
    consumer: Value | None
    position: int
    upstream: float
    local: float
    contribution: float
    total: float


class Pass(NamedTuple):
    """A backward pass by some rule: its terms in order, and the gradient that each node ends with."""

    terms: list[Term]
    gradients: dict[Value, float]


# -- local derivatives -------------------------------------------------------------------------------------------------
def _right(place: Place) -> Sequence[Any]:
    return place.row.local_derivatives(place.out, *place.operands)


def _at_the_output(place: Place) -> Sequence[Any]:
    if place.row.arity != 1:
        return _right(place)
    return place.row.local_derivatives(place.row(place.out), place.out)  # as sigma'(sigma(z))


def _operand_for_output(place: Place) -> Sequence[Any]:
    return place.row.local_derivatives(*place.operands, *place.operands) if place.row.arity == 1 else _right(place)  # as z(1 - z)


def _value(place: Place) -> Sequence[Any]:
    return (place.out,) if place.row.arity == 1 else _right(place)


def _without_inner(place: Place) -> Sequence[Any]:
    inner = {parent for parent in place.node.parents if not isinstance(parent, Constant)}
    return _right(place) if place.is_output or len(inner) != 1 or len(inner) < _variables(place) else [1.0] * len(place.operands)


def _variables(place: Place) -> int:
    return sum(not isinstance(parent, Constant) for parent in place.node.parents)


def _opposite(place: Place) -> Sequence[Any]:
    return [-derivative for derivative in _right(place)]


def _without_minus(place: Place) -> Sequence[Any]:
    symbols = [Symbol(f"x{i}") for i in range(len(place.operands))]
    written = place.row.local_derivatives(Symbol("out"), *symbols)
    return [-derivative if str(formula).startswith("-") else derivative for formula, derivative in zip(written, _right(place))]


def _mixed(place: Place) -> Sequence[Any]:
    found = tuple(_right(place))
    if place.row.arity == 2:
        return found[::-1]
    half = len(found) // 2 if place.row.weighted_sum else 0
    return (*found[half : 2 * half], *found[:half], *found[2 * half :])


def _as_product(place: Place) -> Sequence[Any]:
    return mul.local_derivatives(place.out, *place.operands) if place.row is add else _right(place)


def _without_factor(place: Place) -> Sequence[Any]:
    return [1.0] * len(place.operands) if place.row is mul or place.row.weighted_sum else _right(place)


def _in_degrees(place: Place) -> Sequence[Any]:
    if place.row not in _ANGLES:
        return _right(place)
    angle = place.operands[0] * (math.pi / 180.0)
    return place.row.local_derivatives(place.row(angle), angle)


_ANGLES = (sin, cos, tan)


# -- values, of those who compute the forward pass by hand --------------------------------------------------------------
def _value_right(row: Primitive, operands: Sequence[Any]) -> Any:
    return row(*operands)


def _value_mixed(row: Primitive, operands: Sequence[Any]) -> Any:
    return row(*operands[::-1]) if row.arity == 2 else row(*operands)


def _value_in_degrees(row: Primitive, operands: Sequence[Any]) -> Any:
    return row(operands[0] * (math.pi / 180.0)) if row in _ANGLES else row(*operands)


def _value_without_function(row: Primitive, operands: Sequence[Any]) -> Any:
    return operands[0] if row.arity == 1 and not row.arithmetic else row(*operands)


# -- what a node receives: all contributions so far, of so many -----------------------------------------------------------
def _added(contributions: Sequence[Any], uses: int) -> Any:
    return functools.reduce(joined, contributions)


def _last(contributions: Sequence[Any], uses: int) -> Any:
    return contributions[-1]


def _without_last(contributions: Sequence[Any], uses: int) -> Any:
    return _added(contributions[: max(1, uses - 1)], uses)


def _without_first(contributions: Sequence[Any], uses: int) -> Any:
    return _added(contributions[1:] or contributions, uses)


def _multiplied(contributions: Sequence[Any], uses: int) -> Any:
    return functools.reduce(lambda x, y: x * y, contributions)


# -- orders: who speaks after whom ----------------------------------------------------------------------------------------
def _from_the_output(output: Value) -> list[Value]:
    return topological_order(output)[::-1]


def _breadth_first(output: Value) -> list[Value]:
    found, waiting = {output: None}, deque([output])
    while waiting:
        for parent in waiting.popleft().parents:
            if parent not in found:
                found[parent] = None
                waiting.append(parent)
    return list(found)


def _depth_first(output: Value) -> list[Value]:
    found: dict[Value, None] = {}
    waiting = [output]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = None
            waiting += reversed(node.parents)
    return list(found)


def _leaves_first(output: Value) -> list[Value]:
    return _depth_first(output)[::-1]


# -- the table ---------------------------------------------------------------------------------------------------------
class Rule(NamedTuple):
    """How a backward pass goes. ``does`` says what one who follows it does; the rest is the right rule, but for what is given.

    ``key`` is what the gradients are stored by, ``updates`` says that a parameter takes its step as soon as its gradient has come in,
    ``keeps`` that the gradients of a pass before are still there. ``value`` and ``step`` are not of the backward pass: the value of a
    node from its row and operands, and a weight after a step from the weight, the rate and the gradient.
    """

    does: str
    local: Callable[[Place], Sequence[Any]] = _right
    product: Callable[[Any, Any], Any] = flow
    total: Callable[[Sequence[Any], int], Any] = _added
    order: Callable[[Value], list[Value]] = _from_the_output
    key: Callable[[Value], Any] = lambda node: node
    updates: bool = False
    keeps: bool = False
    value: Callable[[Primitive, Sequence[Any]], Any] = _value_right
    step: Callable[[Any, Any, Any], Any] = lambda weight, rate, gradient: weight - rate * gradient

    @property
    def is_local(self) -> bool:
        """Whether it differs from the right rule within one step, so that it can be told from the numbers of that step alone."""
        return self.changes(("local", "product", "total", "value", "step"))

    def changes(self, parts: Sequence[str]) -> bool:
        """Whether it differs from the right rule in one of these parts."""
        return any(getattr(self, part) is not getattr(RULES["right"], part) for part in parts)


RULES: dict[str, Rule] = {
    "right": Rule("multiplies along each path and adds over the paths"),
    "overwrite": Rule("overwrote the gradient of a node that is used more than once, instead of adding to it", total=_last),
    "forgot a path": Rule("left out the last of the paths on which a node reaches the output", total=_without_last),
    "forgot the first path": Rule("left out the first of the paths on which a node reaches the output", total=_without_first),
    "multiplied where one adds": Rule("multiplied the contributions of several paths, instead of adding them", total=_multiplied),
    "added where one multiplies": Rule("added the local derivative to the gradient from above", product=lambda above, local: above + local),
    "forgot the upstream gradient": Rule("took the local derivative without the gradient from above", product=lambda _, local: local),
    "forgot the local derivative": Rule("passed the gradient on as it came, without the local derivative", product=lambda above, _: above),
    "forgot the inner derivative": Rule("left out the derivative of an inner function: f'(g(x)) without g'(x)", local=_without_inner),
    "forgot the other factor": Rule("passed the gradient through a product without the other factor", local=_without_factor),
    "wrong point": Rule("took the derivative of a function at its output: f'(f(x)) for f'(x)", local=_at_the_output),
    "operand for output": Rule("put the operand where the formula has the output: x(1 - x) for y(1 - y)", local=_operand_for_output),
    "value for derivative": Rule("took the value of a function for its derivative", local=_value),
    "sign": Rule("took a number with the opposite sign", local=_opposite, value=lambda row, operands: -row(*operands)),
    "lost a minus": Rule("lost the minus of a local derivative, as of cos' = -sin or of t in y - t", local=_without_minus),
    "mixed the two operands": Rule("gave each operand the derivative of the other, or swapped them", local=_mixed, value=_value_mixed),
    "took a sum for a product": Rule(
        "multiplied the terms of a sum", local=_as_product, value=lambda row, operands: (mul if row is add else row)(*operands)
    ),
    "took a product for a sum": Rule("added the factors of a product", value=lambda row, operands: (add if row is mul else row)(*operands)),
    "left out the function": Rule("took the operand of a function for its value", value=_value_without_function),
    "degrees": Rule("computed with degrees instead of radians", local=_in_degrees, value=_value_in_degrees),
    "went uphill": Rule("added the step instead of subtracting it", step=lambda weight, rate, gradient: weight + rate * gradient),
    "forgot the learning rate": Rule(
        "subtracted the gradient without the learning rate", step=lambda weight, _, gradient: weight - gradient
    ),
    "updated weight": Rule("used a weight that had already taken its step, instead of that of the forward pass", updates=True),
    "breadth first": Rule("let nodes speak in the order in which a search from the output meets them", order=_breadth_first),
    "depth first": Rule("followed each path down at once, before all gradients had come in", order=_depth_first),
    "leaves first": Rule("began at the leaves, where nothing has arrived yet", order=_leaves_first),
    "merged equal nodes": Rule("took two nodes with the same value for one", key=lambda node: node.data),
    "not set back to 0": Rule("added to the gradients of the pass before, interior nodes too", keeps=True),
}
"""The right rule and the misconceptions, by name. A new one is an entry here; see :func:`backward_pass`."""


def rule_called(name: str) -> Rule:
    """The rule of that name; a ``ValueError`` that lists all if there is none."""
    if name not in RULES:
        raise ValueError(f"no rule is called {name!r}: there are {', '.join(map(repr, RULES))}")
    return RULES[name]


def local_derivatives(rule: Rule, place: Place) -> Sequence[Any]:
    """What the rule takes for the local derivatives there; the right ones where a wrong point lies outside the row's domain."""
    try:
        return rule.local(place)
    except (ValueError, ArithmeticError):
        return _right(place)


def backward_pass(
    output: Value, rule: str = "right", *, seed: float = 1.0, rate: float = 0.1, parameters: Collection[Value] = ()
) -> Pass:  # fmt: skip
    """The backward pass of ``output`` by a rule of ``RULES``, term by term. No ``grad`` is changed.

    ``rate`` and ``parameters`` (all leaves, if none are given) are what ``"updated weight"`` steps with.

    >>> x = Value(3.0, "x")
    >>> [backward_pass(x * x * x, rule).gradients[x] for rule in ("right", "overwrite")]
    [27.0, 9.0]
    >>> for term in backward_pass(x * x, "overwrite").terms:
    ...     print(term.node.name, term.upstream, term.local, term.contribution, term.total)
    None 1.0 1.0 1.0 1.0
    x 1.0 3.0 3.0 3.0
    x 1.0 3.0 3.0 3.0

    Raises ``ValueError`` for a rule that is not in the table.
    """
    does, seed = rule_called(rule), real(seed)
    order = does.order(output)
    weights = set(parameters) or {node for node in order if not node.parents and not isinstance(node, Constant)}
    uses = Counter(does.key(parent) for node in order for parent in node.parents)
    received: dict[Any, list[float]] = {does.key(output): [seed]}
    if does.keeps:
        received = {node: [gradient] for node, gradient in backward_pass(output, seed=seed).gradients.items()}
        received[output].append(seed)
    total = {key: does.total(all_of, uses[key]) for key, all_of in received.items()}
    data = {node: node.data for node in order}
    terms = [Term(output, None, 0, 1.0, seed, seed, total[does.key(output)])]
    for node in order:
        upstream = total.get(does.key(node), CUT)
        derivatives = _stepping(does, node, output, data, upstream, rate, weights) if node.parents else ()
        for position, (parent, local) in enumerate(zip(node.parents, derivatives)):
            key, contribution = does.key(parent), does.product(upstream, local)
            received.setdefault(key, []).append(contribution)
            total[key] = does.total(received[key], uses[key])
            terms.append(Term(parent, node, position, upstream, local, contribution, total[key]))
    return Pass(terms, {node: total.get(does.key(node), CUT) for node in order})


def _stepping(
    rule: Rule, node: Value, output: Value, data: dict[Value, float], upstream: float, rate: float, weights: Collection[Value]
) -> Sequence[float]:  # fmt: skip
    """The local derivatives of a node at the numbers as they stand; by "updated weight" the weights step before anything else flows."""
    if not rule.updates:
        return _derivatives_at(rule, node, output, data) if rule.local is not _right else node.local_derivatives
    before = _derivatives_at(rule, node, output, data)
    for parent, local in zip(node.parents, before):
        if parent in weights:
            data[parent] -= rate * flow(upstream, local)
    after = _derivatives_at(rule, node, output, data)
    return [old if parent in weights else new for parent, old, new in zip(node.parents, before, after)]


def _derivatives_at(rule: Rule, node: Value, output: Value, data: dict[Value, float]) -> Sequence[float]:
    assert node.primitive is not None
    return local_derivatives(rule, Place(node, node.primitive, node is output, data[node], tuple(data[parent] for parent in node.parents)))
