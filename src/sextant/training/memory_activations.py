"""Bytes of activations: what a row leaves behind for the way back, and its logits.

Bytes a token of a layer are counted on transformers' classes, tensor by tensor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sextant.training.anatomy import anatomy_of
from sextant.training.memory_weights import Weights

DENSE_MASKS = ("sdpa", "eager")
"""Attentions that are given a mask of all pairs of tokens of a row."""

CHUNK = 2048
"""Rows of logits that the loss turns into float32 at a time."""


@dataclass(frozen=True, slots=True)
class Row:
    """The fullest row that a GPU works on.

    Attributes:
        tokens: Of all its samples.
        supervised: Tokens that are predicted.
        patches: That the vision encoder sees.
        vision_tokens: Tokens that hold pictures.
    """

    tokens: float
    supervised: float
    patches: float = 0
    vision_tokens: float = 0


class Activations:
    """What one row leaves behind; properties are bytes unless they say otherwise."""

    def __init__(self, weights: Weights, row: Row) -> None:
        self.weights, self.row = weights, row
        self.shape, self.recipe = weights.shape, weights.recipe
        self.computed = weights.computed
        self.anatomy = anatomy_of(self.shape)
        # Without sharding, autocast computes in bfloat16, and what flows from layer to layer stays
        # in the type of the weights: float32 where they learn.
        self.casts = weights.casts("language")
        self.flow = weights.stored if self.casts else self.computed
        self.vision_flow = weights.stored if weights.casts("vision") else self.computed

    @cached_property
    def language_layer(self) -> float:
        """Of one layer, kept for the way back, without a mask."""
        shape, computed = self.shape, self.computed
        queries = self.anatomy.head_width * shape.heads
        pairs = self.anatomy.head_width * shape.key_value_heads
        # Norms: float32 copy, normed, and what the next product is given.
        norms = 26 if self.casts else 16 if computed == 2 else 24
        if self.recipe.compile:
            return self._compiled_layer()
        each = norms * shape.hidden + 4 * computed * shape.intermediate + 4 * shape.heads
        # A mask of all pairs is not taken together with grouped heads: keys, values are repeated.
        each += computed * (4 * queries if self.masked else 2 * (queries + pairs))
        each += (4 + computed) * (queries + pairs) * self.anatomy.normed
        return each * self.row.tokens

    def _compiled_layer(self) -> float:
        """What products are given and give, and what flows; all else is computed again."""
        shape = self.shape
        queries = self.anatomy.head_width * shape.heads
        pairs = self.anatomy.head_width * shape.key_value_heads
        each = 2 * shape.hidden + 3 * shape.intermediate + queries + queries + 2 * pairs
        # Turned queries and keys; where they are normed first, beside what the norm is given.
        each += (queries + pairs) * self.anatomy.normed
        return (self.computed * each + 2 * self.flow * shape.hidden + 4 * shape.heads) * (
            self.row.tokens
        )

    @cached_property
    def vision_layer(self) -> float:
        """Of one layer of the vision encoder, kept for the way back."""
        shape = self.shape
        width, inner = shape.vision_hidden, shape.vision_intermediate
        each = (2 * self.vision_flow + 6 * self.computed) * width + 2 * self.computed * inner
        return each * self.row.patches

    @cached_property
    def kept(self) -> float:
        """All that is kept for the way back, but for the mask."""
        shape, row, again = self.shape, self.row, self.recipe.checkpointing
        thin = self.flow * shape.hidden * row.tokens
        # Around the layers: the table's output, pictures put into it, the last norm.
        found = 2 * thin + (4 + 2 * self.computed) * shape.hidden * row.tokens
        found += shape.layers * (thin if again else self.language_layer)
        return found + self.seen

    @cached_property
    def seen(self) -> float:
        """Of the vision encoder and the projector, kept for the way back."""
        shape, row = self.shape, self.row
        found = 0.0
        if self.weights.looks:
            thin = self.vision_flow * shape.vision_hidden * row.patches
            again = self.recipe.checkpointing
            found += shape.vision_layers * (thin if again else self.vision_layer)
            found += 3 * shape.patch**2 * self.computed * row.patches
        if self.weights.looks or self.weights.learning["projector"]:
            # Each projector (Qwen3-VL has several) keeps what its norm, its two products and its
            # nonlinearity are given.
            wide = shape.vision_hidden * shape.patches_per_token
            count = round(shape.parameters["projector"] / (wide * wide + wide * shape.hidden))
            each = 4 * wide * max(1, count) + 2 * shape.hidden
            found += each * self.computed * row.vision_tokens
        return found

    @cached_property
    def masked(self) -> bool:
        """Whether attention is given a mask of all pairs."""
        return self.recipe.attention in DENSE_MASKS

    @cached_property
    def mask(self) -> float:
        """Of masks of all pairs, and of scores where attention makes them."""
        pairs = self.row.tokens**2
        if self.recipe.attention == "eager":
            return pairs * (self.computed + self.shape.heads * (4 + 2 * self.computed))
        if not self.masked:
            return 0.0
        # As bytes, and as numbers that are added to scores, which each layer makes and keeps.
        layers = 1 if self.recipe.checkpointing else self.shape.layers
        return pairs * (1 + layers * self.computed)

    @cached_property
    def logits(self) -> float:
        """As computed, their gradient, and a chunk in float32 with its own two."""
        rows = self.row.supervised
        each = 2 * self.computed * rows + 12 * min(rows, CHUNK)
        return each * self.shape.vocabulary
