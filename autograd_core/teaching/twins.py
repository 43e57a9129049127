"""The same exercise at other numbers, which shows where a mistake gives the right number by chance: a factor of 1, equal operands."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from ..derivatives.misconceptions import RULES
from ..value import Constant, Value, topological_order
from ..views.names import is_given
from .answers import TOLERANCE, Answer, agrees
from .exercise import Choice, Exercise
from .grading import Grader
from .reading import Reading, evaluated

SHIFTS = (0.25, -0.2, 0.03)  # relative; all but the first for numbers near the edge of where the graph is defined
GOLDEN = 0.6180339887498949  # so that no two leaves move alike


def rebuilt(output: Value, called: Mapping[Value, str], numbers: Mapping[str, float]) -> Value:
    """The same graph over leaves with these numbers, by the names that the nodes are ``called``."""
    new: dict[Value, Value] = {}
    for node in topological_order(output):
        if node.primitive is not None:
            new[node] = Value.apply(node.primitive, *(new[parent] for parent in node.parents))
            new[node].name = called[node] if is_given(node, called[node]) else None
        else:
            new[node] = node if isinstance(node, Constant) else Value(numbers[called[node]], called[node])
    return new[output]


def _told_elsewhere(exercise: Exercise, choice: Choice) -> dict[str, list[str]]:
    """What has another number than the right one where the leaves have other numbers, which nobody has chosen to be simple."""
    for shift in SHIFTS:
        with suppress(ValueError, ArithmeticError):  # not defined there, or not finite
            twin, other = _twin(exercise, choice, shift)
            grader = Grader(twin, Reading(twin, other), TOLERANCE)
            return {cell.key: list(grader.told(i)) for i, cell in enumerate(grader.asked)}
    return {}


def coincidences(exercise: Exercise, choice: Choice) -> dict[str, tuple[str, ...]]:
    """For some blanks, the misconceptions that give the right number there, and would not where the leaves have other numbers."""
    elsewhere = _told_elsewhere(exercise, choice)
    reading = Reading(exercise, choice)
    grader, found = Grader(exercise, reading, TOLERANCE), {}
    for i, cell in enumerate(choice.asked):
        told, right = grader.told(i), Answer("", cell.number)
        names = [name for name in elsewhere.get(cell.key, ()) if name not in told]
        found[cell.key] = tuple(
            name for name in names
            if not RULES[name].is_local or agrees(right, evaluated(reading.variant(cell, name), grader.true), TOLERANCE, grader.origins[i])
        )  # fmt: skip
    return {key: names for key, names in found.items() if names}


def _twin(exercise: Exercise, choice: Choice, shift: float) -> tuple[Exercise, Choice]:
    leaves = [leaf for leaf in exercise.order if not leaf.parents and not isinstance(leaf, Constant)]
    shifts = [shift * (0.5 + (k * GOLDEN) % 1.0) for k in range(1, len(leaves) + 1)]
    numbers = {exercise.names[leaf]: leaf.data * (1.0 + s) if leaf.data else s for leaf, s in zip(leaves, shifts)}
    output = rebuilt(exercise.output, exercise.names, numbers)
    wanted = {exercise.names[leaf] for leaf in exercise.wrt}
    wrt = [leaf for leaf in topological_order(output) if not leaf.parents and leaf.name in wanted]
    twin = Exercise(output, {}, exercise.level, wrt, exercise.rate and exercise.rate * 0.9)
    there = dict(zip(exercise.cells, twin.cells.values()))  # in the same order
    asked, printed = ([there[cell.place] for cell in cells] for cells in choice)
    return twin, Choice(asked, printed)
