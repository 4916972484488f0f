"""How objects are called: names, plurals, and when a name is not enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

NEVER_ASKED = frozenset(
    {
        "wall", "floor", "ceiling", "object", "objects", "other", "otherfurniture", "otherprop",
        "other furniture", "other prop", "otherstructure", "other structure", "unknown",
        "unlabeled", "undefined", "misc", "void", "remove", "room", "structure", "apartment",
        "environment", "beam", "column", "pillar", "anchor", "furniture", "lighting", "seating",
        "board panel", "gym equipment", "appliance", "decoration", "machine", "frame", "legs",
        "item", "clutter", "stuff", "ledge", "rod", "wood", "door wall", "shower wall",
        "pantry wall", "closet wall", "closet floor", "closet ceiling", "shower floor",
    }
)  # fmt: skip
"""Categories without use in a question (taxonomy.md, common rules)."""

MAX_NAME = 60
"""Labels longer than this are descriptions or accidents, no names."""

SEE_THROUGH = frozenset({"window", "mirror", "glass door", "shower cabin", "glass", "aquarium"})
"""Their pictures show something behind or before them: a mark there has two depths."""

_SAME = (
    frozenset({"painting", "picture", "picture frame", "poster", "photo", "wall art"}),
    frozenset({"sofa", "couch", "loveseat"}),
    frozenset({"cup", "mug"}),
    frozenset({"trash can", "trash bin", "bin", "waste bin", "garbage can", "wastebasket"}),
    frozenset({"wardrobe", "closet"}),
    frozenset({"nightstand", "bedside table", "night stand"}),
    frozenset({"potted plant", "plant"}),
    frozenset({"shelf", "bookshelf", "bookcase", "wall shelf"}),
    frozenset({"rug", "carpet", "mat"}),
)
"""Names that one person uses for what another calls differently."""

_KINDS = {
    "chair": frozenset({"armchair"}),
    "lamp": frozenset({"ceiling light", "chandelier"}),
    "table": frozenset({"nightstand"}),
    "cabinet": frozenset({"cupboard", "sideboard", "dresser"}),
    "box": frozenset({"carton"}),
}
"""Things that may be called by a more general name that is no part of their own."""

_PLURAL_ONLY = frozenset(
    {"clothes", "clothing", "cutlery", "stairs", "curtains", "blinds", "scissors", "shelves"}
)

_IRREGULAR = {
    "bookshelf": "bookshelves",
    "shelf": "shelves",
    "person": "people",
    "knife": "knives",
    "mouse": "mice",
    "scissors": "scissors",
    "shelves": "shelves",
    "clothes": "clothes",
    "stairs": "stairs",
    "curtains": "curtains",
    "blinds": "blinds",
}


@lru_cache(maxsize=4096)
def is_plural(category: str) -> bool:
    """Tell whether a category is a plural: "is the shoes" would be no English.

    >>> is_plural("shoes"), is_plural("glass"), is_plural("bus"), is_plural("sofa")
    (True, False, False, False)
    """
    last = category.rpartition(" ")[2]
    return last in _PLURAL_ONLY or (last.endswith("s") and not last.endswith(("ss", "us", "is")))


@lru_cache(maxsize=4096)
def is_askable(category: str) -> bool:
    """Tell whether questions may be asked about things of a category.

    >>> is_askable("sofa"), is_askable("floor"), is_askable("<image>"), is_askable("two\\nlines")
    (True, False, False, False)
    """
    name = category.strip().lower()
    return name not in NEVER_ASKED and not is_plural(name) and _reads_as_a_name(category)


def _reads_as_a_name(category: str) -> bool:
    """Tell whether a label can stand in a sentence: labels are free text of whoever made them."""
    return (
        len(category) <= MAX_NAME
        and category.isprintable()
        and " ".join(category.split()) == category
        and "<image" not in category.lower()
    )


def plural(noun: str) -> str:
    """Return the plural of a category name.

    >>> plural("trash can"), plural("bookshelf"), plural("couch"), plural("tv")
    ('trash cans', 'bookshelves', 'couches', 'tvs')
    """
    head, _, last = noun.rpartition(" ")
    prefix = f"{head} " if head else ""
    if last in _IRREGULAR:
        return prefix + _IRREGULAR[last]
    if last.endswith(("s", "x", "z", "ch", "sh")):
        return f"{prefix}{last}es"
    if last.endswith("y") and last[-2:-1] not in tuple("aeiou"):
        return f"{prefix}{last[:-1]}ies"
    return f"{prefix}{last}s"


def with_article(noun: str) -> str:
    """Return the noun with its indefinite article.

    >>> with_article("oven"), with_article("chair")
    ('an oven', 'a chair')
    """
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


@lru_cache(maxsize=65536)
def confusable(category: str, other: str) -> bool:
    """Tell whether something of category ``other`` may also be called ``category``.

    A coffee table is a table, but not every table is a coffee table.

    >>> confusable("table", "coffee table"), confusable("coffee table", "table")
    (True, False)
    """
    if other in _KINDS.get(category, ()) or any(category in s and other in s for s in _SAME):
        return True
    wanted, words = category.split(), other.split()
    return any(words[i : i + len(wanted)] == wanted for i in range(len(words) - len(wanted) + 1))


def unique_names(
    categories: Mapping[str, str], present: Iterable[str], wanted: Iterable[str]
) -> dict[str, str]:
    """Return names for those wanted objects whose category singles them out.

    Args:
        categories: Category of every object id.
        present: Ids of everything that can be seen at all in the frames shown.
        wanted: Ids that a question may be about, a subset of ``present``.

    Returns:
        Object id to category, only for ids that no other present object shares the name with.
    """
    counts: dict[str, int] = {}
    for object_id in present:
        category = categories[object_id]
        counts[category] = counts.get(category, 0) + 1
    single = {
        name: count == 1 and not any(o != name and confusable(name, o) for o in counts)
        for name, count in counts.items()
    }
    return {i: categories[i] for i in wanted if single[categories[i]]}
