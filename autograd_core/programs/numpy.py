"""The NumPy dialect: the same statements, in which an input stands for the column of its values over all rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..formulas.spelling import NUMPY
from ..value import Value
from .program import Program, compiled, python_source
from .statements import NAME, Emitted, emit


class NumpyProgram(Program):
    """A program whose ``batch`` computes all rows at once. A value that is not defined is nan or inf."""

    dialect = "numpy"

    @classmethod
    def of(cls, outputs: Sequence[Value], wrt: Sequence[Value], inputs: Sequence[Value], single: bool) -> NumpyProgram:
        """Compile; an ``ImportError`` that names the remedy without NumPy."""
        try:
            import numpy  # noqa: F401
        except ImportError:
            raise ImportError("the numpy dialect needs NumPy: python -m pip install numpy (or use dialect='python')") from None
        return cls(emit(outputs, wrt, inputs, NUMPY, single), wrt, inputs, single)

    def _build(self, emitted: Emitted) -> None:
        import numpy as np

        self._np = np
        parts = python_source(over_rows(emitted) if self.single else emitted, self.single)
        self.source = "import numpy as np\n\n\n" + "\n\n".join(parts)
        # NumPy has no error function: math's, element by element.
        special = {name: _elementwise(np, getattr(math, name)) for name in ("erf", "erfc")}
        self._function = compiled(parts, {"np": np, **special}, "program")

    def __call__(self, wrt_values: Sequence[float], input_values: Sequence[float] = ()) -> Any:
        self._check_lengths(wrt_values, input_values)
        result = self.batch(wrt_values, self._np.array([input_values], dtype=float))
        return result if self.single else result[0]

    def batch(self, wrt_values: Sequence[float], rows: Any) -> Any:
        np = self._np
        table = np.asarray(rows, dtype=float)
        count = len(table)
        if count == 0:
            table = table.reshape(0, self._input_count)
        if table.ndim != 2 or table.shape[1] != self._input_count:
            raise ValueError(f"rows is a table with {self._input_count} column(s), one for each input, not of shape {table.shape}")
        self._check_lengths(wrt_values, [0.0] * self._input_count)
        # Numbers of NumPy's own: a division by 0 gives inf, as in a column.
        parameters, columns = list(np.asarray(wrt_values, dtype=float)), list(np.ascontiguousarray(table.T))
        with np.errstate(all="ignore"):
            if self.single:
                total, gradients = self._function(parameters, [*columns, count])
                return float(total), [float(gradient) for gradient in gradients]
            values = self._function(parameters, columns)
        return np.stack([np.broadcast_to(value, count) for value in values], axis=1).tolist()


def over_rows(emitted: Emitted) -> Emitted:
    """The results added up over the rows: a product of two columns by ``np.dot``, and what is the same for all rows, times ``count``."""
    columns = set(emitted.inputs)
    for statement in [*emitted.forward, *emitted.backward]:
        if not columns.isdisjoint(NAME.findall(statement.text)):
            columns.add(statement.target)

    def total(text: str) -> str:
        names = NAME.findall(text)
        if columns.isdisjoint(names):
            return "0.0" if text == "0.0" else f"count * ({text})"
        if len(names) == 2 and text == f"{names[0]} * {names[1]}" and columns.issuperset(names):
            return f"np.dot({names[0]}, {names[1]})"
        return f"np.add.reduce({text})"

    values, gradients = [total(text) for text in emitted.values], [total(text) for text in emitted.gradients]
    return emitted._replace(inputs=[*emitted.inputs, "count"], values=values, gradients=gradients)


def _elementwise(np: Any, function: Any) -> Any:
    over_objects = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(over_objects(x), dtype=float)
