"""A Hugging Face dataset folder: parquet with an Image feature, and a card that says so.

    OUT/data/train-00000-of-00002.parquet
    OUT/README.md    features, files and sizes as YAML; counts and terms as text

All columns of the samples are there; ``images`` holds the pictures (or absolute paths, with
``--images keep``), and ``messages`` the turns as chat templates take them. ``load_dataset(OUT)``
and an upload of the folder both work as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sextant.corpus.exporting.content import structured
from sextant.corpus.exporting.exporter import Target
from sextant.corpus.exporting.hf_card import COUNTED, SPLIT_NAMES, SplitFacts, hf_card
from sextant.corpus.exporting.hf_schema import HF_COLUMNS, HF_SCHEMA, PACKED
from sextant.corpus.exporting.parquet import ParquetFile, text_bytes
from sextant.corpus.exporting.rows import ExportRow

_OVERHEAD = 1000
"""Bytes of a row's short columns, roughly."""


class _Parts:
    """The parquet files of one split, whose number is known when all are written."""

    def __init__(self, folder: Path, split: str, limit: int) -> None:
        self._folder, self._split, self._limit = folder, SPLIT_NAMES[split], limit
        self._open: ParquetFile | None = None
        self._names: list[Path] = []
        self.facts = SplitFacts(self._split)

    def add(self, row: dict[str, Any], nbytes: int) -> None:
        if self._open is None or (self._open.rows and self._open.nbytes + nbytes > self._limit):
            self.close()
            path = self._folder / f"{self._split}-{len(self._names):05d}.parquet"
            self._names.append(path)
            self._open = ParquetFile(path, HF_SCHEMA, packed=PACKED)
        self._open.append(row, nbytes)
        self.facts.rows += 1
        self.facts.nbytes += nbytes

    def close(self, failed: bool = False) -> None:
        if self._open is not None:
            error = RuntimeError() if failed else None
            self._open.__exit__(type(error) if error else None, error, None)
            self._open = None

    def rename(self) -> None:
        self.close()
        for i, path in enumerate(self._names):
            self.facts.file_bytes += path.stat().st_size
            path.rename(path.with_name(f"{self._split}-{i:05d}-of-{len(self._names):05d}.parquet"))


class HuggingFace:
    """Parquet and a card."""

    name = "hf"
    title = "Hugging Face dataset folder with image features and a card"
    folder = True
    modes: Sequence[str] = ("embed", "keep")
    can_be_full = False
    whole = True
    taken: Sequence[str] = ()

    def write(self, rows: Iterator[ExportRow], target: Target) -> list[str]:
        """Write the folder; see ``Exporter``."""
        folder = target.path / "data"
        folder.mkdir()
        parts: dict[str, _Parts] = {}
        counts: dict[str, Counter[str]] = {name: Counter() for name in COUNTED}
        with ExitStack() as stack:
            for row in rows:
                if row.split not in parts:
                    parts[row.split] = _Parts(folder, row.split, target.shard_bytes)
                    stack.callback(parts[row.split].close, failed=True)
                for name in COUNTED:
                    counts[name][getattr(row.sample, name)] += 1
                parts[row.split].add(*_hf_row(row, target))
            for part in parts.values():
                part.rename()
        facts = [part.facts for part in parts.values()]
        card = hf_card(target.name, facts, counts)
        (target.path / "README.md").write_text(card, encoding="utf-8")
        return [f'load_dataset("{target.final}")']


def _hf_row(row: ExportRow, target: Target) -> tuple[dict[str, Any], int]:
    shape: dict[str, Any] = {name: getattr(row.sample, name) for name in HF_COLUMNS}
    pictures: list[dict[str, Any]] = []
    nbytes = 2 * text_bytes(row.texts) + _OVERHEAD
    for path in row.images:
        if target.pictures.mode == "embed":
            data = target.pictures.data(path)
            nbytes += len(data)
            pictures.append({"bytes": data, "path": path})
        else:
            place = target.pictures.store.image_path(path).absolute()
            pictures.append({"bytes": None, "path": str(place)})
    shape["images"] = pictures
    shape["messages"] = structured(row.texts, row.images, _picture)
    return shape, nbytes


def _picture(_: str) -> dict[str, Any]:
    return {"type": "image"}


EXPORTER = HuggingFace()
