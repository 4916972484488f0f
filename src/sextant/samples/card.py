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
    ("rationale", "Rationales"),
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
        f"{manifest['dropped']} facts or rows were found and left out, "
        f"{manifest['quarantined']} records could not be read (`quarantine.parquet`).",
        "Read it with `load_dataset('parquet', data_files='qa/*.parquet')`, DuckDB or pandas; "
        "the column `split` separates train, val and test, which no scene crosses. "
        "Image paths are relative to this folder.",
    ]
    for name, heading in _HEADINGS:
        parts += [f"## {heading}", _table((name, "samples"), counts[name].items())]
    parts += _external(manifest) + _selection(manifest) + _notes(manifest)
    parts += ["## What was left out"]
    parts += [_table(("task", "reason", "count"), drops)] if drops else ["None."]
    parts += [
        "## How it was made",
        "Answers generated from captures follow from their geometry; the column `evidence` holds "
        "what it takes to recompute them. Imported rows are as their set wrote them; `evidence` "
        "says where they stood. The same source, recipe and versions give the same bytes.",
        _table(
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
        _table(("license", "samples"), counts["license"].items()),
    ]
    return "\n\n".join(parts) + "\n"


def _external(manifest: Mapping[str, Any]) -> list[str]:
    named = manifest.get("external") or {}
    shown = manifest["images"].get("external", {})
    if not named:
        return []
    rows = [(f"external/{name}", folder, shown.get(name, 0)) for name, folder in named.items()]
    return ["## Images elsewhere", _table(("path in a row", "folder", "times shown"), rows)]


def _selection(manifest: Mapping[str, Any]) -> list[str]:
    """What a mix wanted and got; of generated corpora the manifest tells more than a card can."""
    selection = manifest.get("selection") or {}
    if selection.get("kind") != "mix":
        return []
    columns = ("dimension", "value", "wanted", "got", "candidates", "why")
    rows = [[line[name] for name in columns] for line in selection["quotas"]
            if line["wanted"] is not None]  # fmt: skip
    said = (
        f"{selection['train']} rows of train and {selection['val']} of val, of "
        f"{selection['candidates']} rows of the inputs."
    )
    return ["## Mix", said, *([_table(("of", *columns[1:]), rows)] if rows else [])]


def _notes(manifest: Mapping[str, Any]) -> list[str]:
    parts = []
    for name, counts in (manifest.get("notes") or {}).items():
        parts += [f"## {_cell(name)}", _table(("what", "rows"), counts.items())]
    return parts


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _table(header: Sequence[str], rows: Any) -> str:
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
