"""Which requests are answered together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sextant.models.messages import Request

Batch = list[Request]


def batches_of(requests: Iterable[Request], size: Callable[[], int]) -> Iterator[Batch]:
    """Yield batches of requests that can share a forward pass.

    All of a batch have pictures or none has, and all are cut off at the same length. A request that
    samples is alone: what it draws must not depend on its neighbours. No more are held back than
    make one batch.

    Args:
        requests: Drawn lazily.
        size: Asked before each batch; it may shrink.
    """
    waiting: dict[tuple[bool, int], Batch] = {}
    for request in requests:
        if request.temperature > 0:
            yield [request]
            continue
        shown = not all(isinstance(part, str) for part in request.parts)
        key = (shown, request.max_new_tokens)
        waiting.setdefault(key, []).append(request)
        while sum(map(len, waiting.values())) >= size():
            # The fullest; of equals the one that waits longest.
            fullest = max(waiting, key=lambda k: len(waiting[k]))
            yield waiting.pop(fullest)
    yield from waiting.values()
