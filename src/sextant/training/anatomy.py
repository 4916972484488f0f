"""What a family's ``Shape`` implies without saying: widths of heads, norms, biases.

All language models here are of one build (query, key, value, output; gate, up, down; two norms a
layer). Their sizes and the count of their parameters leave few open questions, each of which is yes
or no, and only the true answers make the width of a head a whole number.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from sextant.models.family import Shape


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Details of a language model.

    Attributes:
        head_width: Numbers of one head.
        biased: Whether queries, keys and values have biases.
        normed: Whether queries and keys are normalised by head.
        exact: Whether these give the stated number of parameters; otherwise they are the cautious
            assumption for a model of another build.
    """

    head_width: int
    biased: bool
    normed: bool
    exact: bool = True


def anatomy_of(shape: Shape) -> Anatomy:
    """Return the details that give the stated number of parameters."""
    tables = shape.embedding_parameters + shape.head_parameters
    layers = shape.parameters["language"] - tables - shape.hidden  # the last norm
    rest = layers / shape.layers - 3 * shape.hidden * shape.intermediate - 2 * shape.hidden
    heads, pairs = shape.heads, shape.key_value_heads
    found = []
    for biased, normed in product((False, True), repeat=2):
        unit = shape.hidden * (2 * heads + 2 * pairs) + (heads + 2 * pairs) * biased + 2 * normed
        width = round(rest / unit)
        if width > 0 and width * unit == rest:
            found.append(Anatomy(width, biased, normed))
    # Where two fit, the width that makes the heads fill the model is the true one.
    return min(
        found,
        key=lambda a: abs(a.head_width * heads - shape.hidden),
        default=Anatomy(max(1, shape.hidden // heads), biased=True, normed=True, exact=False),
    )


def linear_parameters(shape: Shape) -> int:
    """Return the weights that a token of the language model is multiplied by, without the head."""
    heads = anatomy_of(shape).head_width * (2 * shape.heads + 2 * shape.key_value_heads)
    return shape.layers * shape.hidden * (heads + 3 * shape.intermediate)


def head_weights(shape: Shape) -> int:
    """Return the weights of the output layer; also where it is the input table."""
    return shape.hidden * shape.vocabulary


def vision_linear_parameters(shape: Shape) -> int:
    """Return the weights that a patch is multiplied by in the vision encoder's layers."""
    width, inner = shape.vision_hidden, shape.vision_intermediate
    return shape.vision_layers * (4 * width * width + 2 * width * inner)


def patch_parameters(shape: Shape) -> int:
    """Return the weights of the patch embedding, three channels of one picture."""
    return 3 * shape.patch**2 * shape.vision_hidden
