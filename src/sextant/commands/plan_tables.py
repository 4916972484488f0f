"""A plan as tables for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.table import Column, Table

from sextant._version import __version__
from sextant.models.family import PARTS
from sextant.training.adapters import adapter_parameters
from sextant.training.flops import total
from sextant.training.machines import GIB
from sextant.training.placement import trained_parameters
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

_FLOP = ((1e15, "P"), (1e12, "T"), (1e9, "G"))

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


@dataclass(frozen=True, slots=True)
class Section:
    """A topic: what stands over a table, the table, what stands below."""

    head: str
    table: Table
    foot: str


def sections(plan: Plan) -> Iterator[Section]:
    """Yield everything about a plan, one topic at a time."""
    yield _samples(plan)
    yield _work(plan)
    yield _memory(plan)
    yield _times(plan)


def verdict(plan: Plan, found: Sequence[Remedy]) -> Iterator[str]:
    """Yield whether it fits, and what would help if not."""
    usable, need = plan.machine.usable_bytes, plan.need
    where = f"{plan.machine.gpus} x {plan.machine.name}, {_size(usable)} usable each"
    if plan.fits:
        said = "fits" if not plan.tight else f"fits tightly: within {MARGIN:.0%} of the limit"
        yield f"{said}: {_size(need.total)} of {where}"
    else:
        largest = max(need.parts, key=lambda part: need.parts[part])
        yield (
            f"does not fit: {_size(need.total)} needed when {_MOMENTS[need.fullest]}, {where}; "
            f"most of it is {_WORDS[largest]} ({_size(need.parts[largest])})"
        )
        for remedy in found:
            yield f"  would fit: {remedy.words} ({_size(remedy.total)}): {remedy.options}"
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


def _samples(plan: Plan) -> Section:
    work = plan.workload
    mean = work.mean
    about = "" if work.measured_all else "about "
    made = Table(
        Column("tokens", no_wrap=True), Column("share", justify="right"), "", **_STYLE
    )  # fmt: skip
    bars = work.histogram()
    most = max(share for _, _, share in bars)
    for low, high, share in bars:
        made.add_row(f"{low:,}..{high:,}", f"{share:.1%}", "█" * round(24 * share / most))
    spread = zip(QUANTILES, work.quantiles(QUANTILES), strict=True)
    return Section(
        f"Samples: {about}{work.epoch_samples:,} an epoch; on average {mean.tokens:,.0f} tokens "
        f"({mean.vision_tokens / mean.tokens:.0%} of them pictures'), {mean.pictures:.1f} "
        f"pictures, {mean.supervised:.1f} tokens learned",
        made,
        "quantiles of tokens: " + ", ".join(f"{q:.0%} {tokens:,}" for q, tokens in spread),
    )


def _work(plan: Plan) -> Section:
    rows, batch = plan.rows, plan.recipe.global_batch
    adapters = adapter_parameters(plan.shape, plan.recipe.lora)
    whole = total(plan.costs)
    scale, unit = next(((s, u) for s, u in _FLOP if whole >= s), _FLOP[-1])
    made = Table(
        Column(f"{unit}FLOP a step", no_wrap=True),
        *(Column(name, justify="right") for name in ("forward", "backward", "recomputed", "share")),
        Column(""),
        **_STYLE,
    )
    state: dict[str, str] = {
        p: "adapters" if p in adapters else "frozen" if p in plan.recipe.freeze else "trained"
        for p in PARTS
    }
    for name, cost in plan.costs.items():
        if cost.total:
            made.add_row(
                name,
                *(f"{x / scale:,.2f}" for x in (cost.forward, cost.backward, cost.recompute)),
                f"{cost.total / whole:.1%}",
                state.get(name, ""),
            )
    return Section(
        f"Work: {plan.steps:,} steps of {batch:,} samples; a step is {rows.rows:,.0f} rows, "
        f"{rows.rounds:,.1f} a GPU, GPUs {rows.busy:.1%} busy",
        made,
        f"by the convention of MFU (6 N a token, causal, nothing recomputed): "
        f"{plan.step_flops / scale:,.2f} {unit}FLOP a step, "
        f"{plan.step_flops / batch / 1e15:.3g} PFLOP a sample",
    )


def _memory(plan: Plan) -> Section:
    need, row, machine = plan.need, plan.rows.fullest, plan.machine
    shards = f", {plan.placement.shards} shards" if plan.placement.shards > 1 else ""
    made = Table(Column("memory of one GPU", no_wrap=True), Column("", justify="right"), **_STYLE)
    for part, size in need.parts.items():
        if size:
            made.add_row(_WORDS[part], _size(size))
    made.add_row("together", _size(need.total), end_section=True)
    made.add_row("driver and libraries, assumed", _size(machine.reserved_gib * GIB))
    made.add_row(f"there is on {machine.name}", _size(machine.memory_gib * GIB))
    always = sum(need.always.values())
    others = (
        f"{_MOMENTS[m]} {_size(always + sum(p.values()))}"
        for m, p in need.moments.items()
        if m != need.fullest
    )
    return Section(
        f"Memory: {plan.placement.mode}{shards}, rows of up to {row.tokens:,.0f} tokens; fullest "
        f"when {_MOMENTS[need.fullest]}",
        made,
        "at other moments: " + ", ".join(others),
    )


def _times(plan: Plan) -> Section:
    made = Table(
        *(
            Column(name, justify="right")
            for name in ("MFU", "s/step", "hours", "tokens/s/GPU", "samples/s", "pictures/s")
        ),
        **_STYLE,
    )
    for time in plan.times:
        made.add_row(
            f"{time.mfu:.0%}", f"{time.step_s:,.3g}", f"{time.hours:,.3g}",
            f"{time.tokens_per_s:,.0f}", f"{time.samples_per_s:,.4g}",
            f"{time.pictures_per_s:,.4g}",
        )  # fmt: skip
    return Section(
        f"Time: {plan.machine.gpus} x {plan.machine.name} of {plan.machine.peak_tflops:g} TFLOP/s "
        "at stated utilisations; data must keep up with the pictures",
        made,
        f"files: checkpoint {plan.checkpoint / 1e9:,.1f} GB (kept: {plan.recipe.keep}), model "
        f"{plan.export / 1e9:,.1f} GB; host memory of the first node while the base is read "
        f"{_size(plan.loading)}",
    )


def _size(size: float) -> str:
    return f"{size / GIB:.2f} GiB" if size >= 0.1 * GIB else f"{size / 2**20:.2f} MiB"


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
