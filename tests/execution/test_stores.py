"""Object stores, against a real server that speaks S3 on this machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from sextant.errors import CorruptInput, InputError, MissingInput, OutputError
from sextant.execution import stores
from sextant.execution.stores import Published, is_remote, mirror, publish, url_of

REASON = "no client or no server of S3 (extra store, moto)"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    pytest.importorskip("s3fs", reason=REASON)
    moto = pytest.importorskip("moto.server", reason=REASON)
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def s3(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of a bucket of this test; the environment leads to the server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("SEXTANT_CACHE", str(tmp_path / "cache"))
    client = stores.client_of("s3")
    bucket = f"bucket-{token_hex(6)}"
    client.mkdir(bucket)
    client.bucket = bucket
    return client


def tree(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Stands for a corpus: what is uploaded does not matter, but the order does."""
    folder = tmp_path / "corpus"
    for name, data in {
        "qa/part-00000.parquet": b"rows" * 1000, "images/ab/ab.png": b"p", "zz.txt": b"z",
        "empty": b"", "manifest.json": b'{"a": 1}', ".run/head.json": b"{}",
        ".zz.txt.1-0123456789ab.tmp": b"half",
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


PUBLISHED = {"qa/part-00000.parquet", "images/ab/ab.png", "zz.txt", "empty", "manifest.json"}


def test_addresses_survive_pathlib() -> None:
    assert is_remote("s3://b/x")
    assert is_remote(Path("hf://owner/name"))
    assert not is_remote("/data/s3:/x")
    assert not is_remote("file.jsonl")
    assert url_of(Path("gs://b/x/")) == "gs://b/x"
    with pytest.raises(InputError):
        url_of("s3://b/../x")


def test_what_is_published_is_mirrored_again(s3: Any, corpus: Path) -> None:
    where = f"s3://{s3.bucket}/a/corpus"
    assert publish(corpus, where) == Published(5, 0)
    copy = mirror(where)
    assert tree(copy) == {name: (corpus / name).read_bytes() for name in PUBLISHED}
    assert publish(corpus, where) == Published(0, 5), "the same bytes are not uploaded twice"


def test_only_what_changed_is_fetched_again(
    s3: Any, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = f"s3://{s3.bucket}/c"
    publish(corpus, where)
    copy = mirror(where)
    fetched: list[str] = []
    original = stores._fetch

    def note(store: Any, url: str, name: str, target: Path, size: int) -> None:
        fetched.append(name)
        original(store, url, name, target, size)

    monkeypatch.setattr(stores, "_fetch", note)
    mirror(where)
    assert fetched == []
    s3.pipe_file(f"{s3.bucket}/c/zz.txt", b"y")  # of the same size
    s3.rm_file(f"{s3.bucket}/c/empty")
    (copy / "images/ab/ab.png").write_bytes(b"")  # damaged here
    mirror(where)
    assert fetched == [f"{s3.bucket}/c/images/ab/ab.png", f"{s3.bucket}/c/zz.txt"]
    assert set(tree(copy)) == PUBLISHED - {"empty"}
    assert (copy / "zz.txt").read_bytes() == b"y"


def test_one_object_is_one_file(s3: Any, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(b"{}\n")
    where = f"s3://{s3.bucket}/x/rows.jsonl"
    assert publish(tmp_path / "rows.jsonl", where) == Published(1, 0)
    assert mirror(where).name == "rows.jsonl"
    assert mirror(where).read_bytes() == b"{}\n"


def test_objects_in_parts_are_recognised(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "PART_BYTES", 5 << 20)
    (tmp_path / "big").write_bytes(os.urandom(12 << 20))
    where = f"s3://{s3.bucket}/big"
    assert publish(tmp_path / "big", where) == Published(1, 0)
    assert "-3" in s3.info(f"{s3.bucket}/big")["ETag"]
    assert publish(tmp_path / "big", where) == Published(0, 1)


@pytest.mark.parametrize("stop_at", range(1, 6))
def test_a_publication_that_stops_leaves_no_manifest_and_goes_on(
    s3: Any, corpus: Path, monkeypatch: pytest.MonkeyPatch, stop_at: int
) -> None:
    where = f"s3://{s3.bucket}/d"
    calls = 0
    kind = type(s3)
    original = kind.put_file

    def stop(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == stop_at:
            raise OSError(5, "the line is cut")
        return original(self, *args, **kwargs)

    monkeypatch.setattr(stores, "client_of", lambda scheme: Cut(s3, stop))
    with pytest.raises(OutputError, match="the line is cut") as caught:
        publish(corpus, where)
    assert caught.value.hint
    monkeypatch.setattr(stores, "client_of", lambda scheme: s3)
    assert not s3.exists(f"{s3.bucket}/d/manifest.json")
    assert publish(corpus, where) == Published(6 - stop_at, stop_at - 1)
    assert tree(mirror(where)).keys() == PUBLISHED


class Cut:
    """A client whose uploads are somebody else's."""

    def __init__(self, client: Any, put_file: Any) -> None:
        self._client = client
        self._put_file = put_file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_file(self, *args: Any, **kwargs: Any) -> Any:
        return self._put_file(self._client, *args, **kwargs)


def test_something_else_is_not_written_over(s3: Any, corpus: Path) -> None:
    s3.pipe_file(f"{s3.bucket}/e/notes.txt", b"mine")
    with pytest.raises(OutputError, match="something else is there"):
        publish(corpus, f"s3://{s3.bucket}/e")
    publish(corpus, f"s3://{s3.bucket}/f")
    (corpus / "manifest.json").write_bytes(b'{"a": 2}')
    with pytest.raises(OutputError, match="another corpus is there"):
        publish(corpus, f"s3://{s3.bucket}/f")


def test_an_object_that_ends_early_is_no_copy(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.pipe_file(f"{s3.bucket}/g/x", b"0123456789")
    kind = type(s3)

    def short(self: Any, name: str, target: str) -> None:
        Path(target).write_bytes(b"01234")

    with monkeypatch.context() as patch:
        patch.setattr(kind, "get_file", short)
        with pytest.raises(CorruptInput, match="ended before its end"):
            mirror(f"s3://{s3.bucket}/g")
    copy = mirror(f"s3://{s3.bucket}/g")
    assert tree(copy) == {"x": b"0123456789"}


def test_names_of_objects_do_not_leave_the_cache(s3: Any) -> None:
    with pytest.raises(CorruptInput, match="leaves its folder"):
        stores.listing(Listed("b/h/../../etc/passwd"), "b/h")


class Listed:
    def __init__(self, name: str) -> None:
        self.name = name

    def _strip_protocol(self, path: str) -> str:
        return path

    def find(self, path: str, detail: bool) -> dict[str, Any]:
        return {self.name: {"size": 1, "type": "file"}}


def test_nothing_there(s3: Any) -> None:
    with pytest.raises(MissingInput, match="nothing is there"):
        mirror(f"s3://{s3.bucket}/nothing")
    with pytest.raises(InputError) as caught:
        mirror("s3://no-such-bucket-at-all/x")
    assert caught.value.hint


def test_no_bucket_to_write_to(s3: Any, corpus: Path) -> None:
    with pytest.raises(OutputError, match="no such bucket") as caught:
        publish(corpus, "s3://no-such-bucket-at-all/x")
    assert caught.value.hint


def test_no_credentials(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(InputError, match="no credentials") as caught:
        mirror(f"s3://{s3.bucket}/x")
    assert "AWS_ACCESS_KEY_ID" in str(caught.value.hint)


@pytest.mark.slow
def test_nobody_listens(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(InputError, match="cannot be reached") as caught:
        mirror(f"s3://{s3.bucket}/x")
    assert "AWS_ENDPOINT_URL" in str(caught.value.hint)
