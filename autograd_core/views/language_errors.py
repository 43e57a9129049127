"""What is wrong with an expression, where, and what to write instead, for a reader at a terminal."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable

from ..choices import closest

_MESSAGE, _LINE = 1000, 120  # characters that are shown at most
SIGNS = {"×": "*", "·": "*", "⋅": "*", "∙": "*", "÷": "/", "∕": "/", "−": "-", "–": "-", "²": "** 2", "³": "** 3", "√": "sqrt(...)"}


def one_line(text: str) -> str:
    """A message as a line that a terminal can show: without control characters, and cut where it is very long."""
    if len(text) > _MESSAGE:
        text = f"{text[: _MESSAGE - 200]} … {text[-150:]}"
    return "".join(c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text)


class ExpressionError(ValueError):
    """What is wrong with an expression, and where: printing it shows the line with the place marked."""

    def __init__(self, message: str, text: str = "", line: int = 1, column: int = 0) -> None:
        super().__init__(one_line(message))
        self.message, self.text, self.line, self.column = one_line(message), text, line, column

    def __str__(self) -> str:
        lines = self.text.split("\n")
        if not self.text or not 0 < self.line <= len(lines):
            return self.message
        line, column = _around(lines[self.line - 1], self.column)
        shown = "".join(character if character.isprintable() or character == "\t" else "\N{REPLACEMENT CHARACTER}" for character in line)
        margin = "".join("\t" if character == "\t" else " " * _width(character) for character in shown[:column])
        return f"{self.message}\n  {shown}\n  {margin}^"


def _around(line: str, column: int) -> tuple[str, int]:
    """The part of a long line around a place, and the place in it."""
    if len(line) <= _LINE:
        return line, column
    start = max(0, min(column - _LINE // 2, len(line) - _LINE))
    before, after = "…" if start else "", "…" if start + _LINE < len(line) else ""
    return f"{before}{line[start : start + _LINE]}{after}", column - start + len(before)


def _width(character: str) -> int:
    """The cells that a character takes on a terminal."""
    return 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1


def error_at(message: str, text: str, line: int, byte: int) -> ExpressionError:
    """:mod:`ast` counts columns in bytes, a reader in characters."""
    lines = text.split("\n")
    column = len(lines[line - 1].encode()[:byte].decode(errors="ignore")) if line <= len(lines) else 0
    return ExpressionError(message, text, line, column)


def syntax_error(text: str, error: SyntaxError, functions: Collection[str]) -> ExpressionError:
    """What Python says, and what to write instead, where that can be told."""
    number = re.search(r"(?<![\w.])\d{4000,}(?![\w.])", text)  # Python does not read such integers at all
    if number:
        start = text.rfind("\n", 0, number.start()) + 1
        line = text.count("\n", 0, start) + 1
        return ExpressionError("the number is too large for a float (1.8e308)", text, line, number.start() - start)
    row, column = error.lineno or 1, max((error.offset or 1) - 1, 0)
    lines = text.split("\n")
    message = error.msg.replace("invalid syntax. ", "")
    plain = error.msg.replace("invalid syntax. Perhaps you forgot a comma?", "invalid syntax")  # one remedy is enough
    remedy = _remedy(lines[row - 1], column, functions) if row <= len(lines) else None
    return ExpressionError(f"{plain}: {remedy[0]}", text, row, remedy[1]) if remedy else ExpressionError(message, text, row, column)


_COEFFICIENT = re.compile(r"(?<![\w.])((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?![eE][+-]?\d)(?!(?<=0)[xXoObB])([^\W\d]\w*)")
_NEIGHBOURS = re.compile(r"([\w.]+)[ \t]+(?=([\w.]+|\())|\)[ \t]*(?=([\w.]+|\())")


def _remedy(line: str, column: int, functions: Collection[str]) -> tuple[str, int] | None:
    """How mathematics on paper is written here, and its place, if some stands near the place of an error."""
    start = max(0, column - 40)
    part = line[start : column + 40]
    for sign in part[column - start : column - start + 1]:
        if sign in SIGNS:
            return f"write {SIGNS[sign]}", column
    if coefficient := _COEFFICIENT.search(part):
        return f"a product is written {coefficient[1]}*{coefficient[2]}", start + coefficient.start()
    if "|" in part:
        return "an absolute value is written abs(...)", start + part.index("|")
    for found in _NEIGHBOURS.finditer(part):
        left, right = found[1] or ")", found[2] or found[3]
        if left in functions and right != "(":
            return f"write {left}({right})", start + found.start()
        if not keyword.iskeyword(left) and not keyword.iskeyword(right):
            return f"a product is written with *: {left}*{right}", start + found.end()
    return None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question for the name that was meant, if one is near."""
    meant = closest(name, known)
    return f"did you mean {meant}?" if meant else ""
