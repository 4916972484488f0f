"""Settings that training and inference publish differently.

Training (InternVL: ``internvl_chat_finetune.py``; the released SenseNova-SI script keeps them): up
to 12 tiles for one picture, ``max(1, 12 // n)`` each for n of them, text as it is written.
Inference (SenseNova-SI since its change 18): up to 6 tiles a picture, 64 altogether, several
pictures are named ``Image-1:``, ``Image-2:``, ...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from sextant.errors import RecipeError
from sextant.models.family import Use

SYSTEM = (
    "你是书生·万象，英文名是InternVL，"
    "是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。"
)
"""System turn of the template ``internvl2_5``, which the models were trained with."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How pictures are cut and text is laid out.

    Attributes:
        tiles: Most tiles of a picture, its thumbnail not counted.
        total_tiles: Most tiles of a sample, shared alike among its pictures; each keeps one.
        min_tiles: Fewest tiles of a picture.
        thumbnail: Whether a small view of the whole follows where there is more than one tile.
        number_pictures: Whether ``<image>`` stands as ``Image-k: <image>`` where there are several,
            and alone on its line.
        system: The system turn where a conversation has none; empty = none at all.
    """

    tiles: int = 12
    total_tiles: int = 12
    min_tiles: int = 1
    thumbnail: bool = True
    number_pictures: bool = False
    system: str = SYSTEM

    def most_tiles(self, pictures: int) -> int:
        """Return how many tiles each of so many pictures may have."""
        return max(1, min(self.tiles, self.total_tiles // max(1, pictures)))


RULES: Mapping[Use, Rules] = {
    "train": Rules(),
    "inference": Rules(tiles=6, total_tiles=64, number_pictures=True),
}


def rules_of(use: Use, changes: Mapping[str, Any]) -> Rules:
    """Return the published settings of a use, some of them changed.

    Raises:
        RecipeError: For an unknown rule, or a value of another kind.
    """
    kinds: dict[str, type] = {field.name: type(field.default) for field in fields(Rules)}
    if unknown := sorted(set(changes) - set(kinds)):
        raise RecipeError(
            "InternVL has no such rule", expected=", ".join(sorted(kinds)), got=", ".join(unknown)
        )
    words = {int: "a positive whole number", bool: "true or false", str: "a text"}
    for name, value in changes.items():
        kind = kinds[name]
        counted = isinstance(value, int) and 0 < value <= 1024
        if type(value) is not kind or (kind is int and not counted):
            raise RecipeError(
                "a rule of another kind", where=name, expected=words[kind], got=repr(value)
            )
    rules: Rules = replace(RULES[use], **changes)
    if rules.min_tiles > rules.tiles:
        raise RecipeError(
            "more tiles at least than at most",
            where="min_tiles",
            expected=f"<= {rules.tiles}",
            got=rules.min_tiles,
        )
    return rules
