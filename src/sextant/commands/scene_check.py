"""``sextant scenes check``: whether the parts of each scene agree, in one table."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from sextant.commands.registry import open_source
from sextant.counted import counted
from sextant.errors import InputError, RecipeError
from sextant.execution.progress import Progress
from sextant.scenes.inspection import Finding, SceneReport, inspect_scene
from sextant.sources.source import SourceOptions

_STYLE = {"ok": "green", "suspect": "yellow", "broken": "red", "unchecked": "dim"}


def run(
    source: str,
    root: Path | None,
    scenes: int | None,
    only: str | None,
    seed: int,
    views: int,
    *,
    as_json: bool,
    quiet: bool,
) -> bool:
    """Check the scenes of a source and print what was found; tell whether none is broken."""
    opened = open_source(source, root, SourceOptions(scenes=scenes, seed=seed))
    ids = opened.scene_ids()
    if only is not None:
        if only not in ids:
            raise RecipeError(
                f"no scene {only!r}",
                where=root,
                hint=f"`sextant scenes list --source {source}` names them",
            )
        ids = (only,)
    reports = []
    missing: dict[str, str] = {}
    with Progress("check", len(ids), unit="scenes", quiet=quiet or as_json) as progress:
        for scene_id in ids:
            try:
                scene = opened.open(scene_id)
                if "missing" in scene.notes:
                    missing[scene_id] = scene.notes["missing"]
                reports.append(inspect_scene(scene, views))
            except InputError as error:
                reports.append(SceneReport(scene_id, {}, (Finding(True, "files", str(error)),)))
            progress.advance()
    console = Console(highlight=False)
    if as_json:
        console.print_json(json.dumps([_record(r) for r in reports]))
    else:
        console.print(_table(reports, missing))
        for report in reports:  # whole messages, which no column is wide enough for
            for finding in report.findings:
                if finding.kind == "files":
                    console.print(
                        f"{report.scene_id}: {finding.what}", markup=False, soft_wrap=True
                    )
        counts = {v: sum(r.verdict == v for r in reports) for v in _STYLE}
        told = ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n)
        console.print(f"{counted(len(reports), 'scene')}: {told}", markup=False)
    return not any(r.verdict == "broken" for r in reports)


def _record(report: SceneReport) -> dict[str, Any]:
    numbers = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in report.numbers.items()
    }
    return {
        "scene_id": report.scene_id,
        "verdict": report.verdict,
        "findings": [{"fails": f.fails, "kind": f.kind, "what": f.what} for f in report.findings],
        "numbers": numbers,
    }


def _table(reports: list[SceneReport], missing: Mapping[str, str]) -> Table:
    table = Table(
        # Ids differ at their ends: a cut one names no scene.
        Column("scene", overflow="fold"),
        "verdict", "frames", "depth", "agree", "off (worst)", "boxes",
        Column("what does not fit", overflow="fold"),
        caption_justify="left",
        caption="frames: looked at / all; depth: median, m; agree: share of what frames share that "
        "they see at the same depth; off: cm that frames are from where their neighbours put them",
    )  # fmt: skip
    for report in reports:
        n = report.numbers
        judged = n.get("boxes")
        objects = n.get("objects", 0)
        table.add_row(
            Text(report.scene_id),
            Text(report.verdict, style=_STYLE[report.verdict]),
            f"{n.get('views', 0)}/{n.get('frames', 0)}",
            _shown(n.get("depth_m"), "{:.2f}"),
            _shown(n.get("agreement"), "{:.0%}"),
            _shown(n.get("off_m"), "{:.1f}", 100)
            + (_shown(n.get("worst_off_m"), " ({:.1f})", 100) if "worst_off_m" in n else ""),
            f"{judged}/{objects}" if judged is not None else f"-/{objects}" if objects else "",
            Text(_what(report, missing.get(report.scene_id))),
        )
    return table


def _what(report: SceneReport, missing: str | None) -> str:
    """Say what was found, or why little could be."""
    if report.verdict == "unchecked":
        told = ["nothing to compare: no dense depth, no boxes"]
    elif report.verdict == "ok" and not report.numbers.get("views"):
        told = ["only sizes were looked at: no dense depth"]
    else:
        told = ["cannot be read" if f.kind == "files" else f.what for f in report.findings]
    if missing is not None:
        told.append(f"not there: {missing}")
    return "\n".join(told)


def _shown(value: float | None, form: str, times: float = 1.0) -> str:
    return "" if value is None or not math.isfinite(value) else form.format(value * times)
