"""How pictures are cut: brute force over fractions, and the laws of the rule."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sextant.errors import ConventionError, RecipeError
from sextant.models.family import Slot
from sextant.models.internvl.rules import RULES, rules_of
from sextant.models.internvl.vision import grid_of, normalized, pixels_of, slots_of, tiles_of

SIDES = st.integers(1, 3000)


@given(SIDES, SIDES, st.integers(1, 24))
def test_the_grid_is_nearest_in_shape(width, height, most):
    """Exact arithmetic, over all grids; a tie is anyone's."""
    columns, rows = grid_of((width, height), 1, most, 448)
    assert 1 <= columns * rows <= most

    def distance(c, r):
        return abs(Fraction(width, height) - Fraction(c, r))

    grids = [(c, r) for c in range(1, most + 1) for r in range(1, most // c + 1)]
    best = min(distance(c, r) for c, r in grids)
    assert distance(columns, rows) - best < Fraction(1, 10**12)


@pytest.mark.parametrize(
    ("size", "grid"),
    [((512, 512), (1, 1)), ((634, 634), (2, 2)), ((633, 633), (1, 1)), ((1098, 1098), (3, 3))],
)
def test_a_larger_grid_of_the_same_shape_needs_half_its_pixels(size, grid):
    # Worked by hand: 2 x 2 tiles show 896 x 896 pixels, and 634^2 > 896^2 / 2 > 633^2.
    assert grid_of(size, 1, 12, 448) == grid


def test_which_of_two_equally_large_grids_comes_first_decides_nothing():
    """Upstream's order among them is that of a hash table, so this rule must not depend on it."""
    for most in (*range(1, 25), 40, 64):
        grids = [(c, r) for c in range(1, most + 1) for r in range(1, most // c + 1)]
        for a in grids:
            for b in grids:
                if a < b and a[0] * a[1] == b[0] * b[1]:
                    middle = (Fraction(*a) + Fraction(*b)) / 2
                    found = grid_of((middle.numerator, middle.denominator), 1, most, 448)
                    assert found not in (a, b)


def test_no_grid_that_has_so_many_tiles():
    assert grid_of((100, 100), 5, 4, 448) == (1, 1)


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-1, 3)])
def test_pictures_without_pixels_are_refused(size):
    with pytest.raises(ConventionError, match="without pixels"):
        grid_of(size, 1, 12, 448)


def test_published_numbers_of_tiles():
    train, inference = RULES["train"], RULES["inference"]
    assert [train.most_tiles(n) for n in (1, 2, 3, 6, 7, 16)] == [12, 6, 4, 2, 1, 1]
    assert [inference.most_tiles(n) for n in (1, 10, 11, 16, 32, 64, 99)] == [6, 6, 5, 4, 2, 1, 1]
    frames = slots_of([(640, 480)] * 16, train, 448, 256)
    assert sum(slot.tokens for slot in frames) == 16 * 256  # training.md: 4096
    (single,) = slots_of([(640, 480)], train, 448, 256)
    assert (single.grid, single.thumbnail, single.tokens) == ((4, 3), True, 13 * 256)


@given(st.lists(st.tuples(SIDES, SIDES), max_size=20), st.sampled_from(["train", "inference"]))
def test_tokens_follow_from_sizes_alone(sizes, use):
    for slot in slots_of(sizes, RULES[use], 448, 256):
        assert slot.tokens == 256 * slot.tiles
        assert slot.thumbnail == (slot.grid != (1, 1))
        assert slot.tiles <= RULES[use].tiles + 1


def test_tiles_are_the_scaled_picture_cut():
    draws = np.random.default_rng(3)
    image = Image.fromarray(draws.integers(0, 256, (50, 150, 3), dtype=np.uint8))
    tiles = tiles_of(image, Slot(0, 0, (32, 32), (3, 2), True))
    whole = np.asarray(image.resize((96, 64), Image.Resampling.BICUBIC))
    assert tiles.shape == (7, 32, 32, 3)
    for k in range(6):
        row, column = divmod(k, 3)
        part = whole[32 * row : 32 * row + 32, 32 * column : 32 * column + 32]
        assert np.array_equal(tiles[k], part)
    assert np.array_equal(tiles[6], np.asarray(image.resize((32, 32), Image.Resampling.BICUBIC)))


def test_a_grey_picture_is_shown_in_colour():
    tiles = tiles_of(Image.new("L", (20, 20), 9), Slot(0, 0, (8, 8)))
    assert tiles.shape == (1, 8, 8, 3)
    assert (tiles == 9).all()


def test_normalized_by_hand():
    tiles = np.zeros((1, 1, 2, 3), np.uint8)
    tiles[0, 0, 1] = 255
    found = normalized(tiles)
    assert found.shape == (1, 3, 1, 2)
    assert found.dtype == np.float32
    assert found[0, :, 0, 0] == pytest.approx([-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225])
    assert found[0, :, 0, 1] == pytest.approx([0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225])


def test_as_many_pictures_as_were_said():
    with pytest.raises(ConventionError, match="number of pictures"):
        pixels_of([Image.new("RGB", (3, 3))], [], 32)
    assert pixels_of([], [], 32)["tiles"].shape == (0, 32, 32, 3)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"max_tiles": 3}, "no such rule"),
        ({"tiles": 0}, "another kind"),
        ({"tiles": True}, "another kind"),
        ({"tiles": 10**9}, "another kind"),
        ({"thumbnail": 1}, "another kind"),
        ({"system": None}, "another kind"),
        ({"min_tiles": 13}, "more tiles at least"),
    ],
)
def test_rules_that_cannot_be_meant(changes, words):
    with pytest.raises(RecipeError, match=words):
        rules_of("train", changes)
