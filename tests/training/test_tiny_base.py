"""The tiny base that comes with the package: whole, small, and of rooms that no demo asks about."""

from __future__ import annotations

import json
import shutil

import pytest

from sextant.commands.demo_learning import LearnJob, base_folder, check_rooms
from sextant.commands.tiny_looks import SEED, wanted
from sextant.errors import CorruptInput, MissingInput, RecipeError
from sextant.training.recipe import TrainRecipe
from sextant.training.recipe_files import load_train_recipe
from sextant.training.tiny.provenance import NOTE, read_note

MOST_BYTES = 3_000_000


def test_its_files_are_those_of_its_note_and_small():
    note = read_note(base_folder())
    assert {"model.safetensors", "config.json", "tokenizer.json"} <= note["files"].keys()
    assert sum(path.stat().st_size for path in base_folder().iterdir()) < MOST_BYTES
    assert note["rooms"]["seed"] == SEED
    assert note["rooms"]["drawn"] == len(wanted(note["rooms"]["below"]))


def test_its_recipe_is_that_of_the_package():
    noted = TrainRecipe(**read_note(base_folder())["recipe"])
    assert noted == load_train_recipe("tiny-base")


def test_it_loads_and_answers(tmp_path):
    torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
    from sextant.models.qwen3_vl.checkpoint import load_model
    from sextant.models.qwen3_vl.family import Qwen3VLFamily

    folder = base_folder()
    family = Qwen3VLFamily(folder)
    model = load_model(folder, family.config, dtype=torch.float32, attention="sdpa", meta=False)
    count = sum(p.numel() for p in model.parameters())
    assert count == read_note(folder)["parameters"] < 1_000_000
    assert all(bool(torch.isfinite(p).all()) for p in model.parameters())


def test_a_changed_file_and_a_missing_note_are_refused(tmp_path):
    copy = tmp_path / "base"
    shutil.copytree(base_folder(), copy)
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    with pytest.raises(CorruptInput, match=r"model\.safetensors"):
        read_note(copy)
    (copy / NOTE).write_text("[]")
    with pytest.raises(CorruptInput, match="note"):
        read_note(copy)
    (copy / NOTE).unlink()
    with pytest.raises(MissingInput):
        read_note(copy)


def test_rooms_of_base_practice_and_exam_are_never_the_same(tmp_path):
    job = LearnJob(tmp_path, 7, 1, True)
    assert len({job.seed, *job.seeds.values(), SEED}) == 4
    check_rooms(job, SEED)
    for seed in (SEED - 1, SEED - 3):
        with pytest.raises(RecipeError, match="seen the rooms"):
            check_rooms(LearnJob(tmp_path, seed, 1, True), SEED)


def test_the_note_is_plain_json():
    assert json.loads((base_folder() / NOTE).read_text(encoding="utf-8"))["command"]
