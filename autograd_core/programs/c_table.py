"""A long program in C as a table: each kind of statement is an instruction, compiled once; a statement is a row of places of numbers.

A compiler takes about 0.2 ms for a statement, and a graph without structure still has few kinds of them: sums, products, what
``relu`` is. Measured on 10,000 operations, 16,700 statements of 28 kinds: the compiler takes 0.4 s instead of 4.3 s, and a call
39 us instead of 29 us (66 us without pairs); on 20,000 operations, whose straight code fits into no cache, both take as long.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from .statements import NAME, Statement

ROUNDS = 2  # in each, frequent pairs of instructions become one, which spares a jump that processors guess wrong
FREQUENT = 100  # a pair is frequent from one in so many rows on
LONGEST_IN_PAIRS = 10  # numbers of an instruction that may stand in a pair
MOST = 2_000  # operands in all the instructions: the compiler takes one function, and its time grows faster than that does
LITERALS = ("0.0", "1.0")  # stay in the instruction; other constants are operands
_OPERAND = re.compile(r"(?<![\w.])([A-Za-z_]\w*(?:\[\d+\])?|\d+\.\d*(?:e[+-]?\d+)?|\d+e[+-]?\d+)")
_GAP = re.compile(r"\b([no])(\d+)_")
_TARGET = re.compile(r"(?:^|(?<=^v:))(\d+)=", re.MULTILINE)
_LONGEST_COMMENT = 100


class Surroundings(NamedTuple):
    """Where a program's numbers stand: the array of each name in ``v``, parameters and inputs in theirs."""

    arrays: Mapping[str, int]
    parameters: Mapping[str, int]
    inputs: Mapping[str, int]
    first_place: int
    adds: bool
    """Whether totals are added up over rows."""


class Row(NamedTuple):
    """An instruction, the places of its numbers, and what it says."""

    instruction: str
    numbers: list[int]
    comment: str


class Table:
    """Statements as instructions and rows; ``places`` are those of their values in ``v``."""

    def __init__(self, statements: Sequence[Statement], around: Surroundings) -> None:
        self.around = around
        self.places: dict[str, int] = {}
        self.rows: list[Row] = []
        self._constants: dict[str, int] = {}
        for statement in statements:
            if statement.text.startswith("/*"):
                self.rows.append(Row("", [], statement.text[3:-3]))
            else:
                self._add(statement)
        for _ in range(ROUNDS):
            self.rows = in_pairs(self.rows)
        kinds = dict.fromkeys(row.instruction for row in self.rows if row.instruction)
        self._instructions = {instruction: number for number, instruction in enumerate(kinds)}

    @property
    def operands(self) -> int:
        """How often a name stands in the instructions."""
        return sum(len(NAME.findall(instruction)) for instruction in self._instructions)

    # -- statements --------------------------------------------------------------------------------------------------
    def _add(self, statement: Statement) -> None:
        target, text, _, loop = statement
        pieces = _OPERAND.split(text)
        find = self._element if target and not loop else self._in_loop
        numbers: dict[int, int] = {}  # places, and where they stand in the row
        first = 2 if target else 1
        for i in range(1, len(pieces), 2):
            piece = pieces[i]
            place = find(piece)
            if place is not None:
                kind = "n" if piece in self.around.arrays else "o"
                pieces[i] = f"{kind}{numbers.setdefault(place, len(numbers) + first)}_"
        row = [self._target(statement), *numbers] if target else [*numbers]
        self._row(self._left(statement) + "".join(pieces), row, f"{target} = {text}" if target else text)

    def _left(self, statement: Statement) -> str:
        """What stands left of the text, with a colon behind it."""
        target, _, _, loop = statement
        if not target:
            return ":"
        if loop:
            return f"{loop}:"
        return "totals:" if target.startswith("totals[") else "v:1="

    def _target(self, statement: Statement) -> int:
        """The place that a statement writes to."""
        target = statement.target
        if target.startswith(("totals[", "v[")):
            return int(target[target.index("[") + 1 : -1])
        if statement.loop:
            return self.around.arrays[target.partition("[")[0]]
        place = self._element(target)
        return self._new(target) if place is None else place

    def _row(self, instruction: str, numbers: list[int], comment: str) -> None:
        self.rows.append(Row(instruction, numbers, comment if len(comment) <= _LONGEST_COMMENT else f"{comment[:_LONGEST_COMMENT]} ..."))

    def _new(self, name: str) -> int:
        place = self.places[name] = self.around.first_place + len(self.places)
        return place

    def _element(self, piece: str) -> int | None:
        """The place of an operand; None for what C knows itself."""
        place = self.places.get(piece)
        if place is not None or piece in LITERALS:
            return place
        for kind, found in (("parameters", self.around.parameters), ("inputs", self.around.inputs)):
            if piece in found:
                place = self._new(piece)
                self._row(f"{kind}:", [place, found[piece]], piece)
                return place
        name, bracket, index = piece.partition("[")
        if bracket and name in self.around.arrays:
            return self.around.arrays[name] + int(index[:-1])
        if piece[0].isdigit():
            place = self._new(piece)
            self._row("constants:", [place, self._constants.setdefault(piece, len(self._constants))], piece)
        return place

    def _in_loop(self, piece: str) -> int | None:
        """The same in a loop, where whole arrays stand, and numbers for themselves."""
        return self.around.arrays[piece] if piece in self.around.arrays else None if piece[0].isdigit() else self._element(piece)

    # -- text ----------------------------------------------------------------------------------------------------------
    def function(self, signature: str, as_vector: Callable[[str], str]) -> str:
        """The function that runs the table."""
        cases = [f"    case {number}: {self._case(text, as_vector)}" for text, number in self._instructions.items()]
        constants = f"extern const double constants[{len(self._constants)}];\n" if self._constants else ""
        head = f"extern const int table[];\n{constants}\n{signature}\n{{\n    const int *c = table;"
        loop = "    for (;;) switch (*c) { /* c[0] is an instruction; c[1], c[2], ... say where its numbers are */"
        return "\n".join([head, loop, *cases, "    default: return;", "    }", "}"]) + "\n"

    def data(self) -> str:
        """The table itself."""
        rows = "\n".join(self._line(row) for row in [*self.rows, Row("", [len(self._instructions)], "the end")])
        constants = f"const double constants[] = {{{', '.join(self._constants)}}};\n\n" if self._constants else ""
        return f"{constants}const int table[] = {{\n{rows}\n}};\n"

    def _line(self, row: Row) -> str:
        numbers = [self._instructions[row.instruction], *row.numbers] if row.instruction else row.numbers
        return f"    {''.join(f'{number}, ' for number in numbers)}/* {row.comment} */"

    def _case(self, instruction: str, as_vector: Callable[[str], str]) -> str:
        kind, _, text = instruction.partition(":")
        if kind in ("parameters", "inputs", "constants"):
            element = f"{kind}[c[2]]"
            return f"v[c[1]] = {element if kind == 'inputs' else f'V({element})'}; c += 3; break;"
        length = 1 + max([int(gap[2]) for gap in _GAP.finditer(text)] + [int(number) for number in _TARGET.findall(text)] + [bool(kind)])
        if kind == "v":
            return f"{_chain(text, as_vector)} c += {length}; break;"
        filled = _filled(as_vector(text) if kind else text)
        if kind == "totals":
            filled = f"{'ADD(totals[c[1]])' if self.around.adds else 'totals[c[1]] ='} {filled};"
        elif kind:
            filled = f"for (int k = 0; k < {kind}; k++) v[c[1] + k] = {filled};"
        return f"{filled} c += {length}; break;"


def _filled(text: str, local: Collection[str] = ()) -> str:
    """The text with elements of ``v`` in its gaps, or, where the same instruction has just computed them, what they are called."""
    return _GAP.sub(lambda gap: f"(v + c[{gap[2]}])" if gap[1] == "n" else f"t{gap[2]}" if gap[2] in local else f"v[c[{gap[2]}]]", text)


def _chain(text: str, as_vector: Callable[[str], str]) -> str:
    """Statements that follow each other in one instruction."""
    statements = [line.partition("=") for line in text.split("\n")]
    if len(statements) == 1:
        return f"v[c[1]] = {_filled(as_vector(statements[0][2]))};"
    found: list[str] = []
    local: list[str] = []
    for target, _, value in statements:
        found.append(f"const number t{target} = v[c[{target}]] = {_filled(as_vector(value), local)};")
        local.append(target)
    return f"{{ {' '.join(found)} }}"


# -- pairs ---------------------------------------------------------------------------------------------------------------
def in_pairs(rows: list[Row]) -> list[Row]:
    """The rows, in which pairs of instructions that often follow each other are one; the second knows what the first computed."""
    kinds = [_pair(first, second) for first, second in pairwise(rows)]
    names = {kind: _both(*kind) for kind, count in Counter(kinds).items() if kind and count * FREQUENT >= len(rows)}
    found, i = [], 0
    while i < len(rows):
        kind = kinds[i] if i < len(kinds) else None
        if kind in names:
            first, second = rows[i], rows[i + 1]
            new = [number for number in second.numbers if number not in first.numbers]
            found.append(Row(names[kind], first.numbers + new, f"{first.comment}; {second.comment}"))
            i += 2
        else:
            found.append(rows[i])
            i += 1
    return found


def _pair(first: Row, second: Row) -> tuple[str, str, tuple[int, ...]] | None:
    """What kind of pair two rows are: their instructions, and where the numbers of the second stand in both."""
    a, b = first.numbers, second.numbers
    if not all(row.instruction.startswith("v:") and len(row.numbers) <= LONGEST_IN_PAIRS for row in (first, second)):
        return None
    after, places = len(a), []
    for number in b:
        if number in a:
            places.append(a.index(number) + 1)
        else:
            after += 1
            places.append(after)
    targets = {a[int(target) - 1] for target in _TARGET.findall(first.instruction)}
    written = {b[int(target) - 1] for target in _TARGET.findall(second.instruction)}
    return (first.instruction, second.instruction, tuple(places)) if targets.isdisjoint(written) else None


def _both(first: str, second: str, places: Sequence[int]) -> str:
    """One instruction of two, in which the numbers of the second stand at ``places``."""
    moved = _GAP.sub(lambda gap: f"{gap[1]}{places[int(gap[2]) - 1]}_", second.removeprefix("v:"))
    return f"{first}\n{_TARGET.sub(lambda target: f'{places[int(target[1]) - 1]}=', moved)}"
