"""A real HTTP server on a free port that answers well, badly, slowly or never, as a test wants.

    with StubServer() as server:                      # answers everything with its prompt's text
        ...server.base_url...

Also a program of its own (``python stub_server.py PORT_FILE``), for clients that are killed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Answer:
    """What goes back over the wire.

    ``mode``: ``whole``; ``half`` (the connection is cut in the middle of the body); ``reset``
    (cut before a byte is sent); ``hang`` (nothing, for ever); ``drip`` (a byte now and then).
    """

    body: bytes | str = b""
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    mode: str = "whole"


def completion(text: str | None, finish: str = "stop", **message: Any) -> Answer:
    return Answer(
        json.dumps(
            {
                "choices": [
                    {"message": {"role": "assistant", "content": text, **message},
                     "finish_reason": finish}
                ],
                "usage": {"prompt_tokens": 7, "completion_tokens": 3},
            }
        )
    )  # fmt: skip


def prompt_text(body: dict[str, Any]) -> str:
    content = body["messages"][-1]["content"]
    if isinstance(content, str):
        return content
    return "".join(p.get("text", f"<{p['type']}>") for p in content)


def echo(body: dict[str, Any], nth: int) -> Answer:
    return completion("re: " + prompt_text(body))


class StubServer:
    """``behave(body, nth)`` decides, nth = how often this prompt came before."""

    def __init__(self, behave: Callable[[dict[str, Any], int], Answer] = echo) -> None:
        self.behave = behave
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.seen: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.in_flight = self.most_in_flight = 0
        self.connections = 0
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> StubServer:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end)
        self._thread.join(10)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connection, "127.0.0.1", 0, limit=2**26, backlog=512)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _end(self) -> None:
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.call_later(0.05, self._loop.stop)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = [line.partition(": ") for line in head.split("\r\n")[1:]]
        headers = {name.lower(): value for name, _, value in lines if name}
        body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))))
        text = prompt_text(body)
        nth = self.seen[text]
        self.seen[text] += 1
        self.bodies.append(body)
        self.headers.append(headers)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            answer = self.behave(body, nth)
            await asyncio.sleep(answer.delay_s)
            return await self._answer(writer, answer, text)
        finally:
            self.in_flight -= 1

    async def _answer(self, writer: asyncio.StreamWriter, answer: Answer, text: str) -> bool:
        data = answer.body.encode() if isinstance(answer.body, str) else answer.body
        if answer.mode == "reset":
            writer.transport.abort()
            return False
        if answer.mode == "hang":
            await asyncio.sleep(3600)
        head = f"HTTP/1.1 {answer.status} X\r\ncontent-type: {answer.kind}\r\n"
        head += "".join(f"{k}: {v}\r\n" for k, v in answer.headers.items())
        head += f"content-length: {len(data)}\r\n\r\n"
        writer.write(head.encode())
        if answer.mode == "half":
            writer.write(data[: len(data) // 2])
            await writer.drain()
            return False
        if answer.mode == "drip":
            for k in range(len(data)):
                writer.write(data[k : k + 1])
                await writer.drain()
                await asyncio.sleep(0.05)
            return True
        writer.write(data)
        await writer.drain()
        self.answered[text] += answer.status == 200
        return True


def main(port_file: Path) -> None:
    with StubServer() as server:
        port_file.write_text(str(server.port))
        threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
