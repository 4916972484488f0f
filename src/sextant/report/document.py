"""The frame of the page: policy, style sheet, script, numbered sections."""

from __future__ import annotations

import base64
from hashlib import sha256
from importlib import resources

from sextant.report.markup import Markup, el


def section(anchor: str, title: str, content: Markup, note: str | None = None) -> Markup:
    """Return a section of the page; the style sheet numbers it."""
    lead = el("p", note, class_="lead") if note else None
    return el("section", el("h2", title), lead, content, id=anchor)


def document(
    title: str, body: Markup, *, more_style: str = "", script: str | None = None
) -> Markup:
    """Return the whole page; nothing runs on it but the script whose hash its policy names.

    Args:
        title: Of the window.
        body: What the page holds.
        more_style: Our own style sheet of this kind of page, after the common one.
        script: Our own script of this kind of page; None = that of the corpus report.
    """
    folder = resources.files("sextant.report")
    style = folder.joinpath("page.css").read_text(encoding="utf-8") + more_style
    if script is None:
        script = folder.joinpath("page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", title),
        # Our own files, not data: they enter as they are, so that the hash above holds.
        el("style", Markup(style)),
    )
    content = el("body", el("main", body), el("script", Markup(script)))
    return Markup("<!doctype html>\n" + el("html", head, content, lang="en") + "\n")
