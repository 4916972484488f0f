"""When the next request may be sent."""

from __future__ import annotations

import asyncio

from sextant.execution.seeds import generator_of

MAX_WAIT_S = 120.0
"""Longest wait between two tries, whatever a server asks for."""


class Pace:
    """Keeps a rate, and holds everybody back when a server asks for a pause.

    Requests are spaced evenly, so that no minute sees more than the limit.

    Args:
        per_minute: Requests a minute; None = no limit.
    """

    def __init__(self, per_minute: float | None) -> None:
        self._gap_s = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._held_until = 0.0

    async def turn(self) -> None:
        """Wait until it is one's turn."""
        loop = asyncio.get_running_loop()
        while True:
            while (left := self._held_until - loop.time()) > 0:
                await asyncio.sleep(left)
            if not self._gap_s:
                return
            at = max(loop.time(), self._next)
            self._next = at + self._gap_s
            await asyncio.sleep(at - loop.time())
            if self._held_until <= loop.time():
                return

    def hold(self, seconds: float) -> None:
        """Let nobody send for a while."""
        until = asyncio.get_running_loop().time() + min(seconds, MAX_WAIT_S)
        self._held_until = max(self._held_until, until)


def wait_s(request_id: str, tries: int, first_s: float, asked_s: float | None) -> float:
    """Return how long to wait after the ``tries``-th try failed.

    Exponential back-off with full jitter (uniform from 0 to the doubled bound, as in the AWS
    architecture blog, "Exponential Backoff And Jitter", 2015), seeded by the request; on top of
    what the server asked for.
    """
    bound = min(MAX_WAIT_S, first_s * 2.0 ** (tries - 1))
    jitter = float(generator_of("retry", request_id, tries).uniform(0.0, bound))
    return min(MAX_WAIT_S, (asked_s or 0.0)) + jitter
