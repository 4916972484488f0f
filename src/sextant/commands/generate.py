"""``sextant generate``: a source's scenes → questions → a corpus folder."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sextant._version import __version__
from sextant.commands.registry import make_tasks, open_source_once
from sextant.commands.scene_rows import scene_row
from sextant.errors import InputError
from sextant.execution.engines import Workers
from sextant.questions.context import SceneContext
from sextant.questions.engine import generate_scene
from sextant.questions.recipe import GenerateRecipe
from sextant.questions.task import Task
from sextant.samples.corpus_run import BrokenWatch, CorpusRun, ShardWork
from sextant.samples.retain import Plan
from sextant.samples.shard import ShardSummary
from sextant.samples.writer import CorpusWriter
from sextant.sources.source import Source, SourceOptions

EARLY_SCENES = 20
"""So many scenes are enough to say that too many are broken."""


@dataclass(frozen=True)
class GenerateJob:
    """One run; a pure function of these fields gives the corpus' bytes.

    Attributes:
        source: The reader's name.
        root: The dataset folder; None for the simulator.
        out: The corpus folder.
        recipe: The resolved recipe.
        seed: The run's seed.
        scenes: At most this many scenes; None = all.
        limit: At most this many questions; None = all that the recipe allows.
    """

    source: str
    root: Path | None
    out: Path
    recipe: GenerateRecipe
    seed: int = 0
    scenes: int | None = None
    limit: int | None = None

    @cached_property
    def opened(self) -> Source:
        """The source, opened once per process."""
        options = SourceOptions(scenes=self.scenes, seed=self.seed)
        return open_source_once(self.source, self.root, options)

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """The families asked for, with the recipe's margins."""
        return make_tasks(self.recipe)

    @cached_property
    def shards(self) -> tuple[tuple[str, ...], ...]:
        """Scene ids of every shard."""
        ids, size = self.opened.scene_ids(), self.recipe.scenes_per_shard
        return tuple(tuple(ids[i : i + size]) for i in range(0, len(ids), size))

    def scene_limit(self, scene_index: int) -> int | None:
        """Return how many questions the scene with this running number may give.

        A limit is dealt out evenly beforehand, so that no shard needs to know of another.
        """
        if self.limit is None:
            return None
        # Selection will leave some out, so more are made than are asked for.
        rules = self.recipe.selection
        wanted = math.ceil(self.limit * (rules.oversample if rules.enabled else 1.0))
        base, extra = divmod(wanted, max(1, sum(len(s) for s in self.shards)))
        return base + int(scene_index < extra)

    def head(self) -> dict[str, Any]:
        """Return what identifies the run in the corpus' manifest."""
        return {
            "recipe": self.recipe.model_dump(mode="json"),
            "recipe_hash": self.recipe.digest(),
            "source": {
                "name": self.source,
                "root": None if self.root is None else str(self.root),
                "scenes": self.scenes,
                "found": self.opened.describe(),
            },
            "seed": self.seed,
            "limit": self.limit,
            "versions": {"sextant": __version__},
            "shards": len(self.shards),
        }

    def __getstate__(self) -> dict[str, Any]:
        # Workers open the source themselves: readers hold file handles and caches.
        fields = ("source", "root", "out", "recipe", "seed", "scenes", "limit")
        return {name: self.__dict__[name] for name in fields}


@dataclass(frozen=True, slots=True)
class GenerateShard:
    """The shard function: reads its scenes, asks, and commits; picklable."""

    job: GenerateJob
    writer: CorpusWriter

    def __call__(self, index: int) -> ShardSummary:
        """Generate and commit one shard."""
        job, shard = self.job, self.writer.shard(index)
        first_scene = sum(len(s) for s in job.shards[:index])
        samples, rows, quarantine = [], [], []
        drops: Counter[tuple[str, str]] = Counter()
        for k, scene_id in enumerate(job.shards[index]):
            try:
                ctx = SceneContext(job.opened.open(scene_id), job.recipe, job.seed, job.opened.open)
                found = generate_scene(
                    ctx, job.tasks.values(), shard.image, limit=job.scene_limit(first_scene + k)
                )
            except InputError as error:
                quarantine.append(quarantined(scene_id, error))
                continue
            samples += found.samples
            drops.update(found.drops)
            rows.append(scene_row(ctx.scene))
        return shard.commit(samples, rows, drops, quarantine)


def quarantined(scene_id: str, error: InputError) -> dict[str, str]:
    """Return the quarantine row of a scene that could not be read."""
    return {
        "scene_id": scene_id,
        "what": type(error).__name__,
        "where": error.where or "",
        "message": str(error),
    }


def generate(
    job: GenerateJob,
    *,
    workers: Workers = 1,
    part: tuple[int, int] | None = None,
    quiet: bool = False,
) -> dict[str, Any] | None:
    """Generate a corpus, or go on with one that was interrupted.

    Args:
        job: What to generate.
        workers: Number of processes, or workers of Ray; the bytes do not depend on it.
        part: ``(i, N)``: do only every N-th shard, starting with the i-th, for cluster arrays.
        quiet: Show no progress.

    Returns:
        The manifest; None if this part is done but others are still missing.

    Raises:
        InputError: If the source cannot be opened, or too large a share of its scenes is broken.
        OutputError: If the folder is taken or cannot be written.
    """
    open_source_once.cache_clear()  # the dataset may have changed since this process read it
    if not job.shards:
        raise InputError(
            "the source holds no scene", where=job.root or job.source, got=job.opened.describe()
        )
    job.tasks  # noqa: B018  an unknown family or threshold is refused before anything is written
    run = CorpusRun(job, part)
    watch = BrokenWatch(
        job.recipe.max_broken_share, EARLY_SCENES, lambda seen: too_broken(job, seen),
        lambda summary: summary.scenes, sound=run.before,
    )  # fmt: skip
    work = ShardWork(
        "generate", "generated", GenerateShard(job, run.writer),
        lambda summary: {"questions": summary.samples, "broken": summary.quarantined},
        watch, lambda: warm_up(job),
    )  # fmt: skip
    if not run.carry_out(work, workers=workers, quiet=quiet):
        return None
    if job.recipe.selection.enabled:
        run.writer.retain(lambda tables: decide(job, tables))
    return run.writer.finish()


def decide(job: GenerateJob, tables: Sequence[Path]) -> Plan:
    """Return which of the generated rows are left out, by the recipe's rules for selection."""
    from sextant.corpus.light_rows import read_light
    from sextant.corpus.selection import Selector

    rules = job.recipe.selection
    if job.limit is not None:
        total = job.limit if rules.total is None else min(rules.total, job.limit)
        rules = rules.model_copy(update={"total": total})
    selector = Selector(rules, job.seed)
    for path in tables:
        selector.add(read_light(path))
    found = selector.select()
    return Plan(found.rejected, found.as_json())


def too_broken(job: GenerateJob, watch: BrokenWatch) -> InputError:
    """Return the error of a run in which too many scenes are broken."""
    first = _first_error(job, watch.last_shard)
    if watch.total == 1 and first is not None:
        return first
    return InputError(
        "too many scenes are broken",
        where=f"{watch.broken} of {watch.total} scenes",
        expected=f"at most {watch.share:.0%}",
        got=None if first is None else f"for example: {first}",
        hint="mend the source, or raise max_broken_share in the recipe",
    )


def _first_error(job: GenerateJob, shard: int | None) -> InputError | None:
    """Open a broken scene again for its error; it is only kept as text in the shard."""
    for scene_id in () if shard is None else job.shards[shard]:
        try:
            ctx = SceneContext(job.opened.open(scene_id), job.recipe, job.seed)
            generate_scene(ctx, job.tasks.values(), lambda data, suffix: "", limit=200)
        except InputError as error:
            return error
    return None


def warm_up(job: GenerateJob) -> None:
    """Compile what the workers will need, once, into the disk cache."""
    recipe = job.recipe.model_copy(update={"per_task": 1, "max_tries": 5})
    for scene_id in job.opened.scene_ids()[:1]:
        try:
            ctx = SceneContext(job.opened.open(scene_id), recipe, job.seed, job.opened.open)
            generate_scene(ctx, job.tasks.values(), lambda data, suffix: "", limit=None)
        except InputError:
            return


def totals(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts of questions per capability, sorted."""
    counts: Mapping[str, int] = manifest["counts"]["capability"]
    return dict(sorted(counts.items()))
