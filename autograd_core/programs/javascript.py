"""The JavaScript dialect: a source that Node and browsers run, and the rows of the table for the step player."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..formulas.spelling import Dialect, spelling
from ..primitive import ATOM, Primitive
from .chunks import Chunk, Partition, is_longer, partition
from .graph import Graph
from .program import Program, indented_list, returned
from .rows import row_text
from .statements import Emitted, Statement

WHOLE = 4_000  # operands: up to here one function; engines do not optimize very long ones, and a call has room for about 100,000 names
CHUNK = 2_000  # operands in each function of a longer program

_IN_MATH = """acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh exp expm1 floor hypot log log10 log1p log2
    sin sinh sqrt tan tanh trunc"""
IN_MATH = _IN_MATH.split()
"""The functions of Python's :mod:`math` that ``Math`` has under the same name."""

HELPERS = {
    "pow": """\
// As in C and Python: 1 to any power is 1, and so is -1 to an infinite one, where Math.pow gives NaN.
function pow(x, y) {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y);
}
""",
    "copysign": """\
function copysign(x, y) {
  return y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x);
}
""",
    "fmod": """\
function fmod(x, y) {
  return x % y;
}
""",
    "erf": """\
// By a series of positive terms near 0 and by erfc elsewhere (Abramowitz and Stegun, 7.1.6).
function erf(x) {
  if (Math.abs(x) >= 1) return copysign(1 - erfc(Math.abs(x)), x);
  let term = 1, rest = 0;
  for (let n = 1; n < 24; n++) {
    term *= 2 * x * x / (2 * n + 1);
    rest += term;
  }
  return 2 / Math.sqrt(Math.PI) * exp_minus_square(x) * x * (1 + rest);
}
""",
    "erfc": """\
// By the continued fraction (Abramowitz and Stegun, 7.1.14), which needs the more terms the smaller x is.
function erfc(x) {
  if (x !== x) return x;
  if (x < 0.5) return x < -0.5 ? 2 - erfc(-x) : 1 - erf(x);
  if (x > 28) return 0;
  let tail = 0;
  for (let n = Math.ceil(30 + 200 / (x * x)); n > 0; n--) tail = n / 2 / (x + tail);
  return exp_minus_square(x) / Math.sqrt(Math.PI) / (x + tail);
}
""",
    "exp_minus_square": """\
// exp(-x * x), with the square in two parts, for exp would magnify its rounding.
function exp_minus_square(x) {
  const short = Math.fround(x);
  return Math.exp(-short * short) * Math.exp(-(x - short) * (x + short));
}
""",
}
"""What JavaScript does not have, as functions; a program brings along those that it uses. A new one is an entry here."""

_NAMES = {name: f"Math.{name}" for name in IN_MATH} | {name: name for name in HELPERS}
_NAMES |= {"fabs": "Math.abs", "inf": "Infinity", "nan": "NaN"}
_WORDS = """
    arguments async await break case catch class const continue debugger default delete do else enum eval export extends false finally
    for function if implements import in instanceof interface let new null of package private protected public return static super
    switch this throw true try typeof undefined var void while with yield Infinity NaN Math Object module exports
    program parameters inputs v"""
RESERVED = {*_WORDS.split(), *HELPERS}


def identifier(name: str) -> str:
    """The name, changed if JavaScript or the program uses it itself."""
    return f"{name}_" if name in RESERVED or name.startswith("chunk_") else name


NOTATION = Dialect("javascript", _NAMES.__getitem__, ("", " ? ", " : ", ""), (" && ", " || "), identifier=identifier)
PLAYED = NOTATION._replace(cut="null", number="+")  # null is 0 in arithmetic, and is told from it
# Of a page that refuses what Python refuses: every function is one of an object ``math``, which may check its operands.
CHECKED = PLAYED._replace(function="math.{}".format, quotient="divide")

_HEAD = """\
// program(parameters, inputs) takes two arrays of numbers and returns {result}.
//   parameters: {parameters}
//   inputs: {inputs}
// In a page: <script src="program.js"></script>. In Node: const program = require("./program.js").
// As an ES module, which save("program.mjs") writes: import {{ program }} from "./program.mjs".

"""
_COMMON = 'if (typeof module === "object") module.exports = program;\n'  # nothing in a page


class JavaScriptProgram(Program):
    """A program for Node and browsers, in ``source``; ``save`` writes it. A value that is not defined is NaN or Infinity.

    Its arithmetic is that of the graph to the bit; functions such as exp are those of the JavaScript engine, which
    may differ from Python's in the last bits.
    """

    dialect = "javascript"
    notation = NOTATION
    endings = (".js", ".mjs", ".cjs")
    runs_here = False

    def _build(self, graph: Graph, emitted: Emitted) -> None:
        result = "[value, gradients], with a derivative by each parameter" if self.single else "an array of the values"
        parameters, inputs = (", ".join(names) or "none" for names in (emitted.parameters, emitted.inputs))
        body = javascript_source(emitted, self.single)
        used = helpers(body)
        self.source = _HEAD.format(result=result, parameters=parameters, inputs=inputs) + (f"{used}\n{body}" if used else body)

    def _file_text(self, ending: str) -> str:
        return f"{self.source}\n{'export { program };' if ending == '.mjs' else _COMMON}"


def helpers(text: str) -> str:
    """The helpers that ``text`` calls, and those which they call themselves."""
    found: dict[str, str] = {}
    texts = [text]
    while texts:
        for name in re.findall(r"(?<![\w.])(\w+)\(", texts.pop()):
            if name in HELPERS and name not in found:
                found[name] = HELPERS[name]
                texts.append(HELPERS[name])
    return "".join(found[name] for name in HELPERS if name in found)


# -- source --------------------------------------------------------------------------------------------------------
def javascript_source(emitted: Emitted, single: bool) -> str:
    """The function ``program``, or, beyond ``WHOLE`` operands, several that hand over an array ``v``."""
    if not is_longer(emitted, WHOLE):
        return _one_function(emitted, single)
    pieces = partition(emitted, CHUNK)
    chunks = [_chunk_function(i, chunk, pieces) for i, chunk in enumerate(pieces.chunks)]
    calls = [f"  chunk_{i}(parameters, inputs, v);" for i in range(len(chunks))]
    n = len(emitted.values)
    result = f"[v[0], Array.from(v.slice(1, {1 + len(emitted.gradients)}))]" if single else f"Array.from(v.slice(0, {n}))"
    start = ["function program(parameters, inputs) {", f"  const v = new Float64Array({pieces.size});"]
    return "\n".join([*chunks, *start, *calls, f"  return {result};", "}\n"])


def _one_function(emitted: Emitted, single: bool) -> str:
    lines = ["function program(parameters, inputs) {"]
    for names, source in ((emitted.parameters, "parameters"), (emitted.inputs, "inputs")):
        lines += _unpacked(names, source) if names else []
    lines += ["    // forward", *(_line(statement) for statement in emitted.forward)]
    if single:
        lines += ["    // backward", *(_line(statement) for statement in emitted.backward)]
        lines += returned(f"return [{emitted.values[0]}, [", emitted.gradients, "]];")
    else:
        lines += returned("return [", emitted.values, "];")
    return "\n".join([lines[0], *(line.replace("    ", "  ", 1) for line in lines[1:]), "}\n"])


def _unpacked(names: Sequence[str], source: str) -> list[str]:
    """The names of the elements of an array. Many of them stand by their places: a pattern asks an iterator for each, which takes so
    much code that engines do not optimize the function (with 250 parameters it is 50 times slower)."""
    one_line = f"    const [{', '.join(names)}] = {source};"
    if len(one_line) <= 110:
        return [one_line]
    lines = indented_list([f"{name} = {source}[{i}]" for i, name in enumerate(names)])
    return ["    const", *lines[:-1], lines[-1].removesuffix(",") + ";"]


def _line(statement: Statement) -> str:
    comment = f"  // {statement.comment}" if statement.comment else ""
    return f"    const {statement.target} = {statement.text};{comment}"


def _chunk_function(i: int, chunk: Chunk, pieces: Partition) -> str:
    lines = [f"function chunk_{i}(parameters, inputs, v) {{"]
    lines += [f"  const {name} = {element};" for name, element in chunk.operands()]
    lines += [f"  const {name} = {text};" if name else f"  {text};" for name, text in pieces.assignments(chunk)]
    return "\n".join([*lines, "}\n"])


def row_functions(primitive: Primitive, count: int, dialect: Dialect = PLAYED) -> str:
    """The row on ``count`` operands as an object of two functions: its value, and its derivatives. They may call ``HELPERS``,
    or in the dialect ``CHECKED`` the functions of an object ``math``.

    The zero that cuts a path is ``null``.

    >>> from autograd_core import TABLE
    >>> print(row_functions(TABLE["tanh"], 1))
    {value: (x) => { return Math.tanh(x); }, derivatives: (out, x) => { return [1.0 - out * out]; }}
    """
    pattern = row_text(primitive, count, dialect)
    shown = spelling(primitive.eager, dialect) if isinstance(primitive.eager, str) else pattern.value
    names = (*pattern.operands, *(name for name, _ in pattern.before), "out")
    same: dict[str, tuple[str, float]] = {name: (name, ATOM) for name in names}
    before = "".join(f"const {name} = {text.fill(same)}; " for name, text in pattern.before)
    operands = ", ".join(pattern.operands)
    derivatives = ", ".join(edge.derivative.fill(same) for edge in pattern.edges)
    value = f"({operands}) => {{ {before}return {shown.fill(same)}; }}"
    return f"{{value: {value}, derivatives: (out, {operands}) => {{ {before}return [{derivatives}]; }}}}"
