"""Lines after a pattern of the user's."""

from __future__ import annotations

import pytest

from r2cli.errors import CommandLineError
from r2cli.export.document import Document
from r2cli.export.template import FIELDS, read_template
from tests.export.documents import DOCUMENTS, FOUND, SEVERAL


def lines(template: str, name: str = "one") -> str:
    return read_template(template)(DOCUMENTS[name]).decode("utf-8")


@pytest.mark.parametrize(
    ("template", "first"),
    [
        (r"{rank}\t{start:timecode}\t{end:timecode.3}\t{score:.2f}\n", "1\t0:01.5\t0:03.000\t0.90\n"),
        ("{start}", "1.5\n"),
        ("{length:.0f}s", "2s\n"),
        ("{rank:03}|{score:6.2f}|{score:<6}|{rank:>3}", "001|  0.90|0.9   |  1\n"),
        ("{{{rank}}}", "{1}\n"),
        (r"{rank}\\n", "1\\n\n"),
        (r"{rank}\0", "1\0"),
        ("{name:.<3}"[:6] + "}", "caf\\udce9 \\x1b[31m.mp4\n"),
        ("{stem}", "caf\\udce9 \\x1b[31m\n"),
        ("{query:^20}", ' 狗 "jumps"\\n\\udce9  \n'),
        ("{peak}{clip}", "\n"),
        ("{duration:timecode.0}", "0:10\n"),
        ("100%", "100%\n"),
    ],
)
def test_what_a_line_says(template, first):
    ends = "\0" if first.endswith("\0") else "\n"
    assert lines(template).split(ends)[0] + ends == first
    assert lines(template).count(ends) == len(FOUND.moments)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_field_of_every_document(name):
    template = " ".join(f"{{{field}}}" for field in FIELDS)
    read_template(template)(DOCUMENTS[name]).decode("utf-8")


def test_a_line_is_a_line_whatever_names_there_are():
    text = read_template(r"{path}\t{query}\n")(Document(SEVERAL)).decode("utf-8")
    assert [line.count("\t") for line in text.split("\n")] == [*[1] * len(SEVERAL), 0]
    assert "{0.__class__}" in text, "what a query says is not looked at again"


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("{start.__class__}", "there is no {start.__class__} in templates - there are: rank, path"),
        ("{path[0]}", "there is no {path[0]} in templates"),
        ("{0}", "there is no {0} in templates"),
        ("{}", "there is no {} in templates"),
        ("{path!r}", "there is no {path!r} in templates"),
        ("{path", "is no template"),
        ("path}", "is no template"),
        ("{start:{end}}", "start cannot be written as '{end}'"),
        ("{start:9999999999}", "start cannot be written as '9999999999'"),
        ("{score:.999f}", "score cannot be written as '.999f'"),
        ("{query:timecode}", "query cannot be written as 'timecode'"),
        ("{rank:d}", "rank cannot be written as 'd'"),
        ("{score:n}", "score cannot be written as 'n'"),
        ("{start:timecode.99}", "cannot be written"),
    ],
)
def test_everything_else_is_refused(template, complaint):
    with pytest.raises(CommandLineError) as caught:
        read_template(template)
    assert complaint in str(caught.value)
