from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import drawn_corpora
import pytest
from page_reader import read_page

from sextant.report import build_report
from sextant.samples.sample import sample_id

PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<ScRiPt src=//x.example/a.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img src=`x`onerror=alert(1)//",
    "\"><img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)//",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><use href=\"data:image/svg+xml;base64,PHN2Zy8+#x\"/></svg>",
    "</text></svg><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</pre></details><iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=data:text/html,<script>alert(1)</script>>",
    "<embed src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=\" javascript:alert(1)\">x</a>",
    "<form action=//x.example><input name=a></form>",
    "<meta http-equiv=refresh content=0;url=//x.example>",
    "<base href=//x.example/>",
    "<link rel=stylesheet href=//x.example/a.css>",
    "<style>*{background:url(//x.example)}</style>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<!-- --><img src=x onerror=alert(1)> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "\" autofocus onfocus=alert(1) x=\"",
    "' onmouseover='alert(1)",
    "x\" style=\"position:fixed;inset:0",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "\u202e<tpircs/>)1(trela<tpircs>",
    "\U0001f600<details open ontoggle=alert(1)>",
    "<b><i><div></b></i></p></li></ol></table></article></main></body></html>",
    "javascript:/*--></title></style></textarea></script><svg/onload='+/\"/+/onmouseover=1/+/[*/[]/"
    "+alert(1)//'>",
    "${alert(1)} {{constructor.constructor('alert(1)')()}} <%= 1 %>",
)  # fmt: skip


def hostile_corpus(root: Path) -> Path:
    samples: list[Any] = []
    scenes = []
    drops: dict[tuple[str, str], int] = {}
    quarantine = []
    for i, text in enumerate(PAYLOADS):
        scene = drawn_corpora.make_scene(i)
        scene["scene_id"] = scene["source"] = scene["license"] = f"{text} {i}"
        for thing in scene["objects"]:
            thing["id"] = f"{thing['id']} {text}"
            thing["category"] = f"{text} {thing['category']}"
        for camera in scene["cameras"]:
            camera["id"] = f"{text} {camera['id']}"
        scenes.append(scene)
        picture = drawn_corpora.draw_view(drawn_corpora.make_scene(0), scene["cameras"][0], 16)
        for family in (0, 4, 5, 6):
            plain = drawn_corpora.make_sample(
                scene, family, i, [drawn_corpora.image_name(picture)] * 2
            )
            evidence = plain.evidence_dict()
            evidence.update(
                {"quantity": text, "geometry": text, "reference_frame": text, text: {text: text}}
            )
            evidence["thresholds"] = {text: text, f"{text}_m": 1.0}
            evidence["difficulty"] = {text: text}
            changed: dict[str, Any] = {
                "evidence": json.dumps(evidence),
                "question": f"<image>{text}<image>{text}",
                "template": text,
                "rationale": text,
                "turns": json.dumps(
                    [{"from": "human", "value": text}, {"from": "gpt", "value": text}]
                ),
                "generator": text,
                # One family per payload for a part of them: task names are hostile as well.
                "task": text if family == 0 else plain.task,
            }
            if plain.options is not None:
                changed["options"] = tuple(f"{text} {n}" for n in range(4))
            if plain.answer_type == "text":
                changed["answer"] = text
            samples.append(
                drawn_corpora.make_sample(
                    scene, family, i, plain.images, **changed, id=sample_id(i, family)
                )
            )
        drops[(text, text)] = i + 1
        quarantine.append({"scene_id": text, "what": text, "where": text, "message": text})
    return drawn_corpora.write_corpus(
        root,
        samples,
        scenes,
        {drawn_corpora.draw_view(drawn_corpora.make_scene(0), s["cameras"][0], 16) for s in scenes},
        drops,
        quarantine,
    )


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    root = hostile_corpus(folder / "<img src=x onerror=alert(1)>")
    manifest = json.loads((root / "manifest.json").read_text())
    manifest["name"] = manifest["head"]["recipe_hash"] = PAYLOADS[1]
    manifest["head"]["versions"] = {text: text for text in PAYLOADS}
    manifest["verification"] = {text: text for text in PAYLOADS}
    (root / "manifest.json").write_text(json.dumps(manifest))
    out = folder / "page.html"
    summary = build_report(root, out, gallery_per_task=len(PAYLOADS), max_bytes=200_000_000)
    assert summary.gallery == 4 * len(PAYLOADS)
    return out


def test_no_payload_becomes_markup(hostile_page: Path) -> None:
    reader = read_page(hostile_page)  # Checks tags, attributes, nesting and links.
    assert "alert(1)" in reader.text
    assert "alert(1)" not in "".join(reader.scripts)


def test_payloads_are_shown_as_they_are(hostile_page: Path) -> None:
    text = read_page(hostile_page).text
    for payload in PAYLOADS:
        if payload.isprintable():
            assert payload[:60] in text, payload


def test_no_payload_stands_unescaped(hostile_page: Path) -> None:
    raw = hostile_page.read_text(encoding="utf-8")
    for payload in PAYLOADS:
        if set(payload) & set("<>\"'"):
            assert payload not in raw, payload


def test_direction_changes_are_made_visible(hostile_page: Path) -> None:
    raw = hostile_page.read_text(encoding="utf-8")
    assert not set(raw) & set("\x00\u202e\u2066\ufeff")


@pytest.mark.parametrize(
    "evidence",
    [
        "[]",
        '"text"',
        "null",
        "{}",
        "{not json",
        "[" * 100_000,
        '{"objects": {"a": 1}, "names": [1], "frames": 3, "thresholds": [], "margin": "x"}',
        '{"objects": [1, null, {"a": 2}], "names": {"1": null}, "label": {"x": [1]}}',
        '{"objects": [], "margin": NaN, "label": [], "quantity": 7, "thresholds": {"a": [1]}}',
        '{"margin": Infinity, "difficulty": [1], "thresholds": {"a_m": 1e400}, "label": 0}',
    ],
)
def test_odd_evidence_does_not_stop_the_page(tmp_path: Path, evidence: str) -> None:
    from sextant.report.gallery import card
    from sextant.report.pictures import PictureShelf
    from sextant.report.scene_rows import read_scene_row
    from sextant.report.statistics import CorpusStatistics

    scene = drawn_corpora.make_scene(1)
    sample = drawn_corpora.make_sample(scene, 4, 0, [], evidence=evidence)
    CorpusStatistics().add(sample, 1)
    row = read_scene_row(scene)
    assert "<article" in card(sample, {(row.source, row.scene_id): row}, PictureShelf(tmp_path))
