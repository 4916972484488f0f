"""The top of the page: what this corpus is, how it was made, and what to look at first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sextant.report.corpus_files import CorpusFiles
from sextant.report.markup import Markup, clean, el, facts_list, number, pretty_json
from sextant.report.statistics import CorpusStatistics, Tally

SECTIONS: Mapping[str, str] = {
    "composition": "Composition",
    "families": "Families",
    "answers": "Answers",
    "words": "Names",
    "drops": "Drops",
    "gallery": "Gallery",
}


def masthead(
    files: CorpusFiles,
    statistics: CorpusStatistics,
    verification: Mapping[str, Any],
    quarantine: Tally,
    warnings: Sequence[str],
    *,
    learning: bool = False,
) -> Markup:
    """Render the header with its key numbers, provenance, verification and findings.

    ``learning``: whether the page has a section about what a model learned.
    """
    manifest = files.manifest
    name = manifest.get("name")
    title = clean(name if isinstance(name, str) and name else files.root.resolve().name, 120)
    sources = ", ".join(clean(source, 60) for source, _ in statistics.sources.top(6))
    more = len(statistics.sources.counts) - 6
    lead = (
        f"{statistics.rows:,} questions about the geometry of {len(statistics.scene_keys):,} "
        f"scene{'' if len(statistics.scene_keys) == 1 else 's'} ({sources}"
        + (f" and {more} further sources" if more > 0 else "")
        + "). Answers stand beside the evidence from which they were computed."
    )
    tiles = {
        "questions": statistics.rows,
        "families": len(statistics.families),
        "scenes": len(statistics.scene_keys),
        "images": len(statistics.image_keys),
        "sources": len(statistics.sources.counts),
        "quarantined": quarantine.total,
    }
    return el(
        "header",
        el("p", "Corpus report", class_="kicker"),
        el("h1", title),
        el("p", lead, class_="abstract"),
        el(
            "div",
            *(
                el("div", el("strong", number(value)), el("span", label))
                for label, value in tiles.items()
            ),
            class_="tiles",
        ),
        el(
            "nav",
            *(
                el("a", text, href=f"#{anchor}")
                for anchor, text in {
                    **({"learning": "Learning"} if learning else {}),
                    **SECTIONS,
                }.items()
            ),
            aria_label="Sections",
        ),
        el(
            "div",
            el("div", el("h3", "Provenance"), _provenance(manifest, statistics), class_="half"),
            el(
                "div",
                el("h3", "Checks"),
                _verification(verification),
                _warnings(warnings),
                _quarantine(quarantine),
                class_="half",
            ),
            class_="halves",
        ),
        class_="masthead",
    )


def _provenance(manifest: Mapping[str, Any], statistics: CorpusStatistics) -> Markup:
    inside = manifest.get("head")
    head = inside if isinstance(inside, dict) else {}
    inside = head.get("recipe")
    recipe = inside if isinstance(inside, dict) else {}
    facts: dict[str, Markup | str | None] = {
        "Splits": _counts(statistics.splits),
        "Licences": _counts(statistics.licenses),
        "Recipe": _short(head.get("recipe_hash")),
        "Seed": _short(recipe.get("seed", head.get("seed"))),
        "Source": _short(head.get("source")),
        "Versions": _short(head.get("versions")),
    }
    folds = [
        el("details", el("summary", title), pretty_json(value))
        for title, value in (("Recipe in full", recipe), ("Manifest", manifest))
        if value
    ]
    return el("div", facts_list(facts), *folds)


def _short(value: Any) -> Markup | str | None:
    if value is None or value == {} or value == []:
        return None
    if isinstance(value, dict):
        told = [(k, v) for k, v in value.items() if v not in (None, "", {}, [])]
        pairs = [f"{clean(k, 40)} {clean(v, 200)}" for k, v in told[:12]]
        return ", ".join(pairs)
    if isinstance(value, list):
        return ", ".join(clean(v, 60) for v in value[:12])
    return el("code", clean(value, 100))


def _counts(tally: Tally) -> str:
    return ", ".join(f"{clean(key, 60) or '(none)'} {count:,}" for key, count in tally.top(6))


def _verification(result: Mapping[str, Any]) -> Markup:
    if not result:
        return el("p", "No verification result is stored with this corpus.", class_="note")
    plain = {
        clean(key, 60).replace("_", " "): _scalar(value)
        for key, value in list(result.items())[:16]
        if isinstance(value, str | int | float | bool)
    }
    rest = {key: value for key, value in result.items() if isinstance(value, dict | list) and value}
    folded = el("details", el("summary", "Verification in full"), pretty_json(rest, 4000))
    return el(
        "div", el("p", "Verification", class_="key"), facts_list(plain), folded if rest else None
    )


def _scalar(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clean(value, 120) if isinstance(value, str) else number(value, 6)


def _warnings(warnings: Sequence[str]) -> Markup:
    if not warnings:
        text = (
            "Letters, yes shares and wordings are even wherever there are rows enough to tell, "
            "and every picture of the gallery opens."
        )
        return el("p", text, class_="good")
    rows = [el("li", text) for text in warnings[:40]]
    rest = len(warnings) - len(rows)
    return el(
        "div",
        el("ul", *rows, class_="findings"),
        el("p", f"and {rest} more", class_="note") if rest > 0 else None,
    )


def _quarantine(reasons: Tally) -> Markup | None:
    if not reasons.total:
        return None
    rows = [el("li", f"{clean(reason, 160)} ({count:,})") for reason, count in reasons.top(8)]
    title = el(
        "summary", f"{reasons.total:,} quarantined record{'s' if reasons.total != 1 else ''}"
    )
    return el("details", title, el("ul", *rows))
