"""Loops in programs: the numbers are those of the eager engine."""

import os
import random
import threading
from functools import reduce
from operator import add

import numpy as np
import pytest
from loop_networks import SHAPES, check, mlp, plain, rows_of, summed, tuple_of
from test_c_saved import everything

import autograd_core as ac
from autograd_core import Value, compile_graph
from autograd_core.programs import c_source

pytestmark = pytest.mark.usefixtures("own_cache")

WIDTHS = [2, 4, 8]


@pytest.fixture(params=WIDTHS)
def width(request, monkeypatch):
    if request.param != WIDTHS[0]:  # the function for one row knows no width, and is built once; here one row goes through the vectors
        monkeypatch.setattr(c_source, "ONE_ROW", 1)
    if request.param == WIDTHS[-1]:  # and as a table of instructions
        monkeypatch.setattr(c_source, "LONG", 1)
    return set_width(monkeypatch, request.param)


def set_width(monkeypatch, width):
    monkeypatch.setattr(c_source, "ROWS", f"#define LANES {width}\n")
    return width


@pytest.mark.parametrize("shape", SHAPES)
def test_networks_equal_the_eager_engine_at_every_width(shape, width):
    loss, net = shape(1)
    check(loss, net, net.parameters)


@pytest.mark.parametrize("seed", range(15))
def test_networks_of_any_size_equal_the_eager_engine(seed, monkeypatch):
    set_width(monkeypatch, WIDTHS[seed % 3])
    loss, net = plain(100 + seed)
    check(loss, net, net.parameters)


@pytest.mark.parametrize("seed", range(6))
def test_some_parameters_may_be_constants(seed, monkeypatch):
    set_width(monkeypatch, WIDTHS[seed % 3])
    loss, net = SHAPES[seed % len(SHAPES)](200 + seed)
    kept = [p for p in net.parameters if net.rng.random() < 0.97]
    check(loss, net, kept, counts=(1, 9))


def test_the_sum_over_several_blocks_has_its_documented_order(width):
    loss, net = plain(7)
    check(loss, net, net.parameters, counts=(1024, 1025, 2100))


def test_threads_change_no_bit(monkeypatch):
    loss, net = plain(8)
    program = compile_graph(loss, net.parameters, net.inputs, "c")
    values, rows = np.array([p.data for p in net.parameters]), np.array(rows_of(net, 5000, random.Random(2)))
    assert program.threads == (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    assert program.threads_from > len(rows), "so few rows are quicker alone"
    alone, program.threads_from = program.batch(values, rows), 0
    for threads in (1, 2, 3, 8):
        program.threads, started = threads, []
        monkeypatch.setattr(threading.Thread, "start", lambda self, start=threading.Thread.start, started=started: started.append(1) or start(self))
        together = program.batch(values, rows)
        monkeypatch.undo()
        assert len(started) == min(threads, 5) - 1, "5,000 rows are five blocks"
        assert together[0] == alone[0]
        assert (together[1] == alone[1]).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_several_outputs_equal_the_eager_engine(shape, monkeypatch):
    set_width(monkeypatch, WIDTHS[SHAPES.index(shape) % 3])
    loss, net = shape(3)
    outputs = [loss, *loss.parents, net.parameters[0], net.inputs[-1], Value(3.0)]
    program, python = compile_graph(outputs, net.parameters, net.inputs, "c"), compile_graph(outputs, net.parameters, net.inputs)
    values, rows = [p.data for p in net.parameters], rows_of(net, 11, random.Random(3))
    expected = [python(values, row) for row in rows]
    assert program(values, [x.data for x in net.inputs]) == [y.data for y in outputs]
    assert program.batch(values, rows) == [program(values, row) for row in rows] == expected
    assert program.batch(np.array(values), np.array(rows)).tolist() == expected


def test_the_size_of_a_source_does_not_grow_with_the_network():
    lengths = [len(compile_graph(*mlp_parts((n, n, n, 4)), "c").source) for n in (8, 64)]
    assert lengths[1] < 1.3 * lengths[0]


def mlp_parts(widths):
    loss, net = mlp(widths)
    return loss, net.parameters, net.inputs


def test_arrays_come_back_where_arrays_were_given():
    loss, net = plain(9)
    program = compile_graph(loss, net.parameters, net.inputs, "c")
    values, rows = [p.data for p in net.parameters], rows_of(net, 5, random.Random(4))
    for found, expected in (
        (program(np.array(values), np.array(rows[0])), program(values, rows[0])),
        (program.batch(np.array(values), np.array(rows)), program.batch(values, rows)),
    ):
        assert type(found[0]) is float
        assert type(found[1]) is np.ndarray
        assert (found[0], found[1].tolist()) == expected
    first = program(np.array(values), rows[0])[1]
    kept = first.copy()
    program(np.array(values), rows[1])
    assert (first == kept).all()  # a result is the caller's own
    read_only, gaps = np.array(rows), np.array(rows).repeat(2, axis=1)[:, ::2]
    read_only.flags.writeable = False
    assert program.batch(values, read_only) == program.batch(values, gaps) == program.batch(values, rows)


def test_every_row_of_the_table_is_the_same_at_every_width(width):
    terms, leaves = everything()
    total = reduce(add, [ac.tanh(0.01 * term) for term in terms])
    values = [leaf.data for leaf in leaves]
    for wrt, inputs in ((leaves, []), (leaves[::2], leaves[1::2])):
        at, row = [leaf.data for leaf in wrt], [leaf.data for leaf in inputs]
        program, python = compile_graph(total, wrt, inputs, "c"), compile_graph(total, wrt, inputs)
        value, gradients = expected = python(at, row)
        assert program(at, row) == expected
        for count in (1, 5, 8):  # the same row again and again
            assert program.batch(at, [row] * count) == tuple_of(summed([(value, gradients)] * count)), count
    outputs = compile_graph(terms, [], leaves, "c")
    assert outputs([], values) == [term.data for term in terms]
    assert outputs.batch([], [values] * 9) == [[term.data for term in terms]] * 9
