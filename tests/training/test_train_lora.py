"""Adapters: what is trained, what is written, and what the merged model computes."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

from safetensors.torch import load_file  # noqa: E402
from tiny_family import WEIGHTS, TinyModel, TinyRenderer, write_base  # noqa: E402
from tiny_runs import hash_of, metrics, recipe_of, rendered_sample, run_alone  # noqa: E402

from sextant.errors import MissingDependency, RecipeError  # noqa: E402
from sextant.training.lora import add_adapters, merge_adapters  # noqa: E402
from sextant.training.recipe import Lora  # noqa: E402

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    # Not imported here: every process that collects tests would wait for it.
    pytest.mark.skipif(find_spec("peft") is None, reason="the extra `lora` is not installed"),
]

RULES = {"r": 4, "alpha": 8, "targets": ["q_proj", "v_proj", "down_proj"]}


@pytest.fixture
def base(tmp_path):
    return write_base(tmp_path / "base")


def test_merged_weights_compute_what_adapters_do():
    torch.manual_seed(0)
    model = TinyModel()
    rules = Lora(**RULES)
    packed = TinyRenderer().pack([rendered_sample(n) for n in range(4)])
    before = model(packed.inputs)
    names = set(model.state_dict())
    assert add_adapters(model, rules) == 6
    assert torch.equal(model(packed.inputs), before)  # B is zero at first.
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.normal_()
    adapted = model(packed.inputs)
    assert (adapted - before).abs().max() > 0.1
    merged = merge_adapters(model.state_dict(), rules)
    assert set(merged) == names
    plain = TinyModel()
    plain.load_state_dict(merged)
    assert torch.allclose(plain(packed.inputs), adapted, atol=1e-4)


def test_only_adapters_and_unfrozen_parts_learn(tmp_path, base):
    recipe = recipe_of(base, lora={**RULES, "dropout": 0.1}, freeze=["vision"])
    run_alone(tmp_path / "run", recipe)
    before, after = load_file(base / WEIGHTS), load_file(tmp_path / "run/model" / WEIGHTS)
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {n for n in changed if n.startswith("language")} == {
        f"language.layers.{k}.{name}.weight" for k in (0, 1) for name in RULES["targets"]
    }
    assert {n.split(".")[0] for n in changed} == {"projector", "language"}
    stored = load_file(next((tmp_path / "run/checkpoints/step-00000005").glob("*.safetensors")))
    assert all("lora_" in n or "projector" in n for n in stored)


def test_adapters_and_their_dropout_go_on_bit_for_bit(tmp_path, base):
    recipe = recipe_of(base, lora={**RULES, "dropout": 0.2})
    run_alone(tmp_path / "straight", recipe)
    run_alone(tmp_path / "halted", recipe, stop_after=2)
    run_alone(tmp_path / "halted", recipe)
    assert hash_of(tmp_path / "straight/model") == hash_of(tmp_path / "halted/model")


def test_weights_of_adapters_in_bfloat16_learn_as_well(tmp_path, base):
    """The moments of the single-GPU recipes: everything in bfloat16, rounded at random."""
    more = {"lora": RULES, "schedule": {"kind": "constant"}, "global_batch": 32}
    run_alone(
        tmp_path / "run", recipe_of(base, dtype="bf16", master_dtype="bf16", **more), steps=20
    )
    losses = [row["loss"] for row in metrics(tmp_path / "run")]
    assert sum(losses[-3:]) < 0.97 * sum(losses[:3])
    stored = load_file(next((tmp_path / "run/checkpoints/step-00000020").glob("*.safetensors")))
    assert {t.dtype for n, t in stored.items() if not n.startswith("step")} == {torch.bfloat16}


def test_unknown_layers_are_named_with_those_there_are(base, tmp_path):
    with pytest.raises(RecipeError, match="up_proj"):
        run_alone(tmp_path / "run", recipe_of(base, lora={"targets": ["query"]}))


def test_a_missing_package_is_named(base, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(MissingDependency, match=r"sextant-si\[lora\]"):
        run_alone(tmp_path / "run", recipe_of(base, lora=RULES))
