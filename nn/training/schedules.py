"""The learning rate from epoch to epoch, with PyTorch's names and numbers; all of these are callbacks."""

from __future__ import annotations

import math
from collections.abc import Callable

import autograd_core as ac

from ..arguments import count, kind, number
from .callbacks import Callback, Run


class Schedule(Callback):
    """A learning rate as a function of the epoch, counted from 0, and of the rate of the start: that rate times ``factor(epoch)``.
    In ``fit`` a schedule stands among the ``callbacks``; in a loop of one's own, ``optimizer.lr = schedule(epoch, 0.1)``.

    >>> Schedule(lambda epoch: 1 / (1 + epoch))(3, 0.5)
    0.125
    """

    sets_rate = True
    remembered = ("base_lr",)
    base_lr = 0.0

    def __init__(self, factor: Callable[[int], float]) -> None:
        self.factor = factor

    def __call__(self, epoch: int, base_lr: float = 1.0) -> float:
        return base_lr * self.factor(epoch)

    def begin(self, run: Run) -> None:
        self.base_lr = run.optimizer.lr
        self.epoch(run)

    def epoch(self, run: Run) -> None:
        run.optimizer.lr = self(len(run.history), self.base_lr)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={x!r}' for name, x in vars(self).items() if name != 'base_lr')})"


class StepLR(Schedule):
    """The rate times ``gamma`` after every ``step_size`` epochs."""

    def __init__(self, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = count("step_size", step_size), number("gamma", gamma)

    def __call__(self, epoch: int, base_lr: float = 1.0) -> float:
        return base_lr * float(ac.pow(self.gamma, epoch // self.step_size))  # which says what overflows


class ExponentialLR(StepLR):
    """The rate times ``gamma`` after every epoch."""

    def __init__(self, gamma: float) -> None:
        super().__init__(1, gamma)


class CosineAnnealingLR(Schedule):
    """Half a period of a cosine from the rate of the start down to ``eta_min`` in ``T_max`` epochs (and up again after them): Loshchilov
    and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017, without the restarts."""

    def __init__(self, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max, self.eta_min = count("T_max", T_max), number("eta_min", eta_min)

    def __call__(self, epoch: int, base_lr: float = 1.0) -> float:
        return self.eta_min + (base_lr - self.eta_min) * (1.0 + math.cos(math.pi * epoch / self.T_max)) / 2.0


class LinearWarmup(Schedule):
    """From ``start_factor`` times the rate in a straight line to the rate after ``steps`` epochs; then as the schedule ``after`` says,
    whose epochs begin there. Goyal et al., Accurate, Large Minibatch SGD, 2017.

    >>> [LinearWarmup(steps=2, start_factor=0.5, after=ExponentialLR(gamma=0.5))(epoch) for epoch in range(4)]
    [0.5, 0.75, 1.0, 0.5]
    """

    def __init__(self, steps: int, start_factor: float = 1.0 / 3.0, after: Schedule | None = None) -> None:
        self.steps, self.start_factor = count("steps", steps), number("start_factor", start_factor, "a number from 0 to 1")
        kind("after the warm-up comes a schedule such as nn.StepLR(10)", after, (Schedule, type(None)), "after=nn.StepLR(10)")
        self.after = after

    def __call__(self, epoch: int, base_lr: float = 1.0) -> float:
        if self.after is not None and epoch >= self.steps:
            return self.after(epoch - self.steps, base_lr)
        return base_lr * (self.start_factor + (1.0 - self.start_factor) * min(epoch, self.steps) / self.steps)


class ReduceLROnPlateau(Callback):
    """The learning rate times ``factor`` whenever the loss has not become better for more than ``patience`` epochs, as in PyTorch. It
    watches the loss of the validation, if there is one, or the figure ``watch``. Better is less than ``best * (1 - threshold)``
    (``threshold_mode="rel"``) or ``best - threshold`` (``"abs"``), with ``mode="max"`` more than ``best * (1 + threshold)`` or
    ``best + threshold``. After a reduction ``cooldown`` epochs are not counted. The rate does not fall below ``min_lr``, nor change
    by ``eps`` or less. In a loop of one's own, ``optimizer.lr = plateau.rate(loss, optimizer.lr)``.

    >>> plateau = ReduceLROnPlateau(factor=0.5, patience=1)
    >>> [plateau.rate(loss, 1.0) for loss in [4.0, 3.0, 3.0, 3.0]]
    [1.0, 1.0, 1.0, 0.5]
    """

    sets_rate = True
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
