"""Sound that cannot be decoded: it is said, and what the ffmpeg program alone cannot decode is heard all the same."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from r2cli.cuts import CutMode
from r2cli.errors import UnreadableInputError
from r2cli.video import probe
from r2cli.video.cutting.listen import Listener
from r2cli.video.cutting.plan import plan_clip
from r2cli.video.cutting.write import write_clip
from r2cli.video.reel.write import write_reel
from tests.films import make_film, run_ffmpeg
from tests.video.clips import add_clicks, clicks_in, numbers_in


@pytest.fixture(scope="module")
def silent(tmp_path_factory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "silent.mp4", frames=100)


def spoilt(film: Path, track: int, begin: float = 0, end: float = 99) -> Path:
    """Overwrite the packets of a sound track between two times with what is no sound."""
    data = bytearray(film.read_bytes())
    with av.open(str(film)) as container:
        for packet in container.demux(audio=track):
            if packet.size and begin <= packet.pts * packet.time_base < end:
                data[packet.pos : packet.pos + packet.size] = b"\xff" * packet.size
    film.write_bytes(data)
    return film


@pytest.mark.parametrize(("name", "codec"), [("film.mp4", "aac"), ("film.mp4", "flac"), ("film.mov", "alac")])
@pytest.mark.parametrize("track", [0, 1])
def test_a_track_that_decodes_to_nothing(silent, tmp_path, name, codec, track):
    film = spoilt(add_clicks(silent, tmp_path / name, 4, tracks=2, codec=("-c:a", codec)), track)
    plan = plan_clip(probe(film), 0.6, 2.6)
    clip = write_clip(plan, tmp_path / "clip.mp4")
    assert clip.note == f"{film}: sound track {track + 1} ({codec}) cannot be decoded, and is silent"
    assert clicks_in(clip.path, 1 - track) == pytest.approx([0.4, 1.4], abs=0.02)
    assert clicks_in(clip.path, track) == []
    assert numbers_in(clip.path) == list(range(15, 65))
    reel = write_reel([plan], tmp_path / "reel.mp4")
    silence = f"; sound that cannot be decoded is silent in the reel: {film}" if track == 0 else ""
    assert reel.note == f"the reel has the first sound track only: {film} has more{silence}"


def test_sound_that_breaks_off(silent, tmp_path):
    film = spoilt(add_clicks(silent, tmp_path / "film.mp4", 4), 0, 1.6, 2.8)
    clip = write_clip(plan_clip(probe(film), 0.6, 3.8), tmp_path / "clip.mp4")
    assert clip.note == f"{film}: sound track 1 (aac) cannot be decoded in places, and is silent there"
    assert clicks_in(clip.path) == pytest.approx([0.4, 2.4], abs=0.05)
    whole = write_clip(plan_clip(probe(film), 0.2, 1.2), tmp_path / "whole.mp4")
    assert whole.note == ""


def test_silence_is_no_fault(silent, tmp_path):
    film = tmp_path / "film.mp4"
    run_ffmpeg("-i", silent, "-f", "lavfi", "-i", "anullsrc=d=4", "-c:v", "copy", "-c:a", "aac", film)
    plan = plan_clip(probe(film), 0.6, 2.6)
    assert write_clip(plan, tmp_path / "clip.mp4").note == write_reel([plan], tmp_path / "reel.mp4").note == ""


@pytest.mark.parametrize("start", ["1.5", "0"])
def test_sound_that_begins_late_or_ends_soon(silent, tmp_path, start):
    film = tmp_path / "film.mkv"
    late = ["-itsoffset", start, "-f", "lavfi", "-i", "sine=d=1"]
    run_ffmpeg("-i", silent, *late, "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", film)
    plan = plan_clip(probe(film), 0.6, 3.2)
    assert write_clip(plan, tmp_path / "clip.mp4").note == write_reel([plan], tmp_path / "reel.mp4").note == ""


def test_what_the_program_cannot_decode_is_decoded_here(silent, tmp_path, monkeypatch):
    film = add_clicks(silent, tmp_path / "film.mp4", 4, tracks=2)
    dead = spoilt(add_clicks(silent, tmp_path / "dead.mp4", 4, tracks=2), 1)
    plan = plan_clip(probe(dead), 0.6, 2.6)

    def of_the_other(video, *arguments):  # as though this film could be decoded here
        return Listener(probe(film) if video.path == dead else video, *arguments)

    monkeypatch.setattr("r2cli.video.cutting.sound.Listener", of_the_other)
    clip = write_clip(plan, tmp_path / "clip.mp4")
    assert clip.note == ""
    for track in (0, 1):
        assert clicks_in(clip.path, track) == pytest.approx([0.4, 1.4], abs=0.02)
    assert numbers_in(clip.path) == list(range(15, 65))


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (44_100, 1), (8_000, 2)])
def test_every_sample_is_at_its_time(silent, tmp_path, rate, channels):
    film = add_clicks(silent, tmp_path / "film.mkv", 4, codec=("-c:a", "pcm_s16le"))
    listener = Listener(probe(film), 1, Fraction(6, 10), Fraction(26, 10), rate, channels)
    sound = np.zeros((2 * rate, channels), np.float32)
    for place, samples in listener.runs():
        sound[place : place + len(samples)] = samples
    loud = np.flatnonzero(np.abs(sound[:, 0]) > 0.2) / rate
    assert loud[0] == pytest.approx(0.4, abs=0.001)
    assert loud[loud > 1][0] == pytest.approx(1.4, abs=0.001)
    assert listener.is_complete
    assert listener.lost == 0


@pytest.mark.parametrize("mode", CutMode)
def test_a_film_that_has_gone(silent, tmp_path, mode):
    film = add_clicks(silent, tmp_path / "film.mp4", 4)
    plan = plan_clip(probe(film), 0.6, 2.6, mode)
    film.unlink()
    gone = "it went away while it was cut - is its disk still there"
    with pytest.raises(UnreadableInputError, match=gone):
        write_clip(plan, tmp_path / "clip.mp4")
    with pytest.raises(UnreadableInputError, match=gone):
        write_reel([plan], tmp_path / "reel.mp4")
    assert list(tmp_path.iterdir()) == []
