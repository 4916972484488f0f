"""Conversations to model inputs: InternVL's ``Renderer``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image

from sextant.errors import ConventionError
from sextant.models.family import Message, Packed, Pixels, Rendered, Size, Slot
from sextant.models.internvl.config import Config
from sextant.models.internvl.prompt import Turn, numbered, render_turns, turns_of
from sextant.models.internvl.rules import Rules
from sextant.models.internvl.tokens import Tokens
from sextant.models.internvl.vision import pixels_of, slots_of


@dataclass(frozen=True, slots=True, eq=False)
class InternVLRenderer:
    """Text and pictures to model inputs; see ``Renderer``."""

    config: Config
    tokens: Tokens
    rules: Rules

    def sizes(self, pictures: Sequence[Size]) -> tuple[Slot, ...]:
        """Return how each picture of a sample is shown."""
        return slots_of(pictures, self.rules, self.config.tile, self.config.tokens_per_tile)

    def render(self, messages: Sequence[Message], pictures: Sequence[Size]) -> Rendered:
        """Return the ids of a conversation; see ``Renderer``."""
        rules = self.rules
        turns = turns_of(messages, system=rules.system, number_pictures=rules.number_pictures)
        opened = messages[-1].role == "user"
        return render_turns(turns, self.sizes(pictures), self.tokens, open_turn=opened)

    def render_prompt(self, turns: Sequence[Turn], slots: Sequence[Slot]) -> Rendered:
        """Return the ids of turns whose pictures are already found, with an answer opened.

        Args:
            turns: In order; the default system turn is put before them if they have none.
            slots: One per picture, in order.
        """
        if self.rules.system and turns[0].role != "system":
            turns = [Turn("system", (self.rules.system,)), *turns]
        if self.rules.number_pictures:
            turns = numbered(turns)
        return render_turns(turns, slots, self.tokens, open_turn=True)

    def pixels(self, pictures: Sequence[Image.Image], rendered: Rendered) -> Pixels:
        """Return the tiles of the pictures, as bytes; see ``vision.pixels_of``.

        Raises:
            ConventionError: If the pictures are not those whose sizes were rendered.
        """
        said = tuple(replace(slot, start=0) for slot in rendered.slots)
        found = self.sizes([picture.size for picture in pictures])
        if found != said:
            raise ConventionError(
                "pictures of other numbers or sizes than were said",
                expected=[slot.grid for slot in said],
                got=[slot.grid for slot in found],
            )
        return pixels_of(pictures, rendered.slots, self.config.tile)

    def pack(self, samples: Sequence[tuple[Rendered, Pixels]]) -> Packed:
        """Put samples into one row in which none sees another; see ``packing.pack``."""
        from sextant.models.internvl.packing import pack

        return pack(samples, self.config)
