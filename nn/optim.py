"""Optimizers: how a gradient changes the parameters, with PyTorch's names, defaults and numbers.

An optimiser computes on plain lists of floats: ``update(values, gradients)`` returns the new values and remembers
momenta and the like, and ``step()`` is an update from the ``grad`` to the ``data`` of the parameters. So training through
a compiled program does exactly what a loop over Values does.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from numbers import Real
from typing import Any

from autograd_core import Value


class Optimizer:
    """What all optimisers share; a subclass defines ``_update``.

    ``parameters`` are leaves, at least one, none of them twice. ``lr``, the learning rate, may be set at any time, as
    schedules do; ``hyperparameters`` are the others by name. ``state`` holds a list of floats, one for each parameter, for
    each quantity that is remembered, and is filled by the first update.

    >>> w = Value(1.0)
    >>> optimizer = SGD([w], lr=0.25)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (w * w).backward()
    ...     optimizer.step()
    >>> w.data
    0.25
    """

    def __init__(self, parameters: Iterable[Value], lr: float, **hyperparameters: Any) -> None:
        self.parameters = _leaves(parameters)
        self.lr: float = _checked("lr", lr)
        self.hyperparameters = {name: _checked(name, value) for name, value in hyperparameters.items()}
        self.steps = 0
        self.state: dict[str, list[float]] = {}

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def step(self) -> None:
        """Change the ``data`` of every parameter by its ``grad``."""
        parameters = self.parameters
        new = self.update([parameter.data for parameter in parameters], [parameter.grad for parameter in parameters])
        for parameter, value in zip(parameters, new):
            parameter.data = value

    def update(self, values: list[float], gradients: list[float]) -> list[float]:
        """The values after one step from ``values`` along ``gradients``; no Value is read or changed.

        >>> SGD([Value(0.0), Value(0.0)], lr=0.5).update([1.0, 2.0], [4.0, -4.0])
        [-1.0, 4.0]

        A ``ValueError`` unless there is one of each for every parameter.
        """
        if not len(values) == len(gradients) == len(self.parameters):
            given = f"{len(values)} values and {len(gradients)} gradients"
            raise ValueError(f"an update of {len(self.parameters)} parameter(s) needs as many values and gradients, not {given}")
        self.steps += 1
        return self._update(values, gradients)

    def _update(self, values: list[float], gradients: list[float]) -> list[float]:
        raise NotImplementedError(f"{type(self).__name__} does not say how it updates: define _update(values, gradients)")

    def _remembered(self, name: str) -> list[float]:
        return self.state.get(name) or [0.0] * len(self.parameters)

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next updates depend on, as plain data that JSON can hold, exact to the bit.

        >>> SGD([Value(1.0)], lr=0.5, momentum=0.9).state_dict()["hyperparameters"]["momentum"]
        0.9
        """
        chosen = {name: list(x) if isinstance(x, tuple) else x for name, x in self.hyperparameters.items()}
        state = {name: list(numbers) for name, numbers in self.state.items()}
        kind, count = type(self).__name__, len(self.parameters)
        return {"optimizer": kind, "parameters": count, "lr": self.lr, "hyperparameters": chosen, "steps": self.steps, "state": state}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave; a ``ValueError``, and no change, where it does not fit this optimiser."""
        kind, count = type(self).__name__, len(self.parameters)
        try:
            if (state_dict["optimizer"], state_dict["parameters"]) != (kind, count):
                given = f"{state_dict['optimizer']} on {state_dict['parameters']} parameter(s)"
                raise ValueError(f"the state is that of {given}, and this is {kind} on {count}")
            chosen = {name: _checked(name, state_dict["hyperparameters"][name]) for name in self.hyperparameters}
            lr, steps = _checked("lr", state_dict["lr"]), int(state_dict["steps"])
            state = {name: [float(x) for x in numbers] for name, numbers in state_dict["state"].items()}
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is no state of {kind} as its state_dict() gives it: {error!r}") from None
        if any(len(numbers) != count for numbers in state.values()):
            raise ValueError(f"the state holds a list that is not of {count} number(s), one for each parameter")
        self.lr, self.steps, self.hyperparameters, self.state = lr, steps, chosen, state

    def __repr__(self) -> str:
        chosen = "".join(f", {name}={value!r}" for name, value in self.hyperparameters.items())
        return f"{type(self).__name__}({len(self.parameters)} parameters, lr={self.lr!r}{chosen})"


class SGD(Optimizer):
    """Gradient descent, with momentum: ``b = momentum * b + (1 - dampening) * g`` and ``w -= lr * b``.

    The first step takes ``b = g``. ``nesterov`` steps along ``g + momentum * b`` and needs a momentum and no dampening.
    ``weight_decay`` adds ``weight_decay * w`` to the gradient. Sutskever et al., On the importance of initialization and
    momentum in deep learning, 2013, in the form of ``torch.optim.SGD``.

    >>> optimizer = SGD([Value(1.0)], lr=0.125, momentum=0.5)
    >>> optimizer.update(optimizer.update([1.0], [1.0]), [1.0])
    [0.6875]
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0, weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov)
        if nesterov and (momentum == 0.0 or dampening != 0.0):
            raise ValueError(f"nesterov needs a momentum above 0 and no dampening, not momentum={momentum!r}, dampening={dampening!r}")

    def _update(self, values: list[float], gradients: list[float]) -> list[float]:
        lr, momentum, dampening, weight_decay, nesterov = self.lr, *self.hyperparameters.values()
        gradients = _decayed(values, gradients, weight_decay)
        if momentum:
            buffer, fresh = self.state.get("momentum_buffer"), 1.0 - dampening
            buffer = [momentum * b + fresh * g for b, g in zip(buffer, gradients)] if buffer else list(gradients)
            self.state["momentum_buffer"] = buffer
            gradients = [g + momentum * b for g, b in zip(gradients, buffer)] if nesterov else buffer
        return [w - lr * g for w, g in zip(values, gradients)]


class RMSprop(Optimizer):
    """Each gradient divided by the root of a running mean of its square: ``v = alpha * v + (1 - alpha) * g * g``.

    ``w -= lr * g / (sqrt(v) + eps)``; ``centered`` subtracts the square of the running mean of the gradient from ``v``, and
    ``momentum`` adds up the quotients. Tieleman and Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012; Graves,
    Generating Sequences With Recurrent Neural Networks, 2013 (centered); in the form of ``torch.optim.RMSprop``.

    >>> print("%.6f" % RMSprop([Value(1.0)], lr=0.1, alpha=0.75).update([1.0], [3.0])[0])
    0.800000
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.01, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0,
        momentum: float = 0.0, centered: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered)

    def _update(self, values: list[float], gradients: list[float]) -> list[float]:
        lr, alpha, eps, weight_decay, momentum, centered = self.lr, *self.hyperparameters.values()
        gradients, fresh = _decayed(values, gradients, weight_decay), 1.0 - alpha
        self.state["square_avg"] = squares = [alpha * v + fresh * g * g for v, g in zip(self._remembered("square_avg"), gradients)]
        if centered:
            self.state["grad_avg"] = means = [m + fresh * (g - m) for m, g in zip(self._remembered("grad_avg"), gradients)]
            squares = [max(v - m * m, 0.0) for v, m in zip(squares, means)]  # rounding can take it below 0; nan stays nan
        steps = [g / (math.sqrt(v) + eps) for g, v in zip(gradients, squares)]
        if momentum:
            self.state["momentum_buffer"] = steps = [momentum * b + s for b, s in zip(self._remembered("momentum_buffer"), steps)]
        return [w - lr * s for w, s in zip(values, steps)]


class Adam(Optimizer):
    """Running means of the gradient and of its square, without the bias towards 0 of the first steps.

    ``m = beta1 * m + (1 - beta1) * g``, ``v = beta2 * v + (1 - beta2) * g * g`` and, in step ``t``,
    ``w -= lr * (m / (1 - beta1 ** t)) / (sqrt(v / (1 - beta2 ** t)) + eps)``. ``weight_decay`` adds ``weight_decay * w`` to the
    gradient; see :class:`AdamW`. Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015.

    >>> print("%.6f" % Adam([Value(1.0)], lr=0.1).update([1.0], [1000.0])[0])
    0.900000
    """

    decoupled = False

    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def _update(self, values: list[float], gradients: list[float]) -> list[float]:
        (beta1, beta2), eps, weight_decay = self.hyperparameters.values()
        if self.decoupled:
            kept = 1.0 - self.lr * weight_decay
            values = [w * kept for w in values]
        else:
            gradients = _decayed(values, gradients, weight_decay)
        fresh1, fresh2, sqrt = 1.0 - beta1, 1.0 - beta2, math.sqrt
        means = [m + fresh1 * (g - m) for m, g in zip(self._remembered("exp_avg"), gradients)]
        squares = [beta2 * v + fresh2 * g * g for v, g in zip(self._remembered("exp_avg_sq"), gradients)]
        self.state = {"exp_avg": means, "exp_avg_sq": squares}
        length, root = self.lr / (1.0 - beta1**self.steps), sqrt(1.0 - beta2**self.steps)
        return [w - length * m / (sqrt(v) / root + eps) for w, m, v in zip(values, means, squares)]


class AdamW(Adam):
    """:class:`Adam` with decoupled weight decay: each step first takes ``w *= 1 - lr * weight_decay``, past the running means.

    Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019.

    >>> AdamW([Value(1.0)], lr=0.5, weight_decay=0.5).update([1.0], [0.0])
    [0.75]
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
    """A learning rate as a function of the epoch: called with the epoch (from 0) and the rate of the start, it gives the rate.

    ``Schedule(f)`` takes the rate times ``f(epoch)``. In ``fit`` a schedule stands among the ``callbacks``; in a loop of one's own one
    writes ``optimizer.lr = schedule(epoch, 0.1)``. The rate of one number, 1.0 if it is not given, is that factor.

    >>> Schedule(lambda epoch: 1 / (1 + epoch))(3, 0.5)
    0.125
    """

    def __init__(self, factor: Callable[[int], float]) -> None:
        if not callable(factor):
            raise TypeError(f"Schedule takes a function of the epoch that gives a factor, not {factor!r}")
        self.factor = factor

    def __call__(self, epoch: int, base_lr: float = 1.0) -> float:
        return base_lr * self.factor(epoch)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class StepLR(Schedule):
    """The rate times ``gamma`` after every ``step_size`` epochs.

    >>> schedule = StepLR(step_size=2, gamma=0.5)
    >>> [schedule(epoch) for epoch in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = count("step_size", step_size), in_range("gamma", gamma)

    def __call__(self, epoch: int, base_lr: float = 1.0) -> float:
        return base_lr * self.gamma ** (epoch // self.step_size)


class ExponentialLR(StepLR):
    """The rate times ``gamma`` after every epoch.

    >>> [ExponentialLR(gamma=0.5)(epoch) for epoch in range(4)]
    [1.0, 0.5, 0.25, 0.125]
    """

    def __init__(self, gamma: float) -> None:
        super().__init__(1, gamma)


class CosineAnnealingLR(Schedule):
    """Half a period of a cosine from the rate of the start down to ``eta_min`` in ``T_max`` epochs (and up again after them).

    Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017, without the restarts.

    >>> [round(CosineAnnealingLR(T_max=4)(epoch), 4) for epoch in range(5)]
    [1.0, 0.8536, 0.5, 0.1464, 0.0]
    """

    def __init__(self, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max, self.eta_min = count("T_max", T_max), in_range("eta_min", eta_min)

    def __call__(self, epoch: int, base_lr: float = 1.0) -> float:
        return self.eta_min + (base_lr - self.eta_min) * (1.0 + math.cos(math.pi * epoch / self.T_max)) / 2.0


class LinearWarmup(Schedule):
    """From ``start_factor`` times the rate in a straight line to the rate after ``steps`` epochs; then as the schedule ``after`` says.

    The epochs of ``after`` begin where the warm-up ends: ``torch.optim.lr_scheduler.LinearLR``, followed by another one in a
    ``SequentialLR``. Goyal et al., Accurate, Large Minibatch SGD, 2017.

    >>> schedule = LinearWarmup(steps=2, start_factor=0.5, after=ExponentialLR(gamma=0.5))
    >>> [schedule(epoch) for epoch in range(4)]
    [0.5, 0.75, 1.0, 0.5]
    """

    def __init__(self, steps: int, start_factor: float = 1.0 / 3.0, after: Schedule | None = None) -> None:
        self.steps, self.start_factor = count("steps", steps), in_range("start_factor", start_factor, 0.0, 1.0)
        if after is not None and not isinstance(after, Schedule):
            raise TypeError(f"after the warm-up comes a schedule such as nn.StepLR(10), not {after!r}")
        self.after = after

    def __call__(self, epoch: int, base_lr: float = 1.0) -> float:
        if self.after is not None and epoch > self.steps:
            return self.after(epoch - self.steps, base_lr)
        return base_lr * (self.start_factor + (1.0 - self.start_factor) * min(epoch, self.steps) / self.steps)


def count(name: str, x: Any, lowest: int = 1) -> int:
    """A whole number of at least ``lowest``, or ``ValueError``."""
    if isinstance(x, bool) or not hasattr(x, "__index__") or x < lowest:
        raise ValueError(f"{name} is a whole number, {lowest} or more, not {x!r}")
    return operator.index(x)


def in_range(name: str, x: Any, lowest: float = 0.0, highest: float = math.inf) -> float:
    """A finite number in a range, or ``ValueError``."""
    if not isinstance(x, Real) or not lowest <= x <= highest or math.isinf(x):
        raise ValueError(f"{name} is a finite number from {lowest:g}{f' to {highest:g}' if highest < math.inf else ' on'}, not {x!r}")
    return float(x)


# -- gradients that are too long -------------------------------------------------------------------------------------
def clip_norm(gradients: list[float], max_norm: float) -> tuple[list[float], float]:
    """The gradients, scaled down together to the length ``max_norm`` if they are longer, and their length before.

    The factor is ``max_norm / (norm + 1e-6)``, at most 1, as in ``torch.nn.utils.clip_grad_norm_``. Pascanu, Mikolov, Bengio:
    On the difficulty of training recurrent neural networks, 2013. A ``ValueError`` for a ``max_norm`` that is not positive.

    >>> clip_norm([3.0, 4.0], 10.0)
    ([3.0, 4.0], 5.0)
    """
    require_positive("max_norm", max_norm)
    norm = _length(gradients)
    factor = min(max_norm / (norm + 1e-6), 1.0)
    return [g * factor for g in gradients], norm


def clip_value(gradients: list[float], limit: float) -> list[float]:
    """Each gradient, taken to ``-limit`` or ``limit`` where it is beyond; nan stays nan. ``limit`` is positive, else ``ValueError``.

    >>> clip_value([-7.0, 0.5], 5.0)
    [-5.0, 0.5]
    """
    require_positive("limit", limit)
    return [-limit if g < -limit else limit if g > limit else g for g in gradients]


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """:func:`clip_norm` of the ``grad`` of the parameters, in place; returns their length before.

    It stands between ``backward()`` and the optimiser's ``step()``.

    >>> w = Value(2.0)
    >>> (w ** 4).backward()
    >>> norm = clip_grad_norm([w], 5.0)
    >>> norm, round(w.grad, 4)
    (32.0, 5.0)
    """
    parameters = list(parameters)
    clipped, norm = clip_norm([parameter.grad for parameter in parameters], max_norm)
    for parameter, gradient in zip(parameters, clipped):
        parameter.grad = gradient
    return norm


def clip_grad_value(parameters: Iterable[Value], clip_value: float) -> None:
    """Take the ``grad`` of each parameter to ``-clip_value`` or ``clip_value`` where it is beyond.

    >>> w = Value(2.0)
    >>> (w ** 4).backward()
    >>> clip_grad_value([w], 5.0)
    >>> w.grad
    5.0
    """
    require_positive("clip_value", clip_value)
    for parameter in parameters:
        parameter.grad = min(max(parameter.grad, -clip_value), clip_value)  # in this order of operands, nan stays nan


def _length(gradients: list[float]) -> float:
    """The Euclidean norm, added from the left: that of math.hypot is rounded otherwise in other versions of Python."""
    total = 0.0
    for g in gradients:
        total += g * g
    if not math.isinf(total):
        return math.sqrt(total)
    largest = max(map(abs, gradients))  # the squares are beyond the largest float, but not the gradients
    return total if math.isinf(largest) else largest * _length([g / largest for g in gradients])


def require_positive(name: str, limit: float) -> None:
    """A ``ValueError`` unless ``limit`` is a positive number."""
    if not isinstance(limit, Real) or not limit > 0.0:
        raise ValueError(f"{name} is a positive number, not {limit!r}")


# -- what is allowed --------------------------------------------------------------------------------------------------
def _decayed(values: list[float], gradients: list[float], weight_decay: float) -> list[float]:
    return [g + weight_decay * w for w, g in zip(values, gradients)] if weight_decay else gradients


def _leaves(parameters: Iterable[Value]) -> list[Value]:
    leaves = list(parameters)
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


def _checked(name: str, x: Any) -> Any:
    """The hyperparameter in its type, if it is in range."""
    if name in ("nesterov", "centered"):
        return bool(x)
    if name == "betas":
        if not isinstance(x, (tuple, list)) or len(x) != 2:
            raise ValueError(f"betas is a pair such as (0.9, 0.999), not {x!r}")
        return tuple(_checked("each of betas", beta) for beta in x)
    fraction, positive = name in ("alpha", "each of betas"), name == "eps"
    if not isinstance(x, Real) or not 0.0 <= float(x) < (1.0 if fraction else math.inf) or (positive and x == 0.0):
        lower, upper = "above" if positive else "of at least", " and below 1" if fraction else ""
        raise ValueError(f"{name} is a finite number {lower} 0{upper}, not {x!r}")
    return float(x)
