"""What the verb ``generate`` prints around the run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

from sextant.commands.generate import GenerateJob, generate, totals
from sextant.commands.registry import source_facts, task_classes
from sextant.counted import counted
from sextant.errors import RecipeError
from sextant.execution.engines import Workers
from sextant.execution.partition import parse_part
from sextant.questions.recipe import load_recipe
from sextant.questions.task import NEEDS
from sextant.samples.store import CorpusStore


def run(
    *,
    source: str,
    out: Path | None,
    root: Path | None,
    scenes: int | None,
    tasks: str | None,
    limit: int | None,
    seed: int,
    workers: Workers,
    recipe: Path | None,
    overrides: Sequence[str],
    shard: str | None,
    list_tasks: bool,
    dry_run: bool,
    quiet: bool,
) -> None:
    """Carry out ``sextant generate``; see its ``--help``."""
    console = Console(highlight=False)
    changes = parse_overrides(overrides)
    if tasks is not None:
        changes["tasks"] = [t.strip() for t in tasks.split(",") if t.strip()]
    job = GenerateJob(
        source=source,
        root=root,
        out=out or Path("out") / source,
        recipe=load_recipe(recipe, changes),
        seed=seed,
        scenes=scenes,
        limit=limit,
    )
    if list_tasks:
        console.print(task_table(job))
        return
    if out is None:
        raise RecipeError("generate needs --out, the corpus folder to write")
    part = parse_part(shard) if shard else None
    console.print(job.opened.describe(), markup=False)
    if dry_run:
        facts = source_facts(job.source)
        possible = [n for n, t in job.tasks.items() if facts is None or t.needs <= facts.supports]
        others = len(job.tasks) - len(possible)
        told = f"; {others} more need what it never has (--list-tasks)" if others else ""
        console.print(
            f"would write {counted(len(job.shards), 'shard')} to {job.out} with families "
            f"{', '.join(possible)}{told}", markup=False,
        )  # fmt: skip
        return
    manifest = generate(job, workers=workers, part=part, quiet=quiet)
    if manifest is None:
        console.print("this part is done; other parts of the corpus are still missing")
        return
    print_summary(console, job.out, manifest)


def parse_overrides(pairs: Sequence[str]) -> dict[str, Any]:
    """Read ``["per_task=20", "images.max_side=512"]`` into nested fields.

    Raises:
        RecipeError: If a pair is not ``key=value``.
    """
    result: dict[str, Any] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key:
            raise RecipeError("--set takes key=value", got=pair)
        try:
            parsed = yaml.safe_load(value)
        except yaml.YAMLError:
            raise RecipeError("--set: the value is not valid YAML", got=pair) from None
        # A family's id holds a dot itself: margins.mm.object_distance.min_distance_m=0.3
        path = key.split(".")
        if path[0] == "margins" and len(path) == 4:
            path = [path[0], f"{path[1]}.{path[2]}", path[3]]
        level = result
        for name in path[:-1]:
            level = level.setdefault(name, {})
        level[path[-1]] = parsed
    return result


def print_summary(console: Console, out: Path, manifest: dict[str, Any]) -> None:
    """Print questions per capability, the main drop reasons, and what was quarantined."""
    counts = totals(manifest)
    total = sum(counts.values())
    listed = ", ".join(f"{name} {n}" for name, n in counts.items())
    console.print(f"{total} questions in {out}: {listed or 'none'}", markup=False)
    print_selection(console, manifest.get("selection"))
    store = CorpusStore.open(out)
    drops = sorted(store.drops(), key=lambda d: -d["count"])
    if drops:
        table = Table("family", "not asked because", "times", title="Most frequent drops")
        for row in drops[: 12 if total else 40]:
            table.add_row(row["task"], row["reason"], str(row["count"]))
        console.print(table)
    for row in store.quarantine():
        console.print(f"quarantined {row['scene_id']}: {row['message']}", markup=False)


def print_selection(console: Console, selection: dict[str, Any] | None) -> None:
    """Print how many questions selection kept, wanted against got, and what was starved."""
    if selection is None:
        return
    left = selection["candidates"] - selection["kept"]
    console.print(
        f"selection kept {selection['kept']} of {selection['candidates']} generated questions; "
        f"{left} would have made the corpus lean (see drops.parquet)",
        markup=False,
    )
    wanted = [q for q in selection["quotas"] if q["wanted"] is not None]
    if wanted:
        table = Table("quota", "value", "wanted", "got", "starved because", title="Quotas")
        for q in wanted:
            table.add_row(q["dimension"], q["value"], str(q["wanted"]), str(q["got"]), q["why"])
        console.print(table)


def task_table(job: GenerateJob) -> Table:
    """Return which families the first scene of the source allows, and what the others lack."""
    scene = job.opened.open(job.opened.scene_ids()[0])
    table = Table("family", "available", "missing", title=f"Families on {job.source} ({scene.id})")
    for name, cls in task_classes().items():
        lacking = cls().missing(scene)
        table.add_row(name, "no" if lacking else "yes", "; ".join(NEEDS[n] for n in lacking))
    return table
