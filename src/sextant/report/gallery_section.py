"""The gallery's section: cards by family, and the controls that filter them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sextant.report.document import section
from sextant.report.gallery import Draw, Scenes, card
from sextant.report.markup import Markup, clean, el, join
from sextant.report.pictures import PictureShelf
from sextant.report.statistics import CorpusStatistics, known_capability
from sextant.report.wording import CAPABILITY_NAMES
from sextant.samples.sample import CAPABILITIES, DIFFICULTIES


def anchors(statistics: CorpusStatistics) -> Mapping[str, str]:
    """Return the place on the page of each family's cards, by family."""
    return {family.task: f"family-{i}" for i, family in enumerate(statistics.ordered(), start=1)}


def affordable(statistics: CorpusStatistics, draw: Draw, scenes: Scenes, budget_bytes: int) -> int:
    """Return how many questions per family leave at least half of the budget to the pictures."""
    for per_task in range(draw.size, 0, -1):
        empty = PictureShelf(Path())
        text = gallery_section(statistics, draw, scenes, empty, per_task)
        if len(text.encode()) <= budget_bytes / 2:
            return per_task
    return 0


def gallery_section(
    statistics: CorpusStatistics, draw: Draw, scenes: Scenes, shelf: PictureShelf, per_task: int
) -> Markup:
    """Render the cards of at most ``per_task`` questions per family, under their filters."""
    places = anchors(statistics)
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
                id=places[family.task],
            )
        )
    note = (
        "A fair draw by hash of the row's id, not a selection. Press a picture to enlarge it. "
        "Maps are drawn from the scene file and the evidence, not from the question's text."
    )
    content = join([_filters(statistics, draw, per_task), *groups])
    return section("gallery", "Gallery", content, note)


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
