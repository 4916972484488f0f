"""One self-contained HTML page about a corpus: nothing is fetched, nothing runs but its script."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path

from sextant.errors import RecipeError
from sextant.execution.atomic import write_text
from sextant.report.answers import answer_section, findings, word_section
from sextant.report.corpus_files import CorpusFiles
from sextant.report.gallery import Draw, Scenes, card, want_pictures
from sextant.report.markup import Markup, clean, el, join
from sextant.report.masthead import masthead
from sextant.report.overview import capability_section, drop_section, family_table
from sextant.report.pictures import PictureShelf
from sextant.report.statistics import (
    OTHER_FAMILIES,
    CorpusStatistics,
    known_capability,
    priority,
)
from sextant.report.wording import CAPABILITY_NAMES
from sextant.samples.sample import CAPABILITIES, DIFFICULTIES

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
) -> ReportSummary:
    """Write a page that shows a corpus; the same corpus and seed give the same bytes.

    Args:
        corpus: The corpus folder.
        out: The HTML file to write.
        gallery_per_task: Questions shown per family, drawn by hash from all of its rows.
        max_bytes: Size that the page should stay below; pictures are shrunk, then left out, and
            at last fewer questions are shown.
        seed: Seed of the draw.

    Raises:
        InputError: The folder holds no finished corpus, or questions cannot be read.
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
    per_task = _affordable(statistics, draw, scenes, max_bytes - len(counted.encode()))
    shelf = PictureShelf(corpus)
    for family in statistics.ordered():
        want_pictures(shelf, draw.of(family.task, per_task))
    text = _gallery(statistics, draw, scenes, PictureShelf(corpus), per_task)
    shelf.embed(max_bytes - len(counted.encode()) - len(text.encode()) - 150_000)
    gallery = _gallery(statistics, draw, scenes, shelf, per_task)
    warnings = [*findings(statistics), *_damage(files, shelf)]
    head = masthead(files, statistics, warnings)
    body = join([head, counted, gallery, shelf.definitions()])
    page = _document(f"{clean(corpus.resolve().name, 80)}: corpus report", body)
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


def _anchors(statistics: CorpusStatistics) -> Mapping[str, str]:
    return {family.task: f"family-{i}" for i, family in enumerate(statistics.ordered(), start=1)}


def _counted_sections(files: CorpusFiles, statistics: CorpusStatistics) -> Markup:
    drops = files.drops()
    per_task: Counter[str] = Counter()
    for drop in drops:
        per_task[drop.task] += drop.count
    families = family_table(statistics, per_task, _anchors(statistics))
    return join(
        [
            _section("composition", "Composition", capability_section(statistics)),
            _section("families", "Question families", families, _FAMILY_NOTE),
            _section("answers", "Answers", answer_section(statistics), _ANSWER_NOTE),
            _section("words", "What the questions name", word_section(statistics)),
            _section("drops", "Dropped candidates", drop_section(drops, statistics), _DROP_NOTE),
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


def _section(anchor: str, title: str, content: Markup, note: str | None = None) -> Markup:
    lead = el("p", note, class_="lead") if note else None
    return el("section", el("h2", title), lead, content, id=anchor)


def _affordable(statistics: CorpusStatistics, draw: Draw, scenes: Scenes, budget_bytes: int) -> int:
    """Return how many questions per family leave at least half of the budget to the pictures."""
    for per_task in range(draw.size, 0, -1):
        empty = PictureShelf(Path())
        text = _gallery(statistics, draw, scenes, empty, per_task)
        if len(text.encode()) <= budget_bytes / 2:
            return per_task
    return 0


def _gallery(
    statistics: CorpusStatistics, draw: Draw, scenes: Scenes, shelf: PictureShelf, per_task: int
) -> Markup:
    anchors = _anchors(statistics)
    groups = []
    for family in statistics.ordered():
        shown = draw.of(family.task, per_task)
        if not shown:
            continue
        groups.append(
            el(
                "div",
                el(
                    "h3",
                    clean(family.task, 80),
                    el("span", f"{len(shown)} of {family.count:,}", class_="count"),
                    class_=f"cap-{family.capability}",
                ),
                *(card(sample, scenes, shelf) for sample in shown),
                class_="group",
                id=anchors[family.task],
            )
        )
    note = (
        "A fair draw by hash of the row's id, not a selection. Press a picture to enlarge it. "
        "Maps are drawn from the scene file and the evidence, not from the question's text."
    )
    content = join([_filters(statistics, draw, per_task), *groups])
    return _section("gallery", "Gallery", content, note)


def _filters(statistics: CorpusStatistics, draw: Draw, per_task: int) -> Markup:
    shown = [s for f in statistics.ordered() for s in draw.of(f.task, per_task)]
    present = {known_capability(s.capability) for s in shown}
    capabilities = [(n, f"{n} {CAPABILITY_NAMES[n]}") for n in CAPABILITIES if n in present]
    tasks = [(clean(f.task, 200), clean(f.task, 80)) for f in statistics.ordered()]
    sources = [(clean(s, 200), clean(s, 60)) for s in sorted({s.source for s in shown})]
    levels = [(name, name) for name in DIFFICULTIES if any(s.difficulty == name for s in shown)]
    return el(
        "div",
        _select("capability", "Capability", capabilities),
        _select("task", "Family", tasks),
        _select("source", "Source", sources),
        _select("difficulty", "Difficulty", levels),
        el(
            "label",
            "Text ",
            el("input", type="search", id="filter-text", placeholder="question, id, evidence"),
        ),
        el("output", f"{len(shown)} questions", id="shown-count"),
        class_="controls sticky script-only",
        id="filters",
    )


def _select(name: str, title: str, choices: list[tuple[str, str]]) -> Markup:
    options = [el("option", "all", value="")]
    options += [el("option", text, value=value) for value, text in choices]
    return el("label", f"{title} ", el("select", *options, id=f"filter-{name}"))


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


def _document(title: str, body: Markup) -> Markup:
    folder = resources.files("sextant.report")
    style = folder.joinpath("page.css").read_text(encoding="utf-8")
    script = folder.joinpath("page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", title),
        # Our own files, not data: they enter as they are, so that the hash above holds.
        el("style", Markup(style)),
    )
    content = el("body", el("main", body), el("script", Markup(script)))
    return Markup("<!doctype html>\n" + el("html", head, content, lang="en") + "\n")
