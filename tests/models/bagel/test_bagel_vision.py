"""Sizes, tokens and patches of pictures against upstream's own numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tiny_bagel import GOLDEN, golden, needs_golden, picture

from sextant.errors import ConventionError, RecipeError
from sextant.models.bagel.vision import (
    RULES,
    Rules,
    patches_of,
    pixels_of,
    rules_of,
    shown_size,
    slots_of,
)

PATCH, SIDE = 14, 70
LONGEST = PATCH * SIDE


@needs_golden
def test_all_sizes_of_upstream():
    table = json.loads((GOLDEN / "transform_table.json").read_text())
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    assert len(rows) > 400
    for r in rows:
        rules = rules_of(
            "train",
            {"max_side": r["max_size"], "min_side": r["min_size"], "max_pixels": r["max_pixels"]},
            LONGEST,
        )
        (slot, *_) = slots_of([(r["width"], r["height"])] * r["n_images"], rules, table["stride"])
        assert (*slot.size, slot.tokens) == (r["new_width"], r["new_height"], r["vit_tokens"]), r


@pytest.mark.parametrize(
    ("frames", "size", "tokens"),
    [(1, (644, 476), 1564), (6, (644, 476), 1564), (8, (532, 392), 1064), (16, (266, 196), 266)],
)
def test_many_frames_are_learned_small_and_seen_large(frames, size, tokens):
    (learned, *_) = slots_of([(640, 480)] * frames, RULES["train"], PATCH)
    assert (learned.size, learned.tokens) == (size, tokens)
    (seen, *_) = slots_of([(640, 480)] * frames, RULES["inference"], PATCH)
    assert (seen.size, seen.tokens) == ((644, 476), 1564)


def test_the_quirk_is_the_area_ratio():
    # 644 x 476 is 2.44 times a sixteenth of the cap; a side is divided by 2.44, not by its root.
    width, _ = shown_size((640, 480), 980, 378, 2_007_040 / 16, 14)
    assert width == 14 * round(644 / (644 * 476 / (2_007_040 / 16)) / 14) == 266


def test_the_first_resize_of_upstreams_inferencer():
    rules = rules_of("inference", {"vae_resize_first": True}, LONGEST)
    # 256 x 192 becomes 688 x 512 (a short side of 512), then fits 980 as it is, in steps of 14.
    assert shown_size((256, 192), 1024, 512, 14 * 14 * 9 * 1024, 16) == (688, 512)
    (slot,) = slots_of([(256, 192)], rules, PATCH)
    assert slot.size == (686, 518)
    image = picture(1, (256, 192))
    found = pixels_of([image], [slot], rules, PATCH, SIDE)
    twice = image.resize((688, 512), Image.Resampling.BICUBIC)
    twice = twice.resize((686, 518), Image.Resampling.BICUBIC)
    assert np.array_equal(found["patches"], patches_of(np.asarray(twice), PATCH))


@given(
    width=st.integers(1, 5000), height=st.integers(1, 5000), pictures=st.integers(1, 64),
    low=st.integers(14, 400), high=st.integers(400, 980),
    use=st.sampled_from(["train", "inference"]),
)  # fmt: skip
def test_shown_sizes_fit_the_table(width, height, pictures, low, high, use):
    rules = rules_of(use, {"max_side": high, "min_side": low}, LONGEST)
    (slot, *_) = slots_of([(width, height)] * pictures, rules, PATCH)
    assert all(side % PATCH == 0 and PATCH <= side <= high + PATCH // 2 for side in slot.size)
    assert slot.tokens == slot.size[0] * slot.size[1] // PATCH**2
    (turned, *_) = slots_of([(height, width)] * pictures, rules, PATCH)
    assert turned.size == slot.size[::-1]


@needs_golden
def test_pixels_of_upstream():
    arrays, plans, _ = golden()
    said = plans["resize_example"]
    changes = {
        "max_side": said["max_size"],
        "min_side": said["min_size"],
        "max_pixels": said["max_pixels"],
    }
    rules = rules_of("train", changes, LONGEST)
    image = Image.fromarray(arrays["resize_example.src"])
    slots = slots_of([image.size], rules, PATCH)
    assert list(slots[0].size) == said["out"]
    found = pixels_of([image], slots, rules, PATCH, SIDE)
    assert found["patches"].dtype == np.uint8
    assert np.array_equal(
        found["patches"], patches_of(arrays["resize_example.resized_uint8"], PATCH)
    )
    # In float32, bytes over 255, minus a half, over a half: bit for bit upstream's numbers.
    scaled = (found["patches"].astype(np.float32) / np.float32(255) - np.float32(0.5)) / np.float32(
        0.5
    )
    upstream = patches_of(arrays["resize_example.normalized"].transpose(1, 2, 0), PATCH)
    assert np.array_equal(scaled, upstream)


def test_patches_by_hand():
    image = np.arange(4 * 6 * 3).reshape(4, 6, 3)
    found = patches_of(image, 2)
    assert found.shape == (6, 12)
    for k in range(6):
        row, column = divmod(k, 3)
        cut = image[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        assert found[k].tolist() == [int(v) for v in cut.ravel()]


def test_places_in_the_table():
    rules = Rules(max_side=56, min_side=28)
    images = [picture(0, (56, 28)), picture(1, (28, 42))]
    slots = slots_of([i.size for i in images], rules, PATCH)
    found = pixels_of(images, slots, rules, PATCH, SIDE)
    assert found["tokens"].tolist() == [8, 6]
    assert found["positions"].tolist() == [
        0, 1, 2, 3, 70, 71, 72, 73, 0, 1, 70, 71, 140, 141
    ]  # fmt: skip


def test_no_pictures():
    found = pixels_of([], [], RULES["train"], PATCH, SIDE)
    assert found["patches"].shape == (0, 588)
    assert len(found["positions"]) == len(found["tokens"]) == 0


def test_other_modes_are_seen_as_colours():
    grey = picture(0, (28, 28)).convert("L")
    rules = Rules(max_side=56, min_side=28)
    slots = slots_of([grey.size], rules, PATCH)
    plain, colours = (
        pixels_of([image], slots, rules, PATCH, SIDE)["patches"]
        for image in (grey, grey.convert("RGB"))
    )
    assert np.array_equal(plain, colours)


def test_other_pictures_than_were_said():
    rules = RULES["train"]
    slots = slots_of([(640, 480)], rules, PATCH)
    with pytest.raises(ConventionError, match="another number"):
        pixels_of([], slots, rules, PATCH, SIDE)
    with pytest.raises(ConventionError, match="another size"):
        pixels_of([picture(0, (480, 640))], slots, rules, PATCH, SIDE)
    with pytest.raises(ConventionError, match="without pixels"):
        slots_of([(0, 4)], rules, PATCH)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_sid": 3}, "max_side"),
        ({"max_side": 981}, "positions"),
        ({"max_side": 0}, "positive"),
        ({"min_side": True}, "positive"),
        ({"share_pixels": 1}, "true or false"),
        ({"max_pixels": 1e6}, "whole number"),
    ],
)
def test_rules_that_cannot_be_meant(changes, said):
    with pytest.raises(RecipeError, match=said):
        rules_of("train", changes, LONGEST)
