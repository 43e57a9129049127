"""Train a network from the shell: ``python -m nn digits`` or ``python -m nn spiral --plot spiral.png``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from autograd_core import DIALECTS, require_place

from . import data
from .export import export_program
from .layers import MLP
from .optim import Adam
from .training.execution import RUNS
from .training.loop import TrainingError

TASKS: dict[str, tuple[Any, ...]] = {  # data of a seed, and what suits it: sizes, activation, learning rate, batch size, epochs
    "digits": (lambda seed: data.digits(), [32, 10], "relu", 0.005, 32, 40),
    "spiral": (lambda seed: data.spiral(400, 0.05, seed), [16, 16, 1], "tanh", 0.02, 20, 200),
    "circles": (lambda seed: data.circles(400, 0.05, seed), [8, 1], "tanh", 0.03, 10, 60),
    "xor": (lambda seed: data.xor_quadrants(400, 0.05, seed), [8, 1], "tanh", 0.03, 10, 60),
    "gaussians": (lambda seed: data.gaussians(400, 0.05, seed), [4, 1], "tanh", 0.03, 10, 30),
    "moons": (lambda seed: data.moons(400, 0.1, seed), [16, 16, 1], "relu", 0.02, 20, 100),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m nn", description="Train a network on a data set, and test it on held-out samples.")
    parser.add_argument("data", choices=TASKS, help="the data set; digits are scikit-learn's handwritten digits")
    parser.add_argument("--hidden", type=int, nargs="*", help="the number of neurons of each hidden layer")
    parser.add_argument("--epochs", type=int, help="passes over the data")
    parser.add_argument("--dialect", choices=RUNS, default="python", help="how the network runs (default: python)")
    parser.add_argument("--seed", type=int, default=0, help="what all chance is drawn from (default: 0)")
    parser.add_argument("--plot", metavar="FILE", help="write the curve of the training, and in two dimensions the decision boundary")
    parser.add_argument("--save", metavar="FILE", help="write the trained network as a file that needs nothing else: .py, .c, .js")
    options = parser.parse_args(arguments)
    try:
        run(options)
    except (ImportError, OSError, RuntimeError, TrainingError, ValueError) as error:
        print(f"python -m nn: {error}", file=sys.stderr)
        return 1
    return 0


def run(options: argparse.Namespace) -> None:
    if options.save is not None:  # what cannot be written is refused now, not after the training
        require_place(options.save, [ending for made in DIALECTS.values() for ending in made.endings])
    if options.plot is not None:
        from .plots.live import Figure, save_training  # type: ignore[attr-defined]
        require_place(options.plot, ["", *(f".{kind}" for kind in Figure().canvas.get_supported_filetypes())])
    load, sizes, activation, lr, batch_size, epochs = TASKS[options.data]
    samples = load(options.seed)
    sizes = sizes if options.hidden is None else [*options.hidden, sizes[-1]]
    model = MLP(len(samples.X[0]), sizes, activation=activation, seed=options.seed)
    print(model)
    history = model.fit(
        *samples, loss="cross_entropy" if sizes[-1] > 1 else "bce_with_logits", metrics=["accuracy"], validation=0.25,
        optimizer=partial(Adam, lr=lr), batch_size=batch_size, epochs=epochs if options.epochs is None else options.epochs,
        dialect=options.dialect, seed=options.seed,
    )  # fmt: skip
    print(history)
    if len(history):
        print(f"{round(len(samples.X) * 0.25)} held-out samples: {history['val_accuracy'][-1]:.1%} right")
    if options.save is not None:
        export_program(model, options.save)
    if options.plot is not None:
        save_training(model, samples, history, options.plot)


if __name__ == "__main__":
    sys.exit(main())
