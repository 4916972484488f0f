"""How many floating-point operations a step needs: a multiplication and an addition are two.

Two counts, for two ends. ``count`` adds up every matrix product that really runs, part by part:
forward, backward, and what activation checkpointing runs again. Logits are taken at supervised
places only, so the output layer is cheap. ``nominal`` is the field's convention, which utilisation
(MFU) is stated against: 6 N per token, as if the output layer saw every token, attention as causal,
a trained vision encoder three times its forward pass and a frozen one once, nothing recomputed.

Both depend on samples only through sums (of tokens, of squared tokens, ...): ``Load``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields

from sextant.models.family import Part, Shape, Slot
from sextant.training.anatomy import (
    anatomy_of,
    head_weights,
    linear_parameters,
    patch_parameters,
    vision_linear_parameters,
)


@dataclass(frozen=True, slots=True)
class Load:
    """What samples put on a model. Loads add up; means of them are not whole numbers.

    Attributes:
        samples: How many.
        tokens: Of the language model, vision tokens among them.
        tokens_squared: Sum of each sample's tokens, squared: attention sees one sample at a time.
        supervised: Tokens that are predicted.
        pictures: How many.
        patches: That the vision encoder sees.
        patches_squared: Sum of each tile's (or uncut picture's) patches, squared.
        vision_tokens: Tokens that hold pictures.
    """

    samples: float = 0
    tokens: float = 0
    tokens_squared: float = 0
    supervised: float = 0
    pictures: float = 0
    patches: float = 0
    patches_squared: float = 0
    vision_tokens: float = 0

    def __add__(self, other: Load) -> Load:
        return Load(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Load)))

    def __mul__(self, factor: float) -> Load:
        return Load(*(getattr(self, f.name) * factor for f in fields(Load)))


def load_of(shape: Shape, tokens: int, supervised: int, slots: Sequence[Slot]) -> Load:
    """Return the load of one sample.

    Args:
        shape: Of the model.
        tokens: Of the whole sample.
        supervised: How many of them are predicted.
        slots: Of its pictures, as the family's renderer shows them.
    """
    patches = [slot.tokens * shape.patches_per_token for slot in slots]
    squared = sum(p * p / slot.tiles for p, slot in zip(patches, slots, strict=True))
    return Load(
        1, tokens, tokens**2, supervised, len(slots), sum(patches), squared,
        sum(slot.tokens for slot in slots),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """FLOPs of one part of the model.

    Attributes:
        forward: Of the pass that gives the loss.
        backward: Of the pass that gives gradients.
        recompute: Of what checkpointing runs a second time.
    """

    forward: float
    backward: float = 0
    recompute: float = 0

    @property
    def total(self) -> float:
        """All of them."""
        return self.forward + self.backward + self.recompute


Costs = Mapping[str, Cost]
"""By part: ``vision``, ``projector``, ``language``, ``attention``, ``head``, ``adapters``."""


def count(
    shape: Shape, load: Load, trained: Collection[Part], *,
    adapters: Mapping[Part, int] | None = None, checkpointing: bool = True, causal: bool = True,
) -> Costs:  # fmt: skip
    """Count the matrix products of a load, part by part.

    Checked against torch's own counter: tests/training/test_flops.py. The patch embedding of a
    model that takes pictures as pairs of frames is counted once instead of twice.

    Args:
        shape: Of the model.
        load: The samples'.
        trained: Parts whose weights learn.
        adapters: Weights of low-rank adapters in parts that do not learn themselves.
        checkpointing: Whether layers are run again in the backward pass. Torch stops a layer's
            second run at its last product, whose result nobody needs.
        causal: Whether attention over the future counts (no: half of the square); torch's counter
            and dense masks have it all.
    """
    adapters = adapters or {}
    learns: dict[Part, bool] = {
        part: part in trained or adapters.get(part, 0) > 0
        for part in ("vision", "projector", "language")
    }
    into_language = any(learns.values())
    again = checkpointing and into_language
    width = anatomy_of(shape).head_width * shape.heads

    dense = 2 * linear_parameters(shape) * load.tokens
    last = 2 * shape.layers * shape.hidden * shape.intermediate * load.tokens
    language = Cost(
        dense,
        dense * (into_language + ("language" in trained)),
        (dense - last) * again,
    )
    scores = (2 if causal else 4) * shape.layers * width * load.tokens_squared
    attention = Cost(scores, 2 * scores * into_language, scores * again)
    logits = 2 * head_weights(shape) * load.supervised
    head = Cost(logits, logits * (into_language + ("language" in trained)))

    seen = 2 * vision_linear_parameters(shape) * load.patches
    embedding = 2 * patch_parameters(shape) * load.patches
    look = 4 * shape.vision_layers * shape.vision_hidden * load.patches_squared
    inner = 2 * shape.vision_layers * shape.vision_hidden * shape.vision_intermediate * load.patches
    learning = "vision" in trained
    vision = Cost(
        seen + embedding + look,
        seen * (learns["vision"] + learning) + embedding * learning + 2 * look * learns["vision"],
        (seen - inner + look) * (checkpointing and learns["vision"]),
    )
    joined = 2 * shape.parameters["projector"] * load.vision_tokens
    # Its own norm comes first, so its input learns even where nothing before it does.
    passed = learns["vision"] or learns["projector"]
    projector = Cost(joined, joined * (passed + ("projector" in trained)))

    at: dict[Part, float] = {
        "vision": load.patches, "projector": load.vision_tokens, "language": load.tokens
    }  # fmt: skip
    low = sum(2 * size * at[part] for part, size in adapters.items())
    return {
        "vision": vision,
        "projector": projector,
        "language": language,
        "attention": attention,
        "head": head,
        "adapters": Cost(low, 2 * low, low * checkpointing),
    }


def nominal(
    shape: Shape, load: Load, trained: Collection[Part], adapters: Collection[Part] = ()
) -> float:
    """Return the FLOPs that MFU is stated against, forward and backward.

    6 N s + 6 L h s^2 for the language model (N without the input table), 2 N p + 4 L h p^2 for the
    vision encoder, times 3 where it learns. A part that only passes gradients on counts 2 of 3.

    Args:
        shape: Of the model.
        load: The samples'.
        trained: Parts whose weights learn.
        adapters: Parts that have adapters instead; they pass gradients on.
    """
    learning = {*trained, *adapters}
    # A head that is the input table is counted as one of the two; it multiplies in any case.
    tables = shape.embedding_parameters + shape.head_parameters
    weights = shape.parameters["language"] - tables + head_weights(shape)
    width = anatomy_of(shape).head_width * shape.heads
    language = 2 * weights * load.tokens + 2 * shape.layers * width * load.tokens_squared
    vision = 2 * shape.parameters["vision"] * load.patches
    vision += 4 * shape.vision_layers * shape.vision_hidden * load.patches_squared
    passes = 1 + bool(learning) + ("language" in trained)
    looks = 1 + ("vision" in learning) + ("vision" in trained)
    return passes * language + looks * vision


def total(costs: Costs) -> float:
    """Return all FLOPs of a count."""
    return sum(cost.total for cost in costs.values())
