"""Turn the regions of Matterport3D's houses into scenes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.counted import counted
from sextant.errors import ConventionError, CorruptInput, InputError, MissingInput
from sextant.scenes import Frame, Room, Scene, SceneObject
from sextant.sources.boxes import checked_box
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.matterport3d.cameras import (
    find_part,
    missing_parts,
    original_views,
    read_depth,
    read_picture,
    undistorted_views,
)
from sextant.sources.matterport3d.house import (
    KINDS,
    House,
    HouseObject,
    Region,
    parse_house,
    signed_area,
)
from sextant.sources.quarantine import Quarantine
from sextant.sources.source import Source, SourceOptions
from sextant.sources.splits import official_split
from sextant.sources.vocabulary import canonical_name, countable, is_shell

Array = NDArray[np.float64]

NAME = "matterport3d"

FACTS = DatasetFacts(
    title="Matterport3D",
    licence="Matterport3D (Matterport3D Terms of Use, non-commercial research only)",
    page="https://niessner.github.io/Matterport",
    terms="sign the Terms of Use form and send it from an institutional address; you get a script",
    parts=(
        Part("house_segmentations", "regions, floors, boxes", "40 GB"),
        Part("undistorted_camera_parameters", "poses, intrinsics", "0.1 GB", needed=False),
        Part("undistorted_color_images", "pictures", "70 GB", needed=False),
        Part("undistorted_depth_images", "depth", "80 GB", needed=False),
        Part("or matterport_{camera_poses,camera_intrinsics,color_images,depth_images}",
             "the same as the cameras took it; rectified here", "180 GB", needed=False),
    ),
    layout=(
        "<root>/v1/scans/<house>/house_segmentations/<house>.house   (or <root>/<house>/...)",
        "<root>/v1/scans/<house>/<part>/   or <part>.zip as downloaded",
    ),
    supports=frozenset(
        {"objects", "metric", "frames", "many_frames", "depth", "complete", "room", "floor"}
    ),
    splits="official, by house, shipped with Sextant",
    countable="large things that are hard to overlook (bed, toilet, refrigerator, ...)",
)  # fmt: skip

_HOUSE = re.compile(r"[A-Za-z0-9]{11}")
MIN_RADIUS_M = 1e-4
"""Objects whose surface was cut away keep a line with radii of 0."""


@dataclass(slots=True)
class Matterport3dSource:
    """The regions of the houses found under a root."""

    regions: Mapping[str, tuple[Path, int]]
    broken: tuple[str, ...] = ()
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return ``<house>/region<index>``, sorted."""
        return tuple(self.regions)

    def open(self, scene_id: str) -> Scene:
        """Read a region's objects, floor and poses; pictures and depth stay unread.

        Raises:
            InputError: If a file is broken, or the region has neither objects nor pictures.
        """
        if scene_id not in self.regions:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        folder, index = self.regions[scene_id]
        return _open_region(scene_id, folder, index)

    def describe(self) -> str:
        """Say what was found and what is missing."""
        houses = {folder for folder, _ in self.regions.values()}
        bare = sum(all(missing_parts(h).values()) for h in houses)
        found = counted(len(self.regions), "region")
        lines = [f"Matterport3D: {found} of {counted(len(houses), 'house')}"]
        lines += [f"{bare} houses without pictures"] if bare else []
        return "\n".join([*lines, *self.broken])


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open a folder of houses (v1/scans, or above it), or one house.

    Raises:
        MissingInput: If no house with a .house file is found there.
    """
    houses = {} if root is None else _find_houses(root)
    if root is None or not houses:
        raise nothing_found(NAME, FACTS, root, "<house>/house_segmentations/<house>.house")
    regions: dict[str, tuple[Path, int]] = {}
    broken: list[str] = []
    for name, folder in houses.items():
        try:
            house = _read_house(folder, light=True)
        except InputError as error:
            broken.append(f"{name}: {error.what} ({error.where})")
            continue
        # A region without a panorama is seen from elsewhere at best.
        any_panorama = any(r.panoramas for r in house.regions.values())
        for index, region in sorted(house.regions.items()):
            if region.panoramas or not any_panorama:
                regions[f"{name}/region{index}"] = (folder, index)
    if not regions:
        raise CorruptInput("no house can be read", where=root, got="; ".join(broken[:3]))
    chosen = sorted(regions)[: options.scenes]
    return Matterport3dSource({i: regions[i] for i in chosen}, tuple(broken))


def _find_houses(root: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for pattern in (".", "*", "scans/*", "v1/scans/*"):
        for folder in [root] if pattern == "." else sorted(root.glob(pattern)):
            real = folder.resolve() if pattern == "." else folder
            if not _HOUSE.fullmatch(real.name) or not folder.is_dir():
                continue
            segmentation = real / "house_segmentations"
            if segmentation.is_dir() or segmentation.with_suffix(".zip").is_file():
                found.setdefault(real.name, real)
    return dict(sorted(found.items()))


def _read_house(folder: Path, *, light: bool = False) -> House:
    part = find_part(folder, "house_segmentations")
    name = f"{folder.name}.house"
    if part is None:
        raise incomplete(NAME, FACTS, folder, [f"house_segmentations/{name}"], "its regions")
    try:
        text = part.read(name).decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptInput("text file cannot be read", where=part.where(name), got=error) from error
    return parse_house(text, part.where(name), light=light)


def _open_region(scene_id: str, folder: Path, index: int) -> Scene:
    house = _read_house(folder)
    if index not in house.regions:
        raise MissingInput("house has no such region", where=folder, got=index)
    region = house.regions[index]
    objects, complete, notes = _objects(region, scene_id)
    if house.quarantine.errors:
        complete = frozenset()
    frames, more = _frames(folder, frozenset(region.panoramas))
    notes |= more | house.quarantine.notes
    return Scene(
        id=scene_id,
        source=NAME,
        split=official_split(NAME, folder.name),
        license=FACTS.licence,
        objects=objects,
        frames=frames,
        room=_room(region),
        complete_categories=complete,
        notes=notes,
    )


def _frames(folder: Path, panoramas: frozenset[str]) -> tuple[tuple[Frame, ...], dict[str, str]]:
    lacking = missing_parts(folder)
    quarantine = Quarantine("frames")
    if not lacking["undistorted"]:
        views = undistorted_views(folder, panoramas, quarantine)
    elif not lacking["original"]:
        views = original_views(folder, panoramas, quarantine)
    else:
        return (), {"pictures": f"none: missing {', '.join(lacking['undistorted'])}"}
    quarantine.check()
    frames = tuple(
        Frame(
            id=view.id,
            camera=view.camera,
            T_world_camera=view.T_world_camera,
            read_rgb=partial(read_picture, view),
            read_depth=None if view.depth is None else partial(read_depth, view),
        )
        for view in sorted(views, key=lambda v: v.id)
    )
    notes = quarantine.notes
    if not views and not quarantine.errors:
        notes = {"pictures": "none: the camera parameters name no picture of this region"}
    return frames, notes


def _room(region: Region) -> Room:
    corners = region.floor()
    kind = KINDS.get(region.label)
    if corners is None or abs(signed_area(corners[:, :2])) < 0.1:
        return Room(kind=kind)
    outline = corners[:, :2]
    if signed_area(outline) < 0:
        outline = outline[::-1].copy()
    return Room(outline, float(np.median(corners[:, 2])), None, kind)


def _objects(
    region: Region, scene_id: str
) -> tuple[tuple[SceneObject, ...], frozenset[str], dict[str, str]]:
    quarantine = Quarantine("objects")
    projected = 0
    taken: set[int] = set()
    named = [(o, canonical_name(o.category, "mpcat40")) for o in region.objects]
    solid = [(o, name) for o, name in named if not is_shell(name)]
    sized = [(o, name) for o, name in solid if o.radii_m.min() > MIN_RADIUS_M]

    def build(entry: tuple[HouseObject, str]) -> SceneObject:
        nonlocal projected
        o, name = entry
        where = f"{scene_id}: object {o.index}"
        if o.index in taken:
            raise ConventionError("object stands twice", where=where)
        taken.add(o.index)
        R = np.stack([*o.axes, np.cross(*o.axes)], axis=1)
        box, off = checked_box(o.center, 2.0 * o.radii_m, R, where)
        projected += off
        return SceneObject(
            f"{o.index}_{name.replace(' ', '_')}", name, box, attributes={"label": o.category}
        )

    built = {entry[0].index: made for entry, made in quarantine.sift(sized, build)}
    quarantine.check()
    lost = (name for o, name in solid if o.index not in built)
    complete = countable(NAME, (o.category for o in built.values()), lost)
    counts = {"objects_without_size": len(solid) - len(sized), "rotations_projected": projected}
    notes = {name: str(n) for name, n in counts.items() if n}
    objects = tuple(sorted(built.values(), key=lambda o: o.id))
    return objects, complete, notes | quarantine.notes
