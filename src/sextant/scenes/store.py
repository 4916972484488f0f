"""Scenes on disk, from whatever source, in one layout that other tools read too.

    <root>/<scene id>/scene.json         id, source, split, licence, flags, room, notes
    <root>/<scene id>/objects.parquet    one row per object: category, box, front, attributes
    <root>/<scene id>/frames.parquet     one row per frame: intrinsics, pose, names of its files
    <root>/<scene id>/surfaces.npz       meshes, points and shell, in the order of the objects
    <root>/<scene id>/media/<frame>.rgb.png, .depth.png, .instances.png

Ids are percent-quoted, so no id leaves the folder. Everything comes back exactly as it was but for
depth, which is kept in millimetres (see ``sextant.scenes.media``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from sextant.errors import CorruptInput, InputError, MissingInput, OutputError
from sextant.execution.atomic import atomic_folder, is_temporary
from sextant.scenes import media
from sextant.scenes.frame import Frame
from sextant.scenes.names import file_name_of, name_of_file
from sextant.scenes.objects import Mesh, SceneObject
from sextant.scenes.records import (
    FRAME_SCHEMA,
    OBJECT_SCHEMA,
    frame_of,
    frame_row,
    object_of,
    object_row,
    placed,
    read_table,
    write_table,
)
from sextant.scenes.scene import Room, Scene
from sextant.scenes.surfaces import read_surfaces, write_surfaces

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


class SceneStore:
    """A folder of scenes.

    Args:
        root: The folder; it need not exist before the first ``save``.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def __contains__(self, scene_id: str) -> bool:
        return (self._folder(scene_id) / "scene.json").is_file()

    def scene_ids(self) -> list[str]:
        """Return the ids of all scenes, sorted."""
        ids = []
        folders = sorted(self.root.iterdir()) if self.root.is_dir() else []
        for folder in folders:
            if is_temporary(folder.name) or not (folder / "scene.json").is_file():
                continue
            name = name_of_file(folder.name)
            ids.append(_read_head(folder / "scene.json")["id"] if name is None else name)
        return sorted(ids)

    def save(self, scene: Scene) -> Path:
        """Write a scene, frame by frame; it appears whole or not at all.

        Returns:
            Its folder.

        Raises:
            OutputError: If a scene of that id is there already, or it cannot be written.
        """
        target = self._folder(scene.id)
        if target.exists():
            raise OutputError(
                "a scene of that id is stored already",
                where=target,
                hint="remove the folder to write it anew, or store into another one",
            )
        with atomic_folder(target) as folder:
            (folder / "media").mkdir()
            frames = [
                frame_row(frame, _write_media(folder / "media" / name, frame))
                for frame, name in zip(scene.frames, _media_names(scene), strict=True)
            ]
            write_table(folder / "frames.parquet", frames, FRAME_SCHEMA)
            objects = [object_row(item) for item in scene.objects]
            write_table(folder / "objects.parquet", objects, OBJECT_SCHEMA)
            write_surfaces(folder / "surfaces.npz", scene)
            text = json.dumps(_head(scene), ensure_ascii=False, indent=1, sort_keys=True)
            (folder / "scene.json").write_text(text + "\n", encoding="utf-8")
        return target

    def open(self, scene_id: str) -> Scene:
        """Open a scene; surfaces are read now, the arrays of frames when they are asked for.

        Raises:
            MissingInput: If there is no such scene, or a file of it is missing.
            CorruptInput: If a file cannot be decoded, naming it and the field.
            ConventionError: If it decodes to what no scene may hold.
        """
        folder = self._folder(scene_id)
        head_path = folder / "scene.json"
        if not head_path.is_file():
            raise MissingInput(
                "no such scene",
                where=folder,
                got=repr(scene_id),
                hint="`scene_ids()` lists what is there",
            )
        head = _read_head(head_path)
        if head["id"] != scene_id:
            raise CorruptInput(
                "the folder holds another scene",
                where=f"{head_path}: id",
                expected=repr(scene_id),
                got=repr(head["id"]),
            )
        objects_path, frames_path = folder / "objects.parquet", folder / "frames.parquet"
        objects = read_table(objects_path, OBJECT_SCHEMA)
        frames = read_table(frames_path, FRAME_SCHEMA)
        for path, name, rows in (
            (objects_path, "objects", objects),
            (frames_path, "frames", frames),
        ):
            if len(rows) != head[name]:
                raise CorruptInput(
                    "rows are missing or added", where=path, expected=head[name], got=len(rows)
                )
        meshes, points, shell = read_surfaces(
            folder / "surfaces.npz",
            [row["has_mesh"] for row in objects],
            [row["has_points"] for row in objects],
            has_shell=head["has_shell"],
        )
        built = tuple(
            placed(objects_path, partial(object_of, row, mesh, cloud))
            for row, mesh, cloud in zip(objects, meshes, points, strict=True)
        )
        views = tuple(
            placed(frames_path, partial(frame_of, row, folder / "media")) for row in frames
        )
        room = _room(head["room"], head_path)
        return placed(head_path, lambda: _scene(head, built, views, room, shell))

    def _folder(self, scene_id: str) -> Path:
        if not scene_id:
            raise InputError("a scene needs an id", where=self.root)
        return self.root / file_name_of(scene_id)


def _scene(
    head: dict[str, Any],
    objects: tuple[SceneObject, ...],
    frames: tuple[Frame, ...],
    room: Room,
    shell: Mesh | None,
) -> Scene:
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
    )


def _head(scene: Scene) -> dict[str, Any]:
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


def _read_head(path: Path) -> dict[str, Any]:
    try:
        head = json.loads(path.read_bytes(), parse_constant=_refuse_constant)
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
    head.setdefault("is_simulated", False)  # scenes stored before there was this field
    _check_fields(head, _KINDS, path, "")
    _check_fields(head["room"], _ROOM_KINDS, path, "room.")
    for name in ("rescan_objects", "notes"):
        if not all(isinstance(value, str) for value in head[name].values()):
            raise CorruptInput("values must be texts", where=f"{path}: {name}")
    if not all(isinstance(name, str) for name in head["complete_categories"] or ()):
        raise CorruptInput("categories must be texts", where=f"{path}: complete_categories")
    return head


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


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


def _room(record: dict[str, Any], path: Path) -> Room:
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


def _media_names(scene: Scene) -> list[str]:
    """Return one file stem per frame, different even where the case of letters is ignored."""
    names: list[str] = []
    taken: set[str] = set()
    for i, frame in enumerate(scene.frames):
        name = file_name_of(frame.id)
        if name.casefold() in taken:
            name = f"{name}~{i}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _write_media(stem: Path, frame: Frame) -> dict[str, str]:
    written = {}
    if frame.read_rgb is not None:
        written["rgb"] = media.write_rgb(stem, frame.read_rgb()).name
    if frame.read_depth is not None:
        written["depth"] = media.write_depth(stem, frame.read_depth()).name
    if frame.read_instances is not None:
        written["instances"] = media.write_instances(stem, frame.read_instances()).name
    return written
