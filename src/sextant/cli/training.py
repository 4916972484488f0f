"""Verbs that plan a training run and carry it out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sextant.cli.options import DryRun, Quiet, Workers


def plan(
    recipe: Annotated[
        str, typer.Argument(help="Preset (internvl3_8b-paper, ...) or YAML training recipe.")
    ],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override a recipe field, e.g. --set base=FOLDER."),
    ] = None,
    machine: Annotated[str, typer.Option(help="h100, h200, a100, or cpu (this one).")] = "h100",
    gpus: Annotated[int | None, typer.Option(help="In all; 8 if not given.", min=1)] = None,
    memory: Annotated[
        float | None, typer.Option(help="GiB of one GPU, instead of the machine's.", min=0.1)
    ] = None,
    peak: Annotated[
        float | None, typer.Option(help="TFLOP/s of one GPU, instead of the machine's.", min=0.001)
    ] = None,
    mfu: Annotated[
        str, typer.Option(help="Shares of the peak to state times for, comma-separated.")
    ] = "0.25,0.4",
    samples: Annotated[
        int | None,
        typer.Option(help="State so many equal samples instead of measuring a corpus.", min=1),
    ] = None,
    pictures: Annotated[int, typer.Option(help="Of a stated sample.", min=0)] = 16,
    size: Annotated[str, typer.Option(help="Of its pictures, in pixels.")] = "640x480",
    text: Annotated[int, typer.Option(help="Its tokens besides the pictures'.", min=1)] = 200,
    supervised: Annotated[int, typer.Option(help="Its tokens that are learned.", min=1)] = 8,
    limit: Annotated[
        int, typer.Option(help="Measure so many samples of each data entry; 0 = all.", min=0)
    ] = 20_000,
    cache: Annotated[
        Path | None, typer.Option(help="Folder of indices; that of training saves its time.")
    ] = None,
    workers: Workers = 1,
    json_: Annotated[Path | None, typer.Option("--json", help="File for the figures.")] = None,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Say what a training run takes (steps, FLOPs, memory, time); exit code 1 if it cannot fit."""
    from sextant.commands import plan as verb

    job = verb.PlanJob(
        recipe=recipe, overrides=tuple(set_ or ()), machine=machine, gpus=gpus, memory_gib=memory,
        peak_tflops=peak, mfu=mfu, samples=samples, pictures=pictures, size=size, text_tokens=text,
        supervised=supervised, limit=limit or None, cache=cache, workers=workers, out=json_,
    )  # fmt: skip
    if not verb.run(job, dry_run=dry_run, quiet=quiet):
        raise typer.Exit(1)


def train(
    recipe: Annotated[
        str, typer.Argument(help="Preset (internvl3_8b-paper, ...) or YAML training recipe.")
    ],
    out: Annotated[Path, typer.Option(help="Run folder; the same command goes on with it.")],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override a recipe field, e.g. --set base=FOLDER."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="cpu or cuda; the GPU where there is one.")
    ] = None,
    track: Annotated[
        list[str] | None,
        typer.Option(help="wandb, tensorboard or trackio, besides metrics.jsonl; repeat it."),
    ] = None,
    peak: Annotated[
        float | None, typer.Option(help="TFLOP/s of one device, for MFU; by its name if not given.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder of indices, shared by runs; else in the run folder.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Stop after so many steps, with a checkpoint.", min=1)
    ] = None,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Carry out a training recipe; under torchrun, as one of its processes."""
    from sextant.commands import train as verb

    options = verb.TrainOptions(
        recipe=recipe, out=out, overrides=tuple(set_ or ()), cache=cache, device=device,
        trackers=tuple(track or ()), peak_tflops=peak, limit=limit,
    )  # fmt: skip
    verb.run(options, dry_run=dry_run, quiet=quiet)
