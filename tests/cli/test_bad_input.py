"""What users get wrong: one clear line, the right exit code, no traceback, nothing left behind."""

from __future__ import annotations

import pytest
import torch

from tests.films import make_film, run_ffmpeg


def explained(result: tuple[int, str, str], code: int, *words: str) -> None:
    """An exit code, nothing on standard output, and one line on standard error that holds some words."""
    assert result[:2] == (code, "")
    (line,) = result[2].splitlines()
    assert line.startswith("r2: ")
    for word in words:
        assert word in line


@pytest.fixture
def truncated(films, tmp_path):
    path = tmp_path / "truncated.mp4"
    path.write_bytes((films / "short.mp4").read_bytes()[:3000])
    return path


def test_a_missing_file(r2, tmp_path):
    explained(r2("find", tmp_path / "gone.mp4", "a dog"), 3, "gone.mp4", "no such file")


def test_a_folder(r2, tmp_path):
    explained(r2("find", tmp_path, "a dog"), 3, "folder")


def test_an_empty_file(r2, tmp_path):
    (tmp_path / "empty.mp4").touch()
    explained(r2("find", tmp_path / "empty.mp4", "a dog"), 3, "empty.mp4", "empty")


def test_text_named_mp4(r2, tmp_path):
    (tmp_path / "text.mp4").write_text("Dear diary,\n" * 100)
    explained(r2("find", tmp_path / "text.mp4", "a dog"), 3, "text.mp4", "not a video")


def test_a_truncated_file_without_its_index(r2, truncated):
    explained(r2("find", truncated, "a dog"), 3, "truncated.mp4")


def test_a_truncated_file_of_which_most_is_there(r2, films, tmp_path):
    whole, cut = tmp_path / "whole.mkv", tmp_path / "cut.mkv"
    run_ffmpeg("-i", films / "long.mp4", "-c", "copy", whole)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])
    code, out, err = r2("find", cut, "a dog jumps")
    assert code == 0
    assert out
    assert "cut.mkv: cut short" in err
    assert all(line.startswith("r2: ") for line in err.splitlines())


def test_sound_without_picture(r2, tmp_path):
    run_ffmpeg("-f", "lavfi", "-t", "2", "-i", "sine", tmp_path / "song.m4a")
    explained(r2("find", tmp_path / "song.m4a", "a dog"), 3, "song.m4a", "no video stream")


def test_one_picture(r2, tmp_path):
    code, out, err = r2("find", make_film(tmp_path / "one.mp4", frames=1), "a dog jumps")
    assert (code, err) == (0, "")
    assert "0:00.0" in out


def test_a_still_image(r2, tmp_path):
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x64", "-frames:v", "1", tmp_path / "still.png")
    code, out, err = r2("find", tmp_path / "still.png", "a dog jumps")
    assert (code, err) == (0, "")
    assert out


def test_no_arguments_at_all(r2):
    explained(r2("find"), 2, "no video and no query", 'r2 find holiday.mp4 "a dog jumps"')


def test_a_forgotten_query(r2, films):
    explained(r2("find", films / "short.mp4"), 2, "no query after", "short.mp4", 'r2 find holiday.mp4 "a dog jumps"')


def test_a_forgotten_video(r2):
    explained(r2("find", "a dog jumps"), 2, "no video before the query", "a dog jumps")


def test_query_and_video_exchanged(r2, films):
    explained(r2("find", "a dog jumps", films / "short.mp4"), 2, "names a file and is no query")


def test_a_missing_video_in_place_of_the_query(r2, films):
    explained(r2("find", films / "short.mp4", "gone.MP4"), 2, "'gone.MP4'", "names a file and is no query")
    assert r2("find", films / "short.mp4", "a dog in gone.mp4")[0] == 0


@pytest.mark.parametrize("query", ["", "  ", "\n\t"])
def test_an_empty_query(r2, films, query):
    explained(r2("find", films / "short.mp4", query), 2, "the query is empty")


def test_a_query_of_500_words(r2, films):
    code, out, err = r2("find", films / "short.mp4", "a dog jumps " * 170)
    assert code == 0
    assert out
    (line,) = err.splitlines()
    assert "longer than random can read" in line


def test_a_query_that_just_fits_is_not_too_long(r2, films):
    assert r2("find", films / "short.mp4", "a dog jumps " * 4 + "a dog")[2] == ""  # 14 words and two marks: 16


@pytest.mark.parametrize("query", ["狗在跳", "собака прыгает", "كلب يقفز", "🐶", "a zebra"])
def test_a_query_that_the_model_cannot_know(r2, films, query):
    code, out, err = r2("find", films / "short.mp4", query)
    assert code == 0
    assert out
    (line,) = [line for line in err.splitlines() if "random has never seen: " in line]
    assert query.split()[-1] in line


def test_a_query_with_null_and_control_characters(r2, films):
    code, _, err = r2("find", films / "short.mp4", "a dog\x00 jumps\x1b[31m")
    assert code == 0
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--top", "0"), ("--top", "1")),
        (("--top", "-3"), ("--top", "1")),
        (("--top", "many"), ("--top",)),
        (("--min-score", "2"), ("--min-score", "1")),
        (("--min-score", "nan"), ("--min-score",)),
        (("--device", "toaster"), ("--device", "cpu")),
        (("--tpo", "3"), ("--tpo", "--top")),
    ],
)
def test_options_that_make_no_sense(r2, films, options, words):
    explained(r2("find", films / "short.mp4", "a dog", *options), 2, *words, "r2 find --help")


def test_an_unknown_command(r2):
    explained(r2("fnid"), 2, "fnid", "find", "r2 --help")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_a_device_that_is_not_there(r2, films):
    explained(r2("find", films / "short.mp4", "a dog", "--device", "cuda"), 2, "CUDA", "cpu")


def test_an_unknown_model(r2, films):
    explained(
        r2("find", films / "short.mp4", "a dog", "--model", "qvhighlight"),
        4,
        "no checkpoint named 'qvhighlight'",
        "did you mean 'qvhighlights'?",
    )


def test_a_model_file_that_is_missing(r2, films, tmp_path):
    explained(r2("find", films / "short.mp4", "a dog", "--model", tmp_path / "gone.pth"), 4, "gone.pth")


@pytest.mark.parametrize("name", ["noise.pth", "noise.safetensors", "noise"])
def test_a_model_file_that_is_none(r2, films, tmp_path, name):
    (tmp_path / name).write_bytes(b"\x80\x04noise" * 50)
    explained(r2("find", films / "short.mp4", "a dog", "--model", tmp_path / name), 4, name)


def test_a_checkpoint_of_another_shape(r2, films, random_model, tmp_path):
    from safetensors.torch import load_file, save_file

    path = tmp_path / "other.safetensors"
    tensors = load_file(random_model)
    name = next(name for name in tensors if name.startswith("r2.") and tensors[name].ndim == 2)
    save_file(tensors | {name: tensors[name][:, :-1].contiguous()}, path)
    path.with_suffix(".json").write_bytes(random_model.with_suffix(".json").read_bytes())
    explained(r2("find", films / "short.mp4", "a dog", "--model", path), 4, "other.safetensors")


def test_a_pickle_that_wants_to_run_code(r2, films, tmp_path):
    import pickle

    trap = tmp_path / "trapped"

    class Bomb:
        def __reduce__(self):
            return (open, (str(trap), "w"))

    (tmp_path / "bomb.pth").write_bytes(pickle.dumps(Bomb()))
    explained(r2("find", films / "short.mp4", "a dog", "--model", tmp_path / "bomb.pth"), 4, "bomb.pth")
    assert not trap.exists()


def test_the_default_model_when_there_is_no_network(r2, films, monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("R2_MODELS_DIR", str(tmp_path / "models"))
    code, out, err = r2("find", films / "short.mp4", "a dog", "--model", "qvhighlights")
    first, *steps = err.splitlines()
    explained((code, out, f"{first}\n"), 4, "--model sprites is built in")
    assert any("huggingface.co/yeliudev/R2-Tuning" in step for step in steps)


def test_no_ffmpeg(r2, films, tmp_path, monkeypatch):
    run_ffmpeg("-i", films / "short.mp4", tmp_path / "moving.gif")  # for videos r2 does without the program
    monkeypatch.setenv("R2_FFMPEG", "/nowhere/ffmpeg")
    explained(r2("find", tmp_path / "moving.gif", "a dog"), 5, "R2_FFMPEG", "/nowhere/ffmpeg")
    assert r2("find", films / "short.mp4", "a dog", "--no-cache")[0] == 0


def test_debugging_shows_where_it_happened(r2, tmp_path, films, monkeypatch):
    monkeypatch.setenv("R2_DEBUG", "1")
    code, _, err = r2("find", films / "short.mp4", " ")
    assert code == 2
    assert "Traceback" in err
    assert err.splitlines()[-1].startswith("r2: the query is empty")


def test_a_fault_of_r2_itself_is_not_taken_for_an_answer(r2, films, monkeypatch):
    from r2cli.tasks import combine

    monkeypatch.setattr(combine, "question_notes", lambda questions, model: 1 / 0)
    explained(r2("find", films / "short.mp4", "a dog"), 70, "ZeroDivisionError", "R2_DEBUG=1")
