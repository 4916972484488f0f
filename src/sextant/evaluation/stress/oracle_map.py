"""The evidence given as a map in words: what is left to a model is the reasoning.

A model that is wrong with pictures and right with the map did not see; one that is wrong with the
map too could not have reasoned it out had it seen everything (cf. CRISP, arXiv 2606.26535). ``map``
puts the map in place of the pictures, ``both`` adds it to them. Only Sextant corpora carry the
evidence, and only questions whose answer follows from positions and sizes without standing among
them get a map (``_map``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sextant.evaluation.items import IMAGE_MARK, VIDEO_MARK, Item
from sextant.evaluation.stress._base import StressTest, has_pictures
from sextant.evaluation.stress._evidence import evidence_of
from sextant.evaluation.stress._map import map_text, why_no_map
from sextant.evaluation.stress.no_images import blinded, without_pictures
from sextant.evaluation.variants import Context, Variant, variant_id

MAP, BOTH = "map", "both"
INSTEAD = "The pictures that this question refers to are replaced by a map.\n"

_LEADING = re.compile(f"(?:(?:{re.escape(IMAGE_MARK)}|{re.escape(VIDEO_MARK)})\\s*)*")


@dataclass(frozen=True, slots=True)
class OracleMap(StressTest):
    """A map before the question."""

    def applies(self, item: Item, context: Context) -> str | None:
        """Questions of which a map can be drawn that decides the answer and does not hold it."""
        evidence = evidence_of(item)
        if evidence is None:
            return "no evidence (not a Sextant corpus)"
        try:
            return why_no_map(item, evidence)
        except (KeyError, TypeError, ValueError, IndexError):
            return "the evidence is not as described"

    def variants(self, item: Item, seed: int, context: Context) -> Iterator[Variant]:
        """One per setting."""
        drawn = map_text(item, evidence_of(item) or {})
        for setting in self.settings:
            if setting == BOTH and not has_pictures(item):
                continue
            shown = blinded(item) if setting == MAP else item
            yield Variant(
                variant_id(item, self.name, setting), item, shown, self.name, setting,
                edit=lambda text, s=setting: with_map(text, drawn or "", s),  # type: ignore[misc]
            )  # fmt: skip


def with_map(text: str, drawn: str, setting: str) -> str:
    """Return a prompt with a map behind its leading pictures, or in place of all of them."""
    if setting == MAP:
        instead = INSTEAD if IMAGE_MARK in text or VIDEO_MARK in text else ""
        return f"{instead}{drawn}\n\n{without_pictures(text)}"
    found = _LEADING.match(text)
    start = 0 if found is None else found.end()
    return f"{text[:start]}{drawn}\n\n{text[start:]}"


STRESS = OracleMap("oracle_map", (MAP, BOTH), (MAP, BOTH))
