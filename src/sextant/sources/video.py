"""Single frames of a video by their number, exactly.

Packets are listed once, which decodes nothing: their times in order of showing are the numbers of
the frames. A frame is found by a seek to the key frame before it and decoding up to its very time;
nothing is trusted about where a seek ends. Reading on in order goes on decoding where it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from PIL import Image

from sextant.errors import ConventionError, CorruptInput, MissingDependency, MissingInput

MAX_FRAMES = 1_000_000
MAX_PIXELS = 64_000_000

_READ_ON = 300
"""Frames ahead that are reached by decoding on rather than by a seek."""

_MAGIC = {b"\x1a\x45\xdf\xa3": "matroska"}
_MP4 = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide")


def video_size(path: Path) -> tuple[int, int]:
    """Return (width, height) of a video's pictures; nothing is decoded."""
    return _video(path).size


def frame_count(path: Path) -> int:
    """Return how many frames a video holds, counted from its packets."""
    return len(_video(path).times)


def read_frame(path: Path, index: int) -> Image.Image:
    """Return frame ``index``, counted from 0 in order of showing, as an RGB picture.

    Raises:
        MissingDependency: If PyAV is not installed.
        MissingInput: If there is no such file or no such frame.
        CorruptInput: If it is no video or cannot be decoded that far.
    """
    return _video(path).read(index)


def _video(path: Path) -> _Video:
    try:
        status = path.stat()
    except OSError as error:
        raise MissingInput("video is not there", where=path, got=error) from error
    return _opened(path, status.st_size, status.st_mtime_ns, os.getpid())


@lru_cache(maxsize=4)
def _opened(path: Path, size: int, mtime_ns: int, process: int) -> _Video:
    del size, mtime_ns, process  # a decoder is neither shared with a child nor with a new file
    return _Video(path)


class _Video:
    def __init__(self, path: Path) -> None:
        try:
            import av
        except ImportError as error:
            raise MissingDependency.extra("av", "video", "reading video frames") from error
        self.path = path
        self._av: Any = av
        self._at: int | None = None  # number of the frame that the decoder gives next
        self._frames: Iterator[Any] = iter(())
        self._file: Any = None
        self._container: Any = None
        try:
            self._open()
        except (self._av.FFmpegError, OSError, ValueError, MemoryError) as error:
            self._close()
            raise self._broken(error) from error
        except CorruptInput:
            self._close()
            raise

    def _open(self) -> None:
        self._file = self.path.open("rb")
        # A named format and an open file: no playlist that points elsewhere is ever followed.
        kind = _format(self._file.read(16), self.path)
        self._file.seek(0)
        self._container = self._av.open(self._file, format=kind)
        streams = self._container.streams.video
        if not streams:
            raise CorruptInput("not a video", where=self.path, got="a file without pictures")
        self._stream = streams[0]
        if self._stream.codec_context is None:
            # PyAV lends such a stream no size: nothing can decode it.
            raise CorruptInput("not a video", where=self.path, got="pictures in an unknown coding")
        self.size = (int(self._stream.width), int(self._stream.height))
        if not 0 < self.size[0] * self.size[1] <= MAX_PIXELS:
            raise CorruptInput("video has too many pixels", where=self.path, got=self.size)
        self._stream.thread_type = "AUTO"

    def __del__(self) -> None:
        # A container and its streams hold each other: without this, a video that is no longer
        # remembered keeps its decoder's threads until the collector comes by.
        self._close()

    def _close(self) -> None:
        for name in ("_container", "_file"):
            opened = getattr(self, name, None)
            if opened is not None:
                opened.close()

    @cached_property
    def times(self) -> tuple[int, ...]:
        """Times of all frames in order of showing; lists the packets of the whole file once."""
        try:
            self._container.seek(0, stream=self._stream)
            return self._packet_times()
        except (self._av.FFmpegError, OSError, ValueError, MemoryError) as error:
            raise self._broken(error) from error

    @cached_property
    def _numbers(self) -> Mapping[int, int]:
        return {t: i for i, t in enumerate(self.times)}

    def read(self, index: int) -> Image.Image:
        if not 0 <= index < len(self.times):
            raise MissingInput(
                "video has no such frame", where=self.path,
                expected=f"0..{len(self.times) - 1}", got=index,
            )  # fmt: skip
        try:
            if self._at is None or not self._at <= index < self._at + _READ_ON:
                self._seek(index)
            frame = self._decode_to(index)
            if frame is None:  # the seek ended behind it
                self._seek(0)
                frame = self._decode_to(index)
            if frame is None:
                raise CorruptInput("video frame cannot be decoded", where=self.path, got=index)
            if (frame.width, frame.height) != self.size:
                raise ConventionError(
                    "video changes its size", where=self.path, expected=self.size,
                    got=(frame.width, frame.height),
                )  # fmt: skip
            picture: Image.Image = frame.to_image()
            return picture
        except (self._av.FFmpegError, OSError, ValueError, MemoryError) as error:
            self._at = None
            raise self._broken(error) from error

    def _packet_times(self) -> tuple[int, ...]:
        times = []
        for packet in self._container.demux(self._stream):
            if packet.size and packet.pts is not None:
                times.append(int(packet.pts))
            if len(times) > MAX_FRAMES:
                raise CorruptInput("video is too long", where=self.path, expected=MAX_FRAMES)
        if not times or len(set(times)) != len(times):
            raise CorruptInput(
                "video has no usable time stamps", where=self.path, got=f"{len(times)} packets"
            )
        return tuple(sorted(times))

    def _seek(self, index: int) -> None:
        self._container.seek(self.times[index], stream=self._stream, backward=True, any_frame=False)
        self._frames = self._container.decode(self._stream)
        self._at = 0

    def _decode_to(self, index: int) -> Any | None:
        for frame in self._frames:
            number = None if frame.pts is None else self._numbers.get(int(frame.pts))
            if number is None:
                continue
            self._at = number + 1
            if number >= index:
                return frame if number == index else None
        self._at = None
        return None

    def _broken(self, error: Exception) -> CorruptInput:
        return CorruptInput(
            "video cannot be decoded", where=self.path,
            got=f"{type(error).__name__}: {error}"[:300],
            hint="the file is truncated or damaged: fetch it again",
        )  # fmt: skip


def _format(head: bytes, path: Path) -> str:
    if head[4:8] in _MP4:
        return "mp4"
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    raise CorruptInput("not a video", where=path, expected="MP4, MOV, MKV or WebM", got=repr(head))
