"""When a batch did not fit."""

from __future__ import annotations

import gc


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether a smaller batch might have fitted."""
    import torch

    if isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, (RuntimeError, MemoryError)) and (
        "out of memory" in str(error).lower() or "can't allocate memory" in str(error).lower()
    )


def free_memory() -> None:
    """Give back what a failed batch may still hold."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
