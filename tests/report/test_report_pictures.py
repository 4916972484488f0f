from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import drawn_corpora
import pytest
from page_reader import read_page
from PIL import Image

from sextant.report import build_report
from sextant.report.pictures import PictureError, PictureShelf, open_picture


def encoded(kind: str, size: tuple[int, int] = (64, 48), mode: str = "RGB") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, size, 120).save(stream, kind)
    return stream.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A tiny PNG file whose header claims a huge picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


BROKEN = {
    "empty": b"",
    "text": b"<script>alert(1)</script>",
    "gif": encoded("GIF", mode="L"),
    "bmp": encoded("BMP"),
    "tiff": encoded("TIFF"),
    "truncated": encoded("JPEG", (640, 480))[:400],
    "half": encoded("PNG")[:60],
    "huge": png_claiming(60_000, 60_000),
    "large": png_claiming(9_000, 9_000),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_have_a_reason(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.png").write_bytes(BROKEN[name])
    with pytest.raises(PictureError) as caught:
        open_picture(tmp_path, "x.png", 100)
    assert caught.value.reason


@pytest.mark.parametrize(
    "path", ["../secret.png", "/etc/hostname", "a/../../secret.png", "link.png", "nul\0.png", "."]
)
def test_paths_do_not_leave_the_corpus(tmp_path: Path, path: str) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (tmp_path / "secret.png").write_bytes(encoded("PNG"))
    (corpus / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(PictureError):
        open_picture(corpus, path, 100)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("PNG", "LA"), ("PNG", "1"),
     ("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("WEBP", "RGB"), ("WEBP", "RGBA")],
)  # fmt: skip
def test_usual_modes_become_rgb(tmp_path: Path, kind: str, mode: str) -> None:
    (tmp_path / "x").write_bytes(encoded(kind, mode=mode))
    assert open_picture(tmp_path, "x", 64).mode == "RGB"


def test_pictures_shrink_and_never_grow(tmp_path: Path) -> None:
    (tmp_path / "wide").write_bytes(encoded("JPEG", (2000, 500)))
    (tmp_path / "small").write_bytes(encoded("PNG", (40, 30)))
    shelf = PictureShelf(tmp_path)
    shelf.want("wide", 260)
    shelf.want("wide", 480)
    shelf.want("small", 480)
    shelf.embed(10_000_000)
    assert (shelf.pictures["wide"].width, shelf.pictures["wide"].height) == (480, 120)
    assert (shelf.pictures["small"].width, shelf.pictures["small"].height) == (40, 30)
    assert str(shelf.definitions()).count("data:image/jpeg;base64,") == 2


def test_budget_is_kept(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(encoded("PNG", (400, 300)))
    shelf = PictureShelf(tmp_path)
    shelf.want("x", 400)
    shelf.embed(200)
    assert shelf.embedded == 0
    assert shelf.broken == []
    assert "small" in str(shelf.pictures["x"].markup("x"))


def test_broken_pictures_are_counted_on_the_page(tmp_path: Path) -> None:
    scene = drawn_corpora.make_scene(0)
    good = drawn_corpora.draw_view(scene, scene["cameras"][0], 32)
    missing = drawn_corpora.draw_view(scene, scene["cameras"][1], 32)
    data = [good, missing, *BROKEN.values()]
    names = [drawn_corpora.image_name(one) for one in data]
    sample = drawn_corpora.make_sample(scene, 4, 0, names[:8])
    other = drawn_corpora.make_sample(scene, 5, 0, names[8:])
    root = drawn_corpora.write_corpus(tmp_path / "c", [sample, other], [scene], data)
    (root / names[1]).unlink()
    summary = build_report(root, tmp_path / "r.html")
    assert summary.pictures == 1
    assert summary.broken_pictures == len(BROKEN) + 1
    text = read_page(tmp_path / "r.html").text
    assert "file is missing" in text
    assert "pictures cannot be shown" in text
    assert any("cannot be shown" in finding for finding in summary.findings)
