"""Which scene a picture shows, as far as its path says.

Holding out scenes needs one. Names of scenes of the well-known captures are recognised; else a
picture is a scene of its own, which holds out exact pictures and nothing more.
"""

from __future__ import annotations

import re

_SCENE = re.compile(
    r"scene\d{4}_\d{2}"  # ScanNet
    r"|scene_\d{5}"  # Structured3D
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # 3RScan
    r"|(?<![^/])(?:[0-9a-f]{10}|\d{8})(?=/)"  # ScanNet++, ARKitScenes: a folder
    r"|(?<![^/])(?=[^/]*\d)(?=[^/]*[A-Z])[0-9A-Za-z]{11}(?=/)"  # Matterport3D
    r"|ai_\d{3}_\d{3}"  # Hypersim
)


def known_scene(path: str) -> str:
    """Return the scene of a well-known capture that a path names; "" if it names none."""
    match = _SCENE.search(path)
    return "" if match is None else match[0]


def scene_of(path: str) -> str:
    """Return the scene of a picture.

    >>> scene_of("scannet/scene0012_01/color/34.jpg"), scene_of("coco/000000012.jpg")
    ('scene0012_01', 'coco/000000012')
    """
    known = known_scene(path)
    if known:
        return known
    folder, slash, name = path.rpartition("/")
    return folder + slash + (name.rpartition(".")[0] or name)
