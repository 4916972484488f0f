"""Compare visible ratios with the ones Aria Digital Twin annotates.

    python benchmarks/visibility_adt.py --root <folder>

The folder is a sequence of the data set (read by ``sextant.sources.adt``, extra ``aria``) or a
decoded sample of it with scene.json and f0_pinhole_*.png, which needs no further package.

Sextant sees ids, depth and oriented boxes; ADT rendered every object alone from its model. The
annotation refers to the fisheye image (measured here: an object cut by the image border still has
ratio 1.0, and the room shell's ratio is its share of the image, so what is outside the frame does
not count as hidden, as in our definition). The frames here are the rectified pinhole ones, which
cut other parts off: the comparison therefore keeps objects with at least 98 % of their box's
surface in the pinhole frame, and the shell is left out.

What goes wrong, and why: a drawer is a front plate before an open box. The worktop and the drawers
beside it hide much of its box, but little of the drawer, and what is visible (the plate) fills its
part of the silhouette, so the hidden share comes out too large (up to -0.23). A wire shelf shows
things behind it through its mesh, so its fill is taken for that of its visible part (+0.08).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.geometry.boxes import OrientedBox
from sextant.scenes import Camera, Frame, Scene, SceneObject
from sextant.sources import adt
from sextant.sources.source import SourceOptions
from sextant.visibility import compute_visibility

MIN_PIXELS = 500
MIN_IN_FRAME = 0.98
SHELL = "ApartmentEnv"


class Comparison(NamedTuple):
    frame: str
    name: str
    annotated: float
    computed: float
    in_frame: float
    pixels: int

    @property
    def error(self) -> float:
        return self.computed - self.annotated


def read(root: Path) -> tuple[Scene, dict[tuple[str, str], float]]:
    """Return a scene of masks, depth and boxes, and the annotated ratios by (frame, object)."""
    if (root / "scene.json").is_file():
        return read_sample(root)
    source = adt.open_source(root, SourceOptions())
    return source.open(source.scene_ids()[0]), adt.annotated_visibility(root)


def read_sample(root: Path) -> tuple[Scene, dict[tuple[str, str], float]]:
    """Read the decoded sample. Its world has Y up, which no step here minds."""
    record = json.loads((root / "scene.json").read_text())
    pinhole = record["pinhole"]
    camera = Camera(
        pinhole["width"], pinhole["height"], pinhole["fx"], pinhole["fy"],
        pinhole["cx"] + 0.5, pinhole["cy"] + 0.5,  # its pixel centres are at whole numbers
    )  # fmt: skip
    frames, annotated = [], {}
    names = {}
    for entry in record["frames"][:2]:
        name = f"f{entry['k']}"
        frames.append(
            Frame(
                id=name,
                camera=camera,
                T_world_camera=np.array(entry["T_world_camera"]),
                read_depth=partial(_read_depth, root / f"{name}_pinhole_depth.png"),
                read_instances=partial(_read_ids, root / f"{name}_pinhole_inst.png"),
            )
        )
        for uid, box in entry["boxes2d_fisheye_xmin_xmax_ymin_ymax"].items():
            annotated[name, uid] = box["visibility"]
    objects = []
    for thing in record["objects"]:
        bounds = np.array(thing["aabb_local_xmin_xmax_ymin_ymax_zmin_zmax"]).reshape(3, 2)
        T = np.array(thing["T_world_object"])
        center = T[:3, :3] @ bounds.mean(axis=1) + T[:3, 3]
        size = np.maximum(bounds[:, 1] - bounds[:, 0], 1e-3)
        uid = str(thing["uid"])
        names[uid] = thing["name"]
        objects.append(
            SceneObject(
                id=uid,
                category=thing["category"] or thing["name"],
                box=OrientedBox(center, size, T[:3, :3]),
                instance_value=thing["png_id"],
                attributes={"model": thing["name"]},
            )
        )
    scene = Scene("adt_sample", "adt", "train", "ADT terms", tuple(objects), tuple(frames))
    return scene, annotated


def _read_depth(path: Path) -> NDArray[np.float32]:
    depth_m = np.asarray(Image.open(path)).astype(np.float32) / 1000
    depth_m[depth_m == 0] = np.nan
    return depth_m


def _read_ids(path: Path) -> NDArray[np.int32]:
    return np.asarray(Image.open(path)).astype(np.int32)


def compare(scene: Scene, annotated: dict[tuple[str, str], float]) -> list[Comparison]:
    """Return one row per annotated object that the frame shows with enough pixels."""
    table = compute_visibility(scene)
    rows = []
    for (frame_id, object_id), ratio in annotated.items():
        thing = scene.object_by_id.get(object_id)
        if thing is None or frame_id not in scene.frame_by_id:
            continue
        view = table.view(frame_id, object_id)
        name = thing.attributes.get("model", object_id)
        if view.pixel_count > MIN_PIXELS and name != SHELL:
            rows.append(
                Comparison(
                    frame_id, name, ratio, view.visible_ratio, view.in_frame_ratio, view.pixel_count
                )
            )
    return rows


def complete(rows: list[Comparison]) -> list[Comparison]:
    """Keep the objects that the pinhole frame does not cut."""
    return [r for r in rows if r.in_frame >= MIN_IN_FRAME]


def mean_error(rows: list[Comparison]) -> float:
    return float(np.mean([abs(r.error) for r in rows]))


def less(scene: Scene, *, masks: bool, depth: bool) -> Scene:
    """Return the scene with part of its evidence, less what is never seen if masks are missing."""
    frames = tuple(
        replace(
            f,
            read_depth=f.read_depth if depth else None,
            read_instances=f.read_instances if masks else None,
        )
        for f in scene.frames
    )
    objects = tuple(o for o in scene.objects if masks or o.instance_value)
    return replace(scene, frames=frames, objects=objects)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    scene, annotated = read(parser.parse_args().root)
    rows = compare(scene, annotated)
    for label, kept in (
        ("masks + depth", complete(rows)),
        ("the same, cut by the frame or not", rows),
        ("masks alone", complete(compare(less(scene, masks=True, depth=False), annotated))),
        ("depth alone", complete(compare(less(scene, masks=False, depth=True), annotated))),
        ("boxes alone", complete(compare(less(scene, masks=False, depth=False), annotated))),
    ):
        errors = np.array([r.error for r in kept])
        print(
            f"{label:34s} {len(kept)} objects > {MIN_PIXELS} px, MAE {np.abs(errors).mean():.3f}, "
            f"within 0.1 {np.mean(np.abs(errors) <= 0.1):.0%}, bias {errors.mean():+.3f}"
        )
    print("worst of masks + depth:")
    for r in sorted(complete(rows), key=lambda r: -abs(r.error))[:12]:
        print(
            f"  {r.frame} {r.name:28s} annotated {r.annotated:.2f} computed {r.computed:.2f} "
            f"({r.error:+.2f}) {r.pixels} px"
        )


if __name__ == "__main__":
    main()
