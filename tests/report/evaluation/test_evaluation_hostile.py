"""Whatever models, sets and manifests say, it is shown and does nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn_runs import Drawn, write_run
from page_reader import read_page
from test_report_hostile import PAYLOADS

from sextant.report.evaluation import read_runs, to_latex, to_markdown, write_page

HOSTILE = "".join(f" {payload} " for payload in PAYLOADS)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hostile")
    folders = [
        write_run(root / name, Drawn(name, skill, shy=0.05, failed=0.005), 120, hostile=HOSTILE)
        for name, skill in (("<img src=x onerror=alert(1)>", 0.7), ("b", 0.4))
    ]
    write_page(folders, root / "page.html")
    (root / "tables.md").write_text(to_markdown(read_runs(folders)))
    (root / "tables.tex").write_text(to_latex(read_runs(folders)))
    return root / "page.html"


def test_no_payload_becomes_markup(page: Path) -> None:
    reader = read_page(page)  # Checks tags, attributes, nesting and links.
    assert "alert(1)" in reader.text
    assert "alert(1)" not in "".join(reader.scripts)


def test_no_payload_stands_unescaped(page: Path) -> None:
    raw = page.read_text(encoding="utf-8")
    for payload in PAYLOADS:
        if set(payload) & set("<>\"'"):
            assert payload not in raw, payload
    assert not set(raw) & set("\x00\x1b\u202e\u2066\ufeff")


def test_markdown_and_latex_are_plain(page: Path) -> None:
    markdown = page.with_name("tables.md").read_text()
    assert "<" not in markdown
    latex = page.with_name("tables.tex").read_text()
    assert latex.isprintable() or not set(latex) & set("\x00\x1b\u202e")
    assert "\\input" not in latex
