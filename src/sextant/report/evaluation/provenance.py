"""How runs were made: their manifests side by side, with what differs standing out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sextant.report.evaluation.lines import Json
from sextant.report.evaluation.runs import Run
from sextant.report.evaluation.tables import swatch
from sextant.report.markup import Markup, clean, el, number

MOST_ROWS = 250
MOST_RUNS = 8
MAX_DEPTH = 4
FIRST = ("model", "benchmark", "prompts", "rules", "frame_path", "frames", "attention", "dtype")
"""Words in the name of what readers look for first."""


def manifest_table(runs: Sequence[Run]) -> Markup:
    """List what the manifests say, one column per run; entries that differ are marked."""
    shown = runs[:MOST_RUNS]
    columns = [dict(flatten(run.manifest)) for run in shown]
    names = list(dict.fromkeys(name for column in columns for name in column))
    names.sort(key=_rank)
    if not names:
        return el("p", "No manifest is stored with these runs.", class_="note")
    heads = [el("th", "entry", scope="col")]
    heads += [
        el("th", swatch(run), " ", clean(run.label, 60), " ", clean(run.benchmark, 40), scope="col")
        for run in shown
    ]
    body = []
    for name in names[:MOST_ROWS]:
        values = [column.get(name, "–") for column in columns]
        differs = len(set(values)) > 1
        cells = [el("td", value) for value in values]
        row = el("th", clean(name, 100), scope="row")
        body.append(el("tr", row, *cells, class_="differs" if differs else None))
    table = el("table", el("thead", el("tr", *heads)), el("tbody", *body), class_="runs-table")
    notes = []
    if len(names) > MOST_ROWS:
        notes.append(f"{len(names) - MOST_ROWS} further entries stand in the files.")
    if len(runs) > MOST_RUNS:
        notes.append(f"{len(runs) - MOST_RUNS} further runs have manifests of their own.")
    told = el("p", " ".join(notes), class_="note") if notes else None
    return el("div", el("div", table, class_="wide tall"), told)


def flatten(manifest: Json, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield (dotted name, value in words) of every entry that has a value."""
    for key, value in manifest.items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(value, dict) and value and depth < MAX_DEPTH:
            yield from flatten(value, name, depth + 1)
        elif value not in (None, "", {}, []):
            yield name, _words(value)


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value) if abs(value) < 1e15 else clean(value, 60)
    if isinstance(value, float):
        return number(value, 6)
    if isinstance(value, list):
        inside = ", ".join(clean(v, 60) for v in value[:12])
        return inside + (f", and {len(value) - 12} more" if len(value) > 12 else "")
    return clean(value, 300)


def _rank(name: str) -> int:
    words = name.lower()
    return next((i for i, word in enumerate(FIRST) if word in words), len(FIRST))
