from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from sextant.errors import RecipeError
from sextant.training.recipe import Optimizer, Schedule, TrainRecipe
from sextant.training.recipe_files import (
    dump_train_recipe,
    load_train_recipe,
    parse_train_recipe,
    preset_names,
)

SMALL: dict[str, Any] = {"family": "qwen3_vl", "base": "folder", "data": [{"path": "corpus"}]}


def refused(fields: dict[str, Any]) -> str:
    with pytest.raises(RecipeError) as error:
        parse_train_recipe({**SMALL, **fields}, where="r.yaml")
    return str(error.value)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"optimzer": {}}, "did you mean 'optimizer'?"),
        ({"optimizer": {"lrr": 1e-5}}, "did you mean 'lr'?"),
        ({"data": [{"path": "x"}, {"path": "y", "wieght": 2}]}, "did you mean 'weight'?"),
        ({"lora": {"rank": 8}}, "known keys: alpha"),
        ({"fit": {"too_long": "cut"}}, "fit.too_long"),
        ({"optimizer": {"lr": float("nan")}}, "finite"),
        ({"optimizer": {"lr": 0}}, "greater than 0"),
        ({"optimizer": {"betas": [0.9, 1.0]}}, "below 1"),
        ({"data": [{"path": "x", "split": "test"}]}, "data.0.split"),
        ({"data": [{"path": "x", "share": 0.7}, {"path": "y", "share": 0.7}]}, "1.4"),
        ({"data": [{"path": "x", "share": 0.7}, {"path": "y", "share": 0.2}]}, "0.9"),
        ({"data": [{"path": "x", "share": 1.0}, {"path": "y"}]}, "nothing for the entries"),
        ({"freeze": ["vision", "projector", "language"]}, "nothing would be learned"),
        ({"freeze": ["eyes"]}, "freeze.0"),
        ({"pack_tokens": 8192}, "must hold the longest sample"),
        ({"global_batch": 0}, "global_batch"),
        ({"family": None}, "family"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(fields: dict[str, Any], said: str) -> None:
    assert said in refused(fields)
    assert "r.yaml" in refused(fields)


def test_a_file_is_read_and_changed_by_options(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("family: bagel\nbase: b\noptimizer: {lr: 1e-6}\n")
    recipe = load_train_recipe(
        path,
        [
            "optimizer.lr=1e-5", "optimizer.lr_by_part.vision=1e-6", "data.0.path=corpus",
            "data.1.path=qa.jsonl", "data.1.share=0.1", "freeze=[vision]", "lora.r=8", "seed=3",
        ],
    )  # fmt: skip
    assert recipe.optimizer.lr == 1e-5
    assert recipe.optimizer.lr_by_part == {"vision": 1e-6}
    assert [e.path for e in recipe.data] == ["corpus", "qa.jsonl"]
    assert (recipe.data[1].share, recipe.freeze, recipe.seed) == (0.1, ("vision",), 3)
    assert recipe.lora is not None
    assert recipe.lora.r == 8


@pytest.mark.parametrize(
    "pair", "lr =3 data.5.path=x seed.x=1 data.x=1 a=[ data.0.path.z=1".split()
)
def test_options_that_lead_nowhere_are_refused(tmp_path: Path, pair: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("family: bagel\nbase: b\nseed: 1\ndata: [{path: x}]\n")
    with pytest.raises(RecipeError):
        load_train_recipe(path, [pair])


@pytest.mark.parametrize(
    "text", ["[1, 2]", "a: [", "!!python/object/apply:os.system [ls]", "- - -\n:"]
)
def test_files_that_are_no_recipe_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError):
        load_train_recipe(path)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(RecipeError, match="did you mean 'qwen3_vl_8b-paper'"):
        load_train_recipe("qwen3_vl_8b_paper")


def test_a_resolved_recipe_is_itself_again(tmp_path: Path) -> None:
    recipe = parse_train_recipe({**SMALL, "lora": {"r": 4}}, where="t")
    path = tmp_path / "again.yaml"
    path.write_text(dump_train_recipe(recipe))
    again = load_train_recipe(path)
    assert again == recipe
    assert again.digest() == recipe.digest()
    assert recipe.digest() != recipe.model_copy(update={"seed": 1}).digest()


def test_warm_up_is_a_share_or_a_number() -> None:
    assert Schedule(warmup_share=0.03).warmup(391) == 12
    assert Schedule(warmup_steps=2000).warmup(391) == 2000
    assert Schedule(warmup_share=0).warmup(10) == 0


@pytest.mark.parametrize("name", preset_names())
def test_presets_are_recipes(name: str) -> None:
    recipe = load_train_recipe(name, ["data.0.path=corpus"])
    assert recipe.notes, "a preset names the sources of its values"
    assert load_train_recipe(name).base


def test_each_published_model_has_its_presets() -> None:
    for model in ("internvl3_8b", "internvl3_2b", "qwen3_vl_8b", "qwen3_vl_2b", "bagel_7b"):
        for kind in ("paper", "released", "lora"):
            assert f"{model}-{kind}" in preset_names()
        paper = load_train_recipe(f"{model}-paper")
        # arXiv 2511.13719: one epoch, AdamW, 5e-6, 2,048 samples, at most 16 frames.
        assert (paper.epochs, paper.steps, paper.global_batch) == (1.0, None, 2048)
        assert (paper.optimizer.lr, paper.fit.max_frames) == (5e-6, 16)
    assert {"tiny-base", "tiny-sft"} <= set(preset_names())


def test_released_values_are_those_of_the_scripts() -> None:
    # reference: SenseNova-SI training/, as recorded in the recipes' notes.
    internvl = load_train_recipe("internvl3_8b-released")
    assert (internvl.global_batch, internvl.freeze) == (128, ("vision",))
    assert (internvl.optimizer.lr, internvl.optimizer.weight_decay) == (5e-6, 0.05)
    qwen = load_train_recipe("qwen3_vl_8b-released")
    assert (qwen.global_batch, qwen.steps, qwen.freeze) == (8, 1000, ())
    assert (qwen.optimizer.lr, qwen.optimizer.weight_decay) == (1e-5, 0.0)
    bagel = load_train_recipe("bagel_7b-released")
    assert (bagel.optimizer.lr, bagel.schedule.kind) == (1e-6, "constant")
    assert bagel.freeze == ("vision",)
    assert (bagel.schedule.warmup_steps, bagel.steps) == (2000, 50_000)


def test_fields_are_those_that_were_agreed_on() -> None:
    # A name in a recipe is public: removing or renaming one breaks stored runs.
    assert list(TrainRecipe.model_fields) == FIELDS
    assert list(Optimizer.model_fields) == OPTIMIZER
    nested = [f.annotation for f in TrainRecipe.model_fields.values()]
    assert sum(isinstance(a, type) and issubclass(a, BaseModel) for a in nested) == 5


FIELDS = """
family base notes data held_out held_out_limit held_out_answers fit curriculum vision epochs steps
global_batch pack_tokens loss_weight optimizer schedule freeze lora ema dtype master_dtype attention
checkpointing compile sharding deterministic save_every keep eval_every spike max_broken_share seed
workers prefetch_mb
""".split()
OPTIMIZER = "lr lr_by_part betas eps weight_decay decay_all clip state_dtype".split()


@pytest.mark.parametrize("name", preset_names())
def test_presets_name_rules_that_their_family_knows(name: str) -> None:
    recipe = load_train_recipe(name)
    module = {"internvl": "rules", "qwen3_vl": "vision", "bagel": "vision"}[recipe.family]
    rules = importlib.import_module(f"sextant.models.{recipe.family}.{module}").Rules
    assert set(recipe.vision) <= {field.name for field in dataclasses.fields(rules)}
