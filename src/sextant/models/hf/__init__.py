"""Models of the transformers library, in this process: any image-text model with a chat template.

Models of text alone work too; they fail on prompts with pictures. Nothing here needs torchvision,
except to show a model a clip as a video.
"""

from __future__ import annotations

from sextant.models.extras import needs
from sextant.models.messages import Model, ModelOptions


def open_model(name: str, options: ModelOptions) -> Model:
    """Load a model from a folder or a hub id (``org/name`` or ``org/name@revision``).

    Raises:
        MissingDependency: If torch or transformers is not installed.
        InputError: If there is no such model, or its files are not what they should be.
        RecipeError: For options that cannot be meant.
    """
    needs("torch", "transformers", extra="hf", what="a model in this process")
    from sextant.models.hf.model import HfModel

    return HfModel(name, options)
