"""What every room gets around its furniture: openings, pictures, lamps, and small things."""

from __future__ import annotations

from sextant.sources.procedural.layout import Layout
from sextant.sources.procedural.placed import rectangle

SMALL: dict[str, tuple[str, ...]] = {
    "coffee table": ("mug", "book", "bowl", "vase", "small plant", "book", "bottle"),
    "side table": ("table lamp", "mug", "book", "small plant"),
    "dining table": ("bowl", "mug", "mug", "bottle", "vase", "laptop", "book"),
    "dresser": (
        "picture frame",
        "vase",
        "teddy bear",
        "small plant",
        "table lamp",
        "book",
        "globe",
    ),
    "desk": ("book", "mug", "book", "picture frame", "small plant", "bottle"),
    "nightstand": ("book", "mug", "picture frame", "bottle"),
    "kitchen cabinet": ("kettle", "bowl", "bottle", "mug", "mug", "microwave", "small plant"),
    "tv stand": ("small plant", "speaker", "picture frame", "vase"),
    "bench": ("backpack", "book", "teddy bear"),
    "piano": ("picture frame", "small plant", "book"),
    "wall shelf": ("small plant", "picture frame", "bottle", "book", "vase", "globe"),
    "washing machine": ("bottle", "bottle"),
    "cardboard box": ("book", "ball"),
    "wardrobe": ("cardboard box",),
    "stool": ("book", "mug"),
}


FLOOR: dict[str, tuple[str, ...]] = {
    "living room": (
        "potted plant",
        "floor lamp",
        "ball",
        "guitar",
        "backpack",
        "trash can",
        "stool",
        "teddy bear",
        "cardboard box",
        "fan",
    ),
    "bedroom": (
        "potted plant",
        "backpack",
        "laundry basket",
        "suitcase",
        "teddy bear",
        "shoe",
        "cardboard box",
        "ball",
        "guitar",
        "fan",
    ),
    "kitchen": ("trash can", "potted plant", "stool", "cardboard box", "bottle", "backpack"),
    "office": (
        "trash can",
        "potted plant",
        "cardboard box",
        "backpack",
        "fan",
        "floor lamp",
        "suitcase",
        "stool",
    ),
    "bathroom": ("laundry basket", "trash can", "stool", "potted plant", "shoe"),
    "studio": (
        "potted plant",
        "floor lamp",
        "guitar",
        "backpack",
        "trash can",
        "ball",
        "suitcase",
        "cardboard box",
        "teddy bear",
        "fan",
        "shoe",
    ),
}


def openings(layout: Layout) -> None:
    """Add the door, windows with curtains, and radiators below them."""
    rng = layout.rng
    door = layout.at_wall("door", gap_m=0.0, tries=60)
    if door is not None:
        p = layout.items[door]
        x, y = p.point(0.0, -0.55)
        layout.keep_free(rectangle(x, y, 1.0, 0.95, p.yaw_rad))
    bathroom = layout.room.kind == "bathroom"
    for _ in range(1 if bathroom else int(rng.integers(1, 3))):
        index = layout.at_wall("window", z=float(rng.uniform(0.85, 0.95)), gap_m=0.0, middle=True)
        if index is None:
            continue
        p = layout.items[index]
        width = float(p.model.size_m[0])
        if not bathroom and rng.random() < 0.75:
            state = rng.bit_generator.state
            for side in (-1, 1):
                # The same generator state twice: the two curtains of a window are a pair.
                rng.bit_generator.state = state
                category, model = layout.make("curtain")
                x = side * (width / 2 + float(model.size_m[0]) / 2 + 0.01)
                y = float(p.model.size_m[1] - model.size_m[1]) / 2 - 0.001
                layout.put(category, model, *p.point(x, y), p.yaw_rad, 0.03, "wall", margin_m=0.0)
        if rng.random() < 0.6:
            category, model = layout.make("radiator")
            y = float(p.model.size_m[1] - model.size_m[1]) / 2 - 0.03
            layout.put(category, model, *p.point(0.0, y), p.yaw_rad)


def on_walls(layout: Layout) -> None:
    """Hang pictures and the like on the walls."""
    rng = layout.rng
    kind = layout.room.kind
    if kind != "bathroom":
        for _ in range(int(rng.integers(1, 4))):
            layout.at_wall("painting", z=float(rng.uniform(1.25, 1.5)), gap_m=0.0, tries=15)
        if rng.random() < 0.45:
            layout.at_wall("wall shelf", z=float(rng.uniform(1.3, 1.5)), gap_m=0.0, tries=15)
        if rng.random() < 0.3:
            layout.at_wall("mirror", z=float(rng.uniform(0.95, 1.15)), gap_m=0.0, tries=15)
    if rng.random() < 0.5:
        layout.at_wall("clock", z=float(rng.uniform(1.75, 1.95)), gap_m=0.0, tries=15)


def ceiling_lamps(layout: Layout) -> None:
    """Hang lamps from the ceiling."""
    rng = layout.rng
    outline = layout.room.outline
    low, high = outline.min(axis=0), outline.max(axis=0)
    spots = [(0.5, 0.5)] if (high - low).prod() < 22 else [(0.3, 0.45), (0.7, 0.45)]
    if rng.random() < 0.5 and len(spots) > 1:
        spots = [(0.45, 0.3), (0.45, 0.7)]
    state = rng.bit_generator.state
    for fx, fy in spots:
        rng.bit_generator.state = state
        category, model = layout.make("ceiling lamp")
        z = layout.room.height_m - float(model.size_m[2]) - 1e-4
        x, y = float(low[0] + fx * (high[0] - low[0])), float(low[1] + fy * (high[1] - low[1]))
        if layout.put(category, model, x, y, 0.0, z, "ceiling") is None:
            center = outline.mean(axis=0) * 0.3 + outline[0] * 0.7 * 0.6
            layout.put(category, model, float(center[0]), float(center[1]), 0.0, z, "ceiling")


def floor_things(layout: Layout) -> None:
    """Put people and loose things on the free floor."""
    rng = layout.rng
    kind = layout.room.kind
    people = int(rng.choice(3, p=[0.45, 0.38, 0.17]))
    for _ in range(people):
        layout.on_floor("person", tries=60)
    names = FLOOR[kind]
    count = int(rng.integers(2, 4 if kind == "bathroom" else 7))
    for i in rng.permutation(len(names))[:count]:
        name = names[int(i)]
        index = layout.on_floor(name, near_wall=True)
        if index is not None and name == "shoe":
            _second_shoe(layout, index)


def _second_shoe(layout: Layout, index: int) -> None:
    p = layout.items[index]
    layout.put(
        p.category, p.model, *p.point(0.13, float(layout.rng.uniform(-0.04, 0.04))), p.yaw_rad + 0.2
    )


def small_things(layout: Layout) -> None:
    """Stand small things on furniture and in shelves."""
    rng = layout.rng
    for index in range(len(layout.items)):
        p = layout.items[index]
        if p.category == "bookshelf":
            _fill_shelf(layout, index)
            continue
        names = SMALL.get(p.category, ())
        if not names:
            continue
        most = 3 if p.category in ("dining table", "kitchen cabinet", "desk", "coffee table") else 2
        count = int(
            rng.integers(0 if p.category in ("stool", "wardrobe", "cardboard box") else 1, most + 1)
        )
        for i in rng.permutation(len(names))[:count]:
            name = names[int(i)]
            facing = name in (
                "laptop",
                "microwave",
                "printer",
                "teddy bear",
                "picture frame",
                "speaker",
            )
            found = layout.on_top(index, name, float(rng.normal(0, 0.15)) if facing else None)
            if found is not None and name == "bowl" and rng.random() < 0.8:
                layout.on_top(
                    found,
                    "apple" if rng.random() < 0.5 else "orange",
                    None,
                    (0.0, 0.0),
                    surface=None,
                )


def _fill_shelf(layout: Layout, index: int) -> None:
    # A short row of upright books in two or three compartments, something else in another.
    rng = layout.rng
    surfaces = layout.items[index].model.surfaces
    order = rng.permutation(len(surfaces))
    for k in order[: int(rng.integers(1, 3))]:
        s = surfaces[int(k)]
        for i in range(int(rng.integers(2, 5))):
            layout.on_top(index, "standing book", 0.0, (-0.97 + 0.15 * i, -0.85), 1, s)
    for k in order[2:4]:
        name = str(
            rng.choice(
                ["vase", "globe", "picture frame", "small plant", "teddy bear", "book", "bowl"]
            )
        )
        layout.on_top(index, name, 0.0, (float(rng.uniform(-0.5, 0.5)), -0.4), 1, surfaces[int(k)])
