"""A miniature of every dataset, for what is asked of all readers alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from layouts import (
    adt,
    ai2thor,
    arkitscenes,
    ca1m,
    clevr,
    co3d,
    colmap,
    egoexo4d,
    embodiedscan,
    hypersim,
    matterport3d,
    messytable,
    nerfstudio,
    objectron,
    replica,
    scannet,
    scannetpp,
    structured3d,
    sun_rgbd,
    threerscan,
)
from layouts.world import LENS, small_room
from sextant.scenes import Camera, Scene


@dataclass(frozen=True, slots=True)
class Miniature:
    """How a dataset is written.

    Attributes:
        write: Writes a scene below a folder.
        lens: The camera its frames must have.
        needs: Package without which it can be neither written nor read.
        families: At least so many families of questions find something to ask.
    """

    write: Callable[[Path, Scene], object]
    lens: Camera = LENS
    needs: str | None = None
    families: int = 20


def _pictures(root: Path, scene: Scene) -> None:
    sun_rgbd.write_pictures(root, sun_rgbd.own_worlds(scene))


def _house(root: Path, scene: Scene) -> None:
    matterport3d.write_house(root, scene)


def _bent_house(root: Path, scene: Scene) -> None:
    matterport3d.write_house(root, scene, original=True, zipped=True)


def _infos_as_json(root: Path, scene: Scene) -> None:
    embodiedscan.write_infos(root, scene, as_json=True)


def _primitives(root: Path, scene: Scene) -> None:
    del scene  # CLEVR's renderer knows three shapes only
    clevr.write_scenes(root, [clevr.record(*clevr.primitives())])


def _bent_capture(root: Path, scene: Scene) -> None:
    colmap.write_capture(root, scene, model="OPENCV", binary=False, masks=True)


def _decoded_video(root: Path, scene: Scene) -> None:
    scannetpp.write_scene(root, scene, video=False, framed=False, nerfstudio=True)


MINIATURES: Mapping[str, Miniature] = {
    "adt": Miniature(adt.write_sequence, adt.LENS),
    "ai2thor": Miniature(ai2thor.write_scene, ai2thor.LENS),
    "clevr": Miniature(_primitives, families=3),
    "co3d": Miniature(co3d.write_sequence, families=1),
    "embodiedscan": Miniature(embodiedscan.write_infos),
    "embodiedscan (JSON)": Miniature(_infos_as_json),
    "objectron": Miniature(objectron.write_sequence, Camera(72, 96, 71.0, 70.0, 34.5, 47.0)),
    "arkitscenes": Miniature(arkitscenes.write_scan),
    "ca1m": Miniature(ca1m.write_capture, families=4),
    "colmap": Miniature(colmap.write_capture, families=3),
    "colmap (text)": Miniature(_bent_capture, families=3),
    "egoexo4d": Miniature(egoexo4d.write_take, needs="av", families=5),
    "hypersim": Miniature(hypersim.write_scene, hypersim.LENS, "h5py", families=12),
    "matterport3d": Miniature(_house, matterport3d.LENS),
    "matterport3d (original)": Miniature(_bent_house, matterport3d.LENS),
    "messytable": Miniature(messytable.write_scene, families=4),
    "nerfstudio": Miniature(nerfstudio.write_polycam, families=5),
    "nerfstudio (record3d)": Miniature(nerfstudio.write_record3d, families=0),
    "replica": Miniature(replica.write_space),
    "scannet": Miniature(scannet.write_scene),
    "scannetpp": Miniature(scannetpp.write_scene, scannetpp.VIDEO, "av"),
    "scannetpp (decoded)": Miniature(_decoded_video, scannetpp.VIDEO, "av"),
    "structured3d": Miniature(structured3d.write_home, structured3d.LENS),
    "sun_rgbd": Miniature(_pictures, needs="scipy", families=15),
    "threerscan": Miniature(threerscan.write_scan, threerscan.UPRIGHT),
}
"""By reader, with what is particular in brackets."""


@lru_cache(maxsize=8)
def few_things(lens: Camera, frames: int = 6, things: int = 6) -> Scene:
    """The simulated room with a few of its objects and one wall, for many quick readings."""
    whole = small_room(lens, frames)
    kept = tuple(o for o in whole.objects if len(o.mesh.faces) < 200)[:things]
    return dataclasses.replace(whole, objects=kept)
