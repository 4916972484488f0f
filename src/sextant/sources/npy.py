"""Plain ``.npy`` arrays: of numbers only, and never larger than their file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput


def read_npy(path: Path, kinds: str, shape: tuple[int | None, ...]) -> NDArray:
    """Return the array of a file, as it is stored.

    Args:
        path: The file.
        kinds: Allowed ``dtype.kind`` letters, such as "f" or "iu".
        shape: Its shape; None stands for any length.

    Raises:
        CorruptInput: If it is no plain array, or cut off.
        ConventionError: If it has another shape or type.
    """
    try:
        # A map shows a file that is shorter than its header says before any memory is taken.
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # the header is Python text, and its parser raises nearly anything
        raise CorruptInput("not a plain .npy array", where=path, got=error) from error
    fits = (
        isinstance(stored, np.ndarray)
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
    return np.array(stored)
