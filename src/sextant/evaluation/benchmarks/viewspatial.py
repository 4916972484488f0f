"""ViewSpatial-Bench (arXiv 2505.21500): where things are, seen from the camera and from a person.

Data: ``ViewSpatial-Bench.json`` (5,712 questions) of the repository's ``eval/`` or of
``lidingm/ViewSpatial-Bench``, with ``scannetv2_val/`` and ``val2017/`` unpacked; or EASI's
``ViewSpatialBench.tsv``. Questions have no id of their own: theirs is their position in the file.

Score: accuracy over all questions. A ScanNet room (all its scans), or a photograph, is a cluster.

A predictor that looks at no picture, only at which answer text is frequent for the type, scores
52.8 %, twice chance and more than GPT-4o: report ``blind`` beside every score of this set.

Profiles. ``official`` (``evaluate.py``): question and choices are glued together without so much as
a blank, "...refrigerator?A. right"; the first letter A to D of the last line counts in either case,
so the article "a" is an A. ``vlmevalkit`` (``viewspatialbench.py``) and ``lmms-eval``
(``tasks/viewspatial``): "Question:" and "Choices:" on lines of their own; the latter with the
official rule for replies, the former with EASI's cascade. ``strict``: their prompt, since the
official one is damaged. Pictures come first in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from sextant.errors import InputError, MissingInput
from sextant.evaluation.benchmark import Benchmark, Headline, Prompt, Scored
from sextant.evaluation.benchmarks._media_root import MediaRoot
from sextant.evaluation.benchmarks._scoring import STRICT, check_profile, score_choice
from sextant.evaluation.benchmarks._seen import Seen
from sextant.evaluation.items import Item, OnBroken
from sextant.evaluation.media import pictures_from_cell
from sextant.evaluation.options import answer_letter, bare_options, lettered
from sextant.evaluation.tables import Cell, Row, data_files, read_rows

COLUMNS = ("question_type", "question", "choices", "answer")
TSV_COLUMNS = ("index", "question_type", "question", "candidates", "answer")

FILES = (
    "ViewSpatial-Bench.json", "eval/ViewSpatial-Bench.json", "ViewSpatial-Bench.jsonl",
    "ViewSpatialBench.tsv", "data/test*.parquet", "test*.parquet",
)  # fmt: skip

TAIL = "Reply only to the corresponding option.\nAnswer:"

CLONE = "ViewSpatial-Bench"
"""First step of the stored paths, which the archives of the hub do not have."""

_ROOM = re.compile(r"scene\d{4}(?=_\d{2}$)")


class ViewSpatial(Benchmark):
    """ViewSpatial-Bench."""

    name: ClassVar[str] = "viewspatial"
    title: ClassVar[str] = "ViewSpatial-Bench"
    license: ClassVar[str] = "Apache-2.0"

    def items(self, root: Path, on_broken: OnBroken) -> Iterator[Item]:
        """Read the questions; pictures stay unread.

        Raises:
            MissingInput: If there is no file of them, or it lacks a column.
        """
        seen = Seen()
        files = data_files(root, FILES, self.title)
        offset = 0  # of the positions in files before, where there are several
        for path in files:
            table = path.suffix.lower() == ".tsv"
            home = path.parent.parent if path.parent.name == "eval" else path.parent
            media = MediaRoot([root if root.is_dir() else home, home, path.parent], extra=(CLONE,))
            heavy = ("image",) if table else ("images",) if path.suffix == ".parquet" else ()
            columns = TSV_COLUMNS if table else COLUMNS
            number = -1
            for row in read_rows(path, columns, heavy=heavy, on_broken=on_broken):
                number = row.number
                try:
                    name = row.label("index") if table else str(offset + number)
                    yield seen.new(_item(row, name, media, table), row.where)
                except InputError as error:
                    on_broken(error)
            offset += number + 1

    def prompt(self, item: Item, profile: str) -> Prompt:
        """Return a profile's prompt; the pictures come first."""
        check_profile(profile, self.prompts, self.name)
        choices = "\n".join(lettered(item.options or (), ". "))
        if profile == "official":
            return Prompt(f"{item.question}{choices}\n{TAIL}", max_new_tokens=128)
        return Prompt(f"Question: {item.question}\nChoices: {choices}\n{TAIL}")

    def score(self, item: Item, reply: str, profile: str) -> Scored:
        """Score a letter."""
        check_profile(profile, self.rules, self.name)
        return score_choice(item, reply, None if profile == STRICT else f"{profile}/{self.name}")

    def headlines(self, profile: str) -> tuple[Headline, ...]:
        """Return micro, as everybody reports it."""
        return (Headline("micro"),)


def _item(row: Row, name: str, media: MediaRoot, table: bool) -> Item:
    listed = row.text("candidates" if table else "choices")
    texts = [line.strip() for line in listed.split("\n") if line.strip()]
    options = bare_options(texts, row.where)
    pictures, first = _pictures(row, name, media)
    folder = first.split("/")
    room = next((found[0] for step in folder if (found := _ROOM.match(step))), None)
    task = row.label("question_type")
    return Item(
        id=name,
        task=task,
        question=row.text("question"),
        answer=answer_letter(row.text("answer"), options, row.where),
        answer_type="choice",
        options=options,
        pictures=pictures,
        cluster=room or first,
        groups={
            "perspective": task.partition(" - ")[0],
            "source": "scannet" if room else "coco" if first else "",
        },
    )


def _pictures(row: Row, name: str, media: MediaRoot) -> tuple[Any, str]:
    """Return the pictures and the path of the first, "" where they are inside the file."""
    for column in ("image_path", "images", "image"):
        value = row.get(column)
        if isinstance(value, Cell):
            return tuple(pictures_from_cell(name, value)), ""
        if row.given(column):
            paths = row.paths(column)
            return tuple(media.picture(path, row.where) for path in paths), paths[0]
    raise MissingInput(
        "the row has no picture", where=row.where, expected="image_path", got=", ".join(row)
    )


BENCHMARK = ViewSpatial()
