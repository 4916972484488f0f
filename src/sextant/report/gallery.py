"""The gallery: for each family a fair draw of questions, with all that is needed to check them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sextant.report.birdseye import Highlight, draw_map
from sextant.report.markup import Markup, clean, el, facts_list, join, pretty_json
from sextant.report.pictures import PictureShelf
from sextant.report.scene_rows import SceneRow
from sextant.report.statistics import known_capability, letter, read_evidence
from sextant.report.wording import margin_words, quantity_words, threshold_words, with_unit
from sextant.samples.sample import Sample
from sextant.samples.validate import IMAGE_MARK

MAX_IMAGES = 32
"""Pictures shown per question; further ones are counted."""

Scenes = Mapping[tuple[str, str], SceneRow]


@dataclass(slots=True)
class Draw:
    """Keeps the ``size`` samples with the smallest priorities per family, whatever their order."""

    size: int
    heaps: dict[str, list[tuple[int, str, Sample]]] = field(default_factory=dict)

    def offer(self, task: str, sample: Sample, key: int) -> None:
        """Consider a row that is counted under a family."""
        if self.size <= 0:
            return
        heap = self.heaps.setdefault(task, [])
        if any(sample.id == kept.id for _, _, kept in heap):
            return
        entry = (-key, sample.id, sample)
        if len(heap) < self.size:
            heapq.heappush(heap, entry)
        elif -key > heap[0][0]:
            heapq.heapreplace(heap, entry)

    def of(self, task: str, limit: int | None = None) -> list[Sample]:
        """Return the draw of a family, in order of priority."""
        ranked = sorted(self.heaps.get(task, ()), key=lambda entry: (-entry[0], entry[1]))
        return [sample for _, _, sample in ranked[:limit]]


def picture_width(images: int) -> int:
    """Return the width in pixels at which the pictures of a question are embedded."""
    return 480 if images <= 2 else 380 if images <= 6 else 260


def want_pictures(shelf: PictureShelf, samples: Iterable[Sample]) -> None:
    """Ask the shelf for all pictures that the cards of these samples show."""
    for sample in samples:
        for path in sample.images[:MAX_IMAGES]:
            shelf.want(path, picture_width(len(sample.images)))


def card(sample: Sample, scenes: Scenes, shelf: PictureShelf) -> Markup:
    """Render one question."""
    evidence = read_evidence(sample)
    scene = scenes.get((sample.source, sample.scene_id))
    drawing = _map(sample, evidence, scene)
    difficulty = clean(sample.difficulty, 20)
    capability = known_capability(sample.capability)
    shots = _pictures(sample, shelf)
    shape = "many" if len(sample.images) > 1 else "few" if sample.images else "none"
    return el(
        "article",
        el(
            "header",
            el("h4", clean(sample.task, 80)),
            el("span", difficulty, class_="chip"),
            el("span", clean(sample.source, 60), class_="where"),
            el("span", clean(sample.scene_id, 80), class_="where"),
            el("span", clean(sample.split, 20), class_="where"),
            el("code", clean(sample.id, 40)),
        ),
        el(
            "div",
            shots,
            el("div", _question(sample), _facts(sample, evidence), class_="asked-text"),
            drawing,
            class_=f"body {shape}" + (" mapped" if drawing else ""),
        ),
        _folded(sample, evidence),
        class_=f"card cap-{capability}",
        data_capability=capability,
        data_task=clean(sample.task, 200),
        data_source=clean(sample.source, 200),
        data_difficulty=difficulty,
    )


def _pictures(sample: Sample, shelf: PictureShelf) -> Markup | None:
    if not sample.images:
        return None
    figures = []
    for n, path in enumerate(sample.images[:MAX_IMAGES], start=1):
        frame = sample.frame_ids[n - 1] if n <= len(sample.frame_ids) else ""
        picture = shelf.pictures.get(path)
        name = f"Image {n}" if len(sample.images) > 1 else "Image"
        shown = picture.markup(f"{name} of the question") if picture else None
        figures.append(
            el(
                "figure",
                el(
                    "button",
                    shown,
                    type="button",
                    class_="enlarge",
                    title="Enlarge or shrink",
                    aria_label=f"Enlarge {name.lower()}",
                ),
                el("figcaption", el("strong", n), " ", clean(frame, 60), title=clean(path, 200)),
            )
        )
    rest = len(sample.images) - MAX_IMAGES
    more = el("p", f"and {rest} further images", class_="note") if rest > 0 else None
    density = ("one", "pair")[len(figures) - 1] if len(figures) <= 2 else "some"
    density = "dense" if len(figures) > 6 else density
    return el("div", *figures, more, class_=f"shots {density}")


def _question(sample: Sample) -> Markup:
    pieces = _with_image_marks(clean(sample.question, 6000))
    parts = [el("p", *pieces, class_="question")]
    if sample.options is not None:
        options = [
            el(
                "li",
                el("span", letter(i), class_="letter"),
                el("span", clean(text, 1500)),
                el("span", "correct", class_="verdict") if i == sample.answer_index else None,
                class_="right" if i == sample.answer_index else None,
            )
            for i, text in enumerate(sample.options[:26])
        ]
        parts.append(el("ol", *options, class_="options"))
    answer = el("span", clean(sample.answer, 3000), class_="answer")
    exact = None
    if sample.value is not None:
        exact = el("span", "exactly ", with_unit(sample.value, sample.unit), class_="exact")
    form = el("span", clean(sample.answer_type, 20), class_="note")
    parts.append(el("p", el("span", "Answer", class_="key"), answer, exact, form, class_="given"))
    return join(parts)


def _with_image_marks(question: str) -> list[Markup | str]:
    """Return a question with a numbered mark for each run of ``<image>``."""
    first, *rest = question.split(IMAGE_MARK)
    pieces: list[Markup | str] = [first]
    start = 1
    for n, text in enumerate(rest, start=1):
        if not text.strip() and n < len(rest):
            continue
        name = f"image {n}" if start == n else f"images {start} to {n}"
        pieces += [el("span", name, class_="token"), text.removeprefix("\n")]
        start = n + 1
    return pieces


def _facts(sample: Sample, evidence: Mapping[str, Any]) -> Markup:
    label = evidence.get("label")
    names = evidence.get("names")
    shown_label = names.get(label) if isinstance(names, dict) and _hashable(label) else None
    return facts_list(
        {
            "Measured": quantity_words(evidence["quantity"]) if evidence.get("quantity") else None,
            "Found": clean(shown_label or label, 300) if label is not None else None,
            "Margin": margin_words(evidence.get("margin")),
            "Thresholds": threshold_words(evidence.get("thresholds")),
            "Geometry": _short(evidence.get("geometry")),
            "Frame": _short(evidence.get("reference_frame")),
            "Wording": clean(sample.template, 80),
        }
    )


def _hashable(label: Any) -> bool:
    return isinstance(label, str | int | float)


def _short(value: Any) -> str | None:
    return clean(value, 120) if isinstance(value, str) and value else None


def _folded(sample: Sample, evidence: Mapping[str, Any]) -> Markup:
    factors = evidence.get("difficulty")
    parts = []
    if sample.rationale:
        parts.append(_fold("Rationale", el("p", clean(sample.rationale, 8000), class_="prose")))
    if factors:
        parts.append(_fold("Difficulty factors", pretty_json(factors, 3000)))
    if evidence:
        parts.append(_fold("Evidence", pretty_json(evidence)))
    elif sample.evidence.strip() not in ("", "{}"):
        parts.append(_fold("Evidence (not a JSON object)", el("pre", clean(sample.evidence, 2000))))
    if sample.turns:
        parts.append(_fold("Further turns", el("pre", clean(sample.turns, 6000), class_="json")))
    origin = {"licence": sample.license, "generator": sample.generator, "seed": sample.seed}
    shown = facts_list({key: clean(value, 200) for key, value in origin.items()})
    return el("div", *parts, _fold("Provenance", shown), class_="folds")


def _fold(title: str, body: Markup) -> Markup:
    return el("details", el("summary", title), body)


def _map(sample: Sample, evidence: Mapping[str, Any], scene: SceneRow | None) -> Markup | None:
    if scene is None:
        return None
    raw_ids, raw_names = evidence.get("objects"), evidence.get("names")
    ids = [str(one) for one in raw_ids[:60]] if isinstance(raw_ids, list) else []
    names = raw_names if isinstance(raw_names, dict) else {}
    categories = {thing.id: thing.category for thing in scene.objects}
    options = {clean(text, 200).lower(): i for i, text in enumerate(sample.options or ())}
    asked = {}
    for one in ids:
        name = clean(names.get(one) or categories.get(one) or one, 80)
        place = options.get(name.lower())
        text = name if place is None else f"{letter(place)} · {name}"
        right = place is not None and place == sample.answer_index
        asked[one] = Highlight(text, right or evidence.get("label") == one)
    shown = evidence.get("frames")
    frames = list(sample.frame_ids) or (shown if isinstance(shown, list) else [])
    drawing = draw_map(scene, asked, [str(frame) for frame in frames[:MAX_IMAGES]])
    if drawing is None:
        return None
    absent = [one for one in ids if one not in categories]
    caption = "Seen from above. Filled: objects asked about; numbered: cameras of the images."
    if absent:
        caption += f" Not in the scene file: {clean(', '.join(absent), 160)}."
    return el("figure", drawing, el("figcaption", caption), class_="mapbox")
