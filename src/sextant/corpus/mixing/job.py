"""Mixing: the plan is stored first, then shards copy the rows it names."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b, file_digest
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant._version import __version__
from sextant.corpus.mixing.choose import ACTIONS, TRAIN, VAL, choose
from sextant.corpus.mixing.index import BATCH, Opened, index_rows
from sextant.corpus.mixing.recipe import MixRecipe
from sextant.errors import CorruptInput, MissingInput, RecipeError
from sextant.execution.atomic import write_bytes, write_text
from sextant.execution.engines import Workers
from sextant.execution.progress import Progress
from sextant.samples.corpus_run import CorpusRun, ShardWork
from sextant.samples.counts import shown
from sextant.samples.layout import RUN, canonical_json, read_batches, read_json
from sextant.samples.retain import SUMMARY
from sextant.samples.sample import SCHEMA
from sextant.samples.shard import ShardSummary, ShardWriter
from sextant.samples.writer import CorpusWriter

PLAN = "mix.npy"

SHARD_ROWS = 100_000
"""Rows of inputs, not of the output, that a shard looks at."""

Source = tuple[int, int]
"""An input and one of its tables."""


@dataclass(frozen=True)
class MixJob:
    """One run; a pure function of recipe and inputs gives the corpus' bytes.

    Attributes:
        recipe: Its inputs have folders.
        out: The corpus folder.
        shard_rows: Rows that a shard looks at.
    """

    recipe: MixRecipe
    out: Path
    shard_rows: int = SHARD_ROWS

    @cached_property
    def inputs(self) -> list[Opened]:
        """The corpora."""
        return [Opened.of(given) for given in self.recipe.inputs]

    @cached_property
    def shards(self) -> list[list[Source]]:
        """The tables that every shard copies from."""
        found: list[list[Source]] = []
        held = self.shard_rows
        for number, opened in enumerate(self.inputs):
            for table, rows in enumerate(opened.rows):
                if held + rows > self.shard_rows or not found:
                    found.append([])
                    held = 0
                found[-1].append((number, table))
                held += rows
        return found

    @cached_property
    def starts(self) -> dict[Source, int]:
        """Running number of the first row of every table."""
        found, at = {}, 0
        for number, opened in enumerate(self.inputs):
            for table, rows in enumerate(opened.rows):
                found[number, table] = at
                at += rows
        return found

    @cached_property
    def external(self) -> dict[str, str]:
        """Folders of pictures that the inputs refer to.

        Raises:
            RecipeError: If two inputs mean different folders by one name.
        """
        found: dict[str, str] = {}
        for opened in self.inputs:
            for name, folder in opened.store.external.items():
                path = os.path.abspath(folder)
                if found.setdefault(name, path) != path:
                    raise RecipeError(
                        "two inputs mean different folders by one name", where=name,
                        expected=found[name], got=path,
                        hint="import one of them again with another --name",
                    )  # fmt: skip
        return found

    def head(self) -> dict[str, Any]:
        """Return what identifies the run in the corpus' manifest."""
        recipe = self.recipe.model_dump(mode="json")
        lists = (*self.recipe.holdout.exclude_scenes, *self.recipe.exclude_ids)
        return {
            "recipe": recipe,
            "recipe_hash": self.recipe.digest(),
            "source": {
                "name": "mix",
                "inputs": {
                    opened.given.name: {
                        "recipe_hash": opened.store.manifest["head"].get("recipe_hash"),
                        "samples": opened.store.count,
                        "checksum": _identity(opened),
                    }
                    for opened in self.inputs
                },
                **({"lists": {p: _digest(Path(p)) for p in lists}} if lists else {}),
            },
            "shard_rows": self.shard_rows,
            "external": self.external,
            "versions": {"sextant": __version__},
            "shards": len(self.shards),
        }

    def plan(self, *, quiet: bool = True) -> dict[str, Any]:
        """Decide about every row and store it in the unfinished corpus, unless that was done.

        Returns:
            What the manifest will say of it.
        """
        path, summary = self.out / RUN / PLAN, self.out / RUN / SUMMARY
        if not (path.exists() and summary.exists()):
            chosen = self.choose(quiet=quiet)
            stream = BytesIO()
            np.save(stream, chosen[0])
            write_bytes(path, stream.getbuffer())
            write_text(summary, canonical_json(chosen[1]))
            return chosen[1]
        return read_json(summary)

    def choose(self, *, quiet: bool = True) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """Return what becomes of every row, and the summary."""
        total = sum(len(opened.rows) for opened in self.inputs)
        with Progress("mix: reading", total, unit="tables", quiet=quiet) as progress:
            rows = index_rows(self.inputs, lambda n: progress.advance(1, rows=n))
        chosen = choose(self.recipe, rows)
        return chosen.action, chosen.summary


def _identity(opened: Opened) -> str:
    manifest = opened.store.manifest
    if "checksum" in manifest:
        return str(manifest["checksum"])
    return ",".join(str(facts["qa"]["sha256"])[:8] for facts in manifest["shards"])


def _digest(path: Path) -> str:
    """Return a hash of a list: with another one under its name it is another run."""
    try:
        with path.open("rb") as file:
            return file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()
    except OSError as error:
        raise MissingInput(
            "a list of what to leave out cannot be read", where=path, got=error.strerror
        ) from error


@dataclass(frozen=True, slots=True)
class MixShard:
    """The shard function: copies the rows that the plan names; picklable."""

    job: MixJob
    writer: CorpusWriter

    def __call__(self, index: int) -> ShardSummary:
        """Copy and commit one shard."""
        job, shard = self.job, self.writer.shard(index)
        plan = np.load(job.out / RUN / PLAN, mmap_mode="r")
        drops: Counter[tuple[str, str]] = Counter()
        tables = []
        for number, table in job.shards[index]:
            opened, at, mine = job.inputs[number], job.starts[number, table], []
            for batch in read_batches(opened.part(table), SCHEMA, batch=BATCH):
                action = np.asarray(plan[at : at + len(batch)])
                if len(action) != len(batch):
                    raise CorruptInput(
                        "a table has more rows than the manifest says", where=opened.part(table)
                    )
                at += len(batch)
                _count(drops, batch, action)
                if (action <= VAL).any():
                    mine.append(_kept(batch, action))
            _link(shard, opened, mine)
            tables += mine
        whole = pa.concat_tables(tables).combine_chunks() if tables else SCHEMA.empty_table()
        return shard.commit_table(whole, drops, checked=True)


def _kept(batch: pa.RecordBatch, action: NDArray[np.uint8]) -> pa.Table:
    keep = action <= VAL
    table = pa.Table.from_batches([batch]).filter(pa.array(keep))
    split = pa.array(np.where(action[keep] == TRAIN, "train", "val").tolist(), pa.string())
    place = SCHEMA.get_field_index("split")
    return table.set_column(place, SCHEMA.field("split"), split).cast(SCHEMA)


def _count(drops: Counter[tuple[str, str]], batch: pa.RecordBatch, action: Any) -> None:
    out = np.flatnonzero(action > VAL)
    if len(out):
        tasks = batch.column("task").take(pa.array(out)).to_pylist()
        for (task, code), n in Counter(zip(tasks, action[out].tolist(), strict=True)).items():
            drops[task, ACTIONS[code]] += n


def _link(shard: ShardWriter, opened: Opened, tables: list[pa.Table]) -> None:
    for path in shown(pa.concat_tables(tables)) if tables else ():
        if path.startswith("images/") and not shard.has(path):
            shard.take(opened.store.image_path(path), path)


def mix(
    job: MixJob, *, workers: Workers = 1, part: tuple[int, int] | None = None, quiet: bool = False
) -> dict[str, Any] | None:
    """Mix corpora, or go on with a mix that was interrupted.

    Args:
        job: What to mix.
        workers: Number of processes, or workers of Ray; the bytes do not depend on it.
        part: ``(i, N)``: do only every N-th shard, starting with the i-th, for cluster arrays.
        quiet: Show no progress.

    Returns:
        The manifest; None if this part is done but others are still missing.

    Raises:
        InputError: If an input cannot be read.
        RecipeError: If inputs do not go together.
        OutputError: If the folder is taken or cannot be written.
    """
    run = CorpusRun(job, part)
    if run.writer.is_complete:
        return run.writer.finish()
    job.plan(quiet=quiet)
    work = ShardWork(
        "mix", "mixed", MixShard(job, run.writer), lambda summary: {"rows": summary.samples}
    )
    return run.writer.finish() if run.carry_out(work, workers=workers, quiet=quiet) else None
