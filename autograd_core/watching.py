"""What code decides by numbers while it is recorded: where it compares them, and where it reads plain numbers out of them."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from types import CodeType, FrameType
from typing import Any, TypeVar

from .number import PLACES

T = TypeVar("T")


@contextmanager
def setting(variable: ContextVar[T], value: T) -> Iterator[T]:
    """Within it, a variable of the context has a value, in this thread or task alone.

    >>> mode = ContextVar("mode", default="training")
    >>> with setting(mode, "evaluation"):
    ...     mode.get()
    'evaluation'
    """
    before = variable.get()
    try:
        variable.set(value)
        yield value
    finally:
        if variable.get() is value:  # what Ctrl-C cut short may be let go outside of its context, which is gone then
            variable.set(before)


def watching_comparisons() -> AbstractContextManager[list[str]]:
    """Within it, the places where code compares numbers of the library are noted in the list that it gives.

    What is decided by such a comparison would stay so in a program that is compiled from the recorded graph.
    Noted are ``<``, ``<=``, ``>``, ``>=``, ``==`` and ``!=`` of numbers, truth (``if x:``), and errors such as that of a division by 0,
    in the thread or task that watches; see :class:`~autograd_core.number.Number` for what equality and truth mean meanwhile.

    >>> from autograd_core import Value
    >>> with watching_comparisons() as places:
    ...     larger = Value(2.0) > 1.0
    >>> len(places)
    1
    """
    return setting(PLACES, [])


def reading_data() -> AbstractContextManager[Any]:
    """Within it, equality and truth of numbers look at the data, as everywhere where comparisons are watched.

    >>> from autograd_core import Value
    >>> with reading_data():
    ...     Value(2.0) == 2.0, bool(Value(0.0))
    (True, False)
    """
    return setting(PLACES, deque[str](maxlen=0) if (places := PLACES.get()) is None else places)


READS = frozenset({"data", "grad", "item", "scalar"})
"""Names by which code takes a plain number out of a Value."""


@contextmanager
def watching_reads() -> Iterator[set[CodeType]]:
    """Within it, code outside of this package and NumPy that runs and has one of :data:`READS` in it is noted in the set that it gives.

    What it takes out of a Value so would be a constant in a program that is compiled from the recorded graph; whether it does, and
    whether that changes anything, is left to be tried. Under a profiler, which leaves no room to note it, there is always something.

    >>> from autograd_core import Value
    >>> with watching_reads() as found:
    ...     half = (lambda x: x.data / 2.0)(Value(2.0))
    >>> [code.co_name for code in found]
    ['<lambda>']
    """
    found: set[CodeType] = set()
    here, numpy = sys._getframe().f_code.co_filename.removesuffix("watching.py"), f"{os.sep}numpy{os.sep}"

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and not READS.isdisjoint((*frame.f_code.co_names, *frame.f_code.co_consts)):  # also getattr(x, "data")
            file = frame.f_code.co_filename
            if not (file.startswith(here) or "recorder of " in file or numpy in file):  # recorders are printed, and stand in no file
                found.add(frame.f_code)

    before = sys.getprofile()
    try:
        if before is None:
            sys.setprofile(note)
        else:
            found.add(sys._getframe().f_code)
        yield found
    finally:
        if before is None:
            sys.setprofile(None)
