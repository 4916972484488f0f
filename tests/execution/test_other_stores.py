"""``hf://`` through its client, against a hub of this machine; ``gs://`` through a fake client.

The fake has what ``gcsfs`` lists of an object: an ``etag`` that is no hash, and ``md5Hash``.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from hashlib import md5, sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sextant.errors import MissingInput, OutputError
from sextant.execution.stores import Published, mirror, publish

fsspec = pytest.importorskip("fsspec", reason="no clients of object stores (extra store)")

FILES = {"qa/part-00000.parquet": b"rows" * 1000, "images/ab/a b.png": b"p", "zz.txt": b"z",
         "manifest.json": b'{"a": 1}'}  # fmt: skip


def tree(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


class FakeGcs:
    """Objects of one process."""

    objects: dict[str, bytes]
    composite: bool

    def __init__(self, **options: Any) -> None:
        assert options["skip_instance_cache"]

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path.removeprefix("gs://").rstrip("/")

    def find(self, path: str, detail: bool) -> dict[str, dict[str, Any]]:
        return {name: self._facts(name) for name in sorted(self.objects)
                if name == path or name.startswith(f"{path}/")}  # fmt: skip

    def _facts(self, name: str) -> dict[str, Any]:
        data = self.objects[name]
        facts = {"name": name, "size": len(data), "type": "file", "etag": "CPDhrp7Mk4gDEAE=",
                 "generation": "1", "crc32c": "AAAAAA=="}  # fmt: skip
        if not self.composite:
            facts["md5Hash"] = base64.b64encode(md5(data, usedforsecurity=False).digest()).decode()
        return facts

    def get_file(self, name: str, target: str) -> None:
        Path(target).write_bytes(self.objects[name])

    def put_file(self, source: str, name: str) -> None:
        self.objects[name] = Path(source).read_bytes()

    def cat_file(self, name: str) -> bytes:
        return self.objects[name]


@pytest.fixture
def gcs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[FakeGcs]:
    monkeypatch.setenv("SEXTANT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(FakeGcs, "objects", {}, raising=False)
    monkeypatch.setattr(FakeGcs, "composite", False, raising=False)
    original = fsspec.filesystem
    monkeypatch.setattr(
        fsspec, "filesystem",
        lambda scheme, **options: (FakeGcs if scheme == "gs" else original)(**options),
    )  # fmt: skip
    return FakeGcs


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        (tmp_path / "corpus" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "corpus" / name).write_bytes(data)
    return tmp_path / "corpus"


def test_gs_published_and_mirrored(gcs: type[FakeGcs], corpus: Path) -> None:
    assert publish(corpus, "gs://bucket/a/c") == Published(4, 0)
    assert list(gcs.objects)[-1] == "bucket/a/c/manifest.json"
    assert tree(mirror("gs://bucket/a/c")) == FILES
    assert publish(corpus, "gs://bucket/a/c") == Published(0, 4), "known by their md5Hash"
    gcs.objects["bucket/a/c/zz.txt"] = b"y"
    assert publish(corpus, "gs://bucket/a/c") == Published(1, 3)
    (corpus / "manifest.json").write_bytes(b'{"a": 2}')
    with pytest.raises(OutputError, match="another corpus"):
        publish(corpus, "gs://bucket/a/c")


def test_gs_without_hashes_goes_on_with_its_own_corpus(gcs: type[FakeGcs], corpus: Path) -> None:
    gcs.composite = True
    publish(corpus, "gs://bucket/c")
    assert publish(corpus, "gs://bucket/c") == Published(3, 1), "only the manifest can be compared"
    (corpus / "manifest.json").write_bytes(b'{"a": 2}')
    with pytest.raises(OutputError, match="another corpus"):
        publish(corpus, "gs://bucket/c")


class Hub(BaseHTTPRequestHandler):
    """What the client of the hub asks of it when it lists and fetches."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        from urllib.parse import unquote

        path = unquote(self.path.partition("?")[0])
        for revision in ("main", "v1"):
            if (
                path == f"/api/datasets/own/set/revision/{revision}"
                or path == "/api/datasets/own/set"
            ):
                return self._send(json.dumps({"id": "own/set", "sha": "f" * 40}).encode())
            if path.startswith(f"/api/datasets/own/set/tree/{revision}"):
                below = path.removeprefix(f"/api/datasets/own/set/tree/{revision}").strip("/")
                return self._send(json.dumps(listed(below)).encode())
            head = f"/datasets/own/set/resolve/{revision}/"
            if path.startswith(head) and path.removeprefix(head) in FILES:
                return self._send(FILES[path.removeprefix(head)])
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def _send(self, data: bytes) -> None:
        start, stop, code = 0, len(data), 200
        if wanted := self.headers.get("Range"):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, stop, code = int(first or 0), min(len(data), int(last or len(data)) + 1), 206
        self.send_response(code)
        self.send_header("Content-Length", str(stop - start))
        self.send_header("ETag", '"x"')
        self.send_header("X-Repo-Commit", "f" * 40)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[start:stop])


def listed(below: str) -> list[dict[str, Any]]:
    folders = {str(p) for name in FILES for p in Path(name).parents if str(p) != "."}
    found: list[dict[str, Any]] = [
        {"type": "directory", "oid": "0" * 40, "size": 0, "path": name} for name in sorted(folders)
    ]
    for name, data in FILES.items():
        blob = sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        found.append({"type": "file", "oid": blob, "size": len(data), "path": name})
    return [item for item in found if not below or item["path"].startswith(f"{below}/")]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    constants = pytest.importorskip(
        "huggingface_hub.constants", reason="no client of the hub (extra hub)"
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE",
        address + "/{repo_id}/resolve/{revision}/{filename}",
    )  # fmt: skip
    monkeypatch.setenv("SEXTANT_CACHE", str(tmp_path / "cache"))
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("where", ["hf://datasets/own/set", "hf://datasets/own/set@v1"])
def test_hf_is_mirrored(hub: None, where: str) -> None:
    assert tree(mirror(where)) == FILES
    assert tree(mirror(f"{where}/qa")) == {"part-00000.parquet": FILES["qa/part-00000.parquet"]}


def test_hf_nothing_there(hub: None) -> None:
    with pytest.raises(MissingInput):
        mirror("hf://datasets/own/other")
