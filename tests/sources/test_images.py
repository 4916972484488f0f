from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.sources.images import MAX_PIXELS, image_size, read_rgb, read_uint16


def save16(path: Path, values: np.ndarray) -> Path:
    Image.fromarray(values.astype(np.uint16)).save(path)
    return path


def save_rgb(path: Path, size: tuple[int, int] = (40, 30)) -> Path:
    noise = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    return path


def test_sixteen_bits_are_read_exactly(tmp_path: Path) -> None:
    values = np.arange(65536).reshape(256, 256)
    read = read_uint16(save16(tmp_path / "d.png", values))
    assert read.dtype == np.uint16
    np.testing.assert_array_equal(read, values)


def test_sixteen_bit_pgm_is_read_exactly(tmp_path: Path) -> None:
    values = np.arange(0, 65536, 16).reshape(64, 64)
    path = tmp_path / "d.pgm"
    path.write_bytes(b"P5\n64 64\n65535\n" + values.astype(">u2").tobytes())
    np.testing.assert_array_equal(read_uint16(path), values)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tiff", "ppm"])
def test_allowed_formats(tmp_path: Path, ending: str) -> None:
    picture = read_rgb(save_rgb(tmp_path / f"c.{ending}"))
    assert (picture.shape, picture.dtype) == ((30, 40, 3), np.uint8)


@pytest.mark.parametrize("ending", ["bmp", "gif", "ico", "pdf"])
def test_other_formats_are_refused_even_under_a_good_name(tmp_path: Path, ending: str) -> None:
    other = save_rgb(tmp_path / f"c.{ending}")
    renamed = other.rename(tmp_path / "c.png")
    with pytest.raises(CorruptInput, match=r"c\.png"):
        read_rgb(renamed)


def test_grey_and_transparent_pictures_become_rgb(tmp_path: Path) -> None:
    for mode in ("L", "RGBA", "P"):
        Image.new(mode, (5, 4)).save(tmp_path / "c.png")
        assert read_rgb(tmp_path / "c.png").shape == (4, 5, 3)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tiff"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.95])
def test_truncated_files_are_named(tmp_path: Path, ending: str, share: float) -> None:
    path = save_rgb(tmp_path / f"c.{ending}")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(CorruptInput, match=r"c\."):
        read_rgb(path)


def test_truncated_depth_is_named(tmp_path: Path) -> None:
    path = save16(tmp_path / "d.png", np.random.default_rng(0).integers(0, 60000, (50, 50)))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CorruptInput, match=r"d\.png"):
        read_uint16(path)


def png(width: int, height: int, data: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [50_000, 2**31 - 1, 8_001])
def test_a_pixel_bomb_is_refused_from_its_header(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png(side, side, zlib.compress(bytes(1000))))
    assert side * side > MAX_PIXELS
    with pytest.raises(CorruptInput, match=r"bomb\.png"):
        read_rgb(path)


def test_colour_depth_and_8_bit_depth_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConventionError, match="16-bit"):
        read_uint16(save_rgb(tmp_path / "c.png"))
    Image.new("L", (4, 4), 7).save(tmp_path / "l.png")
    with pytest.raises(ConventionError, match="16-bit"):
        read_uint16(tmp_path / "l.png")
    assert read_uint16(tmp_path / "l.png", allow_8_bit=True).max() == 7


def test_a_size_that_differs_from_the_camera_is_refused(tmp_path: Path) -> None:
    path = save_rgb(tmp_path / "c.png")
    assert image_size(path) == (40, 30)
    with pytest.raises(ConventionError, match="30x40"):
        read_rgb(path, (30, 40))


def test_missing_and_unusual_paths(tmp_path: Path) -> None:
    for path in (tmp_path / "none.png", tmp_path):
        with pytest.raises(MissingInput):
            read_rgb(path)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "tiff", "ppm"])
def test_flipped_bytes_never_raise_anything_untyped(tmp_path: Path, ending: str) -> None:
    rng = np.random.default_rng(1)
    path = save_rgb(tmp_path / f"c.{ending}")
    whole = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    for _ in range(150):
        mutant = whole.copy()
        mutant[rng.integers(0, min(len(mutant), 400), 3)] = rng.integers(0, 256, 3)
        path.write_bytes(mutant.tobytes())
        for read in (read_rgb, read_uint16):
            try:
                read(path)
            except InputError:
                pass
