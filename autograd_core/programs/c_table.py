"""A long program in C as a table: each kind of statement is an instruction, compiled once; a statement is a row of places of numbers.

A compiler takes about 0.2 ms for a statement, and a graph without structure still has few kinds of them: sums, products, what
``relu`` is. Measured on 10,000 operations, of which 16,700 statements of 28 kinds are made: the table takes the compiler a
fifteenth of the time, and runs as fast as the same statements written one after the other, which no cache of a processor holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from .statements import NAME, Statement

MOST = 2_000  # operands in all the instructions: the compiler takes one function, and its time grows faster than that does
LITERALS = ("0.0", "1.0")  # stay in the instruction; other constants are operands
_OPERAND = re.compile(r"(?<![\w.])([A-Za-z_]\w*(?:\[\d+\])?|\d+\.\d*(?:e[+-]?\d+)?|\d+e[+-]?\d+)")
_GAP = re.compile(r"\b([no])(\d+)_")
_LONGEST_COMMENT = 100


class Surroundings(NamedTuple):
    """Where a program's numbers stand: the array of each name in ``v``, parameters and inputs in theirs."""

    arrays: Mapping[str, int]
    parameters: Mapping[str, int]
    inputs: Mapping[str, int]
    first_place: int
    adds: bool
    """Whether totals are added up over rows."""


class Table:
    """Statements as instructions and rows; ``places`` are those of their values in ``v``."""

    def __init__(self, statements: Sequence[Statement], around: Surroundings) -> None:
        self.around = around
        self.places: dict[str, int] = {}
        self.rows: list[str] = []
        self._instructions: dict[str, int] = {}
        self._constants: dict[str, int] = {}
        for statement in statements:
            if statement.text.startswith("/*"):
                self.rows.append(statement.text)
            else:
                self._add(statement)

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
        return "totals:" if target.startswith("totals[") else "v:"

    def _target(self, statement: Statement) -> int:
        """The place that a statement writes to."""
        target = statement.target
        if target.startswith(("totals[", "v[")):
            return int(target[target.index("[") + 1 : -1])
        if statement.loop:
            return self.around.arrays[target.partition("[")[0]]
        place = self._element(target)
        return self._new(target) if place is None else place

    def _row(self, instruction: str, numbers: Sequence[int], comment: str) -> None:
        number = self._instructions.setdefault(instruction, len(self._instructions))
        short = comment if len(comment) <= _LONGEST_COMMENT else f"{comment[:_LONGEST_COMMENT]} ..."
        self.rows.append(f"{', '.join(map(str, (number, *numbers)))}, /* {short} */")

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
        rows = "\n".join(f"    {row}" for row in [*self.rows, str(len(self._instructions))])
        constants = f"const double constants[] = {{{', '.join(self._constants)}}};\n\n" if self._constants else ""
        return f"{constants}const int table[] = {{\n{rows}\n}};\n"

    def _case(self, instruction: str, as_vector: Callable[[str], str]) -> str:
        kind, _, text = instruction.partition(":")
        if kind in ("parameters", "inputs", "constants"):
            element = f"{kind}[c[2]]"
            return f"v[c[1]] = {element if kind == 'inputs' else f'V({element})'}; c += 3; break;"
        length = 1 + max([int(gap[2]) for gap in _GAP.finditer(text)] + [1 if kind else 0])
        filled = _GAP.sub(lambda gap: f"v[c[{gap[2]}]]" if gap[1] == "o" else f"(v + c[{gap[2]}])", as_vector(text) if kind else text)
        if kind == "v":
            filled = f"v[c[1]] = {filled};"
        elif kind == "totals":
            filled = f"{'ADD(totals[c[1]])' if self.around.adds else 'totals[c[1]] ='} {filled};"
        elif kind:
            filled = f"for (int k = 0; k < {kind}; k++) v[c[1] + k] = {filled};"
        return f"{filled} c += {length}; break;"
