"""A hub id is fetched by the hub's own client and its archives are unpacked with care."""

from __future__ import annotations

import stat
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from sextant.errors import (
    ConventionError,
    CorruptInput,
    InputError,
    MissingDependency,
    MissingInput,
    RecipeError,
)
from sextant.evaluation import hub
from sextant.evaluation.hub import HubId, parse_hub_id, resolve_data, unpack_archives


def test_hub_ids() -> None:
    assert parse_hub_id("hf://nyu-visionx/VSI-Bench") == HubId("nyu-visionx/VSI-Bench")
    assert parse_hub_id("hf://a/b.c@0123abc") == HubId("a/b.c", "0123abc")
    assert parse_hub_id("hf://a/b@refs/pr/3/") == HubId("a/b", "refs/pr/3")
    for bad in (
        "hf://",
        "hf://a",
        "hf://a/b/c",
        "hf://../b",
        "hf://a/b@",
        "hf://a/..",
        "hf://a b/c",
    ):
        with pytest.raises(RecipeError):
            parse_hub_id(bad)


def test_paths(tmp_path: Path) -> None:
    assert resolve_data("vsi_bench", tmp_path) == tmp_path
    assert resolve_data("vsi_bench", str(tmp_path)) == tmp_path
    with pytest.raises(MissingInput, match="vsi_bench"):
        resolve_data("vsi_bench", tmp_path / "nowhere")
    with pytest.raises(RecipeError, match="https"):
        resolve_data("vsi_bench", "https://example.com/data.zip")


def test_the_client_is_asked_for_the_revision(tmp_path: Path, monkeypatch) -> None:
    calls = []

    def snapshot_download(**arguments: object) -> str:
        calls.append(arguments)
        return str(tmp_path)

    client = SimpleNamespace(snapshot_download=snapshot_download)
    monkeypatch.setitem(sys.modules, "huggingface_hub", client)
    with zipfile.ZipFile(tmp_path / "scenes.zip", "w") as archive:
        archive.writestr("scannet/scene0.mp4", b"frames")
    assert resolve_data("vsi_bench", "hf://nyu-visionx/VSI-Bench@abc") == tmp_path
    assert calls == [
        {"repo_id": "nyu-visionx/VSI-Bench", "repo_type": "dataset", "revision": "abc"}
    ]
    assert (tmp_path / "scannet" / "scene0.mp4").read_bytes() == b"frames"


def test_what_the_client_says_is_passed_on(monkeypatch) -> None:
    def snapshot_download(**_: object) -> str:
        raise ConnectionError("no route to the hub")

    client = SimpleNamespace(snapshot_download=snapshot_download)
    monkeypatch.setitem(sys.modules, "huggingface_hub", client)
    with pytest.raises(MissingInput, match="no route to the hub"):
        resolve_data("vsi_bench", "hf://a/b")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingDependency, match=r"sextant-si\[hub\]"):
        resolve_data("vsi_bench", "hf://a/b")


def archive_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_archives_are_unpacked_once(tmp_path: Path) -> None:
    archive_of(tmp_path / "a.zip", {"x/1.jpg": b"1", "__MACOSX/x/._1.jpg": b"junk"})
    archive_of(tmp_path / "b.zip", {"y/2.jpg": b"2"})
    assert unpack_archives(tmp_path) == 2
    assert (tmp_path / "x" / "1.jpg").read_bytes() == b"1"
    assert not (tmp_path / "__MACOSX").exists()
    (tmp_path / "x" / "1.jpg").unlink()
    assert unpack_archives(tmp_path) == 0


def test_members_that_leave_the_folder(tmp_path: Path) -> None:
    for name in ("../evil.txt", "/abs/evil.txt", "a/../../evil.txt", "C:/evil.txt"):
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        archive_of(home / "a.zip", {name: b"x"})
        with pytest.raises(ConventionError, match=r"a\.zip"):
            unpack_archives(home)
    assert not list(tmp_path.rglob("evil*"))


def test_links_bombs_and_damage(tmp_path: Path, monkeypatch) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ConventionError, match="link"):
        unpack_archives(tmp_path)
    archive_of(tmp_path / "a.zip", {"big.txt": bytes(32 * 1024 * 1024)})
    with pytest.raises(CorruptInput, match="bomb"):
        unpack_archives(tmp_path)
    whole = archive_of(tmp_path / "a.zip", {"x.bin": bytes(range(256)) * 40}).read_bytes()
    damaged = bytearray(whole)
    damaged[60:90] = bytes(30)
    for data in (whole[:-30], bytes(damaged), b"not a zip"):
        (tmp_path / "a.zip").write_bytes(data)
        with pytest.raises(InputError, match=r"a\.zip"):
            unpack_archives(tmp_path)
        assert not (tmp_path / "x.bin").exists()
    monkeypatch.setattr(hub, "MAX_MEMBERS", 1)
    archive_of(tmp_path / "a.zip", {"1": b"", "2": b""})
    with pytest.raises(CorruptInput, match="too large"):
        unpack_archives(tmp_path)
