"""Frames are sampled by the protocols' formulas, decoded once, and read back."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from fixtures.tiny_media import grey, picture, write_picture, write_video
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sextant.errors import ConventionError, CorruptInput, MissingInput, RecipeError
from sextant.evaluation import video as video_module
from sextant.evaluation.benchmark import FrameRule
from sextant.evaluation.items import Video
from sextant.evaluation.video import clip_of, frame_indices

N, K = st.integers(1, 4000), st.integers(1, 128)


@given(N, K)
def test_uniform_is_linspace(n: int, k: int) -> None:
    expected = np.linspace(0, n - 1, k, dtype=int).tolist()
    assert list(frame_indices(n, FrameRule(k, "uniform"))) == expected
    tail = expected if expected[-1] == n - 1 else [*expected, n - 1]
    assert list(frame_indices(n, FrameRule(k, "uniform_tail"))) == tail


@given(N, K)
def test_distinct_frames_are_distinct(n: int, k: int) -> None:
    indices = frame_indices(n, FrameRule(k, "uniform_distinct"))
    assert len(set(indices)) == len(indices) == min(n, k)
    assert indices[0] == 0
    assert indices[-1] == n - 1 or k == 1


@given(N, K)
def test_chunk_centers(n: int, k: int) -> None:
    size = float(n) / k
    expected = np.clip([int((size / 2) + np.round(size * i)) for i in range(k)], 0, n - 1)
    assert list(frame_indices(n, FrameRule(k, "chunk_center"))) == expected.tolist()


@given(
    st.integers(1, 2000), st.sampled_from([5.0, 24.0, 29.97, 30.0, 60.0]), st.sampled_from([1, 2])
)
def test_by_rate(n: int, video_fps: float, fps: int) -> None:
    wanted = [int(i * video_fps / fps) for i in range(int(n / video_fps * fps))]
    got = frame_indices(n, FrameRule(512, "fps", fps), video_fps)
    if len(wanted) > 511:  # more than one question may show
        return
    assert list(got) == (wanted or [0])
    tail = frame_indices(n, FrameRule(512, "fps_tail", fps), video_fps)
    assert tail[-1] == n - 1
    assert tail[: len(got)] == got
    thinned = frame_indices(n, FrameRule(4, "fps", fps), video_fps)
    assert len(thinned) <= 4
    assert set(thinned) <= set(got)


def test_numbers_written_out() -> None:
    # By hand: 10 frames, 4 wanted: 0, 3, 6, 9; chunks of 2.5 with centres 1.25, 3.25, 6.25, 9.25.
    assert frame_indices(10, FrameRule(4, "uniform")) == (0, 3, 6, 9)
    assert frame_indices(10, FrameRule(4, "chunk_center")) == (1, 3, 6, 9)
    assert frame_indices(10, FrameRule(1, "uniform_tail")) == (0, 9)
    assert frame_indices(3, FrameRule(5, "uniform")) == (0, 0, 1, 1, 2)
    assert frame_indices(3, FrameRule(5, "uniform_distinct")) == (0, 1, 2)
    assert frame_indices(90, FrameRule(64, "fps", 1.0), 30.0) == (0, 30, 60)
    assert frame_indices(90, FrameRule(64, "fps_tail", 1.0), 30.0) == (0, 30, 60, 89)


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (FrameRule(8, "random"), RecipeError),
        (FrameRule(0), RecipeError),
        (FrameRule(100_000), RecipeError),
        (FrameRule(8, "fps"), RecipeError),
        (FrameRule(8, "fps", -1.0), RecipeError),
        (FrameRule(8, "fps", float("nan")), RecipeError),
        (FrameRule(8, "fps", 1.0), ConventionError),  # the video's rate is unknown
    ],
)
def test_rules_that_cannot_be_meant(rule: FrameRule, error: type[Exception]) -> None:
    with pytest.raises(error):
        frame_indices(100, rule)
    with pytest.raises(ConventionError):
        frame_indices(0, FrameRule())


def levels(clip) -> list[float]:
    """Grey value of each frame: frame k of a test video has 4 k + 60 on average."""
    return [round((grey(frame.read()) - 60) / 4) for frame in clip.frames]


def test_the_right_frames_come_out(tmp_path: Path) -> None:
    pytest.importorskip("av")
    write_video(tmp_path / "v.mp4", frames=21)
    clip = clip_of(Video(tmp_path / "v.mp4", "v.mp4"), FrameRule(5, "uniform"), tmp_path / "cache")
    assert levels(clip) == [0, 5, 10, 15, 20]
    assert clip.times_s == (0.0, 0.5, 1.0, 1.5, 2.0)
    assert [frame.name for frame in clip.frames] == [f"v.mp4#{k}" for k in (0, 5, 10, 15, 20)]


def test_a_second_run_reads_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("av")
    write_video(tmp_path / "v.mp4", frames=21)
    cache = tmp_path / "cache"
    first = clip_of(Video(tmp_path / "v.mp4", "v"), FrameRule(5, "uniform"), cache)
    shutil.copy(tmp_path / "v.mp4", tmp_path / "same.mp4")

    def refuse(*_: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(video_module, "decode_frames", refuse)
    monkeypatch.setattr(video_module, "survey", refuse)
    # Another name, the same bytes, and fewer frames: all of them are there.
    again = clip_of(Video(tmp_path / "same.mp4", "s"), FrameRule(3, "uniform"), cache)
    assert [f.read() for f in again.frames] == [first.frames[k].read() for k in (0, 2, 4)]


def test_an_empty_file_in_the_cache_is_decoded_anew(tmp_path: Path) -> None:
    pytest.importorskip("av")
    write_video(tmp_path / "v.mp4", frames=5)
    video, cache = Video(tmp_path / "v.mp4", "v"), tmp_path / "cache"
    clip_of(video, FrameRule(3, "uniform"), cache)
    frames = sorted(cache.rglob("*.jpg"))
    frames[1].write_bytes(b"")
    assert levels(clip_of(video, FrameRule(3, "uniform"), cache)) == [0, 2, 4]
    frames[2].unlink()
    clip = clip_of(video, FrameRule(3, "uniform"), cache)
    shutil.rmtree(cache)
    with pytest.raises(MissingInput, match="frame cache"):
        clip.frames[0].read()


def test_by_rate_of_a_real_file(tmp_path: Path) -> None:
    pytest.importorskip("av")
    write_video(tmp_path / "v.mp4", frames=25, fps=10)
    rule = FrameRule(64, "fps", 2.0)
    assert levels(clip_of(Video(tmp_path / "v.mp4", "v"), rule, tmp_path / "c")) == [
        0,
        5,
        10,
        15,
        20,
    ]


def test_frames_are_turned_upright(tmp_path: Path) -> None:
    """The matrix in the track's header says how to turn; bright is left in the raster."""
    pytest.importorskip("av")
    write_video(tmp_path / "v.mp4", frames=3)
    data = bytearray((tmp_path / "v.mp4").read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # behind version, times, ids, layer and volume
    one = (1 << 16).to_bytes(4, "big")
    minus = (-(1 << 16)).to_bytes(4, "big", signed=True)
    zero = bytes(4)
    # x' = -y, y' = x: a quarter turn clockwise, as phones store portrait videos.
    data[at : at + 36] = b"".join(
        (zero, one, zero, minus, zero, zero, zero, zero, (1 << 30).to_bytes(4, "big"))
    )
    (tmp_path / "turned.mp4").write_bytes(data)
    clip = clip_of(Video(tmp_path / "turned.mp4", "t"), FrameRule(1, "uniform"), tmp_path / "c")
    image = np.asarray(Image.open(io.BytesIO(clip.frames[0].read())).convert("L"))
    assert image.shape == (32, 16)
    # Turned clockwise, the left half has become the upper one.
    assert image[:10].mean() > image[-10:].mean() + 50


def test_broken_videos_are_refused_by_name(tmp_path: Path) -> None:
    pytest.importorskip("av")
    write_video(tmp_path / "good.mp4", frames=40, size=(64, 64))
    good = (tmp_path / "good.mp4").read_bytes()
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n"
    cases = {
        "empty.mp4": b"",
        "text.mp4": b"this is not a video at all",
        "playlist.mp4": playlist,
        "picture.mp4": picture(3, "PNG"),
        "half.mp4": good[: len(good) // 2],
        "noise.mp4": good[:32] + bytes(np.random.default_rng(0).bytes(4000)),
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CorruptInput) as caught:
            clip_of(Video(tmp_path / name, name), FrameRule(4), tmp_path / "cache")
        assert name in str(caught.value)
    with pytest.raises(MissingInput, match=r"gone\.mp4"):
        clip_of(Video(tmp_path / "gone.mp4", "gone.mp4"), FrameRule(4), tmp_path / "cache")
    assert not any(path.suffix == ".jpg" for path in (tmp_path / "cache").rglob("*"))


def test_a_video_that_ends_early_although_its_header_is_whole(tmp_path: Path) -> None:
    """With the index in front, a cut file still opens; what is missing must not pass unseen."""
    av = pytest.importorskip("av")
    write_video(tmp_path / "v.mp4", frames=60, size=(64, 64))
    with av.open(str(tmp_path / "v.mp4")) as source:
        with av.open(
            str(tmp_path / "front.mp4"), "w", format="mp4", options={"movflags": "faststart"}
        ) as out:
            stream = out.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(source.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)
    size = os.path.getsize(tmp_path / "front.mp4")
    os.truncate(tmp_path / "front.mp4", size - (size // 3))
    with pytest.raises(CorruptInput, match=r"front\.mp4"):
        clip_of(Video(tmp_path / "front.mp4", "front.mp4"), FrameRule(4), tmp_path / "cache")


def test_a_folder_of_frames_stands_for_a_video(tmp_path: Path) -> None:
    for k in range(12):
        write_picture(tmp_path / "scene" / f"frame_{k}.jpg", 10 * k)
    (tmp_path / "scene" / "notes.txt").write_text("not a frame")
    for path in (tmp_path / "scene", tmp_path / "scene.mp4"):
        clip = clip_of(Video(path, "scene"), FrameRule(4), tmp_path / "cache")
        # frame_10 comes behind frame_9, not behind frame_1.
        assert [frame.name for frame in clip.frames] == [
            f"scene#frame_{k}.jpg" for k in (0, 3, 7, 11)
        ]
        assert clip.frames[3].read() == picture(110)
    assert len(clip_of(Video(tmp_path / "scene", "s"), FrameRule(32), tmp_path).frames) == 12
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingInput, match="no frame"):
        clip_of(Video(tmp_path / "empty", "e"), FrameRule(4), tmp_path)
