"""Ctrl-C where it does no harm: what must happen as a whole is not cut short."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any


class Interrupts:
    """Within it, ``KeyboardInterrupt`` arises only inside :meth:`call`; elsewhere Ctrl-C is noted, and the next call raises it.

    In a thread other than the main one, and where the program has its own handler of Ctrl-C, it changes nothing.

    >>> with Interrupts() as interrupts:
    ...     interrupts.call(max, 1.0, 2.0)
    2.0
    """

    asked = open = False
    former: Any = None

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self.former = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *problem: object) -> None:
        if self.former is not None:
            signal.signal(signal.SIGINT, self.former)

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the function returns; ``KeyboardInterrupt`` at any point of it."""
        try:
            self.open = True
            self.check()
            return copy_context().run(function, *arguments)  # so that what watches comparisons ends with it, wherever Ctrl-C falls
        finally:
            self.open = False

    def check(self) -> None:
        """``KeyboardInterrupt`` if Ctrl-C was noted."""
        if self.asked:
            raise KeyboardInterrupt

    def _note(self, *signal_and_frame: Any) -> None:
        self.asked = True
        if self.open:
            self.open = False
            raise KeyboardInterrupt
