"""Bytes of weights: what is there all the time, and what is gathered or copied to compute with."""

from __future__ import annotations

from functools import cached_property

from sextant.models.family import PARTS, Part, Shape
from sextant.training.anatomy import head_weights, vision_linear_parameters
from sextant.training.placement import BYTES, Placement, moment_bytes, trained_parameters
from sextant.training.recipe import TrainRecipe


class Weights:
    """The weights of one plan on one GPU; properties are bytes unless they say otherwise."""

    def __init__(self, shape: Shape, recipe: TrainRecipe, placement: Placement) -> None:
        self.shape, self.recipe, self.placement = shape, recipe, placement
        self.computed = BYTES[recipe.dtype]
        self.stored = BYTES[recipe.master_dtype]
        self.sharded = placement.mode in ("fsdp", "hsdp")
        self.learning = trained_parameters(shape, recipe)
        self.looks = self.learning["vision"] > 0

    def casts(self, part: Part) -> bool:
        """Tell whether autocast copies a part's weights to compute with them."""
        whole = self.learning[part] == self.shape.parameters[part]
        return whole and not self.sharded and self.computed < self.stored

    @cached_property
    def trained(self) -> int:
        """Weights that learn."""
        return sum(self.learning.values())

    @cached_property
    def always(self) -> dict[str, float]:
        """By part: weights, and what learning keeps beside them."""
        shards = self.placement.shards
        base = 0.0
        for part in PARTS:
            size = self.shape.parameters[part]
            if self.learning[part] == size:
                base += size * self.stored / shards
            elif self.learning[part] or part == "language":  # frozen, but sharded like the rest
                base += (size * self.computed + self.learning[part] * self.stored) / shards
            else:
                base += size * self.computed
        found = {
            "weights": base,
            "gradients": self.trained * self.stored / shards,
            "optimizer": self.trained * 2 * moment_bytes(self.recipe) / shards,
        }
        if self.recipe.ema:
            found["average"] = self.trained * 4 / shards
        return found

    @cached_property
    def block(self) -> float:
        """Weights of a layer of the language model."""
        shape = self.shape
        tables = shape.embedding_parameters + shape.head_parameters
        return (shape.parameters["language"] - tables - shape.hidden) / shape.layers

    @cached_property
    def vision_block(self) -> float:
        """Weights of a layer of the vision encoder."""
        return vision_linear_parameters(self.shape) / max(1, self.shape.vision_layers)

    @cached_property
    def root(self) -> float:
        """Weights outside of layers that are sharded: gathered from the start to the end."""
        shape = self.shape
        found = shape.embedding_parameters + shape.head_parameters + shape.hidden
        if self.learning["projector"]:
            found += shape.parameters["projector"]
        if self.looks:
            found += shape.parameters["vision"] - vision_linear_parameters(shape)
        return float(found)

    def gathered(self, block: float, *, back: bool) -> float:
        """Of a layer of so many weights, while it computes or, ``back``, while it learns."""
        if self.sharded:
            # This layer, and the next one as it arrives.
            found = self.computed * (self.root + 2 * block)
            if back:
                # The layer's gradients, and in float32 those of the one before, on their way.
                found += (self.computed + 4) * block * self._learns(block)
            return found
        if not self.casts("language" if block == self.block else "vision"):
            return 0.0
        copies = self.computed * block
        return 2 * copies if back else copies

    def _learns(self, block: float) -> bool:
        part: Part = "language" if block == self.block else "vision"
        return self.learning[part] == self.shape.parameters[part]

    @cached_property
    def copies(self) -> float:
        """Autocast's copies of weights that learn, held until the way back has passed them."""
        found = 0.0
        if self.casts("language"):
            found += self.block * self.shape.layers + head_weights(self.shape)
        if self.casts("vision"):
            found += vision_linear_parameters(self.shape)
        return found * self.computed
