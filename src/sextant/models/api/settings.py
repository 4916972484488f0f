"""Where a server is, and what of the options it is told; checked before anything is sent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sextant.errors import RecipeError
from sextant.models.messages import ModelOptions

OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class Server:
    """Where requests go.

    Attributes:
        base_url: Without a slash at the end.
        key: None where the server wants none. Kept out of ``repr``, logs, caches and manifests.
    """

    base_url: str
    key: str | None

    def __repr__(self) -> str:
        return f"Server({self.base_url!r})"

    @property
    def url(self) -> str:
        """Of chat completions."""
        return f"{self.base_url}/chat/completions"

    def without_key(self, text: str) -> str:
        """Return a text of the server in which it may have quoted the key."""
        return text.replace(self.key, "***") if self.key else text


def server_of(options: ModelOptions, environment: Mapping[str, str] = os.environ) -> Server:
    """Return where the options say the server is.

    Raises:
        RecipeError: For an address that is none, one that holds a password, or a missing key.
    """
    base = (options.base_url or OPENAI).strip().rstrip("/").removesuffix("/chat/completions")
    try:
        parts = urlsplit(base)
        port = parts.port
    except ValueError as error:
        raise RecipeError("not the address of a server", where="base_url", got=error) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise RecipeError(
            "not the address of a server",
            where="base_url",
            expected="http://host:port/v1",
            got=repr(base),
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise RecipeError(
            "an address must not hold a user, a password or a query",
            where="base_url",
            hint=f"put the key into the environment variable {options.api_key_env}",
        )
    key = environment.get(options.api_key_env, "").strip() or None
    if key is not None and (not key.isascii() or not key.isprintable() or " " in key):
        raise RecipeError(
            "the API key holds characters that no key has",
            where=f"environment variable {options.api_key_env}",
        )
    if key is None and base == OPENAI:
        raise RecipeError(
            "this server wants an API key",
            where=f"environment variable {options.api_key_env}",
            hint=f"export {options.api_key_env}=..., or name another server (base_url)",
        )
    return Server(base, key)


def check_options(options: ModelOptions) -> None:
    """Refuse what cannot be meant.

    Raises:
        RecipeError: With the option.
    """
    for name in ("concurrency", "timeout_s", "requests_per_minute", "max_side"):
        value = getattr(options, name)
        if value is not None and not 0 < value < float("inf"):
            raise RecipeError("an option must be positive", where=name, got=value)
    if options.retries < 0:
        raise RecipeError("an option must not be negative", where="retries", got=options.retries)
    if options.images not in ("base64", "url"):
        raise RecipeError(
            "unknown way to send pictures",
            where="images",
            expected="base64 or url",
            got=repr(options.images),
        )
    if options.images == "url":
        if urlsplit(options.url_prefix).scheme not in ("http", "https", "file"):
            raise RecipeError(
                "pictures sent by address need one to begin with",
                where="url_prefix",
                expected="http://, https:// or file://",
                got=repr(options.url_prefix),
            )
        if options.max_side is not None:
            raise RecipeError(
                "pictures sent by address cannot be scaled",
                where="max_side",
                hint="send them as base64, or leave the scaling to the server",
            )
    taken = sorted({"model", "messages", "stream", "n"} & set(options.extra))
    if taken:
        raise RecipeError(
            "these fields of a request are not free to choose",
            where="extra",
            got=", ".join(taken),
        )


def identity_of(model: str, server: Server, options: ModelOptions) -> dict[str, Any]:
    """Return what of all this may decide an answer.

    The server's address is part of it: the same name may stand for other weights elsewhere, and a
    wrong answer from the cache costs more than one asked for anew.
    """
    return {
        "backend": "api",
        "model": model,
        "base_url": server.base_url,
        "images": options.images,
        "url_prefix": options.url_prefix if options.images == "url" else "",
        "max_side": options.max_side,
        "extra": dict(options.extra),
    }
