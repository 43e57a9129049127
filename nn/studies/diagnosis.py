"""What is wrong with a network that does not learn: checks of gradients, units and activations, each one call.

Every check leaves the model as it was and returns a :class:`Diagnosis`: numbers, a table, and in words what was found and what
to do. Checks of gradients see the model as training does, with dropout from a fixed seed; checks of outputs in evaluation mode.
"""

from __future__ import annotations

import math
import random
import statistics
import textwrap
from dataclasses import dataclass
from functools import partial
from typing import Any

from autograd_core import TABLE, Table, check_leaves, find_nonfinite, find_wrong_derivative

from ..arguments import count
from ..layers import Conv1d, Dropout
from ..module import Module
from ..optim import Adam
from ..training.callbacks import Progress
from ..training.history import History
from ..training.loop import TrainingError, fit
from .probing import Trial, outputs_of_layers, parameters_of_layers

VANISHING = 1e-3  # first layer by last layer: below, the first one learns a thousand times more slowly, that is, hardly
EXPLODING = 1e3  # the inverse; and the norm at which one usual step (0.01) moves weights of size 1 by ten times their size
DEAD_SHARE = 0.5  # some idle units are normal in narrow relu layers, a quarter now and then; with half, too little of the layer is left
FLAT = 0.05  # saturated: where the slope is below a twentieth of the steepest, |tanh| > 0.975 or a sigmoid beyond 0.987
SATURATED_SHARE = 0.5  # with half of a hidden layer saturated, most of the gradient is lost in it (Glorot and Bengio, 2010)
NEAR_ZERO = 0.01  # of the loss of giving every sample the same output
WIDTH = 110  # characters in a line of a finding, as a notebook shows them
SLOPES = {name: partial(lambda f, y: f.derivatives(y, 0.0) / f.derivatives(f(0.0), 0.0), TABLE[name]) for name in ("sigmoid", "tanh")}


@dataclass(repr=False)
class Diagnosis:
    """What a check found, in words; whether that is fine; the table to print; and the numbers, as in ``diagnosis["ratio"]``.

    >>> Diagnosis("All is well.", True, Table(["layer", "norm"], [("Layer(2, 1, linear)", 0.5)]), {"norm": 0.5}, ("", 0, {}))
    layer                norm
    Layer(2, 1, linear)   0.5
    All is well.
    """

    finding: str
    fine: bool
    table: Table | str
    numbers: dict[str, Any]
    picture: tuple[str, Any, dict[str, str]]
    """The function of ``nn.plots`` that draws it, what it draws, and labels other than its own."""

    def __getitem__(self, name: str) -> Any:
        if name not in self.numbers:
            raise KeyError(f"there is no {name!r} here: there are {', '.join(self.numbers)}")
        return self.numbers[name]

    def plot(self, ax: Any = None) -> Any:
        """Draw it on ``ax`` or new axes, by a function of ``nn.plots``; a report draws each of its diagnoses in a figure of its own."""
        from .. import plots

        function, content, labels = self.picture
        if not function:
            return plots.axes.Panels(found.plot() for found in content if found.picture[1])
        drawn = getattr(plots, function)(content, ax=ax)
        for panel in drawn if isinstance(drawn, list) else [drawn]:
            panel.set(**labels)
        return drawn

    def __str__(self) -> str:
        return f"{self.table}\n{textwrap.fill(self.finding, WIDTH)}"

    __repr__ = __str__


def check_gradients(model: Module, X: Any, y: Any, loss: Any = "mse", per_layer: int = 10, samples: int = 4, seed: int = 0) -> Diagnosis:
    """Compare the gradient of the loss with finite differences, in at most ``per_layer`` random parameters of each layer.

    The loss is that of ``samples`` rows drawn at random. A parameter is left out where the loss has a kink (a relu exactly at 0)
    and backpropagation took a slope of one side. Numbers: ``max_error`` (relative), the parameter ``worst`` that has it,
    ``errors`` by layer, ``checked`` and ``left_out``. A ``ValueError`` if the loss differs from call to call.

    >>> from nn import MLP
    >>> print(check_gradients(MLP(1, [1], init="zeros"), [[2.0]], [1.0]).finding)
    The gradient is right: in all 2 parameters compared it agrees with finite differences.
    """
    trial, chance = Trial(model, X, y, loss, samples, seed), random.Random(seed)
    output, checks, per_layer = trial.graph(), dict[tuple[str, str], Any](), count("per_layer", per_layer)
    if math.isfinite(output.data) and trial.graph().data != output.data:
        raise ValueError("the loss differs from call to call: keep the random generator of a module in its attribute generator")
    for layer, parameters in parameters_of_layers(trial.model).items() if math.isfinite(output.data) else ():
        chosen = chance.sample(parameters, min(per_layer, len(parameters)))
        compared = check_leaves(trial.graph, [parameter for _, parameter in chosen])
        checks |= {(layer, name): check for (name, _), check in zip(chosen, compared)}
    kept = {place: check for place, check in checks.items() if not check.at_kink}
    errors = {layer: max(kept[place].error for place in kept if place[0] == layer) for layer, _ in kept}
    (_, name), worst = max(kept.items(), key=lambda item: item[1].error, default=(("", ""), None))
    left_out = len(checks) - len(kept)
    finding = f"The gradient is right: in all {len(kept)} parameters compared it agrees with finite differences."
    if not math.isfinite(output.data):
        finding = f"Nothing could be compared: the loss is {output.data}, and {find_nonfinite(output)}."
    elif worst is None:
        finding = f"Nothing could be compared: all {left_out} parameters tried stand on a kink. Take other samples or another seed."
    elif worst.wrong:
        cause = "Perhaps the model or the loss reads .data or calls the functions of math, which cuts the graph."
        if blamed := find_wrong_derivative(output):
            cause = f"To blame is {blamed}."
        finding = f"The gradient is wrong: in {name} it is {worst.exact:.6g}, and finite differences give {worst.numeric:.6g}. {cause}"
    if left_out and worst:
        finding += f" ({left_out} left out: the loss has a kink there.)"
    table = Table(["layer", "relative error"], [(layer, f"{error:.1e}") for layer, error in errors.items()], "<>")
    numbers = {"max_error": worst.error if worst else 0.0, "worst": name, "errors": errors, "checked": len(kept), "left_out": left_out}
    picture = ("gradient_flow", errors, {"title": "Gradient check", "xlabel": "largest relative error"})
    return Diagnosis(finding, worst is not None and not worst.wrong, table, numbers, picture)


def gradient_flow(model: Module, X: Any, y: Any, loss: Any = "mse", samples: int = 64, seed: int = 0) -> Diagnosis:
    """The size of the gradient in each layer: whether it vanishes or explodes on its way from the last layer to the first.

    Numbers: ``means`` (of the absolute gradient) and ``norms`` by layer, ``norm`` of all, and the ``ratio`` of first mean to last.

    >>> from nn import MLP
    >>> print(gradient_flow(MLP(2, [8] * 10 + [1], "sigmoid", seed=0), [[0.0, 1.0], [1.0, 0.0]], [0.0, 1.0]).finding)
    The gradient is vanishing: ...
    """
    trial = Trial(model, X, y, loss, samples, seed)
    trial.model.zero_grad()
    trial.graph().backward()
    layers = {layer: [abs(p.grad) for _, p in parameters] for layer, parameters in parameters_of_layers(trial.model).items()}
    means = {layer: sum(sizes) / len(sizes) for layer, sizes in layers.items()}
    norms = {layer: math.hypot(*sizes) for layer, sizes in layers.items()}
    (first, *_), (*_, last), norm = means.values(), means.values(), math.hypot(*norms.values())
    ratio = first / last if last else math.inf if first else 1.0
    seen = f"the first layer's is {ratio:.2g} times the last one's, and the norm of all is {norm:.2g}"
    finding = f"The gradient is fine: {seen}."
    if not math.isfinite(norm) or norm > EXPLODING or ratio > EXPLODING:
        finding = f"The gradient is exploding: {seen}. Take smaller initial weights, standardise the data, or clip it (nn.ClipNorm(5))."
    elif norm == 0.0:
        finding = "No gradient reaches any layer: the loss is at a minimum, or no output depends on the parameters (see dead_units)."
    elif first == 0.0:
        finding = "The gradient is vanishing: none reaches the first layer. Dead units (see dead_units) or zero weights stop it."
    elif ratio < VANISHING:
        finding = f"The gradient is vanishing: {seen}. Take relu or tanh instead of sigmoid, init='auto', fewer layers or BatchNorm."
    rows = [(layer, len(sizes), f"{means[layer]:.3g}", f"{norms[layer]:.3g}") for layer, sizes in layers.items()]
    table = Table(["layer", "parameters", "mean |gradient|", "norm"], rows, "<>>>")
    numbers = {"means": means, "norms": norms, "norm": norm, "ratio": ratio}
    return Diagnosis(finding, "is fine" in finding, table, numbers, ("gradient_flow", norms, {}))


def dead_units(model: Module, X: Any) -> Diagnosis:
    """The relu units that are 0 for every row of ``X``: no gradient reaches them, so they learn nothing any more.

    A filter of a ``Conv1d`` is one unit, dead if it is 0 everywhere. Numbers: ``activity`` (by layer, for each unit the share of the
    samples that it is on for), ``dead`` (the numbers, from 1, of the dead units by layer) and ``share``.

    >>> from nn import MLP
    >>> dead_units(MLP(1, [2, 1], init="zeros"), [[1.0], [2.0]])["dead"]
    {'layers.0 Layer(1, 2, relu)': [1, 2]}
    """
    activity: dict[str, list[float]] = {}
    for layer, seen in outputs_of_layers(model, X).items():
        if seen.activation.startswith("relu"):  # also with the other convention at 0
            units = [[max(row)] for row in seen.rows] if isinstance(seen.layer, Conv1d) else seen.rows
            activity[layer] = [sum(y != 0.0 for y in unit) / len(unit) for unit in zip(*units)]
    dead = {layer: [i for i, share in enumerate(shares, start=1) if share == 0.0] for layer, shares in activity.items()}
    off, total = sum(map(len, dead.values())), sum(map(len, activity.values()))
    bad = [layer for layer in activity if len(dead[layer]) > DEAD_SHARE * len(activity[layer])]
    finding = f"{off} of {total} relu units are dead, which is fine." if total else "No layer has relu units, so none is dead: fine."
    if bad:
        revive = "take a smaller learning rate, init='auto', biases of 0, standardised inputs, or leaky_relu"
        finding = f"{off} of {total} relu units are dead, too many in {', '.join(bad)}: {revive}."
    rows = [(layer, len(x), len(dead[layer]), f"{len(dead[layer]) / len(x):.0%}") for layer, x in activity.items()]
    numbers = {"activity": activity, "dead": dead, "share": off / total if total else 0.0}
    picture = ("activation_histograms", activity, {"xlabel": "share of the samples that a unit is on for", "ylabel": "units"})
    return Diagnosis(finding, not bad, Table(["layer", "relu units", "dead", "share"], rows, "<>>>"), numbers, picture)


def activation_histograms(model: Module, X: Any) -> Diagnosis:
    """The outputs of each layer, and how many of the sigmoid and tanh layers' are saturated, where hardly any gradient passes.

    Numbers: ``outputs`` and ``saturated`` (a share) by layer. In the last layer saturation is no fault: it is a sure answer.

    >>> from nn import MLP
    >>> activation_histograms(MLP(1, [2, 1], "tanh", init="zeros"), [[1.0], [2.0]])["saturated"]
    {'layers.0 Layer(1, 2, tanh)': 0.0}
    """
    layers = {layer: seen for layer, seen in outputs_of_layers(model, X).items() if not isinstance(seen.layer, Dropout)}
    outputs = {layer: [y for row in seen.rows for y in row] for layer, seen in layers.items()}
    slopes = {layer: [SLOPES[seen.activation](y) for y in outputs[layer]] for layer, seen in layers.items() if seen.activation in SLOPES}
    saturated = {layer: sum(slope < FLAT for slope in found) / len(found) for layer, found in slopes.items()}
    bad = [layer for layer in list(outputs)[:-1] if saturated.get(layer, 0.0) > SATURATED_SHARE]
    many = f"More than half of the outputs are saturated in {', '.join(bad)}: take smaller initial weights or standardised inputs."
    finding = many if bad else "No hidden layer is saturated: fine."
    rows = []
    for layer, ys in outputs.items():
        flat, mean = f"{saturated[layer]:.0%}" if layer in saturated else "", statistics.fmean(ys)
        rows.append((layer, f"{mean:.3g}", f"{math.dist(ys, [mean] * len(ys)) / len(ys)**0.5:.3g}", f"{ys.count(0.0) / len(ys):.0%}", flat))
    table = Table(["layer", "mean", "deviation", "zero", "saturated"], rows, "<>>>>")
    return Diagnosis(finding, not bad, table, {"outputs": outputs, "saturated": saturated}, ("activation_histograms", outputs, {}))


def overfit_one_batch(
    model: Module, X: Any, y: Any, loss: Any = "mse", steps: int = 200, samples: int = 8, lr: float = 0.03, seed: int = 0
) -> Diagnosis:  # fmt: skip
    """Whether a copy of the model, trained with Adam on ``samples`` rows drawn at random, gets its loss near 0.

    A network that cannot learn a few samples by heart will learn nothing else. Near 0 is a hundredth of the loss of giving
    every sample the same output, or, if all targets are equal, of the loss before. Dropout is off. Numbers: the losses ``before``,
    ``after`` and ``same_output``, and the :class:`nn.History` ``history``.

    >>> from nn import MLP
    >>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0]
    >>> overfit_one_batch(MLP(2, [8, 1], "tanh", seed=0), X, y, steps=400).fine
    True
    """
    count("steps, how often the copy is updated,", steps)
    trial = Trial(model, X, y, loss, samples, seed)
    for module in trial.model.modules():
        if isinstance(module, Dropout):
            module.p = 0.0
    history, problem = _trained(trial, steps, lr, seed)
    size, labels = len(trial.data.rows), trial.data.labels
    before, after, same, falling = math.nan, math.nan, math.nan, False
    if history.epochs:
        losses = history["loss"]
        before, after, falling = losses[0], losses[-1], losses[-1] < 0.9 * losses[3 * len(losses) // 4]
        same = trial.graph(of_mean=True).data
    fine = after <= NEAR_ZERO * (same if any(target != labels[0] for target in labels) else before)
    finding = f"After {steps} steps on {size} samples the loss is {after:.2g}, from {before:.2g}: "
    if fine:
        finding += "the network can learn them by heart, as it should."
    elif problem:
        finding = f"It cannot be trained on {size} samples: {problem}."
    elif after > 0.9 * same:
        finding += "it does not tell the samples apart. Equal weights at the start, dead units or no gradient do that: see dead_units."
    elif falling:
        finding += "not near 0, but still falling. Try more steps or another lr first."
    else:
        finding += "it is stuck away from 0. Check the gradient, the targets and the loss, or take more units or another lr."
    found = {"before": before, "after": after, "same_output": same}
    table = Table(["loss", "value"], [(name.replace("_", " "), f"{value:.4g}") for name, value in found.items()], "<>")
    picture = ("loss_curves", history, {"title": "Training on a few samples"})
    return Diagnosis(finding, fine, table, found | {"history": history}, picture)


def _trained(trial: Trial, steps: int, lr: float, seed: int) -> tuple[History, str]:
    """The history of a training on all samples together, and what ended it early, if anything did."""
    rows, adam = [row[: trial.data.columns] for row in trial.data.rows], partial(Adam, lr=lr)
    try:
        options: Any = {"loss": trial.loss, "optimizer": adam, "epochs": steps, "seed": seed, "callbacks": [Progress(False)]}
        history = fit(trial.model, rows, trial.data.labels, **options)
    except TrainingError as error:
        return History(), str(error)
    if history.stopped == "interrupted":
        raise KeyboardInterrupt
    trial.model.train()
    return history, ""


def report(model: Module, X: Any, y: Any, loss: Any = "mse", steps: int = 200, seed: int = 0) -> Diagnosis:
    """Run every check of this file, print the checklist, and return it; its numbers are the diagnoses by their names.

    >>> from nn import MLP
    >>> found = report(MLP(1, [4, 1], "tanh", seed=0), [[-1.0], [0.0], [1.0]], [1.0, 0.0, -1.0])
    [x] overfits a few samples: ...
    """
    found = {
        "overfits a few samples": overfit_one_batch(model, X, y, loss, steps, seed=seed),
        "gradient check": check_gradients(model, X, y, loss, seed=seed),
        "gradient flow": gradient_flow(model, X, y, loss, seed=seed),
        "dead relus": dead_units(model, X),
        "activations": activation_histograms(model, X),
    }
    fine = sum(diagnosis.fine for diagnosis in found.values())
    lines = [f"[{'x' if part.fine else ' '}] {name}: {part.finding}" for name, part in found.items()]
    checks = "\n".join(textwrap.fill(line, WIDTH, subsequent_indent="    ") for line in lines)
    checklist = Diagnosis(f"{fine} of {len(found)} checks are fine.", fine == len(found), checks, found, ("", [*found.values()], {}))
    print(checklist)
    return checklist
