"""Hostile sets: nothing read or written outside, nothing carried out, memory bounded.

Each case is one record, or one picture, beside a sound one. An import may leave the record out, or
refuse the set with an error of ours; it may not do anything else.
"""

from __future__ import annotations

import json
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from set_files import jsonl, peak_of_import, picture, talk

from sextant.corpus.importing.job import ImportJob
from sextant.corpus.importing.run import import_set
from sextant.errors import InputError, SextantError
from sextant.samples.store import CorpusStore

SECRET = (7, 77, 177)
"""Colour of the picture outside the set."""

PATHS: list[Any] = [
    "../secret.png", "SECRET", "a/../../secret.png", "./../secret.png", "..\\secret.png",
    "C:\\secret.png", "\\\\host\\share\\x.png", "file://SECRET", "http://127.0.0.1:9/x.png",
    "s3://bucket/x.png", "~/secret.png", "$HOME/secret.png", "secret.png\0.png",
    "%2e%2e/secret.png",
    "link.png", "linked/secret.png", "x" * 5000, "x/" * 3000 + "y.png", "", ".", "..", "/", "//",
    "external/sharegpt/../../../secret.png", "images/ab/../../../secret.png", "\u202egnp.terces",
    "\ud800.png", "|touch pwned", "$(touch pwned).png", "`touch pwned`.png", "; touch pwned",
    "-rf.png", "con", 5, None, {}, {"bytes": "x", "path": "../secret.png"}, [["../secret.png"]],
    ["../secret.png", "good.png"], True, 1e999,
]  # fmt: skip

GOOD = {"id": 0, "image": ["good.png"], "conversations": talk("<image>Where?", "left")}

RECORDS: dict[str, bytes] = {
    "not utf-8": b'{"id": 1, "image": "good.png", "conversations": "\xff\xfe"}',
    "utf-16": '{"id": 1}'.encode("utf-16"),
    "utf-7": b"+AHsAIgBpAGQAIg-",
    "byte order mark": b"\xef\xbb\xbf" + b'{"id": 1}',
    "nul bytes": b"\0" * 1000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep arrays": b"[" * 100_000 + b"]" * 100_000,
    "deep and open": b"[" * 1_000_000,
    "huge number": b'{"id": 1' + b"0" * 100_000 + b"}",
    "huge exponent": b'{"id": 1e999999999}',
    "NaN": b'{"id": NaN}',
    "twice the same key": b'{"id": 1, "id": 2, "image": "good.png", "image": "../secret.png"}',
    "17 MB": b'{"id": "' + b"x" * (17 << 20) + b'"}',
    "many keys": b"{" + b",".join(b'"k%d":1' % k for k in range(50_000)) + b"}",
    "yaml": b"!!python/object/apply:os.system ['touch pwned']",
    "pickle": pickle.dumps({"id": 1}),
    "a list": b"[1, 2]",
    "a number": b"5",
    "null": b"null",
    "a string": b'"x"',
    "cut off": b'{"id": 1, "image": "good',
    "control characters": b'{"id": "\x01\x02"}',
    "lone surrogates": b'{"id": 1, "image": "good.png", "conversations": [{"from": "human", '
    b'"value": "<image>\\ud800?"}, {"from": "gpt", "value": "\\udfff"}]}',
    "talk is a text": b'{"id": 1, "image": "good.png", "conversations": "x"}',
    "talk of numbers": b'{"id": 1, "image": "good.png", "conversations": [1, 2]}',
    "talk of nothing": b'{"id": 1, "image": "good.png", "conversations": []}',
    "a million marks": b'{"id": 1, "image": "good.png", "conversations": '
    b'[{"from": "human", "value": "'
    + b"<image>" * 1_000_000
    + b'"}, {"from": "gpt", "value": "x"}]}',
    "html": b"<script>alert(1)</script>",
    "carriage returns": b'{"id": 1}\r{"id": 2}\r',
    "code": b'{"id": "__import__(\'os\').system(\'touch pwned\')", "__class__": "os.system"}',
}  # fmt: skip


class _Touch:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch pwned",)


def _bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 10_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _zip() -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("../../pwned", b"x")
        file.writestr("/pwned", b"x")
        file.writestr("bomb", b"\0" * 50_000_000)
    return stream.getvalue()


PICTURES: dict[str, Callable[[Path], object]] = {
    "a pickle": lambda p: p.write_bytes(pickle.dumps(_Touch())),
    "a zip with paths and a bomb": lambda p: p.write_bytes(_zip()),
    "a picture of 10^10 pixels": lambda p: p.write_bytes(_bomb(100_000, 100_000)),
    "a picture of 2^31 x 1": lambda p: p.write_bytes(_bomb(2**31 - 1, 1)),
    "a picture of no pixels": lambda p: p.write_bytes(_bomb(0, 0)),
    "half a picture": lambda p: p.write_bytes(picture(p).read_bytes()[:40]),
    "EPS that calls": lambda p: p.write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%touch pwned) (w) file\n"
    ),
    "SVG with an entity": lambda p: p.write_bytes(
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'
    ),
    "PDF": lambda p: p.write_bytes(b"%PDF-1.4\n%%EOF"),
    "a script": lambda p: (p.write_bytes(b"#!/bin/sh\ntouch pwned\n"), p.chmod(0o755)),
    "nothing": lambda p: p.write_bytes(b""),
    "a folder": lambda p: p.mkdir(),
    "a pipe": lambda p: os.mkfifo(p),
    "an endless device": lambda p: p.symlink_to("/dev/zero"),
    "a link outside": lambda p: p.symlink_to("/etc/passwd"),
    "a link to itself": lambda p: p.symlink_to(p),
    "a sparse file of 2 GB": lambda p: _sparse(p),
    "MPO, TIFF": lambda p: p.write_bytes(b"II*\0" + b"\xff" * 1000),
    "NumPy objects": lambda p: p.write_bytes(b"\x93NUMPY\x01\0v\0{'descr': '|O', 'shape': (1,)}"),
}


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2 << 30)


SETS = (
    "sharegpt",
    pytest.param("sensenova_si", marks=pytest.mark.slow),
    pytest.param("llava", marks=pytest.mark.slow),
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set with a sound picture, and a secret beside it; whatever is called runs in here."""
    folder = tmp_path / "place"
    picture(folder / "secret.png", SECRET)
    picture(folder / "set" / "good.png", (1, 2, 3))
    (folder / "set" / "link.png").symlink_to(folder / "secret.png")
    (folder / "set" / "linked").symlink_to(folder)
    monkeypatch.chdir(folder)
    return folder


def survive(place: Path, set_name: str, rows: list[Any], images: Any) -> None:
    """Import, and see that nothing happened but an import."""
    jsonl(place / "set" / "rows.jsonl", rows)
    secret, before = (place / "secret.png").read_bytes(), outside(place)
    error = error_of(ImportJob(set_name, place / "set", place / "out", images, max_broken=1.0))
    if error is not None:
        assert len(str(error)) < 5000
    else:
        store = CorpusStore.open(place / "out")
        assert store.count >= 1, "the sound record is there"
        for path in {path for sample in store.samples() for path in sample.images}:
            assert read_or_refused(store, path) != secret
    assert outside(place) == before
    assert not list(place.rglob("pwned"))


def error_of(job: ImportJob) -> SextantError | None:
    try:
        import_set(job, quiet=True)
    except SextantError as error:
        return error
    return None


def read_or_refused(store: CorpusStore, path: str) -> bytes:
    """What a reader of the corpus gets to see of a picture; nothing, if it is refused or gone."""
    try:
        found = store.image_path(path)
    except InputError:
        return b""
    return found.read_bytes() if found.is_file() else b""


def outside(place: Path) -> set[str]:
    """Everything that is not the output."""
    found = set()
    for parent, folders, names in os.walk(place):
        if Path(parent) == place:
            folders[:] = [name for name in folders if name != "out"]
        found |= {os.path.join(parent, name) for name in [*folders, *names]}
    return found


@pytest.mark.parametrize("set_name", SETS)
@pytest.mark.parametrize("images", ["refer", "store"])
@pytest.mark.parametrize("number", range(len(PATHS)))
def test_paths(place: Path, set_name: str, images: str, number: int) -> None:
    path = PATHS[number]
    if isinstance(path, str):
        path = path.replace("SECRET", str(place / "secret.png"))
    row = {"id": 1, "image": path, "conversations": talk("<image>Who?", "me")}
    encoded = json.dumps(row).encode()
    survive(place, set_name, [GOOD, encoded], images)


@pytest.mark.parametrize("set_name", SETS)
@pytest.mark.parametrize("name", list(RECORDS))
def test_records(place: Path, set_name: str, name: str) -> None:
    survive(place, set_name, [GOOD, RECORDS[name], {**GOOD, "id": 2}], "refer")


@pytest.mark.parametrize("set_name", SETS)
@pytest.mark.parametrize("name", list(PICTURES))
def test_pictures(place: Path, set_name: str, name: str) -> None:
    PICTURES[name](place / "set" / "bad.png")
    row = {"id": 1, "image": ["bad.png"], "conversations": talk("<image>Who?", "me")}
    survive(place, set_name, [GOOD, row], "store")


@pytest.mark.slow
@pytest.mark.parametrize("set_name", ["sharegpt", "sensenova_si", "llava"])
def test_a_line_of_two_gigabytes_takes_no_more_memory_than_a_short_one(
    place: Path, set_name: str
) -> None:
    path = jsonl(place / "set" / "rows.jsonl", [GOOD])
    with path.open("r+b") as file:
        file.seek(0, 2)
        file.truncate(file.tell() + (2 << 30))
    assert peak_of_import(place, set_name) < 700_000
