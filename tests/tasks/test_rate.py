"""Which model rates a video, and what it is asked."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from r2cli.backbones.spec import VIT_B_32, Pixels
from r2cli.checkpoints import load
from r2cli.checkpoints.domains import DOMAINS, ELSEWHERE, find_domain
from r2cli.checkpoints.registry import CHECKPOINTS
from r2cli.errors import CommandLineError, ModelUnavailableError
from r2cli.models.r2 import R2, R2Config
from r2cli.tasks.highlight import highlights_of
from r2cli.tasks.rate import Rater, Wish, name_domain
from r2cli.video import probe
from tests.films import make_film, run_ffmpeg


@pytest.fixture(scope="session")
def random_highlights(random_model, tmp_path_factory):
    """As `random_model`, but one that rates highlights."""
    path = tmp_path_factory.mktemp("highlights") / "random-hl.safetensors"
    card = json.loads(random_model.with_suffix(".json").read_text())
    card |= {
        "task": "highlights",
        "r2": {**card["r2"], "strides": [1], "tef": False, "boundaries": False, "merge": False},
    }
    with torch.random.fork_rng():
        torch.manual_seed(5)
        weights = R2(R2Config(**{**card["r2"], "strides": (1,)})).state_dict()
    towers = {name: value for name, value in load_file(random_model).items() if name.startswith("clip.")}
    save_file(towers | {f"r2.{name}": value.half().contiguous() for name, value in weights.items()}, path)
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


@pytest.fixture
def opened(monkeypatch, random_model, random_highlights):
    """Names of the released models that were opened; small ones with random weights stand in for them."""
    names = []
    really = load.open_checkpoint

    def stand_in(name, **options):
        names.append(name)
        rates = CHECKPOINTS[name].task == "highlights"
        return really(str(random_highlights if rates else random_model), **{**options, "device": "cpu"})

    monkeypatch.setattr(load, "open_checkpoint", stand_in)
    return names


@pytest.fixture
def video(tmp_path):
    return probe(make_film(tmp_path / "My_holiday-2024.mp4", frames=60, rate=10))


def see(monkeypatch, name, certainty):
    monkeypatch.setattr("r2cli.tasks.rate.name_domain", lambda video, model: (name, certainty))


def test_a_domain_that_is_seen_rates_the_video(opened, video, monkeypatch):
    see(monkeypatch, "youtube-sur", 0.83)
    notes = []
    rated = Rater(Wish(), on_note=notes.append).rate(video)
    assert opened == ["qvhighlights", "youtube-sur"]
    assert (rated.ground.kind, rated.ground.domain, rated.ground.certainty) == ("domain", "youtube-sur", 0.83)
    assert rated.findings.query == "surfing"
    assert "looks like youtube-sur (83% sure)" in notes[-1]
    found = highlights_of(rated, top=2)
    assert 1 <= len(found.moments) <= 2


def test_a_domain_of_tvsum_is_asked_the_title(opened, video, monkeypatch):
    see(monkeypatch, "tvsum-bk", 0.9)
    assert Rater(Wish()).rate(video).findings.query == "My holiday 2024"


def test_where_no_domain_fits_the_title_is_the_text(opened, video, monkeypatch):
    see(monkeypatch, "youtube-dog", 0.3)
    notes = []
    rated = Rater(Wish(), on_note=notes.append).rate(video)
    assert opened == ["qvhighlights"]
    assert rated.ground.kind == "title"
    assert 'rated by its title, "My holiday 2024"' in notes[-1]
    assert "youtube-dog, 30% sure" in notes[0]
    assert len(highlights_of(rated).moments) >= 1


def test_the_title_of_the_container_comes_before_the_name_of_the_file(opened, video, tmp_path):
    run_ffmpeg("-i", video.path, "-c", "copy", "-metadata", "title=Waves\x1b[31m\n at dawn", tmp_path / "x.mp4")
    rated = Rater(Wish(domain="none")).rate(probe(tmp_path / "x.mp4"))
    assert rated.findings.query == "Waves [31m at dawn"


def test_a_domain_that_is_named_needs_no_look(opened, video):
    rated = Rater(Wish(domain="surfing")).rate(video)
    assert opened == ["youtube-sur"]
    assert rated.ground.certainty is None


def test_a_text_is_asked_of_the_model_for_moments(opened, video):
    rated = Rater(Wish(about=" a dog ")).rate(video)
    assert opened == ["qvhighlights"]
    assert (rated.ground.kind, rated.findings.query) == ("text", "a dog")
    nothing = highlights_of(rated, min_score=1.0)
    assert nothing.moments == ()


def test_a_highlight_model_of_the_users_rates_by_the_title(random_highlights, video):
    rated = Rater(Wish(model=str(random_highlights)), device="cpu").rate(video)
    assert (rated.ground.kind, rated.findings.query) == ("model", "My holiday 2024")


def test_a_model_that_rates_is_kept_for_the_next_video(opened, video, monkeypatch):
    see(monkeypatch, "youtube-sur", 0.9)
    rater = Rater(Wish())
    rater.rate(video)
    rater.rate(video)
    assert opened == ["qvhighlights", "youtube-sur"]


@pytest.mark.parametrize("name", [domain.checkpoint for domain in DOMAINS])
def test_every_domain_has_a_model(name):
    assert CHECKPOINTS[name].task == "highlights"
    assert find_domain(name).name == name


@pytest.mark.parametrize(("typed", "meant"), [("dog", "youtube-dog"), ("Surfing", "youtube-sur"), ("bk", "tvsum-bk")])
def test_a_domain_has_short_names(typed, meant):
    assert find_domain(typed).name == meant


@pytest.mark.parametrize("typed", ["", "cooking", "sprites", "qvhighlights", "x" * 5000])
def test_an_unknown_domain(typed):
    with pytest.raises(CommandLineError, match="there is no domain"):
        find_domain(typed)


@pytest.mark.parametrize(
    ("wish", "fault", "message"),
    [
        ({"about": "  "}, CommandLineError, "the query is empty"),
        ({"about": "a dog", "model": "youtube-dog"}, ModelUnavailableError, "cannot say where"),
        ({"about": "a dog", "domain": "dog"}, CommandLineError, "both about and domain='dog'"),
        ({"model": "sprites", "domain": "dog"}, CommandLineError, "both model and domain='dog'"),
        ({"domain": "dgo"}, CommandLineError, "no domain 'dgo'"),
        ({"model": "qvhihglights"}, ModelUnavailableError, "no checkpoint named"),
    ],
)
def test_wishes_that_make_no_sense(wish, fault, message):
    with pytest.raises(fault, match=message):
        Wish(**wish)


class Eyes:
    """A CLIP that tells films apart by their brightness: dark ones are the first domain, bright ones something else."""

    size = 32
    pixels = Pixels()
    clip = SimpleNamespace(logit_scale=torch.tensor(100.0).log())

    def embed_frames(self, pixels):
        kinds = [0 if picture.mean() < 60 else len(DOMAINS) for picture in pixels]
        return torch.eye(len(DOMAINS) + len(ELSEWHERE))[kinds]

    def embed_queries(self, texts):
        assert len(texts) == len(DOMAINS) + len(ELSEWHERE)
        return torch.eye(len(texts))


@pytest.mark.parametrize(("grey", "certainty"), [(16, 1.0), (235, 0.0)])
def test_a_domain_is_named_from_pictures(tmp_path, grey, certainty):
    film = tmp_path / "film.mp4"
    run_ffmpeg("-f", "lavfi", "-i", f"color=c=0x{grey:02x}{grey:02x}{grey:02x}:s=64x64:r=10:d=5", film)
    name, sure = name_domain(probe(film), SimpleNamespace(backbone=Eyes(), device=torch.device("cpu")))
    assert sure == pytest.approx(certainty, abs=1e-6)
    assert name == DOMAINS[0].checkpoint or certainty == 0.0


def test_the_domains_are_those_of_one_clip():
    assert all(CHECKPOINTS[domain.checkpoint].backbone == VIT_B_32 for domain in DOMAINS)
    assert np.unique([domain.sight for domain in DOMAINS]).size == len(DOMAINS)
