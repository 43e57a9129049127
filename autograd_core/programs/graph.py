"""What is compiled: a recorded graph as it stands at this moment, and what in it depends on what."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence

from ..value import Value, topological_order


class Graph:
    """The graph of ``outputs``, for programs in any dialect.

    ``wrt`` are the leaves whose gradient is wanted, ``inputs`` the other leaves that change from call to call,
    and ``single`` says that there is one output, with its gradient; the values of ``further`` nodes may be asked for besides.
    Names and constants are taken now: what happens to the nodes later does not reach a program, whenever it is printed.
    """

    def __init__(
        self, outputs: Sequence[Value], wrt: Sequence[Value], inputs: Sequence[Value], single: bool, further: Sequence[Value] = ()
    ) -> None:  # fmt: skip
        self.outputs, self.wrt, self.inputs, self.single, self.further = outputs, wrt, inputs, single, further
        nodes = topological_order(*outputs, *further)
        self.order = [(node, node.parents) for node in nodes]
        self.varying = self._dependents([*wrt, *inputs])
        self.active = self._dependents(wrt)
        self.names = {node: node.name for node in [*wrt, *inputs, *nodes] if node.name and node in self.varying}
        self.constants = {node: node.data for node in (*outputs, *further) if node not in self.varying}
        self.uses: Counter[Value] = Counter(outputs)
        self.consumer: dict[Value, tuple[Value, int]] = {}
        self._follow_uses()

    def forward(self) -> Graph:
        """The same graph for the values of its outputs and of the further nodes, without gradients."""
        twin = copy.copy(self)
        twin.outputs, twin.further, twin.single = [*self.outputs, *self.further], (), False
        return twin

    def _dependents(self, leaves: Sequence[Value]) -> set[Value]:
        """``leaves``, and the nodes that are computed from them."""
        found = set(leaves)
        for node, parents in self.order:
            if not found.isdisjoint(parents):
                found.add(node)
        return found

    def _follow_uses(self) -> None:
        """How often each node is used and by whom at last, and the constants, for the nodes that vary."""
        varying, uses, consumer = self.varying, self.uses, self.consumer
        for node, parents in self.order:
            if node in varying:
                for position, parent in enumerate(parents):
                    uses[parent] += 1
                    consumer[parent] = (node, position)
                    if parent not in varying:
                        self.constants[parent] = parent.data
