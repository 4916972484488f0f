"""MindCube (arXiv 2506.21458): a place imagined from few views; the full set and its tiny one.

Data: ``data.zip`` of ``MLL-Lab/MindCube``: ``raw/MindCube_tinybench.jsonl`` (1,050 questions),
``raw/MindCube.jsonl`` (all), pictures in ``other_all_image/``. Or EASI's
``MindCubeBench_tiny_raw_qa.tsv`` and ``MindCubeBench_raw_qa.tsv``. The authors corrected data in
March 2026: results before and after differ, so name the revision.

Score: accuracy. The authors leave ``translation`` out of the overall score, all others count it;
both are headlines. The views of one group of pictures are a cluster.

Profiles. The prompt "raw QA" is stored as ``input_prompt``, or made from the question as the
authors make it (``src/prompt_generation/templates.py``). Pictures stand at its ``<image>`` marks,
or first. ``vlmevalkit`` (``mindcubebench.py``) and ``lmms-eval`` (``tasks/mindcube``) strip the
text around marks. Replies: ``official`` and ``lmms-eval`` take the last "X." anywhere, so that
"E." at the end of a sentence counts, and never a small letter; ``vlmevalkit`` the cascade of EASI.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from sextant.errors import ConventionError, InputError
from sextant.evaluation.benchmark import Benchmark, Headline, Prompt, Scored
from sextant.evaluation.benchmarks._media_root import MediaRoot
from sextant.evaluation.benchmarks._scoring import STRICT, check_profile, score_choice
from sextant.evaluation.benchmarks._seen import Seen
from sextant.evaluation.items import Item, OnBroken
from sextant.evaluation.media import pictures_from_cell
from sextant.evaluation.options import InlineOptions, answer_letter, inline_options, lettered
from sextant.evaluation.prompts import as_many_marks, tight_marks, without_marks
from sextant.evaluation.tables import Cell, Row, data_files, read_rows

INSTRUCTION = (
    "[Task]\nYour task is to analyze the spatial arrangement of objects in the scene by examining "
    "the provided images, which show the scene from different viewpoints.\n[Answer Instruction]\n"
    "You only need to provide *ONE* correct answer selecting from the options listed below. For "
    "example, if you think the correct answer is 'A. Above' from 'A. Above B. Under C. Front "
    "D. Behind', your response should **only** be '<answer>A. Above</answer>'.\n"
)
QUESTION_HEADER = "[Question]\n"

SETTINGS = ("around", "rotation", "translation", "among")
"""In the order in which the authors look for them in an id (``get_setting_from_id``)."""

PICTURE_FOLDER = "other_all_image"

WITHOUT_TRANSLATION = Headline("micro without translation", only={"translation": "no"})
MICRO = Headline("micro")


class MindCube(Benchmark):
    """All of MindCube."""

    name: ClassVar[str] = "mindcube"
    title: ClassVar[str] = "MindCube"
    license: ClassVar[str] = "MIT"
    files: ClassVar[tuple[str, ...]] = (
        "raw/MindCube.jsonl", "data/raw/MindCube.jsonl", "MindCube.jsonl",
        "MindCubeBench_raw_qa.tsv",
    )  # fmt: skip

    def items(self, root: Path, on_broken: OnBroken) -> Iterator[Item]:
        """Read the questions; pictures stay unread.

        Raises:
            MissingInput: If there is no file of them, or it lacks a column.
        """
        seen = Seen()
        for path in data_files(root, self.files, self.title):
            table = path.suffix.lower() == ".tsv"
            columns = ("index", "answer") if table else ("id", "question", "gt_answer", "images")
            home = path.parent.parent if path.parent.name in ("raw", "general") else path.parent
            bases = [root, root / "data", home, home / "data"] if root.is_dir() else [home]
            media = MediaRoot(bases, extra=("data",))
            heavy = ("image",) if table else ("images",) if path.suffix == ".parquet" else ()
            for row in read_rows(path, columns, heavy=heavy, on_broken=on_broken):
                try:
                    yield seen.new(_item(row, media, table), row.where)
                except InputError as error:
                    on_broken(error)

    def prompt(self, item: Item, profile: str) -> Prompt:
        """Return the raw-QA prompt, with the options in the order now shown."""
        check_profile(profile, self.prompts, self.name)
        options, stored = item.options or (), item.raw["prompt"]
        if isinstance(stored, InlineOptions) and item.question == item.raw["question"]:
            text = stored.with_options(options)
        else:
            question = " ".join((item.question, *lettered(options, ". ")))
            text = INSTRUCTION + "\n" + QUESTION_HEADER + question
        text = as_many_marks(text, len(item.pictures))
        if profile in ("vlmevalkit", "lmms-eval"):
            text = tight_marks(text)
        return Prompt(text, max_new_tokens=1024 if profile in ("vlmevalkit", STRICT) else 4096)

    def score(self, item: Item, reply: str, profile: str) -> Scored:
        """Score a letter."""
        check_profile(profile, self.rules, self.name)
        return score_choice(item, reply, None if profile == STRICT else f"{profile}/mindcube")

    def headlines(self, profile: str) -> tuple[Headline, ...]:
        """Return micro with and without translation; the profile's own first."""
        both = (WITHOUT_TRANSLATION, MICRO)
        return both if profile in ("official", STRICT) else both[::-1]


class MindCubeTiny(MindCube):
    """MindCube-Tiny: 600 among, 250 around, 200 rotation."""

    name: ClassVar[str] = "mindcube_tiny"
    title: ClassVar[str] = "MindCube-Tiny"
    files: ClassVar[tuple[str, ...]] = (
        "raw/MindCube_tinybench.jsonl", "data/raw/MindCube_tinybench.jsonl",
        "MindCube_tinybench.jsonl", "prompts/general/MindCube_tinybench_raw_qa.jsonl",
        "data/prompts/general/MindCube_tinybench_raw_qa.jsonl", "MindCube_tinybench_raw_qa.jsonl",
        "MindCubeBench_tiny_raw_qa.tsv",
    )  # fmt: skip


def _item(row: Row, media: MediaRoot, table: bool) -> Item:
    name = row.label("index" if table else "id")
    prompt = row.text("input_prompt") if row.given("input_prompt") else None
    if prompt is None:
        prompt = INSTRUCTION + "\n" + QUESTION_HEADER + row.text("question")
    head, header, tail = prompt.rpartition(QUESTION_HEADER)
    inlined = inline_options(tail, ".")
    if inlined is None:
        raise ConventionError(
            "the question lists no options", where=row.where, expected="... A. x B. y",
            got=repr(prompt[-80:]),
        )  # fmt: skip
    question = without_marks(inlined.joints[0]).rstrip().removesuffix("A.").strip()
    joints = (head + header + inlined.joints[0], *inlined.joints[1:])
    described = f"{name} {row['id']}" if table and row.given("id") else name
    setting = next((s for s in SETTINGS if s in described.lower()), None)
    setting = setting or _text(row.get("category")) or "other"
    pictures, cluster = _pictures(row, name, media, table)
    return Item(
        id=name,
        task=setting,
        question=question,
        answer=answer_letter(
            row.label("answer" if table else "gt_answer"), inlined.options, row.where
        ),
        answer_type="choice",
        options=inlined.options,
        pictures=pictures,
        cluster=cluster,
        groups={"translation": "yes" if setting == "translation" else "no"},
        raw={"prompt": InlineOptions(joints, inlined.options), "question": question},
    )


def _pictures(row: Row, name: str, media: MediaRoot, table: bool) -> tuple[Any, str]:
    """Return the pictures and the folder they share."""
    column = "image_path" if table and row.given("image_path") else "image" if table else "images"
    value = row.get(column)
    if isinstance(value, Cell):
        return tuple(pictures_from_cell(name, value)), ""
    paths = [_inside(path) for path in row.paths(column)]
    cluster = paths[0].rpartition("/")[0]
    return tuple(media.picture(path, row.where) for path in paths), cluster


def _inside(path: str) -> str:
    """Cut off what the authors' disks had before the picture folder, as their loader does."""
    path = path.replace("\\", "/")
    at = path.find(f"{PICTURE_FOLDER}/")
    absolute = path.startswith("/") or path[1:2] == ":"
    return path[at:] if absolute and at > 0 else path


def _text(value: object) -> str:
    if isinstance(value, list):
        return "+".join(str(entry) for entry in value)
    return value if isinstance(value, str) else ""


BENCHMARKS: tuple[Benchmark, ...] = (MindCube(), MindCubeTiny())
