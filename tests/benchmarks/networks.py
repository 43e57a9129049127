"""Training whole networks: beside micrograd, scikit-learn and PyTorch, and on the sets of the Playground. Markdown tables.

    pip install -e ".[benchmark]"
    python tests/benchmarks/networks.py            # about two minutes; --quick leaves micrograd's full run out

Times include recording and building. The C cache is empty at the start.
"""

from __future__ import annotations

import argparse
import functools
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tables import met, print_table

import nn
from nn import data


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


# -- micrograd's demo ------------------------------------------------------------------------------------------------
def demo(library: Any, X: list[list[float]], y: list[int], steps: int) -> tuple[float, float]:
    """micrograd's own notebook: max-margin loss and L2, the whole data in each step. The model's accuracy before the last update."""
    random.seed(1337)
    model = library.MLP(2, [16, 16, 1])
    accuracy = 0.0
    start = time.perf_counter()
    for k in range(steps):
        scores = [model([library.Value(x) for x in row]) for row in X]
        losses = [(1 + -label * score).relu() for label, score in zip(y, scores)]
        total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
        accuracy = sum((label > 0) == (score.data > 0) for label, score in zip(y, scores)) / len(y)
        model.zero_grad()
        total.backward()
        rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= rate * p.grad
    return (time.perf_counter() - start) / steps, accuracy


class Ours:
    """The names of micrograd's demo, from this project."""

    from autograd_core import Value

    MLP = functools.partial(nn.MLP, init="uniform")


def micrograd() -> Any:
    import micrograd.engine
    import micrograd.nn

    return type("Micrograd", (), {"Value": micrograd.engine.Value, "MLP": micrograd.nn.MLP})


def split(samples: Any, test: float, stratified: bool = False) -> tuple[data.Dataset, data.Dataset]:
    """Samples to train on and samples held out."""
    from sklearn.model_selection import train_test_split

    X, y = samples
    parts = train_test_split(X, y, test_size=test, random_state=0, stratify=y if stratified else None)
    return data.Dataset(parts[0], parts[2]), data.Dataset(parts[1], parts[3])


def fitted(X: list[list[float]], y: list[int], dialect: str, steps: int) -> tuple[float, float]:
    """The same training through fit: its time, and the accuracy at the end."""
    random.seed(1337)
    model = nn.MLP(2, [16, 16, 1], init="uniform")
    decay = nn.Schedule(lambda epoch: max(0.1, 1.0 - 0.9 * epoch / 100))  # that of the demo
    options: dict[str, Any] = {"optimizer": lambda p: nn.SGD(p, lr=1.0), "callbacks": [nn.L2(1e-4), decay]}
    seconds, _ = timed(lambda: model.fit(X, y, loss="hinge", epochs=steps, dialect=dialect, seed=0, **options))
    return seconds, model.evaluate(X, y, "hinge", ["accuracy"])["accuracy"]


def moons_table(quick: bool) -> None:
    X, y = data.moons(100, 0.1, seed=1, labels=(-1, 1))
    slow, reached = demo(micrograd(), X, y, 10 if quick else 100)
    rows = [["micrograd 0.1.0", f"{slow * 1e3:.2f}", "1x", f"{reached:.0%}", ""]]
    results: dict[str, tuple[tuple[float, float], float]] = {"only the imports changed": (demo(Ours, X, y, 100), 1.0)}
    building = {}
    for dialect, least in (("python", 80.0), ("c", 1000.0)):
        building[dialect] = fitted(X, y, dialect, 1)[0]
        seconds = (fitted(X, y, dialect, 1000)[0] - fitted(X, y, dialect, 1)[0]) / 999
        results[f"fit, {dialect} dialect"] = (seconds, fitted(X, y, dialect, 100)[1]), least
    for name, ((seconds, accuracy), least) in results.items():
        ratio = slow / seconds
        target = f"at least {least:g}x ({met(ratio >= least)})" if least > 1 else f"100 % ({met(accuracy == 1.0)})"
        rows.append([name, f"{seconds * 1e3:.3f}", f"{ratio:.0f}x", f"{accuracy:.0%}", target])
    print_table(
        "micrograd's demo",
        "Two moons of 100 points, MLP(2, [16, 16, 1]), max-margin loss and L2, 100 steps over all points; the mean of a step. For fit "
        f"the time of one step is the slope between a long and a short training, so recording and building ({building['python']:.2f} s in "
        f"Python, {building['c']:.2f} s in C, once) are not in it.",
        ["engine", "ms a step", "faster than micrograd", "accuracy", "target"],
        rows,
    )


# -- handwritten digits ----------------------------------------------------------------------------------------------
EPOCHS, BATCH, RATE = 40, 32, 0.005


def digits_table() -> None:
    import sklearn.neural_network  # noqa: F401
    import torch  # noqa: F401  # importing is no part of training

    train, test = split(data.digits(), 0.25, stratified=True)
    ways: dict[str, Callable[[], float]] = {
        "scikit-learn MLPClassifier": lambda: in_sklearn(train, test), "PyTorch": lambda: in_torch(train, test),
        "nn, python dialect": lambda: in_ours(train, test, "python"), "nn, c dialect, built": lambda: in_ours(train, test, "c"),
        "nn, c dialect, in the cache": lambda: in_ours(train, test, "c"),
    }  # fmt: skip
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for repeat in range(5):
        for name, run in ways.items():
            if "python" not in name or repeat == 0:
                with tempfile.TemporaryDirectory() as cache:
                    if "built" in name:
                        os.environ["AUTOGRAD_CORE_CACHE"] = cache
                    found[name].append(timed(run))
                os.environ["AUTOGRAD_CORE_CACHE"] = CACHE.name
    seconds = {name: median(taken for taken, _ in results) for name, results in found.items()}
    accuracies = {name: results[0][1] for name, results in found.items()}
    peer, best = seconds["scikit-learn MLPClassifier"], max(accuracies.values())
    limits = {"nn, python dialect": 60.0, "nn, c dialect, built": 1.5 * peer, "nn, c dialect, in the cache": peer}
    rows = []
    for name, taken in seconds.items():
        fits = taken <= limits.get(name, taken) and accuracies[name] >= max(0.96, best - 0.01)
        target = f"96 %, within a point, at most {limits[name]:.2f} s ({met(fits)})" if name in limits else ""
        rows.append([name, f"{taken:.2f}", f"{taken / peer:.2f}x", f"{accuracies[name]:.1%}", target])
    print_table(
        "Handwritten digits",
        f"scikit-learn's 8x8 digits, {len(train.X):,} to train on and {len(test.X)} held out, MLP(64, [32, 10]), cross-entropy, Adam with "
        f"{RATE}, batches of {BATCH}, {EPOCHS} epochs and the evaluation; building included. Medians of 5 interleaved runs (Python: one).",
        ["library", "seconds", "to scikit-learn", "accuracy on held-out digits", "target"],
        rows,
    )


def in_ours(train: Any, test: Any, dialect: str) -> float:
    model = nn.MLP(64, [32, 10], seed=0)
    optimizer = lambda parameters: nn.Adam(parameters, lr=RATE)  # noqa: E731
    model.fit(*train, loss="cross_entropy", optimizer=optimizer, epochs=EPOCHS, batch_size=BATCH, dialect=dialect, seed=0)
    return model.evaluate(*test, "cross_entropy", ["accuracy"], dialect=dialect)["accuracy"]


def in_sklearn(train: Any, test: Any) -> float:
    import warnings

    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((32,), batch_size=BATCH, learning_rate_init=RATE, max_iter=EPOCHS, alpha=0.0, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it could go on
        model.fit(train.X, train.y)
    return float(model.score(test.X, test.y))


def in_torch(train: Any, test: Any) -> float:
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    X, y = torch.tensor(train.X, dtype=torch.float64), torch.tensor(train.y)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(y)).split(BATCH):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(X[chosen]), y[chosen]).backward()
            optimizer.step()
    with torch.no_grad():
        predicted = model(torch.tensor(test.X, dtype=torch.float64)).argmax(1)
    return float((predicted == torch.tensor(test.y)).double().mean())


# -- the Playground --------------------------------------------------------------------------------------------------
PLAYGROUND: dict[str, tuple[Any, list[int], int]] = {
    "circle": (data.circles, [8, 1], 100),
    "XOR": (data.xor_quadrants, [8, 1], 100),
    "two Gaussians": (data.gaussians, [4, 1], 30),
    "spiral": (data.spiral, [16, 16, 1], 200),
}


def playground_table() -> None:
    rows = []
    for name, (make, sizes, epochs) in PLAYGROUND.items():
        train, test = split(make(400, 0.05, seed=0), 0.5)
        model = nn.MLP(2, sizes, activation="tanh", seed=0)
        optimizer = lambda parameters: nn.Adam(parameters, lr=0.02)  # noqa: E731
        seconds, _ = timed(lambda: model.fit(*train, loss="bce_with_logits", optimizer=optimizer, epochs=epochs, batch_size=20, seed=0))  # noqa: B023
        accuracy = model.evaluate(*test, "bce_with_logits", ["accuracy"])["accuracy"]
        verdict = f"95 % in under 20 s ({met(accuracy >= 0.95 and seconds < 20.0)})"
        rows.append([name, f"MLP(2, {sizes})", str(epochs), f"{seconds:.1f}", f"{accuracy:.1%}", verdict])
    print_table(
        "The sets of the TensorFlow Playground",
        "200 points to train on and 200 held out, noise 0.05, tanh, binary cross-entropy, Adam with 0.02, batches of 20, Python dialect.",
        ["set", "network", "epochs", "seconds", "accuracy on held-out points", "target"],
        rows,
    )


# -- pictures --------------------------------------------------------------------------------------------------------
PICTURES = 9_600


def pictures_table() -> None:
    """784-128-10 on random pictures, in batches of 32 with Adam: a batch through fit, and in PyTorch."""
    import numpy as np
    import torch

    torch.set_num_threads(1)
    generator = np.random.default_rng(0)
    X, y = generator.random((PICTURES, 784)), generator.integers(0, 10, PICTURES)
    labels = y.tolist()
    torch.manual_seed(0)
    steps = {f"PyTorch, {str(kind)[6:]}": torch_epoch(torch, X, y, kind) for kind in (torch.float64, torch.float32)}
    times: dict[str, list[float]] = {name: [] for name in (*steps, "nn, c dialect")}

    class Beside(nn.Callback):
        """After each of our epochs, one of each peer."""

        def begin(self, run: Any) -> None:
            self.begun = time.perf_counter()

        def epoch(self, run: Any) -> None:
            times["nn, c dialect"].append(run.history["seconds"][-1])
            for name, step in steps.items():
                times[name].append(timed(step)[0])

    beside, model = Beside(), nn.MLP(784, [128, 10], seed=0)
    start = time.perf_counter()
    options: dict[str, Any] = {"optimizer": nn.Adam, "epochs": 7, "batch_size": BATCH, "seed": 0, "dialect": "c"}
    model.fit(X, labels, loss="cross_entropy", callbacks=[nn.Progress(False), beside], **options)
    building, ours = beside.begun - start, median(times["nn, c dialect"])
    rows = []
    for name, taken in times.items():
        ratio = median(taken) / ours
        target = f"at least 1x ({met(ratio >= 1.0)})" if "64" in name else f"under 2 s to build ({met(building < 2.0)})" if "nn" in name else ""
        built = f"{building:.2f}" if "nn" in name else ""
        rows.append([name, built, f"{median(taken) / PICTURES * BATCH * 1e3:.3f}", f"{median(taken) / PICTURES * 48_000:.2f}", f"{ratio:.2f}x", target])
    print_table(
        "784-128-10",
        f"Cross-entropy, Adam, batches of {BATCH}, one thread; medians of 7 epochs of {PICTURES:,} random pictures, one after the other. The time "
        "to build is everything before the first epoch: reading the data, recording, compiling with an empty cache. Ours are doubles.",
        ["library", "s to build", "ms a batch", "s an epoch of 48,000", "our speed to it", "target"],
        rows,
    )


def torch_epoch(torch: Any, X: Any, y: Any, kind: Any) -> Callable[[], None]:
    model = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)).to(kind)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    pictures, labels = torch.tensor(X, dtype=kind), torch.tensor(y)

    def epoch() -> None:
        for chosen in torch.randperm(len(labels)).split(BATCH):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(pictures[chosen]), labels[chosen]).backward()
            optimizer.step()

    return epoch


TABLES: dict[str, Callable[[bool], None]] = {
    "moons": moons_table, "digits": lambda quick: digits_table(), "playground": lambda quick: playground_table(),
    "pictures": lambda quick: pictures_table(),
}  # fmt: skip
CACHE = tempfile.TemporaryDirectory()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="ten steps of micrograd instead of a hundred")
    parser.add_argument("--only", choices=TABLES, help="one of the tables")
    options = parser.parse_args()
    print(f"CPython {platform.python_version()} on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}.")
    os.environ["AUTOGRAD_CORE_CACHE"] = CACHE.name
    for name, table in TABLES.items():
        if options.only in (None, name):
            table(options.quick)


if __name__ == "__main__":
    main()
