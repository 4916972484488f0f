"""The law of a mirrored scene: left becomes right, pixels are counted from the other side."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from small_rooms import WIDTH, with_arrays

from laws import Json, Law, each_text, moved
from sextant.geometry.transforms import rigid
from sextant.scenes import Camera, Frame, Scene

M = np.diag([-1.0, 1.0, 1.0])
PAIRS = (("left", "right"), ("clockwise", "counterclockwise"), ("east", "west"))
_SIDES = re.compile(
    r"(?<![a-z])(left|right|counterclockwise|clockwise|leftmost|rightmost|leftward|rightward)"
    r"(?! angle)(?![a-z])"
    r"|(?<=north)(east|west)|(?<=south)(east|west)|(?<![a-z])(east|west)(?![a-z])"
)
_OTHER = {a: b for pair in PAIRS for a, b in (pair, pair[::-1])}
_OTHER |= {f"{a}{e}": f"{b}{e}" for a, b in (PAIRS[0], PAIRS[0][::-1]) for e in ("most", "ward")}

PIXELS: Mapping[str, frozenset[str]] = {
    "mm.point_depth": frozenset({"u"}),
    "mm.point_distance": frozenset({"points"}),
    "pt.point_correspondence": frozenset({"point", "candidates"}),
    "sr.camera_proximity": frozenset({"points"}),
}
"""Fields of asks that are pixels, (u, v) or u alone."""


def _mirrored(scene: Scene) -> Scene:
    def frame(f: Frame) -> Frame:
        T = rigid(M @ f.T_world_camera[:3, :3] @ M, M @ f.T_world_camera[:3, 3])
        c = f.camera
        camera = Camera(c.width, c.height, c.fx, c.fy, c.width - c.cx, c.cy)
        return with_arrays(f, camera, T, f.read_depth()[:, ::-1], f.read_instances()[:, ::-1])

    # A box's own x axis is turned round as well, so that its axes stay right-handed.
    return moved(scene, lambda p: p @ M, frame, lambda B: M @ B @ M, lambda v: M @ v, flips=True)


def mirrored_words(text: str) -> str:
    """Swap left and right, clockwise and counterclockwise, east and west."""
    return _SIDES.sub(lambda m: _OTHER[m[0]], text)


def _mirrored_pixels(x: Json, width: int) -> Json:
    if isinstance(x, int | float):
        return width - x
    if len(x) == 2 and all(isinstance(v, int | float) for v in x):
        return [width - x[0], x[1]]
    return [_mirrored_pixels(p, width) for p in x]


def _mirrored_detail(family: str, detail: dict[str, Json]) -> dict[str, Json]:
    found = {
        k: _mirrored_pixels(v, WIDTH)
        if k in PIXELS.get(family, frozenset())
        else each_text(v, mirrored_words)
        for k, v in detail.items()
    }
    if family in ("mr.layout_map", "mr.room_shape"):
        found["turn"] = {"90": "270", "270": "90"}.get(detail["turn"], detail["turn"])
    if family == "mr.room_shape":
        found["other"] = [[-x, y] for x, y in detail["other"]][::-1]
    if family == "mr.map_position":
        found["camera_cell"] = [9 - detail["camera_cell"][0], detail["camera_cell"][1]]
    return found


def _mirrored_json(family: str, x: Json) -> Json:
    if family == "mr.map_position":
        return {name: [9 - cell[0], cell[1]] for name, cell in x.items()}
    if family == "mm.box3d":
        yaw = -x["yaw"] if x["yaw"] != 90 else 90
        return {**x, "center": [-x["center"][0], *x["center"][1:]], "yaw": yaw}
    return x


def _without_sides(text: str) -> str:
    text = re.sub(r"column \d", "column #", text)
    return _SIDES.sub("#", text.lower())


MIRRORED = Law(
    "mirrored",
    _mirrored,
    detail=_mirrored_detail,
    label=lambda family, label: mirrored_words(label),
    words=mirrored_words,
    key=mirrored_words,
    keeps_margins=False,
    json=_mirrored_json,
    mask=_without_sides,
)
