"""Tokens a second, utilisation and memory of training steps on one CUDA GPU, at real shapes.

    python benchmarks/training_gpu.py [--sizes 2b 8b] [--seconds 240] [--json OUT]

Weights are random, of the shapes of Qwen3-VL 2B and 8B, in bfloat16 with AdamW's moments in
bfloat16 (rounded at random), which is what one GPU has room for. A step is ``ROWS`` rows and an
update, made by the code that trains: ``training.step``. Text rows hold samples of ``SAMPLE`` tokens
or other lengths; picture rows hold samples of sixteen pictures of 640 x 480, decoded beforehand.
MFU is the nominal FLOPs (``training.flops``) over the time, of 989.4 TFLOP/s (dense bfloat16, H100
and H200 SXM). Peak memory is beside what ``sextant plan`` says. First, what must hold on a GPU as
on a CPU is checked with a tiny model: losses, packing, and that the same run gives the same bits.
Without a GPU it runs at tiny shapes, which only shows that it runs.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from PIL import Image

TESTS = Path(__file__).parents[1] / "tests"
sys.path += [str(TESTS / "models" / "qwen3_vl"), str(TESTS / "training")]

PEAK = 989.4e12
ROWS, STEPS, SAMPLE = 2, 2, 2048
SIDES = (640, 480)
GPU = torch.cuda.is_available()


def write_folder(folder: Path, size: str) -> None:
    """Write a checkpoint folder of a size without weights."""
    import tiny_qwen3_vl as tiny
    from real_shapes import QWEN3_VL

    folder.mkdir(parents=True)
    ids = tiny.write_tokenizer(folder)
    config = tiny.config_of(ids)
    layers, hidden, heads, pairs, inner, depth, width, wide, deepstack, tied = QWEN3_VL[size]
    if not GPU:
        layers, hidden, heads, pairs, inner = 2, 64, 2, 1, 64
        depth, width, wide, deepstack = 2, 128, 32, (0,)
    config["tie_word_embeddings"] = config["text_config"]["tie_word_embeddings"] = tied
    config["text_config"] |= {
        "vocab_size": 151936, "hidden_size": hidden, "intermediate_size": inner,
        "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": pairs,
        "head_dim": 128, "max_position_embeddings": 262144,
    }  # fmt: skip
    config["text_config"]["rope_parameters"]["mrope_section"] = [24, 20, 20]
    config["vision_config"] |= {
        "depth": depth, "hidden_size": width, "intermediate_size": wide, "num_heads": 16,
        "out_hidden_size": hidden, "num_position_embeddings": 2304,
        "deepstack_visual_indexes": list(deepstack),
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    pictures = {
        "image_processor_type": "Qwen2VLImageProcessorFast", "patch_size": 16, "merge_size": 2,
        "temporal_patch_size": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
        "size": {"shortest_edge": 65536, "longest_edge": 16777216},
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures))


@dataclass(frozen=True)
class Fresh:
    """A family whose weights are drawn on the device when they are asked for."""

    family: Any
    device: str
    seed: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.family, name)

    def load(self, *, dtype: torch.dtype, attention: str = "sdpa", meta: bool = False) -> Any:
        model = self.family.load(dtype=dtype, attention=attention, meta=True).to_empty(
            device=self.device
        )
        hf = model.hf
        if hf.config.tie_word_embeddings:
            hf.lm_head.weight = hf.model.language_model.embed_tokens.weight
        draws = torch.Generator(self.device).manual_seed(self.seed)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if parameter.ndim > 1:
                    parameter.normal_(0, 0.02, generator=draws)
                else:
                    parameter.fill_(1.0 if "norm" in name and "bias" not in name else 0.0)
        model.restore_buffers()
        return model


def text_sample(renderer: Any, tokens: int, vocabulary: int, rng: np.random.Generator) -> Any:
    from sextant.models.family import Rendered

    ids = rng.integers(0, min(vocabulary, 256), tokens)
    targets = np.zeros(tokens, bool)
    targets[-8:] = True
    rendered = Rendered(ids, targets, ())
    return rendered, renderer.pixels((), rendered)


def picture_sample(renderer: Any, pictures: int, rng: np.random.Generator) -> Any:
    from sextant.models.family import Message

    shown = [
        Image.fromarray(rng.integers(0, 256, (SIDES[1], SIDES[0], 3), dtype=np.uint8))
        for _ in range(pictures)
    ]
    turns = (
        Message("user", "<image>" * pictures + "Which is closer to the camera, A or B?"),
        Message("assistant", "A", supervised=True),
    )
    rendered = renderer.render(turns, [p.size for p in shown])
    return rendered, renderer.pixels(shown, rendered)


def step_of(samples: list[list[Any]], number: int) -> list[Any]:
    """Return the rows of one step, as decoding would hand them over."""
    from sextant.training.packs import Pack
    from sextant.training.ready import ReadyPack, ReadySample
    from sextant.training.steps import StepPlan

    flat = [sample for row in samples for sample in row]
    supervised = np.array([int(r.targets.sum()) for r, _ in flat])
    places = np.arange(len(flat))
    at, rounds = 0, []
    for row in samples:
        rounds.append((Pack(tuple(range(at, at + len(row))), sum(len(r) for r, _ in row)),))
        at += len(row)
    plan = StepPlan(
        number, 0, np.zeros(len(flat), np.int64), places,
        np.array([len(r) for r, _ in flat]), supervised, supervised.astype(float), tuple(rounds),
    )  # fmt: skip
    found, at = [], 0
    for place, row in enumerate(samples):
        ready = tuple(
            ReadySample(at + k, f"{at + k}", "x", "y", rendered, pixels)
            for k, (rendered, pixels) in enumerate(row)
        )
        found.append(ReadyPack(plan, place, ready, (), 0.0))
        at += len(row)
    return found


def stepper_of(family: Any, recipe: Any, world: Any, steps: int) -> Any:
    from sextant.training.learner import make_ready
    from sextant.training.step import Stepper, companion_of
    from sextant.training.watch import LossWatch

    ready = make_ready(family, recipe, world)
    renderer = family.renderer("train")
    return Stepper(ready, recipe, steps, renderer, family.shape, LossWatch(None, ()), world,
                   companion_of(renderer))  # fmt: skip


def recipe_of(folder: Path, **values: Any) -> Any:
    from sextant.training.recipe import TrainRecipe

    base = {"family": "qwen3_vl", "base": str(folder), "pack_tokens": 65536,
            "fit": {"max_tokens": 65536}, "optimizer": {"lr": 1e-5}}  # fmt: skip
    return TrainRecipe.model_validate(base | values)


def release() -> None:
    gc.collect()
    if GPU:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def settle() -> float:
    """Return the time when the device has nothing left to do."""
    if GPU:
        torch.cuda.synchronize()
    return time.perf_counter()


def measure(family: Any, folder: Path, world: Any, case: dict[str, Any]) -> dict[str, Any]:
    """Make a warm-up step and ``STEPS`` more; return the figures."""
    if not GPU:
        case = {**case, "tokens": case["tokens"] // 32, "sample": case["sample"] // 32}
    from sextant.training.families import settled
    from sextant.training.flops import nominal
    from sextant.training.memory import memory_of
    from sextant.training.memory_activations import Row
    from sextant.training.placement import Placement

    release()
    rng = np.random.default_rng(0)
    recipe = settled(recipe_of(folder, master_dtype="bf16", **case["recipe"]), family)
    renderer, shape = family.renderer("train"), family.shape
    if case["kind"] == "pictures":
        one = picture_sample(renderer, 16, rng)
        row = [one] * max(1, case["tokens"] // len(one[0]))
    else:
        each = min(case["sample"], case["tokens"])
        row = [text_sample(renderer, each, shape.vocabulary, rng)
               for _ in range(case["tokens"] // each)]  # fmt: skip
    stepper = stepper_of(family, recipe, world, STEPS + 1)
    stop = SimpleNamespace(signal=None)
    updates: list[float] = []
    inner = stepper.ready.learner.optimizer.step

    def timed() -> None:
        began = settle()
        inner()
        updates.append(settle() - began)

    stepper.ready.learner.optimizer.step = timed
    seconds, load = [], None
    for number in range(STEPS + 1):
        packs = iter(step_of([row] * ROWS, number))
        if number == 1 and GPU:
            torch.cuda.reset_peak_memory_stats()
        began = settle()
        outcome = stepper.step(packs, number, stop)
        seconds.append(settle() - began)
        load = outcome.figures.load
    passes = float(np.median(np.array(seconds[1:]) - np.array(updates[1:])))
    trained = [p for p in ("vision", "projector", "language") if p not in recipe.freeze]
    tokens = sum(len(r) for r, _ in row)
    slots = [s for r, _ in row for s in r.slots]
    vision = sum(s.tokens for s in slots)
    planned = memory_of(
        shape, recipe,
        Row(tokens, sum(int(r.targets.sum()) for r, _ in row), vision * 4, vision),
        Placement("none", 1, 1),
    )  # fmt: skip
    flops = nominal(shape, load, trained)
    peak = torch.cuda.max_memory_allocated() if GPU else 1
    return {
        "first_s": round(seconds[0], 2),
        "tokens_per_s": round(ROWS * tokens / passes),
        "mfu": round(flops / passes / PEAK, 4),
        "mfu_with_update": round(flops / float(np.median(seconds[1:])) / PEAK, 4),
        "update_s": round(float(np.median(updates[1:])), 4),
        "peak_gib": round(peak / 2**30, 2),
        "plan_gib": round(planned.total / 2**30, 2),
        "plan_over_peak": round(planned.total / peak, 3),
        "loss": outcome.figures.loss,
    }


def cases_of(size: str) -> Iterator[dict[str, Any]]:
    again, fused = {"checkpointing": True}, {"checkpointing": False, "compile": True}
    both = {"checkpointing": True, "compile": True}
    frozen = {"freeze": ("vision", "projector")}
    longest = {"2b": 32768, "8b": 8192}[size]
    order = [
        (16384, SAMPLE, again), (longest, SAMPLE, fused), (16384, SAMPLE, both),
        (16384, SAMPLE, {"checkpointing": True, "attention": "sdpa"}),
        (4096, SAMPLE, again), (4096, SAMPLE, {"checkpointing": False}), (4096, SAMPLE, fused),
        (12288, SAMPLE, fused), (32768, SAMPLE, again), (32768, SAMPLE, both),
        (16384, 16384, again), (16384, 16384, fused), (16384, 256, again), (16384, 256, fused),
    ]  # fmt: skip
    for tokens, sample, how in order:
        yield {"kind": "text", "tokens": tokens, "sample": sample, "recipe": {**frozen, **how}}
    for how in (again, both, {**frozen, **both}):
        yield {"kind": "pictures", "tokens": 16384, "sample": 0, "recipe": how}


def checks(folder: Path, world: Any) -> Iterator[tuple[str, Any]]:
    """Yield what must hold on this device, by name."""
    import tiny_qwen3_vl as tiny

    from sextant.models.qwen3_vl import open_family
    from sextant.training.families import settled
    from sextant.training.step import pack_of, row_losses

    tiny.write_checkpoint(folder)
    family = open_family(folder)
    renderer = family.renderer("train")
    rng = np.random.default_rng(1)
    samples = [text_sample(renderer, int(n), 300, rng) for n in (40, 9, 130, 64)]
    samples += [picture_sample(renderer, 2, rng), picture_sample(renderer, 1, rng)]
    host = SimpleNamespace(device=torch.device("cpu"))

    def losses(place: Any, rows: list[list[Any]], **values: Any) -> torch.Tensor:
        from sextant.training.learner import make_ready

        recipe = settled(recipe_of(folder, checkpointing=False, **values), family)
        ready = make_ready(family, recipe, place)
        found = []
        for row in rows:
            pack = SimpleNamespace(samples=[SimpleNamespace(rendered=r, pixels=p) for r, p in row])
            found.append(row_losses(ready.spread, pack_of(pack, renderer, None, place)).detach())
        return torch.cat(found).cpu().double()

    here = SimpleNamespace(device=host.device, size=1, rank=0, local_size=1)
    alone = [[s] for s in samples]
    exact = losses(here, [samples], dtype="fp32")
    torch.backends.cuda.matmul.allow_tf32 = False
    for name, rows, values in [
        ("fp32 segments", [samples], {"dtype": "fp32"}),
        ("fp32 mask", [samples], {"dtype": "fp32", "attention": "sdpa"}),
        ("fp32 unpacked", alone, {"dtype": "fp32"}),
        ("bf16 segments", [samples], {"master_dtype": "bf16"}),
        ("bf16 mask", [samples], {"master_dtype": "bf16", "attention": "sdpa"}),
        ("bf16 unpacked", alone, {"master_dtype": "bf16"}),
    ]:
        found = losses(world, rows, **values)
        yield (
            f"largest relative error of a loss, {name}",
            float(((found - exact).abs() / exact.abs().clamp_min(1e-3)).max()),
        )
    for deterministic in (False, True):
        yield (
            f"same bits in two runs, deterministic={deterministic}",
            _same(folder, family, world, samples, deterministic),
        )


def _same(folder: Path, family: Any, world: Any, samples: list[Any], wanted: bool) -> bool:
    from sextant.training.loop import _determinism

    digests = []
    stop = SimpleNamespace(signal=None)
    for _ in range(2):
        with _determinism(wanted):
            recipe = recipe_of(folder, master_dtype="bf16", deterministic=wanted)
            stepper = stepper_of(family, recipe, world, 5)
            for number in range(5):
                stepper.step(iter(step_of([samples, samples[::-1]], number)), number, stop)
        state = stepper.ready.spread.module.state_dict()
        digests.append([t.detach().cpu().clone() for t in state.values()])
    return all(torch.equal(a, b) for a, b in zip(*digests, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", nargs="*", default=["2b", "8b"])
    parser.add_argument("--seconds", type=float, default=240, help="begin no case after so many")
    parser.add_argument("--cases", type=int, nargs="*", help="only these, by number")
    parser.add_argument("--no-checks", action="store_true")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    began = time.monotonic()
    import transformers

    from sextant.models.qwen3_vl import open_family
    from sextant.training.distributed import joined_world

    found: list[dict[str, Any]] = []

    def tell(row: dict[str, Any]) -> None:
        found.append(row)
        print(f"{time.monotonic() - began:6.1f} s  {json.dumps(row)}", flush=True)
        if asked.json:
            asked.json.write_text(json.dumps(found, indent=1))

    tell({
        "device": torch.cuda.get_device_name() if GPU else "cpu", "torch": torch.__version__,
        "transformers": transformers.__version__,
    })  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary, joined_world() as world:
        if not asked.no_checks:
            for name, value in checks(Path(temporary) / "tiny", world):
                tell({"check": name, "value": value})
        for size in asked.sizes:
            folder = Path(temporary) / size
            write_folder(folder, size)
            family = Fresh(open_family(folder), world.device.type)
            for number, case in enumerate(cases_of(size)):
                if asked.cases is not None and number not in asked.cases:
                    continue
                if time.monotonic() - began > asked.seconds:
                    tell({"size": size, "case": number, "left_out": "no time"})
                    continue
                told = {"size": size, "case": number, **case}
                try:
                    told |= measure(family, folder, world, case)
                except torch.OutOfMemoryError:
                    told |= {"out_of_memory": True}
                except Exception as error:
                    told |= {"failed": repr(error)[:300]}
                tell(told)


if __name__ == "__main__":
    main()
