"""The compact picture of a graph, as on a blackboard: circles with the sign of the operation, values above the wires, gradients below."""

from __future__ import annotations

from typing import Any

from ..formulas.typesetting import number_text
from . import layout
from .labels import Labels
from .roles import sign_of
from .scene import Edge, Node

VALUE, GRADIENT = "#007ac8", "#d2470b"  # a blue and a vermilion with a contrast of at least 4.5 on white and on black
SIZE = "20"  # points: two digits are read from the back row


def compact_dot(labels: Labels, legend: bool) -> str:
    """The DOT text: a circle for every operation, a word for every leaf, and a wire with its numbers for every use.

    Below a wire stands what flows back along it: of a node that several others read, its gradient is their sum.
    """
    if labels.mode == "backward":
        raise ValueError("style='compact' has both passes in one picture: mode is 'forward' or 'gradients'")
    graph = layout.new_digraph(labels.rankdir, len(labels.nodes))
    graph.attr("graph", nodesep="0.15", ranksep="0.25")
    graph.attr("node", shape="plaintext", style="", fontsize=SIZE, fontcolor=layout.GREY, margin="0.05,0.02", width="0", height="0")
    graph.attr("edge", penwidth="1.6", arrowsize="0.8")
    wiring = _Wiring(graph, labels)
    for node in labels.nodes:
        wiring.node(node)
    for i, edge in enumerate(labels.edges):
        wiring.wire(f"w{i}", labels.nodes[edge.tail], f"n{edge.head}", edge)
    output = next(node for node in labels.nodes if node.kind == "output")
    if output.row is not None:
        graph.node("out", label=layout.in_label(output.name) if output.is_named else "")
        wiring.wire("w", output, "out", None)
    if legend:
        words = ("value on the left", "gradient on the right") if wiring.is_upright else ("value above", "gradient below")
        below = "" if labels.mode == "forward" else f'<TD><FONT COLOR="{GRADIENT}">{words[1]}</FONT></TD>'
        cells = f'<TR><TD><FONT COLOR="{VALUE}">{words[0]}</FONT></TD>{below}</TR>'
        graph.attr("graph", label=f'<<TABLE BORDER="0" CELLSPACING="6">{cells}</TABLE>>', labelloc="b", labeljust="l")
    source: str = graph.source
    return source


class _Wiring:
    """Puts the parts of a picture into a graph."""

    def __init__(self, graph: Any, labels: Labels) -> None:
        self.graph, self.labels = graph, labels
        self.is_upright = labels.rankdir in ("TB", "BT")
        self.ends = {"LR": "we", "RL": "ew", "TB": "ns", "BT": "sn"}[labels.rankdir]

    def node(self, node: Node) -> None:
        name = f"n{node.key}"
        if node.row is None:
            self.graph.node(name, label=layout.in_label(node.name))
            return
        style = layout.STYLES[node.kind]
        sign = (sign_of(node.row) if node.operations == 1 else node.symbol).removeprefix("= ")  # of a fold its formula
        shape = "circle" if len(sign) <= 4 else "ellipse"
        look = {"shape": shape, "style": "filled", "fontcolor": layout.INK, "width": "0.55", "height": "0.55", "margin": "0.02"}
        self.graph.node(name, label=layout.in_label(sign), fillcolor=style.fill, **look)

    def wire(self, name: str, tail: Node, head: str, edge: Edge | None) -> None:
        """From ``tail`` through its numbers to ``head``; a number that stands in the formula has none."""
        if tail.kind == "constant":
            self.graph.edge(f"n{tail.key}", head)
            return
        self.graph.node(name, label=self._numbers(tail, edge), margin="0")
        self.graph.edge(f"n{tail.key}", name, dir="none", headport=self.ends[0])
        self.graph.edge(name, head, tailport=self.ends[1])

    def _numbers(self, tail: Node, edge: Edge | None) -> str:
        """A table of two cells: its middle line goes on with the wire."""
        value = self._text(tail.data)
        if edge is not None and tail.row is not None and tail.is_named:
            value = f"{tail.name} = {value}"
        cells = [_cell(value, VALUE)]
        if self.labels.mode != "forward":
            step = edge.step if edge is not None else None
            cells.append(_cell(self._text(tail.grad if step is None else (step.contribution,)), GRADIENT))
        else:
            cells.append(_cell(" ", VALUE))
        rows = "<VR/>".join(cells) if self.is_upright else "</TR><HR/><TR>".join(cells)
        return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1" COLOR="{layout.GREY}"><TR>{rows}</TR></TABLE>>'

    def _text(self, numbers: tuple[float, ...]) -> str:
        return ", ".join(number_text(x, self.labels.digits) for x in numbers)


def _cell(text: str, colour: str) -> str:
    return f'<TD><FONT COLOR="{colour}">{layout.in_cell(text)}</FONT></TD>'
