"""CSV and TSV, as Python's own reader and a spreadsheet see them."""

from __future__ import annotations

import csv
import io

import pytest

from r2cli.export.document import Document
from r2cli.export.formats import FORMATS
from r2cli.export.rows import rows_of
from r2cli.export.separated import COLUMNS
from r2cli.export.text import one_line
from tests.export.documents import DOCUMENTS, FOUND, SEVERAL


def table(name: str, document: Document) -> list[dict[str, str]]:
    text = FORMATS[name].write(document).decode("utf-8")
    dialect = {"csv": "excel", "tsv": "excel-tab"}[name]
    return list(csv.DictReader(io.StringIO(text, newline=""), dialect=dialect, strict=True))


@pytest.mark.parametrize("form", ["csv", "tsv"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_row_is_read_back(form, name):
    rows = rows_of(DOCUMENTS[name])
    read = table(form, DOCUMENTS[name])
    assert len(read) == len(rows)
    for cells, row in zip(read, rows, strict=True):
        assert list(cells) == list(COLUMNS)
        assert (int(cells["rank"]), float(cells["start"]), float(cells["end"])) == (row.rank, row.start, row.end)
        assert cells["score"] == ("" if row.score is None else repr(row.score))
        assert cells["query"].removeprefix("'") == one_line(row.query).removeprefix("'")


def test_the_text_as_it_is():
    assert FORMATS["csv"].write(Document((FOUND,))).decode() == (
        "rank,video,query,start,end,score,peak,clip\n"
        '1,caf\\udce9 \\x1b[31m.mp4,"狗 ""jumps""\\n\\udce9",1.5,3.0,0.9,,\n'
        '2,caf\\udce9 \\x1b[31m.mp4,"狗 ""jumps""\\n\\udce9",7.0,8.25,0.4,,\n'
    )
    first = table("csv", DOCUMENTS["cut too"])[0]
    assert first["clip"] == "clips/0.mp4"
    assert table("csv", DOCUMENTS["highlights"])[0]["peak"] == "2.25"
    assert [cells["video"] for cells in table("tsv", DOCUMENTS["reel"])] == ["best.mp4", "best.mp4"]


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_no_cell_is_a_formula(form):
    cells = [cell for row in table(form, Document(SEVERAL)) for cell in (row["query"], row["video"])]
    assert [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))] == []
    assert '\'=HYPERLINK("http://x")' in cells
    assert "'-rf" in cells
