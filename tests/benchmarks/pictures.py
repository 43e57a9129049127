"""Drawing: graphs of a thousand nodes with the layout engine of the ``dot`` extra, and a decision boundary. Markdown tables.

    pip install -e ".[test]"
    python tests/benchmarks/pictures.py
"""

from __future__ import annotations

import os
import platform
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from tables import met, print_table

import nn
from autograd_core import Value, draw, topological_order
from nn import data, plots


def layers() -> Value:
    xs = [Value(float(i), f"x{i}") for i in range(3)]
    return sum((sum((0.1 * (i + k) * x for i, x in enumerate(xs)), Value(0.1)).tanh() ** 2 for k in range(76)), Value(0.0))


def chain() -> Value:
    w = y = Value(0.5, "w")
    for _ in range(499):
        y = (w * y).tanh()
    return y


def shared(window: int) -> Value:
    """Random operations on one of the last ``window`` nodes."""
    choose, nodes = random.Random(1), [Value(0.5 + i / 20, f"x{i}") for i in range(10)]
    while len(nodes) < 820:
        nodes.append(choose.choice([Value.__add__, Value.__mul__, Value.__sub__])(*choose.choices(nodes[-window:], k=2)))
    used = {x for node in nodes for x in node.parents}
    return sum((node for node in nodes if node not in used), Value(0.0))


GRAPHS: dict[str, Callable[[], Value]] = {
    "a layered network": layers,
    "a chain in which every step reads w": chain,
    "random, reading the last 100 nodes": lambda: shared(100),
    "random, reading any earlier node": lambda: shared(1000),
}


def seconds(call: Callable[[], Any], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return median(times)


def main() -> None:
    print(f"CPython {platform.python_version()} on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, medians of 5 repeats.")
    rows = []
    for name, build in GRAPHS.items():
        output = build()
        taken = seconds(lambda output=output: draw(output, limit=2000, level="operation").svg())
        rows.append([name, f"{len(topological_order(output)):,}", f"{taken:.2f}", f"under 2 ({met(taken < 2.0)})"])
    X, y = data.moons(100, seed=0)
    model = nn.MLP(2, [16, 16, 1], seed=0)
    taken = seconds(lambda: (plots.decision_boundary(model, X, y), plt.close("all")))
    rows.append(["a decision boundary of 60 by 60 points", "", f"{taken:.2f}", ""])
    print_table("Pictures", "Graphs drawn to SVG, whole, by the engine of the `dot` extra.", ["picture", "nodes", "s", "target"], rows)


if __name__ == "__main__":
    main()
