"""The C source of a program: the statements of a graph as functions of one row, or of a vector of rows, and what runs them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from importlib import resources
from itertools import accumulate

from .c_compiler import INEXACT
from .c_loops import INDEX, Looped, Use
from .c_table import MOST, Surroundings, Table
from .chunks import partition
from .loops import Matrix
from .statements import NAME, Emitted, Statement

WHOLE = 600  # operands up to which a program is one function, which reads best
PART = 300  # operands in each function of a longer one: the compiler's time grows faster than a function
FILE = 14  # such functions in each file: several files are compiled at a time
ONE_ROW = 5_000  # operands up to which one row has code of its own; above, the compiler's time counts, and one row runs as a vector
LONG = 50_000  # operands above which a program is a table of instructions, if these are few
LARGE = "-Og"
OF_VECTORS = {*INEXACT} - {"lgamma", "tgamma"}  # the functions of <math.h> that vectors.h has names for
PLAIN_PART = 6_000  # operands in each function of a saved file, which is for reading
_PREFACE = """\
/* Built twice: for one row, where a number is a double, and for vectors of rows. The loops are those of loops.h:
   z = W x + b is product(z, W, stride, b, step, x, m, n), with W[j][i] at W + j * stride + i and b[j] at b + j * step. */

"""
ROW, ROWS = "#define LANES 1\n", ""
_ARGUMENTS = "const double *parameters, const number *inputs, number *v, number *totals"


class Sources:
    """The files of a program. ``text`` is what a person reads, without the parts that are the same in every program."""

    def __init__(self, looped: Looped) -> None:
        self._looped = looped
        emitted = looped.emitted
        self.results = [*emitted.values, *emitted.gradients]
        self._parameters = looped.parameter_places
        self._inputs = {name: i for i, name in enumerate(emitted.inputs)}
        kept = looped.arrays.keys() & {name for _, uses in looped.matrices for use in uses for part in use for name in NAME.findall(part)}
        arrays = sorted(looped.arrays, key=lambda name: name not in kept)  # those that gradients are made of come first
        sizes = [looped.arrays[name] for name in arrays]
        self._arrays = dict(zip(arrays, accumulate([0, *sizes])))
        self._kept = sum(looped.arrays[name] for name in kept)
        self._places: dict[str, int] = {}  # of values that one function hands to another, behind the arrays
        self._first_further = sum(sizes)
        self._first_place = self._first_further + len(looped.further)
        self._data: list[str] = []  # the table of a long program
        self._functions = self._statement_functions()
        self.text = _PREFACE + "\n".join([*self._functions, self._gradients(), *self._data])
        # Loops run best with -O2, and so do roots in vectors. It makes other statements no faster than -O1 does, and a great
        # many of them take too long.
        self.level = "-O2" if looped.matrices or self._data or not (looped.single or self._chunks) else "-O1" if self.has_row else LARGE

    def files(self, result_count: int, lanes: str, exact: bool) -> list[str]:
        """What is compiled: the functions for one row (``ROW``) or for vectors of rows (``ROWS``), in files that are compiled at a time.

        Not ``exact``, they call the C library's functions of vectors, where it has them.
        """
        first = f"{lanes}{self._constants(result_count)}{_asset('loops.h')}{'' if exact else _asset('vectors.h')}"
        size = max(FILE, -(-len(self._functions) // 8))
        texts = ["\n".join(self._functions[i : i + size]) for i in range(0, len(self._functions), size)]
        last = f"{self._gradients()}\n{_asset('rows.h')}"
        if self._looped.matrices:
            texts.append(f"void NAME(statements)({_ARGUMENTS});\n{last}")  # loops take the compiler long
        else:
            texts[-1] = f"{texts[-1]}\n{last}"
        heads = "".join(f"void NAME(chunk_{i})({_ARGUMENTS});\n" for i in range(self._chunks))  # of functions in other files
        return [f"{first}{heads}{_wrappers(text, lanes == ROW, exact)}\n{text}" for text in texts] + self._data

    def _constants(self, result_count: int) -> str:
        looped = self._looped
        weights = sum(matrix.m * (matrix.n + (matrix.bias is not None)) for matrix, _ in looped.matrices)
        places = [0, *(1 + place for place in looped.gradient_places)] if looped.single else list(range(len(self.results)))
        plain = places == list(range(len(places)))
        table = "" if plain else f"static const int place_of_total[] = {{{', '.join(map(str, places))}}};\n"
        constants = {
            "INPUTS": len(self._inputs), "PLACES": self._first_place + len(self._places), "KEPT": self._kept,
            "TOTALS": len(places), "RESULTS": result_count, "FURTHER": len(looped.further), "FIRST_FURTHER": self._first_further,
            "WEIGHTS": weights, "ABSENT": int(len(places) + weights < result_count),
        }  # fmt: skip
        listed = ", ".join(f"{name} = {value}" for name, value in constants.items())
        place = "(t)" if plain else "place_of_total[t]"
        return f"enum {{ {listed} }};\n#define SINGLE {int(looped.single)}\n#define PLACE(t) {place}\n{table}"

    # -- the statements ------------------------------------------------------------------------------------------
    def _statement_functions(self) -> list[str]:
        emitted = self._looped.emitted
        results = [Statement(f"totals[{i}]", text, "") for i, text in enumerate(self.results)]
        groups: list[list[Statement]] = [[]]
        room = limit = WHOLE
        home: dict[str, int] = {}
        notes = [Statement("", f"/* {word} */", "") for word in (("forward", "backward") if self._looped.single else ())]
        further = [Statement(f"v[{self._first_further + i}]", text, "") for i, text in enumerate(self._looped.further)]
        statements = [*notes[:1], *emitted.forward, *further, *notes[1:], *emitted.backward, *results]
        counts = [max(1, len(NAME.findall(statement.text))) for statement in statements]
        self.has_row = sum(counts) <= ONE_ROW
        if sum(counts) > LONG:
            table = Table(statements, Surroundings(self._arrays, self._parameters, self._inputs, self._first_place, self._looped.single))
            if table.operands <= MOST:
                self.has_row, self._places, self._data = True, table.places, [table.data()]
                return [table.function(f"void NAME(statements)({_ARGUMENTS})", as_vector)]
        if sum(counts) > WHOLE:
            room = limit = PART
        for statement, count in zip(statements, counts):
            if room <= 0:
                groups.append([])
                room = limit
            room -= count
            for name in NAME.findall(statement.text):
                if home.get(name, len(groups)) != len(groups):
                    self._places.setdefault(name, self._first_place + len(self._places))
            home[statement.target] = len(groups)
            groups[-1].append(statement)
        if len(groups) == 1:
            return [self._function("statements", statements)]
        parts = [self._function(f"chunk_{i}", group) for i, group in enumerate(groups)]
        calls = "".join(f"    NAME(chunk_{i})(parameters, inputs, v, totals);\n" for i in range(len(groups)))
        self._chunks = len(parts)
        return [*parts, f"void NAME(statements)({_ARGUMENTS})\n{{\n{calls}}}\n"]

    _chunks = 0

    def _function(self, name: str, statements: Sequence[Statement]) -> str:
        used = list(dict.fromkeys(name for statement in statements for name in NAME.findall(f"{statement.text} {statement.target}")))
        targets = {statement.target for statement in statements}
        lines = [f"    number *const {name} = {_at('v', self._arrays[name])};" for name in used if name in self._arrays]
        scalars = [name for name in used if name in self._parameters]
        lines += [f"    const double {name} = parameters[{self._parameters[name]}];" for name in scalars]
        lines += [f"    const number {name} = inputs[{self._inputs[name]}];" for name in used if name in self._inputs]
        lines += [f"    const number {name} = v[{self._places[name]}];" for name in used if name in self._places and name not in targets]
        plain = {*scalars, "INFINITY", "NAN"}
        for statement in statements:
            lines += self._lines(statement, plain)
        return "\n".join([f"void NAME({name})({_ARGUMENTS})", "{", *lines, "}"]) + "\n"

    def _lines(self, statement: Statement, plain: Collection[str]) -> list[str]:
        target, text, comment, count = statement
        note = f" /* {comment} */" if comment else ""
        if not target:
            return [f"    {text}{note}"]
        vector = as_vector(text, plain)
        if count:
            return [f"    for (int {INDEX} = 0; {INDEX} < {count}; {INDEX}++) {target} = {vector};{note}"]
        if target.startswith("totals[") and self._looped.single:
            return [f"    ADD({target}) {vector};"]
        if not target.isidentifier():
            return [f"    {target} = {vector};{note}"]
        stored = f"v[{self._places[target]}] = " if target in self._places else ""
        return [f"    const number {target} = {stored}{vector};{note}"]

    # -- the gradients of weights ----------------------------------------------------------------------------------
    def _gradients(self) -> str:
        looped = self._looped
        if not looped.single:
            return ""
        uses = [use for _, several in looped.matrices for use in several]
        arrays = dict.fromkeys(name for use in uses for part in use for name in NAME.findall(part))
        lines = [f"    const number *const {name} = {_at('v', self._arrays[name])};" for name in arrays if name in self._arrays]
        lines += [_outer_product(matrix, several) for matrix, several in looped.matrices]
        signature = "const number *inputs, const number *v, double *out, rows_of_a_tile *rows"
        text = "\n".join([f"static void NAME(gradients)({signature})", "{", *lines, "}"]) + "\n"
        cleared = [f"    clear_lanes({_at('v', self._arrays[use.d])}, {looped.arrays[use.d]}, lanes);" for use in uses]
        head = ["", "#if LANES > 1", "static void rows_clear_lanes(number *v, int lanes)", "{"]
        return text + "\n".join([*head, *cleared, "}", "#endif"]) + "\n"


def _outer_product(matrix: Matrix, uses: Sequence[Use]) -> str:
    bias = "NULL, 0" if matrix.bias is None else f"out + {1 + matrix.bias}, {matrix.step}"
    ds, xs = ", ".join(use.d for use in uses), ", ".join(use.x for use in uses)
    lists = f"LIST({ds}), LIST({xs}), {len(uses)}"
    call = f"outer_product(out + {1 + matrix.start}, {matrix.stride}, {bias}, {lists}, {matrix.m}, {matrix.n}, rows);"
    formula = " + ".join(f"{use.d} {use.x}^T" for use in uses[:3]) + (" + ..." if len(uses) > 3 else "")
    return f"    {call} /* dW = {formula}, added up over the rows */"


def _at(name: str, place: int) -> str:
    return f"{name} + {place}" if place else name


@lru_cache(maxsize=4)
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


# -- vectors -----------------------------------------------------------------------------------------------------------
def as_vector(text: str, scalars: Collection[str] = ("INFINITY", "NAN")) -> str:
    """The text as a vector: ``V`` stays only around what is a plain double, which spares the compiler much work."""
    text = _WRAPPED.sub(lambda match: match[0] if match[1] in scalars else f"{match[1]}{match[2]}", text)
    is_vector = _CALL.search(text) is not None or not {*scalars, INDEX}.issuperset(NAME.findall(text))
    return text if is_vector else f"V({text})"


_CALL = re.compile(r"\b(SELECT|lanes_\w+)\(")
_WRAPPED = re.compile(r"\bV\(([A-Za-z_]\w*)((?:\[\w+\])?)\)")


def _wrappers(text: str, one_row: bool, exact: bool) -> str:
    """The functions of <math.h> that ``text`` calls, for vectors, with as many operands as in the calls."""
    if one_row:
        return "".join(f"#define {call} {call.removeprefix('lanes_')}\n" for call in sorted(set(re.findall(r"\blanes_\w+(?=\()", text))))
    ends = {call[1]: call.end() for call in re.finditer(r"\blanes_(\w+)\(", text)}
    return "".join(_wrapper(name, "xyz"[: _operands_of_call(text, ends[name])], exact or name not in OF_VECTORS) for name in sorted(ends))


def _operands_of_call(text: str, start: int) -> int:
    """How many operands a call has whose bracket opens before ``start``."""
    depth, count = 1, 1
    for character in text[start:]:
        depth += (character == "(") - (character == ")")
        count += depth == 1 and character == ","
        if depth == 0:
            break
    return count


def _wrapper(name: str, operands: str, exact: bool) -> str:
    arguments = ", ".join(f"number {operand}" for operand in operands)
    lane = f"{name}({', '.join(f'{operand}[i]' for operand in operands)})"
    loop = f"{{ number out; for (int i = 0; i < LANES; i++) out[i] = {lane}; return out; }}"
    one_by_one = f"static __attribute__((noinline, const)) number lanes_{name}({arguments})\n    {loop}\n"
    if exact:
        return one_by_one
    vector = f"VECTOR({'v' * len(operands)}, {name})"
    at_once = f"__attribute__((const)) number {vector}({arguments});\n#define lanes_{name} {vector}\n"
    return f"#ifdef VECTOR\n{at_once}#else\n{one_by_one}#endif\n"


# -- a file for reading ------------------------------------------------------------------------------------------
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
        for target, text, comment, _ in chunk.statements:
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
