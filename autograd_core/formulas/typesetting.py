"""Numbers, names and operations as a person writes them, in text and in LaTeX."""

from __future__ import annotations

import re
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
    if primitive.arithmetic:
        return spelling(str(primitive.python))
    pieces: list[Any] = [f"{primitive.name}("]
    for name in operand_names(primitive, count):
        pieces += [(name, 0), ", "]
    usual = primitive.name in TABLE and TABLE[primitive.name].constants == primitive.constants
    constants = "" if usual else ", ".join(number_text(c, None) for c in primitive.constants)
    return Spelling((*pieces[:-1], f", {constants})" if constants else ")"), ATOM)


def _weighted_sum(n: int) -> Spelling:
    """``w0 * x0 + w1 * x1 + ... + b``; a long one shows its first three and its last product."""
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

    >>> print(symbol_latex("w12"), symbol_latex("h[0]"), symbol_latex("w1[0,2]"), symbol_latex("theta"), symbol_latex("loss"))
    w_{12} h_{0} w_{1,0,2} \theta \mathrm{loss}
    """
    match = re.fullmatch(r"([^\W\d_]+)(?:_?(\d+)|_([^\W_]+))?((?:\[\d+(?:,\d+)*\])*)(?:#(\d+))?", name)
    if match is None:
        return rf"\mathrm{{{_escaped(name)}}}"
    base, number, letter, indices, again = match.groups()
    number = number or letter
    letters = rf"\{base}" if base in _GREEK else base if len(base) == 1 else rf"\mathrm{{{base}}}"
    subscript = ",".join([*([number] if number else []), *re.findall(r"\d+", indices)])
    primes = "'" * (int(again) - 1) if again else ""
    return f"{letters}_{{{subscript}}}{primes}" if subscript else f"{letters}{primes}"


def number_latex(x: float, digits: int | None = None) -> str:
    """A number in LaTeX, with powers of ten."""
    text = number_text(x, digits).replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
    mantissa, e, exponent = text.partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else text


def operation_latex(primitive: Primitive, operands: Sequence[Written]) -> Written:
    r"""The operation in LaTeX on operands in LaTeX, with brackets where they are needed.

    >>> print(operation_latex(TABLE["*"], [("a + b", 1.0), ("c", 5.0)])[0])
    \left(a + b\right) \cdot c
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
        text, precedence = operands[int(match[2]) - 1]
        before, after = match.string[: match.start()], match.string[match.end() :]
        if before.endswith("{") and after.startswith("}^"):
            least: float = ATOM
        elif before.endswith(("{", "(", "|", ", ")) or after.startswith((" &", r" \end", r" \\")):
            least = 0.0
        else:
            least = primitive.precedence + (0.5 if before.endswith("- ") else 0.0)
        inside = least == 0.0 or not before.strip()  # or a sign would stand beside another operator
        return text if precedence >= least and (inside or not text.startswith("-")) else rf"\left({text}\right)"

    latex = primitive.latex
    if "#1" not in latex.replace("{#1}", "") and len(operands) > 1 and "#2" not in latex:
        latex = latex.replace("#1", ", ".join(f"#{i + 1}" for i in range(len(operands))))
    # A fraction is set apart by its bar: only a power needs brackets around it.
    return re.sub(r"(#)(\d)", operand, latex), POWER if latex.startswith(r"\frac") else primitive.precedence


def _escaped(name: str) -> str:
    escaped = re.sub(r"([#$%&_{}])", r"\\\1", name.replace("\\", "\0"))
    escaped = re.sub(r"\s", r"\\ ", escaped).replace("^", r"\wedge{}").replace("~", r"\sim{}")
    return escaped.replace("\0", r"\backslash{}")
