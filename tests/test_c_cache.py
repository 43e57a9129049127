"""Keeping what a C compiler built: one good entry, in a folder that is its user's alone."""

import os
import stat
import time

import pytest
from c_builds import COMPILE, compiled, compiler_script, entries, finished, started

from autograd_core.programs.c_compiler import CompilerError, cache_folder, find_compiler

pytestmark = pytest.mark.usefixtures("cache")


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
