"""Where ScanNet++ keeps its files, and which scenes and splits there are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.errors import CorruptInput, InputError
from sextant.sources.documents import read_json_object, read_text

_SCENE = re.compile(r"[0-9a-f]{10}")

_LISTS = ("splits/*.txt", "metadata/splits/*.txt", "*.txt")


@dataclass(frozen=True, slots=True)
class SceneFiles:
    """The files of one scene; a property is the path whether it is there or not."""

    folder: Path

    @property
    def mesh(self) -> Path:
        """The mesh that the labels speak of."""
        return self.folder / "scans" / "mesh_aligned_0.05.ply"

    @property
    def segments(self) -> Path:
        """Segment of every vertex."""
        return self.folder / "scans" / "segments.json"

    @property
    def annotation(self) -> Path:
        """Segments, label and box of every instance."""
        return self.folder / "scans" / "segments_anno.json"

    @property
    def dslr(self) -> Path:
        """Pictures of the camera."""
        return self.folder / "dslr"

    @property
    def iphone(self) -> Path:
        """The video with depth."""
        return self.folder / "iphone"

    def missing_annotation(self) -> list[str]:
        """Names of the files without which there are no objects."""
        needed = (self.mesh, self.segments, self.annotation)
        return [f"scans/{path.name}" for path in needed if not path.is_file()]

    def has_dslr(self) -> bool:
        """Whether there are pictures of the camera with poses."""
        return (self.dslr / "resized_images").is_dir() and (
            (self.dslr / "colmap" / "images.txt").is_file()
            or (self.dslr / "nerfstudio" / "transforms.json").is_file()
        )

    def has_iphone(self) -> bool:
        """Whether there is a video, or frames of one, with poses."""
        pictures = (self.iphone / "rgb").is_dir() or (self.iphone / "rgb.mkv").is_file()
        return pictures and (self.iphone / "pose_intrinsic_imu.json").is_file()


def find_scenes(root: Path) -> dict[str, SceneFiles]:
    """Return the scene folders by id: the root itself, its children, or those of data/."""
    found: dict[str, SceneFiles] = {}
    for pattern in (".", "*", "data/*"):
        for folder in [root.resolve()] if pattern == "." else root.glob(pattern):
            known = any((folder / part).is_dir() for part in ("scans", "dslr", "iphone"))
            if _SCENE.fullmatch(folder.name) and known:
                found.setdefault(folder.name, SceneFiles(folder))
    return dict(sorted(found.items()))


def official_splits(root: Path) -> Mapping[str, str]:
    """Return scene id to split by the lists in splits/; what any list calls test is test.

    ``nvs_sem_train`` is train, ``nvs_sem_val`` val; all others (``nvs_test``, ``sem_test``, ...)
    are hidden test sets of a benchmark.
    """
    splits: dict[str, str] = {}
    rank = {"train": 0, "val": 1, "test": 2}
    for pattern in _LISTS:
        for path in sorted(root.glob(pattern)):
            split = next((s for s in ("test", "val", "train") if s in path.stem), None)
            if split is None:
                continue
            try:
                lines = read_text(path, max_bytes=1024 * 1024).split()
            except InputError:
                continue
            for name in lines:
                if _SCENE.fullmatch(name) and rank[split] >= rank[splits.get(name, "train")]:
                    splits[name] = split
    return splits


def listed_pictures(dslr: Path) -> Mapping[str, str] | None:
    """Return picture to "train" or "test" by train_test_lists.json; None if there is no list.

    Raises:
        CorruptInput: If it holds no lists of names.
    """
    path = dslr / "train_test_lists.json"
    if not path.is_file():
        return None
    document: dict[str, Any] = read_json_object(path)
    listed: dict[str, str] = {}
    for part in ("train", "test"):
        names = document.get(part, [])
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise CorruptInput("no list of pictures", where=f"{path}: {part}")
        listed |= dict.fromkeys(names, part)
    return listed
