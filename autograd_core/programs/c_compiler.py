"""Finding the C compiler and building shared libraries, once each, into a per-user cache.

A library is code that will be run, so that the cache is trusted only if nobody else can write to it, and an entry only
if it is the plain file that was built. Where no cache can be had (no home, a disk that is full or read-only or does not
run programs) a temporary folder takes its place, which goes when the process ends.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

if sys.platform != "win32":
    import fcntl

# So that results equal Python's to the bit: no fused multiply-add, and every function is the library's. A compiler rewrites pow, and
# computes exp(0.5) itself, rounded exactly, where the library may be off by a bit. (IEEE fixes sqrt, fabs, fmod and copysign.)
INEXACT = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "cos", "cosh", "erf", "erfc", "exp", "exp2", "expm1",
    "hypot", "lgamma", "log", "log10", "log1p", "log2", "pow", "sin", "sinh", "tan", "tanh", "tgamma",
)  # fmt: skip
FLAGS = ("-ffp-contract=off", *(f"-fno-builtin-{name}" for name in INEXACT), "-fno-math-errno", "-Wno-psabi", "-fPIC", "-std=gnu11")
LIMIT = 600.0  # seconds for one call of the compiler; the longest function that is emitted takes it less than one
QUESTION_LIMIT = 30.0  # seconds for a call that only asks the compiler something
_WORKSHOP = "build-"
_REMEDY = "name another C compiler in the environment variable CC, such as gcc, or use dialect='python' or 'numpy'"
_OTHER_FOLDER = "name another folder in the environment variable AUTOGRAD_CORE_CACHE"


class CompilerError(RuntimeError):
    """There is no C compiler, or it refused the program; the message says what to do."""


def load(sources: Sequence[str], level: str = "-O1", functions: Sequence[str] = ()) -> ctypes.CDLL:
    """The shared library of C files, with ``functions`` in it, built with that level of optimisation unless the cache has it.

    A library is built beside its place and moved there in one step, so that builds at the same time, or one
    that is interrupted, never leave a broken file; one that cannot be loaded is built anew.
    """
    compiler = find_compiler()
    options = (*FLAGS, level)
    name = _key(sources, options, tuple(compiler)) + (".dll" if sys.platform == "win32" else ".so")
    kept = _kept_folder()
    for folder in filter(None, (kept, _temporary.get(os.getpid()))):
        library = _loaded(folder / name, functions)
        if library is not None:
            return library
    problem: OSError | None = None
    for place in (kept, None) if kept else (None,):
        try:
            entry = (place or _temporary_folder()) / name
            _built(compiler, sources, options, entry)
            return _opened(entry, functions)
        except OSError as error:  # a full disk, one that is read-only or does not run programs, something that is in the way
            problem = error
    raise CompilerError(f"{' '.join(compiler)} built no library that can be loaded ({problem}): {_REMEDY}; or {_OTHER_FOLDER}")


def _key(sources: Sequence[str], options: Sequence[str], compiler: tuple[str, ...]) -> str:
    """What a library depends on, as a name."""
    parts = [*sources, *compiler, _version(compiler), *options, cpu_features(), str(_lanes(compiler))]
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()[:32]


# -- entries -----------------------------------------------------------------------------------------------------------
def _loaded(entry: Path, functions: Sequence[str]) -> ctypes.CDLL | None:
    """The library, if the entry is what was built: to load a damaged file would end the process."""
    try:
        content = _content(entry)
        if content is not None and hashlib.sha256(content[:-32]).digest() == content[-32:]:
            return _opened(entry, functions)
    except OSError:  # not there, or built for another machine
        pass
    return None


def _opened(entry: Path, functions: Sequence[str]) -> ctypes.CDLL:
    """The library; ``OSError`` if it cannot be loaded or one of the functions is missing."""
    library = ctypes.CDLL(str(entry))
    for name in functions:
        if not hasattr(library, name):
            raise OSError(f"the library has no function {name}")
    return library


def _content(entry: Path) -> bytes | None:
    """The bytes of a plain file of one's own, which is opened without following a link or waiting for a pipe."""
    descriptor = os.open(entry, os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")))
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        return file.read() if stat.S_ISREG(status.st_mode) and _is_private(status) else None


def _built(compiler: Sequence[str], sources: Sequence[str], options: Sequence[str], entry: Path) -> None:
    """Build a library and put it into its place, whatever is there; ``OSError`` if the folder does not allow it."""
    with _workshop(entry.parent) as workshop:
        made = workshop / "program.so"
        _build(compiler, sources, options, workshop, made)
        content = made.read_bytes()
        made.write_bytes(content + hashlib.sha256(content).digest())  # loaders do not read what follows the library
        made.chmod(0o700)
        os.replace(made, entry)


def _build(compiler: Sequence[str], sources: Sequence[str], options: Sequence[str], workshop: Path, made: Path) -> None:
    """Compile for this processor, or, where the compiler does not know it, for any; then link."""
    files = [workshop / f"part_{i}.c" for i in range(len(sources))]
    for file, source in zip(files, sources):
        file.write_text(source, encoding="utf-8")
    objects = [str(file.with_suffix(".o")) for file in files]
    problem = ""
    for tuning in (["-march=native"], []):
        problem = _run([[*compiler, *options, *tuning, "-c", str(file), "-o", output] for file, output in zip(files, objects)], workshop)
        if not problem:
            problem = _run([[*compiler, "-shared", *objects, "-o", str(made), "-lm"]], workshop)
            break
    if not problem and (made.is_symlink() or not made.is_file() or not made.stat().st_size):  # a link leads to another's file
        problem = "it ended without an error, and wrote no library"
    if problem:
        raise CompilerError(f"{' '.join(compiler)} could not compile the program:\n{problem}\n{_REMEDY}")


# -- folders -----------------------------------------------------------------------------------------------------------
def cache_folder() -> Path | None:
    """Where built programs are kept: AUTOGRAD_CORE_CACHE if set, else the user's cache folder; None without a home."""
    if os.environ.get("AUTOGRAD_CORE_CACHE"):
        return Path(os.environ["AUTOGRAD_CORE_CACHE"]).absolute()
    name = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    try:
        base = os.environ.get(name) or Path.home() / ("" if sys.platform == "win32" else ".cache")
    except (RuntimeError, KeyError):  # nobody knows a home of this user
        return None
    return Path(base).absolute() / "autograd_core"


def _kept_folder() -> Path | None:
    """The cache, if there can be one; a :class:`CompilerError` if somebody else may put code into it."""
    folder = cache_folder()
    try:
        if folder is None:
            return None
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.stat()
    except OSError:
        return None
    if not _is_private(status):
        raise CompilerError(
            f"others may write to {folder}, where built programs are kept, so that none is loaded from there: "
            f"make it your own (chown $(id -u) '{folder}' && chmod go-w '{folder}'), or {_OTHER_FOLDER}"
        )
    return folder


def _is_private(status: os.stat_result) -> bool:
    """Whether only the user of this process may write."""
    return sys.platform == "win32" or (status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


_temporary: dict[int, Path] = {}  # by process: a child has one of its own


def _temporary_folder() -> Path:
    """A folder of this process, which goes with it."""
    process = os.getpid()
    folder = _temporary.get(process)
    if folder is None or not folder.is_dir():
        try:
            folder = _temporary[process] = Path(tempfile.mkdtemp(prefix="autograd_core-"))
        except OSError as error:
            raise CompilerError(f"there is no temporary folder to build in ({error}): name one in the variable TMPDIR") from None
        atexit.register(_remove_temporary, process, folder)
    return folder


def _remove_temporary(process: int, folder: Path) -> None:
    if os.getpid() == process:  # not in a child, which inherits what is to be done at exit
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A folder to build in, which is locked while its process lives; those of killed builds are removed."""
    for other in folder.glob(f"{_WORKSHOP}*"):
        with contextlib.suppress(OSError), _locked(other, wait=False):
            shutil.rmtree(other, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_WORKSHOP, dir=folder, ignore_cleanup_errors=True) as name, _locked(Path(name)):
        Path(name).mkdir(mode=0o700, exist_ok=True)  # another build took it for abandoned before it was locked
        yield Path(name)


@contextlib.contextmanager
def _locked(folder: Path, wait: bool = True) -> Iterator[None]:
    """The lock on a folder; ``OSError`` if somebody has it, or where there are no such locks."""
    if sys.platform == "win32":
        if not wait:
            raise OSError("no locks on folders")
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    try:
        with contextlib.suppress(*[OSError] if wait else []):
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


# -- the compiler ------------------------------------------------------------------------------------------------------
def find_compiler() -> list[str]:
    """The command in the environment variable CC, else cc, gcc or clang; a :class:`CompilerError` without one."""
    wanted = [os.environ["CC"]] if os.environ.get("CC", "").strip() else ["cc", "gcc", "clang"]
    for command in wanted:
        path = shutil.which(command)  # a path may hold spaces
        if path:
            return [path]
        try:
            name, *arguments = shlex.split(command)
        except ValueError as error:
            raise CompilerError(f"the environment variable CC is no command ({error}), but {command!r}: {_REMEDY}") from None
        path = shutil.which(name)
        if path:
            return [path, *arguments]
    raise CompilerError(
        f"the c dialect needs a C compiler, and {' or '.join(wanted)} was not found: install gcc or clang "
        "(Debian, Ubuntu: apt install gcc; macOS: xcode-select --install; Windows: MinGW-w64), "
        "or name one in the environment variable CC, or use dialect='python' or 'numpy'"
    )


def _run(commands: Sequence[Sequence[str]], folder: Path) -> str:
    """Run commands, as many at a time as there are processors; what the first that failed had to say, or nothing."""
    running: deque[tuple[subprocess.Popen[bytes], BinaryIO]] = deque()
    waiting = deque(commands)
    try:
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                running.append(_started(waiting.popleft(), folder))
            problem = _ended(*running[0], LIMIT)[0]
            _stop(*running.popleft())
            if problem:
                return problem
    finally:
        for process, output in running:  # after a failure or an interrupt
            _stop(process, output)
    return ""


def _started(command: Sequence[str], folder: Path | None = None) -> tuple[subprocess.Popen[bytes], BinaryIO]:
    """A process in a group of its own, and the file of what it says, which nobody waits for as for a pipe."""
    variables = {**os.environ, "TMPDIR": str(folder)} if folder else None  # what it leaves is removed with the folder
    output = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed when the process is stopped
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=variables, start_new_session=True
        )
    except BaseException as error:
        output.close()
        if isinstance(error, OSError):
            raise CompilerError(f"{command[0]} could not be started ({error.strerror}): {_REMEDY}") from None
        raise
    return process, output


def _ended(process: subprocess.Popen[bytes], output: BinaryIO, limit: float) -> tuple[str, str]:
    """What is wrong, if the process failed, and all that it said; a :class:`CompilerError` if it does not end."""
    late = threading.Event()
    timer = threading.Timer(limit, lambda: late.set() or _kill(process))  # type: ignore[func-returns-value]
    timer.start()  # process.wait(limit) would look every 50 ms
    try:
        code = process.wait()
    finally:
        timer.cancel()
    if late.is_set():
        command = " ".join(process.args)  # type: ignore[arg-type]
        raise CompilerError(f"{command[:200]} did not end within {limit:g} seconds: {_REMEDY}")
    output.seek(0)
    text = output.read().decode(errors="replace")
    return "" if code == 0 else text.strip()[-2000:] or f"exit code {code}", text


def _stop(process: subprocess.Popen[bytes], output: BinaryIO) -> None:
    """End a process and those that it started."""
    output.close()
    if process.poll() is None:
        _kill(process)
        process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.killpg(process.pid, signal.SIGKILL)


def _answer(command: Sequence[str]) -> str:
    """What a compiler says to a question; nothing if it does not know it."""
    process, output = _started(command)
    try:
        problem, text = _ended(process, output, QUESTION_LIMIT)
        return "" if problem else text
    finally:
        _stop(process, output)


@lru_cache(maxsize=8)
def _version(compiler: tuple[str, ...]) -> str:
    return _answer([*compiler, "--version"])


def lanes() -> int:
    """How many doubles a vector of this machine holds, by the compiler's own macros: 8, 4 or 2."""
    return _lanes(tuple(find_compiler()))


@lru_cache(maxsize=8)
def _lanes(compiler: tuple[str, ...]) -> int:
    question = ["-dM", "-E", "-x", "c", os.devnull]
    macros = set((_answer([*compiler, "-march=native", *question]) or _answer([*compiler, *question])).split())
    return 8 if "__AVX512F__" in macros else 4 if macros & {"__AVX__", "__AVX2__"} else 2


@lru_cache(maxsize=1)
def cpu_features() -> str:
    """What tells this processor's instructions from another's: code built for one may not run on the other."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        found = sorted({line for line in lines if line.startswith(("flags", "Features"))})
    except OSError:
        found = [platform.processor()]
    return platform.machine() + "".join(found)
