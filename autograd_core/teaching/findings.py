"""What a guard finds: the place in the student's code, what went wrong there and why, and the line to write instead."""

from __future__ import annotations

import linecache
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from ..printing import Table


class GuardWarning(UserWarning):
    """What a :class:`guard` shows at once; ``warnings.simplefilter("error", GuardWarning)`` makes it an error at that line."""


class Finding(NamedTuple):
    """One mistake: its ``kind``, the ``place``, a sentence that says what was done and why it is wrong, and the line to write.

    >>> print(Finding("rebound", "train.py, line 3", "w is no leaf any more.", "w.data -= 0.1 * w.grad"))
    train.py, line 3: w is no leaf any more. Write instead: w.data -= 0.1 * w.grad
    """

    kind: str
    place: str
    sentence: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"

    @property
    def message(self) -> str:
        """The sentence and the remedy."""
        return f"{self.sentence} Write instead: {self.remedy}"


class Findings(list[Finding]):
    """What was found, each place once for each kind of mistake; a notebook shows it as a table.

    >>> Findings([Finding("rebound", "train.py, line 3", "w is no leaf any more.", "w.data -= 0.1 * w.grad")])
    where             what                    write instead
    train.py, line 3  w is no leaf any more.  w.data -= 0.1 * w.grad
    """

    def __repr__(self) -> str:
        return str(self._table()) if self else "nothing found"

    def _repr_html_(self) -> str:
        # A sentence wraps, where a table of numbers would not.
        return self._table()._repr_html_().replace("white-space:pre", "white-space:pre-wrap") if self else "<p>nothing found</p>"

    def _table(self) -> Table:
        return Table(["where", "what", "write instead"], [finding[1:] for finding in self])

    def report(self, kind: str, frame: FrameType, sentence: str, remedy: str) -> None:
        """Add a finding at the line that ``frame`` is at, and warn, unless it stands there already."""
        finding = Finding(kind, place_of(frame), sentence, remedy)
        if any(known[:2] == finding[:2] for known in self):
            return
        self.append(finding)
        shown = file_of(frame) if file_of(frame).startswith("cell ") else frame.f_code.co_filename
        if shown not in linecache.cache and frame.f_code.co_filename in linecache.cache:
            linecache.cache[shown] = linecache.cache[frame.f_code.co_filename]  # so that the line stands below the warning
        warnings.warn_explicit(finding.message, GuardWarning, shown, frame.f_lineno)


_FOLDERS = {"<recorder of "}  # and the functions that record a row, which stand in no file


def add_library(package: str) -> None:
    """The lines of this package are not the student's."""
    _FOLDERS.update(f"{folder}{os.sep}" for folder in getattr(sys.modules.get(package.partition(".")[0]), "__path__", ()))


add_library(__name__)


def is_ours(frame: FrameType) -> bool:
    """Whether a frame runs the code of a library."""
    return frame.f_code.co_filename.startswith(tuple(_FOLDERS))


def student_frame(frame: FrameType) -> FrameType:
    """The nearest frame, from ``frame`` outwards, of code that uses the library."""
    found = frame
    while is_ours(found) and found.f_back is not None:
        found = found.f_back
    return found


def frames_above(frame: FrameType | None) -> Iterator[FrameType]:
    """``frame`` and those that called it, the nearest first."""
    while frame is not None:
        yield frame
        frame = frame.f_back


Line = tuple[tuple[int, int], ...]


def line_of(frame: FrameType) -> tuple[Line, list[CodeType]]:
    """The lines of all calls that led to ``frame``: the same in each round of a loop, and another where a cell runs again.

    With it the code, to be kept as long as the line is, since code is told apart by its identity.
    """
    codes = [(above.f_code, above.f_lineno) for above in frames_above(frame)]
    return tuple((id(code), number) for code, number in codes), [code for code, _ in codes]


def cell_of(frame: FrameType) -> CodeType | None:
    """The code of the notebook's cell that runs, if one does: each run of a cell has its own."""
    for above in frames_above(frame):
        if above.f_code.co_name.startswith("<") and "get_ipython" in above.f_globals:
            return above.f_code
    return None


def place_of(frame: FrameType) -> str:
    """File and line, or the cell of a notebook and its line."""
    return f"{file_of(frame)}, line {frame.f_lineno}"


def file_of(frame: FrameType) -> str:
    """The name of the file, or the number of the cell of a notebook."""
    name = frame.f_code.co_filename
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    number = getattr(getattr(shell, "compile", None), "_filename_map", {}).get(name)
    return Path(name).name if number is None else f"cell In[{number}]"


def variables_of(frame: FrameType) -> dict[str, Any]:
    """What the names in the code of a frame stand for."""
    return {name: x for name, x in {**frame.f_globals, **frame.f_locals}.items() if not name.startswith("_")}
