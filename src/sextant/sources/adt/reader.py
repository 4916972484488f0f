"""Turn Aria Digital Twin sequences into scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.counted import counted
from sextant.errors import ConventionError, InputError, MissingInput
from sextant.geometry.axes import R_ZUP_YUP
from sextant.geometry.transforms import rigid
from sextant.scenes import Frame, Scene
from sextant.scenes.checks import project_pose
from sextant.sources.adt import recording
from sextant.sources.adt.layout import (
    DEPTH,
    FOR_FRAMES,
    NEEDED,
    OPTIONAL,
    SEGMENTATION,
    TRAJECTORY,
    VIDEO,
    find_sequences,
    read_instances,
    read_trajectory,
    read_visibility,
)
from sextant.sources.adt.things import build_objects, object_ids
from sextant.sources.aria import R_SENSOR_UPRIGHT
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.source import Source, SourceOptions

Array = NDArray[np.float64]

NAME = "adt"

LICENSE = "Aria Digital Twin (Meta's ADT terms, research only)"

FACTS = DatasetFacts(
    title="Aria Digital Twin",
    licence=LICENSE,
    page="https://www.projectaria.com/datasets/adt/",
    terms="Meta's ADT terms, research only; an e-mail address is asked for before the download",
    parts=(
        Part("main ground truth", "scene_objects.csv, 3d_bounding_box.csv, instances.json", ""),
        Part("main recording", "video.vrs: pictures, calibration; trajectory", "", needed=False),
        Part("depth", "depth_images.vrs: z-depth", "", needed=False),
        Part("segmentation", "segmentations.vrs: instance ids", "", needed=False),
    ),
    layout=(
        "<root>/<sequence>/{video.vrs, depth_images.vrs, segmentations.vrs}",
        "<root>/<sequence>/{scene_objects.csv, 3d_bounding_box.csv, instances.json}",
        "<root>/<sequence>/{aria_trajectory.csv, 2d_bounding_box.csv}",
    ),
    supports=frozenset(
        {"objects", "metric", "frames", "many_frames", "video", "depth", "fronts", "complete"}
    ),
    splits="none published; everything is train",
    countable="all but categories that lost an object: the room was built for the dataset",
)

MATCH_TOLERANCE_NS = 2_000_000
"""Records of one moment differ by under 0.1 ms; the next moment is 33 ms away."""


@dataclass(slots=True)
class AdtSource:
    """The sequences found under a folder."""

    sequences: Mapping[str, Path]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the sequence names, sorted."""
        return tuple(self.sequences)

    def open(self, scene_id: str) -> Scene:
        """Read one sequence; its images stay unread.

        Raises:
            InputError: If a file is missing or broken.
        """
        if scene_id not in self.sequences:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open_scene(scene_id, self.sequences[scene_id])

    def describe(self) -> str:
        """Say what was found and which files are missing."""
        lines = [f"Aria Digital Twin: {counted(len(self.sequences), 'sequence')}"]
        for scene_id, folder in self.sequences.items():
            missing = _absent(folder, (*NEEDED, *OPTIONAL))
            if missing:
                lines.append(f"{scene_id}: missing {', '.join(missing)}{_without(folder)}")
        return "\n".join(lines)


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open one ADT sequence folder, or a folder of such folders.

    Raises:
        MissingInput: If no sequence is found there.
    """
    sequences = {} if root is None else find_sequences(root)
    if not sequences:
        wanted = "a sequence folder (video.vrs, scene_objects.csv, ...), or a folder of them"
        raise nothing_found(NAME, FACTS, root, wanted)
    return AdtSource(dict(list(sequences.items())[: options.scenes]))


def annotated_visibility(root: Path) -> dict[tuple[str, str], float]:
    """Return the data set's own visibility ratios, for checking a visibility computation.

    The ratio is ADT's: what of the object is visible in the whole fisheye picture, so an object
    that the rectified picture cuts off has a higher ratio there than here.

    Args:
        root: One sequence folder.

    Returns:
        Maps (frame id, object id), named as in the opened scene, to a ratio in 0..1. Objects
        that the scene leaves out (the shell, people, moved objects) are in it as well.
    """
    ids = object_ids(read_instances(root))
    rgb = recording.times_ns(root, VIDEO)
    found = {}
    for time_ns, uid, ratio in read_visibility(root):
        index = nearest(rgb, time_ns)
        if index is not None and uid in ids:
            found[str(rgb[index]), ids[uid]] = ratio
    return found


def nearest(times_ns: NDArray[np.int64], time_ns: int) -> int | None:
    """Return the index of the nearest of (n,) times within 2 ms, or None."""
    if len(times_ns) == 0:
        return None
    index = int(np.argmin(np.abs(times_ns - time_ns)))
    return index if abs(int(times_ns[index]) - time_ns) <= MATCH_TOLERANCE_NS else None


def _open_scene(scene_id: str, folder: Path) -> Scene:
    missing = _absent(folder, NEEDED)
    if missing:
        raise incomplete(NAME, FACTS, folder, missing, "its objects")
    if _absent(folder, FOR_FRAMES):
        return _boxes_alone(scene_id, folder)
    trajectory = read_trajectory(folder)
    R_zup_world = _upright_turn(trajectory.gravity_world, folder)
    moments, notes = _moments(folder, trajectory.times_ns)
    if not moments:
        raise MissingInput(
            "no moment has all the recorded pictures and a pose together",
            where=folder,
            expected=f"records within {MATCH_TOLERANCE_NS / 1e6:g} ms of each other",
        )
    objects, uids, object_notes = build_objects(folder, moments[0].time_ns, R_zup_world)
    calibration = recording.calibration(folder)
    T_device_camera = calibration.T_device_sensor @ rigid(R_SENSOR_UPRIGHT, np.zeros(3))
    frames = []
    broken: list[InputError] = []
    for m in moments:
        T = rigid(R_zup_world, np.zeros(3)) @ trajectory.T_world_device[m.pose] @ T_device_camera
        try:
            T, _ = project_pose(T, where=f"aria_trajectory.csv: {m.time_ns}")
        except InputError as error:
            broken.append(error)
            continue
        frames.append(
            Frame(
                id=str(m.time_ns),
                camera=calibration.lens.pinhole,
                T_world_camera=T,
                timestamp_s=(m.time_ns - moments[0].time_ns) / 1e9,
                read_rgb=partial(recording.read_rgb, folder, m.rgb),
                read_depth=None
                if m.depth is None
                else partial(recording.read_depth, folder, m.depth),
                read_instances=None
                if m.segmentation is None
                else partial(recording.read_instances, folder, m.segmentation, uids),
            )
        )
    if len(broken) > 0.2 * len(moments):
        raise broken[0]
    if broken:
        notes["frames_with_broken_pose"] = str(len(broken))
    return Scene(
        id=scene_id,
        source=NAME,
        split="train",
        license=LICENSE,
        objects=objects,
        frames=tuple(frames),
        is_metric=True,
        # The room was built for the data set and every object in it is labelled; a category that
        # lost an object to the rules above cannot be counted any more.
        complete_categories=object_notes.complete_categories,
        notes=_missing(folder) | notes | dict(object_notes.counts),
    )


def _absent(folder: Path, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if not (folder / name).is_file()]


def _missing(folder: Path) -> dict[str, str]:
    """Say in a scene's notes which parts of the download are not there."""
    missing = _absent(folder, OPTIONAL)
    return {"missing": ", ".join(missing)} if missing else {}


def _without(folder: Path) -> str:
    """Say what a sequence can still give."""
    if _absent(folder, NEEDED):
        return ""
    if _absent(folder, FOR_FRAMES):
        return " (read as boxes without pictures)"
    return " (read without them)"


def _boxes_alone(scene_id: str, folder: Path) -> Scene:
    """Read a sequence of which the pictures or their poses are not there.

    Moving objects are given their first pose. Without a trajectory nothing records the gravity;
    the world is then Y up, as that of every ADT sequence.
    """
    R_zup_world, time_ns = R_ZUP_YUP, 0
    if not _absent(folder, (TRAJECTORY,)):
        trajectory = read_trajectory(folder)
        R_zup_world = _upright_turn(trajectory.gravity_world, folder)
        time_ns = int(trajectory.times_ns[0])
    objects, _, object_notes = build_objects(folder, time_ns, R_zup_world)
    return Scene(
        id=scene_id,
        source=NAME,
        split="train",
        license=LICENSE,
        objects=objects,
        complete_categories=object_notes.complete_categories,
        notes=_missing(folder) | {"pictures": "none"} | dict(object_notes.counts),
    )


@dataclass(frozen=True, slots=True)
class _Moment:
    """Record indices that belong together; the time is the picture's.

    ``depth`` and ``segmentation`` are None where the sequence has no such container.
    """

    time_ns: int
    rgb: int
    depth: int | None
    segmentation: int | None
    pose: int


def _moments(
    folder: Path, pose_times_ns: NDArray[np.int64]
) -> tuple[list[_Moment], dict[str, str]]:
    rgb = recording.times_ns(folder, VIDEO)
    depth, segmentation = (
        None if _absent(folder, (name,)) else recording.times_ns(folder, name)
        for name in (DEPTH, SEGMENTATION)
    )
    moments = []
    for index, time in enumerate(rgb.tolist()):
        d = None if depth is None else nearest(depth, time)
        s = None if segmentation is None else nearest(segmentation, time)
        p = nearest(pose_times_ns, time)
        lacks = (depth is not None and d is None) or (segmentation is not None and s is None)
        if p is not None and not lacks:
            moments.append(_Moment(time, index, d, s, p))
    left_out = len(rgb) - len(moments)
    return moments, {"frames_without_depth_ids_or_pose": str(left_out)} if left_out else {}


def _upright_turn(gravity_world: Array, folder: Path) -> Array:
    """Return the (3, 3) turn into a Z-up world that the recorded gravity asks for."""
    with np.errstate(over="ignore"):
        norm = float(np.linalg.norm(gravity_world))
    if np.isfinite(norm) and norm > 0:
        down = gravity_world / norm
        if down[1] < -0.999:
            return R_ZUP_YUP
        if down[2] < -0.999:
            return np.eye(3)
    raise ConventionError(
        "gravity is along no known axis",
        where=folder / "aria_trajectory.csv",
        expected="-y (ADT) or -z (MPS)",
        got=gravity_world.tolist(),
    )
