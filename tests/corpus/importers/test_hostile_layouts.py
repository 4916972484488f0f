"""Every set with broken records, damaged files and paths that lead out of it.

An import may leave records out, or refuse the set with an error of ours; it may write nothing
outside its folder, read nothing outside the set, and carry nothing out. ``test_hostile_values``
replaces the fields of records, ``importing/test_hostile_sets`` their pictures.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from laid_out import RECORDS, TABLES, lay_out
from set_files import peak_of_import, picture

sys.path.insert(0, str(Path(__file__).parents[1] / "importing"))

from test_hostile_sets import RECORDS as BROKEN
from test_hostile_sets import SECRET, error_of, outside, read_or_refused

from sextant.corpus.importers import importer_names
from sextant.corpus.importing.job import ImportJob
from sextant.errors import SextantError
from sextant.samples.check import CorpusCheck
from sextant.samples.store import CorpusStore

ALWAYS = ("clevr", "gqa", "hf_parquet", "vsi_590k")
"""One of each way of reading; the others are slow together."""

NAMES = [
    name if name in ALWAYS else pytest.param(name, marks=pytest.mark.slow)
    for name in importer_names()
]


VIDEOS = ("vica", "vlm_3r")
"""Sets whose frames have to be taken out of videos, which are not here."""


def _name_of(given: Any) -> str:
    return given if isinstance(given, str) else str(given.values[0])


PATHS: list[Any] = [
    "../secret.png", "SECRET", "a/../../secret.png", "..\\secret.png", "file://SECRET",
    "link.png", "linked/secret.png", "x" * 5000, "secret.png\0.png", "|touch pwned",
    "$(touch pwned).png", "\ud800.png", "", ".", "/", None, 5, {"bytes": "x"}, [["../secret.png"]],
]  # fmt: skip

FILES = (".json", ".jsonl", ".parquet", ".tar")

NAMING = ("imageId", "image_id", "img_idx", "scene_name", "dataset")
"""Keys whose values are put into paths."""

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda data: b"",
    "half of it": lambda data: data[: len(data) // 2],
    "all but the last byte": lambda data: data[:-1],
    "twice": lambda data: data + data,
    "zeros": lambda data: bytes(len(data)),
    "utf-16": lambda data: data.decode("latin-1").encode("utf-16"),
    "a mark of byte order": lambda data: b"\xef\xbb\xbf" + data,
    "no utf-8": lambda data: data.replace(b'"', b'"\xff', 9),
    "deep": lambda data: b"[" * 200_000,
    "deep objects": lambda data: b'{"questions":' * 100_000,
    "one long text": lambda data: b'["' + b"x" * (17 << 20),
    "a number": lambda data: b"1" * 100_000,
    "bits of the middle": lambda data: _flipped(data, len(data) // 2),
    "bits of the end": lambda data: _flipped(data, len(data) - 9),
    "a pickle": lambda data: b"cos\nsystem\n(S'touch pwned'\ntR.",
    "a script": lambda data: b"#!/bin/sh\ntouch pwned\n",
    "HTML": lambda data: b"<!doctype html><title>404</title>",
}


def _flipped(data: bytes, start: int) -> bytes:
    changed = bytearray(data)
    for k in range(max(0, start), min(len(data), start + 8)):
        changed[k] ^= 0x5A
    return bytes(changed)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a secret; whatever is called runs in here."""
    folder = tmp_path / "place"
    picture(folder / "secret.png", SECRET)
    monkeypatch.chdir(folder)
    return folder


def survive(place: Path, name: str, root: Path, images: str) -> SextantError | None:
    """Import into a new folder, and see that nothing happened but an import."""
    (root / "link.png").symlink_to(place / "secret.png")
    (root / "linked").symlink_to(place)
    out = place / "out" / root.name
    secret, before = (place / "secret.png").read_bytes(), outside(place)
    job_error = error_of_set(name, root, out, images)
    if job_error is None:
        store = CorpusStore.open(out)
        assert not list(CorpusCheck(out, external=False).problems())
        for path in {path for sample in store.samples() for path in sample.images}:
            assert read_or_refused(store, path) != secret
    else:
        assert len(str(job_error)) < 5000
    assert outside(place) == before
    assert not list(place.rglob("pwned"))
    return job_error


def error_of_set(name: str, root: Path, out: Path, images: Any) -> SextantError | None:
    try:
        job = ImportJob(name, root, out, images, max_broken=1.0)
    except SextantError as error:
        return error
    return error_of(job)


def test_all_sets_are_here() -> None:
    assert sorted(RECORDS) == sorted(importer_names())


@pytest.mark.parametrize("name", NAMES)
def test_the_sound_set_is_read(name: str, place: Path) -> None:
    images = "store" if name in TABLES else "refer"
    assert survive(place, name, lay_out(name, place / "set"), images) is None
    store = CorpusStore.open(place / "out" / "set")
    if name in VIDEOS:
        assert ["video" in row["what"] for row in store.quarantine()] == [True]
    else:
        assert store.count >= 1


@pytest.mark.parametrize("name", [p for p in NAMES if _name_of(p) not in TABLES])
def test_broken_records(name: str, place: Path) -> None:
    for k, broken in enumerate(BROKEN.values()):
        root = lay_out(name, place / f"set{k}", [broken, RECORDS[name]])
        survive(place, name, root, "refer")


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files(name: str, place: Path) -> None:
    images = "store" if name in TABLES else "refer"
    for k, damage in enumerate(DAMAGE.values()):
        root = lay_out(name, place / f"set{k}")
        for path in sorted(p for p in root.rglob("*") if p.suffix in FILES):
            path.write_bytes(damage(path.read_bytes()))
        survive(place, name, root, images)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("images", ["refer", "store"])
def test_paths_that_lead_out(name: str, images: str, place: Path) -> None:
    for k, path in enumerate(PATHS):
        if isinstance(path, str):
            path = path.replace("SECRET", str(place / "secret.png"))
        changed = list(with_paths(RECORDS[name], path))
        if name in TABLES:
            if not isinstance(path, str) or "\ud800" in path:
                continue  # the type of a column says what is in it
            changed = changed[:1] or [RECORDS[name]]
        assert changed
        survive(place, name, lay_out(name, place / f"set{k}", changed), images)


def with_paths(record: Any, path: Any) -> Iterator[Any]:
    """Yield records in which what names a file, or becomes the name of one, is another."""
    if isinstance(record, dict):
        for key, value in record.items():
            if key in NAMING:
                yield {**record, key: path}
            for inner in with_paths(value, path):
                yield {**record, key: inner}
    elif isinstance(record, list):
        for k, value in enumerate(record):
            for inner in with_paths(value, path):
                yield [*record[:k], inner, *record[k + 1 :]]
    elif isinstance(record, str) and ("/" in record or "." in record) and " " not in record:
        yield path


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in importer_names() if name not in TABLES])
def test_a_record_of_a_gigabyte_takes_no_more_memory_than_a_short_one(
    name: str, place: Path
) -> None:
    root = lay_out(name, place / "set", [b'{"id": "x'])
    text = max((p for p in root.rglob("*") if p.suffix in (".json", ".jsonl")), key=os.path.getsize)
    with text.open("r+b") as file:
        data = file.read()
        file.truncate(data.rindex(b'{"id": "x') + 9)
        file.seek(0, 2)
        file.truncate(file.tell() + (1 << 30))
    assert peak_of_import(place, name) < 700_000
