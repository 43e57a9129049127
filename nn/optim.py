"""Optimizers: how a gradient changes the parameters, with PyTorch's names, defaults and numbers. The update of one parameter is written
once, in arithmetic, and compiled as any graph is: by Python for lists of floats, by NumPy or C for arrays, to the same bits."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Sequence
from typing import Any

from autograd_core import Program, Value, compile_graph, guard, maximum, sqrt, watching_comparisons

from .arguments import fitting, number, options, parameters_of

Betas = tuple[float, float]
WORTH_C = 5_000  # parameters from which an update in C gains more than it takes to build, once on each machine
RANGES = {"alpha": "a number of at least 0 and below 1", "betas": "a number of at least 0 and below 1", "eps": "a finite number above 0"}
_PROGRAMS: dict[tuple[Any, ...], Program] = {}  # by the class, the dialect, and which hyperparameters are in use


@guard.steps
class Optimizer:
    """What all optimizers share. A subclass says what is :meth:`remembered` of a parameter from step to step, 0 at first, which
    :meth:`coefficients` a step has, and its :meth:`rule`: the parameter ``w`` after a step along its gradient ``g``, and what is
    remembered then. A rule chooses nothing by comparing numbers (``maximum`` and the like do).

    ``parameters`` are leaves, at least one, none of them twice. ``lr``, the learning rate, may be set at any time; ``hyperparameters``
    are the others by name; ``state`` is what is remembered, a number for each parameter. A ``weight_decay`` adds
    ``weight_decay * w`` to the gradient before the rule, or, ``decoupled``, takes ``lr * weight_decay * w`` off.

    >>> class Signs(Optimizer):  # a step of the length lr, whatever the gradient
    ...     def coefficients(self):
    ...         return [self.lr]
    ...     def rule(self, w, g, lr):
    ...         return [w - lr * g.sign()]
    >>> w = Value(1.0)
    >>> optimizer = Signs([w], lr=0.25)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w.data
    0.75
    """

    decoupled = False
    remembered: Sequence[str] = ()
    squares = ("exp_avg_sq", "square_avg")  # what is remembered of squares, never below 0
    dialect = "numpy"  # what updates arrays, or, where they are long, "c", which ``fit(dialect="c")`` sets

    def __init__(self, parameters: Iterable[Value], lr: float, **hyperparameters: Any) -> None:
        self.parameters = _leaves(parameters)
        self.lr: float = _checked("lr", lr)
        self.hyperparameters = {name: _checked(name, value) for name, value in hyperparameters.items()}
        self.steps = 0
        self.state: dict[str, Any] = {}

    def coefficients(self) -> Sequence[float]:
        """The numbers of step ``self.steps``, counted from 1, that are the same for all parameters."""
        return [self.lr]

    def rule(self, w: Any, g: Any, *remembered_and_coefficients: Any) -> Sequence[Any]:
        """The update of one parameter: its new value, and each quantity that is remembered."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it updates: define rule(w, g, *remembered, *coefficients)")

    @options(set_to_none="leave it out: a gradient that is not there is 0.0")
    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def step(self) -> None:
        """Change the ``data`` of every parameter by its ``grad``, as :meth:`update` does."""
        new = self.update([parameter.data for parameter in self.parameters], [parameter.grad for parameter in self.parameters])
        for parameter, value in zip(self.parameters, map(float, new)):  # a step by hand may have made some NumPy's float32
            parameter.data = value

    def update(self, values: Any, gradients: Any) -> Any:
        """The values after one step from ``values`` along ``gradients``, one of each for every parameter; no Value is read or changed.

        Lists give a list, and NumPy arrays of float64 an array, to the same bits.
        """
        size, given = len(self.parameters), (len(values), len(gradients))
        if given != (size, size):
            raise ValueError(f"an update of {size} parameter(s) needs as many, not {given[0]} values and {given[1]} gradients")
        self.lr = _checked("lr", self.lr)  # it may have been set to anything
        self.steps += 1
        nothing = [0.0] * size if self.steps == 1 else []
        columns = [values, gradients, *(self.state.get(name, nothing) for name in self.remembered)]
        chosen = "python"
        if hasattr(values, "dtype"):
            import numpy as np

            columns = [np.asarray(column, dtype=float) for column in columns]
            chosen = "c" if self.dialect == "c" and size >= WORTH_C else "numpy"
        new, *memory = self.program(chosen).columns(self._coefficients(), columns)
        self.state = dict(zip(self.remembered, memory))
        return new

    def program(self, dialect: str = "python") -> Program:
        """The update of one parameter, compiled; ``.source`` shows it."""
        key = (type(self), dialect, *map(bool, self.hyperparameters.values()))
        if key not in _PROGRAMS:
            probe = copy.copy(self)
            probe.steps += 1  # coefficients are those of a step, of which there may have been none
            coefficients = [Value(x) for x in probe._coefficients()]
            columns = w, g, *remembered = [Value(1.0, name) for name in ("w", "g", *self.remembered)]
            own = coefficients
            with watching_comparisons() as places:
                if self.hyperparameters.get("weight_decay"):
                    decay, *own = coefficients
                    w, g = (w * decay, g) if self.decoupled else (w, g + decay * w)
                outputs = self.rule(w, g, *remembered, *own)
            if places:
                raise TypeError(f"{type(self).__name__} compares numbers at {places[0]}: choose with maximum, step, ... instead")
            _PROGRAMS[key] = compile_graph(list(outputs), coefficients, columns, dialect)
        return _PROGRAMS[key]

    def _coefficients(self) -> list[float]:
        decay = self.hyperparameters.get("weight_decay")
        return [*([1.0 - self.lr * decay if self.decoupled else decay] if decay else []), *self.coefficients()]

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next updates depend on, as plain data that JSON can hold, exact to the bit."""
        chosen = {name: list(x) if isinstance(x, tuple) else x for name, x in self.hyperparameters.items()}
        state = {name: list(map(float, numbers)) for name, numbers in self.state.items()}
        kind, size = type(self).__name__, len(self.parameters)
        return {"optimizer": kind, "parameters": size, "lr": self.lr, "hyperparameters": chosen, "steps": self.steps, "state": state}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave; a ``ValueError``, and no change, where it does not fit this optimizer."""
        vars(self).update(self.checked_state(state_dict))

    def checked_state(self, state_dict: Any) -> dict[str, Any]:
        """The attributes that a state stands for; ``ValueError`` where it does not fit."""
        name, size = f"the state of {type(self).__name__}", len(self.parameters)
        given, probe = fitting(state_dict, self.state_dict() | {"state": None}, name), copy.copy(self)
        if given["parameters"] != size:
            raise ValueError(f"{name} is one on {given['parameters']} parameter(s), and these are {size}")
        probe.hyperparameters = {name: _checked(name, x) for name, x in given["hyperparameters"].items()}
        expected = dict.fromkeys(probe.remembered, [0.0] * size) if given["steps"] else {}
        state = fitting(given["state"], expected, name, "a finite number")
        for square in state.keys() & self.squares:
            fitting(state[square], state[square], f"{name}, {square}", "a finite number of at least 0")
        return {"lr": _checked("lr", given["lr"]), "steps": given["steps"], "hyperparameters": probe.hyperparameters, "state": state}

    def __repr__(self) -> str:
        chosen = "".join(f", {name}={value!r}" for name, value in self.hyperparameters.items())
        return f"{type(self).__name__}({len(self.parameters)} parameters, lr={self.lr!r}{chosen})"


class SGD(Optimizer):
    """Gradient descent, with momentum: ``b = momentum * b + (1 - dampening) * g`` (first ``b = g``) and ``w -= lr * b``.

    ``nesterov`` steps along ``g + momentum * b``; ``weight_decay`` adds ``weight_decay * w`` to the gradient. Sutskever et al., On
    the importance of initialization and momentum in deep learning, 2013, in the form of ``torch.optim.SGD``.
    """

    @options()
    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-3, momentum: float = 0.0, dampening: float = 0.0, weight_decay: float = 0.0,
        nesterov: bool = False
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov)
        if nesterov and (momentum == 0.0 or dampening != 0.0):
            raise ValueError(f"nesterov needs a momentum above 0 and no dampening, not momentum={momentum!r}, dampening={dampening!r}")

    @property
    def remembered(self) -> Sequence[str]:  # type: ignore[override]
        return ["momentum_buffer"] if self.hyperparameters["momentum"] else []

    def coefficients(self) -> Sequence[float]:
        momentum, dampening, *_ = self.hyperparameters.values()
        return [self.lr, momentum, 1.0 - dampening if self.state else 1.0] if momentum else [self.lr]

    def rule(self, w: Any, g: Any, *further: Any) -> Sequence[Any]:
        if not self.remembered:
            (lr,) = further
            return [w - lr * g]
        b, lr, momentum, fresh = further
        b = momentum * b + fresh * g
        return w - lr * (g + momentum * b if self.hyperparameters["nesterov"] else b), b


class RMSprop(Optimizer):
    """Each gradient divided by the root of a running mean of its square: ``v = alpha * v + (1 - alpha) * g * g`` and
    ``w -= lr * g / (sqrt(v) + eps)``; ``centered`` subtracts the square of the running mean of the gradient from ``v``, and ``momentum``
    adds up the quotients. Tieleman and Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012; Graves, Generating
    Sequences With Recurrent Neural Networks, 2013 (centered).
    """

    @options()
    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.01, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0,
        momentum: float = 0.0, centered: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum, centered=centered)

    @property
    def remembered(self) -> Sequence[str]:  # type: ignore[override]
        used = {"grad_avg": self.hyperparameters["centered"], "momentum_buffer": self.hyperparameters["momentum"]}
        return ["square_avg", *filter(used.get, used)]

    def coefficients(self) -> Sequence[float]:
        alpha, eps, _, momentum, _ = self.hyperparameters.values()
        return self.lr, alpha, 1.0 - alpha, eps, momentum

    def rule(self, w: Any, g: Any, *further: Any) -> Sequence[Any]:
        *remembered, lr, alpha, fresh, eps, momentum = further
        kept = dict(zip(self.remembered, remembered))
        kept["square_avg"] = square = alpha * kept["square_avg"] + fresh * g * g
        if "grad_avg" in kept:
            kept["grad_avg"] = mean = kept["grad_avg"] + fresh * (g - kept["grad_avg"])
            square = maximum(square - mean * mean, 0.0)  # rounding can take it below 0; nan stays nan
        step = g / (sqrt(square) + eps)
        if "momentum_buffer" in kept:
            kept["momentum_buffer"] = step = momentum * kept["momentum_buffer"] + step
        return w - lr * step, *kept.values()


class Adam(Optimizer):
    """Running means of the gradient and of its square, without the bias towards 0 of the first steps.

    ``m = beta1 * m + (1 - beta1) * g``, ``v = beta2 * v + (1 - beta2) * g * g`` and, in step ``t``,
    ``w -= lr * (m / (1 - beta1 ** t)) / (sqrt(v / (1 - beta2 ** t)) + eps)``. ``weight_decay`` adds ``weight_decay * w`` to the
    gradient; see :class:`AdamW`. Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015.
    """

    @options()
    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-3, betas: Betas = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, lr, betas=betas, eps=eps, weight_decay=weight_decay)

    remembered = ("exp_avg", "exp_avg_sq")

    def coefficients(self) -> Sequence[float]:
        (beta1, beta2), eps, _ = self.hyperparameters.values()
        return 1 - beta1, beta2, 1 - beta2, self.lr / (1.0 - beta1**self.steps), math.sqrt(1.0 - beta2**self.steps), eps

    def rule(self, w: Any, g: Any, *further: Any) -> Sequence[Any]:
        m, v, fresh1, beta2, fresh2, length, root, eps = further
        m = m + fresh1 * (g - m)
        v = beta2 * v + fresh2 * g * g
        return w - length * m / (sqrt(v) / root + eps), m, v


class AdamW(Adam):
    """:class:`Adam` with decoupled weight decay: each step first takes ``w *= 1 - lr * weight_decay``, past the running means.
    Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019."""

    decoupled = True

    @options()
    def __init__(
        self, parameters: Iterable[Value], lr: float = 1e-3, betas: Betas = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0.01
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)


OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": SGD, "rmsprop": RMSprop, "adam": Adam, "adamw": AdamW}
"""Optimizers by name, as ``fit(optimizer="adam")`` takes them."""


def _checked(name: str, x: Any) -> Any:
    """The hyperparameter in its type, if it is in range."""
    if name in ("nesterov", "centered"):
        if x not in (False, True):
            raise ValueError(f"{name} is True or False, not {x!r}")
        return bool(x)
    if name != "betas":
        return number(name, x, RANGES.get(name, "a finite number of at least 0"))
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(f"betas is a pair such as (0.9, 0.999), not {x!r}")
    return tuple(number("each of betas", beta, RANGES[name]) for beta in x)


def _leaves(parameters: Iterable[Value]) -> list[Value]:
    if not (leaves := parameters_of(parameters, "nn.SGD(model.parameters(), lr=0.1)")):
        raise ValueError("there are no parameters to train: the list is empty (or a generator that was used up)")
    for leaf in leaves:
        if leaf.parents:
            raise ValueError(f"{leaf!r} is computed from other nodes: only leaves are parameters")
    if len(set(leaves)) < len(leaves):
        raise ValueError("a parameter stands twice in the list: it would be changed twice in each step")
    return leaves
