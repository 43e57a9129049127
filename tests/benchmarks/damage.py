"""Damaged files of models and checkpoints: what was taken, and what a refusal changed.

    python tests/benchmarks/damage.py             # 5,000 files; prints the figures
    python tests/benchmarks/damage.py 500 7       # 500 files, seed 7

Of twenty, eight are states with bytes that changed, nine such checkpoints, and three are checkpoints whose checksum is
right, with an entry that is gone or of another kind.
"""

from __future__ import annotations

import json
import math
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import nn
from autograd_core import read_json, write_json
from nn.training.saving import CHECKPOINT

X = [[0.1 * i, math.sin(i)] for i in range(12)]
Y = [0.5 * a - b for a, b in X]


def network():
    return nn.Sequential(nn.Layer(2, 3, "tanh", seed=0), nn.BatchNorm(3), nn.Dropout(0.2, seed=1), nn.Layer(3, 1, "linear", seed=2))


def damaged(text, chance):
    """The bytes of a file after what may happen to it: cut, changed, doubled, filled with something else."""
    data = bytearray(text)
    at = chance.randrange(len(data))
    kind = chance.choice(["cut", "byte", "bit", "swap", "double", "insert"])
    if kind == "cut":
        return bytes(data[:at])
    if kind == "byte":
        data[at] = chance.randrange(256)
    elif kind == "bit":
        data[at] ^= 1 << chance.randrange(8)
    elif kind == "swap":
        other = chance.randrange(len(data))
        data[at], data[other] = data[other], data[at]
    elif kind == "double":
        data[at:at] = data[max(0, at - chance.randrange(1, 40)) : at]
    else:
        data[at:at] = chance.choice([b"NaN", b"Infinity", b"9" * 400, b"9" * 5000, b"[" * 3000, b"\xff", b"null,", b'"a": 1, '])
    return bytes(data)


def resumed(model, optimizer, path):
    callbacks = [nn.Checkpoint(path, resume=True), nn.EarlyStopping(3), nn.StepLR(2)]
    return model.fit(X, Y, optimizer=optimizer, epochs=3, validation=0.25, seed=0, callbacks=callbacks)


def edits(content, way=()):
    """Every place of a nested content, and what is wrong there: gone, or of another kind."""
    for key in content if isinstance(content, dict) else range(len(content)):
        yield (*way, key), None
        for wrong in ("1.0", None, [], {}, True, 10**400, -1, math.nan):
            yield (*way, key), (wrong,)
        if isinstance(content[key], dict | list):
            yield from edits(content[key], (*way, key))


def edited(content, way, change):
    content = json.loads(json.dumps(content))
    place = content
    for key in way[:-1]:
        place = place[key]
    if change is None:
        del place[way[-1]]
    elif type(place[way[-1]]) is float and isinstance(change[0], int | float) and not isinstance(change[0], bool):
        return None  # another number is a number
    else:
        place[way[-1]] = change[0]
    return content


class Victim:
    """A model with its optimizer and generators, and the file that it is asked to read."""

    def __init__(self, path):
        self.path, self.model, self.counts = Path(path), network(), Counter()
        self.optimizer = nn.Adam(self.model.parameters(), lr=0.01)
        self.before = self.parts()

    def parts(self):
        modules = self.model.modules()
        generators = [module.generator.getstate() for module in modules if isinstance(vars(module).get("generator"), random.Random)]
        modes = [module.training for module in modules]
        return json.dumps([self.model.state_dict(), self.optimizer.state_dict(), modes, generators, random.getstate()])

    def reads(self, read, what):
        """Whether what the file holds now was taken; how it was refused is counted."""
        try:
            read()
        except ValueError as error:
            self.counts["refused"] += 1
            self.counts["without the name of the file"] += str(self.path) not in str(error)
            self.counts["too long"] += len(str(error)) > 1500
        except Exception as error:  # every kind is counted
            self.counts[f"{type(error).__name__} for {what}"] += 1
        else:
            self.counts[f"taken: {what}"] += 1
            self.__init__(self.path)
        self.counts["changed"] += self.parts() != self.before


def same(text, whole):
    """Whether a file says what it said."""
    try:
        return json.loads(text) == json.loads(whole)
    except (ValueError, RecursionError):
        return False


def damaged_bytes(path, count, seed, write, read):
    """What comes of ``count`` files, each with one damage, of the kind that ``write`` writes."""
    chance, victim = random.Random(seed), Victim(path)
    write(path)
    whole = victim.path.read_bytes()
    for _ in range(count):
        text = whole
        while same(text, whole):
            text = damaged(whole, chance)
        victim.path.write_bytes(text)
        victim.reads(lambda: read(victim), "a damaged file")
    return +victim.counts


def damaged_states(path, count, seed):
    return damaged_bytes(path, count, seed, network().save, lambda victim: victim.model.load(path))


def write_checkpoint(path):
    callbacks = [nn.Checkpoint(path), nn.EarlyStopping(3), nn.StepLR(2)]
    network().fit(X, Y, epochs=2, validation=0.25, seed=0, callbacks=callbacks)


def damaged_checkpoints(path, count, seed):
    return damaged_bytes(path, count, seed, write_checkpoint, lambda victim: resumed(victim.model, victim.optimizer, path))


def edited_checkpoints(path, count, seed):
    """Checkpoints with a right checksum and one wrong entry."""
    write_checkpoint(path)
    content, victim = read_json(path, CHECKPOINT), Victim(path)
    wrong = []
    for way, change in edits(content):
        new = edited(content, way, change)
        # A seed may be any, and without its last epoch the history is that of a shorter training.
        if new is not None and json.dumps(new) != json.dumps(content) and way != ("seed",) and (way, change) != (("epochs", 1), None):
            wrong.append((way, change, new))
    for way, change, new in random.Random(seed).sample(wrong, min(count, len(wrong))):
        write_json(path, CHECKPOINT, new)
        victim.reads(lambda: resumed(victim.model, victim.optimizer, path), f"{way} {change}")
    return +victim.counts


def main(count=5000, seed=0):
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for what, share in ((damaged_states, 0.4), (damaged_checkpoints, 0.45), (edited_checkpoints, 0.15)):
            found = what(Path(folder, f"{what.__name__}.json"), round(count * share), seed)
            good = good and set(found) == {"refused"}
            print(f"{what.__name__.replace('_', ' ')}, seed {seed}: {dict(found)}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
