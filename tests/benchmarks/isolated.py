"""Measurements that need an interpreter of their own: PyTorch and JAX bring 200,000 objects, over which every full
collection of garbage passes, and that would be charged to micrograd, to the eager engine and to the emission of programs.

    python tests/benchmarks/isolated.py '["sample", 15]'    # prints the figures as JSON
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import models
import peers
import transformer

from autograd_core import compile_graph, topological_order
from autograd_core.programs.graph import Graph
from autograd_core.programs.python import PythonProgram
from autograd_core.programs.statements import emit


def run(measurement: str, *arguments: Any) -> Any:
    """What ``MEASUREMENTS[measurement]`` returns in a new interpreter."""
    command = [sys.executable, __file__, json.dumps([measurement, *arguments])]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


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


def measure_sample(repeats: int) -> dict[str, float]:
    """Microseconds for one sample in our program, in hand-written Python and, the mean of 30 calls, in micrograd."""
    parameters, row = peers.data(1)[0], peers.active_row()
    program, hand, micrograd = peers.ours("python"), peers.by_hand(), peers.in_micrograd()
    calls: dict[str, Callable[[], Any]] = {
        "python": lambda: program(parameters, row),
        "hand": lambda: hand(parameters, row),
        "micrograd": lambda: [micrograd(parameters, row) for _ in range(30)],
    }
    times = interleaved(calls, repeats)
    return times | {"micrograd": times["micrograd"] / 30}


def measure_growth(graph: str, size: int) -> dict[str, float]:
    """Seconds of recording, emission, and source and compilation, and bytes at the peak above the recorded graph."""
    workload = models.load("autograd_core", graph, size)
    start = time.perf_counter()
    output = workload.forward()
    recorded, before = time.perf_counter(), peak_bytes()
    graph = Graph([output], workload.parameters, [], True)  # what compile_graph does
    emitted = emit(graph, PythonProgram.notation)
    done = time.perf_counter()
    program = PythonProgram(graph, emitted)
    compiled = time.perf_counter()
    memory = peak_bytes() - before
    value, gradients = program([p.data for p in workload.parameters])
    output.backward()
    peers.require_equal("the program", (value, gradients), (output.data, [p.grad for p in workload.parameters]))
    operations = sum(1 for node in topological_order(output) if node.parents)
    statements = len(emitted.forward) + len(emitted.backward)
    return {
        "operations": operations, "statements": statements, "memory": memory,
        "recording": recorded - start, "emission": done - recorded, "compilation": compiled - done,
    }  # fmt: skip


def peak_bytes() -> int:
    """The most memory this interpreter has had, where the system says so (Linux), else 0: ``ru_maxrss`` starts at the parent's."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def measure_build(graph: str, size: int) -> float:
    """Seconds to compile a graph into C, with an empty cache."""
    workload = models.load("autograd_core", graph, size)
    output = workload.forward()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AUTOGRAD_CORE_CACHE"] = folder
        start = time.perf_counter()
        compile_graph(output, workload.parameters, dialect="c")
        return time.perf_counter() - start


MEASUREMENTS: dict[str, Callable[..., Any]] = {
    "sample": measure_sample,
    "growth": measure_growth,
    "build": measure_build,
    "transformer": transformer.train,
}

if __name__ == "__main__":
    name, *arguments = json.loads(sys.argv[1])
    print(json.dumps(MEASUREMENTS[name](*arguments)))
