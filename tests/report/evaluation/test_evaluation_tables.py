"""Markdown and LaTeX hold the numbers of the summary, and nothing that acts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from drawn_runs import Drawn, write_run
from hypothesis import given
from hypothesis import strategies as st

from sextant.report.evaluation import read_runs, run_of, to_latex, to_markdown
from sextant.report.evaluation.figures import count, points, rate, signed
from sextant.report.evaluation.latex import escape_latex
from sextant.report.evaluation.markdown import escape_markdown
from sextant.report.evaluation.text_tables import text_tables


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("runs")
    return [
        write_run(root / "a", Drawn("Large", 0.7)),
        write_run(root / "b", Drawn("Small", 0.4, 0.8, shy=0.05)),
        write_run(root / "c", Drawn("Broken", failed=0.2), stress=False),
    ]


def cells(markdown: str, title: str) -> list[list[str]]:
    """Return the cells of the table under a heading, as they are shown."""
    part = markdown.split(f"### {title}\n", 1)[1].split("\n### ", 1)[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("|")]
    return [[cell.replace("\\", "").strip() for cell in row] for row in rows[2:]]


def test_markdown_holds_the_numbers_of_the_summary(folders: list[Path]) -> None:
    text = to_markdown(read_runs(folders[:1]))
    summary = json.loads((folders[0] / "summary.json").read_text())
    found = {row[0]: row for row in cells(text, r"vsi\_bench: tasks")}
    assert set(found) == {task["name"] for task in summary["tasks"]}
    for task in summary["tasks"]:
        _, n, score, chance, unread, refused, failed = found[task["name"]]
        assert n == count(task["counted"])
        low, high = points(task["low"]), points(task["high"])
        assert score == f"{points(task['score'])} [{low}, {high}]"
        assert chance == points(task["chance"] if task["choice_rows"] == task["counted"] else None)
        assert unread == rate(task["extraction_failure_share"])
        assert refused == rate(task["refusal_share"])
        assert failed == rate(task["failed_share"])


def test_the_headline_stands_among_the_published(folders: list[Path]) -> None:
    text = to_markdown(read_runs(folders))
    rows = cells(text, r"vsi\_bench: scores")
    names = [row[0] for row in rows]
    for folder in folders[:2]:
        headline = json.loads((folder / "summary.json").read_text())["headline"]
        row = rows[names.index(json.loads((folder / "manifest.json").read_text())["model"]["name"])]
        assert row[1] == headline["name"]
        assert row[2].startswith(f"{points(headline['score'])} [")
    assert rows[names.index("Broken")][1:3] == ["withheld", "–"]
    assert any(name.endswith("(published)") for name in names)
    scores = [float(row[2].split()[0]) for row in rows if row[2] != "–"]
    assert scores == sorted(scores, reverse=True)
    assert "requests failed" in text


def test_stress_tests_and_parts_are_there(folders: list[Path]) -> None:
    text = to_markdown(read_runs(folders[:1]))
    summary = json.loads((folders[0] / "summary.json").read_text())
    blind = next(t for t in summary["stress"] if t["stress"] == "no_images")["settings"][0]
    row = next(r for r in cells(text, r"vsi\_bench: stress tests") if "without pictures" in r[0])
    assert row[2] == points(blind["plain"])
    assert row[3].startswith(points(blind["score"]))
    assert row[4].startswith(signed(blind["difference"]["value"]))
    parts = cells(text, r"vsi\_bench: what the score is made of")
    told = {(row[0], row[1]): row[2].split()[0] for row in parts}
    for table in summary["verdict"]["tables"]:
        for part in table["parts"]:
            assert told[table["form"], part["part"]] == points(part["value"])


def test_latex_holds_the_same_cells_as_markdown(folders: list[Path]) -> None:
    runs = read_runs(folders)
    latex = to_latex(runs)
    for table in text_tables(runs):
        assert len({len(row) for row in table.rows} | {len(table.heads)}) == 1
        for row in table.rows:
            for cell in row[table.names :]:
                if cell.low:
                    inside = f"{cell.text}_{{[{cell.low},\\,{cell.high}]}}".replace("−", "-")
                    assert f"${inside}$" in latex
    assert latex.count("\\toprule") == latex.count("\\bottomrule") == len(text_tables(runs))
    assert latex.count("{") == latex.count("}")


def test_a_run_without_a_folder_has_tables_too(folders: list[Path]) -> None:
    summary = json.loads((folders[0] / "summary.json").read_text())
    run = run_of(summary, {"model": "Alone", "benchmark": "vsi_bench"})
    text = to_markdown([run])
    assert "Alone" in text
    assert points(summary["headline"]["score"]) in text


HOSTILE = st.text(max_size=40) | st.sampled_from(
    ["\\input{/etc/passwd}", "$\\catcode`\\%=12$", "a & b \\\\ \\hline", "| x | y |", "<script>",
     "![x](http://x)", "[a](javascript:x)", "\n\n# head", "`a`", "^^5c^^69", "%", "www.x.example"]
)  # fmt: skip


@given(HOSTILE)
def test_latex_text_has_no_command_but_our_own(text: str) -> None:
    escaped = escape_latex(text)
    rest = re.sub(
        r"\\text(backslash|asciicircum|asciitilde|less|greater|bar|quotedbl)\{\}|\\ldots\{\}"
        r"|\\[{}$&#_%]|\$\\times\$|\$-\$",
        "",
        escaped,
    )
    assert not set(rest) & set("\\{}$&#_%^\n\r"), escaped


@given(HOSTILE)
def test_markdown_text_stays_in_its_cell(text: str) -> None:
    escaped = escape_markdown(text)
    assert "\n" not in escaped
    assert "\r" not in escaped
    assert "<" not in escaped
    plain = re.sub(r"\\.", "", escaped)
    assert not set(plain) & set("|`*[]()#~\\_")
    assert "://" not in plain


def test_order_and_bytes_do_not_change(folders: list[Path]) -> None:
    assert to_markdown(read_runs(folders)) == to_markdown(read_runs(folders))
    assert to_latex(read_runs(folders)) == to_latex(read_runs(folders))
