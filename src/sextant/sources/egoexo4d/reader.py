"""Turn Ego-Exo4D takes into scenes of cameras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.counted import counted
from sextant.errors import MissingInput
from sextant.geometry.transforms import transform_points
from sextant.scenes import Frame, Scene
from sextant.sources.egoexo4d.frames import ego_frames, exo_frames
from sextant.sources.egoexo4d.layout import Take, read_metadata
from sextant.sources.egoexo4d.mps import read_trajectory, semidense_points
from sextant.sources.egoexo4d.pictures import ego_mask_onto, exo_mask_onto, read_ego
from sextant.sources.egoexo4d.relations import Relations, read_relations, sightings
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.landmarks import shown_points, thinned
from sextant.sources.source import Source, SourceOptions
from sextant.sources.upright import turn_to_z_up

Array = NDArray[np.float64]

NAME = "egoexo4d"

FACTS = DatasetFacts(
    title="Ego-Exo4D",
    licence="Ego-Exo4D (Ego-Exo4D licence agreement, signed; no redistribution)",
    page="https://docs.ego-exo4d-data.org",
    terms="sign the licence agreement; after about two days you get keys for the egoexo command",
    parts=(
        Part("takes (frame_aligned_videos)", "videos of glasses and GoPros",
             "about 10 TB; downscaled_takes/448 366 GB"),
        Part("take_trajectory", "trajectory/: poses and lenses", "about 500 GB with points"),
        Part("trajectory/semidense_points.csv.gz", "what pictures share", "", needed=False),
        Part("metadata (takes.json)", "which rows of timesync.csv a take is", "", needed=False),
        Part("captures (timesync.csv)", "times of the glasses' frames", "", needed=False),
        Part("annotations (splits.json)", "the official splits", "", needed=False),
        Part("annotations (relations_{train,val,test}.json)", "masks of the same things in"
             " several views", "", needed=False),
    ),
    layout=(
        "<root>/takes.json, captures/<capture>/timesync.csv, annotations/{splits,relations_*}.json",
        "<root>/takes/<take>/frame_aligned_videos/{aria01_214-1.mp4, cam01.mp4, ...}",
        "<root>/takes/<take>/trajectory/{closed_loop_trajectory.csv, online_calibration.jsonl,"
        " gopro_calibs.csv}",
    ),
    supports=frozenset({"metric", "frames", "many_frames", "video", "instances"}),
    splits="annotations/splits.json",
    countable="nothing: there are no objects",
)  # fmt: skip


@dataclass(slots=True)
class EgoExo4dSource:
    """The takes found under a root."""

    takes: Mapping[str, Take]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the names of the takes, sorted."""
        return tuple(self.takes)

    def open(self, scene_id: str) -> Scene:
        """Read a take's poses, lenses and times; videos stay unread but for their size.

        Raises:
            MissingDependency: If PyAV is not installed.
            InputError: If a table is broken, or no camera has both a video and a pose.
        """
        if scene_id not in self.takes:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open(scene_id, self.takes[scene_id])

    def describe(self) -> str:
        """Say what was found and what is missing."""
        bare = sum(t.record is None for t in self.takes.values())
        lines = [f"Ego-Exo4D: {counted(len(self.takes), 'take')}"]
        return "\n".join(lines + ([f"{bare} of them not in takes.json: no times"] if bare else []))


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open the download folder, takes/ in it, or one take.

    Raises:
        MissingInput: If there is no take.
    """
    folders: list[Path] = []
    if root is not None and root.is_dir():
        places = [root.resolve(), *sorted(root.glob("*")), *sorted(root.glob("takes/*"))]
        folders = [p for p in places if (p / "trajectory").is_dir()]
    if root is None or not folders:
        wanted = "takes/<take>/trajectory/closed_loop_trajectory.csv"
        raise nothing_found(NAME, FACTS, root, wanted)
    top = next(
        (p for p in (root.resolve(), *root.resolve().parents[:2]) if (p / "takes.json").is_file()),
        root.resolve(),
    )
    records, splits = read_metadata(top)
    takes = {}
    for folder in folders[: options.scenes]:
        record = records.get(folder.name)
        uid = None if record is None else record.get("take_uid")
        takes[folder.name] = Take(folder, top, record, splits.get(str(uid)))
    return EgoExo4dSource(dict(sorted(takes.items())))


def _open(scene_id: str, take: Take) -> Scene:
    notes: dict[str, str] = {}
    if take.split is None:
        notes["split"] = "guessed: annotations/splits.json does not name it"
    if take.videos is None:
        raise incomplete(NAME, FACTS, take.folder, ["frame_aligned_videos/*.mp4"], "any picture")
    path = take.trajectory / "closed_loop_trajectory.csv"
    trajectory = read_trajectory(path) if path.is_file() else None
    T_world_files = np.eye(4)
    if trajectory is None:
        notes["up"] = "z, unchecked: missing closed_loop_trajectory.csv"
    elif trajectory.up[2] < np.cos(np.radians(1.0)):
        notes["up"] = f"turned: {np.round(trajectory.up, 2).tolist()} in the files"
        T_world_files = turn_to_z_up(
            trajectory.up, np.eye(3)[int(np.argmin(np.abs(trajectory.up)))]
        )
    ego = ego_frames(take, trajectory, T_world_files, notes)
    exo = exo_frames(take, len(ego), T_world_files, notes)
    points = _points(take, T_world_files, notes)
    relations = _relations(take, notes)
    if not ego and not exo:
        raise incomplete(
            NAME, FACTS, take.folder, list(notes.values()), "no camera has a video and a pose; it"
        )
    frames = (*ego, *exo)
    if points is not None:
        frames = tuple(_marked(frames, points))
    if relations is not None:
        frames = tuple(_with_sightings(f, relations) for f in frames)
    return Scene(
        id=scene_id,
        source=NAME,
        split=take.split or "train",
        license=FACTS.licence,
        frames=frames,
        notes=notes,
        things=() if relations is None else relations.things,
    )


def _relations(take: Take, notes: dict[str, str]) -> Relations | None:
    uid = None if take.record is None else take.record.get("take_uid")
    found = None
    if isinstance(uid, str):
        found = read_relations(take.root / "annotations", uid, take.folder.name)
    if found is None:
        notes["things"] = "none: no annotations/relations_*.json has the take"
        return None
    notes |= found.notes
    return found


def _with_sightings(frame: Frame, relations: Relations) -> Frame:
    """Give a frame its masks; the way onto its camera is that of its picture."""
    camera, _, number = frame.id.partition("/")
    masks = relations.masks.get((camera, int(number)), ())
    if not masks:
        return frame
    assert isinstance(frame.read_rgb, partial)
    if frame.read_rgb.func is read_ego:
        onto = partial(ego_mask_onto, *frame.read_rgb.args[2:])
    else:
        onto = partial(exo_mask_onto, frame.read_rgb.args[2])
    return replace(frame, read_sightings=partial(sightings, masks, onto))


def _points(take: Take, T_world_files: Array, notes: dict[str, str]) -> Array | None:
    """Return some of the points that the glasses saw, by which pictures are compared."""
    names = ("semidense_points.csv.gz", "semidense_points.csv")
    path = next((p for n in names if (p := take.trajectory / n).is_file()), None)
    if path is None:
        notes["points"] = "none: missing trajectory/semidense_points.csv.gz"
        return None
    points = semidense_points(path)
    return transform_points(T_world_files, thinned(points)) if len(points) else None


def _marked(frames: tuple[Frame, ...], points: Array) -> list[Frame]:
    return [
        replace(f, read_landmarks=partial(shown_points, points, f.camera, f.T_world_camera))
        for f in frames
    ]
