"""The columns of a Hugging Face export, in the three places that name them: Arrow, its metadata,
and the YAML of the card."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from sextant.samples.sample import SCHEMA

HF_COLUMNS = tuple(name for name in SCHEMA.names if name != "images")
"""Columns taken over from the samples as they are."""

_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_PIECE = pa.struct([("type", pa.string()), ("text", pa.string())])
_MESSAGE = pa.struct([("role", pa.string()), ("content", pa.list_(_PIECE))])

_FIRST = {"images": pa.list_(_IMAGE), "messages": pa.list_(_MESSAGE)}


PACKED = ("images.list.element.bytes",)
"""What is compressed already."""


def _columns() -> dict[str, pa.DataType]:
    columns = {"id": SCHEMA.field("id").type, **_FIRST}
    return columns | {name: SCHEMA.field(name).type for name in HF_COLUMNS if name != "id"}


def feature(kind: pa.DataType) -> Any:
    """Return a type as the metadata of ``datasets`` writes it.

    Lists are written as JSON lists, which all versions of ``datasets`` read.
    """
    if kind == _IMAGE:
        return {"_type": "Image"}
    if pa.types.is_list(kind):
        return [feature(kind.value_type)]
    if pa.types.is_struct(kind):
        return {field.name: feature(field.type) for field in kind}
    return {"dtype": _dtype(kind), "_type": "Value"}


def card_feature(name: str, kind: pa.DataType) -> dict[str, Any]:
    """Return a column as the YAML of a card writes it."""
    return {"name": name, **_card_type(kind)}


def _card_type(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        inner = _card_type(kind.value_type)
        return {"list": inner["dtype"] if "dtype" in inner else inner["struct"]}
    if kind == _IMAGE:
        return {"dtype": "image"}
    if pa.types.is_struct(kind):
        return {"struct": [card_feature(field.name, field.type) for field in kind]}
    return {"dtype": _dtype(kind)}


def _dtype(kind: pa.DataType) -> str:
    return {pa.float64(): "float64"}.get(kind, str(kind))


COLUMNS = _columns()

HF_SCHEMA = pa.schema(
    [pa.field(name, kind) for name, kind in COLUMNS.items()],
    metadata={
        "huggingface": json.dumps(
            {"info": {"features": {name: feature(kind) for name, kind in COLUMNS.items()}}}
        )
    },
)
