"""One film is opened once, however much of it is asked for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import av
import pytest

from r2cli.cuts import CutMode
from r2cli.errors import UnreadableInputError
from r2cli.video import probe
from r2cli.video.cutting.clips import Wanted, plan_clips, plan_reel, write_clips
from r2cli.video.cutting.film import open_film
from r2cli.video.cutting.plan import plan_clip
from r2cli.video.streams import STATES_FIELDS
from tests.films import make_film
from tests.video.clips import ENCODERS, add_clicks


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    """4 s, 25 pictures a second, a keyframe every 0.4 s, and sound."""
    folder = tmp_path_factory.mktemp("film")
    silent = make_film(folder / "silent.mp4", frames=100, encoder=(*ENCODERS["h264"], "-g", "10"))
    return add_clicks(silent, folder / "film.mp4", 4)


@pytest.fixture
def openings(monkeypatch) -> Counter:
    """How often each file is opened with PyAV."""
    count, real = Counter(), av.open

    def counting(file, *arguments, **options):
        if isinstance(file, str):  # what is tried in memory is no film
            count[Path(file.removeprefix("file:")).name] += 1
        return real(file, *arguments, **options)

    monkeypatch.setattr(av, "open", counting)
    return count


def fail(path: Path, error: Exception) -> None:
    raise AssertionError(f"{path}: {error}")


@pytest.mark.parametrize("mode", list(CutMode))
def test_planning_opens_a_film_once(film, openings, mode):
    info = probe(film)
    openings.clear()
    plan_clip(info, 1.1, 2.7, mode)
    assert openings == {film.name: 1}


@pytest.mark.parametrize(("mode", "each"), [(CutMode.EXACT, 1), (CutMode.COPY, 2), (CutMode.SMART, 2)])
def test_many_clips_are_planned_in_one_opening_and_written_with_one_for_each_stream(
    film, tmp_path, openings, mode, each
):
    info = probe(film)
    openings.clear()
    wanted = [Wanted(info, start, start + 0.9) for start in (0.3, 1.1, 1.5, 2.3)]
    plans = plan_clips(wanted, tmp_path / "clips", mode, force=False, on_failure=fail)
    assert openings == {film.name: 1}
    assert len(list(write_clips(plans, force=False, on_failure=fail))) == 4
    assert openings[film.name] == 1 + 4 * each


@pytest.mark.skipif(
    not STATES_FIELDS, reason="before PyAV 18 a picture is decoded to tell whether a film is interlaced"
)
def test_a_reel_is_planned_in_one_opening_of_each_film(film, tmp_path, openings):
    other = make_film(tmp_path / "other.mp4", frames=50)
    one, two = probe(film), probe(other)
    openings.clear()
    plans = plan_reel([Wanted(one, 0.3, 1), Wanted(two, 0, 1), Wanted(one, 2, 3)], on_failure=fail)
    assert len(plans) == 3
    assert openings == {film.name: 1, other.name: 1}


def test_stretches_of_one_film_in_any_order(film):
    with open_film(probe(film)) as open_once:
        spans = [open_once.stretch(start, start + 0.5) for start in (2.1, 0.0, 3.3, 1.21, 0.0)]
        assert [float(stretch.decoded[0].stamp) for stretch in spans] == pytest.approx([2.0, 0.0, 3.2, 1.2, 0.0])
        assert open_once.coding.pixel_format == "yuv420p"
        assert len(open_once.coding.audio) == 1


def test_a_film_that_went_away(film, tmp_path):
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(film.read_bytes())
    info = probe(copy)
    copy.unlink()
    with pytest.raises(UnreadableInputError, match="cannot be opened any more"):
        plan_clip(info, 1, 2)
