"""Every clip is measured: one that is not what was planned is an error, and leaves no file."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from r2cli.cuts import CutMode
from r2cli.errors import FFmpegError, UnreadableInputError
from r2cli.video import probe
from r2cli.video.cutting import write as room
from r2cli.video.cutting.plan import plan_clip
from r2cli.video.cutting.write import write_clip
from tests.films import make_film
from tests.video.clips import ENCODERS


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("film")
    return make_film(folder / "film.mp4", frames=100, encoder=(*ENCODERS["h264"], "-g", "10"))


@pytest.fixture(params=list(CutMode))
def plan(request, film):
    plan = plan_clip(probe(film), 0.72, 2.48, request.param)
    assert plan.mode is request.param
    return plan


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda span: {"count": span.count + 1}, UnreadableInputError, "only .* pictures from"),
        (lambda span: {"count": span.count - 1}, FFmpegError, "pictures in .* s came out"),
        (lambda span: {"last": span.last + Fraction(1, 10)}, FFmpegError, "pictures in .* s came out"),
    ],
)
def test_what_comes_out_is_held_to_the_plan(plan, tmp_path, monkeypatch, change, error, words):
    measured = replace(plan, span=replace(plan.span, **change(plan.span)))
    check = room._check
    monkeypatch.setattr(room, "_check", lambda _, written, target: check(measured, written, target))
    with pytest.raises(error, match=words):
        write_clip(plan, tmp_path / f"clip{plan.suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [CutMode.COPY, CutMode.SMART])
def test_a_picture_that_gets_lost_on_the_way_is_noticed(film, tmp_path, mode):
    plan = plan_clip(probe(film), 0.72, 2.48, mode)
    if mode is CutMode.COPY:
        short = replace(plan, copied=plan.copied[:-4])
    else:
        short = replace(plan, smart=replace(plan.smart, middle=plan.smart.middle[:-4]))
    with pytest.raises(UnreadableInputError, match=r"only \d+ of \d+ pictures from"):
        write_clip(short, tmp_path / f"clip{plan.suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [CutMode.COPY, CutMode.SMART])
def test_a_picture_too_many_is_noticed(film, tmp_path, mode):
    plan = plan_clip(probe(film), 0.72, 2.48, mode)
    more = plan_clip(probe(film), 0.72, 2.88, mode)
    wrong = replace(plan, copied=more.copied, smart=more.smart)
    with pytest.raises(FFmpegError, match="pictures in .* s came out"):
        write_clip(wrong, tmp_path / f"clip{plan.suffix}")
    assert list(tmp_path.iterdir()) == []
