"""The C dialect beside everything that compiles the same gradient: PyTorch, JAX, CasADi and C written by hand. Markdown tables.

    pip install -e ".[benchmark]" casadi
    python tests/benchmarks/compiled.py            # some minutes; --quick for a first look

Every table is made by an interpreter of its own (batches on one core); where the processor has AVX-512, once more with everything
built for AVX2. Peers that are compared run one after the other in each repeat, and a table shows medians. Before anything is
timed, values and gradients are compared. CasADi and the hand-written C are called through ctypes on arrays that stand ready, our
program as a user calls it, through ``program.batch`` on NumPy arrays, and, in a column of its own, its C function alone.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import casadi_peer
import isolated
import numpy as np
import peers
from tables import met, print_table

from autograd_core import compile_graph
from autograd_core.programs.c_compiler import find_compiler

BATCHES = (1, 8, 64, 1000, 10_000)
NARROW = {"CC": "{cc} -mno-avx512f", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "XLA_FLAGS": "--xla_cpu_max_isa=AVX2"}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}
AUGMENTED = {"hand": "hand-written C", "casadi": "CasADi, C", "interpreter": "CasADi, interpreter", "torch": "PyTorch", "jax": "JAX"}


def has_avx512() -> bool:
    return "__AVX512F__" in macros(["-march=native"])


def macros(options: list[str]) -> str:
    return subprocess.run([*find_compiler(), *options, "-dM", "-E", "-x", "c", os.devnull], capture_output=True, text=True, check=False).stdout


def width() -> int:
    """Doubles in a vector, as the programs choose it."""
    found = macros(["-march=native"])
    return 8 if "__AVX512F__" in found else 4 if "__AVX__" in found else 2


def function_alone(program: Any, parameters: Any, rows: Any) -> Callable[[], Any]:
    """The C function that ``program.batch`` calls, on arrays that stand ready."""
    buffers, out = program._buffers, program._buffers.out.address
    addresses = parameters.ctypes.data, rows.ctypes.data
    if len(rows) == 1:
        return lambda: program._row.program(*addresses, out, buffers.for_row.address)
    return lambda: program._rows.program(*addresses, len(rows), out, buffers.for_rows.address)


def batches(repeats: int) -> list[list[float]]:
    """For each size: microseconds of ``program.batch``, of our C function alone, and of each peer."""
    parameters = np.array(peers.data(1)[0])
    program, torch, (run_jax, to_jax) = peers.ours("c"), peers.in_torch(), peers.in_jax()
    program.threads = 1
    hand, casadi = peers.hand_written_c(), casadi_peer.network()
    found = []
    for size in BATCHES:
        rows = np.array(peers.data(size)[1])
        there = to_jax(rows)
        total, gradients = program.batch(parameters, rows)
        expected = total, gradients.tolist()
        peers.require_equal("hand-written C", hand(parameters, rows)(), expected)
        peers.require_equal("CasADi's C", casadi.compiled(parameters, rows)(), expected)
        peers.require_equal("CasADi's interpreter", casadi.interpreted(parameters, rows)(), expected)
        calls: dict[str, Callable[[], Any]] = {
            "batch": lambda rows=rows: program.batch(parameters, rows),
            "c": function_alone(program, parameters, rows),
            "hand": hand(parameters, rows).run,
            "casadi": casadi.compiled(parameters, rows).run,
            "interpreter": casadi.interpreted(parameters, rows).run,
            "torch": lambda rows=rows: torch(rows),
            "jax": lambda there=there: run_jax(there),
        }
        times = isolated.interleaved(calls, repeats)
        found.append([size, *times.values()])
    return found


def tanh(repeats: int) -> list[list[float]]:
    """For each size: microseconds of ``program.batch``, of the same where it is not exact, and of PyTorch and JAX."""
    parameters = np.array(peers.data(1)[0])
    exact, fast = peers.ours("c", "tanh"), peers.ours("c", "tanh")
    exact.threads = fast.threads = 1
    fast.exact = False
    torch, (run_jax, to_jax) = peers.in_torch("tanh"), peers.in_jax("tanh")
    found = []
    for size in BATCHES:
        rows = np.array(peers.data(size)[1])
        there = to_jax(rows)
        total, gradients = exact.batch(parameters, rows)
        for what, (value, slopes) in {
            "what is not exact": fast.batch(parameters, rows),
            "PyTorch": of_matrices(torch(rows)),
            "JAX": of_matrices(run_jax(there)),
        }.items():
            peers.require_equal(what, (value, slopes), (total, gradients))
        calls: dict[str, Callable[[], Any]] = {
            "exact": lambda rows=rows: exact.batch(parameters, rows),
            "fast": lambda rows=rows: fast.batch(parameters, rows),
            "torch": lambda rows=rows: torch(rows),
            "jax": lambda there=there: run_jax(there),
        }
        times = isolated.interleaved(calls, repeats)
        found.append([size, *times.values()])
    return found


def of_matrices(found: tuple[Any, Any]) -> tuple[float, list[float]]:
    """Value and gradients as the peers with matrices give them, in the order of our parameters."""
    value, slopes = found
    return float(value), peers.flat([x for part in slopes for x in (part if isinstance(part, tuple) else [part])])


def tanh_table(results: dict[str, list[list[float]]]) -> None:
    lines = []
    for name, rows in results.items():
        for size, *times in rows:
            exact, fast, torch, jax = times
            ratios = [f"{min(torch, jax) / ours:.1f}x" for ours in (exact, fast)]
            lines.append([name, f"{size:,.0f}", *(f"{x:.1f}" for x in times), *ratios, met(min(torch, jax) / fast >= 1.5)])
    print_table(
        "The same with tanh",
        "Each tanh of ours gives Python's bits, or, with `program.exact = False`, is one of the C library's functions of vectors, within 4 "
        "units in the last place, as those of the peers are. Target for these: 1.5x as fast as the faster of PyTorch and JAX.",
        ["vectors", "rows", "batch", "not exact", "PyTorch", "JAX", "to PyTorch, JAX", "not exact", "target"],
        lines,
    )


def batch_table(results: dict[str, list[list[float]]]) -> None:
    lines = []
    for name, rows in results.items():
        for size, ours, alone, hand, casadi, interpreter, torch, jax in rows:
            faster = min(torch, jax) / ours
            targets = [faster >= 1.5, alone <= 1.5 * hand, size != 1 or alone <= casadi, size < 1000 or casadi >= 2 * ours]
            figures = [f"{x:.1f}" for x in (ours, alone, hand, casadi, interpreter, torch, jax)]
            ratios = [f"{faster:.1f}x", f"{alone / hand:.2f}x", f"{casadi / alone:.1f}x"]
            lines.append([name, f"{size:,.0f}", *figures, *ratios, ", ".join(map(met, targets))])
    print_table(
        "Batches of MLP(2, [16, 16, 1]): value and 337 gradients, µs a call, one thread",
        "NumPy rows in, NumPy gradients out; JAX with arrays on its side. Hand-written C (by_hand.c) fuses multiplications and additions, which "
        "would change our bits. Targets: 1.5x as fast as the faster of PyTorch and JAX; our C at most 1.5x the time of hand-written C; at one row "
        "at least as fast as CasADi's C (-O2), at 1,000 rows 2x.",
        ["vectors", "rows", "batch", "its C", *AUGMENTED.values(), "to PyTorch, JAX", "time to hand", "CasADi's C to ours", "targets"],
        lines,
    )


def graphs(repeats: int, large: bool) -> list[list[Any]]:
    """For each graph: seconds to build ours, CasADi's interpreter and C, and microseconds of each."""
    found = []
    for graph, size in (("shared", 1000), ("shared", 10_000), ("attention", 0)):
        start = time.perf_counter()
        output, parameters, values = casadi_peer.recorded(graph, size)
        program = compile_graph(output, parameters, dialect="c")
        building = time.perf_counter() - start
        peer = casadi_peer.of_graph(graph, size, compiled=large or size == 1000)
        ours = function_alone(program, values, np.empty((1, 0))) if program._row else lambda program=program, values=values: program(values)
        calls = {"call": lambda program=program, values=values: program(values), "c": ours, "interpreter": peer.interpreted(values)}
        if peer.built is not None:
            calls["casadi"] = peer.compiled(values)
        times = isolated.interleaved(calls, repeats)
        found.append([graph, size, building, peer.recording, peer.building, *(times.get(name) for name in ("call", "c", "interpreter", "casadi"))])
    return found


def graph_table(results: dict[str, list[list[Any]]]) -> None:
    lines = []
    for name, rows in results.items():
        for graph, size, building, recording, compiling, call, alone, interpreter, casadi in rows:
            figures = [f"{building:.2f}", f"{recording:.2f}", "" if casadi is None else f"{compiling:.2f}", f"{call:.1f}", f"{alone:.1f}", f"{interpreter:.1f}"]
            faster = interpreter / call
            targets = [faster >= 1.0, casadi is None or building <= compiling, size != 10_000 or building < 2.0]
            lines.append([name, graph, f"{size:,}" if size else "", *figures, "" if casadi is None else f"{casadi:.1f}", f"{faster:.1f}x", ", ".join(map(met, targets))])
    print_table(
        "Graphs without loops: value and gradient of one row",
        "Seconds to record, differentiate and compile, without any cache, and µs a call. Targets: at least as fast as CasADi's interpreter, built "
        "faster than its C, 10,000 operations in under 2 s.",
        ["vectors", "graph", "operations", "s to build", "CasADi, s", "CasADi and C, s", "call", "its C", "CasADi, interpreter", "CasADi, C", "to the interpreter", "targets"],
        lines,
    )


def threads(repeats: int) -> list[list[float]]:
    parameters, found = np.array(peers.data(1)[0]), []
    program = peers.ours("c")
    for size in (2048, 8192, 32_768, 131_072):
        rows = np.array(peers.data(size)[1])
        times = {}
        for count in (1, 2):
            program.threads, program.threads_from = count, 0
            times[count] = isolated.interleaved({"c": lambda rows=rows: program.batch(parameters, rows)}, repeats)["c"]
        found.append([size, times[1], times[2]])
    return found


def threads_table(results: list[list[float]]) -> None:
    lines = [[f"{size:,.0f}", f"{one:.0f}", f"{two:.0f}", f"{one / two:.2f}x"] for size, one, two in results]
    print_table("Two threads", "The same network; the results are the same to the bit.", ["rows", "µs on one thread", "on two", "as fast"], lines)


MEASUREMENTS: dict[str, Callable[..., Any]] = {"batches": batches, "tanh": tanh, "graphs": graphs, "threads": threads}


def apart(name: str, narrow: bool, *arguments: Any) -> Any:
    """The measurement in an interpreter of its own, with an empty cache."""
    variables = dict(ONE_THREAD)
    if narrow:
        for key, value in NARROW.items():
            variables[key] = f"{variables.get(key, '')} {value.format(cc=find_compiler()[0])}".strip()
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, **variables, "AUTOGRAD_CORE_CACHE": cache}
        command = [sys.executable, __file__, "--measure", json.dumps([name, *arguments])]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    return json.loads(output.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description="The C dialect beside its peers, as Markdown tables.")
    parser.add_argument("--quick", action="store_true", help="fewer repeats, and no C from CasADi for the large graphs")
    parser.add_argument("--only", choices=MEASUREMENTS, help="one of the tables")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        name, *arguments = json.loads(options.measure)
        if name in ("batches", "tanh") and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        print(json.dumps(MEASUREMENTS[name](*arguments)))
        return
    repeats = 5 if options.quick else 21
    builds = {f"{width()} doubles": False, **({"4 doubles": True} if has_avx512() else {})}
    print(f"{os.cpu_count()} cores, vectors of {width()} doubles, load {os.getloadavg()[0]:.1f}; medians of {repeats} repeats.")
    if options.only in (None, "batches"):
        batch_table({name: apart("batches", narrow, repeats) for name, narrow in builds.items()})
    if options.only in (None, "tanh"):
        tanh_table({name: apart("tanh", narrow, repeats) for name, narrow in builds.items()})
    if options.only in (None, "graphs"):
        graph_table({name: apart("graphs", narrow, repeats, not options.quick) for name, narrow in builds.items()})
    if options.only in (None, "threads"):
        threads_table(apart("threads", False, repeats))


if __name__ == "__main__":
    main()
