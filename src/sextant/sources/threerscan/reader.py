"""Turn 3RScan folders into scenes, rescans with their correspondences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.counted import counted
from sextant.errors import ConventionError, CorruptInput, MissingInput
from sextant.geometry.quarter_turns import turn_raster, upright_quarters
from sextant.geometry.transforms import compose
from sextant.scenes import Frame, Room, Scene
from sextant.scenes.checks import project_pose
from sextant.sources.archives import open_members
from sextant.sources.depth_maps import metres
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.images import read_rgb, read_uint16
from sextant.sources.quarantine import Quarantine
from sextant.sources.resampling import nearest_onto, turned_camera, turned_pose
from sextant.sources.source import Source, SourceOptions
from sextant.sources.threerscan.layout import (
    SEMANTICS,
    Rescan,
    Sequence,
    find_scans,
    read_rescans,
    read_sequence,
)
from sextant.sources.threerscan.things import Things, object_ids, read_things

Array = NDArray[np.float64]

NAME = "threerscan"

FACTS = DatasetFacts(
    title="3RScan",
    licence="3RScan (TUM's terms of use, non-commercial research only)",
    page="https://waldjohannau.github.io/RIO",
    terms="fill in the terms-of-use form; a download script comes by e-mail",
    parts=(
        Part("semseg.v2.json", "boxes and labels"),
        Part("3RScan.json", "which scan is a rescan of which, transforms, splits", "20 MB",
             needed=False),
        Part("sequence.zip", "pictures, depth, poses", "94 GB in all", needed=False),
        Part("labels.instances.annotated.v2.ply", "surfaces of objects, walls and floor", "",
             needed=False),
    ),
    layout=(
        "<root>/3RScan.json",
        "<root>/<scan id>/{semseg.v2.json, labels.instances.annotated.v2.ply, sequence.zip}",
        "<root>/<scan id>/sequence/   where sequence.zip was unpacked",
    ),
    supports=frozenset(
        {"objects", "metric", "frames", "many_frames", "video", "depth", "complete", "floor",
         "rescan"}
    ),
    splits="the type of the scene in 3RScan.json",
    countable="large things that are hard to overlook (bed, toilet, refrigerator, ...)",
)  # fmt: skip

FRAMES_PER_SECOND = 10.0
"""Nominal: the files hold no times."""

DEPTH_UNIT_M = 0.001


@dataclass(slots=True)
class ThreeRScanSource:
    """The scans found under a root."""

    scans: Mapping[str, Path]
    all_scans: Mapping[str, Path]
    rescans: Mapping[str, Rescan]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the scan ids, sorted."""
        return tuple(self.scans)

    def open(self, scene_id: str) -> Scene:
        """Read a scan's labels, mesh, names and poses; pictures and depth stay unread.

        A reference that ``--scenes`` left out can be opened as well: its rescans name it.

        Raises:
            InputError: If a file is broken, or there are neither labels nor a sequence.
        """
        if scene_id not in self.all_scans:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open_scan(self.all_scans[scene_id], self.rescans, self.all_scans)

    def describe(self) -> str:
        """Say what was found and what is missing."""
        lines = [f"3RScan: {counted(len(self.scans), 'scan')}"]
        if not self.rescans:
            lines.append("3RScan.json is missing: rescans are not known, splits are guessed")
        bare = sum(not (f / SEMANTICS).is_file() for f in self.scans.values())
        return "\n".join(lines + ([f"{bare} of them without labels"] if bare else []))


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open a folder of scans with 3RScan.json, or one scan.

    Raises:
        MissingInput: If no scan folder is found there.
    """
    scans = {} if root is None else find_scans(root)
    if root is None or not scans:
        raise nothing_found(NAME, FACTS, root, "<scan id>/semseg.v2.json")
    chosen = dict(list(scans.items())[: options.scenes])
    return ThreeRScanSource(chosen, scans, read_rescans(root))


def read_picture(sequence: Sequence, frame: int, quarters: int) -> NDArray[np.uint8]:
    """Return an upright (H, W, 3) picture."""
    name = sequence.name(frame, "color.jpg")
    members, camera = sequence.members, sequence.color
    rgb = read_rgb(members.read(name), (camera.width, camera.height), members.where(name))
    return turn_raster(rgb, quarters)


def read_depth(sequence: Sequence, frame: int, quarters: int) -> NDArray[np.float32]:
    """Return upright (H, W) z-depth in metres on the picture's raster, NaN = invalid.

    Every pixel has the value of the depth pixel it lies in: 18 pixels of a picture share one.
    """
    name = sequence.name(frame, "depth.pgm")
    members, camera = sequence.members, sequence.depth
    raw = read_uint16(members.read(name), (camera.width, camera.height), members.where(name))
    depth_m = metres(nearest_onto(raw, camera, sequence.color), DEPTH_UNIT_M, members.where(name))
    return turn_raster(depth_m, quarters)


def _open_scan(folder: Path, rescans: Mapping[str, Rescan], scans: Mapping[str, Path]) -> Scene:
    recording = next(
        (p for p in (folder / "sequence.zip", folder / "sequence") if p.exists()), None
    )
    labelled = (folder / SEMANTICS).is_file()
    if recording is None and not labelled:
        raise incomplete(NAME, FACTS, folder, [SEMANTICS, "sequence.zip"], "anything of it")
    listed = rescans.get(folder.name, Rescan("train", None, np.eye(4)))
    notes: dict[str, str] = {}
    if folder.name not in rescans:
        notes["split"] = "guessed: 3RScan.json is not there or does not name the scan"
    things = Things((), None, Room(), frozenset(), {})
    if labelled:
        things = read_things(folder, listed.T_reference_scan, NAME)
    else:
        notes["objects"] = f"none: missing {SEMANTICS}"
    frames: tuple[Frame, ...] = ()
    if recording is not None:
        frames, more = _frames(read_sequence(open_members(recording)), listed.T_reference_scan)
        notes |= more
    reference, same = None, {}
    first = None if listed.reference is None else scans.get(listed.reference)
    if first is not None and (first / SEMANTICS).is_file():
        reference = listed.reference
        # Instance numbers are kept from scan to scan.
        there = object_ids(first)
        same = {o.id: o.id for o in things.objects if o.id in there}
    elif listed.reference is not None:
        notes["rescan_of"] = f"{listed.reference}, whose folder is not there"
    return Scene(
        id=folder.name,
        source=NAME,
        split=listed.split,
        license=FACTS.licence,
        objects=things.objects,
        frames=frames,
        room=things.room,
        shell=things.shell,
        complete_categories=things.complete_categories,
        rescan_of=reference,
        rescan_objects=same,
        notes=notes | dict(things.notes),
    )


def _frames(
    sequence: Sequence, T_reference_scan: Array
) -> tuple[tuple[Frame, ...], dict[str, str]]:
    quarantine = Quarantine("frames")
    lost = 0

    def read(frame: int) -> Array | None:
        nonlocal lost
        name = sequence.name(frame, "pose.txt")
        T = _pose(sequence.members.read(name, max_bytes=65536), sequence.members.where(name))
        if not np.all(np.isfinite(T)):
            lost += 1
            return None
        where = sequence.members.where(name)
        T_scan_camera, _ = project_pose(T, where=where)
        return project_pose(compose(T_reference_scan, T_scan_camera), where=where)[0]

    placed = [(f, T) for f, T in quarantine.sift(sequence.frames, read) if T is not None]
    quarantine.check()
    if not placed:
        raise ConventionError(
            "no frame of the sequence has a pose", where=sequence.members.path, got=f"{lost} lost"
        )
    quarters = upright_quarters(np.mean([T[:3, :3] for _, T in placed], axis=0))
    camera = turned_camera(sequence.color, quarters)
    names = frozenset(sequence.members.names())
    # Frames travel to other processes; what they carry is kept small.
    light = Sequence(sequence.members, sequence.prefix, sequence.color, sequence.depth, ())
    frames = tuple(
        Frame(
            id=f"frame-{f:06d}",
            camera=camera,
            T_world_camera=turned_pose(T, quarters),
            timestamp_s=f / FRAMES_PER_SECOND,
            read_rgb=partial(read_picture, light, f, quarters)
            if sequence.name(f, "color.jpg") in names
            else None,
            read_depth=partial(read_depth, light, f, quarters)
            if sequence.name(f, "depth.pgm") in names
            else None,
        )
        for f, T in placed
    )
    counts = {"frames_without_pose": lost, "turned_quarters": quarters}
    notes = {name: str(n) for name, n in counts.items() if n}
    return frames, notes | quarantine.notes


def _pose(data: bytes, where: str) -> Array:
    try:
        numbers = np.array([float(word) for word in data.decode("ascii").split()])
    except (UnicodeDecodeError, ValueError) as error:
        raise CorruptInput("pose is no table of numbers", where=where, got=error) from error
    if numbers.size != 16:
        raise CorruptInput("pose has a wrong size", where=where, expected=16, got=numbers.size)
    return numbers.reshape(4, 4)
