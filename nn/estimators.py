"""Networks as scikit-learn's estimators: for pipelines, grid searches and cross-validation, with pandas frames and labels of any kind.

This file alone needs scikit-learn; ``nn.Classifier`` and ``nn.Regressor`` load it when they are first used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any

try:
    import numpy as np
    from scipy.special import softmax
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.class_weight import compute_sample_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError:
    raise ImportError("nn.Classifier and nn.Regressor need scikit-learn 1.6 or later: python -m pip install -U scikit-learn") from None

from .arguments import count, kind, listed, named, number
from .layers import MLP
from .module import Module
from .optim import OPTIMIZERS
from .training.callbacks import callbacks_of
from .training.loop import fit
from .training.prediction import predicted_classes

Factory = Callable[[int, int], Module]


@dataclass(eq=False, repr=False)
class Estimator(BaseEstimator):  # type: ignore[misc]
    """What both estimators share: the options, and a network that is made for the data and trained on them."""

    hidden: Sequence[int] = (32,)
    activation: Any = "relu"
    _: KW_ONLY
    module: Factory | None = None
    optimizer: Any = "adam"
    lr: float | None = 0.01
    epochs: int = 100
    batch_size: int = 64
    validation: float | None = None
    callbacks: Sequence[Any] = ()
    dialect: str = "python"
    random_state: Any = None

    def _train(self, X: Any, targets: Any, outputs: int, loss: str, weights: Any) -> None:
        """Make a network for the data, and train it."""
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        hidden, size = listed("hidden is", self.hidden, "hidden=(32,)"), count("batch_size", self.batch_size)
        rows = len(X) if weights is None else int(np.count_nonzero(weights))
        rows -= round(rows * number("validation", self.validation or 0.0, "a number from 0 to 1"))
        make = self.module or (lambda inputs, outputs: MLP(inputs, [*hidden, outputs], activation=self.activation, seed=seed))
        if isinstance(make, Module):
            raise TypeError("module is a function that makes a new network for each fit: write module=lambda inputs, outputs: nn.MLP(...)")
        self.network_ = make(X.shape[1], outputs) if callable(make) else make
        kind("module is a function of the numbers of inputs and outputs that makes an nn.Module", self.network_, Module, "module=my_model")
        if (made := np.size(self.network_.predict(X[:1]))) != outputs:
            raise ValueError(f"module(inputs, outputs) made a network of {made} output(s), and these data need {outputs}")
        optimizer = partial(named(self.optimizer, OPTIMIZERS, "optimizer"), lr=self.lr) if self.lr is not None else self.optimizer
        self.history_ = fit(
            self.network_, X, targets, loss=loss, optimizer=optimizer, epochs=self.epochs, batch_size=max(1, min(size, rows)),
            validation=self.validation, sample_weight=weights, seed=seed, dialect=self.dialect,
            callbacks=callbacks_of(self.callbacks, wanted=False),  # a search would show many bars
        )  # fmt: skip

    def _outputs(self, X: Any) -> Any:
        """The network's outputs, a row for each sample."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return np.array(self.network_.predict(X)).reshape(len(X), -1)


@dataclass(eq=False, repr=False, kw_only=True)
class Classifier(ClassifierMixin, Estimator):  # type: ignore[misc]
    """A classifier: a network with one output a class, trained with the cross-entropy; labels may be numbers or words.

    The network is an :class:`nn.MLP` with layers of ``hidden`` units, or what ``module(inputs, outputs)`` makes. ``optimizer`` is a
    name, or a function such as ``nn.SGD``, and is given ``lr``, unless that is ``None``. ``validation`` is the fraction of the samples
    that is put aside, ``batch_size`` at most the number of samples; the other options are those of :func:`nn.fit`. ``class_weight``
    is ``"balanced"`` or a dictionary from labels to weights. After ``fit`` there are ``classes_``, ``network_`` and ``history_``.

    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> X, y = load_iris(return_X_y=True)
    >>> bool(cross_val_score(Classifier(random_state=0), X, y).mean() > 0.95)
    True
    """

    epochs: int = 50
    class_weight: Any = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Classifier:
        """Make a network and train it; ``ValueError`` for samples of a single class. Returns the classifier."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        weights = None
        if sample_weight is not None or self.class_weight is not None:
            weights = _check_sample_weight(sample_weight, X) * compute_sample_weight(self.class_weight, y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        present = np.unique(numbers if weights is None else numbers[weights != 0.0])
        if len(present) < 2:
            only = self.classes_[present].tolist()[0]
            raise ValueError(f"a classifier needs samples of two classes or more, and these are of 1 class, {only!r}")
        self._train(X, numbers, len(self.classes_), "cross_entropy", weights)
        return self

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class, in the order of ``classes_``."""
        return softmax(self._outputs(X), axis=1)

    def predict(self, X: Any) -> Any:
        """The most probable class of each sample."""
        classes = predicted_classes(self._outputs(X))  # which looks first whether it is fitted
        return self.classes_[classes]


class Regressor(RegressorMixin, Estimator):  # type: ignore[misc]
    """A regressor: a network with one output a target, trained with the mean squared error; options as of :class:`Classifier`.

    It learns targets of about the size 1 best: scikit-learn's ``TransformedTargetRegressor`` scales others.

    >>> X, y = [[x / 10] for x in range(-10, 11)], [(x / 10) ** 2 for x in range(-10, 11)]
    >>> Regressor(random_state=0).fit(X, y).score(X, y) > 0.9
    True
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Regressor:
        """Make a network and train it. Returns the regressor."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        self.target_shape_ = y.shape[1:]
        self._train(X, y, 1 if y.ndim == 1 else y.shape[1], "mse", weights)
        return self

    def predict(self, X: Any) -> Any:
        """The outputs for each sample, in the shape of the targets."""
        return self._outputs(X).reshape(-1, *self.target_shape_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
