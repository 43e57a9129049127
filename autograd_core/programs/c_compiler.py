"""Finding the C compiler and building shared libraries, once each, into a per-user cache."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

# No fused multiply-add and no rewriting of pow, so that results equal Python's to the bit.
FLAGS = ("-O1", "-ffp-contract=off", "-fno-builtin-pow", "-fno-math-errno", "-Wno-psabi", "-fPIC", "-std=gnu11")


class CompilerError(RuntimeError):
    """There is no C compiler, or it refused the program; the message says what to do."""


def load(sources: Sequence[str]) -> ctypes.CDLL:
    """The shared library of C files, built unless the cache has it.

    A library is built beside its place and moved there in one step, so that builds at the same time, or one
    that is interrupted, never leave a broken file; one that cannot be loaded is built anew.
    """
    compiler = find_compiler()
    key = hashlib.sha256("\0".join([*sources, *compiler, _version(tuple(compiler)), *FLAGS, cpu_features()]).encode()).hexdigest()[:32]
    folder = cache_folder()
    library = folder / f"{key}{'.dll' if sys.platform == 'win32' else '.so'}"
    if _is_whole(library):
        try:
            return ctypes.CDLL(str(library))
        except OSError:  # built for another machine, perhaps
            library.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=folder) as workshop:
        built = Path(workshop, "program.so")
        _build(compiler, sources, Path(workshop), built)
        content = built.read_bytes()
        built.write_bytes(content + hashlib.sha256(content).digest())  # loaders do not read what follows the library
        os.replace(built, library)
    return ctypes.CDLL(str(library))


def _is_whole(library: Path) -> bool:
    """Whether the file is what was built: loading a damaged one would end the process."""
    try:
        content = library.read_bytes()
    except OSError:
        return False
    return hashlib.sha256(content[:-32]).digest() == content[-32:]


def _build(compiler: Sequence[str], sources: Sequence[str], workshop: Path, built: Path) -> None:
    """Compile for this processor, or, where the compiler does not know it, for any; then link."""
    files = [workshop / f"part_{i}.c" for i in range(len(sources))]
    for file, source in zip(files, sources):
        file.write_text(source)
    problem = ""
    for tuning in (["-march=native"], []):
        commands = [[*compiler, *FLAGS, *tuning, "-c", str(file), "-o", str(file.with_suffix(".o"))] for file in files]
        with ThreadPoolExecutor(os.cpu_count()) as workers:
            problem = next(filter(None, workers.map(_run, commands)), "")
        if not problem:
            objects = [str(file.with_suffix(".o")) for file in files]
            problem = _run([*compiler, "-shared", *objects, "-o", str(built), "-lm"])
            break
    if problem:
        raise CompilerError(f"{' '.join(compiler)} could not compile the program:\n{problem}")


def _run(command: Sequence[str]) -> str:
    """What a command that failed had to say; nothing if it succeeded."""
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else result.stderr.strip()[-2000:] or f"exit code {result.returncode}"


def find_compiler() -> list[str]:
    """The command in the environment variable CC, else cc, gcc or clang; a :class:`CompilerError` without one."""
    wanted = [os.environ["CC"]] if os.environ.get("CC", "").strip() else ["cc", "gcc", "clang"]
    for command in wanted:
        path = shutil.which(command)  # a path may hold spaces
        if path:
            return [path]
        name, *arguments = shlex.split(command)
        path = shutil.which(name)
        if path:
            return [path, *arguments]
    raise CompilerError(
        f"the c dialect needs a C compiler, and {' or '.join(wanted)} was not found: install gcc or clang "
        "(Debian, Ubuntu: apt install gcc; macOS: xcode-select --install; Windows: MinGW-w64), "
        "or name one in the environment variable CC, or use dialect='python' or 'numpy'"
    )


@lru_cache(maxsize=8)
def _version(compiler: tuple[str, ...]) -> str:
    return subprocess.run([*compiler, "--version"], capture_output=True, text=True, check=False).stdout


@lru_cache(maxsize=1)
def cpu_features() -> str:
    """What tells this processor's instructions from another's: code built for one may not run on the other."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        found = sorted({line for line in lines if line.startswith(("flags", "Features"))})
    except OSError:
        found = [platform.processor()]
    return platform.machine() + "".join(found)


def cache_folder() -> Path:
    """Where built programs are kept: AUTOGRAD_CORE_CACHE if set, else the user's cache folder."""
    if os.environ.get("AUTOGRAD_CORE_CACHE"):
        return Path(os.environ["AUTOGRAD_CORE_CACHE"])
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "autograd_core"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autograd_core"
