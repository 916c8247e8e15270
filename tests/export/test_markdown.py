"""Markdown, as a renderer sees it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from r2cli.export.document import Document
from r2cli.export.markdown import write_markdown
from r2cli.export.rows import rows_of
from r2cli.export.text import one_line
from tests.export.documents import DOCUMENTS, NASTY, SEVERAL


class Cells(HTMLParser):
    """The cells of a table, and every tag there is."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def rendered(document: Document) -> Cells:
    return rendered_text(write_markdown(document).decode())


def rendered_text(text: str) -> Cells:
    cells = Cells()
    cells.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))
    cells.rows = [[cell.strip() for cell in row] for row in cells.rows]
    return cells


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_row_for_each_row(name):
    cells = rendered(DOCUMENTS[name])
    assert len(cells.rows) == 1 + len(rows_of(DOCUMENTS[name]))
    assert len({len(row) for row in cells.rows}) == 1
    assert cells.tags <= {"table", "thead", "tbody", "tr", "th", "td"}


def test_names_mean_nothing():
    header, *rows = rendered(Document(SEVERAL)).rows
    column = header.index("query")
    assert [row[column] for row in rows] == [one_line(text).strip() for text in NASTY]


def test_only_columns_that_say_something():
    assert write_markdown(DOCUMENTS["reel"]).decode().splitlines()[0] == "| rank | start | end | video |"
    assert write_markdown(DOCUMENTS["highlights"]).decode().splitlines()[:3] == [
        "| rank | start | end | score | peak | query | video |",
        "| --: | --: | --: | --: | --: | --- | --- |",
        '| 1 | 0:01.5 | 0:03.0 | 0.90 | 0:02.2 | 狗 "jumps"\\\\n\\\\udce9 | caf\\\\udce9 \\\\x1b\\[31m.mp4 |',
    ]
