from __future__ import annotations

import doctest

from sextant.sources import splits
from sextant.sources.splits import _lists, official_split


def test_examples_in_the_docstrings() -> None:
    assert doctest.testmod(splits).failed == 0


def test_the_lists_are_complete_and_apart() -> None:
    counts = {d: {s: len(n) for s, n in lists.items()} for d, lists in _lists().items()}
    assert counts == {
        "hypersim": {"val": 46, "test": 46},
        "matterport3d": {"val": 11, "test": 18},
        "scannet": {"val": 312},
    }
    for lists in _lists().values():
        names = [n for found in lists.values() for n in found]
        assert len(set(names)) == len(names)


def test_scans_of_one_space_are_of_one_split() -> None:
    spaces = {n.split("_")[0] for n in _lists()["scannet"]["val"]}
    assert len(spaces) == 142
    assert all(official_split("scannet", f"{s}_00") == "val" for s in spaces)
