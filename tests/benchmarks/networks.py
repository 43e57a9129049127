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
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tables import met, print_table

import nn
from nn import data
from nn.training.execution import execution


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
    train, test = split(data.digits(), 0.25, stratified=True)
    rows = []
    accuracies = {}
    for name, run in (("scikit-learn MLPClassifier", in_sklearn), ("PyTorch", in_torch)):
        seconds, accuracies[name] = timed(lambda run=run: run(train, test))
        rows.append([name, f"{seconds:.1f}", f"{accuracies[name]:.1%}", ""])
    best = max(accuracies.values())
    for dialect, limit in (("python", 60.0), ("c", 5.0)):
        seconds, accuracy = timed(lambda dialect=dialect: in_ours(train, test, dialect))
        fits = seconds < limit and accuracy >= 0.96 and accuracy >= best - 0.01
        rows.append([f"nn, {dialect} dialect", f"{seconds:.1f}", f"{accuracy:.1%}", f"96 %, within a point, under {limit:g} s ({met(fits)})"])
    print_table(
        "Handwritten digits",
        f"scikit-learn's 8x8 digits, {len(train.X):,} to train on and {len(test.X)} held out, MLP(64, [32, 10]), cross-entropy, Adam with "
        f"{RATE}, batches of {BATCH}, {EPOCHS} epochs; building included.",
        ["library", "seconds", "accuracy on held-out digits", "target"],
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


def large_table() -> None:
    """The network of 784-128-10 on random pictures: building, and value and gradients of one picture in a batch of 32."""
    generator = random.Random(0)
    model = nn.MLP(784, [128, 10], seed=0)
    rows = [[*(generator.random() for _ in range(784)), *(float(k == i % 10) for k in range(10))] for i in range(32)]
    values = [parameter.data for parameter in model.parameters()]
    lines = []
    for dialect in ("eager", "python", "c"):
        building, run = timed(lambda dialect=dialect: execution(model, nn.cross_entropy, rows, 784, dialect))
        table = run.rows(rows)
        run.sums(values, table[:1])
        seconds = timed(lambda run=run, table=table: run.sums(values, table))[0] / len(rows)
        hours = seconds * 480_000 / 3600
        lines.append([dialect, f"{building:.1f}", f"{seconds * 1e3:.2f}", f"{hours:.2f}"])
    adam = nn.Adam(model.parameters())
    step, _ = timed(lambda: adam.update(values, values))
    print_table(
        "784-128-10",
        f"Value and {len(values):,} gradients of one picture, in batches of 32; 10 epochs of 48,000 pictures. The update of Adam, in plain "
        f"Python, takes {step * 1e3:.0f} ms a batch on top.",
        ["dialect", "s to build", "ms a picture", "hours for 10 epochs"],
        lines,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="ten steps of micrograd instead of a hundred")
    parser.add_argument("--large", action="store_true", help="only the network of 784-128-10, which takes minutes to build in C")
    options = parser.parse_args()
    print(f"CPython {platform.python_version()} on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}.")
    with tempfile.TemporaryDirectory() as cache:
        os.environ["AUTOGRAD_CORE_CACHE"] = cache
        if options.large:
            large_table()
            return
        moons_table(options.quick)
        digits_table()
        playground_table()


if __name__ == "__main__":
    main()
