"""VSI-Bench (arXiv 2412.14171): 5,130 questions on videos of 288 rooms, and its debiased subset.

Data: ``nyu-visionx/VSI-Bench``. ``test.jsonl`` or ``test*.parquet``, videos unpacked to
``<dataset>/<scene_name>.mp4`` (or folders of frames of that name). ``vsi_bench_debiased`` and
``vsi_bench_pruned`` are its two halves by ``pruned_ids.txt`` (arXiv 2511.04655). Or VLMEvalKit's
``VSI-Bench.tsv`` and ``VSI-Bench-Debiased.tsv``, which hold the same.

Score: accuracy of letters, mean relative accuracy of numbers; mean over eight tasks, of which
relative direction is the mean of easy, medium and hard. A scene is a cluster; rescans of one
ScanNet room count as one, since they show the same things.

Profiles. ``official`` (thinking-in-space ``lmms_eval/tasks/vsibench/utils.py``): the first token
of the reply is the answer; 16 new tokens. ``lmms-eval`` (``tasks/vsibench``): the same for letters,
for numbers the first in the reply. ``vlmevalkit`` (``vsibench.py``, also EASI): prompt without the
line "Options:" and with "in one float number"; a cascade of patterns for letters, the last number
for numbers; without all three levels of relative direction, those there are count as tasks of their
own. ``strict``: the official prompt, with room to think; numbers with their unit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, InputError, MissingInput
from sextant.evaluation.aggregate import VSI_DIRECTIONS, macro, vsi_combine
from sextant.evaluation.asked_object import asked_in_text
from sextant.evaluation.benchmark import Benchmark, FrameRule, Headline, Prompt, Scored
from sextant.evaluation.benchmarks._scoring import STRICT, check_profile, score_choice, score_number
from sextant.evaluation.benchmarks._seen import Seen
from sextant.evaluation.items import Item, OnBroken
from sextant.evaluation.media import video_from_file
from sextant.evaluation.options import answer_letter, bare_options, lettered
from sextant.evaluation.tables import Row, data_files, media_folder, read_rows

CHOICES = (*VSI_DIRECTIONS, "object_rel_distance", "route_planning", "obj_appearance_order")
UNITS = {
    "object_counting": "count",
    "object_abs_distance": "m",
    "object_size_estimation": "cm",
    "room_size_estimation": "m2",
}

COLUMNS = ("id", "dataset", "scene_name", "question_type", "question", "ground_truth", "options")
TSV_COLUMNS = ("index", "video", "question", "question_type", "candidates", "answer")

FILES = {
    "": ("test.jsonl", "test*.parquet", "VSI-Bench.tsv"),
    "debiased": ("test_debiased.parquet", "VSI-Bench-Debiased.tsv", "test.jsonl"),
    "pruned": ("test_pruned.parquet", "test.jsonl"),
}
PRUNED_IDS = "pruned_ids.txt"

PRE = "These are frames of a video."
POST_CHOICE = "Answer with the option's letter from the given choices directly."
POST_NUMBER = "Please answer the question using a single word or phrase."
POST_NUMBER_V = "Answer briefly and directly in one float number."


class VsiBench(Benchmark):
    """All of VSI-Bench."""

    name: ClassVar[str] = "vsi_bench"
    title: ClassVar[str] = "VSI-Bench"
    license: ClassVar[str] = "Apache-2.0"
    subset: ClassVar[str] = ""

    def items(self, root: Path, on_broken: OnBroken) -> Iterator[Item]:
        """Read the questions; videos stay unread.

        Raises:
            MissingInput: If there is no file of them, or nothing says which are pruned.
        """
        seen, media = Seen(), media_folder(root)
        for path in data_files(root, FILES[self.subset], self.title):
            table = path.suffix.lower() in (".tsv", ".csv")
            columns = TSV_COLUMNS if table else COLUMNS
            wanted = None if self.subset in path.stem.lower() else _Pruned(media)
            for row in read_rows(path, columns, on_broken=on_broken):
                if wanted and wanted.holds(row) != (self.subset == "pruned"):
                    continue
                try:
                    yield seen.new(_item(row, media, table), row.where)
                except InputError as error:
                    on_broken(error)

    def prompt(self, item: Item, profile: str) -> Prompt:
        """Return a profile's prompt; the frames come first."""
        check_profile(profile, self.prompts, self.name)
        lines = [PRE, item.question]
        if item.options is not None:
            lines += [] if profile == "vlmevalkit" else ["Options:"]
            lines += [*lettered(item.options, ". "), POST_CHOICE]
        else:
            lines.append(POST_NUMBER_V if profile == "vlmevalkit" else POST_NUMBER)
        limit = 16 if profile in ("official", "lmms-eval") else 1024
        return Prompt("\n".join(lines), max_new_tokens=limit)

    def score(self, item: Item, reply: str, profile: str) -> Scored:
        """Score a letter or a number."""
        check_profile(profile, self.rules, self.name)
        rule = None if profile == STRICT else f"{profile}/vsi_bench"
        if item.options is not None:
            return score_choice(item, reply, rule)
        return score_number(item, reply, rule)

    def headlines(self, profile: str) -> tuple[Headline, ...]:
        """Return the macro rule, then micro."""
        rule = _vlmevalkit_combine if profile == "vlmevalkit" else vsi_combine
        return (Headline("macro over 8 tasks", rule), Headline("micro"))

    def frames(self, profile: str) -> FrameRule:
        """Return 32 frames, the last one included."""
        return FrameRule(32, "uniform_distinct" if profile == "lmms-eval" else "uniform_tail")


class VsiBenchDebiased(VsiBench):
    """What iterative bias pruning left: questions a blind model cannot answer by habit."""

    name: ClassVar[str] = "vsi_bench_debiased"
    title: ClassVar[str] = "VSI-Bench-Debiased"
    subset: ClassVar[str] = "debiased"


class VsiBenchPruned(VsiBench):
    """What iterative bias pruning took out; a high score here alone is a warning."""

    name: ClassVar[str] = "vsi_bench_pruned"
    title: ClassVar[str] = "VSI-Bench, pruned questions"
    subset: ClassVar[str] = "pruned"


class _Pruned:
    """Tells pruned rows, by their own column or by the list of ids beside the file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ids: frozenset[str] | None = None

    def holds(self, row: Row) -> bool:
        stored = row.get("pruned")
        if isinstance(stored, bool):
            return stored
        if self._ids is None:
            try:
                text = (self._folder / PRUNED_IDS).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                text = ""
            self._ids = frozenset(text.split())
        # The indices of VLMEvalKit's tables are not the ids that the list is made of.
        if not self._ids or "id" not in row:
            raise MissingInput(
                "nothing says which questions are pruned", where=row.where,
                expected=f"a column 'pruned', or 'id' and {PRUNED_IDS} beside the file",
            )  # fmt: skip
        return str(row["id"]) in self._ids


def _item(row: Row, media: Path, table: bool) -> Item:
    kind = row.label("question_type")
    if table:
        path = row.label("video")
        scene = path.removesuffix(".mp4")
        name, stored, truth = row.label("index"), "candidates", row.label("answer")
    else:
        scene = f"{row.label('dataset')}/{row.label('scene_name')}"
        path = f"{scene}.mp4"
        name, stored, truth = row.label("id"), "options", _truth(row)
    dataset = scene.partition("/")[0]
    options, value = None, None
    if kind in CHOICES:
        options = bare_options(row.texts(stored), row.where)
        truth = answer_letter(truth, options, row.where)
    elif kind in UNITS:
        value = _number(truth, row)
    else:
        raise ConventionError(
            "unknown question type", where=row.where, got=kind,
            expected=", ".join((*CHOICES, *UNITS)),
        )  # fmt: skip
    question = row.text("question")
    return Item(
        id=name,
        task=kind,
        question=question,
        answer=truth,
        answer_type="choice" if options else "number",
        options=options,
        value=value,
        unit=UNITS.get(kind),
        video=video_from_file(media, path, row.where),
        cluster=scene.rpartition("_")[0] if dataset == "scannet" and "_" in scene else scene,
        groups={"source": dataset, "object": asked_in_text(question)},
    )


def _truth(row: Row) -> str:
    value = row.get("ground_truth")
    return str(value) if isinstance(value, float) else row.label("ground_truth")


def _number(text: str, row: Row) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ConventionError(
            "the true value is no number", where=row.where, expected="a finite number",
            got=repr(text[:60]),
        )  # fmt: skip
    return value


def _vlmevalkit_combine(scores: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    whole = all(name in scores for name in VSI_DIRECTIONS)
    return vsi_combine(scores) if whole else macro(scores)


BENCHMARKS: tuple[Benchmark, ...] = (VsiBench(), VsiBenchDebiased(), VsiBenchPruned())
