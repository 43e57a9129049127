"""Training in one call: an epoch is a pass over the batches, a step is one update, and callbacks do the rest."""

from __future__ import annotations

import copy
import math
import random
import time
import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from autograd_core import Floats, Interrupts

from ..activations import activation_name
from ..arguments import count, kind, named, options
from ..losses import LOSSES
from ..optim import OPTIMIZERS, Optimizer
from .callbacks import Callback, Run, callbacks_of
from .execution import RUNS, Execution, evaluating, warn_of_untrained
from .history import History
from .model import Changes, Model, alone, assign
from .prediction import figures, last_activation, metrics_named
from .samples import samples_of, split_samples
from .saving import Checkpoint


class TrainingError(ArithmeticError):
    """A loss or a gradient that is not finite; the model keeps the parameters from before that step, ``history`` the epochs before."""

    history: History | None = None


@options(
    **dict.fromkeys(("lr", "learning_rate", "momentum"), "it is the optimizer's, as in optimizer=lambda p: nn.SGD(p, lr=0.1)"),
    verbose="write callbacks=[nn.Progress(False)]",
)
def fit(
    model: Model, X: Any, y: Any, *, loss: str | Callable[..., Any] = "mse", optimizer: Any = "adam", epochs: int = 100,
    batch_size: int | None = None, validation: Any = None, metrics: Any = (), sample_weight: Any = None, shuffle: bool = True,
    seed: int | None = None, dialect: str = "python", callbacks: Any = (),
) -> History:  # fmt: skip
    """Train ``model`` on the rows of ``X`` (lists, a NumPy array or a pandas frame) with the targets ``y``.

    ``loss`` is a name in ``nn.LOSSES`` or a function of predictions and targets. ``optimizer`` is a name in ``nn.OPTIMIZERS`` (with
    ``lr=0.01``), an optimizer over the parameters of the model, or a function that makes one of them, such as ``nn.Adam``.
    ``batch_size=None`` is all of the data; batches are drawn anew in every epoch, with ``shuffle=False`` in the order of the rows.
    ``validation`` is a pair ``(X, y)`` or the fraction of the data that is put aside. ``metrics`` are ``"accuracy"``, ``"mae"``, ``"mse"``
    or functions ``metric(targets, predictions)`` such as those of ``sklearn.metrics``; behind a loss of classes they are given
    classes. ``sample_weight`` holds a number for each row, which its loss is multiplied by.

    ``callbacks`` act in their order: ``nn.EarlyStopping(5)``, ``nn.Checkpoint(path, resume=True)``, ``nn.L2(0.01)``, ``nn.L1``,
    ``nn.ClipNorm(5.0)``, ``nn.ClipValue``, ``nn.StepLR(10)`` or another schedule, ``nn.ReduceLROnPlateau()``, any :class:`nn.Callback`,
    and functions ``callback(model, history)``, which run after each epoch and end the training if they return ``True``. Penalties come
    before clipping. A progress bar shows at a terminal and in a notebook; ``nn.Progress(True)`` or ``(False)`` decide otherwise.
    ``dialect`` is ``"python"``, ``"c"``, ``"numpy"`` (compiled, where one graph stands for all samples) or ``"eager"``. Python gives the
    numbers of eager to the bit; in C and NumPy they stay in arrays from step to step. Ctrl-C ends training and returns what was
    learnt. Afterwards the model is in evaluation mode, its random generators are as before: all chance here is drawn from ``seed``.

    >>> from nn import MLP, SGD
    >>> model = MLP(1, [1])
    >>> history = fit(model, [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], optimizer=lambda parameters: SGD(parameters, lr=0.2), epochs=200)
    >>> print(f"{model.predict([[3.0]])[0]:.2f}")
    7.00

    A loss of one's own is called with lists of one prediction and one target, and the mean over the batch is taken; with Dropout or
    BatchNorm in the model it is called with the whole batch: it must be a mean over samples. Other attributes than parameters and
    ``optimizer.lr`` that a callback changes have no effect on a compiled model: take ``dialect="eager"``. Raises ``ValueError`` for
    data or options that do not fit, and :class:`TrainingError` if a loss or gradient is not finite.
    """
    given = SimpleNamespace(**locals())
    with Interrupts() as interrupts, alone(model):
        try:
            training = interrupts.call(_Training, interrupts, given)
        except KeyboardInterrupt:
            model.eval()
            return History(stopped="interrupted")
        return training.run_through()


def _optimizer(optimizer: Any, parameters: list[Any]) -> Optimizer:
    """The optimizer itself, one by its name, or what a function makes of the parameters."""
    if not isinstance(made := optimizer, Optimizer):
        make = named(optimizer, OPTIMIZERS, "optimizer")
        made = make(parameters, lr=0.01) if isinstance(optimizer, str) else make(parameters)
    kind("an optimizer is nn.Adam, nn.SGD, ... or a function that makes one of the parameters", made, Optimizer, "optimizer=nn.Adam")
    if list(map(id, made.parameters)) != list(map(id, parameters)):
        raise ValueError("the optimizer was made for other parameters: make it with model.parameters(), or give its class to fit")
    return made


def _remedy(model: Model, loss: Any) -> str:
    if loss is LOSSES["bce"] and last_activation(model) not in ("sigmoid", "softmax", "step"):
        return "This loss takes probabilities: give the last layer a sigmoid, or train with loss='bce_with_logits'"
    return "A smaller learning rate, standardised inputs or callbacks=[nn.ClipNorm(5)] often help"


class _Training:
    """A training whose options were checked, and the data that it goes through; nothing is changed before :meth:`run_through`."""

    def __init__(self, interrupts: Interrupts, given: SimpleNamespace) -> None:
        model, size = given.model, given.batch_size
        named(given.dialect, dict(zip(RUNS, RUNS)), "dialect", or_else="")
        loss, self.metrics = named(given.loss, LOSSES, "loss"), metrics_named(given.metrics, given.loss, model)
        kind("shuffle is True or False", given.shuffle, bool, "shuffle=False")
        chosen = callbacks_of(given.callbacks)
        checkpoint = next((callback for callback in chosen if isinstance(callback, Checkpoint)), None)
        written = checkpoint.read() if checkpoint else None
        seed = count("seed", given.seed, None) if given.seed is not None else written["seed"] if written else random.getrandbits(32)
        samples = samples_of(model, given.X, given.y, loss, given.sample_weight)
        data, self.held_out = split_samples(samples, given.validation, model, loss, seed)
        size = len(data.rows) if size is None else count("batch_size", size, 1, len(data.rows))
        self.modules, self.buffers, self.shuffle = model.modules(), list(model.named_buffers()), given.shuffle
        with evaluating(model, training=True):
            try:
                how = Execution(model, loss, data.rows, data.columns, given.dialect, data.weighted)
                warn_of_untrained(how, data.rows[0])
            except Execution.FAILURES as error:
                raise TrainingError(f"training did not start: {error}. {_remedy(model, loss)}") from error
        facts = {"samples": len(data.rows), "batch_size": size, "seed": int(seed)}
        optimizer = _optimizer(given.optimizer, how.parameters)
        optimizer.dialect = how.dialect
        self.run = Run(model, how, optimizer, how.values(), count("epochs", given.epochs, 0), facts, interrupts, chosen)
        self.changes = checkpoint.changes(self.run, written) if checkpoint and written else []
        self.run.history.epochs = written["epochs"] if written else []
        self.data, self.rows = data, how.rows(data.rows)
        self.generators: Changes = [(x, "generator", g) for x in self.modules if isinstance(g := vars(x).get("generator"), random.Random)]

    def run_through(self) -> History:
        run, history, begun = self.run, self.run.history, list[Callback]()
        try:
            for callback in run.callbacks:
                vars(callback).update(callback.fresh())
                callback.begin(run)
                begun.append(callback)
            assign(self.changes)
            run.values = run.execution.values()
            for number in range(len(history) + 1, run.epochs + 2):
                history.stopped = next(filter(None, (callback.over(run) for callback in run.callbacks)), "finished")
                if history.stopped != "finished" or number > run.epochs:
                    break
                self.epoch(number)
            run.interrupts.check()
        except KeyboardInterrupt:
            history.stopped = "interrupted"
        except BaseException as error:
            history.stopped = "failed"
            if isinstance(error, TrainingError):
                error.history = history
            raise
        finally:
            run.execution.assign(run.values)
            assign(self.generators)
            run.model.eval()
            self.end(begun)
        return history

    def end(self, callbacks: list[Callback]) -> None:
        """End each of them, whatever another one raises."""
        if callbacks:
            try:
                callbacks[0].end(self.run)
            finally:
                self.end(callbacks[1:])

    def epoch(self, number: int) -> None:
        """One pass over the data; the numbers are written down, and the callbacks called."""
        run, start = self.run, time.perf_counter()
        chance = random.Random(f"{run.facts['seed']}/{number}")  # of its own for each epoch, so that a resumed training draws the same
        for module in self.modules:
            module.training = True
        for i, (module, name, _) in enumerate(self.generators):
            setattr(module, name, random.Random(f"{run.facts['seed']}/{number}/{i}"))
        # The loss of the whole data set in one batch is that of the values before the step.
        before = self.snapshot() if self.held_out is None and run.facts["batch_size"] == len(self.data.rows) else None
        total, moved, lr = 0.0, 0.0, run.optimizer.lr
        for batch_number, batch in enumerate(self.batches(chance), start=1):
            value, norm, size = self.step(batch, f"in epoch {number}, batch {batch_number}")
            total, moved = total + value * size, max(moved, norm)
        flat = [part for part in self.modules if activation_name(getattr(part, "activation", "linear")).startswith(("step", "sign"))]
        if number == 1 and total and not moved and flat:
            advice = "take a sigmoid or tanh, or, for a Perceptron, its learn(X, t)"
            warnings.warn(f"every gradient is 0, and fit changes nothing: {flat[-1]!r} is flat but for a jump; {advice}", stacklevel=5)
        entry = {"epoch": number, "loss": total / run.execution.weight(self.data.rows), "lr": lr, "grad_norm": norm}
        entry |= run.interrupts.call(self.figures, number)
        run.history.epochs.append(entry | {"seconds": time.perf_counter() - start})
        run.measured = before or self.snapshot()
        run.execution.assign(run.values)
        try:
            for callback in run.callbacks:
                callback.epoch(run)
        finally:
            run.values = run.execution.values()

    def batches(self, chance: random.Random) -> Iterator[Any]:
        size, order = self.run.facts["batch_size"], list(range(len(self.data.rows)))
        if size == len(order):
            yield self.rows
            return
        if self.shuffle:
            chance.shuffle(order)
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            yield self.rows[chosen] if hasattr(self.rows, "shape") else [self.rows[i] for i in chosen]

    def step(self, batch: Any, place: str) -> tuple[float, float, float]:
        """One update from the mean over a batch: the loss before it, the norm of the gradient, the weight. All of it happens or nothing."""
        run, optimizer = self.run, self.run.optimizer
        before: Changes = [(optimizer, "steps", optimizer.steps), (optimizer, "state", dict(optimizer.state))]
        before += [(module, name, copy.deepcopy(getattr(module, name))) for _, module, name in self.buffers]  # running averages
        try:
            with run.execution.arithmetic():
                total, sums = run.interrupts.call(run.execution.sums, run.values, batch)
                size = float(run.execution.weight(batch))
                value, gradients = total / size, sums / size
                for callback in run.callbacks:
                    value, gradients = callback.loss(run, value, Floats.of(gradients))
                norm = Floats.norm(gradients)
                if not (math.isfinite(value) and (math.isfinite(norm) or Floats.finite(gradients))):
                    raise ArithmeticError(f"the loss is {value}, the norm of its gradient {norm}")
                for callback in run.callbacks:
                    gradients = callback.gradients(run, Floats.of(gradients))
                values = optimizer.update(run.values, gradients)
                averages = [x for _, module, name in self.buffers if isinstance(x := getattr(module, name), list)]
                if not all(map(Floats.finite, (values, *optimizer.state.values(), *averages))):
                    raise ArithmeticError("the step would make a parameter infinite or nan, or what the optimizer or a layer remembers")
        except BaseException as error:
            assign(before)
            if not isinstance(error, run.execution.FAILURES):
                raise
            where = run.interrupts.call(run.execution.place_of_failure, run.values, batch)
            kept = "The model keeps the parameters from before this step."
            raise TrainingError(f"training stopped {place}: {error}; {where}. {kept} {_remedy(run.model, run.execution.loss)}") from error
        run.values = values
        return value, norm, size

    def figures(self, number: int) -> dict[str, float]:
        """The metrics, and, for held-out samples, the loss, in evaluation mode."""
        found: dict[str, float] = {}
        for table, prefix in ((self.data, ""), (self.held_out, "val_")):
            if table is None or not (prefix or self.metrics):
                continue
            try:
                measured = figures(self.run.execution, self.run.values, table, self.metrics)
            except self.run.execution.FAILURES as error:
                raise TrainingError(f"training stopped after epoch {number}, while it was evaluated: {error}") from error
            found |= {f"{prefix}{name}": value for name, value in measured.items() if prefix or name != "loss"}
        return found

    def snapshot(self) -> Callable[[], dict[str, Any]]:
        """The state of the model, whose parameters have the values of the run, as a function: most are never asked for."""
        values = self.run.values
        buffers = {name: copy.deepcopy(getattr(module, attribute)) for name, module, attribute in self.buffers}
        return lambda: dict(zip((name for name, _ in self.run.model.named_parameters()), map(float, values))) | buffers
