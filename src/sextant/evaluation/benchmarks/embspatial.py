"""EmbSpatial-Bench (arXiv 2406.05756): six spatial relations in MP3D, AI2-THOR and ScanNet views.

Data: ``embspatial_bench.json`` of ``Phineas476/EmbSpatial-Bench`` (pictures in base64), the parquet
of ``FlagEval/EmbSpatial-Bench``, or VLMEvalKit's ``EmbSpatialBench.tsv``. Score: accuracy over all
rows; tables by relation and by data source.

The authors published no evaluation code. ``official`` therefore is ``vlmevalkit``, the rule behind
most published numbers; the paper's scores by likelihood need a model's logits and are not done
here. ``vlmevalkit`` (``embspatialbench.py``) borrows SITE-Bench's prompt and reads letters by
``can_match_option``; ``lmms-eval`` (``tasks/embspatial/utils.py``) always says "A, B, C, D" and
takes the letter that the reply begins with, also that of a word. ``strict`` asks in neutral words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from sextant.errors import ConventionError, InputError
from sextant.evaluation.benchmark import Benchmark, Prompt, Scored
from sextant.evaluation.benchmarks._scoring import STRICT, check_profile, score_choice
from sextant.evaluation.benchmarks._seen import Seen
from sextant.evaluation.benchmarks._vlmevalkit import Entry, entries, images_first, right_letter
from sextant.evaluation.items import Item, OnBroken
from sextant.evaluation.media import pictures_from_cell
from sextant.evaluation.tables import Row, data_files, read_rows
from sextant.samples.sample import LETTERS

COLUMNS = (
    "data_source",
    "question_id",
    "question",
    "relation",
    "image",
    "answer_options",
    "answer",
)
TSV_COLUMNS = ("index", "question", "options", "answer", "image")

FILES = (
    "embspatial_bench.json", "**/embspatial_bench.json", "EmbSpatialBench.tsv",
    "**/EmbSpatialBench.tsv", "**/test-*.parquet",
)  # fmt: skip

LMMS_NOTE = (
    "Note: You only need to respond with A, B, C, D without providing any additional information.\n"
)
SITE_POST = "Give me the answer letter directly. The best answer is:"
NEUTRAL_POST = "Answer with the option's letter from the given choices directly."


class EmbSpatial(Benchmark):
    """EmbSpatial-Bench."""

    name: ClassVar[str] = "embspatial"
    title: ClassVar[str] = "EmbSpatial-Bench"
    license: ClassVar[str] = "see the data card"

    def items(self, root: Path, on_broken: OnBroken) -> Iterator[Item]:
        """Read whichever of the files is there, best first.

        Raises:
            MissingInput: If none is, or it lacks a column.
        """
        seen = Seen()
        for path in data_files(root, FILES, self.title):
            if path.suffix.lower() == ".tsv":
                for entry in entries(path, on_broken, TSV_COLUMNS):
                    try:
                        yield _tsv_item(entry)
                    except InputError as error:
                        on_broken(error)
                continue
            for row in read_rows(path, COLUMNS, heavy=("image",), on_broken=on_broken):
                try:
                    item = _item(row)
                    yield seen.new(item, row.where)
                except InputError as error:
                    on_broken(error)

    def prompt(self, item: Item, profile: str) -> Prompt:
        """Return the prompt of a harness, or neutral words."""
        check_profile(profile, self.prompts, self.name)
        assert item.options is not None  # refused by items()
        lettered = list(zip(LETTERS, item.options, strict=False))
        if profile == "lmms-eval":
            options = "\n".join(f"{letter}) {text}" for letter, text in lettered)
            text = f"{LMMS_NOTE}{item.question}\n{options}"
        elif profile != STRICT:
            options = "\n".join(f"{letter}: {text}" for letter, text in lettered)
            text = f"Question: {item.question}\nOptions:\n{options}\n{SITE_POST}"
        else:
            options = "\n".join(f"{letter}. {text}" for letter, text in lettered)
            text = f"{item.question}\nOptions:\n{options}\n{NEUTRAL_POST}"
        return Prompt(images_first(text, len(item.pictures)))

    def score(self, item: Item, reply: str, profile: str) -> Scored:
        """Score a letter."""
        check_profile(profile, self.rules, self.name)
        return score_choice(item, reply, None if profile == STRICT else f"{profile}/{self.name}")


def _item(row: Row) -> Item:
    name = row.label("question_id")
    options = row.texts("answer_options")
    answer = row["answer"]
    if isinstance(answer, bool) or not isinstance(answer, int) or not 0 <= answer < len(options):
        raise ConventionError(
            "the answer is no option", where=row.where,
            expected=f"an index from 0 to {len(options) - 1}", got=repr(answer)[:60],
        )  # fmt: skip
    if not row.given("image"):
        raise ConventionError("the row has no picture", where=row.where)
    scene = row.label("scene_id") if row.given("scene_id") else ""
    return Item(
        id=name,
        task=row.label("relation"),
        question=row.text("question"),
        answer=LETTERS[answer],
        answer_type="choice",
        options=options,
        pictures=tuple(pictures_from_cell(name, row["image"], 1)),
        cluster=scene and f"{row.label('data_source')}/{scene}",
        groups={"source": row.label("data_source"), "relation": row.label("relation")},
    )


def _tsv_item(entry: Entry) -> Item:
    row = entry.row
    options = row.texts("options")
    source, scene = entry.cell("data_source"), entry.cell("scene_id")
    relation = entry.cell("relation") or "all"
    return Item(
        id=entry.cell("question_id") or entry.index,
        task=relation,
        question=row.text("question"),
        answer=right_letter(entry.cell("answer"), options, row.where),
        answer_type="choice",
        options=options,
        pictures=entry.pictures,
        cluster=f"{source}/{scene}" if scene else entry.shown,
        groups={"source": source, "relation": relation},
    )


BENCHMARK = EmbSpatial()
