"""GRiD-3D and GRiD-A-3D (arXiv 2205.02671): left and right as seen by an object with a front.

Layout (the authors' loader): ``questions.json``, an array of ``img_idx``, ``question`` (a list of
words), ``answer`` (a word), ``task``; ``train_idxs.json``, ``val_idxs.json``, ``test_idxs.json``,
arrays of places in it; pictures are PNG files anywhere below, whose names are the numbers that
``img_idx`` says. The words are joined by blanks.

The authors split questions. Here a picture has one split, the most withheld of its questions'.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from sextant.corpus.importers._files import array_items, folder_of, matching
from sextant.corpus.importing.pieces import kind_of
from sextant.corpus.importing.plain_rows import answered, text_of
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow
from sextant.errors import CorruptInput

TASKS = {
    "existence_prediction": ("grid_3d.existence", "SR"),
    "orientation_prediction": ("grid_3d.orientation", "SR"),
    "link_prediction": ("pt.object_centric", "PT"),
    "relation_prediction": ("pt.object_centric", "PT"),
    "triple_classification": ("pt.object_centric", "PT"),
    "counting": ("grid_3d.count", "PT"),
}

_HELD = ("train", "val", "test")


class Grid3d:
    """Questions of words."""

    name = "grid_3d"
    title = "GRiD-3D, GRiD-A-3D (questions.json and its PNG files)"
    license = "that of the set"
    tasks: Mapping[str, tuple[str, str]] = TASKS
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the files of questions; each knows its folder."""
        folder = folder_of(root)
        return [
            SetFile(path, kind_of(folder / path), beside=str((folder / path).parent.resolve()))
            for path, _ in matching(root, r"questions\.json")
        ]

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        number, words = record.get("img_idx"), record.get("question")
        if type(number) is not int:
            raise BrokenRow("img_idx is no number", number)
        if not isinstance(words, list) or not all(isinstance(w, str) and w for w in words):
            raise BrokenRow("question is no list of words", words)
        known = _known(file.beside)
        path = known.pictures.get(number)
        if path is None:
            raise BrokenRow("no picture has this number", number)
        folder = file.path.rpartition("/")[0]
        return answered(
            " ".join(words), text_of(record, "answer"), [f"{folder}/{path}".lstrip("/")],
            task=text_of(record, "task"), split=_HELD[known.splits.get(number, 0)],
            scene=f"grid_3d/{folder}/{number}" if folder else f"grid_3d/{number}",
        )  # fmt: skip


class _Known(NamedTuple):
    pictures: dict[int, str]
    splits: dict[int, int]


MAX_LIST = 256 * 2**20


@lru_cache(maxsize=2)
def _known(folder: str) -> _Known:
    """Return where pictures are, and the place in ``_HELD`` of their split."""
    root = Path(folder)
    pictures = {
        int(path.stem): path.relative_to(root).as_posix()
        for path in sorted(root.rglob("*.png"))
        if path.stem.isascii() and path.stem.isdigit()
    }
    held: dict[int, int] = {}
    for level, split in enumerate(_HELD):
        path = root / f"{split}_idxs.json"
        try:
            if path.is_file() and path.stat().st_size > MAX_LIST:
                raise CorruptInput(
                    "a list of questions is too long", where=path, expected=f"<= {MAX_LIST} bytes"
                )
            numbers = orjson.loads(path.read_bytes()) if path.is_file() else []
        except (OSError, orjson.JSONDecodeError) as error:
            raise CorruptInput("a file of the set cannot be read", where=path, got=error) from error
        if not isinstance(numbers, list) or any(type(n) is not int for n in numbers):
            raise CorruptInput("not a file of this set", where=path, expected="a list of numbers")
        held.update(dict.fromkeys(numbers, level))
    splits: dict[int, int] = {}
    for place, item in enumerate(array_items(root / "questions.json")):
        number = item.get("img_idx")
        if type(number) is int:
            splits[number] = max(splits.get(number, 0), held.get(place, 0))
    return _Known(pictures, splits)


IMPORTER = Grid3d()
