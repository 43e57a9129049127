"""Ctrl-C at random moments of a training, its first and last lines included: what it left.

    python tests/benchmarks/interrupts.py          # 500 interrupts; prints the figures
    python tests/benchmarks/interrupts.py 50 7     # 50, seed 7
    python tests/benchmarks/interrupts.py places loop.py contextlib.py    # one before each bytecode of these files
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
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from damage import X, Y, network  # noqa: E402

import nn  # noqa: E402
from autograd_core import Value  # noqa: E402
from nn.training.model import MODES  # noqa: E402


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
    names = [name for name, _ in groupby(frame.name for frame in traceback.extract_tb(error.__traceback__))]
    inside = names[names.index("fit") + 1 :] if "fit" in names else []
    is_outside = not inside or inside[0] in ("__enter__", "__exit__", "ring", "trace")
    return "outside" if is_outside else f"escaped from {', '.join(names)}"


class Untouched(NamedTuple):
    """What a model is before training, to be compared with what an interrupt leaves."""

    model: nn.Module
    generator: random.Random
    state: object

    @classmethod
    def network(cls):
        generator = (model := network()).layers[2].generator
        return cls(model, generator, generator.getstate())

    def complaints(self, end, steps, path):
        """What is not as documented after a training that ended so."""
        found = {
            end: end.startswith("escaped"),
            "in training mode": end != "outside" and any(module.training for module in self.model.modules()),
            "another generator": self.model.layers[2].generator is not self.generator or self.generator.getstate() != self.state,
            "parameters between steps": numbers(self.model) not in steps,
            "a handler left": signal.getsignal(signal.SIGINT) is not signal.default_int_handler,
            "numbers are still watched": not Value(0.0),
            "a mode for all models left": MODES.get() != {},
            "a checkpoint torn": not is_whole(path),
        }
        return [what for what, is_so in found.items() if is_so]


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
            untouched = Untouched.network()
            sent.clear()
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-5 + 1.05 * took * chance.random())
                end = train(untouched.model, path).stopped
                while not sent:  # it comes after the end of fit
                    time.sleep(0.001)
            except KeyboardInterrupt as error:
                end = escaped(error)
            ends[end] += 1
            wrong += [f"interrupt {number}: {what}" for what in untouched.complaints(end, steps, path)]
    finally:
        gc.enable()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
    return Found(ends, wrong)


def interrupted_places(path, is_wanted=lambda code: True):
    """Train once for each bytecode that a training runs in code that is wanted, with an interrupt just before it.

    What random moments meet once in ten thousand trainings is found by this at once. Python itself looks for signals at fewer places.
    """
    steps, _ = whole_steps(path)
    places = set()
    _traced(path, is_wanted, lambda place: bool(places.add(place)))
    ends, wrong = Counter(), []
    gc.disable()  # what only a collection would set right is wrong until then
    try:
        for code, place in sorted(places, key=lambda at: (at[0].co_filename, at[0].co_firstlineno, at[1])):
            untouched, end = _traced(path, is_wanted, lambda at, here=(code, place): at == here)
            ends[end] += 1
            where = f"{Path(code.co_filename).name}, {code.co_name}, at {place}"
            wrong += [f"{where}: {what}" for what in untouched.complaints(end, steps, path)]
            signal.signal(signal.SIGINT, signal.default_int_handler)
    finally:
        gc.enable()
    return Found(ends, wrong)


def interrupted_predictions(is_wanted):
    """Predict once for each bytecode that it runs in code that is wanted, with an interrupt before it; gives what each left behind."""
    model, places = network(), set()
    _at(lambda: model.predict(X[:2]), is_wanted, lambda place: bool(places.add(place)))
    left = Counter()
    for place in places:
        with suppress(KeyboardInterrupt):
            _at(lambda: model.predict(X[:2]), is_wanted, lambda at, here=place: at == here)
        watched, evaluated = not Value(0.0), MODES.get() != {} or not all(module.training for module in model.modules())
        left[("nothing", "a mode")[evaluated] + ", and watches" * watched] += 1
    return left


def _traced(path, is_wanted, is_here):
    """A training, interrupted at the first bytecode that is here: the network, and how it ended."""
    untouched = Untouched.network()
    try:
        end = _at(lambda: train(untouched.model, path).stopped, is_wanted, is_here)
    except KeyboardInterrupt as error:
        end = escaped(error)
    return untouched, end


def _at(function, is_wanted, is_here):
    """What a function gives, which is interrupted at the first bytecode that is here."""
    former = sys.gettrace()

    def trace(frame, event, _):
        if not is_wanted(frame.f_code):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and is_here((frame.f_code, frame.f_lasti)):
            sys.settrace(None)
            signal.raise_signal(signal.SIGINT)
        return trace

    try:
        sys._getframe().f_trace_opcodes = True  # Python 3.12 looks for it only here
        sys.settrace(trace)
        return function()
    finally:
        sys.settrace(former)


def is_whole(path):
    """Whether a checkpoint can be read."""
    try:
        nn.Checkpoint(path, resume=True).read()
    except ValueError:
        return False
    return True


def main(*arguments):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "c.json")
        if arguments[:1] == ("places",):
            found = interrupted_places(path, lambda code: code.co_filename.endswith(arguments[1:]))
        else:
            found = interrupted_fits(*map(int, arguments or [500, 0]), path)
    print(f"{found.ends.total()} interrupts: {dict(found.ends)}; {len(found.wrong)} not as documented")
    print(*found.wrong[:10], sep="\n")
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
