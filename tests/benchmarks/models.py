"""The graphs that the engine benchmark builds, written once for any engine whose numbers are called ``Value``.

A workload is a list of parameters and a function that builds the graph afresh and returns its output. All
random choices are made beforehand, from fixed seeds, so that building times only the engine.
"""

from __future__ import annotations

import importlib
import itertools
import random
from collections.abc import Callable
from typing import Any, NamedTuple


class Workload(NamedTuple):
    parameters: list[Any]
    forward: Callable[[], Any]


def load(engine: str, graph: str, size: int) -> Workload:
    """One of the ``GRAPHS`` on the engine in the module of that name; no other engine is imported."""
    return GRAPHS[graph](importlib.import_module(engine), size)


def plain_sum(w: list[Any], b: Any, x: list[Any]) -> Any:
    """The weighted sum of a neuron, as ``micrograd.nn.Neuron`` writes it."""
    return sum((wi * xi for wi, xi in zip(w, x)), b)


def perceptron(value: Any, weighted_sum: Callable[..., Any], points: int = 20) -> Workload:
    """MLP(2, [16, 16, 1]) with relu between the layers and the mean max-margin loss over ``points`` points."""
    rng = random.Random(0)
    widths = [2, 16, 16, 1]
    layers = [
        [([value(rng.uniform(-1, 1)) for _ in range(inputs)], value(0.0)) for _ in range(outputs)]
        for inputs, outputs in itertools.pairwise(widths)
    ]
    samples = [((rng.uniform(-1, 1), rng.uniform(-1, 1)), rng.choice((-1.0, 1.0))) for _ in range(points)]

    def score(x: list[Any]) -> Any:
        for layer in layers[:-1]:
            x = [weighted_sum(w, b, x).relu() for w, b in layer]
        ((w, b),) = layers[-1]
        return weighted_sum(w, b, x)

    def forward() -> Any:
        losses = [(1 + -label * score([value(x) for x in point])).relu() for point, label in samples]
        return sum(losses) * (1.0 / points)

    return Workload([p for layer in layers for w, b in layer for p in (*w, b)], forward)


def attention(value: Any, tokens: int = 24, width: int = 12) -> Workload:
    """Every query attends to every key, and the output is the sum of squares of the results.

    micrograd 0.1.0 has no exp, so the positive weights of the softmax are ``score ** 2 + 1`` for both engines.
    """
    rng = random.Random(0)
    queries, keys, values = ([[value(rng.uniform(-1, 1)) for _ in range(width)] for _ in range(tokens)] for _ in range(3))

    def attend(query: list[Any]) -> list[Any]:
        scores = [sum(a * b for a, b in zip(query, key)) * width**-0.5 for key in keys]
        weights = [score**2 + 1 for score in scores]
        total = sum(weights)
        shares = [weight / total for weight in weights]
        return [sum(share * row[i] for share, row in zip(shares, values)) for i in range(width)]

    def forward() -> Any:
        return sum(sum(x * x for x in attend(query)) for query in queries)

    return Workload([x for rows in (queries, keys, values) for row in rows for x in row], forward)


def chain(value: Any, size: int) -> Workload:
    """``x = x * w + b`` again and again; with w = -1 neither values nor gradients grow or vanish."""
    x0, w, b = value(0.25), value(-1.0), value(0.5)

    def forward() -> Any:
        x = x0
        for _ in range(size // 2):
            x = x * w + b
        return x

    return Workload([x0, w, b], forward)


def shared(value: Any, size: int) -> Workload:
    """Each result is the mean of the last one and a random earlier one: many uses of a node, near and far in memory.

    Means of positive numbers, so that relu is active and no gradient is 0, which a backward pass could skip.
    """
    rng = random.Random(0)
    leaves, half = [value(rng.uniform(1, 2)) for _ in range(10)], value(0.5)
    picks = [rng.randrange(len(leaves) + i) for i in range(size // 3)]

    def forward() -> Any:
        nodes = list(leaves)
        for pick in picks:
            nodes.append(((nodes[-1] + nodes[pick]) * half).relu())
        return nodes[-1]

    return Workload([*leaves, half], forward)


GRAPHS: dict[str, Callable[[Any, int], Workload]] = {
    "perceptron": lambda engine, size: perceptron(engine.Value, plain_sum),
    "dot perceptron": lambda engine, size: perceptron(engine.Value, lambda w, b, x: engine.dot(w, x, b)),
    "attention": lambda engine, size: attention(engine.Value),
    "chain": lambda engine, size: chain(engine.Value, size),
    "shared": lambda engine, size: shared(engine.Value, size),
}


def count_nodes(output: Any) -> int:
    """How many nodes ``output`` depends on, itself included, in either engine."""
    seen, stack = {output}, [output]
    while stack:
        node = stack.pop()
        new = set(node._prev if hasattr(node, "_prev") else node.parents) - seen
        seen |= new
        stack += new
    return len(seen)
