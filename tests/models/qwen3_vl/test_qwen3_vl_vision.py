"""Sizes against upstream's table, pixels against transformers' processor, bit for bit."""

from __future__ import annotations

import dataclasses
import json
import shutil

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra train")
pytest.importorskip("transformers", reason="needs the extra train")

from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_qwen3_vl import asked, picture

from sextant.errors import ConventionError, CorruptInput, MissingInput, RecipeError
from sextant.models.qwen3_vl.config import read_config
from sextant.models.qwen3_vl.vision import pixel_values, shown_size, slots_of, values_of

SIDES = st.integers(1, 3000)


def test_golden_table(golden):
    table = golden.smart_resize_table
    rejected = 0
    for least, most, width, height, wide, high, tokens in table["rows"]:
        if wide is None:
            rejected += 1
            with pytest.raises(ConventionError, match="too long"):
                shown_size((width, height), table["factor"], least, most)
            continue
        assert shown_size((width, height), table["factor"], least, most) == (wide, high)
        renderer = golden.family.renderer("train", min_pixels=least, max_pixels=most)
        (slot,) = renderer.sizes([(width, height)])
        assert (slot.size, slot.tokens, slot.tiles) == ((wide, high), tokens, 1)
    assert rejected == 3
    assert len(table["rows"]) == 183


@settings(max_examples=200, deadline=None)
@given(width=SIDES, height=SIDES, least=st.integers(1, 1 << 20), more=st.integers(0, 1 << 22))
def test_the_rule_is_transformers(width, height, least, more):
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

    most = least + more
    if max(width, height) / min(width, height) > 200:
        with pytest.raises(ConventionError):
            shown_size((width, height), 32, least, most)
        return
    shown = shown_size((width, height), 32, least, most)
    assert shown[::-1] == smart_resize(height, width, 32, least, most)
    assert shown[0] % 32 == shown[1] % 32 == 0
    assert min(shown) > 0


@settings(max_examples=100, deadline=None)
@given(sizes=st.lists(st.tuples(st.integers(20, 2000), st.integers(20, 2000)), max_size=20))
def test_a_budget_holds_for_all_frames_together(family, sizes):
    sizes = [s for s in sizes if max(s) / min(s) < 8]
    free = family.renderer("train", min_pixels=65536, max_pixels=1 << 24)
    tight = family.renderer("train", min_pixels=65536, max_pixels=1 << 24, total_pixels=640 * 480)
    shared = tight.sizes(sizes)
    for one, all_of_it in zip(shared, free.sizes(sizes), strict=True):
        assert one.tokens <= max(all_of_it.tokens, 300)
    # Rounding up to whole tokens may go a row or a column beyond the budget, in each picture.
    beyond = sum(sum(s.size) // 32 for s in shared)
    assert sum(s.tokens for s in shared) <= 300 + beyond


def test_frames_share_what_one_would_have(family):
    renderer = family.renderer("train", max_pixels=1 << 24, total_pixels=16 * 256 * 192)
    assert [s.size for s in renderer.sizes([(640, 480)] * 16)] == [(256, 192)] * 16
    assert renderer.sizes([(640, 480)])[0].size == (640, 480)
    assert [s.tokens for s in renderer.sizes([(640, 480)] * 5000)] == [1] * 5000
    tight = family.renderer("train", min_pixels=65536, max_pixels=1 << 24, total_pixels=65536)
    assert [s.tokens for s in tight.sizes([(20, 20)] * 16)] == [4] * 16  # and not 64 each


def test_golden_pixels(golden):
    for name, (_, pixels, _) in golden.samples.items():
        if not len(pixels["grid"]):
            continue
        made = pixel_values(pixels["patches"], golden.family.config)
        assert np.array_equal(made, golden.arrays[f"{name}.pixel_values"])
        assert made.dtype == np.float32
        assert np.array_equal(pixels["grid"], golden.arrays[f"{name}.image_grid_thw"][:, 1:])


@pytest.mark.parametrize("size", [(64, 64), (37, 211), (300, 40), (96, 128), (31, 33)])
def test_pixels_are_those_of_the_pillow_processor(family, renderer, size):
    from transformers import Qwen2VLImageProcessorPil

    config = family.config
    theirs = Qwen2VLImageProcessorPil(
        patch_size=16, merge_size=2, temporal_patch_size=2, image_mean=[0.5] * 3,
        image_std=[0.5] * 3, size={"shortest_edge": 1024, "longest_edge": 16384},
    )  # fmt: skip
    shown = [picture(*size, seed=1), picture(*size[::-1], seed=2)]
    rendered = renderer.render(asked(2, "Q"), [p.size for p in shown])
    pixels = renderer.pixels(shown, rendered)
    wanted = theirs(shown, return_tensors="np")
    assert np.array_equal(pixel_values(pixels["patches"], config), wanted["pixel_values"])
    assert np.array_equal(pixels["grid"], wanted["image_grid_thw"][:, 1:])
    assert [4 * s.tokens for s in rendered.slots] == [
        theirs.get_number_of_image_patches(p.size[1], p.size[0]) for p in shown
    ]


def test_channels_of_their_own(family, model):
    """Published checkpoints have one mean for all channels; the sums do not rely on it."""
    import torch
    from transformers import Qwen2VLImageProcessorPil

    from sextant.models.qwen3_vl.model import Qwen3VL
    from sextant.models.qwen3_vl.renderer import Qwen3VLRenderer

    mean, std = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)
    config = dataclasses.replace(family.config, mean=mean, std=std)
    plain = family.renderer("train")
    renderer = Qwen3VLRenderer(config, plain.tokens, plain.rules)
    shown = [picture(90, 70)]
    pixels = renderer.pixels(shown, renderer.render(asked(1, "Q"), [(90, 70)]))
    theirs = Qwen2VLImageProcessorPil(
        patch_size=16, merge_size=2, temporal_patch_size=2, image_mean=list(mean),
        image_std=list(std), size={"shortest_edge": 1024, "longest_edge": 16384},
    )  # fmt: skip
    wanted = theirs(shown, return_tensors="np")["pixel_values"]
    assert np.array_equal(pixel_values(pixels["patches"], config), wanted)
    on_device = Qwen3VL(model.hf, config)._values(torch.from_numpy(pixels["patches"]))
    assert np.array_equal(on_device.numpy(), wanted)
    assert values_of(config).shape == (3, 256)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P"])
def test_pictures_that_are_not_rgb(renderer, mode):
    shown = picture(50, 60).convert(mode)
    rendered = renderer.render(asked(1, "Q"), [shown.size])
    made = renderer.pixels([shown], rendered)["patches"]
    plain = renderer.pixels([shown.convert("RGB")], rendered)["patches"]
    assert np.array_equal(made, plain)


def test_other_pictures_than_were_said(renderer):
    rendered = renderer.render(asked(2, "Q"), [(64, 64), (64, 32)])
    with pytest.raises(ConventionError, match="number of pictures"):
        renderer.pixels([picture(64, 64)], rendered)
    with pytest.raises(ConventionError, match="picture 1"):
        renderer.pixels([picture(64, 64), picture(32, 64)], rendered)
    with pytest.raises(ConventionError, match="without pixels"):
        renderer.sizes([(0, 5)])


def test_no_pictures(renderer):
    pixels = renderer.pixels([], renderer.render(asked(0, "Q"), []))
    assert pixels["patches"].shape == (0, 768)
    assert pixels["grid"].shape == (0, 2)


@pytest.mark.parametrize(
    "change",
    [{"max_pixels": 0}, {"max_pixels": True}, {"max_pixels": 1.5}, {"number_pictures": 1},
     {"max_pixel": 10}, {"min_pixels": 1 << 25}, {"total_pixels": -1}, {"system": None}],
)  # fmt: skip
def test_rules_that_cannot_be_meant(family, change):
    with pytest.raises(RecipeError):
        family.renderer("train", **change)


def test_published_bounds(folder, tmp_path):
    """Of the processor that the checkpoint names, in the older words and the newer."""
    shutil.copytree(folder, tmp_path / "m")
    old = {"min_pixels": 65536, "max_pixels": 16777216, "patch_size": 16}
    (tmp_path / "m" / "preprocessor_config.json").write_text(json.dumps(old))
    config = read_config(tmp_path / "m")
    assert (config.min_pixels, config.max_pixels) == (65536, 16777216)
    size = {"shortest_edge": 1024, "longest_edge": 2048}
    new = {"image_processor": {"size": size, "image_mean": [0.1, 0.2, 0.3]}}
    (tmp_path / "m" / "processor_config.json").write_text(json.dumps(new))
    config = read_config(tmp_path / "m")
    assert (config.min_pixels, config.max_pixels) == (1024, 2048)
    assert config.mean == (0.1, 0.2, 0.3)


@pytest.mark.parametrize(
    ("settings_", "word"),
    [
        ({"size": {"shortest_edge": 4096, "longest_edge": 1024}}, "fewest"),
        ({}, "min_pixels"),
        ({"min_pixels": 1, "max_pixels": 2, "patch_size": 14}, "patch_size"),
        ({"min_pixels": 1, "max_pixels": 2, "do_normalize": False}, "do_normalize"),
        ({"min_pixels": 1, "max_pixels": 2, "image_std": [0.5, 0.5]}, "image_std"),
        ({"min_pixels": 1, "max_pixels": 2, "image_std": [0.0, 0.5, 0.5]}, "image_std"),
        ({"min_pixels": 1, "max_pixels": 2, "resample": 9}, "filter"),
        ({"min_pixels": 1, "max_pixels": 2, "rescale_factor": "x"}, "factor"),
    ],
)
def test_processors_that_cannot_be(folder, tmp_path, settings_, word):
    shutil.copytree(folder, tmp_path / "m")
    (tmp_path / "m" / "preprocessor_config.json").write_text(json.dumps(settings_))
    with pytest.raises(CorruptInput, match=word):
        read_config(tmp_path / "m")
    (tmp_path / "m" / "preprocessor_config.json").unlink()
    with pytest.raises(MissingInput, match="sees pictures"):
        read_config(tmp_path / "m")


def test_slots_without_pictures(family):
    assert slots_of([], family.renderer("train").rules, 32) == ()
