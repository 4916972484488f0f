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
from functools import cached_property

from sextant.models.family import PARTS, Part, Shape
from sextant.training.anatomy import anatomy_of, head_weights, vision_linear_parameters
from sextant.training.placement import (
    BYTES,
    UPDATE_PIECE,
    Placement,
    moment_bytes,
    trained_parameters,
)
from sextant.training.recipe import TrainRecipe

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
    return _Count(shape, recipe, row, placement).need()


class _Count:
    """The numbers of one plan; properties are bytes unless their names say otherwise."""

    def __init__(self, shape: Shape, recipe: TrainRecipe, row: Row, placement: Placement) -> None:
        self.shape, self.recipe, self.row, self.placement = shape, recipe, row, placement
        self.computed = BYTES[recipe.dtype]
        self.stored = BYTES[recipe.master_dtype]
        self.sharded = placement.mode in ("fsdp", "hsdp")
        self.learning = trained_parameters(shape, recipe)
        self.anatomy = anatomy_of(shape)
        self.looks = self.learning["vision"] > 0
        # Without sharding, autocast computes in bfloat16, and what flows from layer to layer stays
        # in the type of the weights: float32 where they learn.
        self.casts = self._casts("language")
        self.flow = self.stored if self.casts else self.computed
        self.vision_flow = self.stored if self._casts("vision") else self.computed

    def _casts(self, part: Part) -> bool:
        whole = self.learning[part] == self.shape.parameters[part]
        return whole and not self.sharded and self.computed < self.stored

    def need(self) -> Need:
        moments = {"loss": self.loss, "layer": self.layer, "update": self.update}
        if self.row.patches:
            moments["look" if self.looks else "pictures"] = self.look
        if self.sharded:
            moments["reduce"] = self.reduce
        return Need(self.always, moments)

    @cached_property
    def trained(self) -> int:
        """Weights that learn."""
        return sum(self.learning.values())

    @cached_property
    def always(self) -> dict[str, float]:
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
        found["inputs"] = self.row.tokens * 64 + self.row.patches * 3 * self.shape.patch**2
        return found

    # What the way back needs

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
        shape = self.shape
        width, inner = shape.vision_hidden, shape.vision_intermediate
        each = (2 * self.vision_flow + 6 * self.computed) * width + 2 * self.computed * inner
        return each * self.row.patches

    @cached_property
    def kept(self) -> float:
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
        if self.looks:
            thin = self.vision_flow * shape.vision_hidden * row.patches
            again = self.recipe.checkpointing
            found += shape.vision_layers * (thin if again else self.vision_layer)
            found += 3 * shape.patch**2 * self.computed * row.patches
        if self.looks or self.learning["projector"]:
            # Each projector (Qwen3-VL has several) keeps what its norm, its two products and its
            # nonlinearity are given.
            wide = shape.vision_hidden * shape.patches_per_token
            count = round(shape.parameters["projector"] / (wide * wide + wide * shape.hidden))
            each = 4 * wide * max(1, count) + 2 * shape.hidden
            found += each * self.computed * row.vision_tokens
        return found

    @cached_property
    def masked(self) -> bool:
        return self.recipe.attention in DENSE_MASKS

    @cached_property
    def mask(self) -> float:
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

    # Weights that are gathered, or copied to be computed with

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
        if self.sharded:
            # This layer, and the next one as it arrives.
            found = self.computed * (self.root + 2 * block)
            if back:
                # The layer's gradients, and in float32 those of the one before, on their way.
                found += (self.computed + 4) * block * self._learns(block)
            return found
        if not self._casts("language" if block == self.block else "vision"):
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
        if self.casts:
            found += self.block * self.shape.layers + head_weights(self.shape)
        if self._casts("vision"):
            found += vision_linear_parameters(self.shape)
        return found * self.computed

    # Moments

    @property
    def loss(self) -> dict[str, float]:
        return {
            "activations": self.kept + self.mask,
            "logits": self.logits,
            "gathered": self.copies + self.gathered(self.block, back=False) * self.sharded,
        }

    @property
    def layer(self) -> dict[str, float]:
        working = 2 * self.computed * self.shape.intermediate * self.row.tokens
        if self.recipe.checkpointing:
            working += self.language_layer
        weights = self.gathered(self.block, back=True)
        if self.sharded and self.learning["language"] == self.shape.parameters["language"]:
            weights += self.computed * self.shape.head_parameters  # its gradient, not yet reduced
        if not self.recipe.checkpointing:
            weights += self.copies
        return {
            "activations": self.kept + self.mask, "working layer": working, "gathered": weights
        }  # fmt: skip

    @property
    def look(self) -> dict[str, float]:
        shape, row = self.shape, self.row
        inner = 2 * self.computed * shape.vision_intermediate * row.patches
        if not self.looks:
            flow = (2 * self.vision_flow + self.computed) * shape.vision_hidden * row.patches
            return {"working layer": flow + inner, "gathered": self.gathered(0.0, back=False)}
        if self.recipe.checkpointing:
            inner += self.vision_layer
        # Gradients of the tables wait for those of the rest.
        waiting = self.computed * self.root if self.sharded else 0.0
        return {
            "activations": self.seen,
            "working layer": inner,
            "gathered": self.gathered(self.vision_block, back=True) + waiting,
        }

    @property
    def reduce(self) -> dict[str, float]:
        learns = self.learning["language"] == self.shape.parameters["language"]
        root = self.root if learns else self.root - (
            self.shape.embedding_parameters + self.shape.head_parameters
        )  # fmt: skip
        return {"gathered": self.computed * (self.root + root) + 4 * root}

    @property
    def update(self) -> dict[str, float]:
        if moment_bytes(self.recipe) == BYTES["fp32"]:
            return {"working layer": 0.0}  # one kernel
        # Float32 copies of some weights at a time, and what is made of them.
        piece = min(UPDATE_PIECE, self.trained / self.placement.shards)
        return {"working layer": (8 if self.recipe.compile else 60) * piece}
