"""Neurons, layers and networks built out of autograd_core Values: models, losses, optimizers, training.

Data sets are in ``nn.data``, networks built by hand in ``nn.gates``, what a network can represent in ``nn.capacity``, checks of a
model in ``nn.diagnosis``; pictures (matplotlib) in ``nn.plots``. ``nn.Classifier`` and ``nn.Regressor`` need scikit-learn.

Adding to it: any function of a Value is an activation (``MLP(2, [8, 1], activation=f)``). An optimizer is a class in ``optim.py`` with its
update of the values, and an entry of ``OPTIMIZERS``; ``tests/fixtures/make_torch_fixtures.py`` records PyTorch's numbers for it. A
layer is a ``Module`` with ``forward(x)``, whose attributes hold its parameters; what it is in PyTorch stands in ``_TORCH`` of
``export.py``, and no entry is an error, never a loss.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import data, studies
from .activations import ACTIVATIONS
from .data import Dataset, jitter, shift_images
from .export import export_program, from_torch, to_torch, torch_code
from .layers import MLP, BatchNorm, Conv1d, Dropout, Layer, Neuron, Sequential
from .losses import LOSSES, binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy, hinge_loss, l1_loss
from .losses import l1_penalty, l2_penalty, logistic_loss, mse_loss, squared_error
from .module import Module
from .optim import OPTIMIZERS, SGD, Adam, AdamW, Optimizer, RMSprop
from .perceptron import Convergence, Perceptron, PerceptronLayer
from .studies import capacity, diagnosis, gates
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
    "TrainingError", "accuracy", "binary_cross_entropy", "binary_cross_entropy_with_logits", "capacity", "clip_grad_norm",
    "clip_grad_value", "cross_entropy", "data", "diagnosis", "export_program", "fit", "from_torch", "gates", "hinge_loss", "jitter",
    "l1_loss", "l1_penalty", "l2_penalty", "logistic_loss", "mse_loss", "plots", "predicted_classes", "shift_images", "squared_error",
    "studies", "to_torch", "torch_code",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """What needs matplotlib or scikit-learn is loaded when it is first used."""
    if name == "plots":
        return import_module(".plots", __name__)
    if name in ("Classifier", "Regressor"):
        return getattr(import_module(".estimators", __name__), name)
    words = {word.replace("_", ""): word for word in ACTIVATIONS} | {"dense": "relu"}  # of PyTorch and Keras: Linear, ReLU, Dense
    hint = f"; write Layer(nin, nout, {words[name.lower()]!r})" if name.lower() in words else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")


def __dir__() -> list[str]:
    return __all__
