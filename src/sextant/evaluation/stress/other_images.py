"""Another item's pictures: what a model answers from any picture of the kind, not from this one.

Against ``no_images`` it shows what having pictures at all is worth; against the plain run, what
having the right ones is.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from sextant.evaluation.items import Item
from sextant.evaluation.stress._base import StressTest, has_pictures
from sextant.evaluation.stress._donors import find_donors, kind_of, scenes_by_kind
from sextant.evaluation.variants import Context, Variant, variant_id


@dataclass(frozen=True, slots=True)
class OtherImages(StressTest):
    """The pictures, or the video, of an item of another scene.

    The number stays the item's own: a donor with fewer pictures shows them again from the first,
    one with more shows its first ones.
    """

    def applies(self, item: Item, context: Context) -> str | None:
        """Items with pictures, where another scene has some of the kind."""
        if not has_pictures(item):
            return "no pictures"
        key = f"{self.name}/scenes"
        if key not in context.memo:
            context.memo[key] = scenes_by_kind(context.items)
        scenes = cast("dict[str, set[Hashable]]", context.memo[key])
        kind = kind_of(item)
        return None if len(scenes[kind]) > 1 else f"no {kind} of another scene"

    def variants(self, item: Item, seed: int, context: Context) -> Iterator[Variant]:
        """One."""
        key = f"{self.name}/{seed}"
        if key not in context.memo:
            context.memo[key] = find_donors(context.items, seed)
        donors = cast("dict[str, str]", context.memo[key])
        donor = context.items[donors[item.id]]
        n = len(item.pictures)
        lent = [donor.pictures[k % len(donor.pictures)] for k in range(n)]
        altered = replace(item, pictures=tuple(lent), video=donor.video)
        setting = self.settings[0]
        yield Variant(variant_id(item, self.name, setting), item, altered, self.name, setting)


STRESS = OtherImages("other_images")
