"""Turn CA-1M's captures into scenes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.counted import counted
from sextant.errors import ConventionError, MissingInput
from sextant.scenes import Frame, Scene
from sextant.scenes.checks import project_pose
from sextant.sources.archives import Members
from sextant.sources.ca1m.archive import Capture, Index
from sextant.sources.ca1m.moments import Moment, read_depth, read_moment, read_picture
from sextant.sources.ca1m.things import read_objects
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.quarantine import Quarantine
from sextant.sources.source import Source, SourceOptions
from sextant.sources.upright import mean_up, turn_to_z_up

Array = NDArray[np.float64]

NAME = "ca1m"

FACTS = DatasetFacts(
    title="CA-1M (Cubify Anything)",
    licence="CA-1M (CC BY-NC-ND 4.0)",
    page="https://github.com/apple/ml-cubifyanything",
    terms="CC BY-NC-ND 4.0: no commercial use, and no changed copy may be passed on",
    parts=(
        Part("the .tar files listed in data/train.txt and data/val.txt",
             "pictures, poses, laser depth, boxes", "about 3 GB a capture"),
    ),
    layout=("<root>/ca1m-{train,val}-<video>.tar   (or unpacked: <root>/<video>/...)",),
    # Not "objects": what has no class can neither be named nor counted, so none is asked about.
    supports=frozenset({"metric", "frames", "many_frames", "video", "depth"}),
    splits="the archive's name: ca1m-train-* is train, ca1m-val-* is val",
    countable="nothing: objects have no class, and are only there to hide what is behind them",
)  # fmt: skip

MAX_TILT_COSINE = float(np.cos(np.radians(5.0)))
"""A scanner's frame less tilted than 5 degrees is taken as level."""

_ARCHIVE = re.compile(r"ca1m-(train|val)-(\d+)\.tar")
_VIDEO = re.compile(r"\d{6,12}")


@dataclass(slots=True)
class Ca1mSource:
    """The captures found under a root."""

    captures: Mapping[str, Capture]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the video numbers, sorted."""
        return tuple(self.captures)

    def open(self, scene_id: str) -> Scene:
        """Read a capture's index, poses, intrinsics and boxes; pictures and depth stay unread.

        Raises:
            InputError: If the archive is broken or hostile, or a needed member is missing.
        """
        if scene_id not in self.captures:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open(scene_id, self.captures[scene_id])

    def describe(self) -> str:
        """Say how many captures were found."""
        return f"CA-1M: {counted(len(self.captures), 'capture')}"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open a folder of archives (or of unpacked captures), or one archive.

    Raises:
        MissingInput: If no capture is found there.
    """
    captures: dict[str, Capture] = {}
    if root is not None and root.is_file():
        candidates = [root]
    elif root is not None and root.is_dir():
        candidates = [root.resolve(), *sorted(p for g in ("*", "*/*") for p in root.glob(g))]
    else:
        candidates = []
    for path in candidates:
        match = _ARCHIVE.fullmatch(path.name)
        if match is not None and path.is_file():
            captures.setdefault(match[2], Capture(path, match[1]))
        elif _VIDEO.fullmatch(path.name) and path.is_dir() and any(path.glob("*.wide")):
            captures.setdefault(path.name, Capture(path, None))
    if not captures:
        raise nothing_found(NAME, FACTS, root, "ca1m-train-<video>.tar")
    return Ca1mSource(dict(sorted(captures.items())[: options.scenes]))


def _open(scene_id: str, capture: Capture) -> Scene:
    index = Index(capture, scene_id)
    stamps = sorted((int(s), s) for s in index.by_stamp if s != "world")
    with_picture = [(n, index.by_stamp[s]) for n, s in stamps if "wide/image" in index.by_stamp[s]]
    if not with_picture:
        raise incomplete(NAME, FACTS, capture.path, ["<ns>.wide/image.png"], "any picture")
    quarantine = Quarantine("frames")
    moments = [
        moment
        for _, moment in quarantine.sift(with_picture, lambda e: read_moment(index, e[0], e[1]))
    ]
    quarantine.check()
    notes = dict(quarantine.notes)
    T_world_scan = _levelled(moments, capture.path, notes)
    objects, more = read_objects(index, moments, T_world_scan)
    if capture.split is None:
        notes["split"] = "guessed: an unpacked capture does not say"
    start = moments[0].stamp_ns
    return Scene(
        id=scene_id,
        source=NAME,
        split=capture.split or "train",
        license=FACTS.licence,
        objects=objects,
        frames=tuple(_frame(index.members, m, T_world_scan, start) for m in moments),
        notes=notes | more,
    )


def _frame(members: Members, moment: Moment, T_world_scan: Array, start_ns: int) -> Frame:
    T = T_world_scan @ moment.T_scan_camera
    camera = moment.camera
    return Frame(
        id=str(moment.stamp_ns),
        camera=camera,
        T_world_camera=project_pose(T, where=f"{members.path}: {moment.stamp_ns}")[0],
        timestamp_s=(moment.stamp_ns - start_ns) / 1e9,
        read_rgb=partial(read_picture, members, moment.picture, (camera.width, camera.height)),
        read_depth=partial(read_depth, members, *moment.depth, camera) if moment.depth else None,
    )


def _levelled(moments: list[Moment], path: Path, notes: dict[str, str]) -> Array:
    """Return T_world_scan: nothing, unless gravity says that the scanner's frame is not level."""
    told = [m.up_scan for m in moments if m.up_scan is not None]
    ups = np.array(told) if told else mean_up([m.T_scan_camera for m in moments])[None]
    total = ups.mean(axis=0)
    length = float(np.linalg.norm(total))
    if length < 0.9:
        raise ConventionError(
            "gravity of the frames does not agree with their poses",
            where=path,
            expected="T_gravity and RT that give one vertical for all frames",
            got=f"a mean of length {length:.2f}",
        )
    up = total / length
    if float(up[2]) > (MAX_TILT_COSINE if told else 0.5):
        return np.eye(4)
    axis = int(np.argmax(np.abs(up)))
    if abs(float(up[axis])) > MAX_TILT_COSINE:
        up = np.sign(up[axis]) * np.eye(3)[axis]
    notes["up"] = f"turned: ({', '.join(f'{x:.2f}' for x in up)}) in the scanner's frame"
    return turn_to_z_up(up, moments[0].T_scan_camera[:3, 2])
