"""Plain ``.npy`` arrays: of numbers only, and never larger than their file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput

MAX_BYTES = 512 * 1024 * 1024
"""A file with holes in it says any size for free; a depth map of 64 megapixels is half of it."""


def read_npy(path: Path, kinds: str, shape: tuple[int | None, ...]) -> NDArray:
    """Return the array of a file, as it is stored.

    Args:
        path: The file.
        kinds: Allowed ``dtype.kind`` letters, such as "f" or "iu".
        shape: Its shape; None stands for any length.

    Raises:
        CorruptInput: If it is no plain array, too large, or cut off.
        ConventionError: If it has another shape or type.
    """
    try:
        # A map shows a file that is shorter than its header says before any memory is taken.
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # the header is Python text, and its parser raises nearly anything
        raise CorruptInput("not a plain .npy array", where=path, got=error) from error
    fits = (
        isinstance(stored, np.memmap)
        and stored.dtype.kind in kinds
        and len(stored.shape) == len(shape)
        and all(a in (b, None) for a, b in zip(shape, stored.shape, strict=True))
    )
    if not fits:
        raise ConventionError(
            "array has another shape or type", where=path,
            expected=f"{' or '.join(kinds)} {shape}",
            got=f"{getattr(stored, 'dtype', '')} {getattr(stored, 'shape', '')}"[:200],
        )  # fmt: skip
    if stored.nbytes > MAX_BYTES:
        raise CorruptInput(
            "array is too large", where=path, expected=f"<= {MAX_BYTES} bytes", got=stored.nbytes
        )
    # Read, not copied out of the map: that ends the process if the file has become shorter.
    order: Literal["C", "F"] = "C" if stored.flags.c_contiguous else "F"
    kind, sides, count, at = stored.dtype, stored.shape, stored.size, stored.offset
    try:
        values = np.fromfile(path, kind, count, offset=at)
    except OSError as error:
        raise CorruptInput("array cannot be read", where=path, got=error) from error
    if len(values) < count:
        raise CorruptInput("array is cut off", where=path, expected=count, got=len(values))
    return values.reshape(sides, order=order)
