"""Marks: every letter can be read, whatever is marked beside it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sextant.questions.marks import MARK_LETTERS, Mark, can_be_read, draw_marks

SIZE = (640, 480)
RED, BLUE = (230, 25, 75), (0, 130, 255)


def drawn(*marks: Mark) -> np.ndarray:
    image = Image.new("RGB", SIZE, (128, 128, 128))
    draw_marks(image, marks)
    return np.asarray(image).astype(int)


def pixels_of(picture: np.ndarray, color: tuple[int, int, int]) -> int:
    return int((np.abs(picture - color).max(axis=2) == 0).sum())


def test_a_tag_makes_way_for_the_dot_of_another_mark():
    """Where Q's tag used to sit lies the dot of P."""
    first, second = Mark("P", dot=(498.5, 27.5)), Mark("Q", dot=(471.5, 47.5))
    alone = pixels_of(drawn(first), RED)
    assert pixels_of(drawn(first, second), RED) == alone
    assert can_be_read((first, second), SIZE, 1.0)


def test_a_box_under_another_one_cannot_be_read():
    """The outline of P is drawn over by that of Q."""
    box = (100.0, 100.0, 160.0, 180.0)
    assert not can_be_read((Mark("P", box=box), Mark("Q", box=box)), SIZE, 1.0)
    aside = (104.0, 200.0, 164.0, 280.0)
    assert can_be_read((Mark("P", box=box), Mark("Q", box=aside)), SIZE, 1.0)


def test_two_dots_on_one_point_cannot_be_read():
    """One covers the other."""
    marks = (Mark("P", dot=(300.0, 200.0)), Mark("Q", dot=(303.0, 200.0)))
    assert not can_be_read(marks, SIZE, 1.0)


def test_a_single_mark_in_a_corner_is_drawn_within_the_picture():
    """Tag and all."""
    picture = drawn(Mark("P", dot=(637.0, 3.0)))
    assert pixels_of(picture, RED) > 200
    assert can_be_read((Mark("P", dot=(637.0, 3.0)),), SIZE, 1.0)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_marks_scale_with_the_picture(scale):
    """Given in pixels of the frame, drawn in those of the picture."""
    size = (round(640 * scale), round(480 * scale))
    image = Image.new("RGB", size, (128, 128, 128))
    draw_marks(image, (Mark("P", box=(100, 100, 300, 300)),), scale)
    _, columns = np.nonzero((np.asarray(image) == RED).all(axis=2))
    assert abs(columns.max() - 300 * scale) < 6 * max(1.0, scale)


places = st.tuples(st.floats(8, 632), st.floats(8, 472))


@given(st.lists(places, min_size=2, max_size=5))
@settings(max_examples=60, deadline=None)
def test_what_can_be_read_shows_in_the_picture(points):
    """Counted in a picture in colour: tag and dot of every letter are nearly whole."""
    marks = tuple(Mark(k, dot=p) for k, p in zip(MARK_LETTERS, points, strict=False))
    if not can_be_read(marks, SIZE, 1.0):
        return
    picture = drawn(*marks)
    for mark in marks:
        alone = drawn(mark)
        changed = (alone != 128).any(axis=2)
        color = alone[changed]
        values, counts = np.unique(color, axis=0, return_counts=True)
        own = tuple(values[counts.argmax()])
        assert pixels_of(picture, own) > 0.85 * pixels_of(alone, own)


def test_readability_does_not_depend_on_the_order_of_asking():
    """It is remembered by what is drawn."""
    boxes = [(10.0 + 40 * k, 50.0, 40.0 + 40 * k, 90.0) for k in range(4)]
    marks = tuple(Mark(k, box=b) for k, b in zip(MARK_LETTERS, boxes, strict=False))
    assert all(can_be_read(p, SIZE, 1.0) for p in itertools.permutations(marks))
