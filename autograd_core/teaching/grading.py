"""Grading: each answer against what is right, against what is right given the answers before it, and against each misconception."""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..derivatives.misconceptions import RULES
from ..formulas.expression import Expression, Symbol, parts
from ..formulas.typesetting import number_text
from ..printing import Table
from .answers import Answer, agrees, agrees_roughly, read_answer
from .exercise import Exercise
from .reading import Reading, evaluated

VERDICTS = {
    "right": ("✓", 1.0, "right"),
    "carried": ("↪", 1.0, "right for the answers before it, one of which is wrong"),
    "rough": ("≈", 0.5, "right, but rounded too far: give at least two figures"),
    "wrong": ("✗", 0.0, "not right"),
    "unreadable": ("?", 0.0, "not understood"),
    "empty": ("–", 0.0, "no answer"),
}
"""What an answer may be: its sign, the part of its mark that it gets, and what that means. The page uses the same."""


class Mark(NamedTuple):
    """One answer: what was written, the verdict (a key of ``VERDICTS``), its points, and the misconceptions that give its number.

    ``note`` is what could not be read, or how one comes to the number.
    """

    key: str
    answer: str
    verdict: str
    points: float
    misconceptions: tuple[str, ...] = ()
    note: str = ""

    @property
    def remark(self) -> str:
        """The verdict in words, with what the answer looks like."""
        said = VERDICTS[self.verdict][2]
        if self.misconceptions:
            return f"{said}. It looks as if you {'; or '.join(RULES[name].does for name in self.misconceptions)}"
        return f"{said}: {self.note}" if self.note else said


class Grade(NamedTuple):
    """A graded sheet. Printing it shows a line for each answer; the right answers are not shown.

    ``points`` of ``out_of``; ``misconceptions`` says how many wrong answers each of them explains, the most likely first.
    """

    marks: list[Mark]
    points: float
    out_of: int
    misconceptions: dict[str, int]

    def _table(self) -> Table:
        rows = [(mark.key, mark.answer, VERDICTS[mark.verdict][0], mark.remark) for mark in self.marks]
        return Table(["blank", "answer", "", "remark"], rows, "<<<<", self._title())

    def _title(self) -> str:
        return f"{number_text(self.points)} of {self.out_of} points"

    def _repr_html_(self) -> str:
        rows = [(mark.key, mark.answer, VERDICTS[mark.verdict][0]) for mark in self.marks]
        said: dict[str, list[str]] = {}
        for mark in self.marks:
            if mark.verdict not in ("right", "empty"):
                said.setdefault(mark.remark, []).append(mark.key)
        lines = [f"{', '.join(keys)}: {remark}." for remark, keys in said.items()]
        remarks = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        return Table(["blank", "answer", ""], rows, "<<<", self._title())._repr_html_() + f"<ul>{remarks}</ul>"

    def __repr__(self) -> str:
        return str(self._table())


class Grader:
    """The right answers of an exercise, and what the misconceptions would answer."""

    def __init__(self, exercise: Exercise, reading: Reading, tolerance: float) -> None:
        self.exercise, self.tolerance = exercise, tolerance
        self.asked = reading.asked
        self.right: list[Expression] = [reading.right(cell) for cell in self.asked]
        self.variants = [reading.variants(cell) for cell in self.asked]
        self.symbols = [reading.symbols[cell.place].name for cell in self.asked]
        self.before = [_symbols(formula) for formula in self.right]
        passes = reading.numbers()
        self.numbers = [{name: found[c.place] for name, found in passes.items() if c.place in found} for c in self.asked]
        self.origins = [cell.place.node.data if cell.place.kind == "update" else 0.0 for cell in self.asked]
        asked = {cell.key for cell in self.asked}
        rate = {} if exercise.rate is None else {"η": exercise.rate, "eta": exercise.rate}
        self.known = rate | {name: node.data for node, name in exercise.called.items() if name not in asked}
        self.true = {name: cell.number for name, cell in zip(self.symbols, self.asked)}

    def grade(self, answers: Mapping[str, Any]) -> Grade:
        """The grade of answers by the keys of their cells."""
        given: dict[str, float] = {}
        kept: dict[str, float] = {}  # the same, in all the figures that one may have kept and not written
        mistaken: set[str] = set()  # wrong answers, and what follows from them, also where the blank was left empty
        marks = []
        for i, (cell, symbol) in enumerate(zip(self.asked, self.symbols)):
            expected, unrounded = evaluated(self.right[i], given), evaluated(self.right[i], kept)
            answer = read_answer(answers.get(cell.key), self._names(given))
            follows = not mistaken.isdisjoint(self.before[i])
            verdict = self._verdict(i, answer, (expected, unrounded), follows)
            if verdict != "right" and self._is_right_as_formula(i, answers.get(cell.key)):
                verdict = "right"
            names = self._misconceptions(i, answer, given) if verdict == "wrong" and answer is not None else ()
            if verdict == "wrong" and not names and answer is not None and agrees_roughly(answer, cell.number, self.origins[i]):
                verdict = "rough"
            if verdict in ("wrong", "carried") or (follows and verdict in ("empty", "unreadable")):
                mistaken.add(symbol)
            given[symbol], kept[symbol] = expected, unrounded
            if answer is not None and answer.number is not None:
                given[symbol] = answer.number
                kept[symbol] = unrounded if self._agrees(i, answer, unrounded) else answer.number
            note, text = (answer.problem, answer.text) if answer is not None else ("", "")
            note = cell.hint if verdict == "wrong" and not names else note
            marks.append(Mark(cell.key, text, verdict, VERDICTS[verdict][1], names, note))
        counted = Counter(name for mark in marks for name in mark.misconceptions)
        return Grade(marks, sum(mark.points for mark in marks), len(marks), dict(counted.most_common()))

    def _names(self, given: Mapping[str, float]) -> dict[str, float]:
        """What the names in a formula stand for: values, and a student's own where they were asked for."""
        own = {cell.key: given[symbol] for cell, symbol in zip(self.asked, self.symbols) if symbol in given}
        return {**self.known, **own}

    def _agrees(self, i: int, answer: Answer, number: float) -> bool:
        return agrees(answer, number, self.tolerance, self.origins[i])

    def _verdict(self, i: int, answer: Answer | None, expected: Sequence[float], follows: bool) -> str:
        if answer is None:
            return "empty"
        if answer.number is None:
            return "unreadable"
        if self._agrees(i, answer, self.asked[i].number):
            return "right"
        if not any(self._agrees(i, answer, x) for x in expected):
            return "wrong"
        return "carried" if follows else "right"

    def _is_right_as_formula(self, i: int, answer: Any) -> bool:
        """Whether a formula of what stands before it is right at the right numbers, whatever it gives at a student's own."""
        before = {symbol: self.true[symbol] for symbol in self.symbols[:i]}
        again = read_answer(answer, self._names(before)) if isinstance(answer, str) else None
        return again is not None and again.half_unit == 0.0 and self._agrees(i, again, self.asked[i].number)

    def _misconceptions(self, i: int, answer: Answer, given: Mapping[str, float]) -> tuple[str, ...]:
        """Those that give this answer from the answers before it, from what would have been right there, or in a pass of their own."""
        found = {}
        for name, formula in self.variants[i].items():
            found[name] = [evaluated(formula, given), evaluated(formula, self.true)]
        for name, number in self.numbers[i].items():
            found[name] = [number]
        return tuple(name for name in RULES if any(self._agrees(i, answer, x) for x in found.get(name, ())))

    def would_be(self, i: int) -> dict[str, float]:
        """What each misconception alone makes of a blank."""
        numbers = {name: evaluated(formula, self.true) for name, formula in self.variants[i].items()} | self.numbers[i]
        return {name: x for name, x in numbers.items() if math.isfinite(x)}

    def told(self, i: int) -> dict[str, float]:
        """The same, where the number can be told from the right one."""
        right = Answer("", self.asked[i].number)
        return {name: x for name, x in self.would_be(i).items() if not self._agrees(i, right, x)}


def _symbols(formula: Expression) -> Sequence[str]:
    return [part.name for part in parts(formula) if isinstance(part, Symbol)]


def keyed(keys: Sequence[str], answers: Mapping[str, Any] | Sequence[Any]) -> dict[str, Any]:
    """Answers by the names of the blanks: as they are, with d for ∂, or in the order of the sheet.

    Raises ``ValueError`` for a blank that is not on the sheet, or a list of another length.
    """
    answers = answers.tolist() if hasattr(answers, "tolist") else answers  # of an array
    if not isinstance(answers, Mapping):
        if isinstance(answers, str) or not isinstance(answers, Sequence) or len(answers) != len(keys):
            raise ValueError(f"answers is a mapping, or a list of {len(keys)}, one for each blank (None for no answer), not {answers!r}")
        return dict(zip(keys, answers))
    known = {key.replace("∂", "d"): key for key in keys} | {key: key for key in keys}
    for key in answers:
        if key not in known:
            raise ValueError(f"the sheet has no blank {key!r}, but {', '.join(map(repr, keys))}")
    return {known[key]: answer for key, answer in answers.items()}
