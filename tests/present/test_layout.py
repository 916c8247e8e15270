"""Tables and curves at any width: nothing goes beyond it, and no name is lost."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import pytest
from rich.console import Console

from r2cli.cuts import Clip, CutMode
from r2cli.findings import Findings, ModelSource, Moment, Saliency, Sampling, VideoSource
from r2cli.present.clips import clip_table
from r2cli.present.table import curve_lines, moment_table

CLIP = Clip(Path("clips/short_00-00-03_a-dog.mp4"), Path("v"), CutMode.EXACT, 3.4, 6.2, 3.3, 6.3, rank=1)


def found(video: str, query: str = "a dog", duration: float = 3661.0) -> Findings:
    saliency = tuple(Saliency(float(time), time % 37 / 37) for time in range(300))
    source = VideoSource(Path(video), duration, Fraction(25))
    return Findings(query, source, ModelSource("m", "0", "b"), Sampling(2, 10), (Moment(1, 2, 0.5),), saliency)


def shown(width: int, *renderables: object) -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, width=width, markup=False, highlight=False, emoji=False)
    for one in renderables:
        console.print(one)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 132])
@pytest.mark.parametrize("several", [False, True])
def test_a_curve_fits_the_terminal(width, several):
    many = [found("holiday/film.mp4"), found("b.mp4")] if several else [found("a.mp4")]
    lines = curve_lines(many, columns=width)
    assert shown(width, *lines)[0] == lines[0].rstrip()
    assert "peak 0.97" in " ".join(lines)
    curve = lines[0].split()[1]
    assert min(20, width - 17) <= len(curve) <= 60
    assert not several or "holiday/film.mp4" in " ".join(lines)


def test_a_curve_of_any_width_is_as_it_was():
    (line,) = curve_lines([found("a.mp4")])
    assert len(line.split()[1]) == 60


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80])
def test_the_table_of_clips_keeps_the_names_of_the_files(width):
    lines = shown(width, clip_table([CLIP]))
    assert max(map(len, lines)) <= width
    text = "".join("".join(lines).split())
    for part in (str(CLIP.path), "0:03.300-0:06.300", "exact"):
        assert part in text


def test_names_stand_below_where_they_do_not_fit_beside():
    assert [line.rstrip() for line in shown(40, clip_table([CLIP]))] == [
        "rank   asked",
        "   1   0:03.400 - 0:06.200",
        "  actual 0:03.300 - 0:06.300",
        "  cut exact",
        "  clips/short_00-00-03_a-dog.mp4",
    ]
    table = moment_table([found("[bold]a.mp4"), found("b.mp4")])
    assert [line.rstrip() for line in shown(36, table)][:3] == [
        "rank    start      end   score",
        "   1   0:01.0   0:02.0    0.50",
        "  [bold]a.mp4",
    ]
    assert shown(60, table)[1].rstrip() == "   1   0:01.0   0:02.0    0.50   [bold]a.mp4"


def test_curves_go_first_where_not_everything_fits_in_a_line():
    table = moment_table([found("a.mp4"), found("b.mp4")], unicode=False)
    with_curve = "   1   0:01.0   0:02.0    0.50   __|________|__   a.mp4"
    assert shown(len(with_curve), table)[:2] == [
        "rank    start      end   score            curve   video",
        with_curve,
    ]
    assert shown(len(with_curve) - 1, table)[1].rstrip() == "   1   0:01.0   0:02.0    0.50   a.mp4"
    long = moment_table([found("a.mp4"), found("holiday/2019/in the mountains/with dogs.mp4")])
    assert [line.rstrip() for line in shown(80, long)] == [
        "rank    start      end   score   video",
        "   1   0:01.0   0:02.0    0.50   a.mp4",
        "   2   0:01.0   0:02.0    0.50   holiday/2019/in the mountains/with dogs.mp4",
    ]
    assert shown(200, long)[2].split()[4].startswith("▁▁│")


@pytest.mark.parametrize("width", [20, 31, 40, 48, 49, 60, 80])
def test_a_table_of_moments_never_goes_beyond_the_terminal(width):
    for table in (moment_table([found("a.mp4")]), moment_table([found("a.mp4"), found("[bold]b.mp4")])):
        assert max(map(len, (line.rstrip() for line in shown(width, table)))) <= width
