"""Whether all readings of the table agree on random graphs at kinks, singular points and extremes.

    python tests/benchmarks/extremes.py --count 20000

For each graph: ``backward``, ``gradients``, ``grad`` and forward mode, the second derivatives by every nesting of the transforms, and
programs of first and second order, at the point where the graph was recorded and at two others. tests/extreme_graphs.py says
what agreeing means. A C program takes a second to build, so one graph in ``--every`` (40) has one; programs of JavaScript run in
Node, those of 250 graphs in one process.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import extreme_graphs as extreme  # noqa: E402

BATCH = 250  # graphs whose programs run in one Node process


def judged(seed: int, k: int, every: int) -> tuple[str, extreme.Judge, list[list[float]]]:
    """What graph ``k`` is, what was found of it, and the points where its programs ran."""
    random = Random(f"{seed} {k}")
    steps, xs = extreme.draw(random)
    judge = extreme.Judge(steps, xs)
    judge.first_order()
    judge.second_order()
    others = [random.choices(extreme.EXTREMES, extreme.WEIGHTS, k=len(xs)) for _ in range(2)]
    judge.programs(["python", "numpy", *(["c"] if every and k % every == 0 else [])], others)
    return f"graph {k}: {extreme.text(steps)} at {xs}", judge, [xs, *others]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first graph")
    parser.add_argument("--every", type=int, default=40, help="one graph in so many is compiled as C; 0 for none")
    parser.add_argument("--show", type=int, default=10, help="disagreements that are printed")
    options = parser.parse_args()
    start, wrong, kinds, compared = time.perf_counter(), 0, Counter[str](), Counter[str]()
    last = options.first + options.count
    for first in range(options.first, last, BATCH):
        batch = [judged(options.seed, k, options.every) for k in range(first, min(first + BATCH, last))]
        extreme.judge_in_node([(judge, points) for _, judge, points in batch])
        for what, judge, _ in batch:
            compared += judge.compared
            if judge.found:
                wrong += 1
                kinds.update(line.split(":")[0].split(" at ")[0] for line in judge.found)
                if wrong <= options.show:
                    print(what, *(f"    {line}" for line in judge.found[:4]), sep="\n", flush=True)
    taken = time.perf_counter() - start
    print(f"seed {options.seed}: {options.count} graphs, {wrong} with readings that disagree ({taken:.0f} s)")
    for kind, count in kinds.most_common():
        print(f"    {count:6} {kind}")
    print(f"{sum(compared.values())} comparisons, of which:")
    for kind, count in compared.most_common(30):
        print(f"    {count:6} {kind}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
