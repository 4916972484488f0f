"""SITE-Bench (arXiv 2505.05456): spatial questions of 31 data sets, on pictures and on videos.

Data: ``franky-veteran/SITE-Bench``, files of its configs ``image_test`` and ``video_test``
(parquet, JSON or JSON Lines: ``question``, ``options``, ``answer``, ``visual``, ``category``,
``dataset``) with the media unpacked beside them; or EASI's ``SiteBenchImage.tsv`` and
``SiteBenchVideo.tsv``. Both files of a folder are read: the score is defined over both. Ids are
``image_<k>`` and ``video_<k>``, k the position in the file, or the index in EASI's table.

Score: chance-adjusted accuracy, sum(hit - 1/n) / sum(1 - 1/n) over all questions, n the number of
options. All wrong is below zero. The scores of the two halves cannot be averaged.

Profiles. ``official`` (``eval_scripts/sitebench/utils.py``) and ``lmms-eval`` (``tasks/sitebench``)
guess a letter at random where they find none, unseeded there, seeded by the reply here; the status
says ``empty`` beside it. ``vlmevalkit`` (``sitebench.py``, EASI) never guesses; its cascade knows
the letters A to F only, and where the true letter is another, an unreadable reply counts as right.
The prompts agree, except that ``vlmevalkit`` and ``lmms-eval`` strip the text around pictures, and
``vlmevalkit`` leaves the question unstripped. A question that marks fewer pictures than it has gets
the rest behind its last mark, as in lmms-eval; VLMEvalKit drops them. ``strict``: the official
prompt, nothing guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from sextant.errors import InputError, MissingInput
from sextant.evaluation.benchmark import Benchmark, FrameRule, Headline, Prompt, Scored
from sextant.evaluation.benchmarks._media_root import MediaRoot
from sextant.evaluation.benchmarks._scoring import STRICT, check_profile, found_choice, scored
from sextant.evaluation.benchmarks._seen import Seen
from sextant.evaluation.extraction import find_choice
from sextant.evaluation.items import IMAGE_MARK, Item, OnBroken
from sextant.evaluation.media import pictures_from_cell, video_from_file
from sextant.evaluation.options import answer_letter, bare_options, lettered
from sextant.evaluation.prompts import as_many_marks, tight_marks
from sextant.evaluation.tables import Cell, Row, data_files, read_rows
from sextant.evaluation.video import PICTURE_SUFFIXES

COLUMNS = ("question", "options", "answer", "visual", "category", "dataset")
TSV_COLUMNS = ("index", "question", "answer")

IMAGE_FILES = (
    "image_test*.parquet", "image_test/*.parquet", "data/image_test*.parquet", "image_test.json*",
    "*image*.parquet", "*image*.json*", "SiteBenchImage.tsv",
)  # fmt: skip
VIDEO_FILES = tuple(
    name.replace("image", "video").replace("Image", "Video") for name in IMAGE_FILES
)

VIDEO_SUFFIXES = (".mp4", ".webm", ".mkv", ".avi", ".mov")

PRE_VIDEO = (
    "Select the best answer to the following multiple-choice question based on the video. "
    "Respond with only the letter of the correct option."
)
POST = "Give me the answer letter directly. The best answer is:"


class SiteBench(Benchmark):
    """SITE-Bench, pictures and videos together."""

    name: ClassVar[str] = "site_bench"
    title: ClassVar[str] = "SITE-Bench"
    license: ClassVar[str] = "CC-BY-4.0"

    def items(self, root: Path, on_broken: OnBroken) -> Iterator[Item]:
        """Read the questions on pictures, then those on videos; media stay unread.

        Raises:
            MissingInput: If there is no file of either, or one lacks a column.
        """
        seen, counts = Seen(), Counter[str]()
        for kind, path in self._files(root):
            table = path.suffix.lower() == ".tsv"
            bases = [root, root / "data"] if root.is_dir() else []
            media = MediaRoot([*bases, path.parent], extra=("data",))
            columns, last = TSV_COLUMNS if table else COLUMNS, -1
            for row in read_rows(path, columns, heavy=("image",), on_broken=on_broken):
                last = row.number
                try:
                    # Positions go on from one file of a config to its next.
                    position = row.label("index") if table else str(counts[kind] + last)
                    yield seen.new(_item(row, f"{kind}_{position}", media, kind), row.where)
                except InputError as error:
                    on_broken(error)
            counts[kind] += last + 1

    def prompt(self, item: Item, profile: str) -> Prompt:
        """Return a profile's prompt; pictures at their marks or first, a video first."""
        check_profile(profile, self.prompts, self.name)
        question = item.question if profile == "vlmevalkit" else item.question.strip()
        options = "\n".join(lettered(item.options or (), ": "))
        text = f"Question: {question}\nOptions:\n{options}\n{POST}"
        if item.video is not None:
            return Prompt(f"{PRE_VIDEO}\n{text}")
        count = len(item.pictures)
        text = (
            as_many_marks(text, count) if IMAGE_MARK in text else IMAGE_MARK * count + "\n" + text
        )
        return Prompt(tight_marks(text) if profile in ("vlmevalkit", "lmms-eval") else text)

    def score(self, item: Item, reply: str, profile: str) -> Scored:
        """Score a letter; points and weight are taken down by what guessing is worth."""
        check_profile(profile, self.rules, self.name)
        rule = None if profile == STRICT else f"{profile}/{self.name}"
        found, truth = found_choice(item, reply, rule), item.answer
        hit = found.value == truth
        if profile == "vlmevalkit":
            # It reads the stored answer by the same rule as the reply, and compares what it found.
            hit = found.value == find_choice(truth, item.options or 2, rule=rule).value
        chance = 1.0 / len(item.options or ())
        return replace(scored(found, float(hit) - chance), weight=1.0 - chance)

    def headlines(self, profile: str) -> tuple[Headline, ...]:
        """Return the chance-adjusted accuracy, pooled."""
        return (Headline("chance-adjusted, pooled"),)

    def frames(self, profile: str) -> FrameRule:
        """Return 32 frames, evenly."""
        return FrameRule(32, "uniform_distinct" if profile == "lmms-eval" else "uniform")

    def _files(self, root: Path) -> Iterator[tuple[str, Path]]:
        if root.is_file():
            yield "video" if "video" in f"{root.parent.name}/{root.stem}".lower() else "image", root
            return
        missing: list[MissingInput] = []
        for kind, patterns in (("image", IMAGE_FILES), ("video", VIDEO_FILES)):
            try:
                for path in data_files(root, patterns, self.title):
                    yield kind, path
            except MissingInput as error:
                missing.append(error)
        if len(missing) == 2:
            raise missing[0]


def _item(row: Row, name: str, media: MediaRoot, kind: str) -> Item:
    column = "candidates" if row.given("candidates") else "options"
    options = bare_options(row.texts(column), row.where)
    category = row.label("category") if row.given("category") else "all"
    shown, first = _shown(row, name, media, kind)
    return Item(
        id=name,
        task=category,
        question=row.text("question"),
        answer=answer_letter(row.label("answer"), options, row.where),
        answer_type="choice",
        options=options,
        pictures=shown if isinstance(shown, tuple) else (),
        video=None if isinstance(shown, tuple) else shown,
        cluster=first,
        groups={
            "media": "image" if isinstance(shown, tuple) else "video",
            "source": row.label("dataset") if row.given("dataset") else "",
        },
    )


def _is_video(path: str, kind: str) -> bool:
    # Some files of the set have no suffix at all, so the file of questions decides.
    return path.lower().endswith(VIDEO_SUFFIXES) or (
        kind == "video" and not path.lower().endswith(PICTURE_SUFFIXES)
    )


def _shown(row: Row, name: str, media: MediaRoot, kind: str) -> tuple[Any, str]:
    """Return the pictures, or the video, and the path of the first."""
    for column in ("visual", "image_path", "video_path", "video", "image"):
        value = row.get(column)
        if isinstance(value, Cell):
            return tuple(pictures_from_cell(name, value)), ""
        if not row.given(column):
            continue
        paths = [path.lstrip("/") for path in row.paths(column)]
        if len(paths) == 1 and _is_video(paths[0], kind):
            base, inner = media.place(paths[0], row.where)
            return video_from_file(base, inner, row.where), paths[0]
        return tuple(media.picture(path, row.where) for path in paths), paths[0]
    raise MissingInput(
        "the row shows nothing", where=row.where, expected="visual", got=", ".join(row)
    )


BENCHMARK = SiteBench()
