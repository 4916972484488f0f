"""``sextant generate``: a source's scenes → questions → a corpus folder."""

from __future__ import annotations

import math
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sextant._version import __version__
from sextant.commands.registry import make_tasks, open_source_once
from sextant.commands.scene_rows import scene_row
from sextant.errors import InputError, SextantError
from sextant.execution.engines import Workers, at_most
from sextant.execution.partition import select_shards
from sextant.execution.pool import run_shards
from sextant.execution.progress import Progress
from sextant.questions.context import SceneContext
from sextant.questions.engine import generate_scene
from sextant.questions.recipe import GenerateRecipe
from sextant.questions.task import Task
from sextant.samples.retain import Plan
from sextant.samples.shard import ShardSummary
from sextant.samples.writer import CorpusWriter
from sextant.sources.source import Source, SourceOptions


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
    existed = job.out.exists()
    writer = CorpusWriter(job.out, job.head())
    done = writer.committed()
    mine = select_shards(len(job.shards), *part) if part else range(len(job.shards))
    todo = [i for i in mine if i not in done]
    watch = _BrokenWatch(job, len(done))
    try:
        with Progress("generate", len(mine), done=len(mine) - len(todo), quiet=quiet) as progress:

            def on_done(index: int, summary: ShardSummary) -> None:
                watch.count(summary)
                progress.advance(1, questions=summary.samples, broken=summary.quarantined)

            failed = run_shards(
                todo,
                GenerateShard(job, writer),
                workers=at_most(workers, len(todo)),
                on_done=on_done,
                warm_up=lambda: warm_up(job),
            )
        if failed:
            raise SextantError(
                "some shards could not be generated",
                got="; ".join(f"shard {f.index}: {f.reason}" for f in failed[:5]),
                hint="run the same command again with fewer workers",
            )
        if len(writer.committed()) < len(job.shards):
            return None
        watch.refuse_if_broken(final=True)
    except InputError:
        # A run that gave nothing leaves nothing.
        if not existed and not watch.sound:
            shutil.rmtree(job.out, ignore_errors=True)
        raise
    if job.recipe.selection.enabled:
        writer.retain(lambda tables: decide(job, tables))
    return writer.finish()


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


class _BrokenWatch:
    """Stops a run in which too many scenes are broken."""

    EARLY = 20

    def __init__(self, job: GenerateJob, already: int) -> None:
        self.job = job
        self.sound = already
        self.broken = 0
        self.last_shard: int | None = None

    def count(self, summary: ShardSummary) -> None:
        self.sound += summary.scenes
        self.broken += summary.quarantined
        if summary.quarantined:
            self.last_shard = summary.index
        if self.sound + self.broken >= self.EARLY:
            self.refuse_if_broken()

    def refuse_if_broken(self, *, final: bool = False) -> None:
        total = self.sound + self.broken
        if not self.broken or self.broken <= self.job.recipe.max_broken_share * total:
            return
        first = self._first_error()
        where = f"{self.broken} of {total} scenes"
        if total == 1 and first is not None:
            raise first
        raise InputError(
            "too many scenes are broken",
            where=where,
            expected=f"at most {self.job.recipe.max_broken_share:.0%}",
            got=None if first is None else f"for example: {first}",
            hint="mend the source, or raise max_broken_share in the recipe",
        )

    def _first_error(self) -> InputError | None:
        """Open a broken scene again for its error; it is only kept as text in the shard."""
        if self.last_shard is None:
            return None
        for scene_id in self.job.shards[self.last_shard]:
            try:
                ctx = SceneContext(self.job.opened.open(scene_id), self.job.recipe, self.job.seed)
                generate_scene(ctx, self.job.tasks.values(), lambda data, suffix: "", limit=200)
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
