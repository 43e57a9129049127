"""What accompanies a training: stopping early, penalties, clipping, progress; each is one small class."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_core import Floats, Interrupts, Value, compile_graph
from autograd_core import gradients as derivatives

from ..arguments import count, fitting, listed, number, parameters_of
from ..losses import l1_penalty, l2_penalty
from ..optim import Optimizer
from .execution import Execution
from .history import History, shown
from .model import Model


@dataclass
class Run:
    """A training of so many ``epochs``, as callbacks see it. ``values`` are the numbers of the parameters, a list or, in the dialects c
    and numpy, an array; the model has them when an epoch has ended. ``facts`` are what a checkpoint must agree with. ``measured()`` is
    the state of the model that the loss of the last epoch belongs to."""

    model: Model
    execution: Execution
    optimizer: Optimizer
    values: Any
    epochs: int
    facts: dict[str, int]
    interrupts: Interrupts
    callbacks: Sequence[Callback] = ()
    history: History = field(default_factory=History)
    measured: Callable[[], dict[str, Any]] = dict


class Callback:
    """What may happen at each point of a training; a subclass defines what it needs. ``remembered`` are the attributes that a
    resumed training needs. What the class holds is what they are at first: numbers, or ``None`` for what JSON can hold. The ``epoch``
    of one that is the ``last`` comes after those of the others. One of a training may be a callback that ``sets_rate``.

    >>> class Shrinking(Callback):
    ...     def gradients(self, run, gradients):
    ...         return [g / 2 for g in gradients]
    """

    last = sets_rate = False
    remembered: tuple[str, ...] = ()

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
        """After the last epoch, also after Ctrl-C and errors, if it had begun; ``run.history.stopped`` says which."""

    def state(self) -> dict[str, Any]:
        """What is remembered."""
        return {name: getattr(self, name) for name in self.remembered}

    def fresh(self) -> dict[str, Any]:
        """What is remembered at first."""
        return {name: getattr(type(self), name) for name in self.remembered}

    def checked_state(self, run: Run, state: Any) -> dict[str, Any]:
        """The attributes that a saved state stands for; ``ValueError`` if it does not fit."""
        return dict(fitting(state, self.fresh(), f"the state of {type(self).__name__}"))


class _Function(Callback):
    ends = False

    def __init__(self, function: Callable[[Any, History], Any]) -> None:
        self.function = function

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
        is_better = watched < self.limit - self.min_delta
        self.limit, self.waited = (watched, 0) if is_better else (self.limit, self.waited + 1)

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


class L2(Callback):
    """Adds :func:`nn.l2_penalty` of all parameters to the loss: ``strength * sum of w ** 2``."""

    penalty = staticmethod(l2_penalty)

    def __init__(self, strength: float) -> None:
        self.strength = number("strength", strength)

    def begin(self, run: Run) -> None:
        w = Value(1.0)
        term = self.penalty([w], self.strength)  # that of one parameter
        self.program = compile_graph([term, *derivatives(term, [w])], [], [w], "numpy" if hasattr(run.values, "dtype") else "python")

    def loss(self, run: Run, value: float, gradients: Any) -> tuple[float, Any]:
        terms, further = self.program.columns([], [run.values])
        return value + float(Floats.of(terms).sum()), gradients + further


class L1(L2):
    """Adds :func:`nn.l1_penalty` of all parameters to the loss: ``strength * sum of |w|``."""

    penalty = staticmethod(l1_penalty)


class ClipNorm(Callback):
    """Takes the gradient times ``max_norm / (norm + 1e-6)`` if that is below 1, as ``torch.nn.utils`` has it. Pascanu, Mikolov, Bengio:
    On the difficulty of training recurrent neural networks, 2013."""

    def __init__(self, max_norm: float) -> None:
        self.max_norm = number("max_norm", max_norm, "a positive number")

    def gradients(self, run: Run | None, gradients: Any) -> Any:
        most, norm = 1.0, Floats.norm(gradients)
        if math.isinf(norm) and Floats.finite(gradients):  # a length beyond all floats has a direction all the same
            gradients, most, norm = (small := gradients * 2.0**-600), 2.0**600, Floats.norm(small)
        return gradients * min(self.max_norm / (norm + 1e-6), most)


class ClipValue(Callback):
    """Takes each entry of the gradient to ``-limit`` or ``limit`` where it is beyond; nan stays nan."""

    def __init__(self, limit: float) -> None:
        self.limit = number("limit", limit, "a positive number")

    def gradients(self, run: Run | None, gradients: Any) -> Any:
        return gradients.clip(-self.limit, self.limit)


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """What :class:`ClipNorm` does, on the ``grad`` of the parameters, between ``backward()`` and ``step()``; returns their norm before."""
    return Floats.norm(_clipped(parameters, ClipNorm(max_norm)))


def clip_grad_value(parameters: Iterable[Value], limit: float) -> None:
    """What :class:`ClipValue` does, on the ``grad`` of the parameters."""
    _clipped(parameters, ClipValue(limit))


def _clipped(parameters: Iterable[Value], how: ClipNorm | ClipValue) -> Floats:
    """The gradients that the parameters had before."""
    parameters = parameters_of(parameters, "nn.clip_grad_norm(model.parameters(), 5.0)")
    before = Floats(parameter.grad for parameter in parameters)
    for parameter, gradient in zip(parameters, how.gradients(None, before)):
        parameter.grad = gradient
    return before


class Progress(Callback):
    """A bar with the figures of the last epoch, as plain text; it needs tqdm. ``Progress(True)`` shows it, ``Progress(False)`` does not,
    and ``Progress()``, which ``fit`` takes where the callbacks hold no other, where a person looks: at a terminal and in a notebook."""

    bar: Any = None

    def __init__(self, wanted: bool | None = None) -> None:
        self.wanted = wanted

    def begin(self, run: Run) -> None:
        is_notebook = hasattr(getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)(), "kernel")
        self.bar = None
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


def callbacks_of(callbacks: Any, wanted: bool | None = None) -> list[Callback]:
    """The callbacks of a training, in the order in which they act: functions and schedules too, and a bar, if none is given."""
    found: list[Callback] = []
    is_one = callable(callbacks) or isinstance(callbacks, Callback)
    for given in [callbacks] if is_one else listed("callbacks is", callbacks, "callbacks=[nn.EarlyStopping(5)]"):
        if isinstance(given, type) or not (callable(given) or isinstance(given, Callback)):
            raise TypeError(f"a callback is nn.EarlyStopping(5), ... or a function of the model and its history, not {given!r}")
        found.append(given if isinstance(given, Callback) else _Function(given))
    if sum(callback.sets_rate for callback in found) > 1:
        raise ValueError("two callbacks would set the learning rate: give one, such as nn.LinearWarmup(5, after=nn.StepLR(10))")
    if not any(isinstance(callback, Progress) for callback in found):
        found.append(Progress(wanted))
    return sorted(found, key=lambda callback: callback.last)
