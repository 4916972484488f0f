"""What the readers are battered with: every miniature, and readers that have a writer elsewhere.

Small, for a damaged file is read in milliseconds and ten thousand of them are: five frames, so that
one broken one is borne and what follows is run too, and five things.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from layouts import adt
from layouts.miniatures import MINIATURES, few_things
from layouts.world import LENS
from sextant.geometry.boxes import OrientedBox
from sextant.geometry.transforms import invert
from sextant.scenes import Scene, SeenThing, Sighting
from sextant.sources.posed_rgbd import write_scene

FRAMES = 5
THINGS = 5


def _scene() -> Scene:
    return few_things(LENS, FRAMES, THINGS)


def _posed_rgbd(root: Path) -> None:
    scene = _scene()
    mug = Sighting((1.0, 2.0, 30.0, 40.5), 700)
    frames = [
        dataclasses.replace(
            frame,
            read_landmarks=lambda k=k: np.arange(k, k + 40),
            read_sightings=lambda: {"mug": mug},
        )
        for k, frame in enumerate(scene.frames)
    ]
    things = (SeenThing("mug", "mug"), SeenThing("bowl", "bowl"))
    scene = dataclasses.replace(scene, frames=tuple(frames), things=things)
    write_scene(scene, root / "scene")


def _seven_scenes(root: Path) -> None:
    """As KinectFusion leaves it: the world is the first camera."""
    folder = root / "seq-01"
    folder.mkdir(parents=True)
    scene = _scene()
    T_first_world = invert(scene.frames[0].T_world_camera)
    for k, frame in enumerate(scene.frames):
        stem = folder / f"frame-{k:06d}"
        depth = np.rint(np.nan_to_num(frame.read_depth()) * 1000).astype(np.uint16)
        Image.fromarray(depth).save(f"{stem}.depth.png")
        Image.fromarray(frame.read_rgb()).save(f"{stem}.color.png")
        np.savetxt(f"{stem}.pose.txt", T_first_world @ frame.T_world_camera)
    np.savetxt(folder / "camera-intrinsics.txt", frame.camera.K)


def _boxes(scene: Scene) -> list[tuple[str, OrientedBox]]:
    return [(o.category, o.box) for o in scene.objects]


def _vsi_meta(root: Path) -> None:
    found: dict[str, list] = {}
    for name, box in _boxes(_scene()):
        found.setdefault(name, []).append({
            "centroid": box.center.tolist(), "axesLengths": box.size_m.tolist(),
            "normalizedAxes": box.R_world_box.T.ravel().tolist(),
            "min": box.minimum.tolist(), "max": box.maximum.tolist(),
        })  # fmt: skip
    record = {
        "dataset": "toyset", "video_path": "a.mp4", "room_size": 12.5, "room_center": [0, 0, 0],
        "object_counts": {name: len(boxes) for name, boxes in found.items()},
        "object_bbox": found,
    }  # fmt: skip
    root.mkdir()
    (root / "toyset_meta_info_val.json").write_text(json.dumps({"a": record, "b": record}))


def _internscenes(root: Path) -> None:
    layout = [
        {"id": k, "category": name, "model_uid": f"m/{k}",
         "bbox": [*box.center.tolist(), *box.size_m.tolist(), 0.1 * k, 0.0, 0.0]}
        for k, (name, box) in enumerate(_boxes(_scene()))
    ]  # fmt: skip
    for name in ("a", "b"):
        (root / name).mkdir(parents=True)
        (root / name / "layout.json").write_text(json.dumps(layout))


def _adt(root: Path) -> None:
    adt.write_sequence(root, _scene(), recordings=False)


def _miniature(name: str) -> Callable[[Path], object]:
    of = MINIATURES[name]
    return lambda root: of.write(root, few_things(of.lens, FRAMES, THINGS))


def needs(name: str) -> str | None:
    """Package without which a miniature can be neither written nor read."""
    return MINIATURES[name].needs if name in MINIATURES else None


BATTERED: Mapping[str, Callable[[Path], object]] = {
    **{name: _miniature(name) for name in MINIATURES},
    "adt (boxes)": _adt,
    "internscenes": _internscenes,
    "posed_rgbd": _posed_rgbd,
    "seven_scenes": _seven_scenes,
    "vsi_meta": _vsi_meta,
}
"""By reader, with what is particular in brackets: a writer below a folder."""
