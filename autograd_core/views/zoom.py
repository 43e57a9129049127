"""Semantic zoom: which operations make up a neuron, and which neurons a layer.

Nothing needs to be marked for it. A neuron is what feeds one activation, or one result that is used more
than once: the tree of operations behind it whose results are used nowhere else. A layer is the neurons of
one kind that read the same results.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from ..choices import require_one_of
from ..value import Constant, Value, topological_order
from .names import depth_of_caller
from .roles import is_activation, is_parameter

LEVELS = ("operation", "neuron", "layer")
LIMIT = 400  # nodes of a picture, unless a user says otherwise
FEW = 8  # so many leaves are all drawn at every level: a single neuron shows what it reads


class Cluster(NamedTuple):
    """Some nodes drawn as one: its outputs, all its nodes, and the leaves that only it uses."""

    outputs: list[Value]
    members: list[Value]
    parameters: list[Value]
    inputs: list[Value]
    """What it reads: outputs of other clusters, and leaves that are drawn."""
    kind: str

    @property
    def is_collapsed(self) -> bool:
        """Whether it stands for more than one operation."""
        return len(self.members) > 1


def clusters(output: Value, level: str, keep: Collection[Value] = ()) -> list[Cluster]:
    """The clusters of the graph at a level, in topological order. Leaves in ``keep`` are drawn on their own.

    >>> w, x = Value(2.0), Value(3.0)
    >>> [cluster.kind for cluster in clusters((w * x + 1.0).tanh() + x, "neuron", keep=[x])]
    ['tanh', '+']
    """
    neurons = _neurons(output, level, keep)
    return _layers(neurons) if level == "layer" else neurons


def _neurons(output: Value, level: str, keep: Collection[Value]) -> list[Cluster]:
    order = topological_order(output)
    uses = Counter(parent for node in order for parent in node.parents)
    home: dict[Value, Value] = {}  # for each node, the output of the cluster that it belongs to
    consumer = {parent: node for node in order for parent in node.parents}
    for node in reversed(order):
        is_output = node is output or uses[node] > 1 or is_activation(node.primitive) or level == "operation" or node.name is not None
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
        own = [x for x in leaves if kept or is_parameter(x) or uses[x] == sum(n.parents.count(x) for n in nodes)]
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


def visible_leaves(output: Value, inputs: Collection[Value] = (), parameters: Collection[Value] = ()) -> list[Value]:
    """The leaves that are drawn at every level.

    They are ``inputs``, if there are any; else the leaves of a subclass with a true ``is_input``; else, where some
    are known as parameters, all others; and else all, if they are few. Constants count only among ``inputs``.

    >>> w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(1.0, "b")
    >>> [leaf.name for leaf in visible_leaves(w * x + b)]
    ['w', 'x', 'b']
    >>> [leaf.name for leaf in visible_leaves(w * x + b, parameters=[w, b])]
    ['x']
    """
    if inputs:
        return list(inputs)
    leaves = [node for node in topological_order(output) if not node.parents and not isinstance(node, Constant)]
    marked = [leaf for leaf in leaves if getattr(leaf, "is_input", False)]
    known = set(parameters) | {leaf for leaf in leaves if is_parameter(leaf)}
    others = [leaf for leaf in leaves if leaf not in known]
    if marked or len(others) < len(leaves):
        return marked or others
    return leaves if len(leaves) <= FEW else []


def clusters_within(output: Value, level: str | None, limit: int, keep: Collection[Value]) -> list[Cluster]:
    """The clusters at ``level`` (``"operation"`` if it is left out), or at the next that has at most ``limit`` nodes, with a warning.

    Raises ``ValueError`` if there is none.
    """
    wanted = "operation" if level is None else level
    require_one_of("level", wanted, (*LEVELS, "named", "network"))
    sizes = {}
    for candidate in LEVELS[LEVELS.index(wanted) :]:
        found = clusters(output, candidate, keep)
        sizes[candidate] = len(found) + len({x for cluster in found for x in cluster.inputs if not x.parents})
        if sizes[candidate] > limit:
            continue
        if candidate != wanted:
            warnings.warn(
                f"the graph has {sizes[wanted]} nodes at level {wanted!r}, more than limit={limit}: drawn at level {candidate!r}; "
                "pass a larger limit to draw it all",
                UserWarning,
                stacklevel=depth_of_caller(),
            )
        return found
    told = ", ".join(f"{size} at level {name!r}" for name, size in sizes.items())
    raise ValueError(f"the graph has too many nodes to draw ({told}; limit={limit}): draw a part of it, or pass a larger limit")
