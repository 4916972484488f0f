"""Plans of memory against what torch really holds, byte for byte where nothing comes and goes."""

from __future__ import annotations

import pytest
import torch
from allocations import Allocations
from medium_models import FAMILIES, medium, packed_row
from real_shapes import internvl3, qwen3_vl

from sextant.errors import RecipeError
from sextant.training.adapters import adapter_parameters
from sextant.training.distributed import joined_world
from sextant.training.families import settled
from sextant.training.learner import make_ready
from sextant.training.lora import add_adapters
from sextant.training.loss import token_losses
from sextant.training.machines import GIB, machine_of
from sextant.training.memory import memory_of
from sextant.training.memory_activations import Row
from sextant.training.placement import (
    Placement,
    checkpoint_bytes,
    export_bytes,
    loading_bytes,
    placement_of,
    trained_parameters,
)
from sextant.training.recipe import Lora, TrainRecipe

FULL = Row(16384, 64, 4 * 16000, 16000)
MIB = 2**20


def recipe_of(**values) -> TrainRecipe:
    return TrainRecipe(family="x", base="x", **values)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def held(family, recipe, packed) -> tuple[int, int]:
    """Return the bytes held between steps, gradients among them, and the most during a pack."""
    with joined_world("cpu") as world, Allocations() as found:
        ready = make_ready(family, recipe, world)
        inputs = {name: tensor.clone() for name, tensor in packed.inputs.items()}
        for parameter in ready.spread.module.parameters():
            if parameter.requires_grad:
                parameter.grad = torch.zeros_like(parameter)
        ready.learner.optimizer.step()
        between = found.highest = found.look()
        losses = token_losses(ready.spread(inputs), packed.labels)
        losses.sum().backward()
        return between, found.highest


CASES = [
    ("qwen3_vl", {"dtype": "fp32"}),
    ("qwen3_vl", {"attention": "segments", "freeze": ("vision",), "sharding": {"mode": "fsdp"}}),
    ("qwen3_vl", {"checkpointing": False}),
    ("internvl", {"freeze": ("vision",)}),
    ("internvl", {"dtype": "fp32", "checkpointing": False, "freeze": ("vision",)}),
    ("internvl", {"master_dtype": "bf16"}),
    ("internvl", {"sharding": {"mode": "fsdp"}}),
    ("bagel", {"freeze": ("vision",), "checkpointing": False, "master_dtype": "bf16"}),
    ("bagel", {}),
]


@pytest.mark.parametrize(("name", "values"), CASES)
def test_a_step_as_torch_does_it(tmp_path, name, values):
    family = medium(name, tmp_path)
    recipe = settled(recipe_of(**values), family)
    packed, slots = packed_row(family.renderer("train"))
    shape = family.shape
    row = Row(
        sum(packed.lengths),
        len(packed.labels),
        sum(s.tokens for s in slots) * shape.patches_per_token,
        sum(s.tokens for s in slots),
    )
    mode = "none" if recipe.sharding.mode == "auto" else recipe.sharding.mode
    need = memory_of(shape, recipe, row, Placement(mode, 1, 1))
    between, highest = held(family, recipe, packed)
    # BAGEL's table of places is no weight: 4,900 rows.
    table = 4900 * 4 * shape.hidden if name == "bagel" else 0
    assert sum(need.always.values()) == pytest.approx(between - table, rel=0.01)
    there_and_back = sum(need.always.values()) + max(
        sum(parts.values()) for moment, parts in need.moments.items() if moment != "update"
    )
    assert there_and_back == pytest.approx(highest, rel=0.14)


def test_adapters_as_peft_makes_them(tmp_path):
    pytest.importorskip("peft")
    family = medium("qwen3_vl", tmp_path)
    model = family.load(dtype=torch.float32)
    lora = Lora(r=4)
    add_adapters(model, lora)
    made = sum(p.numel() for n, p in model.named_parameters() if ".lora_" in n)
    assert adapter_parameters(family.shape, lora) == {"language": made}


@pytest.mark.parametrize("name", FAMILIES)
def test_shapes_count_what_the_module_has(tmp_path, name):
    family = medium(name, tmp_path)
    model = family.load(dtype=torch.bfloat16, meta=True)
    for part, stated in family.shape.parameters.items():
        counted = {id(p): p.numel() for p in model.part(part).parameters()}
        assert sum(counted.values()) == stated


def test_figures_of_the_study():
    """training.md, section 6, for 8.8 B parameters."""
    shape = qwen3_vl("8b")
    assert sum(shape.parameters.values()) / 1e9 == pytest.approx(8.767, abs=5e-4)
    recipe = recipe_of()
    for shards, gigabytes in ((8, 17.5), (128, 1.1)):
        need = memory_of(shape, recipe, FULL, Placement("fsdp", shards, shards))
        states = sum(need.always[p] for p in ("weights", "gradients", "optimizer"))
        assert states / 1e9 == pytest.approx(gigabytes, abs=0.05)
    assert round(checkpoint_bytes(shape, recipe) / 1e9) == 105
    assert round(export_bytes(shape, recipe) / 1e9, 1) == 17.5
    assert checkpoint_bytes(shape, recipe) / 128 / 1e9 == pytest.approx(0.8, abs=0.05)
    # Activations with full recomputation at 16k: 3.3 (InternVL3-8B) to 4.8 GB (Qwen3-VL-8B).
    alone = recipe_of(freeze=("vision", "projector"), attention="flex_attention")
    for each, gigabytes in ((internvl3("8b"), 3.3), (qwen3_vl("8b"), 4.8)):
        kept = 2 * each.layers * each.hidden * 16384 / 1e9
        assert kept == pytest.approx(gigabytes, abs=0.05)
        need = memory_of(each, alone, Row(16384, 8), Placement("fsdp", 8, 8))
        assert kept < need.moments["layer"]["activations"] / 1e9 < 1.25 * kept
    # 80 GB hold rows of 32k in HSDP of 8 without offload; one H200 does not hold the 8B whole.
    wide = Row(32768, 64, 4 * 32000, 32000)
    hybrid = recipe_of(sharding={"mode": "hsdp"}, attention="flex_attention")
    machine = machine_of("h100", gpus=128)
    assert placement_of(hybrid, machine) == Placement("hsdp", 128, 8)
    need = memory_of(shape, hybrid, wide, placement_of(hybrid, machine))
    assert need.total < machine.usable_bytes
    one = machine_of("h200", gpus=1)
    assert memory_of(shape, recipe, FULL, placement_of(recipe, one)).total > one.usable_bytes


def test_algebra():
    shape = internvl3("8b")
    recipe = recipe_of()

    def total(row=FULL, shards=8, **values):
        return memory_of(shape, recipe_of(**values), row, Placement("fsdp", shards, shards)).total

    plain = total()
    assert total(shards=16) < plain < total(shards=4)
    assert total(freeze=("vision",)) < plain
    assert total(checkpointing=False) > plain
    assert total(ema=0.999) > plain > total(master_dtype="bf16")
    assert total(Row(32768, 64, 2 * FULL.patches, 2 * FULL.vision_tokens)) > plain
    assert total(Row(16384, 16384, FULL.patches, FULL.vision_tokens)) > plain
    assert total(lora={"r": 8}) < total(lora={"r": 64}) < plain
    # Weights, gradients and moments are shared out exactly.
    for part in ("weights", "gradients", "optimizer"):
        few = memory_of(shape, recipe, FULL, Placement("fsdp", 4, 4)).always[part]
        many = memory_of(shape, recipe, FULL, Placement("fsdp", 64, 64)).always[part]
        assert few == pytest.approx(16 * many)
    # Replicas do not help.
    assert (
        memory_of(shape, recipe, FULL, Placement("hsdp", 64, 8)).total
        == memory_of(shape, recipe, FULL, Placement("fsdp", 8, 8)).total
    )


def test_parts_that_learn():
    shape = internvl3("2b")
    assert trained_parameters(shape, recipe_of()) == dict(shape.parameters)
    frozen = trained_parameters(shape, recipe_of(freeze=("vision",)))
    assert frozen == {**shape.parameters, "vision": 0}
    adapted = trained_parameters(shape, recipe_of(lora={"r": 2, "targets": ("q_proj",)}))
    assert adapted["language"] == 2 * shape.layers * (1536 + 1536)
    whole = 4 * sum(shape.parameters.values())
    machine = machine_of("h100", gpus=16)
    assert loading_bytes(shape, recipe_of(), machine) == whole
    assert loading_bytes(shape, recipe_of(sharding={"mode": "ddp"}), machine) == 8 * whole


@pytest.mark.parametrize(
    ("mode", "gpus", "found"),
    [
        ("auto", 1, ("none", 1)),
        ("auto", 4, ("fsdp", 4)),
        ("ddp", 4, ("ddp", 1)),
        ("hsdp", 16, ("hsdp", 8)),
        ("hsdp", 4, ("hsdp", 4)),
    ],
)
def test_placements(mode, gpus, found):
    placement = placement_of(recipe_of(sharding={"mode": mode}), machine_of("h100", gpus=gpus))
    assert (placement.mode, placement.shards) == found
    assert placement.ranks == gpus


def test_placements_that_cannot_be():
    with pytest.raises(RecipeError, match="one process"):
        placement_of(recipe_of(sharding={"mode": "none"}), machine_of("h100", gpus=2))
    with pytest.raises(RecipeError, match="divide"):
        placement_of(recipe_of(sharding={"mode": "hsdp"}), machine_of("h100", gpus=12))


def test_machines():
    for name in ("h100", "h200", "a100", "cpu"):
        machine = machine_of(name)
        assert 0 < machine.usable_bytes < machine.memory_gib * GIB
    assert machine_of("h100", gpus=3, memory_gib=40, peak_tflops=100).flops == 3e14
    with pytest.raises(RecipeError, match="no such machine"):
        machine_of("abacus")
    for bad in ({"memory_gib": 1.0}, {"memory_gib": float("nan")}, {"peak_tflops": float("inf")}):
        with pytest.raises(RecipeError):
            machine_of("h100", **bad)
