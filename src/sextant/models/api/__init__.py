"""Any server that speaks OpenAI's ``/v1/chat/completions``: vLLM, SGLang, a provider's own."""

from __future__ import annotations

from sextant.errors import MissingDependency
from sextant.models.messages import Model, ModelOptions


def open_model(name: str, options: ModelOptions) -> Model:
    """Return the model that a server calls ``name``; nothing is sent yet.

    Raises:
        MissingDependency: If httpx2 is not installed.
        RecipeError: For options that cannot be meant, or a key that is needed and not set.
    """
    try:
        import httpx2  # noqa: F401
    except ImportError as error:
        raise MissingDependency.extra("httpx2", "api", "asking a server") from error
    from sextant.models.api.client import ApiModel

    return ApiModel(name, options)
