from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path

import drawn_corpora
import pytest
from page_reader import read_page

from sextant.errors import InputError, MissingInput, RecipeError
from sextant.report import build_report


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_corpora.write_rooms(tmp_path_factory.mktemp("corpora") / "rooms")


@pytest.fixture(scope="module")
def page(rooms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pages") / "report.html"
    build_report(rooms, out)
    return out


def test_summary_counts_what_is_there(rooms: Path, tmp_path: Path) -> None:
    summary = build_report(rooms, tmp_path / "r.html", gallery_per_task=2)
    families = len(drawn_corpora.FAMILIES)
    assert summary.questions == 4 * families
    assert summary.families == families
    assert summary.gallery == 2 * families
    assert summary.broken_pictures == summary.pictures_left_out == 0
    assert 0 < summary.pictures <= 16
    assert summary.size_bytes == (tmp_path / "r.html").stat().st_size


def test_page_shows_every_part(page: Path) -> None:
    reader = read_page(page)
    for task, _, _ in drawn_corpora.FAMILIES:
        assert task in reader.text
    for word in ("Provenance", "margin too small", "a pose is not a rotation", "hypothetical",
                 "Perspective-taking", "surface distance (m)", "min gap 0.15\u00a0m", "1 m", "+y",
                 "Step 1: take the boxes.", "5f5f5f5f"):  # fmt: skip
        assert word in reader.text, word


def test_page_needs_nothing_from_outside(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    reader = read_page(page)
    for outside in ("http://", "https://", "url(", "@import", "src="):
        assert outside not in text
    policy = next(
        m["content"] for m in reader.metas if m.get("http-equiv") == "Content-Security-Policy"
    )
    digest = base64.b64encode(sha256("".join(reader.scripts).encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in str(policy)
    assert str(policy).startswith("default-src 'none'; img-src data:;")


def test_every_link_has_its_target(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in read_page(page).links:
        if link.startswith("#"):
            assert f' id="{link[1:]}"' in text


def test_same_corpus_same_bytes(rooms: Path, page: Path, tmp_path: Path) -> None:
    build_report(rooms, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()
    build_report(rooms, tmp_path / "other.html", seed=1, gallery_per_task=1)
    build_report(rooms, tmp_path / "third.html", seed=2, gallery_per_task=1)
    assert (tmp_path / "other.html").read_bytes() != (tmp_path / "third.html").read_bytes()


def test_verification_result_is_shown(rooms: Path, tmp_path: Path) -> None:
    stored = rooms / "verification.json"
    stored.write_text(json.dumps({"checked": 52, "failed": 0, "max_error_m": 1e-9}))
    try:
        build_report(rooms, tmp_path / "r.html", gallery_per_task=0)
    finally:
        stored.unlink()
    reader = read_page(tmp_path / "r.html")
    assert "No verification result" not in reader.text
    assert "max error m" in reader.text


def test_gallery_can_be_left_out(rooms: Path, tmp_path: Path) -> None:
    summary = build_report(rooms, tmp_path / "r.html", gallery_per_task=0)
    assert summary.gallery == summary.pictures == 0
    assert "article" not in read_page(tmp_path / "r.html").tags


def test_empty_corpus_has_a_page(tmp_path: Path) -> None:
    drawn_corpora.write_corpus(tmp_path / "none", [])
    summary = build_report(tmp_path / "none", tmp_path / "r.html")
    assert summary.questions == 0
    read_page(tmp_path / "r.html")


def test_page_stays_below_its_size(tmp_path: Path) -> None:
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    data = []
    for _ in range(12):  # Noise hardly compresses.
        Image.fromarray(rng.integers(0, 256, (480, 640, 3), dtype=np.uint8)).save(
            tmp_path / "noise.png"
        )
        data.append((tmp_path / "noise.png").read_bytes())
    scene = drawn_corpora.make_scene(0)
    samples = [
        drawn_corpora.make_sample(scene, 4, i, [drawn_corpora.image_name(d) for d in data[i::3]])
        for i in range(3)
    ]
    root = drawn_corpora.write_corpus(tmp_path / "noise", samples, [scene], data)
    summary = build_report(root, tmp_path / "r.html", max_bytes=500_000)
    assert summary.size_bytes <= 500_000
    assert summary.pictures + summary.pictures_left_out == 12
    full = build_report(root, tmp_path / "f.html")
    assert full.pictures == 12


def test_wrong_input_is_refused_by_name(rooms: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingInput):
        build_report(tmp_path / "nothing", tmp_path / "r.html")
    with pytest.raises(RecipeError):
        build_report(rooms, tmp_path / "r.html", gallery_per_task=-1)
    with pytest.raises(RecipeError):
        build_report(rooms, tmp_path / "r.html", max_bytes=10)
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "manifest.json").write_text("[]")
    with pytest.raises(InputError):
        build_report(tmp_path / "odd", tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def test_runs_of_images_are_marked_together(tmp_path: Path) -> None:
    scene = drawn_corpora.make_scene(0)
    data = [drawn_corpora.draw_view(scene, camera, 16) for camera in scene["cameras"][:5]]
    names = [drawn_corpora.image_name(one) for one in data]
    question = "<image>\n<image>\nLook at <image> and then <image> <image>"
    sample = drawn_corpora.make_sample(scene, 4, 0, names, question=question)
    root = drawn_corpora.write_corpus(tmp_path / "c", [sample], [scene], data)
    build_report(root, tmp_path / "r.html")
    text = read_page(tmp_path / "r.html").text
    assert "images 1 to 2Look at image 3 and then images 4 to 5" in text
