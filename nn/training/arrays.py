"""Numbers of all parameters together: lists of floats, or NumPy's arrays, which arithmetic takes as a whole."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import reduce
from itertools import repeat
from operator import add, mul, truediv
from typing import Any

from ..optim import is_array


def each(operation: Callable[[Any, Any], Any], numbers: Any, others: Any) -> Any:
    """The operation on each number and its counterpart, or one float for all of them."""
    if is_array(numbers):
        return operation(numbers, others)
    return list(map(operation, numbers, repeat(others) if isinstance(others, float) else others))


def total_of(numbers: Any) -> float:
    """The sum: of a list from the left, of an array in pairs."""
    return float(numbers.sum()) if is_array(numbers) else reduce(add, numbers, 0.0)


def all_finite(numbers: Any) -> bool:
    """Whether none of them is infinite or nan."""
    return math.isfinite(abs(numbers).max()) if is_array(numbers) else all(map(math.isfinite, numbers))


def norm_of(numbers: Any) -> float:
    """The Euclidean norm; that of math.hypot is rounded otherwise in other versions of Python."""
    squares = total_of(each(mul, numbers, numbers))
    if 1e-290 < squares < math.inf or math.isnan(squares):
        return math.sqrt(squares)
    largest = float(max(map(abs, numbers), default=0.0))  # squares would leave the floats
    return largest * norm_of(each(truediv, numbers, largest)) if 0.0 < largest < math.inf else largest


def quiet(numbers: Any) -> AbstractContextManager[Any]:
    """Within it, arithmetic on such numbers does not warn of those that are not finite."""
    return sys.modules["numpy"].errstate(all="ignore") if is_array(numbers) else nullcontext()
