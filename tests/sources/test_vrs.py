"""VRS containers: what is written comes back, what the library reads we read, damage is named."""

from __future__ import annotations

import io
import pickle
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from layouts import vrs as layout
from PIL import Image

from sextant.errors import CorruptInput, InputError, MissingInput
from sextant.sources.vrs import ImageStream, open_images, open_vrs
from sextant.sources.vrs.records import bytes_at, unpacked

TIMES = (5_000_000_123, 5_033_000_456, 5_066_000_789)


def jpeg(value: int, size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (value, 20, 30)).save(out, "JPEG")
    return out.getvalue()


def maps(dtype: str, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    # Half of it repeats itself, so that packing makes it smaller.
    return [np.sort(rng.integers(0, 200, (30, 40)), axis=1).astype(dtype) for _ in TIMES]


def written(path: Path, images: list, coding: str = "raw", **more: object) -> Path:
    packing, pad = str(more.pop("packing", "none")), int(more.pop("pad", 0))  # type: ignore[call-overload]
    other = layout.Stream((345, 2), [m + 1 for m in maps("<u2", 1)], TIMES, "raw", (40, 30))
    own = layout.Stream((345, 1), images, TIMES, coding, (40, 30), packing, pad)
    layout.write(path, [own, other], {"session": "ü"}, **more)  # type: ignore[arg-type]
    return path


def opened(path: Path) -> ImageStream:
    return open_images(open_vrs(path), (345, 1))


@pytest.mark.parametrize("index", ["front", "end", "none"])
@pytest.mark.parametrize("index_packing", ["none", "zstd", "lz4"])
@pytest.mark.parametrize("packing", ["none", "zstd", "lz4"])
def test_what_is_written_comes_back(
    tmp_path: Path, packing: str, index: str, index_packing: str
) -> None:
    images = maps("<u2")
    path = written(
        tmp_path / "a.vrs", images, packing=packing, index=index, index_packing=index_packing
    )
    stream = opened(path)
    assert stream.times_ns().tolist() == list(TIMES)
    for k, image in enumerate(images):
        np.testing.assert_array_equal(stream.image(k), image)
    assert stream.vrs.tags == {"session": "ü"}
    other = open_images(open_vrs(path), (345, 2))
    np.testing.assert_array_equal(other.image(0), maps("<u2", 1)[0] + 1)


@pytest.mark.parametrize("dtype", ["u1", "<u2", "<u8"])
@pytest.mark.parametrize("pad", [0, 8])
def test_raw_pixels_of_every_type_and_lines_with_gaps(tmp_path: Path, dtype: str, pad: int) -> None:
    images = maps(dtype)
    images[0][0, 0] = np.iinfo(dtype).max
    stream = opened(written(tmp_path / "a.vrs", images, packing="zstd", pad=pad))
    np.testing.assert_array_equal(stream.image(0), images[0])
    assert stream.image(0).dtype == np.dtype(dtype)


def test_coded_images_are_decoded(tmp_path: Path) -> None:
    stream = opened(written(tmp_path / "a.vrs", [jpeg(v) for v in (10, 90, 200)], "jpg"))
    assert [stream.image(k)[5, 5, 0] for k in range(3)] == pytest.approx([10, 90, 200], abs=3)
    wrong = opened(written(tmp_path / "b.vrs", [jpeg(1, (40, 31))] * 3, "jpg"))
    with pytest.raises(InputError, match=r"b\.vrs: record at byte \d+"):
        wrong.image(0)


def test_records_are_ordered_by_time_wherever_they_lie(tmp_path: Path) -> None:
    images = maps("<u2")
    path = written(tmp_path / "a.vrs", images, backwards=True)
    vrs = open_vrs(path)
    assert vrs.offsets[0] > vrs.offsets[4] > vrs.offsets[-1]
    assert opened(path).times_ns().tolist() == list(TIMES)
    for k, image in enumerate(images):
        np.testing.assert_array_equal(opened(path).image(k), image)


def test_an_interrupted_recording_is_read_up_to_its_last_whole_record(tmp_path: Path) -> None:
    path = written(tmp_path / "a.vrs", maps("<u2"), index="none")
    path.write_bytes(path.read_bytes()[:-7])
    stream = opened(path)
    counts = [len(stream.records), len(open_images(open_vrs(path), (345, 2)).records)]
    assert sorted(counts) == [2, 3]


def test_a_container_with_an_index_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.vrs", maps("<u2"))
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(CorruptInput, match="cut off"):
        open_vrs(path)


def test_a_container_cut_before_its_index_says_so(tmp_path: Path) -> None:
    path = written(tmp_path / "a.vrs", maps("<u2"))
    path.write_bytes(path.read_bytes()[:90])
    with pytest.raises(CorruptInput, match=r"(?s)cut short.*at least \d+ bytes.*got: 90 bytes"):
        open_vrs(path)


def test_a_replaced_file_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    path = written(tmp_path / "a.vrs", maps("<u2"))
    before = opened(path).image(0)
    path.unlink()
    written(path, maps("<u8"))
    assert opened(path).image(0).dtype == np.uint64
    assert before.dtype == np.uint16


def test_containers_travel(tmp_path: Path) -> None:
    stream = opened(written(tmp_path / "a.vrs", maps("<u2")))
    copy = pickle.loads(pickle.dumps(stream))  # noqa: TID251 - our own bytes
    np.testing.assert_array_equal(copy.image(1), stream.image(1))


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="not there"):
        open_vrs(tmp_path / "no.vrs")
    (tmp_path / "zip.vrs").write_bytes(b"PK\x03\x04" + bytes(200))
    with pytest.raises(CorruptInput, match="not a VRS container"):
        open_vrs(tmp_path / "zip.vrs")
    path = written(tmp_path / "a.vrs", maps("<u2"))
    with pytest.raises(CorruptInput, match=r"(?s)no such stream.*345-1"):
        open_images(open_vrs(path), (214, 1))


def test_a_record_that_would_unpack_to_gigabytes_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.vrs", maps("<u2"), packing="zstd")
    stream = opened(path)
    number = int(stream.records[0])
    at = int(stream.vrs.offsets[number]) + 28
    data = bytearray(path.read_bytes())
    for size, message in ((2**31, "too large"), (10**6, "shorter than it says")):
        data[at : at + 4] = struct.pack("<I", size)
        path.write_bytes(bytes(data))
        with pytest.raises(CorruptInput, match=message):
            opened(path).image(0)


def test_no_more_is_unpacked_than_a_record_says(tmp_path: Path) -> None:
    bomb = layout.record(1.0, (345, 1), layout.DATA, bytes(10**9), "zstd", 0)
    assert len(bomb) < 10**5
    tracemalloc.start()
    assert unpacked(bomb[32:], 2, 4000, "here") == bytes(4000)
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()


def test_a_size_that_a_file_with_holes_says_for_free_is_not_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.vrs", maps("<u2"), index="end", index_packing="none")
    vrs = open_vrs(path)
    last, huge = len(vrs.index) - 1, 2**31
    at, size = int(vrs.offsets[last]), int(vrs.index[last]["size"])
    whole = bytearray(path.read_bytes())
    struct.pack_into("<I", whole, at, huge)
    struct.pack_into("<I", whole, len(whole) - 19 + 8, huge)
    struct.pack_into("<q", whole, 24, at + huge)
    with path.open("wb") as file:
        file.write(whole[: at + size])
        file.seek(at + huge)
        file.write(whole[at + size :])
    tracemalloc.start()
    with pytest.raises(CorruptInput, match="too large"):
        open_vrs(path).read(last)
    # The index, with its record's size set to nearly all of the file.
    struct.pack_into("<q", whole, 24, at + size)
    struct.pack_into("<I", whole, at + size, huge)
    path.write_bytes(bytes(whole))
    with path.open("r+b") as file:
        file.truncate(at + size + huge)
    with pytest.raises(CorruptInput, match="too large"):
        open_vrs(path)
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()


@pytest.mark.parametrize("index", ["front", "none"])
def test_no_more_records_are_listed_than_a_recording_has(
    tmp_path: Path, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.vrs", maps("<u2"), index=index)
    monkeypatch.setattr("sextant.sources.vrs.listing.MAX_RECORDS", 9)
    with pytest.raises(CorruptInput, match=r"(?s)too many records.*a\.vrs"):
        open_vrs(path)


def test_times_are_read_without_the_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = opened(written(tmp_path / "a.vrs", maps("<u8")))
    read = []

    def seen(path: Path, at: int, length: int) -> bytes:
        read.append(length)
        return bytes_at(path, at, length)

    monkeypatch.setattr("sextant.sources.vrs.container.bytes_at", seen)
    assert stream.times_ns().tolist() == list(TIMES)
    assert read == [32 + layout.DATA_BYTES] * 3


@pytest.mark.parametrize("size", [(40, 30), (30, 40)])
def test_a_raster_that_changes_on_the_way_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    later = layout.Stream((345, 1), maps("<u2")[:1], [TIMES[2] + 10**9], "raw", size)
    own = layout.Stream((345, 1), maps("<u2"), TIMES, "raw", (40, 30))
    layout.write(tmp_path / "a.vrs", [own, later])
    if size == (40, 30):
        assert len(opened(tmp_path / "a.vrs").records) == 4
        return
    # As many pixels: only the second configuration tells.
    with pytest.raises(CorruptInput, match="changes the raster"):
        opened(tmp_path / "a.vrs")


@pytest.mark.parametrize("tag", ["RF:Data:2", "DL:Data:2:0", "DL:Configuration:2:0"])
@pytest.mark.parametrize("text", ["", "[]", "data_layout/size=40+image/h265", '{"data_layout":[]}'])
def test_a_layout_that_is_not_known_is_refused(tmp_path: Path, tag: str, text: str) -> None:
    own = layout.Stream((345, 1), maps("<u2"), TIMES, "raw", (40, 30), tags={tag: text})
    layout.write(tmp_path / "a.vrs", [own])
    with pytest.raises(CorruptInput, match="stream 345-1"):
        opened(tmp_path / "a.vrs")


# -- the library, where it is installed: it reads what we write, and we read what it reads ---------


@pytest.mark.parametrize("index", ["front", "end"])
@pytest.mark.parametrize("packing", ["none", "zstd", "lz4"])
def test_the_library_reads_what_the_writer_writes(tmp_path: Path, packing: str, index: str) -> None:
    core = pytest.importorskip("projectaria_tools.core", reason="the peer is not installed")
    images = maps("<u2")
    path = written(tmp_path / "a.vrs", images, packing=packing, index=index)
    provider = core.data_provider.create_vrs_data_provider(str(path))
    stream = core.stream_id.StreamId("345-1")
    assert provider.get_num_data(stream) == 3
    for k, image in enumerate(images):
        theirs, record = provider.get_image_data_by_index(stream, k)
        np.testing.assert_array_equal(theirs.to_numpy_array(), image)
        assert record.capture_timestamp_ns == TIMES[k]


@pytest.mark.parametrize(
    ("name", "stream"),
    [("video.vrs", "214-1"), ("video.vrs", "1201-2"), ("depth_images.vrs", "345-3"),
     ("segmentations.vrs", "400-1")],
)  # fmt: skip
def test_the_real_sample_is_read_as_the_library_reads_it(
    adt_root: Path, name: str, stream: str
) -> None:
    core = pytest.importorskip("projectaria_tools.core", reason="the peer is not installed")
    provider = core.data_provider.create_vrs_data_provider(str(adt_root / name))
    theirs = core.stream_id.StreamId(stream)
    kind, instance = (int(part) for part in stream.split("-"))
    ours = open_images(open_vrs(adt_root / name), (kind, instance))
    times = ours.times_ns()
    assert len(times) == provider.get_num_data(theirs) > 0
    for k in range(len(times)):
        image, record = provider.get_image_data_by_index(theirs, k)
        pixels = image.to_numpy_array()
        wanted = ours.image(k)
        np.testing.assert_array_equal(
            wanted if pixels.ndim == wanted.ndim else wanted[..., 0], pixels
        )
        assert record.capture_timestamp_ns == times[k]
