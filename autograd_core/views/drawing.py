"""Pictures of graphs: DOT text first, then an object that Jupyter shows and that saves itself."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from ..files import replace_file
from ..value import Value, topological_order
from . import layout
from .columns import MOST, Edge, length, places, with_rails
from .labels import Labels
from .layout import GREY, STYLES
from .names import Names
from .scene import Node, View
from .zoom import LIMIT

if TYPE_CHECKING:
    from pathlib import Path


def to_dot(
    output: Value,
    *,
    names: Names = None,
    mode: str = "gradients",
    show: Sequence[str] | str = ("data", "grad", "local"),
    level: str | None = None,
    inputs: Collection[Value] = (),
    parameters: Collection[Value] = (),
    rankdir: str = "LR",
    digits: int = 4,
    legend: bool = True,
    limit: int = LIMIT,
) -> str:
    """The graph of ``output`` in the DOT language: a node for every Value, an edge for every use.

    ``mode`` is ``"forward"`` (values only), ``"gradients"`` (values, gradients and local derivatives) or
    ``"backward"`` (the graph of the backward pass, whose edges carry the contributions). ``show`` chooses
    among ``data``, ``grad``, ``local`` (the local derivative on each edge), ``formula`` (the same in
    symbols) and ``contribution``; one alone may stand without a tuple. ``level`` collapses a network to its
    ``"layer"`` or ``"neuron"`` clusters; left out, it is ``"operation"``, and a graph of more than ``limit``
    nodes is collapsed with a warning. ``inputs`` and ``parameters`` say which leaves are drawn as what; others
    are inputs, and a leaf of a subclass with a true ``is_parameter`` is a parameter. Inputs stay visible at every
    level; where nothing tells inputs from parameters, a few leaves all do, and of many those that several clusters
    read. Gradients are those of ``output`` with seed 1.

    Raises ``TypeError`` or ``ValueError`` for an option that is not one of these, and ``ValueError`` for a graph
    that has more than ``limit`` nodes at every level.

    >>> x = Value(3.0, "x")
    >>> print(to_dot(x * x, legend=False))  # doctest: +ELLIPSIS
    digraph {
    ...
    """
    scene = View(output, names, inputs, parameters).at(level, limit)
    labels = Labels(scene, mode, show, rankdir, digits)
    graph = layout.new_digraph(rankdir, len(labels.nodes))
    for node in labels.nodes:
        style = STYLES[node.kind]
        graph.node(f"n{node.key}", label=_label(node, labels), fillcolor=style.fill, **style.attributes)
    _add_edges(graph, labels)
    if legend:
        graph.attr("graph", label=layout.legend(labels.kinds()), labelloc="b", labeljust="l")
    source: str = graph.source
    return source


def _label(node: Node, labels: Labels) -> str:
    """An HTML-like label: a row for each line, the first in bold."""
    title, *lines = labels.on_node(node)
    rows = "".join(f"<TR><TD>{layout.in_cell(line)}</TD></TR>" for line in lines)
    first = f"<TR><TD><B>{layout.in_cell(title)}</B></TD></TR>"
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3">{first}{rows}</TABLE>>'


def _add_edges(graph: Any, labels: Labels) -> None:
    """An arrow for every use, those of long edges from the points of a rail."""
    margin = "  " if labels.rankdir in ("TB", "BT") else ""  # keeps labels off the edges that they stand beside
    texts = ["\n".join(margin + line for line in "\n".join(labels.on_edge(edge)).splitlines()) for edge in labels.edges]
    edges = with_rails([Edge(f"n{edge.tail}", f"n{edge.head}", text) for edge, text in zip(labels.edges, texts)])
    for point in {edge.head: None for edge in edges if edge.head.startswith("rail")}:
        graph.node(point, label="", shape="point", width="0.06", color=GREY)
    for tail, head, label in edges:
        ends = (head, tail) if labels.is_reversed else (tail, head)
        arrow = {"dir": "none"} if ends[1].startswith("rail") else {}
        graph.edge(*ends, label=layout.in_label(label), **arrow)
    if length(edges) > MOST:
        _place(graph, labels, edges)


def _place(graph: Any, labels: Labels, edges: list[Edge]) -> None:
    """Give each node its place, so that an engine only draws."""
    if labels.is_reversed:
        edges = [Edge(head, tail, label) for tail, head, label in reversed(edges)]
    sizes = {}
    for node in labels.nodes:
        lines = labels.on_node(node)
        sizes[f"n{node.key}"] = 7.0 * max(map(len, lines)) + 30.0, 20.5 * len(lines) + 10.0
    graph.attr("graph", layout="nop1", outputorder="edgesfirst")  # boxes stand on the lines that run past them
    for name, (x, y) in places(edges, sizes, labels.rankdir).items():
        graph.node(name, pos=f"{x:.1f},{y:.1f}")


class Drawing:
    """A picture of a graph: Jupyter shows it, and ``save`` writes it.

    ``dot`` is its DOT text, ``svg()`` its SVG text.

    >>> Drawing("digraph { a -> b }", "graph of 2 nodes and 1 edges").svg()[:5]
    '<?xml'
    """

    def __init__(self, dot: str, description: str) -> None:
        self.dot = dot
        self.description = description
        self._svg: str | None = None

    def svg(self) -> str:
        """The picture as SVG text; a :class:`LayoutError` that says what to install if there is no layout engine."""
        if self._svg is None:
            self._svg = layout.render(self.dot).decode()
        return self._svg

    def save(self, path: str | Path) -> Path:
        """Write ``path``, whose ending says what: ``.svg``, ``.png``, ``.pdf`` or ``.dot``. Returns the path."""
        from pathlib import Path

        path = Path(path)
        kind = path.suffix.lower().lstrip(".")
        if kind not in ("svg", "png", "pdf", "dot", "gv"):
            raise ValueError(f"a drawing is saved as .svg, .png, .pdf or .dot, not {path.name!r}")
        replace_file(path, self.dot if kind in ("dot", "gv") else layout.render(self.dot, kind))
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """HTML with the picture as an image, which every notebook shows, also an untrusted one; SVG; and text."""
        import base64

        svg = self.svg()
        encoded = base64.b64encode(svg.encode()).decode()
        # On a narrow screen it shrinks until it is just legible, and then scrolls; a point is 4/3 pixels.
        width = re.search(r'<svg width="(\d+)', svg)
        style = f"max-width:100%;min-width:{int(width[1]) * 4 // 3 * 11 // 20}px" if width else "max-width:100%"
        image = f'<img src="data:image/svg+xml;base64,{encoded}" alt="{html.escape(self.description)}" style="{style}">'
        return {"text/html": image, "image/svg+xml": svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<{self.description}>"


def draw(
    output: Value,
    *,
    names: Names = None,
    mode: str = "gradients",
    show: Sequence[str] | str = ("data", "grad", "local"),
    level: str | None = None,
    inputs: Collection[Value] = (),
    parameters: Collection[Value] = (),
    rankdir: str = "LR",
    digits: int = 4,
    legend: bool = True,
    limit: int = LIMIT,
) -> Drawing:
    """The graph of ``output`` as a picture; the options are those of :func:`to_dot`.

    >>> x = Value(3.0, "x")
    >>> draw(x * x, mode="forward")
    <graph of 2 nodes and 2 edges>
    """
    dot = to_dot(
        output, names=names, mode=mode, show=show, level=level, inputs=inputs, parameters=parameters, rankdir=rankdir, digits=digits,
        legend=legend, limit=limit,
    )  # fmt: skip
    order = topological_order(output)
    edges = sum(len(node.parents) for node in order)
    return Drawing(dot, f"graph of {len(order)} nodes and {edges} edges")
