"""The law of a scene that is turned about the vertical and shifted: nothing changes."""

from __future__ import annotations

import dataclasses

from laws import Law, moved
from sextant.geometry.transforms import rigid, yaw_rotation
from sextant.scenes import Frame, Scene

T_TURN = rigid(yaw_rotation(0.7), [3.0, -5.0, 0.4])


def _turned(scene: Scene) -> Scene:
    R, t = T_TURN[:3, :3], T_TURN[:3, 3]

    def frame(f: Frame) -> Frame:
        return dataclasses.replace(f, T_world_camera=T_TURN @ f.T_world_camera)

    return moved(scene, lambda p: p @ R.T + t, frame, lambda B: R @ B, lambda v: R @ v)


TURNED = Law("turned", _turned)
