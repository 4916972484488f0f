"""One open vocabulary for the labels of many datasets.

A name is what a person would say, in lower case, singular. Plural and article are grammar, not
data: ``sextant.questions.naming`` makes them. Labels that are plural ("books", "cups") name several
things in one box; they stay plural, and nothing is asked about them, since "the book" would be
wrong. What is never asked about (walls, "other prop") is said there as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any

from sextant.sources.labels import display_name

SCHEMES = ("nyu40", "mpcat40", "arkitscenes", "shared")
"""Label sets with names of their own; every other label goes through ``shared``."""


@lru_cache(maxsize=1)
def _tables() -> Mapping[str, Any]:
    text = resources.files("sextant.sources").joinpath("vocabulary.json").read_text("utf-8")
    tables: Mapping[str, Any] = json.loads(text)
    return tables


@lru_cache(maxsize=8192)
def canonical_name(label: str, scheme: str = "shared") -> str:
    """Return the name of a dataset's label.

    >>> canonical_name("chest_of_drawers", "mpcat40"), canonical_name("trash bin")
    ('dresser', 'trash can')
    >>> canonical_name("books"), canonical_name("Kitchen_Cabinet")
    ('books', 'kitchen cabinet')

    Args:
        label: As the dataset writes it.
        scheme: One of ``SCHEMES``; for "nyu40" the label is the class's name.
    """
    tables = _tables()
    raw = " ".join(label.split()).lower()
    own = tables[scheme] if scheme != "nyu40" else {}
    for table in (own, tables["shared"]):
        if raw in table:
            return str(table[raw])
    name = display_name(label).replace("_", " ")
    return str(tables["shared"].get(name, name))


def nyu40_name(class_id: int) -> str:
    """Return the name of an NYU40 class id, 1..40; anything else is "unlabeled".

    >>> nyu40_name(6), nyu40_name(32), nyu40_name(99)
    ('sofa', 'nightstand', 'unlabeled')
    """
    names = _tables()["nyu40"]
    return str(names[class_id] if 0 < class_id < len(names) else names[0])


def is_shell(category: str) -> bool:
    """Tell whether a label names a part of the room itself: it occludes and is never asked about.

    >>> is_shell("wall"), is_shell("shower floor"), is_shell("floor lamp")
    (True, True, False)
    """
    return category.rpartition(" ")[2] in ("wall", "walls", "floor", "floors", "ceiling")


def countable(
    dataset: str, present: Iterable[str], incomplete: Iterable[str] = ()
) -> frozenset[str]:
    """Return the categories of a scene whose every instance its dataset labels.

    A list of few names: large things that annotators were asked for and that are hard to overlook.
    Chairs, doors, tables and towels are not among ScanNet's: users of VSI-Bench found their counts
    wrong. Only names that the scene has are given: of a thing that is nowhere no question is asked.

    Args:
        dataset: The reader's name.
        present: Categories of the scene's objects.
        incomplete: Categories that lost an object at the reader's door.
    """
    listed = frozenset(_tables()["countable"].get(dataset, ()))
    return listed & frozenset(present) - frozenset(incomplete)
