"""The frames of a player as pictures: slides and handouts for a lecture without a browser.

Every frame is a drawing of its own, laid out alike, so that slides do not jump. As DOT text it becomes SVG, PNG, PDF or TikZ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..formulas.typesetting import number_text
from . import layout
from .drawing import Drawing
from .pages import page
from .player_frames import Frame, Number, Passes
from .player_page import Look
from .player_picture import LETTERS, Plan, Way, plan, text_width, title_of
from .scene import Node

NOW = "#d55e00"  # vermilion of Okabe and Ito, as in the player
_HANDOUT = """\
@page { size: landscape; margin: 12mm; } body { margin: 0; font: 15px/1.5 Arial, sans-serif; background: #fff; color: #111; }
section { break-after: page; break-inside: avoid; padding: 1em; } section:last-child { break-after: auto; }
section svg { width: 100%; height: auto; max-height: 88vh; } @media screen { section { border-bottom: 1px solid #767676; } }
h1 { font-size: 1.2em; } @media print { section svg { max-height: 165mm; } }"""


class Known(NamedTuple):
    """What is known at one frame: the nodes with values, the numbers of gradients, the terms with local derivatives."""

    data: set[int]
    grads: dict[int, Number]
    terms: set[int]


class Slide(NamedTuple):
    """One frame, what is known by then, and the words below the picture."""

    frame: Frame
    known: Known
    words: list[str]
    """The lines of the formula, the phase, the step in symbols, and in numbers."""


def slides(passes: Passes, lines: Sequence[str], look: Look) -> Iterator[Slide]:
    """Each frame with all that the frames before it have made known; before it the question, where a player asks first."""
    known = Known(set(), {}, set())
    for i, frame in enumerate(passes.frames, start=1):
        words = [*lines, f"{frame.phase}, step {i} of {len(passes.frames)}", *frame.symbols.split("\n")]
        if look.asks and any(isinstance(piece, Number) and piece.is_answer for piece in frame.numbers):
            asked = passes.filled(frame.numbers, look.digits, asks=True)
            yield Slide(frame, known, [*words, *asked.split("\n")])
        known = Known(known.data | {*frame.data}, known.grads | dict(frame.grads), known.terms | {*frame.terms})
        yield Slide(frame, known, [*words, *passes.filled(frame.numbers, look.digits).split("\n")])


def graph_stills(passes: Passes, lines: Sequence[str], look: Look) -> list[Drawing]:
    """A drawing for each frame of a graph of operations."""
    digits = look.digits
    found, where = list(slides(passes, lines, look)), plan(passes.scene, digits)
    words = Words(found, len(lines))
    describe = f"of {len(found)} of a player of {len(passes.scene.nodes)} nodes"
    return [Drawing(_graph(passes, slide, where, words, digits), f"frame {i} {describe}") for i, slide in enumerate(found, start=1)]


class Words:
    """The captions of all frames: as wide and as high as the largest of them."""

    def __init__(self, found: Sequence[Slide], formulas: int) -> None:
        self.formulas = formulas
        self.width = max(text_width(line) * LETTERS / 12.0 for slide in found for line in slide.words) + 10.0
        self.rows = max(len(slide.words) for slide in found)
        self.height = 20.0 * self.rows + 10.0

    def add_to(self, graph: Any, slide: Slide, left: float, top: float, unit: float = 1.0) -> None:
        """Write the words below a picture, as a node without a border that begins at a corner; places are in ``unit`` points."""
        lines = [*slide.words, *[" "] * (self.rows - len(slide.words))]
        cells = [_bold(layout.in_cell(line), i == self.formulas) for i, line in enumerate(lines)]
        rows = "".join(f'<TR><TD ALIGN="LEFT" HEIGHT="20">{cell}</TD></TR>' for cell in cells)
        label = f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" WIDTH="{self.width:.0f}">{rows}</TABLE>>'
        look = {"shape": "plaintext", "style": "", "fontcolor": layout.GREY, "margin": "0"}
        size = {"width": f"{self.width / 72:.3f}", "height": f"{self.height / 72:.3f}", "fixedsize": "true"}
        place = f"{(left + self.width / 2) / unit:.3f},{(top - self.height / 2) / unit:.3f}!"
        graph.node("words", label=label, pos=place, fontsize=f"{LETTERS:g}", **look, **size)


def handout(drawings: Sequence[Drawing], title: str) -> str:
    """A page to print: one frame a sheet."""
    svgs = (re.sub(r"\A.*?(?=<svg)", "", drawing.svg(), flags=re.DOTALL) for drawing in drawings)
    svgs = (svg.replace(f'fill="{layout.GREY}">', f'fill="{layout.INK}">') for svg in svgs)  # grey is for dark screens
    return page(title, "\n".join(f"<section>{svg}</section>" for svg in svgs), _HANDOUT)


def _bold(text: str, is_bold: bool) -> str:
    return f"<B>{text}</B>" if is_bold else text


def _graph(passes: Passes, slide: Slide, where: Plan, words: Words, digits: int) -> str:
    """The DOT text of one frame, in which every place is fixed."""
    graph = layout.new_digraph("LR", 1)
    graph.attr("graph", layout="nop2")
    graph.attr("node", fixedsize="true", fontsize=f"{LETTERS:g}")
    for node in passes.scene.nodes:
        place = where.nodes[node.key]
        look = dict(layout.STYLES[node.kind].attributes)
        if node.key in slide.frame.now:
            look |= {"color": NOW, "penwidth": "4"}
        size = {"width": f"{place.width / 72:.3f}", "height": f"{place.height / 72:.3f}", "pos": f"{place.x:.1f},{-place.y:.1f}"}
        graph.node(f"n{node.key}", label=_label(passes, node, slide.known, digits), fillcolor=layout.STYLES[node.kind].fill, **size, **look)
    terms = {(use.head, use.position): i for i, (use, _) in enumerate(passes.terms)}
    for i, way in enumerate(where.ways):
        _add_way(graph, i, way, passes, slide, terms, digits)
    words.add_to(graph, slide, 0.0, -where.height - 20.0)
    source: str = graph.source
    return source


def _label(passes: Passes, node: Node, known: Known, digits: int) -> str:
    lines = [f"<B>{layout.in_cell(title_of(node))}</B>"]
    if node.kind != "constant":
        lines.append(f"data {number_text(node.data[0], digits) if node.key in known.data else '?'}")
        lines.append(f"grad {passes.text(known.grads[node.key], digits)}" if node.key in known.grads else "grad")
    rows = "".join(f"<TR><TD>{line}</TD></TR>" for line in lines)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{rows}</TABLE>>'


def _add_way(
    graph: Any, number: int, way: Way, passes: Passes, slide: Slide, terms: dict[tuple[int, int], int], digits: int,
) -> None:  # fmt: skip
    """An edge along its curve, with its local derivative once that is known; or a piece of a rail."""
    points = " ".join(f"{x:.1f},{-y:.1f}" for x, y in way.points)
    if way.edge is None:  # between two points that are not seen
        for end, (x, y) in zip(("a", "b"), (way.points[0], way.points[-1])):
            graph.node(f"{end}{number}", label="", shape="point", width="0.01", pos=f"{x:.1f},{-y:.1f}", color=layout.GREY)
        graph.edge(f"a{number}", f"b{number}", dir="none", pos=points)
        return
    place = way.edge.head, way.edge.position
    look: dict[str, str] = {"color": NOW, "penwidth": "3"} if place in slide.frame.edges else {}
    term, (x, y) = terms.get(place), way.tip()
    if term in slide.known.terms and way.label is not None:
        look["label"] = number_text(passes.terms[term or 0].step.local, digits)
        look |= {"lp": f"{way.label[0]:.1f},{-way.label[1]:.1f}", "fontsize": "13"}
    graph.edge(f"n{way.edge.tail}", f"n{way.edge.head}", pos=f"e,{x:.1f},{-y:.1f} {points}", **look)
