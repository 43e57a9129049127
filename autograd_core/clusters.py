"""Semantic zoom: which operations make up a neuron, and which neurons a layer.

Nothing needs to be marked for it. A neuron is what feeds one activation, or one result that is used more
than once: the tree of operations behind it whose results are used nowhere else. A layer is the neurons of
one kind that read the same results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from .value import Constant, Value, topological_order

LEVELS = ("operation", "neuron", "layer")
ACTIVATIONS = frozenset(("relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "step", "sign", "identity"))


class Cluster(NamedTuple):
    """Some nodes drawn as one: its outputs, all its nodes, and the leaves that only it uses."""

    outputs: list[Value]
    members: list[Value]
    parameters: list[Value]
    inputs: list[Value]
    """What it reads: outputs of other clusters, and leaves that are drawn."""
    kind: str


def clusters(output: Value, level: str, keep: Collection[Value] = ()) -> list[Cluster]:
    """The clusters of the graph at a level, in topological order. Leaves in ``keep`` are drawn on their own.

    >>> w, x = Value(2.0), Value(3.0)
    >>> [cluster.kind for cluster in clusters((w * x + 1.0).tanh() + x, "neuron", keep=[x])]
    ['tanh', '+']
    """
    if level not in LEVELS:
        raise ValueError(f"level is one of {', '.join(LEVELS)}, not {level!r}")
    neurons = _neurons(output, level, keep)
    return _layers(neurons) if level == "layer" else neurons


def _neurons(output: Value, level: str, keep: Collection[Value]) -> list[Cluster]:
    order = topological_order(output)
    uses = Counter(parent for node in order for parent in node.parents)
    home: dict[Value, Value] = {}  # for each node, the output of the cluster that it belongs to
    consumer = {parent: node for node in order for parent in node.parents}
    for node in reversed(order):
        is_output = node is output or uses[node] > 1 or node.op in ACTIVATIONS or level == "operation" or node.name is not None
        if node.parents:
            home[node] = node if is_output else home[consumer[node]]
    kept = set(keep)
    members: dict[Value, list[Value]] = {}
    for node in order:
        if node.parents:
            members.setdefault(home[node], []).append(node)
    found = []
    for end, nodes in members.items():
        read = list(dict.fromkeys(parent for node in nodes for parent in node.parents if home.get(parent) is not end))
        # Where the inputs are named, every other leaf is a parameter, also one that several samples share.
        leaves = [x for x in read if not x.parents and x not in kept and level != "operation"]
        own = [x for x in leaves if kept or uses[x] == sum(n.parents.count(x) for n in nodes)]
        inputs = [x for x in read if x not in set(own) and not (isinstance(x, Constant) and level != "operation")]
        found.append(Cluster([end], nodes, [x for x in own if not isinstance(x, Constant)], inputs, end.op))
    return found


def _layers(neurons: list[Cluster]) -> list[Cluster]:
    groups: dict[tuple[str, int, frozenset[Value]], list[Cluster]] = {}
    for neuron in neurons:
        results = frozenset(x for x in neuron.inputs if x.parents)  # leaves may be weights, which tell neurons apart
        groups.setdefault((neuron.kind, len(neuron.members), results), []).append(neuron)
    return [
        Cluster(
            [x for neuron in group for x in neuron.outputs],
            [x for neuron in group for x in neuron.members],
            [x for neuron in group for x in neuron.parameters],
            list(dict.fromkeys(x for neuron in group for x in neuron.inputs)),
            kind,
        )
        for (kind, _, _), group in groups.items()
    ]
