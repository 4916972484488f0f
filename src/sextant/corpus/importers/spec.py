"""SPEC (arXiv 2312.00081): which caption fits a picture, which picture fits a caption.

Layout (the authors' loader): six folders (``absolute_size``, ``relative_size``,
``absolute_spatial``, ``relative_spatial``, ``existence``, ``count``) with ``image2text.json``
(arrays of ``query``, a path; ``keys``, captions; ``label``, the number of the right one) and
``text2image.json`` (``query`` a caption, ``keys`` paths). Paths are relative to the folder.

The set has no splits: all rows are train. The questions around the captions are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sextant.corpus.importers._files import folder_of, matching
from sextant.corpus.importing.pieces import kind_of
from sextant.corpus.importing.plain_rows import asked, chosen, text_of
from sextant.corpus.importing.set_rows import GENERAL, BrokenRow, SetFile, SetRow
from sextant.samples.sample import LETTERS
from sextant.samples.validate import IMAGE_MARK

TASKS = {
    "absolute_size": ("spec.absolute_size", GENERAL),
    "relative_size": ("sr.size_comparison", "SR"),
    "absolute_spatial": ("sr.image_position", "SR"),
    "relative_spatial": ("sr.egocentric_direction", "SR"),
    "existence": ("spec.existence", GENERAL),
    "count": ("spec.count", GENERAL),
}

CAPTION = "Which caption fits the image?"
PICTURE = "Which image fits this caption? {}"


class Spec:
    """Captions and pictures to choose from."""

    name = "spec"
    title = "SPEC (folders with image2text.json and text2image.json)"
    license = "that of the set"
    tasks: Mapping[str, tuple[str, str]] = TASKS
    row_version = 1

    def files(self, root: Path) -> list[SetFile]:
        """Return the files of all folders; the folder is the task."""
        folder = folder_of(root)
        return [
            SetFile(path, kind_of(folder / path), task=(folder / path).parent.name)
            for path, _ in matching(root, r"(image2text|text2image)\.json")
        ]

    def row(self, record: dict[str, Any], file: SetFile) -> SetRow:
        """Return a row; see ``Importer``."""
        query, keys = text_of(record, "query"), record.get("keys")
        if not isinstance(keys, list) or any(not isinstance(k, str) or not k for k in keys):
            raise BrokenRow("keys is no list of texts", keys)
        folder = file.path.rpartition("/")[0]
        below = f"{folder}/" if folder else ""
        label, more = record.get("label"), {"task": file.task}
        if file.path.endswith("image2text.json"):
            scene = f"spec/{below}{query.rpartition('.')[0] or query}"
            return chosen(CAPTION, keys, label, [below + query], scene=scene, **more)
        letters = list(LETTERS[: len(keys)])
        row = chosen(PICTURE.format(query), letters, label, [], **more, style="verbatim")
        listed = "\n".join(f"{letter}. {IMAGE_MARK}" for letter in letters)
        question = f"{asked(PICTURE.format(query), 0)}\n{listed}"
        scene = f"spec/{below}{keys[0].rpartition('.')[0] or keys[0]}"
        images = [below + key for key in keys]
        return row._replace(images=images, question=question, scene=scene)


IMPORTER = Spec()
