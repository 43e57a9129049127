"""The C dialect: loops and statements over as many rows at a time as a register holds, built by the machine's C compiler."""

from __future__ import annotations

import _ctypes
import ctypes
import os
import struct
import sys
import threading
import weakref
from array import array
from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from ..formulas.spelling import Dialect
from . import c_compiler as compiler
from .c_loops import Looped, emit_loops
from .c_memory import Buffer, address
from .c_source import ROW, ROWS, Sources, plain_source
from .chunks import operand_count
from .graph import Graph
from .program import Program, float_array, require_plain_numbers, rows_of
from .statements import emit

LARGEST = 1_000_000  # operands; the compiler takes about 0.2 ms for each
SUMS_AT_A_TIME = 10_000_000  # numbers that threads may hold before they are added up
OPERATIONS_FOR_THREADS = 30_000_000  # below, starting threads would take a good part of what they save
FEW = 10  # batches of a single row that are run as vectors, before a function for one row is built for them
COPIED = 4096  # results up to which a copy takes less time than new memory
BLOCK = 1024  # rows whose sums are added up apart from those of others, as rows.h has it
_WORDS = """auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while main asm typeof unix linux
    acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh double_t drem erf erfc exp exp2 expm1 fabs fdim finite float_t
    floor fma fmax fmin fmod frexp gamma hypot ilogb isinf isnan j0 j1 jn ldexp lgamma llrint llround log log10 log1p log2 logb lrint
    lround modf nan nearbyint nextafter nexttoward pow remainder remquo rint round scalb scalbln scalbn significand signgam sin sinh
    sqrt tan tanh tgamma trunc y0 y1 yn abort abs atexit atof atoi atol bsearch calloc div exit free getenv labs malloc memset qsort
    rand random realloc srand strtod system number mask one rows row count total totals out program gradients value values v chunk k lanes
    product transposed_product outer_product added_up clear clear_lanes read_rows tile_of_products rows_of_a_tile place_of_total
    parameters inputs"""
RESERVED = set(_WORDS.split())


def identifier(name: str) -> str:
    """The name, changed if C, its headers or the program use it themselves."""
    if name in RESERVED or name.startswith(("lanes_", "chunk_", "row_", "rows_")):
        name += "_"
    if name == name.upper() != name.lower() or name.startswith("_"):
        name = f"v_{name.lstrip('_')}_"  # names in capitals may be macros, those with a leading underscore are C's own
    return name


_NAMES = {"inf": "INFINITY", "nan": "NAN", "gamma": "tgamma"}
PLAIN = Dialect("c", lambda name: _NAMES.get(name, name), ("", " ? ", " : ", ""), (" && ", " || "), identifier=identifier)
LANES = Dialect(  # C on vectors of rows
    "c", lambda name: _NAMES[name] if name in ("inf", "nan") else f"lanes_{_NAMES.get(name, name)}",
    ("SELECT(", ", ", ", ", ")"), (" & ", " | "), is_call=True, wrap=("V(", ")"), identifier=identifier,
)  # fmt: skip


class CProgram(Program):
    """A program built by the C compiler. A value that is not defined is nan or inf.

    One row gives the results of the Python dialect to the bit. ``batch`` adds rows up in an order of its own, the same on
    every machine and with any number of threads: rows are taken in blocks of 1,024; in a block, row i goes to the partial
    sum i mod 8, the eight are added as ``((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7))``, and blocks are added in their order.

    NumPy arrays of float64 are read in place, and where the parameters are an array, gradients are one too, as are the values of
    several outputs where the rows are. ``batch`` uses ``threads`` threads, at first one a processor, where it has at least
    ``threads_from`` rows, for which one thread needs about a millisecond; with ``threads = 1`` it never starts any.

    With ``program.exact = False``, vectors of rows take ``exp``, ``tanh`` and most others of <math.h> from the C library's functions
    of vectors, where it has them (glibc 2.35 or later on x86-64): each within 4 units in the last place, by the processor's width, and
    several times as fast. ``program([...])``, and all with ``exact = True``, as it is at first, give Python's bits.

    >>> from autograd_core import Value, compile_graph
    >>> x, w = Value(3.0), Value(2.0)
    >>> program = compile_graph(w * x, [w], [x], dialect="c")
    >>> program.threads = 1  # the same numbers, to the bit
    >>> program.batch([2.0], [[1.0], [2.0], [3.0]])
    (12.0, [6.0])
    >>> program = compile_graph(w * x.tanh(), [w], [x], dialect="c")
    >>> program.exact = False
    >>> round(program.batch([2.0], [[1.0], [2.0], [3.0]])[0], 12)
    5.441352979437
    """

    dialect = "c"
    notation = LANES
    endings = (".c",)

    @classmethod
    def of(cls, graph: Graph) -> CProgram:
        return cls(graph, emit_loops(graph, cls.notation))

    def _build(self, graph: Graph, emitted: Looped) -> None:
        operands = operand_count(emitted.emitted)
        if operands > LARGEST:
            raise ValueError(f"the program has {operands} operands, and the c dialect takes {LARGEST}: use dialect='python' or 'numpy'")
        # The plain text, which few programs need, is printed when it is saved. Until then the program keeps the nodes of
        # its graph alive, and 0.4 kB a node beside them (measured on a chain of 30,000), without the time for a second emission.
        self._graph = graph
        self.threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        weights = sum(matrix.m * matrix.n * len(uses) for matrix, uses in emitted.matrices)
        self.threads_from = 2 * BLOCK + OPERATIONS_FOR_THREADS // (1 + operands + 6 * weights)
        self._results = 1 + self._wrt_count if self.single else len(graph.outputs)
        sources = Sources(emitted)
        self.source = sources.text
        self._rows = self._exact_rows = self._functions_of_rows(sources, exact=True)
        self._row = None
        if sources.has_row:
            self._row = _Functions("row", sources.files(self._results, ROW, exact=True), sources.level, {"program": "pppp"})
        first = self._rows if graph.inputs or not self._row else self._row  # without inputs there is one row, which is empty
        first.build()
        self._buffers = _Buffers(self._wrt_count, self._input_count, self._results, self._row, self._rows)
        self._wrt_shape, self._input_shape, self._no_inputs = (self._wrt_count,), (self._input_count,), [0.0] * self._input_count

    def _functions_of_rows(self, sources: Sources, exact: bool) -> _Functions:
        return _Functions("rows", sources.files(self._results, ROWS, exact), sources.level, _SUMS if self.single else _VALUES)

    @property
    def exact(self) -> bool:
        """Whether functions of many rows give Python's bits; where they need not, a second library is built when it is first used."""
        return self._rows is self._exact_rows

    @exact.setter
    def exact(self, exact: bool) -> None:
        self._rows = self._exact_rows if exact else self._fast_rows

    @cached_property
    def _fast_rows(self) -> _Functions:
        return self._functions_of_rows(Sources(emit_loops(self._graph, self.notation)), exact=False)

    def __call__(self, wrt_values: Sequence[float], input_values: Sequence[float] = ()) -> Any:
        buffers = self._buffers
        parameters, inputs = address(wrt_values, self._wrt_shape), address(input_values, self._input_shape)
        if not (parameters and inputs):
            self._check_lengths(wrt_values, input_values)
            parameters, inputs = parameters or _filled(buffers.parameters, wrt_values), inputs or _filled(buffers.inputs, input_values)
        out, found = self._out(wrt_values)
        if self._row:
            self._row.program(parameters, inputs, out, buffers.for_row.address)
        else:
            self._exact_rows.program(parameters, inputs, 1, out, buffers.for_rows.address)
        return self._result(found, wrt_values)

    def batch(self, wrt_values: Sequence[float], rows: Any) -> Any:
        rows = rows if rows.__class__.__name__ == "ndarray" and rows.shape else rows_of(rows)  # it is never masked
        count = len(rows)
        buffers, parameters = self._buffers, self._parameters(wrt_values)
        table, _kept = self._table(rows)
        if not self.single:
            return self._values(self._rows.program, self._results, parameters, table, rows)
        out, found = self._out(wrt_values)
        if count == 1 and self._row and (self._row.is_built or self._row.are_wanted()):
            self._row.program(parameters, table, out, buffers.for_row.address)
        elif self.threads > 1 and count >= self.threads_from:
            self._in_threads(parameters, table, count, out)
        else:
            self._rows.program(parameters, table, count, out, buffers.for_rows.address)
        return self._result(found, wrt_values)

    def forward(self, wrt_values: Sequence[float], rows: Any) -> Any:
        if self._with_further is None:
            return super().forward(wrt_values, rows)  # an error, that says so
        rows = rows_of(rows)
        table, _kept = self._table(rows)
        return self._values(self._rows.further, 1 + len(self._graph.further), self._parameters(wrt_values), table, rows)

    def _values(self, function: Any, results: int, parameters: int, table: int, rows: Any) -> Any:
        """The values of several nodes for each row."""
        found = Buffer(len(rows) * results)
        function(parameters, table, len(rows), found.address, self._buffers.for_rows.address)
        if hasattr(rows, "shape"):
            return found.as_numpy().reshape(len(rows), results)
        flat = found.values()
        return [list(flat[i : i + results]) for i in range(0, len(flat), results)]

    def _columns(self, wrt_values: Sequence[float], columns: Sequence[Any]) -> list[Any]:
        count = len(columns[0]) if columns else 0
        addresses = [address(column, (count,)) for column in columns]
        if not (addresses and all(addresses)):
            return super()._columns(wrt_values, columns)
        import numpy as np

        parameters = self._parameters(wrt_values)
        found = list(np.empty((self._results, count)))  # in one block, which the system does not take back after each call
        places = [(ctypes.c_void_p * len(some))(*some) for some in (addresses, [address(column, (count,)) for column in found])]
        self._rows.columns(parameters, places[0], count, places[1], self._buffers.for_rows.address)
        return found

    def _in_threads(self, parameters: int, rows: int, count: int, out: int) -> None:
        """The sums of the blocks of rows, each thread some blocks that follow each other; then they are added in their order."""
        blocks = -(-count // BLOCK)
        share = max(1, min(-(-blocks // self.threads), SUMS_AT_A_TIME // (self._results * self.threads)))
        ctypes.memset(out, 0, 8 * self._results)
        for first in range(0, blocks, share * self.threads):
            starts = range(first, min(blocks, first + share * self.threads), share)
            sums = [Buffer(self._results * min(share, blocks - start)) for start in starts]

            def work(start: int, found: Buffer) -> None:
                place, left = rows + 8 * start * BLOCK * self._input_count, count - start * BLOCK
                self._rows.blocks(parameters, place, min(share * BLOCK, left), found.address, self._buffers.for_rows.address)

            others = [threading.Thread(target=work, args=pair) for pair in zip(starts[1:], sums[1:])]
            for thread in others:
                thread.start()
            work(starts[0], sums[0])
            for thread in others:
                thread.join()
            for found in sums:
                self._rows.add(out, found.address, found.count // self._results)

    def _file_text(self, ending: str) -> str:
        return plain_source(emit(self._graph, PLAIN), self.single)

    def _parameters(self, wrt_values: Sequence[float]) -> int:
        """Where C can read the parameters: in an array of theirs or in our buffer."""
        parameters = address(wrt_values, self._wrt_shape)
        if not parameters:
            self._check_lengths(wrt_values, self._no_inputs)
            parameters = _filled(self._buffers.parameters, wrt_values)
        return parameters

    def _table(self, rows: Any) -> tuple[int, Any]:
        """Where C can read the rows, and what must be kept meanwhile: an array of theirs or of ours."""
        shape = len(rows), self._input_count
        table = address(rows, shape)
        if table:
            return table, rows
        if hasattr(rows, "shape"):
            self._check_width(rows.shape)
            rows = float_array(rows).copy("C")
            return address(rows, shape), rows
        if set(map(len, rows)) - {self._input_count}:
            wrong = next(len(row) for row in rows if len(row) != self._input_count)
            raise ValueError(f"each row has {self._input_count} value(s), one for each input, not {wrong}")
        try:
            packed = array("d", struct.pack(f"{len(rows) * self._input_count}d", *chain.from_iterable(rows)))
        except struct.error:
            require_plain_numbers(rows)
            raise
        return packed.buffer_info()[0], packed

    def _out(self, wrt_values: Any) -> tuple[int, Any]:
        """Where results are written: what is long, and goes to the caller as an array, need not be copied."""
        if self._results <= COPIED or not hasattr(wrt_values, "dtype"):
            return self._buffers.out.address, None
        import numpy as np

        found = np.empty(self._results)
        return address(found, (self._results,)), found

    def _result(self, found: Any, wrt_values: Any) -> Any:
        if found is not None:
            return (found.item(0), found[1:]) if self.single else found
        out = self._buffers.out
        if hasattr(wrt_values, "dtype"):
            values = out.as_numpy()
            return (values.item(0), out.behind_the_first.copy()) if self.single else values.copy()
        found = out.values()
        return (found[0], list(found[1:])) if self.single else list(found)


def _filled(buffer: Buffer, values: Any) -> int:
    """The address of the buffer, which has these numbers then."""
    values = float_array(values, is_row=True) if hasattr(values, "dtype") else values
    try:
        return buffer.filled(values)
    except (struct.error, TypeError):
        require_plain_numbers([values])
        raise


_SUMS = {"program": "pplpp", "blocks": "pplpp", "add": "ppl", "further": "pplpp"}  # p is a pointer, l a long
_VALUES = {"program": "pplpp", "columns": "pplpp"}


class _Functions:
    """The functions of a program for one row, or for vectors of rows, which are built when one of them is first used."""

    def __init__(self, kind: str, files: Sequence[str], level: str, signatures: dict[str, str]) -> None:
        self._kind, self._files, self._level, self._signatures = kind, files, level, signatures

    is_built = False
    _asked = 0

    def are_wanted(self) -> bool:
        """Whether they were asked for so often that it takes less time to build them than to do without."""
        self._asked += 1
        return self._asked > FEW

    def build(self) -> None:
        names = [f"{self._kind}_{name}" for name in ("memory", *self._signatures)]
        library = compiler.load(self._files, self._level, names)
        for name, arguments in self._signatures.items():
            function = getattr(library, f"{self._kind}_{name}")
            function.argtypes = [ctypes.c_long if kind == "l" else ctypes.c_void_p for kind in arguments]
            function.restype = None
            setattr(self, name, function)
        self.memory = getattr(library, names[0])()
        weakref.finalize(self, _unload, library).atexit = False
        self._files, self.is_built = (), True

    def __getattr__(self, name: str) -> Any:
        if name not in ("memory", *self._signatures):
            raise AttributeError(name)
        self.build()
        return self.__dict__[name]


def _unload(library: ctypes.CDLL) -> None:
    """Give back the memory of a library, whose functions are not called any more."""
    if sys.platform == "win32":
        _ctypes.FreeLibrary(library._handle)
    else:
        _ctypes.dlclose(library._handle)


class _Buffers(threading.local):
    """One set for each thread: C runs without the interpreter's lock."""

    def __init__(self, parameters: int, inputs: int, out: int, row: _Functions | None, rows: _Functions) -> None:
        self.parameters, self.inputs, self.out = map(Buffer, (parameters, inputs, out))
        self._row, self._rows = row, rows

    @cached_property
    def for_row(self) -> Buffer:
        return Buffer(self._row.memory if self._row else 0)

    @cached_property
    def for_rows(self) -> Buffer:
        return Buffer(self._rows.memory)
