"""What torch really holds: bytes of all storages, now and at the highest."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch.distributed.tensor import DTensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Allocations(TorchDispatchMode):
    """Counts storages that operators make inside the block; those that a kernel frees are unseen.

    Storages are asked for their size again after each operator, for FSDP empties some of them
    without letting go of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = self.highest = 0
        self._held: dict[int, weakref.ref[torch.UntypedStorage]] = {}

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        found = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(found):
            if isinstance(leaf, torch.Tensor):
                # A DTensor's own storage is a number without bytes.
                whole = leaf._local_tensor if isinstance(leaf, DTensor) else leaf
                storage = whole.untyped_storage()
                self._held[storage._cdata] = weakref.ref(storage)
        self.look()
        return found

    def look(self) -> int:
        """Count again; return the bytes that are held."""
        living = {key: storage for key, ref in self._held.items() if (storage := ref()) is not None}
        if len(living) < len(self._held):
            self._held = {key: self._held[key] for key in living}
        self.now = sum(storage.nbytes() for storage in living.values())
        self.highest = max(self.highest, self.now)
        return self.now
