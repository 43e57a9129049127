"""Schedules of the learning rate, with PyTorch's names and numbers: call ``step()`` after every epoch.

A schedule sets ``optimizer.lr`` when it is made and at each step. ``base_lr`` is the rate that it found there.
"""

from __future__ import annotations

import math
from typing import Any

from .optim import Optimizer


class Schedule:
    """What all schedules share. A subclass names its ``options`` and defines :meth:`rate`.

    >>> from autograd_core import Value
    >>> from nn.optim import SGD
    >>> class Harmonic(Schedule):
    ...     def rate(self, epoch):
    ...         return self.base_lr / (1 + epoch)
    >>> optimizer = SGD([Value(0.0)], lr=1.0)
    >>> schedule = Harmonic(optimizer)
    >>> schedule.step()
    >>> optimizer.lr
    0.5
    """

    options: tuple[str, ...] = ()
    """Names of the attributes that belong to the state."""

    watches_loss = False
    """Whether ``step`` needs the loss (or another metric) of the epoch."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.epoch = 0
        optimizer.lr = self.rate(0)

    def rate(self, epoch: int) -> float:
        """The learning rate after ``epoch`` steps."""
        raise NotImplementedError(f"{type(self).__name__} does not say its rate: define rate(epoch)")

    def step(self, metric: float | None = None) -> None:
        """One epoch further; ``metric`` is for schedules that watch the loss."""
        self.epoch += 1
        self.optimizer.lr = self.rate(self.epoch)

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next rates depend on, as plain data that JSON can hold, exact to the bit."""
        names = ("base_lr", "epoch", *self.options)
        return {"schedule": type(self).__name__, "lr": self.optimizer.lr, **{name: getattr(self, name) for name in names}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave, the learning rate as well; a ``ValueError``, and no change, where it does not fit."""
        self._require_fit(state_dict)
        for name in ("base_lr", "epoch", *self.options):
            setattr(self, name, state_dict[name])
        self.optimizer.lr = state_dict["lr"]

    def _require_fit(self, state_dict: Any) -> None:
        if not isinstance(state_dict, dict) or state_dict.get("schedule") != type(self).__name__:
            raise ValueError(f"this is no state of {type(self).__name__} as its state_dict() gives it: {state_dict!r}")
        missing = sorted(set(self.state_dict()) - set(state_dict))
        if missing:
            raise ValueError(f"the state of {type(self).__name__} lacks {', '.join(missing)}")

    def __repr__(self) -> str:
        options = "".join(f", {name}={getattr(self, name)!r}" for name in self.options)
        return f"{type(self).__name__}(base_lr={self.base_lr!r}, epoch={self.epoch}{options})"


class StepLR(Schedule):
    """The rate times ``gamma`` after every ``step_size`` epochs.

    >>> from autograd_core import Value
    >>> from nn.optim import SGD
    >>> schedule = StepLR(SGD([Value(0.0)], lr=1.0), step_size=2, gamma=0.5)
    >>> [schedule.rate(epoch) for epoch in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    options = ("step_size", "gamma")

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = _count("step_size", step_size), _in_range("gamma", gamma)
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        return self.base_lr * self.gamma ** (epoch // self.step_size)


class ExponentialLR(Schedule):
    """The rate times ``gamma`` after every epoch.

    >>> from autograd_core import Value
    >>> from nn.optim import SGD
    >>> schedule = ExponentialLR(SGD([Value(0.0)], lr=1.0), gamma=0.5)
    >>> [schedule.rate(epoch) for epoch in range(4)]
    [1.0, 0.5, 0.25, 0.125]
    """

    options = ("gamma",)

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = _in_range("gamma", gamma)
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        return self.base_lr * self.gamma**epoch


class CosineAnnealingLR(Schedule):
    """Half a period of a cosine from the base rate down to ``eta_min`` in ``T_max`` epochs (and up again after them).

    Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017, without the restarts.

    >>> from autograd_core import Value
    >>> from nn.optim import SGD
    >>> schedule = CosineAnnealingLR(SGD([Value(0.0)], lr=1.0), T_max=4)
    >>> [round(schedule.rate(epoch), 4) for epoch in range(5)]
    [1.0, 0.8536, 0.5, 0.1464, 0.0]
    """

    options = ("T_max", "eta_min")

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max, self.eta_min = _count("T_max", T_max), _in_range("eta_min", eta_min)
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        return self.eta_min + (self.base_lr - self.eta_min) * (1.0 + math.cos(math.pi * epoch / self.T_max)) / 2.0


class LinearWarmup(Schedule):
    """From ``start_factor`` times the base rate, in a straight line, to the base rate after ``steps`` epochs; then as ``after`` says.

    ``after`` is a schedule of the same optimiser; its own count of epochs begins where the warm-up ends. It is
    ``torch.optim.lr_scheduler.LinearLR``, followed by another one in a ``SequentialLR``. Goyal et al., Accurate, Large
    Minibatch SGD, 2017.

    >>> from autograd_core import Value
    >>> from nn.optim import SGD
    >>> optimizer = SGD([Value(0.0)], lr=1.0)
    >>> schedule = LinearWarmup(optimizer, steps=2, start_factor=0.5, after=ExponentialLR(optimizer, gamma=0.5))
    >>> for _ in range(4):
    ...     print(optimizer.lr, end=" ")
    ...     schedule.step()
    0.5 0.75 1.0 0.5
    """

    options = ("steps", "start_factor")

    def __init__(self, optimizer: Optimizer, steps: int, start_factor: float = 1.0 / 3.0, after: Schedule | None = None) -> None:
        self.steps = _count("steps", steps)
        self.start_factor = _in_range("start_factor", start_factor, 0.0, 1.0)
        if after is not None and after.optimizer is not optimizer:
            raise ValueError("the schedule after the warm-up is one of another optimizer: make both with the same one")
        self.after = after
        self.watches_loss = after is not None and after.watches_loss
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        return self.base_lr * (self.start_factor + (1.0 - self.start_factor) * min(epoch, self.steps) / self.steps)

    def step(self, metric: float | None = None) -> None:
        if self.after is None or self.epoch < self.steps:
            super().step(metric)
        else:
            self.epoch += 1
            self.after.step(metric)

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "after": self.after.state_dict() if self.after else None}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        if self.after is not None:
            self.after.load_state_dict(state_dict["after"])

    def _require_fit(self, state_dict: Any) -> None:
        super()._require_fit(state_dict)
        if (state_dict["after"] is None) is not (self.after is None):
            raise ValueError("the state has a schedule after the warm-up where this one has none, or the other way round")
        if self.after is not None:
            self.after._require_fit(state_dict["after"])


class ReduceLROnPlateau(Schedule):
    """The rate times ``factor`` whenever the metric has not become better for more than ``patience`` epochs: ``step(metric)``.

    Better is less than ``best * (1 - threshold)`` (``threshold_mode="rel"``) or ``best - threshold`` (``"abs"``), with
    ``mode="max"`` more than ``best * (1 + threshold)`` or ``best + threshold``. After a reduction, ``cooldown`` epochs are not
    counted. The rate never falls below ``min_lr``, nor changes by ``eps`` or less.

    >>> from autograd_core import Value
    >>> from nn.optim import SGD
    >>> optimizer = SGD([Value(0.0)], lr=1.0)
    >>> schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in [4.0, 3.0, 3.0, 3.0]:
    ...     schedule.step(loss)
    >>> optimizer.lr
    0.5
    """

    options = (
        "mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lr", "eps",
        "best", "num_bad_epochs", "cooldown_counter",
    )  # fmt: skip
    watches_loss = True

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10, threshold: float = 1e-4,
        threshold_mode: str = "rel", cooldown: int = 0, min_lr: float = 0.0, eps: float = 1e-8,
    ) -> None:  # fmt: skip
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(f"mode is 'min' or 'max' and threshold_mode 'rel' or 'abs', not {mode!r} and {threshold_mode!r}")
        self.mode, self.threshold_mode = mode, threshold_mode
        self.factor = _in_range("factor", factor, 0.0, 1.0)
        if factor == 1.0:
            raise ValueError("a factor of 1 changes nothing: it is below 1")
        self.patience, self.cooldown = _count("patience", patience, 0), _count("cooldown", cooldown, 0)
        self.threshold, self.min_lr, self.eps = _in_range("threshold", threshold), _in_range("min_lr", min_lr), _in_range("eps", eps)
        self.best: float | None = None
        self.num_bad_epochs = self.cooldown_counter = 0
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        return self.optimizer.lr

    def step(self, metric: float | None = None) -> None:
        if metric is None:
            raise ValueError("ReduceLROnPlateau watches a number: give it, as in step(loss)")
        self.epoch += 1
        if self._is_better(float(metric)):
            self.best, self.num_bad_epochs = float(metric), 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            lower = max(self.optimizer.lr * self.factor, self.min_lr)
            if self.optimizer.lr - lower > self.eps:
                self.optimizer.lr = lower
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def _is_better(self, metric: float) -> bool:
        upwards = self.mode == "max"
        if self.best is None:
            limit = -math.inf if upwards else math.inf
        else:
            margin = self.threshold if upwards else -self.threshold
            limit = self.best * (1.0 + margin) if self.threshold_mode == "rel" else self.best + margin
        return metric > limit if upwards else metric < limit


def _count(name: str, x: Any, lowest: int = 1) -> int:
    if not hasattr(x, "__index__") or x < lowest:
        raise ValueError(f"{name} is an int of at least {lowest}, not {x!r}")
    return x


def _in_range(name: str, x: float, lowest: float = 0.0, highest: float = math.inf) -> float:
    if not lowest <= x <= highest or math.isinf(x):
        raise ValueError(f"{name} is a finite number from {lowest:g}{f' to {highest:g}' if highest < math.inf else ' on'}, not {x!r}")
    return float(x)
