"""A video whose coding nobody knows is refused by name; PyAV lends its stream no size."""

from __future__ import annotations

import numpy as np
import pytest

from sextant.errors import CorruptInput
from sextant.sources.video import video_size

av = pytest.importorskip("av", reason="needs the extra video")


def test_an_unknown_coding_is_refused(tmp_path):
    path = tmp_path / "rgb.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    data = path.read_bytes()
    assert b"V_MPEG4/ISO/ASP" in data
    path.write_bytes(data.replace(b"V_MPEG4/ISO/ASP", b"V_XXXXX/XXX/XXX"))
    with pytest.raises(CorruptInput, match="not a video"):
        video_size(path)
