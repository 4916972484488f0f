"""Many requests in flight at one server, from plain synchronous code.

The event loop lives in a thread of its own. Requests are drawn, and their pictures read and
encoded, in the caller's thread, one for each reply that was taken; so no more of them are held in
memory than are in flight.
"""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping
from queue import SimpleQueue
from typing import Any

import httpx2

from sextant._version import __version__
from sextant.errors import InputError, SextantError
from sextant.models.api.answer import REFUSED, one_line
from sextant.models.api.body import body_of
from sextant.models.api.pace import Pace
from sextant.models.api.sending import Outcome, Sender
from sextant.models.api.settings import check_options, identity_of, server_of
from sextant.models.cache import failed
from sextant.models.messages import ModelOptions, Reply, Request

STOP_AFTER = 100
"""Replies in a row that failed for the server's reasons, after which the run is stopped."""

CONNECT_S = 30.0

KEEPALIVE_S = 4.0
"""An idle connection is left before a server leaves it (uvicorn does after 5 s)."""

_HEADERS = ("server", "openai-version", "openai-processing-ms", "x-served-by")


class ApiModel:
    """A model behind an OpenAI-compatible server; see ``Model``.

    Args:
        model: As the server calls it.
        options: Address, key, concurrency, and so on.
        first_wait_s: Bound of the wait before the first further try; doubled for each one.

    Raises:
        RecipeError: For options that cannot be meant, or a key that is needed and not set.
    """

    def __init__(self, model: str, options: ModelOptions, *, first_wait_s: float = 1.0) -> None:
        check_options(options)
        self._model, self._options = model, options
        self._server = server_of(options)
        self._first_wait_s = first_wait_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._sender: Sender | None = None
        self._spent = {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0}
        self._streams: weakref.WeakSet[_Replies] = weakref.WeakSet()
        self._succeeded = False
        self._failed_in_a_row = 0

    @property
    def name(self) -> str:
        """``api:`` and what the server calls it."""
        return f"api:{self._model}"

    def identity(self) -> Mapping[str, Any]:
        """Return what decides the answers; see ``Model``."""
        return identity_of(self._model, self._server, self._options)

    def environment(self) -> Mapping[str, Any]:
        """Return library versions, what the server says of itself, and what was used so far."""
        sender = self._sender
        headers = {} if sender is None else sender.headers
        failures = {} if sender is None else sender.failures
        found: dict[str, Any] = {
            "httpx2": httpx2.__version__,
            "server": {k: one_line(headers[k], 100) for k in _HEADERS if k in headers},
            "used": dict(self._spent),
            "failed_tries": {str(k) if k else "no response": failures[k] for k in sorted(failures)},
        }
        if self._options.price_per_million is not None:
            prompt, completion = self._options.price_per_million
            found["used"]["cost"] = (
                self._spent["prompt_tokens"] * prompt
                + self._spent["completion_tokens"] * completion
            ) / 1e6
        return found

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """Answer requests as they are answered; see ``Model``.

        The iterator's ``close`` may be called from another thread; it cancels what is in flight.

        Raises:
            SextantError: While iterating: the server refuses every request alike (wrong key,
                unknown model), or ``STOP_AFTER`` replies in a row failed for its reasons.
        """
        stream = _Replies(self, requests)
        self._streams.add(stream)
        return stream

    def close(self) -> None:
        """Cancel what is in flight and close all connections."""
        for stream in list(self._streams):
            stream.close()
        loop, thread, sender = self._loop, self._thread, self._sender
        self._loop = self._thread = None
        if loop is None or thread is None:
            return

        async def end() -> None:
            me = asyncio.current_task()
            others = [task for task in asyncio.all_tasks() if task is not me]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            if sender is not None:
                await sender.client.aclose()

        asyncio.run_coroutine_threadsafe(end(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    def _running(self) -> tuple[asyncio.AbstractEventLoop, Sender]:
        """Return the event loop and the sender in it, started if they are not."""
        if self._loop is None or self._sender is None:
            options = self._options
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="api-requests", daemon=True
            )
            self._thread.start()
            headers = {
                "content-type": "application/json",
                "accept-encoding": "identity",
                "user-agent": f"sextant-si/{__version__}",
            }
            if self._server.key is not None:
                headers["authorization"] = f"Bearer {self._server.key}"
            client = httpx2.AsyncClient(
                headers=headers,
                limits=httpx2.Limits(
                    max_connections=options.concurrency,
                    max_keepalive_connections=options.concurrency,
                    keepalive_expiry=KEEPALIVE_S,
                ),
                timeout=httpx2.Timeout(None, connect=min(CONNECT_S, options.timeout_s)),
            )
            self._sender = Sender(
                client, self._server, Pace(options.requests_per_minute), options.timeout_s,
                options.retries, self._first_wait_s,
            )  # fmt: skip
        return self._loop, self._sender

    def _reply(self, request_id: str, outcome: Outcome, seconds: float) -> Reply:
        """Count an outcome and turn it into a reply.

        Raises:
            SextantError: If there is no point in asking on.
        """
        self._spent["requests"] += outcome.tries
        answer = outcome.answer
        if answer is not None:
            self._succeeded, self._failed_in_a_row = True, 0
            self._spent["prompt_tokens"] += answer.prompt_tokens
            self._spent["completion_tokens"] += answer.completion_tokens
            return Reply(
                request_id, answer.text, None, answer.finish, answer.prompt_tokens,
                answer.completion_tokens, seconds, outcome.tries,
            )  # fmt: skip
        if outcome.status in REFUSED and not self._succeeded:
            raise SextantError(
                "the server refuses what it is asked",
                where=self._server.url,
                got=outcome.error,
                hint=_HINTS[outcome.status].format(
                    env=self._options.api_key_env, model=self._model
                ),
            )
        # What one request is refused for (400, 413, 422) says nothing about the next one.
        if outcome.status == 0 or outcome.status in REFUSED or outcome.status >= 429:
            self._failed_in_a_row += 1
        if self._failed_in_a_row >= STOP_AFTER:
            raise SextantError(
                f"the last {STOP_AFTER} requests failed, asking on is no use",
                where=self._server.url,
                got=outcome.error,
                hint="when the server is well again, run the same command again: replies that "
                "were received are kept in the cache",
            )
        return Reply(request_id, None, outcome.error, "", 0, 0, seconds, outcome.tries)


_HINTS = {
    401: "is the right key in the environment variable {env}?",
    403: "may this key (environment variable {env}) use the model {model!r}?",
    404: "does the server know the model {model!r}, and does base_url end with /v1?",
}


class _Replies(Iterator[Reply]):
    """The replies to one sequence of requests."""

    def __init__(self, model: ApiModel, requests: Iterable[Request]) -> None:
        self._of = model
        self._requests = iter(requests)
        self._all_drawn = False
        self._in_flight = 0
        self._arrived: SimpleQueue[tuple[str, Outcome, float] | None] = SimpleQueue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = threading.Event()

    def __next__(self) -> Reply:
        try:
            return self._next()
        except BaseException:
            self.close()
            raise

    def _next(self) -> Reply:
        while not self._all_drawn and self._in_flight < self._of._options.concurrency:
            if self._closed.is_set():
                raise StopIteration
            try:
                request = next(self._requests)
            except StopIteration:
                self._all_drawn = True
                break
            try:
                body = body_of(request, self._of._model, self._of._options)
            except InputError as error:
                return failed(request.id, error)
            self._send(request.id, body)
        if not self._in_flight:
            raise StopIteration
        found = self._arrived.get()
        if found is None:  # closed by another thread
            raise StopIteration
        self._in_flight -= 1
        return self._of._reply(*found)

    def _send(self, request_id: str, body: dict[str, Any]) -> None:
        loop, sender = self._of._running()
        self._in_flight += 1

        async def ask() -> None:
            begun = time.monotonic()
            try:
                outcome = await sender.ask(request_id, body)
            except Exception as error:  # a defect of ours must not leave the taker waiting
                outcome = Outcome(None, f"{type(error).__name__}: {one_line(str(error))}", 0, 1)
            self._arrived.put((request_id, outcome, time.monotonic() - begun))

        def start() -> None:
            if not self._closed.is_set():
                task = loop.create_task(ask())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

        loop.call_soon_threadsafe(start)

    def close(self) -> None:
        """Cancel what is in flight; may be called from any thread, more than once."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._arrived.put(None)
        loop = self._of._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        for task in list(self._tasks):
            task.cancel()

    def __del__(self) -> None:
        self.close()
