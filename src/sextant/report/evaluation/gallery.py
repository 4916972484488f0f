"""The gallery: questions that runs have wrong, with the reply and the part of it that decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sextant.report.document import section
from sextant.report.evaluation.chosen import Answer, Shown
from sextant.report.evaluation.excerpts import reply_block, valid_span
from sextant.report.evaluation.figures import points
from sextant.report.evaluation.lines import Json, real
from sextant.report.evaluation.rows import FAILED, NO_ANSWER, REFUSED, RIGHT
from sextant.report.evaluation.spans import find_span
from sextant.report.markup import Markup, clean, el, join, number
from sextant.samples.sample import LETTERS

MAX_OPTIONS = 26


def gallery_section(shown: Sequence[Shown], seed: int) -> Markup | None:
    """Render the drawn questions under their filters; None if there are none."""
    if not shown:
        return None
    note = (
        "A fair draw by hash of the question's id, not a selection: at most a few of each task and "
        f"kind (seed {seed}). The marked part of a reply is what its answer was read from."
    )
    return section(
        "replies", "Replies", join([_filters(shown), *(_card(entry) for entry in shown)]), note
    )


def _card(shown: Shown) -> Markup:
    first = next((a.stored for a in shown.answers if a.stored), {})
    head = el(
        "header",
        el("h4", clean(shown.task, 120)),
        el("span", shown.kind, class_="chip"),
        el("span", clean(shown.benchmark, 80)),
        el("code", clean(shown.id, 120)),
    )
    asked = el("div", _prompt(first), _options(first, shown.answers), _truth(first, shown.answers))
    said = el("div", *(_said(answer) for answer in shown.answers))
    return el(
        "article",
        head,
        el("div", asked, said, class_="body talk"),
        class_="card",
        data_benchmark=clean(shown.benchmark, 200),
        data_task=clean(shown.task, 200),
        data_kind=shown.kind,
    )


def _prompt(stored: Json) -> Markup:
    text = stored.get("prompt", stored.get("question"))
    if not isinstance(text, str) or not text:
        return el("p", "The prompt is not stored with this run.", class_="note")
    return el("p", clean(text, 4000), class_="question")


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        return []
    return [clean(text, 400) for text in value[:MAX_OPTIONS] if isinstance(text, str)]


def _options(stored: Json, answers: Sequence[Answer]) -> Markup | None:
    texts = _texts(stored.get("options"))
    if not texts:
        return None
    right = int(answers[0].table.correct[answers[0].row])
    rows = []
    for i, text in enumerate(texts):
        takers = [a.run for a in answers if int(a.table.chosen[a.row]) == i]
        marks = [
            el("span", class_=f"swatch {run.class_}", title=clean(run.label, 80)) for run in takers
        ]
        rows.append(
            el(
                "li",
                el("span", LETTERS[i], class_="letter"),
                el("span", text),
                el("span", *marks, " right" if i == right else None, class_="verdict"),
                class_="right" if i == right else None,
            )
        )
    return el("ol", *rows, class_="options")


def _truth(stored: Json, answers: Sequence[Answer]) -> Markup | None:
    first = answers[0]
    truth = real(float(first.table.truth[first.row]))
    if truth is not None:
        return el("p", "Truth: ", el("strong", number(truth)), class_="truth")
    answer = stored.get("answer")
    if isinstance(answer, str) and answer and first.table.correct[first.row] < 0:
        return el("p", "Truth: ", el("strong", clean(answer, 600)), class_="truth")
    return None


def _said(answer: Answer) -> Markup:
    table, row, run = answer.table, answer.row, answer.run
    class_ = "verdict-right" if answer.verdict == RIGHT else "verdict-wrong"
    words = [el("strong", clean(run.label, 120)), el("span", answer.verdict, class_=class_)]
    read = _read(answer)
    if read is not None:
        words.append(el("span", "read as ", el("strong", read)))
    weight = float(table.weights[row])
    score = float(table.points[row])
    if answer.verdict != FAILED and weight == 1.0 and 0 < score < 1:
        words.append(el("span", f"{points(score)} % of the point"))
    reply = answer.stored.get("reply")
    if isinstance(reply, str):
        span = valid_span(reply, answer.stored.get("span")) or find_span(answer, reply)
        text = reply_block(reply, span)
        if answer.stored.get("finish") == "length":
            words.append(el("span", "cut off", class_="flag"))
    else:
        error = answer.stored.get("error")
        told = clean(error, 600) if isinstance(error, str) and error else "no reply is stored"
        text = el("p", told, class_="note")
    return el("div", el("header", *words), text, class_=f"said {run.class_}")


def _read(answer: Answer) -> str | None:
    table, row = answer.table, answer.row
    if answer.verdict in (FAILED, NO_ANSWER, REFUSED):
        return None
    letter = int(table.chosen[row])
    if letter >= 0:
        return LETTERS[letter] if letter < len(LETTERS) else None
    predicted = real(float(table.predicted[row]))
    return None if predicted is None else number(predicted)


def _filters(shown: Sequence[Shown]) -> Markup:
    def choices(values: Sequence[str]) -> list[str]:
        return sorted({clean(value, 200) for value in values})

    return el(
        "div",
        _select("benchmark", "Benchmark", choices([s.benchmark for s in shown])),
        _select("task", "Task", choices([s.task for s in shown])),
        _select("kind", "Kind", choices([s.kind for s in shown])),
        el("label", "Text ", el("input", type="search", id="reply-text", placeholder="any words")),
        el("output", f"{len(shown)} questions", id="reply-count"),
        class_="controls sticky script-only",
    )


def _select(name: str, title: str, choices: Sequence[str]) -> Markup:
    options = [el("option", "all", value="")]
    options += [el("option", clean(text, 80), value=text) for text in choices]
    return el("label", f"{title} ", el("select", *options, id=f"reply-{name}"))
