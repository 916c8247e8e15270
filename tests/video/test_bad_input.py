"""Files that are no videos, damaged videos, and names that FFmpeg could mistake for something else."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from r2cli.errors import UnreadableInputError
from r2cli.video import DamagedVideoWarning, probe, sample_frames
from r2cli.video.cutting.run import input_options
from r2cli.video.ffmpeg import FOLLOWERS, file_url, opening_words
from r2cli.video.program import ffmpeg_path
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


LISTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{film}\n#EXT-X-ENDLIST\n",
    "list.ffconcat": "ffconcat version 1.0\nfile {name}\n",
    "list.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 33\n",
    "list.idx": "# VobSub index file, v7\nid: en, index: 0\ntimestamp: 00:00:01:000, filepos: 0\n",
    "list.mpd": """<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"
        mediaPresentationDuration="PT4S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="0"
        bandwidth="1" codecs="avc1.42c00a"><BaseURL>{film}</BaseURL></Representation></AdaptationSet></Period></MPD>""",
}


@pytest.mark.parametrize("named", ["as it is", "film.mp4", "film.mpg"])
@pytest.mark.parametrize("kind", LISTS)
def test_a_list_of_other_files_is_refused(tmp_path: Path, kind: str, named: str) -> None:
    film = make_film(tmp_path / "other.ts", frames=100)
    list_file = tmp_path / (kind if named == "as it is" else named)
    list_file.write_text(LISTS[kind].format(film=f"file://{film}", name=film.name))
    with pytest.raises(UnreadableInputError, match="a list of other files"):
        probe(list_file)


def test_a_file_that_becomes_a_list_after_it_was_probed_is_not_followed(tmp_path: Path) -> None:
    film, other = make_film(tmp_path / "film.ts"), make_film(tmp_path / "other.ts")
    video = probe(film)
    film.write_text(LISTS["list.ffconcat"].format(name=other.name))
    for words in (input_options(video, None), [*opening_words(film, video.container), "-i", file_url(film)]):
        done = subprocess.run([ffmpeg_path(), *words, "-f", "null", "-"], capture_output=True, check=False)
        assert done.returncode != 0, done.stderr
    with pytest.raises(UnreadableInputError):
        list(sample_frames(video, 5, 32))


@pytest.mark.parametrize("container", sorted(FOLLOWERS))
def test_a_memory_that_says_that_it_is_a_list_is_not_believed(tmp_path: Path, container: str) -> None:
    video = replace(probe(make_film(tmp_path / "film.mp4", frames=5)), container=container)
    with pytest.raises(UnreadableInputError, match="names other files"):
        input_options(video, None)


def test_sound_that_turns_up_late(tmp_path: Path) -> None:
    tone = ("-itsoffset", "12", "-f", "lavfi", "-t", "1", "-i", "sine")
    picture = ("-f", "lavfi", "-t", "14", "-i", "testsrc2=s=160x96:r=25")
    run_ffmpeg(*picture, *tone, "-c:v", "mpeg2video", "-b:v", "4M", "-c:a", "mp2", "-f", "mpeg", tmp_path / "late.mpg")
    video = probe(tmp_path / "late.mpg")
    assert video.duration == pytest.approx(14.0, abs=0.04)
    assert sum(len(batch.times) for batch in sample_frames(video, 2, 32)) == 28


def test_a_stream_that_no_table_names(tmp_path: Path) -> None:
    """In the middle of a transport stream, packets of another number with the start of a picture in them."""
    film = make_film(tmp_path / "film.ts", frames=100)
    data = film.read_bytes()
    pes = b"\0\0\1\xe0\0\0\x80\x80\x05\x21\0\1\0\1" + b"\0\0\1\xb3"
    stranger = struct.pack(">BHB", 0x47, 0x4000 | 0x1ABC, 0x10) + pes.ljust(184, b"\xff")
    middle = len(data) // 2 // 188 * 188
    film.write_bytes(data[:middle] + stranger * 4 + data[middle:])
    assert probe(film).duration == pytest.approx(4.0, abs=0.002)
    assert [len(batch.times) for batch in sample_frames(probe(film), 2, 32)] == [8]


def fragments(path: Path) -> bytearray:
    """A fragmented MP4 of four fragments."""
    output = ["-g", "25", "-movflags", "+frag_keyframe+empty_moov+default_base_moof"]
    return bytearray(make_film(path, output=output).read_bytes())


def test_a_fragment_that_lies_weeks_ahead(tmp_path: Path) -> None:
    data = fragments(tmp_path / "film.mp4")
    last = data.rindex(b"tfdt")
    assert data[last + 4] == 1  # with times of 64 bits
    data[last + 8 : last + 16] = (0x80000000 * 12).to_bytes(8, "big")
    (tmp_path / "film.mp4").write_bytes(data)
    with pytest.raises(UnreadableInputError, match=r"its header cannot be true: \d+:\d\d:\d\d\.\d long, with 100 "):
        probe(tmp_path / "film.mp4")


def test_a_day_with_a_picture_a_minute_is_believed(tmp_path: Path) -> None:
    video = probe(make_film(tmp_path / "slow.mkv", pieces=[(1500, Fraction(58))]))
    assert video.duration == pytest.approx(1500 * 58, abs=60)


def test_pictures_that_lie_days_apart(tmp_path: Path) -> None:
    far = tmp_path / "far.mkv"
    film = make_film(far, pieces=[(10, Fraction(1_000_000))])
    with pytest.raises(UnreadableInputError, match="cannot be true: 2500:00:00.0 long, with 10 pictures"):
        probe(film)


def test_a_picture_that_stands_for_hours_is_believed(tmp_path: Path) -> None:
    video = probe(make_film(tmp_path / "slides.mkv", pieces=[(1, Fraction(14_000)), (2, Fraction(10))]))
    assert video.duration == pytest.approx(14_020, abs=10.1)


@pytest.mark.parametrize(("width", "height"), [(16000, 16000), (60000, 12), (12, 60000)])
def test_pictures_of_no_possible_size(tmp_path: Path, width: int, height: int) -> None:
    film = make_film(tmp_path / "film.gif", frames=5, encoder=["-c:v", "gif"])
    data = bytearray(film.read_bytes())
    data[6:10] = struct.pack("<HH", width, height)
    film.write_bytes(data)
    with pytest.raises(UnreadableInputError, match=f"cannot be true: pictures of {width} x {height}"):
        probe(film)


def test_pixels_of_no_possible_shape(tmp_path: Path) -> None:
    run_ffmpeg("-i", make_film(tmp_path / "film.mp4", frames=5), "-c", "copy", "-aspect", "30000:1", tmp_path / "x.mkv")
    with pytest.raises(UnreadableInputError, match="cannot be true: pictures of 160 x 96"):
        probe(tmp_path / "x.mkv")
