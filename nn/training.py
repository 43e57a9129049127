"""Training in one call: batches, validation, early stopping, checkpoints, progress."""

from __future__ import annotations

import operator
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from autograd_core import Value, compile_graph

from .execution import Execution, execution, first_bad, is_finite
from .history import History
from .module import Module
from .normalization import BatchError
from .optim import Adam, Optimizer
from .progress import ProgressBar
from .regularization import clip_norm, clip_value, l1_penalty, l2_penalty
from .samples import Samples, figures, loss_named, metric_named, samples_of, split_samples
from .saving import read_json, write_json


class TrainingError(ArithmeticError):
    """A loss or a gradient that is not finite; the model keeps the parameters from before that step.

    ``history`` holds the epochs that were finished before.
    """

    history: History | None = None


class EarlyStopping(NamedTuple):
    """Stop when the watched loss has not become smaller by more than ``min_delta`` for ``patience`` epochs."""

    patience: int = 10
    min_delta: float = 0.0
    restore_best: bool = True


def fit(
    model: Module, X: Any, y: Any, *, loss: str | Callable[..., Any] = "mse", optimizer: Any = None, epochs: int = 100,
    batch_size: int | None = None, validation: Any = None, metrics: Sequence[Any] = (), early_stopping: int | EarlyStopping | None = None,
    checkpoint: str | Path | None = None, resume: bool = False, schedule: Any = None, max_norm: float | None = None,
    max_value: float | None = None, l2: float = 0.0, l1: float = 0.0, seed: int | None = None, shuffle: bool = True,
    dialect: str = "python", progress: bool = True, callback: Callable[[Module, History], Any] | None = None,
) -> History:  # fmt: skip
    """Train ``model`` on the rows of ``X`` (lists, a NumPy array or a pandas frame) with the targets ``y``.

    ``loss`` is a name in ``nn.LOSSES`` or a function of predictions and targets. ``optimizer`` is one over the parameters of
    the model, or a function that makes one of them, such as ``nn.Adam`` (the default, with ``lr=0.01``); ``schedule`` likewise is
    made from the optimizer. ``batch_size=None`` is the whole data set; batches are drawn anew in every epoch.
    ``validation`` is a pair ``(X, y)`` or the fraction of the data that is put aside. ``early_stopping`` is a number of epochs or
    an :class:`EarlyStopping`. ``l2`` and ``l1`` are strengths of penalties on all parameters; ``max_norm`` and ``max_value``
    clip the gradient. ``callback(model, history)`` runs after each epoch; training ends if it returns ``True``.

    ``dialect`` is ``"python"``, ``"c"``, ``"numpy"`` (compiled, where one graph stands for all samples) or ``"eager"``. Python
    gives the numbers of eager to the bit. ``checkpoint`` is a file, written after every epoch; with ``resume=True`` training
    goes on from it, to the numbers of a training that was not interrupted. Ctrl-C ends training and returns what was learnt.

    >>> from nn import MLP, SGD
    >>> model = MLP(1, [1])
    >>> line = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]
    >>> history = fit(model, *line, optimizer=lambda parameters: SGD(parameters, lr=0.2), epochs=200, progress=False)
    >>> print(f"{model.predict([[3.0]])[0]:.2f}")
    7.00

    A loss of one's own is called with lists of one prediction and one target, and the mean over the batch is taken; with Dropout or
    BatchNorm in the model it is called with the whole batch: it must be a mean over samples. Attributes that a callback changes
    have no effect on a compiled model, other than parameters and ``optimizer.lr``: take ``dialect="eager"`` for them.

    Raises ``ValueError`` for data or options that do not fit, and :class:`TrainingError` if a loss or gradient is not finite.
    """
    written = _written(checkpoint, resume)
    random_seed = seed if seed is not None else written["seed"] if written else random.randrange(2**32)
    data, held_out = split_samples(samples_of(model, X, y, loss), validation, model, loss, random_seed)
    if not hasattr(epochs, "__index__") or epochs < 0:
        raise ValueError(f"epochs is a whole number, 0 or more, not {epochs!r}")
    parameters = model.parameters()
    chosen = _optimizer(optimizer, parameters)
    metrics = [metrics] if isinstance(metrics, str) or callable(metrics) else metrics
    options = _Options(
        loss_named(loss), chosen, _schedule(schedule, chosen), [metric_named(metric, loss) for metric in metrics],
        _batch_size(batch_size, len(data.rows)), shuffle, max_norm, max_value, _penalties(parameters, l2, l1), dialect, random_seed,
    )  # fmt: skip
    stopping = None if early_stopping is None else _stopping(early_stopping)
    run = _Run(model, data, held_out, options)
    if written:
        run.restore(written)
    return run.train(epochs, stopping, checkpoint, callback, progress)


class _Options(NamedTuple):
    """What a training was asked to do, checked."""

    loss: Callable[..., Any]
    optimizer: Optimizer
    schedule: Any
    metrics: list[tuple[str, Callable[..., float]]]
    batch_size: int
    shuffle: bool
    max_norm: float | None
    max_value: float | None
    penalties: Any
    dialect: str
    seed: int


def _written(checkpoint: str | Path | None, resume: bool) -> dict[str, Any] | None:
    """What the checkpoint holds, if training is to go on from it and it is there."""
    if checkpoint is None:
        if resume:
            raise ValueError("resume=True needs the file to go on from: give checkpoint=")
        return None
    if not Path(checkpoint).absolute().parent.is_dir():
        raise FileNotFoundError(f"the folder of the checkpoint {checkpoint} is not there: make it first")
    return read_json(checkpoint, "checkpoint") if resume and Path(checkpoint).exists() else None


def _batch_size(batch_size: Any, count: int) -> int:
    if batch_size is None:
        return count
    if not hasattr(batch_size, "__index__") or not 1 <= batch_size <= count:
        raise ValueError(f"batch_size is from 1 to the {count} samples, not {batch_size!r}")
    return operator.index(batch_size)


def _stopping(x: Any) -> EarlyStopping:
    if isinstance(x, EarlyStopping):
        return x
    if isinstance(x, bool) or not hasattr(x, "__index__") or x < 1:
        raise ValueError(f"early_stopping is a number of epochs, 1 or more, or an nn.EarlyStopping, not {x!r}")
    return EarlyStopping(operator.index(x))


def _optimizer(optimizer: Any, parameters: list[Any]) -> Optimizer:
    """The optimizer itself, or what a function makes of the parameters."""
    if optimizer is None:
        return Adam(parameters, lr=0.01)
    made = optimizer if isinstance(optimizer, Optimizer) or not callable(optimizer) else optimizer(parameters)
    if not isinstance(made, Optimizer):
        raise TypeError(f"an optimizer is nn.Adam, nn.SGD, ... or a function that makes one of the parameters, not {made!r}")
    if list(map(id, made.parameters)) != list(map(id, parameters)):
        raise ValueError("the optimizer was made for other parameters: make it with model.parameters(), or give its class to fit")
    return made


def _schedule(schedule: Any, optimizer: Optimizer) -> Any:
    """The schedule itself, or what a function makes of the optimizer."""
    if schedule is None:
        return None
    is_made = hasattr(schedule, "step") and not isinstance(schedule, type)
    made = schedule if is_made or not callable(schedule) else schedule(optimizer)
    if not hasattr(made, "step"):
        raise TypeError(f"a schedule is nn.StepLR(...), ... or a function that makes one of the optimizer, not {made!r}")
    if getattr(made, "optimizer", optimizer) is not optimizer:
        raise ValueError("the schedule is one of another optimizer: give fit that optimizer, or as schedule a function of the optimizer")
    return made


def _penalties(parameters: list[Any], l2: float, l1: float) -> Any:
    """A program of the penalties on the parameters and their gradient; ``None`` without penalties."""
    terms = [function(parameters, strength) for function, strength in ((l2_penalty, l2), (l1_penalty, l1)) if strength]
    if not terms:
        return None
    total: Value = terms[0] if len(terms) == 1 else terms[0] + terms[1]
    return compile_graph(total, parameters)


class _Run:
    """One training: what it works with, and what it has reached."""

    def __init__(self, model: Module, data: Samples, held_out: Samples | None, options: _Options) -> None:
        self.model, self.data, self.held_out, self.options = model, data, held_out, options
        self.modules = model.modules()
        self.has_buffers = any(module.buffers for module in self.modules)
        model.train()
        try:
            self.execution: Execution = execution(model, options.loss, data.rows, data.columns, options.dialect)
        finally:
            model.eval()
        self.rows = self.execution.rows(data.rows)
        self.values = [float(parameter.data) for parameter in self.execution.parameters]
        self.history = History()
        self.best: dict[str, Any] | None = None
        self.best_loss = float("inf")
        self.waited = 0

    # -- the loop ------------------------------------------------------------------------------------------------
    def train(self, epochs: int, stopping: EarlyStopping | None, checkpoint: Any, callback: Any, progress: bool) -> History:
        bar = ProgressBar(epochs, len(self.history), progress)
        try:
            if stopping is not None and self.waited >= stopping.patience:  # the checkpoint is of a training that had ended
                self.history.stopped = "early stopping"
            while len(self.history) < epochs and self.history.stopped == "finished":
                start = self.values, self.buffers()
                entry = self.epoch(len(self.history) + 1)
                self.history.epochs.append(entry)
                self.note_best(entry, stopping, start)
                if self.options.schedule is not None:
                    _step_schedule(self.options.schedule, entry.get("val_loss", entry["loss"]))
                if checkpoint is not None or callback is not None:
                    self.execution.assign(self.values)
                if checkpoint is not None:
                    write_json(checkpoint, "checkpoint", self.state())
                bar.show(entry)
                if callback is not None:
                    ends = callback(self.model, self.history)
                    self.values = [float(parameter.data) for parameter in self.execution.parameters]
                    if ends:
                        self.history.stopped = "callback"
                        break
                if stopping is not None and self.waited >= stopping.patience:
                    self.history.stopped = "early stopping"
                    break
        except KeyboardInterrupt:
            self.history.stopped = "interrupted"
        except TrainingError as error:
            error.history = self.history
            self.model.load_buffers(start[1])  # the bad step may have spoilt running averages
            raise
        finally:
            bar.close()
            self.execution.assign(self.values)
            self.model.eval()
        if stopping is not None and stopping.restore_best and self.best is not None:
            self.execution.assign(self.best["values"])
            self.model.load_buffers(self.best["buffers"])
        return self.history

    def epoch(self, number: int) -> dict[str, float]:
        start = time.perf_counter()
        chance = random.Random(f"{self.options.seed}/{number}")  # of its own for each epoch, so that a resumed training draws the same
        for i, module in enumerate(self.modules):
            module.training = True
            if isinstance(getattr(module, "generator", None), random.Random):
                vars(module)["generator"] = random.Random(f"{self.options.seed}/{number}/{i}")
        total, norm = 0.0, 0.0
        for batch_number, batch in enumerate(self.batches(chance), start=1):
            value, norm = self.step(batch, number, batch_number)
            total += value * len(batch)
        entry = {"epoch": number, "loss": total / len(self.data.rows), "lr": self.options.optimizer.lr, "grad_norm": norm}
        try:
            entry |= self.measured(self.data, "") if self.options.metrics else {}
            entry |= self.measured(self.held_out, "val_") if self.held_out is not None else {}
        except ArithmeticError as error:
            raise TrainingError(f"training stopped after epoch {number}, while it was evaluated: {error}") from error
        except ValueError as error:
            if "domain" not in str(error) and "not defined" not in str(error):
                raise
            raise TrainingError(f"training stopped after epoch {number}, while it was evaluated: {error}") from error
        return entry | {"seconds": time.perf_counter() - start}

    def batches(self, chance: random.Random) -> Any:
        count, size = len(self.data.rows), self.options.batch_size
        if size == count:
            yield self.rows
            return
        order = list(range(count))
        if self.options.shuffle:
            chance.shuffle(order)
        for start in range(0, count, size):
            chosen = order[start : start + size]
            yield self.rows[chosen] if hasattr(self.rows, "shape") else [self.rows[i] for i in chosen]

    def step(self, batch: Any, epoch: int, number: int) -> tuple[float, float]:
        """One update from the mean over a batch: the loss before it, and the norm of the gradient."""
        try:
            total, sums = self.execution.sums(self.values, batch)
            value, gradients = total / len(batch), [g / len(batch) for g in sums]
            if self.options.penalties is not None:
                penalty, of_penalty = self.options.penalties(self.values)
                value, gradients = value + penalty, [g + p for g, p in zip(gradients, of_penalty)]
        except BatchError:
            raise
        except (ValueError, ArithmeticError) as error:
            raise self.stopped(batch, epoch, number, str(error)) from error
        if not is_finite(value, gradients):
            raise self.stopped(batch, epoch, number, f"the loss is {value}")
        if self.options.max_value is not None:
            gradients = clip_value(gradients, self.options.max_value)
        gradients, norm = clip_norm(gradients, float("inf") if self.options.max_norm is None else self.options.max_norm)
        steps, state = self.options.optimizer.steps, dict(self.options.optimizer.state)
        try:
            values = self.options.optimizer.update(self.values, gradients)
            if not is_finite(value, values):
                raise self.stopped(batch, epoch, number, "the step would make a parameter infinite or nan")
        except BaseException:
            self.options.optimizer.steps, self.options.optimizer.state = steps, state
            raise
        self.values = values
        return value, norm

    def stopped(self, batch: Any, epoch: int, number: int, what: str) -> TrainingError:
        where = first_bad(self.execution, self.values, batch)
        return TrainingError(
            f"training stopped in epoch {epoch}, batch {number}: {what}; {where}. The model keeps the parameters from before this "
            "step. A smaller learning rate, standardised inputs or max_norm=5 often help"
        )

    def measured(self, table: Samples, prefix: str) -> dict[str, float]:
        """The metrics, and, for held-out samples, the loss, in evaluation mode."""
        found = figures(self.execution.outputs(self.values, table.rows), table, self.options.metrics)
        return {f"{prefix}{name}": value for name, value in found.items() if prefix or name != "loss"}

    def note_best(self, entry: dict[str, float], stopping: EarlyStopping | None, start: Any) -> None:
        watched = entry.get("val_loss", entry["loss"])
        if watched < self.best_loss - (stopping.min_delta if stopping else 0.0):
            self.best_loss, self.waited, self.history.best_epoch = watched, 0, int(entry["epoch"])
            # The loss of the whole data set in one batch is that of the values before the step.
            before = self.held_out is None and self.options.batch_size == len(self.data.rows)
            values, buffers = start if before else (self.values, self.buffers())
            self.best = {"values": values, "buffers": buffers}
        else:
            self.waited += 1

    def buffers(self) -> dict[str, Any]:
        return self.model.buffers_dict() if self.has_buffers else {}

    # -- checkpoints -----------------------------------------------------------------------------------------------
    def state(self) -> dict[str, Any]:
        optimizer, schedule = self.options.optimizer, self.options.schedule
        return {
            "state": self.model.state_dict(), "best": self.best, "best_loss": self.best_loss, "waited": self.waited,
            "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict() if schedule is not None else None,
            "best_epoch": self.history.best_epoch, "epochs": self.history.epochs, "samples": len(self.data.rows),
            "batch_size": self.options.batch_size, "seed": self.options.seed,
        }  # fmt: skip

    def restore(self, content: dict[str, Any]) -> None:
        here = {"samples": len(self.data.rows), "batch_size": self.options.batch_size, "seed": self.options.seed}
        if (content["schedule"] is None) is not (self.options.schedule is None):
            had, has = ("a", "none") if self.options.schedule is None else ("no", "one")
            raise ValueError(f"the checkpoint was written with {had} schedule, and this training has {has}")
        for name, value in here.items():
            if content[name] != value:
                raise ValueError(f"the checkpoint was written with {name}={content[name]}, and this training has {name}={value}")
        self.options.optimizer.load_state_dict(content["optimizer"])  # first what may be refused
        if self.options.schedule is not None:
            self.options.schedule.load_state_dict(content["schedule"])
        self.model.load_state_dict(content["state"])
        self.values = [float(parameter.data) for parameter in self.execution.parameters]
        self.best, self.best_loss, self.waited = content["best"], content["best_loss"], content["waited"]
        self.history = History(content["epochs"], best_epoch=content["best_epoch"])


def _step_schedule(schedule: Any, watched: float) -> None:
    """One epoch further; a schedule that watches the loss, such as ReduceLROnPlateau, is given it."""
    schedule.step(watched) if getattr(schedule, "watches_loss", False) else schedule.step()
