"""Optimizers: how a gradient changes the parameters, with PyTorch's names, defaults and numbers, computed on plain lists of floats."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from typing import Any

from autograd_core import Value, guard

from .arguments import count, fitting, number


@guard.steps
class Optimizer:
    """What all optimizers share; a subclass defines ``_update``.

    ``parameters`` are leaves, at least one, none of them twice. ``lr``, the learning rate, may be set at any time; ``hyperparameters``
    are the others by name. ``state`` holds a list of floats, one for each parameter, for each quantity that is remembered. A
    ``weight_decay`` adds ``weight_decay * w`` to the gradient before ``_update``, or, ``decoupled``, takes ``lr * weight_decay * w`` off.

    >>> w = Value(1.0)
    >>> optimizer = SGD([w], lr=0.25)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (w * w).backward()
    ...     optimizer.step()
    >>> w.data
    0.25
    """

    decoupled = False

    def __init__(self, parameters: Iterable[Value], lr: float, **hyperparameters: Any) -> None:
        self.parameters = _leaves(parameters)
        self.lr: float = _checked("lr", lr)
        self.hyperparameters = {name: _checked(name, value) for name, value in hyperparameters.items()}
        self.steps = 0
        self.state: dict[str, list[float]] = {}

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        _give_gradients(self.parameters, [0.0] * len(self.parameters))

    def step(self) -> None:
        """Change the ``data`` of every parameter by its ``grad``: an :meth:`update`, so compiled programs train as loops over Values do."""
        new = self.update([parameter.data for parameter in self.parameters], [parameter.grad for parameter in self.parameters])
        for parameter, value in zip(self.parameters, new):
            parameter.data = value

    def update(self, values: list[float], gradients: list[float]) -> list[float]:
        """The values after one step from ``values`` along ``gradients``, one of each for every parameter; no Value is read or changed."""
        size, given = len(self.parameters), (len(values), len(gradients))
        if given != (size, size):
            raise ValueError(f"an update of {size} parameter(s) needs as many, not {given[0]} values and {given[1]} gradients")
        self.steps += 1
        decay = self.hyperparameters.get("weight_decay")
        if decay and self.decoupled:
            kept = 1.0 - self.lr * decay
            values = [w * kept for w in values]
        elif decay:
            gradients = [g + decay * w for w, g in zip(values, gradients)]
        return self._update(values, gradients)

    def _update(self, values: list[float], gradients: list[float]) -> list[float]:
        raise NotImplementedError(f"{type(self).__name__} does not say how it updates: define _update(values, gradients)")

    def _remembered(self, name: str) -> list[float]:
        return self.state.get(name) or [0.0] * len(self.parameters)

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next updates depend on, as plain data that JSON can hold, exact to the bit."""
        chosen = {name: list(x) if isinstance(x, tuple) else x for name, x in self.hyperparameters.items()}
        state = {name: list(numbers) for name, numbers in self.state.items()}
        kind, size = type(self).__name__, len(self.parameters)
        return {"optimizer": kind, "parameters": size, "lr": self.lr, "hyperparameters": chosen, "steps": self.steps, "state": state}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave; a ``ValueError``, and no change, where it does not fit this optimizer."""
        vars(self).update(self.checked_state(state_dict))

    def checked_state(self, state_dict: Any) -> dict[str, Any]:
        """The attributes that a state stands for; ``ValueError`` where it does not fit."""
        name, size = f"the state of {type(self).__name__}", len(self.parameters)
        given = fitting(state_dict, self.state_dict() | {"state": None}, name)
        if given["parameters"] != size:
            raise ValueError(f"{name} is one on {given['parameters']} parameter(s), and these are {size}")
        chosen = {name: _checked(name, x) for name, x in given["hyperparameters"].items()}
        probe = copy.copy(self)
        vars(probe).update(lr=_checked("lr", given["lr"]), steps=1, hyperparameters=chosen, state={})
        probe._update([0.0] * size, [0.0] * size)  # what it remembers, from a step
        state = fitting(given["state"], probe.state if given["steps"] else {}, name, "a finite number")
        return {"lr": probe.lr, "steps": given["steps"], "hyperparameters": chosen, "state": state}

    def __repr__(self) -> str:
        chosen = "".join(f", {name}={value!r}" for name, value in self.hyperparameters.items())
        return f"{type(self).__name__}({len(self.parameters)} parameters, lr={self.lr!r}{chosen})"


class SGD(Optimizer):
    """Gradient descent, with momentum: ``b = momentum * b + (1 - dampening) * g`` (first ``b = g``) and ``w -= lr * b``.

    ``nesterov`` steps along ``g + momentum * b``; ``weight_decay`` adds ``weight_decay * w`` to the gradient. Sutskever et al., On
    the importance of initialization and momentum in deep learning, 2013, in the form of ``torch.optim.SGD``.
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0, weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov)
        if nesterov and (momentum == 0.0 or dampening != 0.0):
            raise ValueError(f"nesterov needs a momentum above 0 and no dampening, not momentum={momentum!r}, dampening={dampening!r}")

    def _update(self, values: list[float], gradients: list[float]) -> list[float]:
        momentum, dampening, _, nesterov = self.hyperparameters.values()
        if momentum:
            buffer, fresh = self.state.get("momentum_buffer"), 1.0 - dampening
            buffer = [momentum * b + fresh * g for b, g in zip(buffer, gradients)] if buffer else list(gradients)
            self.state["momentum_buffer"] = buffer
            gradients = [g + momentum * b for g, b in zip(gradients, buffer)] if nesterov else buffer
        return [w - self.lr * g for w, g in zip(values, gradients)]


class RMSprop(Optimizer):
    """Each gradient divided by the root of a running mean of its square: ``v = alpha * v + (1 - alpha) * g * g``.

    ``w -= lr * g / (sqrt(v) + eps)``; ``centered`` subtracts the square of the running mean of the gradient from ``v``, and ``momentum``
    adds up the quotients. Tieleman and Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012; Graves, Generating
    Sequences With Recurrent Neural Networks, 2013 (centered).
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.01, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0,
        momentum: float = 0.0, centered: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered)

    def _update(self, values: list[float], gradients: list[float]) -> list[float]:
        alpha, eps, _, momentum, centered = self.hyperparameters.values()
        fresh = 1.0 - alpha
        self.state["square_avg"] = squares = [alpha * v + fresh * g * g for v, g in zip(self._remembered("square_avg"), gradients)]
        if centered:
            self.state["grad_avg"] = means = [m + fresh * (g - m) for m, g in zip(self._remembered("grad_avg"), gradients)]
            squares = [max(v - m * m, 0.0) for v, m in zip(squares, means)]  # rounding can take it below 0; nan stays nan
        steps = [g / (math.sqrt(v) + eps) for g, v in zip(gradients, squares)]
        if momentum:
            self.state["momentum_buffer"] = steps = [momentum * b + s for b, s in zip(self._remembered("momentum_buffer"), steps)]
        return [w - self.lr * s for w, s in zip(values, steps)]


class Adam(Optimizer):
    """Running means of the gradient and of its square, without the bias towards 0 of the first steps.

    ``m = beta1 * m + (1 - beta1) * g``, ``v = beta2 * v + (1 - beta2) * g * g`` and, in step ``t``,
    ``w -= lr * (m / (1 - beta1 ** t)) / (sqrt(v / (1 - beta2 ** t)) + eps)``. ``weight_decay`` adds ``weight_decay * w`` to the
    gradient; see :class:`AdamW`. Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015.
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def _update(self, values: list[float], gradients: list[float]) -> list[float]:
        (beta1, beta2), eps, _ = self.hyperparameters.values()
        fresh1, fresh2, sqrt = 1.0 - beta1, 1.0 - beta2, math.sqrt
        means = [m + fresh1 * (g - m) for m, g in zip(self._remembered("exp_avg"), gradients)]
        squares = [beta2 * v + fresh2 * g * g for v, g in zip(self._remembered("exp_avg_sq"), gradients)]
        self.state = {"exp_avg": means, "exp_avg_sq": squares}
        length, root = self.lr / (1.0 - beta1**self.steps), sqrt(1.0 - beta2**self.steps)
        return [w - length * m / (sqrt(v) / root + eps) for w, m, v in zip(values, means, squares)]


class AdamW(Adam):
    """:class:`Adam` with decoupled weight decay: each step first takes ``w *= 1 - lr * weight_decay``, past the running means.

    Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019.
    """

    decoupled = True

    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, betas, eps, weight_decay)


OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": SGD, "rmsprop": RMSprop, "adam": Adam, "adamw": AdamW}
"""Optimizers by name, as ``fit(optimizer="adam")`` takes them."""


# -- the learning rate as a function of the epoch, with PyTorch's names and numbers ----------------------------------
class Schedule:
    """A learning rate as a function of the epoch, counted from 0, and of the rate of the start: that rate times ``factor(epoch)``.

    In ``fit`` a schedule stands among the ``callbacks``; in a loop of one's own, ``optimizer.lr = schedule(epoch, 0.1)``.

    >>> Schedule(lambda epoch: 1 / (1 + epoch))(3, 0.5)
    0.125
    """

    def __init__(self, factor: Callable[[int], float]) -> None:
        self.factor = factor

    def __call__(self, epoch: int, base_lr: float = 1.0) -> float:
        return base_lr * self.factor(epoch)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class StepLR(Schedule):
    """The rate times ``gamma`` after every ``step_size`` epochs."""

    def __init__(self, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = count("step_size", step_size), number("gamma", gamma)

    def __call__(self, epoch: int, base_lr: float = 1.0) -> float:
        return base_lr * self.gamma ** (epoch // self.step_size)


class ExponentialLR(StepLR):
    """The rate times ``gamma`` after every epoch."""

    def __init__(self, gamma: float) -> None:
        super().__init__(1, gamma)


class CosineAnnealingLR(Schedule):
    """Half a period of a cosine from the rate of the start down to ``eta_min`` in ``T_max`` epochs (and up again after them).

    Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017, without the restarts.
    """

    def __init__(self, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max, self.eta_min = count("T_max", T_max), number("eta_min", eta_min)

    def __call__(self, epoch: int, base_lr: float = 1.0) -> float:
        return self.eta_min + (base_lr - self.eta_min) * (1.0 + math.cos(math.pi * epoch / self.T_max)) / 2.0


class LinearWarmup(Schedule):
    """From ``start_factor`` times the rate in a straight line to the rate after ``steps`` epochs; then as the schedule ``after`` says.

    The epochs of ``after`` begin where the warm-up ends. Goyal et al., Accurate, Large Minibatch SGD, 2017.

    >>> [LinearWarmup(steps=2, start_factor=0.5, after=ExponentialLR(gamma=0.5))(epoch) for epoch in range(4)]
    [0.5, 0.75, 1.0, 0.5]
    """

    def __init__(self, steps: int, start_factor: float = 1.0 / 3.0, after: Schedule | None = None) -> None:
        self.steps, self.start_factor = count("steps", steps), number("start_factor", start_factor, "a number from 0 to 1")
        if after is not None and not isinstance(after, Schedule):
            raise TypeError(f"after the warm-up comes a schedule such as nn.StepLR(10), not {after!r}")
        self.after = after

    def __call__(self, epoch: int, base_lr: float = 1.0) -> float:
        if self.after is not None and epoch > self.steps:
            return self.after(epoch - self.steps, base_lr)
        return base_lr * (self.start_factor + (1.0 - self.start_factor) * min(epoch, self.steps) / self.steps)


# -- gradients that are too long -------------------------------------------------------------------------------------
def clip_norm(gradients: list[float], max_norm: float) -> tuple[list[float], float]:
    """The gradients, times ``max_norm / (norm + 1e-6)`` if that is below 1, and their norm before, as ``torch.nn.utils`` has it.

    Pascanu, Mikolov, Bengio: On the difficulty of training recurrent neural networks, 2013.
    """
    norm = norm_of(gradients)
    factor = min(number("max_norm", max_norm, "a positive number") / (norm + 1e-6), 1.0)
    return [g * factor for g in gradients], norm


def clip_value(gradients: list[float], limit: float) -> list[float]:
    """Each gradient, taken to ``-limit`` or ``limit`` where it is beyond; nan stays nan."""
    number("limit", limit, "a positive number")
    return [-limit if g < -limit else limit if g > limit else g for g in gradients]


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """:func:`clip_norm` of the ``grad`` of the parameters, between ``backward()`` and ``step()``; returns their norm before."""
    parameters = list(parameters)
    clipped, norm = clip_norm([parameter.grad for parameter in parameters], max_norm)
    _give_gradients(parameters, clipped)
    return norm


def clip_grad_value(parameters: Iterable[Value], limit: float) -> None:
    """Take the ``grad`` of each parameter to ``-limit`` or ``limit`` where it is beyond."""
    parameters = list(parameters)
    _give_gradients(parameters, clip_value([parameter.grad for parameter in parameters], limit))


def _give_gradients(parameters: Iterable[Value], gradients: Iterable[float]) -> None:
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient


def norm_of(gradients: list[float]) -> float:
    """The Euclidean norm, added from the left: that of math.hypot is rounded otherwise in other versions of Python."""
    total, largest = 0.0, max(map(abs, gradients), default=0.0)
    if not (largest == 0.0 or 1e-150 < largest < 1e150 or math.isinf(largest) or math.isnan(largest)):  # squares would leave the floats
        return largest * norm_of([g / largest for g in gradients])
    for g in gradients:
        total += g * g
    return math.sqrt(total)


RANGES = {"alpha": "a number of at least 0 and below 1", "betas": "a number of at least 0 and below 1", "eps": "a finite number above 0"}


def _checked(name: str, x: Any) -> Any:
    """The hyperparameter in its type, if it is in range."""
    if name in ("nesterov", "centered"):
        if x not in (False, True):
            raise ValueError(f"{name} is True or False, not {x!r}")
        return bool(x)
    if name == "betas":
        if not isinstance(x, (tuple, list)) or len(x) != 2:
            raise ValueError(f"betas is a pair such as (0.9, 0.999), not {x!r}")
        return tuple(number("each of betas", beta, RANGES[name]) for beta in x)
    return number(name, x, RANGES.get(name, "a finite number of at least 0"))


def _leaves(parameters: Iterable[Value]) -> list[Value]:
    leaves = list(parameters.parameters() if hasattr(parameters, "parameters") else parameters)  # of a model, too
    if not leaves:
        raise ValueError("there are no parameters to train: the list is empty (or a generator that was used up)")
    for leaf in leaves:
        if not isinstance(leaf, Value):
            raise TypeError(f"parameters are Values, not {type(leaf).__name__} {leaf!r}: model.parameters() gives them")
        if leaf.parents:
            raise ValueError(f"{leaf!r} is computed from other nodes: only leaves are parameters")
    if len(set(leaves)) < len(leaves):
        raise ValueError("a parameter stands twice in the list: it would be changed twice in each step")
    return leaves
