"""The NumPy dialect: the same statements, in which an input is the column of its values over all rows, and layers are matrix products."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

from ..formulas.spelling import Dialect
from .chunks import is_longer
from .graph import Graph
from .numpy_loops import array_program, array_source
from .program import Program, float_array, rows_of
from .python import WHOLE, compiled, identifier, python_source
from .statements import NAME, Emitted, emit

ELEMENTWISE = ("erf", "erfc", "gamma", "lgamma")  # NumPy has none of them: those of math, element by element
_NAMES = {"asin": "np.arcsin", "acos": "np.arccos", "atan": "np.arctan", "atan2": "np.arctan2", "pow": "np.power"}
_NAMES |= {"asinh": "np.arcsinh", "acosh": "np.arccosh", "atanh": "np.arctanh"} | {name: name for name in ELEMENTWISE}

NOTATION = Dialect(
    "numpy", lambda name: _NAMES.get(name, f"np.{name}"), ("np.where(", ", ", ", ", ")"), (" & ", " | "), is_call=True,
    identifier=identifier,
)  # fmt: skip


class NumpyProgram(Program):
    """A program whose ``batch`` computes all rows at once. A value that is not defined is nan or inf."""

    dialect = "numpy"
    notation = NOTATION
    endings = (".py",)

    @classmethod
    def of(cls, graph: Graph) -> NumpyProgram:
        found = array_program(graph, cls.notation)
        if found is None or is_longer(found[1].emitted, WHOLE):
            return cls(graph, emit(graph, cls.notation))
        emission, looped = found
        summed = over_rows(looped.emitted, {"inputs", *looped.arrays}) if graph.single else looped.emitted
        return cls(graph, array_source(emission, looped, summed))

    def _build(self, graph: Graph, emitted: Emitted | str) -> None:
        try:
            import numpy as np
        except ImportError:
            raise ImportError("the numpy dialect needs NumPy: python -m pip install numpy (or use dialect='python')") from None
        self._np = np
        self._in_arrays = isinstance(emitted, str)
        parts = [emitted] if isinstance(emitted, str) else python_source(over_rows(emitted) if self.single else emitted, self.single)
        self.source = "import numpy as np\n\n\n" + "\n\n".join(parts)
        self._function = compiled(self, parts, {"np": np, **{name: _elementwise(np, getattr(math, name)) for name in ELEMENTWISE}})

    def __call__(self, wrt_values: Sequence[float], input_values: Sequence[float] = ()) -> Any:
        self._check_lengths(wrt_values, input_values)
        result = self.batch(wrt_values, float_array(input_values, is_row=True).reshape(1, -1))
        return result if self.single else result[0].tolist()

    def batch(self, wrt_values: Sequence[float], rows: Any) -> Any:
        np = self._np
        rows = rows_of(rows)
        table = float_array(rows)
        count = len(table)
        if count == 0:
            table = table.reshape(0, self._input_count)
        self._check_width(table.shape)
        self._check_lengths(wrt_values, [0.0] * self._input_count)
        columns = np.ascontiguousarray(table.T)
        with np.errstate(all="ignore"):
            if self.single:
                total, gradients = self._run(wrt_values, columns, count)
                zero = -0.0 if count else 0.0  # a sum of no rows is 0, and one of -0.0 is -0.0
                gradients = np.asarray(gradients, dtype=float) + zero
                return float(total) + zero, gradients if hasattr(wrt_values, "dtype") else gradients.tolist()
            values = self._run(wrt_values, columns)
        found = np.stack([np.broadcast_to(value, count) for value in values], axis=1)
        return found if hasattr(rows, "dtype") else found.tolist()

    def _run(self, wrt_values: Sequence[float], columns: Any, *count: int) -> Any:
        parameters = float_array(wrt_values, is_row=True)
        if self._in_arrays:
            return self._function(parameters, self._np.asarray(columns))
        return self._function(list(parameters), [*columns, *count])  # NumPy's own numbers: a division by 0 gives inf, as in a column

    def _columns(self, wrt_values: Sequence[float], columns: Sequence[Any]) -> list[Any]:
        if not all(hasattr(column, "dtype") for column in columns):
            return super()._columns(wrt_values, columns)
        self._check_lengths(wrt_values, [0.0] * self._input_count)
        with self._np.errstate(all="ignore"):
            values = self._run(wrt_values, columns)
        size, given = len(columns[0]), set(map(id, columns))  # what is no new column is a number for all rows, or one of the inputs
        is_new = [getattr(value, "shape", ()) == (size,) and id(value) not in given for value in values]
        return [value if new else self._np.full(size, value) for value, new in zip(values, is_new)]

    def _file_text(self, ending: str) -> str:
        used = [name for name in ELEMENTWISE if name in NAME.findall(self.source)]
        special = "".join(f"{name} = np.vectorize(math.{name}, otypes=[float])\n" for name in used)
        imports = f"import math\n\nimport numpy as np\n\n{special}" if used else "import numpy as np\n"
        what, last = (_SUM, ", len(table)") if self.single else (_LIST, "")
        body = self.source.removeprefix("import numpy as np\n")
        given = "np.asarray(parameters, dtype=float)"
        given = f"{given}, table.T" if self._in_arrays else f"list({given}), [*table.T{last}]"
        return f'"""batch(parameters, rows) returns {what}."""\n\n{imports}{body}{_BATCH.format(what=what, given=given)}'


_SUM = "(total, gradients), added up over the rows"
_LIST = "the values of each output, as a column over the rows or one number for all"
_BATCH = '''

def batch(parameters, rows):
    """{what}; rows is a table with a column for each input."""
    table = np.asarray(rows, dtype=float)
    with np.errstate(all="ignore"):
        return program({given})
'''


def over_rows(emitted: Emitted, arrays: Collection[str] = ()) -> Emitted:
    """The results added up over the rows: a product of two columns by ``np.dot``, and what is the same for all rows, times ``count``."""
    columns = {*emitted.inputs, *arrays}
    for statement in [*emitted.forward, *emitted.backward]:
        if not columns.isdisjoint(NAME.findall(statement.text)):
            columns.add(statement.target)

    def total(text: str) -> str:
        names = NAME.findall(text)
        if columns.isdisjoint(names):
            return "0.0" if text == "0.0" else f"count * ({text})"
        if len(names) == 2 and text == f"{names[0]} * {names[1]}" and columns.issuperset(names):
            return f"np.dot({names[0]}, {names[1]})"
        return f"np.add.reduce({text}, initial=-0.0)"

    values, gradients = [total(text) for text in emitted.values], [total(text) for text in emitted.gradients]
    return emitted._replace(inputs=[*emitted.inputs, "count"], values=values, gradients=gradients)


def _elementwise(np: Any, function: Any) -> Any:
    over_objects = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(over_objects(x), dtype=float)
