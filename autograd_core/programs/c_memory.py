"""Memory that C and Python share."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from typing import Any


class Buffer:
    """Doubles in memory that C reads and writes, from an address on that vectors like."""

    def __init__(self, count: int) -> None:
        self.memory = bytearray(8 * count + 64)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self.count, self.offset = count, -start % 64
        self.address = start + self.offset
        self.packer = struct.Struct(f"{count}d")
        self._array: Any = None

    def filled(self, values: Sequence[float]) -> int:
        self.packer.pack_into(self.memory, self.offset, *values)
        return self.address

    def values(self) -> tuple[float, ...]:
        return self.packer.unpack_from(self.memory, self.offset)

    def as_numpy(self) -> Any:
        """The same memory as an array."""
        if self._array is None:
            import numpy as np

            self._array = np.frombuffer(self.memory, float, self.count, self.offset)
            self.behind_the_first = self._array[1:]
        return self._array


def address(values: Any, shape: tuple[int, ...]) -> int:
    """Where a NumPy array of float64 of that shape and without gaps has its numbers; 0 for anything else."""
    dtype = getattr(values, "dtype", None)
    if dtype is None or getattr(dtype, "char", "") != "d" or values.shape != shape or not dtype.isnative:
        return 0
    if values.__class__.__name__ == "MaskedArray":  # which must not be read under its mask
        return 0
    try:
        return ctypes.addressof(_BYTE.from_buffer(values))
    except (TypeError, ValueError):  # read-only, empty, or with gaps
        interface = getattr(values, "__array_interface__", None)
        return interface["data"][0] if interface is not None and interface["strides"] is None else 0


_BYTE = ctypes.c_char
