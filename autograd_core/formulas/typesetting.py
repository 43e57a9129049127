"""Numbers, names and operations as a person writes them, in text and in LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from ..number import TABLE
from ..primitive import ATOM, OPERANDS, POWER, PRODUCT, SUM, Primitive
from .spelling import Spelling, spelling

Written = tuple[str, float]  # a text, and how tightly it binds


def number_text(x: float, digits: int | None = 6) -> str:
    """``x`` to so many significant digits, or exactly if ``digits`` is ``None``; whole numbers without a point.

    >>> number_text(2.0), number_text(1 / 3), number_text(0.1 + 0.2, None)
    ('2', '0.333333', '0.30000000000000004')
    """
    return repr(x).removesuffix(".0") if digits is None else f"{x:.{digits}g}"


def operation_text(primitive: Primitive, operands: Sequence[str]) -> str:
    """The operation on named operands.

    >>> operation_text(TABLE["*"], ["a", "b"]), operation_text(TABLE["tanh"], ["a"])
    ('a * b', 'tanh(a)')
    """
    names = operand_names(primitive, len(operands))
    text = on_paper(primitive, len(operands)).fill({name: name_text(text) for name, text in zip(names, operands)})
    return text.removesuffix(" + 0") if primitive.weighted_sum else text  # a weighted sum without bias


def on_paper(primitive: Primitive, count: int) -> Spelling:
    """The way the row is written with ``count`` operands: infix, or its name and brackets."""
    if primitive.name == "**":
        return Spelling((("x", POWER + 0.5), f" ** {number_text(primitive.constants[0], None)}"), POWER)
    if primitive.reads:
        return primitive.reads if isinstance(primitive.reads, Spelling) else spelling(primitive.reads)
    if primitive.weighted_sum:
        return _weighted_sum(count // 2)
    if primitive.arity == 2 and not primitive.name.isidentifier() and not primitive.arithmetic:
        return Spelling((("x", PRODUCT), f" {primitive.name} ", ("y", PRODUCT + 0.5)), PRODUCT)
    if primitive.arithmetic:
        return spelling(str(primitive.python))
    pieces: list[Any] = [f"{primitive.name}("]
    for name in operand_names(primitive, count):
        pieces += [(name, 0), ", "]
    usual = primitive.name in TABLE and TABLE[primitive.name].constants == primitive.constants
    constants = "" if usual else ", ".join(number_text(c, None) for c in primitive.constants)
    return Spelling((*pieces[:-1], f", {constants})" if constants else ")"), ATOM)


def _weighted_sum(n: int) -> Spelling:
    """``w1 * x1 + w2 * x2 + ... + b``; a long one shows its first three and its last product."""
    pieces: list[Any] = []
    for i in range(n) if n <= 16 else (0, 1, 2, n - 1):
        pieces += ["... + " if n > 16 and i == n - 1 else "", (f"x{i}", PRODUCT), " * ", (f"x{n + i}", PRODUCT + 0.5), " + "]
    return Spelling((*pieces, (f"x{2 * n}", SUM + 0.5)), SUM)


def name_text(text: str) -> Written:
    """A name or a number as an operand."""
    return text, 0.5 if text.startswith("-") else ATOM  # a negative number gets brackets but in a call


def operand_names(primitive: Primitive, count: int) -> Sequence[str]:
    """What the row of ``primitive`` calls ``count`` operands."""
    return OPERANDS[:count] if isinstance(primitive.python, str) else [f"x{i}" for i in range(count)]


# -- LaTeX -------------------------------------------------------------------------------------------------------
_GREEK = frozenset(
    re.split(
        " ",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega "
        "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega",
    )
)


def symbol_latex(name: str) -> str:
    r"""A name in LaTeX: Greek letters, and a trailing number or index as a subscript.

    >>> print(symbol_latex("w12"), symbol_latex("h[0]"), symbol_latex("w1[1,2]"), symbol_latex("theta"), symbol_latex("loss"))
    w_{12} h_{0} w_{1,1,2} \theta \mathrm{loss}
    """
    plain = unicodedata.normalize("NFD", name).translate(_LOWERED)
    match = _NAME.fullmatch(plain)
    if match is None or (match[2] and (len(match[1]) > 1 or match[2] not in _ACCENTS)):
        return _in_words(name)
    base, mark, number, letter, indices, again = match.groups()
    number = number or (_letters(letter) if letter else "")
    letters = rf"{_ACCENTS[mark]}{{{_letters(base)}}}" if mark else _letters(base)
    subscript = ",".join([*([number] if number else []), *re.findall(r"\d+", indices)])
    primes = "'" * (int(again) - 1) if again else ""
    return f"{letters}_{{{subscript}}}{primes}" if subscript else f"{letters}{primes}"


# Accents over a letter, and digits below the line.
_ACCENTS = {
    "\u0302": r"\hat", "\u0304": r"\bar", "\u0303": r"\tilde", "\u0307": r"\dot", "\u0308": r"\ddot", "\u0301": r"\acute",
    "\u0300": r"\grave", "\u030c": r"\check", "\u0306": r"\breve",
}  # fmt: skip
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


# A word or a letter, its accent, a number or index below the line, indices in brackets, the count of equal names.
_NAME = re.compile(r"([^\W\d_]+?)([\u0300-\u036f]?)(?:_?(\d+)|_([^\W_]+))?((?:\[\d+(?:,\d+)*\])*)(?:#(\d+))?")


def _letters(word: str) -> str:
    """A word without an accent: one letter is slanted, a Greek one has a command, several stand upright."""
    name = word
    if len(word) == 1 and (match := re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", unicodedata.name(word, ""))):
        name = match[2].lower().replace("lamda", "lambda")
        name = name if match[1] == "SMALL" else name.capitalize()
    return rf"\{name}" if name in _GREEK else word if (len(word) == 1 or word.isdigit()) and word.isascii() else _in_words(word)


def _in_words(name: str) -> str:
    """A name in upright letters; letters that mathematics has no commands for stand in text."""
    if name.isascii():
        return rf"\mathrm{{{_escaped(name)}}}"
    text = _escaped(name).replace(r"\wedge{}", r"\textasciicircum{}").replace(r"\sim{}", r"\textasciitilde{}")
    return rf"\text{{{text.replace(chr(92) + 'backslash{}', chr(92) + 'textbackslash{}')}}}"


def number_latex(x: float, digits: int | None = None) -> str:
    """A number in LaTeX, with powers of ten."""
    text = number_text(x, digits).replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
    mantissa, e, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else text


def operation_latex(primitive: Primitive, operands: Sequence[Written]) -> Written:
    r"""The operation in LaTeX on operands in LaTeX, with brackets where they are needed.

    >>> print(operation_latex(TABLE["*"], [("a + b", 1.0), ("c", 5.0)])[0])
    \left(a + b\right) c
    """
    if primitive.weighted_sum:
        n = len(operands) // 2
        shown = range(n) if n <= 16 else (0, 1, 2, n - 1)
        products = [operation_latex(TABLE["*"], [operands[i], operands[n + i]])[0] for i in shown]
        middle = [r"\dots"] if n > 16 else []
        terms = [*products[:3], *middle, *products[3:], *([operands[-1][0]] if operands[-1][0] != "0" else [])]
        rest = [rf"\left({term}\right)" if term.startswith("-") else term for term in terms[1:]]
        return " + ".join([terms[0], *rest]), SUM
    if not isinstance(primitive.python, str):
        inside = ", ".join(text for text, _ in operands)
        return rf"\operatorname{{{_escaped(primitive.name)}}}\left({inside}\right)", ATOM

    def operand(match: re.Match[str]) -> str:
        return bracketed(int(match[2]) - 1, match.string[: match.start()], match.string[match.end() :])

    def bracketed(place: int, before: str, after: str) -> str:
        text, precedence = operands[place]
        if before.endswith("{") and after.startswith("}^"):
            least: float = ATOM
        elif before.endswith(("{", "(", "|", ", ")) or after.startswith((" &", r" \end", r" \\")):
            least = 0.0
        else:
            least = primitive.precedence + (0.5 if before.endswith("- ") else 0.0)
        inside = least == 0.0 or not before.strip()  # or a sign would stand beside another operator
        return text if precedence >= least and (inside or not text.startswith("-")) else rf"\left({text}\right)"

    latex = primitive.latex
    if latex == r"#1 \cdot #2":
        return _side_by_side(bracketed(0, "", r" \cdot "), bracketed(1, r" \cdot ", "")), primitive.precedence
    if "#1" not in latex.replace("{#1}", "") and len(operands) > 1 and "#2" not in latex:
        latex = latex.replace("#1", ", ".join(f"#{i + 1}" for i in range(len(operands))))
    # A fraction is set apart by its bar: only a power needs brackets around it.
    return re.sub(r"(#)(\d)", operand, latex), POWER if latex.startswith(r"\frac") else primitive.precedence


def _side_by_side(x: str, y: str) -> str:
    r"""A product without a dot, but where it would be read as one number, one name, or a function of a bracket.

    >>> print(_side_by_side("2", "x"), _side_by_side("2", "3"), _side_by_side("f", r"\left(x\right)"), sep="   ")
    2 x   2 \cdot 3   f \cdot \left(x\right)
    """
    is_number = re.fullmatch(r"-?[\d.]+", x) is not None
    as_number = re.match(r"\{?\d|\\left\(-|\\infty|\\begin", y) or (is_number and y.startswith(r"\frac")) or x.endswith("{cases}")
    as_word = not is_number and re.search(r"\\(mathrm|text)\{", x + y)
    as_function = y.startswith(r"\left") and re.search(r"[^\W\d_]'*$", x)
    return rf"{x} \cdot {y}" if as_number or as_word or as_function else f"{x} {y}"


_IN_TEXT = {
    **{sign: rf"\{sign}" for sign in "#$%&_{}"}, "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    **{sign: f"${sign}$" for sign in "<>|-"}, "−": "$-$", "×": r"$\times$", "÷": r"$\div$", "·": r"$\cdot$", "…": r"\dots{}",
    "∂": r"$\partial$", "≤": r"$\le$", "≥": r"$\ge$", "∞": r"$\infty$", "⋮": r"$\vdots$", "\u2060": "",
    **{raised: f"$^{{{plain}}}$" for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾", "0123456789-()")},
    **{lowered: f"$_{{{plain}}}$" for lowered, plain in zip("₀₁₂₃₄₅₆₇₈₉", "0123456789")},
}  # fmt: skip


def text_latex(text: str) -> str:
    r"""A line of text in LaTeX, its mathematical signs in mathematics.

    >>> print(text_latex("x² × 50% of ∂L/∂θ"))
    x$^{2}$ $\times$ 50\% of $\partial$L/$\partial$$\theta$
    """
    letters = re.findall(r".[\u0300-\u036f]*", unicodedata.normalize("NFC", text), re.DOTALL)
    return "".join(_IN_TEXT[x] if x in _IN_TEXT else x if x.isascii() else _text_letter(x) for x in letters)


def _text_letter(letter: str) -> str:
    """A Greek letter, or one with an accent that it has only in mathematics; others stand in text as they are."""
    latex = symbol_latex(letter)
    is_greek, has_loose_accent = latex[1:] in _GREEK, len(letter) > 1 and latex.startswith(tuple(_ACCENTS.values()))
    return f"${latex}$" if is_greek or has_loose_accent else letter


# -- lines of an equation ----------------------------------------------------------------------------------------
def broken_rows(left: str, steps: Sequence[str], width: int) -> list[str]:
    r"""``left = step = step`` in rows of an aligned environment, each at most about ``width`` signs wide where that can be.

    >>> broken_rows("y", ["a + b", "1 + 2", "3"], 9)
    ['y &= a + b = 1 + 2', '&= 3']
    >>> broken_rows("y", ["a + b + c"], 6)
    ['y &= a + b', '&\\quad + c']
    """
    row, rows = f"{left} &= {steps[0]}", []
    for step in steps[1:]:
        if visible_length(f"{row} = {step}") <= width:
            row += f" = {step}"
        else:
            rows.append(row)
            row = f"&= {step}"
    return [part for row in [*rows, row] for part in _broken_sum(row, width)]


def visible_length(latex: str) -> int:
    r"""About how many signs wide it is: a command is one, a fraction as wide as its parts together.

    >>> visible_length(r"\frac{\partial L}{\partial w} &= 12")
    7
    """
    shown = re.sub(r"\\(left|right|frac|begin|end|operatorname|mathrm|text)(?![A-Za-z])", "", latex)
    return len(re.sub(r"[{}^_&\s]", "", re.sub(r"\\[A-Za-z]+|\\.", "x", shown)))


def _broken_sum(row: str, width: int) -> list[str]:
    """The row, broken before plus and minus signs that stand in no brackets."""
    if visible_length(row) <= width:
        return [row]
    places, depth = [0], 0
    for match in re.finditer(r"\\[{}]|\\left|\\right|\\begin|\\end|[{}]| [-+] ", row):
        sign = match[0]
        depth += (sign in ("{", r"\left", r"\begin")) - (sign in ("}", r"\right", r"\end"))
        if not depth and sign in (" + ", " - "):
            places.append(match.start())
    rows = [""]
    for start, end in zip(places, [*places[1:], len(row)]):
        if rows[-1] and visible_length(rows[-1] + row[start:end]) > width:
            rows.append(r"&\quad")
        rows[-1] += row[start:end]
    return rows


def _escaped(name: str) -> str:
    escaped = re.sub(r"([#$%&_{}])", r"\\\1", name.replace("\\", "\0"))
    escaped = re.sub(r"\s", r"\\ ", escaped).replace("^", r"\wedge{}").replace("~", r"\sim{}")
    return escaped.replace("\0", r"\backslash{}")
