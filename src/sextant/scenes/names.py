"""Names of scenes and frames as names of files, whatever signs they hold."""

from __future__ import annotations

from hashlib import blake2b
from urllib.parse import quote, unquote

MAX_NAME = 160
_HASHED = "~"


def file_name_of(name: str) -> str:
    """Return a file name for any non-empty text: no separators, no leading dot, never too long.

    >>> file_name_of("floor 1/room:2"), file_name_of("..")
    ('floor%201%2Froom%3A2', '%2E%2E')
    """
    quoted = quote(name, safe="", errors="surrogatepass").replace(_HASHED, "%7E")
    for dots in (len(quoted) - len(quoted.lstrip(".")), len(quoted) - len(quoted.rstrip("."))):
        if dots:
            # A dot in front hides a file or leaves the folder, one at the end is lost on Windows.
            quoted = quoted.replace(".", "%2E")
    if len(quoted) > MAX_NAME:
        digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        return quoted[: MAX_NAME - 17].rsplit("%", 1)[0] + _HASHED + digest
    return quoted


def name_of_file(file_name: str) -> str | None:
    """Return the name that ``file_name_of`` turned into this, or None if it was cut short."""
    if _HASHED in file_name:
        return None
    return unquote(file_name, errors="surrogatepass")
