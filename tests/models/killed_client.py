"""A client process for tests that kill it.

    python killed_client.py BASE_URL CACHE OUT COUNT [MODEL] [MAX_NEW_TOKENS]

Asks COUNT questions, some of which are alike, and writes all replies to OUT when it has them.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path

from sextant.models.api import open_model
from sextant.models.cache import ReplyCache, cached_replies
from sextant.models.messages import ModelOptions, Picture, Request

DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0"
    "000003010100c9fe92ef0000000049454e44ae426082"
)


def requests(count: int, max_new_tokens: int) -> list[Request]:
    made = []
    for k in range(count):
        parts = (f"question {k // 2 if k % 10 == 1 else k}",)
        if k % 3 == 0:
            parts = (Picture("dot.png", lambda: DOT), *parts)
        made.append(Request(f"r{k}", parts, max_new_tokens=max_new_tokens))
    return made


def main(base_url: str, cache: str, out: str, count: str, *more: str) -> None:
    name = more[0] if more else "m"
    tokens = int(more[1]) if len(more) > 1 else 64
    options = ModelOptions(base_url=base_url, concurrency=8, timeout_s=60.0)
    with closing(open_model(name, options)) as model, ReplyCache(Path(cache)) as store:
        asked = requests(int(count), tokens)
        replies = {r.id: [r.text, r.error] for r in cached_replies(model, asked, store)}
        Path(out).write_text(json.dumps({r.id: replies[r.id] for r in asked}))


if __name__ == "__main__":
    main(*sys.argv[1:])
