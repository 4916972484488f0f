"""Plain arrays: what they say of themselves is not believed."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sextant.errors import CorruptInput
from sextant.sources.npy import read_npy


@pytest.mark.parametrize("count", [0, 5])
def test_arrays_come_back(tmp_path: Path, count: int) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(count, dtype=">i4"))
    assert read_npy(path, "iu", (None,)).tolist() == list(range(count))


def test_columns_first_is_told_from_rows_first(tmp_path: Path) -> None:
    table = np.arange(6.0).reshape(2, 3)
    np.save(tmp_path / "a.npy", np.asfortranarray(table))
    np.testing.assert_array_equal(read_npy(tmp_path / "a.npy", "f", (2, 3)), table)


def test_a_file_with_holes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.lib.format.open_memmap(path, "w+", np.dtype("<i8"), (2**28,))
    tracemalloc.start()
    with pytest.raises(CorruptInput, match="too large"):
        read_npy(path, "iu", (None,))
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()


def test_a_file_that_becomes_shorter_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.arange(100_000))
    load = np.load

    def load_and_cut(*args: Any, **kwargs: Any) -> Any:
        found = load(*args, **kwargs)
        with path.open("r+b") as file:
            file.truncate(4096)
        return found

    monkeypatch.setattr(np, "load", load_and_cut)
    # Touching a map of it would end the process.
    with pytest.raises(CorruptInput, match="cut off"):
        read_npy(path, "iu", (None,))
