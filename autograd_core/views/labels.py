"""What is written on the nodes and edges of a picture, whatever prints it, and the options that choose it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ..formulas.typesetting import number_text
from .names import shortened_list
from .scene import Edge, Node, Scene
from .zoom import require_one_of

SHOW = ("data", "grad", "local", "formula", "contribution")
MODES = ("forward", "gradients", "backward")
DIRECTIONS = ("LR", "TB", "RL", "BT")


class Labels:
    """The lines of text for each node and edge of a scene.

    ``mode``, ``show``, ``rankdir`` and ``digits`` as in :func:`to_dot`; one that is not allowed is a ``TypeError`` or a
    ``ValueError``.
    """

    def __init__(self, scene: Scene, mode: str, show: Sequence[str] | str, rankdir: str, digits: int) -> None:
        show = (show,) if isinstance(show, str) else show
        if not isinstance(show, Collection):
            raise TypeError(f"show is a tuple of names such as ('data', 'grad'), not {show!r}")
        require_one_of("mode", mode, MODES)
        for part in show:
            require_one_of("show", part, SHOW)
        require_one_of("rankdir", rankdir, DIRECTIONS)
        if not isinstance(digits, int) or not 1 <= digits <= 17:
            raise ValueError(f"digits is a whole number from 1 to 17, not {digits!r}")
        self.mode, self.show, self.rankdir, self.digits = mode, set(show), rankdir, digits
        self.is_reversed = mode == "backward"  # arrows point where gradients flow
        self.output = scene.output.name
        # A number that stands in the formula has no gradient that anyone asks for.
        self.nodes = [node for node in scene.nodes if mode != "backward" or node.kind != "constant"]
        keys = {node.key for node in self.nodes}
        self.edges = [edge for edge in scene.edges if edge.tail in keys]

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
        return f"{node.name}   {symbol}" if node.is_named else symbol

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
