"""Encoders of graphics cards. None is here: an ffmpeg that pretends stands in for the machine that has one."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from r2cli.video import ffmpeg_path, probe
from r2cli.video.cutting.encoders import CHOICES, FAMILIES, hardware_encoder
from r2cli.video.cutting.hardware import choose_encoder
from r2cli.video.cutting.plan import plan_clip
from r2cli.video.cutting.write import write_clip
from r2cli.video.reel.write import write_reel
from tests.films import make_film
from tests.video.clips import numbers_in

pytestmark = pytest.mark.skipif(os.name == "nt", reason="uses a script as ffmpeg")

PRETENDER = """#!{python}
import os, subprocess, sys
words = sys.argv[1:]
encoder = words[words.index("-c:v") + 1] if "-c:v" in words else ""
if encoder.endswith("_nvenc"):
    with open({log!r}, "a") as log:
        log.write(encoder + " " + ("trial" if "matroska" in words else "work") + "\\n")
    trouble = os.environ.get("TROUBLE", "")
    if trouble == "no driver" or (trouble == "busy" and "matroska" not in words):
        sys.exit("[h264_nvenc @ 0x5586cbc22800] Cannot load libcuda.so.1\\nConversion failed!")
    place = words.index("-vf") + 1
    if trouble == "negative" or (trouble == "later negative" and "matroska" not in words):
        words[place] += ",negate"
    words[words.index("-c:v") + 1] = "libx265" if encoder.startswith("hevc") else "libx264"
    for option in ("-preset", "-rc", "-cq", "-profile:v"):
        if option in words:
            del words[words.index(option):words.index(option) + 2]
os.execv({program!r}, [{program!r}, *words])
"""


@pytest.fixture
def card(tmp_path, monkeypatch):
    """An ffmpeg that does what NVIDIA's encoders would, with libx264; the list of encoders that were used."""
    import sys

    log = tmp_path / "log"
    script = tmp_path / "bin" / "ffmpeg"
    script.parent.mkdir()
    script.write_text(PRETENDER.format(python=sys.executable, program=ffmpeg_path(), log=str(log)))
    script.chmod(0o755)
    monkeypatch.setenv("R2_FFMPEG", str(script))
    return lambda: log.read_text().splitlines() if log.exists() else []


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", frames=50, audio_seconds=2)


def test_a_card_that_works_is_used(film, card, tmp_path):
    clip = write_clip(plan_clip(probe(film), 0.4, 1), tmp_path / "clip.mp4", hwaccel="cuda")
    assert clip.note == ""
    assert numbers_in(clip.path) == list(range(10, 25))
    assert card() == ["h264_nvenc trial", "h264_nvenc work"]


def test_reels_too(film, card, tmp_path):
    reel = write_reel([plan_clip(probe(film), 0.4, 1)], tmp_path / "reel.mp4", hwaccel="cuda")
    assert reel.note == ""
    assert numbers_in(reel.path) == list(range(10, 25))
    assert card() == ["h264_nvenc trial", "h264_nvenc work"]


def test_ten_bits_stay_ten(card, tmp_path):
    deep = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=error")
    film = make_film(tmp_path / "film.mp4", frames=30, encoder=deep)
    clip = write_clip(plan_clip(probe(film), 0.4, 1), tmp_path / "clip.mp4", hwaccel="cuda")
    assert (clip.note, probe(clip.path).codec) == ("", "hevc")
    assert card() == ["hevc_nvenc trial", "hevc_nvenc work"]


@pytest.mark.parametrize(
    ("trouble", "note", "used"),
    [
        (
            "no driver",
            "--hwaccel cuda: h264_nvenc cannot be used (Cannot load libcuda.so.1); the processor encodes",
            ["h264_nvenc trial"],
        ),
        (
            "negative",
            "--hwaccel cuda: h264_nvenc cannot be used (its pictures are not those that it was given); "
            "the processor encodes",
            ["h264_nvenc trial"],
        ),
        (
            "later negative",
            "h264_nvenc wrote other pictures than it was given; the processor encoded them again",
            ["h264_nvenc trial", "h264_nvenc work"],
        ),
        ("busy", "h264_nvenc failed", ["h264_nvenc trial", "h264_nvenc work"]),
    ],
)
@pytest.mark.parametrize("kind", ["clip", "reel"])
def test_where_it_fails_the_processor_does_it(film, card, tmp_path, monkeypatch, trouble, note, used, kind):
    monkeypatch.setenv("TROUBLE", trouble)
    plan, target = plan_clip(probe(film), 0.4, 1), tmp_path / "clip.mp4"
    done = write_clip(plan, target, hwaccel="cuda") if kind == "clip" else write_reel([plan], target, hwaccel="cuda")
    assert done.note.startswith(note)
    assert numbers_in(done.path) == list(range(10, 25))
    assert card() == used


def test_names_that_encode_nothing():
    assert choose_encoder("none", is_deep=False)[1] == ""
    encoder, note = choose_encoder("abacus", is_deep=False)
    assert (encoder.name, note) == ("libx264", "--hwaccel abacus: nothing of that name encodes; the processor encodes")


def test_fields_stay_with_the_processor(card):
    encoder, note = choose_encoder("cuda", is_deep=False, is_interlaced=True)
    assert (encoder.name, note) == ("libx264", "--hwaccel cuda: interlaced pictures are encoded by the processor")
    assert card() == []


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("is_deep", [False, True])
def test_command_lines(family, is_deep):
    encoder = hardware_encoder(family, is_deep=is_deep)
    line = shlex.join([*encoder.setup, *encoder.filters, encoder.name, *encoder.options])
    assert encoder.name == f"{'hevc' if is_deep else 'h264'}_{family}"
    assert ("p010le" in line, "hvc1" in line, "main10" in line) == (is_deep,) * 3
    assert ("hwupload" in line) == ("-init_hw_device" in line) == (family == "vaapi")


def test_every_choice_leads_to_families():
    assert {family for families in CHOICES.values() for family in families} == set(FAMILIES)
    assert CHOICES["cuda"] == ("nvenc",)
