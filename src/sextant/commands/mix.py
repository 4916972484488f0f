"""``sextant mix``: corpora -> one corpus, by a recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sextant.corpus.mixing.job import MixJob, mix
from sextant.corpus.mixing.recipe_files import load_mix_recipe
from sextant.errors import RecipeError
from sextant.execution.engines import Workers
from sextant.execution.partition import parse_part
from sextant.execution.stores import local_in


def run(
    *,
    recipe: str,
    out: Path,
    inputs: Sequence[str],
    overrides: Sequence[str],
    workers: Workers,
    shard: str | None,
    dry_run: bool,
    quiet: bool,
) -> None:
    """Carry out ``sextant mix``; see its ``--help``."""
    job = MixJob(load_mix_recipe(recipe, overrides=overrides, inputs=_folders(inputs)), out)
    console = Console(highlight=False)
    part = None if shard is None else parse_part(shard)
    if dry_run:
        job.external  # noqa: B018  inputs that do not go together are refused
        print_mixed(console, job.choose(quiet=quiet)[1], f"would write to {out}")
        return
    manifest = mix(job, workers=workers, part=part, quiet=quiet)
    if manifest is None:
        console.print("this part is done; other parts of the corpus are still missing")
        return
    print_mixed(console, manifest["selection"], f"written to {out}")


def _folders(pairs: Sequence[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, sign, folder = pair.partition("=")
        if not sign or not name or not folder:
            raise RecipeError("--input takes name=folder", got=pair)
        found[name] = str(local_in(Path(folder)))
    return found


def print_mixed(console: Console, summary: Mapping[str, Any], where: str) -> None:
    """Print wanted against got, value by value, and why rows were left out."""
    console.print(
        f"{summary['train']} rows of train and {summary['val']} of val, "
        f"of {summary['candidates']} rows of the inputs: {where}", markup=False,
    )  # fmt: skip
    table = Table("of", "value", "wanted", "got", "there", "starved because", title="Mix")
    for line in summary["quotas"]:
        if line["wanted"] is None and not line["got"] and not line["candidates"]:
            continue
        wanted = "" if line["wanted"] is None else str(line["wanted"])
        table.add_row(
            line["dimension"], line["value"], wanted, str(line["got"]), str(line["candidates"]),
            line["why"],
        )  # fmt: skip
    console.print(table)
    for reason, n in summary["reasons"].items():
        if reason not in ("train", "val"):
            console.print(f"left out: {n} ({reason})", markup=False)
