"""Neurons, layers and networks built out of autograd_core Values: models, losses, optimizers, training.

Data sets are in ``nn.data``, checks of a model in ``nn.diagnosis``, pictures (matplotlib) in ``nn.plots``. ``nn.Classifier`` and
``nn.Regressor`` need scikit-learn. What single lectures need stands beside the notebooks, in ``notebooks/lectures``.

Adding to it: any function of a Value is an activation (``MLP(2, [8, 1], activation=f)``). An optimizer is a class in ``optim.py`` with its
``rule``, and an entry of ``OPTIMIZERS``, its name in ``fit``; ``tests/fixtures/make_torch_fixtures.py`` records PyTorch's numbers for
it. A layer is a ``Module`` with ``forward(x)``, whose attributes hold its parameters; its ``in_torch()`` says what it is in PyTorch, and
without one its export is an error, never a loss. As ``nn.Name``, either stands in the imports and the ``__all__`` below.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from autograd_core import closest

from . import data, studies
from .activations import ACTIVATIONS
from .data import Dataset
from .export import export_program, from_torch, to_torch, torch_code
from .layers import MLP, BatchNorm, Conv1d, Dropout, Layer, Neuron
from .losses import LOSSES, binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy, hinge_loss, l1_loss
from .losses import l1_penalty, l2_penalty, logistic_loss, mse_loss, squared_error
from .module import Module, Sequential
from .optim import OPTIMIZERS, SGD, Adam, AdamW, Optimizer, RMSprop
from .perceptron import Convergence, Perceptron, PerceptronLayer, gate
from .studies import diagnosis
from .training.callbacks import L1, L2, Callback, ClipNorm, ClipValue, EarlyStopping, Progress, clip_grad_norm, clip_grad_value
from .training.execution import NotOneGraph
from .training.history import History
from .training.loop import TrainingError, fit
from .training.model import Input, Parameter
from .training.prediction import METRICS, accuracy, predicted_classes
from .training.saving import Checkpoint
from .training.schedules import CosineAnnealingLR, ExponentialLR, LinearWarmup, ReduceLROnPlateau, Schedule, StepLR

if TYPE_CHECKING or "pdoc" in sys.modules:  # a reference shows also what is loaded late
    from . import plots
    from .estimators import Classifier, Regressor

__all__ = [
    "ACTIVATIONS", "L1", "L2", "LOSSES", "METRICS", "MLP", "OPTIMIZERS", "SGD", "Adam", "AdamW", "BatchNorm", "Callback", "Checkpoint",
    "Classifier", "ClipNorm", "ClipValue", "Conv1d", "Convergence", "CosineAnnealingLR", "Dataset", "Dropout", "EarlyStopping",
    "ExponentialLR", "History", "Input", "Layer", "LinearWarmup", "Module", "Neuron", "NotOneGraph", "Optimizer", "Parameter",
    "Perceptron", "PerceptronLayer", "Progress", "RMSprop", "ReduceLROnPlateau", "Regressor", "Schedule", "Sequential", "StepLR",
    "TrainingError", "accuracy", "binary_cross_entropy", "binary_cross_entropy_with_logits", "clip_grad_norm", "clip_grad_value",
    "cross_entropy", "data", "diagnosis", "export_program", "fit", "from_torch", "gate", "hinge_loss", "l1_loss", "l1_penalty",
    "l2_penalty", "logistic_loss", "mse_loss", "plots", "predicted_classes", "squared_error", "studies", "to_torch", "torch_code",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """What needs matplotlib or scikit-learn is loaded when it is first used; a word of PyTorch or Keras is answered with ours."""
    if name in ("plots", "Classifier", "Regressor"):
        home = import_module(".plots" if name == "plots" else ".estimators", __name__)
        return home if name == "plots" else getattr(home, name)
    said = {word.replace("_", ""): f"write Layer(nin, nout, {word!r})" for word in (*ACTIVATIONS, "softmax", "log_softmax")}
    said |= {w.replace("_", ""): f"write {f.__name__}(predictions, targets)" for w, f in LOSSES.items()} | {"dense": said["relu"]}
    said |= {"no_grad": "write model.predict(X), or read .data", "save": "write model.save(path)", "load": "write model.load(path)"}
    hint = said.get(name.lower().removesuffix("loss").strip("_")) or (f"did you mean {near!r}?" if (near := closest(name, __all__)) else "")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{'; ' if hint else ''}{hint}")


def __dir__() -> list[str]:
    return __all__
