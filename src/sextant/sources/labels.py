"""Category names as people say them, and which categories have a front."""

from __future__ import annotations

import re

_CAMEL = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Z][a-z])"
)
_SEPARATORS = re.compile(r"[\s_]+")

FRONTED = frozenset(
    {
        "air conditioner", "armchair", "bed", "bench", "bookcase", "bookshelf", "cabinet",
        "chair", "clock", "computer monitor", "couch", "desk", "desk clock", "dining chair",
        "dishwasher", "dresser", "fireplace", "loveseat", "microwave", "monitor", "nightstand",
        "office chair", "oven", "person", "piano", "printer", "recliner", "refrigerator", "sofa",
        "stove", "television", "toilet", "tv", "wall clock", "wardrobe", "washer",
        "washing machine",
    }
)  # fmt: skip
"""Categories whose front anyone would point at without being told.

A table, a lamp, a vase or a book has an annotated front axis in some sets too, but no front a
person could see, so no question may lean on it. Shelves, boxes and doors are left out for the
same reason: which side is the front depends on who is asked. So are TV stands and laptops, whose
annotated fronts in ADT point backwards or belong to a tablet that lies flat.
"""

VAGUE = frozenset(
    {
        "accessory", "built in", "consumer electronic device", "decorative accessory",
        "electronic device control", "food object", "freestanding accessory", "kitchen utensil",
        "musical instrument", "part of a cabinet/wardrobe", "play set", "shelter",
        "smart home video",
    }
)  # fmt: skip
"""Categories that group unlike things; the object's model name says more than they do."""

_RENAMED = {
    "cabinets and shelves": "shelf unit",
    "couch": "sofa",
    "laptop computer": "laptop",
    "refridgerator": "refrigerator",
    "television": "tv",
    "tea kettle": "kettle",
}

_DROPPED_WORDS = frozenset(
    {
        "accessory", "apartment", "big", "black", "blue", "brown", "cube", "dynamic", "fake",
        "gray", "green", "greent", "grey", "hex", "large", "medium", "organic", "pattern", "red",
        "short", "small", "tall", "white", "yellow",
    }
)  # fmt: skip

_MODEL_NAMES = {
    "coffee pod": "coffee pod holder",
    "laundary detergent": "laundry detergent",
    "spice jar": "spice jar",
    "vinyl music": "vinyl record",
}
"""What models whose cleaned name begins so are called."""


def split_words(raw: str) -> str:
    """Return a label in lower case with CamelCase, underscores and trailing numbers resolved.

    >>> split_words("BookFiction7_00")
    'book fiction'
    >>> split_words("tv_monitor")
    'tv monitor'
    """
    spaced = _SEPARATORS.sub(" ", _CAMEL.sub(" ", raw)).strip().lower()
    words = spaced.split(" ")
    while words and words[-1].isdecimal():
        words.pop()
    return " ".join(words) or spaced


def display_name(raw: str) -> str:
    """Return a category label as a person would say it: lower case, spaces, singular set names.

    >>> display_name("Television")
    'tv'
    >>> display_name("computer_mouse")
    'computer mouse'
    """
    spaced = _SEPARATORS.sub(" ", raw).strip()
    name = split_words(spaced) if re.search(r"[a-z][A-Z]", spaced) else spaced.lower()
    return _RENAMED.get(name, name)


def model_category(category: str, model_name: str) -> str:
    """Return the category of an object that has both a category and the name of its 3D model.

    A category that groups unlike things is replaced by the model's name, less its colour, size
    and running number.

    >>> model_category("book", "BookFiction7")
    'book'
    >>> model_category("consumer electronic device", "DvdPlayer")
    'dvd player'
    >>> model_category("kitchen utensil", "SpiceJarCurryPowder")
    'spice jar'
    """
    if category.strip().lower() not in VAGUE:
        return display_name(category)
    words = [w for w in split_words(model_name).split() if w not in _DROPPED_WORDS]
    kept = [w for w in words if not w.isdigit() and len(w) > 1]
    name = " ".join(kept)
    for beginning, spoken in _MODEL_NAMES.items():
        if name.startswith(beginning):
            return spoken
    return name or display_name(category)


def has_front(category: str) -> bool:
    """Tell whether a category has a front that a person would recognise.

    >>> has_front("sofa"), has_front("vase")
    (True, False)
    """
    return category in FRONTED
