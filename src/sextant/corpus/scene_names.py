"""Which place a name or a picture's path speaks of.

Holding out scenes needs the scene of every row, as its path spells it: ``scene_of``. Finding leaks
needs one name for one place, however a data set or a benchmark spells it: keys.
``scannet/scene0011_00``, ``scene0011_01`` and ``ScanNet_scene0011_00_vh_clean_2.ply`` are one room:
rescans count as the same place, since they show the same things. Names whose form tells the data
set are recognised anywhere in a text; other names count with their data set only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

DATASETS = {
    "scannet": "scannet", "scannetv2": "scannet", "scannet200": "scannet",
    "scannetpp": "scannetpp", "scannetppv2": "scannetpp",
    "arkitscenes": "arkitscenes", "arkitscene": "arkitscenes", "arkit": "arkitscenes",
    "matterport3d": "matterport3d", "matterport": "matterport3d", "mp3d": "matterport3d",
    "3rscan": "3rscan", "rscan": "3rscan", "threerscan": "3rscan",
    "hypersim": "hypersim", "adt": "adt", "ariadigitaltwin": "adt",
    "7scenes": "sevenscenes", "sevenscenes": "sevenscenes",
    "sunrgbd": "sunrgbd", "replica": "replica", "multiscan": "multiscan", "gibson": "gibson",
    "hm3d": "hm3d", "ai2thor": "ai2thor", "procthor": "procthor", "taskonomy": "taskonomy",
    "structured3d": "structured3d", "dl3dv": "dl3dv", "re10k": "re10k", "realestate10k": "re10k",
}  # fmt: skip
"""Spelling, without case and punctuation, to the name of the data set."""

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("scannet", re.compile(r"(?<![a-z0-9])scene(\d{4})(?:_\d\d)?(?!\d)")),
    ("hypersim", re.compile(r"(?<![a-z0-9])ai_(\d{3}_\d{3})(?!\d)")),
    ("3rscan", re.compile(rf"(?<![0-9a-f])({_UUID})(?![0-9a-f])")),
)
"""Names that no other data set has, in lower case; the group is what identifies the place."""

FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("arkitscenes", re.compile(r"(?<!\d)(4\d{7})(?!\d)")),
    ("scannetpp", re.compile(r"(?<![0-9a-f])([0-9a-f]{10})(?![0-9a-f])")),
    ("matterport3d", re.compile(r"(?<![a-z0-9])([a-z0-9]{11})(?![a-z0-9])")),
)  # fmt: skip
"""Names that count where the text also names the data set."""

_SPELLED = re.compile(
    r"scene\d{4}_\d{2}"  # ScanNet
    r"|scene_\d{5}"  # Structured3D
    rf"|{_UUID}"  # 3RScan
    r"|(?<![^/])(?:[0-9a-f]{10}|\d{8})(?=/)"  # ScanNet++, ARKitScenes: a folder
    r"|(?<![^/])(?=[^/]*\d)(?=[^/]*[A-Z])[0-9A-Za-z]{11}(?=/)"  # Matterport3D
    r"|ai_\d{3}_\d{3}"  # Hypersim
)

MAX_NAME = 1000
_WORDS = re.compile(r"[a-z0-9+]+")
_TAIL = re.compile(r"\.(?:mp4|avi|mov|mkv|jpe?g|png|webp|ply|glb|obj|json|npz?)$")


def known_scene(path: str) -> str:
    """Return the scene of a well-known capture that a path names; "" if it names none."""
    match = _SPELLED.search(path)
    return "" if match is None else match[0]


def scene_of(path: str) -> str:
    """Return the scene of a picture as its path spells it.

    A picture whose path names no well-known capture is a scene of its own, which holds out exact
    pictures and nothing more.

    >>> scene_of("scannet/scene0012_01/color/34.jpg"), scene_of("coco/000000012.jpg")
    ('scene0012_01', 'coco/000000012')
    """
    known = known_scene(path)
    if known:
        return known
    folder, slash, name = path.rpartition("/")
    return folder + slash + (name.rpartition(".")[0] or name)


def dataset_of(name: str) -> str:
    """Return the one name of a data set; an unknown one without case and punctuation.

    >>> dataset_of("ScanNet++ v2"), dataset_of("ARKitScenes"), dataset_of("My-Rooms")
    ('scannetpp', 'arkitscenes', 'myrooms')
    """
    bare = re.sub(r"[^a-z0-9]", "", name[:MAX_NAME].lower().replace("++", "pp"))
    return DATASETS.get(bare, bare)


def scene_keys(source: str, scene: str) -> frozenset[str]:
    """Return the keys of a scene whose source is known; two scenes with a common key are one place.

    >>> sorted(scene_keys("vsi_meta", "scannet/scene0011_00")), sorted(scene_keys("x", "room_1"))
    (['scannet:0011'], ['x:room1'])
    """
    found = keys_in(f"{source}/{scene}")
    if found:
        return found
    head, slash, tail = scene[:MAX_NAME].rpartition("/")
    known = dataset_of(head.rpartition("/")[2]) if slash else ""
    name = re.sub(r"[^a-z0-9]", "", _TAIL.sub("", (tail if known else scene)[:MAX_NAME].lower()))
    return frozenset({f"{known or dataset_of(source)}:{name}"}) if name else frozenset()


def keys_in(text: str) -> frozenset[str]:
    """Return the keys of all places that a text (a path, an id, a cluster) names by their form.

    >>> sorted(keys_in("data/ScanNet/scene0011_00_vh_clean_2.ply")), sorted(keys_in("val/1.jpg"))
    (['scannet:0011'], [])
    """
    lower = text[:MAX_NAME].lower()
    found = {f"{name}:{m[1]}" for name, shape in SHAPES for m in shape.finditer(lower)}
    named = {dataset_of(word) for word in _WORDS.findall(lower.replace("-", ""))}
    named |= {dataset_of(part) for part in re.split(r"[/\\]", lower)}
    for name, form in FORMS:
        if name in named:
            found |= {f"{name}:{m[1]}" for m in form.finditer(lower) if _is_id(m[1], name)}
    return frozenset(found)


def keys_of_item(cluster: str, paths: Iterable[str]) -> frozenset[str]:
    """Return the keys of the places that a benchmark's question is about.

    Args:
        cluster: What the benchmark's questions about one scene share, ``dataset/scene`` or less.
        paths: Names of its pictures and its video.
    """
    found = frozenset().union(*(keys_in(text) for text in (cluster, *paths)))
    head, slash, tail = cluster.partition("/")
    if not found and slash and tail and "." not in tail:
        found = scene_keys(head, tail)
    return found


def _is_id(text: str, dataset: str) -> bool:
    """Tell an id from a word of the same length."""
    if dataset in ("scannetpp", "matterport3d"):
        return any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return True
