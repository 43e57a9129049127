"""Programs over many rows, from several threads, and of more statements than one function holds."""

import math
import re
import sys
import threading
from functools import reduce

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from test_program_graphs import OPTIONS, POINT, assert_equal_everywhere, chosen, graphs, near

import autograd_core as ac
from autograd_core import Value, compile_graph, gradients, operation_count
from autograd_core.programs import c as program_c
from autograd_core.programs import c_compiler as compiler
from autograd_core.programs import c_source, javascript, python

pytestmark = pytest.mark.usefixtures("own_cache")

DIALECTS = ["python", "numpy", "c"]
ARRAYS = ["numpy", "c"]
CHUNKED = settings(OPTIONS, max_examples=80, suppress_health_check=list(HealthCheck))
CHUNKED_IN_C = settings(CHUNKED, max_examples=12, phases=[Phase.generate])  # each is a run of the C compiler


# -- many rows -----------------------------------------------------------------------------------------------------
AT = [0.7, -0.4, 1.3]


def a_loss():
    """Three parameters, the last of which alone makes up a term, and two inputs."""
    w, x = [Value(v) for v in AT], [Value(0.5), Value(-1.0)]
    out = ac.tanh(w[0] * x[0] + w[1]) * ac.softplus(x[1]) + ac.relu(x[0] * x[1] - w[0]) + w[2] ** 2 + ac.erf(x[1]) * x[0]
    return out, w, x


@pytest.fixture(scope="module")
def compiled(own_cache):
    return {dialect: compile_graph(*a_loss(), dialect) for dialect in DIALECTS}


def table(count):
    return [[math.sin(3.0 * i) * 2.0, math.cos(5.0 * i) - 0.3] for i in range(count)]


def in_row_order(single, rows):
    """The sum of single calls, from the first row to the last, and the sum of magnitudes, which bounds the rounding."""
    results = [[value, *found] for value, found in (single(AT, row) for row in rows)]
    total = reduce(lambda sums, row: [a + b for a, b in zip(sums, row)], results, [0.0] * 4)
    return total, [math.fsum(map(abs, column)) for column in zip(*results)] or [0.0] * 4


def assert_near(batch, single, rows):
    expected, magnitude = in_row_order(single, rows)
    value, found = batch
    assert all(type(number) is float for number in (value, *found))
    assert all(abs(g - e) <= 1e-12 * m for g, e, m in zip([value, *found], expected, magnitude))


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 1003])
def test_a_batch_is_the_sum_of_single_calls(count, compiled):
    rows = table(count)
    (value, *found), _ = in_row_order(compiled["python"], rows)
    assert compiled["python"].batch(AT, rows) == (value, found)
    for dialect in ARRAYS:
        assert_near(compiled[dialect].batch(AT, rows), compiled[dialect], rows)
    if count == 1:
        assert compiled["c"].batch(AT, rows) == (value, found)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 1003])
def test_a_batch_of_a_list_of_outputs_is_their_values_row_by_row(count, dialect, compiled):
    out, w, x = a_loss()
    listed = compile_graph([out, x[1], w[2], Value(3.0)], w, x, dialect)
    expected = [[compiled[dialect](AT, row)[0], row[1], AT[2], 3.0] for row in table(count)]
    found = listed.batch(AT, table(count))
    assert all(type(number) is float for row in found for number in row)
    assert found == expected if dialect != "numpy" else np.allclose(found, expected, rtol=1e-12, atol=1e-15)


def read_only(array):
    array.flags.writeable = False
    return array


FORMS = {
    "tuples": lambda rows: tuple(map(tuple, rows)),
    "float64": lambda rows: np.array(rows),
    "float32": lambda rows: np.array(rows, dtype=np.float32),
    "float16": lambda rows: np.array(rows, dtype=np.float16),
    "whole numbers": lambda rows: np.array([[round(3.0 * x) for x in row] for row in rows]),
    "Fortran order": lambda rows: np.asfortranarray(rows),
    "every other column": lambda rows: np.array([[row[0], 9.0, row[1], 9.0] for row in rows])[:, ::2],
    "every other row": lambda rows: np.repeat(np.array(rows), 2, axis=0)[::2],
    "backwards": lambda rows: np.array(rows)[::-1, ::-1],
    "the other byte order": lambda rows: np.array(rows).astype(np.dtype(float).newbyteorder()),
    "read-only": lambda rows: read_only(np.array(rows)),
    "a list of arrays": lambda rows: [np.array(row) for row in rows],
    "a list of float32 arrays": lambda rows: [np.array(row, dtype=np.float32) for row in rows],
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("form", FORMS)
def test_rows_in_any_form_give_what_their_numbers_give_as_floats(form, dialect, compiled):
    for count in (1, 9):
        rows = FORMS[form](table(count))
        before = np.array(rows)
        assert_near(compiled[dialect].batch(AT, rows), compiled[dialect], [[float(x) for x in row] for row in rows])
        assert np.array_equal(np.array(rows), before)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_parameters_in_any_form_give_what_their_numbers_give_as_floats(dialect, compiled):
    one, row = compiled[dialect], table(3)[2]
    wide = np.array([[w, 9.0] for w in AT])
    for parameters in (tuple(AT), np.array(AT), read_only(np.array(AT)), wide[:, 0], np.array(AT, dtype=np.float32), [1, 2, 3]):
        floats = [float(w) for w in parameters]
        calls = [(one(parameters, np.array(row)), one(floats, row)), (one.batch(parameters, table(9)), one.batch(floats, table(9)))]
        for (value, found), expected in calls:
            as_array = dialect != "python" and hasattr(parameters, "dtype")
            assert type(found) is (np.ndarray if as_array else list)
            found = found.tolist() if as_array else found
            assert (value, found) == expected
            assert all(type(number) is float for number in (value, *found))


def test_numpy_numbers_make_a_python_program_raise_as_floats_do():
    x = Value(2.0)
    for one, at in ((compile_graph(1.0 / x, [x]), 0.0), (compile_graph(ac.exp(x) * x, [x]), 1e3), (compile_graph(ac.log(x), [x]), -1.0)):
        for values in ([at], np.array([at]), [np.float64(at)]):
            with pytest.raises((ZeroDivisionError, OverflowError, ValueError), match="in the program's line"):
                one(values)


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64])
def test_one_number_of_numpy_among_others_computes_as_a_float_does(kind):
    x, y = Value(2.0), Value(3.0)
    one = compile_graph(x / y, [x], [y])
    found = [one([1.0], [kind(3)]), one([kind(1)], [3.0]), one.batch([1.0], [[kind(3)]])]
    both = compile_graph(x / y, [x, y])
    found += [(value, slopes[:1]) for value, slopes in (both([1.0, kind(3)]), both([kind(1), 3.0]), both.batch([1.0, kind(3)], [[]]))]
    assert found == [(1.0 / 3.0, [1.0 / 3.0])] * 6
    assert all(type(number) is float for value, slopes in found for number in (value, *slopes))
    with pytest.raises(ZeroDivisionError, match="in the program's line"):
        both([1.0, kind(0)])
    for f in (lambda: x * y - 0.5, lambda: (x * y - 0.5).tanh(), lambda: ac.relu(y * x) + x):  # shown by the value, hidden, left out
        program = compile_graph(f(), [x, y])
        value, slopes = program([1.0, kind(3)])
        assert (value, slopes) == program([1.0, 3.0])
        assert type(value) is type(slopes[1]) is float


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("parameters", "inputs"),
    [(AT, [1.0]), (AT, [1.0, 2.0, 3.0]), (AT, []), (AT[:2], [1.0, 2.0]), ([*AT, 1.0], [1.0, 2.0]), ([], [1.0, 2.0]),
     (np.zeros((3, 2)), [1.0, 2.0]), (np.zeros((3, 1)), [1.0, 2.0]), (AT, np.zeros((2, 2))), (AT, np.zeros((1, 2)))],
)  # fmt: skip
def test_a_wrong_number_of_values_is_a_value_error(parameters, inputs, dialect, compiled):
    with pytest.raises(ValueError, match=r"3 value|2 column|shape"):
        compiled[dialect](parameters, inputs)
    if parameters is not AT:
        for rows in ([[1.0, 2.0]], [[1.0, 2.0]] * 9, [], np.zeros((4, 2))):
            with pytest.raises(ValueError, match=r"3 value|shape"):
                compiled[dialect].batch(parameters, rows)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "rows",
    [[[1.0]] * 8, [[1.0, 2.0, 3.0]], [[1.0, 2.0], [1.0]], [[1.0], [1.0, 2.0]], [[1.0], [1.0, 2.0, 3.0]],
     np.zeros((3, 3)), np.zeros(2), np.zeros((2, 2, 2)), np.zeros((3, 0))],
)  # fmt: skip
def test_rows_of_a_wrong_shape_are_a_value_error(rows, dialect, compiled):
    with pytest.raises(ValueError, match=r"2 of inputs|2 column|2 value|shape|one length"):
        compiled[dialect].batch(AT, rows)


def test_threads_do_not_disturb_each_other_in_one_program(compiled):
    one, wrong = compiled["c"], []
    rows = table(40)
    expected = [(one(AT, row), one.batch(AT, [row] * 17)) for row in rows]

    def work(offset):
        for k in range(4000):
            i = (k * offset) % len(rows)
            if one(AT, rows[i]) != expected[i][0] or one.batch(AT, [rows[i]] * 17) != expected[i][1]:
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in (1, 3, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# -- many statements ---------------------------------------------------------------------------------------------------
@pytest.fixture
def short_chunks(monkeypatch):
    for limit in ("WHOLE", "CHUNK"):
        monkeypatch.setattr(python, limit, 5)
        monkeypatch.setattr(javascript, limit, 5)
    monkeypatch.setattr(c_source, "PLAIN_PART", 5)
    for limit in ("WHOLE", "PART", "FILE"):
        monkeypatch.setattr(c_source, limit, 5)


@CHUNKED
@given(graphs(), POINT)
def test_python_and_numpy_programs_in_chunks_equal_their_graphs(short_chunks, graph, there):
    f, leaves, roles, out, points = graph
    wrt, inputs = chosen(leaves, roles, "wrt"), chosen(leaves, roles, "inputs")
    assert_equal_everywhere(compile_graph(out, wrt, inputs), f, roles, points)
    at = [chosen(points[1], roles, role) for role in ("wrt", "inputs")]
    (value, found), (expected, slopes) = (compile_graph(out, wrt, inputs, dialect)(*at) for dialect in ("numpy", "python"))
    assert [value, *found] == near([expected, *slopes], 1e-9)
    fresh = [Value(x) for x in points[0]]
    listed = [f(fresh), *gradients(f(fresh), fresh)]
    assert compile_graph(listed, [], fresh)([], points[0]) == [node.data for node in listed]


@CHUNKED_IN_C
@given(graphs())
def test_c_programs_in_chunks_equal_their_graphs(short_chunks, graph):
    f, leaves, roles, out, points = graph
    chunked = compile_graph(out, chosen(leaves, roles, "wrt"), chosen(leaves, roles, "inputs"), "c")
    assert_equal_everywhere(chunked, f, roles, points)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_short_limit_makes_several_chunks(short_chunks, dialect):
    one = compile_graph(*a_loss(), dialect)
    assert chunk_count(one) >= 2
    assert_near(one.batch(AT, table(9)), compile_graph(*a_loss()), table(9))


def test_a_python_program_is_one_function_of_up_to_4000_operands_and_else_several_of_2000():
    x = Value(2.0, "x")
    outputs = [-x for _ in range(2_000)]  # an operand in each statement, and each result
    assert chunk_count(compile_graph(outputs, [x])) == 0
    program = compile_graph([*outputs, x], [x])
    assert [part.count(" = -x") for part in program.source.split("def chunk_")[1:]] == [2_000, 0, 0]
    assert [part.count("v[") for part in program.source.split("def chunk_")[2:]] == [4_000, 2]
    assert program([3.0]) == [-3.0] * 2_000 + [3.0]


def chunk_count(one):
    return len(re.findall(r"^(?:def|void) (?:NAME\()?chunk_\d+\)?\(.*\)(?!;)", one.source, re.MULTILINE))


def network(width=20, depth=4, samples=8):
    """A real network's loss, with a node for each product and sum."""
    layers = [[[Value(math.sin(7.0 * i + 3.0 * j + k)) for j in range(width)] for i in range(width)] for k in range(depth)]
    total = Value(0.0)
    for s in range(samples):
        at = [Value(math.cos(s + j)) for j in range(width)]
        for layer in layers:
            at = [ac.tanh(reduce(lambda a, b: a + b, [w * x for w, x in zip(row, at)]) * 0.3) for row in layer]
        total = total + at[0] * at[1] + at[2]
    return total, [w for layer in layers for row in layer for w in row]


def long_sum(count):
    xs = [Value(0.1 * (i % 17) - 0.5) for i in range(count)]
    return reduce(lambda total, x: x - total, xs, Value(0.0)), xs


def shared(count):
    w = Value(0.3)
    return reduce(lambda total, i: total + w * (0.001 * (i % 1000)), range(count), Value(0.0)), [w]


def deep_chain(count, f=ac.tanh):
    x, y = Value(0.3), Value(0.9)
    return reduce(lambda at, _: f(at * y + x), range(count // 3), x), [x, y]


HUGE = {
    "network": lambda: network(width=40, samples=10),
    "a sum": lambda: long_sum(100_000),
    "a parameter that is used everywhere": lambda: shared(50_000),
    "a chain": lambda: deep_chain(100_000),
}


@pytest.mark.parametrize("graph", HUGE)
def test_a_python_program_of_a_hundred_thousand_operations_equals_its_graph(graph):
    out, wrt = HUGE[graph]()
    assert operation_count(out) >= 99_000
    one = compile_graph(out, wrt)
    out.backward()
    assert one([leaf.data for leaf in wrt]) == (out.data, [leaf.grad for leaf in wrt])


def work_of(count):
    """The lines of Python that run to compile a chain of ``count`` operations, which do not depend on the machine."""
    out, wrt = deep_chain(count)
    lines = 0

    def counted(frame, event, argument):
        nonlocal lines
        lines += event == "line"
        return counted

    before = sys.gettrace()
    sys.settrace(counted)
    try:
        compile_graph(out, wrt)
    finally:
        sys.settrace(before)
    return lines


def test_the_work_of_compiling_grows_in_proportion_to_the_graph():
    assert work_of(16_000) < 4.5 * work_of(4_000)


def test_a_c_program_of_several_chunks_equals_its_graph():
    out, wrt = deep_chain(3_300, ac.relu)
    out.backward()
    one = compile_graph(out, wrt, dialect="c")
    assert chunk_count(one) >= 2
    assert one([leaf.data for leaf in wrt]) == (out.data, [leaf.grad for leaf in wrt])


def test_c_functions_are_short_in_operations_for_a_compiler_s_time_grows_faster_than_they_do(monkeypatch):
    asked = []
    monkeypatch.setattr(compiler, "load", lambda sources, *options: asked.extend(sources))  # instead of building, which would take long
    out, wrt = long_sum(6_000)  # few statements, each of a hundred operations
    with pytest.raises(AttributeError):
        compile_graph(out, wrt, dialect="c")
    for function in re.split(r"void NAME\(chunk_\d+\)\(.*\)\n\{", "".join(asked))[1:]:
        assert function.count(" * ") + function.count(" + ") + function.count(" - ") <= 3 * c_source.PART


def test_a_graph_that_is_too_large_for_c_is_refused_before_the_compiler_runs(monkeypatch):
    monkeypatch.setattr(program_c, "LARGEST", 100)
    monkeypatch.setattr(compiler, "load", lambda *asked: pytest.fail("the compiler was asked"))
    out, wrt = deep_chain(600)
    with pytest.raises(ValueError, match=r"the c dialect takes 100: use dialect='python' or 'numpy'"):
        compile_graph(out, wrt, dialect="c")
