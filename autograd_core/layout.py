"""Running a layout engine: DOT text in, a picture out.

What runs programs is imported where it is needed: ``import autograd_core`` stays quick.

The engine is the command in the environment variable ``AUTOGRAD_CORE_DOT`` if that is set, else the
system's ``dot``, else the one that ``pip install "autograd-core[dot]"`` brings along.
"""

from __future__ import annotations

import os

VARIABLE = "AUTOGRAD_CORE_DOT"
PACKAGE = "graphviz-pure"
REMEDY = 'python -m pip install "autograd-core[dot]"'


class LayoutError(RuntimeError):
    """No layout engine was found, or it refused the text; the message says what to do."""


def find_engine() -> str:
    """The path of the layout engine; a :class:`LayoutError` that names the remedy if there is none."""
    import shutil

    wanted = os.environ.get(VARIABLE)
    if wanted:
        path = shutil.which(wanted)
        if path is None:
            raise LayoutError(f"the environment variable {VARIABLE} names {wanted!r}, which is no command here: correct or unset it")
        return path
    found = shutil.which("dot") or _packaged_engine()
    if found is None:
        raise LayoutError(f"drawing needs a layout engine: {REMEDY}  (or install Graphviz)")
    return found


def render(dot: str, kind: str = "svg", timeout: float = 60.0) -> bytes:
    """The picture of DOT text in the format ``kind`` (``svg``, ``png``, ``plain``, ...).

    Raises :class:`LayoutError` with what the engine said, or after ``timeout`` seconds.
    """
    import subprocess

    command = [find_engine(), f"-T{kind}"]
    try:
        result = subprocess.run(command, input=dot.encode(), capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise LayoutError(f"the layout took longer than {timeout:g} s: draw at level='neuron' or 'layer', or a part of the graph") from None
    except OSError as error:
        raise LayoutError(f"{command[0]} cannot be run ({error}): {REMEDY}") from None
    if result.returncode != 0 or not result.stdout:
        said = " ".join(result.stderr.decode(errors="replace").split())[-1000:]
        hint = " (install Graphviz for more formats)" if kind not in ("svg", "png", "plain") else ""
        raise LayoutError(f"{command[0]} failed: {said}{hint}")
    return result.stdout


def _packaged_engine() -> str | None:
    """The program in the wheel of ``graphviz-pure``, wherever it was installed."""
    from importlib import metadata
    from pathlib import Path

    try:
        files = metadata.distribution(PACKAGE).files or []
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.stem == PACKAGE and file.suffix in ("", ".exe"):
            path = Path(str(file.locate())).resolve()
            if path.is_file():
                return str(path)
    return None
