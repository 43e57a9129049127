"""Pictures as TikZ: the places of nodes and arrows from the layout engine's ``plain`` output, text set by TeX."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple

from ..formulas.expression import Symbol
from ..formulas.typesetting import symbol_latex, text_latex
from . import layout
from .language import parse
from .language_errors import ExpressionError

ARROW = 0.15  # inches from where the engine ends an arrow's line to the tip
INDENT = "  "
PREAMBLE = "\\documentclass[tikz,border=4pt]{standalone}\n\\usepackage[T1]{fontenc}\n\\begin{document}\n"


class Arrow(NamedTuple):
    """An arrow of the ``plain`` output: control points of Bezier curves in inches, and a label with its middle."""

    ends: tuple[str, str]
    points: list[tuple[float, float]]
    label: str
    middle: tuple[float, float]
    style: str
    colour: str


def tikz_figure(dot: str, standalone: bool = False) -> str:
    """The picture of DOT text as a ``tikzpicture``, or with ``standalone`` as a document; a :class:`LayoutError` without an engine.

    Its legend is left to the caption. Letters that are neither Latin nor Greek need LuaLaTeX or XeLaTeX and a font that has them.

    >>> print(tikz_figure("digraph { node [shape=circle]; a -> b }"))  # doctest: +ELLIPSIS
    \\begin{tikzpicture}[x=1in, y=1in, ...]
      \\draw[->, draw=black] (...) .. controls (...) and (...) .. (...) -- (...);
      \\node[circle, draw=black, minimum size=...in] (a) at (...) {a};
      \\node[circle, draw=black, minimum size=...in] (b) at (...) {b};
    \\end{tikzpicture}
    """
    plain = layout.render(dot, "plain").decode()
    size = float((re.findall(r"^\s*node \[.*\bfontsize=\"?([\d.]+)", dot, re.MULTILINE) or ["14"])[-1])
    undirected = {(tail, head) for tail, head, _ in re.findall(r"^\s*(\S+) -> (\S+) \[(.*\bdir=none\b.*)\]", dot, re.MULTILINE)}
    shapes, arrows = [], []
    for fields in _lines(plain):
        if fields[0] == "node":
            shapes.append(_node(fields))
        elif fields[0] == "edge":
            arrows += _arrow(_read_arrow(fields), undirected)
    font = rf"\sffamily\fontsize{{{size:g}}}{{{1.2 * size:g}}}\selectfont"
    options = rf"x=1in, y=1in, every node/.style={{font={font}, inner sep=0pt, align=center}}, >=latex, line width=0.8pt"
    body = "\n".join(INDENT + line for line in [*arrows, *shapes])
    picture = f"\\begin{{tikzpicture}}[{options}]\n{body}\n\\end{{tikzpicture}}"
    return f"{PREAMBLE}{picture}\n\\end{{document}}\n" if standalone else picture


# -- reading ---------------------------------------------------------------------------------------------------------
def _lines(plain: str) -> Iterator[list[str]]:
    """The fields of each line; text in quotes and HTML-like labels are one field, and may run over lines."""
    found: list[str] = []
    for match in re.finditer(r'"((?:[^"\\]|\\.)*)"|(\n)|([^\s"]\S*)', _quoted(plain), re.DOTALL):
        if match[2] is None:
            found.append(match[3] if match[3] is not None else re.sub(r'\\(["\n])', lambda m: m[1].strip("\n"), match[1]))
        elif found:
            yield found
            found = []


def _quoted(plain: str) -> str:
    """HTML-like labels in quotes, as other texts with spaces are."""
    return re.sub(r"(?<= )<<.*?>>(?= )", lambda match: '"' + re.sub(r'(["\\])', r"\\\1", match[0]) + '"', plain, flags=re.DOTALL)


def _read_arrow(fields: list[str]) -> Arrow:
    _, tail, head, count, *rest = fields
    n = int(count)
    numbers = [float(x) for x in rest[: 2 * n]]
    rest = rest[2 * n :]
    label, middle = (rest[0], (float(rest[1]), float(rest[2]))) if len(rest) > 2 else ("", (0.0, 0.0))
    return Arrow((tail, head), list(zip(numbers[::2], numbers[1::2])), label, middle, rest[-2], rest[-1])


# -- writing ---------------------------------------------------------------------------------------------------------
def _node(fields: list[str]) -> str:
    _, name, x, y, width, height, label, style, shape, colour, fill = fields
    place = f"({_name(name)}) at ({float(x):.3f}, {float(y):.3f})"
    if shape == "point":
        return rf"\node[circle, fill={_colour(colour)}, minimum size={float(width):.3f}in] {place} {{}};"
    if shape in ("plaintext", "none", "plain"):
        return rf"\node[text={_colour(colour)}] {place} {{{_label(label)}}};"
    look = ["circle" if shape == "circle" else "rounded corners=0.2in" if shape in ("ellipse", "oval") else "rectangle"]
    look += ["rounded corners"] if "rounded" in style else []
    look += ["dashed"] if "dashed" in style else []
    look += [f"draw={_colour(colour)}", *([f"fill={_colour(fill)}"] if "filled" in style and fill.startswith("#") else [])]
    kind = next((kind for kind, known in layout.STYLES.items() if known.fill == fill), "")
    look += ["double"] if "peripheries" in layout.STYLES.get(kind, layout.STYLES["input"]).attributes else []
    look += ["line width=1.8pt"] if kind == "parameter" else []
    size = f"minimum size={float(width):.3f}in" if shape == "circle" else f"minimum width={width}in, minimum height={height}in"
    return rf"\node[{', '.join([*look, size])}] {place} {{{_label(label)}}};"


def _arrow(arrow: Arrow, undirected: set[tuple[str, str]]) -> list[str]:
    """The path of an arrow, to the tip, and its label."""
    points = [f"({x:.3f}, {y:.3f})" for x, y in arrow.points]
    path = points[0]
    for i in range(1, len(points) - 2, 3):
        path += f" .. controls {points[i]} and {points[i + 1]} .. {points[i + 2]}"
    options = [f"draw={_colour(arrow.colour)}", *([arrow.style] if arrow.style in ("dashed", "dotted") else [])]
    if arrow.ends not in undirected:
        (a, b), (x, y) = arrow.points[-2:]
        length = math.hypot(x - a, y - b) or 1.0
        path += f" -- ({x + ARROW * (x - a) / length:.3f}, {y + ARROW * (y - b) / length:.3f})"
        options.insert(0, "->")
    lines = [rf"\draw[{', '.join(options)}] {path};"]
    if arrow.label:
        x, y = arrow.middle
        lines.append(rf"\node[text={_colour(arrow.colour)}] at ({x:.3f}, {y:.3f}) {{{_label(arrow.label)}}};")
    return lines


def _colour(colour: str) -> str:
    """A colour that no document need define."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        return colour if colour in ("black", "white", "red", "blue", "green") else "black"
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{{rgb,255:red,{red};green,{green};blue,{blue}}}"


def _name(name: str) -> str:
    return re.sub(r"\W", "-", name)


def _label(label: str) -> str:
    """What stands in a node: the rows of a table, or lines of text."""
    if label.startswith("<<"):
        return _Table(label[1:-1]).latex()
    return r"\\".join(text_latex(line.strip()) for line in re.split(r"\\[nlr]|\n", label))


class _Table(HTMLParser):
    """Reads an HTML-like label: its rows, rules between them, bold text and colours."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self.rows: list[str] = [""]
        self.columns = "c"
        self.is_bold, self.colour = False, ""
        self.feed(label)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "hr":
            self.rows[-1] += r"\hline "
        elif tag == "vr":
            self.columns, self.rows[-1] = "c|c", self.rows[-1] + " & "
        elif tag == "b":
            self.is_bold = True
        elif tag == "font":
            self.colour = dict(attrs).get("color") or ""
        elif tag == "br":
            self.rows.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "b":
            self.is_bold = False
        elif tag == "font":
            self.colour = ""
        elif tag == "tr":
            self.rows.append("")

    def handle_data(self, data: str) -> None:
        text = _formula(data) if self.is_bold else text_latex(data)
        self.rows[-1] += rf"\color[HTML]{{{self.colour[1:].upper()}}}{text}" if self.colour.startswith("#") else text

    def latex(self) -> str:
        """The rows in a ``tabular`` without space beside it."""
        rows = r" \\ ".join(row for row in self.rows if row)
        return rf"\begin{{tabular}}{{@{{\,}}{self.columns}@{{\,}}}}{rows}\end{{tabular}}"


def _formula(title: str) -> str:
    r"""A title; one that says what a node is, as an equation.

    >>> print(_formula("L = (y − t) ** 2"), _formula("z +"))
    $L = {\left(y - t\right)}^{2}$ $z$ +
    """
    name, sign, text = title.partition(" = ")
    if sign:
        try:
            program = parse(text.translate(_PLAIN))
            right = program.evaluate({word: Symbol(word) for word in program.inputs})
            return f"${symbol_latex(name.strip())} = {right.latex()}$"
        except (ExpressionError, AttributeError, TypeError):
            pass  # shortened, or with names that are no words
    return " ".join(map(_title, title.split()))


_PLAIN = str.maketrans("−×·", "-**")


def _title(word: str) -> str:
    """A word of a title: a name in mathematics."""
    return f"${symbol_latex(word)}$" if re.fullmatch(r"[^\W\d]\w*[\u0300-\u036f]?(\[\d+\])*(#\d+)?", word) else text_latex(word)
