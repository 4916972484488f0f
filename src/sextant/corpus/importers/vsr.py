"""VSR, Visual Spatial Reasoning (arXiv 2205.00363): is a caption about a COCO picture true?

Layout (the authors' repository, data/README.md): JSONL with ``image`` (a COCO name), ``caption``,
``label`` (0 or 1), ``relation``; ``splits/random`` and ``splits/zeroshot`` hold train, dev and
test. The two divide the same rows differently, so a folder that holds both is refused: the
training rows of one are test rows of the other. Both divide rows, not pictures: what shares a
picture with a row of test is test here, what shares one with a row of dev is val. ``--image-root``
is the folder of pictures.

Relations (the authors' rel_meta_category_dict.txt) that a family of ours asks about are that
family; the others are the authors' categories. The question around the caption is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import files_below, line_items
from sextant.corpus.importing.plain_rows import answered, text_of
from sextant.corpus.importing.set_rows import BrokenRow, SetFile, SetRow
from sextant.errors import InputError

_KINDS = {
    "sr.egocentric_direction": "left of, right of, at the left side of, at the right side of, "
    "in front of, behind, at the back of, ahead of, above, below, over, under, beneath",
    "sr.proximity": "near, close to, far from, far away from, next to, by, beside",
    "sr.support": "on top of, on, in, inside, within, contains",
    "sr.facing": "facing, facing away from, parallel to, perpendicular to",
    "sr.between": "between",
    "vsr.adjacency": "adjacent to, alongside, at the side of, attached to, against, at the edge of",
    "vsr.directional": "off, past, toward, down, deep down, up, away from, along, around, from, "
    "into, to, across, across from, through, down from",
    "vsr.projective": "in the middle of",
    "vsr.topological": "connected to, detached from, has as a part, part of, at, with, "
    "surrounding, among, consists of, out of, outside, touching",
    "vsr.other": "beyond, opposite to, after, enclosed by",
}

TASKS = {name: (kind, "SR") for kind, names in _KINDS.items() for name in names.split(", ")}

SPLITS = {"train.jsonl": "train", "dev.jsonl": "val", "test.jsonl": "test"}

QUESTION = "Is this true of the image? {}"


class Vsr:
    """Captions with labels."""

    name = "vsr"
    title = "VSR (splits/random or splits/zeroshot)"
    license = "Apache-2.0 (annotations); pictures: COCO's terms"
    tasks: Mapping[str, tuple[str, str]] = TASKS
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the files of one way of splitting, or the file given.

        Raises:
            InputError: If there are several.
        """
        found = files_below(root, (".jsonl",))
        if root.is_file():
            return [file._replace(split=SPLITS.get(root.name, "train")) for file in found]
        found = [file for file in found if file.path.rpartition("/")[2] in SPLITS]
        folders = {file.path.rpartition("/")[0] for file in found}
        if len(folders) > 1:
            raise InputError(
                "several ways of splitting the same rows", where=root, got=sorted(folders),
                expected="the folder of one, e.g. splits/random",
            )  # fmt: skip
        return [
            file._replace(
                split=SPLITS[file.path.rpartition("/")[2]],
                beside=str((root / file.path).parent.resolve()),
            )
            for file in found
        ]

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        label, image = record.get("label"), text_of(record, "image")
        if type(label) is not int or label not in (0, 1):
            raise BrokenRow("label is neither 0 nor 1", label)
        question = QUESTION.format(text_of(record, "caption"))
        return answered(
            question, "yes" if label else "no", [image], task=text_of(record, "relation"),
            split=_split(image, file), scene=f"coco/{image.rpartition('.')[0] or image}",
            source="vsr/coco",
        )  # fmt: skip


def _split(image: str, file: SetFile) -> str:
    if not file.beside:
        return file.split
    held = _held_out(file.beside)
    return next((split for split in ("test", "val") if image in held[split]), file.split)


@lru_cache(maxsize=2)
def _held_out(folder: str) -> dict[str, frozenset[str]]:
    """Return the pictures of dev and test."""
    found = {}
    for name, split in SPLITS.items():
        path, pictures = Path(folder) / name, set()
        for record in line_items(path) if path.is_file() else ():
            picture = record.get("image")
            if isinstance(picture, str):
                pictures.add(picture)
        found[split] = frozenset(pictures)
    return found


IMPORTER = Vsr()
