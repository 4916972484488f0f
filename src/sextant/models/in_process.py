"""What families that answer in this process share: where they run, what comes of a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import torch
import transformers

from sextant.errors import InputError, RecipeError, SextantError
from sextant.models.cache import failed
from sextant.models.hf.memory import free_memory, is_out_of_memory
from sextant.models.messages import ModelOptions, Reply, Request

Prompt = TypeVar("Prompt")

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def device_and_dtype(options: ModelOptions) -> tuple[str, str]:
    """Return the names of where a model runs and in which precision.

    Unless options say it: a GPU if there is one, and bfloat16 there, float32 elsewhere.

    Raises:
        RecipeError: For a precision that is not known.
    """
    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    dtype = options.dtype or ("bfloat16" if device.startswith("cuda") else "float32")
    if dtype not in DTYPES:
        raise RecipeError("unknown dtype", expected=" or ".join(DTYPES), got=repr(dtype))
    return device, dtype


def placed(model: Any, device: str) -> Any:
    """Return the model on its device, ready to answer.

    Raises:
        RecipeError: If there is no such device, or no room on it.
    """
    try:
        return model.to(device).eval()
    except (RuntimeError, ValueError) as error:
        raise RecipeError("cannot use the device", where=device, got=error) from error


def surroundings(device: torch.device, **versions: str) -> Mapping[str, Any]:
    """Return versions of torch, transformers and others, and the device: ``Model.environment``."""
    return {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        **versions,
        "device": str(device),
        "device_name": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "cuda": torch.version.cuda,
    }


def one_by_one(
    requests: Iterable[Request],
    prepare: Callable[[Request], Prompt],
    answer: Callable[[Request, Future[Prompt]], Reply],
    name: str,
) -> Iterator[Reply]:
    """Yield the answer to each request; the next one's pictures are read meanwhile.

    Args:
        requests: In the order in which they are answered.
        prepare: Makes the prompt, in a thread.
        answer: Answers a prompt that may still be in the making.
        name: Of the thread.
    """
    with ThreadPoolExecutor(1, thread_name_prefix=name) as preparing:
        waiting: tuple[Request, Future[Prompt]] | None = None
        for request in requests:
            coming = (request, preparing.submit(prepare, request))
            if waiting is not None:
                yield answer(*waiting)
            waiting = coming
        if waiting is not None:
            yield answer(*waiting)


def as_input_error(error: Exception) -> SextantError:
    """Return an error of ours: the same, or one that names it in a line."""
    if isinstance(error, SextantError):
        return error
    return InputError(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")


def failure(request: Request, error: Exception) -> Reply:
    """Return the reply of a request that could not be answered; what it held is freed."""
    if not isinstance(error, SextantError) and is_out_of_memory(error):
        free_memory()
        error = InputError("out of memory", where=request.id)
    return failed(request.id, as_input_error(error))
