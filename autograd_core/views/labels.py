"""What is written on the nodes and edges of a picture, whatever prints it, and the options that choose it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ..choices import require_one_of
from ..formulas.typesetting import number_text
from .names import shortened_list
from .scene import Edge, Node, Scene

SHOW = ("data", "grad", "stored", "local", "formula", "contribution")
NETWORK_SHOW = ("data", "grad", "stored", "weight", "name")
_GRAPH = ("data", "grad", "local")
USUAL = {  # what is shown unless a user says so; no one has chosen the sample with which a model is recorded
    "graph": _GRAPH, "compact": _GRAPH, "network": ("data", "weight"), "model": ("weight",), "backward": ("grad", "weight"),
}  # fmt: skip
MODES = ("forward", "gradients", "backward")
DIRECTIONS = ("LR", "TB", "RL", "BT")
WOULD_BE = "gradients as backward() would compute them; show=\"stored\" shows those that are stored"


class Options(NamedTuple):
    """What is written in a picture, and how: the options that :func:`draw` describes, once they are known to be right."""

    mode: str
    show: frozenset[str]
    rankdir: str
    digits: int

    @property
    def is_backward(self) -> bool:
        """Whether arrows point where gradients flow."""
        return self.mode == "backward"


def options_of(
    mode: str, show: Sequence[str] | str | None = None, rankdir: str = "LR", digits: int | None = None, of: str = "graph"
) -> Options:
    """The options of a picture ``of`` a key of ``USUAL``; ``TypeError`` or ``ValueError`` for one that is not allowed.

    >>> sorted(options_of("forward").show)
    ['data', 'grad', 'local']
    """
    require_one_of("mode", mode, MODES)
    if show is None:
        show = USUAL["backward" if of in ("network", "model") and mode == "backward" else of]
    elif of == "compact":
        raise ValueError("style='compact' shows values above the wires and gradients below: leave show out")
    show = (show,) if isinstance(show, str) else show
    if not isinstance(show, Collection):
        raise TypeError(f"show is a tuple of names such as ('data', 'grad'), not {show!r}")
    for part in show:
        require_one_of("show", part, SHOW if of in ("graph", "compact") else NETWORK_SHOW)
    require_one_of("rankdir", rankdir, DIRECTIONS)
    if digits is None:
        digits = {"graph": 4, "compact": 2}.get(of, 3)
    if not isinstance(digits, int) or not 1 <= digits <= 17:
        raise ValueError(f"digits is a whole number from 1 to 17, not {digits!r}")
    return Options(mode, frozenset(show), rankdir, digits)


class Labels:
    """The lines of text for each node and edge of a scene."""

    def __init__(self, scene: Scene, options: Options) -> None:
        self.mode, self.show, self.rankdir, self.digits = options
        self.is_reversed = options.is_backward
        self.output = scene.output.name
        # A number that stands in the formula has no gradient that anyone asks for.
        self.nodes = [node for node in scene.nodes if self.mode != "backward" or node.kind != "constant"]
        keys = {node.key for node in self.nodes}
        self.edges = [edge for edge in scene.edges if edge.tail in keys]

    @property
    def note(self) -> str:
        """What a picture says of gradients that are not those which are stored; empty where they are, or none is shown."""
        shown = self.mode != "forward" and ("grad" in self.show or self.mode == "backward")
        differ = (node.grad != tuple(value.grad for value in node.values) for node in self.nodes if node.kind != "constant")
        return WOULD_BE if shown and any(differ) else ""

    def kinds(self) -> list[str]:
        """The kinds of nodes that there are."""
        return list(dict.fromkeys(node.kind for node in self.nodes))

    def on_node(self, node: Node) -> list[str]:
        """What the node is called and does, and its numbers below."""
        lines = [self._title(node)]
        if self.mode != "backward" and "data" in self.show and node.kind != "constant":
            lines.append(f"data {self._numbers(node.data)}")
        if self.mode != "forward" and "grad" in self.show and node.kind != "constant":
            lines.append(f"grad {self._numbers(node.grad)}")
        if self.mode != "forward" and "stored" in self.show and node.kind != "constant":
            lines.append(f"stored grad {self._numbers(value.grad for value in node.values)}")
        return lines + self._on_hidden(node.hidden) if node.hidden else lines

    def on_edge(self, edge: Edge) -> list[str]:
        """The local derivative, and what else is asked for of the term that flows back along the edge."""
        step = edge.step
        if step is None or self.mode == "forward":
            return []
        local = number_text(step.local, self.digits)
        product = f"{number_text(step.upstream, self.digits)} * {local} = {number_text(step.contribution, self.digits)}"
        if self.mode == "backward":
            return [product]
        lines = []
        if "formula" in self.show and step.formula not in ("", local):
            lines.append(f"{step.formula} = {local}" if "local" in self.show else step.formula)
        elif "local" in self.show or "formula" in self.show:
            lines.append(local)
        return [*lines, product] if "contribution" in self.show else lines

    def about_node(self, node: Node) -> str:
        """What a node is called in tables, and how it is computed."""
        return f"{node.name} = {node.expression}" if node.expression and node.operations == 1 else node.name

    def about_edge(self, edge: Edge) -> str:
        """The numbers on an edge with what they are; empty where it has none."""
        step, end = edge.step, self.output
        if step is None or not self.on_edge(edge):
            return ""
        upstream, local, contribution = (number_text(x, self.digits) for x in (step.upstream, step.local, step.contribution))
        local = f"∂{step.consumer_name}/∂{step.name} = {local}"
        if not self.is_reversed and "contribution" not in self.show:
            return f"{local}, a local derivative"
        return f"∂{end}/∂{step.consumer_name} = {upstream}, times the local derivative {local}: adds {contribution} to ∂{end}/∂{step.name}"

    @property
    def about_edges(self) -> str:
        """What the numbers on the edges of the picture are; empty where there are none."""
        if not any(map(self.on_edge, self.edges)):
            return ""
        if self.is_reversed or "contribution" in self.show:
            return "On each arrow: upstream gradient * local derivative = contribution to the gradient."
        return "On each arrow: the local derivative, of the node that it leads to with respect to the node that it comes from."

    def _title(self, node: Node) -> str:
        if self.mode == "backward":
            return f"∂{self.output}/∂{node.name if len(node.values) == 1 else f'({node.name})'}"
        if node.row is None:
            return node.name
        symbol = node.symbol
        if node.operations > 1:
            count = f"{len(node.values)} × " if len(node.values) > 1 else ""
            leaves = f", {len(node.hidden)} {_sort(node.hidden)}" if node.hidden else ""
            symbol = f"{count}{symbol} ({node.operations} operations{leaves})"
        return f"{node.name}{' ' if symbol.startswith('=') else '   '}{symbol}" if node.is_named else symbol

    def _on_hidden(self, leaves: Sequence[Node]) -> list[str]:
        """What is written of the leaves that a cluster hides: their names, and their gradients."""
        sort = _sort(leaves)
        lines = [f"{sort} {shortened_list(leaf.name for leaf in leaves)}"] if all(leaf.is_named for leaf in leaves) else []
        if self.mode != "forward" and "grad" in self.show:
            grads = self._numbers(leaf.grad[0] for leaf in leaves)
            lines.append(f"{'grad' if len(leaves) == 1 else 'grads'} of {sort} {grads}")
        return lines

    def _numbers(self, numbers: Iterable[float]) -> str:
        return shortened_list(number_text(x, self.digits) for x in numbers)


def _sort(leaves: Sequence[Node]) -> str:
    one, many = ("parameter", "parameters") if all(leaf.kind == "parameter" for leaf in leaves) else ("leaf", "leaves")
    return one if len(leaves) == 1 else many
