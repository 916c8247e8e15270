"""Files that are no videos, damaged videos, and names that FFmpeg could mistake for something else."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from r2cli.errors import UnreadableInputError
from r2cli.video import DamagedVideoWarning, probe, sample_frames
from tests.films import even_times, expected_numbers, make_film, read_number, run_ffmpeg


def one_line(error: BaseException) -> bool:
    return "\n" not in str(error) and "Errno" not in str(error)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match="no such file"):
        probe(tmp_path / "absent.mp4")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match="a folder"):
        probe(tmp_path)


def test_zero_bytes(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(UnreadableInputError, match="empty"):
        probe(tmp_path / "empty.mp4")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(UnreadableInputError, match="not a regular file"):
        probe(tmp_path / "pipe.mp4")


@pytest.mark.skipif(sys.platform == "win32" or not os.geteuid(), reason="needs a file that may not be read")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4")
    film.chmod(0)
    with pytest.raises(UnreadableInputError, match="permission denied"):
        probe(film)


@pytest.mark.parametrize(
    "content",
    [b"Shopping list: eggs, milk\n" * 400, b"\0" * 4096, bytes(range(256)) * 64, b"<html><body>404</body></html>"],
    ids=["text", "zeros", "bytes", "web page"],
)
def test_what_is_no_video(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "film.mp4").write_bytes(content)
    with pytest.raises(UnreadableInputError) as caught:
        probe(tmp_path / "film.mp4")
    assert one_line(caught.value)


@pytest.mark.parametrize("name", ["sound.wav", "sound.m4a", "sound.ogg"])
def test_sound_alone(tmp_path: Path, name: str) -> None:
    run_ffmpeg("-f", "lavfi", "-t", "1", "-i", "sine", tmp_path / name)
    with pytest.raises(UnreadableInputError, match="no video stream"):
        probe(tmp_path / name)


def test_sound_with_a_cover(tmp_path: Path) -> None:
    run_ffmpeg("-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", tmp_path / "cover.png")
    run_ffmpeg(
        *("-f", "lavfi", "-t", "1", "-i", "sine", "-i", tmp_path / "cover.png"),
        *("-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic", tmp_path / "song.m4a"),
    )
    with pytest.raises(UnreadableInputError, match="cover"):
        probe(tmp_path / "song.m4a")


def test_a_film_whose_index_is_lost(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4")
    with film.open("r+b") as file:
        file.truncate(film.stat().st_size // 2)  # the index of a plain MP4 is at its end
    with pytest.raises(UnreadableInputError, match="header is lost"):
        probe(film)


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts", "avi"])
def test_a_film_that_breaks_off_gives_what_is_there(tmp_path: Path, container: str) -> None:
    encoder = ["-c:v", "mpeg4", "-q:v", "4", "-g", "10"]
    faststart = ["-movflags", "+faststart"] if container == "mp4" else []
    film = make_film(tmp_path / f"film.{container}", frames=500, encoder=encoder, output=faststart)
    with film.open("r+b") as file:
        file.truncate(film.stat().st_size * 6 // 10)
    with_warning = pytest.warns(DamagedVideoWarning) if container in ("mp4", "mkv") else pytest.MonkeyPatch.context()
    with with_warning:
        numbers = [read_number(pixels) for batch in sample_frames(probe(film), 5, 64) for pixels in batch.pixels]
    assert 40 < len(numbers) < 75
    assert numbers[:-1] == expected_numbers(even_times(500, 25), len(numbers) - 1, 5)


def test_noise_in_the_middle_does_not_shift_what_follows(tmp_path: Path) -> None:
    encoder = ["-c:v", "mpeg4", "-q:v", "4", "-g", "10"]
    film = make_film(tmp_path / "film.mp4", frames=500, encoder=encoder, output=["-movflags", "+faststart"])
    data = bytearray(film.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    film.write_bytes(data)
    frames = [pixels for batch in sample_frames(probe(film), 5, 64) for pixels in batch.pixels]
    expected = expected_numbers(even_times(500, 25), 100, 5)
    assert len(frames) == 100
    assert [read_number(frame) for frame in frames[:40] + frames[60:]] == expected[:40] + expected[60:]


def test_a_film_of_which_little_can_be_decoded_is_an_error(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4", frames=500, output=["-movflags", "+faststart"])
    video = probe(film)
    with film.open("r+b") as file:
        file.truncate(film.stat().st_size * 3 // 10)  # after it was probed
    with pytest.raises(UnreadableInputError, match=r"only 0:\d\d\.\d of 0:20\.0 can be decoded"):
        list(sample_frames(video, 5, 32))


def test_a_film_that_goes_away_after_probing(tmp_path: Path) -> None:
    film = make_film(tmp_path / "film.mp4")
    video = probe(film)
    film.unlink()
    with pytest.raises(UnreadableInputError) as caught:
        list(sample_frames(video, 5, 32))
    assert one_line(caught.value)
    assert "No such file" in str(caught.value)
    assert "0x" not in str(caught.value)


ODD_NAMES = [
    "two words.mp4",
    "-y.mp4",
    "100%.mp4",
    "%d.mp4",
    "film%03d.mp4",
    "a:b.mp4",
    "http:film.mp4",
    "concat:one|two.mp4",
    "pipe:0",
    'it\'s "quoted".mp4',
    "new\nline.mp4",
    "back\\slash.mp4",
    "[0:v];,=.mp4",
    "$(echo) `echo` & ;.mp4",
    "日本語 ñ 🎬.mp4",
    os.fsdecode(b"latin-\xe9\xff.mp4"),
    "no suffix",
]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file systems that refuse such names")
@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_odd_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    make_film(tmp_path / "plain.mp4", frames=25).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for path in (Path(name), tmp_path / name):
        [batch] = sample_frames(probe(path), 5, 64)
        assert [read_number(pixels) for pixels in batch.pixels] == [2, 7, 12, 17, 22]


@pytest.mark.skipif(sys.platform == "win32", reason="file systems that refuse such names")
@pytest.mark.parametrize("name", ["%d.png", "still%03d.jpg", "glob*.png", "%d.gif"])
def test_a_numbered_name_is_one_image_and_no_series(tmp_path: Path, name: str) -> None:
    for colour, target in (
        ("blue", name.replace("%d", "7").replace("%03d", "001").replace("*", "1")),
        ("red", "r.png"),
    ):
        run_ffmpeg("-f", "lavfi", "-i", f"color={colour}:s=64x64", "-frames:v", "1", "-update", "1", tmp_path / target)
    suffix = Path(name).suffix
    run_ffmpeg("-i", tmp_path / "r.png", tmp_path / f"red{suffix}")
    (tmp_path / f"red{suffix}").rename(tmp_path / name)
    [batch] = sample_frames(probe(tmp_path / name), 1, 32)
    red, _, blue = batch.pixels[0].reshape(3, -1).mean(axis=1)
    assert red > 200 > 50 > blue


def test_a_playlist_cannot_reach_the_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/part.ts"
        playlist = f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{address}\n#EXT-X-ENDLIST\n"
        for name in ("list.m3u8", "film.mp4"):
            (tmp_path / name).write_text(playlist)
            with pytest.raises(UnreadableInputError):
                probe(tmp_path / name)
        with pytest.raises(TimeoutError):
            server.accept()
