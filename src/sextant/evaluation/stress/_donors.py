"""Whose pictures stand in for an item's: those of another scene, as alike in kind as can be had."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import chain

from sextant.evaluation.items import Item
from sextant.evaluation.stress._base import has_pictures
from sextant.execution.seeds import seed_of


def find_donors(items: Mapping[str, Item], seed: int) -> dict[str, str]:
    """Return for every item with pictures the item whose pictures it gets instead.

    First within items of the same task and number of pictures, then of the same number: there the
    pictures are dealt out anew, each set to one item, never to one of the scene it came from
    (items are put in blocks by scene, and every item gets the pictures of the item one largest
    block further on). Where a scene holds more than half of such items that cannot be done; what
    is left gets the pictures of an item of another scene whose number is nearest.

    Args:
        items: All of the run.
        seed: Decides the order. The order of ``items`` decides nothing.

    Returns:
        Item id to donor id; items for which there is no other scene are missing. Videos stand in
        for videos and pictures for pictures.
    """
    donors: dict[str, str] = {}
    kinds: dict[str, list[str]] = defaultdict(list)
    for name in sorted(items):
        if has_pictures(items[name]):
            kinds[kind_of(items[name])].append(name)
    for shown in kinds.values():
        donors.update(_donors(items, shown, seed))
    return donors


def _donors(items: Mapping[str, Item], shown: list[str], seed: int) -> dict[str, str]:
    place = {name: scene_of(items[name]) for name in shown}
    rank = {name: seed_of(seed, "other_images", name) for name in shown}
    scene_rank = {s: seed_of(seed, "other_images", "scene", repr(s)) for s in place.values()}

    def order(name: str) -> tuple[int, str, int, str]:
        scene = place[name]
        return scene_rank[scene], repr(scene), rank[name], name

    donors: dict[str, str] = {}
    left = shown
    for alike in (_same_task, _same_count):
        groups: dict[Hashable, list[str]] = defaultdict(list)
        for name in left:
            groups[alike(items[name])].append(name)
        for group in groups.values():
            donors.update(_dealt(sorted(group, key=order), place))
        left = [name for name in left if name not in donors]
    by_count: dict[int, list[str]] = defaultdict(list)
    for name in sorted(shown, key=order):
        by_count[len(items[name].pictures)].append(name)
    for name in left:
        wanted = len(items[name].pictures)
        near = sorted(by_count, key=lambda count: (abs(count - wanted), count))
        lenders = chain.from_iterable(_from(by_count[count], name, order) for count in near)
        donor = next((other for other in lenders if place[other] != place[name]), None)
        if donor is not None:
            donors[name] = donor
    return donors


def scenes_by_kind(items: Mapping[str, Item]) -> dict[str, set[Hashable]]:
    """Return the scenes that have videos, and those that have pictures."""
    scenes: dict[str, set[Hashable]] = defaultdict(set)
    for item in items.values():
        if has_pictures(item):
            scenes[kind_of(item)].add(scene_of(item))
    return scenes


def kind_of(item: Item) -> str:
    """Return what an item shows, ``video`` or ``pictures``."""
    return "video" if item.video is not None else "pictures"


def scene_of(item: Item) -> Hashable:
    """Return what items must not share to lend each other pictures: the scene, else the files."""
    if item.cluster:
        return item.cluster
    if item.video is not None:
        return ("video", item.video.name)
    return tuple(picture.name for picture in item.pictures)


def _same_task(item: Item) -> Hashable:
    return item.task, len(item.pictures)


def _same_count(item: Item) -> Hashable:
    return len(item.pictures)


def _dealt(names: list[str], place: Mapping[str, Hashable]) -> dict[str, str]:
    """Return a derangement of items in blocks by scene, empty where there is none."""
    sizes: dict[Hashable, int] = defaultdict(int)
    for name in names:
        sizes[place[name]] += 1
    step = max(sizes.values())
    if 2 * step > len(names):
        return {}
    return {name: names[(k + step) % len(names)] for k, name in enumerate(names)}


def _from(
    names: list[str], name: str, order: Callable[[str], tuple[int, str, int, str]]
) -> Iterator[str]:
    """Yield names in order, beginning at the given one's place, so that not all get the same."""
    start = bisect_left(names, order(name), key=order)
    return chain(names[start:], names[:start])
