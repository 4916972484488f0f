"""Arrays in HDF5 files (extra ``hdf5``): size caps, no links out of the file, named errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingDependency, MissingInput

MAX_VALUES = 256 * 1024 * 1024
"""Values of a dataset that is read; refuses arrays whose stated shape is a bomb."""

_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def read_array(
    path: Path, name: str = "dataset", shape: tuple[int | None, ...] | None = None
) -> NDArray[Any]:
    """Return one numeric dataset of a file.

    Args:
        path: The file.
        name: Of the dataset in the root group.
        shape: Expected shape, None for any length of an axis; None accepts any shape.

    Raises:
        MissingDependency: If h5py is not installed.
        MissingInput: If there is no such file or dataset.
        CorruptInput: If it cannot be decoded, is too large, or holds no numbers.
        ConventionError: If it has another shape.
    """
    if not path.is_file():
        raise MissingInput("file is not there", where=path)
    try:
        import h5py
    except ImportError as error:
        raise MissingDependency.extra("h5py", "hdf5", "reading HDF5 files") from error
    with path.open("rb") as file:
        if file.read(len(_SIGNATURE)) != _SIGNATURE:
            raise CorruptInput("not an HDF5 file", where=path)
    where = f"{path}: {name}"
    try:
        with h5py.File(path, "r") as opened:
            if not isinstance(opened.get(name, getlink=True), h5py.HardLink):
                raise MissingInput("file has no such dataset of its own", where=where)
            dataset = opened[name]
            # Virtual and external datasets read other files.
            if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external:
                raise CorruptInput("not a plain dataset", where=where)
            if dataset.dtype.kind not in "iuf" or dataset.size > MAX_VALUES:
                raise CorruptInput(
                    "dataset is too large or holds no numbers",
                    where=where,
                    got=f"{dataset.shape} {dataset.dtype}",
                )
            array = np.asarray(dataset[()])
    except (MissingInput, CorruptInput):
        raise
    except Exception as error:  # the C library's errors come as nearly any kind
        raise CorruptInput(
            "HDF5 file cannot be decoded", where=where, got=f"{type(error).__name__}: {error}"[:200]
        ) from error
    if shape is not None and (
        array.ndim != len(shape)
        or any(s is not None and s != n for s, n in zip(shape, array.shape, strict=True))
    ):
        raise ConventionError(
            "array has a wrong shape", where=where, expected=shape, got=array.shape
        )
    return array
