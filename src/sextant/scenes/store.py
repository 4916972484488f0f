"""Scenes on disk, from whatever source, in one layout that other tools read too.

    <root>/<scene id>/scene.json         id, source, split, licence, flags, room, notes, things
    <root>/<scene id>/objects.parquet    one row per object: category, box, front, attributes
    <root>/<scene id>/frames.parquet     one row per frame: intrinsics, pose, files, what it shows
    <root>/<scene id>/surfaces.npz       meshes, points and shell, in the order of the objects
    <root>/<scene id>/media/<frame>.rgb.png, .depth.png, .instances.png

Ids are percent-quoted, so no id leaves the folder. Everything comes back exactly as it was but for
depth, which is kept in millimetres (see ``sextant.scenes.media``).
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from sextant.errors import CorruptInput, InputError, MissingInput, OutputError
from sextant.execution.atomic import atomic_folder, is_temporary
from sextant.scenes import media
from sextant.scenes.frame import Frame
from sextant.scenes.head import head_of, read_head, room_of, scene_of
from sextant.scenes.names import file_name_of, name_of_file
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
from sextant.scenes.scene import Scene
from sextant.scenes.surfaces import read_surfaces, write_surfaces


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
            ids.append(read_head(folder / "scene.json")["id"] if name is None else name)
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
            text = json.dumps(head_of(scene), ensure_ascii=False, indent=1, sort_keys=True)
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
        head = read_head(head_path)
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
        room = room_of(head["room"], head_path)
        return placed(head_path, lambda: scene_of(head, built, views, room, shell))

    def _folder(self, scene_id: str) -> Path:
        if not scene_id:
            raise InputError("a scene needs an id", where=self.root)
        return self.root / file_name_of(scene_id)


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
