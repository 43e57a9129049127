"""Answers as students write them: numbers, fractions, decimal commas and formulas; and when one agrees with what is right."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..number import TABLE, real
from ..primitive import Primitive
from ..views.language import CONSTANTS, parse

TOLERANCE = 0.01
"""How far an answer may be from what is right, relatively: what rounding to two or three figures on the way does."""

_NUMBER = re.compile(r"[-+]?(?:\d+\.?(?P<places>\d*)|\.(?P<only>\d+))(?:[eE](?P<power>[-+]?\d+))?")
SIGNS = {"−": "-", "–": "-", "·": "*", "×": "*", "⋅": "*", "÷": "/", ":": "/", "^": "**", "²": "**2", "³": "**3", "σ(": "sigmoid("}
"""How signs of paper are read; the page uses the same."""


FUNCTIONS: dict[str, Primitive] = {name: row for name, row in TABLE.items() if row.arity == 1 and row.method == name}
FUNCTIONS["ln"] = FUNCTIONS["log"]
"""What may be called in an answer: the functions of one operand that are methods of numbers."""


class Answer(NamedTuple):
    """What a student wrote, its number, and half a unit of its last figure (0 for a formula).

    What cannot be read has no number but a ``problem``.
    """

    text: str
    number: float | None
    half_unit: float = 0.0
    problem: str = ""


def read_answer(given: Any, values: Mapping[str, float]) -> Answer | None:
    """The answer, or ``None`` if nothing was written; formulas are evaluated with ``values``.

    >>> read_answer("1/4", {}).number, read_answer("0,25", {}).number, read_answer("y*(1-y)", {"y": 0.5}).number
    (0.25, 0.25, 0.25)
    >>> read_answer("0.250", {}).half_unit
    0.0005
    >>> read_answer("two", {}).problem
    'no value for two'
    """
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    if isinstance(given, numbers.Real):
        return Answer(repr(given), real(given))
    if not isinstance(given, str):
        return Answer(str(given), None, problem="an answer is a number or a text such as 0.25, 1/4 or a*(2 + b)")
    text = plain(given)
    if match := _NUMBER.fullmatch(text):
        places = len(match["places"] or match["only"] or "") - int(match["power"] or 0)
        return Answer(given, float(text), 0.5 * 10.0 ** min(-places, 300))
    return _formula(given, text, values)


def plain(text: str) -> str:
    """The text with the signs of a keyboard: a decimal point for a comma, ``*`` for a dot, nothing before an equals sign.

    >>> plain(" ∂y/∂z = −0,25 · z² ")
    '-0.25 * z**2'
    """
    for sign, replacement in SIGNS.items():
        text = text.replace(sign, replacement)
    text = text.rpartition("=")[2].strip().lstrip("≈~ ")
    return re.sub(r"(?<=\d),(?=\d)", ".", text) if "(" not in text else text


def _formula(given: str, text: str, values: Mapping[str, float]) -> Answer:
    known = {**CONSTANTS, **values}
    words = _with_products(text, known)
    stand_ins = {word: word if _WORD.fullmatch(word) else f"name_{i}_" for i, word in enumerate(known)}  # w[0] is a name, too
    try:
        program = parse(" ".join(stand_ins.get(word, word) for word in words))
        named = {stand_ins[name]: x for name, x in known.items()}
        missing = [name for name in program.inputs if name not in named]
        if missing:
            return Answer(given, None, problem=f"no value for {', '.join(missing)}")
        return Answer(given, float(program.evaluate(named)))
    except (ValueError, TypeError, ArithmeticError) as error:
        return Answer(given, None, problem=str(error).splitlines()[0])


_WORD = re.compile(r"[^\W\d]\w*")


def _with_products(text: str, known: Mapping[str, float]) -> list[str]:
    """The words and signs of a formula, with a ``*`` where it is left out on paper.

    >>> " ".join(_with_products("2wx(1-y)", {"w": 0.0, "x": 0.0, "y": 0.0})), " ".join(_with_products("exp(x)", {"x": 0.0}))
    ('2 * w * x * ( 1 - y )', 'exp ( x )')
    """
    special = sorted((name for name in known if not _WORD.fullmatch(name)), key=len, reverse=True)
    number = r"(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
    found = re.findall("|".join([*map(re.escape, special), number, _WORD.pattern, r"\*\*", r"\S"]), text)
    words: list[str] = []
    for i, word in enumerate(found):
        is_call = word not in known and word in FUNCTIONS and found[i + 1 : i + 2] == ["("]
        words += [word] if is_call or not _WORD.fullmatch(word) else _split(word, list(known)) or [word]
    result: list[str] = []
    for word in words:
        before = result[-1] if result else ""
        is_name = word in known or bool(_WORD.fullmatch(word))
        after_factor = before in known or before == ")" or before[-1:].isdigit() or before.endswith(".")
        result += ["*", word] if after_factor and (is_name or word == "(") else [word]
    return result


def _split(word: str, names: list[str]) -> list[str]:
    """A word as names side by side, the longest first; nothing if it is none."""
    longest = sorted(filter(None, names), key=len, reverse=True)
    first = {len(word): ""}  # at each place from which the rest is names, the name there
    for start in range(len(word) - 1, -1, -1):
        found = next((name for name in longest if word.startswith(name, start) and start + len(name) in first), "")
        first |= {start: found} if found else {}
    parts, start = list[str](), 0
    while first.get(start):
        parts.append(first[start])
        start += len(parts[-1])
    return parts


def agrees(answer: Answer, expected: float, tolerance: float = TOLERANCE, origin: float = 0.0) -> bool:
    """Whether the answer is that number: within the tolerance, or rounded to at least two figures.

    ``origin`` is what the number is measured from: of a weight after a step, it is the step that has two figures.

    >>> [agrees(read_answer(text, {}), 0.10499) for text in ("0.105", "0.10", "0.1", "0.11")]
    [True, True, False, False]
    >>> [agrees(read_answer(text, {}), 0.505006, origin=0.5) for text in ("0.505", "0.5050", "0.51", "0.50")]
    [True, True, False, False]
    """
    scale = abs(expected - origin)
    return _lies_near(answer, expected, max(tolerance * scale, answer.half_unit if answer.half_unit <= 0.0501 * scale else 0.0, 1e-12))


def agrees_roughly(answer: Answer, expected: float, origin: float = 0.0) -> bool:
    """Whether it is that number rounded to a single figure."""
    return answer.half_unit <= 0.501 * abs(expected - origin) and _lies_near(answer, expected, answer.half_unit)


def _lies_near(answer: Answer, expected: float, distance: float) -> bool:
    # A number that lies in the middle may be rounded to either side, and its last bit decides nothing.
    return answer.number is not None and abs(answer.number - expected) <= 1.000001 * distance and math.isfinite(expected)
