"""Lists that tables spell as text: JSON, or Python's ``['a', "b"]``.

Python's own ``ast.literal_eval`` can be made to exhaust the stack by nested text, so only flat
lists of plain literals are understood, and each literal is decoded by itself.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from sextant.errors import ConventionError

MAX_LIST_CHARS = 256 * 1024 * 1024
MAX_ENTRIES = 4096

_OPEN = re.compile(r"\s*\[\s*")
_CLOSE = re.compile(r"\s*\]\s*\Z")
# The two string forms have no alternative that overlaps another: matching takes linear time.
_ENTRY = re.compile(
    r"""\s*(?:(?P<text>[rRuU]?(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))"""
    r"""|(?P<number>-?\d{1,40}(?:\.\d{1,40})?)|(?P<word>None|True|False))\s*(?P<end>,|\])""",
    re.DOTALL,
)


def spelled_list(text: str, where: object) -> list[Any]:
    """Return the list that a text spells, as JSON or as flat Python.

    Raises:
        ConventionError: If it spells no flat list of texts, numbers and nulls.
    """
    if len(text) > MAX_LIST_CHARS:
        raise ConventionError(
            "list is too long", where=where, expected=f"<= {MAX_LIST_CHARS} characters",
            got=len(text),
        )  # fmt: skip
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError):
        loaded = _python_list(text)
    if not isinstance(loaded, list) or len(loaded) > MAX_ENTRIES:
        raise ConventionError(
            "not a list", where=where, expected=f"a list of at most {MAX_ENTRIES} entries",
            got=repr(text[:80]),
        )  # fmt: skip
    return loaded


def text_list(value: object, where: object) -> tuple[str, ...]:
    """Return a list of texts from a list, or from a text that spells one.

    Whole numbers become their digits: options like ``[1, 2, 3]`` occur.

    Raises:
        ConventionError: If it is anything else.
    """
    entries = spelled_list(value, where) if isinstance(value, str) else value
    if not isinstance(entries, (list, tuple)):
        raise ConventionError(
            "not a list", where=where, expected="a list of texts", got=type(entries).__name__
        )
    texts = []
    for entry in entries:
        if isinstance(entry, bool) or not isinstance(entry, (str, int, float)):
            raise ConventionError(
                "not a list of texts", where=where, got=f"the entry {str(entry)[:60]}"
            )
        texts.append(entry if isinstance(entry, str) else str(entry))
    return tuple(texts)


def _python_list(text: str) -> list[Any] | None:
    opened = _OPEN.match(text)
    if opened is None:
        return None
    at = opened.end()
    entries: list[Any] = []
    if _CLOSE.match(text, at):
        return entries
    while entry := _ENTRY.match(text, at):
        if len(entries) >= MAX_ENTRIES:
            return None
        try:
            # One string, number or word: nothing in it can nest.
            entries.append(ast.literal_eval(entry["text"] or entry["number"] or entry["word"]))
        except (ValueError, SyntaxError):
            return None
        at = entry.end()
        if entry["end"] == "]":
            return entries if not text[at:].strip() else None
        if _CLOSE.match(text, at):
            return entries
    return None
