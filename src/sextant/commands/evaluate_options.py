"""The options of ``sextant evaluate``, checked and put together."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from sextant.commands.evaluate import EvaluateJob
from sextant.errors import RecipeError
from sextant.evaluation.benchmark import FrameRule
from sextant.evaluation.benchmarks import open_benchmark
from sextant.evaluation.plan import RunPlan
from sextant.evaluation.prompts import FramePath, Placement
from sextant.evaluation.video import METHODS
from sextant.models.messages import ModelOptions


def job(
    *,
    benchmark: str,
    data: str,
    model: str,
    out: Path,
    base_url: str | None,
    api_key_env: str,
    prompts: str,
    profile: str,
    stress: str | None,
    frame_path: str,
    frames: int | None,
    sampling: str | None,
    fps: float | None,
    placement: str,
    tasks: str | None,
    limit: int | None,
    max_new_tokens: int | None,
    max_failed: float,
    concurrency: int,
    timeout: float,
    retries: int,
    requests_per_minute: float | None,
    images: str,
    url_prefix: str,
    price: str | None,
    extra: str | None,
    batch_size: int,
    device: str | None,
    dtype: str | None,
    attention: str | None,
    max_side: int | None,
    cache: Path | None,
    frame_cache: Path | None,
    page: bool,
    seed: int,
) -> EvaluateJob:
    """Return the job that the options of the command line mean.

    Raises:
        RecipeError: If one cannot be meant.
    """
    _one_of("--frame-path", frame_path, ("images", "video"))
    _one_of("--placement", placement, ("inline", "first", "numbered"))
    _one_of("--images", images, ("base64", "url"))
    plan = RunPlan(
        benchmark=benchmark,
        prompts=prompts,
        profile=profile,
        frame_path=cast(FramePath, frame_path),
        placement=cast(Placement, placement),
        frames=_frame_rule(benchmark, prompts, frames, sampling, fps),
        stress=tuple(dict.fromkeys((stress or "").split())),
        tasks=tuple(name.strip() for name in (tasks or "").split(",") if name.strip()),
        limit=limit,
        max_new_tokens=max_new_tokens,
        max_failed_share=max_failed,
        seed=seed,
    )
    options = ModelOptions(
        base_url=base_url,
        api_key_env=api_key_env,
        concurrency=concurrency,
        timeout_s=timeout,
        retries=retries,
        requests_per_minute=requests_per_minute,
        images=images,
        url_prefix=url_prefix,
        price_per_million=_price(price),
        batch_size=batch_size,
        device=device,
        dtype=dtype,
        attention=attention,
        max_side=max_side,
        extra=_extra(extra),
    )
    return EvaluateJob(plan, data, model, out, options, cache, frame_cache, page)


def _one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise RecipeError(f"{option} is {value!r}", expected=" or ".join(known))


def _frame_rule(
    benchmark: str, prompts: str, frames: int | None, sampling: str | None, fps: float | None
) -> FrameRule | None:
    """Return the protocol's rule with what the user changed; None if nothing was."""
    if frames is None and sampling is None and fps is None:
        return None
    if sampling is not None:
        _one_of("--sampling", sampling, METHODS)
    usual = open_benchmark(benchmark).frames(prompts)
    method = sampling or ("fps" if fps is not None else usual.method)
    if method.startswith("fps") != (fps is not None):
        raise RecipeError(
            "--fps and --sampling belong together",
            expected="--sampling fps --fps 1, or neither",
            got=f"sampling {method}, fps {fps}",
        )
    return FrameRule(frames or usual.count, method, fps)


def _extra(text: str | None) -> Mapping[str, Any]:
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise RecipeError(
            "--extra takes a JSON object", expected='e.g. {"top_k": 1}', got=text[:60]
        )
    return found


def _price(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        prompt, completion = (float(part) for part in text.split(","))
    except ValueError:
        prompt = completion = math.nan
    if not (0 <= prompt < math.inf and 0 <= completion < math.inf):
        raise RecipeError("--price takes two numbers", expected="e.g. 0.5,1.5", got=text[:60])
    return prompt, completion
