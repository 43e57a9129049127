"""Matrix products in the NumPy dialect: the numbers of the Python dialect, up to the order of addition, and a source that is read in one sitting."""

import random
import re
import runpy

import numpy as np
import pytest
from loop_networks import SHAPES, cross_entropy, groups_of, layer, mlp, plain, rows_of

import autograd_core as ac
from autograd_core import Value, compile_graph
from autograd_core.programs.loops import Layer


def near(found, expected):
    """Equal up to the order in which products and rows are added: within 1e-12 of the largest number."""
    return np.allclose(found, expected, rtol=1e-12, atol=1e-12 * max(1.0, np.max(np.abs(expected), initial=0.0)))


def check(loss, net, wrt):
    program, reference = compile_graph(loss, wrt, net.inputs, "numpy"), compile_graph(loss, wrt, net.inputs)
    values, rows = [p.data for p in wrt], rows_of(net, 9, random.Random(1))
    for count in (0, 1, 9):
        total, gradients = program.batch(np.array(values), np.array(rows[:count]).reshape(count, len(net.inputs)))
        expected_total, expected = reference.batch(values, rows[:count])
        assert near(total, expected_total), count
        assert near(gradients, expected), count
    value, slopes = program(values, rows[0])
    assert isinstance(slopes, list)
    assert near([value, *slopes], [reference(values, rows[0])[0], *reference(values, rows[0])[1]])
    return program


@pytest.mark.parametrize("shape", SHAPES)
def test_networks_are_near_the_python_program(shape):
    for seed in range(3):
        loss, net = shape(seed)
        program = check(loss, net, net.parameters)
        assert (" @ " in program.source) == any(isinstance(group, Layer) for group in groups_of(loss, net))
        check(loss, net, [p for p in net.parameters if net.rng.random() < 0.97])


def test_networks_of_any_size_are_near_the_python_program():
    for seed in range(40):
        loss, net = plain(300 + seed)
        check(loss, net, net.parameters)


@pytest.mark.parametrize("shape", SHAPES)
def test_several_outputs_are_near_the_python_program(shape):
    loss, net = shape(3)
    outputs = [loss, *loss.parents, net.parameters[0], net.inputs[-1], Value(3.0)]
    values, rows = [p.data for p in net.parameters], rows_of(net, 5, random.Random(3))
    programs = [compile_graph(outputs, net.parameters, net.inputs, dialect) for dialect in ("numpy", "python")]
    assert near(*(program.batch(values, rows) for program in programs))
    assert near(*(program(values, rows[0]) for program in programs))
    columns = [np.array(column) for column in zip(*rows)]
    assert near(*(np.broadcast_arrays(*program.columns(values, columns)) for program in programs))


def test_weights_may_stand_anywhere_in_wrt():
    loss, net = mlp((4, 5, 5, 3))
    neurons = net.parameters
    for wrt in (neurons[::-1], [*neurons[4:5], *neurons[:4], *neurons[5:]], [Value(1.0), *neurons], [*neurons[30:], *neurons[:30]]):
        check(loss, net, wrt)
    bias_first, x = [Value(random.Random(i).uniform(-1, 1)) for i in range(12)], net.inputs[:3]
    z = layer(x, ([bias_first[4 * j + 1 : 4 * j + 4] for j in range(3)], bias_first[::4]))
    program = check(z[0] * z[1] + ac.tanh(z[2]), net, bias_first)
    assert "parameters[0:12].reshape(3, 4)[:, 1:4]" in program.source


def test_an_array_that_is_another_s_copy_is_changed_alone():
    _, net = mlp((4, 5, 3))
    values = Value(2.0)
    x = layer(net.inputs[:4], ([net.parameters[5 * j : 5 * j + 4] for j in range(5)], net.parameters[4:25:5]))
    y = [a + values for a in x]  # the gradient of x is that of y, to which more is added
    out = cross_entropy([ac.tanh(b) for b in y], x)
    check(out, net, [*net.parameters[:25], values])


def test_what_a_person_reads_and_a_file_runs(tmp_path):
    loss, net = mlp((5, 8, 8, 4))
    program = compile_graph(loss, net.parameters, net.inputs, "numpy")
    lines = program.source.splitlines()
    assert len(lines) < 80
    for formula in ("z1 = W1 @ inputs[0:5] + b1", "a1 = np.where(z1 <= 0.0, 0.0, z1)", "z2 = W2 @ a1 + b2", "d_a1 = W2.T @ d_z2"):
        assert f"    {formula}" in lines
    assert sum(bool(re.search(r"= d_z\d @ .*\.T$", line)) for line in lines) == 3
    program.save(tmp_path / "network.py")
    values, rows = [p.data for p in net.parameters], rows_of(net, 6, random.Random(4))
    total, gradients = runpy.run_path(str(tmp_path / "network.py"))["batch"](values, rows)
    assert near([total, *gradients], [program.batch(values, rows)[0], *program.batch(values, rows)[1]])
