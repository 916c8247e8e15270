"""The Python API as a user expects it: what it refuses, what it says, how it is stopped, what its answers can do."""

from __future__ import annotations

import copy
import csv
import doctest
import importlib
import io
import json
import logging
import pickle
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

import r2cli
from r2cli import errors
from r2cli.checkpoints import load as loading
from r2cli.export.document import Document
from r2cli.export.formats import FORMATS
from r2cli.findings import Ground
from tests.films import run_ffmpeg
from tests.marks import guarded

PUBLIC = [name for name in r2cli.__all__ if not name.startswith("_")]


@pytest.fixture(scope="module")
def model(random_model):
    return r2cli.load(random_model, device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def found(films, model):
    """Findings with several moments; computed once, they are never changed."""
    return r2cli.find(films / "short.mp4", "a dog jumps", model=model, min_score=0.0, cache=False)


@pytest.fixture
def film(films, tmp_path, monkeypatch):
    """`holiday.mp4` in the current folder."""
    monkeypatch.chdir(tmp_path)
    return shutil.copy(films / "short.mp4", tmp_path / "holiday.mp4")


@pytest.fixture
def small_models(monkeypatch, random_model):
    """A small model in place of all that are downloaded."""
    really_open, really_find = loading.open_checkpoint, loading.find_source
    monkeypatch.setattr(loading, "find_source", lambda name: really_find(str(random_model)))
    monkeypatch.setattr(loading, "open_checkpoint", lambda name, **options: really_open(str(random_model), **options))


# -- arguments

EVERYWHERE = [
    ("device", 3),
    ("device", "gpu"),
    ("precision", "fp8"),
    ("precision", None),
    ("on_note", "print"),
    ("model", None),
    ("model", 5),
]
OF_VIDEOS = [
    ("video", None),
    ("video", ["film.mp4"]),
    ("video", b"film.mp4"),
    ("video", ""),
    ("sampling", "foo"),
    ("sampling", None),
    ("cache", "no"),
    ("on_progress", 1),
]
OF_MOMENTS = [
    *(("top", value) for value in (-1, 0, "5", 1.5, True)),
    *(("min_score", value) for value in ("a", float("nan"), 7, -0.1, True)),
]
QUERIES = [("query", value) for value in (None, "", " \t", 3, ["a dog"])]
OF_RATING = [("about", ""), ("about", 3), ("domain", None), ("length", 0), ("length", "10"), ("length", float("nan"))]
WRONG = {
    "load": EVERYWHERE,
    "find": [*EVERYWHERE, *OF_VIDEOS, *OF_MOMENTS, *QUERIES],
    "remember": [*EVERYWHERE, *OF_VIDEOS],
    "highlight": [*EVERYWHERE, *OF_VIDEOS, *OF_MOMENTS, *OF_RATING],
    "summarize": [
        *(*EVERYWHERE, *OF_VIDEOS, *OF_RATING),
        *(("length", float("inf")), ("ratio", 0), ("ratio", 1.1), ("ratio", "a"), ("out", 3), ("force", "yes")),
    ],
}
NEEDED = {"load": {}, "find": {"video": "gone.mp4", "query": "a dog jumps"}}


@pytest.mark.parametrize(
    ("function", "argument", "value"), [(name, *wrong) for name, rows in WRONG.items() for wrong in rows]
)
def test_an_argument_that_makes_no_sense_is_named_before_any_work(function, argument, value):
    given = {**NEEDED.get(function, {"video": "gone.mp4"}), argument: value}
    with pytest.raises(r2cli.ArgumentError) as caught:
        getattr(r2cli, function)(**given)
    line = str(caught.value)
    assert line.startswith(f"{argument} makes no sense: {value!r} - expected ")
    assert "--" not in line
    assert "\n" not in line


@pytest.mark.parametrize(("argument", "value"), [*OF_MOMENTS, *QUERIES])
def test_a_remembered_video_refuses_the_same(films, model, argument, value):
    memory = r2cli.remember(films / "short.mp4", model=model)
    with pytest.raises(r2cli.ArgumentError, match=f"^{argument} makes no sense"):
        memory.find(**{"query": "a dog", argument: value})


@pytest.mark.parametrize("queries", ["a dog jumps", None, [""], ["a dog", 3]])
def test_what_is_asked_at_once_is_a_list_of_sentences(films, model, queries):
    memory = r2cli.remember(films / "short.mp4", model=model)
    with pytest.raises(r2cli.ArgumentError, match="^queries makes no sense"):
        memory.ask(queries)
    assert len(memory.ask(["a dog", "a cat"])) == 2


def test_two_arguments_that_exclude_each_other_are_both_named():
    with pytest.raises(r2cli.ArgumentError, match="^both length and ratio - "):
        r2cli.summarize("gone.mp4", length=10, ratio=0.1)
    with pytest.raises(r2cli.ArgumentError, match="^both about and domain='dog' - "):
        r2cli.highlight("gone.mp4", about="a dog", domain="dog")


def test_a_command_says_the_same_of_flags(r2, films, tmp_path):
    film = shutil.copy(films / "short.mp4", tmp_path)
    code, out, err = r2("summarize", film, "--length", "10s", "--ratio", "0.1")
    assert (code, out) == (2, "")
    assert err.startswith("r2: both --length and --ratio")
    code, out, err = r2("highlight", film, "--about", "a dog", "--domain", "dog")
    assert (code, out) == (2, "")
    assert err.startswith("r2: both --about and --domain dog")
    assert errors.option("length") == "length", "afterwards, arguments are spoken of again"


def test_flags_are_spoken_of_in_threads_too():
    said: list[str] = []
    with errors.speaking_flags():
        thread = threading.Thread(target=lambda: said.append(errors.option("min_score", 0.5)))
        thread.start()
        thread.join()
        said += [errors.option("force", True), errors.option("min_score")]
    said += [errors.option("min_score", 0.5), errors.option("force", True), errors.option("device", "cpu")]
    assert said == ["--min-score 0.5", "--force", "--min-score", "min_score=0.5", "force=True", "device='cpu'"]


def test_a_name_that_is_taken_says_how_to_overwrite_it(film, found):
    Path("dogs.json").touch()
    with pytest.raises(r2cli.NameTakenError, match="dogs.json exists already .* force=True to overwrite it"):
        found.save("dogs.json")
    found.save("dogs.json", force=True)
    assert json.loads(Path("dogs.json").read_bytes())["results"] == [found.to_dict()]


def test_values_of_other_libraries_are_numbers_too(films, model):
    numpy = pytest.importorskip("numpy")
    memory = r2cli.remember(films / "short.mp4", model=model)
    same = memory.find("a dog", top=numpy.int64(2), min_score=numpy.float32(0))
    assert same == memory.find("a dog", top=2, min_score=0)
    assert len(same.moments) == 2


def test_a_folder_is_no_video(tmp_path, model):
    with pytest.raises(r2cli.UnreadableInputError, match=tmp_path.name):
        r2cli.find(tmp_path, "a dog", model=model)


def test_a_model_that_is_loaded_cannot_be_loaded_again(model):
    with pytest.raises(r2cli.ArgumentError, match="^model makes no sense here"):
        r2cli.load(model)
    with pytest.raises(r2cli.ArgumentError, match="^model makes no sense here"):
        r2cli.highlight("gone.mp4", model=model)


def test_an_argument_error_is_what_python_calls_a_value_error():
    assert issubclass(r2cli.ArgumentError, (ValueError, r2cli.CommandLineError))
    assert r2cli.ArgumentError("x").exit_code == 2


def test_every_kind_of_error_is_there():
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, r2cli.R2Error)}
    assert kinds - {"OutputError"} <= set(r2cli.__all__)  # standard output is the commands' alone


# -- notes, progress, and being stopped


def test_notes_are_logged_or_told(film, small_models, caplog):
    query = "an aardvark"
    with caplog.at_level(logging.INFO, logger="r2cli"):
        r2cli.find(film, query)
    assert [(one.name, one.levelname) for one in caplog.records] == [("r2cli", "INFO")]
    assert "has never seen: an, aardvark" in caplog.text
    caplog.clear()
    told: list[str] = []
    with caplog.at_level(logging.INFO, logger="r2cli"):
        r2cli.find(film, query, on_note=told.append)
    assert "has never seen: an, aardvark" in "\n".join(told)
    assert not caplog.records


@pytest.mark.parametrize("function", ["load", "find", "remember", "highlight", "summarize"])
def test_what_is_downloaded_is_said(film, monkeypatch, caplog, function):
    def refuse(file, *, on_note, **rest):
        on_note(f"downloading {file.file_name}")
        raise r2cli.ModelUnavailableError("the network is down")

    monkeypatch.setattr(loading, "fetch", refuse)
    given = {"load": [], "find": [film, "a dog jumps"]}.get(function, [film])
    told: list[str] = []
    with caplog.at_level(logging.INFO, logger="r2cli"), pytest.raises(r2cli.ModelUnavailableError):
        getattr(r2cli, function)(*given)
    with pytest.raises(r2cli.ModelUnavailableError):
        getattr(r2cli, function)(*given, on_note=told.append)
    assert caplog.messages == told
    assert told[0].startswith("downloading r2_tuning_qvhighlights")


@pytest.mark.guard
@pytest.mark.slow
def test_a_library_is_silent(film, random_model):
    program = f"import r2cli; r2cli.find('holiday.mp4', 'an aardvark', model={str(random_model)!r})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


CALLS = {
    "find": lambda film, **rest: r2cli.find(film, "a dog", **rest),
    "remember": lambda film, **rest: r2cli.remember(film, **rest).find("a dog"),
    "highlight": lambda film, **rest: r2cli.highlight(film, "a dog", **rest),
    "summarize": lambda film, **rest: r2cli.summarize(film, about="a dog", **rest),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_progress_goes_from_nothing_to_all(films, small_models, call):
    told: list[tuple[int, int]] = []
    call(films / "long.mp4", on_progress=lambda done, total: told.append((done, total)))
    assert {total for _, total in told} == {68}  # two clips a second, of 34 s
    assert (told[0], told[-1]) == ((0, 68), (68, 68))
    assert told == sorted(told)


class Cancelled(Exception):
    """What a program raises to have no more of it."""


@pytest.fixture
def started(monkeypatch):
    """Every program that is started."""
    processes: list[subprocess.Popen] = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    return processes


@pytest.mark.parametrize("way", ["selective", guarded("sequential")])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_progress_raises_ends_everything(films, small_models, monkeypatch, started, call, way):
    if way == "sequential":
        monkeypatch.setattr("r2cli.video.sampling.decoders.read_packets", _distrust)
    film, expected = films / "long.mp4", call(films / "long.mp4", cache=False)
    threads, before = threading.active_count(), len(started)
    running: list[int] = []

    def cancel(done: int, total: int) -> None:
        if done:
            running.append(sum(one.returncode is None for one in started[before:]))
            raise Cancelled

    with pytest.raises(Cancelled):
        call(film, on_progress=cancel)
    assert [count > 0 for count in running] == [way == "sequential"], "FFmpeg was at work where it decodes"
    assert threading.active_count() == threads
    assert all(one.returncode is not None for one in started), "each has ended, and was waited for"
    assert call(film) == expected, "the next time goes on from there"


def _distrust(*arguments: object) -> None:
    from r2cli.video.sampling.packets import SequentialOnlyError

    raise SequentialOnlyError("a test says so")


def test_an_interrupt_ends_everything(films, model):
    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        r2cli.find(
            films / "long.mp4",
            "a dog",
            model=model,
            cache=False,
            on_progress=lambda done, total: signal.raise_signal(signal.SIGINT) if done else None,
        )
    assert threading.active_count() == threads


def test_a_film_that_is_being_written_can_be_stopped(film, small_models, tmp_path, started):
    told: list[int] = []

    def stop(done: int, total: int) -> None:
        told.append(total)
        if total == 1000:
            raise Cancelled

    with pytest.raises(Cancelled):
        r2cli.summarize(film, "short.mp4", ratio=0.5, on_progress=stop)
    assert told[-1] == 1000
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.mp4"]
    assert started
    assert all(one.returncode is not None for one in started)


# -- answers


def test_answers_show_themselves_in_a_line(found, films, model):
    best = found.moments[0]
    assert repr(found) == (
        f"<Findings of 'a dog jumps' in '{films / 'short.mp4'}': {len(found.moments)} moments, "
        f"best {best.start:.1f}-{best.end:.1f} s ({best.score:.2f})>"
    )
    nothing = r2cli.Highlights(**{**vars(found), "moments": (), "query": "\x1b[2J"}, ground=Ground("text"))
    assert repr(nothing) == f"<Highlights of '\\x1b[2J' in '{films / 'short.mp4'}': nothing>"
    summary = r2cli.Summary(**vars(nothing), length=3.0, shots=())
    assert repr(summary).startswith("<Summary of ")
    assert repr(model) == "<LoadedModel random on cpu, fp32>"
    memory = r2cli.remember(films / "short.mp4", model=model)
    assert repr(memory) == f"<VideoMemory of '{films / 'short.mp4'}': 8.0 s, random>"


def test_answers_show_themselves_in_a_notebook(found):
    hostile = r2cli.Findings(**{**vars(found), "query": "<script>alert(1)</script>"})
    page = hostile._repr_html_()
    assert page.count("<tr>") == 1 + len(found.moments)
    assert f"<td>{found.moments[0].score:.2f}</td>" in page
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))], ids=["copy", "pickle"])
def test_answers_memories_and_models_can_be_copied(films, random_model, found, copied):
    loaded = r2cli.load(random_model, device="cpu", precision="fp32", on_note=lambda line: None)
    memory = r2cli.remember(films / "short.mp4", model=loaded, on_note=lambda line: None)
    assert copied(found) == found
    assert copied(memory).find("a dog jumps", min_score=0.0) == found
    assert r2cli.find(films / "short.mp4", "a dog jumps", model=copied(loaded), min_score=0.0) == found


def test_a_dictionary_is_what_the_command_writes(found, films, r2):
    code, out, _ = r2("find", films / "short.mp4", "a dog jumps", "--min-score", "0", "--precision", "fp32", "--json")
    assert code == 0
    assert json.loads(out)["results"] == [found.to_dict()]
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()
    assert found.to_dict()["video"]["rate"] == {"exact": "10/1", "fps": 10.0}


def test_a_data_frame_has_a_row_for_each_moment(found):
    pandas = pytest.importorskip("pandas")
    frame = found.to_pandas()
    assert list(frame["start"]) == [one.start for one in found.moments]
    assert list(frame["rank"]) == list(range(1, len(found.moments) + 1))
    assert frame["score"].dtype == frame["rate"].dtype == float
    assert set(frame["video"]) == {str(found.video.path)}
    nothing = r2cli.to_pandas([])
    assert (len(nothing), list(nothing.columns)) == (0, list(frame.columns))
    assert len(r2cli.to_pandas([found, found])) == 2 * len(frame)
    assert isinstance(frame, pandas.DataFrame)


def test_without_pandas_there_is_a_line(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(
        r2cli.R2Error, match=r"needs pandas, which is not installed - type: pip install 'r2cli\[pandas\]'"
    ):
        found.to_pandas()


@pytest.mark.parametrize("name", FORMATS)
def test_findings_are_saved_in_every_format(found, tmp_path, name):
    if name == "otio":
        pytest.importorskip("opentimelineio")
    form = FORMATS[name]
    file = tmp_path / f"dogs{form.suffixes[0] if form.suffixes else '.out'}"
    found.save(file, None if form.suffixes else name)
    content = file.read_bytes()
    assert content or name == "youtube"  # its chapters last ten seconds at least, which is more than the film
    if form.stills is not None:
        assert len(content) > 3000, "with pictures"


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.is_edit and name != "otio"])
def test_formats_for_editors_are_told_what_the_films_file_states(found, films, tmp_path, name):
    film = tmp_path / "film.mov"
    run_ffmpeg("-i", films / "short.mp4", "-r", "25", "-c:v", "mpeg4", "-timecode", "10:00:00:00", film)
    stated = replace(found, video=replace(found.video, path=film, rate=Fraction(25)))
    stated.save(tmp_path / "cut", name)
    without = FORMATS[name].write(Document((stated,)))
    assert (tmp_path / "cut").read_bytes() != without


def test_several_answers_are_saved_together(found, tmp_path):
    r2cli.save([found, found], tmp_path / "all.csv")
    rows = list(csv.DictReader((tmp_path / "all.csv").open(encoding="utf-8")))
    assert len(rows) == 2 * len(found.moments)


def test_a_template_is_a_format(found, tmp_path):
    found.save(tmp_path / "dogs.txt", "{rank} {start:.1f}")
    assert (tmp_path / "dogs.txt").read_text().splitlines()[0] == f"1 {found.moments[0].start:.1f}"


def test_what_cannot_be_saved_is_refused(found, films, tmp_path):
    other = r2cli.Findings(**{**vars(found), "video": r2cli.VideoSource(films / "long.mp4", 34.0, found.video.rate)})
    for arguments, message in (
        ((found, tmp_path / "dogs.xyz"), "no format is known by that suffix .* format NAME"),
        ((found, tmp_path / "dogs.txt", "nonsense"), "there is no format 'nonsense'"),
        ((found, tmp_path / "dogs.txt", 3), "format makes no sense: 3"),
        ((found, None), "path makes no sense: None"),
        (("a dog", tmp_path / "dogs.srt"), "findings makes no sense"),
        ((3, tmp_path / "dogs.srt"), "findings makes no sense"),
        (([found, other], tmp_path / "dogs.srt"), "one video"),
    ):
        with pytest.raises(r2cli.ArgumentError, match=message):
            r2cli.save(*arguments)
    with pytest.raises(r2cli.CommandLineError, match="is the film itself"):
        found.save(films / "short.mp4", "json", force=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("way", ["exact", "smart", "copy"])
def test_moments_are_cut(found, tmp_path, way):
    one = replace(found, moments=found.moments[:1])
    (clip,) = (
        one.cut(tmp_path / "dogs", pad=(0.5, 0.25))
        if way == "exact"
        else r2cli.cut(one, tmp_path / "dogs", cut=way, pad=0.5)
    )
    (moment,) = one.moments
    after = 0.25 if way == "exact" else 0.5
    assert clip.path.is_file()
    assert (clip.asked_start, clip.asked_end) == (max(moment.start - 0.5, 0), min(moment.end + after, 8.0))
    assert clip.mode.value == way
    with pytest.raises(r2cli.NameTakenError, match="force=True"):
        r2cli.cut(one, tmp_path / "dogs", cut=way, pad=0.5)


def test_what_cannot_be_cut_is_refused(found, tmp_path):
    for wrong, message in (
        ({"cut": "nicely"}, "cut makes no sense: 'nicely' - expected one of exact, copy, smart"),
        ({"pad": -1}, "pad makes no sense: -1"),
        ({"pad": (1, -1)}, "pad makes no sense"),
        ({"pad": (1, 2, 3)}, "pad makes no sense"),
        ({"pad": [1, 2]}, "pad makes no sense: .* expected seconds, as 1.5, or a pair of them"),
        ({"folder": None}, "folder makes no sense"),
    ):
        with pytest.raises(r2cli.ArgumentError, match=message):
            r2cli.cut(**{"findings": found, "folder": tmp_path / "dogs", **wrong})
    gone = replace(found, video=replace(found.video, path=tmp_path / "gone.mp4"))
    with pytest.raises(r2cli.UnreadableInputError, match="gone.mp4"):
        gone.cut(tmp_path / "dogs")
    assert list(tmp_path.iterdir()) == []
    assert replace(gone, moments=()).cut(tmp_path / "dogs") == []


# -- the face


def _examples() -> list[tuple[str, str]]:
    things = [("r2cli", r2cli), *((name, getattr(r2cli, name)) for name in PUBLIC)]
    things += [(f"Findings.{name}", getattr(r2cli.Findings, name)) for name in ("to_dict", "to_pandas", "save")]
    parser = doctest.DocTestParser()
    pairs = [(name, parser.get_examples(thing.__doc__ or "")) for name, thing in things]
    return [(name, "".join(one.source for one in examples)) for name, examples in pairs if examples]


@pytest.mark.parametrize(("name", "source"), _examples(), ids=[name for name, _ in _examples()])
def test_examples_in_the_help_run(film, small_models, found, name, source):
    if "pandas" in source:
        pytest.importorskip("pandas")
    shutil.copy(film, "film.mp4")
    names = {"r2cli": r2cli, "json": json, "videos": [film], "findings": found, "dogs": found, "cats": found}
    for line in doctest.DocTestParser().get_examples("".join(f">>> {one}\n" for one in source.splitlines())):
        exec(compile(line.source, name, "single"), names)


def test_every_verb_has_an_example():
    assert {"find", "highlight", "load", "r2cli", "remember", "save", "summarize", "to_dict", "to_pandas"} <= {
        name for name, _ in _examples()
    }


def test_help_and_completion_show_the_whole_face():
    assert set(r2cli.__all__) <= set(dir(r2cli))
    page = io.StringIO()
    importlib.import_module("pydoc").Helper(output=page)(r2cli.find)
    assert "on_progress" in page.getvalue()
    assert "ArgumentError" in page.getvalue()
    assert (Path(r2cli.__file__).parent / "py.typed").is_file()
