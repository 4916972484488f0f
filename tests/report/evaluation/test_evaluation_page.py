"""The page: the numbers of the summaries, one run or several, whole or damaged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from drawn_runs import Drawn, write_run
from page_reader import read_page

from sextant.errors import CorruptInput, MissingInput, RecipeError
from sextant.report.evaluation import read_runs, write_page
from sextant.report.evaluation.figures import interval, points


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("runs")
    return {
        "large": write_run(root / "large", Drawn("Large", 0.7)),
        "small": write_run(root / "small", Drawn("Small", 0.4, 0.8, shy=0.05)),
        "broken": write_run(root / "broken", Drawn("Broken", failed=0.2), stress=False),
        "other": write_run(root / "other", Drawn("Large", 0.6), 80, benchmark="mindcube_tiny",
                           stress=False),
    }  # fmt: skip


def summary_of(folder: Path) -> Any:
    return json.loads((folder / "summary.json").read_text())


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_one_run_shows_its_numbers(folders: dict[str, Path], tmp_path: Path) -> None:
    told = write_page([folders["large"]], tmp_path / "page.html")
    reader = read_page(tmp_path / "page.html")  # Checks tags, attributes, nesting and links.
    text = squeezed(reader.text)
    assert (told.runs, told.benchmarks, told.notes) == (1, 1, ())
    assert told.size_bytes == (tmp_path / "page.html").stat().st_size
    assert told.replies > 0
    summary = summary_of(folders["large"])
    lines = [summary["headline"], summary["micro"], summary["macro"], *summary["tasks"]]
    divisions = [summary["groups"][name] for name in ("capability", "source", "form")]
    lines += [level for levels in divisions for level in levels]
    lines += summary["factors"]
    for line in lines:
        assert points(line["score"]) in text
        assert interval(line["low"], line["high"]) in text
    for table in summary["verdict"]["tables"]:
        for part in table["parts"]:
            assert points(part["value"]) in text
    for level in ("vanilla", "soft", "hard"):
        circular = next(t for t in summary["stress"] if t["stress"] == "circular")
        assert points(circular[level]["score"]) in text
    for task in summary["calibration"]:
        assert task["task"] in text
    assert "published" in text
    assert "sdpa" in text
    assert "bfloat16" in text


def test_several_runs_are_told_apart_and_compared(folders: dict[str, Path], tmp_path: Path) -> None:
    told = write_page(
        [folders["large"], folders["small"], folders["broken"]], tmp_path / "page.html"
    )
    text = squeezed(read_page(tmp_path / "page.html").text)
    assert told.runs == 3
    for name in ("Large", "Small", "Broken"):
        assert name in text
    assert "runs disagree" in text
    assert "Large against Small, task by task" in text
    assert "No headline" in text
    assert "requests failed" in text
    assert any("no headline" in note for note in told.notes)


def test_several_benchmarks_have_a_matrix(folders: dict[str, Path], tmp_path: Path) -> None:
    told = write_page([folders["large"], folders["other"], folders["small"]], tmp_path / "p.html")
    text = squeezed(read_page(tmp_path / "p.html").text)
    assert told.benchmarks == 2
    assert "2 models on 2 benchmarks" in text
    assert points(summary_of(folders["other"])["headline"]["score"]) in text


def test_the_same_runs_give_the_same_bytes(folders: dict[str, Path], tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_page([folders["large"], folders["small"]], tmp_path / name, seed=7)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    write_page([folders["large"], folders["small"]], tmp_path / "other", seed=8)
    assert (tmp_path / "one").read_bytes() != (tmp_path / "other").read_bytes()


def test_nothing_is_fetched(folders: dict[str, Path], tmp_path: Path) -> None:
    write_page([folders["large"]], tmp_path / "page.html")
    raw = (tmp_path / "page.html").read_text()
    assert "default-src &#x27;none&#x27;" in raw
    assert "http://" not in raw
    assert "https://" not in raw


def copy_of(folder: Path, into: Path) -> Path:
    shutil.copytree(folder, into)
    return into


@pytest.mark.parametrize(
    ("name", "content", "note"),
    [
        ("scores.parquet", b"PAR1 but no more", "scores.parquet"),
        ("scores.parquet", None, ""),
        (
            "predictions.jsonl",
            b'{"id": 3}\nnot json\n[1]\n\xff\xfe\n' + b"x" * 9_000_000,
            "5 lines",
        ),
        ("predictions.jsonl", None, ""),
        ("manifest.json", b"[]", "manifest.json"),
        ("manifest.json", None, "manifest.json"),
    ],
)
def test_a_damaged_file_costs_its_part_only(
    folders: dict[str, Path], tmp_path: Path, name: str, content: bytes | None, note: str
) -> None:
    folder = copy_of(folders["large"], tmp_path / "run")
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    told = write_page([folder], tmp_path / "page.html")
    text = squeezed(read_page(tmp_path / "page.html").text)
    assert points(summary_of(folder)["headline"]["score"]) in text
    assert any(note in n for n in told.notes) if note else not told.notes


def test_a_folder_without_a_summary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no summary"):
        write_page([tmp_path], tmp_path / "page.html")


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"overall": 3}', b"[" * 100_000])
def test_a_summary_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "summary.json").write_bytes(content)
    with pytest.raises(CorruptInput):
        write_page([tmp_path], tmp_path / "page.html")


def test_the_number_of_runs_is_limited(folders: dict[str, Path], tmp_path: Path) -> None:
    for many in (0, 65):
        with pytest.raises(RecipeError):
            write_page([folders["large"]] * many, tmp_path / "page.html")


def test_odd_values_in_a_summary_are_left_out(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = copy_of(folders["large"], tmp_path / "run")
    summary = summary_of(folder)
    summary["tasks"][0]["score"] = "much"
    summary["tasks"][1] = 7
    summary["groups"]["capability"] = {"a": 1}
    summary["stress"] = [3, {"stress": ["x"]}, {"stress": "circular", "vanilla": 2}]
    summary["verdict"] = {"tables": [{"parts": "?"}, 1], "limits": 3}
    summary["profiles"] = {"a": 1, "b": {"headline": []}}
    summary["factors"][0] = {"factors": 3, "score": True, "worst": [1]}
    summary["calibration"] = [{"task": "object_counting", "within": [], "values": [{"n": -1}]}]
    (folder / "summary.json").write_text(json.dumps(summary))
    write_page([folder], tmp_path / "page.html")
    assert points(summary["headline"]["score"]) in read_page(tmp_path / "page.html").text


def test_runs_of_one_model_are_told_apart_by_what_differs(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    again = copy_of(folders["large"], tmp_path / "again")
    manifest = json.loads((again / "manifest.json").read_text())
    manifest["prompts"] = "vlmevalkit"
    (again / "manifest.json").write_text(json.dumps(manifest))
    third = copy_of(again, tmp_path / "third")
    labels = [run.label for run in read_runs([folders["large"], again, folders["other"]])]
    assert labels == ["Large (prompts official)", "Large (prompts vlmevalkit)", "Large"]
    runs = read_runs([folders["large"], again, third, third])
    assert len({run.label for run in runs}) == 4
    assert "third" in runs[2].label


def test_letters_are_those_of_the_rotations_or_else_of_the_stored_questions(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    write_page([folders["large"]], tmp_path / "page.html")
    rotated = squeezed(read_page(tmp_path / "page.html").text)
    assert "Over all rotations every option stands once" in rotated
    circular = next(t for t in summary_of(folders["large"])["stress"] if t["stress"] == "circular")
    for table in circular["position_bias"]["by_options"]:
        share = points(table["share"][0])
        assert f"Large, A: {share} %" in rotated
    write_page([folders["broken"]], tmp_path / "page.html")
    stored = squeezed(read_page(tmp_path / "page.html").text)
    assert "As the questions are stored" in stored
    table = read_runs([folders["broken"]])[0].files.table()  # type: ignore[union-attr]
    assert table is not None
    picked = table.chosen[(table.options >= 2) & (table.chosen >= 0)]
    assert f"A: {points(float((picked == 0).mean()))} %, expected" in stored
