"""Decoding videos with PyAV, from the first frame to the last one that is wanted.

No seeking: where a seek ends depends on the file and on the version of the decoder, and a protocol
that says "frame 517" means that one.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sextant.errors import CorruptInput, MissingDependency

JPEG_QUALITY = 95

MAX_FRAMES = 1_000_000
"""Nine hours at 30 frames a second."""

MAX_FRAME_PIXELS = 64_000_000


def survey(path: Path, name: str) -> tuple[int, float]:
    """Return how many frames a video has, and its average rate; nothing is decoded.

    Packets are counted: what a header says of the number of frames is often wrong.

    Raises:
        CorruptInput: If it is no video, or ends before its header says it does.
    """
    count = 0
    with _opened(path, name) as (container, stream):
        for packet in container.demux(stream):
            if packet.size and not packet.is_discard and not packet.is_corrupt:
                count += 1
            if count > MAX_FRAMES:
                raise CorruptInput("video is too long", where=name, expected=f"<= {MAX_FRAMES}")
        promised = int(stream.frames or 0)
        rate = float(stream.average_rate or stream.guessed_rate or 0)
    if count == 0 or count < _enough(promised):
        raise _early(name, f"{promised or 'some'} frames", count)
    return count, rate


def decode_frames(path: Path, wanted: Sequence[int], name: str) -> Iterator[tuple[int, bytes]]:
    """Yield (index, JPEG bytes) of the wanted frames, in order of time.

    Frames are turned upright as the file says they are to be shown. Where the last few of a video
    cannot be decoded, which is usual (a cut last group of pictures), the last one that can stands
    for them.

    Raises:
        CorruptInput: If the video cannot be decoded so far.
    """
    left = sorted(set(wanted))
    if not left:
        return
    index, frame = -1, None
    with _opened(path, name) as (container, stream):
        for index, frame in enumerate(container.decode(stream)):
            if index == left[0]:
                yield left.pop(0), _jpeg(frame)
                if not left:
                    return
        if frame is None or index + 1 < _enough(left[-1] + 1):
            raise _early(name, f"frame {left[0]}", f"{index + 1} frames")
        data = _jpeg(frame)
    for wanted_index in left:
        yield wanted_index, data


def _enough(promised: int) -> float:
    """A few frames less than promised are usual, and no sign of damage."""
    return 0.98 * promised - 2


def _jpeg(frame: Any) -> bytes:
    image = frame.to_image()
    turn = int(getattr(frame, "rotation", 0) or 0)
    if turn:
        image = image.rotate(turn, expand=True)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=JPEG_QUALITY)
    return data.getvalue()


def _early(name: str, expected: str, got: object) -> CorruptInput:
    return CorruptInput(
        "video ends early", where=name, expected=expected, got=got,
        hint="the file is truncated or damaged: fetch it again",
    )  # fmt: skip


@contextmanager
def _opened(path: Path, name: str) -> Iterator[tuple[Any, Any]]:
    try:
        import av
    except ImportError as error:
        raise MissingDependency.extra("av", "video", "decoding videos") from error
    library: Any = av  # untyped in parts, and its stubs move between versions
    with path.open("rb") as file:
        container = None
        try:
            # A named format and an open file: no playlist that points elsewhere is ever followed.
            container = library.open(file, format=_format(file, name))
            if not container.streams.video:
                raise CorruptInput("not a video", where=name, got="a file without pictures")
            stream = container.streams.video[0]
            if not 0 < stream.width * stream.height <= MAX_FRAME_PIXELS:
                raise CorruptInput(
                    "video has too many pixels", where=name,
                    expected=f"1..{MAX_FRAME_PIXELS}", got=f"{stream.width}x{stream.height}",
                )  # fmt: skip
            stream.thread_type = "AUTO"
            yield container, stream
        except (library.FFmpegError, OSError, ValueError, MemoryError) as error:
            raise CorruptInput(
                "video cannot be decoded", where=name, got=f"{type(error).__name__}: {error}"[:300],
                hint="the file is truncated or damaged: fetch it again",
            ) from error  # fmt: skip
        finally:
            if container is not None:
                container.close()


def _format(file: IO[bytes], name: str) -> str:
    head = file.read(512)
    file.seek(0)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"):
        return "mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    if head.startswith(b"\x47") and head[188:189] == b"\x47":
        return "mpegts"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    raise CorruptInput(
        "not a video", where=name, expected="MP4, MOV, WebM, MKV, AVI, MPEG-TS or GIF",
        got=repr(head[:16]) if head else "no bytes",
    )  # fmt: skip
