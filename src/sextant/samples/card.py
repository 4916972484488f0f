"""The card of a corpus: what is in it, how it was made, and under which terms."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

_HEADINGS = (
    ("capability", "Capabilities"),
    ("task", "Tasks"),
    ("answer_type", "Answer types"),
    ("difficulty", "Difficulty"),
    ("split", "Splits"),
    ("source", "Sources"),
)


def render_card(manifest: Mapping[str, Any], drops: Sequence[tuple[str, str, int]]) -> str:
    """Return the Markdown text of ``card.md``.

    Names come from datasets and are hostile where Markdown becomes HTML: they are escaped.

    Args:
        manifest: The manifest of the corpus.
        drops: Task, reason and count of the facts that were not asked.
    """
    head, counts = manifest["head"], manifest["counts"]
    images = manifest["images"]
    parts = [
        "# Corpus card",
        f"{manifest['samples']} samples about {manifest['scenes']} scenes, showing "
        f"{images['count']} images ({images['bytes'] / 1e6:.1f} MB). "
        f"{manifest['dropped']} facts were found but not asked, "
        f"{manifest['quarantined']} records could not be read (`quarantine.parquet`).",
        "Read it with `load_dataset('parquet', data_files='qa/*.parquet')`, DuckDB or pandas; "
        "the column `split` separates train, val and test, which no scene crosses. "
        "Image paths are relative to this folder.",
    ]
    for name, heading in _HEADINGS:
        parts += [f"## {heading}", markdown_table((name, "samples"), counts[name].items())]
    parts += ["## Facts that were not asked"]
    parts += [markdown_table(("task", "reason", "count"), drops)] if drops else ["None."]
    parts += [
        "## How it was made",
        "Answers generated from captures follow from their geometry; the column `evidence` holds "
        "what it takes to recompute them. The same source, recipe and versions give the same "
        "bytes.",
        markdown_table(
            ("what", "value"),
            [
                ("recipe hash", head["recipe_hash"]),
                ("source", _text(head["source"])),
                ("versions", _text(head["versions"])),
                ("generators", ", ".join(counts["generator"])),
            ],
        ),
        "The resolved recipe stands in `manifest.json` under `head`.",
        "## Terms",
        "Each sample carries the terms of the capture it was made from, in the column `license`. "
        "Whoever passes the corpus on passes these on too.",
        markdown_table(("license", "samples"), counts["license"].items()),
    ]
    return "\n\n".join(parts) + "\n"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def markdown_table(header: Sequence[str], rows: Any) -> str:
    """Return a table whose cells, which may be hostile, are plain text."""
    lines = [f"| {' | '.join(header)} |", "|" + " --- |" * len(header)]
    lines += [f"| {' | '.join(_cell(value) for value in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    text = " ".join(str(value).split())
    for sign, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "&#124;")):
        text = text.replace(sign, safe)
    for sign in "\\`*_[]!":
        text = text.replace(sign, "\\" + sign)
    return text
