"""Examples straight from a corpus folder, any row of it, in constant memory.

Nothing is copied or indexed: the manifest says how many rows each table has, its footer how many
each row group. A row costs the reading of its row group (of the columns that training needs; the
evidence is not among them); the last few stay in memory, so that neighbours come free.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import OrderedDict
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput, MissingInput, RecipeError
from sextant.models.family import Message
from sextant.samples.export import TRAINING_SPLITS
from sextant.samples.external import VARIABLE
from sextant.samples.layout import part_name, unreadable
from sextant.samples.prompt import render_answer, render_prompt
from sextant.samples.sample import CAPABILITIES, SCHEMA, Sample
from sextant.samples.store import CorpusStore
from sextant.samples.subsets import SUBSETS
from sextant.samples.validate import check_sample
from sextant.training.examples import Record
from sextant.training.recipe import DataEntry

COLUMNS = tuple(name for name in SCHEMA.names if name != "evidence")

HELD_GROUPS = 4
"""Row groups in memory; of 10,000 rows, without evidence, one has about 5 MB."""

_FILTERS = ("split", "capability", "task")


class CorpusExamples:
    """The samples of a split.

    Args:
        entry: Of the recipe.

    Raises:
        RecipeError: If the split is not for training, or a capability or subset is unknown.
        MissingInput, CorruptInput, InputError: As ``CorpusStore.open``.
    """

    def __init__(self, entry: DataEntry) -> None:
        _check(entry)
        self._entry = entry
        self._store = CorpusStore.open(Path(entry.path))
        self.root = self._store.root
        self.name = entry.name or self.root.resolve().name
        shards = self._store.manifest["shards"]
        counts = [int(facts["qa"]["rows"]) for facts in shards]
        self._starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        self.fingerprint = blake2b(
            json.dumps([facts["qa"]["sha256"] for facts in shards]).encode(), digest_size=16
        ).hexdigest()
        self._files: OrderedDict[int, tuple[int, ...]] = OrderedDict()
        self._groups: OrderedDict[tuple[int, int], pa.Table] = OrderedDict()

    def __len__(self) -> int:
        return int(self._starts[-1])

    def asked(self) -> NDArray[np.int64]:
        """Return the rows of the split, capabilities, tasks and subset, ascending.

        Raises:
            CorruptInput: If a table is damaged.
        """
        entry, found, start = self._entry, [], 0
        wanted = {"split": (entry.split,), "capability": entry.capabilities, "task": entry.tasks}
        for index in range(len(self._starts) - 1):
            path = self._path(index)
            try:
                with _opened(path) as file:
                    table = file.read(columns=list(_FILTERS))
                keep = np.ones(len(table), dtype=bool)
                for column, values in wanted.items():
                    if values:
                        keep &= np.isin(table[column].to_numpy(), values)
            except (pa.ArrowException, OSError, ValueError) as error:
                raise unreadable(path, error) from error
            self._check_count(index, len(table))
            found.append(np.flatnonzero(keep) + start)
            start += len(table)
        rows = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
        return rows if entry.subset is None else rows[np.isin(rows, self._in_subset(entry.subset))]

    def _in_subset(self, name: str) -> list[int]:
        found = []
        for row, sample in enumerate(self._store.samples()):
            try:
                inside = SUBSETS[name](sample)
            except (ValueError, TypeError, AttributeError, RecursionError):
                inside = True  # evidence that is broken: the row is counted as such later
            if inside:
                found.append(row)
        return found

    def record(self, row: int) -> Record | None:
        """Return a row; see ``ExampleSet``."""
        shard = bisect_right(self._starts, row) - 1
        where = f"{self._path(shard)}: row {row - self._starts[shard]}"
        fields = self._fields(shard, row - int(self._starts[shard]))
        if not self._is_asked(fields):
            return None
        try:
            sample = Sample.from_row({"evidence": "{}", **fields})
        except (TypeError, KeyError) as error:
            raise CorruptInput("not a sample", where=where, got=error) from error
        problems = check_sample(sample)
        if problems:
            raise ConventionError(
                "a sample is not well-formed", where=f"{where}, {sample.id}",
                got="; ".join(problems),
            )  # fmt: skip
        return Record(
            id=sample.id,
            messages=_messages(sample),
            pictures=tuple(self._store.image_path(path) for path in sample.images),
            capability=sample.capability,
            source=sample.source,
            difficulty=sample.difficulty,
        )

    def _is_asked(self, fields: dict[str, Any]) -> bool:
        entry = self._entry
        return (
            fields["split"] == entry.split
            and (not entry.capabilities or fields["capability"] in entry.capabilities)
            and (not entry.tasks or fields["task"] in entry.tasks)
        )

    def _fields(self, shard: int, row: int) -> dict[str, Any]:
        path = self._path(shard)
        try:
            starts = self._group_starts(shard)
            group = bisect_right(starts, row) - 1
            table = self._groups.pop((shard, group), None)
            if table is None:
                with _opened(path) as file:
                    table = file.read_row_group(group, columns=list(COLUMNS))
                while len(self._groups) >= HELD_GROUPS:
                    self._groups.popitem(last=False)
            self._groups[shard, group] = table
            rows: list[dict[str, Any]] = table.slice(row - starts[group], 1).to_pylist()
        except (pa.ArrowException, OSError, ValueError) as error:
            raise unreadable(path, error) from error
        return rows[0]

    def _group_starts(self, shard: int) -> tuple[int, ...]:
        if shard not in self._files:
            with _opened(self._path(shard)) as file:
                meta = file.metadata
                counts = [meta.row_group(i).num_rows for i in range(meta.num_row_groups)]
            self._check_count(shard, sum(counts))
            if len(self._files) >= 4096:
                self._files.popitem(last=False)
            self._files[shard] = tuple(int(n) for n in np.concatenate([[0], np.cumsum(counts)]))
        return self._files[shard]

    def _check_count(self, shard: int, rows: int) -> None:
        expected = int(self._starts[shard + 1] - self._starts[shard])
        if rows != expected:
            raise CorruptInput(
                "a table has another number of rows than the manifest says",
                where=self._path(shard), expected=expected, got=rows,
            )  # fmt: skip

    def _path(self, shard: int) -> Path:
        return self.root / "qa" / part_name(shard)


def _opened(path: Path) -> Any:
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
    except FileNotFoundError as error:
        raise MissingInput("a table of the corpus is missing", where=path) from error
    if not file.schema_arrow.equals(SCHEMA):
        file.close()
        raise CorruptInput(
            "a table of the corpus has other columns than it should", where=path,
            expected=", ".join(SCHEMA.names), got=", ".join(file.schema_arrow.names),
        )  # fmt: skip
    return file


def _messages(sample: Sample) -> tuple[Message, ...]:
    messages = [
        Message("user", render_prompt(sample)),
        Message("assistant", render_answer(sample), supervised=True),
    ]
    for turn in json.loads(sample.turns) if sample.turns is not None else ():
        human = turn["from"] == "human"
        messages.append(Message("user" if human else "assistant", turn["value"], not human))
    return tuple(messages)


def _check(entry: DataEntry) -> None:
    if entry.split not in TRAINING_SPLITS:  # whoever builds an entry without validation
        raise RecipeError("this split is not for training", got=entry.split)
    unknown = sorted(set(entry.capabilities) - set(CAPABILITIES))
    if unknown:
        raise RecipeError(
            "no such capability", where=entry.path, expected=", ".join(CAPABILITIES),
            got=", ".join(unknown),
        )  # fmt: skip
    if entry.subset is not None and entry.subset not in SUBSETS:
        raise RecipeError(
            "no such subset", where=entry.path, expected=", ".join(SUBSETS), got=entry.subset
        )
    if entry.images is not None:
        raise RecipeError(
            "a corpus says itself where its images are", where=entry.path, expected="no `images`",
            got=entry.images, hint=f"{VARIABLE}=name=folder says where external ones are now",
        )  # fmt: skip
