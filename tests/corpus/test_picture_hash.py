"""Copies of a picture keep its look, other pictures do not have it, hostile files are refused."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from drawn_rooms import COPIES, encoded, room, sheet
from PIL import Image, ImageOps

from sextant.corpus.leaks import RADIUS
from sextant.corpus.picture_hash import differ_in_a_detail, look_at, mirrored
from sextant.errors import CorruptInput


def bits(a, b):
    return np.bitwise_count(a ^ b).sum(axis=-1)


def looks(files):
    return np.stack([look_at(data, k).hash for k, data in enumerate(files)])


def real_pictures():
    root = Path(os.environ.get("SEXTANT_TEST_DATA", "/nonexistent"))
    found = sorted(root.rglob("*.jpg"))
    if not found:
        pytest.skip("no real captures here")
    return [Image.open(path).convert("RGB") for path in found[::3]]


@pytest.fixture(scope="module")
def rooms():
    return [room(k // 4, k % 4) for k in range(120)]


@pytest.mark.parametrize("name", COPIES)
def test_copies_look_the_same(rooms, name):
    originals = looks([encoded(image, quality=92) for image in rooms])
    copies = looks([COPIES[name](image) for image in rooms])
    assert (bits(originals, copies) <= RADIUS).mean() >= 0.99


@pytest.mark.parametrize("name", COPIES)
def test_copies_of_real_pictures_look_the_same(name):
    images = real_pictures()
    originals = looks([encoded(image, quality=92) for image in images])
    assert (bits(originals, looks([COPIES[name](i) for i in images])) <= RADIUS).all()


def test_other_rooms_do_not_look_the_same(rooms):
    codes = looks([encoded(image) for image in rooms])
    scene = np.arange(len(rooms)) // 4
    for k in range(len(rooms)):
        others = codes[scene != scene[k]]
        assert bits(others, codes[k]).min() > 2 * RADIUS
        assert bits(mirrored(others), codes[k]).min() > 2 * RADIUS


def test_a_mirrored_picture_is_found_by_its_hash_alone(rooms):
    codes = looks([encoded(image) for image in rooms])
    flipped = looks([encoded(ImageOps.mirror(image)) for image in rooms])
    assert (bits(mirrored(codes), flipped) <= RADIUS).mean() >= 0.98
    assert (bits(codes, flipped) > RADIUS).all()


def test_orientation_in_exif_is_followed():
    image = room(3)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(image.transpose(Image.Transpose.ROTATE_90), exif=exif)
    plain, found = look_at(encoded(image), "a"), look_at(turned, "b")
    assert (found.width, found.height) == image.size == (plain.width, plain.height)
    assert bits(plain.hash, found.hash) <= RADIUS


@pytest.fixture(scope="module")
def sheets():
    return [sheet(k) for k in range(150)]


@pytest.mark.parametrize("name", COPIES)
def test_copies_of_drawings_look_the_same_and_are_no_twins(sheets, name):
    kept = 0
    for image in sheets:
        one, two = look_at(encoded(image, "PNG"), "a"), look_at(COPIES[name](image), "b")
        same = bits(one.hash, two.hash) <= RADIUS
        kept += same and not differ_in_a_detail(one.drawing, two.drawing)
    assert kept / len(sheets) >= 0.99


@pytest.mark.parametrize("name", COPIES)
def test_drawings_that_differ_in_one_line_are_told_apart(sheets, name):
    alike = false = 0
    for k, image in enumerate(sheets):
        one = look_at(encoded(image, "PNG"), "a")
        two = look_at(COPIES[name](sheet(k, detail=True)), "b")
        same = bits(one.hash, two.hash) <= RADIUS
        alike += same
        false += same and not differ_in_a_detail(one.drawing, two.drawing)
    assert alike > 75  # the hash alone takes half of them or more for copies
    assert false == 0


def test_photographs_are_no_drawings():
    assert all(look_at(encoded(i), "a").drawing is None for i in real_pictures())


def test_a_flat_picture_has_no_hash():
    assert look_at(encoded(Image.new("RGB", (64, 48), (90, 90, 90))), "a").hash is None
    assert look_at(encoded(Image.new("RGB", (1, 1))), "a").hash is None


def test_transparency_is_laid_on_white():
    shown = room(5)
    layer = shown.convert("RGBA")
    layer.putalpha(0)
    file = io.BytesIO()
    layer.save(file, "PNG")
    assert look_at(file.getvalue(), "a").hash is None


def png_of(width: int, height: int) -> bytes:
    chunk = lambda kind, data: (  # noqa: E731
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"GIF", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF-3.0\n",
        encoded(room(1))[:700], encoded(room(1), "PNG")[:5000], png_of(60_000, 60_000),
        png_of(0, 5), b"\xff\xd8\xff" + bytes(500),
    ],
)  # fmt: skip
def test_hostile_files_are_refused(data):
    with pytest.raises(CorruptInput):
        look_at(data, "x")
