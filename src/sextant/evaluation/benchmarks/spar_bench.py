"""SPAR-Bench (arXiv 2503.22976): twenty tasks of depth, distance, views and imagination.

Data: ``data/test-*.parquet`` of ``jasonzhango/SPAR-Bench`` (7,207 questions) or
``SPAR-Bench-Tiny``, or VLMEvalKit's ``SparBench.tsv`` / ``SparBench_tiny.tsv``. Eleven tasks are
choices (the options stand in the question), eight are numbers (mean relative accuracy), and
``view_change_infer`` asks for signed moves such as ``move_right:0.3,rotate_up:10``. Score: the mean
over tasks; the levels Low, Middle and High are means over their tasks.

The three codes ask the same words. Their rules, in ``_spar_rules``, defects included: ``official``
(``lmms-eval/lmms_eval/tasks/sparbench`` of the authors) and ``lmms-eval`` (its copy) give an empty
reply full marks on every choice; ``vlmevalkit`` (``sparbench.py``) gives any text at least 0.8 on
most view changes. ``strict`` scores a view change as the mean relative accuracy over all axes that
the truth or the reply names, signs included.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from sextant.errors import ConventionError, InputError
from sextant.evaluation.aggregate import macro, over
from sextant.evaluation.benchmark import Benchmark, Headline, Prompt, Scored
from sextant.evaluation.benchmarks import _spar_rules as spar
from sextant.evaluation.benchmarks._inlined import put_together, take_apart
from sextant.evaluation.benchmarks._scoring import (
    STRICT,
    check_profile,
    harness_reply,
    score_choice,
    score_number,
)
from sextant.evaluation.benchmarks._seen import Seen
from sextant.evaluation.benchmarks._vlmevalkit import entries, images_first, right_letter
from sextant.evaluation.items import Item, OnBroken
from sextant.evaluation.media import pictures_from_cell
from sextant.evaluation.tables import Row, data_files, read_rows
from sextant.models.messages import Picture
from sextant.samples.sample import LETTERS

VIEW_CHANGE = "view_change_infer"

LEVELS: dict[str, tuple[str, ...]] = {
    "Low": (
        "depth_prediction_oc", "depth_prediction_oo", "distance_prediction_oc",
        "distance_prediction_oo", "depth_prediction_oc_mv", "depth_prediction_oo_mv",
        "distance_prediction_oo_mv", "distance_prediction_oc_mv",
    ),
    "Middle": (VIEW_CHANGE, "position_matching", "camera_motion_infer"),
    "High": (
        "obj_spatial_relation_oo", "obj_spatial_relation_oc_mv", "obj_spatial_relation_oo_mv",
        "spatial_imagination_oc", "spatial_imagination_oo", "spatial_imagination_oc_mv",
        "spatial_imagination_oo_mv", "distance_infer_center_oo", "distance_infer_center_oo_mv",
    ),
}  # fmt: skip
LEVEL_OF = {task: level for level, tasks in LEVELS.items() for task in tasks}

COLUMNS = ("question", "image", "task", "answer")

CHOICE_POST = "Answer with the option's letter from the given choices directly."
NUMBER_POST = "Please answer the question using a single word or phrase."
BOXES_POST = (
    "The values represent the bounding box coordinates normalized to a 0-1000 scale, with the "
    "top-left corner as the origin of the image."
)
WITH_BOXES = ("position_matching", "camera_motion_infer")


class SparBench(Benchmark):
    """SPAR-Bench, or its smaller version, which has the same form."""

    license: ClassVar[str] = "see the data card"

    def __init__(self, name: str, title: str, table: str) -> None:
        self.name = name  # type: ignore[misc]
        self.title = title  # type: ignore[misc]
        self._files = ("data/test-*.parquet", "test-*.parquet", table, f"**/{table}")

    def items(self, root: Path, on_broken: OnBroken) -> Iterator[Item]:
        """Read the parquet files, or the table.

        Raises:
            MissingInput: If there is neither, or a column is missing.
        """
        seen = Seen()
        for path in data_files(root, self._files, self.title):
            for name, row, pictures in _rows(path, on_broken):
                try:
                    yield seen.new(_item(name, row, pictures), row.where)
                except InputError as error:
                    on_broken(error)

    def prompt(self, item: Item, profile: str) -> Prompt:
        """Return the one prompt that all codes share, blank lines included."""
        check_profile(profile, self.prompts, self.name)
        joints, question = item.raw.get("joints"), item.question
        if joints is not None and item.options is not None:
            question = put_together(question, joints, item.options)
        if item.answer_type == "choice":
            post = (BOXES_POST if item.task in WITH_BOXES else "") + "\n" + CHOICE_POST
        else:
            post = "\n" if item.task == VIEW_CHANGE else NUMBER_POST
        text = images_first(f"\n{question}\n{post}", len(item.pictures))
        return Prompt(text, max_new_tokens=100 if profile in ("official", "lmms-eval") else 1024)

    def score(self, item: Item, reply: str, profile: str) -> Scored:
        """Score a letter, a number, or signed moves."""
        check_profile(profile, self.rules, self.name)
        authors = profile in ("official", "lmms-eval")
        rule = None if profile == STRICT else f"{profile}/spar_bench"
        seen = harness_reply(reply, rule)
        if item.answer_type == "choice":
            if authors:
                return spar.exact_match(seen, item.answer)
            return score_choice(item, reply, rule)
        if item.task == VIEW_CHANGE:
            return spar.view_change(seen, item.answer, "lmms-eval" if authors else profile)
        if not authors:
            return score_number(item, reply, rule)
        assert item.value is not None  # refused by items()
        found = spar.plain_number(seen, item.value, last=item.task.endswith("_mv"))
        return found if seen == reply else replace(found, span=None)

    def headlines(self, profile: str) -> tuple[Headline, ...]:
        """Return the mean over tasks, those of the levels, and micro."""
        levels = (Headline(level, combine=over(tasks)) for level, tasks in LEVELS.items())
        return (Headline("macro over tasks", combine=macro), *levels, Headline("micro"))


def _rows(path: Path, on_broken: OnBroken) -> Iterator[tuple[str, Row, tuple[Picture, ...]]]:
    if path.suffix.lower() == ".tsv":
        for entry in entries(path, on_broken, (*COLUMNS, "index")):
            yield entry.index, entry.row, entry.pictures
        return
    for row in read_rows(path, (*COLUMNS, "id"), heavy=("image",), on_broken=on_broken):
        try:
            name = row.label("id")
            yield name, row, tuple(pictures_from_cell(name, row["image"]))
        except InputError as error:
            on_broken(error)


def _item(name: str, row: Row, pictures: tuple[Picture, ...]) -> Item:
    task, question, answer = row.label("task"), row.text("question"), row.label("answer")
    if task not in LEVEL_OF:
        raise ConventionError(
            "unknown task", where=row.where, expected=", ".join(sorted(LEVEL_OF)), got=task
        )
    groups = {"level": LEVEL_OF[task]}
    groups |= {
        name: row.label(column)
        for name, column in (("views", "img_type"), ("source", "source"))
        if row.given(column)
    }
    fields: dict[str, Any] = {"answer": answer, "question": question}
    if task == VIEW_CHANGE:
        spar.check_moves(answer, row.where)
        fields["answer_type"] = "text"
    elif task in LEVELS["Low"]:
        fields |= {"answer_type": "number", "value": spar.truth(answer, row.where), "unit": "m"}
    else:
        taken = take_apart(question)
        # Where they cannot be told apart, letters stand for them: four, as the questions say.
        options = taken.options if taken is not None else tuple(LETTERS[:4])
        fields |= {"answer_type": "choice", "options": options}
        fields["answer"] = right_letter(answer, options, row.where)
        if taken is not None:
            fields |= {"question": taken.stem, "raw": {"joints": taken.joints}}
    return Item(id=name, task=task, pictures=pictures, groups=groups, **fields)


BENCHMARKS = (
    SparBench("spar_bench", "SPAR-Bench", "SparBench.tsv"),
    SparBench("spar_bench_tiny", "SPAR-Bench-Tiny", "SparBench_tiny.tsv"),
)
