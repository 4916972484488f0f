"""The records of a posed_rgbd scene folder, validated key by key.

    <scene>/scene.json       SceneRecord
    <scene>/intrinsics.json  IntrinsicsRecord, unless scene.json or every frame has its own
    <scene>/frames.jsonl     one FrameRecord a line
    <scene>/objects.json     a list of ObjectRecord

Numbers that carry a convention (poses, boxes, focal lengths) pass here even when they are NaN or
zero, so that the check that knows the convention can name it.
"""

from __future__ import annotations

import difflib
import reprlib
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from sextant.errors import ConventionError

FORMAT = "sextant-posed-rgbd"
VERSION = 1

Vector = list[float]
Model = TypeVar("Model", bound="_Record")


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class IntrinsicsRecord(_Record):
    """Pinhole intrinsics in pixels; distorted pictures must be rectified before."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    pixel_center: FiniteFloat = Field(default=0.5, ge=0.0, le=0.5)


class RoomRecord(_Record):
    """What is known of the room; floor coordinates are the two level axes of the world."""

    floor_polygon: list[list[FiniteFloat]] | None = None
    floor_height_m: FiniteFloat | None = None
    area_m2: FiniteFloat | None = Field(default=None, gt=0)
    kind: str | None = None


class SceneRecord(_Record):
    """``scene.json``: what holds for the whole scene."""

    format: Literal["sextant-posed-rgbd"]
    version: Literal[1]
    source: str = Field(default="posed_rgbd", min_length=1)
    license: str = "not stated; the capture's owner decides"
    split: Literal["train", "val", "test"] = "train"
    is_metric: bool = True
    world_up: Literal["z", "y"] = "z"
    camera_axes: Literal["opencv", "opengl"] = "opencv"
    depth_unit_m: FiniteFloat = Field(default=0.001, gt=0)
    depth_kind: Literal["z", "ray"] = "z"
    invalid_depth: list[int] = [0]
    intrinsics: IntrinsicsRecord | None = None
    room: RoomRecord = RoomRecord()
    complete_categories: Literal["all"] | list[str] = []
    shell: str | None = None
    rescan_of: str | None = None
    rescan_objects: dict[str, str] = {}
    is_simulated: bool = False
    notes: dict[str, str] = {}
    things: dict[str, str] = {}


class SightingRecord(_Record):
    """Where a frame shows a thing of ``scene.json``; pixels are those of the box by default."""

    box: Vector
    pixels: int | None = Field(default=None, gt=0, le=2**31)


class FrameRecord(_Record):
    """One line of ``frames.jsonl``."""

    id: str = Field(min_length=1)
    T_world_camera: list[Vector]
    image: str | None = None
    depth: str | None = None
    instances: str | None = None
    landmarks: str | None = None
    sightings: dict[str, SightingRecord] | None = None
    timestamp_s: FiniteFloat | None = None
    intrinsics: IntrinsicsRecord | None = None


class ObjectRecord(_Record):
    """One entry of ``objects.json``; at most one of the three rotations is given."""

    id: str = Field(min_length=1)
    category: str = Field(min_length=1)
    center: Vector
    size_m: Vector
    rotation: list[Vector] | None = None
    quaternion_wxyz: Vector | None = None
    yaw_deg: float | None = None
    front: Vector | None = None
    instance_value: int = Field(default=0, ge=0, le=65535)
    is_person: bool = False
    mesh: str | None = None
    points: str | None = None
    attributes: dict[str, str] = {}


def validated(model: type[Model], data: Any, where: str) -> Model:
    """Return the record, or name the first thing that is wrong with it.

    Raises:
        ConventionError: For an unknown key (with the nearest known one), a missing key, or a value
            of the wrong kind.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        # An unknown key explains a missing one: it is usually its misspelling.
        first = min(problems, key=lambda p: p["type"] != "extra_forbidden")
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            name = str(first["loc"][-1])
            near = difflib.get_close_matches(name, _known(model), n=1, cutoff=0.5)
            raise ConventionError(
                f"unknown key {place[:80]!r}",
                where=where,
                expected=f"one of {', '.join(sorted(_level(model, first['loc'])))}",
                hint=f"did you mean {near[0]!r}?" if near else "remove it",
            ) from None
        raise ConventionError(
            f"unusable value of {place[:80]!r}" if place else "unusable record",
            where=where,
            expected=first["msg"],
            got=reprlib.repr(first["input"])[:120],
            hint="see docs/posed_rgbd.md",
        ) from None


_NESTED: dict[str, type[BaseModel]] = {"intrinsics": IntrinsicsRecord, "room": RoomRecord}


def _known(model: type[BaseModel]) -> list[str]:
    names = set(model.model_fields)
    for field in names & set(_NESTED):
        names |= set(_NESTED[field].model_fields)
    return sorted(names)


def _level(model: type[BaseModel], place: tuple[int | str, ...]) -> set[str]:
    """Return the keys that the object may have in which the key at ``place`` stands."""
    if len(place) == 1:
        return set(model.model_fields)
    holder = _NESTED.get(str(place[-2]))
    return set(_known(model) if holder is None else holder.model_fields)
