"""Boxes and dots with letters, found again in stored pictures by their colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from world import World

from sextant.samples import Sample

MARKS = "PQRSTUVWXYZ"
COLORS = np.array(
    [
        (230, 25, 75), (0, 130, 255), (255, 225, 25), (60, 200, 80), (245, 130, 48),
        (200, 60, 230), (70, 240, 240), (255, 255, 255), (170, 110, 40), (128, 128, 0),
        (0, 0, 128),
    ]
)  # fmt: skip
"""What marks P, Q, R, ... are drawn in."""


def judge_boxes(world: World, sample: Sample) -> list[str]:
    """Each marked object carries the box of its letter in a picture of it."""
    problems = []
    for object_id, name in sample.evidence_dict()["names"].items():
        _, mark, letter = name.partition(" marked ")
        if mark and not any(
            boxes_round(world, sample, k, object_id).get(letter, 0.0) > 0.2
            for k in range(len(sample.images))
        ):
            problems.append(f"no box {letter} is drawn round {object_id}")
    return problems


def boxed(world: World, sample: Sample, picture: int, object_id: str) -> str | None:
    """The letter whose box an object has in a stored picture; None if it has none."""
    found = boxes_round(world, sample, picture, object_id)
    best = max(found, key=lambda letter: found[letter], default=None)
    return best if best is not None and found[best] > 0.3 else None


def boxes_round(world: World, sample: Sample, picture: int, object_id: str) -> dict[str, float]:
    """How much of the outline round an object has the colour of each letter.

    Boxes and tags of other marks may cover parts of it.
    """
    frame = sample.frame_ids[picture] if picture < len(sample.frame_ids) else ""
    if frame not in world.frames or not world.pixels(frame, object_id):
        return {}
    rgb = world.picture(sample, picture).astype(int)
    scale = rgb.shape[1] / world.frames[frame].camera.width
    unit = max(1.0, max(rgb.shape[:2]) / 640)
    u0, v0, u1, v1 = (c * scale for c in world.bounds(frame, object_id))
    grow_u = max(2.0, (22 * unit - (u1 - u0)) / 2)
    grow_v = max(2.0, (22 * unit - (v1 - v0)) / 2)
    u0, v0, u1, v1 = u0 - grow_u, v0 - grow_v, u1 + grow_u, v1 + grow_v
    us, vs = np.linspace(u0 + 4, u1 - 4, 40), np.linspace(v0 + 4, v1 - 4, 40)
    parts = []
    for inset in (2.0, 3.0):
        sides = [(us, vs * 0 + v0 + inset), (us, vs * 0 + v1 - inset), (us * 0 + u0 + inset, vs),
                 (us * 0 + u1 - inset, vs)]  # fmt: skip
        for u, v in sides:
            columns, rows = np.round(u).astype(int), np.round(v).astype(int)
            ok = (columns >= 0) & (rows >= 0) & (columns < rgb.shape[1]) & (rows < rgb.shape[0])
            if ok.mean() >= 0.5:
                parts.append(_colors_at(rgb, rows[ok], columns[ok]).mean(axis=0))
    shares = np.mean(parts, axis=0) if parts else np.zeros(len(COLORS))
    return dict(zip(MARKS, shares.tolist(), strict=True))


def dotted(world: World, sample: Sample, picture: int, u: float, v: float) -> str | None:
    """The letter of the dot drawn at a pixel of a frame; None if there is none."""
    rgb = world.picture(sample, picture).astype(int)
    frame = world.frames[sample.frame_ids[picture]]
    scale = rgb.shape[1] / frame.camera.width
    unit = max(1.0, max(rgb.shape[:2]) / 640)
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    columns = np.round(u * scale + 3.2 * unit * np.cos(angle)).astype(int)
    rows = np.round(v * scale + 3.2 * unit * np.sin(angle)).astype(int)
    ok = (columns >= 0) & (rows >= 0) & (columns < rgb.shape[1]) & (rows < rgb.shape[0])
    hits = np.mean(_colors_at(rgb, rows[ok], columns[ok]), axis=0)
    best = int(hits.argmax())
    return MARKS[best] if hits[best] > 0.5 else None


def _colors_at(rgb: NDArray[np.int_], rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
    pixels = rgb[rows, columns]
    off = np.abs(pixels[:, None, :] - COLORS[None]).max(axis=2)
    return np.asarray((off < 60) & (off == off.min(axis=1, keepdims=True)))
