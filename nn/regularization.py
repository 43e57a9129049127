"""What keeps parameters and gradients small: penalties that are added to a loss, and clipping of gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from autograd_core import Value, dot


def l2_penalty(parameters: Iterable[Any], strength: float) -> Any:
    """``strength * sum of w ** 2``, to be added to a loss; its gradient is ``2 * strength * w``.

    An optimiser's ``weight_decay`` adds ``weight_decay * w`` to the gradient: a strength of half of it does the same here,
    with SGD. A ``ValueError`` for no parameters and for a strength below 0.

    >>> l2_penalty([Value(3.0), Value(-4.0)], 0.01).data
    0.25
    """
    weights = _weights(parameters, strength)
    return strength * dot(weights, weights)


def l1_penalty(parameters: Iterable[Any], strength: float) -> Any:
    """``strength * sum of |w|``, to be added to a loss; it drives weights to 0. Errors as in :func:`l2_penalty`.

    >>> l1_penalty([Value(3.0), Value(-4.0)], 0.5).data
    3.5
    """
    weights = _weights(parameters, strength)
    return dot([strength] * len(weights), [abs(w) for w in weights])


def clip_norm(gradients: list[float], max_norm: float) -> tuple[list[float], float]:
    """The gradients, scaled down together to the length ``max_norm`` if they are longer, and their length before.

    The factor is ``max_norm / (norm + 1e-6)``, at most 1, as in ``torch.nn.utils.clip_grad_norm_``. Pascanu, Mikolov, Bengio:
    On the difficulty of training recurrent neural networks, 2013. A ``ValueError`` for a ``max_norm`` that is not positive.

    >>> clip_norm([3.0, 4.0], 10.0)
    ([3.0, 4.0], 5.0)
    """
    _require_positive("max_norm", max_norm)
    norm = _length(gradients)
    factor = min(max_norm / (norm + 1e-6), 1.0)
    return [g * factor for g in gradients], norm


def clip_value(gradients: list[float], limit: float) -> list[float]:
    """Each gradient, taken to ``-limit`` or ``limit`` where it is beyond; nan stays nan. ``limit`` is positive, else ``ValueError``.

    >>> clip_value([-7.0, 0.5], 5.0)
    [-5.0, 0.5]
    """
    _require_positive("limit", limit)
    return [-limit if g < -limit else limit if g > limit else g for g in gradients]


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """:func:`clip_norm` of the ``grad`` of the parameters, in place; returns their length before.

    It stands between ``backward()`` and the optimiser's ``step()``.

    >>> w = Value(2.0)
    >>> (w ** 4).backward()
    >>> norm = clip_grad_norm([w], 5.0)
    >>> norm, round(w.grad, 4)
    (32.0, 5.0)
    """
    parameters = list(parameters)
    clipped, norm = clip_norm([parameter.grad for parameter in parameters], max_norm)
    for parameter, gradient in zip(parameters, clipped):
        parameter.grad = gradient
    return norm


def clip_grad_value(parameters: Iterable[Value], clip_value: float) -> None:
    """Take the ``grad`` of each parameter to ``-clip_value`` or ``clip_value`` where it is beyond.

    >>> w = Value(2.0)
    >>> (w ** 4).backward()
    >>> clip_grad_value([w], 5.0)
    >>> w.grad
    5.0
    """
    _require_positive("clip_value", clip_value)
    for parameter in parameters:
        parameter.grad = min(max(parameter.grad, -clip_value), clip_value)  # in this order of operands, nan stays nan


def _length(gradients: list[float]) -> float:
    """The Euclidean norm, added from the left: that of math.hypot is rounded otherwise in other versions of Python."""
    total = 0.0
    for g in gradients:
        total += g * g
    if not math.isinf(total):
        return math.sqrt(total)
    largest = max(map(abs, gradients))  # the squares are beyond the largest float, but not the gradients
    return total if math.isinf(largest) else largest * _length([g / largest for g in gradients])


def _weights(parameters: Iterable[Any], strength: float) -> list[Any]:
    weights = list(parameters)
    if not weights:
        raise ValueError("a penalty needs at least one parameter, and was given none (a generator that was used up?)")
    if not 0.0 <= strength < math.inf:
        raise ValueError(f"the strength of a penalty is a finite number of at least 0, not {strength!r}")
    return weights


def _require_positive(name: str, limit: float) -> None:
    if not limit > 0.0:
        raise ValueError(f"{name} is a positive number, not {limit!r}")
