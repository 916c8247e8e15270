"""What every model family has to do, and that a new one is a module and a row: nothing else knows of it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import r2cli
from r2cli import cache
from r2cli.cache.folders import entries_dir
from r2cli.cache.layout import Layout
from r2cli.checkpoints.registry import trained_part
from r2cli.errors import ModelUnavailableError
from r2cli.memory import Reading, ReadingReport
from r2cli.models.family import DEFAULT_FAMILY, FAMILIES, FamilyRow, Memory, find_family
from r2cli.models.univtg import UniVTG, UniVTGConfig
from r2cli.tasks.find import search
from r2cli.tasks.open_video import open_video
from tests.films import make_film, run_ffmpeg
from tests.models_made import make_model_on

TINY = FamilyRow("tiny", "similarity alone", ("moments", "highlights"), "tests.models.tiny_family")
LEANING = "+similarity"
QUERY = "a dog jumps"
LOSSLESS = ("-an", "-c:v", "ffv1", "-g", "1", "-pix_fmt", "yuv420p")


@pytest.fixture(autouse=True)
def row(monkeypatch):
    """The table with a row more."""
    monkeypatch.setitem(FAMILIES, TINY.name, TINY)
    monkeypatch.setattr("r2cli.cache.files._SETTLED", 0.0)


def small_univtg() -> tuple[dict[str, int], dict[str, torch.Tensor]]:
    shape = {"embedding_width": 16, "query_width": 32, "dims": 32, "heads": 4, "depth": 2, "inner": 48}
    with torch.random.fork_rng():
        torch.manual_seed(7)
        weights = UniVTG(UniVTGConfig(**shape)).state_dict()
    return shape, {name: 3 * value if value.ndim > 1 else value for name, value in weights.items()}


@pytest.fixture(scope="module")
def models(random_model, tmp_path_factory) -> dict[str, Path]:
    """A checkpoint file of each family, all on the CLIP of `random_model`; a new row of the table wants one here."""
    folder = tmp_path_factory.mktemp("families")
    weights = {
        "similarity": ({"scale": 30.0}, {"level": torch.tensor(8.0), "steepness": torch.tensor(0.5)}),
        "univtg": small_univtg(),
        TINY.name: ({"steepness": 9.0}, {"level": torch.tensor([0.1])}),
    }
    made = {
        family: make_model_on(random_model, folder / f"{family}.safetensors", family, *parts)
        for family, parts in weights.items()
    }
    return {DEFAULT_FAMILY: random_model, **made}


@pytest.fixture(scope="module")
def tiny_model(models):
    return models[TINY.name]


@pytest.fixture(params=[*FAMILIES, TINY.name, f"{DEFAULT_FAMILY}{LEANING}", f"univtg{LEANING}"])
def path(request, models):
    """A checkpoint file of each family in turn, alone and with similarity."""
    trained = trained_part(request.param)
    return f"{models[trained]}{request.param.removeprefix(trained)}"


@pytest.fixture
def model(path):
    return r2cli.load(str(path), device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """34 s: 68 clips, seven windows."""
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4", frames=340, rate=10)


def ask(film, model, **how) -> tuple[r2cli.Findings, ReadingReport]:
    reports: list[ReadingReport] = []
    (found,) = search(open_video(film), [QUERY], model, Reading(**how), on_report=reports.append)
    return found, reports[0]


def test_naming_a_family_loads_none():
    program = "import sys, r2cli.models.family, r2cli.checkpoints.load; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_every_row_is_whole(path, model):
    row = FAMILIES[model.checkpoint.family]

    assert row.name == model.checkpoint.family
    assert row.about
    assert find_family(row.name) is model.family
    assert set(model.family.tasks(model.checkpoint.config)) <= set(row.tasks)
    assert model.family.chunk >= 1


def test_a_window_is_remembered_in_the_arrays_that_are_promised(film, model):
    """And lies on disk as it does in memory."""
    kept = r2cli.remember(film, model=model, cache=False)
    backbone = model.backbone
    arrays = model.family.arrays(model.checkpoint.config, patches=backbone.tokens, embedding=backbone.embedding_width)

    chunks = list(kept.encoded.chunks())
    assert sum(len(chunk.windows) for chunk in chunks) > 2
    for chunk in chunks:
        memory = chunk.memories[0]
        clips = len(chunk.windows[0])
        for array in arrays:
            given = memory[array.name].numpy()
            assert (given.shape[1:], given.dtype) == (array.shape_of(clips), array.dtype)
        layout = Layout(arrays, clips)
        one = Memory({name: array[:1] for name, array in memory.arrays.items()})
        again = layout.unpack(layout.pack(one)[None])
        assert all(torch.equal(again[name], array) for name, array in one.arrays.items())
        assert memory.arrays.keys() == {array.name for array in arrays}


def test_cold_warm_and_uncached_are_one(film, path, model):
    plain, report = ask(film, model, cache=False)
    assert report.cached == 0

    cold, report = ask(film, model)
    assert report.cached == 0
    warm, report = ask(film, model)
    again, _ = ask(film, r2cli.load(str(path), device="cpu", precision="fp32"))

    assert report.cached == report.clips == 68
    assert plain == cold == warm == again
    assert len(plain.moments) > 1
    assert r2cli.remember(film, model=model).ask([QUERY]) == [plain]


def test_any_top_gives_the_head_of_the_same_list(film, model):
    everything = r2cli.find(film, QUERY, model=model, top=None, min_score=0).moments

    assert len(everything) > 2
    for top in (1, 2, len(everything)):
        assert r2cli.find(film, QUERY, model=model, top=top, min_score=0).moments == everything[:top]


def test_another_query_is_answered_otherwise(film, model):
    kept = r2cli.remember(film, model=model)
    one, other = kept.ask([QUERY, "the red cat sleeps"])

    assert one.saliency != other.saliency
    assert kept.ask([QUERY]) == [one]


def test_one_thread_or_two(film, model):
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(ask(film, model, cache=False)[0])
    finally:
        torch.set_num_threads(before)
    spans = [[(one.start, one.end) for one in each.moments] for each in found]
    assert [len(each) for each in spans] == [len(spans[0])] * 2
    for one, other in zip(*spans, strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_black_put_before_a_film_shifts_moments_and_nothing_else(film, model, tmp_path):
    plain, padded = tmp_path / "plain.mkv", tmp_path / "padded.mkv"
    run_ffmpeg("-i", film, *LOSSLESS, plain)
    run_ffmpeg("-i", film, "-vf", "tpad=start_duration=10:color=black", *LOSSLESS, padded)

    expected, found = (ask(one, model, sampling="exact", cache=False)[0].moments for one in (plain, padded))

    assert len(found) == len(expected) > 1
    for one, other in zip(found, expected, strict=True):
        later = (other.start + 10, other.end + 10, other.score)
        assert (one.start, one.end, one.score) == pytest.approx(later, abs=1e-4)


def test_another_container_gives_the_same_answer(film, model, tmp_path):
    expected, _ = ask(film, model, sampling="exact", cache=False)
    other = tmp_path / "other.mkv"
    run_ffmpeg("-i", film, "-c", "copy", other)

    found, _ = ask(other, model, sampling="exact", cache=False)

    assert found.moments == expected.moments
    assert found.saliency == expected.saliency


def test_what_another_family_kept_is_never_read(film, path, model, models):
    """Not even when it lies where this family looks."""
    expected, _ = ask(film, model)
    (own,) = entries_dir().iterdir()
    for name, other in models.items():
        if str(other) == trained_part(path):  # it may read what it kept itself
            continue
        ask(film, r2cli.load(str(other), device="cpu", precision="fp32"))
        (foreign,) = set(entries_dir().iterdir()) - {own}
        shutil.rmtree(own)
        foreign.rename(own)

        found, report = ask(film, model)

        assert (found, report.cached) == (expected, 0), name


class TestNewFamily:
    """Everything that users do, with a family of which nothing in r2 knows."""

    def test_find_and_the_cache(self, r2, film, tiny_model):
        code, out, err = r2("find", film, QUERY, "--model", tiny_model, "--json", "--min-score", 0)
        assert code == 0, err
        again = r2("find", film, QUERY, "--model", tiny_model, "--json", "--min-score", 0)
        assert again[1] == out
        assert [(one.model, one.clips, one.is_complete) for one in cache.entries()] == [("tiny", 68, True)]

    def test_highlight_with_and_without_a_text(self, r2, film, tiny_model):
        for words in (["--about", QUERY, "--min-score", 0], []):
            card = tiny_model.with_suffix(".json")
            kept = card.read_text()
            try:
                if not words:
                    card.write_text(json.dumps(json.loads(kept) | {"task": "highlights", "query": QUERY}))
                code, out, err = r2("highlight", film, "--model", tiny_model, "--json", *words)
            finally:
                card.write_text(kept)
            assert code == 0, err
            assert json.loads(out)["results"][0]["moments"]

    def test_it_takes_what_a_clip_needs_and_no_more(self, film, tiny_model, random_model):
        sizes = {}
        for path in (tiny_model, random_model):
            r2cli.remember(film, model=r2cli.load(str(path), device="cpu", precision="fp32"))
        for entry in cache.entries():
            sizes[entry.model] = entry.bytes
        assert sizes["tiny"] < sizes["random"] / 4

    def test_two_families_of_one_file_do_not_share_what_is_kept(self, film, tiny_model):
        from r2cli.memory.key import facts_of

        model = r2cli.load(str(tiny_model), device="cpu", precision="fp32")
        facts = facts_of(open_video(film), model, Reading())

        assert facts["family"] == "tiny"
        assert facts["arrays"] == [["vectors", "float16", ["T", 16]]]


def test_what_is_kept_of_r2_has_the_name_that_it_always_had(film, random_model):
    from r2cli.memory.key import facts_of

    model = r2cli.load(str(random_model), device="cpu", precision="fp32")
    facts = facts_of(open_video(film), model, Reading())

    assert {key: facts.get(key) for key in ("layers", "patches", "width")} == {"layers": 4, "patches": 5, "width": 32}
    assert facts.keys() & {"family", "arrays"} == set()


@pytest.mark.parametrize("family", ["gone", 3, None, ["r2"]])
def test_a_family_that_there_is_not(tiny_model, tmp_path, family):
    card = json.loads(tiny_model.with_suffix(".json").read_text()) | {"family": family}
    (tmp_path / "x.json").write_text(json.dumps(card))
    (tmp_path / "x.safetensors").write_bytes(tiny_model.read_bytes())

    with pytest.raises(ModelUnavailableError, match=r"r2 knows no 'family' .* it knows: r2, .*tiny"):
        r2cli.load(str(tmp_path / "x.safetensors"))


def test_only_r2s_own_files_where_a_family_has_no_others(tiny_model, tmp_path):
    torch.save({"level": torch.zeros(1)}, tmp_path / "x.pth")
    (tmp_path / "x.json").write_text(tiny_model.with_suffix(".json").read_text())

    with pytest.raises(ModelUnavailableError, match="r2's own files only"):
        r2cli.load(str(tmp_path / "x.pth"))


def test_a_row_of_the_table_of_checkpoints_may_name_it(tiny_model):
    from r2cli.checkpoints.registry import QVHIGHLIGHTS

    row = replace(QVHIGHLIGHTS, family="tiny", shape={"steepness": 2.0})

    assert row.config.steepness == 2.0
