"""PLY meshes: every encoding gives the same mesh, and no byte of it can crash the reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.sources.ply import read_ply

VERTICES = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.5], [2, 2, 2]], dtype=np.float32)
POLYGONS = [[0, 1, 2, 3], [2, 3, 4], [0, 2, 4]]
LABELS = [7, 7, 300, 300, 7]


def write(path: Path, kind: str, polygons: list[list[int]] = POLYGONS) -> Path:
    header = [
        "ply", f"format {kind} 1.0", "comment by hand", f"element vertex {len(VERTICES)}",
        "property float x", "property float y", "property float z", "property ushort objectId",
        f"element face {len(polygons)}", "property list uchar int vertex_indices",
        "property int face_material", "end_header", "",
    ]  # fmt: skip
    body = b""
    if kind == "ascii":
        lines = [f"{x} {y} {z} {i}" for (x, y, z), i in zip(VERTICES, LABELS, strict=True)]
        lines += [f"{len(p)} {' '.join(map(str, p))} {40 + k}" for k, p in enumerate(polygons)]
        body = ("\n".join(lines) + "\n").encode()
    else:
        order = "<" if "little" in kind else ">"
        for (x, y, z), i in zip(VERTICES, LABELS, strict=True):
            body += (
                np.array([x, y, z], order + "f4").tobytes() + np.array(i, order + "u2").tobytes()
            )
        for k, p in enumerate(polygons):
            body += bytes([len(p)]) + np.array([*p, 40 + k], order + "i4").tobytes()
    path.write_bytes("\n".join(header).encode() + body)
    return path


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_every_encoding_gives_the_same_mesh(tmp_path: Path, kind: str) -> None:
    ply = read_ply(write(tmp_path / "m.ply", kind))
    np.testing.assert_array_equal(ply.vertices, VERTICES)
    assert ply.vertices.dtype == np.float64
    np.testing.assert_array_equal(ply.faces, [[0, 1, 2], [0, 2, 3], [2, 3, 4], [0, 2, 4]])
    np.testing.assert_array_equal(ply.polygons, [0, 0, 1, 2])
    np.testing.assert_array_equal(ply.vertex_columns["objectId"], LABELS)
    np.testing.assert_array_equal(ply.face_columns["face_material"], [40, 41, 42])


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian"])
def test_faces_of_one_length_take_the_short_way_to_the_same(tmp_path: Path, kind: str) -> None:
    triangles = [[0, 1, 2], [2, 3, 4]]
    ply = read_ply(write(tmp_path / "m.ply", kind, triangles))
    np.testing.assert_array_equal(ply.faces, triangles)
    np.testing.assert_array_equal(ply.face_columns["face_material"], [40, 41])


def test_a_cloud_has_no_faces(tmp_path: Path) -> None:
    ply = read_ply(write(tmp_path / "m.ply", "binary_little_endian", []))
    assert ply.faces.shape == (0, 3)


def test_what_no_mesh_may_hold(tmp_path: Path) -> None:
    with pytest.raises(ConventionError, match="not there"):
        read_ply(write(tmp_path / "m.ply", "ascii", [[0, 1, 9]]))
    with pytest.raises(MissingInput):
        read_ply(tmp_path / "no.ply")
    (tmp_path / "x.ply").write_bytes(b"obj\n")
    with pytest.raises(CorruptInput, match="not a PLY"):
        read_ply(tmp_path / "x.ply")
    data = write(tmp_path / "m.ply", "ascii").read_bytes()
    (tmp_path / "x.ply").write_bytes(data.replace(b"vertex 5", b"vertex 500000000"))
    with pytest.raises(CorruptInput, match="more records than bytes"):
        read_ply(tmp_path / "x.ply")
    (tmp_path / "x.ply").write_bytes(data.replace(b"1.0 1.0 0.0 300", b"nan 1.0 0.0 300"))
    with pytest.raises(ConventionError, match="NaN"):
        read_ply(tmp_path / "x.ply")


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian"])
def test_mutated_meshes_give_our_errors_only(tmp_path: Path, kind: str) -> None:
    whole = write(tmp_path / "m.ply", kind).read_bytes()
    rng = np.random.default_rng(2)
    path = tmp_path / "x.ply"
    for _ in range(500):
        data = bytearray(whole)
        if rng.random() < 0.3:
            data = data[: int(rng.integers(len(data)))]
        for _ in range(int(rng.integers(1, 6))):
            if data:
                data[int(rng.integers(len(data)))] = int(rng.integers(256))
        path.write_bytes(bytes(data))
        try:
            read_ply(path)
        except InputError:
            pass


HEADER = """ply
format ascii 1.0
element vertex 3
property float x
property float y
property float z
property {kind} objectId
element face 1
property list uchar {corner} vertex_indices
end_header
"""


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("odd", ["nan", "1e300", "-1", "70000", "0.5"])
def test_numbers_that_do_not_fit_their_column_are_damage(tmp_path: Path, odd: str) -> None:
    path = tmp_path / "a.ply"
    head = HEADER.format(kind="ushort", corner="int")
    path.write_text(f"{head}0 0 0 1\n1 0 0 {odd}\n0 1 0 3\n3 0 1 2\n")
    with pytest.raises(CorruptInput, match="damaged"):
        read_ply(path)


def test_corners_that_are_no_whole_numbers_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.ply"
    head = HEADER.format(kind="ushort", corner="float").replace("ascii", "binary_little_endian")
    vertices = np.zeros(3, [("xyz", "<f4", 3), ("id", "<u2")])
    face = bytes([3]) + np.array([0, 1, np.nan], "<f4").tobytes()
    path.write_bytes(head.encode() + vertices.tobytes() + face)
    with pytest.raises(CorruptInput, match="damaged"):
        read_ply(path)


def test_places_beyond_reason_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ply"
    head = HEADER.format(kind="ushort", corner="int").replace("float x", "double x")
    path.write_text(f"{head}1e200 0 0 1\n1 0 0 2\n0 1 0 3\n3 0 1 2\n")
    with pytest.raises(ConventionError, match="beyond reason"):
        read_ply(path)
