"""Reading a report as a browser would, with an ear for what it should never hold."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from sextant.report.markup import ATTRIBUTES, TAGS, VOID_TAGS

KNOWN = {name.lower() for name in ATTRIBUTES}


class PageReader(HTMLParser):
    """Notes tags, links and texts, and in ``alarms`` everything that is on no allow-list."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []
        self.metas: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.alarms: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in TAGS:
            self.alarms.append(f"tag {tag}")
        names = [name for name, _ in attrs]
        if len(set(names)) < len(names):
            self.alarms.append(f"{tag} repeats an attribute")
        for name, value in attrs:
            if name not in KNOWN and not name.startswith(("data-", "aria-")):
                self.alarms.append(f"attribute {name} of {tag}")
            if name == "href":
                self.links.append(value or "")
        if tag == "meta":
            self.metas.append(dict(attrs))
        if tag not in VOID_TAGS:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.alarms.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        elif not self.open or self.open[-1] != "style":
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.alarms.append(f"comment {data[:40]}")

    def handle_pi(self, data: str) -> None:
        self.alarms.append(f"instruction {data[:40]}")

    def handle_decl(self, decl: str) -> None:
        if decl != "doctype html":
            self.alarms.append(f"declaration {decl[:40]}")

    @property
    def text(self) -> str:
        """All text that a person sees."""
        return "".join(self.texts)


def read_page(path: Path) -> PageReader:
    """Read a report and check that it is whole and holds nothing unexpected."""
    reader = PageReader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    assert reader.open == []
    assert reader.alarms == []
    assert reader.tags.count("script") == 1
    assert reader.tags.count("style") == 1
    assert all(link.startswith(("#", "data:image/jpeg;base64,")) for link in reader.links)
    return reader
