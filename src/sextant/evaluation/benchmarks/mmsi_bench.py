"""MMSI-Bench (arXiv 2505.23764): 1,000 questions on several pictures of a place, eleven tasks.

Data: ``MMSI_Bench.parquet`` of ``RunsenXu/MMSI-Bench``, pictures inside; or a VLMEvalKit table, the
authors' ``MMSI_Bench.tsv`` (options within the question) or EASI's ``MMSIBench_wo_circular.tsv``
(options in columns, short names of tasks). Licence: the data's card says CC-BY-4.0, the repository
CC-BY-NC-4.0.

Score: accuracy over all questions.

Profiles. ``official`` (the authors' fork of VLMEvalKit, ``vlmeval/dataset/mmsi_bench.py``): what
stands in back-ticks or braces, then the first letter A to D that no word follows; what is not found
went to a language model, and is unanswered here. ``lmms-eval`` (``tasks/mmsi_bench``): the same
with A to F in either case, so that an article "a" can count. ``vlmevalkit`` (``mmsibench.py``):
options built anew as "A: x, B: y, " with the comma at the end; the cascade of EASI. ``strict``: the
official prompt.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from sextant.errors import ConventionError, InputError, MissingInput
from sextant.evaluation.benchmark import Benchmark, Headline, Prompt, Scored
from sextant.evaluation.benchmarks._scoring import STRICT, check_profile, score_choice
from sextant.evaluation.benchmarks._seen import Seen
from sextant.evaluation.benchmarks._vlmevalkit import Entry, entries
from sextant.evaluation.items import Item, OnBroken
from sextant.evaluation.media import pictures_from_cell
from sextant.evaluation.options import InlineOptions, answer_letter, inline_options, lettered
from sextant.evaluation.tables import Row, data_files, read_rows

COLUMNS = ("id", "images", "question_type", "question", "answer")
TSV_COLUMNS = ("index", "question", "answer", "category")

FILES = (
    "MMSI_Bench.parquet", "MMSI_bench.parquet", "data/*.parquet", "*.parquet",
    "MMSI_Bench.tsv", "MMSI_bench.tsv", "MMSIBench_wo_circular.tsv",
)  # fmt: skip

POST = (
    "Answer with the option's letter from the given choices directly. "
    "Enclose the option's letter within ``."
)

SHORT_NAMES = {
    "Pos-Cam-Cam": "Positional Relationship (Cam.–Cam.)",
    "Pos-Obj-Obj": "Positional Relationship (Obj.–Obj.)",
    "Pos-Reg-Reg": "Positional Relationship (Reg.–Reg.)",
    "Pos-Cam-Obj": "Positional Relationship (Cam.–Obj.)",
    "Pos-Obj-Reg": "Positional Relationship (Obj.–Reg.)",
    "Pos-Cam-Reg": "Positional Relationship (Cam.–Reg.)",
    "Attr-Meas": "Attribute (Meas.)",
    "Attr-Appr": "Attribute (Appr.)",
    "Motion-Cam": "Motion (Cam.)",
    "Motion-Obj": "Motion (Obj.)",
}
"""EASI's names of the tasks, and those of the data."""


class MmsiBench(Benchmark):
    """MMSI-Bench without rotations; the stress test ``circular`` makes them."""

    name: ClassVar[str] = "mmsi_bench"
    title: ClassVar[str] = "MMSI-Bench"
    license: ClassVar[str] = "CC-BY-4.0 (data card), CC-BY-NC-4.0 (repository)"

    def items(self, root: Path, on_broken: OnBroken) -> Iterator[Item]:
        """Read the questions; of the pictures only their number is looked at.

        Raises:
            MissingInput: If there is no file of them, or it lacks a column.
        """
        seen = Seen()
        for path in data_files(root, FILES, self.title):
            if path.suffix.lower() == ".tsv":
                for entry in entries(path, on_broken, TSV_COLUMNS):
                    try:
                        yield seen.new(_tsv_item(entry), entry.row.where)
                    except InputError as error:
                        on_broken(error)
                continue
            for row in read_rows(path, COLUMNS, heavy=("images",), on_broken=on_broken):
                try:
                    yield seen.new(_item(row), row.where)
                except InputError as error:
                    on_broken(error)

    def prompt(self, item: Item, profile: str) -> Prompt:
        """Return a profile's prompt; the pictures come first."""
        check_profile(profile, self.prompts, self.name)
        options = item.options or ()
        if profile == "vlmevalkit":
            listed = "".join(f"{option}, " for option in lettered(options, ": "))
            hint = item.raw.get("hint")
            head = f"Hint: {hint}\n" if hint else ""
            return Prompt(f"{head}{item.question}\nOptions: {listed}\n{POST}")
        text = self._stored(item)
        if profile == "lmms-eval":
            return Prompt(f"{text.strip()}\n{POST}", max_new_tokens=2048)
        return Prompt(f"{text}\n{POST}")

    def score(self, item: Item, reply: str, profile: str) -> Scored:
        """Score a letter."""
        check_profile(profile, self.rules, self.name)
        return score_choice(item, reply, None if profile == STRICT else f"{profile}/{self.name}")

    def headlines(self, profile: str) -> tuple[Headline, ...]:
        """Return micro, as everybody reports it."""
        return (Headline("micro"),)

    @staticmethod
    def _stored(item: Item) -> str:
        """Return question and options as the data hold them, with the options now shown."""
        options, stored = item.options or (), item.raw.get("inlined")
        if isinstance(stored, InlineOptions) and item.question == item.raw["question"]:
            return stored.with_options(options)
        # The layout of the authors' ``build_question_with_options``.
        return f"{item.question}\nOptions: {', '.join(lettered(options, ': '))}"


def _item(row: Row) -> Item:
    pictures = tuple(pictures_from_cell(f"{row.label('id')}", row["images"]))
    return _made(row.label("id"), row.label("question_type"), row, None, pictures, {})


def _tsv_item(entry: Entry) -> Item:
    raw = {"hint": entry.cell("hint")}
    task = entry.row.label("category")
    return _made(entry.index, task, entry.row, entry.options(), entry.pictures, raw)


def _made(
    name: str, task: str, row: Row, options: tuple[str, ...] | None, pictures: Any,
    raw: dict[str, Any],
) -> Item:  # fmt: skip
    if not pictures:
        raise MissingInput("the row has no picture", where=row.where)
    question = row.text("question")
    if options is None:
        inlined = _inlined(question)
        if inlined is None:
            raise ConventionError(
                "the question lists no options", where=row.where,
                expected="... Options: A: x, B: y, ...", got=repr(question[-80:]),
            )  # fmt: skip
        options, raw = inlined.options, {**raw, "inlined": inlined}
        question = inlined.joints[0].rpartition("Options:")[0].rstrip() or question
    task = SHORT_NAMES.get(task, task.replace(".-", ".–"))
    return Item(
        id=name,
        task=task,
        question=question,
        answer=answer_letter(row.label("answer"), options, row.where),
        answer_type="choice",
        options=options,
        pictures=pictures,
        groups={"kind": task.partition(" (")[0]},
        raw={**raw, "question": question},
    )


def _inlined(text: str) -> InlineOptions | None:
    """Take the options apart; letters before the last "Options:" belong to the question."""
    head, marker, tail = text.rpartition("Options:")
    found = inline_options(marker + tail, ":")
    if found is None:
        return None
    return InlineOptions((head + found.joints[0], *found.joints[1:]), found.options)


BENCHMARK = MmsiBench()
