"""What holds for a whole stored scene: ``scene.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from sextant.errors import CorruptInput, InputError, MissingInput
from sextant.scenes.frame import Frame
from sextant.scenes.objects import Mesh, SceneObject
from sextant.scenes.scene import Room, Scene
from sextant.scenes.sightings import SeenThing

FORMAT = "sextant-scene"
FORMAT_VERSION = 1

_NUMBER = (int, float)
_KINDS: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        "id": (str,),
        "source": (str,),
        "split": (str,),
        "license": (str,),
        "is_metric": (bool,),
        "complete_categories": (list, type(None)),
        "rescan_of": (str, type(None)),
        "rescan_objects": (dict,),
        "is_simulated": (bool,),
        "notes": (dict,),
        "things": (dict,),
        "room": (dict,),
        "has_shell": (bool,),
        "objects": (int,),
        "frames": (int,),
    }
)
_ROOM_KINDS: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        "floor_polygon": (list, type(None)),
        "floor_z_m": (*_NUMBER, type(None)),
        "area_m2": (*_NUMBER, type(None)),
        "kind": (str, type(None)),
    }
)


def scene_of(
    head: dict[str, Any],
    objects: tuple[SceneObject, ...],
    frames: tuple[Frame, ...],
    room: Room,
    shell: Mesh | None,
) -> Scene:
    """Build the scene of a head and of what its other files hold."""
    categories = head["complete_categories"]
    return Scene(
        id=head["id"],
        source=head["source"],
        split=head["split"],
        license=head["license"],
        objects=objects,
        frames=frames,
        room=room,
        shell=shell,
        is_metric=head["is_metric"],
        complete_categories=None if categories is None else frozenset(categories),
        rescan_of=head["rescan_of"],
        rescan_objects=MappingProxyType(head["rescan_objects"]),
        is_simulated=head["is_simulated"],
        notes=MappingProxyType(head["notes"]),
        things=tuple(SeenThing(name, category) for name, category in head["things"].items()),
    )


def head_of(scene: Scene) -> dict[str, Any]:
    """Return what ``scene.json`` says of a scene."""
    room, categories = scene.room, scene.complete_categories
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "id": scene.id,
        "source": scene.source,
        "split": scene.split,
        "license": scene.license,
        "is_metric": scene.is_metric,
        "complete_categories": None if categories is None else sorted(categories),
        "rescan_of": scene.rescan_of,
        "rescan_objects": dict(scene.rescan_objects),
        "is_simulated": scene.is_simulated,
        "notes": dict(scene.notes),
        "things": {t.id: t.category for t in scene.things},
        "room": {
            "floor_polygon": None if room.floor_polygon is None else room.floor_polygon.tolist(),
            "floor_z_m": room.floor_z_m,
            "area_m2": room.area_m2,
            "kind": room.kind,
        },
        "has_shell": scene.shell is not None,
        "objects": len(scene.objects),
        "frames": len(scene.frames),
    }


def read_head(path: Path) -> dict[str, Any]:
    """Read ``scene.json`` and check that it has all fields, of their types.

    Raises:
        InputError: If it is missing, damaged, or of another version.
    """
    try:
        head = json.loads(path.read_bytes(), parse_constant=_refuse_constant, parse_int=_whole)
    except FileNotFoundError as error:
        raise MissingInput("a file of the scene is missing", where=path) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CorruptInput("not a JSON file", where=path, got=error) from error
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise CorruptInput("not a stored scene", where=f"{path}: format", expected=FORMAT)
    if head.get("format_version") != FORMAT_VERSION:
        raise InputError(
            "a scene of another format version",
            where=f"{path}: format_version",
            expected=FORMAT_VERSION,
            got=head.get("format_version"),
        )
    # Scenes stored before there were these fields.
    head.setdefault("is_simulated", False)
    head.setdefault("things", {})
    _check_fields(head, _KINDS, path, "")
    _check_fields(head["room"], _ROOM_KINDS, path, "room.")
    for name in ("rescan_objects", "notes", "things"):
        if not all(isinstance(value, str) for value in head[name].values()):
            raise CorruptInput("values must be texts", where=f"{path}: {name}")
    if not all(isinstance(name, str) for name in head["complete_categories"] or ()):
        raise CorruptInput("categories must be texts", where=f"{path}: complete_categories")
    return head


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _whole(digits: str) -> int | float:
    # No array takes whole numbers beyond 64 bits; as floats they are refused where they stand.
    number = int(digits)
    return number if -(2**63) <= number < 2**63 else float(digits)


def _check_fields(
    record: dict[str, Any], kinds: Mapping[str, tuple[type, ...]], path: Path, prefix: str
) -> None:
    for name, kind in kinds.items():
        if name not in record:
            raise MissingInput("a field is missing", where=f"{path}: {prefix}{name}")
        value = record[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and bool not in kind):
            raise CorruptInput(
                "a field is of another type",
                where=f"{path}: {prefix}{name}",
                expected=" or ".join("null" if k is type(None) else k.__name__ for k in kind),
                got=type(value).__name__,
            )


def room_of(record: dict[str, Any], path: Path) -> Room:
    """Build the room of a checked record; ``path`` is named where it holds no numbers."""
    polygon = record["floor_polygon"]
    if polygon is not None:
        try:
            polygon = np.array(polygon, dtype=np.float64)
        except (ValueError, TypeError) as error:
            raise CorruptInput(
                "not a list of points", where=f"{path}: room.floor_polygon", got=error
            ) from error
        if polygon.ndim != 2 or polygon.shape[1] != 2 or not np.all(np.isfinite(polygon)):
            raise CorruptInput(
                "not a list of points",
                where=f"{path}: room.floor_polygon",
                expected="finite (n, 2)",
                got=polygon.shape,
            )
    return Room(polygon, record["floor_z_m"], record["area_m2"], record["kind"])
