"""Arrays from a worker to its parent without a copy: an anonymous file that both have mapped.

The file has no name, so nothing is left behind however a process dies, and it does not count
against a container's small ``/dev/shm``. Its descriptor goes over the socket between the two.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.models.family import Pixels

_ALIGNMENT = 64

Layout = tuple[tuple[str, str, tuple[int, ...], int], ...]
"""For each array: name, dtype, shape, offset in bytes."""


def layout_of(arrays: Pixels) -> tuple[Layout, int]:
    """Return where arrays lie in a block, and the size of the block."""
    found, offset = [], 0
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise TypeError(f"{name}: arrays of objects cannot be shared")
        found.append((name, array.dtype.str, array.shape, offset))
        offset += -(-array.nbytes // _ALIGNMENT) * _ALIGNMENT
    return tuple(found), offset


def send_block(connection: Connection, arrays: Pixels, layout: Layout, size: int) -> None:
    """Send the block of some arrays to the parent process."""
    descriptor = _anonymous_file()
    try:
        os.ftruncate(descriptor, size)
        with mmap.mmap(descriptor, size) as block:
            for name, dtype, shape, offset in layout:
                _view(block, dtype, shape, offset)[...] = arrays[name]
        send_handle(connection, descriptor, os.getppid())
    finally:
        os.close(descriptor)


def receive_block(connection: Connection, layout: Layout, size: int) -> dict[str, NDArray[Any]]:
    """Receive arrays; their memory goes back when the last of them is gone."""
    descriptor = recv_handle(connection)
    try:
        block = mmap.mmap(descriptor, size)
    finally:
        os.close(descriptor)
    return {name: _view(block, dtype, shape, at) for name, dtype, shape, at in layout}


def _view(block: mmap.mmap, dtype: str, shape: tuple[int, ...], offset: int) -> NDArray[Any]:
    return np.ndarray(shape, dtype=np.dtype(dtype), buffer=block, offset=offset)


def _anonymous_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("sextant-pixels")
    with tempfile.TemporaryFile() as file:  # macOS: a file that has lost its name
        return os.dup(file.fileno())
