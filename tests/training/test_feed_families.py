"""The whole data path with the renderers of the real families, on their golden checkpoints."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toy_data import jsonl, turn

from sextant.errors import InputError, RecipeError
from sextant.training.data import TrainingData, prepare_data
from sextant.training.families import RendererSource, family_names, open_family
from sextant.training.feed import Feed
from sextant.training.recipe import TrainRecipe

pytest.importorskip("torch", reason="the extra `train` is not installed")

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
GOLDEN = Path(os.environ.get("SEXTANT_TEST_DATA", SHARED)).parent / "golden" / "models"
FAMILIES = ("bagel", "internvl", "qwen3_vl")

needs_golden = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason="the golden checkpoints are not at hand"
)


def source_of(family: str) -> RendererSource:
    return RendererSource(family, GOLDEN / family, {})


def prepared(tmp_path: Path, family: str) -> TrainingData:
    rng = np.random.default_rng(0)
    for k, (w, h) in enumerate([(64, 48), (200, 100), (30, 90), (33, 57)]):
        pixels = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{k}.png")
    rows = [
        {"image": ["0.png", "1.png"], "conversations": turn("<image>\n<image>\nQ", "the lamp")},
        {"conversations": turn("No picture. <|im_start|>assistant\nNo<|im_end|>", "yes")},
        {"image": "2.png", "conversations": turn("<image>One", "a") + turn("Two", "b")},
        {"image": ["3.png"] * 9, "conversations": turn("<image>" * 9 + "Video?", "four")},
    ]  # fmt: skip
    recipe = TrainRecipe.model_validate(
        {
            "family": family, "base": str(GOLDEN / family), "global_batch": 4,
            "pack_tokens": 16_384, "data": [{"path": str(jsonl(tmp_path / "d.jsonl", rows))}],
        }
    )  # fmt: skip
    return prepare_data(recipe, source_of(family), tmp_path / "cache")


@needs_golden
@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_fed_is_what_was_planned(tmp_path: Path, family: str) -> None:
    data = prepared(tmp_path, family)
    (entry,) = data.summary()["entries"]
    assert entry["lengths"]["fit"] == 4
    renderer = source_of(family).open()
    with Feed(data, workers=1 if family == "qwen3_vl" else 0) as feed:
        packs = [pack for _, found in feed.steps() for pack in found]
    assert sum(len(pack.samples) for pack in packs) == 4
    for ready in packs:
        assert not ready.broken
        packed = renderer.pack([(s.rendered, s.pixels) for s in ready.samples])
        places = [s.place for s in ready.samples]
        assert packed.lengths == tuple(ready.plan.tokens[places])
        labels = np.bincount(packed.sample.numpy(), minlength=len(places))
        assert labels.tolist() == ready.plan.supervised[places].tolist()


@needs_golden
def test_rules_and_other_tokenizers_make_other_lengths(tmp_path: Path) -> None:
    one = source_of("qwen3_vl")
    assert one.fingerprint() == source_of("qwen3_vl").fingerprint()
    assert RendererSource("qwen3_vl", one.folder, {"strip_text": False}).fingerprint() != (
        one.fingerprint()
    )
    folder = tmp_path / "copy"
    folder.mkdir()
    for path in one.folder.iterdir():
        if path.suffix == ".json":
            (folder / path.name).write_bytes(path.read_bytes())
    copied = RendererSource("qwen3_vl", folder, {}).fingerprint()
    (folder / "tokenizer.json").write_bytes(b"{}")
    assert RendererSource("qwen3_vl", folder, {}).fingerprint() != copied
    with pytest.raises(RecipeError, match="no such rule"):
        RendererSource("qwen3_vl", one.folder, {"max_pixel": 3}).open()


def test_families_by_name(tmp_path: Path) -> None:
    assert set(FAMILIES) <= set(family_names())
    assert "api" not in family_names()
    with pytest.raises(RecipeError, match="did you mean 'qwen3_vl'"):
        open_family("qwen3vl", tmp_path)
    with pytest.raises(InputError, match="no such checkpoint"):
        open_family("bagel", tmp_path / "nowhere")
