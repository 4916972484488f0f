"""Relation annotations: masks of the same things in the pictures of several cameras.

``annotations/relations_{train,val,test}.json`` holds ``annotations`` of all takes by their uid,
with ``object_masks``: object ("stainless bowl_0"), camera ("aria01_214-1", "cam01"),
``annotation``, frame number of the take's video, then ``width``, ``height`` and ``encodedMask``.
Masks lie on the upright picture of the glasses. (Ego-Exo4D's documentation of the annotation, and
its relation benchmark's code for the numbering of frames.)

Files are larger than what one would load, so a take's part is cut out of the text.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.errors import ConventionError, CorruptInput
from sextant.scenes import SeenThing, Sighting
from sextant.scenes.sightings import sighting_of_mask
from sextant.sources.documents import parse_json
from sextant.sources.egoexo4d.mask_codes import decode_mask
from sextant.sources.images import MAX_PIXELS
from sextant.sources.quarantine import Quarantine
from sextant.sources.vocabulary import canonical_name, is_shell

MAX_TAKE_BYTES = 256 * 1024 * 1024

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}]')
_NUMBERED = re.compile(r"_\d+$")


@dataclass(frozen=True, slots=True)
class MaskCode:
    """A mask as it is stored.

    Attributes:
        thing: Id of what it shows.
        width, height: Size of the picture that it was drawn on.
        code: ``encodedMask``.
        where: The record, for messages.
    """

    thing: str
    width: int
    height: int
    code: str
    where: str

    def decoded(self) -> NDArray[np.bool_]:
        """Return the (height, width) mask.

        Raises:
            CorruptInput: If the code is damaged.
        """
        return decode_mask(self.code, self.width, self.height, self.where)


@dataclass(frozen=True, slots=True)
class Relations:
    """What is known of a take's things.

    Attributes:
        things: Sorted by id.
        masks: By camera ("aria01", "cam01") and frame number.
        notes: What was left out.
    """

    things: tuple[SeenThing, ...]
    masks: Mapping[tuple[str, int], tuple[MaskCode, ...]]
    notes: Mapping[str, str]


def read_relations(folder: Path, uid: str, take_name: str) -> Relations | None:
    """Return a take's relations out of ``annotations/``; None where no file has any.

    Raises:
        InputError: If its part is broken, or more than a fifth of its masks are.
    """
    for path in sorted(folder.glob("relations_*.json")):
        record = _record(path, uid, take_name)
        if record is not None:
            return _relations(record, f"{path}: {take_name}")
    return None


def sightings(
    masks: tuple[MaskCode, ...], onto: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
) -> dict[str, Sighting]:
    """Return where a frame shows which things.

    Args:
        masks: The frame's.
        onto: Brings an (h, w) uint8 mask onto the frame's camera; picklable.

    Raises:
        CorruptInput: If a mask cannot be decoded.
    """
    found = {}
    for mask in masks:
        seen = sighting_of_mask(onto(mask.decoded().astype(np.uint8)) > 0)
        if seen is not None:
            found[mask.thing] = seen
    return found


def _record(path: Path, uid: str, take_name: str) -> Mapping[str, Any] | None:
    """Cut the record of a take out of a file, which may be larger than memory."""
    key = re.compile(rb'"%s"\s*:\s*(?=\{)' % re.escape(uid.encode()))
    try:
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                return None
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
                return _record_in(text, key, take_name, f"{path}: {uid}")
    except (OSError, ValueError) as error:  # a folder, a link that leads round, a device
        raise CorruptInput("relations cannot be read", where=path, got=error) from error


def _record_in(
    text: mmap.mmap, key: re.Pattern[bytes], take_name: str, where: str
) -> Mapping[str, Any] | None:
    for found in key.finditer(text):
        end = _end_of_object(text, found.end(), where)
        try:
            part = text[found.end() : end].decode("utf-8")
        except UnicodeDecodeError as error:
            raise CorruptInput("relations cannot be read", where=where, got=error) from error
        record: dict[str, Any] = parse_json(part, where)
        if record.get("take_name") == take_name and "object_masks" in record:
            return record
    return None


def _end_of_object(text: mmap.mmap, start: int, where: str) -> int:
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token.end() - start > MAX_TAKE_BYTES:
            break
        depth += {b"{": 1, b"}": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    raise CorruptInput("relations of a take do not end", where=where)


def _relations(record: Mapping[str, Any], where: str) -> Relations:
    quarantine = Quarantine("masks")
    masks: dict[tuple[str, int], list[MaskCode]] = {}
    categories: dict[str, str] = {}
    for entry, code in quarantine.sift(_entries(record["object_masks"], where), _mask_code):
        name = canonical_name(_NUMBERED.sub("", entry[0]).replace("_", " "))
        if is_shell(name):
            continue
        categories[code.thing] = name
        masks.setdefault((entry[1].partition("_")[0], int(entry[2])), []).append(code)
    quarantine.check()
    things = tuple(SeenThing(i, name) for i, name in sorted(categories.items()))
    return Relations(things, {k: tuple(v) for k, v in masks.items()}, quarantine.notes)


def _entries(masks: Any, where: str) -> Iterator[tuple[str, str, str, Any, str]]:
    """Yield object, camera, frame number, record and its place."""
    for thing, cameras in _mapping(masks, where).items():
        for camera, record in _mapping(cameras, f"{where}: {thing}").items():
            place = f"{where}: {thing}, {camera}"
            frames = _mapping(record, place).get("annotation", {})
            for number, mask in _mapping(frames, place).items():
                yield thing, camera, number, mask, f"{place}, frame {number}"


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise CorruptInput("relations are no JSON objects", where=where, got=type(value).__name__)
    return value


def _mask_code(entry: tuple[str, str, str, Any, str]) -> MaskCode:
    thing, _, number, record, where = entry
    width, height = (_mapping(record, where).get(side) for side in ("width", "height"))
    code = record.get("encodedMask")
    if not (number.isascii() and number.isdigit() and thing.strip() and isinstance(code, str)):
        raise CorruptInput("mask has no frame number, no object or no code", where=where)
    if not (isinstance(width, int) and isinstance(height, int)) or not (
        width > 0 and height > 0 and width * height <= MAX_PIXELS
    ):
        raise ConventionError("mask has no usable size", where=where, got=f"{width}x{height}")
    return MaskCode(thing, width, height, code, where)
