"""The page of `sextant scenes show --page`: what is in it, hostile names, and that it draws."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from layouts.world import small_room

from sextant.commands.scene_page import scene_page
from sextant.commands.scene_rerun import write_rrd
from sextant.scenes import Scene

HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>{data}"


def read_data(page: bytes) -> dict:
    text = page.decode()
    (found,) = re.findall(r'<script type="application/json" id="scene">(.*?)</script>', text, re.S)
    return json.loads(found)


def hostile(scene: Scene) -> Scene:
    objects = tuple(
        dataclasses.replace(o, id=f"{HOSTILE}{k}", category=HOSTILE)
        for k, o in enumerate(scene.objects)
    )
    frames = tuple(dataclasses.replace(f, id=HOSTILE + f.id) for f in scene.frames)
    return dataclasses.replace(
        scene, id=HOSTILE, license=HOSTILE, objects=objects, frames=frames, notes={HOSTILE: HOSTILE}
    )


def test_the_page_holds_points_boxes_and_cameras_and_fetches_nothing() -> None:
    scene = small_room()
    page = scene_page(scene)
    data = read_data(page)
    points = np.frombuffer(base64.b64decode(data["points"]), "<f4").reshape(-1, 3)
    colors = base64.b64decode(data["colors"])
    assert len(points) > 1000
    assert len(colors) == points.size
    low = np.min([o.box.minimum for o in scene.objects], axis=0) - 1.5
    high = np.max([o.box.maximum for o in scene.objects], axis=0) + 1.5
    assert ((points > low) & (points < high)).all(axis=1).mean() > 0.95
    assert [b["label"] for b in data["boxes"]] == [o.category for o in scene.objects]
    assert len(data["cameras"]) == len(scene.frames)
    assert not re.findall(rb"(?:src|href)\s*=|https?://|url\(|@import", page)
    assert b"default-src 'none'" in page


def test_hostile_names_stay_data() -> None:
    page = scene_page(hostile(small_room())).decode()
    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    assert "<img" not in page
    assert read_data(page.encode())["boxes"][0]["label"] == HOSTILE


def test_boxes_alone_make_a_page_too() -> None:
    scene = dataclasses.replace(small_room(), frames=())
    assert read_data(scene_page(scene))["cameras"] == []
    bare = tuple(dataclasses.replace(o, mesh=None) for o in scene.objects)
    assert read_data(scene_page(dataclasses.replace(scene, objects=bare)))["points"] == ""


@pytest.mark.slow
def test_a_browser_draws_it(tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium here")
    for name, scene in (("plain", small_room()), ("hostile", hostile(small_room()))):
        path = tmp_path / f"{name}.html"
        path.write_bytes(scene_page(scene))
        done = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--use-angle=swiftshader",
             "--enable-unsafe-swiftshader", "--virtual-time-budget=4000", "--dump-dom",
             path.as_uri()],
            capture_output=True, text=True, check=False, timeout=90,
        )  # fmt: skip
        assert 'data-ready="yes"' in done.stdout
        assert "<title>owned" not in done.stdout


def test_a_recording_for_rerun(tmp_path: Path) -> None:
    pytest.importorskip("rerun")
    write_rrd(small_room(), tmp_path / "scene.rrd")
    assert (tmp_path / "scene.rrd").read_bytes()[:4] == b"RRF2"


@pytest.mark.slow
def test_a_browser_says_where_a_point_is(tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium here")
    page = scene_page(dataclasses.replace(small_room(), objects=())).decode()
    hover = (
        "<script>for (let x = 100; x < 700; x += 20) for (let y = 100; y < 500; y += 20) {"
        "if (!document.getElementById('tip').hidden) break;"
        "document.getElementById('view').dispatchEvent(new PointerEvent('pointermove',"
        "{clientX: x, clientY: y, bubbles: true})); }</script></body>"
    )
    (tmp_path / "page.html").write_text(page.replace("</body>", hover))
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--use-angle=swiftshader",
         "--enable-unsafe-swiftshader", "--virtual-time-budget=4000", "--dump-dom",
         (tmp_path / "page.html").as_uri()],
        capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip
    assert re.search(r'<div id="tip"[^>]*>at -?\d+\.\d\d, -?\d+\.\d\d, -?\d+\.\d\d<', done.stdout)
