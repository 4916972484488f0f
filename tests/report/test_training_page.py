"""The page about training runs: what it shows, and that no file makes it fail or run anything."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from sextant.cli import app
from sextant.errors import CorruptInput, MissingInput, RecipeError
from sextant.report.training import write_training_page
from sextant.report.training.runs import MOST_POINTS, read_training_runs


def row(step, **more):
    return {
        "step": step, "loss": 5 / step, "lr": 1e-5, "gradient_norm": 2.0, "samples_seen": 8 * step,
        "tokens_per_s": 1000.0, "samples_per_s": 10.0, "wait_share": 0.25, "padding_share": 0.5,
        "capability": {"SR": 1.0, "MM": 2.0}, "source": {"toy": 1.0}, **more,
    }  # fmt: skip


def write_run(folder, rows, note=None, tail=""):
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(note or {"steps": 9, "recipe": {"family": "tiny"}}))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows) + tail)
    return folder


@pytest.fixture
def run(tmp_path):
    rows = [row(k) for k in range(1, 7)]
    for step, score in ((3, 0.25), (6, 0.5)):
        rows[step - 1]["held_out"] = {"loss": 1.25 * score}
        rows[step - 1]["answers"] = {"score": score, "interval": [score - 0.1, score + 0.1]}
    rows[4]["broken"] = 2
    return write_run(tmp_path / "run", rows)


def test_figures_are_those_of_the_file(run, tmp_path):
    write_training_page([run], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    cells = re.findall(r'<td class="num">([^<]*)</td>', page)
    assert cells[:2] == ["6 of 9", "48"]
    assert cells[2:6] == ["2.042", "0.625", "50.0 % (40.0 to 60.0)", "1,000"]
    assert cells[6:8] == ["–", "2"]
    # Two answers, with their intervals; six steps make five pieces of a line, in seven plots.
    assert page.count('class="whisker over run-0"') == 2
    assert "step 6: 50.0 %" in page
    assert "Loss by capability" in page
    assert "Loss by source" not in page  # there is one only
    assert "Utilisation" not in page
    again = tmp_path / "again.html"
    write_training_page([run], again)
    assert again.read_bytes() == (tmp_path / "page.html").read_bytes()


def test_a_run_under_way_and_runs_side_by_side(run, tmp_path):
    half = write_run(tmp_path / "half", [row(1), row(2)], tail='{"step": 3, "lo')
    done = CliRunner().invoke(app, ["report", str(run), str(half), "--out", str(tmp_path / "p")])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "p").read_text()
    assert "2 training runs" in page
    assert "2 of 9" in page
    assert 'class="curve run-1"' in page


def test_long_runs_are_averaged(tmp_path):
    folder = write_run(tmp_path / "long", [row(k) for k in range(1, 1001)])
    (made,) = read_training_runs([folder])
    curve = made.curve(lambda r: float(r["step"]))
    assert len(curve) == MOST_POINTS
    assert curve[-1] == (1000.0, 998.0)  # of steps 996 to 1000


def test_no_value_makes_it_fail_or_runs_anything(tmp_path):
    evil = "<script>alert(1)</script>"
    rows = [
        row(1, loss="nan", capability={evil: 1.0, "b": None}), row(2) | {"step": "two"},
        {"step": None}, {},
        row(3, answers={"score": evil, "interval": [1]}, held_out=[], mfu=1e300, lr=-1),
        row(4, capability={evil: 2.0, "b": 3.0}),
    ]  # fmt: skip
    folder = write_run(tmp_path / evil.replace("/", "_"), rows, {"recipe": {evil: [evil] * 3}})
    write_training_page([folder], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_what_is_no_run(run, tmp_path):
    with pytest.raises(MissingInput, match="no training run"):
        write_training_page([tmp_path], tmp_path / "page.html")
    with pytest.raises(MissingInput, match="not made a step"):
        write_training_page([write_run(tmp_path / "new", [])], tmp_path / "page.html")
    with pytest.raises(CorruptInput):
        write_training_page(
            [write_run(tmp_path / "bad", [], tail="{\n{}\n")], tmp_path / "page.html"
        )
    with pytest.raises(RecipeError, match="1 to 8"):
        write_training_page([run] * 9, tmp_path / "page.html")
    done = CliRunner().invoke(
        app, ["report", str(run), "--out", str(tmp_path / "p"), "--tables", "t.md"]
    )
    assert isinstance(done.exception, RecipeError)
