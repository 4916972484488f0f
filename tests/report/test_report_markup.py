from __future__ import annotations

import doctest

import pytest

import sextant.report.markup
import sextant.report.scene_rows
import sextant.report.statistics
import sextant.report.wording
from sextant.report.markup import Markup, clean, el, escape, join, pretty_json


@pytest.mark.parametrize(
    "module",
    [
        sextant.report.markup,
        sextant.report.scene_rows,
        sextant.report.statistics,
        sextant.report.wording,
    ],
)
def test_examples_in_docstrings_hold(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0


def test_text_is_escaped_once_and_markup_is_kept() -> None:
    assert escape("<a & 'b' \"c\">") == "&lt;a &amp; &#x27;b&#x27; &quot;c&quot;&gt;"
    assert el("p", el("em", "<")) == "<p><em>&lt;</em></p>"
    assert join(["<", Markup("<br>")]) == "&lt;<br>"


def test_attributes() -> None:
    made = el("input", type="search", hidden=True, open=False, title=None, data_x='"<')
    assert made == '<input type="search" hidden data-x="&quot;&lt;">'


@pytest.mark.parametrize(
    ("tag", "attributes"),
    [
        ("iframe", {}),
        ("object", {}),
        ("script src=x", {}),
        ("p", {"onclick": "x"}),
        ("p", {"style": "x"}),
        ("image", {"src": "x"}),
        ("p", {"data_": "x"}),
        ("p", {"data-x onclick": "y"}),
        ("a", {"href": "javascript:alert(1)"}),
        ("a", {"href": "https://example.org"}),
        ("a", {"href": "data:text/html,x"}),
        ("a", {"href": "#a b"}),
        ("image", {"href": "data:image/svg+xml;base64,AAAA"}),
        ("image", {"href": "data:image/jpeg;base64,AAAA\n#"}),
    ],
)
def test_what_is_not_on_the_list_is_refused(tag: str, attributes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"allow-list|a link"):
        el(tag, **attributes)


def test_lone_surrogates_and_controls_do_not_reach_the_file() -> None:
    assert clean("a\ud800\x1b\u2066b").encode()
    assert clean("line\nbreak\ttab") == "line\nbreak\ttab"


def test_json_of_anything_is_written() -> None:
    loop: dict[str, object] = {}
    loop["self"] = loop
    assert "cannot be written" in pretty_json(loop)
    assert "[1, 2, 3]" in pretty_json({"a": [1, 2, 3]})
    assert "&lt;/pre&gt;" in pretty_json(["</pre>"])
    assert len(pretty_json(list(range(100_000)))) < 20_000
