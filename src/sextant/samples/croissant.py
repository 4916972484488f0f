"""Croissant metadata (MLCommons, version 1.0) of a corpus: what catalogues and loaders read.

https://docs.mlcommons.org/croissant/docs/croissant-spec.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from sextant.samples.sample import SCHEMA

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

PARQUET = "application/x-parquet"

_TYPES = {
    pa.int32(): "sc:Integer",
    pa.uint64(): "sc:Integer",
    pa.float64(): "sc:Float",
}

_SAID = {
    "id": "16 hex digits, stable between runs",
    "images": "paths relative to the corpus folder, in prompt order; external/<name>/... where "
    "manifest.json says",
    "question": "holds one <image> per entry of images",
    "evidence": "JSON from which the answer can be recomputed",
    "value": "the numeric truth before rounding",
    "turns": "JSON of further turns",
    "license": "terms of the capture or set that the row comes from",
}


def render_croissant(manifest: Mapping[str, Any]) -> str:
    """Return the text of ``croissant.json``.

    Args:
        manifest: The manifest, without its files and checksum.
    """
    counts, head = manifest["counts"], manifest["head"]
    described = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": f"sextant-corpus-{head['recipe_hash']}",
        "description": f"{manifest['samples']} questions about space, of "
        f"{', '.join(counts['source']) or 'no source'}; see card.md.",
        "version": "1.0.0",
        "license": list(counts["license"]),
        "keywords": ["spatial intelligence", "visual question answering", *counts["capability"]],
        "creator": {"@type": "sc:Organization", "name": f"sextant {_version(head)}"},
        "isLiveDataset": False,
        "distribution": [
            *(
                {
                    "@type": "cr:FileObject",
                    "@id": facts["qa"]["file"],
                    "name": facts["qa"]["file"],
                    "contentUrl": facts["qa"]["file"],
                    "contentSize": f"{facts['qa']['bytes']} B",
                    "encodingFormat": PARQUET,
                    "sha256": facts["qa"]["sha256"],
                }
                for facts in manifest["shards"]
            ),
            {
                "@type": "cr:FileSet",
                "@id": "qa",
                "name": "qa",
                "encodingFormat": PARQUET,
                "includes": "qa/*.parquet",
            },
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "samples",
                "name": "samples",
                "key": {"@id": "samples/id"},
                "field": [_field(field) for field in SCHEMA],
            }
        ],
    }
    return json.dumps(described, ensure_ascii=False, indent=1) + "\n"


def _field(field: pa.Field) -> dict[str, Any]:
    described = {
        "@type": "cr:Field",
        "@id": f"samples/{field.name}",
        "name": field.name,
        "dataType": _TYPES.get(field.type, "sc:Text"),
        "source": {"fileSet": {"@id": "qa"}, "extract": {"column": field.name}},
    }
    if field.name in _SAID:
        described["description"] = _SAID[field.name]
    if pa.types.is_list(field.type):
        described["repeated"] = True
    return described


def _version(head: Mapping[str, Any]) -> str:
    versions = head.get("versions")
    return str(versions.get("sextant", "")) if isinstance(versions, Mapping) else ""
