"""From what a server sent back to an answer, or to why there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sextant.models.reply_store import storable

MESSAGE_LENGTH = 300
"""Characters of a server's message that are kept."""

RETRIED = frozenset({408, 409, 425, 429})
"""Client errors that may be gone at the next try; all server errors (5xx) may."""

REFUSED = frozenset({401, 403, 404})
"""Wrong key, no permission, no such model or no such path: true of every request alike."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; see ``Reply`` for the fields."""

    text: str
    finish: str
    prompt_tokens: int
    completion_tokens: int


class NoAnswer(Exception):
    """Why one try brought no answer. It never leaves this package.

    Attributes:
        message: One line.
        again: Whether another try may bring one.
        status: HTTP status; 0 where there was none.
        wait_s: What the server asked us to wait; None if it did not say.
    """

    def __init__(
        self, message: str, *, again: bool, status: int = 0, wait_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.again, self.status, self.wait_s = message, again, status, wait_s


def answer_of(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Return the answer in a response.

    Text is ``content`` alone: what a reasoning parser has parted from it is no answer. A refusal
    in a field of its own is the answer where there is no content.

    Raises:
        NoAnswer: If there is none.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not 200 <= status < 300:
        raise NoAnswer(
            f"HTTP {status}: {message_in(body)}",
            again=status in RETRIED or status >= 500,
            status=status,
            wait_s=retry_after(headers),
        )
    if not body.strip():
        raise NoAnswer("the server sent an empty answer", again=True, status=status)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        what = f"{kind or 'something'}, not JSON"
        raise NoAnswer(
            f"the server sent {what}: {message_in(body)}", again=True, status=status
        ) from None
    if isinstance(found, dict) and found.get("error"):
        # Some gateways report failures with status 200.
        raise NoAnswer(f"the server says: {message_in(body)}", again=True, status=status)
    return _chosen(found, body, status)


def _chosen(found: Any, body: bytes, status: int) -> Answer:
    try:
        choice = found["choices"][0]
        message = choice["message"]
        content, refusal = message.get("content"), message.get("refusal")
    except (TypeError, KeyError, IndexError, AttributeError):
        raise NoAnswer(
            f"the server sent no choices: {message_in(body)}", again=True, status=status
        ) from None
    reason = choice.get("finish_reason") if isinstance(choice, dict) else None
    finish = one_line(reason, 40) if isinstance(reason, str) else ""
    if isinstance(content, list):
        texts = [p.get("text") for p in content if isinstance(p, dict)]
        content = "".join(t for t in texts if isinstance(t, str))
    if not isinstance(content, str):
        if isinstance(refusal, str) and refusal:
            content = refusal
        elif finish in ("length", "content_filter"):
            # It thought until it was cut off, or was not let speak: an answer that says nothing.
            content = ""
        else:
            raise NoAnswer("the server sent no content", again=True, status=status)
    usage = found.get("usage")
    return Answer(
        storable(content),
        finish,
        _count(usage, "prompt_tokens"),
        _count(usage, "completion_tokens"),
    )


def _count(usage: Any, name: str) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if 0 <= value < 2**53 else 0


def message_in(body: bytes) -> str:
    """Return what an error's body says, on one line, at most ``MESSAGE_LENGTH`` characters.

    >>> message_in(b'{"error": {"message": "no such\\\\nmodel", "type": "x"}}')
    'no such model'
    """
    text = body[:8192].decode("utf-8", "replace")
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        return one_line(text) or "(nothing)"
    for _ in range(3):
        if not isinstance(found, dict):
            break
        for name in ("error", "message", "detail"):
            if found.get(name):
                found = found[name]
                break
        else:
            break
    return one_line(found if isinstance(found, str) else text) or "(nothing)"


def one_line(text: str, length: int = MESSAGE_LENGTH) -> str:
    """Return a server's words without control characters, cut to a length."""
    plain = " ".join(_CONTROL.sub(" ", storable(text[: 8 * length])).split())
    return plain if len(plain) <= length else plain[: length - 1] + "…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait; None if it does not, or not readably."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = parsedate_to_datetime(value)
        except (ValueError, TypeError):
            return None
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        seconds = (when - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if seconds == seconds else None
