# SPDX-License-Identifier: GPL-2.0-only
"""Looks into a page of run_tests.sh --report, having checked that it is whole in itself:

text FILE        what a reader sees, a line an element
row FILE ID      the row of a claim in the matrix
svg FILE         the labels of its pictures
links FILE       addresses that lead out of the page
"""
import sys
from html.parser import HTMLParser

VOID = {"meta", "br", "wbr", "input", "path", "rect", "circle"}
INLINE = {"a", "b", "span", "wbr", "br", "tspan", "label"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.targets = [], set(), set()
        self.lines, self.pictures, self.links, self.rows = [""], [], [], {}
        self.row = None

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"an attribute is there twice: {attrs}"
        assert tag not in ("script", "link", "img", "iframe", "object", "base", "form"), tag
        for name, value in attrs:
            assert not name.startswith("on") and name not in ("src", "style"), name
            if name == "id":
                assert value not in self.ids, f"id {value} is there twice"
                self.ids.add(value)
            if name == "href":
                (self.targets.add(value[1:]) if value[0] == "#" else self.links.append(value))
        if tag == "svg":
            self.pictures.append(attributes["aria-label"])
        if tag == "tr":
            self.row = attributes.get("id")
            self.rows[self.row] = ""
        if tag not in VOID:
            self.open.append(tag)
        if tag not in INLINE:
            self.lines.append("")

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open and self.open[-1] == tag, f"</{tag}> in {self.open}"
        self.open.pop()
        if tag == "tr":
            self.row = None
        if tag not in INLINE:
            self.lines.append("")

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            assert "url(" not in data and "@import" not in data
            return
        self.lines[-1] += data
        if self.row:
            self.rows[self.row] += data


def words(text):
    return " ".join(text.split())


def main():
    what, name, *rest = sys.argv[1:]
    with open(name, encoding="ascii") as file:
        text = file.read()
    assert text.startswith("<!DOCTYPE html>\n") and text.endswith("</html>\n")
    page = Page()
    page.feed(text)
    page.close()
    assert not page.open, f"not closed: {page.open}"
    assert page.targets <= page.ids, f"lead nowhere: {page.targets - page.ids}"
    if what == "row":
        print(words(page.rows[rest[0]]))
    else:
        lines = {"text": page.lines, "svg": page.pictures, "links": page.links}[what]
        print("\n".join(filter(None, map(words, lines))))


main()
