"""Requests a second that the client gets through a local server that answers at once.

    python benchmarks/client.py [--requests 3000]

The server is a process of its own, without any HTTP library, and answers after 20 ms whatever it is
asked, so that what is measured is the client. Printed are requests/s with 64 and 128 in flight,
with text alone and with a JPEG of about 200 KB in each request, with and without the reply cache.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from PIL import Image

from sextant.execution.seeds import generator_of
from sextant.models.api import open_model
from sextant.models.cache import ReplyCache, cached_replies
from sextant.models.messages import ModelOptions, Part, Picture, Request

DELAY_S = 0.02
BODY = b'{"choices": [{"message": {"content": "A"}, "finish_reason": "stop"}], "usage": {}}'
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


class Server(asyncio.Protocol):
    """Counts the bytes of a body and answers."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.head, self.left = transport, b"", 0

    def data_received(self, data: bytes) -> None:
        while data:
            if self.left:
                taken = min(self.left, len(data))
                self.left -= taken
                data = data[taken:]
            else:
                self.head += data
                head, found, data = self.head.partition(b"\r\n\r\n")
                if not found:
                    return
                self.head = b""
                lower = head.lower()
                at = lower.index(b"content-length:") + 15
                self.left = int(lower[at:].split(b"\r\n", 1)[0])
                continue
            if not self.left:
                asyncio.get_running_loop().call_later(DELAY_S, self.transport.write, ANSWER)


def serve(port: Connection) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0, backlog=512)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def jpeg(about: int) -> bytes:
    noise = generator_of("client").integers(0, 256, (90, 120, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize((1280, 960), Image.Resampling.BICUBIC)
    for quality in range(30, 100, 2):
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        if buffer.tell() >= about:
            break
    return buffer.getvalue()


def requests(count: int, picture: bytes | None) -> Iterator[Request]:
    for k in range(count):
        parts: tuple[Part, ...] = (f"Question {k}: where is the lamp?",)
        if picture is not None:
            parts = (Picture("lamp.jpg", lambda: picture), *parts)
        yield Request(str(k), parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=3000)
    count = parser.parse_args().requests
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ours.recv()}/v1"
    picture = jpeg(200_000)
    print(f"{'in flight':>9} {'picture':>9} {'cache':>6} {'requests/s':>10} {'CPU ms each':>11}")
    for concurrency in (64, 128):
        for data in (None, picture):
            for stored in (False, True):
                rate, cpu_ms = measure(url, concurrency, data, stored, count)
                size = "none" if data is None else f"{len(data) // 1000} KB"
                cache = "yes" if stored else "no"
                print(f"{concurrency:>9} {size:>9} {cache:>6} {rate:>10.0f} {cpu_ms:>11.2f}")
    server.terminate()


def measure(
    url: str, concurrency: int, picture: bytes | None, stored: bool, count: int
) -> tuple[float, float]:
    model = open_model("stub", ModelOptions(base_url=url, concurrency=concurrency))
    with tempfile.TemporaryDirectory() as folder, closing(model):
        list(model.replies(requests(concurrency, picture)))  # connections stand, all is imported
        cache = ReplyCache(Path(folder, "replies.sqlite")) if stored else None
        begun, cpu = time.perf_counter(), time.process_time()
        answered = sum(
            r.text == "A" for r in cached_replies(model, requests(count, picture), cache)
        )
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
        if cache is not None:
            cache.close()
    if answered != count:
        raise SystemExit(f"{count - answered} of {count} requests failed")
    return count / seconds, cpu / count * 1000


if __name__ == "__main__":
    main()
