"""Names of many label sets become names that can stand in a sentence."""

from __future__ import annotations

import csv
import doctest
import json
from pathlib import Path

import pytest

from conftest import data_folder
from sextant.questions.naming import is_askable, plural, with_article
from sextant.sources import vocabulary
from sextant.sources.procedural.categories import MAKERS
from sextant.sources.vocabulary import _tables, canonical_name, countable, is_shell, nyu40_name


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(vocabulary).failed == 0


def test_there_are_forty_classes_of_nyu() -> None:
    assert len(_tables()["nyu40"]) == 41
    for number, name in (
        (1, "wall"),
        (5, "chair"),
        (10, "bookshelf"),
        (33, "toilet"),
        (36, "bathtub"),
    ):
        assert nyu40_name(number) == name
    assert nyu40_name(0) == nyu40_name(41) == nyu40_name(-1) == "unlabeled"


@pytest.mark.parametrize("number", [0, 1, 2, 22, 38, 39, 40])
def test_structure_and_leftovers_of_nyu_are_never_asked_about(number: int) -> None:
    assert not is_askable(nyu40_name(number))


@pytest.mark.parametrize(
    ("label", "scheme"),
    [("misc", "mpcat40"), ("objects", "mpcat40"), ("furniture", "mpcat40"), ("lighting", "mpcat40"),
     ("appliances", "mpcat40"), ("seating", "mpcat40"), ("void", "mpcat40"), ("wall", "shared"),
     ("books", "shared"), ("board_panel", "mpcat40"), ("gym_equipment", "mpcat40")],
)  # fmt: skip
def test_labels_that_name_no_single_thing_are_never_asked_about(label: str, scheme: str) -> None:
    assert not is_askable(canonical_name(label, scheme))


@pytest.mark.parametrize(
    ("label", "scheme", "name"),
    [("tv_monitor", "mpcat40", "tv"), ("tv_monitor", "arkitscenes", "tv"), ("TV", "shared", "tv"),
     ("couch", "shared", "sofa"), ("night stand", "shared", "nightstand"),
     ("Refridgerator", "shared", "refrigerator"), ("  Coffee  table ", "shared", "coffee table"),
     ("chest_of_drawers", "mpcat40", "dresser"), ("washer", "arkitscenes", "washing machine"),
     ("bycicle", "shared", "bicycle"), ("kitchen_cabinet", "shared", "kitchen cabinet")],
)  # fmt: skip
def test_one_thing_has_one_name(label: str, scheme: str, name: str) -> None:
    assert canonical_name(label, scheme) == name


def test_names_are_fixed_points_and_make_grammatical_sentences() -> None:
    tables = _tables()
    names = {v for scheme in ("mpcat40", "arkitscenes", "shared") for v in tables[scheme].values()}
    names |= {n for listed in tables["countable"].values() for n in listed}
    for name in names:
        assert canonical_name(name) == name
        assert name == name.lower()
        if is_askable(name):
            assert not is_askable(plural(name)), name
            assert with_article(name).split()[0] == ("an" if name[0] in "aeiou" else "a")


def test_the_simulators_names_are_of_the_vocabulary() -> None:
    for category in MAKERS:
        assert canonical_name(category) == category


def test_parts_of_the_room() -> None:
    assert is_shell("ceiling")
    assert is_shell("closet wall")
    assert not is_shell("wall lamp")
    assert not is_shell("ceiling fan")


def test_countable_is_what_is_listed_there_and_lost_nothing() -> None:
    assert countable("scannet", ["bed", "cup", "sink"], ["sink"]) == {"bed"}
    assert countable("nowhere", ["bed"]) == frozenset()


def test_the_607_labels_of_scannet(scannet_labels: Path) -> None:
    rows = list(csv.DictReader(scannet_labels.read_text().splitlines(), delimiter="\t"))
    assert len(rows) == 607
    names = {row["raw_category"]: canonical_name(row["raw_category"]) for row in rows}
    for raw, name in names.items():
        assert canonical_name(name) == name
        assert name == " ".join(name.lower().split())
        assert "_" not in name
        if is_shell(name):
            assert row_class(rows, raw) in ("wall", "floor", "ceiling", "door", "otherstructure")
    askable = {name for name in names.values() if is_askable(name) and not is_shell(name)}
    # Most labels are single things; the rest are plurals, structure, and words for anything.
    assert 430 < len(askable) < 560
    assert {"sofa", "trash can", "office chair", "tv"} <= askable
    assert not {"books", "structure", "object", "furniture", "couch"} & askable


def test_the_categories_of_adt() -> None:
    instances = json.loads((data_folder("adt_raw") / "instances.json").read_text())
    labels = {entry["category"] for entry in instances.values()}
    assert len(labels) == 106
    renamed = {label: name for label in labels if (name := canonical_name(label)) != label}
    assert renamed == {
        "cabinets and shelves": "shelf unit", "bookcase": "bookshelf", "television": "tv",
        "laptop computer": "laptop", "couch": "sofa", "tea kettle": "kettle",
    }  # fmt: skip
    silent = {label for label in labels if not is_askable(canonical_name(label))}
    assert silent == {"keys", "scissors"}, "plurals"


def row_class(rows: list[dict[str, str]], raw: str) -> str:
    return next(row["nyu40class"] for row in rows if row["raw_category"] == raw)
