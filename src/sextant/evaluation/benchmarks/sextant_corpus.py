"""A split of any corpus that this project generated or imported.

``sextant_corpus`` is the test split; ``sextant_corpus_val``, ``_train`` and ``_all`` are the
others. Questions are asked in the words and the frame that the corpus itself uses for training
(``samples.prompt``). Items of one scene are one cluster.

Scores: letters, yes/no and short texts are right or wrong; numbers have mean relative accuracy,
angles relative to the turn between them; ``mr.map_position`` the share of objects in their cell;
``mm.box3d`` the mean of overlap and centre accuracy (``_boxes``); other JSON must be equal.

``official`` is ``strict``. ``vlmevalkit`` and ``lmms-eval`` read letters and numbers by those
harnesses' general rules, to show how much a score owes to the extraction; other forms of answer,
which they do not have, are read by ours. Choices of imported turns, whose options stand inside the
question, are scored as texts: their letter is the answer, and no stress test reorders them.

The groups ``counter_heuristic`` and ``pro_heuristic`` are ``yes`` where every picture heuristic
with an opinion (lower is nearer, larger is nearer, ...) is wrong, or right. ``raw["evidence"]`` is
the evidence as a dictionary, decoded when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sextant.errors import ConventionError, InputError, MissingInput
from sextant.evaluation.asked_object import asked_in_evidence
from sextant.evaluation.benchmark import Benchmark, Prompt, Scored
from sextant.evaluation.benchmarks import _corpus_rules as answers
from sextant.evaluation.benchmarks._scoring import STRICT, check_profile, score_choice
from sextant.evaluation.benchmarks._seen import Seen
from sextant.evaluation.benchmarks._texts import score_text
from sextant.evaluation.items import Item, OnBroken
from sextant.evaluation.media import picture_from_file
from sextant.models.messages import Picture
from sextant.samples.prompt import FRAMINGS, render_prompt, style_of
from sextant.samples.sample import LETTERS, Sample
from sextant.samples.store import CorpusStore
from sextant.samples.subsets import is_counter_heuristic, is_pro_heuristic
from sextant.samples.validate import SPLITS, check_sample


class CorpusFields(Mapping[str, Any]):
    """The stored row of an item; ``evidence`` is decoded anew every time, so that none is kept."""

    __slots__ = ("sample",)

    def __init__(self, sample: Sample) -> None:
        self.sample = sample

    def __getitem__(self, name: str) -> Any:
        if name == "evidence":
            return self.sample.evidence_dict()
        if name == "sample":
            return self.sample
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(("evidence", "sample"))

    def __len__(self) -> int:
        return 2


class SextantCorpus(Benchmark):
    """A split of a corpus folder."""

    license = "that of the corpus"

    def __init__(self, split: str | None) -> None:
        self.split = split
        suffix = "" if split == "test" else f"_{split or 'all'}"
        self.name = f"sextant_corpus{suffix}"  # type: ignore[misc]
        self.title = f"Sextant corpus ({split or 'all splits'})"  # type: ignore[misc]

    def items(self, root: Path, on_broken: OnBroken) -> Iterator[Item]:
        """Stream the split's rows in shard order.

        Raises:
            MissingInput: If there is no finished corpus, or nothing in this split.
        """
        store = CorpusStore.open(root)
        seen, splits = Seen(), dict.fromkeys(SPLITS, 0)
        for number, row in enumerate(store.rows()):
            splits[row["split"]] = splits.get(row["split"], 0) + 1
            if self.split is not None and row["split"] != self.split:
                continue
            where = f"{root}: row {number}, sample {row['id']}"
            try:
                yield seen.new(_item(Sample.from_row(row), store, where), where)
            except InputError as error:
                on_broken(error)
        if not (splits.get(self.split, 0) if self.split is not None else any(splits.values())):
            held = ", ".join(f"{n} in {split}" for split, n in splits.items() if n)
            raise MissingInput(
                "nothing in this split of the corpus", where=root, expected=self.split,
                got=held or "no rows", hint="sextant_corpus_all takes all splits",
            )  # fmt: skip

    def prompt(self, item: Item, profile: str) -> Prompt:
        """Return what the corpus asks in training, with the options as they are shown now."""
        check_profile(profile, self.prompts, self.name)
        sample: Sample = item.raw["sample"]
        shown = replace(
            sample,
            question=item.question,
            options=item.options,
            images=tuple(picture.name for picture in item.pictures),
        )
        return Prompt(render_prompt(shown))

    def score(self, item: Item, reply: str, profile: str) -> Scored:
        """Score by form of answer."""
        check_profile(profile, self.rules, self.name)
        profile = STRICT if profile == "official" else profile
        if item.answer_type == "choice":
            return score_choice(item, reply, None if profile == STRICT else profile)
        if item.answer_type == "number":
            return answers.number(item, reply, profile)
        if item.answer_type == "boolean":
            return answers.boolean(item, reply)
        if item.answer_type == "json":
            evidence = item.raw["evidence"] if item.task == answers.BOX_FAMILY else {}
            return answers.structure(item, reply, evidence)
        return score_text(item, reply)


def _item(sample: Sample, store: CorpusStore, where: str) -> Item:
    problems = check_sample(sample)
    if problems:
        raise ConventionError("a sample is not well-formed", where=where, got="; ".join(problems))
    guessed = sample.answer_type in ("choice", "boolean")
    # Options of a turn kept as its set wrote it cannot be shown in another order.
    fixed = sample.options is not None and FRAMINGS[style_of(sample.template)].verbatim
    return Item(
        id=sample.id,
        task=sample.task,
        question=sample.question,
        answer=sample.answer if sample.answer_index is None else LETTERS[sample.answer_index],
        answer_type="text" if fixed else sample.answer_type,
        options=None if fixed else sample.options,
        value=sample.value,
        unit=sample.unit,
        pictures=tuple(_picture(store, path, where) for path in sample.images),
        cluster=f"{sample.source}/{sample.scene_id}",
        groups={
            "capability": sample.capability,
            "source": sample.source,
            "object": asked_in_evidence(sample.evidence_dict()),
            "difficulty": sample.difficulty,
            "counter_heuristic": _yes(guessed and is_counter_heuristic(sample)),
            "pro_heuristic": _yes(guessed and is_pro_heuristic(sample)),
        },
        raw=CorpusFields(sample),
    )


def _picture(store: CorpusStore, path: str, where: str) -> Picture:
    root, relative = store.image_place(path)
    found = picture_from_file(root, relative, where)
    return found if relative == path else replace(found, name=path)


def _yes(true: bool) -> str:
    return "yes" if true else "no"


BENCHMARKS = tuple(SextantCorpus(split) for split in ("test", "val", "train", None))
