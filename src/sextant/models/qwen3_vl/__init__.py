"""Qwen3-VL, dense models of 2B to 32B parameters: many pictures and text in, text out.

Qwen3-VL (arXiv 2511.21631) shows each picture at its own resolution, a token for 32x32 pixels. What
its vision encoder sees stands in place of placeholder tokens; outputs of three layers further down
are added there again behind the language model's first layers (DeepStack). Positions of vision
tokens have three coordinates (interleaved M-RoPE). The modules are those of transformers; what is
fed to them is made here.
"""

from __future__ import annotations

from pathlib import Path

from sextant.models.extras import needs
from sextant.models.family import Family
from sextant.models.messages import Model, ModelOptions


def open_family(folder: Path) -> Family:
    """Open a checkpoint folder; reads its configs and its tokenizer only.

    Raises:
        MissingInput: If a file is missing.
        CorruptInput: If a file is not what it should be.
        InputError: If it is another family, or one of the mixtures of experts.
        MissingDependency: If the extra is not installed.
    """
    needs("tokenizers", extra="train", what="Qwen3-VL")
    from sextant.models.qwen3_vl.family import Qwen3VLFamily

    return Qwen3VLFamily(Path(folder))


def open_model(name: str, options: ModelOptions) -> Model:
    """Load a model that answers, from a folder or a hub id (``org/name`` or ``org/name@revision``).

    Unlike the backend ``hf`` it is shown exactly what training shows: the same text, the same
    pixels, and frames of a video as pictures.

    Raises:
        MissingDependency: If the extra is not installed.
        InputError: If there is no such model, or its files are not what they should be.
        RecipeError: For options that cannot be meant.
    """
    needs("torch", "transformers", "safetensors", extra="train", what="Qwen3-VL")
    from sextant.models.qwen3_vl.backend import Qwen3VLBackend

    return Qwen3VLBackend(name, options)
