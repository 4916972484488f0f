"""Mixing recipes: presets load, mistakes are named with what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from sextant.corpus.mixing.recipe_files import load_mix_recipe, preset_names
from sextant.errors import RecipeError

GIVEN = {"scannet": "corpora/scannet", "vsi_590k": "corpora/vsi"}


def test_presets() -> None:
    assert preset_names() == [
        "leave_one_out", "sensenova_si_800k", "sensenova_si_8m", "single_source",
    ]  # fmt: skip
    large = load_mix_recipe("sensenova_si_8m", inputs=GIVEN)
    small = load_mix_recipe("sensenova_si_800k", inputs=GIVEN)
    assert (large.total, small.total) == (8_165_067, 832_132)
    assert [given.name for given in large.inputs] == ["vsi_590k", "scannet"]
    assert large.model_copy(update={"total": small.total}) == small
    without = load_mix_recipe("leave_one_out", inputs=GIVEN, overrides=["without=[vsi_590k]"])
    assert [given.name for given in without.inputs] == ["scannet"]
    assert load_mix_recipe("single_source", inputs={"source": "c"}).total is None
    assert large.digest() != small.digest()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("inputs: [{name: a, corpus: x}]\ntotals: 5", "did you mean 'total'"),
        ("inputs: [{name: a, corpse: x}]", "did you mean 'corpus'"),
        ("inputs: [{name: a, corpus: x}]\nholdout: {shares: 0.1}", "did you mean 'share'"),
        ("inputs: []", "at least 1 item"),
        ("inputs: [{name: '../a', corpus: x}]", "pattern"),
        ("inputs: [{name: a, corpus: x}, {name: a, corpus: y}]", "two inputs are called a"),
        ("inputs: [{name: a, corpus: x}]\nshares: {colour: {red: 1}}", "colour"),
        ("inputs: [{name: a, corpus: x}]\nshares: {task: {a: .nan}}", "finite"),
        ("inputs: [{name: a, corpus: x}]\nshares: {task: {a: 0}}", "above 0"),
        ("inputs: [{name: a, corpus: x}]\ncounts: {task: {a: -1}}", ">= 0"),
        ("inputs: [{name: a, corpus: x}]\ncaps: {task: 0}", ">= 1"),
        ("inputs: [{name: a, corpus: x}]\nwithout: [b]", "no input is called b"),
        ("inputs: [{name: a, corpus: x}]\nshares: {task: {a: 1}}\ncounts: {task: {a: 1}}", "both"),
        ("inputs: [{name: a}]", "--input a=FOLDER"),
        ("inputs: [{name: a, optional: true}]", "no input of the recipe has a folder"),
        ("[1]", "mapping"), ("{", "YAML"), ("a: !!python/object:os.system x", "YAML"),
    ],
)  # fmt: skip
def test_mistakes_are_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(RecipeError) as caught:
        load_mix_recipe(str(tmp_path / "r.yaml"))
    assert says in str(caught.value)


def test_options_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("inputs: [{name: a, corpus: x}]")
    found = load_mix_recipe(
        str(tmp_path / "r.yaml"), inputs={"a": "y"},
        overrides=["total=5", "counts.task.mm.object_size=7", "holdout.share=0.1"],
    )  # fmt: skip
    assert (found.inputs[0].corpus, found.total) == ("y", 5)
    assert found.counts == {"task": {"mm.object_size": 7}}
    with pytest.raises(RecipeError, match="did you mean 'a'"):
        load_mix_recipe(str(tmp_path / "r.yaml"), inputs={"aa": "y"})
    for wrong in ("total", "=5", "total={", "inputs.a=5"):
        with pytest.raises(RecipeError, match="--set"):
            load_mix_recipe(str(tmp_path / "r.yaml"), overrides=[wrong])
    with pytest.raises(RecipeError, match="did you mean 'sensenova_si_8m'"):
        load_mix_recipe("sensenova_8m")
