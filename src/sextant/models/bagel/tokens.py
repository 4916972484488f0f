"""Text to ids and back, where text is only ever text.

Upstream's tokenizer turns ``<|im_end|>`` inside a question into the id that ends a piece. Here the
tokenizer that sees texts has forgotten all tokens that were added to its vocabulary, so that
nothing a user writes can open, close or imitate a piece. Any other text gets upstream's ids.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sextant.errors import CorruptInput, MissingInput

if TYPE_CHECKING:
    from tokenizers import Tokenizer

START, END = "<|im_start|>", "<|im_end|>"
PICTURE_START, PICTURE_END = "<|vision_start|>", "<|vision_end|>"
PLACEHOLDER = "<|image_pad|>"

_MARKS = (START, END, PICTURE_START, PICTURE_END)
_MAX_BYTES = 1 << 26


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """A tokenizer and the ids of the marks.

    Attributes:
        plain: For encoding; knows no added token.
        whole: For decoding.
        start, end: Around each piece of text.
        picture_start, picture_end: Around each picture.
        placeholder: Stands where a vision token is; its embedding is never used.
    """

    plain: Tokenizer
    whole: Tokenizer
    start: int
    end: int
    picture_start: int
    picture_end: int
    placeholder: int

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text; never one of a mark."""
        # Half a surrogate pair, which JSON can hold, is no text: it becomes a question mark.
        clean = text.encode("utf-8", "replace").decode("utf-8")
        return list(self.plain.encode(clean, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids; marks and ids that no token has are left out."""
        marks = (self.start, self.end, self.picture_start, self.picture_end)
        kept = [token for token in ids if token not in marks]
        return str(self.whole.decode(kept, skip_special_tokens=True))


def read_tokens(folder: Path, vocabulary: int) -> Tokens:
    """Read the tokenizer of a checkpoint folder.

    Args:
        folder: With ``tokenizer.json``, or ``vocab.json`` and ``merges.txt``.
        vocabulary: Rows of the embedding table.

    Raises:
        MissingInput: If there is none.
        CorruptInput: If it cannot be read, lacks a mark, or has more ids than the model.
    """
    from tokenizers import Tokenizer

    written = _written(folder)
    try:
        whole = Tokenizer.from_str(json.dumps(written))
        # All of them: the library numbers added tokens anew, so none can be left out alone.
        plain = Tokenizer.from_str(json.dumps({**written, "added_tokens": []}))
    except Exception as error:  # the library's parser raises bare exceptions
        raise CorruptInput("cannot read the tokenizer", where=folder, got=error) from error
    plain.no_truncation()
    plain.no_padding()
    found = {mark: whole.token_to_id(mark) for mark in (*_MARKS, PLACEHOLDER)}
    ids = {mark: token for mark, token in found.items() if token is not None}
    if missing := [mark for mark in _MARKS if mark not in ids]:
        raise CorruptInput(
            "the tokenizer lacks a mark of BAGEL's", where=folder, got=", ".join(missing)
        )
    highest = max(whole.get_vocab().values())
    if highest >= vocabulary:
        raise CorruptInput(
            "the tokenizer has ids that the model has not",
            where=folder,
            expected=f"< {vocabulary}",
            got=highest,
        )
    return Tokens(
        plain,
        whole,
        start=ids[START],
        end=ids[END],
        picture_start=ids[PICTURE_START],
        picture_end=ids[PICTURE_END],
        placeholder=ids.get(PLACEHOLDER, ids[PICTURE_START]),
    )


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
    from transformers import Qwen2Tokenizer

    try:
        made = Qwen2Tokenizer.from_pretrained(folder)
        return dict(json.loads(made.backend_tokenizer.to_str()))
    except Exception as error:  # whatever goes wrong there, it is these files
        raise CorruptInput("cannot read the tokenizer", where=folder, got=error) from error
