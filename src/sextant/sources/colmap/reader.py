"""Turn COLMAP models with their pictures into scenes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from sextant.counted import counted
from sextant.errors import ConventionError, InputError, MissingInput
from sextant.geometry.transforms import invert, transform_points
from sextant.scenes import Frame, Scene
from sextant.scenes.checks import project_pose
from sextant.sources.colmap.model import (
    Model,
    PosedImage,
    has_model,
    read_model,
    sparse_depth,
)
from sextant.sources.documents import resolve_inside
from sextant.sources.facts import DatasetFacts, Part, incomplete, nothing_found
from sextant.sources.landmarks import known_ids
from sextant.sources.quarantine import Quarantine
from sextant.sources.sidecar import Sidecar, read_sidecar
from sextant.sources.source import Source, SourceOptions
from sextant.sources.stored_lens import StoredLens, read_mask, read_rgb
from sextant.sources.upright import mean_up, moved, turn_to_z_up

Array = NDArray[np.float64]

NAME = "colmap"

FACTS = DatasetFacts(
    title="COLMAP model of a capture of your own",
    licence="not stated; the capture's owner decides",
    page="",
    terms="the capture's own; sextant.json may state a licence",
    parts=(
        Part("cameras and images, .bin or .txt", "lenses and poses"),
        Part("images/", "the pictures that were reconstructed"),
        Part("points3D, .bin or .txt", "depth at the points found", needed=False),
        Part("masks/<image>.png", "what must not be asked about (black)", needed=False),
        Part("sextant.json", "metres, the vertical, the licence", needed=False),
    ),
    layout=(
        "<root>/<scene>/images/...",
        "<root>/<scene>/sparse/0/{cameras, images, points3D}.{bin, txt}",
        '<root>/<scene>/sextant.json   {"scale_m": 0.42, "up": [0, 0, 1]}, optional',
    ),
    supports=frozenset({"frames", "many_frames", "depth", "metric", "video"}),
    splits="train, unless sextant.json says otherwise",
    countable="nothing: there are no objects",
)

_MODELS = ("sparse/*", "sparse", "colmap/sparse/*", "colmap/sparse", "colmap", ".")
_PICTURES = ("images", "rgb", ".")


@dataclass(frozen=True, slots=True)
class Capture:
    """One scene's folder and where in it the model and the pictures lie."""

    folder: Path
    model: Path
    pictures: Path


@dataclass(slots=True)
class ColmapSource:
    """The models found under a root."""

    captures: Mapping[str, Capture]
    name: str = NAME

    def scene_ids(self) -> tuple[str, ...]:
        """Return the names of the scene folders, sorted."""
        return tuple(self.captures)

    def open(self, scene_id: str) -> Scene:
        """Read a scene's cameras, poses and points; pictures stay unread.

        Raises:
            InputError: If a table is broken, pictures are missing, or up cannot be told.
        """
        if scene_id not in self.captures:
            raise MissingInput("no such scene", where=NAME, got=scene_id)
        return _open(scene_id, self.captures[scene_id])

    def describe(self) -> str:
        """Say how many models were found."""
        return f"COLMAP: {counted(len(self.captures), 'scene')}"


def open_source(root: Path | None, options: SourceOptions) -> Source:
    """Open one scene folder, or a folder of them.

    Raises:
        MissingInput: If there is no model.
    """
    captures: dict[str, Capture] = {}
    if root is not None and root.is_dir():
        inside = [p for p in sorted(root.iterdir()) if p.is_dir()]
        for folder in [root.resolve()] if find_model(root) else inside:
            model = find_model(folder)
            if model is not None:
                captures[folder.name] = Capture(folder, model, _pictures(folder))
    if not captures:
        raise nothing_found(NAME, FACTS, root, "<scene>/sparse/0/cameras.bin and images.bin")
    return ColmapSource(dict(list(captures.items())[: options.scenes]))


def find_model(folder: Path) -> Path | None:
    """Return the folder of a scene's model: of several parts, the one with the most images."""
    for pattern in _MODELS:
        found = [folder] if pattern == "." else sorted(folder.glob(pattern))
        found = [p for p in found if has_model(p)]
        if found:
            return max(found, key=_images_bytes)
    return None


def read_sparse_depth(points_camera: Array, lens: StoredLens) -> NDArray[np.float32]:
    """Return (H, W) float32 depth that is NaN but at the pixels of (n, 3) points."""
    camera = lens.pinhole
    depth = np.full((camera.height, camera.width), np.nan, dtype=np.float32)
    rows, columns, z = sparse_depth(points_camera, lens)
    depth[rows, columns] = z
    return depth


def read_masked_depth(points_camera: Array, lens: StoredLens, mask: Path) -> NDArray[np.float32]:
    """Return the same with NaN where the mask is black."""
    depth = read_sparse_depth(points_camera, lens)
    depth[~read_mask(mask, lens)] = np.nan
    return depth


def _images_bytes(model: Path) -> int:
    return max((p.stat().st_size for p in model.glob("images.*") if p.is_file()), default=0)


def _pictures(folder: Path) -> Path:
    return next((folder / p for p in _PICTURES if (folder / p).is_dir()), folder)


def _open(scene_id: str, capture: Capture) -> Scene:
    model = read_model(capture.model)
    sidecar = read_sidecar(capture.folder)
    poses = [image.T_world_camera for image in model.images]
    notes = dict(model.broken.notes)
    if sidecar.up is None:
        notes["up"] = "guessed: the mean of the cameras' up directions"
    up = mean_up(poses) if sidecar.up is None else sidecar.up
    T_world_files = turn_to_z_up(up, poses[0][:3, 2])
    if sidecar.scale_m is None:
        notes["scale"] = "unknown: no scale_m in sextant.json"
    quarantine = Quarantine("frames")
    found = [
        (image, frame)
        for image, frame in quarantine.sift(
            model.images, lambda image: _frame(image, capture, model, sidecar, T_world_files)
        )
    ]
    if not found and all(isinstance(e, MissingInput) for e in quarantine.errors):
        missing = [image.name for image in model.images[:3]]
        raise incomplete(NAME, FACTS, capture.pictures, missing, "any picture")
    quarantine.check()
    rate = sidecar.frames_per_second
    ids = _frame_ids([image.name for image, _ in found])
    frames = tuple(
        frame(frame_id, None if rate is None else k / rate)
        for k, (frame_id, (_, frame)) in enumerate(zip(ids, found, strict=True))
    )
    return Scene(
        id=scene_id,
        source=NAME,
        split=sidecar.split or "train",
        license=sidecar.licence or FACTS.licence,
        frames=frames,
        is_metric=sidecar.scale_m is not None,
        notes=notes | quarantine.notes,
    )


def _frame(
    image: PosedImage, capture: Capture, model: Model, sidecar: Sidecar, T_world_files: Array
) -> partial[Frame]:
    where = f"{capture.model}: image {image.id}"
    lens = model.cameras.get(image.camera_id)
    if lens is None:
        raise ConventionError("image of an unknown camera", where=where, got=image.camera_id)
    picture = resolve_inside(capture.pictures, image.name, where)
    scale = sidecar.scale_m or 1.0
    T, _ = project_pose(moved(image.T_world_camera, T_world_files, scale), where=where)
    mask = _mask(capture.folder, image.name)
    own = np.isin(model.point_ids, image.points)
    depth = None
    if own.any():
        points = transform_points(invert(image.T_world_camera), model.points[own]) * scale
        depth = (
            partial(read_sparse_depth, points, lens)
            if mask is None
            else partial(read_masked_depth, points, lens, mask)
        )
    return partial(
        _make_frame, camera=lens.pinhole, T_world_camera=T,
        read_rgb=partial(read_rgb, picture, lens, mask), read_depth=depth,
        read_landmarks=partial(known_ids, image.points),
    )  # fmt: skip


def _make_frame(frame_id: str, timestamp_s: float | None, **rest: object) -> Frame:
    return Frame(frame_id, timestamp_s=timestamp_s, **rest)  # type: ignore[arg-type]


def _mask(folder: Path, name: str) -> Path | None:
    """Return the mask of a picture: COLMAP adds .png to its whole name."""
    for relative in (f"masks/{name}.png", f"masks/{PurePosixPath(name).with_suffix('.png')}"):
        try:
            return resolve_inside(folder, relative, folder)
        except InputError:
            continue
    return None


def _frame_ids(names: list[str]) -> list[str]:
    """Return names without their ending, unless two would be the same."""
    short = [str(PurePosixPath(name).with_suffix("")) for name in names]
    return short if len(set(short)) == len(short) else names
