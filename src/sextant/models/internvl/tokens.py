"""Text to ids and back, where text is only ever text.

Upstream's tokenizer turns ``<|im_end|>`` or ``<IMG_CONTEXT>`` inside a question into the id that
ends a turn or stands for a vision token. Here such marks are text like any other when they are
encoded; only this module gives out their ids. Texts without marks get the same ids as upstream.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sextant.errors import CorruptInput, MissingDependency, MissingInput

if TYPE_CHECKING:
    from tokenizers import Tokenizer

START, END = "<|im_start|>", "<|im_end|>"
PICTURE_START, PICTURE_END = "<img>", "</img>"
CONTEXT = "<IMG_CONTEXT>"
MARKS = (START, END, PICTURE_START, PICTURE_END, CONTEXT)

CONTENT = ("<ref>", "</ref>", "<box>", "</box>", "<quad>", "</quad>")
"""Marks of grounding. They belong to what is said and stay marks wherever they are written."""

_MAX_BYTES = 1 << 26


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """A tokenizer and the ids of the marks.

    Attributes:
        plain: Encodes marks as text.
        start, end: Around each turn.
        picture_start, picture_end: Around each picture.
        context: Stands where a vision token is.
        silent: Ids that are no text: all special ones.
    """

    plain: Tokenizer
    start: int
    end: int
    picture_start: int
    picture_end: int
    context: int
    silent: frozenset[int]

    def __reduce__(self) -> tuple[object, ...]:
        # The library forgets, on the way to a worker, that marks are text.
        ids = (self.start, self.end, self.picture_start, self.picture_end, self.context)
        return (_rebuilt, (self.plain.to_str(), ids, self.silent))

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text; never one of a mark, ``CONTENT`` excepted."""
        # Half a surrogate pair, which JSON can hold, is no text: it becomes a question mark.
        clean = text.encode("utf-8", "replace").decode("utf-8")
        return list(self.plain.encode(clean, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids; special ones, and ids that no token has, are left out."""
        kept = [token for token in ids if token not in self.silent]
        return str(self.plain.decode(kept, skip_special_tokens=False))


def read_tokens(folder: Path, vocabulary: int) -> Tokens:
    """Read the tokenizer of a checkpoint folder.

    Args:
        folder: With ``tokenizer.json``, or ``vocab.json`` and ``merges.txt`` and the added tokens
            (``tokenizer_config.json`` or ``added_tokens.json``), as OpenGVLab publishes them.
        vocabulary: Rows of the embedding table.

    Raises:
        MissingInput: If there is none.
        CorruptInput: If it cannot be read, lacks a mark, or has ids that the model has not.
    """
    written = _written(folder)
    try:
        added = [dict(token) for token in written.get("added_tokens") or []]
        silent = frozenset(token["id"] for token in added if token["special"])
        # The flag decides what ``encode_special_tokens`` treats as text. Tokens are not removed:
        # the ids of those behind them would change.
        for token in added:
            shaped = token["content"].startswith("<|") and token["content"].endswith("|>")
            token["special"] = token["content"] not in CONTENT and (token["special"] or shaped)
        plain = _plain(json.dumps({**written, "added_tokens": added}))
        ids = [plain.token_to_id(token["content"]) for token in added]
    except Exception as error:  # the library's parser raises bare exceptions
        raise CorruptInput("cannot read the tokenizer", where=folder, got=error) from error
    if ids != [token["id"] for token in added]:
        raise CorruptInput("the added tokens of the tokenizer have other ids", where=folder)
    known = {token["content"]: int(token["id"]) for token in added}
    found = {mark: known[mark] for mark in MARKS if mark in known}
    if missing := [mark for mark in MARKS if mark not in known]:
        raise CorruptInput(
            "the tokenizer lacks a mark of InternVL's", where=folder, got=", ".join(missing)
        )
    # Folders of transformers have further special tokens (<video>) that the model has no rows for.
    largest = max(
        max(plain.get_vocab(with_added_tokens=False).values(), default=0),
        *found.values(),
        *(token["id"] for token in added if not token["special"]),
    )
    if largest >= vocabulary:
        raise CorruptInput(
            "the tokenizer has ids that the model has not",
            where=folder,
            expected=f"< {vocabulary}",
            got=largest,
        )
    return Tokens(
        plain,
        start=found[START],
        end=found[END],
        picture_start=found[PICTURE_START],
        picture_end=found[PICTURE_END],
        context=found[CONTEXT],
        silent=silent | set(found.values()),
    )


def _plain(text: str) -> Tokenizer:
    from tokenizers import Tokenizer

    made = Tokenizer.from_str(text)
    made.encode_special_tokens = True
    made.no_truncation()
    made.no_padding()
    return made


def _rebuilt(text: str, ids: tuple[int, int, int, int, int], silent: frozenset[int]) -> Tokens:
    return Tokens(_plain(text), *ids, silent)


def _written(folder: Path) -> dict[str, Any]:
    """Return the tokenizer as ``tokenizer.json`` holds it."""
    path = folder / "tokenizer.json"
    if path.is_file():
        if path.stat().st_size > _MAX_BYTES:
            raise CorruptInput("too large for a tokenizer", where=path)
        try:
            found = json.loads(path.read_text("utf-8"))
        except (ValueError, RecursionError) as error:
            raise CorruptInput("the tokenizer is not JSON", where=path, got=error) from error
        if not isinstance(found, dict):
            raise CorruptInput("the tokenizer is not a JSON object", where=path)
        return found
    if not (folder / "vocab.json").is_file() or not (folder / "merges.txt").is_file():
        raise MissingInput(
            "a folder without a tokenizer",
            where=folder,
            expected="tokenizer.json, or vocab.json and merges.txt",
        )
    try:
        from transformers import Qwen2Tokenizer
    except ImportError as error:
        raise MissingDependency.extra("transformers", "train", "this tokenizer") from error

    try:
        made = Qwen2Tokenizer.from_pretrained(folder)
        return dict(json.loads(made.backend_tokenizer.to_str()))
    except Exception as error:  # whatever goes wrong there, it is these files
        raise CorruptInput("cannot read the tokenizer", where=folder, got=error) from error
