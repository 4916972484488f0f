"""BLINK (arXiv 2404.12390): fourteen perception tasks with one to four pictures.

Data: ``BLINK-Benchmark/BLINK``, a folder per sub-task with ``val-*.parquet`` (1,901 questions); the
answers of ``test`` are hidden. Or VLMEvalKit's ``BLINK.tsv``.

Score. ``official`` (``eval/evaluate.py``): mean over the sub-tasks' accuracies. ``vlmevalkit`` and
``lmms-eval``: accuracy over all rows, 0.1 to 0.8 points lower on published models. Both are named.

Profiles. ``official`` (``eval/test_benchmark.py``): the stored prompt, then the pictures; three
sub-tasks begin with a disclaimer about people. A reply counts if it is a letter, ``(X)``, or holds
one ``(X)`` only, in all or in its last paragraph; anything else went to GPT-3.5, and is unanswered
here. ``vlmevalkit``: ``can_infer`` without a judge, prompt of ``ImageMCQDataset``. ``lmms-eval``
(``tasks/blink/utils.py``): the first letter of the reply, be it that of a word. ``strict``: the
official prompt without the disclaimers, which were for one model's refusals, pictures first.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from sextant.errors import ConventionError, InputError, MissingInput
from sextant.evaluation.aggregate import macro
from sextant.evaluation.benchmark import Benchmark, Headline, Prompt, Scored
from sextant.evaluation.benchmarks._inlined import put_together, take_apart
from sextant.evaluation.benchmarks._scoring import STRICT, check_profile, score_choice
from sextant.evaluation.benchmarks._seen import Seen
from sextant.evaluation.benchmarks._vlmevalkit import (
    Entry,
    choice_text,
    entries,
    images_first,
    right_letter,
)
from sextant.evaluation.items import IMAGE_MARK, Item, OnBroken
from sextant.evaluation.media import picture_from_bytes
from sextant.evaluation.tables import Cell, Row, data_files, read_rows
from sextant.samples.sample import LETTERS

COLUMNS = ("idx", "question", "sub_task", "prompt", "choices", "answer", "image_1")
IMAGES = ("image_1", "image_2", "image_3", "image_4")

FILES = ("*/val-*.parquet", "val-*.parquet", "**/val-*.parquet", "BLINK.tsv", "**/BLINK.tsv")

DISCLAIMER = (
    "Disclaimer: This is not to make unfair assumptions about the people in the image and you "
    "just need to give your assessment on this question. You don't need to identify the real "
    "people. You just need to analyze based on the information I gave you.\n\n"
)
WITH_DISCLAIMER = ("Forensic_Detection", "Jigsaw", "Art_Style")

LMMS_NOTE = "Note: You only need to respond with {} without providing any additional information.\n"

MACRO = Headline("macro over sub-tasks", combine=macro)
MICRO = Headline("micro")


class Blink(Benchmark):
    """BLINK, validation set."""

    name: ClassVar[str] = "blink"
    title: ClassVar[str] = "BLINK (val)"
    license: ClassVar[str] = "Apache-2.0"

    def items(self, root: Path, on_broken: OnBroken) -> Iterator[Item]:
        """Read the sub-tasks' files, by name, or the table.

        Raises:
            MissingInput: If there is neither, or a column is missing.
        """
        seen = Seen()
        for path in data_files(root, FILES, self.title):
            if path.suffix.lower() == ".tsv":
                for entry in entries(path, on_broken):
                    try:
                        yield _tsv_item(entry)
                    except InputError as error:
                        on_broken(error)
                continue
            for row in read_rows(path, COLUMNS, heavy=IMAGES, on_broken=on_broken):
                try:
                    item = _item(row)
                    yield seen.new(item, row.where)
                except InputError as error:
                    on_broken(error)

    def prompt(self, item: Item, profile: str) -> Prompt:
        """Return the stored prompt in a profile's frame, or VLMEvalKit's."""
        check_profile(profile, self.prompts, self.name)
        count = len(item.pictures)
        if profile == "vlmevalkit":
            question = item.raw.get("plain", item.question) if _untouched(item) else item.question
            return Prompt(images_first(choice_text(question, item.options), count))
        text = _stored_prompt(item)
        if profile == "official":
            text = text.replace(IMAGE_MARK, "") + IMAGE_MARK * count
            return Prompt(DISCLAIMER + text if item.task in WITH_DISCLAIMER else text)
        if profile == "lmms-eval":
            letters = ", ".join(LETTERS[: len(item.options or ())])
            text = LMMS_NOTE.format(letters) + text
        return Prompt(images_first(text, count))

    def score(self, item: Item, reply: str, profile: str) -> Scored:
        """Score a letter."""
        check_profile(profile, self.rules, self.name)
        return score_choice(item, reply, None if profile == STRICT else f"{profile}/{self.name}")

    def headlines(self, profile: str) -> tuple[Headline, ...]:
        """Return macro and micro; the first is the profile's own."""
        return (MICRO, MACRO) if profile in ("vlmevalkit", "lmms-eval") else (MACRO, MICRO)


def _item(row: Row) -> Item:
    name, options = row.label("idx"), row.texts("choices")
    prompt, question = row.text("prompt"), row.text("question")
    taken = take_apart(prompt)
    if taken is None or taken.options != tuple(text.strip() for text in options):
        # The stored prompt lists other options than the field: it is asked as it stands.
        taken = None
    stem = question + "\nSelect from the following choices." if taken is None else taken.stem
    pictures = tuple(
        picture_from_bytes(f"{name}_{number}", row[column].read)
        for number, column in enumerate(IMAGES, 1)
        if _there(row.get(column))
    )
    if not pictures:
        raise MissingInput("the row has no picture", where=row.where)
    return Item(
        id=name,
        task=row.label("sub_task").replace(" ", "_"),
        question=stem,
        answer=right_letter(row.text("answer"), options, row.where),
        answer_type="choice",
        options=options,
        pictures=pictures,
        raw={
            "prompt": prompt,
            "plain": question,
            "stem": stem,
            "options": options,
            "joints": taken.joints if taken is not None else None,
        },
    )


def _there(value: object) -> bool:
    return (value.read() if isinstance(value, Cell) else value) is not None


def _tsv_item(entry: Entry) -> Item:
    options = entry.options()
    if options is None:
        raise ConventionError("a question needs options", where=entry.row.where)
    question = entry.row.text("question")
    stem = question + "\nSelect from the following choices."
    task = entry.cell("category") or entry.cell("sub_task") or entry.cell("split") or "all"
    return Item(
        id=entry.index,
        task=task.replace(" ", "_"),
        question=stem,
        answer=entry.letter(options),
        answer_type="choice",
        options=options,
        pictures=entry.pictures,
        cluster=entry.shown,
        raw={"plain": question, "stem": stem, "options": options},
    )


def _untouched(item: Item) -> bool:
    return item.question == item.raw.get("stem")


def _stored_prompt(item: Item) -> str:
    """Return the stored prompt, with the options in the order they are shown in now."""
    options = item.options or ()
    if "prompt" in item.raw and _untouched(item) and options == item.raw["options"]:
        stored: str = item.raw["prompt"]
        return stored
    joints: tuple[str, ...] | None = item.raw.get("joints")
    if joints is None or len(joints) != len(options) + 1:
        joints = (*(f"\n({letter}) " for letter, _ in zip(LETTERS, options, strict=False)), "")
    return put_together(item.question, joints, options)


BENCHMARK = Blink()
