"""Recipes: strict, and helpful when they are wrong."""

from __future__ import annotations

import pytest

from sextant.errors import RecipeError
from sextant.questions.recipe import GenerateRecipe, load_recipe, parse_recipe

FIELDS = {
    "tasks", "per_task", "max_tries", "rationale", "visibility", "clips", "images", "margins",
    "scenes_per_shard", "max_broken_share", "prompt_style", "selection",
}  # fmt: skip


def test_fields_are_part_of_the_public_format():
    assert set(GenerateRecipe.model_fields) == FIELDS


def test_unknown_key_names_the_nearest():
    with pytest.raises(RecipeError, match="did you mean 'per_task'"):
        parse_recipe({"per_taks": 3}, where="r.yaml")


def test_unknown_nested_key_names_the_nearest():
    with pytest.raises(RecipeError, match="did you mean 'jpeg_quality'"):
        parse_recipe({"images": {"jpg_quality": 80}}, where="r.yaml")


@pytest.mark.parametrize(
    "text", ["- a\n- b\n", "per_task: [", "per_task: 0", "per_task: many", "rationale: maybe"]
)
def test_bad_recipes_are_refused(tmp_path, text):
    path = tmp_path / "r.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=r"r\.yaml"):
        load_recipe(path, {})


def test_yaml_cannot_build_objects(tmp_path):
    canary = tmp_path / "canary"
    path = tmp_path / "r.yaml"
    path.write_text(f"tasks: !!python/object/apply:pathlib.Path.touch [{canary}]")
    with pytest.raises(RecipeError):
        load_recipe(path, {})
    assert not canary.exists()


def test_overrides_win_and_change_the_digest(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text("per_task: 3\n")
    recipe = load_recipe(path, {"per_task": 5})
    assert recipe.per_task == 5
    assert recipe.digest() != load_recipe(path, {}).digest()
    assert recipe.digest() == GenerateRecipe(per_task=5).digest()
