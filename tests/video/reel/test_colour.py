"""What the samples of a reel mean is what its tags say: whatever range, matrix and depth its sources have."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from r2cli.video import probe
from r2cli.video.cutting.light import Light, first_picture
from r2cli.video.cutting.plan import plan_clip
from r2cli.video.cutting.write import write_clip
from r2cli.video.reel.write import write_reel
from tests.films import make_film, run_ffmpeg

LIMITED, FULL, UNSTATED = 1, 2, 0
FAST = ("-preset", "ultrafast")
SOURCES = {
    "full": ("film.mp4", "scale=out_range=full,format=yuvj420p", ("-c:v", "libx264", *FAST)),
    "jpeg": ("film.avi", "scale=out_range=full,format=yuvj422p", ("-c:v", "mjpeg", "-q:v", "2")),
    "rgb": ("film.mp4", "format=rgb24", ("-c:v", "libx264rgb", *FAST)),
    "lossless rgb": ("film.mkv", "format=rgb24", ("-c:v", "ffv1")),
    "quicktime rgb": ("film.mov", "format=rgb24", ("-c:v", "qtrle")),
    "palette": ("film.mkv", "split[a][b];[a]palettegen[p];[b][p]paletteuse", ("-c:v", "png")),
    "grey": ("film.mkv", "format=gray", ("-c:v", "ffv1")),
    "deep rgb": ("film.mkv", "format=gbrp10le", ("-c:v", "ffv1")),
    "deep full": (
        "film.mp4",
        "scale=out_range=full,format=yuv420p10le",
        ("-c:v", "libx265", *FAST, "-x265-params", "log-level=error:range=full"),
    ),
    "limited": ("film.mp4", "format=yuv420p", ("-c:v", "libx264", *FAST)),
}


def bars(folder: Path, kind: str) -> Path:
    """Black, white, red, green, blue: as saturated as pictures can be."""
    name, filters, encoder = SOURCES[kind]
    boxes = ("white", "red", "lime", "blue")
    drawn = ",".join(f"drawbox={32 * (n + 1)}:0:32:96:{colour}:fill" for n, colour in enumerate(boxes))
    source = ["-f", "lavfi", "-i", f"color=black:s=160x96:r=25:d=1,format=rgb24,{drawn}"]
    run_ffmpeg(*source, "-vf", filters, *encoder, folder / name)
    return folder / name


def middles(path: Path) -> tuple[np.ndarray, av.VideoFrame]:
    """The colour in the middle of each bar as a player shows it, [bars, RGB], and a picture."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return frame.to_ndarray(format="rgb24")[48, 16::32].astype(int), frame


def luma_of(frame: av.VideoFrame) -> np.ndarray:
    plane = frame.planes[0]
    kind = np.uint16 if "10" in frame.format.name else np.uint8
    return np.frombuffer(bytes(plane), kind).reshape(frame.height, -1)[:, : frame.width]


@pytest.mark.parametrize("kind", SOURCES)
def test_a_reel_and_a_clip_look_like_their_source(tmp_path, kind):
    film = bars(tmp_path, kind)
    plan = plan_clip(probe(film), 0.2, 0.6)
    expected, _ = middles(film)
    for path in (write_reel([plan], tmp_path / "reel.mp4").path, write_clip(plan, tmp_path / "clip.mp4").path):
        seen, frame = middles(path)
        assert np.abs(seen - expected).max() <= 12  # 219 levels, half the resolution of colour
        assert frame.colorspace != 0  # of red, green and blue, which these samples are not
        luma, depth = luma_of(frame), 4 if "10" in frame.format.name else 1
        least, greatest = (0, 255) if frame.color_range == FULL else (16, 235)
        assert abs(int(luma.min()) - least * depth) <= 3 * depth
        assert abs(int(luma.max()) - greatest * depth) <= 3 * depth


@pytest.mark.parametrize("kind", ["full", "jpeg", "rgb", "grey", "deep full"])
def test_a_reel_has_limited_range(tmp_path, kind):
    reel = write_reel([plan_clip(probe(bars(tmp_path, kind)), 0.2, 0.6)], tmp_path / "reel.mp4")
    _, frame = middles(reel.path)
    assert frame.color_range in (UNSTATED, LIMITED)
    assert "j" not in frame.format.name


def test_rgb_and_limited_range_in_one_reel(tmp_path):
    (tmp_path / "b").mkdir()
    films = [bars(tmp_path, "rgb"), bars(tmp_path / "b", "limited")]
    reel = write_reel([plan_clip(probe(film), 0.2, 0.6) for film in films], tmp_path / "reel.mp4")
    with av.open(str(reel.path)) as container:
        frames = [frame.to_ndarray(format="rgb24")[48, 16::32].astype(int) for frame in container.decode(video=0)]
    assert len(frames) == 20
    assert np.abs(frames[0] - middles(films[0])[0]).max() <= 12
    assert np.abs(frames[-1] - middles(films[1])[0]).max() <= 12


MASTER = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
OTHER = "G(8500,39850)B(6550,2300)R(35400,14600)WP(15635,16450)L(40000000,50)"


def bright(path: Path, master: str = MASTER, light: str = "1000,400") -> Path:
    tags = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:repeat-headers=1"
    told = f":master-display={master}:max-cll={light}" if master else ""
    encoder = ("-c:v", "libx265", *FAST, "-pix_fmt", "yuv420p10le", "-x265-params", f"log-level=error:{tags}{told}")
    return make_film(path, frames=50, encoder=encoder)


def light_of(path: Path) -> Light:
    video = probe(path)
    return first_picture(video, plan_clip(video, 0, 0.1).span).light


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_how_it_was_mastered_stays(tmp_path, suffix):
    film = bright(tmp_path / f"film{suffix}")
    plan = plan_clip(probe(film), 0.4, 0.8)
    reel = write_reel([plan, plan_clip(probe(film), 1, 1.4)], tmp_path / "reel.mp4")
    clip = write_clip(plan, tmp_path / "clip.mp4")
    assert light_of(reel.path) == light_of(clip.path) == Light(MASTER, "1000,400")
    assert (reel.note, clip.note) == ("", "")


def test_parts_that_were_mastered_differently(tmp_path):
    films = [bright(tmp_path / "a.mp4"), bright(tmp_path / "b.mp4", OTHER)]
    reel = write_reel([plan_clip(probe(film), 0.4, 0.8) for film in films], tmp_path / "reel.mp4")
    assert reel.note == "its parts were mastered differently for HDR, and the reel does not say how"
    assert light_of(reel.path) == Light()
