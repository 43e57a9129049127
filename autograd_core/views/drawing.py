"""Pictures of graphs: DOT text first, then an object that Jupyter shows and that saves itself."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..files import replace_file
from ..formulas.typesetting import number_text
from ..value import Constant, Value, topological_order
from . import layout
from .layout import GREY, STYLES
from .names import Names, names_for
from .steps import BackwardStep, terms
from .zoom import LEVELS, Cluster, clusters_within, require_one_of, visible_leaves

if TYPE_CHECKING:
    from pathlib import Path

SHOW = ("data", "grad", "local", "formula", "contribution")
MODES = ("forward", "gradients", "backward")
LIMIT = 400
SYMBOLS = {"*": "×", "neg": "−", "-": "−", "/": "÷"}


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
    show = (show,) if isinstance(show, str) else show
    _require_options(output, names, mode, show, level, rankdir, digits)
    found = clusters_within(output, level, limit, visible_leaves(output, inputs, parameters))
    picture = _Picture(output, names_for(output, names), mode, set(show), digits, set(inputs), set(parameters))
    graph = layout.new_digraph(rankdir, len(found))
    picture.add_to(graph, found, margin="  " if rankdir in ("TB", "BT") else "")
    if legend:
        graph.attr("graph", label=layout.legend(picture.used), labelloc="b", labeljust="l")
    source: str = graph.source
    return source


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


def draw(output: Value, **options: Any) -> Drawing:
    """The graph of ``output`` as a picture; the options are those of :func:`to_dot`.

    >>> x = Value(3.0, "x")
    >>> draw(x * x, mode="forward")
    <graph of 2 nodes and 2 edges>
    """
    if options.get("names") == "caller":
        from .names import caller_variables

        options["names"] = caller_variables(2)
    dot = to_dot(output, **options)
    order = topological_order(output)
    edges = sum(len(node.parents) for node in order)
    return Drawing(dot, f"graph of {len(order)} nodes and {edges} edges")


class _Picture:
    """The nodes and edges of one graph, with what is written on them."""

    def __init__(
        self, output: Value, called: dict[Value, str], mode: str, show: set[str], digits: int, inputs: set[Value], parameters: set[Value]
    ) -> None:
        self.output, self.called, self.mode, self.show, self.digits = output, called, mode, show, digits
        self.inputs, self.parameters = inputs, parameters
        self.used: list[str] = []
        self.steps: dict[Value, list[BackwardStep]] = {}
        self.grads: dict[Value, float] = {}
        for step in terms(output, called):
            self.grads[step.node] = step.total
            if step.consumer is not None:
                self.steps.setdefault(step.consumer, []).append(step)

    def add_to(self, graph: Any, found: list[Cluster], margin: str) -> None:
        """Draw the clusters, the leaves that they read, and an edge for every use between them.

        ``margin`` keeps labels off the edges that they stand beside.
        """
        ids: dict[Value, str] = {}
        for cluster in found:
            for x in [x for x in cluster.inputs if not x.parents and x not in ids and not self._is_left_out(x)]:
                ids[x] = f"n{len(ids)}"
                self._node(graph, ids[x], x, None)
            key = f"n{len(ids)}"
            ids.update(dict.fromkeys(cluster.members, key))
            self._node(graph, key, cluster.outputs[0], cluster)
        if not found:
            self._node(graph, "n0", self.output, None)
        edges = layout.with_rails([edge for cluster in found for edge in self._edges(ids, cluster)])
        for point in {edge.head: None for edge in edges if edge.head.startswith("rail")}:
            graph.node(point, label="", shape="point", width="0.06", color=GREY)
        for tail, head, label in edges:
            ends = (head, tail) if self.mode == "backward" else (tail, head)
            arrow = {"dir": "none"} if ends[1].startswith("rail") else {}
            text = "\n".join(margin + line for line in label.splitlines())
            graph.edge(*ends, label=layout.in_label(text), **arrow)

    def _edges(self, ids: dict[Value, str], cluster: Cluster) -> list[layout.Edge]:
        if cluster.is_collapsed:  # one edge for each source
            return [layout.Edge(source, ids[cluster.members[0]], "") for source in dict.fromkeys(ids[x] for x in cluster.inputs)]
        (node,) = cluster.members
        uses = zip(node.parents, self.steps.get(node, []))
        return [layout.Edge(ids[x], ids[node], "" if self.mode == "forward" else self._edge_label(step)) for x, step in uses if x in ids]

    def _is_left_out(self, node: Value) -> bool:
        """A number that stands in the formula has no gradient that anyone asks for."""
        return self.mode == "backward" and self._sort(node) == "constant"

    def _edge_label(self, step: BackwardStep) -> str:
        lines = []
        local = number_text(step.local, self.digits)
        if "formula" in self.show and step.formula not in ("", local):
            lines.append(f"{step.formula} = {local}" if "local" in self.show else step.formula)
        elif "local" in self.show or "formula" in self.show:
            lines.append(local)
        if "contribution" in self.show or self.mode == "backward":
            lines.append(f"{number_text(step.upstream, self.digits)} * {local} = {number_text(step.contribution, self.digits)}")
            lines = lines[-1:] if self.mode == "backward" else lines
        return "\n".join(lines)

    def _node(self, graph: Any, key: str, node: Value, cluster: Cluster | None) -> None:
        sort = self._sort(node)
        if sort not in self.used:
            self.used.append(sort)
        style = STYLES[sort]
        graph.node(key, label=self._label(node, cluster), fillcolor=style.fill, **style.attributes)

    def _sort(self, node: Value) -> str:
        if node is self.output:
            return "output"
        if node.parents:
            return "operation"
        if isinstance(node, Constant) and node not in self.inputs and node not in self.parameters:
            return "constant"
        return "parameter" if node in self.parameters or getattr(node, "is_parameter", False) else "input"

    def _label(self, node: Value, cluster: Cluster | None) -> str:
        """An HTML-like label: what the node is called and does, and its numbers below."""
        lines = [self._title(node, cluster)]
        outputs = cluster.outputs if cluster else [node]
        is_constant = self._sort(node) == "constant"
        if self.mode != "backward" and "data" in self.show and not is_constant:
            lines.append(f"data {self._numbers(x.data for x in outputs)}")
        if self.mode != "forward" and "grad" in self.show and not is_constant:
            lines.append(f"grad {self._numbers(self.grads.get(x, 0.0) for x in outputs)}")
        if cluster and cluster.parameters:
            lines += self._leaf_lines(cluster.parameters)
        rows = "".join(f"<TR><TD>{layout.in_cell(line)}</TD></TR>" for line in lines[1:])
        title = f"<TR><TD><B>{layout.in_cell(lines[0])}</B></TD></TR>"
        return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3">{title}{rows}</TABLE>>'

    def _leaf_lines(self, leaves: list[Value]) -> list[str]:
        """What is written of the leaves that a cluster hides: their names, and their gradients."""
        sort = self._sort_of(leaves)
        lines = [f"{sort} {_shortened(self.called[x] for x in leaves)}"] if all(self._is_named(x) for x in leaves) else []
        if self.mode != "forward" and "grad" in self.show:
            lines.append(f"{'grad' if len(leaves) == 1 else 'grads'} of {sort} {self._numbers(self.grads.get(x, 0.0) for x in leaves)}")
        return lines

    def _sort_of(self, leaves: list[Value]) -> str:
        """Leaves are parameters where that is known: where all are, or where the inputs are told apart."""
        known = self.inputs or all(self._sort(x) == "parameter" for x in leaves)
        one, many = ("parameter", "parameters") if known else ("leaf", "leaves")
        return one if len(leaves) == 1 else many

    def _title(self, node: Value, cluster: Cluster | None) -> str:
        outputs = cluster.outputs if cluster else [node]
        called = _shortened(self.called[x] for x in outputs)
        if self.mode == "backward":
            return f"∂{self.called[self.output]}/∂{called if len(outputs) == 1 else f'({called})'}"
        if cluster is None or node.primitive is None:
            return called
        symbol = SYMBOLS.get(node.op, node.op)
        if cluster.is_collapsed:
            count = f"{len(cluster.outputs)} × " if len(cluster.outputs) > 1 else ""
            leaves = f", {len(cluster.parameters)} {self._sort_of(cluster.parameters)}" if cluster.parameters else ""
            symbol = f"{count}{symbol} ({len(cluster.members)} operations{leaves})"
        elif node.op == "**":
            symbol = f"** {number_text(node.primitive.constants[0], None)}"
        return f"{called}   {symbol}" if all(map(self._is_named, outputs)) else symbol

    def _is_named(self, node: Value) -> bool:
        """Whether someone has given the node its name: others are called v1, v2, ..."""
        return bool(node.name) or not re.fullmatch(r"v\d+", self.called[node])

    def _numbers(self, numbers: Iterable[float]) -> str:
        return _shortened(number_text(x, self.digits) for x in numbers)


def _shortened(words: Iterable[str]) -> str:
    texts = list(words)
    return ", ".join(texts) if len(texts) <= 4 else f"{', '.join(texts[:3])}, … {texts[-1]}"


def _require_options(output: Any, names: Any, mode: Any, show: Any, level: Any, rankdir: Any, digits: Any) -> None:
    if not isinstance(output, Value):
        raise TypeError(f"what is drawn is a Value, not {output!r}")
    if not (names is None or isinstance(names, str | Mapping)):
        raise TypeError(f"names is 'caller' or a mapping from names to Values, not {names!r}")
    if not isinstance(show, Collection):
        raise TypeError(f"show is a tuple of names such as ('data', 'grad'), not {show!r}")
    require_one_of("mode", mode, MODES)
    for part in show:
        require_one_of("show", part, SHOW)
    if level is not None:
        require_one_of("level", level, LEVELS)
    require_one_of("rankdir", rankdir, ("LR", "TB", "RL", "BT"))
    if not isinstance(digits, int) or not 1 <= digits <= 17:
        raise ValueError(f"digits is a whole number from 1 to 17, not {digits!r}")
