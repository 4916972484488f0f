"""The register of categories: the name a person would say, and who makes the thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from numpy.random import Generator

from sextant.sources.procedural import (
    appliances,
    clutter,
    electronics,
    fixtures,
    people,
    seating,
    tables,
)
from sextant.sources.procedural.model import Model

Maker = Callable[[Generator], Model]

MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        "sofa": seating.sofa, "armchair": seating.armchair, "chair": seating.chair,
        "office chair": seating.office_chair, "stool": seating.stool, "bench": seating.bench,
        "bed": seating.bed, "piano": seating.piano,
        "dining table": tables.dining_table, "coffee table": tables.coffee_table,
        "side table": tables.side_table, "desk": tables.desk, "wardrobe": tables.wardrobe,
        "dresser": tables.dresser, "nightstand": tables.nightstand, "tv stand": tables.tv_stand,
        "bookshelf": tables.bookshelf, "kitchen cabinet": tables.kitchen_cabinet,
        "kitchen sink": tables.sink_cabinet,
        "refrigerator": appliances.refrigerator, "stove": appliances.stove,
        "washing machine": appliances.washing_machine, "microwave": appliances.microwave,
        "kettle": appliances.kettle, "toilet": appliances.toilet, "bathtub": appliances.bathtub,
        "bathroom sink": appliances.washbasin, "radiator": appliances.radiator,
        "laundry basket": appliances.laundry_basket, "towel": appliances.towel_rail,
        "tv": electronics.tv, "monitor": electronics.monitor, "laptop": electronics.laptop,
        "keyboard": electronics.keyboard, "computer mouse": electronics.computer_mouse,
        "printer": electronics.printer, "table lamp": electronics.table_lamp,
        "floor lamp": electronics.floor_lamp, "ceiling lamp": electronics.ceiling_lamp,
        "fan": electronics.fan, "speaker": electronics.speaker,
        "book": clutter.book, "mug": clutter.mug, "bottle": clutter.bottle, "vase": clutter.vase,
        "bowl": clutter.bowl, "apple": clutter.apple, "orange": clutter.orange,
        "backpack": clutter.backpack, "cardboard box": clutter.cardboard_box,
        "ball": clutter.ball, "shoe": clutter.shoe, "teddy bear": clutter.teddy_bear,
        "guitar": clutter.guitar, "suitcase": clutter.suitcase, "trash can": clutter.trash_can,
        "globe": clutter.globe, "picture frame": clutter.picture_frame,
        "person": people.person, "potted plant": people.potted_plant,
        "door": fixtures.door, "window": fixtures.window, "curtain": fixtures.curtain,
        "painting": fixtures.painting, "mirror": fixtures.mirror, "clock": fixtures.clock,
        "rug": fixtures.rug, "wall shelf": fixtures.wall_shelf,
    }
)  # fmt: skip
"""Category name to the function that makes one from a generator."""

VARIANTS: Mapping[str, Maker] = MappingProxyType(
    {"standing book": clutter.standing_book, "small plant": people.small_plant}
)
"""Makers of things whose category is that of another: what stands in shelves and on tables."""

VARIANT_CATEGORY: Mapping[str, str] = MappingProxyType(
    {"standing book": "book", "small plant": "potted plant"}
)


def make(name: str, rng: Generator) -> tuple[str, Model]:
    """Return the category and a model of a maker or variant by its name."""
    if name in VARIANTS:
        return VARIANT_CATEGORY[name], VARIANTS[name](rng)
    return name, MAKERS[name](rng)
