"""Where Ego-Exo4D keeps its files, and what its metadata say of a take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.sources.documents import read_json, read_json_object

_VIDEOS = ("frame_aligned_videos", "frame_aligned_videos/downscaled/448")


@dataclass(frozen=True, slots=True)
class Take:
    """One take's folder and what the metadata say of it."""

    folder: Path
    root: Path
    record: Mapping[str, Any] | None
    split: str | None

    @property
    def videos(self) -> Path | None:
        """Folder of its videos, the full size first."""
        found = (self.folder / name for name in _VIDEOS)
        return next((p for p in found if any(p.glob("*.mp4"))), None)

    @property
    def trajectory(self) -> Path:
        """Folder of poses and lenses."""
        return self.folder / "trajectory"


def read_metadata(root: Path) -> tuple[dict[str, Mapping[str, Any]], dict[str, str]]:
    """Return the records of takes.json by name, and splits by uid; nothing where they lack."""
    records: dict[str, Mapping[str, Any]] = {}
    if (root / "takes.json").is_file():
        document = read_json(root / "takes.json")
        for record in document if isinstance(document, list) else ():
            if isinstance(record, Mapping) and isinstance(record.get("take_name"), str):
                records[record["take_name"]] = record
    splits: dict[str, str] = {}
    path = root / "annotations" / "splits.json"
    if path.is_file():
        by_split = read_json_object(path).get("split_to_take_uids")
        lists = by_split if isinstance(by_split, Mapping) else {}
        for split in ("train", "val", "test"):
            uids = lists.get(split)
            splits |= dict.fromkeys(map(str, uids if isinstance(uids, list) else ()), split)
    return records, splits
