"""Python's garbage collector while graphs grow: nodes refer to each other in one direction, so it never finds anything among them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def rare_collections(threshold: int = 200_000) -> Iterator[None]:
    """Within it, the garbage collector looks for cycles after every ``threshold`` new objects, not after every 700.

    A graph is given back the moment nobody refers to it, without the collector. While it grows, the collector passes over its nodes
    again and again: that is half of the time to record and differentiate a graph of a million nodes (measured: 1.8 to 2.3x the time
    without it; within this, 1.2x). Cycles of other code are still found, later. It holds for the whole process; nothing changes
    where the collector is off or its threshold higher.

    >>> from autograd_core import Value, rare_collections
    >>> x = y = Value(1.0)
    >>> with rare_collections():
    ...     for _ in range(10_000):
    ...         y = y * 0.5 + 1.0
    ...     y.backward()
    >>> y.data
    2.0
    """
    first, *others = gc.get_threshold()
    try:
        gc.set_threshold(max(first, threshold) if first else 0, *others)
        yield
    finally:
        gc.set_threshold(first, *others)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Without garbage collections, for work that makes a great many objects and no cycles, and ends."""
    was_on = gc.isenabled()
    try:
        gc.disable()
        yield
    finally:
        if was_on:
            gc.enable()
