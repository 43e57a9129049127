"""Processes that are killed while they write: how often the file was torn, and how many files stayed beside it.

    python tests/benchmarks/kills.py          # 500 kills at random times; prints the figures
    python tests/benchmarks/kills.py 50 7     # 50 kills, seed 7
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SIZE = 1_000_000
WRITER = """\
import itertools, sys
from autograd_core import replace_file
for letter in itertools.cycle("ab"):
    replace_file(sys.argv[1], letter * int(sys.argv[2]))
    print(end=".", flush=True)
"""


class Count(NamedTuple):
    """What kills left."""

    kills: int
    torn: int  # neither the old content nor the new one
    left: int  # files beside, directly after a kill
    left_at_last: int  # those that the next write did not remove


def count_kills(kills: int, seed: int = 0, *, writer: str = WRITER) -> Count:
    """Kill ``kills`` processes that replace a file again and again, each at a random time within its first writings."""
    moments, torn, left = random.Random(seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.txt")
        for _ in range(kills):
            command = [sys.executable, "-c", writer, str(path), str(SIZE)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
            assert process.stdout
            assert process.stdout.read(1) == b"."
            time.sleep(moments.uniform(0.0, 0.03))
            process.kill()
            process.wait()
            process.stdout.close()
            torn += path.read_text() not in ("a" * SIZE, "b" * SIZE)
            left += len(os.listdir(folder)) > 1
        subprocess.run([sys.executable, "-c", writer.replace('itertools.cycle("ab")', '"a"'), str(path), str(SIZE)],
                       check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
        return Count(kills, torn, left, len(os.listdir(folder)) - 1)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    kills, seed = [*numbers, *(500, 0)[len(numbers) :]]
    count = count_kills(kills, seed)
    print(f"{count.kills} kills (seed {seed}): {count.torn} torn files; files beside: {count.left} after a kill, {count.left_at_last} after the next write")
