"""The law of a scene twice as large: lengths double, areas are four times as large."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator, Mapping

import numpy as np
from small_rooms import with_arrays

from laws import Json, Law, moved, same
from sextant.geometry.transforms import rigid
from sextant.questions.task import Task
from sextant.scenes import Frame, Scene

SCALE = 2.0
"""A power of two, so that not even the last bit of a ratio changes."""


def _scaled(scene: Scene) -> Scene:
    def frame(f: Frame) -> Frame:
        T = rigid(f.T_world_camera[:3, :3], f.T_world_camera[:3, 3] * SCALE)
        return with_arrays(f, f.camera, T, f.read_depth() * np.float32(SCALE), f.read_instances())

    return moved(scene, lambda p: p * SCALE, frame, same, same, SCALE)


def _factor(name: str) -> float:
    """Return what a quantity is multiplied by, from the unit at the end of its name."""
    unit = name.rpartition("_")[2].lower()
    return {"m": SCALE, "cm": SCALE, "m2": SCALE**2, "m3": SCALE**3}.get(unit, 1.0)


def _scaled_task(cls: type[Task]) -> Task:
    margins = cls.margins_model().model_dump()
    return cls(cls.margins_model(**{k: v * _factor(k) for k, v in margins.items()}))


@contextlib.contextmanager
def _scaled_constants() -> Iterator[None]:
    """Multiply the module constants in metres: they are thresholds as well."""
    rooms = ("sextant.tasks", "sextant.questions", "sextant.visibility")
    found = [
        (module, key, value)
        for name, module in sorted(sys.modules.items())
        if name.startswith(rooms)
        for key, value in vars(module).items()
        if key.isupper() and isinstance(value, int | float | tuple) and _factor(key) != 1.0
    ]
    try:
        for module, key, value in found:
            setattr(module, key, _numbers(value, _factor(key)))
        yield
    finally:
        for module, key, value in found:
            setattr(module, key, value)


def _numbers(x: Json, factor: float) -> Json:
    if factor == 1.0:
        return x
    if isinstance(x, list | tuple):
        return [_numbers(v, factor) for v in x]
    return x * factor if isinstance(x, int | float) and not isinstance(x, bool) else x


LENGTHS: Mapping[str, frozenset[str]] = {
    "mr.room_shape": frozenset({"other"}),
    "mm.box3d": frozenset({"center", "size"}),
}
"""Fields of asks and JSON answers that are lengths without a unit in their name."""


def _scaled_json(family: str, x: Json) -> Json:
    if not isinstance(x, dict):
        return x
    lengths = LENGTHS.get(family, frozenset())
    return {k: _numbers(v, SCALE if k in lengths else _factor(k)) for k, v in x.items()}


def _without_numbers(text: str) -> str:
    """Blot numbers out: they are rounded after the change, not before."""
    return re.sub(r"\d+(\.\d+)?", "#", text)


SCALED = Law(
    "scaled",
    _scaled,
    _scaled_task,
    _scaled_json,
    blot=_without_numbers,
    value=lambda v, unit: v * _factor(f"_{unit}"),
    json=_scaled_json,
    mask=_without_numbers,
    active=_scaled_constants,
)
