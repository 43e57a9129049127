"""What a program holds goes with it: its lines in linecache, its functions, its C library; and files are written whole."""

import gc
import linecache
import math
import os
import runpy
import subprocess
import sys
import tracemalloc
import weakref
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ac
from autograd_core import DIALECTS, Value, compile_graph
from autograd_core.programs import program as shared
from autograd_core.programs import python

pytestmark = pytest.mark.usefixtures("own_cache")

RUN_HERE = [name for name, made in DIALECTS.items() if made.runs_here]


def a_program(dialect, operations=20):
    w, x = Value(0.5, "w"), Value(2.0, "x")
    out = w
    for _ in range(operations):
        out = ac.tanh(out * x + w)
    return compile_graph(out, [w], [x], dialect)


def lines_held():
    return sum(filename.startswith("<program ") for filename in linecache.cache)


def libraries_open(folder):
    """How many libraries of the cache are mapped into this process."""
    return len({line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if line.split()[-1].startswith(str(folder))})


@pytest.mark.parametrize("limit", [10_000, 5], ids=["whole", "in chunks"])
@pytest.mark.parametrize("dialect", RUN_HERE)
def test_lines_and_functions_go_with_their_program(dialect, limit, monkeypatch):
    monkeypatch.setattr(python, "WHOLE", limit)
    gc.collect()
    before = lines_held()
    one = a_program(dialect)
    assert lines_held() == before + (0 if dialect == "c" else one.source.count("def "))
    kept = one([0.5], [2.0])
    function = weakref.ref(one if dialect == "c" else one._function)
    gc.disable()  # at once, and not at the next collection
    try:
        del one
        assert lines_held() == before
        assert function() is None
    finally:
        gc.enable()
    assert math.isfinite(kept[0])


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux says which libraries are loaded")
def test_a_c_library_is_closed_with_the_last_program_that_uses_it():
    folder = os.environ["AUTOGRAD_CORE_CACHE"]
    gc.collect()
    before = libraries_open(folder)
    first, second = a_program("c", 7), a_program("c", 7)
    assert libraries_open(folder) == before + 1
    expected = second([0.5], [2.0])
    del first
    assert second([0.5], [2.0]) == expected
    del second
    assert libraries_open(folder) == before


@pytest.mark.parametrize("dialect", RUN_HERE)
def test_compiling_again_and_again_keeps_memory_and_linecache_flat(dialect):
    for _ in range(10):
        a_program(dialect, 50)([0.5], [2.0])
    gc.collect()
    tracemalloc.start()  # what objects hold: the memory of the process also depends on what ran in it before
    try:
        before, lines = tracemalloc.get_traced_memory()[0], lines_held()
        for _ in range(50):
            a_program(dialect, 50)([0.5], [2.0])
        gc.collect()
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert lines_held() == lines
    assert held < 100_000  # 50 sources and functions of 50 statements would take 1.5 MB


# -- files -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_ending_of_another_language_is_one_clear_error_and_writes_nothing(dialect, tmp_path):
    others = [f"program{made.endings[0]}" for made in DIALECTS.values() if made.endings[0] not in DIALECTS[dialect].endings]
    for name in ("program.txt", "program", "program.pyc", *others):
        with pytest.raises(ValueError, match=rf"a program in the {dialect} dialect is saved as \.\w+.*, not as '{name}'"):
            a_program(dialect).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_save_returns_the_path_and_replaces_what_was_there(dialect, tmp_path):
    path = tmp_path / f"program{DIALECTS[dialect].endings[0]}"
    path.write_text("old")
    assert a_program(dialect).save(str(path)) == path
    assert "tanh" in path.read_text()
    assert list(tmp_path.iterdir()) == [path]


def test_files_are_written_in_one_place(monkeypatch, tmp_path):
    written = []
    monkeypatch.setattr(shared, "replace_file", lambda path, text: written.append(path.name))
    for dialect, made in DIALECTS.items():
        for ending in made.endings:
            a_program(dialect).save(tmp_path / f"program{ending}")
    a_program("c").save_c(tmp_path / "program.c")
    assert written == [*(f"program{ending}" for made in DIALECTS.values() for ending in made.endings), "program.c"]


def test_save_c_is_for_c():
    with pytest.raises(TypeError, match="this program is in the javascript dialect"):
        a_program("javascript").save_c("program.c")


def every_function():
    x, y = Value(0.3, "x"), Value(0.7, "y")
    outputs = []
    for row in ac.TABLE.values():
        if row.arity in (1, 2) and row.name != "acosh":
            outputs.append(row(*[x, y][: row.arity]))
    return outputs, x, y


@pytest.mark.parametrize("limit", [10_000, 20], ids=["whole", "in chunks"])
def test_a_saved_python_program_runs_by_itself(limit, tmp_path, monkeypatch):
    monkeypatch.setattr(python, "WHOLE", limit)
    monkeypatch.setattr(python, "CHUNK", limit)
    outputs, x, y = every_function()
    total = ac.dot(outputs, [1.0] * len(outputs))
    for out in (outputs, total):
        one = compile_graph(out, [x], [y])
        path = one.save(tmp_path / "saved.py")
        code = "import saved, sys; print(saved.program([0.25], [0.5])); assert 'autograd_core' not in sys.modules"
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ""})
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == repr(one([0.25], [0.5]))
        assert path.read_text().isascii()
        assert path.read_text().splitlines()[0].endswith(f'returns {"the list of values" if out is outputs else "(value, gradients)"}."""')


def test_a_saved_numpy_program_runs_by_itself(tmp_path):
    outputs, x, y = every_function()
    rows = [[0.5], [0.75], [0.1]]
    total = ac.dot(outputs, [1.0] * len(outputs))
    summed = compile_graph(total, [x], [y], "numpy")
    value, found = runpy.run_path(str(summed.save(tmp_path / "total.py")))["batch"]([0.25], rows)
    assert (float(value), [float(g) for g in found]) == summed.batch([0.25], rows)
    listed = compile_graph(outputs, [x], [y], "numpy")
    columns = runpy.run_path(str(listed.save(tmp_path / "listed.py")))["batch"]([0.25], rows)
    assert np.stack([np.broadcast_to(column, 3) for column in columns], axis=1).tolist() == listed.batch([0.25], rows)


# -- names and signs --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("length", [1, 99, 112, 113, 500])
@pytest.mark.parametrize("dialect", RUN_HERE)
def test_a_long_name_is_never_broken(dialect, length):
    names = ["w" * length, "x" * length, "é" * length]
    leaves = [Value(1.0 + i, name) for i, name in enumerate(names)]
    one = compile_graph(leaves[0] * leaves[1] - leaves[2], leaves[:1], leaves[1:], dialect)
    assert one([5.0], [2.0, 3.0]) == (7.0, [2.0])
    assert names[0] in one.source


@pytest.mark.parametrize("dialect", RUN_HERE)
def test_the_sign_of_zero_is_kept(dialect):
    x, y = Value(-0.0, "x"), Value(1.0, "y")
    out = ac.sin(x)
    unused = compile_graph(out, [x, y], [], dialect)
    value, found = unused([-0.0, 3.0])
    assert math.copysign(1.0, value) == math.copysign(1.0, out.data) == -1.0
    assert found == [1.0, 0.0]
    assert math.copysign(1.0, found[1]) == 1.0  # nothing flows to y
    assert compile_graph(out * y, [], [x, y], dialect).batch([], []) == (0.0, [])
    assert math.copysign(1.0, compile_graph([out], [], [x], dialect)([], [-0.0])[0]) == -1.0
    assert math.copysign(1.0, compile_graph(out, [], [x], dialect)([], [-0.0])[0]) == -1.0
    assert math.copysign(1.0, compile_graph(out, [], [x], dialect).batch([], [[]][:0])[0]) == 1.0  # a sum of nothing


@pytest.mark.parametrize("dialect", RUN_HERE)
def test_gamma_is_that_of_python(dialect):
    row = ac.primitive("factorial_like", "gamma(x) + lgamma(x)", lambda out, x: 0.0)
    try:
        x = Value(2.5, "x")
        assert compile_graph(row(x), [], [x], dialect)([], [4.5])[0] == pytest.approx(math.gamma(4.5) + math.lgamma(4.5), rel=1e-14, abs=0.0)
    finally:
        del ac.TABLE["factorial_like"]
