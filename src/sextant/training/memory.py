"""How much memory a GPU needs, part by part, at each of the moments that can be the fullest.

Weights, gradients and the optimiser's state are there all the time; activations, logits and
gathered layers come and go, and not all at once. So the need is that of the fullest *moment*:

    pictures   the vision encoder looks, frozen: nothing is kept but its result
    loss       all that the way back needs is kept, and the logits are there
    layer      a layer of the language model goes back: its own activations stand there, too
    look       a layer of the vision encoder goes back
    reduce     gradients of tables and everything else outside of layers are summed over ranks
    update     AdamW changes the weights

Bytes a token of a layer are counted on transformers' classes, tensor by tensor, and held against
what torch really allocates (tests/training/test_memory.py). What the allocator loses between
tensors is not in it: plan for a tenth more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sextant.models.family import Shape
from sextant.training.memory_activations import Activations, Row
from sextant.training.memory_weights import Weights
from sextant.training.placement import BYTES, UPDATE_PIECE, Placement, moment_bytes
from sextant.training.recipe import TrainRecipe


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes of one GPU.

    Attributes:
        always: By part: what is there all the time.
        moments: By moment, by part: what is there then, besides.
    """

    always: Mapping[str, float]
    moments: Mapping[str, Mapping[str, float]]

    @property
    def fullest(self) -> str:
        """The moment at which most is needed."""
        return max(self.moments, key=lambda m: sum(self.moments[m].values()))

    @property
    def parts(self) -> dict[str, float]:
        """All parts at the fullest moment."""
        return {**self.always, **self.moments[self.fullest]}

    @property
    def total(self) -> float:
        """Bytes at the fullest moment."""
        return sum(self.parts.values())


def memory_of(shape: Shape, recipe: TrainRecipe, row: Row, placement: Placement) -> Need:
    """Return what one GPU needs for its fullest row."""
    weights = Weights(shape, recipe, placement)
    return _Moments(weights, Activations(weights, row)).need()


class _Moments:
    """The moments of one plan, each by part in bytes."""

    def __init__(self, weights: Weights, activations: Activations) -> None:
        self.weights, self.activations = weights, activations
        self.shape, self.recipe, self.row = weights.shape, weights.recipe, activations.row
        self.computed, self.learning = weights.computed, weights.learning
        self.looks, self.sharded = weights.looks, weights.sharded

    def need(self) -> Need:
        moments = {"loss": self.loss, "layer": self.layer, "update": self.update}
        if self.row.patches:
            moments["look" if self.looks else "pictures"] = self.look
        if self.sharded:
            moments["reduce"] = self.reduce
        inputs = self.row.tokens * 64 + self.row.patches * 3 * self.shape.patch**2
        return Need({**self.weights.always, "inputs": inputs}, moments)

    @property
    def loss(self) -> dict[str, float]:
        gathered = self.weights.gathered(self.weights.block, back=False)
        return {
            "activations": self.activations.kept + self.activations.mask,
            "logits": self.activations.logits,
            "gathered": self.weights.copies + gathered * self.sharded,
        }

    @property
    def layer(self) -> dict[str, float]:
        working = 2 * self.computed * self.shape.intermediate * self.row.tokens
        if self.recipe.checkpointing:
            working += self.activations.language_layer
        weights = self.weights.gathered(self.weights.block, back=True)
        if self.sharded and self.learning["language"] == self.shape.parameters["language"]:
            weights += self.computed * self.shape.head_parameters  # its gradient, not yet reduced
        if not self.recipe.checkpointing:
            weights += self.weights.copies
        return {
            "activations": self.activations.kept + self.activations.mask,
            "working layer": working,
            "gathered": weights,
        }

    @property
    def look(self) -> dict[str, float]:
        shape, row = self.shape, self.row
        inner = 2 * self.computed * shape.vision_intermediate * row.patches
        if not self.looks:
            width = 2 * self.activations.vision_flow + self.computed
            flow = width * shape.vision_hidden * row.patches
            gathered = self.weights.gathered(0.0, back=False)
            return {"working layer": flow + inner, "gathered": gathered}
        if self.recipe.checkpointing:
            inner += self.activations.vision_layer
        # Gradients of the tables wait for those of the rest.
        waiting = self.computed * self.weights.root if self.sharded else 0.0
        return {
            "activations": self.activations.seen,
            "working layer": inner,
            "gathered": self.weights.gathered(self.weights.vision_block, back=True) + waiting,
        }

    @property
    def reduce(self) -> dict[str, float]:
        learns = self.learning["language"] == self.shape.parameters["language"]
        root = self.weights.root if learns else self.weights.root - (
            self.shape.embedding_parameters + self.shape.head_parameters
        )  # fmt: skip
        return {"gathered": self.computed * (self.weights.root + root) + 4 * root}

    @property
    def update(self) -> dict[str, float]:
        if moment_bytes(self.recipe) == BYTES["fp32"]:
            return {"working layer": 0.0}  # one kernel
        # Float32 copies of some weights at a time, and what is made of them.
        piece = min(UPDATE_PIECE, self.weights.trained / self.weights.placement.shards)
        return {"working layer": (8 if self.recipe.compile else 60) * piece}
