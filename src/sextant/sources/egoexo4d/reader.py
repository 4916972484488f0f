"""Turn Ego-Exo4D takes into scenes of cameras."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.transforms import rigid, transform_points
from sextant.scenes import Camera, Frame, Scene
from sextant.scenes.checks import project_pose
from sextant.sources.aria import R_SENSOR_UPRIGHT
from sextant.sources.documents import read_json, read_json_object, resolve_inside
from sextant.sources.egoexo4d.mps import (
    Eye,
    StaticCamera,
    Trajectory,
    read_eye,
    read_static_cameras,
    read_times_ns,
    read_trajectory,
    semidense_points,
)
from sextant.sources.egoexo4d.relations import Relations, read_relations, sightings
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.landmarks import shown_points, thinned
from sextant.sources.quarantine import Quarantine
from sextant.sources.resampling import Rectifier
from sextant.sources.source import Source, SourceOptions
from sextant.sources.stored_lens import StoredLens, map_onto, straighten
from sextant.sources.upright import turn_to_z_up
from sextant.sources.video import read_frame, video_size

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

FRAMES_PER_SECOND = 30

_ARIA = re.compile(r"(aria\d+)_214-1\.mp4")
_VIDEOS = ("frame_aligned_videos", "frame_aligned_videos/downscaled/448")


@dataclass(frozen=True, slots=True)
class Take:
    """One take's folder and what the metadata say of it."""

    folder: Path
    root: Path
    record: Mapping[str, Any] | None
    split: str | None

    @property
    def videos(self) -> Path | None:
        """Folder of its videos, the full size first."""
        found = (self.folder / name for name in _VIDEOS)
        return next((p for p in found if any(p.glob("*.mp4"))), None)

    @property
    def trajectory(self) -> Path:
        """Folder of poses and lenses."""
        return self.folder / "trajectory"


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
        lines = [f"Ego-Exo4D: {len(self.takes)} takes"]
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
    records, splits = _metadata(top)
    takes = {}
    for folder in folders[: options.scenes]:
        record = records.get(folder.name)
        uid = None if record is None else record.get("take_uid")
        takes[folder.name] = Take(folder, top, record, splits.get(str(uid)))
    return EgoExo4dSource(dict(sorted(takes.items())))


def read_ego(video: Path, index: int, eye: Eye, camera: Camera) -> NDArray[np.uint8]:
    """Return a frame of the glasses as an upright pinhole sees it, (H, W, 3) uint8."""
    # The file is upright; the lens speaks of the sensor, a quarter turn counterclockwise of it.
    image = read_frame(video, index).transpose(Image.Transpose.ROTATE_90)
    if image.width != image.height:
        raise ConventionError("picture of the glasses is not square", where=video, got=image.size)
    if image.width >= 2 * camera.width:
        image = image.reduce(image.width // camera.width)
    stored = np.array(image.convert("RGB"), dtype=np.uint8)
    return _ego_rectifier(eye.lens(image.width), camera).bilinear(stored)


def read_exo(video: Path, index: int, lens: StoredLens) -> NDArray[np.uint8]:
    """Return a frame of a GoPro as a pinhole sees it, (H, W, 3) uint8."""
    image = read_frame(video, index)
    if image.size != (lens.width, lens.height):
        raise ConventionError("video has another size", where=video, got=image.size)
    return straighten(image.convert("RGB"), lens)


def ego_mask_onto(eye: Eye, camera: Camera, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an (h, w) mask on the glasses' upright picture as the frame's pinhole sees it."""
    if mask.shape[0] != mask.shape[1]:
        raise ConventionError("mask of the glasses is not square", got=mask.shape)
    lens = eye.lens(mask.shape[1])
    return _ego_rectifier(lens, camera).nearest(np.rot90(mask))


def exo_mask_onto(lens: StoredLens, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an (h, w) mask on a GoPro's picture, of whatever size, as the pinhole sees it."""
    return map_onto(mask, lens)


@lru_cache(maxsize=4)
def _ego_rectifier(lens: StoredLens, camera: Camera) -> Rectifier:
    return Rectifier(lens, lens.width, lens.height, camera, R_SENSOR_UPRIGHT)


def _metadata(root: Path) -> tuple[dict[str, Mapping[str, Any]], dict[str, str]]:
    """Return the records of takes.json by name, and splits by uid; nothing where they lack."""
    records: dict[str, Mapping[str, Any]] = {}
    if (root / "takes.json").is_file():
        document = read_json(root / "takes.json")
        for record in document if isinstance(document, list) else ():
            if isinstance(record, Mapping) and isinstance(record.get("take_name"), str):
                records[record["take_name"]] = record
    splits: dict[str, str] = {}
    path = root / "annotations" / "splits.json"
    if path.is_file():
        by_split = read_json_object(path).get("split_to_take_uids")
        lists = by_split if isinstance(by_split, Mapping) else {}
        for split in ("train", "val", "test"):
            uids = lists.get(split)
            splits |= dict.fromkeys(map(str, uids if isinstance(uids, list) else ()), split)
    return records, splits


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
    ego = _ego(take, trajectory, T_world_files, notes)
    exo = _exo(take, len(ego), T_world_files, notes)
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


def _ego(
    take: Take, trajectory: Trajectory | None, T_world_files: Array, notes: dict[str, str]
) -> tuple[Frame, ...]:
    assert take.videos is not None
    found = sorted(p for p in take.videos.iterdir() if _ARIA.fullmatch(p.name))
    calibration = take.trajectory / "online_calibration.jsonl"
    lacking = [
        what
        for what, there in (
            ("<aria>_214-1.mp4", bool(found)),
            ("trajectory/closed_loop_trajectory.csv", trajectory is not None),
            ("trajectory/online_calibration.jsonl", calibration.is_file()),
            ("takes.json", take.record is not None),
        )
        if not there
    ]
    if lacking or trajectory is None or take.record is None:
        notes["ego"] = f"none: missing {', '.join(lacking)}"
        return ()
    video = found[0]
    aria = video.name.partition("_")[0]
    try:
        times = _times(take, take.record, f"{aria}_214-1_capture_timestamp_ns")
    except MissingInput as error:
        notes["ego"] = f"none: {error.what}"
        return ()
    eye = read_eye(calibration)
    side = video_size(video)[0]
    lens = eye.lens(side if side < 1024 else side // 2)
    camera = Camera(lens.width, lens.height, lens.fx, lens.fy, lens.width / 2, lens.height / 2)
    frames = []
    lost = 0
    start = float(np.nanmin(times)) if np.isfinite(times).any() else 0.0
    for k, time_ns in enumerate(times):
        T_world_device = trajectory.at(int(time_ns)) if np.isfinite(time_ns) else None
        if T_world_device is None:
            lost += 1
            continue
        mount = eye.mount(int(time_ns)) @ rigid(R_SENSOR_UPRIGHT, np.zeros(3))
        where = f"{take.folder}: frame {k}"
        frames.append(
            Frame(
                id=f"{aria}/{k:06d}",
                camera=camera,
                T_world_camera=project_pose(T_world_files @ T_world_device @ mount, where=where)[0],
                timestamp_s=(float(time_ns) - start) / 1e9,
                read_rgb=partial(read_ego, video, k, eye, camera),
            )
        )
    if lost:
        notes["ego_frames_without_pose"] = str(lost)
    return tuple(frames)


def _times(take: Take, record: Mapping[str, Any], column: str) -> Array:
    """Return (n,) nanoseconds of a take's video frames."""
    first, last = record.get("timesync_start_idx"), record.get("timesync_end_idx")
    capture = record.get("capture")
    name = capture.get("capture_name") if isinstance(capture, Mapping) else None
    if not isinstance(name, str):
        name = re.sub(r"_\d+$", "", take.folder.name)
    where = f"{take.root}/takes.json"
    if not isinstance(first, int) or not isinstance(last, int) or "/" in name:
        raise CorruptInput("take has no usable times", where=where)
    path = resolve_inside(take.root / "captures", f"{name}/timesync.csv", where)
    return read_times_ns(path, column, first + 1, last)


def _exo(
    take: Take, ego_frames: int, T_world_files: Array, notes: dict[str, str]
) -> tuple[Frame, ...]:
    """Return a frame a second of every static camera, as free views."""
    assert take.videos is not None
    path = take.trajectory / "gopro_calibs.csv"
    if not path.is_file():
        notes["exo"] = "none: missing trajectory/gopro_calibs.csv"
        return ()
    cameras, broken, lost = read_static_cameras(path)
    notes |= broken.notes
    if lost:
        notes["static_cameras_not_localised"] = str(lost)
    count = max(1, ego_frames)
    quarantine = Quarantine("exo_videos", max_share=0.5)
    with_video = [c for c in cameras if (take.videos / f"{c.id}.mp4").is_file()]

    def read(camera: StaticCamera) -> list[Frame]:
        assert take.videos is not None
        video = take.videos / f"{camera.id}.mp4"
        lens = camera.lens.resized(*video_size(video))
        last = count - 1 if camera.last is None else min(camera.last, count - 1)
        T, _ = project_pose(T_world_files @ camera.T_world_camera, where=f"{path}: {camera.id}")
        return [
            Frame(
                f"{camera.id}/{k:06d}", lens.pinhole, T, read_rgb=partial(read_exo, video, k, lens)
            )
            for k in range(0, last + 1, FRAMES_PER_SECOND)
            if k >= camera.first
        ]

    frames = [f for _, made in quarantine.sift(with_video, read) for f in made]
    notes |= quarantine.notes
    if not frames:
        notes["exo"] = "none: no GoPro has a video and a pose"
    return tuple(frames)
