"""Conversations to model inputs: Qwen3-VL's ``Renderer``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from sextant.models.family import Message, Packed, Pixels, Rendered, Size, Slot
from sextant.models.qwen3_vl.config import Config
from sextant.models.qwen3_vl.prompt import Turn, render_turns, turns_of
from sextant.models.qwen3_vl.tokens import Tokens
from sextant.models.qwen3_vl.vision import Rules, pixels_of, slots_of


@dataclass(frozen=True, slots=True, eq=False)
class Qwen3VLRenderer:
    """Text and pictures to model inputs; see ``Renderer``. Can be sent to another process."""

    config: Config
    tokens: Tokens
    rules: Rules

    def sizes(self, pictures: Sequence[Size]) -> tuple[Slot, ...]:
        """Return how each picture of a sample is shown."""
        return slots_of(pictures, self.rules, self.config.factor)

    def render(self, messages: Sequence[Message], pictures: Sequence[Size]) -> Rendered:
        """Return the ids of a conversation; see ``Renderer``."""
        return self.render_turns(turns_of(messages), pictures)

    def render_turns(self, turns: Sequence[Turn], pictures: Sequence[Size]) -> Rendered:
        """Return the ids of a conversation whose pictures are told from its text already."""
        return render_turns(turns, self.sizes(pictures), self.tokens, self.rules)

    def pixels(self, pictures: Sequence[Image.Image], rendered: Rendered) -> Pixels:
        """Return the patches of the pictures, as bytes; see ``vision.pixels_of``."""
        return pixels_of(pictures, rendered.slots, self.rules, self.config)

    def pack(self, samples: Sequence[tuple[Rendered, Pixels]]) -> Packed:
        """Put samples into one row in which none sees another; see ``packing.pack``."""
        from sextant.models.qwen3_vl.packing import pack

        return pack(samples, self.config)
