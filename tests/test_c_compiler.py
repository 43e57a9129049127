"""Finding a C compiler, keeping what it built, and programs written as C files of their own."""

import itertools
import math
import os
import shutil
import stat
import subprocess
import sys
import time
from functools import reduce
from pathlib import Path

import pytest
from test_programs import CASES, first_defined

import autograd_core as ac
from autograd_core import Value, compile_graph, gradients
from autograd_core.programs import c, c_compiler, c_source
from autograd_core.programs.c_compiler import CompilerError, cache_folder, find_compiler, lanes

ROOT = str(Path(ac.__file__).parents[1])
COMPILE = "import autograd_core as ac; x = ac.Value(2.0); print(ac.compile_graph(ac.tanh(x) * x, [x], dialect='c')([0.5]))"
STRICT = ["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("AUTOGRAD_CORE_CACHE", str(folder))
    monkeypatch.delenv("CC", raising=False)
    return folder


def entries(cache):
    return sorted(path for path in cache.rglob("*")) if cache.exists() else []


def compiled(c=2.0):
    x = Value(2.0)
    return compile_graph(x * c, [x], dialect="c")


def compiler_script(folder, body, name="my-cc"):
    """A compiler of one's own, around the real one, that writes down each call."""
    script, log = folder / name, folder / f"{name}.log"
    script.write_text(f'#!/bin/sh\necho "$@" >> "{log}"\n{body}\n')
    script.chmod(0o755)
    log.touch()
    return str(script), lambda: [line for line in log.read_text().splitlines() if line != "--version" and "-dM" not in line]


def started(code=COMPILE, **variables):
    environment = {**os.environ, "PYTHONPATH": ROOT, **variables}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process):
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return output


def test_what_nobody_calls_is_not_built(cache):
    assert compiled()([3.0]) == (6.0, [2.0])
    assert len(entries(cache)) == 1  # without inputs nobody has rows
    w, x = Value(2.0), Value(3.0)
    program = compile_graph(w * x, [w], [x], dialect="c")
    for _ in range(c.FEW):  # a check before a training, the last sample of an epoch
        assert program.batch([2.0], [[3.0]]) == (6.0, [3.0])
    assert len(entries(cache)) == 2
    assert program([2.0], [3.0]) == program.batch([2.0], [[3.0]]) == (6.0, [3.0])
    assert len(entries(cache)) == 3
    program = compile_graph(w * x * x, [w], [x], dialect="c")
    for _ in range(c.FEW + 1):
        assert program.batch([2.0], [[3.0]]) == (18.0, [9.0])
    assert len(entries(cache)) == 5  # one row after the other is worth a function


# -- finding it ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [("PATH", "", "cc or gcc or clang"), ("CC", "no-such-compiler", "no-such-compiler"), ("CC", "/no/such/gcc", "/no/such/gcc")],
)
def test_without_a_compiler_the_error_says_what_to_do(variable, value, named, cache, monkeypatch):
    monkeypatch.setenv(variable, value)
    with pytest.raises(CompilerError, match=f"needs a C compiler, and {named} was not found: install gcc or clang") as caught:
        compiled()
    assert all(hint in str(caught.value) for hint in ("apt install gcc", "xcode-select", "variable CC", "dialect='python' or 'numpy'"))
    assert entries(cache) == []
    x = Value(2.0)
    assert [compile_graph(x * x, [x], dialect=dialect)([3.0]) for dialect in ("python", "numpy")] == [(9.0, [6.0])] * 2


def test_the_compiler_is_that_of_cc_else_the_first_on_the_path(tmp_path, monkeypatch):
    assert find_compiler() == [next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))))]
    script, builds = compiler_script(tmp_path, 'exec gcc "$@"')
    monkeypatch.setenv("CC", script)
    assert find_compiler() == [script]
    assert compiled()([3.0]) == (6.0, [2.0])
    assert builds()
    monkeypatch.setenv("CC", f"{script} -DNDEBUG")
    assert find_compiler() == [script, "-DNDEBUG"]
    monkeypatch.setenv("CC", "")
    assert find_compiler() != [script]


def test_a_compiler_that_does_not_know_this_processor_builds_for_any(tmp_path, monkeypatch):
    script, builds = compiler_script(tmp_path, 'case "$*" in *-march=native*) exit 1;; esac\nexec gcc "$@"')
    monkeypatch.setenv("CC", script)
    assert compiled()([3.0]) == (6.0, [2.0])
    assert {"-march=native" in line for line in builds()} == {True, False}


# -- the cache ----------------------------------------------------------------------------------------------------------
def test_what_was_built_once_is_not_built_again(tmp_path, cache, monkeypatch):
    script, builds = compiler_script(tmp_path, 'exec gcc "$@"')
    monkeypatch.setenv("CC", script)
    first = compiled()
    calls = builds()
    assert calls
    assert compiled()([3.0]) == first([3.0]) == (6.0, [2.0])
    assert builds() == calls
    assert len(entries(cache)) == 1
    output = finished(started())
    calls = builds()
    assert finished(started()) == output  # another process
    assert builds() == calls
    assert len(entries(cache)) == 2


def test_another_program_and_another_compiler_have_entries_of_their_own(tmp_path, cache, monkeypatch):
    compiled()
    compiled(3.0)
    assert len(entries(cache)) == 2
    for count, name in ((3, "one-cc"), (4, "another-cc")):  # of the same version, yet they may add options
        script, builds = compiler_script(tmp_path, 'exec gcc "$@"', name)
        monkeypatch.setenv("CC", script)
        compiled()
        assert builds()
        assert len(entries(cache)) == count


def test_the_cache_is_where_the_environment_says_and_for_its_user_only(tmp_path, cache, monkeypatch):
    compiled()
    assert cache_folder() == cache
    assert cache.stat().st_mode & 0o077 == 0  # others could put code into it
    monkeypatch.delenv("AUTOGRAD_CORE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "autograd_core"


def test_a_program_of_very_many_inputs_does_not_run_out_of_stack():
    """In another process, which would be killed."""
    code = "n = 300_000; x = [ac.Value(1.0) for _ in range(n)]; one = ac.compile_graph(x[0] * x[-1], [], x, dialect='c')"
    assert finished(started(f"import autograd_core as ac; {code}; print(one([], [3.0] * n), one.batch([], [[2.0] * n] * 9))")) == "(9.0, []) (36.0, [])\n"


def damaged(good):
    yield from (good[: len(good) * k // 8] for k in range(8))
    yield good[:-1]
    yield b"\0" * len(good)
    yield b"#!/bin/sh\n"
    yield good[:4096] + b"\xff" * 512 + good[4608:]


def test_an_entry_that_lost_its_end_or_is_damaged_is_built_anew(cache):
    """In another process each time, for to load such a file may kill it."""
    expected = finished(started())
    (entry,) = entries(cache)
    good = entry.read_bytes()
    for bad in damaged(good):
        entry.write_bytes(bad)
        assert finished(started()) == expected, len(bad)
        assert [path.read_bytes() for path in entries(cache)] == [good], len(bad)


def test_builds_at_the_same_time_leave_one_good_entry(cache):
    processes = [started() for _ in range(5)]
    outputs = {finished(process) for process in processes}
    assert len(outputs) == len(entries(cache)) == 1
    assert {finished(started(CC=find_compiler()[0]))} == outputs


@pytest.mark.parametrize("body", ["exit 1", 'for last; do :; done\necho half > program.so\ngcc "$@"\necho "out of space" >&2\nexit 1'])
def test_a_compiler_that_fails_leaves_no_files_and_its_message_is_shown(body, tmp_path, cache, monkeypatch):
    script, _ = compiler_script(tmp_path, body)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CC", script)
    with pytest.raises(CompilerError, match="could not compile the program") as caught:
        compiled()
    assert script in str(caught.value)
    assert ("out of space" in str(caught.value)) == ("space" in body)
    assert entries(cache) == []
    monkeypatch.delenv("CC")
    assert compiled()([3.0]) == (6.0, [2.0])


HANGS = "for last; do :; done\nsleep 600 & echo $! >> {pids}\nwait"


def is_running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("limit", ["LIMIT", "QUESTION_LIMIT"])
def test_a_compiler_that_never_ends_is_stopped_with_all_that_it_started(limit, tmp_path, cache, monkeypatch):
    pids = tmp_path / "pids"
    body = HANGS.format(pids=pids)
    script, _ = compiler_script(tmp_path, body if limit == "QUESTION_LIMIT" else f'case "$*" in *-c*) {body};; esac')
    monkeypatch.setenv("CC", script)
    monkeypatch.setattr(c_compiler, limit, 0.3)
    with pytest.raises(CompilerError, match=r".* did not end within 0\.3 seconds: name another C compiler"):
        compiled()
    assert pids.read_text().split()
    deadline = time.monotonic() + 30
    while any(map(is_running, pids.read_text().split())):
        assert time.monotonic() < deadline
    assert entries(cache) == []


@pytest.mark.parametrize(
    ("command", "message"),
    [("true", "true could not compile the program:\nit ended without an error, and wrote no library"), ("'", "is no command"), ("''", "was not found"),
     ("touch", "could not compile"), ("/", "was not found"), ("not-executable", "could not be started"), ("empty", "wrote no library"),
     ("garbage", "built no library that can be loaded"), ("another", "the library has no function row_memory")],
)  # fmt: skip
def test_every_failure_of_a_compiler_is_one_error_with_its_remedy(command, message, tmp_path, cache, monkeypatch):
    bodies = {"empty": 'for o; do test "$l" = -o && : > "$o"; l=$o; done', "garbage": 'for o; do test "$l" = -o && echo x > "$o"; l=$o; done'}
    bodies["another"] = f'for o; do test "$l" = -o && out=$o; l=$o; done\necho "int other;" > {tmp_path}/o.c\nexec cc -shared {tmp_path}/o.c -o "$out"'
    if command in bodies:
        command = compiler_script(tmp_path, bodies[command], command)[0]
    if command == "not-executable":
        (tmp_path / command).write_bytes(b"\x7fELF nothing")
        (tmp_path / command).chmod(0o755)
        command = str(tmp_path / command)
    monkeypatch.setenv("CC", command)
    with pytest.raises(CompilerError) as caught:
        compiled()
    assert message in str(caught.value)
    assert "environment variable CC" in str(caught.value)
    assert [path for path in entries(cache) if path.suffix != ".so"] == []


# -- who may write to the cache -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o1777])
def test_a_folder_that_others_may_write_to_is_refused(mode, cache, monkeypatch):
    compiled()
    (entry,) = entries(cache)
    cache.chmod(mode)
    with pytest.raises(CompilerError, match=f"others may write to {cache}.*chmod go-w '{cache}'.*variable AUTOGRAD_CORE_CACHE"):
        compiled()
    cache.chmod(0o755)  # that others may read does no harm
    monkeypatch.setenv("CC", "")
    assert compiled()([3.0]) == (6.0, [2.0])
    assert entries(cache) == [entry]


def test_a_folder_of_another_user_is_refused(cache, monkeypatch):
    compiled()
    monkeypatch.setattr(os, "geteuid", lambda: cache.stat().st_uid + 1)
    with pytest.raises(CompilerError, match="make it your own"):
        compiled()


def put_fifo(entry, good):
    os.mkfifo(entry)


def put_folder(entry, good):
    entry.mkdir()
    (entry / "file").touch()


def put_link(entry, good):
    elsewhere = entry.parent.parent / "elsewhere.so"
    elsewhere.write_bytes(good)
    entry.symlink_to(elsewhere)


def put_loop(entry, good):
    entry.symlink_to(entry.name)


def put_writable(entry, good):
    entry.write_bytes(good)
    entry.chmod(0o777)


def put_foreign(entry, good):
    entry.write_bytes(good)
    if os.geteuid() == 0:
        os.chown(entry, 12345, 12345)
    else:
        entry.chmod(0o722)


@pytest.mark.parametrize("put", [put_fifo, put_folder, put_link, put_loop, put_writable, put_foreign])
def test_what_stands_in_the_place_of_an_entry_is_not_loaded(put, cache):
    expected = finished(started())
    (entry,) = entries(cache)
    good = entry.read_bytes()
    entry.unlink()
    put(entry, good)
    assert finished(started()) == expected
    if put is put_folder:  # not ours to remove
        assert [path.name for path in entries(cache)] == [entry.name, "file"]
        return
    status = os.lstat(entry)
    assert (stat.S_ISREG(status.st_mode), stat.S_IMODE(status.st_mode), status.st_uid) == (True, 0o700, os.geteuid())
    assert entries(cache) == [entry]


def test_what_a_killed_build_left_is_removed_by_the_next_one(tmp_path, cache, monkeypatch):
    script, builds = compiler_script(tmp_path, 'case "$*" in *-c*) sleep 600;; esac')
    process = started(CC=script)
    while not builds():
        assert process.poll() is None
        time.sleep(0.01)
    monkeypatch.setenv("CC", "")
    compiled()
    assert len(workshops := [path for path in cache.iterdir() if path.is_dir()]) == 1  # it is still building
    process.kill()
    process.communicate()
    compiled(3.0)
    assert [path for path in workshops if path.exists()] == []
    assert {path.suffix for path in entries(cache)} == {".so"}


@pytest.mark.parametrize("place", ["a file", "below a file", "/proc/none", "no home", "read-only", "full"])
def test_where_no_cache_can_be_had_a_temporary_folder_serves(place, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "tmp").mkdir()
    (tmp_path / "cache").mkdir()
    folder = {"a file": tmp_path / "file", "below a file": tmp_path / "file" / "cache", "/proc/none": "/proc/none"}.get(place, tmp_path / "cache")
    before = ""
    if place == "no home":
        before = "import os, pathlib\ndef fail(): raise RuntimeError('no home')\npathlib.Path.home = fail; del os.environ['AUTOGRAD_CORE_CACHE']\n"
        before += "os.environ.pop('XDG_CACHE_HOME', None)\n"
    elif place in ("read-only", "full"):  # for the superuser, too
        error = {"read-only": "EROFS", "full": "ENOSPC"}[place]
        before = "import errno, os, tempfile\nmake = tempfile.mkdtemp\ndef fail(suffix=None, prefix=None, dir=None):\n"
        before += f"    if str(dir).endswith('/cache'): raise OSError(errno.{error}, 'no')\n    return make(suffix, prefix, dir)\ntempfile.mkdtemp = fail\n"
    twice = f"{before}{COMPILE}\n{COMPILE}"
    output = finished(started(twice, AUTOGRAD_CORE_CACHE=str(folder), TMPDIR=str(tmp_path / "tmp"))).splitlines()
    assert output[0] == output[1]
    assert list((tmp_path / "tmp").iterdir()) == []  # gone with the process
    assert list((tmp_path / "cache").iterdir()) == []


def test_where_nothing_can_be_loaded_the_error_says_what_to_do(cache, monkeypatch):
    """As on a disk that does not run programs."""

    def refuse(path):
        raise OSError(f"{path}: failed to map segment from shared object")

    monkeypatch.setattr(c_compiler.ctypes, "CDLL", refuse)
    with pytest.raises(CompilerError, match=r"failed to map segment.*AUTOGRAD_CORE_CACHE"):
        compiled()


@pytest.mark.parametrize(
    ("macros", "width"),
    [("__AVX512F__ __AVX2__ __AVX__ __SSE2__", 8), ("__AVX2__ __AVX__", 4), ("__AVX__", 4), ("__SSE2__", 2), ("__ARM_NEON", 2), ("", 2)],
)
def test_a_vector_is_as_wide_as_the_compiler_says(macros, width, tmp_path, monkeypatch):
    lines = "; ".join(f"echo '#define {name} 1'" for name in macros.split()) or "exit 1"
    script, _ = compiler_script(tmp_path, f'case "$*" in *-dM*) {lines};; esac', f"cc-{width}-{len(macros)}")
    monkeypatch.setenv("CC", script)
    assert lanes() == width


def test_the_program_false_is_no_compiler(cache, monkeypatch):
    monkeypatch.setenv("CC", "false")
    with pytest.raises(CompilerError, match="false could not compile the program"):
        compiled()
    assert entries(cache) == []


# -- programs as C files --------------------------------------------------------------------------------------------------
MAIN_SINGLE = """\
#include <stdio.h>
void program(const double *parameters, const double *inputs, double *value, double *gradients);
int main(void)
{
    const double parameters[] = {PARAMETERS}, inputs[] = {INPUTS};
    double value, gradients[COUNT + 1];
    program(parameters, inputs, &value, gradients);
    printf("%.17g\\n", value);
    for (int i = 0; i < COUNT; i++) printf("%.17g\\n", gradients[i]);
    return 0;
}
"""
MAIN_LIST = MAIN_SINGLE.replace("double *value, double *gradients", "double *values")
MAIN_LIST = MAIN_LIST.replace("double value, gradients[COUNT + 1]", "double values[COUNT]").replace("&value, gradients", "values")
MAIN_LIST = MAIN_LIST.replace('    printf("%.17g\\n", value);\n', "").replace("gradients[i]", "values[i]")


def run_c(folder, one, main, count, parameters, inputs=()):
    """The numbers that the saved program prints, built by a strict compiler apart from its ``main``, which knows the arguments."""
    one.save_c(folder / "program.c")
    for word, numbers in (("PARAMETERS", parameters), ("INPUTS", inputs)):
        main = main.replace(word, ", ".join(map(repr, [*numbers, 0.0])))
    (folder / "main.c").write_text(main.replace("COUNT", str(count)))
    built = subprocess.run([*STRICT, "program.c", "main.c", "-o", "run", "-lm"], cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[:2000]
    printed = subprocess.run([str(folder / "run")], capture_output=True, text=True, check=True).stdout
    return [float(line) for line in printed.split()]


def everything():
    """A graph with every row of the table in it, and its leaves."""
    leaves = [[Value(x) for x in first_defined(case)] for case in CASES]
    terms = [case.f(*own) for case, own in zip(CASES, leaves)]
    return terms, list(itertools.chain(*leaves))


def in_all_dialects(graph, wrt, inputs, points, folder, main, count):
    python, c = compile_graph(graph, wrt, inputs), compile_graph(graph, wrt, inputs, "c")
    for parameters, values in points:
        expected = python(parameters, values)
        assert c(parameters, values) == expected
        flat = [expected[0], *expected[1]] if isinstance(expected, tuple) else expected
        assert all(map(math.isfinite, flat))
        assert run_c(folder, c, main, count, parameters, values) == flat


def test_a_saved_program_with_every_row_prints_the_numbers_of_the_python_program(tmp_path):
    terms, wrt = everything()
    weights = [Value(0.5 + 0.01 * i, "weight") for i in range(len(terms))]
    graph = ac.dot(weights, [ac.tanh(term * 1e-3) for term in terms])
    point = [leaf.data for leaf in wrt], [weight.data for weight in weights]
    in_all_dialects(graph, wrt, weights, [point], tmp_path, MAIN_SINGLE, len(wrt))


def test_a_saved_program_of_a_list_with_every_row_prints_the_numbers_of_the_python_program(tmp_path):
    terms, inputs = everything()
    in_all_dialects(terms, [], inputs, [([], [leaf.data for leaf in inputs])], tmp_path, MAIN_LIST, len(terms))


def a_graph():
    x, y, far = Value(0.5, "double"), Value(-2.0, "M_PI"), Value(1.0, "*/ é")
    out = ac.relu(x - y) * ac.hypot(x, y) - ac.maximum(-x, y) ** 3 / (x + 4.0) + ac.logsumexp([x, y, 2.0]) - ac.TABLE["neg"](-x)
    return out, x, y, far


POINTS = [([0.5, 3.0, -1.0], [-2.0]), ([-2.5, 3.0, -1.0], [7.0]), ([0.0, 0.0, 0.0], [0.0]),
          ([1e-300, 1.0, 1.0], [1e8]), ([1.5, 0.0, 0.0], [1.5])]  # fmt: skip


def test_a_saved_program_is_right_on_every_side_of_its_kinks(tmp_path):
    out, x, y, far = a_graph()
    in_all_dialects(out, [x, far, Value(4.0)], [y], POINTS, tmp_path, MAIN_SINGLE, 3)
    in_all_dialects([*gradients(out, [x, y]), x, Value(7.0), out], [x, far, Value(4.0)], [y], POINTS, tmp_path, MAIN_LIST, 5)


def test_a_saved_program_in_chunks_prints_the_numbers_of_the_python_program(tmp_path, monkeypatch):
    long = reduce(lambda at, i: ac.relu(at * 0.999 + i % 3), range(2_500), x := Value(0.3, "x"))
    in_all_dialects(long, [x], [], [([0.7], [])], tmp_path, MAIN_SINGLE, 1)
    assert "chunk_1(" in (tmp_path / "program.c").read_text()
    monkeypatch.setattr(c_source, "PLAIN_PART", 3)
    out, x, y, far = a_graph()
    in_all_dialects(out, [x, far, Value(4.0)], [y], POINTS[:2], tmp_path, MAIN_SINGLE, 3)
    assert "chunk_3(" in (tmp_path / "program.c").read_text()


def test_a_saved_program_says_how_it_is_called_and_needs_only_math(tmp_path):
    out, x, y, far = a_graph()
    compile_graph(out, [x, far], [y], "c").save_c(tmp_path / "program.c")
    text = (tmp_path / "program.c").read_text()
    assert text.startswith("/* void program(const double *parameters, const double *inputs, double *value, double *gradients)")
    assert [line for line in text.splitlines() if line.startswith("#include")] == ["#include <math.h>"]
    assert text.isascii()
