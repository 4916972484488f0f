"""Piles of blocks: counts, views and visibility by hand, and drawings that show them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from sextant.questions.block_pictures import SIDE, draw_pile, draw_views
from sextant.questions.blocks import (
    Views,
    count_blocks,
    count_buried,
    differing_squares,
    least_visible_top,
    read_heights,
    views_of,
)

CORNER = ((2, 1), (1, 0))


@pytest.mark.parametrize(
    ("heights", "blocks", "buried"),
    [(CORNER, 4, 1), (((1,),), 1, 0), (((3, 3), (3, 3)), 12, 2), (((0, 2), (2, 2)), 6, 0)],
)
def test_counts(heights, blocks, buried):
    assert count_blocks(heights) == blocks
    assert count_buried(heights) == buried


def test_views_by_hand():
    # Back row 3 1 0, front row 0 2 1.
    views = views_of(((3, 1, 0), (0, 2, 1)))
    assert views.front == (3, 2, 1)
    assert views.right == (2, 3), "seen from the right, the front row is at the left"
    assert views.top == ((True, True, False), (False, True, True))


def test_mirrored_pile_mirrors_front_and_top_only():
    heights = ((3, 1, 0), (0, 2, 1))
    views = views_of(heights)
    flipped = views_of(tuple(row[::-1] for row in heights))
    assert flipped == Views(views.front[::-1], tuple(r[::-1] for r in views.top), views.right)


def test_differing_squares_add_up_over_the_views():
    one, other = views_of(((1, 1),)), views_of(((2, 0),))
    # Front 1 1 against 2 0, right 1 against 2, one square of the top.
    assert differing_squares(one, other) == 2 + 1 + 1
    assert differing_squares(one, one) == 0


@pytest.mark.parametrize(
    "value", [None, [], [[]], [[1], [1, 2]], [[0, 0]], [[1.0]], [[-1]], [[10]], [[True]], "12"]
)
def test_what_is_no_height_map(value):
    assert read_heights(value) is None


def test_lists_become_tuples():
    assert read_heights([[2, 1], [1, 0]]) == CORNER


def test_visibility():
    assert least_visible_top(((1, 1), (1, 1))) == 1.0
    assert least_visible_top(((3, 2), (2, 1))) == 1.0, "stairs towards the viewer hide nothing"
    assert least_visible_top(((1, 1), (4, 4))) < 0.01, "a wall in front hides the back row"
    assert 0.1 < least_visible_top(((1, 1), (2, 1))) < 0.9
    # Only what stands in front hides: the same wall at the back does not.
    assert least_visible_top(((4, 4), (1, 1))) == 1.0


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def test_drawn_faces_are_lit_from_above():
    image = pixels(draw_pile(((1,),)))
    assert image.shape == (SIDE, SIDE, 3)
    filled = np.argwhere(image.sum(axis=2) < 600)
    top, bottom = filled.min(axis=0), filled.max(axis=0)
    middle = (top + bottom) // 2
    # Above the middle of one cube lies its top, left below it the front, right below the right.
    light = image[top[0] + (middle[0] - top[0]) // 2, middle[1]].sum()
    front = image[middle[0] + 20, middle[1] - 18].sum()
    right = image[middle[0] + 20, bottom[1] - 10].sum()
    assert light > front > right


def test_drawings_are_reproducible_and_tell_piles_apart():
    other = ((2, 1), (0, 1))
    assert draw_pile(CORNER, "Figure 1") == draw_pile(CORNER, "Figure 1")
    assert draw_pile(CORNER) != draw_pile(other)
    assert draw_views(views_of(CORNER)) != draw_views(views_of(other))


def test_views_show_as_many_squares_as_they_have():
    one = pixels(draw_views(Views((1, 0), ((True, False),), (1,))))
    two = pixels(draw_views(Views((1, 1), ((True, True),), (1,))))
    # Filled squares have the middle tone, which nothing else has.
    tone = two[SIDE // 2 - 5 :].reshape(-1, 3)
    values, times = np.unique(tone[tone.sum(axis=1) < 560], axis=0, return_counts=True)
    fill = values[times.argmax()]
    filled = [int((abs(image - fill).sum(axis=2) < 6).sum()) for image in (one, two)]
    # Three squares against five: one and two in the top view and in the front view, one at right.
    assert filled[1] / filled[0] == pytest.approx(5 / 3, rel=0.1)
