"""Neurons, layers and networks built out of autograd_core Values: models, losses, optimizers, training.

Data sets are in ``nn.data``; plots (matplotlib) in ``nn.plots``.
"""

from . import data
from .activations import ACTIVATIONS
from .data import Dataset
from .layers import MLP, BatchNorm, Conv1d, Dropout, Layer, Neuron, Sequential
from .losses import (
    LOSSES,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    l1_loss,
    l1_penalty,
    l2_penalty,
    logistic_loss,
    mse_loss,
    squared_error,
)
from .module import Module
from .optim import (
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    CosineAnnealingLR,
    ExponentialLR,
    LinearWarmup,
    Optimizer,
    RMSprop,
    Schedule,
    StepLR,
    clip_grad_norm,
    clip_grad_value,
)
from .perceptron import Convergence, Perceptron, PerceptronLayer
from .training.callbacks import L1, L2, Callback, ClipNorm, ClipValue, EarlyStopping, Progress, ReduceLROnPlateau
from .training.checkpoint import Checkpoint
from .training.execution import NotOneGraph
from .training.history import History
from .training.loop import TrainingError, fit
from .training.model import Input, Parameter
from .training.prediction import METRICS, accuracy, predicted_classes

__all__ = [
    "ACTIVATIONS",
    "L1",
    "L2",
    "LOSSES",
    "METRICS",
    "MLP",
    "OPTIMIZERS",
    "SGD",
    "Adam",
    "AdamW",
    "BatchNorm",
    "Callback",
    "Checkpoint",
    "ClipNorm",
    "ClipValue",
    "Conv1d",
    "Convergence",
    "CosineAnnealingLR",
    "Dataset",
    "Dropout",
    "EarlyStopping",
    "ExponentialLR",
    "History",
    "Input",
    "Layer",
    "LinearWarmup",
    "Module",
    "Neuron",
    "NotOneGraph",
    "Optimizer",
    "Parameter",
    "Perceptron",
    "PerceptronLayer",
    "Progress",
    "RMSprop",
    "ReduceLROnPlateau",
    "Schedule",
    "Sequential",
    "StepLR",
    "TrainingError",
    "accuracy",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "clip_grad_norm",
    "clip_grad_value",
    "cross_entropy",
    "data",
    "fit",
    "hinge_loss",
    "l1_loss",
    "l1_penalty",
    "l2_penalty",
    "logistic_loss",
    "mse_loss",
    "predicted_classes",
    "squared_error",
]
