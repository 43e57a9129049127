"""An exercise: every number of both passes of a recorded graph as a cell, and the choice of those that are left blank."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from ..choices import require_list, require_number, require_one_of, require_whole
from ..value import Constant, Value, topological_order
from ..views.names import Names, names_for
from ..views.steps import BackwardStep, Steps, steps

BLANKS = ("values", "local derivatives", "contributions", "nodes", "all", "wrong number")
"""What is left blank, from easy to hard; ``"wrong number"`` shows all numbers, one of which is wrong."""

LIMIT = 150  # cells: more is no exercise for a person


class Place(NamedTuple):
    """Which number a cell holds.

    ``kind`` is ``"value"``, ``"local"``, ``"contribution"``, ``"gradient"`` or ``"update"`` (a weight after one step). A local derivative
    and a contribution belong to a use of ``node`` by ``consumer``: as the operand at ``position``, or, where the graph is seen by its
    named quantities, altogether (-1).
    """

    kind: str
    node: Value
    consumer: Value | None = None
    position: int = -1


class Cell(NamedTuple):
    """A number of the exercise: what it is called, the number, and how one comes to it."""

    place: Place
    key: str
    number: float
    hint: str


class Use(NamedTuple):
    """A use of a node, and the term of the backward pass that flows along it."""

    place: Place
    step: BackwardStep


class Exercise:
    """The cells of a graph, in an order in which they can be computed.

    ``wrt`` are the leaves whose gradients are asked for (all, if none are given), ``rate`` the learning rate of a step that they take
    afterwards. Names and level as in :func:`steps`.
    """

    def __init__(self, output: Value, names: Names, level: str | None, wrt: Collection[Value], rate: float | None) -> None:
        wrt = require_list("wrt is", wrt, "wrt=[x]")
        self.output, self.level = output, level
        self.rate = None if rate is None else require_number("rate", rate, "a finite number")
        self.names = names_for(output, names)  # of every node, also of those that the level leaves out
        variables = {name: node for node, name in self.names.items() if not isinstance(node, Constant)}
        self.record: Steps = steps(output, variables, level=level)
        self.called = {step.node: step.name for step in self.record.forward}
        self.order = topological_order(output)
        self.leaves = [node for node in self.called if not node.parents]
        self.wrt = [leaf for leaf in self.leaves if not wrt or leaf in set(wrt)]
        self._check(wrt)
        reached: set[Value] = set(self.wrt)
        reached |= {node for node in self.order if _marked(node, reached)}
        self.uses = [use for use in self._uses() if use.place.node in reached]
        self.cells: dict[Place, Cell] = {}
        self._keys: Counter[tuple[bool, str]] = Counter()
        self._fill()
        if len(self.cells) > LIMIT:
            raise ValueError(f"the graph has {len(self.cells)} numbers to fill in, more than the {LIMIT} of a sheet: use a part of it")
        for cell in self.cells.values():
            if not math.isfinite(cell.number):
                raise ValueError(f"{cell.key} is {cell.number} there, which nobody can fill in: choose other values for the leaves")

    def _check(self, wrt: Collection[Value]) -> None:
        for leaf in wrt:
            if leaf not in self.leaves:
                raise ValueError(f"{leaf!r} is no leaf of the graph, which has {', '.join(self.called[x] for x in self.leaves)}")
        if not self.output.parents:
            raise ValueError(f"a sheet is made of a graph, and {self.output!r} is a leaf: give it the result of some operations")

    def _uses(self) -> list[Use]:
        """The uses of nodes in the order of the backward pass."""
        waiting: dict[Value, list[int]] = {}
        if self.level is None or self.level == "operation":
            for node in self.order:
                waiting[node] = [i for i, parent in enumerate(node.parents) if not isinstance(parent, Constant)]
        found = []
        for step in self.record.backward:
            if step.consumer is not None:
                position = waiting[step.consumer].pop(0) if waiting else -1
                found.append(Use(Place("local", step.node, step.consumer, position), step))
        return found

    def uses_of(self, node: Value) -> list[Use]:
        """The uses of one node."""
        return [use for use in self.uses if use.place.node is node]

    def places_of(self, node: Value, consumer: Value | None, position: int) -> list[Place]:
        """The place of one edge of the graph, if it is a use by itself."""
        alike = [use.place for use in self.uses if use.place[1:3] == (node, consumer)]
        if self.level == "named" and consumer is not None:
            return alike if consumer.parents.count(node) == 1 else []
        return [place for place in alike if place.position == position]

    def _fill(self) -> None:
        expressions = {step.node: step.expression for step in self.record.forward}
        for node, name, expression, value in self.record.forward:
            if node.parents:
                self._add(Place("value", node), name, value, f"{name} = {expression}")
        of, done = f"∂{self.called[self.output]}/∂", Counter[Value]()
        for place, step in self.uses:
            node, name, ratio = place.node, step.name, f"∂{step.consumer_name}/∂{step.name}"
            is_last = step.consumer is self.output
            count = len(self.uses_of(node))
            done[node] += 1
            hint = f"differentiate {expressions[step.consumer]} by {name}"  # type: ignore[index]
            way = "directly" if is_last else f"through {step.consumer_name}"
            self._add(place, f"{ratio} directly" if is_last and count > 1 else ratio, step.local, hint)
            hint = hint if is_last else f"{of}{step.consumer_name} * {ratio}"
            if count > 1:
                self._add(place._replace(kind="contribution"), f"{of}{name} {way}", step.contribution, hint)
                hint = f"the sum of what comes through the {count} uses of {name}"
            if done[node] == count:
                self._add(Place("gradient", node), f"{of}{name}", step.total, hint)
        if self.rate is not None:
            for leaf in self.wrt:
                gradient = self.cells[Place("gradient", leaf)]
                formula = f"{self.called[leaf]} - η * {gradient.key}"
                self._add(Place("update", leaf), f"new {self.called[leaf]}", leaf.data - self.rate * gradient.number, formula)

    def _add(self, place: Place, key: str, number: float, hint: str) -> None:
        self._keys[place.kind == "local", key] += 1
        again = self._keys[place.kind == "local", key]
        self.cells[place] = Cell(place, f"{key} #{again}" if again > 1 else key, number, hint)


def _marked(node: Value, marked: set[Value]) -> bool:
    """Whether a node depends on marked ones; if so it is marked, too."""
    if any(parent in marked for parent in node.parents):
        marked.add(node)
        return True
    return False


class Choice(NamedTuple):
    """Which cells are blank and which are printed, in the order of the exercise. The others are not on the sheet."""

    asked: list[Cell]
    shown: list[Cell]


_ON_SHEET = {
    "values": ("value",),
    "local derivatives": ("value", "local"),
}
_ASKED = {"values": ("value",), "local derivatives": ("local",), "contributions": ("contribution", "gradient", "update")}


def choose(exercise: Exercise, blanks: str, count: int | None, seed: int, avoided: Collection[str] = ()) -> Choice:
    """The cells that are left blank: of a kind, or all numbers of some nodes; of these ``count``, drawn with ``seed``.

    Those with the keys that are ``avoided`` are taken only where there are not enough others.
    """
    require_one_of("blanks", blanks, BLANKS)
    draw = random.Random(require_whole("seed", seed, None))
    kinds = _ON_SHEET.get(blanks, ("value", "local", "contribution", "gradient", "update"))
    present = [cell for cell in exercise.cells.values() if cell.place.kind in kinds and not _said_twice(exercise, cell, kinds)]
    if blanks == "wrong number":
        return Choice([], present)
    if blanks == "nodes":
        nodes = [node for node in exercise.called if node is not exercise.output]
        chosen = set(draw.sample(nodes, -(-len(nodes) // 2)))
        asked = [cell for cell in present if _is_about(cell.place, chosen)]
    else:
        asked = [cell for cell in present if cell.place.kind in _ASKED.get(blanks, kinds)]
    if count is not None:
        count = require_whole("count of the blanks of this kind", count, 1, len(asked))
        good, others = ([i for i, cell in enumerate(asked) if (cell.key in avoided) is bad] for bad in (False, True))
        places = {*draw.sample(good, min(count, len(good))), *draw.sample(others, max(0, count - len(good)))}
        asked = [cell for i, cell in enumerate(asked) if i in places]
    return Choice(asked, [cell for cell in present if cell not in asked])


def _said_twice(exercise: Exercise, cell: Cell, kinds: Sequence[str]) -> bool:
    """Whether it is a local derivative of the output, which is the contribution as well, where contributions are on the sheet."""
    return cell.place.kind == "local" and cell.place.consumer is exercise.output and "gradient" in kinds


def _is_about(place: Place, nodes: set[Value]) -> bool:
    """Whether the number is that of one of the nodes: its value, what it hands on, and what it receives."""
    return place.node in nodes if place.kind != "local" else place.consumer in nodes
