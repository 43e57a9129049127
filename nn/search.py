"""Search for good settings: every combination of a grid, or random draws."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

from .history import History
from .initialization import generator_of
from .module import Module
from .training import TrainingError

Build = Callable[..., Any]


@dataclass
class Trial:
    """One choice of settings and what became of it; ``score`` is ``None`` if it failed, and ``error`` says why."""

    settings: dict[str, Any]
    score: float | None
    error: str | None = None
    seconds: float = 0.0
    model: Module | None = None
    history: History | None = None


@dataclass(repr=False)
class Search:
    """All trials in the order in which they ran; printing it shows them sorted, the best first, failures last.

    >>> print(Search([Trial({"lr": 0.1}, 0.5), Trial({"lr": 0.01}, 0.25)]))
    score  lr
    0.25   0.01
    0.5    0.1
    2 of 2 trials ran; the best score is 0.25 (smaller is better)
    """

    trials: list[Trial]
    maximize: bool = False
    planned: int | None = None
    """How many trials were to run: Ctrl-C may have ended the search before."""

    @property
    def best(self) -> Trial:
        """The trial with the best score, the first of several; ``ValueError`` if none has a score."""
        ranked = self.ranked()
        if not ranked or ranked[0].score is None:
            raise ValueError(f"none of the {len(self.trials)} trials has a score: print the search for their errors")
        return ranked[0]

    def ranked(self) -> list[Trial]:
        """The trials from the best to the worst score, and then those that failed."""
        sign = -1.0 if self.maximize else 1.0
        return sorted(self.trials, key=lambda trial: math.inf if trial.score is None else sign * trial.score)

    def __str__(self) -> str:
        ranked, names = self.ranked(), list(self.trials[0].settings) if self.trials else []
        rows = [["score", *names]]
        rows += [["failed" if trial.score is None else f"{trial.score:.6g}", *map(_shown, trial.settings.values())] for trial in ranked]
        widths = [max(map(len, column)) for column in zip(*rows)]
        ends = ["", *(f"  {_shown(trial.error, 80)}" if trial.error else "" for trial in ranked)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() + end for row, end in zip(rows, ends)]
        planned = self.planned or len(self.trials)
        count = f"{len(self.trials)} of {planned} trials ran{' before the search was interrupted' if len(self.trials) < planned else ''}"
        if not ranked or ranked[0].score is None:
            return "\n".join([*lines, f"{count}; none has a score"])
        better = "larger" if self.maximize else "smaller"
        return "\n".join([*lines, f"{count}; the best score is {ranked[0].score:.6g} ({better} is better)"])

    __repr__ = __str__


def grid_search(build: Build, grid: Mapping[str, Sequence[Any]], *, maximize: bool = False, metric: str | None = None) -> Search:
    """Run ``build(**settings)`` for every combination of the values in ``grid``, a dictionary from names to lists.

    ``build`` returns the score, a number, of which smaller is better unless ``maximize``; or a model and its :class:`nn.History`,
    scored by the best epoch of ``metric``: by default the validation loss if there is one, else the loss. A trial that ends in a
    :class:`nn.TrainingError` or whose score is not finite is noted as failed. Ctrl-C returns what
    was found until then.

    >>> search = grid_search(lambda x, y: (x - 2) ** 2 + y, {"x": [1, 2, 3], "y": [0, 5]})
    >>> len(search.trials), search.best.settings
    (6, {'x': 2, 'y': 0})

    ``ValueError`` for an empty grid, and ``TypeError`` if an entry is not a list or ``build`` returns something else.
    """
    _require_names(grid, "grid")
    for name, values in grid.items():
        if isinstance(values, str) or not isinstance(values, Sequence):
            raise TypeError(f"grid: {name} is a list of values, such as [{values!r}], not {values!r}")
        if not values:
            raise ValueError(f"grid: the list of {name} is empty: it needs one value or more")
    choices = [dict(zip(grid, values)) for values in itertools.product(*grid.values())]
    return _run(build, choices, maximize, metric)


def random_search(
    build: Build, space: Mapping[str, Any], trials: int = 20, seed: int | random.Random | None = 0, *, maximize: bool = False,
    metric: str | None = None,
) -> Search:  # fmt: skip
    """Run ``build(**settings)`` for ``trials`` random draws from ``space``; the rest is as in :func:`grid_search`.

    Each entry of ``space`` is a list to choose from, a pair ``(low, high)`` for a number between them (a whole number if both are
    ints, ends included), or a function of a ``random.Random``, such as ``lambda r: 10 ** r.uniform(-4, -1)`` for a learning rate.
    Where few settings matter, it finds good ones sooner than a grid of as many trials: Bergstra and Bengio, Random Search for
    Hyper-Parameter Optimization, 2012.

    >>> search = random_search(lambda x: (x - 0.5) ** 2, {"x": (0.0, 1.0)}, trials=50, seed=1)
    >>> abs(search.best.settings["x"] - 0.5) < 0.05
    True
    """
    _require_names(space, "space")
    if isinstance(trials, bool) or not isinstance(trials, int) or trials < 1:
        raise ValueError(f"trials is how many draws to try, 1 or more, not {trials!r}")
    generator = generator_of(seed)
    draws = {name: _draw(name, choice) for name, choice in space.items()}
    choices = [{name: draw(generator) for name, draw in draws.items()} for _ in range(trials)]
    return _run(build, choices, maximize, metric)


def _shown(x: Any, length: int = 40) -> str:
    """A setting or an error, in one line of a table."""
    text = f"{x:.6g}" if isinstance(x, float) else " ".join(str(getattr(x, "__name__", x)).split())
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _require_names(table: Any, what: str) -> None:
    if not isinstance(table, Mapping) or not table:
        raise ValueError(f"{what} is a dictionary from the names of settings to their values, with one name or more, not {table!r}")


def _draw(name: str, choice: Any) -> Callable[[random.Random], Any]:
    """How to draw one setting."""
    if callable(choice):
        return lambda generator: choice(generator)
    if isinstance(choice, list) and choice:
        return lambda generator: generator.choice(choice)
    if isinstance(choice, tuple) and len(choice) == 2 and all(isinstance(end, Real) for end in choice) and choice[0] <= choice[1]:
        low, high = choice
        if isinstance(low, int) and isinstance(high, int):
            return lambda generator: generator.randint(low, high)
        return lambda generator: generator.uniform(low, high)
    raise ValueError(f"space: {name} is a list of one value or more, a pair (low, high), or a function of a random.Random, not {choice!r}")


def _run(build: Build, choices: Iterable[dict[str, Any]], maximize: bool, metric: str | None) -> Search:
    choices = list(choices)
    search = Search([], maximize, len(choices))
    try:
        for settings in choices:
            trial = _trial(build, settings, maximize, metric)
            search.trials.append(trial)
            if trial.history is not None and trial.history.stopped == "interrupted":  # fit took the Ctrl-C for itself
                break
    except KeyboardInterrupt:
        pass
    return search


def _trial(build: Build, settings: dict[str, Any], maximize: bool, metric: str | None) -> Trial:
    start = time.perf_counter()
    model = history = None
    try:
        found = build(**settings)
    except TrainingError as error:
        return Trial(settings, None, str(error), time.perf_counter() - start)
    if isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], History):
        model, history = found
        found = _score(history, maximize, metric)
    seconds = time.perf_counter() - start
    if found is None and history is not None:
        return Trial(settings, None, "no epoch was completed", seconds, model, history)
    if not isinstance(found, int | float | Real):
        raise TypeError(f"build returns a number, or a model and its History, not {found!r}")
    if not math.isfinite(found):
        return Trial(settings, None, f"the score is {found}", seconds, model, history)
    return Trial(settings, float(found), None, seconds, model, history)


def _score(history: History, maximize: bool, metric: str | None) -> float | None:
    """The best epoch's figure; ``None`` if there is no epoch."""
    if metric is None and maximize:
        raise ValueError("maximize=True with a History needs the figure to maximize, as in metric='val_accuracy'")
    if not history.epochs:
        return None
    name = metric or ("val_loss" if "val_loss" in history.epochs[-1] else "loss")
    return max(history[name]) if maximize else min(history[name])
