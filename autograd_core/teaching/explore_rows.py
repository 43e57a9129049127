"""What a page knows of the table and of the language, as JavaScript: the rows that a formula may use, and what its names mean.

Nothing is listed here a second time: the functions come from the language, their rows from the table, printed by the
JavaScript dialect, and what is made of several rows (softmax) is recorded once and printed as the rows that it is made of.
"""

from __future__ import annotations

import itertools
import json
import keyword
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

from ..formulas.expression import Expression, Literal, Symbol, with_figures
from ..formulas.typesetting import number_text, operation_text
from ..number import FAMILIES, TABLE
from ..primitive import Primitive
from ..programs.javascript import CHECKED, row_functions
from ..value import Constant, Value, topological_order
from ..views.language import CONSTANTS, FUNCTIONS, LISTS, MODULES, OTHER_NAMES, SEQUENCES
from ..views.language_errors import SIGNS
from ..views.roles import is_loose, symbol_of

LONGEST = 10  # numbers in a list that is typed into a page
WHOLE = range(-12, 13)  # the exponents whose rows are printed each for itself
# A family is printed once for the constants between two of these, where its row branches; see _template.
BRANCHES = (0.0, 1.0, 2.0, 3.0)
_SAMPLES = (-1.1484375, 0.4140625, 1.6484375, 2.3671875, 5.2421875)  # their differences from 1 are exact
_FORMS: dict[str, Callable[[float], float]] = {"c": lambda c: c, "(c - 1)": lambda c: c - 1.0, "(1 - c)": lambda c: 1.0 - c}


def page_data(counts: Collection[int] = ()) -> str:
    """The object that the script reads: rows, families, lists of at most ``LONGEST`` numbers (and of ``counts``), and names."""
    return "{\n" + ",\n".join(f"{name}: {part}" for name, part in _parts(tuple(sorted(counts))).items()) + "\n}"


@lru_cache(maxsize=8)
def _parts(counts: tuple[int, ...]) -> dict[str, str]:
    functions = {name: kind for name in FUNCTIONS if (kind := _kind(name)) is not None}
    lists = {name: dict(_recordings(name, counts)) for name, kind in functions.items() if kind["kind"] == "list"}
    single = [row for row in TABLE.values() if row.arity and not row.internal and row.name not in FAMILIES]
    rows = {row.name: row.arity for row in single if _printable(row)}
    steps = itertools.chain.from_iterable(recording["steps"] for found in lists.values() for recording in found.values())
    for name, operands in steps:
        if name not in TABLE:
            rows[name] = len(operands)
    return {
        "rows": _object({key: printed_row(TABLE[key if key in TABLE else key.rpartition("/")[0]], count) for key, count in rows.items()}),
        "families": _object({name: _family(name) for name in FAMILIES if not TABLE[name].internal}),
        "lists": _json(lists),
        "functions": _json(functions),
        "constants": json.dumps(CONSTANTS),
        "signs": json.dumps(SIGNS),
        "keywords": json.dumps(keyword.kwlist),
        "givesLists": json.dumps(LISTS),
        "modules": json.dumps(MODULES),
        "longest": str(LONGEST),
    }


def _json(x: Any) -> str:
    return json.dumps(x, ensure_ascii=False, separators=(",", ":"))


def _object(parts: dict[str, str]) -> str:
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {text}" for key, text in parts.items()) + "}"


def _printable(row: Primitive) -> bool:
    """Whether JavaScript has what the row needs."""
    try:
        row_functions(row, row.arity or 1, CHECKED)
    except ValueError:
        return False
    return True


def _kind(name: str) -> dict[str, Any] | None:
    """How a function of the language is applied; ``None`` for one whose row JavaScript cannot compute."""
    function, row = FUNCTIONS[name], TABLE.get(OTHER_NAMES.get(name, name))
    if name in SEQUENCES or (name in OTHER_NAMES and not isinstance(function, Primitive)):
        return {"kind": "list", "sequence": name in SEQUENCES, "one": name in LISTS or name == "prod"}
    if row is None or not _printable(row):
        return None
    kind = "family" if name in FAMILIES else "power" if name == "pow" else "row"
    return {"kind": kind, "row": row.name, "arity": row.arity}


# -- rows -----------------------------------------------------------------------------------------------------------
def printed_row(row: Primitive, count: int) -> str:
    """The row on ``count`` operands: its two functions, and how it reads.

    >>> print(printed_row(TABLE["tanh"], 1))  # doctest: +ELLIPSIS
    Object.assign({value: (x) => { return math.tanh(x); }, derivatives: (out, x) => { return [1.0 - out * out]; }}, {"name":"tanh",...
    """
    return f"Object.assign({row_functions(row, count, CHECKED)}, {_json(_facts(row, count))})"


def _family(name: str) -> str:
    """A family of rows: single ones, and for the constants between them, if there may be any, functions from a constant to a row."""
    family, default = FAMILIES[name], TABLE[name].constants[0]
    whole_only = name == "sinc"  # whose constant is the order of a derivative
    exact = [*map(float, WHOLE), -0.5, 0.5, 1.5, 2.5] if name == "**" else [*BRANCHES, default]
    at = {number_text(c, None): printed_row(family(c), 1) for c in dict.fromkeys(exact)}
    between = [] if whole_only else [_template(family(c), c) for c in _SAMPLES]
    rest = f"branches: {json.dumps(BRANCHES)}, between: [{', '.join(between)}], whole: {json.dumps(family(4.0).domain)}"
    return f"{{default: {default}, at: {_object(at)}, {rest}}}"


def _template(row: Primitive, sample: float) -> str:
    """The row of a family with its constant left open: where the sample, or what was computed from it, stood, stands ``c``."""
    functions = row_functions(row, 1, CHECKED)
    facts = _json(_facts(row, 1))
    for form, of in _FORMS.items():
        x = of(sample)
        functions = re.sub(rf"(?<![\w.]){re.escape(repr(abs(x)))}(?![\w.])", form if x > 0.0 else f"(-{form})", functions)
        facts = re.sub(rf"(?<![\w.]){re.escape(repr(x))}(?![\w.])", f"{{{form}}}", facts)
    return f"(c) => Object.assign({functions}, {facts})"


# -- how a row reads -------------------------------------------------------------------------------------------------
_GAP = -7000000  # a negative number for each operand: so the brackets show that one needs


def _facts(row: Primitive, count: int) -> dict[str, Any]:
    """The name, the sign and the domain of a row, and its texts, in which ``{0}`` stands for the first operand, ``{(0)}`` for
    one that gets brackets if it is negative, and ``{o}`` for the result."""
    names = [f"x{i}" for i in range(count)]
    locals_ = row.local_derivatives(Symbol("out"), *map(Symbol, names))
    return {
        "name": row.name,
        "symbol": symbol_of(row),
        "domain": row.domain,
        "weightedSum": row.weighted_sum,
        "text": _with_gaps(operation_text(row, [str(_GAP - i) for i in range(count)])),
        "locals": [_text(_formula(d), count) for d in locals_],
        "ways": {_key(way): _way(row, way) for way in _ways(row, count)},
    }


def _formula(derivative: Any) -> Expression:
    return derivative if isinstance(derivative, Expression) else Literal(derivative)


def _text(formula: Expression, count: int) -> str:
    values = {f"x{i}": float(_GAP - i) for i in range(count)} | {"out": float(_GAP - 99)}
    return _with_gaps(str(with_figures(formula, values, 9)))


def _with_gaps(text: str) -> str:
    def gap(match: re.Match[str]) -> str:
        return "{o}" if match[1] == "99" else f"{{{int(match[1])}}}"

    text = re.sub(r"(?<!\w)\(-70000(\d\d)\)", lambda match: gap(match).replace("{", "{(").replace("}", ")}"), text)
    return re.sub(r"-70000(\d\d)", gap, text)


Way = tuple[int | float, ...]  # for each operand, the first that is the same, or a number that disappears in a formula


def _ways(row: Primitive, count: int) -> Iterator[Way]:
    """The ways in which a row may be applied that read differently: to one node twice, to 0, 1 or -1."""
    yield tuple(range(count))
    if count == 2:
        yield (0, 0)
    if count == 2 and row.arithmetic:
        for number in (0.0, 1.0, -1.0):
            yield (number, 1)
            yield (0, number)


def _key(way: Way) -> str:
    return " ".join(f"={number_text(x)}" if isinstance(x, float) else str(x) for x in way)


def _way(row: Primitive, way: Way) -> dict[str, Any]:
    """The formula of the result and its derivative by each operand, as a derivation writes them."""
    operands: list[Expression] = [Literal(x) if isinstance(x, float) else Symbol(f"x{x}") for x in way]
    value = Expression.apply(row, *operands)
    links: dict[str, Any] = {}
    derivatives = [Literal(1.0) * _formula(d) for d in row.local_derivatives(Symbol("out"), *operands)]
    for place in dict.fromkeys(x for x in way if isinstance(x, int)):
        same = [derivative for x, derivative in zip(way, derivatives) if x == place and isinstance(x, int)]
        found = same[0] if len(same) == 1 else same[0] + same[1]
        formula = found.simplified() if row.arity else found
        links[str(place)] = {"text": _text(formula, len(way)), "loose": is_loose(formula)}
    return {"value": _text(value, len(way)), "links": links}


# -- functions that are made of several rows --------------------------------------------------------------------------
def _recordings(name: str, counts: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows that a function of lists applies, for so many numbers: of ``dot`` the weights, the inputs and perhaps a bias."""
    usual = range(2, 2 * LONGEST + 2) if _is_weighted_sum(name) else range(1 if name in SEQUENCES else 2, LONGEST + 1)
    for count in sorted({*usual, *(count for count in counts if count > LONGEST)}):
        yield count, _recording(name, count)


def _is_weighted_sum(name: str) -> bool:
    return name in TABLE and TABLE[name].weighted_sum


def _recording(name: str, count: int) -> dict[str, Any]:
    leaves = [Value(1.0) for _ in range(count)]
    n = count // 2
    grouped: list[Any] = [leaves] if name in SEQUENCES else leaves
    found = FUNCTIONS[name](*([leaves[:n], leaves[n : 2 * n], *leaves[2 * n :]] if _is_weighted_sum(name) else grouped))
    outputs = found if isinstance(found, list) else [found]
    places = {leaf: i for i, leaf in enumerate(leaves)}
    steps: list[tuple[str, list[Any]]] = []
    for node in dict.fromkeys(itertools.chain.from_iterable(map(topological_order, outputs))):
        if node.primitive is not None:
            places[node] = count + len(steps)
            operands = [[x.data] if isinstance(x, Constant) else places[x] for x in node.parents]
            row = node.primitive
            steps.append((row.name if row.arity else f"{row.name}/{len(operands)}", operands))
    return {"steps": steps, "results": [places[x] for x in outputs], "isList": isinstance(found, list)}
