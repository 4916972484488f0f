"""The register of categories: the name a person would say, and who makes the thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from numpy.random import Generator

from sextant.sources.procedural import (
    appliances,
    bathroom,
    bedroom,
    belongings,
    cabinets,
    electronics,
    fixtures,
    instruments,
    keepsakes,
    kitchen,
    lamps,
    people,
    seating,
    tables,
    tableware,
)
from sextant.sources.procedural.model import Model

Maker = Callable[[Generator], Model]

MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        "sofa": seating.sofa, "armchair": seating.armchair, "chair": seating.chair,
        "office chair": seating.office_chair, "stool": seating.stool, "bench": seating.bench,
        "bed": bedroom.bed, "piano": instruments.piano,
        "dining table": tables.dining_table, "coffee table": tables.coffee_table,
        "side table": tables.side_table, "desk": tables.desk, "wardrobe": bedroom.wardrobe,
        "dresser": bedroom.dresser, "nightstand": bedroom.nightstand, "tv stand": cabinets.tv_stand,
        "bookshelf": cabinets.bookshelf, "kitchen cabinet": kitchen.kitchen_cabinet,
        "kitchen sink": kitchen.sink_cabinet,
        "refrigerator": appliances.refrigerator, "stove": kitchen.stove,
        "washing machine": appliances.washing_machine, "microwave": appliances.microwave,
        "kettle": kitchen.kettle, "toilet": bathroom.toilet, "bathtub": bathroom.bathtub,
        "bathroom sink": bathroom.washbasin, "radiator": appliances.radiator,
        "laundry basket": bathroom.laundry_basket, "towel": bathroom.towel_rail,
        "tv": electronics.tv, "monitor": electronics.monitor, "laptop": electronics.laptop,
        "keyboard": electronics.keyboard, "computer mouse": electronics.computer_mouse,
        "printer": electronics.printer, "table lamp": lamps.table_lamp,
        "floor lamp": lamps.floor_lamp, "ceiling lamp": lamps.ceiling_lamp,
        "fan": appliances.fan, "speaker": electronics.speaker,
        "book": keepsakes.book, "mug": tableware.mug, "bottle": tableware.bottle,
        "vase": tableware.vase,
        "bowl": tableware.bowl, "apple": tableware.apple, "orange": tableware.orange,
        "backpack": belongings.backpack, "cardboard box": belongings.cardboard_box,
        "ball": belongings.ball, "shoe": belongings.shoe, "teddy bear": keepsakes.teddy_bear,
        "guitar": instruments.guitar, "suitcase": belongings.suitcase,
        "trash can": belongings.trash_can,
        "globe": keepsakes.globe, "picture frame": keepsakes.picture_frame,
        "person": people.person, "potted plant": people.potted_plant,
        "door": fixtures.door, "window": fixtures.window, "curtain": fixtures.curtain,
        "painting": fixtures.painting, "mirror": fixtures.mirror, "clock": fixtures.clock,
        "rug": fixtures.rug, "wall shelf": fixtures.wall_shelf,
    }
)  # fmt: skip
"""Category name to the function that makes one from a generator."""

VARIANTS: Mapping[str, Maker] = MappingProxyType(
    {"standing book": keepsakes.standing_book, "small plant": people.small_plant}
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
