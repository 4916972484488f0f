"""How many weights low-rank adapters have, from sizes alone."""

from __future__ import annotations

from sextant.models.family import Part, Shape
from sextant.training.anatomy import anatomy_of
from sextant.training.recipe import Lora


def adapter_parameters(shape: Shape, lora: Lora | None) -> dict[Part, int]:
    """Return the weights of adapters by part: r (in + out) for each linear layer that has one.

    Names of layers of all families are known; the projector's two count as one from the pictures'
    width to the model's, for its inner widths are not in a shape.
    """
    if lora is None:
        return {}
    hidden, inner = shape.hidden, shape.intermediate
    queries = anatomy_of(shape).head_width * shape.heads
    pairs = anatomy_of(shape).head_width * shape.key_value_heads
    wide, broad = shape.vision_hidden, shape.vision_intermediate
    language = {
        "q_proj": hidden + queries, "k_proj": hidden + pairs, "v_proj": hidden + pairs,
        "o_proj": queries + hidden, "gate_proj": hidden + inner, "up_proj": hidden + inner,
        "down_proj": inner + hidden,
    }  # fmt: skip
    vision = {
        "q_proj": 2 * wide, "k_proj": 2 * wide, "v_proj": 2 * wide, "out_proj": 2 * wide,
        "projection_layer": 2 * wide, "proj": 2 * wide, "qkv": 4 * wide, "fc1": wide + broad,
        "fc2": wide + broad, "linear_fc1": wide + broad, "linear_fc2": wide + broad,
    }  # fmt: skip
    targets = set(lora.targets)
    sizes: dict[Part, int] = {
        "language": shape.layers * sum(n for name, n in language.items() if name in targets),
        "vision": shape.vision_layers * sum(n for name, n in vision.items() if name in targets),
        "projector": wide * shape.patches_per_token + hidden,
    }
    return {part: lora.r * sizes[part] for part in lora.parts}
