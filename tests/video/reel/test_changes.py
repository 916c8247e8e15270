"""Reels and clips of streams that change on the way: in the picture's size, in the sound's rate and channels."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from r2cli.video import probe
from r2cli.video.cutting.plan import plan_clip
from r2cli.video.cutting.write import write_clip
from r2cli.video.reel.write import write_reel
from tests.films import make_film, run_ffmpeg
from tests.video.clips import clicks_in, numbers_in, pictures_in, times_in

FIELDS = ("-flags", "+ildct+ilme", "-x264-params", "tff=1")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p")


def joined(folder: Path, sizes, encoder, sounds=((), ())) -> Path:
    """Two streams one behind the other, 2 s each, whose pictures are numbered on; a click at each whole second."""
    film = folder / "film.ts"
    halves = []
    for place, (size, sound) in enumerate(zip(sizes, sounds, strict=True)):
        whole = make_film(folder / f"{place}.mkv", frames=100, size=size, encoder=("-c:v", "ffv1"))
        click = "aevalsrc='0.8*sin(2*PI*2000*t)*lt(mod(t,1),0.004)*gte(t,0.5)':s=48000:d=4"
        half = folder / f"{place}.ts"
        cut = ["-vf", f"trim=start_frame={50 * place}:end_frame={50 * place + 50}", "-fps_mode", "passthrough"]
        heard = ["-i", click, "-af", f"atrim={2 * place}:{2 * place + 2}", *sound] if sound else []
        run_ffmpeg(
            "-i", whole, *(["-f", "lavfi", *heard[:2]] if sound else []), *cut, *heard[2:], *encoder, "-copyts", half
        )
        halves.append(half.read_bytes())
    film.write_bytes(b"".join(halves))
    return film


@pytest.mark.parametrize(
    ("sizes", "encoder"),
    [
        (((160, 96), (80, 48)), H264),
        (((160, 96), (96, 96)), H264),
        pytest.param(((80, 48), (160, 96)), H264, marks=pytest.mark.slow),
    ],
)
def test_a_change_of_size(tmp_path, sizes, encoder):
    film = joined(tmp_path, sizes, encoder)
    plan = plan_clip(probe(film), 1, 3)
    reel = write_reel([plan], tmp_path / "reel.mp4")
    clip = write_clip(plan, tmp_path / "clip.mp4")
    for path in (reel.path, clip.path):
        assert len(times_in(path)) == 50
        assert (probe(path).width, probe(path).height) == sizes[0]
    assert numbers_in(reel.path) == list(range(25, 75))
    if sizes[0][0] * sizes[1][1] == sizes[1][0] * sizes[0][1]:
        assert numbers_in(clip.path) == list(range(25, 75))
    else:
        assert pictures_in(reel.path)[40][:, :20].max() < 30  # of another shape: between bars


def test_a_change_of_size_where_fields_are_woven(tmp_path):
    film = joined(tmp_path, ((160, 96), (96, 96)), (*H264, *FIELDS))
    plan = plan_clip(probe(film), 1, 3)
    assert plan.coding.interlaced
    reel = write_reel([plan], tmp_path / "reel.mp4")
    assert numbers_in(reel.path) == list(range(25, 75))


def test_a_turned_film_is_upright(tmp_path):
    film = make_film(tmp_path / "film.mp4", frames=50, size=(96, 160), rotation=90)
    reel = write_reel([plan_clip(probe(film), 0.4, 1.4)], tmp_path / "reel.mp4")
    assert numbers_in(reel.path) == list(range(10, 35))


STEREO, MONO = ("-c:a", "aac", "-ac", "2", "-ar", "44100"), ("-c:a", "aac", "-ac", "1", "-ar", "48000")


@pytest.mark.parametrize("sounds", [(STEREO, MONO), pytest.param((MONO, STEREO), marks=pytest.mark.slow)])
def test_a_change_of_the_sound(tmp_path, sounds):
    film = joined(tmp_path, ((160, 96), (160, 96)), H264, sounds)
    plan = plan_clip(probe(film), 0.52, 3.48)
    reel = write_reel([plan], tmp_path / "reel.mp4")
    clip = write_clip(plan, tmp_path / "clip.mp4")
    for path in (reel.path, clip.path):
        assert clicks_in(path) == pytest.approx([0.48, 1.48, 2.48], abs=0.03)
        assert loudness(path) == pytest.approx(loudness(path)[:1] * 3, rel=0.35)


def loudness(path: Path) -> list[float]:
    """The greatest sample about each click."""

    with av.open(str(path)) as container:
        resampler = av.AudioResampler("flt", "mono", 48_000)
        sound = np.concatenate([s.to_ndarray()[0] for f in container.decode(audio=0) for s in resampler.resample(f)])
    assert len(sound) / 48_000 == pytest.approx(2.96, abs=0.05)
    return [float(np.abs(sound[int(at * 48_000) : int((at + 1) * 48_000)]).max()) for at in (0, 1, 2)]
