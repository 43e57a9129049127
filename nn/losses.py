"""Losses, and penalties on parameters: plain functions of Values or floats, made of few nodes, stable where they start from logits.

Predictions are a number, a list of numbers (one for each sample), or a list of lists (several outputs a sample), and targets have the
same nesting; a list that holds one number stands for that number. ``reduction`` is ``"mean"`` over all numbers (for
:func:`cross_entropy` over the rows), ``"sum"``, or ``"none"``, which returns the losses in the nesting of the predictions, as in
PyTorch. Unequal lengths, no predictions at all and labels out of range are a ``ValueError``. Targets may be Values too, so that a loss
can be compiled with them as inputs: no loss looks at the number in a Value, and only labels that are plain numbers are checked.
"""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import autograd_core as ac
from autograd_core import Dual, Value, as_lists, dot

from .arguments import listed, number


class Kind(NamedTuple):
    """The targets that a loss takes, and what a single output means behind it: a convention of :func:`nn.predicted_classes`."""

    takes: Callable[[float], bool]
    words: str
    convention: str

    def check(self, target: Any, where: str = "the target ") -> None:
        """``ValueError`` for a plain number that is no such target."""
        if not isinstance(target, _RECORDED) and not self.takes(target):
            raise ValueError(f"{where}{target!r} is out of range: this loss takes {self.words}")


_RECORDED = (Value, Dual)
NUMBERS = Kind(lambda t: True, "numbers", "")
SIGNS = Kind(lambda t: t in (-1.0, 1.0), "the labels -1 and 1 (labels of 0 and 1: 2 * t - 1)", "sign")
LOGITS = Kind(lambda t: 0.0 <= t <= 1.0, "labels from 0 to 1 (labels of -1 and +1: (t + 1) / 2)", "logit")
PROBABILITIES = LOGITS._replace(convention="probability")
TINY = 3.720075976020836e-44
"""exp(-100): added to a probability, it bounds its logarithm by -100, where PyTorch's loss stops, and changes none above 1e-27."""


def squared_error(y: Any, t: Any, half: bool = False) -> Any:
    """``(y - t) ** 2`` of two numbers; with ``half``, ``0.5 * (y - t) ** 2``, whose derivative is ``y - t``.

    >>> squared_error(5.0, 3.0), squared_error(5.0, 3.0, half=True)
    (4.0, 2.0)
    """
    if not (hasattr(y, "__rsub__") and hasattr(t, "__rsub__")):
        raise TypeError(f"squared_error takes two numbers, not {type(y).__name__} and {type(t).__name__}: lists are for mse_loss(ys, ts)")
    square = ac.pow(y - t, 2)
    return 0.5 * square if half else square


def mse_loss(predictions: Any, targets: Any, reduction: str = "mean") -> Any:
    """Mean squared error: the mean of ``(y - t) ** 2``.

    >>> mse_loss([3.0, 1.0], [1.0, 1.0])
    2.0
    """
    if reduction == "none":
        return _each(squared_error, predictions, targets, reduction)
    return _each(operator.sub, predictions, targets, reduction, total=lambda d: dot(d, d) if len(d) > 1 else ac.pow(_sum(d), 2))


def l1_loss(predictions: Any, targets: Any, reduction: str = "mean") -> Any:
    """Mean absolute error: the mean of ``|y - t|``; the derivative where they are equal is 0.

    >>> l1_loss([3.0, 1.0], [1.0, 1.0])
    1.0
    """
    return _each(lambda y, t: abs(y - t), predictions, targets, reduction)


def binary_cross_entropy(probabilities: Any, targets: Any, reduction: str = "mean") -> Any:
    """The mean of ``-(t * log(p) + (1 - t) * log(1 - p))`` for probabilities ``p`` of class 1 and targets ``t`` in [0, 1].

    The loss of one number is at most 100, as in PyTorch. A ``p`` outside [0, 1] is a domain error of log. Where ``p`` is a sigmoid,
    :func:`binary_cross_entropy_with_logits` keeps its gradient where the sigmoid rounds to 0 or 1.

    >>> ac.grad(lambda p: binary_cross_entropy(p, 0))(0.75)
    4.0
    """
    return _each(lambda p, t: -_expected(t, ac.log(p + TINY), ac.log(1.0 - p + TINY)), probabilities, targets, reduction, PROBABILITIES)


def binary_cross_entropy_with_logits(logits: Any, targets: Any, reduction: str = "mean") -> Any:
    """:func:`binary_cross_entropy` of ``sigmoid(z)`` from the logits ``z``, stable for every float: the mean of
    ``t * softplus(-z) + (1 - t) * softplus(z)``, whose terms are both positive, so that nothing cancels.

    >>> binary_cross_entropy_with_logits([-1e300, 0.0], [1, 1], reduction="none")
    [1e+300, 0.6931471805599453]
    """
    return _each(lambda z, t: _expected(t, ac.softplus(-z), ac.softplus(z)), logits, targets, reduction, LOGITS)


def cross_entropy(logits: Any, targets: Any, reduction: str = "mean") -> Any:
    """The mean over rows of ``-log(softmax(row)[k])``, where ``k`` is the row's class; stable for every float.

    ``logits`` is a list of rows of at least two logits, one for each class, or one such row. ``targets`` are class indices (ints from 0),
    or a row of class probabilities for each row of logits, such as one-hot rows: these may hold Values. Both give the same numbers.

    >>> cross_entropy([[0.0, 0.0], [0.0, 2000.0]], [1, 0], reduction="none")
    [0.6931471805599453, 2000.0]
    >>> cross_entropy([0.0, 0.0], 1) == cross_entropy([0.0, 0.0], [0.0, 1.0])
    True
    """
    rows = _nested(logits)
    single = rows != [] and not (isinstance(rows, list) and isinstance(rows[0], list))
    rows, targets = ([rows], [targets]) if single else (rows, as_lists(targets))
    if not isinstance(targets, list | tuple) or len(targets) != len(rows):
        raise ValueError(f"{len(rows)} rows of logits need as many targets, not {_described(targets)}")
    losses = [_cross_entropy_of(row, target, f"row {i}") for i, (row, target) in enumerate(zip(rows, targets))]
    return _reduced(losses, reduction, losses[0] if single else losses, _sum)


def hinge_loss(scores: Any, labels: Any, reduction: str = "mean") -> Any:
    """The mean of ``relu(1 - t * y)`` for scores ``y`` and labels ``t`` of -1 or +1: the loss of a linear SVM (Cortes and Vapnik,
    Support-Vector Networks, 1995). At the kink ``t * y = 1`` the derivative is 0.

    >>> hinge_loss([0.5, 3.0], [-1, 1], reduction="none")
    [1.5, 0.0]
    """
    return _each(lambda y, t: ac.relu(1.0 - t * y), scores, labels, reduction, SIGNS)


def logistic_loss(scores: Any, labels: Any, reduction: str = "mean") -> Any:
    """The mean of ``softplus(-t * y)``, which is ``-log(sigmoid(t * y))``, for labels ``t`` of -1 or +1: logistic regression, as
    :func:`binary_cross_entropy_with_logits` with the labels 0 and 1.

    >>> logistic_loss(0.0, -1)
    0.6931471805599453
    """
    return _each(lambda y, t: ac.softplus(-t * y), scores, labels, reduction, SIGNS)


def l2_penalty(parameters: Iterable[Any], strength: float) -> Any:
    """``strength * sum of w ** 2``, to be added to a loss; its gradient is ``2 * strength * w``, and with SGD that of a
    ``weight_decay`` of twice the strength. A ``ValueError`` for no parameters and for a strength below 0.

    >>> l2_penalty([Value(3.0), Value(-4.0)], 0.01).data
    0.25
    """
    return _penalty(parameters, strength, lambda weights: strength * dot(weights, weights))


def l1_penalty(parameters: Iterable[Any], strength: float) -> Any:
    """``strength * sum of |w|``, to be added to a loss; it drives weights to 0. Errors as in :func:`l2_penalty`.

    >>> l1_penalty([Value(3.0), Value(-4.0)], 0.5).data
    3.5
    """
    return _penalty(parameters, strength, lambda weights: dot([strength] * len(weights), [abs(w) for w in weights]))


def _penalty(parameters: Iterable[Any], strength: float, total: Callable[[list[Any]], Any]) -> Any:
    weights = listed("parameters is", parameters, "l2_penalty(model.parameters(), 0.01)")
    if not weights:
        raise ValueError("a penalty needs at least one parameter, and was given none (a generator that was used up?)")
    number("the strength of a penalty", strength)
    return total(weights)


LOSSES: dict[str, Callable[..., Any]] = {
    "mse": mse_loss, "l1": l1_loss, "mae": l1_loss,
    "binary_cross_entropy": binary_cross_entropy, "bce": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits, "bce_with_logits": binary_cross_entropy_with_logits,
    "cross_entropy": cross_entropy, "hinge": hinge_loss, "logistic": logistic_loss,
}  # fmt: skip
"""Losses by name, as ``fit(loss="mse")`` takes them."""
KINDS: dict[Callable[..., Any], Kind] = {
    binary_cross_entropy: PROBABILITIES, binary_cross_entropy_with_logits: LOGITS, cross_entropy: PROBABILITIES,
    hinge_loss: SIGNS, logistic_loss: SIGNS,
}  # fmt: skip
"""The losses of classifiers."""


# -- sums ----------------------------------------------------------------------------------------------------------------
def _each(loss: Callable[[Any, Any], Any], predictions: Any, targets: Any, reduction: str, kind: Kind = NUMBERS, total: Any = None) -> Any:
    """The losses of all pairs of a prediction and a target, in the nesting of the predictions or reduced."""
    found: list[Any] = []

    def mapped(y: Any, t: Any, where: str = "") -> Any:
        """The losses in the nesting of ``y``; a list of one number beside a number stands for it."""
        if isinstance(y, list) and isinstance(t, list) and len(y) == len(t):
            return [mapped(part, target, f" of sample {i}") for i, (part, target) in enumerate(zip(y, t))]
        if isinstance(y, list) and len(y) == 1 and not isinstance(t, list):
            return [mapped(part, t, where) for part in y]
        if isinstance(t, list) and len(t) == 1 and not isinstance(y, list):
            return mapped(y, t[0], where)
        if isinstance(y, list) or isinstance(t, list):
            raise ValueError(f"predictions and targets{where} do not match: {_described(y)} and {_described(t)}")
        kind.check(t)
        found.append(loss(y, t))
        return found[-1]

    return _reduced(found, reduction, mapped(_nested(predictions), _nested(targets)), total or _sum)


def _reduced(losses: list[Any], reduction: str, nested: Any, total: Callable[[list[Any]], Any]) -> Any:
    if not losses:
        raise ValueError("there are no predictions to compute a loss of: the list is empty")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction is 'mean', 'sum' or 'none', not {reduction!r}")
    if reduction == "none":
        return nested
    return total(losses) / len(losses) if reduction == "mean" and len(losses) > 1 else total(losses)


def _sum(terms: list[Any]) -> Any:
    """The terms added from left to right, in one node."""
    if len(terms) == 1:
        return terms[0]
    recorded = all(isinstance(term, Value) for term in terms)
    factor = ac.Constant(1.0) if recorded else 1.0  # one leaf for all of them
    return dot([factor] * len(terms), terms, ac.Constant(0.0) if recorded else 0.0)


def _expected(t: Any, if_one: Any, if_zero: Any) -> Any:
    """``t * if_one + (1 - t) * if_zero``; without the term that a plain 0 or 1 takes away, which keeps graphs small."""
    if not isinstance(t, _RECORDED) and t in (0.0, 1.0):
        return if_one if t else if_zero
    return dot([t, 1.0 - t], [if_one, if_zero])


def _cross_entropy_of(row: Any, target: Any, where: str) -> Any:
    if not isinstance(row, list) or len(row) < 2 or any(isinstance(z, list) for z in row):
        raise ValueError(f"{where} is no row of at least two logits; for one logit a sample take binary_cross_entropy_with_logits")
    target = as_lists(target)
    if isinstance(target, list | tuple) and len(target) > 1:
        if len(target) != len(row):
            raise ValueError(f"{where} has {len(row)} logits, but {len(target)} class probabilities as its target")
        probabilities = _nested(target)
        for probability in probabilities:
            PROBABILITIES.check(probability)
        return -dot(probabilities, ac.log_softmax(row))
    try:
        index = operator.index(*(target if isinstance(target, list | tuple) else [target]))
    except TypeError:
        raise TypeError(f"a class index is an int, not {target!r}: convert it with int(...); only one-hot rows may hold Values") from None
    if not 0 <= index < len(row):
        raise ValueError(f"class {index} of {where} is out of range: {len(row)} logits have the classes 0 to {len(row) - 1}")
    return -ac.log_softmax(row)[index]


def _nested(x: Any) -> Any:
    """Numbers in nested lists, plain ones as floats."""
    if isinstance(x, _RECORDED):
        return x
    x = as_lists(x)
    if isinstance(x, list | tuple):
        return [_nested(part) for part in x]
    if isinstance(x, numbers.Real):
        return float(x)
    raise TypeError(f"predictions and targets are numbers, Values, or lists of them, not {type(x).__name__} {x!r}")


def _described(x: Any) -> str:
    return f"a list of {len(x)}" if isinstance(x, list | tuple) else "one number"
