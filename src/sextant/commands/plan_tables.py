"""A plan as tables for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.table import Column, Table

from sextant._version import __version__
from sextant.models.family import PARTS
from sextant.training.adapters import adapter_parameters
from sextant.training.flops import total
from sextant.training.machines import GIB
from sextant.training.memory import trained_parameters
from sextant.training.plan import MARGIN, Plan
from sextant.training.remedies import Remedy

FORMAT = "sextant.plan/1"

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)

_STYLE: dict[str, Any] = {
    "box": box.SIMPLE_HEAD,
    "padding": (0, 1, 0, 0),
    "show_edge": False,
    "title_justify": "left",
    "caption_justify": "left",
}

_WORDS = {
    "weights": "weights",
    "gradients": "gradients",
    "optimizer": "AdamW's moments",
    "average": "averaged weights",
    "inputs": "inputs and pixels",
    "activations": "kept for the way back",
    "working layer": "one layer at work",
    "gathered": "gathered or copied layers",
    "logits": "logits at supervised places",
}

_MOMENTS = {
    "pictures": "the frozen encoder looks",
    "loss": "the loss is computed",
    "layer": "a layer of the language model goes back",
    "look": "a layer of the encoder goes back",
    "reduce": "gradients of tables are summed",
    "update": "AdamW updates",
}


def tables(plan: Plan) -> Iterator[Table]:
    """Yield everything about a plan, one table a topic."""
    yield _samples(plan)
    yield _work(plan)
    yield _memory(plan)
    yield _times(plan)


def verdict(plan: Plan, found: Sequence[Remedy]) -> Iterator[str]:
    """Yield whether it fits, and what would help if not."""
    usable, need = plan.machine.usable_bytes, plan.need
    where = f"{plan.machine.gpus} x {plan.machine.name}, {_gib(usable)} usable each"
    if plan.fits:
        said = "fits" if not plan.tight else f"fits tightly: within {MARGIN:.0%} of the limit"
        yield f"{said}: {_gib(need.total)} of {where}"
    else:
        largest = max(need.parts, key=lambda part: need.parts[part])
        yield (
            f"does not fit: {_gib(need.total)} needed when {_MOMENTS[need.fullest]}, {where}; "
            f"most of it is {_WORDS[largest]} ({_gib(need.parts[largest])})"
        )
        for remedy in found:
            yield f"  would fit: {remedy.words} ({_gib(remedy.total)}): {remedy.options}"
        if not found:
            yield "  no single change of the recipe, and none of their sums, makes it fit"
    if plan.rows.busy < 0.8:
        yield (
            f"note: GPUs wait for each other {1 - plan.rows.busy:.0%} of the time: a step of "
            f"{plan.recipe.global_batch:,} samples makes {plan.rows.rows:,.0f} rows for "
            f"{plan.machine.gpus} GPUs"
        )
    if not plan.workload.measured_all:
        yield "note: measured on a part of the samples; the rest is taken to be like it"


def _samples(plan: Plan) -> Table:
    work = plan.workload
    spread = work.quantiles(QUANTILES)
    mean = work.mean
    about = "" if work.measured_all else "about "
    made = Table(
        Column("tokens", no_wrap=True), Column("share", justify="right"), "", **_STYLE,
        title=f"{about}{work.epoch_samples:,} samples an epoch, {mean.tokens:,.0f} tokens on "
        f"average ({mean.vision_tokens / mean.tokens:.0%} of pictures), "
        f"{mean.pictures:.1f} pictures, {mean.supervised:.1f} tokens learned",
        caption="quantiles of tokens: "
        + ", ".join(f"{q:.0%} {t:,}" for q, t in zip(QUANTILES, spread, strict=True)),
    )  # fmt: skip
    bars = work.histogram()
    most = max(share for _, _, share in bars)
    for low, high, share in bars:
        made.add_row(f"{low:,}..{high:,}", f"{share:.1%}", "█" * round(24 * share / most))
    return made


def _work(plan: Plan) -> Table:
    rows, batch = plan.rows, plan.recipe.global_batch
    adapters = adapter_parameters(plan.shape, plan.recipe.lora)
    made = Table(
        Column("PFLOP a step", no_wrap=True),
        *(Column(name, justify="right") for name in ("forward", "backward", "recomputed", "share")),
        Column(""),
        **_STYLE,
        title=f"{plan.steps:,} steps of {batch:,} samples: {rows.rows:,.0f} rows, "
        f"{rows.rounds:,.1f} a GPU, {rows.busy:.1%} busy",
        caption=f"by the convention of MFU (6 N a token, causal, nothing recomputed): "
        f"{plan.step_flops / 1e15:,.4g} PFLOP a step, "
        f"{plan.step_flops / batch / 1e15:.3f} a sample",
    )
    whole = total(plan.costs)
    state = {
        p: "adapters" if p in adapters else "frozen" if p in plan.recipe.freeze else "trained"
        for p in PARTS
    }
    for name, cost in plan.costs.items():
        if cost.total:
            made.add_row(
                name,
                *(f"{x / 1e15:,.4g}" for x in (cost.forward, cost.backward, cost.recompute)),
                f"{cost.total / whole:.1%}",
                state.get(name, ""),  # type: ignore[call-overload]
            )
    return made


def _memory(plan: Plan) -> Table:
    need, row = plan.need, plan.rows.fullest
    shards = f", {plan.placement.shards} shards" if plan.placement.shards > 1 else ""
    made = Table(
        Column("GiB of one GPU", no_wrap=True), Column("", justify="right"), **_STYLE,
        title=f"memory, {plan.placement.mode}{shards}, row of {row.tokens:,.0f} tokens, "
        f"fullest when {_MOMENTS[need.fullest]}",
        caption="at other moments: " + ", ".join(
            f"{_MOMENTS[m]} {_gib(sum(need.always.values()) + sum(p.values()))}"
            for m, p in need.moments.items() if m != need.fullest
        ),
    )  # fmt: skip
    for part, size in need.parts.items():
        if size:
            made.add_row(_WORDS[part], f"{size / GIB:.2f}")
    made.add_row("together", f"{need.total / GIB:.2f}", end_section=True)
    made.add_row("driver and libraries, assumed", f"{plan.machine.reserved_gib:.2f}")
    made.add_row(f"there is on {plan.machine.name}", f"{plan.machine.memory_gib:.2f}")
    return made


def _times(plan: Plan) -> Table:
    made = Table(
        *(
            Column(name, justify="right")
            for name in ("MFU", "s/step", "hours", "tokens/s/GPU", "samples/s", "pictures/s")
        ),
        **_STYLE,
        title=f"{plan.machine.gpus} x {plan.machine.name} of {plan.machine.peak_tflops:g} TFLOP/s "
        "at stated utilisations",
        caption=f"checkpoint {plan.checkpoint / 1e9:,.1f} GB (kept: {plan.recipe.keep}), model "
        f"{plan.export / 1e9:,.1f} GB, host memory of a node while the base is read "
        f"{plan.loading / GIB:,.0f} GiB",
    )
    for time in plan.times:
        made.add_row(
            f"{time.mfu:.0%}", f"{time.step_s:,.3g}", f"{time.hours:,.3g}",
            f"{time.tokens_per_s:,.0f}", f"{time.samples_per_s:,.4g}",
            f"{time.pictures_per_s:,.4g}",
        )  # fmt: skip
    return made


def _gib(size: float) -> str:
    return f"{size / GIB:.1f} GiB"


def as_json(plan: Plan, found: Sequence[Remedy]) -> dict[str, object]:
    """Return a plan for a file; numbers are bytes, FLOPs and seconds unless their names say so."""
    work = plan.workload
    return {
        "format": FORMAT,
        "sextant": __version__,
        "recipe": plan.recipe.digest(),
        "machine": asdict(plan.machine),
        "placement": asdict(plan.placement),
        "parameters": dict(plan.shape.parameters),
        "trained_parameters": dict(trained_parameters(plan.shape, plan.recipe)),
        "samples": {
            "epoch": work.epoch_samples,
            "exact": work.measured_all,
            "mean": asdict(work.mean),
            "token_quantiles": dict(
                zip(map(str, QUANTILES), work.quantiles(QUANTILES), strict=True)
            ),
            "histogram": [
                {"from": low, "to": high, "share": share} for low, high, share in work.histogram()
            ],
            "entries": {name: dict(facts) for name, facts in work.facts.items()},
        },
        "steps": plan.steps,
        "rows": asdict(plan.rows),
        "step_flops": {
            "nominal": plan.step_flops,
            "counted": total(plan.costs),
            "parts": {name: asdict(cost) for name, cost in plan.costs.items()},
        },
        "memory": {
            "total": plan.need.total,
            "fullest": plan.need.fullest,
            "parts": plan.need.parts,
            "always": dict(plan.need.always),
            "moments": {m: dict(parts) for m, parts in plan.need.moments.items()},
        },
        "times": [asdict(time) for time in plan.times],
        "files": {"checkpoint": plan.checkpoint, "model": plan.export},
        "host_memory_of_a_node": plan.loading,
        "fits": plan.fits,
        "tight": plan.tight,
        "would_fit": [asdict(remedy) for remedy in found],
    }
