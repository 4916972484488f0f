"""MATLAB files against scipy's writer and reader, and damaged ones (which crash scipy's)."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import pytest

from sextant.errors import CorruptInput, InputError, MissingInput
from sextant.sources.matlab import MatStruct, read_mat

scipy_io = pytest.importorskip("scipy.io", reason="writes the files")


def saved(path: Path, *, compress: bool, **variables: object) -> Path:
    scipy_io.savemat(path, variables, do_compression=compress)
    return path


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize(
    "array",
    [np.arange(6.0).reshape(2, 3), np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(3),
     np.float32([[1.5]]), np.zeros((0, 3)), np.array([[True, False]]), np.array([[2**62]])],
)  # fmt: skip
def test_numbers(tmp_path: Path, array: np.ndarray, compress: bool) -> None:
    path = saved(tmp_path / "a.mat", compress=compress, other=np.ones(2), a=array)
    got = read_mat(path, "a")["a"]
    assert got.shape == array.shape
    np.testing.assert_array_equal(got, array)


def test_texts_cells_and_structs(tmp_path: Path) -> None:
    record = np.zeros((1, 2), dtype=[("name", object), ("basis", object), ("none", object)])
    record[0, 0]["name"], record[0, 1]["name"] = "short", "päth/with a longer name.jpg"
    record[0, 0]["basis"] = np.arange(9.0).reshape(3, 3)
    record[0, 1]["basis"] = np.zeros((0, 0))
    cells = np.array([["a", "bcd"]], dtype=object)
    path = saved(tmp_path / "a.mat", compress=True, s=record, c=cells, t="text")
    found = read_mat(path, "s", "c", "t")
    assert found["t"] == "text"
    assert found["c"] == ["a", "bcd"]
    first, second = found["s"]
    assert isinstance(first, MatStruct)
    assert list(first) == ["name", "basis", "none"]
    assert (first["name"], second["name"]) == ("short", "päth/with a longer name.jpg")
    np.testing.assert_array_equal(first["basis"], np.arange(9.0).reshape(3, 3))
    assert second["basis"].size == 0


def test_what_is_no_such_file(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.mat", compress=True, a=1)
    with pytest.raises(CorruptInput, match="lacks variables"):
        read_mat(path, "b")
    with pytest.raises(MissingInput):
        read_mat(tmp_path / "no.mat", "a")
    for data in (b"", b"x" * 200, b"\x89HDF\r\n\x1a\n" + bytes(600)):
        path.write_bytes(data)
        with pytest.raises(CorruptInput, match="version 5"):
            read_mat(path, "a")


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "a.mat", compress=False, a=1)
    head = path.read_bytes()[:128]
    bomb = zlib.compress(bytes(20_000_000), 9)
    path.write_bytes(head + (15).to_bytes(4, "little") + len(bomb).to_bytes(4, "little") + bomb)
    monkeypatch.setattr("sextant.sources.matlab.MAX_BYTES", 1_000_000)
    with pytest.raises(CorruptInput, match="beyond reason"):
        read_mat(path, "a")


def test_damaged_files_give_our_errors_only(tmp_path: Path) -> None:
    record = np.zeros((1, 3), dtype=[("name", object), ("deep", object)])
    for i in range(3):
        record[0, i]["name"] = f"picture {i}"
        record[0, i]["deep"] = np.array([[np.eye(2), "x"]], dtype=object)
    file = io.BytesIO()
    scipy_io.savemat(file, {"s": record}, do_compression=False)
    whole = file.getvalue()
    rng = np.random.default_rng(9)
    path = tmp_path / "x.mat"
    for _ in range(1500):
        data = bytearray(whole)
        if rng.random() < 0.2:
            data = data[: int(rng.integers(len(data)))]
        for _ in range(int(rng.integers(1, 6))):
            if len(data) > 128:
                data[int(rng.integers(128, len(data)))] = int(rng.integers(256))
        path.write_bytes(bytes(data))
        try:
            found = read_mat(path, "s")["s"]
            for entry in found if isinstance(found, list) else ():
                if isinstance(entry, MatStruct):
                    dict(entry)
        except InputError:
            pass
