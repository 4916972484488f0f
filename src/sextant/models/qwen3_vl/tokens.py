"""Text to ids and back, where text is only ever text.

The usual call of a tokenizer turns ``<|im_end|>`` inside a question into the id that ends a turn.
Here such words are spelled out, letter by letter: nothing a user writes can open, close or imitate
a turn or a picture. Texts without them get the same ids as ever. Words of the vocabulary that are
no marks, such as ``<think>``, stay what they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sextant.errors import CorruptInput, MissingInput
from sextant.models.qwen3_vl.config import Config
from sextant.models.qwen3_vl.json_files import read_object

if TYPE_CHECKING:
    from tokenizers import Tokenizer

START, END = "<|im_start|>", "<|im_end|>"
PICTURE_START, PICTURE_END, PLACEHOLDER = "<|vision_start|>", "<|vision_end|>", "<|image_pad|>"

_MARK = re.compile(r"<\|[^|]*\|>")


class Tokens:
    """A tokenizer and the ids of the marks. Can be sent to another process.

    Args:
        written: The content of ``tokenizer.json``.
        where: Folder, for messages.

    Attributes:
        start, end: Around each turn.
        picture_start, picture_end: Around each picture.
        placeholder: Stands where a vision token is.
    """

    def __init__(self, written: dict[str, Any], where: Path) -> None:
        from tokenizers import Tokenizer

        self._where = where
        try:
            whole = Tokenizer.from_str(json.dumps(written))
            for token in written.get("added_tokens") or []:
                # Of Qwen's marks some are no "special" tokens, e.g. <|fim_prefix|>.
                token["special"] = token["special"] or bool(_MARK.fullmatch(token["content"]))
            self._spelling = json.dumps(written)
            self._build()
        except Exception as error:  # the library's parser raises bare exceptions
            raise CorruptInput("cannot read the tokenizer", where=where, got=error) from error
        self._whole = whole
        self.size = whole.get_vocab_size(with_added_tokens=True)
        self.start, self.end = self._id(START), self._id(END)
        self.picture_start, self.picture_end = self._id(PICTURE_START), self._id(PICTURE_END)
        self.placeholder = self._id(PLACEHOLDER)

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text; never one of a mark."""
        # Half a surrogate pair, which JSON can hold, is no text: it becomes a question mark.
        clean = text.encode("utf-8", "replace").decode("utf-8")
        return list(self._plain.encode(clean, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids; special tokens, and ids that no token has, are left out."""
        return str(self._whole.decode(list(ids), skip_special_tokens=True))

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_plain"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._build()

    def _build(self) -> None:
        from tokenizers import Tokenizer

        plain = Tokenizer.from_str(self._spelling)
        plain.no_truncation()
        plain.no_padding()
        # A pickled tokenizer forgets this, which is why it is built anew in each process.
        plain.encode_special_tokens = True
        self._plain: Tokenizer = plain

    def _id(self, mark: str) -> int:
        found = self._whole.token_to_id(mark)
        if found is None:
            raise CorruptInput("the tokenizer lacks a mark", where=self._where, expected=mark)
        return int(found)


def read_tokens(folder: Path, config: Config) -> Tokens:
    """Read the tokenizer of a checkpoint folder.

    Raises:
        MissingInput: If there is no ``tokenizer.json``.
        CorruptInput: If it cannot be read, or does not belong to the model.
    """
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise MissingInput("a folder without a tokenizer", where=folder, expected="tokenizer.json")
    tokens = Tokens(read_object(path), folder)
    pairs = (
        (PLACEHOLDER, tokens.placeholder, config.image_id),
        (PICTURE_START, tokens.picture_start, config.vision_start_id),
        (PICTURE_END, tokens.picture_end, config.vision_end_id),
    )
    for mark, ours, models in pairs:
        if ours != models:
            raise CorruptInput(
                "tokenizer and model know a mark by different ids",
                where=f"{folder}: {mark}",
                expected=models,
                got=ours,
            )
    if tokens.size > config.vocabulary:
        raise CorruptInput(
            "the tokenizer has ids that the model has not",
            where=path,
            expected=f"<= {config.vocabulary}",
            got=tokens.size,
        )
    return tokens
