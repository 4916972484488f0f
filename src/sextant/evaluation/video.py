"""Frames of videos: which ones a protocol shows, decoding them once, and reading them back.

Decoded frames lie in a cache folder under the hash of the video's bytes, so the same video is
decoded once whatever it is called and however many questions are asked about it. The cache may be
deleted at any time. Frames are JPEG of quality 95; VLMEvalKit's have Pillow's default, 75, so that
its models see slightly coarser ones.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from sextant.errors import ConventionError, CorruptInput, MissingInput, RecipeError
from sextant.evaluation._decoding import JPEG_QUALITY, decode_frames, survey
from sextant.evaluation.benchmark import FrameRule
from sextant.evaluation.items import Video
from sextant.evaluation.media import MAX_PICTURES, checked_picture
from sextant.execution.atomic import sync_files, write_bytes, write_text
from sextant.models.messages import Clip, Picture

METHODS = ("uniform_tail", "uniform", "uniform_distinct", "chunk_center", "fps", "fps_tail")

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")

CACHE_LAYOUT = f"jpeg{JPEG_QUALITY}-1"

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What is known of a video once it was decoded.

    Attributes:
        frames: How many can be decoded.
        fps: Average frame rate; 0 = unknown (a folder of frames).
    """

    frames: int
    fps: float


def frame_indices(n_frames: int, rule: FrameRule, video_fps: float = 0.0) -> tuple[int, ...]:
    """Return the frames that a rule shows, in order.

    With n frames and k wanted:

    ====================  ========================================================================
    ``uniform``           int(linspace(0, n - 1, k)); repeats frames if n < k (VLMEvalKit)
    ``uniform_distinct``  the same with min(k, n) (lmms-eval ``vsibench_multiimage``)
    ``uniform_tail``      ``uniform``, and the last frame behind it if missing, which happens for
                          k = 1 only (VLMEvalKit's default for VSI-Bench; by number it writes k
                          files and so loses the last frame again)
    ``chunk_center``      int(n / 2k + round(i n / k)), clipped to the video (VLMEvalKit)
    ``fps``               int(i f / r) for i < int(n / f r): r frames a second of a video of f
    ``fps_tail``          ``fps``, and the last frame behind it if missing (VLMEvalKit, VSI-Bench)
    ====================  ========================================================================

    More than ``rule.count`` frames by ``fps`` are thinned out evenly; a video that is too short for
    a single one shows its first frame.

    Args:
        n_frames: Of the video.
        rule: Which are wanted.
        video_fps: Average frame rate of the video, for ``fps`` only.

    Raises:
        RecipeError: For an unknown method, or a count or rate that is not positive.
        ConventionError: If the video has no frame, or ``fps`` is asked of an unknown rate.
    """
    if rule.method not in METHODS:
        raise RecipeError(
            f"unknown way to sample frames {rule.method!r}", expected=", ".join(METHODS)
        )
    if not 1 <= rule.count <= MAX_PICTURES:
        raise RecipeError("wrong number of frames", expected=f"1..{MAX_PICTURES}", got=rule.count)
    if n_frames < 1:
        raise ConventionError("video has no frame", got=n_frames)
    if rule.method.startswith("fps"):
        return _by_rate(n_frames, rule, video_fps)
    if rule.method == "chunk_center":
        size = n_frames / rule.count
        centers = [int(size / 2 + np.round(size * i)) for i in range(rule.count)]
        return tuple(min(max(k, 0), n_frames - 1) for k in centers)
    count = min(rule.count, n_frames) if rule.method == "uniform_distinct" else rule.count
    indices = _spread(n_frames, count)
    tail = rule.method == "uniform_tail" and indices[-1] != n_frames - 1
    return (*indices, n_frames - 1) if tail else indices


def clip_of(video: Video, rule: FrameRule, cache: Path) -> Clip:
    """Return the frames of a video that a rule shows; what is not in the cache is decoded now.

    Instead of a file the video may be a folder of extracted frames, also one that stands where the
    file without its suffix would be. Frames of a folder are never repeated.

    Args:
        video: The file or folder.
        rule: Which frames.
        cache: Folder for decoded frames; made if missing.

    Raises:
        MissingInput: If there is neither file nor folder.
        CorruptInput: If it cannot be decoded.
        MissingDependency: If it has to be decoded and PyAV is not installed (extra ``video``).
    """
    folder = _frame_folder(video.path)
    if folder is not None:
        return _from_folder(folder, video.name, rule)
    if not video.path.is_file():
        raise MissingInput(
            "video is not there", where=video.name, expected=video.path,
            hint="unpack the archives of the data set beside its question files",
        )  # fmt: skip
    home = cache / CACHE_LAYOUT / _digest(video.path)
    info = _info(home, video)
    indices = frame_indices(info.frames, rule, info.fps)
    if _absent(home, indices):
        with _lock:  # two threads that need the same video decode it once
            written = []
            for k, data in decode_frames(video.path, _absent(home, indices), video.name):
                write_bytes(_frame(home, k), data, durable=False)
                written.append(_frame(home, k))
            sync_files(written)
    pictures = tuple(
        Picture(f"{video.name}#{k}", _Reader(_frame(home, k), video.name).read) for k in indices
    )
    return Clip(pictures, tuple(k / info.fps if info.fps > 0 else float(k) for k in indices))


def _by_rate(n_frames: int, rule: FrameRule, video_fps: float) -> tuple[int, ...]:
    if rule.fps is None or not 0 < rule.fps < 1e6:
        raise RecipeError("no frame rate given", expected="fps > 0", got=rule.fps)
    if not 0 < video_fps < 1e6:
        raise ConventionError(
            "the video's own frame rate is unknown, so none can be sampled", got=video_fps,
            hint="a folder of extracted frames has no rate: use a number of frames",
        )  # fmt: skip
    wanted = int(n_frames / video_fps * rule.fps)
    step = video_fps / rule.fps
    indices = tuple(min(int(i * step), n_frames - 1) for i in range(wanted)) or (0,)
    if rule.method == "fps_tail" and indices[-1] != n_frames - 1:
        indices = (*indices, n_frames - 1)
    if len(indices) <= rule.count:
        return indices
    return tuple(indices[k] for k in _spread(len(indices), rule.count))


def _spread(n: int, count: int) -> tuple[int, ...]:
    return tuple(np.linspace(0, n - 1, count, dtype=int).tolist())


@lru_cache(maxsize=4096)
def _hashed(path: str, size: int, modified_ns: int) -> str:
    digest = blake2b(digest_size=16)
    with open(path, "rb") as file:
        while block := file.read(1024 * 1024):
            digest.update(block)
    return digest.hexdigest()


def _digest(path: Path) -> str:
    try:
        state = path.stat()
        return _hashed(str(path), state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise CorruptInput("video cannot be read", where=path, got=error) from error


def _frame(home: Path, index: int) -> Path:
    return home / f"{index:07d}.jpg"


def _absent(home: Path, indices: Sequence[int]) -> list[int]:
    def there(path: Path) -> bool:
        # An empty file is what a power cut leaves of one that was not synced yet.
        return path.is_file() and path.stat().st_size > 0

    return [k for k in sorted(set(indices)) if not there(_frame(home, k))]


def _info(home: Path, video: Video) -> VideoInfo:
    """Return what the cache knows of a video, or look at it and note it down."""
    note = home / "video.json"
    try:
        stored = json.loads(note.read_text(encoding="utf-8"))
        return VideoInfo(int(stored["frames"]), float(stored["fps"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not there yet, or not ours: it is written anew
    with _lock:
        frames, fps = survey(video.path, video.name)
        write_text(note, json.dumps({"frames": frames, "fps": fps}))
    return VideoInfo(frames, fps)


def _frame_folder(path: Path) -> Path | None:
    if path.is_dir():
        return path
    bare = path.with_suffix("")
    return bare if not path.exists() and bare.is_dir() else None


def _from_folder(folder: Path, name: str, rule: FrameRule) -> Clip:
    files = sorted(
        (p for p in folder.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file()),
        key=lambda path: _natural(path.name),
    )
    if not files:
        raise MissingInput(
            "no frame in this folder", where=folder, expected=" or ".join(PICTURE_SUFFIXES)
        )
    indices = sorted(set(frame_indices(len(files), rule)))
    pictures = tuple(
        Picture(f"{name}#{files[k].name}", _Reader(files[k], name).read) for k in indices
    )
    return Clip(pictures, tuple(float(k) for k in indices))


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Sort ``frame_2`` before ``frame_10``."""
    return [
        (0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part)
        for part in re.split(r"(\d{1,18})", name)
    ]


class _Reader:
    """Reads a frame that lies on disk."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name

    def read(self) -> bytes:
        try:
            return checked_picture(self._path.read_bytes(), f"{self._name}: {self._path.name}")
        except OSError as error:
            raise MissingInput(
                "a decoded frame is gone", where=self._path, got=error,
                hint="the frame cache was emptied during the run: run the same command again",
            ) from error  # fmt: skip
