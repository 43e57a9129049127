"""The C dialect: the same statements over eight rows at a time, built by the machine's C compiler."""

from __future__ import annotations

import _ctypes
import ctypes
import re
import struct
import sys
import threading
import weakref
from array import array
from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any

from ..formulas.spelling import Dialect
from . import c_compiler as compiler
from .chunks import Chunk, Partition, operand_count, partition
from .graph import Graph
from .program import Program
from .statements import NAME, Emitted, emit

LARGEST = 1_000_000  # operands; the compiler takes about 0.1 ms for each
PART = 100  # operands in each function: the compiler's time grows faster than a function; one large function runs no faster
PLAIN_PART = 6_000  # operands in each function of a saved file, which is for reading
FILE = 40  # such functions in each file: several files are compiled at a time
_WORDS = """auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while main asm typeof unix linux
    acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh double_t drem erf erfc exp exp2 expm1 fabs fdim finite float_t
    floor fma fmax fmin fmod frexp gamma hypot ilogb isinf isnan j0 j1 jn ldexp lgamma llrint llround log log10 log1p log2 logb lrint
    lround modf nan nearbyint nextafter nexttoward pow remainder remquo rint round scalb scalbln scalbn significand signgam sin sinh
    sqrt tan tanh tgamma trunc y0 y1 yn abort abs atexit atof atoi atol bsearch calloc div exit free getenv labs malloc memset qsort
    rand random realloc srand strtod system number mask one rows count total tail sums out program gradients value values v chunk
    parameters inputs"""
RESERVED = set(_WORDS.split())


def identifier(name: str) -> str:
    """The name, changed if C, its headers or the program use it themselves."""
    if name in RESERVED or name.startswith(("lanes_", "chunk_")):
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
_ARGUMENTS = "const double *parameters, const number *inputs, number *v, number *sums"

_HEAD = """\
#include <math.h>
#include <stdlib.h>

enum { ROWS = 8 }; /* rows that are computed at a time, one in each lane of a vector */
typedef double number __attribute__((vector_size(64), aligned(16)));
typedef long long mask __attribute__((vector_size(64), aligned(16)));
static const number one = {1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0};

#define V(x) (one * (x)) /* a plain double in every lane; a vector as it is */
#define SELECT(test, then, otherwise) \\
    ((number)(((mask)(test) & (mask)(then)) | (~(mask)(test) & (mask)(otherwise))))
"""

_DRIVER = """\
static void clear(number *results)
{{
    for (int r = 0; r < {results}; r++) results[r] = -0.0 * one; /* to which anything may be added, -0.0 too */
}}

int program(const double *parameters, const double *rows, long count, double *out)
{{
    number *total = malloc(({results} + 1) * sizeof(number)), *tail = malloc(({results} + 1) * sizeof(number));
    number *v = malloc(({places} + 1) * sizeof(number)), *inputs = malloc(({inputs} + 1) * sizeof(number));
    if (!total || !tail || !v || !inputs) {{ free(total); free(tail); free(v); free(inputs); return 1; }}
    clear(total);
    for (long start = 0; start < count; start += ROWS) {{
        const int lanes = count - start < ROWS ? (int)(count - start) : ROWS;
        for (int k = 0; k < {inputs}; k++)
            for (int i = 0; i < ROWS; i++) inputs[k][i] = rows[(start + (i < lanes ? i : 0)) * {inputs} + k];
{body}
    }}
{end}
    free(total); free(tail); free(v); free(inputs);
    return 0;
}}
"""

_SUMS = """\
        number *sums = total;
        if (lanes < ROWS) { sums = tail; clear(tail); }
CALLS
        if (lanes < ROWS)
            for (int r = 0; r < RESULTS; r++)
                for (int i = 0; i < lanes; i++) total[r][i] += tail[r][i];"""

_VALUES = """\
        number *sums = tail;
CALLS
        for (int i = 0; i < lanes; i++)
            for (int r = 0; r < RESULTS; r++) out[(start + i) * RESULTS + r] = tail[r][i];"""

_LANES_TOTAL = """\
    for (int r = 0; r < {results}; r++) {{
        out[r] = count ? -0.0 : 0.0;
        for (int i = 0; i < ROWS; i++) out[r] += total[r][i];
    }}"""


class CProgram(Program):
    """A program built by the C compiler. A value that is not defined is nan or inf.

    One row gives the results of the Python dialect to the bit; ``batch`` adds rows up in eight partial sums.
    NumPy arrays of float64 are read in place.
    """

    dialect = "c"
    notation = LANES
    endings = (".c",)

    def _build(self, graph: Graph, emitted: Emitted) -> None:
        operands = operand_count(emitted)
        if operands > LARGEST:
            raise ValueError(f"the program has {operands} operands, and the c dialect takes {LARGEST}: use dialect='python' or 'numpy'")
        # The plain text, which few programs need, is printed when it is saved. Until then the program keeps the nodes of
        # its graph alive, and 0.4 kB a node beside them (measured on a chain of 30,000), without the time for a second emission.
        self._graph = graph
        self._results = len(emitted.values) + len(emitted.gradients)
        sources = lanes_sources(emitted, self.single)
        self.source = "\n".join(sources)
        library = compiler.load(sources)
        function = library.program
        weakref.finalize(self, _unload, library).atexit = False
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p]
        function.restype = ctypes.c_int
        self._function = function
        self._buffers = _Buffers(self._wrt_count, self._input_count, self._results)

    def __call__(self, wrt_values: Sequence[float], input_values: Sequence[float] = ()) -> Any:
        self._check_lengths(wrt_values, input_values)
        buffers = self._buffers
        parameters = _address(wrt_values) or buffers.parameters.filled(wrt_values)
        self._run(parameters, _address(input_values) or buffers.inputs.filled(input_values), 1, buffers.out.address)
        return self._result(buffers.out.values())

    def batch(self, wrt_values: Sequence[float], rows: Any) -> Any:
        count = len(rows)
        self._check_lengths(wrt_values, [0.0] * self._input_count)
        buffers = self._buffers
        parameters = _address(wrt_values) or buffers.parameters.filled(wrt_values)
        address, keep = self._rows(rows, count)
        if self.single:
            self._run(parameters, address, count, buffers.out.address)
            return self._result(buffers.out.values())
        out = array("d", bytes(8 * self._results * count))
        self._run(parameters, address, count, out.buffer_info()[0])
        values = out.tolist()
        del keep
        return [values[i : i + self._results] for i in range(0, len(values), self._results)]

    def _file_text(self, ending: str) -> str:
        return plain_source(emit(self._graph, PLAIN), self.single)

    def _rows(self, rows: Any, count: int) -> tuple[int, Any]:
        """The address of the table of rows, and what keeps it alive."""
        shape = getattr(rows, "shape", None)
        if shape is not None:
            self._check_width(shape)
            if not _address(rows):
                rows = rows.astype("float64", order="C")
            return _address(rows), rows
        if set(map(len, rows)) - {self._input_count}:
            wrong = next(len(row) for row in rows if len(row) != self._input_count)
            raise ValueError(f"each row has {self._input_count} value(s), one for each input, not {wrong}")
        table = array("d", struct.pack(f"{count * self._input_count}d", *chain.from_iterable(rows)))
        return table.buffer_info()[0], table

    def _run(self, parameters: int, rows: int, count: int, out: int) -> None:
        if self._function(parameters, rows, count, out):
            raise MemoryError("there is not enough memory for the intermediate values of this program")

    def _result(self, values: tuple[float, ...]) -> Any:
        return (values[0], list(values[1:])) if self.single else list(values)


def _unload(library: ctypes.CDLL) -> None:
    """Give back the memory of a library, whose functions are not called any more."""
    if sys.platform == "win32":
        _ctypes.FreeLibrary(library._handle)
    else:
        _ctypes.dlclose(library._handle)


class _Buffer:
    """Doubles in memory that C reads and writes."""

    def __init__(self, count: int) -> None:
        self.memory = bytearray(8 * max(count, 1))
        self.packer = struct.Struct(f"{count}d")
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))

    def filled(self, values: Sequence[float]) -> int:
        self.packer.pack_into(self.memory, 0, *values)
        return self.address

    def values(self) -> tuple[float, ...]:
        return self.packer.unpack_from(self.memory)


class _Buffers(threading.local):
    """One set for each thread: C runs without the interpreter's lock."""

    def __init__(self, parameters: int, inputs: int, results: int) -> None:
        self.parameters, self.inputs, self.out = _Buffer(parameters), _Buffer(inputs), _Buffer(results)


def _address(values: Any) -> int:
    """Where a NumPy array of float64 without gaps has its numbers; 0 for anything else."""
    interface = getattr(values, "__array_interface__", None)
    if interface is None or interface["strides"] is not None or interface["typestr"] != ("<f8" if struct.pack("=h", 1)[0] else ">f8"):
        return 0
    address: int = interface["data"][0]
    return address


# -- source ----------------------------------------------------------------------------------------------------
def lanes_sources(emitted: Emitted, single: bool) -> list[str]:
    """The C source over vectors of rows: one file, or, for a large program, some that are compiled side by side."""
    pieces = partition(emitted, PART)
    results = len(emitted.values) + len(emitted.gradients)
    chunks = [_lanes_chunk(i, chunk, pieces, single) for i, chunk in enumerate(pieces.chunks)]
    heads = "".join(f"void chunk_{i}({_ARGUMENTS});\n" for i in range(len(chunks)))
    calls = "\n".join(f"        chunk_{i}(parameters, inputs, v, sums);" for i in range(len(chunks)))
    body = (_SUMS if single else _VALUES).replace("CALLS", calls).replace("RESULTS", str(results))
    end = _LANES_TOTAL.format(results=results) if single else "    (void)total;"
    driver = _DRIVER.format(results=results, places=pieces.size, inputs=len(emitted.inputs), body=body, end=end)
    size = max(FILE, -(-len(chunks) // 8))
    files = ["\n".join(chunks[i : i + size]) for i in range(0, len(chunks), size)]
    return [f"{_HEAD}\n{_wrappers(text)}\n{text}" for text in [*files[:-1], f"{heads}\n{files[-1]}\n{driver}"]]


def _wrappers(text: str) -> str:
    """The functions of <math.h> that ``text`` calls, for vectors, with as many operands as in the calls."""
    counts: dict[str, int] = {}
    for call in re.finditer(r"\blanes_(\w+)\(", text):
        if call[1] not in counts:
            counts[call[1]] = _operands_of_call(text, call.end())
    return "".join(_wrapper(name, "xyz"[: counts[name]]) for name in sorted(counts))


def _operands_of_call(text: str, start: int) -> int:
    """How many operands a call has whose bracket opens before ``start``."""
    depth, count = 1, 1
    for character in text[start:]:
        depth += (character == "(") - (character == ")")
        count += depth == 1 and character == ","
        if depth == 0:
            break
    return count


def _wrapper(name: str, operands: str) -> str:
    arguments = ", ".join(f"number {operand}" for operand in operands)
    lane = f"{name}({', '.join(f'{operand}[i]' for operand in operands)})"
    loop = f"{{ number out; for (int i = 0; i < ROWS; i++) out[i] = {lane}; return out; }}"
    return f"static __attribute__((noinline)) number lanes_{name}({arguments})\n    {loop}\n"


def _lanes_chunk(i: int, chunk: Chunk, pieces: Partition, single: bool) -> str:
    lines = [f"void chunk_{i}({_ARGUMENTS})", "{"]
    lines += [f"    const double {name} = parameters[{index}];" for name, index in chunk.parameters.items()]
    lines += [f"    const number {name} = inputs[{index}];" for name, index in chunk.inputs.items()]
    lines += [f"    const number {name} = v[{index}];" for name, index in chunk.loads.items()]
    for target, text, _ in chunk.statements:
        vector = _as_vector(text, chunk.parameters)
        if target in pieces.results:
            lines.append(f"    sums[{pieces.place[target]}] {'+=' if single else '='} {vector};")
            continue
        lines.append(f"    const number {target} = {vector};")
        if target in pieces.place:
            lines.append(f"    v[{pieces.place[target]}] = {target};")
    return "\n".join([*lines, "}"]) + "\n"


def _as_vector(text: str, scalars: Collection[str]) -> str:
    """The text as a vector: ``V`` stays only around what is a plain double, which spares the compiler much work."""
    plain = {*scalars, "INFINITY", "NAN"}
    text = _WRAPPED.sub(lambda match: match[0] if match[1] in plain else match[1], text)
    is_vector = _CALL.search(text) is not None or not plain.issuperset(NAME.findall(text))
    return text if is_vector else f"V({text})"


_CALL = re.compile(r"\b(SELECT|lanes_\w+)\(")
_WRAPPED = re.compile(r"\bV\(([A-Za-z_]\w*)\)")


def plain_source(emitted: Emitted, single: bool) -> str:
    """The C source of one evaluation, in C99."""
    pieces = partition(emitted, PLAIN_PART)
    n = len(emitted.values)
    results = "value[0] is the value, and gradients[i] its derivative by parameters[i]" if single else "values[i] is output i"
    arguments = "double *value, double *gradients" if single else "double *values"
    prototype = f"void program(const double *parameters, const double *inputs, {arguments})"
    arrays = {"parameters": emitted.parameters, "inputs": emitted.inputs}
    lists = "".join(f"     {what}: {', '.join(called) or 'none'}\n" for what, called in arrays.items())
    head = (
        f"/* {prototype}\n\n   {results}.\n   The arguments hold, in this order:\n{lists}"
        "   Needs C99 and <math.h> (link with -lm); allocates nothing. */\n\n#include <math.h>\n"
    )
    parts = []
    for i, chunk in enumerate(pieces.chunks):
        lines = [f"static void chunk_{i}(const double *parameters, const double *inputs, double *v)", "{"]
        lines += ["    (void)parameters; (void)inputs; (void)v;"]
        lines += [f"    const double {name} = {element};" for name, element in chunk.operands()]
        for target, text, comment in chunk.statements:
            place = pieces.place.get(target)
            if target in pieces.results:
                lines.append(f"    v[{place}] = {text};")
                continue
            lines.append(f"    const double {target} = {text};{f' /* {comment} */' if comment else ''}")
            lines += [f"    v[{place}] = {target};"] if place is not None else []
        parts.append("\n".join([*lines, "}"]) + "\n")
    calls = "".join(f"    chunk_{i}(parameters, inputs, v);\n" for i in range(len(pieces.chunks)))
    outcome = f"    value[0] = v[0];\n    for (int i = 0; i < {len(emitted.gradients)}; i++) gradients[i] = v[{n} + i];\n"
    if not single:
        outcome = f"    for (int i = 0; i < {n}; i++) values[i] = v[i];\n"
    driver = f"{prototype}\n{{\n    double v[{pieces.size}];\n{calls}{outcome}}}\n"
    return "\n".join([head, *parts, driver])
