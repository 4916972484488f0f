"""What every compiled kernel of this folder shares: the decorator and the arrays it takes.

Kernels are serial and keep IEEE arithmetic (no ``parallel``, no ``fastmath``): the same input gives
the same bits on any number of workers, and numba's threading layers and ``fork`` do not mix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

P = ParamSpec("P")
T = TypeVar("T")


def kernel(function: Callable[P, T]) -> Callable[P, T]:
    """Compile a function on its first call and keep the machine code on disk."""
    compiled: Callable[P, T] = numba.njit(cache=True, error_model="numpy")(function)
    return compiled


def kernel_array(values: ArrayLike) -> NDArray[np.float64]:
    """Return the values as a writable C-contiguous float64 array, copied only where needed.

    numba compiles a kernel once per layout, element type and writability; with one kind of array
    each kernel is compiled exactly once.
    """
    array = np.ascontiguousarray(values, dtype=np.float64)
    return array if array.flags.writeable else array.copy()
