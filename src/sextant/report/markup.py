"""A tiny HTML builder: every text is escaped, every tag and attribute is on an allow-list.

Question texts, category names, scene ids and file names come from data and models, so they are
hostile. The only ways to make a ``Markup`` are ``el`` and ``join`` (which escape everything that
is not already ``Markup``) and the page's own style sheet and script.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterable, Mapping

TAGS = frozenset(
    """
    html head meta title style script body header main nav footer section article aside figure
    figcaption h1 h2 h3 h4 p a span div strong em small mark code pre ol ul li dl dt dd table
    caption thead tbody tr th td details summary label input select option button output br
    svg g rect circle path polygon polyline line text tspan use image defs symbol
    """.split()
)
"""All tags that a page may hold; SVG is inline."""

ATTRIBUTES = frozenset(
    """
    lang charset name content http-equiv id class href for type value placeholder scope colspan
    role hidden open title alt width height viewBox preserveAspectRatio x y x1 y1 x2 y2 cx cy r rx
    d points transform text-anchor fill-opacity opacity selected
    """.split()
)
"""All attributes but ``data-*`` and ``aria-*``; no event handlers, no inline style."""

VOID_TAGS = frozenset({"meta", "input", "br"})

_LINK = re.compile(r"#[A-Za-z][\w-]*|data:image/jpeg;base64,[A-Za-z0-9+/]*={0,2}")
_OPEN_NAME = re.compile(r"(data|aria)-[a-z][a-z-]*")
_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u061c\ufeff"
    "\ud800-\udfff]"
)


NO_BREAK = "\u00a0"
"""A space at which a line does not break, so that numbers keep their units."""


class Markup(str):
    """HTML that has been built here and is safe to put into a page."""

    __slots__ = ()


Child = str | int | float | None
"""What can stand inside an element; None is nothing, plain text is escaped."""


def clean(text: object, limit: int = 4000) -> str:
    """Return text with invisible and direction-changing characters made visible, cut at a length.

    A right-to-left override in a scene id could make a page read differently from what it says.

    >>> clean("a\\x00b\\u202ec"), clean("abcdef", 3)
    ('a�b�c', 'abc… (3 more characters)')
    """
    full = str(text)
    shown = _CONTROL.sub("�", full[:limit])
    return shown if len(full) <= limit else f"{shown}… ({len(full) - limit:,} more characters)"


def escape(child: Child) -> Markup:
    """Return a child as HTML: ``Markup`` as it is, anything else escaped."""
    if child is None:
        return Markup("")
    if isinstance(child, Markup):
        return child
    return Markup(html.escape(clean(child, 100_000), quote=True))


def join(children: Iterable[Child], separator: str = "") -> Markup:
    """Return the children one after another."""
    return Markup(str(escape(separator)).join(escape(child) for child in children))


def el(tag: str, *children: Child, **attributes: Child | bool) -> Markup:
    """Return one element.

    Args:
        tag: Name from ``TAGS``.
        *children: What stands inside it.
        **attributes: Names with ``_`` for ``-`` and a trailing ``_`` where Python has the word
            (``class_``); None and False leave the attribute out, True writes it bare.

    Raises:
        ValueError: The tag, an attribute or a link target is not on the allow-list.
    """
    if tag not in TAGS:
        raise ValueError(f"tag {tag!r} is not on the allow-list")
    parts = [f"<{tag}"]
    for key, value in attributes.items():
        name = key.rstrip("_").replace("_", "-")
        if name not in ATTRIBUTES and not _OPEN_NAME.fullmatch(name):
            raise ValueError(f"attribute {name!r} is not on the allow-list")
        if value is None or value is False:
            continue
        if value is True:
            parts.append(f" {name}")
            continue
        if name == "href" and not _LINK.fullmatch(str(value)):
            raise ValueError("a link goes to a place on this page or to an embedded picture")
        parts.append(f' {name}="{escape(value)}"')
    if tag in VOID_TAGS:
        return Markup("".join(parts) + ">")
    return Markup("".join(parts) + ">" + join(children) + f"</{tag}>")


def pretty_json(value: object, limit: int = 12_000) -> Markup:
    """Return a value as indented JSON in a ``<pre>``; short lists stay on one line."""
    try:
        text = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=False, default=str)
    except (TypeError, ValueError, RecursionError):
        text = "(cannot be written as JSON)"
    text = re.sub(
        r"\[\s+([^\[\]{}]{1,160}?)\s+\]",
        lambda found: "[" + re.sub(r"\s*\n\s*", " ", found[1]) + "]",
        text,
    )
    return el("pre", clean(text, limit), class_="json")


def number(value: float | None, digits: int = 4) -> str:
    """Write a number as a person reads it; thousands separated, no needless digits.

    >>> number(1234567), number(0.123456), number(None), number(float("nan")), number(2.0)
    ('1,234,567', '0.1235', '–', 'not a number', '2')
    """
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "infinite"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.1f}"
    return f"{value:.{digits}g}"


def percent(share: float | None) -> str:
    """Write a share of one.

    >>> percent(0.5), percent(0.123), percent(0.004), percent(None)
    ('50\\xa0%', '12\\xa0%', '0.4\\xa0%', '–')
    """
    if share is None or not math.isfinite(share):
        return "–"
    digits = f"{100 * share:.0f}" if share == 0 or share >= 0.01 else f"{100 * share:.1g}"
    return f"{digits}{NO_BREAK}%"


def facts_list(facts: Mapping[str, Child]) -> Markup:
    """Return a definition list; entries without a value are left out."""
    rows = [
        el("div", el("dt", name), el("dd", value))
        for name, value in facts.items()
        if value is not None and value != ""
    ]
    return el("dl", *rows, class_="facts") if rows else Markup("")
