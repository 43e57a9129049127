"""What accompanies a training: stopping early, penalties, clipping, schedules, progress; each is one small class."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import add
from typing import Any

from autograd_core import Value, compile_graph
from autograd_core import gradients as derivatives

from ..activations import count, fitting, number
from ..losses import l1_penalty, l2_penalty
from ..optim import Optimizer, Schedule, clip_norm, clip_value
from .arrays import each, is_array, total_of
from .execution import Execution
from .history import History, shown
from .interrupts import Interrupts
from .model import Model


@dataclass
class Run:
    """A training under way, as callbacks see it."""

    model: Model
    execution: Execution
    optimizer: Optimizer
    values: Any
    """The numbers of the parameters: a list, or, in the dialects c and numpy, an array. The model has them too when an epoch has ended."""
    epochs: int
    """How many there are to be."""
    facts: dict[str, int]
    """What a checkpoint must agree with: the number of samples, the size of a batch, the seed."""
    interrupts: Interrupts
    callbacks: Sequence[Callback] = ()
    history: History = field(default_factory=History)
    measured: Callable[[], dict[str, Any]] = dict
    """Gives the state of the model that the loss of the last epoch belongs to."""


class Callback:
    """What may happen at each point of a training; a subclass defines what it needs.

    >>> class Shrinking(Callback):
    ...     def gradients(self, run, gradients):
    ...         return [g / 2 for g in gradients]
    """

    last = False
    """Whether its ``epoch`` comes after those of the others."""

    remembered: tuple[str, ...] = ()
    """The attributes that a resumed training needs. What the class holds is what they are at first: numbers, or ``None`` for what
    JSON can hold."""

    def begin(self, run: Run) -> None:
        """Before the first epoch; in a training that is resumed, ``run.history`` has epochs, and what is remembered follows."""

    def loss(self, run: Run, value: float, gradients: Any) -> tuple[float, Any]:
        """In each step, first: what is added to the loss and its gradient."""
        return value, gradients

    def gradients(self, run: Run, gradients: Any) -> Any:
        """In each step, then: the gradient that the optimizer is given."""
        return gradients

    def epoch(self, run: Run) -> None:
        """After each epoch; the last entry of ``run.history`` is its."""

    def over(self, run: Run) -> str:
        """Before each epoch, and after the last: the reason to end, or an empty text."""
        return ""

    def end(self, run: Run) -> None:
        """After the last epoch, also after Ctrl-C and errors; ``run.history.stopped`` says which."""

    @property
    def name(self) -> str:
        """What a checkpoint calls it."""
        return type(self).__name__

    def state(self) -> dict[str, Any]:
        """What is remembered."""
        return {name: getattr(self, name) for name in self.remembered}

    def fresh(self) -> dict[str, Any]:
        """What is remembered at first."""
        return {name: getattr(type(self), name) for name in self.remembered}

    def checked_state(self, run: Run, state: Any) -> dict[str, Any]:
        """The attributes that a saved state stands for; ``ValueError`` if it does not fit."""
        found: dict[str, Any] = fitting(state, self.fresh(), f"the state of {self.name}")
        return found


class _Function(Callback):
    """A function of the model and the history, called after each epoch; training ends if it returns something true."""

    def __init__(self, function: Callable[[Any, History], Any]) -> None:
        self.function, self.ends = function, False

    def epoch(self, run: Run) -> None:
        self.ends = bool(run.interrupts.call(self.function, run.model, run.history))

    def over(self, run: Run) -> str:
        return "callback" if self.ends else ""


class EarlyStopping(Callback):
    """Stop when the loss that is watched (that of the validation, if there is one) has not become smaller by more than ``min_delta``
    for ``patience`` epochs; with ``restore_best`` the model then has the parameters of the smallest loss, also after Ctrl-C."""

    remembered = ("waited", "limit", "smallest", "best")
    waited, limit, smallest = 0, math.inf, math.inf
    best: dict[str, Any] | None = None

    def __init__(self, patience: int = 10, min_delta: float = 0.0, restore_best: bool = True) -> None:
        self.patience, self.min_delta, self.restore_best = count("patience", patience), number("min_delta", min_delta), restore_best

    def epoch(self, run: Run) -> None:
        watched = run.history.watched()[-1]
        if watched < self.smallest:
            self.smallest, self.best = watched, run.measured()
        if watched < self.limit - self.min_delta:
            self.limit, self.waited = watched, 0
        else:
            self.waited += 1

    def over(self, run: Run) -> str:
        return "early stopping" if self.waited >= self.patience else ""

    def end(self, run: Run) -> None:
        if self.restore_best and self.best is not None and run.history.stopped != "failed":
            run.model.load_state_dict(self.best)

    def checked_state(self, run: Run, state: Any) -> dict[str, Any]:
        found = super().checked_state(run, state)
        if (found["best"] is None) is not math.isinf(found["smallest"]):
            raise ValueError(f"the best state and the smallest loss, {found['smallest']}, do not fit together")
        if found["best"] is not None:
            run.model.checked_state(found["best"])
        return found


# -- what acts on each step --------------------------------------------------------------------------------------------
class L2(Callback):
    """Adds :func:`nn.l2_penalty` of all parameters to the loss: ``strength * sum of w ** 2``."""

    penalty = staticmethod(l2_penalty)

    def __init__(self, strength: float) -> None:
        self.strength = number("strength", strength)

    def begin(self, run: Run) -> None:
        w = Value(1.0)
        term = self.penalty([w], self.strength)  # that of one parameter
        self.program = compile_graph([term, *derivatives(term, [w])], [], [w], "numpy" if is_array(run.execution.values()) else "python")

    def loss(self, run: Run, value: float, gradients: Any) -> tuple[float, Any]:
        terms, further = self.program.columns([], [run.values])
        return value + total_of(terms), each(add, gradients, further)


class L1(L2):
    """Adds :func:`nn.l1_penalty` of all parameters to the loss: ``strength * sum of |w|``."""

    penalty = staticmethod(l1_penalty)


class ClipNorm(Callback):
    """Scales the gradient down to the length ``max_norm`` where it is longer, as :func:`nn.clip_grad_norm` does."""

    def __init__(self, max_norm: float) -> None:
        self.max_norm = number("max_norm", max_norm, "a positive number")

    def gradients(self, run: Run, gradients: Any) -> Any:
        return clip_norm(gradients, self.max_norm)[0]


class ClipValue(Callback):
    """Takes each entry of the gradient to ``-limit`` or ``limit`` where it is beyond, as :func:`nn.clip_grad_value` does."""

    def __init__(self, limit: float) -> None:
        self.limit = number("limit", limit, "a positive number")

    def gradients(self, run: Run, gradients: Any) -> Any:
        return clip_value(gradients, self.limit)


# -- the learning rate -------------------------------------------------------------------------------------------------
class Scheduled(Callback):
    """Sets the learning rate of each epoch as a :class:`nn.Schedule` says, from the rate that the optimizer began with."""

    remembered = ("base_lr",)
    base_lr = 0.0

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    @property
    def name(self) -> str:
        return type(self.schedule).__name__

    def begin(self, run: Run) -> None:
        self.base_lr = run.optimizer.lr
        self.epoch(run)

    def epoch(self, run: Run) -> None:
        run.optimizer.lr = self.schedule(len(run.history), self.base_lr)


class ReduceLROnPlateau(Callback):
    """The learning rate times ``factor`` whenever the loss has not become better for more than ``patience`` epochs, as in PyTorch.

    It watches the loss of the validation, if there is one, or the figure ``watch``. Better is less than ``best * (1 - threshold)``
    (``threshold_mode="rel"``) or ``best - threshold`` (``"abs"``), with ``mode="max"`` more than ``best * (1 + threshold)`` or
    ``best + threshold``. After a reduction ``cooldown`` epochs are not counted. The rate does not fall below ``min_lr``, nor change
    by ``eps`` or less. In a loop of one's own, ``optimizer.lr = plateau.rate(loss, optimizer.lr)``.

    >>> plateau = ReduceLROnPlateau(factor=0.5, patience=1)
    >>> [plateau.rate(loss, 1.0) for loss in [4.0, 3.0, 3.0, 3.0]]
    [1.0, 1.0, 1.0, 0.5]
    """

    remembered = ("best", "bad", "cooling")
    best, bad, cooling = math.inf, 0, 0  # with mode="max", best is the negative of the best figure

    def __init__(
        self, mode: str = "min", factor: float = 0.1, patience: int = 10, threshold: float = 1e-4, threshold_mode: str = "rel",
        cooldown: int = 0, min_lr: float = 0.0, eps: float = 1e-8, watch: str | None = None,
    ) -> None:  # fmt: skip
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(f"mode is 'min' or 'max' and threshold_mode 'rel' or 'abs', not {mode!r} and {threshold_mode!r}")
        if number("factor", factor, "a number from 0 to 1") == 1.0:
            raise ValueError("a factor of 1 changes nothing: it is below 1")
        self.mode, self.factor, self.threshold_mode, self.watch = mode, factor, threshold_mode, watch
        self.patience, self.cooldown = count("patience", patience, 0), count("cooldown", cooldown, 0)
        self.threshold, self.min_lr, self.eps = number("threshold", threshold), number("min_lr", min_lr), number("eps", eps)

    def epoch(self, run: Run) -> None:
        run.optimizer.lr = self.rate(run.history.watched(self.watch)[-1], run.optimizer.lr)

    def rate(self, metric: float, lr: float) -> float:
        """The learning rate after an epoch with this figure, from the one before."""
        size = float(metric) if self.mode == "min" else -float(metric)
        if self.threshold_mode == "abs" or math.isinf(self.best):
            limit = self.best - self.threshold
        else:
            limit = self.best * (1.0 - self.threshold if self.mode == "min" else 1.0 + self.threshold)
        self.best, self.bad = (size, 0) if size < limit else (self.best, self.bad + 1)
        if self.cooling > 0:
            self.cooling, self.bad = self.cooling - 1, 0
        if self.bad <= self.patience:
            return lr
        self.cooling, self.bad = self.cooldown, 0
        lower = max(lr * self.factor, self.min_lr)
        return lower if lr - lower > self.eps else lr


# -- what a person sees ------------------------------------------------------------------------------------------------
class Progress(Callback):
    """A bar with the figures of the last epoch, as plain text; it needs tqdm.

    ``Progress(True)`` shows it, ``Progress(False)`` does not. ``Progress()``, which ``fit`` takes where the callbacks hold no other,
    shows it where a person looks: at a terminal and in a notebook.
    """

    def __init__(self, wanted: bool | None = None) -> None:
        self.wanted = wanted
        self.bar: Any = None

    def begin(self, run: Run) -> None:
        shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
        is_notebook, self.bar = hasattr(shell, "kernel"), None
        if not (is_notebook or sys.stderr.isatty() if self.wanted is None else self.wanted):
            return
        try:
            from tqdm import tqdm
        except ImportError:
            if self.wanted:
                raise ImportError("Progress(True) needs tqdm: pip install tqdm") from None
            return
        stream = sys.stdout if is_notebook else sys.stderr  # in a notebook what goes to stderr stands in a red block
        self.bar = tqdm(total=run.epochs, initial=len(run.history), unit="epoch", file=stream)

    def epoch(self, run: Run) -> None:
        if self.bar is not None:
            self.bar.set_postfix_str(shown(run.history.epochs[-1]), refresh=False)
            self.bar.update()

    def end(self, run: Run) -> None:
        if self.bar is not None:
            self.bar.close()


def callbacks_of(callbacks: Any) -> list[Callback]:
    """The callbacks of a training, in the order in which they act: functions and schedules too, and a bar, if there is none."""
    found: list[Callback] = []
    for given in [callbacks] if callable(callbacks) or isinstance(callbacks, Callback) else callbacks:
        if isinstance(given, type) or not (callable(given) or isinstance(given, Callback)):
            raise TypeError(f"a callback is nn.EarlyStopping(5), ... or a function of the model and its history, not {given!r}")
        found.append(given if isinstance(given, Callback) else Scheduled(given) if isinstance(given, Schedule) else _Function(given))
    rates = [callback for callback in found if isinstance(callback, Scheduled | ReduceLROnPlateau)]
    if len(rates) > 1:
        raise ValueError("two callbacks would set the learning rate: give one, such as nn.LinearWarmup(5, after=nn.StepLR(10))")
    if not any(isinstance(callback, Progress) for callback in found):
        found.append(Progress())
    found.sort(key=lambda callback: callback.last)
    return found
