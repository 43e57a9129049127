"""Pictures of graphs: DOT text first, then an object that Jupyter shows and that saves itself."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..choices import named_options, require_one_of
from ..files import path_text, replace_file
from ..value import Value, topological_order
from . import layout
from .columns import MOST, Edge, length, places, with_rails
from .compact import compact_dot
from .labels import Labels, options_of
from .layout import GREY, STYLES
from .names import Names
from .network_picture import is_network, network_picture
from .scene import Node, View
from .tikz import tikz_figure
from .zoom import LIMIT

if TYPE_CHECKING:
    from pathlib import Path

def to_dot(
    output: Any, *, names: Names = None, mode: str = "gradients", show: Sequence[str] | str | None = None, level: str | None = None,
    inputs: Collection[Value] = (), parameters: Collection[Value] = (), rankdir: str = "LR", digits: int | None = None,
    legend: bool = True, limit: int = LIMIT, loss: Value | None = None, classes: Sequence[str] = (),
    style: str = "boxes",
) -> str:  # fmt: skip
    """The DOT text of :func:`draw`, whose options it takes.

    >>> x = Value(3.0, "x")
    >>> print(to_dot(x * x, legend=False))  # doctest: +ELLIPSIS
    digraph {
    ...
    """
    return draw(
        output, names=names, mode=mode, show=show, level=level, inputs=inputs, parameters=parameters, rankdir=rankdir, digits=digits,
        legend=legend, limit=limit, loss=loss, classes=classes, style=style,
    ).dot  # fmt: skip


def _graph(labels: Labels, legend: bool) -> tuple[str, dict[str, list[str]]]:
    """A node for every Value or cluster, an edge for every use; and what is told of each by its name in the text."""
    graph = layout.new_digraph(labels.rankdir, len(labels.nodes))
    for node in labels.nodes:
        look = STYLES[node.kind]
        graph.node(f"n{node.key}", label=_label(node, labels), fillcolor=look.fill, **look.attributes)
    _keep_order(graph, labels)
    told = {f"n{node.key}": [labels.about_node(node)] for node in labels.nodes} | _add_edges(graph, labels)
    if legend:
        graph.attr("graph", label=layout.legend(labels.kinds(), labels.note), labelloc="b", labeljust="l")
    return graph.source, told


def _label(node: Node, labels: Labels) -> str:
    """An HTML-like label: a row for each line, the first in bold."""
    title, *lines = labels.on_node(node)
    rows = "".join(f"<TR><TD>{layout.in_cell(line)}</TD></TR>" for line in lines)
    first = f"<TR><TD><B>{layout.in_cell(title)}</B></TD></TR>"
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3">{first}{rows}</TABLE>>'


def _add_edges(graph: Any, labels: Labels) -> dict[str, list[str]]:
    """An arrow for every use, those of long edges from the points of a rail; and what is told of them."""
    margin = "  " if labels.rankdir in ("TB", "BT") else ""  # keeps labels off the edges that they stand beside
    texts = ["\n".join(margin + line for line in "\n".join(labels.on_edge(edge)).splitlines()) for edge in labels.edges]
    edges = with_rails([Edge(f"n{edge.tail}", f"n{edge.head}", str(i)) for i, edge in enumerate(labels.edges)])
    told: dict[str, list[str]] = {}
    for point in {edge.head: None for edge in edges if edge.head.startswith("rail")}:
        graph.node(point, label="", shape="point", width="0.06", color=GREY)
    for tail, head, place in edges:
        ends = (head, tail) if labels.is_reversed else (tail, head)
        arrow = {"dir": "none"} if ends[1].startswith("rail") else {}
        graph.edge(*ends, label=layout.in_label(texts[int(place)] if place else ""), **arrow)
        told.setdefault("->".join(ends), []).append(labels.about_edge(labels.edges[int(place)]) if place else "")
    if length(edges) > MOST:
        _place(graph, labels, edges)
    return told


def _keep_order(graph: Any, labels: Labels) -> None:
    """The units of a layer stand in their order, which an engine that only looks for few crossings mixes up."""
    layers: dict[tuple[str, int, frozenset[int]], list[str]] = {}
    for node in labels.nodes:
        if node.operations > 1:
            layers.setdefault((node.symbol, node.operations, frozenset(node.parents)), []).append(f"n{node.key}")
    if any(len(units) > 4 for units in layers.values()):
        # Curves around so many neighbours are hard to follow: straight lines from the side of one column to that of the next.
        tail, head = {"LR": ("e", "w"), "RL": ("w", "e"), "TB": ("s", "n"), "BT": ("n", "s")}[labels.rankdir]
        graph.attr("graph", splines="line", ranksep="1.5")
        graph.attr("edge", tailport=tail, headport=head)
    for units in layers.values():
        if len(units) > 1:
            with graph.subgraph() as layer:
                layer.attr(rank="same")
                for one, next_one in itertools.pairwise(units):
                    layer.edge(one, next_one, style="invis")


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

    ``dot`` is its DOT text, ``svg()`` its SVG text, in which a browser tells under the pointer what each node and each number is.

    >>> Drawing("digraph { a -> b }", "graph of 2 nodes and 1 edges").svg()[:5]
    '<?xml'
    """

    def __init__(self, dot: str, description: str, about: str = "", titles: Mapping[str, Sequence[str]] | None = None) -> None:
        self.dot = dot
        self.description = description
        self._about, self._titles = about, titles or {}  # what a browser shows under the pointer
        self._svg: str | None = None

    def svg(self) -> str:
        """The picture as SVG text; a :class:`LayoutError` that says what to install if there is no layout engine."""
        if self._svg is None:
            self._svg = layout.with_titles(layout.render(self.dot).decode(), self._about, self._titles)
        return self._svg

    def save(self, path: str | Path) -> Path:
        """Write ``path``, whose ending says what: ``.svg``, ``.png``, ``.pdf``, ``.dot`` or ``.tex`` (TikZ). Returns the path."""
        from pathlib import Path

        path = Path(path_text(path))
        kind = path.suffix.lower().lstrip(".")
        texts = {"tex": lambda: self.tikz(standalone=True), "dot": lambda: self.dot, "gv": lambda: self.dot, "svg": self.svg}
        if kind not in (*texts, "png", "pdf"):
            raise ValueError(f"a drawing is saved as .svg, .png, .pdf, .dot or .tex, not {path.name!r}")
        replace_file(path, texts[kind]() if kind in texts else layout.render(self.dot, kind))
        return path

    def tikz(self, standalone: bool = False) -> str:
        """The picture as a TikZ figure, for lecture notes that load ``tikz``; or as a document that stands alone.

        Its nodes have the places that a layout engine gives them, and keep their colours, names and numbers.

        >>> print(Drawing("digraph { a -> b }", "graph of 2 nodes and 1 edges").tikz())  # doctest: +ELLIPSIS
        \\begin{tikzpicture}...
        \\end{tikzpicture}
        """
        return tikz_figure(self.dot, standalone)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """HTML with the picture as an image, which every notebook shows, also an untrusted one; SVG; and text."""
        import base64

        svg = self.svg()
        encoded = base64.b64encode(svg.encode()).decode()
        # On a narrow screen it shrinks until it is just legible, and then scrolls; a point is 4/3 pixels.
        width = re.search(r'<svg width="(\d+)', svg)
        style = f"max-width:100%;min-width:{int(width[1]) * 4 // 3 * 11 // 20}px" if width else "max-width:100%"
        about = f' title="{html.escape(self._about)}"' if self._about else ""
        image = f'<img src="data:image/svg+xml;base64,{encoded}" alt="{html.escape(self.description)}"{about} style="{style}">'
        return {"text/html": image, "image/svg+xml": svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<{self.description}>"


@named_options(format='the ending of a file says it, as in draw(x).save("graph.png")')
def draw(
    output: Any, *, names: Names = None, mode: str = "gradients", show: Sequence[str] | str | None = None, level: str | None = None,
    inputs: Collection[Value] = (), parameters: Collection[Value] = (), rankdir: str = "LR", digits: int | None = None,
    legend: bool = True, limit: int = LIMIT, loss: Value | None = None, classes: Sequence[str] = (), style: str = "boxes",
) -> Drawing:  # fmt: skip
    """The graph of ``output`` as a picture: a node for every Value, an edge for every use; or a network as circles and arrows.

    Jupyter shows it, and ``draw(x).save("x.svg")`` writes a file. ``mode`` is ``"forward"`` (values only), ``"gradients"`` (values,
    gradients and local derivatives) or ``"backward"`` (the graph of the backward pass, whose edges carry the contributions). ``show``
    chooses among ``data``, ``grad``, ``local`` (the local derivative on each edge), ``formula`` (the same in symbols), ``contribution``,
    and ``stored``. Gradients are those that ``backward()`` of ``output`` would compute, and the legend says so where others are stored;
    ``stored`` shows those that are. ``level`` is how much one node stands for: ``"operation"``; ``"named"`` shows leaves and nodes that
    have names, with formulas between them; ``"neuron"`` and ``"layer"`` are clusters; ``"network"`` draws units in columns. Left out, it is
    ``"operation"`` (a graph of more than ``limit`` nodes is collapsed with a warning), and ``"network"`` for a list of Values, for a neuron
    of parameters (the output of a model; its loss is a graph of operations) unless the compact style or local derivatives are asked for,
    and for a model, an object whose method ``recorded()`` gives two lists of Values: outputs, and their inputs.

    A network shows ``data`` and ``grad`` in its units and ``weight`` or ``name`` on its arrows; in the mode ``"backward"`` δ, the
    gradient by the weighted sum, and the gradient by each weight. Its gradients are those of ``loss``, or else of the sum of the
    outputs; ``classes`` are words beside the outputs. ``names`` is a mapping from names to Values, or ``"caller"`` for the
    variables of the calling code, which a notebook does unless it is ``{}``. ``inputs`` and ``parameters`` say which leaves are
    drawn as what; others are inputs, and a leaf of a subclass with a true ``is_parameter`` is a parameter. Inputs stay visible at
    every level; where nothing tells inputs from parameters, a few leaves all do, and of many those that several clusters read.
    ``style="compact"``: circles with signs for operations, values above the wires and gradients below them, to two digits.

    >>> x = Value(3.0, "x")
    >>> draw(x * x, mode="forward")
    <graph of 2 nodes and 2 edges>

    Raises ``TypeError`` or ``ValueError`` for a wrong option, for more than ``limit`` nodes at every level, and for what is no network.
    """
    require_one_of("style", style, ("boxes", "compact"))
    if level == "network" or (level is None and is_network(output) and not _asks_for_operations(output, style, show)):
        if style == "compact":
            raise ValueError("the compact style draws the operations of one Value, not a network: write draw(model(x), style='compact')")
        options = options_of(mode, show, rankdir, digits, "model" if hasattr(output, "recorded") else "network")
        return Drawing(*network_picture(output, options, names, inputs, parameters, loss, classes, legend, limit))
    if loss is not None or classes:
        raise ValueError("loss and classes are options of pictures of networks: add level='network'")
    options = options_of(mode, show, rankdir, digits, "graph" if style == "boxes" else style)
    labels = Labels(View(output, names, inputs, parameters).at(level, limit), options)
    if style == "compact":
        return Drawing(compact_dot(labels, legend), _described(output))
    dot, told = _graph(labels, legend)
    return Drawing(dot, _described(output), labels.about_edges, told)


def _asks_for_operations(output: Any, style: str, show: Sequence[str] | str | None) -> bool:
    """Whether an option for one output is one that pictures of networks do not have."""
    shown = (show,) if isinstance(show, str) else show if isinstance(show, Collection) else ()
    return isinstance(output, Value) and (style == "compact" or not {"local", "formula", "contribution"}.isdisjoint(shown))


def _described(output: Value) -> str:
    order = topological_order(output)
    return f"graph of {len(order)} nodes and {sum(len(node.parents) for node in order)} edges"
