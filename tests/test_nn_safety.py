"""Nothing is lost and nothing let in: damaged states and checkpoints, and Ctrl-C at any moment of a training."""

import json
import math
import random
import signal
import time

import pytest

import nn
from nn.training.saving import read_json, write_json

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


def parts(model, optimizer):
    return json.dumps([model.state_dict(), optimizer.state_dict()])


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_state_is_one_error_that_names_the_file_and_changes_nothing(tmp_path, seed):
    path, model, chance = tmp_path / "m.json", network(), random.Random(seed)
    model.save(path)
    whole, before = path.read_bytes(), model.state_dict()
    for _ in range(150):
        path.write_bytes(text := damaged(whole, chance))
        if text == whole:
            continue
        try:
            model.load(path)
        except ValueError as error:
            assert str(path) in str(error)  # noqa: PT017
            assert len(str(error)) < 1500  # noqa: PT017
        else:
            assert json.loads(text) == json.loads(whole), "junk was taken"
        assert model.state_dict() == before


def resumed(model, optimizer, path):
    callbacks = [nn.Checkpoint(path, resume=True), nn.EarlyStopping(3), nn.StepLR(2)]
    return model.fit(X, Y, optimizer=optimizer, epochs=3, validation=0.25, seed=0, callbacks=callbacks)


@pytest.fixture
def checkpoint(tmp_path):
    path, model = tmp_path / "c.json", network()
    model.fit(X, Y, epochs=2, validation=0.25, seed=0, callbacks=[nn.Checkpoint(path), nn.EarlyStopping(3), nn.StepLR(2)])
    return path


def test_a_damaged_checkpoint_is_one_error_that_names_the_file_and_changes_nothing(checkpoint):
    whole, chance = checkpoint.read_bytes(), random.Random(0)
    model = network()
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    before = parts(model, optimizer)
    for _ in range(150):
        checkpoint.write_bytes(text := damaged(whole, chance))
        try:
            same = json.loads(text) == json.loads(whole)
        except (ValueError, RecursionError):
            same = False
        if not same:
            with pytest.raises(ValueError, match=r"c\.json"):
                resumed(model, optimizer, checkpoint)
            assert parts(model, optimizer) == before


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


def test_a_checkpoint_with_a_right_checksum_is_still_checked_in_every_entry(checkpoint):
    content = read_json(checkpoint, "checkpoint")
    tried, taken = 0, []
    for way, change in edits(content):
        wrong = edited(content, way, change)
        if wrong is None or json.dumps(wrong) == json.dumps(content) or way == ("seed",) or (way, change) == (("epochs", 1), None):
            continue
        write_json(checkpoint, "checkpoint", wrong)
        model = network()
        optimizer = nn.Adam(model.parameters(), lr=0.01)
        before = parts(model, optimizer)
        try:
            resumed(model, optimizer, checkpoint)
        except ValueError as error:
            assert "c.json" in str(error), (way, change)  # noqa: PT017
            assert parts(model, optimizer) == before
        else:
            taken.append((way, change))
        tried += 1
    assert taken == [], taken
    assert tried > 500


# -- Ctrl-C ------------------------------------------------------------------------------------------------------------
def test_ctrl_c_at_any_moment_leaves_the_model_after_a_whole_step(tmp_path):
    """A timer sends it while fit has Ctrl-C in hand, from its first to its last line."""
    steps = []

    class Watching(nn.Callback):
        def gradients(self, run, gradients):
            steps.append(list(run.values))
            return gradients

    def train(model, callbacks=()):
        callbacks = [nn.EarlyStopping(50, restore_best=False), nn.Checkpoint(tmp_path / "c"), *callbacks]
        return model.fit(X, Y, epochs=4, batch_size=3, seed=0, validation=0.25, callbacks=callbacks)

    def ring(*_):
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            signal.raise_signal(signal.SIGINT)

    model = network()
    train(model, [Watching()])
    steps.append([p.data for p in model.parameters()])
    start = time.perf_counter()
    train(network())
    took = time.perf_counter() - start
    former, chance, ends = signal.signal(signal.SIGALRM, ring), random.Random(0), set()
    try:
        for _ in range(150):
            model = network()
            generator = model.layers[2].generator
            signal.setitimer(signal.ITIMER_REAL, 1e-5 + took * chance.random())
            history = train(model)
            signal.setitimer(signal.ITIMER_REAL, 0)
            ends.add(history.stopped)
            assert not any(module.training for module in model.modules())
            assert model.layers[2].generator is generator
            assert [p.data for p in model.parameters()] in steps
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGALRM, former)
    assert "interrupted" in ends
