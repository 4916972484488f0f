"""A video that is broken, or no longer remembered, is closed at once."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import numpy as np
import pytest
from layouts import scannetpp as layout

from sextant.errors import CorruptInput
from sextant.sources import video

pytest.importorskip("av", reason="needs the extra video")

DESCRIPTORS = Path("/proc/self/fd")


def times_open(path: Path) -> int:
    return sum(os.path.realpath(link) == str(path) for link in DESCRIPTORS.iterdir())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    if not DESCRIPTORS.is_dir():
        pytest.skip("nothing lists a process's open files here")
    path = tmp_path.resolve() / "rgb.mkv"
    layout.write_video(path, [np.full((48, 64, 3), 20 * k, np.uint8) for k in range(5)])
    return path


@pytest.mark.parametrize("length", [3, 12, 40, 300])
def test_a_broken_video_is_closed(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])
    gc.disable()
    try:
        for _ in range(3):
            with pytest.raises(CorruptInput):
                video.read_frame(path, 0)
        video._opened.cache_clear()
        assert times_open(path) == 0
    finally:
        gc.enable()


def test_a_forgotten_video_is_closed(path: Path) -> None:
    gc.disable()
    try:
        video.read_frame(path, 2)
        assert times_open(path) == 1
        video._opened.cache_clear()
        assert times_open(path) == 0
    finally:
        gc.enable()
