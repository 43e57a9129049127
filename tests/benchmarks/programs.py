"""Compiled programs beside PyTorch, JAX, micrograd and hand-written Python, printed as Markdown tables.

    pip install -e ".[benchmark]"
    python tests/benchmarks/programs.py            # a few minutes; --quick for a first look

The engines of a table run in one process, one after the other in each repeat, and a table shows medians. Their
values and gradients are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import models
import numpy as np
import peers
import transformer

from autograd_core import compile_graph, topological_order
from autograd_core.emission import emit
from autograd_core.spelling import PYTHON

BATCHES = (1, 8, 64, 1000, 10_000)


def seconds(call: Callable[[], Any], least: float = 0.02) -> float:
    """The time of one call, from as many as take ``least`` seconds."""
    count, start = 0, time.perf_counter()
    while count == 0 or time.perf_counter() - start < least:
        call()
        count += 1
    return (time.perf_counter() - start) / count


def interleaved(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """The median time of each call, in microseconds."""
    found: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            found[name].append(seconds(call) * 1e6)
    return {name: median(times) for name, times in found.items()}


def print_table(title: str, note: str, header: list[str], rows: list[list[str]]) -> None:
    print(f"\n### {title}\n\n{note}\n")
    for cells in (header, ["---"] + ["---:"] * (len(header) - 1), *rows):
        print("| " + " | ".join(cells) + " |")
    sys.stdout.flush()


def verdict(ratio: float, target: float) -> str:
    return f"at least {target:g}x ({'met' if ratio >= target else 'missed'})"


def require_near(what: str, found: float, expected: float) -> None:
    if abs(found - expected) > 1e-9 * max(1.0, abs(expected)):
        raise SystemExit(f"{what} computes {found}, not {expected}")


def require_agreement() -> None:
    """Every engine gives the same total and the same sum of gradients over 64 rows."""
    parameters, rows = peers.data(64)
    table = np.array(rows)
    total, gradients = peers.ours("python").batch(parameters, rows)
    hand = peers.by_hand()
    run_jax, to_jax = peers.in_jax()
    results = {
        "numpy": peers.ours("numpy").batch(parameters, table),
        "c": peers.ours("c").batch(parameters, table),
        "by hand": (sum(hand(parameters, r)[0] for r in rows), [sum(g) for g in zip(*(hand(parameters, r)[1] for r in rows))]),
    }
    for name, (value, found) in results.items():
        require_near(name, value, total)
        require_near(f"{name}'s gradient", sum(map(abs, found)), sum(map(abs, gradients)))
    for name, (value, found) in {"torch": peers.in_torch()(table), "jax": run_jax(to_jax(table))}.items():
        require_near(name, float(value), total)
        flat = [x for part in found for x in (part if isinstance(part, tuple) else [part])]
        require_near(f"{name}'s gradient", sum(float(abs(x).sum()) for x in flat), sum(map(abs, gradients)))


def single_table(repeats: int) -> None:
    parameters, rows = peers.data(1)
    table = np.array(rows)
    program, hand, torch, micrograd = peers.ours("python"), peers.by_hand(), peers.in_torch(), peers.in_micrograd()
    run_jax, to_jax = peers.in_jax()
    on_its_side = to_jax(table)
    times = interleaved(
        {
            "python dialect": lambda: program(parameters, rows[0]),
            "hand-written Python": lambda: hand(parameters, rows[0]),
            "PyTorch": lambda: torch(table),
            "JAX, arrays on its side": lambda: run_jax(on_its_side),
            "micrograd": lambda: [micrograd(parameters, rows[0]) for _ in range(30)],
        },
        repeats,
    )
    times["micrograd"] /= 30
    ours = times["python dialect"]
    targets = {"PyTorch": 4.0, "JAX, arrays on its side": 1.0, "micrograd": 80.0}
    lines = []
    for name, taken in times.items():
        target = verdict(taken / ours, targets[name]) if name in targets else ""
        if name == "hand-written Python":
            target = f"ours takes {ours / taken:.2f}x its time, at most 1.10x ({'met' if ours <= 1.1 * taken else 'missed'})"
        lines.append([name, f"{taken:.1f}", f"{taken / ours:.2f}x", target])
    print_table(
        "One sample: value and 337 gradients of MLP(2, [16, 16, 1])",
        "Hinge loss, double precision, one thread. micrograd: the mean of 30 calls, collector on.",
        ["engine", "µs a call", "time of the python dialect", "target"],
        lines,
    )


def batch_table(repeats: int) -> None:
    parameters, _ = peers.data(1)
    program, torch = peers.ours("c"), peers.in_torch()
    run_jax, to_jax = peers.in_jax()
    as_array = np.array(parameters)
    lines = []
    for batch in BATCHES:
        _, rows = peers.data(batch)
        table = np.array(rows)
        on_its_side = to_jax(table)
        calls: dict[str, Callable[[], Any]] = {
            "c": lambda table=table: program.batch(as_array, table),
            "lists": lambda rows=rows: program.batch(parameters, rows),
            "torch": lambda table=table: torch(table),
            "jax": lambda table=table: run_jax(to_jax(table)),
            "jax there": lambda there=on_its_side: run_jax(there),
        }
        t = interleaved(calls, repeats)
        met = t["c"] < min(t["torch"], t["jax"], t["jax there"]) and t["lists"] <= 2 * t["jax"]
        lines.append([f"{batch:,}", *(f"{t[name]:.1f}" for name in calls), "met" if met else "missed"])
    print_table(
        "Batches: the c dialect, µs a call",
        "NumPy rows of float64, conversion included; lists: rows as lists of floats. Target: faster than both at every size, lists within "
        "2x of JAX.",
        ["batch", "c", "c, lists", "PyTorch", "JAX", "JAX, arrays on its side", "target"],
        lines,
    )


def numpy_table(repeats: int) -> None:
    parameters, rows = peers.data(1000)
    table = np.array(rows)
    program, columns = peers.ours("python"), peers.ours("numpy")
    t = interleaved({"python": lambda: program.batch(parameters, rows), "numpy": lambda: columns.batch(parameters, table)}, repeats)
    ratio = t["python"] / t["numpy"]
    lines = [[name, f"{taken:.0f}", verdict(ratio, 15) if name == "numpy" else ""] for name, taken in t.items()]
    lines[1][2] = f"{ratio:.1f}x as fast, {lines[1][2]}"
    print_table("A batch of 1000", "The same network.", ["dialect", "µs a call", "target"], lines)


def growth_table(largest: int) -> None:
    lines = []
    for exponent in range(3, largest + 1):
        workload = models.load("autograd_core", "shared", 10**exponent)
        output = workload.forward()
        operations = sum(1 for node in topological_order(output) if node.parents)
        start = time.perf_counter()
        emitted = emit([output], workload.parameters, [], PYTHON, True)
        emission = time.perf_counter() - start
        start = time.perf_counter()
        program = compile_graph(output, workload.parameters)
        total = time.perf_counter() - start
        statements = len(emitted.forward) + len(emitted.backward)
        values = [p.data for p in workload.parameters]
        require_near("the program", program(values)[0], output.data)
        a_statement = total / statements * 1e6
        verdict_text = f"at most 25 ({'met' if a_statement <= 25 else 'missed'})"
        lines.append([f"{operations:,}", f"{statements:,}", f"{emission:.2f}", f"{total:.2f}", f"{a_statement:.1f}", verdict_text])
    print_table(
        "Emission and compilation of the python dialect",
        "Random graphs with shared nodes.",
        ["operations", "statements", "emission s", "emission and compilation s", "µs a statement", "target"],
        lines,
    )


def build_table(sizes: tuple[int, ...]) -> None:
    lines = []
    for size in sizes:
        workload = models.load("autograd_core", "shared", size)
        output = workload.forward()
        with tempfile.TemporaryDirectory() as folder:
            os.environ["AUTOGRAD_CORE_CACHE"] = folder
            start = time.perf_counter()
            compile_graph(output, workload.parameters, dialect="c")
            taken = time.perf_counter() - start
            del os.environ["AUTOGRAD_CORE_CACHE"]
        lines.append([f"{size:,}", f"{taken:.2f}", f"under 15 ({'met' if taken < 15 else 'missed'})" if size == 50_000 else ""])
    print_table("Building the c dialect", "Without the cache.", ["operations", "s", "target"], lines)


def transformer_table(steps: int) -> None:
    results = transformer.train(steps)
    eager = results["eager"]
    lines = []
    for name, (milliseconds, losses) in results.items():
        difference = max(abs(a - b) for a, b in zip(losses, eager[1]))
        speed = f"{eager[0] / milliseconds:.1f}x"
        lines.append([name, f"{milliseconds:.3f}", speed, f"{losses[0]:.4f}", f"{losses[-1]:.4f}", f"{difference:.1e}"])
    print_table(
        "A transformer out of scalars",
        f"{transformer.DESCRIPTION} {steps} steps of gradient descent on the same sequences.",
        ["how", "ms a token", "as fast", "first loss", "last loss", "largest difference from eager"],
        lines,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Compiled programs beside their peers, as Markdown tables.")
    parser.add_argument("--quick", action="store_true", help="fewer repeats and smaller graphs")
    options = parser.parse_args()
    repeats = 5 if options.quick else 15
    print(f"{platform.python_implementation()} {platform.python_version()} on {os.cpu_count()} cores, medians of {repeats} repeats.")
    require_agreement()
    single_table(repeats)
    batch_table(repeats)
    numpy_table(repeats)
    growth_table(4 if options.quick else 6)
    build_table((1_000, 10_000) if options.quick else (1_000, 10_000, 50_000))
    transformer_table(20 if options.quick else 200)


if __name__ == "__main__":
    main()
