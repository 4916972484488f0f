"""Twists of cameras, poses, arrays and clocks."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from rough import Rough, View
from twists import BAD, any_rotation, twist

from sextant.errors import CorruptInput
from sextant.geometry.transforms import look_at, rigid


@twist
def no_frames(r: Rough, rng: Generator) -> None:
    r.views = []


@twist
def one_frame(r: Rough, rng: Generator) -> None:
    r.views = r.views[:1]


@twist
def two_frames(r: Rough, rng: Generator) -> None:
    r.views = r.views[:2]


@twist
def looking_away(r: Rough, rng: Generator) -> None:
    for v in r.views:
        eye = v.pose[:3, 3] * np.array([1.2, 1.2, 1.0])
        v.pose = look_at(eye, eye + np.array([*eye[:2], 0.1]))


@twist
def camera_inside_objects(r: Rough, rng: Generator) -> None:
    for v in r.views:
        t = r.things[int(rng.integers(len(r.things)))] if r.things else None
        if t is not None:
            v.pose = rigid(v.pose[:3, :3], t.center)


@twist
def straight_down(r: Rough, rng: Generator) -> None:
    down = np.array([[1, 0, 0], [0, -1, 0], [0, 0, -1.0]])
    for v in r.views:
        v.pose = rigid(down if rng.random() < 0.7 else np.eye(3), v.pose[:3, 3])


@twist
def any_roll(r: Rough, rng: Generator) -> None:
    for v in r.views:
        v.pose = rigid(any_rotation(rng), v.pose[:3, 3])


@twist
def standing_still(r: Rough, rng: Generator) -> None:
    for v in r.views:
        v.pose = r.views[0].pose


@twist
def bad_poses(r: Rough, rng: Generator) -> None:
    pose = r.views[0].pose.copy() if r.views else np.eye(4)
    pose[int(rng.integers(3)), int(rng.integers(4))] = float(rng.choice(BAD))
    r.views = [View(pose, 0.0), *r.views]


@twist
def single_pixel(r: Rough, rng: Generator) -> None:
    r.camera = [1, 1, 1.0, 1.0, 0.5, 0.5]


@twist
def slit_pictures(r: Rough, rng: Generator) -> None:
    r.camera = [[64, 1, 45.0, 45.0, 32, 0.5], [1, 48, 45.0, 45.0, 0.5, 24],
                [3, 3, 3.0, 3.0, 1.5, 1.5]][int(rng.integers(3))]  # fmt: skip


@twist
def odd_lenses(r: Rough, rng: Generator) -> None:
    w, h = r.camera[:2]
    r.camera = [[w, h, 1e-3, 1e-3, w / 2, h / 2], [w, h, 1e6, 1e6, w / 2, h / 2],
                [w, h, 45.0, 45.0, -500.0, 900.0], [w, h, 45.0, 9.0, w / 2, h / 2],
                [w, h, 0.0, 45.0, w / 2, h / 2], [w, h, 45.0, 45.0, np.nan, h / 2],
                [0, h, 45.0, 45.0, 0, 0], [w, h, 1e-200, 1e200, w / 2, h / 2],
                ][int(rng.integers(8))]  # fmt: skip


@twist
def spoilt_depth(r: Rough, rng: Generator) -> None:
    spoilers = (
        lambda a: np.full_like(a, np.nan), np.zeros_like, lambda a: np.full_like(a, np.inf),
        lambda a: -a, lambda a: np.full_like(a, 1e-30), lambda a: np.full_like(a, 1.0),
        lambda a: np.where(np.indices(a.shape).sum(0) % 2, a, np.nan).astype(a.dtype),
        lambda a: a[:-1], lambda a: a.astype(np.float64), lambda a: a.T.copy().T,
        lambda a: a * 1000, lambda a: np.random.default_rng(0).random(a.shape, np.float32) * 5,
    )  # fmt: skip
    spoil = spoilers[int(rng.integers(len(spoilers)))]
    for v in r.views:
        v.spoil_depth = spoil
        v.has_masks = v.has_masks and rng.random() < 0.5


@twist
def spoilt_masks(r: Rough, rng: Generator) -> None:
    spoilers = (
        np.zeros_like, lambda a: np.full_like(a, 1), lambda a: np.full_like(a, -(2**31)),
        lambda a: a + 1, lambda a: a[:, :-1], lambda a: np.roll(a, 17, axis=1),
        lambda a: np.random.default_rng(0).integers(0, 9, a.shape).astype(np.int32),
        lambda a: a.astype(np.int64), lambda a: a.astype(np.uint8),
        lambda a: np.full_like(a, 2**31 - 1),
    )  # fmt: skip
    spoil = spoilers[int(rng.integers(len(spoilers)))]
    for v in r.views:
        v.spoil_masks = spoil


@twist
def spoilt_pictures(r: Rough, rng: Generator) -> None:
    spoilers = (
        lambda a: a[:, :, 0], lambda a: a[:-1], lambda a: a[:0], lambda a: a / 255,
        lambda a: np.concatenate([a, a[..., :1]], axis=-1), lambda a: a.astype(np.int64),
        lambda a: a[:, ::-1], lambda a: np.asfortranarray(a),
    )  # fmt: skip
    spoil = spoilers[int(rng.integers(len(spoilers)))]
    for v in r.views:
        v.spoil_rgb = spoil


@twist
def a_reader_that_fails(r: Rough, rng: Generator) -> None:
    def fail(array: object) -> None:
        raise CorruptInput("file is cut short", where="frame")

    for v in r.views[1:]:
        setattr(v, ["spoil_rgb", "spoil_depth", "spoil_masks"][int(rng.integers(3))], fail)


@twist
def no_depth(r: Rough, rng: Generator) -> None:
    for v in r.views:
        v.has_depth = False


@twist
def no_masks(r: Rough, rng: Generator) -> None:
    for v in r.views:
        v.has_masks = False


@twist
def nothing_but_boxes(r: Rough, rng: Generator) -> None:
    for v in r.views:
        v.has_depth = v.has_masks = False
    for t in r.things:
        t.mesh = t.points = None


@twist
def some_readers_only(r: Rough, rng: Generator) -> None:
    for v in r.views:
        v.has_depth, v.has_masks, v.has_rgb = (bool(b) for b in rng.random(3) < 0.6)


@twist
def no_pictures(r: Rough, rng: Generator) -> None:
    for v in r.views:
        v.has_rgb = False


@twist
def no_timestamps(r: Rough, rng: Generator) -> None:
    for v in r.views:
        v.timestamp_s = None


@twist
def odd_timestamps(r: Rough, rng: Generator) -> None:
    times = [0.0, -1.0, 1e18, 5.0, np.nan, np.inf, 1e-9]
    for v in r.views:
        v.timestamp_s = float(rng.choice(times))


@twist
def odd_frame_ids(r: Rough, rng: Generator) -> None:
    for v, name in zip(r.views, ("", "../x", "<image>", "a\nb", "\ud800", "é"), strict=False):
        if rng.random() < 0.4:
            v.id = name
