"""Frames of a video as pictures, evenly spread from its first to its last."""

from __future__ import annotations

from io import BytesIO
from itertools import islice
from pathlib import Path

import numpy as np

from sextant.corpus.importing.set_rows import BrokenRow
from sextant.errors import MissingDependency

MAX_FRAMES = 100_000


def frames_of(path: Path, count: int, quality: int) -> list[bytes]:
    """Return ``count`` frames (fewer of a shorter video) as JPEG.

    Raises:
        BrokenRow: If it cannot be decoded.
        MissingDependency: Without the package ``av``.
    """
    try:
        import av
    except ImportError as error:
        raise MissingDependency.extra("av", "video", "taking frames of videos") from error
    try:
        with av.open(str(path)) as container:
            total = sum(1 for _ in islice(container.decode(video=0), MAX_FRAMES))
        wanted = set(np.linspace(0, total - 1, min(count, total)).round().astype(int).tolist())
        found = []
        with av.open(str(path)) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number in wanted:
                    stream = BytesIO()
                    frame.to_image().save(stream, "JPEG", quality=quality)
                    found.append(stream.getvalue())
                if len(found) == len(wanted):
                    break
    except Exception as error:  # FFmpeg's errors have many classes
        raise BrokenRow("a video cannot be decoded", error) from error
    if not found:
        raise BrokenRow("a video has no frame")
    return found
