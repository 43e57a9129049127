"""Neurons, layers and networks built out of autograd_core Values: models, losses, optimisers, training, diagnosis, pictures.

Plots (matplotlib) are in ``nn.plots``, data sets in ``nn.data``, networks built by hand in ``nn.gates``, checks of a model
in ``nn.diagnosis``, what a network can represent in ``nn.capacity``.
"""

from . import data
from .convolution import Conv1d
from .data import Dataset, jitter, shift_images
from .dropout import Dropout
from .execution import NotOneGraph
from .export import export_program, from_torch, to_torch, torch_code
from .history import History
from .layers import MLP, Layer, Neuron, Sequential
from .losses import (
    LOSSES,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    l1_loss,
    logistic_loss,
    mse_loss,
    squared_error,
)
from .metrics import METRICS, accuracy, predicted_class, predicted_classes
from .module import Input, Module, Parameter
from .normalization import BatchNorm
from .optim import SGD, Adam, AdamW, Optimizer, RMSprop
from .perceptron import Convergence, Perceptron, PerceptronLayer
from .regularization import clip_grad_norm, clip_grad_value, l1_penalty, l2_penalty
from .schedules import CosineAnnealingLR, ExponentialLR, LinearWarmup, ReduceLROnPlateau, Schedule, StepLR
from .studies import capacity, diagnosis, gates
from .training import EarlyStopping, TrainingError, fit

__all__ = [
    "LOSSES",
    "METRICS",
    "MLP",
    "SGD",
    "Adam",
    "AdamW",
    "BatchNorm",
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
    "RMSprop",
    "ReduceLROnPlateau",
    "Schedule",
    "Sequential",
    "StepLR",
    "TrainingError",
    "accuracy",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "capacity",
    "clip_grad_norm",
    "clip_grad_value",
    "cross_entropy",
    "data",
    "diagnosis",
    "export_program",
    "fit",
    "from_torch",
    "gates",
    "hinge_loss",
    "jitter",
    "l1_loss",
    "l1_penalty",
    "l2_penalty",
    "logistic_loss",
    "mse_loss",
    "predicted_class",
    "predicted_classes",
    "shift_images",
    "squared_error",
    "to_torch",
    "torch_code",
]
