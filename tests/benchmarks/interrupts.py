"""Ctrl-C at random moments of a training, its first and last lines included: what it left.

    python tests/benchmarks/interrupts.py          # 500 interrupts; prints the figures
    python tests/benchmarks/interrupts.py 50 7     # 50, seed 7
"""

from __future__ import annotations

import _thread
import gc
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from damage import X, Y, network  # noqa: E402

import nn  # noqa: E402
from autograd_core import Value  # noqa: E402


class Found(NamedTuple):
    """What interrupts left."""

    ends: Counter[str]
    """How trainings ended; ``outside`` are interrupts that came when fit did not yet, or no longer, have Ctrl-C in hand."""
    wrong: list[str]
    """What is not as documented."""


class Watching(nn.Callback):
    """Keeps the parameters before each step."""

    def __init__(self):
        self.steps = []

    def gradients(self, run, gradients):
        self.steps.append(list(run.values))
        return gradients


def train(model, path, callbacks=()):
    callbacks = [nn.EarlyStopping(50, restore_best=False), nn.Checkpoint(path), *callbacks]
    return model.fit(X, Y, epochs=4, batch_size=3, seed=0, validation=0.25, callbacks=callbacks)


def numbers(model):
    return [p.data for p in model.parameters()]


def whole_steps(path):
    """The parameters after each step of an undisturbed training, and the seconds that it takes."""
    watching, model = Watching(), network()
    train(model, path, [watching])
    times = []
    for _ in range(3):
        start = time.perf_counter()
        train(network(), path)
        times.append(time.perf_counter() - start)
    return [*watching.steps, numbers(model)], min(times)  # without what other processes took


def escaped(error):
    """Where an interrupt came out of: a place where fit does not have Ctrl-C in hand, at its very edges, or a wrong one."""
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    inside = names[names.index("fit") + 1 :] if "fit" in names else []
    is_outside = not inside or inside[0] in ("__enter__", "__exit__", "ring")
    return "outside" if is_outside else f"escaped from {', '.join(names)}"


def interrupted_fits(count, seed, path):
    """Train ``count`` times, each with one interrupt at a random moment from a little before to a little after."""
    steps, took = whole_steps(path)
    ends, wrong, chance, sent = Counter(), [], random.Random(seed), []

    def ring(*_):
        sent.append(True)
        (_thread.interrupt_main if len(ends) % 2 else signal.raise_signal)(signal.SIGINT)

    former = signal.signal(signal.SIGALRM, ring)
    gc.disable()  # what a test tool calls at a collection may not be interrupted: nothing could catch it
    try:
        for number in range(count):
            model = network()
            generator = model.layers[2].generator
            state = generator.getstate()
            sent.clear()
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-5 + 1.05 * took * chance.random())
                end = train(model, path).stopped
                while not sent:  # it comes after the end of fit
                    time.sleep(0.001)
            except KeyboardInterrupt as error:
                end = escaped(error)
            ends[end] += 1
            complaints = {
                end: end.startswith("escaped"),
                "in training mode": end != "outside" and any(module.training for module in model.modules()),
                "another generator": model.layers[2].generator is not generator or generator.getstate() != state,
                "parameters between steps": numbers(model) not in steps,
                "a handler left": signal.getsignal(signal.SIGINT) is not signal.default_int_handler,
                "numbers are still watched": not Value(0.0),
                "a checkpoint torn": not is_whole(path),
            }
            wrong += [f"interrupt {number}: {what}" for what, is_so in complaints.items() if is_so]
    finally:
        gc.enable()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
    return Found(ends, wrong)


def is_whole(path):
    """Whether a checkpoint can be read."""
    try:
        nn.Checkpoint(path, resume=True).read()
    except ValueError:
        return False
    return True


def main(count=500, seed=0):
    with tempfile.TemporaryDirectory() as folder:
        found = interrupted_fits(count, seed, Path(folder, "c.json"))
    print(f"{count} interrupts (seed {seed}): {dict(found.ends)}; {len(found.wrong)} not as documented")
    print(*found.wrong[:10], sep="\n")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
