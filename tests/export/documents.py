"""Documents of every kind, with everything in them that makes formats stumble."""

from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path

from r2cli.algebra.expression import Expression, parts_of
from r2cli.algebra.grammar import parse
from r2cli.algebra.tally import Count
from r2cli.algebra.writing import written
from r2cli.cuts import Clip, CutMode, Reel, ReelPart
from r2cli.export.document import Document, FailedInput, Kind
from r2cli.findings import (
    Findings,
    Ground,
    Highlight,
    Highlights,
    ModelSource,
    Moment,
    Part,
    Saliency,
    Sampling,
    Shot,
    Summary,
    VideoSource,
)

FOUND = Findings(
    query='狗 "jumps"\n\udce9',
    video=VideoSource(Path("caf\udce9 \x1b[31m.mp4"), 10.5, Fraction(30000, 1001)),
    model=ModelSource("sprites", "0" * 64, "clip-sprites"),
    sampling=Sampling(2.0, 75.0),
    moments=(Moment(1.5, 3.0, 0.9), Moment(7.0, 8.25, 0.4)),
    saliency=(Saliency(0.25, 0.1), Saliency(0.75, -0.2)),
)
EMPTY = replace(FOUND, moments=(), saliency=())
NASTY = (
    "plain",
    "it's \"quoted\" & 'more'",
    "</script><b>bold</b> {\\an8}{y:i}",
    "two\nlines\r\nand\ttabs",
    "00:00:01,000 --> 00:00:02,000",
    "100% of %s %(x)s {rank} {0.__class__}",
    "مرحبا \u202egnp.exe",
    "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "[red]rich[/red] [link=http://x]y[/link]",
    "👨‍👩‍👧 🐶 e\u0301",
    '=HYPERLINK("http://x")',
    "+1-1",
    "@SUM(1)",
    "-rf",
    "a,b;c|d=e#f\\g",
    " ends in a space ",
    "",
    "\u2028\u2029\x85",
    "#EXTINF:-1,evil",
    "%42%",
)
"""Texts that mean something to some format, shell, terminal or spreadsheet."""


def _named(text: str, number: int) -> Findings:
    name = text.replace("/", "⁄") or "empty"
    video = VideoSource(Path("films") / f"{name}.mp4", 100.0, (Fraction(25), Fraction(0))[number % 2])
    return replace(FOUND, query=text, video=video, moments=(Moment(number + 0.5, number + 2.25, 0.5),))


SEVERAL = tuple(_named(text, number) for number, text in enumerate(NASTY))
"""A video for each nasty text; every second one has no rate."""
ODD = replace(
    FOUND,
    query="odd",
    video=replace(FOUND.video, path=Path("odd.mp4")),
    moments=(Moment(2.0, 2.0, 0.9), Moment(10.0, 12.5, 0.8), Moment(11.0, 9e6, 0.7), Moment(0.0, 10.5, 0.0)),
)
"""Moments without length, beyond the end of the film, over one another."""


def _as_highlights(found: Findings, ground: Ground) -> Highlights:
    known = {field.name: getattr(found, field.name) for field in fields(Findings)}
    moments = tuple(Highlight(one.start, one.end, one.score, (one.start + one.end) / 2) for one in found.moments)
    return Highlights(**{**known, "moments": moments}, ground=ground)


HIGHLIGHTS = tuple(
    _as_highlights(FOUND, ground)
    for ground in (Ground("text"), Ground("domain", "dog", 0.75), Ground("domain", "dog"), Ground("title"))
)
SUMMARY = Summary(
    **{field.name: getattr(FOUND, field.name) for field in fields(Findings)},
    ground=Ground("model"),
    length=3.0,
    shots=(
        Shot(0.0, 1.5, 0.25, "less than others"),
        Shot(1.5, 4.0, 0.9, "the best\n<b>", (1.5, 3.0)),
        Shot(4.0, 7.0, -0.5, "like shot 2"),
        Shot(7.0, 10.5, 0.4, "fits", (7.0, 8.25)),
    ),
)
EXPRESSION = parse('("dog" or "狗 \\"x\\" <b>\x1b[31m")^2 and not "b" then "c" within 10s', "x")


def _tree(expression: Expression, moments: tuple[Moment, ...] = FOUND.moments) -> Part:
    return Part(expression, moments, tuple(map(_tree, parts_of(expression))))


COMBINED = replace(FOUND, query=written(EXPRESSION), tree=_tree(EXPRESSION), count=Count(2, 1, 4))
CLIPS = tuple(
    Clip(Path("clips") / f"{number}.mp4", found.video.path, mode, 1.5, 3.0, 1.4, 3.033, "a\nnote" * number, number + 1)
    for number, (found, mode) in enumerate(zip((FOUND, *SEVERAL[2:4]), CutMode, strict=True))
)
REEL = Reel(
    Path("best.mp4"),
    2.75,
    1280,
    720,
    Fraction(30000, 1001),
    (ReelPart(FOUND.video.path, 1.5, 3.0, 1.5, 3.0, 0.0), ReelPart(Path("odd.mp4"), 7.0, 8.25, 7.0, 8.25, 1.5)),
    "a note",
)
FAILED = FailedInput(Path("gone.mp4"), "gone.mp4: there is no such file", 3)

DOCUMENTS = {
    "one": Document((FOUND,)),
    "nothing in one of two": Document((FOUND, EMPTY), (FAILED,)),
    "nothing": Document((EMPTY,)),
    "no video": Document((), (FAILED,)),
    "hostile": Document(SEVERAL),
    "no file is called so": Document((replace(ODD, video=replace(ODD.video, path=Path("\ud800.mp4"))),)),
    "odd": Document((ODD, FOUND)),
    "combined": Document((COMBINED, FOUND)),
    "cut too": Document((FOUND,), (), CLIPS[:1], REEL),
    "highlights": Document(HIGHLIGHTS, kind=Kind.HIGHLIGHTS),
    "summary": Document((SUMMARY,), kind=Kind.SUMMARIES),
    "summary and film": Document((SUMMARY,), (), (), REEL, Kind.SUMMARIES),
    "cuts": Document((), (FAILED,), CLIPS, None, Kind.CUTS),
    "reel": Document((), (), (), REEL, Kind.CUTS),
    "no cuts": Document((), (), (), None, Kind.CUTS),
}
