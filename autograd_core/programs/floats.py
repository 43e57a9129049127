"""Lists of floats with the arithmetic of NumPy's arrays, so that a formula over all parameters is written once for both."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from itertools import repeat
from operator import add, mul, sub, truediv
from typing import Any


class Floats(list[float]):
    """A list of floats that counts as a NumPy array does: number by number, with another list of its length or one number.

    >>> gradient = Floats([3.0, -4.0])
    >>> 0.5 * gradient + gradient, (gradient * gradient).sum(), gradient.clip(-3.5, 3.5)
    ([4.5, -6.0], 25.0, [3.0, -3.5])

    What it computes is a new one, also with ``+=``. It is a list in all else, and equal to a plain one. ``ValueError`` for another length.
    """

    @classmethod
    def of(cls, numbers: Any) -> Any:
        """The numbers as Floats; an array, and what is one of these already, as it is."""
        return numbers if numbers.__class__ is cls or hasattr(numbers, "dtype") else cls(numbers)

    def _each(self, operation: Callable[[Any, Any], float], other: Any) -> Floats:
        if other.__class__ is float or not hasattr(other, "__len__"):
            other = repeat(other)
        elif len(other) != len(self):
            raise ValueError(f"numbers are taken one by one with as many or with one number: these are {len(self)} and {len(other)}")
        return Floats(map(operation, self, other))

    def __add__(self, other: Any) -> Floats:  # type: ignore[override]
        return self._each(add, other)

    def __sub__(self, other: Any) -> Floats:
        return self._each(sub, other)

    def __mul__(self, other: Any) -> Floats:
        return self._each(mul, other)

    def __truediv__(self, other: Any) -> Floats:
        return self._each(truediv, other)

    __radd__, __iadd__, __rmul__, __imul__ = __add__, __add__, __mul__, __mul__

    def clip(self, low: float, high: float) -> Floats:
        """Each number, or the limit that it is beyond; nan stays nan."""
        return Floats(low if x < low else high if x > high else x for x in self)

    def sum(self) -> float:
        """The sum, from the left."""
        return reduce(add, self, 0.0)

    @staticmethod
    def norm(numbers: Any) -> float:
        """The Euclidean norm of Floats or an array, also where squares would be too large or too small for a float.

        >>> f"{Floats.norm(Floats([3e200, -4e200])):.6g}"
        '5e+200'
        """
        squares = float((numbers * numbers).sum())  # math.hypot rounds otherwise in other versions of Python
        if 1e-290 < squares < math.inf or math.isnan(squares):
            return math.sqrt(squares)
        largest = float(max(map(abs, numbers), default=0.0))
        return largest * Floats.norm(numbers / largest) if 0.0 < largest < math.inf else largest

    @staticmethod
    def finite(numbers: Any) -> bool:
        """Whether none of these Floats, or of an array, is infinite or nan."""
        if isinstance(numbers, list):
            return all(map(math.isfinite, numbers))
        return math.isfinite(numbers.dot(numbers)) or math.isfinite(abs(numbers).max())  # the first takes a third of the time
