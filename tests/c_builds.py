"""What the tests of C programs build, and with what compilers."""

import os
import subprocess
import sys
from pathlib import Path

import autograd_core as ac
from autograd_core import Value, compile_graph

ROOT = str(Path(ac.__file__).parents[1])
COMPILE = "import autograd_core as ac; x = ac.Value(2.0); print(ac.compile_graph(ac.tanh(x) * x, [x], dialect='c')([0.5]))"


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
    output, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    return output
