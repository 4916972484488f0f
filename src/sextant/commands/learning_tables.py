"""The figures of the demo's tiny model as tables of a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table


def scores(found: Mapping[str, Any]) -> Table:
    """Return the scores of all models by capability, in percent."""
    table = Table(title="Exam rooms: score in % and 95 % interval over rooms")
    names = list(dict.fromkeys(n for model in found["models"] for n in model["capabilities"]))
    table.add_column("model")
    for name in names:
        table.add_column(name, justify="right")
    for model in found["models"]:
        lines = [model["capabilities"].get(name) for name in names]
        table.add_row(model["label"], *(_line(line) for line in lines))
    return table


def differences(found: Mapping[str, Any]) -> list[Table]:
    """Return how far the trained model is above the blind one, and above itself unsighted."""
    trained = found["trained"]
    families = [row for row in found["by_task"] if row["name"] != "all"]
    tables = [_paired(f"{trained} minus {found['blind']}", [*found["differences"], *families])]
    if "ablated" in found:
        tables.append(_paired(f"{trained} minus {found['ablated']}", found["without_pictures"]))
    return tables


def _paired(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title=f"{title}, the same questions")
    for head in ("", "questions", "rooms", "difference", "95 %", "p"):
        table.add_column(head, justify="right" if head else "left")
    for row in rows:
        table.add_row(
            row["name"], f"{row['n']:,}", str(row["clusters"]), f"{100 * row['difference']:+.1f}",
            f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f}", f"{row['p']:.3g}",
        )  # fmt: skip
    return table


def _line(line: Mapping[str, Any] | None) -> str:
    if line is None or line["score"] is None:
        return "-"
    if line["low"] is None or line["high"] is None:
        return f"{100 * line['score']:.1f}"
    return f"{100 * line['score']:.1f} [{100 * line['low']:.0f}, {100 * line['high']:.0f}]"
