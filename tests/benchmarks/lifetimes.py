"""What is left of programs that are compiled, called and dropped: memory, lines in linecache, libraries in the process.

    python tests/benchmarks/lifetimes.py          # 10,000 compilations in each dialect that runs here
    python tests/benchmarks/lifetimes.py 500
"""

from __future__ import annotations

import gc
import linecache
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import autograd_core as ac
from autograd_core import DIALECTS, Value, compile_graph


def use_one(dialect):
    w, x = Value(0.5, "w"), Value(2.0, "x")
    out = w
    for _ in range(10):
        out = ac.tanh(out * x + w)
    compile_graph(out, [w], [x], dialect)([0.5], [2.0])


def held():
    """Megabytes, programs in linecache, and built libraries that are mapped; Linux says so."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    libraries = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "/autograd_core" in line}
    lines = sum(name.startswith("<program ") for name in linecache.cache)
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1), lines, len(libraries)


def main(count=10_000):
    for dialect in (name for name, made in DIALECTS.items() if made.runs_here):
        for _ in range(200):
            use_one(dialect)
        before, start = held(), time.perf_counter()
        for _ in range(count):
            use_one(dialect)
        seconds = time.perf_counter() - start
        print(f"{dialect}: {count} compilations in {seconds:.0f} s; MB, linecache, libraries: {before} before, {held()} after", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
