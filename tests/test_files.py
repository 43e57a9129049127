"""One writer for all files: the old content or the new one, whole, and nothing beside it."""

import errno
import os
import resource
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import autograd_core as ac
import nn
from autograd_core import Value, compile_graph, draw, files, play, replace_file, require_place

ROOT = Path(ac.__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "benchmarks"))
from kills import WRITER, count_kills  # noqa: E402

NAMED = WRITER.replace("from autograd_core", "import os; del os.O_TMPFILE\nfrom autograd_core") if hasattr(os, "O_TMPFILE") else WRITER


@pytest.fixture(params=["unnamed", "named"])
def way(request, monkeypatch):
    """Both ways: with files that get their names when they are whole, and without."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)


def save_model(path):
    nn.MLP(2, [3, 1], seed=0).save(path)


def export_program(path):
    nn.export_program(nn.MLP(2, [3, 1], seed=0), path)


def graph():
    x = Value(2.0, "x")
    return x * x + ac.exp(x), x


OUTPUT, LEAF = graph()
PLAYER = play(OUTPUT)  # another player has other names in its page
PROGRAM = compile_graph(OUTPUT, [LEAF], dialect="c")  # built here: a compiler needs files of its own, also where a test allows none
WRITERS = {
    "text.txt": lambda path: replace_file(path, "é\n" * 50_000),
    "bytes.bin": lambda path: replace_file(path, b"\0\r\n" * 50_000),
    "model.json": save_model,
    "model.py": export_program,
    "drawing.dot": lambda path: draw(OUTPUT).save(path),
    "player.html": PLAYER.save,
    "program.c": PROGRAM.save_c,
}
every_writer = pytest.mark.parametrize("name", WRITERS)


@every_writer
def test_everything_that_is_written_is_replaced_whole_and_keeps_its_mode(name, tmp_path, way):
    path = tmp_path / name
    WRITERS[name](path)
    content = path.read_bytes()
    assert len(content) > 100
    path.write_text("old")
    path.chmod(0o640)
    before = path.stat().st_ino
    WRITERS[name](path)
    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.stat().st_ino != before  # another file took its place
    assert os.listdir(tmp_path) == [name]


@every_writer
def test_a_folder_that_is_missing_is_one_clear_error(name, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no .*folder.*, so nothing was written: make it first") as caught:
        WRITERS[name](tmp_path / "missing" / name)
    assert caught.value.filename == str(tmp_path / "missing" / name)
    assert os.listdir(tmp_path) == []


@every_writer
def test_on_a_full_disk_the_old_file_stays(name, tmp_path, way):
    """The limit on the size of a file fails as a full disk does."""
    path = tmp_path / name
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60, hard))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            WRITERS[name](path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.filename == str(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("moment", ["write", "fsync", "replace", "fsync of the folder"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, MemoryError])
def test_an_error_at_any_moment_leaves_the_old_file_or_the_new_one(moment, error, tmp_path, way, monkeypatch):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def fail(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device") if error is OSError else error

    def fail_at_the_folder(descriptor, sync=os.fsync):
        return fail() if stat.S_ISDIR(os.fstat(descriptor).st_mode) else sync(descriptor)

    if moment == "write":
        monkeypatch.setattr(files, "_fill", fail)
    else:
        monkeypatch.setattr(os, moment.split()[0], fail_at_the_folder if "folder" in moment else fail)
    with pytest.raises(error) as caught:
        replace_file(path, "new")
    assert path.read_text() == ("new" if "folder" in moment else "old")
    assert os.listdir(tmp_path) == ["file.txt"]
    if isinstance(caught.value, OSError):
        assert caught.value.filename == str(path)


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_new_file_has_the_mode_that_the_process_gives(mask, tmp_path, way):
    before = os.umask(mask)
    try:
        replace_file(tmp_path / "file", "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~mask


def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path, way):
    for folder in ("links", "targets"):
        (tmp_path / folder).mkdir()
    link, target = tmp_path / "links" / "link", tmp_path / "targets" / "file"
    link.symlink_to("../targets/file")
    for text in ("first", "second"):  # the target does not exist at first
        replace_file(link, text)
        assert link.is_symlink()
        assert target.read_text() == text
    assert os.listdir(tmp_path / "links") == ["link"]
    assert os.listdir(tmp_path / "targets") == ["file"]


def test_kills_leave_the_old_file_or_the_new_one_and_nothing_beside_after_the_next_write():
    for writer in (WRITER, NAMED):
        count = count_kills(8, seed=0, writer=writer)
        assert (count.torn, count.left_at_last) == (0, 0)


def test_only_files_of_dead_writers_are_removed(tmp_path):
    """A writer that is alive holds the lock on its file; a file that only looks alike is not touched."""
    living, dead, other = (tmp_path / f".autograd_core-{letter * 16}.tmp" for letter in "abz")
    for path in (living, dead, other):
        path.write_text("x")
    code = "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print('locked', flush=True); sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", code, str(living)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    replace_file(tmp_path / "file", "new")
    assert set(os.listdir(tmp_path)) == {living.name, other.name, "file"}
    process.communicate()
    replace_file(tmp_path / "file", "new")
    assert set(os.listdir(tmp_path)) == {other.name, "file"}


def test_writers_at_the_same_time_do_not_disturb_one_another(tmp_path, way):
    path, problems = tmp_path / "file", []
    texts = [str(i) * 10_000 for i in range(4)]

    def write(text):
        try:
            for _ in range(25):
                replace_file(path, text)
                assert path.read_text() in texts
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert problems == []
    assert os.listdir(tmp_path) == ["file"]


def test_the_name_may_be_as_long_as_names_can_be(tmp_path, way):
    path = tmp_path / ("n" * 255)
    replace_file(path, "new")
    assert path.read_text() == "new"


def test_pipes_and_devices_are_written_to_and_stay():
    replace_file("/dev/null", "gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    code = "from autograd_core import replace_file; replace_file('/dev/stdout', 'shown')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout == "shown"


@pytest.mark.parametrize(
    ("path", "content", "error"),
    [("", "x", IsADirectoryError), (".", "x", IsADirectoryError), ("loop", "x", OSError), ("file/x", "x", OSError), (7, "x", TypeError),
     ("new", None, TypeError), ("new", 1.5, TypeError), ("new", "\ud800", UnicodeEncodeError), ("a\0", "x", ValueError), ("n" * 256, "x", OSError)],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_and_changes_nothing(path, content, error, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    Path("file").write_text("old")
    with pytest.raises(error):
        replace_file(path, content)
    assert sorted(os.listdir()) == ["file", "loop"]
    assert Path("file").read_text() == "old"


def test_a_file_that_may_not_be_written_to_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # nothing is forbidden to the superuser
    with pytest.raises(PermissionError, match="may not be written to"):
        replace_file(path, "new")
    assert path.read_text() == "old"


def test_a_place_where_nothing_could_be_written_is_refused_before_the_work(tmp_path, monkeypatch):
    with pytest.raises(IsADirectoryError, match="a folder has this name"):
        require_place(tmp_path)
    model, path = nn.MLP(1, [1], seed=0), tmp_path / "file"
    before = model.state_dict()
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda place, mode: place != str(path))
    with pytest.raises(PermissionError, match="may not be written to"):
        model.fit([[1.0]], [2.0], callbacks=nn.Checkpoint(path))
    with pytest.raises(IsADirectoryError):
        model.fit([[1.0]], [2.0], callbacks=nn.Checkpoint(tmp_path))
    assert model.state_dict() == before


def test_json_that_could_not_be_read_again_is_not_written(tmp_path):
    path = tmp_path / "content.json"
    for name in ("format", "version", "checksum"):
        with pytest.raises(ValueError, match=f"the content has an entry '{name}'"):
            ac.write_json(path, ("kind", 1), {"x": 1.0, name: 2})
    assert not path.exists()
    ac.write_json(path, ("kind", 1), {})
    assert ac.read_json(path, ("kind", 1)) == {}
