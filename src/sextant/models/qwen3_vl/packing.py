"""Samples to one row of model inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from sextant.errors import ConventionError
from sextant.models.family import Packed, Pixels, Rendered
from sextant.models.qwen3_vl.config import Config


def positions(rendered: Rendered, factor: int) -> NDArray[np.int64]:
    """Return (4, n) positions of a sample's tokens.

    Row 0 counts tokens; where it starts anew, another sample begins. Rows 1..3 are (time, height,
    width): equal in text; a picture's tokens share one time and count rows and columns from there,
    and the text after it goes on behind its longer side (transformers: ``get_rope_index``).

    Args:
        rendered: The sample.
        factor: Side of a token in pixels.
    """
    found = np.empty((4, len(rendered)), np.int64)
    found[0] = np.arange(len(rendered))
    done, place = 0, 0
    for slot in rendered.slots:
        text = slot.start - done
        found[1:, done : slot.start] = place + np.arange(text)
        place += text
        columns, rows = slot.size[0] // factor, slot.size[1] // factor
        inside = found[1:, slot.start : slot.start + slot.tokens]
        inside[0] = place
        inside[1] = place + np.repeat(np.arange(rows), columns)
        inside[2] = place + np.tile(np.arange(columns), rows)
        place += max(rows, columns)
        done = slot.start + slot.tokens
    found[1:, done:] = place + np.arange(len(rendered) - done)
    return found


def pack(samples: Sequence[tuple[Rendered, Pixels]], config: Config) -> Packed:
    """Put samples into one row.

    Nothing tells the samples apart but the positions: no attention mask may be given, and no cache
    be used, or the language model lets all of them see each other (see ``model``).

    Args:
        samples: In the order of the row.
        config: Of the checkpoint.

    Returns:
        Inputs ``input_ids`` (1, L), ``position_ids`` (4, 1, L), ``keep`` (m,): places whose next
        token is supervised, ``vision_places`` (v,): places of vision tokens, ``patches`` (p, 3 *
        patch * patch) uint8, ``grid_thw`` (pictures, 3), ``lengths`` (samples,); all int64 but the
        patches.

    Raises:
        ConventionError: If there is none, or a sample's pixels are not those of its slots.
    """
    if not samples:
        raise ConventionError("a pack without samples")
    starts = np.cumsum([0, *(len(rendered) for rendered, _ in samples)])
    keep, labels, owner, places = [], [], [], []
    for k, (rendered, pixels) in enumerate(samples):
        _check(rendered, pixels, config, k)
        targets = np.flatnonzero(rendered.targets)
        keep.append(starts[k] + targets - 1)
        labels.append(rendered.ids[targets])
        owner.append(np.full(len(targets), k))
        for slot in rendered.slots:
            places.append(starts[k] + np.arange(slot.start, slot.start + slot.tokens))
    grid = np.concatenate([pixels["grid"] for _, pixels in samples])
    inputs = {
        "input_ids": np.concatenate([rendered.ids for rendered, _ in samples])[None],
        "position_ids": np.concatenate(
            [positions(rendered, config.factor) for rendered, _ in samples], axis=1
        )[:, None],
        "keep": np.concatenate(keep),
        "vision_places": np.concatenate([np.zeros(0, np.int64), *places]),
        "patches": np.concatenate([pixels["patches"] for _, pixels in samples]),
        "grid_thw": np.concatenate([np.ones((len(grid), 1), np.int64), grid], axis=1),
        "lengths": np.diff(starts),
    }
    return Packed(
        {name: torch.from_numpy(np.ascontiguousarray(v)) for name, v in inputs.items()},
        labels=torch.from_numpy(np.concatenate(labels)),
        sample=torch.from_numpy(np.concatenate(owner)),
        lengths=tuple(len(rendered) for rendered, _ in samples),
    )


def _check(rendered: Rendered, pixels: Pixels, config: Config, k: int) -> None:
    where = f"sample {k} of the pack"
    if not len(rendered) or rendered.targets[0]:
        raise ConventionError("nothing stands before the first token", where=where)
    said = [(s.size[1] // config.patch, s.size[0] // config.patch) for s in rendered.slots]
    got = [(int(rows), int(columns)) for rows, columns in pixels["grid"]]
    patches = sum(rows * columns for rows, columns in said)
    if said != got or pixels["patches"].shape != (patches, 3 * config.patch**2):
        raise ConventionError(
            "pixels of other pictures than the text has", where=where, expected=said, got=got
        )
