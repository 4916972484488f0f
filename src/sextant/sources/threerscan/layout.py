"""Where 3RScan keeps its files, which scan is a rescan of which, and what a sequence holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, InputError
from sextant.scenes import Camera
from sextant.scenes.checks import project_pose
from sextant.sources.archives import Members
from sextant.sources.documents import read_json, read_json_object, shown

Array = NDArray[np.float64]

_SCAN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_POSE = re.compile(r"(?:.*/)?frame-(\d{6})\.pose\.txt")
_SPLITS = {"train": "train", "validation": "val", "val": "val", "test": "test"}

SEMANTICS = "semseg.v2.json"
LABELS = "labels.instances.annotated.v2.ply"

MAX_TRANSLATION_M = 20.0
"""No two scans of a room lie further apart: translations beyond are in millimetres."""


@dataclass(frozen=True, slots=True)
class Rescan:
    """What ``3RScan.json`` says of one scan.

    Attributes:
        split: "train", "val" or "test".
        reference: The scan this one is a later state of; None for the reference itself.
        T_reference_scan: (4, 4) from this scan's world to the reference's.
    """

    split: str
    reference: str | None
    T_reference_scan: Array


def find_scans(root: Path) -> dict[str, Path]:
    """Return scan folders by id: the root itself, its children, or theirs."""
    found: dict[str, Path] = {}
    for pattern in (".", "*", "*/*"):
        for folder in [root] if pattern == "." else sorted(root.glob(pattern)):
            real = folder.resolve() if pattern == "." else folder
            if _SCAN.fullmatch(real.name) and folder.is_dir():
                found.setdefault(real.name, real)
    return dict(sorted(found.items()))


def read_rescans(root: Path) -> dict[str, Rescan]:
    """Return what ``3RScan.json`` in the root (or above it) says of every scan.

    A record that cannot be read is left out: its scan then counts as one that is not listed.

    Raises:
        CorruptInput: If the file is no list.
    """
    path = next(
        (p for p in (root / "3RScan.json", root.parent / "3RScan.json") if p.is_file()), None
    )
    if path is None:
        return {}
    document = read_json(path)
    if not isinstance(document, list):
        raise CorruptInput("wrong JSON document", where=path, expected="a list of scenes")
    raw: dict[str, tuple[str, str | None, Array]] = {}
    for scene in document:
        reference = scene.get("reference") if isinstance(scene, Mapping) else None
        if not isinstance(reference, str):
            continue
        kind = scene.get("type")
        split = _SPLITS.get(kind, "train") if isinstance(kind, str) else "train"
        raw[reference] = (split, None, np.eye(4))
        scans = scene.get("scans")
        for scan in scans if isinstance(scans, list) else ():
            name = scan.get("reference") if isinstance(scan, Mapping) else None
            T = _column_major(scan.get("transform")) if isinstance(scan, Mapping) else None
            if isinstance(name, str) and T is not None:
                raw[name] = (split, reference, T)
            elif isinstance(name, str):
                raw[name] = (split, None, np.eye(4))
    return _in_metres(raw, path)


def _column_major(numbers: Any) -> Array | None:
    try:
        T = np.array([float(x) for x in numbers], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return T.reshape(4, 4).T if T.size == 16 and np.all(np.isfinite(T)) else None


def _in_metres(raw: Mapping[str, tuple[str, str | None, Array]], path: Path) -> dict[str, Rescan]:
    """Decide the unit of translations once for the whole file, by the middle one."""
    lengths = [float(np.abs(T[:3, 3]).max()) for _, ref, T in raw.values() if ref is not None]
    in_millimetres = bool(lengths) and float(np.median(lengths)) > MAX_TRANSLATION_M
    found = {}
    for name, (split, reference, stored) in raw.items():
        T = stored.copy()
        if in_millimetres:
            T[:3, 3] /= 1000.0
        try:
            T, _ = project_pose(T, where=f"{path}: {name}")
        except InputError:
            reference, T = None, np.eye(4)
        found[name] = Rescan(split, reference, T)
    return found


@dataclass(frozen=True, slots=True)
class Sequence:
    """The recording of a scan.

    Attributes:
        members: ``sequence.zip``, or the folder it was unpacked to.
        prefix: Folder inside of it, "" or ending with a slash.
        color, depth: Intrinsics of picture and depth map.
        frames: Frame numbers, ascending.
    """

    members: Members
    prefix: str
    color: Camera
    depth: Camera
    frames: tuple[int, ...]

    def name(self, frame: int, ending: str) -> str:
        """Return the member of a frame: ``frame-000000.color.jpg``."""
        return f"{self.prefix}frame-{frame:06d}.{ending}"


def read_sequence(members: Members) -> Sequence:
    """Read names and ``_info.txt``.

    Raises:
        MissingInput: If there is no ``_info.txt``.
        CorruptInput, ConventionError: If it cannot be read.
    """
    names = members.names()
    info = next((n for n in names if n.rpartition("/")[2] == "_info.txt"), "_info.txt")
    prefix = info[: -len("_info.txt")]
    where = members.where(info)
    try:
        text = members.read(info, max_bytes=1024 * 1024).decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptInput("text file cannot be read", where=where, got=error) from error
    facts = {
        k.strip(): v.strip() for k, _, v in (line.partition("=") for line in text.splitlines())
    }
    numbers = (_POSE.fullmatch(n) for n in names)
    frames = tuple(sorted(int(m[1]) for m in numbers if m is not None))
    return Sequence(
        members, prefix, _camera(facts, "color", where), _camera(facts, "depth", where), frames
    )


def _camera(facts: Mapping[str, str], kind: str, where: str) -> Camera:
    title = kind.capitalize()
    try:
        width, height = int(facts[f"m_{kind}Width"]), int(facts[f"m_{kind}Height"])
        K = [float(word) for word in facts[f"m_calibration{title}Intrinsic"].split()]
        fx, cx, fy, cy = K[0], K[2], K[5], K[6]
    except (KeyError, ValueError, IndexError) as error:
        raise CorruptInput(
            f"no size or intrinsics of {kind}", where=where, got=repr(error)
        ) from error
    try:
        return Camera(width, height, fx, fy, cx, cy)
    except ConventionError as error:
        raise ConventionError(
            error.what, where=where, expected=error.expected, got=error.got, hint=error.hint
        ) from error


def read_groups(folder: Path) -> list[Any]:
    """Return the raw records of a scan's instances."""
    path = folder / SEMANTICS
    groups = read_json_object(path).get("segGroups")
    if not isinstance(groups, list):
        raise CorruptInput("no list segGroups", where=path)
    return groups


def group_id(record: Any, where: str) -> int:
    """Return the instance's number, which it keeps in every rescan."""
    value = record.get("objectId", record.get("id")) if isinstance(record, Mapping) else None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
        raise CorruptInput("instance has no objectId", where=where, got=shown(value))
    return value
