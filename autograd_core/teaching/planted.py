"""Find the wrong number: all numbers of both passes are printed, but at one place somebody made a mistake and went on with it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..derivatives.misconceptions import RULES
from .answers import Answer, agrees, read_answer
from .exercise import Cell, Choice, Exercise, Place
from .grading import VERDICTS, Grade, Grader, Mark
from .reading import Reading, evaluated

WHERE, RIGHT, WHY = "the first wrong number", "what is right there", "what went wrong"
KEYS = (WHERE, RIGHT, WHY)


class Planted(NamedTuple):
    """A sheet with one mistake: the numbers as printed, the cell where it was made, and the reasons to choose from.

    ``accepted`` are those of the reasons that give the printed number.
    """

    numbers: dict[Place, float]
    cells: list[Cell]
    cell: Cell
    reasons: list[str]
    accepted: list[str]
    tolerance: float

    def grade(self, answers: Mapping[str, Any]) -> Grade:
        """The grade of the three answers."""
        number = read_answer(answers.get(RIGHT), {})
        verdicts = {
            WHERE: _chosen(answers.get(WHERE), [self.cell.key, self.cell.key.replace("∂", "d")]),
            RIGHT: "empty" if number is None else "unreadable" if number.number is None else
                   "right" if agrees(number, self.cell.number, self.tolerance) else "wrong",
            WHY: _chosen(answers.get(WHY), [*self.accepted, *(RULES[name].does for name in self.accepted)]),
        }  # fmt: skip
        marks = [Mark(key, str(answers.get(key) or ""), verdict, VERDICTS[verdict][1]) for key, verdict in verdicts.items()]
        return Grade(marks, sum(mark.points for mark in marks), len(marks), {})

    def right(self) -> dict[str, str | float]:
        """The right answers."""
        return {WHERE: self.cell.key, RIGHT: self.cell.number, WHY: "; or ".join(RULES[name].does for name in self.accepted)}


def _chosen(answer: Any, accepted: list[str]) -> str:
    return "empty" if not answer else "right" if answer in accepted else "wrong"


def plant(exercise: Exercise, shown: list[Cell], seed: int, tolerance: float) -> Planted:
    """One mistake, drawn with ``seed`` from those that can be told from the right number; what follows is right given it."""
    draw = random.Random(seed)
    grader = Grader(exercise, Reading(exercise, Choice(shown, [])), tolerance)
    single = [{name: x for name, x in grader.told(i).items() if RULES[name].is_local} for i in range(len(shown))]
    place = draw.choice([i for i, found in enumerate(single) if found])
    rule = draw.choice(list(single[place]))
    wrong, numbers = single[place][rule], {}
    given: dict[str, float] = {}
    for i, (cell, symbol) in enumerate(zip(shown, grader.symbols)):
        given[symbol] = numbers[cell.place] = wrong if i == place else evaluated(grader.right[i], given)
    accepted = [name for name, x in single[place].items() if agrees(Answer("", wrong), x, tolerance)]
    others = [name for name in dict.fromkeys([*single[place], *(name for found in single for name in found)]) if name not in accepted]
    reasons = [rule, *draw.sample(others, min(4, len(others)))]
    draw.shuffle(reasons)
    return Planted(numbers, shown, shown[place], reasons, [name for name in accepted if name in reasons], tolerance)
