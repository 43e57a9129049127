"""What one would get for a blank, by the right rule or by a misconception, from what stands on the sheet: as formulas.

The formula of a blank reads the blanks before it as symbols, so it gives what is right for *these* answers: a mistake is carried
forward. What is neither asked nor printed is written out, by the same rule. Python evaluates the formulas; the page runs the
program that is compiled from them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..derivatives.dual import flow
from ..derivatives.misconceptions import RULES, Rule, backward_pass
from ..derivatives.misconceptions import Place as RulePlace
from ..formulas.expression import Expression, Literal, Symbol
from ..value import Constant, Value
from .exercise import Cell, Choice, Exercise, Place

# Which parts of a rule a number depends on, together with what is written out for it.
_PASS = ("local", "product", "total")
_PARTS = {"value": ("value",), "local": ("local", "total"), "contribution": _PASS, "gradient": _PASS, "update": (*_PASS, "step")}


class Reading:
    """The formulas of an exercise with some blanks, and the numbers of the misconceptions that take a whole pass."""

    def __init__(self, exercise: Exercise, choice: Choice) -> None:
        self.exercise, self.asked = exercise, choice.asked
        self.symbols = {cell.place: Symbol(f"c{i}") for i, cell in enumerate(choice.asked)}
        self.literals = {cell.place: Literal(cell.number) for cell in choice.shown}
        self._found: dict[tuple[Place, str], Any] = {}

    def right(self, cell: Cell) -> Expression:
        """What is right for this blank, given the blanks before it."""
        return self._formula(cell.place, "right")

    def variants(self, cell: Cell) -> dict[str, Expression]:
        """What each misconception about a single step gives for this blank, where that is something else."""
        parts, written = _PARTS[cell.place.kind], str(self.right(cell))
        rules = [name for name, rule in RULES.items() if rule.changes(parts) and name != "sign"]
        found = {name: self.variant(cell, name) for name in ("sign", *rules)}
        return {name: formula for name, formula in found.items() if str(formula) not in (written, "0")}

    def variant(self, cell: Cell, name: str) -> Expression:
        """What one misconception about a single step gives for this blank."""
        # In the pass a sign is lost at a local derivative; on a sheet any number may be written with the wrong sign.
        return -self.right(cell) if name == "sign" else self._formula(cell.place, name)

    def numbers(self) -> dict[str, dict[Place, float]]:
        """What each misconception about the whole pass gives for the blanks, where that is something else."""
        exercise, found = self.exercise, {}
        right = {cell.place: cell.number for cell in self.asked}
        for name, rule in RULES.items():
            if rule.is_local or name == "right" or (rule.updates and exercise.rate is None):
                continue
            wrong = backward_pass(exercise.output, name, rate=exercise.rate or 0.0, parameters=exercise.wrt)
            numbers: dict[Place, float] = {Place("gradient", node): x for node, x in wrong.gradients.items()}
            for term in wrong.terms:
                for place in exercise.places_of(term.node, term.consumer, term.position):
                    numbers |= {place: term.local, place._replace(kind="contribution"): term.contribution}
            if exercise.rate is not None:
                numbers |= {Place("update", x): x.data - exercise.rate * wrong.gradients[x] for x in exercise.wrt}
            found[name] = {place: x for place, x in numbers.items() if place in right and not same(x, right[place])}
        return {name: numbers for name, numbers in found.items() if numbers}

    # -- formulas ------------------------------------------------------------------------------------------------
    def _formula(self, place: Place, rule: str) -> Expression:
        found = getattr(self, f"_{place.kind}")(place, rule)
        return found if isinstance(found, Expression) else Literal(float(found))

    def _known(self, place: Place, rule: str) -> Any:
        """A number that a formula reads: the answer in a blank, what is printed, or else the formula for it."""
        if place in self.symbols:
            return self.symbols[place]
        if place in self.literals:
            return self.literals[place]
        if (place, rule) not in self._found:
            self._found[place, rule] = getattr(self, f"_{place.kind}")(place, rule)
        return self._found[place, rule]

    def _value(self, place: Place, rule: str) -> Any:
        node = place.node
        if node.primitive is None:
            return Literal(node.data)
        return RULES[rule].value(node.primitive, [self._known(Place("value", parent), rule) for parent in node.parents])

    def _derivatives(self, node: Value, rule: str) -> Sequence[Any]:
        """The local derivatives of one operation."""
        assert node.primitive is not None
        out, *operands = (self._known(Place("value", x), "right") for x in (node, *node.parents))
        return RULES[rule].local(RulePlace(node, node.primitive, node is self.exercise.output, out, tuple(operands)))

    def _local(self, place: Place, rule: str) -> Any:
        assert place.consumer is not None
        if place.position >= 0:
            return self._derivatives(place.consumer, rule)[place.position]
        received: dict[Value, list[Any]] = {place.consumer: [1.0]}
        for node in reversed(self.exercise.order):  # the operations between two named quantities
            if node in received and node.parents and (node is place.consumer or node not in self.exercise.called):
                upstream = self._total(RULES[rule], received[node])
                for parent, local in zip(node.parents, self._derivatives(node, rule)):
                    if not isinstance(parent, Constant):
                        received.setdefault(parent, []).append(flow(upstream, local))
        return self._total(RULES[rule], received[place.node])

    def _contribution(self, place: Place, rule: str) -> Any:
        assert place.consumer is not None
        local = self._known(place._replace(kind="local"), rule)
        if place.consumer is self.exercise.output:  # whose own gradient is 1, which nobody multiplies by
            return local
        return RULES[rule].product(self._known(Place("gradient", place.consumer), rule), local)

    def _gradient(self, place: Place, rule: str) -> Any:
        uses = [use.place._replace(kind="contribution") for use in self.exercise.uses_of(place.node)]
        return self._total(RULES[rule], [self._known(use, rule) for use in uses])

    def _update(self, place: Place, rule: str) -> Any:
        return RULES[rule].step(Literal(place.node.data), self.exercise.rate, self._known(Place("gradient", place.node), rule))

    def _total(self, rule: Rule, contributions: Sequence[Any]) -> Any:
        return rule.total(contributions, len(contributions))


def same(x: float, y: float) -> bool:
    """Whether two numbers are one up to the rounding of the computer."""
    return math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12)


def evaluated(formula: Expression, answers: Mapping[str, float]) -> float:
    """The number of a formula for these answers; nan where it is not defined."""
    try:
        return formula.evaluate(answers)
    except (ValueError, ArithmeticError):
        return math.nan
