"""Where ScanNet keeps its files, which scenes there are, and the text files of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.scenes.checks import project_pose
from sextant.sources.documents import read_json_object, read_text, shown
from sextant.sources.splits import official_split

Array = NDArray[np.float64]

_SCENE = re.compile(r"scene(\d{4})_(\d{2})")
FIRST_TEST_SPACE = 707
"""Spaces 707 to 806 are the hidden test set of ScanNet v2."""


@dataclass(frozen=True, slots=True)
class SceneFiles:
    """The files of one scene; a property is the path whether it is there or not."""

    folder: Path

    @property
    def id(self) -> str:
        """``scene0000_00``."""
        return self.folder.name

    @property
    def sens(self) -> Path:
        """The recording."""
        return self.folder / f"{self.id}.sens"

    @property
    def mesh(self) -> Path:
        """The mesh that the labels speak of."""
        return self.folder / f"{self.id}_vh_clean_2.ply"

    @property
    def segments(self) -> Path:
        """Segment of every vertex."""
        return self.folder / f"{self.id}_vh_clean_2.0.010000.segs.json"

    @property
    def aggregation(self) -> Path:
        """Segments and label of every instance."""
        return self.folder / f"{self.id}.aggregation.json"

    @property
    def facts(self) -> Path:
        """``axisAlignment`` and sizes."""
        return self.folder / f"{self.id}.txt"

    @property
    def instance_archive(self) -> tuple[Path, str] | None:
        """The archive or folder of instance maps and its inner folder; filtered ones first."""
        for kind in ("instance-filt", "instance"):
            for name in (f"{self.id}_2d-{kind}.zip", f"{self.id}_2d-{kind}"):
                if (self.folder / name).exists():
                    return self.folder / name, kind
        return None

    def missing_annotation(self) -> list[str]:
        """Names of the files without which there are no objects."""
        needed = (self.mesh, self.segments, self.aggregation)
        return [path.name for path in needed if not path.is_file()]


def find_scenes(root: Path) -> dict[str, SceneFiles]:
    """Return the scene folders by id: the root itself, its children, or those of scans*/."""
    found: dict[str, SceneFiles] = {}
    for pattern in (".", "*", "scans/*", "scans_test/*"):
        for folder in [root] if pattern == "." else root.glob(pattern):
            real = folder.resolve() if pattern == "." else folder
            if folder.is_dir() and _SCENE.fullmatch(real.name):
                found.setdefault(real.name, SceneFiles(real))
    return dict(sorted(found.items()))


def split_of(scene_id: str) -> str:
    """Return the official split of ScanNet v2; spaces from 707 on are the hidden test set."""
    match = _SCENE.fullmatch(scene_id)
    if match is not None and int(match[1]) >= FIRST_TEST_SPACE:
        return "test"
    return official_split("scannet", scene_id)


def read_alignment(path: Path) -> Array | None:
    """Return T_aligned_scan of ``axisAlignment`` in <scene>.txt; None for a test scene.

    Raises:
        CorruptInput: If the line holds no 16 numbers.
        ConventionError: If they are no rigid transform.
    """
    if not path.is_file():
        return None
    for line in read_text(path, max_bytes=1024 * 1024).splitlines():
        key, _, value = line.partition("=")
        if key.strip() != "axisAlignment":
            continue
        try:
            numbers = np.array([float(word) for word in value.split()])
        except ValueError as error:
            raise CorruptInput("axisAlignment holds no numbers", where=path, got=error) from error
        if numbers.size != 16:
            raise CorruptInput(
                "axisAlignment has a wrong length", where=path, expected=16, got=numbers.size
            )
        return project_pose(numbers.reshape(4, 4), where=f"{path}: axisAlignment")[0]
    return None


def read_segments(path: Path, vertices: int) -> NDArray[np.int64]:
    """Return the (n,) segment of every vertex of the mesh."""
    indices = read_json_object(path).get("segIndices")
    try:
        segments = np.array(indices, dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("segIndices are no numbers", where=path, got=error) from error
    if segments.shape != (vertices,):
        raise ConventionError(
            "segments and mesh do not belong together",
            where=path,
            expected=f"{vertices} segIndices",
            got=segments.shape,
            hint="the segments are of *_vh_clean_2.ply, not of *_vh_clean.ply",
        )
    return segments


@dataclass(frozen=True, slots=True)
class Group:
    """One labelled instance.

    Attributes:
        id: ``objectId``, counted from 0; instance maps hold it plus 1.
        label: As the annotator wrote it.
        segments: (k,) segment ids.
    """

    id: int
    label: str
    segments: NDArray[np.int64]


def read_groups(path: Path) -> list[object]:
    """Return the raw records of the instances; ``parse_group`` reads one."""
    groups = read_json_object(path).get("segGroups")
    if not isinstance(groups, list):
        raise CorruptInput("aggregation has no list segGroups", where=path)
    return groups


def parse_group(record: object, where: str) -> Group:
    """Return one instance of an aggregation.

    Raises:
        CorruptInput: If a field is missing or of another kind.
    """
    if not isinstance(record, Mapping):
        raise CorruptInput("instance is no JSON object", where=where)
    number, label = record.get("objectId"), record.get("label")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**31 - 1:
        raise CorruptInput("instance has no objectId", where=where, got=shown(number))
    if not isinstance(label, str) or not label.strip():
        raise CorruptInput("instance has no label", where=where, got=shown(label))
    try:
        segments = np.array(record.get("segments"), dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptInput("instance has no list of segments", where=where, got=error) from error
    if segments.ndim != 1:
        raise CorruptInput("instance has no list of segments", where=where, got=segments.shape)
    return Group(number, label, segments)
