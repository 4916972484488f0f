"""Verbs that examine models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sextant.cli.options import DryRun, Quiet, Seed
from sextant.evaluation.failures import MAX_FAILED


def evaluate(
    benchmark: Annotated[
        str, typer.Option(help="vsi_bench, mmsi_bench, ..., tsv, or sextant_corpus.")
    ],
    data: Annotated[
        str, typer.Option(help="The benchmark's folder or file, or hf://owner/name@revision.")
    ],
    model: Annotated[
        str, typer.Option(help="api:NAME (with --base-url), hf:PATH, or blind:prior.")
    ],
    out: Annotated[Path, typer.Option(help="Run folder; the same command goes on with it.")],
    base_url: Annotated[
        str | None, typer.Option(help="OpenAI-compatible server, e.g. http://localhost:8000/v1.")
    ] = None,
    api_key_env: Annotated[
        str, typer.Option(help="Environment variable that holds the server's key.")
    ] = "OPENAI_API_KEY",
    prompts: Annotated[
        str, typer.Option(help="Whose prompts: official, vlmevalkit, lmms-eval or strict.")
    ] = "official",
    profile: Annotated[
        str, typer.Option(help="Whose scoring; the others are printed beside it.")
    ] = "strict",
    stress: Annotated[
        str | None,
        typer.Option(
            help="Stress tests, separated by spaces: circular no_images other_images grey noise "
            "frames:1,8,32 shuffle paraphrase blind_prior counter_heuristic oracle_map."
        ),
    ] = None,
    frame_path: Annotated[
        str, typer.Option(help="Show the frames of a video as images, or as a video.")
    ] = "images",
    frames: Annotated[
        int | None, typer.Option(help="Frames of a video, instead of the protocol's.", min=1)
    ] = None,
    sampling: Annotated[
        str | None, typer.Option(help="uniform_tail, uniform, chunk_center, fps, ...")
    ] = None,
    fps: Annotated[float | None, typer.Option(help="Frames a second, for fps.", min=0.01)] = None,
    placement: Annotated[str, typer.Option(help="Pictures inline, first, or numbered.")] = "inline",
    tasks: Annotated[
        str | None, typer.Option(help="Sub-tasks, comma-separated; all if not given.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Only so many questions, the first ones.", min=1)
    ] = None,
    max_new_tokens: Annotated[
        int | None, typer.Option(help="Instead of the profile's.", min=1)
    ] = None,
    max_failed: Annotated[
        float, typer.Option(help="Share of failed requests above which no headline.", min=0, max=1)
    ] = MAX_FAILED,
    concurrency: Annotated[int, typer.Option(help="Requests in flight.", min=1)] = 64,
    timeout: Annotated[float, typer.Option(help="Seconds for one try.", min=0.1)] = 600.0,
    retries: Annotated[int, typer.Option(help="Further tries of a request.", min=0)] = 5,
    requests_per_minute: Annotated[
        float | None, typer.Option(help="Rate limit; none if not given.", min=0.1)
    ] = None,
    images: Annotated[str, typer.Option(help="Send pictures as base64, or as url.")] = "base64",
    url_prefix: Annotated[str, typer.Option(help="Where the server finds them, for url.")] = "",
    price: Annotated[
        str | None, typer.Option(help="Prompt,completion price of a million tokens.")
    ] = None,
    extra: Annotated[
        str | None,
        typer.Option(help="JSON: more fields of a server's request, or settings of hf models."),
    ] = None,
    batch_size: Annotated[int, typer.Option(help="In-process models.", min=1)] = 8,
    device: Annotated[str | None, typer.Option(help="In-process models, e.g. cuda.")] = None,
    dtype: Annotated[str | None, typer.Option(help="In-process models, e.g. bfloat16.")] = None,
    attention: Annotated[
        str | None, typer.Option(help="In-process models: sdpa, eager, flash_attention_2.")
    ] = None,
    max_side: Annotated[
        int | None, typer.Option(help="Scale pictures down to this longest side.", min=28)
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="File of replies shared by runs; else in the run folder.")
    ] = None,
    frame_cache: Annotated[
        Path | None, typer.Option(help="Folder of decoded frames; else in the run folder.")
    ] = None,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Write report.html.")] = True,
    seed: Seed = 0,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Ask a model a benchmark; exit code 1 if too many requests failed for a headline."""
    from sextant.commands import evaluate_options as read

    job = read.job(
        benchmark=benchmark, data=data, model=model, out=out, base_url=base_url,
        api_key_env=api_key_env, extra=extra, prompts=prompts,
        profile=profile, stress=stress, frame_path=frame_path, frames=frames, sampling=sampling,
        fps=fps, placement=placement, tasks=tasks, limit=limit, max_new_tokens=max_new_tokens,
        max_failed=max_failed, concurrency=concurrency, timeout=timeout, retries=retries,
        requests_per_minute=requests_per_minute, images=images, url_prefix=url_prefix, price=price,
        batch_size=batch_size, device=device, dtype=dtype, attention=attention, max_side=max_side,
        cache=cache, frame_cache=frame_cache, page=page, seed=seed,
    )  # fmt: skip
    from sextant.commands import evaluate as verb

    if not verb.run(job, dry_run=dry_run, quiet=quiet):
        raise typer.Exit(1)


def score(
    benchmark: Annotated[str, typer.Option(help="vsi_bench, mmsi_bench, mindcube, ...")],
    data: Annotated[
        str, typer.Option(help="The benchmark's folder or file, or hf://owner/name@revision.")
    ],
    predictions: Annotated[
        list[Path],
        typer.Option(
            help="Run folder, JSONL with id and reply, VLMEvalKit's xlsx, tsv, csv or json, "
            "lmms-eval's samples; several files by repeating it."
        ),
    ],
    profile: Annotated[
        str, typer.Option(help="official, vlmevalkit, lmms-eval, strict (comma-separated), or all.")
    ] = "strict",
    json_: Annotated[
        Path | None, typer.Option("--json", help="File for the figures; see docs/score.md.")
    ] = None,
    disagreements: Annotated[
        int, typer.Option(help="Rows to print on which profiles disagree.", min=0)
    ] = 10,
    disagreements_out: Annotated[
        Path | None, typer.Option(help="JSONL file for all such rows.")
    ] = None,
    max_failed: Annotated[
        float, typer.Option(help="Share of failed or missing replies above which no headline.")
    ] = MAX_FAILED,
    limit: Annotated[
        int | None, typer.Option(help="Only so many questions, the first ones.", min=1)
    ] = None,
    seed: Seed = 0,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Re-score existing predictions; exit code 1 if too many are missing for a headline."""
    from sextant.commands import score as verb

    job = verb.ScoreJob(
        benchmark=benchmark,
        data=data,
        predictions=predictions,
        profile=profile,
        out=json_,
        disagreements=disagreements,
        disagreements_out=disagreements_out,
        limit=limit,
        seed=seed,
        max_failed=max_failed,
    )
    if not verb.run(job, dry_run=dry_run, quiet=quiet):
        raise typer.Exit(1)
