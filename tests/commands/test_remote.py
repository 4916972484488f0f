"""The verbs on addresses of an object store, against a server of this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from small_jobs import inputs, tree_hash
from typer.testing import CliRunner

from sextant.cli import app
from sextant.errors import RecipeError
from sextant.execution.stores import publish

REASON = "no client or no server of S3 (extras store, store-test)"


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    s3fs = pytest.importorskip("s3fs", reason=REASON)
    moto = pytest.importorskip("moto.server", reason=REASON)
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "tester",
        "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1",
        "SEXTANT_CACHE": str(tmp_path / "cache"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    # What one server holds, the next one of this process holds too.
    name = f"verbs-{token_hex(6)}"
    s3fs.S3FileSystem(skip_instance_cache=True).mkdir(name)
    yield f"s3://{name}"
    running.stop()


def run(*words: object) -> Any:
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_import_mix_check_and_export_from_bucket_to_bucket(bucket: str, tmp_path: Path) -> None:
    given = inputs(tmp_path / "given")
    publish(given / "set", f"{bucket}/set")
    options = ("--images", "store", "--max-broken", "1", "--quiet")
    out = ("import", "sharegpt", f"{bucket}/set", *options, "--out", f"{bucket}/corpus")
    assert run(*out).exit_code == 0
    assert run(*out).exit_code == 0, "the same command again finds all of it there"
    assert run("check", f"{bucket}/corpus", "--quiet").exit_code == 0
    assert '"samples": 60' in run("info", f"{bucket}/corpus", "--json").output
    recipe = tmp_path / "mix.yaml"
    recipe.write_text("inputs:\n- {name: a}\n")
    given_a = f"a={bucket}/corpus"
    mixed = ("mix", recipe, "--input", given_a, "--out", f"{bucket}/mix", "--quiet")
    assert run(*mixed).exit_code == 0
    rows = f"{bucket}/rows.jsonl"
    assert run("export", f"{bucket}/mix", "--out", rows).exit_code == 0
    from sextant.execution.stores import mirror

    assert len(mirror(rows).read_text().splitlines()) == 60
    assert run("publish", mirror(f"{bucket}/mix"), f"{bucket}/second").exit_code == 0
    assert tree_hash(mirror(f"{bucket}/mix")) == tree_hash(mirror(f"{bucket}/second"))


def test_report_and_evaluate_read_a_corpus_in_a_bucket(bucket: str, tmp_path: Path) -> None:
    given = inputs(tmp_path / "given")
    publish(given / "a", f"{bucket}/a")
    page = tmp_path / "page.html"
    assert run("report", f"{bucket}/a", "--out", page).exit_code == 0
    assert page.stat().st_size > 1000
    asked = ("evaluate", "--benchmark", "sextant_corpus_all", "--model", "blind:prior", "--quiet")
    for data, out in ((f"{bucket}/a", "remote"), (given / "a", "local")):
        assert run(*asked, "--data", data, "--out", tmp_path / out).exit_code == 0
    one, two = ((tmp_path / n / "predictions.jsonl").read_bytes() for n in ("remote", "local"))
    assert one == two != b""


def test_training_wants_a_file_system(tmp_path: Path) -> None:
    words = ("--set", f"base={tmp_path}", "--set", "data=[{path: s3://bucket/corpus}]")
    with pytest.raises(RecipeError, match="takes a file system"):
        run("train", "internvl3_2b-paper", "--out", tmp_path / "run", *words, "--dry-run")


def test_a_dry_run_publishes_nothing(bucket: str, tmp_path: Path) -> None:
    given = inputs(tmp_path / "given")
    run("import", "sharegpt", given / "set", "--out", f"{bucket}/x", "--dry-run")
    assert not (tmp_path / "cache" / "mirror").exists()
    import s3fs

    assert s3fs.S3FileSystem(skip_instance_cache=True).find(bucket) == []


def test_parts_are_made_on_a_shared_file_system(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="all machines share"):
        run("import", "sharegpt", tmp_path, "--out", "s3://verbs/x", "--shard", "0/2")
    with pytest.raises(RecipeError, match="no address of an object store"):
        run("publish", tmp_path, "somewhere")


def test_without_a_client_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sextant.errors import MissingDependency

    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingDependency, match=r"sextant-si\[store\]"):
        run("info", "s3://verbs/x")
