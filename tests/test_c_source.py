"""The C source of a few small programs that have all its parts: their numbers, to the bit, for one row and for many."""

import math
import platform
import random
import re
from contextlib import suppress

import numpy as np
import pytest
from test_programs import CASES, first_defined
from test_table import NEAR_ONE, ROWS

import autograd_core as ac
from autograd_core import Value, compile_graph, dot
from autograd_core.programs import c_source
from autograd_core.programs.c import LANES
from autograd_core.programs.c_loops import emit_loops
from autograd_core.programs.graph import Graph

pytestmark = pytest.mark.usefixtures("own_cache")


def leaves(count, seed):
    rng = random.Random(seed)
    return [Value(rng.uniform(-1.0, 1.0), f"n{seed}_{i}") for i in range(count)]


def layer(parameters, xs, size, activation, bias=True):
    """A layer of neurons whose weights, and biases if it has them, are the next of the parameters."""
    found = []
    for _ in range(size):
        w = [next(parameters) for _ in xs]
        found.append(activation(dot(w, xs, next(parameters) if bias else 0.0)))
    return found


def network(bias=True, shared=False):
    """Loops over matrices, with other operations between them; and one matrix that is used twice."""
    parameters, x = leaves(60, 1), leaves(3, 2)
    p = iter(parameters)
    hidden = layer(p, x, 4, ac.tanh, bias)
    if shared:
        square = [next(p) for _ in range(16)]
        for _ in range(2):
            hidden = [ac.relu(dot(square[4 * i : 4 * i + 4], hidden, 0.1)) for i in range(4)]
    (out,) = layer(p, hidden, 1, lambda y: y, bias)
    beside = next(p), next(p)  # they stand in no matrix
    used = parameters[: parameters.index(next(p))]
    return (out - x[0]) ** 2 + ac.where(x[1], *beside), used, x


def plain():
    """No loops: functions of one and two operands, conditionals, numbers that are handed on."""
    w, x = leaves(4, 3), leaves(3, 4)
    a = ac.maximum(w[0] * x[0], w[1]) + ac.atan2(x[1], w[2])
    b = ac.where(x[2], a * a, ac.exp(a)) + ac.hypot(a, x[0])
    return ac.sigmoid(a * b) + ac.relu(b - w[3]) * ac.sinc(a) + x[1] % 0.3, w, x


SHAPES = {"plain": plain, "network": network, "without bias": lambda: network(bias=False), "shared": lambda: network(shared=True)}
LIMITS = {
    "whole": {}, "in parts": {"WHOLE": 12, "PART": 6, "FILE": 2}, "only vectors": {"ONE_ROW": 1},
    "table": {"LONG": 1}, "table of too many kinds": {"LONG": 1, "MOST": 1},
}  # fmt: skip


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("shape", SHAPES)
def test_one_row_and_many_give_the_numbers_of_the_python_program(shape, limits, monkeypatch):
    for name, limit in LIMITS[limits].items():
        monkeypatch.setattr(c_source, name, limit)
    out, w, x = SHAPES[shape]()
    built, reference = compile_graph(out, w, x, "c"), compile_graph(out, w, x)
    values, rng = [p.data for p in w], random.Random(5)
    rows = [[rng.uniform(-1.0, 1.0) for _ in x] for _ in range(11)]
    for row in rows[:3]:
        assert built(values, row) == reference(values, row)
    for count in (1, 4, 11):
        value, slopes = built.batch(values, rows[:count])
        each = [reference(values, row) for row in rows[:count]]
        assert value == pytest.approx(sum(v for v, _ in each), rel=1e-13, abs=0.0)
        assert slopes == pytest.approx([sum(column) for column in zip(*(g for _, g in each))], rel=1e-12, abs=1e-14)
    parts = len(re.findall(r"^void NAME\(chunk_\d+\)", built.source, re.MULTILINE))
    assert (parts > 2) == (limits == "in parts")
    assert ("\nconst int table[] = {" in built.source) == (limits == "table")


@pytest.mark.parametrize("limits", ["whole", "in parts", "table"])
def test_several_results_keep_their_order(limits, monkeypatch):
    for name, limit in LIMITS[limits].items():
        monkeypatch.setattr(c_source, name, limit)
    out, w, x = network()
    second, w2, x2 = plain()
    outputs, inputs = [out * 2.0, second, out, x[1], second - out], [*x, *x2]
    built, reference = (compile_graph(outputs, [*w, *w2], inputs, dialect) for dialect in ("c", "python"))
    values, rng = [p.data for p in (*w, *w2)], random.Random(6)
    rows = [[rng.uniform(-1.0, 1.0) for _ in inputs] for _ in range(9)]
    assert built(values, rows[0]) == reference(values, rows[0])
    assert [list(row) for row in built.batch(values, rows)] == [list(reference(values, row)) for row in rows]


def test_what_a_person_reads():
    out, w, x = network(shared=True)
    source = compile_graph(out, w, x, "c").source
    assert source.count("/* dW = ") == source.count("outer_product(")
    assert len(re.findall(r"/\* dW = \w+ \w+\^T \+ \w+ \w+\^T, added up over the rows \*/", source)) == 1
    assert source.index("/* forward */") < source.index("/* backward */") < source.index("totals[0]")
    assert source.count("/* forward */") == source.count("/* backward */") == 1
    assert "/* forward */" not in compile_graph([out], w, x, "c").source
    out, w, x = plain()
    source = compile_graph(out, w, x, "c").source
    assert "/* atan2(" in source or "/* hypot(" in source or "/* sigmoid(" in source
    assert re.search(r"const double n3_0 = parameters\[0\];", source)
    assert re.search(r"const number n4_1 = inputs\[1\];", source)


@pytest.mark.parametrize("steps", [2, 3, 4, 5])
def test_the_gradient_of_a_matrix_is_said_with_its_first_three_uses(steps):
    square, x = leaves(16, 1), leaves(4, 2)
    h = x
    for _ in range(steps):
        h = [ac.tanh(dot(square[4 * i : 4 * i + 4], h, 0.1)) for i in range(4)]
    (said,) = re.findall(r"/\* dW = (.*), added up over the rows \*/", sources_of([h[0] + h[1] + h[2] + h[3]], square, x).text)
    terms = said.split(" + ")
    assert all(re.fullmatch(r"\w+ \w+\^T", term) for term in terms[:3])
    assert terms[3:] == ["..."] * (steps > 3)


def sources_of(outputs, wrt, inputs, single=True):
    return c_source.Sources(emit_loops(Graph(outputs, wrt, inputs, single), LANES))


def test_how_much_the_compiler_is_asked_to_do(monkeypatch):
    """A great many statements take it minutes, and one row has code of its own where that is built quickly."""
    for shape, level in ((network, "-O2"), (plain, "-O1")):
        out, w, x = shape()
        assert [(s.level, s.has_row) for s in (sources_of([out], w, x), sources_of([out], w, x, False))] == [(level, True), ("-O2", True)]
    out, w, x = plain()
    monkeypatch.setattr(c_source, "ONE_ROW", 1)
    assert [(s.level, s.has_row) for s in (sources_of([out], w, x), sources_of([out], w, x, False))] == [("-Og", False), ("-O2", False)]
    monkeypatch.setattr(c_source, "LONG", 1)
    assert (sources_of([out], w, x).level, sources_of([out], w, x).has_row) == ("-O2", True), "a table of instructions"
    monkeypatch.setattr(c_source, "LONG", 10_000)
    monkeypatch.setattr(c_source, "WHOLE", 1)
    monkeypatch.setattr(c_source, "PART", 1)
    parts = sources_of([out], w, x, False)
    assert (parts.level, parts.has_row) == ("-Og", False)


@pytest.mark.parametrize("shape", [plain, network])
def test_a_long_program_is_a_few_files_with_each_function_in_one_of_them(shape, monkeypatch):
    for name in ("WHOLE", "PART", "FILE"):
        monkeypatch.setattr(c_source, name, 1)
    out, w, x = shape()
    source = sources_of([out], w, x)
    functions = re.findall(r"^void NAME\(chunk_\d+\).*?^\}$", source.text, re.MULTILINE | re.DOTALL)
    assert max(len(function.splitlines()) for function in functions) < 16, "one statement, and what it reads"
    files = source.files(1 + len(w), c_source.ROW, exact=True)
    defined = [name for text in files for name in re.findall(r"^(?:static )?void NAME\((\w+)\)\(.*\)\n\{", text, re.MULTILINE)]
    count = sum(name.startswith("chunk_") for name in defined)
    assert count > 16
    assert sorted(defined) == sorted([*(f"chunk_{i}" for i in range(count)), "statements", "gradients"])
    assert 4 < len(files) <= 8 + (shape is network)
    monkeypatch.setattr(c_source, "WHOLE", 1000)
    assert "chunk_" not in sources_of([out], w, x).text


def test_an_operand_that_the_compiler_can_know_gives_the_numbers_of_python_too():
    # On one side of the maximum the operand is a constant, and a compiler that computes its sine rounds otherwise than the library.
    # It looks at each side apart in small programs, and where no other node reads the maximum.
    cases = []
    for row in ac.TABLE.values():
        for c in (0.3, 0.5, 0.7, 1.75) if row.arity in (1, 2) else ():
            x = Value(-9.0, f"x{len(cases)}")
            with suppress(ac.DomainError):
                cases.append((x, row(ac.maximum(c, x), *[0.375] * (row.arity - 1))))
    assert len(cases) > 150
    for first in range(0, len(cases), 40):
        inputs, outputs = zip(*cases[first : first + 40])
        built, reference = (compile_graph(outputs, [], inputs, dialect) for dialect in ("c", "python"))
        row = [-9.0] * len(inputs)
        assert list(built([], row)) == list(reference([], row))


def functions_of_the_table():
    """A program of all operations of one or two operands, each with leaves of its own, and columns of ordinary and of special numbers."""
    cases = [case for case in CASES if case.label in {parameter.id for parameter in ROWS if parameter.values[1] < 3}]
    leaves = [[Value(x) for x in first_defined(case)] for case in cases]
    outputs = [case.f(*own) for case, own in zip(cases, leaves)]
    program = compile_graph(outputs, [], [leaf for own in leaves for leaf in own], "c")
    rng = np.random.default_rng(7)
    special = [0.0, 1.0, math.nan, math.inf, 5e-324, 1e-310, 2.3e-308, 1e308, 708.4, 709.79, 710.5, 745.2, 26.6, 1022.5, 1e22, *NEAR_ONE]
    pairs = np.array([(a * x, b * y) for x in special for y in special for a in (1.0, -1.0) for b in (1.0, -1.0)]).T
    shapes = [
        rng.normal(0.0, 3.0, 1000),
        rng.uniform(-1.0, 1.0, 1000),
        rng.uniform(-750.0, 750.0, 1000),
        np.exp(rng.uniform(-700.0, 700.0, 1000)),
    ]
    numbers = np.concatenate(shapes)
    columns = {1: [np.concatenate([pairs[0], numbers])], 2: [np.concatenate([pair, rng.permutation(numbers)]) for pair in pairs]}
    return cases, program, [column for own in leaves for column in columns[len(own)]]


def test_what_is_not_exact_is_within_some_units_in_the_last_place_and_special_where_the_exact_is():
    cases, program, columns = functions_of_the_table()
    exact = program.columns([], columns)
    program.exact = False
    near = program.columns([], columns)
    differ = 0
    for case, a, b in zip(cases, exact, near):
        finite = np.isfinite(a)
        assert np.array_equal(a[~finite], b[~finite], equal_nan=True), case.label
        assert np.array_equal(np.signbit(a[finite]), np.signbit(b[finite])), case.label
        terms_cancel = case.label.startswith(("sinc 1", "sinc 2", "logsumexp"))  # those of a size of about 1
        units = np.spacing(np.maximum(np.abs(a[finite]), terms_cancel))
        assert np.all(np.abs(a[finite] - b[finite]) <= 8.0 * units + 1e-300), case.label
        differ += np.any(a[finite] != b[finite])
    name, version = platform.libc_ver()
    here = platform.machine() == "x86_64" and name == "glibc" and tuple(map(int, version.split("."))) >= (2, 35)
    assert differ > 20 if here else differ == 0
    program.exact = True
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(exact, program.columns([], columns)))


@pytest.mark.parametrize("library", ["of this machine", "without such functions"])
def test_both_are_kept_and_one_row_stays_exact(library, tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_CORE_CACHE", str(tmp_path))
    if library == "without such functions":
        asset = c_source._asset
        monkeypatch.setattr(c_source, "_asset", lambda name: "" if name == "vectors.h" else asset(name))
    out, w, x = network()
    program, values, rng = compile_graph(out, w, x, "c"), [p.data for p in w], random.Random(8)
    rows = [[rng.uniform(-1.0, 1.0) for _ in x] for _ in range(2500)]
    one, exact = program(values, rows[0]), program.batch(values, rows)
    assert program.exact
    program.exact = False
    assert not program.exact
    program.threads_from = 0
    for program.threads in (1, 2):
        value, slopes = near = program.batch(values, rows)
        assert value == pytest.approx(exact[0], rel=1e-13, abs=0.0)
        assert slopes == pytest.approx(exact[1], rel=1e-12, abs=1e-12)
        assert near == exact or library == "of this machine"
    assert program(values, rows[0]) == one
    for program.exact, expected in ((True, exact), (False, near)):
        assert program.batch(values, rows) == expected
    assert len(list(tmp_path.rglob("*.so"))) == 3
