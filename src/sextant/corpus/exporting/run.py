"""Carrying out an export: whole or not at all, whatever the layout."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from sextant.corpus.exporters import exporter_of
from sextant.corpus.exporting.exporter import Exporter, Target
from sextant.corpus.exporting.pictures import MODES, Pictures
from sextant.corpus.exporting.record import earlier, head_of, remove_stale, write_record
from sextant.corpus.exporting.rows import BATCH, ExportRow, Selection, export_rows
from sextant.errors import OutputError, RecipeError
from sextant.execution.atomic import atomic_folder, atomic_path
from sextant.execution.progress import Progress
from sextant.samples.store import CorpusStore

SHARD_BYTES = 512 << 20
"""Size of a file of an export that consists of several."""


@dataclass(frozen=True, slots=True)
class ExportCounts:
    """What an export wrote and what it left out.

    Attributes:
        written: Number of rows.
        skipped: Number of samples left out, by their split or the reason.
        notes: Number of rows written, by something that should be known of them.
        advice: Lines that say what to do next.
        done_before: Whether the same export stood there already and nothing was written.
    """

    written: int
    skipped: dict[str, int]
    notes: dict[str, int] = field(default_factory=dict)
    advice: tuple[str, ...] = ()
    done_before: bool = False


def export_corpus(
    store: CorpusStore,
    out: Path,
    layout: str = "sharegpt",
    *,
    splits: Sequence[str] = ("train",),
    subset: str | None = None,
    limit: int | None = None,
    images: str | None = None,
    full: bool = False,
    shard_bytes: int = SHARD_BYTES,
    quiet: bool = True,
) -> ExportCounts:
    """Write the samples of some splits in the layout of a trainer, in corpus order.

    Memory is constant. Files appear whole or not at all; a folder that holds the same export
    already is left as it is.

    Args:
        store: The corpus.
        out: The file or folder to write; ``docs/export.md`` says which it is.
        layout: Name of an exporter.
        splits: Of ``train`` and ``val``; test scenes are never exported for training.
        subset: Name of a subset of ``SUBSETS``; None = all rows.
        limit: Stop after so many rows.
        images: ``keep``, ``copy``, ``link`` or ``embed``; None = the layout's own choice.
        full: Add the columns that the layout has no place for under the key ``sextant``, so that
            an import gives the same samples.
        shard_bytes: About how large a file may become, where there are several.
        quiet: Show no progress.

    Raises:
        RecipeError: If another split is asked for, or what the layout cannot do.
        OutputError: If nothing is left to write, or it cannot be written.
    """
    exporter = exporter_of(layout)
    mode = _mode(exporter, images)
    if full and not exporter.can_be_full:
        raise RecipeError(
            f"{exporter.name} has no room for the other columns", got="--full",
            expected="--full with sharegpt, llava, internvl, qwen_vl or webdataset",
        )  # fmt: skip
    selection = Selection(
        tuple(splits), subset, limit, whole=full or exporter.whole, taken=exporter.taken
    )
    selection.check()
    head = head_of(
        store,
        {
            "format": exporter.name, "images": mode, "splits": list(splits), "subset": subset,
            "limit": limit, "full": full, "shard_bytes": shard_bytes,
        },
    )  # fmt: skip
    remove_stale(out)
    if exporter.folder and (found := earlier(out, head)) is not None:
        return ExportCounts(
            found["written"], found["skipped"], found["notes"], tuple(found["advice"]), True
        )
    place: AbstractContextManager[Path] = (
        atomic_folder(out) if exporter.folder else atomic_path(out)
    )
    with place as temporary, Progress("export", store.count, unit="rows", quiet=quiet) as progress:
        pictures = Pictures(
            store, mode, temporary if exporter.folder else out.parent,
            out if exporter.folder else out.parent, out,
        )  # fmt: skip
        target = Target(
            temporary, out.absolute(), _name(store), pictures, full, shard_bytes, tuple(splits)
        )
        rows = _watched(export_rows(store, selection), pictures, selection, progress)
        advice = list(exporter.write(rows, target))
        advice += [f"pictures kept elsewhere are linked at {link}" for link in pictures.finish()]
        if not selection.written:
            raise _nothing_left(store, selection)
        counts = ExportCounts(
            selection.written, dict(sorted(selection.skipped.items())),
            dict(sorted(selection.notes.items())), tuple(advice),
        )  # fmt: skip
        if exporter.folder:
            told = {
                "written": counts.written, "skipped": counts.skipped, "notes": counts.notes,
                "advice": advice,
            }  # fmt: skip
            write_record(temporary, head, told)
    return counts


def _mode(exporter: Exporter, images: str | None) -> str:
    mode = exporter.modes[0] if images is None else images
    if mode not in exporter.modes:
        known = mode in MODES
        raise RecipeError(
            f"{exporter.name} cannot {mode} images" if known else "no such choice of images",
            expected=", ".join(exporter.modes), got=mode,
        )  # fmt: skip
    return mode


def _name(store: CorpusStore) -> str:
    plain = re.sub(r"[^A-Za-z0-9]+", "_", store.root.resolve().name).strip("_")
    return f"sextant_{plain}" if plain else "sextant"


def _watched(
    rows: Iterator[ExportRow], pictures: Pictures, selection: Selection, progress: Progress
) -> Iterator[ExportRow]:
    for row in rows:
        pictures.take(row.images)
        yield row
        if selection.read - progress.done >= BATCH:
            progress.advance(selection.read - progress.done)
    progress.advance(selection.read - progress.done)


def _nothing_left(store: CorpusStore, selection: Selection) -> OutputError:
    skipped = selection.skipped
    return OutputError(
        "nothing is left to export",
        where=store.root,
        expected=f"samples of split {' or '.join(selection.splits)}",
        got=", ".join(f"{n} of {split}" for split, n in sorted(skipped.items()))
        or "an empty corpus",
        hint="its scenes are test scenes, which are not for training"
        if set(skipped) == {"test"}
        else "generate from more scenes, or choose another split",
    )
