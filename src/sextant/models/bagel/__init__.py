"""BAGEL-7B-MoT, its understanding path: pictures and text in, text out.

BAGEL (arXiv 2505.14683) is a Qwen2.5 language model with normalised queries and keys, a SigLIP
vision encoder that takes pictures of any shape, and a two-layer connector between them. Each layer
has a twin that makes pictures; those weights are read by nobody here, and written back untouched.
"""

from __future__ import annotations

from pathlib import Path

from sextant.models.extras import needs
from sextant.models.family import Family
from sextant.models.messages import Model, ModelOptions


def open_family(folder: Path) -> Family:
    """Open a checkpoint folder in BAGEL's own layout; reads its configs and tokenizer only.

    Raises:
        MissingInput: If a file is missing.
        CorruptInput: If a file is not what it should be.
        MissingDependency: If the extra is not installed.
    """
    needs("tokenizers", extra="train", what="BAGEL")
    from sextant.models.bagel.family import BagelFamily

    return BagelFamily(Path(folder))


def open_model(name: str, options: ModelOptions) -> Model:
    """Load a model that answers, from a folder or a hub id (``org/name`` or ``org/name@revision``).

    Raises:
        MissingDependency: If the extra is not installed.
        InputError: If there is no such model, or its files are not what they should be.
        RecipeError: For options that cannot be meant.
    """
    needs("torch", "transformers", "safetensors", extra="train", what="BAGEL")
    from sextant.models.bagel.backend import BagelModel

    return BagelModel(name, options)
