"""Pictures of graphs: DOT text first, then an object that Jupyter shows and that saves itself."""

from __future__ import annotations

import html
import sys
import warnings
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from . import layout
from .clusters import LEVELS, Cluster, clusters
from .expression import number_text
from .notation import Names, names_for
from .value import Constant, Value, topological_order
from .walkthrough import BackwardStep, terms

if TYPE_CHECKING:
    from pathlib import Path

SHOW = ("data", "grad", "local", "formula", "contribution")
MODES = ("forward", "gradients", "backward")
LIMIT = 400
GREY = "#767676"  # on white and on black alike this has a contrast of at least 4.5


class Style(NamedTuple):
    """How one sort of node looks: colours of Okabe and Ito, and a border that tells as much without colour."""

    label: str
    fill: str
    attributes: dict[str, str]


STYLES = {
    "input": Style("input", "#cfe8f7", {}),
    "parameter": Style("parameter", "#fbe3b0", {"penwidth": "2.4"}),
    "constant": Style("constant", "#e4e4e4", {"style": "filled,dashed"}),
    "operation": Style("operation", "#ffffff", {"style": "filled,rounded"}),
    "output": Style("output", "#bfe5d8", {"peripheries": "2"}),
}


def to_dot(
    output: Value,
    *,
    names: Names = None,
    mode: str = "gradients",
    show: Sequence[str] = ("data", "grad", "local"),
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
    symbols) and ``contribution``. ``level`` collapses a network to its ``"layer"`` or ``"neuron"`` clusters;
    left out, it is ``"operation"``, and a graph of more than ``limit`` nodes is collapsed with a warning.
    ``inputs`` and ``parameters`` say which leaves are drawn as what; others are inputs, and a leaf of a
    subclass with a true ``is_parameter`` is a parameter. Gradients are those of ``output`` with seed 1.

    >>> x = Value(3.0, "x")
    >>> print(to_dot(x * x, legend=False))  # doctest: +ELLIPSIS
    digraph {
    ...
    """
    _require_one_of("mode", mode, MODES)
    for part in show:
        _require_one_of("show", part, SHOW)
    _require_one_of("rankdir", rankdir, ("LR", "TB", "RL", "BT"))
    if not isinstance(digits, int) or not 1 <= digits <= 17:
        raise ValueError(f"digits is a whole number from 1 to 17, not {digits!r}")
    chosen = _level(output, level, limit, inputs)
    picture = _Picture(output, names_for(output, names), mode, set(show), digits, set(inputs), set(parameters))
    found = clusters(output, chosen, _kept(output, inputs))
    graph = _digraph(rankdir, large=len(found) > 60)
    picture.add_to(graph, found)
    if legend:
        _add_legend(graph, picture.used)
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
        path.write_bytes(self.dot.encode() if kind in ("dot", "gv") else layout.render(self.dot, kind))
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """HTML with the picture as an image, which every notebook shows, also an untrusted one; SVG; and text."""
        import base64

        svg = self.svg()
        encoded = base64.b64encode(svg.encode()).decode()
        image = f'<img src="data:image/svg+xml;base64,{encoded}" alt="{html.escape(self.description)}" style="max-width:100%">'
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
        from .notation import caller_variables

        options["names"] = caller_variables(2)
    order = topological_order(output)
    edges = sum(len(node.parents) for node in order)
    return Drawing(to_dot(output, **options), f"graph of {len(order)} nodes and {edges} edges")


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

    def add_to(self, graph: Any, found: list[Cluster]) -> None:
        """Draw the clusters, the leaves that they read, and an edge for every use between them."""
        ids: dict[Value, str] = {}
        for cluster in found:
            for x in [x for x in cluster.inputs if not x.parents and x not in ids]:
                ids[x] = f"n{len(ids)}"
                self._node(graph, ids[x], x, None)
            key = f"n{len(ids)}"
            ids.update(dict.fromkeys(cluster.members, key))
            self._node(graph, key, cluster.outputs[0], cluster)
        if not found:
            self._node(graph, "n0", self.output, None)
        for cluster in found:
            self._edges(graph, ids, cluster)

    def _edges(self, graph: Any, ids: dict[Value, str], cluster: Cluster) -> None:
        if len(cluster.members) > 1 or len(cluster.outputs) > 1:  # collapsed: one edge for each source
            for source in dict.fromkeys(ids[x] for x in cluster.inputs):
                self._edge(graph, source, ids[cluster.members[0]], None)
            return
        (node,) = cluster.members
        for parent, step in zip(node.parents, self.steps.get(node, [])):
            if parent in ids:
                self._edge(graph, ids[parent], ids[node], step)

    def _edge(self, graph: Any, tail: str, head: str, step: BackwardStep | None) -> None:
        label = "" if step is None or self.mode == "forward" else self._edge_label(step)
        if self.mode == "backward":
            tail, head = head, tail
        graph.edge(tail, head, label=_escaped(label))

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
        if self.mode != "backward" and "data" in self.show and not isinstance(node, Constant):
            lines.append(f"data {self._numbers(x.data for x in outputs)}")
        if self.mode != "forward" and "grad" in self.show:
            lines.append(f"grad {self._numbers(self.grads.get(x, 0.0) for x in outputs)}")
        if cluster and cluster.parameters and self.mode != "forward" and "grad" in self.show:
            lines.append(f"grads of parameters {self._numbers(self.grads.get(x, 0.0) for x in cluster.parameters)}")
        rows = "".join(f"<TR><TD>{_cell(line)}</TD></TR>" for line in lines[1:])
        title = f"<TR><TD><B>{_cell(lines[0])}</B></TD></TR>"
        return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3">{title}{rows}</TABLE>>'

    def _title(self, node: Value, cluster: Cluster | None) -> str:
        called = self.called[node]
        if self.mode == "backward":
            return f"∂{self.called[self.output]}/∂{called}"
        if cluster is None or node.primitive is None:
            return called
        if len(cluster.members) > 1 or len(cluster.outputs) > 1:
            count = f"{len(cluster.outputs)} × " if len(cluster.outputs) > 1 else ""
            return f"{count}{cluster.kind} ({len(cluster.members)} operations, {len(cluster.parameters)} parameters)"
        symbol = {"*": "×", "neg": "−", "-": "−", "/": "÷"}.get(node.op, node.op)
        symbol = f"** {number_text(node.primitive.constants[0], None)}" if node.op == "**" else symbol
        return f"{called}   {symbol}" if node.name or not called.startswith("v") else symbol

    def _numbers(self, numbers: Iterable[float]) -> str:
        texts = [number_text(x, self.digits) for x in numbers]
        return ", ".join(texts) if len(texts) <= 4 else f"{', '.join(texts[:3])}, … {texts[-1]}"


def _level(output: Value, level: str | None, limit: int, inputs: Collection[Value]) -> str:
    """The level that is drawn: the one that is asked for, unless it has more than ``limit`` nodes."""
    if level is not None:
        _require_one_of("level", level, LEVELS)
    wanted = level or "operation"
    sizes = {}
    for candidate in LEVELS[LEVELS.index(wanted) :]:
        found = clusters(output, candidate, _kept(output, inputs))
        sizes[candidate] = len(found) + len({x for cluster in found for x in cluster.inputs if not x.parents})
        if sizes[candidate] <= limit:
            if candidate != wanted:
                warnings.warn(
                    f"the graph has {sizes[wanted]} nodes at level {wanted!r}, more than limit={limit}: drawn at level {candidate!r}; "
                    "pass a larger limit to draw it all",
                    UserWarning,
                    stacklevel=_depth(),
                )
            return candidate
    told = ", ".join(f"{size} at level {name!r}" for name, size in sizes.items())
    raise ValueError(f"the graph has too many nodes to draw ({told}; limit={limit}): draw a part of it, or pass a larger limit")


def _depth() -> int:
    """How many calls of this module lie between the warning and the code that it is meant for."""
    frame, depth = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame, depth = frame.f_back, depth + 1
    return depth


def _kept(output: Value, inputs: Collection[Value]) -> list[Value]:
    """The leaves that are drawn at every level: the inputs that are named, or those of a subclass with a true ``is_input``."""
    if inputs:
        return list(inputs)
    return [node for node in topological_order(output) if not node.parents and getattr(node, "is_input", False)]


def _digraph(rankdir: str, large: bool) -> Any:
    import graphviz  # type: ignore[import-untyped]

    graph = graphviz.Digraph()
    font = "Arial"  # one that layout engines know the widths of
    # In a large graph, long edges would take the engine minutes: they become straight, and are placed in fewer rounds.
    speed = {"splines": "line", "nslimit": "1"} if large else {}
    graph.attr("graph", **speed, rankdir=rankdir, bgcolor="transparent", fontname=font, fontcolor=GREY)
    graph.attr("node", shape="box", style="filled", fontname=font, fontsize="12", color="#444444", fontcolor="#111111")
    graph.attr("edge", color=GREY, fontcolor=GREY, fontname=font, fontsize="11")
    return graph


def _add_legend(graph: Any, used: Sequence[str]) -> None:
    with graph.subgraph(name="cluster_legend") as box:
        box.attr(label="legend", color=GREY, fontsize="11", style="dotted")
        for name in STYLES:
            if name in used:
                style = STYLES[name]
                box.node(f"legend_{name}", label=style.label, fillcolor=style.fill, fontsize="10", height="0.25", **style.attributes)


def _require_one_of(what: str, given: str, allowed: Sequence[str]) -> None:
    if given not in allowed:
        raise ValueError(f"{what} is one of {', '.join(map(repr, allowed))}, not {given!r}")


def _cell(text: str) -> str:
    # A word joiner behind a backslash keeps \\N and its like from being replaced by the engine.
    return html.escape(_legal(text), quote=False).replace("\\", "\\\u2060").replace("\n", "<BR/>") or " "


def _escaped(text: str) -> str:
    """Text for a plain DOT label: a backslash is a backslash, a new line a new line."""
    return _legal(text).replace("\\", "\\\\").replace("&", "&amp;").replace("\n", "\\n")


def _legal(text: str) -> str:
    """The text without the characters that XML does not allow."""
    return "".join(c if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff") else "\ufffd" for c in text)
