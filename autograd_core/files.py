"""Writing files so that nothing is lost: the old content or the new one, whole, and nothing beside it; and reading them if whole."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import stat
import sys
import time
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from .choices import not_one_of

if sys.platform != "win32":
    import fcntl

_BESIDE = re.compile(r"\.autograd_core-[0-9a-f]{16}\.tmp")  # short, for the name it stands in for may be as long as names can be
_HOUR = 3600.0


def replace_file(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write ``content`` (text as UTF-8) to the file ``path``, in one step.

    Whoever reads the file, and whatever ends the writing (an error, a full disk, a kill, a power cut), finds the
    whole old content or the whole new one. A file that was there keeps its mode, and a new one has the mode that
    the process gives to new files; a symbolic link stays, and the file it points to is replaced. Writers at the
    same time do not disturb one another: the last one stays.

    Raises ``OSError`` that names the path if it cannot be written: no such folder, no permission (a file that
    may not be written to is not replaced either), no space; ``TypeError`` for other content. Devices and pipes,
    such as ``/dev/stdout``, are written to as they are.

    >>> import os, pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = os.path.join(folder.name, "weights.txt")
    >>> replace_file(path, "0.5 -1.25")
    >>> replace_file(path, "0.4 -1.5")
    >>> pathlib.Path(path).read_text()
    '0.4 -1.5'
    >>> os.listdir(folder.name)
    ['weights.txt']
    >>> folder.cleanup()
    """
    if not isinstance(content, str | bytes):
        raise TypeError(f"the content of a file is text or bytes, not {type(content).__name__}")
    data = content.encode() if isinstance(content, str) else content
    path = path_text(path)
    with _naming(path):
        old = _status(path)
        if old is not None and not stat.S_ISREG(old.st_mode):
            with open(path, "wb") as device:  # holds nothing that could be lost; a folder is refused
                device.write(data)
            return
        _replace(os.path.realpath(path), data, None if old is None else stat.S_IMODE(old.st_mode))


def path_text(path: Any) -> str:
    """A path as text; a ``TypeError`` that says what a path is, for anything else."""
    try:
        return os.fsdecode(path)
    except TypeError:
        raise TypeError(f"a file is given by its path, a text such as 'graph.svg' or a pathlib.Path, not by {path!r:.60}") from None


def require_place(path: str | os.PathLike[str], endings: Iterable[str] = ()) -> None:
    """Refuse, before a long computation, a file that could not be written after it.

    ``ValueError`` for an ending that is none of ``endings`` (``""`` is one for a name that has none), ``OSError`` where its folder is
    missing or may not be written to, and where a folder, or a file that may not be written to, has its place.

    >>> require_place("curve.pgn", [".png", ".svg"])
    Traceback (most recent call last):
    ValueError: the ending of 'curve.pgn' is one of '.png', '.svg', not '.pgn'; did you mean '.png'?
    """
    path = path_text(path)
    ending, allowed, folder = os.path.splitext(path)[1].lower(), list(dict.fromkeys(endings)), os.path.dirname(os.path.abspath(path))
    if allowed and ending not in allowed:
        raise not_one_of(f"the ending of {path!r}", ending, allowed)
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {folder!r}, so nothing was written: make it first", path)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{path!r} cannot be written: the folder {folder!r} allows no new files")
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, "a folder has this name, so nothing was written: choose another", path)
    if os.path.exists(path) and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "the file may not be written to", path)


def write_json(path: str | os.PathLike[str], kind: tuple[str, int], content: dict[str, Any]) -> None:
    """Write ``content`` as a JSON file of a ``kind``, a name and a version, in one step as :func:`replace_file`; it has a checksum.

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_json(os.path.join(folder, "w"), ("weights", 1), {"w": 0.5})
    ...     read_json(os.path.join(folder, "w"), ("weights", 1))
    {'w': 0.5}
    """
    text = json.dumps(content)
    head = {"format": kind[0], "version": kind[1], "checksum": zlib.crc32(text.encode())}
    if not head.keys().isdisjoint(content):
        raise ValueError(f"the content has an entry {min(head.keys() & content)!r}, which is what the file says of itself: rename it")
    replace_file(path, f"{json.dumps(head)[:-1]}{', ' if content else ''}{text[1:]}")


def read_json(path: str | os.PathLike[str], kind: tuple[str, int]) -> dict[str, Any]:
    """The content of a file that :func:`write_json` wrote; ``ValueError`` for any other, and for one that was damaged or edited.

    >>> read_json(__file__, ("weights", 1))
    Traceback (most recent call last):
    ValueError: ... is no whole JSON file, so it was not read: ...
    """
    path = path_text(path)  # not a number, which would be an open file of somebody else's, and closed
    try:
        content = json.loads(read_plain(path).decode("utf-8"), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no whole JSON file, so it was not read: {error}") from None
    if not isinstance(content, dict) or content.get("format") != kind[0]:
        found = content.get("format") if isinstance(content, dict) else None
        raise ValueError(f"{path} is not a file of the kind {kind[0]!r}" + (f", but {found!r:.60}" if found else ""))
    if content.get("version") != kind[1]:
        raise ValueError(f"{path} has version {content.get('version')!r:.60}, and this program reads version {kind[1]}")
    del content["format"], content["version"]
    with contextlib.suppress(ValueError, RecursionError):  # of an integer of thousands of digits
        if content.pop("checksum", None) == zlib.crc32(json.dumps(content).encode()):
            return content
    raise ValueError(f"{path} does not have the checksum that it was written with: it was damaged or edited, so it was not read")


def read_plain(path: str) -> bytes:
    """What a plain file holds; ``ValueError`` for a pipe or a device, ``OSError`` for a folder and for what is not there."""
    if not stat.S_ISREG(os.stat(path).st_mode) and not os.path.isdir(path):
        raise ValueError("it is no plain file, and might never end")
    with open(path, "rb") as file:
        return file.read()


def _object(entries: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, of which the last of two entries with one key would be read, and the first would never be seen."""
    found = dict(entries)
    if len(found) < len(entries):
        raise ValueError("a key stands in it twice")
    return found


def _replace(place: str, data: bytes, mode: int | None) -> None:
    """Fill a file beside ``place``, and move it there; ``mode`` is that of the file that was there."""
    folder = os.path.dirname(place)
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, "there is no such folder, so nothing was written: make it first")
    if mode is not None and not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, "the file may not be written to")
    _remove_abandoned(folder)
    beside = os.path.join(folder, f".autograd_core-{secrets.token_hex(8)}.tmp")
    try:
        with _filled(beside, data, mode) as file:
            if sys.platform == "win32":
                file.close()  # a file that is open cannot be moved
            os.replace(beside, place)
        _sync_folder(folder)
    finally:
        with contextlib.suppress(OSError):  # it was moved, or never made
            os.unlink(beside)


def _filled(beside: str, data: bytes, mode: int | None) -> BinaryIO:
    """A file with the content, on the disk, open and locked: the lock says that its writer is alive.

    Where the system can, the file gets its name only when it is whole, so that a kill leaves nothing to remove.
    """
    if hasattr(os, "O_TMPFILE"):
        with contextlib.suppress(OSError):  # not on every file system, nor without /proc
            file = _fill(os.open(os.path.dirname(beside), os.O_TMPFILE | os.O_RDWR, 0o666), data, mode)
            try:
                os.link(f"/proc/self/fd/{file.fileno()}", beside, src_dir_fd=file.fileno())  # the descriptor: to follow the link
            except BaseException:
                file.close()
                raise
            return file
    while True:
        file = _fill(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o666), data, mode)
        if sys.platform == "win32" or os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # another writer took it for abandoned before it was locked


def _fill(descriptor: int, data: bytes, mode: int | None) -> BinaryIO:
    file = os.fdopen(descriptor, "wb")
    try:
        if sys.platform != "win32":
            with contextlib.suppress(OSError):  # file systems without locks: nothing is taken for abandoned there
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if mode is not None:
                os.fchmod(descriptor, mode)
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):  # what could not be written cannot be flushed either
            file.close()
        raise
    return file


def _remove_abandoned(folder: str) -> None:
    """Remove what killed writers left in the folder."""
    with contextlib.suppress(OSError):  # a folder that may not be listed
        for name in filter(_BESIDE.fullmatch, os.listdir(folder)):
            with contextlib.suppress(OSError):  # another writer has moved or removed it, or it is not ours
                _remove_if_abandoned(os.path.join(folder, name))


def _remove_if_abandoned(beside: str) -> None:
    if sys.platform == "win32":
        if time.time() - os.stat(beside).st_mtime > _HOUR:
            os.unlink(beside)
        return
    descriptor = os.open(beside, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its writer lives
        os.unlink(beside)
    finally:
        os.close(descriptor)


def _sync_folder(folder: str) -> None:
    """Let the name last through a power cut, too."""
    if sys.platform == "win32":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # one may write to a folder that one may not read
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _status(path: str | os.PathLike[str]) -> os.stat_result | None:
    """What is known of the file that a path leads to, if there is one."""
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def _naming(path: str) -> Iterator[None]:
    """Let an error of the system name the file that was to be written, not one beside it."""
    try:
        yield
    except OSError as error:
        if error.filename is None or _BESIDE.search(os.fsdecode(error.filename)):
            raise OSError(error.errno, error.strerror, path) from None
        raise
