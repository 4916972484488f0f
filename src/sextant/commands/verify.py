"""``sextant verify``: every stored answer against the scene it came from."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from sextant.commands.registry import make_tasks, open_source_once
from sextant.errors import CorruptInput, InputError
from sextant.execution.pool import run_shards
from sextant.execution.progress import Progress
from sextant.questions.context import SceneContext
from sextant.questions.recipe import GenerateRecipe, parse_recipe
from sextant.questions.verify import Mismatch, verify_samples
from sextant.samples import Sample
from sextant.samples.layout import part_name, read_batches
from sextant.samples.sample import SCHEMA
from sextant.samples.store import CorpusStore
from sextant.sources.source import Source, SourceOptions

KEPT_MISMATCHES = 100
"""So many mismatches of a shard are kept with their texts; all are counted."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of a verification.

    Attributes:
        checked: Number of questions recomputed.
        failed: Number that do not hold.
        mismatches: The first of them, field by field.
        problems: Damaged or missing files of the corpus.
    """

    checked: int
    failed: int
    mismatches: tuple[Mismatch, ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every question holds and no file is damaged."""
        return not self.failed and not self.problems


@dataclass(frozen=True, slots=True)
class VerifyShard:
    """Recomputes the questions of one shard; picklable."""

    corpus: Path
    source: str
    root: Path | None
    scenes: int | None
    seed: int
    recipe: GenerateRecipe
    limit: int | None

    def opened(self) -> Source:
        """Return the source, opened once per process."""
        return open_source_once(
            self.source, self.root, SourceOptions(scenes=self.scenes, seed=self.seed)
        )

    def __call__(self, index: int) -> Verification:
        """Verify one shard."""
        opened = self.opened()
        tasks = make_tasks(self.recipe)
        rows = (
            Sample.from_row(row)
            for batch in read_batches(self.corpus / "qa" / part_name(index), SCHEMA)
            for row in batch.to_pylist()
        )
        checked, failed = 0, 0
        kept: list[Mismatch] = []
        for scene_id, samples in groupby(rows, key=lambda s: s.scene_id):
            taken = list(samples)[: None if self.limit is None else self.limit - checked]
            try:
                ctx = SceneContext(opened.open(scene_id), self.recipe, self.seed, opened.open)
                outcomes = list(verify_samples(ctx, tasks, taken))
            except InputError as error:
                outcomes = [
                    Mismatch(s.id, s.task, scene_id, "scene", scene_id, str(error)) for s in taken
                ]
            checked += len(outcomes)
            wrong = [m for m in outcomes if m is not None]
            failed += len(wrong)
            kept += wrong[: KEPT_MISMATCHES - len(kept)]
        return Verification(checked, failed, tuple(kept), ())


def verify(
    corpus: Path,
    *,
    root: Path | None = None,
    workers: int = 1,
    limit: int | None = None,
    quiet: bool = False,
) -> Verification:
    """Recompute every answer of a corpus from its scenes.

    Args:
        corpus: The corpus folder.
        root: Where the dataset lies now; None = where the manifest says.
        workers: Number of processes.
        limit: Check at most this many questions of every shard.
        quiet: Show no progress.

    Raises:
        InputError: If the folder is no corpus, or its source cannot be opened.
    """
    store = CorpusStore.open(corpus)
    head = store.manifest["head"]
    try:
        source, seed = head["source"], int(head["seed"])
        stored_root = source["root"]
        job = VerifyShard(
            corpus,
            source["name"],
            root if root is not None else (None if stored_root is None else Path(stored_root)),
            source["scenes"],
            seed,
            parse_recipe(head["recipe"], where=f"{corpus}: manifest"),
            limit,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptInput(
            "the corpus was not made by `sextant generate`, or its manifest is damaged",
            where=corpus,
            got=repr(error),
        ) from error
    open_source_once.cache_clear()  # the dataset may have changed since this process read it
    job.opened()  # a missing dataset is said before any work
    problems = tuple(store.verify())
    parts: list[Verification] = []
    shards = range(int(head["shards"]))
    with Progress("verify", len(shards), quiet=quiet) as progress:

        def on_done(index: int, part: Verification) -> None:
            parts.append(part)
            progress.advance(1, questions=part.checked, mismatches=part.failed)

        run_shards(shards, job, workers=min(workers, max(1, len(shards))), on_done=on_done)
    mismatches = sorted(
        (m for p in parts for m in p.mismatches), key=lambda m: (m.scene_id, m.task, m.sample_id)
    )
    return Verification(
        sum(p.checked for p in parts),
        sum(p.failed for p in parts),
        tuple(mismatches[:KEPT_MISMATCHES]),
        problems,
    )
