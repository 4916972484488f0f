"""``sextant audit --against``: which rows of a corpus benchmarks ask about, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from sextant.corpus.corpus_looks import look_again, looks_of, shown_by_table
from sextant.corpus.leaks import SCHEMA, Asked, Benchmarks, find_leaks, picture_hits
from sextant.corpus.picture_hash import Look, content_digest, look_at
from sextant.corpus.scene_names import keys_of_item
from sextant.errors import RecipeError, SextantError
from sextant.evaluation.benchmark import FrameRule
from sextant.evaluation.benchmarks import benchmark_names, open_benchmark
from sextant.evaluation.hub import resolve_data
from sextant.evaluation.items import Item
from sextant.evaluation.plan import RunPlan
from sextant.evaluation.questions import read_questions
from sextant.evaluation.video import clip_of
from sextant.execution.engines import Workers
from sextant.execution.progress import Progress
from sextant.models.messages import Picture
from sextant.models.pictures import read_bytes
from sextant.samples.store import CorpusStore

_SHOWN = 20


@dataclass(frozen=True, slots=True, eq=False)
class Leaks:
    """What was compared, and what was found.

    Attributes:
        table: One row per hit, ``leaks.SCHEMA``.
        known: The benchmarks.
        pictures: Pictures of the corpus that were looked at.
        flat: Of these, pictures without contrast, compared by their bytes alone.
        unread: What could not be compared, one line each, the first ones.
        unread_count: How many pictures, videos and records.
    """

    table: pa.Table
    known: Benchmarks
    pictures: int
    flat: int
    unread: tuple[str, ...]
    unread_count: int


@dataclass(slots=True)
class _Unread:
    lines: list[str] = field(default_factory=list)
    count: int = 0

    def note(self, line: str, count: int = 1) -> None:
        self.count += count
        if len(self.lines) < _SHOWN:
            self.lines.append(line)


def parse_against(text: str) -> tuple[str, str]:
    """Return name and place of a benchmark from ``NAME=PATH``, or from the path of a table.

    Raises:
        RecipeError: If it is neither, or there is no such benchmark.
    """
    name, equals, place = text.partition("=")
    if not equals and text.lower().endswith(".tsv"):
        return "tsv", text
    if not equals or not place:
        raise RecipeError(
            "a benchmark to audit against is NAME=PATH", got=text[:200],
            expected=f"a name of {', '.join(benchmark_names())}; or the path of a .tsv",
        )  # fmt: skip
    open_benchmark(name)
    return name, place


def compare(
    store: CorpusStore,
    against: Sequence[str],
    *,
    radius: int,
    frames: int,
    workers: Workers,
    names_only: bool,
    quiet: bool,
) -> Leaks:
    """Compare a corpus with benchmarks; see ``sextant audit --help``.

    Raises:
        InputError: If a benchmark cannot be read.
        RecipeError: If there is no such benchmark.
    """
    wanted = [parse_against(text) for text in against]
    known, unread = Benchmarks(radius), _Unread()
    with TemporaryDirectory(prefix="sextant-frames-") as cache:
        for name, place in wanted:
            known.add(_asked(name, place, frames, Path(cache), unread, names_only, quiet))
    hits, pictures, flat = {}, 0, 0
    if not names_only and any(known.pictures.values()):
        with Progress("look", None, unit="pictures", quiet=quiet) as progress:
            looks = looks_of(store, workers=workers, on_done=progress.advance)
        for line in looks.broken:
            unread.note(line)
        unread.count += looks.broken_count - len(looks.broken)
        pictures = len(looks)
        flat = len(looks) - looks.broken_count - int(looks.hashed.sum())
        hits = picture_hits(looks, known, partial(look_again, store))
    tables = list(find_leaks(store, known, hits))
    table = pa.concat_tables(tables) if tables else SCHEMA.empty_table()
    return Leaks(table, known, pictures, flat, tuple(unread.lines), unread.count)


def plan_line(store: CorpusStore, against: Sequence[str]) -> str:
    """Say what would be compared."""
    names = ", ".join(f"{name} ({place})" for name, place in map(parse_against, against))
    pictures = len(shown_by_table(store)[0])
    return f"would compare {pictures} pictures and {store.count} rows with {names}"


def _asked(
    name: str, place: str, frames: int, cache: Path, unread: _Unread, names_only: bool, quiet: bool
) -> Iterator[Asked]:
    benchmark = open_benchmark(name)
    questions = read_questions(benchmark, resolve_data(name, place), RunPlan(name))
    for line in questions.broken:
        unread.note(f"{name}: {line}")
    unread.count += questions.broken_count - len(questions.broken)
    looks: dict[str, Look] = {}
    with Progress(f"read {name}", len(questions.items), unit="items", quiet=quiet) as progress:
        for item in questions.items.values():
            shown = [] if names_only else list(_pictures(item, frames, cache, name, unread))
            pictures = []
            for picture in shown:
                look = _look(picture, name, looks, unread)
                if look is not None:
                    pictures.append((picture.name, look))
            paths = [picture.name for picture in item.pictures]
            paths += [item.video.name] if item.video is not None else []
            yield Asked(
                name, item.id, keys_of_item(item.cluster, paths), item.question, item.options,
                tuple(pictures), bool(paths),
            )  # fmt: skip
            progress.advance()


def _pictures(
    item: Item, frames: int, cache: Path, name: str, unread: _Unread
) -> Iterator[Picture]:
    yield from item.pictures
    if item.video is not None and frames:
        try:
            yield from clip_of(item.video, FrameRule(frames), cache).frames
        except SextantError as error:
            unread.note(f"{name}: {item.id}: {' '.join(str(error).split())}")


def _look(picture: Picture, name: str, looks: dict[str, Look], unread: _Unread) -> Look | None:
    """Return a picture's look; what several items show is decoded once."""
    try:
        data = read_bytes(picture)
        digest = content_digest(data)
        if digest not in looks:
            looks[digest] = look_at(data, f"{name}: {picture.name}")
        return looks[digest]
    except SextantError as error:
        unread.note(" ".join(str(error).split()))
        return None
