"""Pages as the tests read them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Page(HTMLParser):
    """A page, taken apart.

    Attributes:
        tags: every element's name and attributes, in order.
        text: all that is read, without style sheets and scripts.
        problems: elements that are closed wrongly or not at all, and addresses that stand twice.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html, self.tags, self.problems = html, [], []  # type: ignore[var-annotated]
        self._open: list[str] = []
        self._texts: list[str] = []
        self.feed(html)
        self.close()
        self.problems += [f"<{tag}> is not closed" for tag in self._open]
        ids = [attributes["id"] for _, attributes in self.tags if "id" in attributes]
        self.problems += [f"id {name} stands twice" for name in {name for name in ids if ids.count(name) > 1}]
        known = set(ids)
        for _, attributes in self.tags:
            for key in ("aria-labelledby", "aria-describedby", "for"):
                self.problems += [
                    f"{key} {name}: not there" for name in attributes.get(key, "").split() if name not in known
                ]
            if (link := attributes.get("href", "")).startswith("#") and link[1:] not in known:
                self.problems.append(f"{link}: not there")

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self._texts))

    def outside(self) -> list[str]:
        """Addresses that the page would load or lead to beyond itself."""
        linked = [
            value
            for _, each in self.tags
            for key, value in each.items()
            if key in ("src", "href", "srcset", "action", "data", "poster")
        ]
        styled = re.findall(r"url\(([^)]*)\)|@import\s+(\S+)", self.html)
        return [link for link in linked if not link.startswith("#")] + ["".join(link) for link in styled]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.problems.append(f"</{tag}> closes {self._open[-1:] or 'nothing'} in line {self.getpos()[0]}")
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] not in ("style", "script"):
            self._texts.append(data)
