"""Replies that were paid for once: asking through a content-addressed cache.

A reply is found by what was asked (model, system turn, texts, the bytes of every picture,
generation settings), not by who asked or in which run. Each is committed as it arrives, so a run
that is killed at any moment has lost only what was still on its way. Failures are never stored.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import blake2b
from queue import SimpleQueue
from types import GeneratorType
from typing import Any

from sextant.errors import InputError, SextantError
from sextant.models.messages import Clip, Model, Picture, Reply, Request
from sextant.models.pictures import digest, in_memory
from sextant.models.reply_store import ReplyCache

__all__ = ["ReplyCache", "cached_replies", "canonical", "key_of"]

OUTSTANDING = 4096
"""Requests that are drawn before the reply to the first of them was taken, at most."""


def cached_replies(
    model: Model, requests: Iterable[Request], cache: ReplyCache | None
) -> Iterator[Reply]:
    """Answer requests from the cache, and those it does not know by the model.

    Replies come in any order, each request gets one. What the model answers is committed before it
    is handed on, by a thread of its own, so that a slow taker does not keep replies at risk. The
    same content asked several times is sent once. A picture that cannot be read makes a failed
    reply. Baselines that answer by the id of a request (``BlindModel``) are not cached.

    Args:
        model: Who answers.
        requests: Drawn lazily, in another thread.
        cache: Where replies are kept; None = nowhere.

    Raises:
        SextantError: What the model raises: it cannot go on at all.
    """
    if cache is None or hasattr(model, "study"):
        yield from model.replies(requests)
        return
    asking = _Asking(model, requests, cache)
    try:
        yield from asking.taken()
    finally:
        asking.close()


class _Asking:
    """One run of ``cached_replies``; everything but ``taken`` and ``close`` is the thread's."""

    def __init__(self, model: Model, requests: Iterable[Request], cache: ReplyCache) -> None:
        self.model, self.requests, self.cache = model, requests, cache
        self.identity = json.loads(canonical(model.identity()))
        self.answered: SimpleQueue[Reply | BaseException | None] = SimpleQueue()
        self.room = threading.Semaphore(OUTSTANDING)
        self.stopped = threading.Event()
        self.key_by_id: dict[str, bytes] = {}
        self.ids_by_key: dict[bytes, list[str]] = {}
        self.stream: Iterator[Reply] | None = None
        self.thread = threading.Thread(target=self._work, name="cached-replies", daemon=True)
        self.thread.start()

    def taken(self) -> Iterator[Reply]:
        while True:
            found = self.answered.get()
            if found is None:
                return
            if isinstance(found, BaseException):
                raise found
            self.room.release()
            yield found

    def close(self) -> None:
        self.stopped.set()
        self._close_stream()
        self.thread.join()

    def _close_stream(self) -> None:
        # A generator that is running cannot be closed from outside: it ends with what it has
        # begun. The streams of backends that wait for others can.
        if self.stream is not None and not isinstance(self.stream, GeneratorType):
            close = getattr(self.stream, "close", None)
            if close is not None:
                close()

    def _work(self) -> None:
        try:
            self.stream = iter(self.model.replies(self._unknown()))
            if self.stopped.is_set():
                self._close_stream()
            for reply in self.stream:
                self._arrived(reply)
            for key in list(self.ids_by_key):
                self._hand_on(key, Reply("", None, "the model gave no reply", tries=0))
            self.answered.put(None)
        except BaseException as error:  # whatever it is, it is the taker's to see
            self.answered.put(error)

    def _unknown(self) -> Iterator[Request]:
        """Yield what must be sent; hand on what is known or cannot be read."""
        for request in self.requests:
            while not self.room.acquire(timeout=0.2):
                if self.stopped.is_set():
                    return
            if self.stopped.is_set():
                return
            try:
                loaded = replace(request, parts=tuple(in_memory(p) for p in request.parts))
                key = key_of(self.identity, loaded)
            except InputError as error:
                self.answered.put(failed(request.id, error))
                continue
            if key in self.ids_by_key:
                self.ids_by_key[key].append(request.id)
                continue
            known = self.cache.get(key, request.id)
            if known is not None:
                self.answered.put(known)
                continue
            if request.id in self.key_by_id:
                raise InputError("two requests have the same id", got=request.id)
            self.key_by_id[request.id] = key
            self.ids_by_key[key] = [request.id]
            yield loaded

    def _arrived(self, reply: Reply) -> None:
        key = self.key_by_id.get(reply.id)
        if key is None:
            raise SextantError(
                "a model answered what it was not asked", where=self.model.name, got=reply.id
            )
        self.cache.put(key, self.model.name, reply)
        self._hand_on(key, reply)

    def _hand_on(self, key: bytes, reply: Reply) -> None:
        first, *others = self.ids_by_key.pop(key)
        del self.key_by_id[first]
        self.answered.put(replace(reply, id=first))
        for request_id in others:
            self.answered.put(replace(reply, id=request_id, tries=0))


def failed(request_id: str, error: SextantError) -> Reply:
    """Return the reply to a request that could not even be sent."""
    return Reply(request_id, None, " ".join(str(error).split()), tries=0)


def key_of(identity: Mapping[str, Any], request: Request) -> bytes:
    """Return the 32 bytes that a request's reply is stored under.

    Args:
        identity: Of the model; JSON.
        request: Its id has no part in the key; its seed only where it samples.

    Raises:
        InputError: If a picture cannot be read.
    """
    hashed = blake2b(digest_size=32)

    def add(kind: bytes, data: bytes) -> None:
        # With kind and length, so that no two sequences of pieces give the same bytes.
        hashed.update(b"%s%d:" % (kind, len(data)))
        hashed.update(data)

    add(b"m", canonical(identity))
    if request.system is not None:
        add(b"s", request.system.encode("utf-8", "surrogatepass"))
    settings = {"max_new_tokens": request.max_new_tokens, "temperature": request.temperature}
    if request.temperature > 0:
        settings["seed"] = request.seed
    add(b"g", canonical(settings))
    text: list[str] = []

    def end_text() -> None:
        # Pieces of text are joined as they are, so how they were cut does not matter.
        if joined := "".join(text):
            add(b"t", joined.encode("utf-8", "surrogatepass"))
        text.clear()

    for part in request.parts:
        if isinstance(part, str):
            text.append(part)
            continue
        end_text()
        if isinstance(part, Picture):
            add(b"p", digest(part).encode())
        else:
            add(b"c", _clip_key(part))
    end_text()
    return hashed.digest()


def _clip_key(clip: Clip) -> bytes:
    return canonical({"frames": [digest(f) for f in clip.frames], "times_s": list(clip.times_s)})


def canonical(value: Any) -> bytes:
    """Return JSON that depends on the content alone: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a model's identity is JSON, not {type(value).__name__}")
