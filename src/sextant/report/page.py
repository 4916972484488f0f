"""One self-contained HTML page about a corpus: nothing is fetched, nothing runs but its script."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from sextant.errors import RecipeError
from sextant.execution.atomic import write_text
from sextant.report.answers import answer_section, findings, word_section
from sextant.report.corpus_files import CorpusFiles
from sextant.report.document import document, section
from sextant.report.gallery import Draw, want_pictures
from sextant.report.gallery_section import affordable, anchors, gallery_section
from sextant.report.learning import learning_section
from sextant.report.markup import Markup, clean, join
from sextant.report.masthead import masthead
from sextant.report.overview import capability_section, drop_section, family_table
from sextant.report.pictures import PictureShelf
from sextant.report.statistics import (
    OTHER_FAMILIES,
    CorpusStatistics,
    priority,
)

DEFAULT_MAX_BYTES = 14_000_000


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """What a report shows and what it could not.

    Attributes:
        out: The page.
        questions: Rows counted.
        families: Question families among them.
        gallery: Questions shown with their pictures.
        pictures: Different pictures embedded.
        broken_pictures: Pictures of the gallery whose file is missing or cannot be decoded.
        pictures_left_out: Sound pictures that found no room on the page.
        findings: What looks uneven, one sentence each.
        size_bytes: Size of the page.
    """

    out: Path
    questions: int
    families: int
    gallery: int
    pictures: int
    broken_pictures: int
    pictures_left_out: int
    findings: tuple[str, ...]
    size_bytes: int


def build_report(
    corpus: Path,
    out: Path,
    *,
    gallery_per_task: int = 3,
    max_bytes: int = DEFAULT_MAX_BYTES,
    seed: int = 0,
    learning: Path | None = None,
) -> ReportSummary:
    """Write a page that shows a corpus; the same corpus and seed give the same bytes.

    Args:
        corpus: The corpus folder.
        out: The HTML file to write.
        gallery_per_task: Questions shown per family, drawn by hash from all of its rows.
        max_bytes: Size that the page should stay below; pictures are shrunk, then left out, and
            at last fewer questions are shown.
        seed: Seed of the draw.
        learning: Figures of what a model learned, shown first; None = there are none.

    Raises:
        InputError: The folder holds no finished corpus, or questions or figures cannot be read.
        OutputError: The page cannot be written.
        RecipeError: A number that cannot be meant.
    """
    if gallery_per_task < 0 or max_bytes < 500_000:
        raise RecipeError(
            "a report needs a number of questions and a size",
            expected="gallery_per_task ≥ 0 and max_bytes ≥ 500000",
            got=f"gallery_per_task={gallery_per_task}, max_bytes={max_bytes}",
        )
    files = CorpusFiles.open(corpus)
    statistics, draw = CorpusStatistics(), Draw(gallery_per_task)
    for sample in files.samples():
        key = priority(seed, sample.id)
        statistics.add(sample, key)
        task = sample.task if sample.task in statistics.families else OTHER_FAMILIES
        draw.offer(task, sample, key)
    scenes = files.scenes(
        {(s.source, s.scene_id) for task in statistics.families for s in draw.of(task)}
    )
    counted = _counted_sections(files, statistics)
    per_task = affordable(statistics, draw, scenes, max_bytes - len(counted.encode()))
    shelf = PictureShelf(corpus, files.store.external)
    for family in statistics.ordered():
        want_pictures(shelf, draw.of(family.task, per_task))
    text = gallery_section(statistics, draw, scenes, PictureShelf(corpus), per_task)
    shelf.embed(max_bytes - len(counted.encode()) - len(text.encode()) - 150_000)
    gallery = gallery_section(statistics, draw, scenes, shelf, per_task)
    verification, quarantine = files.verification(), files.quarantine()
    warnings = [*findings(statistics), *_damage(files, shelf)]
    learned = None if learning is None else learning_section(learning)
    head = masthead(
        files, statistics, verification, quarantine, warnings, learning=learned is not None
    )
    body = join([head, learned, counted, gallery, shelf.definitions()])
    style = "" if learned is None else _plot_style()
    page = document(f"{clean(corpus.resolve().name, 80)}: corpus report", body, more_style=style)
    write_text(out, page)
    return ReportSummary(
        out=out,
        questions=statistics.rows,
        families=len(statistics.families),
        gallery=sum(len(draw.of(task, per_task)) for task in statistics.families),
        pictures=shelf.embedded,
        broken_pictures=len(shelf.broken),
        pictures_left_out=len(shelf.pictures) - shelf.embedded - len(shelf.broken),
        findings=tuple(warnings),
        size_bytes=len(page.encode()),
    )


def _counted_sections(files: CorpusFiles, statistics: CorpusStatistics) -> Markup:
    drops = files.drops()
    per_task: Counter[str] = Counter()
    for drop in drops:
        per_task[drop.task] += drop.count
    families = family_table(statistics, per_task, anchors(statistics))
    return join(
        [
            section("composition", "Composition", capability_section(statistics)),
            section("families", "Question families", families, _FAMILY_NOTE),
            section("answers", "Answers", answer_section(statistics), _ANSWER_NOTE),
            section("words", "What the questions name", word_section(statistics)),
            section("drops", "Dropped candidates", drop_section(drops, statistics), _DROP_NOTE),
        ]
    )


_FAMILY_NOTE = (
    "Kept is the share of the candidates with a stored outcome that became questions; images and "
    "rationale are means per question. Difficulty runs from easy (faint) to hard (full colour)."
)
_ANSWER_NOTE = (
    "Ticks mark what an even distribution would give; letters and yes shares are flagged where "
    "chance alone would be this uneven in one of 1000 families. Numbers are the exact values "
    "before rounding; histograms span the 1 to 99 % quantiles, lines mark 5, 50 and 95 %."
)
_DROP_NOTE = (
    "Every candidate that did not become a question has a reason. Share is the part of the "
    "family's candidates, kept or dropped, that a reason took away."
)


def _plot_style() -> str:
    folder = resources.files("sextant.report.evaluation")
    return folder.joinpath("evaluation.css").read_text(encoding="utf-8")


def _damage(files: CorpusFiles, shelf: PictureShelf) -> list[str]:
    notes = [f"{reason} ({count:,})" for reason, count in files.unreadable.top(10)]
    if shelf.broken:
        first = shelf.broken[0]
        notes.append(
            f"{len(shelf.broken)} of the gallery's {len(shelf.pictures)} pictures cannot be "
            f"shown; the first: {clean(first.path, 80)}: {first.reason}"
        )
    left_out = len(shelf.pictures) - shelf.embedded - len(shelf.broken)
    if left_out:
        notes.append(f"{left_out} pictures were left out to keep the page small")
    return notes
