"""Labels for Audacity: a line each, three columns."""

from __future__ import annotations

from r2cli.export.audacity import write_audacity
from r2cli.export.document import Document
from tests.export.documents import ODD, SEVERAL


def test_labels_in_order_of_time():
    assert write_audacity(Document((ODD,))).decode().splitlines() == [
        "0.000000\t10.500000\todd",
        "2.000000\t2.000000\todd",
        "10.000000\t12.500000\todd",
        "11.000000\t9000000.000000\todd",
    ]


def test_every_label_is_a_line_of_three_columns():
    for found in SEVERAL:
        (line,) = write_audacity(Document((found,))).decode().split("\n")[:-1]
        start, end, label = line.split("\t")
        assert (float(start), float(end)) == (found.moments[0].start, found.moments[0].end)
        assert label.strip()
