"""Conversations to model inputs: BAGEL's ``Renderer``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from sextant.models.bagel.config import Config
from sextant.models.bagel.prompt import Piece, pieces_of, render_pieces
from sextant.models.bagel.tokens import Tokens
from sextant.models.bagel.vision import Rules, pixels_of, slots_of
from sextant.models.family import Message, Packed, Pixels, Rendered, Size, Slot


@dataclass(frozen=True, slots=True, eq=False)
class BagelRenderer:
    """Text and pictures to model inputs; see ``Renderer``."""

    config: Config
    tokens: Tokens
    rules: Rules

    def sizes(self, pictures: Sequence[Size]) -> tuple[Slot, ...]:
        """Return how each picture of a sample is shown."""
        return slots_of(pictures, self.rules, self.config.patch)

    def render(self, messages: Sequence[Message], pictures: Sequence[Size]) -> Rendered:
        """Return the ids of a conversation; see ``Renderer``."""
        pieces = pieces_of(messages, pictures_first=self.rules.pictures_first)
        return self.render_pieces(pieces, pictures, open_turn=messages[-1].role == "user")

    def render_pieces(
        self, pieces: Sequence[Piece], pictures: Sequence[Size], *, open_turn: bool
    ) -> Rendered:
        """Return the ids of a row of pieces; see ``prompt.render_pieces``."""
        return render_pieces(pieces, self.sizes(pictures), self.tokens, open_turn=open_turn)

    def pixels(self, pictures: Sequence[Image.Image], rendered: Rendered) -> Pixels:
        """Return the patches of the pictures, as bytes; see ``vision.pixels_of``."""
        patch, side = self.config.patch, self.config.side
        return pixels_of(pictures, rendered.slots, self.rules, patch, side)

    def pack(self, samples: Sequence[tuple[Rendered, Pixels]]) -> Packed:
        """Put samples into one row in which none sees another; see ``packing.pack``."""
        from sextant.models.bagel.packing import pack

        return pack(samples, self.config.patch_values)
