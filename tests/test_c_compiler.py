"""Finding a C compiler, and what is said when it fails."""

import shutil
import time
from pathlib import Path

import pytest
from c_builds import compiled, compiler_script, entries, finished, started

from autograd_core import Value, compile_graph
from autograd_core.programs import c, c_compiler
from autograd_core.programs.c_compiler import CompilerError, find_compiler, lanes

pytestmark = pytest.mark.usefixtures("cache")


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


def test_a_program_of_very_many_inputs_does_not_run_out_of_stack():
    """In another process, which would be killed."""
    code = "n = 300_000; x = [ac.Value(1.0) for _ in range(n)]; one = ac.compile_graph(x[0] * x[-1], [], x, dialect='c')"
    assert finished(started(f"import autograd_core as ac; {code}; print(one([], [3.0] * n), one.batch([], [[2.0] * n] * 9))")) == "(9.0, []) (36.0, [])\n"


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
    pids.touch()
    for seconds in (0.3, 3.0, 30.0):  # a busy machine may not start it any sooner
        monkeypatch.setattr(c_compiler, limit, seconds)
        with pytest.raises(CompilerError, match=f".* did not end within {seconds:g} seconds: name another C compiler"):
            compiled()
        if pids.read_text().split():
            break
    assert pids.read_text().split()
    deadline = time.monotonic() + 600
    while any(map(is_running, pids.read_text().split())):
        assert time.monotonic() < deadline
    assert entries(cache) == []


@pytest.mark.parametrize(
    ("command", "message"),
    [("true", "true could not compile the program:\nit ended without an error, and wrote no library"), ("'", "is no command"), ("''", "was not found"),
     ("touch", "could not compile"), ("/", "was not found"), ("not-executable", "could not be started"), ("empty", "wrote no library"),
     ("garbage", "built no library that can be loaded"), ("link", "wrote no library"), ("another", "the library has no function row_memory")],
)  # fmt: skip
def test_every_failure_of_a_compiler_is_one_error_with_its_remedy(command, message, tmp_path, cache, monkeypatch):
    bodies = {"empty": 'for o; do test "$l" = -o && : > "$o"; l=$o; done', "garbage": 'for o; do test "$l" = -o && echo x > "$o"; l=$o; done'}
    bodies["link"] = f'for o; do test "$l" = -o && ln -sf {tmp_path}/of_another "$o"; l=$o; done'
    (tmp_path / "of_another").write_text("kept")
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
    assert (tmp_path / "of_another").read_text() == "kept"


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
