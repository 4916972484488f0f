"""Pictures are found inside their folder, read late, and refused by name if they are none."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from fixtures.tiny_media import base64_picture, picture, write_picture

from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.evaluation import media
from sextant.evaluation.media import (
    picture_format,
    picture_from_base64,
    picture_from_bytes,
    picture_from_file,
    pictures_from_cell,
    video_from_file,
)
from sextant.evaluation.tables import Cell


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_formats_are_known_by_their_first_bytes(kind: str) -> None:
    assert picture_format(picture(7, kind)) == kind


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"%PDF-1.7", b"GIF", b"BMW drivers", b"RIFF"])
def test_anything_else_is_refused_by_name(data: bytes) -> None:
    assert picture_format(data) is None
    with pytest.raises(CorruptInput, match=r"not a picture[\s\S]*item 3"):
        picture_from_bytes("item 3", data).read()


def test_a_file_is_read_when_it_is_needed(tmp_path: Path) -> None:
    shown = picture_from_file(tmp_path, "images/a.png")
    assert shown.name == "images/a.png"
    with pytest.raises(MissingInput, match=r"images/a\.png"):
        shown.read()
    write_picture(tmp_path / "images" / "a.png", 3)
    assert shown.read() == picture(3, "PNG")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.png",
        "/etc/passwd",
        "a/../../b.png",
        "C:\\a.png",
        "a\\b.png",
        "a\x00.png",
        " ",
        "",
    ],
)
def test_paths_that_leave_the_folder_are_refused_at_once(tmp_path: Path, path: str) -> None:
    for make in (picture_from_file, video_from_file):
        with pytest.raises(ConventionError, match=r"leaves the data folder[\s\S]*row 5"):
            make(tmp_path, path, "row 5")


def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    write_picture(tmp_path / "outside" / "a.png", 3)
    root = tmp_path / "root"
    root.mkdir()
    (root / "link.png").symlink_to(tmp_path / "outside" / "a.png")
    with pytest.raises(ConventionError, match="through a link"):
        picture_from_file(root, "link.png").read()
    with pytest.raises(ConventionError, match="through a link"):
        video_from_file(root, "link.png")
    (root / "folder").symlink_to(tmp_path / "outside")
    with pytest.raises(ConventionError, match="through a link"):
        picture_from_file(root, "folder/a.png").read()


def test_links_of_a_hub_snapshot_lead_to_its_blobs(tmp_path: Path) -> None:
    repo = tmp_path / "datasets--owner--name"
    write_picture(repo / "blobs" / "0123", 4)
    root = repo / "snapshots" / "abcdef"
    root.mkdir(parents=True)
    (root / "a.jpg").symlink_to("../../blobs/0123")
    assert picture_from_file(root, "a.jpg").read() == picture(4)
    write_picture(tmp_path / "elsewhere.jpg", 4)
    (root / "b.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    with pytest.raises(ConventionError):
        picture_from_file(root, "b.jpg").read()


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(CorruptInput, match="regular file"):
        picture_from_file(tmp_path, "pipe.png").read()


def test_a_300_megabyte_picture_is_refused_without_reading_it(tmp_path: Path) -> None:
    with (tmp_path / "huge.png").open("wb") as file:
        file.write(picture(1, "PNG"))
        file.truncate(300 * 1024 * 1024)  # sparse: takes no room on the disk
    with pytest.raises(CorruptInput, match=r"too large[\s\S]*huge\.png"):
        picture_from_file(tmp_path, "huge.png").read()


def test_base64_with_and_without_its_prefix() -> None:
    text = base64_picture(9, "PNG")
    wrapped = "\n".join(text[k : k + 76] for k in range(0, len(text), 76))
    for spelled in (text, wrapped, "data:image/png;base64," + text, text.rstrip("=")):
        assert picture_from_base64("x", spelled).read() == picture(9, "PNG")
    for bad in ("!!!", "not base64 at all é", base64.b64encode(b"plain text").decode(), ""):
        with pytest.raises(CorruptInput, match="item 7"):
            picture_from_base64("item 7", bad).read()


def test_base64_over_the_cap_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_PICTURE_BYTES", 100)
    with pytest.raises(CorruptInput, match="too large"):
        picture_from_base64("x", "A" * 1000).read()
    with pytest.raises(CorruptInput, match="too large"):
        picture_from_bytes("x", picture(1, "BMP")).read()


def test_cells_hold_one_picture_or_many() -> None:
    a, b = picture(1), picture(2)
    one = pictures_from_cell("q", base64_picture(1))
    assert [p.name for p in one] == ["q"]
    assert one[0].read() == a
    spelled = str([base64_picture(1), base64_picture(2)])
    for value in (spelled, [a, b], [{"bytes": a, "path": "x"}, {"bytes": b, "path": None}]):
        for cell in (value, Cell(lambda value=value: value)):
            shown = pictures_from_cell("q", cell)
            assert [p.name for p in shown] == ["q-1", "q-2"]
            assert [p.read() for p in shown] == [a, b]


def test_a_cell_stays_in_its_file_until_a_picture_is_read() -> None:
    reads = []

    def read() -> list[bytes]:
        reads.append(1)
        return [picture(1)]

    shown = pictures_from_cell("q", Cell(read), count=2)
    assert reads == []
    assert shown[0].read() == picture(1)
    with pytest.raises(MissingInput, match="number 2"):
        shown[1].read()


def test_a_structure_without_bytes_and_other_values() -> None:
    for value in ({"bytes": None, "path": "/home/author/a.png"}, 3.5, [None]):
        with pytest.raises(InputError, match="q"):
            pictures_from_cell("q", value)[0].read()
