"""BAGEL as a backend for evaluation: the trained renderer and weights, one prompt at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any

from sextant.errors import RecipeError
from sextant.models.bagel.checkpoint import load_model
from sextant.models.bagel.family import BagelFamily
from sextant.models.bagel.generate import generate_ids
from sextant.models.bagel.prompt import Piece, pieces_of_turn
from sextant.models.family import Packed
from sextant.models.hf.checkpoint import find_checkpoint
from sextant.models.hf.memory import free_memory
from sextant.models.in_process import (
    DTYPES,
    device_and_dtype,
    failure,
    one_by_one,
    placed,
    surroundings,
)
from sextant.models.messages import ModelOptions, Picture, Reply, Request
from sextant.models.pictures import open_picture, pictures_of


class BagelModel:
    """BAGEL's understanding path; see ``Model``.

    A clip is shown as its frames, one picture after the other, as upstream does. A system turn is a
    piece before the user's.

    Args:
        name: A folder in BAGEL's own layout, or a hub id.
        options: Device, dtype (bfloat16 on a GPU, float32 elsewhere), attention, ``max_side``; in
            ``extra`` the rules of the renderer that shall differ from the published inference
            settings, e.g. ``{"vae_resize_first": true}``.

    Raises:
        InputError: If there is no such model, or its files are not what they should be.
        RecipeError: For options that cannot be meant.
    """

    def __init__(self, name: str, options: ModelOptions) -> None:
        if options.max_side is not None and options.max_side < 1:
            raise RecipeError("an option must be positive", where="max_side", got=options.max_side)
        device, dtype = device_and_dtype(options)
        self._options, self._dtype = options, dtype
        self._checkpoint = find_checkpoint(name)
        self._family = BagelFamily(self._checkpoint.folder)
        self._renderer = self._family.renderer("inference", **options.extra)
        self._attention = options.attention or "sdpa"
        model = load_model(
            self._checkpoint.folder,
            self._family.config,
            dtype=DTYPES[dtype],
            attention=self._attention,
            meta=False,
        )
        self._model: Any = placed(model, device)

    @property
    def name(self) -> str:
        """``bagel:`` and the last part of its path or id."""
        return f"bagel:{self._checkpoint.name}"

    def identity(self) -> Mapping[str, Any]:
        """Return what decides the answers; see ``Model``."""
        return {
            "backend": "bagel",
            "weights": self._checkpoint.weights,
            "dtype": self._dtype,
            "attention": self._attention,
            "max_side": self._options.max_side,
            "rules": asdict(self._renderer.rules),
        }

    def environment(self) -> Mapping[str, Any]:
        """Return library versions and the device."""
        return surroundings(self._model.language_model.lm_head.weight.device)

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply]:
        """Answer requests one by one; see ``Model``. The next one's pictures are read meanwhile."""
        return one_by_one(requests, self._prompt, self._answered, "bagel-prepare")

    def close(self) -> None:
        """Let go of the weights."""
        self._model = None
        free_memory()

    def _prompt(self, request: Request) -> Packed:
        pictures = [open_picture(p, self._options.max_side) for p in pictures_of(request)]
        parts: list[str | None] = []
        for part in request.parts:
            if isinstance(part, str):
                parts.append(part)
            else:
                parts += [None] * (1 if isinstance(part, Picture) else len(part.frames))
        pieces = [] if request.system is None else [Piece(request.system)]
        first = self._renderer.rules.pictures_first
        pieces += pieces_of_turn(parts, pictures_first=first)
        sizes = [picture.size for picture in pictures]
        rendered = self._renderer.render_pieces(pieces, sizes, open_turn=True)
        return self._renderer.pack([(rendered, self._renderer.pixels(pictures, rendered))])

    def _answered(self, request: Request, prompt: Future[Packed]) -> Reply:
        begun = time.monotonic()
        try:
            packed = prompt.result()
            found = generate_ids(
                self._model,
                packed,
                end=self._family.tokens.end,
                max_new_tokens=request.max_new_tokens,
                temperature=request.temperature,
                seed=request.seed,
            )
        except Exception as error:  # one prompt must not end the run
            return failure(request, error)
        ended = bool(found) and found[-1] == self._family.tokens.end
        text = self._family.tokens.decode(found[:-1] if ended else found)
        seconds = time.monotonic() - begun
        finish = "stop" if ended else "length"
        return Reply(request.id, text, None, finish, sum(packed.lengths), len(found), seconds)
