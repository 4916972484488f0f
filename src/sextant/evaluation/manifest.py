"""What a run's manifest says: everything that a reviewer would ask how a score came about."""

from __future__ import annotations

import platform
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sextant._version import __version__
from sextant.evaluation.run import Asked, Run
from sextant.models.messages import Model, Reply

PACKAGES = ("numpy", "pillow", "pyarrow", "torch", "transformers", "av", "httpx")
"""Whose versions may move a score."""

_ERRORS = 10


def manifest_of(
    run: Run, model: Model, asked: Asked, *, data: str, started: str, seconds: float
) -> dict[str, Any]:
    """Return the manifest of a finished run, as JSON values.

    Args:
        run: What was asked.
        model: Who answered.
        asked: The replies.
        data: Where the questions came from, as the user named it.
        started: Time of the start, ISO 8601.
        seconds: From start to end of this call; an earlier one that was killed is not in it.
    """
    plan, benchmark, questions = run.plan, run.benchmark, run.questions
    frames = run.asking.frames
    shows_videos = any(item.video is not None for item in questions.items.values())
    replies = asked.replies.values()
    return {
        "sextant": __version__,
        "model": model.name,
        "benchmark": benchmark.name,
        "prompts": plan.prompts,
        "rules": plan.profile,
        "frame_path": plan.frame_path if shows_videos else None,
        "frames": {"count": frames.count, "method": frames.method, "fps": frames.fps}
        if shows_videos
        else None,
        "placement": plan.placement,
        "max_new_tokens": plan.max_new_tokens,
        "stress": list(plan.stress),
        "seed": plan.seed,
        "max_failed_share": plan.max_failed_share,
        "data": {
            "path": data,
            "items": len(questions.items),
            "items_sha256": questions.sha256,
            "broken": questions.broken_count,
            "broken_examples": list(questions.broken),
            "limit": plan.limit,
            "tasks": list(plan.tasks),
            "license": benchmark.license,
        },
        "identity": dict(model.identity()),
        "environment": dict(model.environment()),
        "versions": versions(),
        "replies": tally(replies),
        "started": started,
        "seconds": round(seconds, 1),
        "example_prompt": _example(run),
    }


def versions() -> Mapping[str, str]:
    """Return the versions of what may move a score; packages that are missing are left out."""
    found = {"python": platform.python_version(), "platform": sys.platform}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def tally(replies: Iterable[Reply]) -> dict[str, Any]:
    """Count what was sent, what came back, what it took, and why requests failed."""
    count = Counter[str]()
    errors = Counter[str]()
    seconds = 0.0
    for reply in replies:
        count["requests"] += 1
        count["failed"] += reply.text is None
        count["from_cache"] += reply.tries == 0 and reply.text is not None
        count["sent"] += reply.tries
        count["cut_off"] += reply.finish == "length"
        count["prompt_tokens"] += reply.prompt_tokens
        count["completion_tokens"] += reply.completion_tokens
        seconds += reply.seconds
        if reply.error is not None:
            errors[reply.error[:200]] += 1
    return {
        **{
            name: count[name]
            for name in (
                "requests", "failed", "from_cache", "sent", "cut_off", "prompt_tokens",
                "completion_tokens",
            )
        },
        "seconds_of_waiting": round(seconds, 1),
        "errors": dict(errors.most_common(_ERRORS)),
    }  # fmt: skip


def cost(replies: Mapping[str, Any], price_per_million: tuple[float, float]) -> float:
    """Return what a run's tokens cost, those of cached replies included.

    Args:
        replies: The ``replies`` of a manifest.
        price_per_million: Of prompt and of completion tokens.
    """
    prompt, completion = price_per_million
    tokens = prompt * replies["prompt_tokens"] + completion * replies["completion_tokens"]
    return float(tokens) / 1e6


def _example(run: Run) -> str:
    first = next(iter(run.questions.items.values()))
    return run.asking.render(first).text[:2000]
