"""docs/families/ says what the code says; `docs/build_families.py --texts-only` renews it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sextant.commands.family_pages import index_page, page
from sextant.commands.registry import task_classes

FOLDER = Path(__file__).parents[2] / "docs" / "families"
CLASSES = task_classes()


@pytest.fixture(scope="module")
def measured():
    return json.loads((FOLDER / "measured.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_pages_are_up_to_date(name, measured):
    stored = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert stored == page(CLASSES[name], measured.get(name), measured["origin"]), (
        "run `python docs/build_families.py --texts-only`"
    )


def test_the_index_is_up_to_date(measured):
    stored = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert stored == index_page(measured, CLASSES, measured["origin"])


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_family_has_an_example_and_counts(name, measured):
    found = measured[name]
    assert found["rows"] > 0
    example = found["example"]
    assert example["answer"]
    if example["images"]:
        assert (FOLDER / "images" / f"{name}.jpg").stat().st_size > 1000


def test_no_page_is_left_over():
    pages = {p.stem for p in FOLDER.glob("*.md")} - {"README"}
    assert pages == set(CLASSES)
