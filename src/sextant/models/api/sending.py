"""One request until it is answered or given up."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from sextant.models.api.answer import Answer, NoAnswer, answer_of
from sextant.models.api.pace import Pace, wait_s
from sextant.models.api.settings import Server

MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""A chat completion is some kilobytes; nobody fills our memory with one."""

HELD_STATUSES = frozenset({429, 503})
"""These mean everybody: with ``Retry-After`` all requests wait, not only the one that was told."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request.

    Attributes:
        answer: None if there is none.
        error: Why not.
        status: HTTP status of the last try; 0 where there was none.
        tries: Requests that were sent.
    """

    answer: Answer | None
    error: str | None
    status: int
    tries: int


@dataclass(slots=True)
class Sender:
    """Sends bodies to one server; lives in the event loop.

    Attributes:
        client: With a pool as large as the concurrency.
        server: Where to, and with which key.
        pace: When.
        timeout_s: Of one try.
        retries: Further tries.
        first_wait_s: Bound of the first wait between two tries.
        headers: What the last answer said about the server.
        failures: Failed tries by HTTP status; 0 = no response at all.
    """

    client: httpx2.AsyncClient
    server: Server
    pace: Pace
    timeout_s: float
    retries: int
    first_wait_s: float
    headers: Mapping[str, str] = field(default_factory=dict)
    failures: Counter[int] = field(default_factory=Counter)
    renamed: bool = False

    async def ask(self, request_id: str, body: dict[str, Any]) -> Outcome:
        """Send until answered, refused, or out of tries."""
        tries = 0
        while True:
            await self.pace.turn()
            tries += 1
            try:
                answer = await self._once(self._named(body))
                return Outcome(answer, None, 200, tries)
            except NoAnswer as error:
                self.failures[error.status] += 1
                if self._rename(error, body):
                    continue
                if not error.again or tries > self.retries:
                    message = self.server.without_key(error.message)
                    if tries > 1:
                        message += f" ({tries} tries)"
                    return Outcome(None, message, error.status, tries)
                if error.wait_s and error.status in HELD_STATUSES:
                    self.pace.hold(error.wait_s)
                await asyncio.sleep(wait_s(request_id, tries, self.first_wait_s, error.wait_s))

    async def _once(self, body: dict[str, Any]) -> Answer:
        try:
            # A timeout of httpx2 is one of every read; a server that drips would never meet it.
            async with asyncio.timeout(self.timeout_s):
                status, headers, data = await self._exchange(json.dumps(body).encode("ascii"))
        except TimeoutError:
            raise NoAnswer(f"no answer within {self.timeout_s:g} s", again=True) from None
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL, httpx2.ProxyError) as error:
            raise NoAnswer(f"cannot reach the server: {_named_error(error)}", again=False) from None
        except httpx2.HTTPError as error:
            raise NoAnswer(f"connection lost: {_named_error(error)}", again=True) from None
        self.headers = headers
        return answer_of(status, headers, data)

    async def _exchange(self, content: bytes) -> tuple[int, Mapping[str, str], bytes]:
        async with self.client.stream("POST", self.server.url, content=content) as response:
            data = bytearray()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > MAX_ANSWER_BYTES:
                    raise NoAnswer(
                        f"the server sent more than {MAX_ANSWER_BYTES} bytes",
                        again=False,
                        status=response.status_code,
                    )
            return response.status_code, response.headers, bytes(data)

    def _named(self, body: dict[str, Any]) -> dict[str, Any]:
        if not self.renamed or "max_tokens" not in body:
            return body
        limit = {"max_completion_tokens": body["max_tokens"]}
        return {name: value for name, value in body.items() if name != "max_tokens"} | limit

    def _rename(self, error: NoAnswer, body: dict[str, Any]) -> bool:
        """Learn that a server (OpenAI's, for its newer models) wants the other name of the limit.

        Returns:
            Whether the same request should be sent again under the other name.
        """
        asks = error.status == 400 and "max_completion_tokens" in error.message
        if not asks or "max_tokens" not in body or "max_completion_tokens" in body:
            return False
        # Others that were in flight are told the same and come here when all is known already.
        again = not self.renamed or "'max_tokens'" in error.message
        self.renamed = True
        return again


def _named_error(error: Exception) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
