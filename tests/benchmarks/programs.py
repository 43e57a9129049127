"""Compiled programs beside PyTorch, JAX, micrograd and hand-written Python, printed as Markdown tables.

    pip install -e ".[benchmark]"
    python tests/benchmarks/programs.py            # a few minutes; --quick for a first look

Engines that are compared run in one process, one after the other in each repeat, and a table shows medians. Their
values and gradients are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import isolated
import numpy as np
import peers
import transformer
from tables import print_table

BATCHES = (1, 8, 64, 1000, 10_000)


def verdict(ratio: float, target: float) -> str:
    return f"at least {target:g}x ({'met' if ratio >= target else 'missed'})"


def require_agreement() -> None:
    """Every engine gives the same value and the same 337 gradients: on each of 64 rows, and added up over them."""
    parameters, rows = peers.data(64)
    table = np.array(rows)
    program, hand, micrograd = peers.ours("python"), peers.by_hand(), peers.in_micrograd()
    for row in rows:
        expected = program(parameters, row)
        peers.require_equal("hand-written Python", hand(parameters, row), expected)
        peers.require_equal("micrograd", micrograd(parameters, row), expected)
    expected = program.batch(parameters, rows)
    for dialect in ("numpy", "c"):
        peers.require_equal(f"the {dialect} dialect", peers.ours(dialect).batch(parameters, table), expected)
    peers.require_equal("the c dialect on lists", peers.ours("c").batch(parameters, rows), expected)
    total, gradients = peers.in_torch()(table)
    peers.require_equal("PyTorch", (total, peers.flat(gradients)), expected)
    run_jax, to_jax = peers.in_jax()
    total, pairs = run_jax(to_jax(table))
    peers.require_equal("JAX", (float(total), peers.flat([x for pair in pairs for x in pair])), expected)


def single_table(repeats: int) -> None:
    parameters, row = peers.data(1)[0], peers.active_row()
    table = np.array([row])
    program, torch = peers.ours("python"), peers.in_torch()
    run_jax, to_jax = peers.in_jax()
    on_its_side = to_jax(table)
    here = isolated.interleaved(
        {
            "python": lambda: program(parameters, row),
            "PyTorch": lambda: torch(table),
            "JAX, arrays on its side": lambda: run_jax(on_its_side),
        },
        repeats,
    )
    apart = isolated.run("sample", repeats)
    ratio = apart["python"] / apart["hand"]
    lines = [["hand-written Python", f"{apart['hand']:.1f}", f"{apart['python']:.1f}", f"{1 / ratio:.2f}x",
              f"ours at most 1.10x its time: {ratio:.2f}x ({'met' if ratio <= 1.1 else 'missed'})"]]  # fmt: skip
    targets = {"PyTorch": (here, 4.0), "JAX, arrays on its side": (here, 1.0), "micrograd": (apart, 80.0)}
    for name, (times, target) in targets.items():
        faster = times[name] / times["python"]
        lines.append([name, f"{times[name]:.1f}", f"{times['python']:.1f}", f"{faster:.2f}x", verdict(faster, target)])
    print_table(
        "One sample: value and 337 gradients of MLP(2, [16, 16, 1])",
        "Hinge loss on a sample that has a gradient, double precision, one thread. Hand-written Python and micrograd (the mean of 30 "
        "calls, collector on) are timed beside the python dialect in an interpreter without PyTorch and JAX, whose objects would slow "
        "micrograd's collections.",
        ["engine", "µs a call", "python dialect beside it", "python dialect is as fast", "target"],
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
        t = isolated.interleaved(calls, repeats)
        met = t["c"] < min(t["torch"], t["jax"], t["jax there"]) and t["lists"] <= 2 * t["jax"]
        lines.append([f"{batch:,}", *(f"{t[name]:.1f}" for name in calls), "met" if met else "missed"])
    print_table(
        "Batches: the c dialect, µs a call",
        "NumPy rows of float64, conversion included, and the parameters where each engine keeps them (for c a NumPy array, for lists a "
        "list); lists: rows as lists of floats. Target: faster than both at every size, lists within "
        "2x of JAX.",
        ["batch", "c", "c, lists", "PyTorch", "JAX", "JAX, arrays on its side", "target"],
        lines,
    )


def numpy_table(repeats: int) -> None:
    parameters, rows = peers.data(1000)
    table = np.array(rows)
    program, columns = peers.ours("python"), peers.ours("numpy")
    t = isolated.interleaved(
        {"python": lambda: program.batch(parameters, rows), "numpy": lambda: columns.batch(parameters, table)}, repeats
    )
    ratio = t["python"] / t["numpy"]
    lines = [[name, f"{taken:.0f}", verdict(ratio, 15) if name == "numpy" else ""] for name, taken in t.items()]
    lines[1][2] = f"{ratio:.1f}x as fast, {lines[1][2]}"
    print_table("A batch of 1000", "The same network.", ["dialect", "µs a call", "target"], lines)


def growth_table(largest: int) -> None:
    lines = []
    for graph, exponent in itertools.product(("shared", "chain"), range(3, largest + 1)):
        found = isolated.run("growth", graph, 10**exponent)
        phases = [found[phase] / found["statements"] * 1e6 for phase in ("recording", "emission", "compilation")]
        memory = found["memory"] / found["statements"] / 1e3
        figures = [f"{x:.1f}" for x in (*phases, sum(phases), memory)]
        target = f"at most 25 ({'met' if sum(phases) <= 25 else 'missed'})"
        lines.append([graph, f"{found['operations']:,}", f"{found['statements']:,}", *figures, target])
    print_table(
        "From operations to a program in the python dialect",
        "Random graphs with shared nodes, and chains; µs a statement, and kB a statement at the peak above the recorded graph, in an "
        "interpreter of its own. Value and gradients are those of the eager engine.",
        ["graph", "operations", "statements", "recording", "emission", "compilation", "together", "kB", "target for together"],
        lines,
    )


def build_table(sizes: tuple[int, ...]) -> None:
    lines = []
    for size in sizes:
        taken = isolated.run("build", "shared", size)
        lines.append([f"{size:,}", f"{taken:.2f}", f"under 15 ({'met' if taken < 15 else 'missed'})" if size == 50_000 else ""])
    print_table("Building the c dialect", "Random graphs with shared nodes, without the cache.", ["operations", "s", "target"], lines)


def transformer_table(steps: int) -> None:
    results, statements = isolated.run("transformer", steps)
    eager = results["eager"]
    lines = []
    for name, (building, milliseconds, losses) in results.items():
        difference = max(abs(a - b) for a, b in zip(losses, eager[2]))
        speed = f"{eager[1] / milliseconds:.1f}x"
        made = f"{building:.2f}" if name != "eager" else ""
        lines.append([name, made, f"{milliseconds:.3f}", speed, f"{losses[0]:.4f}", f"{losses[-1]:.4f}", f"{difference:.1e}"])
    print_table(
        "A transformer out of scalars",
        f"{transformer.DESCRIPTION} {steps} steps of gradient descent on the same sequences. Tokens and targets are one-hot inputs, so one "
        f"recorded graph serves every sequence; it is a C program of {statements:,} statements.",
        ["how", "s to record and build", "ms a token", "as fast", "first loss", "last loss", "largest difference from eager"],
        lines,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Compiled programs beside their peers, as Markdown tables.")
    parser.add_argument("--quick", action="store_true", help="fewer repeats and smaller graphs")
    options = parser.parse_args()
    repeats = 5 if options.quick else 15
    where = f"{platform.python_implementation()} {platform.python_version()} on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"{where}, medians of {repeats} repeats.")
    require_agreement()
    single_table(repeats)
    batch_table(repeats)
    numpy_table(repeats)
    growth_table(4 if options.quick else 6)
    build_table((1_000, 10_000) if options.quick else (1_000, 10_000, 50_000))
    transformer_table(20 if options.quick else 200)


if __name__ == "__main__":
    main()
