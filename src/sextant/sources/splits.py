"""The official splits of datasets that publish lists of names, as shipped with this package.

A scene of a validation or test set that is taken for a training scene is the worst mistake a corpus
can make, so it must not depend on whether somebody also downloaded a list. Only names outside the
training set are kept; whoever is on no list of a dataset is of its training set.

Sources of the lists: ScanNet/ScanNet (Tasks/Benchmark), niessner/Matterport (tasks/benchmark),
apple/ml-hypersim (metadata_images_split_scene_v1.csv).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=1)
def _lists() -> Mapping[str, Mapping[str, frozenset[str]]]:
    text = resources.files("sextant.sources").joinpath("splits.json").read_text("utf-8")
    return {
        dataset: {split: frozenset(names) for split, names in splits.items()}
        for dataset, splits in json.loads(text).items()
    }


def official_split(dataset: str, name: str) -> str:
    """Return "train", "val" or "test" of a scene (for Matterport3D, of a house).

    >>> official_split("scannet", "scene0011_00"), official_split("scannet", "scene0000_00")
    ('val', 'train')

    Args:
        dataset: The reader's name; it must have lists.
        name: As the list writes it.
    """
    for split, names in _lists()[dataset].items():
        if name in names:
            return split
    return "train"
