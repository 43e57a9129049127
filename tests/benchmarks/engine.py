"""Time and memory of the engine beside micrograd 0.1.0, printed as Markdown tables.

    pip install -e ".[benchmark]"
    python tests/benchmarks/engine.py            # about five minutes; --quick for a first look

Every measurement runs in a process of its own, so that no engine's garbage is collected in another's time. The
repeats of the cases of a table are interleaved, so that a slow moment of the machine hits all of them, and a table
shows medians over the repeats. Times are those of the processor, which other work on the machine changes least.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import subprocess
import sys
import time
import tracemalloc
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import microgpt
from models import Workload, count_nodes, load
from tables import print_table

ROOT = Path(__file__).parents[2]
OURS, DOT, PEER = "autograd_core", "autograd_core, one `dot` a neuron", f"micrograd {metadata.version('micrograd')}"
TUPLES = "two tuples a node, as GPTs in one file have them"
MODULES = {OURS: "autograd_core", DOT: "autograd_core", PEER: "micrograd.engine"}
PHASES = ("forward", "backward", "drop")

Result = dict[str, Any]


# -- measurements, each in a process of its own ----------------------------------------------------------------
def zero_gradients(workload: Workload) -> None:
    for parameter in workload.parameters:
        parameter.grad = 0.0


def one_step(workload: Workload) -> Result:
    """Seconds of the phases of one step: gradients set to 0 and the graph built, backward, and the graph let go."""
    start = time.process_time()
    zero_gradients(workload)
    output = workload.forward()
    built = time.process_time()
    output.backward()
    done = time.process_time()
    del output
    return dict(zip(PHASES, (built - start, done - built, time.process_time() - done)))


def training_step(workload: Workload, last: list[Any]) -> float:
    """Seconds of one step as micrograd's demo trains: the last graph, all that the list holds, is let go when the next one has been built."""
    start = time.process_time()
    output = workload.forward()
    last[:] = [output]
    zero_gradients(workload)
    output.backward()
    return time.process_time() - start


def facts(workload: Workload) -> Result:
    """What the engines must agree on, the output and the sum of the gradients' sizes; and the number of nodes."""
    zero_gradients(workload)
    output = workload.forward()
    output.backward()
    return {"nodes": count_nodes(output), "output": output.data, "gradient": sum(abs(p.grad) for p in workload.parameters)}


def measure_time(engine: str, graph: str, size: int, steps: int, collector: Any) -> Result:
    """Mean seconds of each phase over ``steps`` steps, after one step to warm up.

    Without the collector, cyclic garbage is collected between the steps, outside the time.
    """
    workload = load(engine, graph, size)
    result = facts(workload)
    gc.collect()
    if not collector:
        gc.disable()
    elif collector == "rare":
        gc.set_threshold(200_000, *gc.get_threshold()[1:])  # as rare_collections does
    times = []
    for _ in range(steps):
        times.append(one_step(workload))
        if not collector:
            gc.collect()
    return result | {phase: sum(t[phase] for t in times) / steps for phase in PHASES}


def measure_training(engine: str, graph: str, size: int, steps: int, collector: bool) -> Result:
    """Mean seconds of a training step over ``steps`` steps, after one step to warm up."""
    workload = load(engine, graph, size)
    result = facts(workload)
    gc.collect()
    if not collector:
        gc.disable()
    times, last = [], []
    for _ in range(steps + 1):
        times.append(training_step(workload, last))
        if not collector:
            gc.collect()
    return result | {"step": sum(times[1:]) / steps}


def measure_gpt(engine: str, with_dot: bool, steps: int, collector: bool) -> Result:
    """Mean seconds of a training step of the GPT, a word each, after one on the longest to warm up; and the loss of the last, for agreement."""
    sys.setrecursionlimit(100_000)  # the peers follow the graph by recursion
    model = microgpt.load(engine, with_dot)
    result = {"nodes": count_nodes(model.loss(microgpt.WORDS[-1])), "gradient": 0.0}
    gc.collect()
    if not collector:
        gc.disable()
    times = []
    for step in range(steps + 1):
        start = time.process_time()
        loss = model.train(microgpt.WORDS[step % len(microgpt.WORDS)])
        times.append(time.process_time() - start)
        if not collector:
            gc.collect()
    return result | {"step": sum(times[1:]) / steps, "output": loss}


def measure_memory(engine: str, graph: str, size: int) -> Result:
    """Bytes and tracked objects for each node that the forward pass makes; garbage and parameters are not counted."""
    workload = load(engine, graph, size)
    nodes = facts(workload)["nodes"] - len(workload.parameters)
    tracked = tracked_objects()
    output = workload.forward()
    tracked = tracked_objects() - tracked
    del output
    gc.collect()
    tracemalloc.start()
    output = workload.forward()
    forward = traced_bytes()
    output.backward()
    zero_gradients(workload)
    return {"forward": forward / nodes, "both": traced_bytes() / nodes, "tracked": tracked / nodes, "nodes": nodes}


def tracked_objects() -> int:
    gc.collect()
    return len(gc.get_objects())


def traced_bytes() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


# -- running them ----------------------------------------------------------------------------------------------
def python(*arguments: str) -> str:
    """The output of a new interpreter that finds this checkout first."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": ""}  # as usual: the bytecode is kept
    return subprocess.run([sys.executable, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def run(measurement: str, *arguments: Any) -> Result:
    return json.loads(python(__file__, "--measure", json.dumps([measurement, *arguments])))


def interleaved(repeats: int, cases: dict[Any, tuple[Any, ...]]) -> dict[Any, Result]:
    """For each case, the arguments of ``run``, the median of every figure over the repeats."""
    results: dict[Any, list[Result]] = {case: [] for case in cases}
    for _ in range(repeats):
        for case, arguments in cases.items():
            results[case].append(run(*arguments))
    return {case: {key: median(r[key] for r in found) for key in found[0]} for case, found in results.items()}


def require_agreement(results: list[Result]) -> None:
    """Engines that compute something else cannot be compared."""
    for key in ("output", "gradient"):
        figures = [r[key] for r in results]
        if max(figures) - min(figures) > 1e-9 * max(map(abs, figures)):
            raise SystemExit(f"the engines disagree on the {key}: {figures}")


# -- tables ----------------------------------------------------------------------------------------------------
def verdict(target: str, met: bool) -> str:
    return f"{target} ({'met' if met else 'missed'})"


def seconds(result: Result) -> float:
    return result["step"] if "step" in result else sum(result[phase] for phase in PHASES)


def comparison_rows(results: dict[str, Result], targets: dict[str, float], first: list[str]) -> list[list[str]]:
    """A row for each engine: its time, and how many times faster than micrograd it is."""
    require_agreement(list(results.values()))
    peer = results[PEER]
    rows = []
    for engine, result in results.items():
        ratio = seconds(peer) / seconds(result)
        times = [f"{seconds(result) * 1e3:.2f}", f"{seconds(result) / peer['nodes'] * 1e6:.2f}"]
        target = verdict(f"at least {targets[engine]:g}x", ratio >= targets[engine]) if engine in targets else ""
        rows.append([engine, *first, f"{result['nodes']:,.0f}", *times, f"{ratio:.3g}x", target])
    return rows


def perceptron_table(repeats: int, steps: int) -> None:
    targets = {False: {OURS: 2.2, DOT: 8.0}, True: {OURS: 8.0, DOT: 40.0}}
    graphs = {OURS: "perceptron", DOT: "dot perceptron", PEER: "perceptron"}
    cases = {(on, engine): ("training", MODULES[engine], graph, 0, steps, on) for on in targets for engine, graph in graphs.items()}
    results = interleaved(repeats, cases)
    rows = []
    for on, wanted in targets.items():
        rows += comparison_rows({engine: results[on, engine] for engine in graphs}, wanted, ["on" if on else "off"])
    print_table(
        "A training step of MLP(2, [16, 16, 1])",
        f"Forward with the max-margin loss on 20 points, gradients to zero, and backward: the mean of {steps} steps of a training "
        "loop. With the garbage collector off, micrograd's cyclic garbage is collected outside the time; ours is freed by reference "
        "counts, inside it. With the collector on, micrograd's time varies with the size of its garbage. Half of the gradients are 0, "
        "behind inactive relus; ours passes over them, micrograd does not. "
        "µs a node are per node of micrograd's graph.",
        ["engine", "collector", "nodes", "ms a step", "µs a node", "faster than micrograd", "target"],
        rows,
    )


def memory_table() -> None:
    rows = []
    for engine in (OURS, PEER):
        result = run("memory", MODULES[engine], "perceptron", 0)
        figures = [f"{result['forward']:.1f}", f"{result['both']:.1f}", f"{result['tracked']:.2f}"]
        target = verdict("130 bytes, 1 object", result["both"] <= 130 and result["tracked"] <= 1) if engine == OURS else ""
        rows.append([engine, f"{result['nodes']:,}", *figures, target])
    print_table(
        "Memory of that graph",
        "For each node that the forward pass makes, parameters not counted, after a full collection.",
        ["engine", "nodes", "bytes after forward", "bytes after backward", "objects the collector tracks", "target"],
        rows,
    )


def attention_table(repeats: int, steps: int) -> None:
    results = interleaved(repeats, {engine: ("training", MODULES[engine], "attention", 0, steps, True) for engine in (OURS, PEER)})
    print_table(
        "Attention written in scalars",
        "24 queries over 24 keys and values of width 12, forward and backward, with the collector on. micrograd has no exp: the positive "
        "weights of the softmax are `score ** 2 + 1` for both. µs a node are per node of micrograd's graph.",
        ["engine", "nodes", "ms a step", "µs a node", "faster than micrograd", "target"],
        comparison_rows(results, {OURS: 5.0}, []),
    )


def gpt_table(repeats: int, steps: int) -> None:
    rows = []
    for on in (False, True):
        cases = {OURS: ("autograd_core", False), DOT: ("autograd_core", True), TUPLES: ("two_tuples", False), PEER: ("micrograd.engine", False)}
        results = interleaved(repeats, {name: ("gpt", *case, steps, on) for name, case in cases.items()})
        rows += comparison_rows(results, {OURS: 3.0, DOT: 8.0}, ["on" if on else "off"])
    print_table(
        "A GPT in scalars",
        f"{microgpt.DESCRIPTION} Only the import differs, and in one row the weighted sums are `dot`. micrograd has no exp and no log, which are "
        "added in its own manner; the graphs of the peers are garbage that only the collector frees. µs a node are per node of micrograd's graph.",
        ["engine", "collector", "nodes", "ms a step", "µs a node", "faster than micrograd", "target"],
        rows,
    )


def growth_table(repeats: int, largest: int) -> None:
    sizes = [10**n for n in range(3, largest + 1)]
    graphs = {"chain": "a chain", "shared": "random shared nodes"}
    # Small graphs run more often, so that each figure stands for at least 10^5 nodes.
    cases = {
        (graph, size, on): ("time", "autograd_core", graph, size, max(1, 10**5 // size), on)
        for graph in graphs
        for on in (False, True, "rare")
        for size in sizes
    }
    results = interleaved(repeats, cases)
    memory = {(graph, size): run("memory", "autograd_core", graph, size)["both"] for graph in graphs for size in sizes}
    rows = []
    for (graph, size, on), result in results.items():
        nanoseconds = [f"{result[phase] / result['nodes'] * 1e9:.0f}" for phase in PHASES]
        to_off = sum(result[phase] for phase in PHASES) / sum(results[graph, size, False][phase] for phase in PHASES)
        target = verdict("at most 1.5x", to_off <= 1.5) if on == "rare" and size >= 10**5 else ""
        kind = {False: "off", True: "on"}.get(on, on)
        rows.append([graphs[graph], kind, f"{result['nodes']:,.0f}", *nanoseconds, f"{memory[graph, size]:.0f}", f"{to_off:.2f}x", target])
    print_table(
        "Cost of larger graphs",
        "autograd_core alone: nanoseconds a node to build, to run backward and to let go, and bytes a node after backward. Cost is linear "
        "where a column stays level; building with the collector on also pays for its passes over all nodes that are alive, within "
        "`rare_collections()` for few of them.",
        ["graph", "collector", "nodes", "forward ns", "backward ns", "drop ns", "bytes", "time to off", "target"],
        rows,
    )


def import_table(repeats: int) -> None:
    codes = ("pass", "import autograd_core")
    times: dict[str, list[float]] = {code: [] for code in codes}
    python("-c", codes[1])  # writes the bytecode
    for _ in range(repeats):
        for code in codes:
            start = time.perf_counter()
            python("-c", code)
            times[code].append((time.perf_counter() - start) * 1e3)
    cost = median(times[codes[1]]) - median(times[codes[0]])
    foreign = foreign_modules()
    print_table(
        "`import autograd_core`",
        f"Median over {repeats} interpreters with the import, less the median over {repeats} without it.",
        ["figure", "measured", "target"],
        [
            ["time", f"{cost:.1f} ms", verdict("under 50 ms", cost < 50)],
            ["modules from outside the standard library", str(len(foreign)), verdict("none", not foreign)],
        ],
    )


def foreign_modules() -> list[str]:
    """The modules that the import loads, apart from the package's own and the standard library's."""
    code = "import sys; before = set(sys.modules); import autograd_core; print(*(set(sys.modules) - before))"
    known = sys.stdlib_module_names | {"autograd_core"}
    return [name for name in python("-c", code).split() if name.partition(".")[0] not in known]


MEASUREMENTS = {"time": measure_time, "training": measure_training, "gpt": measure_gpt, "memory": measure_memory}


def main() -> None:
    parser = argparse.ArgumentParser(description="Time and memory of the engine beside micrograd, as Markdown tables.")
    parser.add_argument("--quick", action="store_true", help="fewer repeats and smaller graphs")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        name, *arguments = json.loads(options.measure)
        print(json.dumps(MEASUREMENTS[name](*arguments)))
        return
    repeats, steps, largest = (1, 10, 5) if options.quick else (5, 30, 6)
    print(f"{platform.python_implementation()} {platform.python_version()} on {os.cpu_count()} cores, medians of {repeats} repeats.")
    perceptron_table(repeats, steps)
    memory_table()
    attention_table(repeats, max(1, steps // 3))
    gpt_table(repeats, max(1, steps // 2 - 2))
    growth_table(repeats, largest)
    import_table(4 * repeats + 1)


if __name__ == "__main__":
    main()
