"""InternVL3 (1B to 78B): tiles of 448 pixels, a vision encoder, and a Qwen2 language model.

Both layouts are read and written: OpenGVLab's own (``vision_model``, ``mlp1``, ``language_model``)
and transformers' (published with the suffix ``-hf``); ``convert`` turns one into the other. No code
of a checkpoint is ever run.
"""

from __future__ import annotations

from pathlib import Path

from sextant.models.extras import needs
from sextant.models.family import Family
from sextant.models.messages import Model, ModelOptions


def open_family(folder: Path) -> Family:
    """Open a checkpoint folder of either layout; reads its config and tokenizer only.

    Raises:
        MissingInput: If a file is missing.
        CorruptInput: If a file is not what it should be.
        MissingDependency: If the extra is not installed.
    """
    needs("tokenizers", extra="train", what="InternVL")
    from sextant.models.internvl.family import InternVLFamily

    return InternVLFamily(Path(folder))


def open_model(name: str, options: ModelOptions) -> Model:
    """Load a model that answers, from a folder or a hub id (``org/name`` or ``org/name@revision``).

    Raises:
        MissingDependency: If the extra is not installed.
        InputError: If there is no such model, or its files are not what they should be.
        RecipeError: For options that cannot be meant.
    """
    needs("torch", "transformers", "safetensors", extra="train", what="InternVL")
    from sextant.models.internvl.backend import InternVLBackend

    return InternVLBackend(name, options)
