"""Pictures: what is let through, what it looks like then, and what is said of the rest."""

from __future__ import annotations

import base64
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sextant.errors import CorruptInput, InputError
from sextant.models import pictures
from sextant.models.messages import Clip, Picture, Request

RED, WHITE = (255, 0, 0), (255, 255, 255)


def made(mode="RGB", size=(30, 20), color=RED, kind="PNG", **save):
    buffer = BytesIO()
    Image.new(mode, size, color).save(buffer, kind, **save)
    return buffer.getvalue()


def picture(data, name="folder/a.png"):
    return Picture(name, lambda: data)


def turned(orientation, kind="JPEG"):
    """Left half red, right half blue, 40 x 20, and a note how to turn it."""
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, :20], pixels[:, 20:] = RED, (0, 0, 255)
    exif = Image.Exif()
    exif[274] = orientation
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, kind, exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_all_formats_become_rgb(kind):
    image = pictures.open_picture(picture(made(kind=kind)))
    assert (image.mode, image.size) == ("RGB", (30, 20))
    assert np.abs(np.asarray(image, int) - RED).max() < 6


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK"])
def test_all_modes_become_rgb(mode):
    kind = "TIFF" if mode == "CMYK" else "PNG"
    assert pictures.open_picture(picture(made(mode, color=0, kind=kind))).mode == "RGB"


def test_transparency_is_laid_on_white():
    hidden = pictures.open_picture(picture(made("RGBA", color=(0, 0, 0, 0))))
    assert hidden.getpixel((5, 5)) == WHITE
    palette = Image.new("P", (4, 4), 0)
    buffer = BytesIO()
    palette.save(buffer, "PNG", transparency=0)
    assert pictures.open_picture(picture(buffer.getvalue())).getpixel((1, 1)) == WHITE


def test_the_first_frame_of_an_animation():
    frames = [Image.new("RGB", (4, 4), c) for c in (RED, (0, 255, 0))]
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    assert pictures.open_picture(picture(buffer.getvalue())).getpixel((1, 1)) == RED


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright_whichever_way_they_go(orientation):
    source = picture(turned(orientation))
    image = pictures.open_picture(source)
    assert image.size == ((40, 20) if orientation < 5 else (20, 40))
    red_at = {1: (3, 10), 2: (36, 10), 3: (36, 10), 4: (3, 10),
              5: (10, 3), 6: (10, 3), 7: (10, 36), 8: (10, 36)}[orientation]  # fmt: skip
    assert image.getpixel(red_at)[0] > 200
    media_type, data = pictures.encoded(source)
    assert (media_type == "image/jpeg") == (orientation == 1)
    sent = Image.open(BytesIO(data))
    assert sent.size == image.size
    assert sent.convert("RGB").getpixel(red_at)[0] > 200


@pytest.mark.parametrize(
    ("kind", "sent"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp"), ("BMP", "image/png"),
     ("GIF", "image/png"), ("TIFF", "image/png")],
)  # fmt: skip
def test_web_formats_are_sent_as_they_are(kind, sent):
    data = made(kind=kind)
    media_type, found = pictures.encoded(picture(data))
    assert media_type == sent
    assert (found == data) == (kind in ("PNG", "JPEG", "WEBP"))
    url = pictures.data_url(picture(data))
    assert url == f"data:{sent};base64," + base64.b64encode(found).decode()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_scaling_down_keeps_shape_and_kind(kind):
    source = picture(made(size=(300, 200), kind=kind))
    media_type, data = pictures.encoded(source, max_side=60)
    assert media_type == f"image/{kind.lower()}"
    assert Image.open(BytesIO(data)).size == (60, 40)
    assert pictures.open_picture(source, 60).size == (60, 40)
    assert pictures.encoded(source, max_side=300)[1] == source.read()


def test_thin_pictures_keep_a_pixel():
    assert pictures.shrunk(Image.new("RGB", (1000, 2)), 100).size == (100, 1)


def test_frames_of_clips_are_jpeg():
    jpeg = made(kind="JPEG")
    assert pictures.encoded_jpeg(picture(jpeg)) == jpeg
    data = pictures.encoded_jpeg(picture(made("RGBA", color=(0, 0, 0, 0))))
    image = Image.open(BytesIO(data))
    assert (image.format, image.getpixel((3, 3))) == ("JPEG", WHITE)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html>404", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS pointer"),
        (b"%PDF-1.7 and so on", "18 bytes that begin with b'%PDF"),
        (b"\x00" * 50, "50 bytes"),
    ],
)
def test_what_is_no_image_is_said_to_be_what_it_is(data, said):
    for use in (pictures.open_picture, pictures.encoded, pictures.encoded_jpeg):
        with pytest.raises(CorruptInput, match="not a readable image") as error:
            use(picture(data))
        assert said in str(error.value)
        assert "folder/a.png" in str(error.value)


def test_formats_that_are_not_allowed():
    with pytest.raises(CorruptInput, match="not a readable image"):
        pictures.open_picture(picture(made(kind="PPM")))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_half_an_image(kind):
    rng = np.random.default_rng(0)
    buffer = BytesIO()
    Image.fromarray(rng.integers(0, 256, (80, 80, 3), dtype=np.uint8)).save(buffer, kind)
    with pytest.raises(CorruptInput, match="decoded to its end"):
        pictures.open_picture(picture(buffer.getvalue()[: buffer.tell() // 2]))


def claiming(width, height):
    """A PNG that says it is so large."""
    data = bytearray(made())
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


@pytest.mark.parametrize("size", [(9_000, 9_000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_seen_by_its_header(size):
    for use in (pictures.encoded, pictures.open_picture):
        with pytest.raises(CorruptInput, match="too many pixels"):
            use(picture(claiming(*size)))


def test_a_300_mb_file():
    with pytest.raises(CorruptInput, match="too large") as error:
        pictures.encoded(picture(bytes(300 * 1024 * 1024)))
    assert "folder/a.png" in str(error.value)


def test_depth_maps_are_no_pictures():
    with pytest.raises(CorruptInput, match="8 bits"):
        pictures.open_picture(picture(made("I;16", color=4000)))


def test_a_broken_exif_block_does_not_matter():
    data = made(kind="JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    assert pictures.open_picture(picture(data)).size == (30, 20)
    assert pictures.encoded(picture(data))[1] == data


def test_digests_follow_the_bytes():
    a, b = made(), made(color=(0, 0, 0))
    assert pictures.digest(picture(a)) == pictures.digest(picture(a, "other"))
    assert pictures.digest(picture(a)) != pictures.digest(picture(b))


def test_all_pictures_of_a_request_in_order():
    a, b, c = (picture(b"", n) for n in "abc")
    request = Request("x", ("t", a, Clip((b, c), (0.0, 1.0)), "u", a))
    assert [p.name for p in pictures.pictures_of(request)] == ["a", "b", "c", "a"]


def test_errors_of_reading_come_through():
    def gone():
        raise InputError("not there")

    with pytest.raises(InputError, match="not there"):
        pictures.digest(Picture("a", gone))
