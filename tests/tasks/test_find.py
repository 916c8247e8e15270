"""The whole chain: frames in, findings out; once encoded, often asked; the same however a video is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import r2cli
from r2cli.backbones.spec import Pixels
from r2cli.errors import CommandLineError, ModelUnavailableError
from r2cli.findings import Findings
from r2cli.memory import Chunk, Reading, ReadingReport, encode
from r2cli.models.family import Clips, Memory
from r2cli.select.postprocess import select_moments
from r2cli.tasks.ask import select
from r2cli.tasks.remember import remember_video
from r2cli.video import SAMPLINGS, FrameBatch, VideoInfo, probe, sample_frames
from r2cli.windows import plan_windows
from tests.cards import plug_in_card
from tests.films import run_ffmpeg

LOSSLESS = ("-an", "-c:v", "ffv1", "-g", "1", "-pix_fmt", "yuv420p")


@pytest.fixture(scope="module")
def model(random_model):
    return r2cli.load(str(random_model), device="cpu", precision="fp32")


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    """Here everything is computed; `tests/cache` is about what is not."""
    monkeypatch.setenv("R2_CACHE_LIMIT", "0")


def assert_same(found: Findings, expected: Findings, *, later: float = 0.0, tolerance: float = 1e-4) -> None:
    """The same moments and saliency, `later` seconds later."""

    def rows(findings: Findings, shift: float) -> np.ndarray:
        return np.array([(one.start + shift, one.end + shift, one.score) for one in findings.moments])

    assert len(found.moments) == len(expected.moments)
    np.testing.assert_allclose(rows(found, 0), rows(expected, later), atol=tolerance)
    clips = {round(clip.time, 6): clip.score for clip in found.saliency}
    for clip in expected.saliency:
        assert clips[round(clip.time + later, 6)] == pytest.approx(clip.score, abs=tolerance)


def test_a_video_that_fits_is_seen_exactly_as_it_is(films, model):
    (batch,) = sample_frames(probe(films / "short.mp4"), 2, model.backbone.size)
    tokens = model.backbone.encode_frames(batch.pixels)
    query = model.backbone.encode_query("a dog jumps")
    with torch.inference_mode():
        memory = model.model.encode_video(tokens[None]).quantise()
        (prediction,) = model.model.ask([memory], query, clips_per_second=2)
    everything = {"top": None, "min_score": 0.0, "sampling": "exact"}
    found = r2cli.find(films / "short.mp4", "a dog jumps", model=model, **everything)
    moments = select_moments(prediction.boundary.numpy(), 8.0, unit=None, suppression="normal")
    assert list(found.moments) == moments
    np.testing.assert_allclose([clip.score for clip in found.saliency], prediction.saliency.numpy(), atol=1e-6)


@pytest.mark.parametrize("film", ["short.mp4", "long.mp4"])
def test_encoded_once_and_asked_often(films, model, film):
    index = r2cli.remember(films / film, model=model)
    for query in ("a dog jumps", "the red cat sleeps", "3"):
        kept = index.find(query, top=None)
        assert kept == r2cli.find(films / film, query, model=model, top=None)
        assert len(kept.moments) > 1
    assert index.find("a dog jumps").moments != index.find("the red cat sleeps").moments


@pytest.mark.parametrize("film", ["short.mp4", "long.mp4"])
def test_similarity_moves_scores_where_a_checkpoint_asks_for_it_and_no_boundary(films, model, film):
    weighing = replace(model, checkpoint=replace(model.checkpoint, similarity_weight=5.0, similarity_level=0.1))
    plain = r2cli.find(films / film, "a dog jumps", model=model, top=None, min_score=0)
    weighed = r2cli.find(films / film, "a dog jumps", model=weighing, top=None, min_score=0)
    spans = [sorted((one.start, one.end) for one in found.moments) for found in (plain, weighed)]
    assert spans[0] == spans[1]
    assert [one.score for one in plain.moments] != [one.score for one in weighed.moments]
    assert weighed == r2cli.remember(films / film, model=weighing).find("a dog jumps", top=None, min_score=0)


def test_every_clip_of_a_long_video_has_a_score(films, model):
    found = r2cli.find(films / "long.mp4", "a dog jumps", model=model)
    assert [clip.time for clip in found.saliency] == [0.25 + 0.5 * clip for clip in range(68)]
    assert np.isfinite([clip.score for clip in found.saliency]).all()
    assert found.video.duration == pytest.approx(34.0)
    assert found.video.rate == Fraction(10)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_black_put_before_a_film_shifts_moments_and_nothing_else(films, model, tmp_path, steps, sampling):
    """All pictures are keyframes, two of them equally near to each clip's middle."""
    seconds = 5 * steps  # half a window of 10 s each
    plain, padded = tmp_path / "plain.mkv", tmp_path / "padded.mkv"
    run_ffmpeg("-i", films / "long.mp4", *LOSSLESS, plain)
    run_ffmpeg("-i", films / "long.mp4", "-vf", f"tpad=start_duration={seconds}:color=black", *LOSSLESS, padded)
    everything = {"top": None, "min_score": 0.0, "sampling": sampling}
    expected = r2cli.find(plain, "a dog jumps", model=model, **everything)
    found = r2cli.find(padded, "a dog jumps", model=model, **everything)
    assert found.video.duration == pytest.approx(expected.video.duration + seconds)
    assert len(expected.moments) > 10
    assert_same(found, expected, later=seconds)


@pytest.mark.parametrize("film", ["short.mp4", "long.mp4"])
@pytest.mark.parametrize("container", ["mkv", "mov", "ts"])
def test_another_container_changes_nothing(films, model, tmp_path, film, container):
    copy = tmp_path / f"copy.{container}"
    run_ffmpeg("-i", films / film, "-c", "copy", copy)
    expected = r2cli.find(films / film, "a dog jumps", model=model, top=None, min_score=0)
    assert len(expected.moments) > 1
    assert_same(r2cli.find(copy, "a dog jumps", model=model, top=None, min_score=0), expected)


def test_a_film_of_nothing_but_black(model, tmp_path):
    for name, seconds in (("short.mp4", 4), ("long.mp4", 40)):
        run_ffmpeg("-f", "lavfi", "-i", f"color=black:size=64x64:rate=5:duration={seconds}", tmp_path / name)
        found = r2cli.find(tmp_path / name, "a dog jumps", model=model)
        assert len(found.saliency) == seconds * 2


@pytest.mark.parametrize("film", ["short.mp4", "long.mp4"])
def test_one_thread_or_two(films, model, film):
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            results.append(r2cli.find(films / film, "a dog jumps", model=model, top=None, min_score=0))
    finally:
        torch.set_num_threads(before)
    assert_same(*results)


def test_the_threshold_is_the_checkpoints_unless_it_is_given(films, model):
    strict = replace(model, checkpoint=replace(model.checkpoint, min_score=0.9))
    scores = [one.score for one in r2cli.find(films / "short.mp4", "a dog jumps", model=model, top=None).moments]
    assert min(scores) < 0.9 < max(scores)
    kept = r2cli.find(films / "short.mp4", "a dog jumps", model=strict, top=None).moments
    assert [one.score for one in kept] == [score for score in scores if score >= 0.9]
    asked = r2cli.find(films / "short.mp4", "a dog jumps", model=strict, top=None, min_score=0).moments
    assert [one.score for one in asked] == scores


def test_select_cuts_and_nothing_else(films, model):
    everything = r2cli.find(films / "long.mp4", "a dog jumps", model=model, top=None, min_score=0)
    best = select(everything, top=2, min_score=0)
    assert best == replace(everything, moments=everything.moments[:2])


@pytest.mark.parametrize("query", ["", " \t"])
def test_an_empty_query_is_refused_before_anything_is_read(query):
    with pytest.raises(CommandLineError, match="query makes no sense"):
        r2cli.find("gone.mp4", query)


def test_a_model_that_knows_only_highlights_is_refused(golden_highlights):
    with pytest.raises(ModelUnavailableError, match="rates highlights"):
        r2cli.load(golden_highlights)


@pytest.fixture
def golden_highlights(monkeypatch, model):
    from r2cli.checkpoints import load

    highlights = replace(model, checkpoint=replace(model.checkpoint, task="highlights"))
    monkeypatch.setattr(load, "find_source", lambda name: model.checkpoint)  # only the file's content tells
    monkeypatch.setattr(load, "open_checkpoint", lambda name, **options: highlights)
    return "any.pth"


CLIP_SIZE = 4
CHUNK = 16


class _Numbered:
    """A model whose tokens are the pixels, and whose memory is the tokens: what it was shown can be read back."""

    size = CLIP_SIZE
    pixels = Pixels()
    chunk = CHUNK

    def __init__(self) -> None:
        self.checkpoint = SimpleNamespace(clips_per_second=1, window=9.0, similarity_weight=0.0)
        self.backbone = self.family = self.model = self
        self.device = torch.device("cpu")
        self.on_note = print
        self.batches: list[int] = []

    def encode_frames(self, pixels: np.ndarray) -> torch.Tensor:
        self.batches.append(len(pixels))
        return torch.as_tensor(pixels[:, 0, 0, 0].astype(np.float32)).reshape(1, -1, 1, 1)

    def embed_tokens(self, tokens: torch.Tensor) -> torch.Tensor:
        return torch.stack((tokens.flatten(), tokens.flatten() + 1), dim=1)

    def remember(self, model: object, clips: Sequence[Clips]) -> Memory:
        return Memory({"numbers": torch.cat([part.tokens for part in clips], dim=1)})


def shown(chunk: Chunk) -> list[list[int]]:
    """The numbers of the frames that each window shows."""
    return [row for memory in chunk.memories for row in memory["numbers"].int().flatten(1).tolist()]


def numbered_frames(clips: int, batch_size: int, black: int, first: int = 0) -> Iterator[FrameBatch]:
    """Frame i is of brightness 100 + i; the first few are nearly black."""
    numbers = np.array([5 if clip < black else 100 + clip for clip in range(clips)], dtype=np.uint8)
    for start in range(first, clips, batch_size):
        part = numbers[start : start + batch_size]
        pixels = np.tile(part[:, None, None, None], (1, 3, CLIP_SIZE, CLIP_SIZE))
        yield FrameBatch(pixels, np.arange(start, start + len(part)) + 0.5, decoded=2 * len(part))


def show_numbers(monkeypatch, clips: int, black: int = 0) -> VideoInfo:
    """A video whose frames are `numbered_frames`."""
    monkeypatch.setattr(
        "r2cli.video.sampling.sample.sample_frames",
        lambda video, rate, size, batch_size, *, first_clip, **how: numbered_frames(
            clips, batch_size, black, first_clip
        ),
    )
    return VideoInfo(Path("x"), float(clips), Fraction(25), 4, 4, 0, 0.0, "h264", 0, 0)


@pytest.mark.parametrize("black", [0, 1, 6, 17])
@pytest.mark.parametrize("clips", [1, 8, 9, 10, 13, 14, 15, 19, 20, 44, 45, 99])
def test_windows_are_cut_while_the_video_is_read(monkeypatch, clips, black):
    video, model = show_numbers(monkeypatch, clips, black), _Numbered()
    told: list[int] = []
    index = remember_video(video, model, Reading(reuse=False, cache=False), told.append)

    planned = plan_windows(clips, 9)
    is_long = clips > 9
    chunks = list(index.encoded.chunks())
    windows = [window for chunk in chunks for window in chunk.windows]
    assert windows == [w for w in planned if not is_long or w.stop > min(black, clips)]
    for window, numbers in zip(windows, [row for chunk in chunks for row in shown(chunk)], strict=True):
        clip_numbers = range(window.first, window.stop)
        assert numbers == [0 if clip < 0 else 5 if clip < black else 100 + clip for clip in clip_numbers]
    assert told[-1] == clips
    assert index.extent.clips == len(index.embeddings) == clips
    assert index.extent.start == (min(black, clips) if is_long else 0)
    assert index.extent.end == clips
    assert index.report == ReadingReport(clips, encoded=clips, decoded=2 * clips)


@pytest.mark.parametrize("clips", [9, 45, 99, 150])
def test_windows_are_asked_in_the_same_chunks_each_time(monkeypatch, clips):
    video, model = show_numbers(monkeypatch, clips), _Numbered()
    with encode(video, model, Reading(cache=False), lambda done: None, keep=True) as encoded:
        first = [chunk.windows for chunk in encoded.chunks()]
    assert first == [chunk.windows for chunk in encoded.chunks()]
    assert [window for windows in first for window in windows] == list(plan_windows(clips, 9))
    assert all(len(windows) == CHUNK for windows in first[:-1])


def test_a_step_is_encoded_at_once(monkeypatch):
    video, model = show_numbers(monkeypatch, 23), _Numbered()
    remember_video(video, model, Reading(reuse=False, cache=False))
    assert model.batches == [5, 5, 5, 5, 5, 3]  # the second: five clips of black, before the film


def test_a_video_that_breaks_off_ends_where_its_pictures_end(monkeypatch):
    video = replace(show_numbers(monkeypatch, 7), duration=60.0)
    assert remember_video(video, _Numbered(), Reading(cache=False)).extent.end == 7


@pytest.fixture
def card_model(monkeypatch, random_model):
    """card_model(holds=…, fault=…): the random model on a card that fails, and the notes that it writes."""

    def load(precision="fp32", **card):
        seen, notes = plug_in_card(monkeypatch, **card), []
        card = r2cli.load(str(random_model), device="cuda", precision=precision, on_note=notes.append)
        return card, notes, seen

    return load


@pytest.mark.parametrize("film", ["short.mp4", "long.mp4"])
def test_a_card_without_enough_memory_gives_way_to_the_processor(films, model, card_model, film):
    expected = r2cli.find(films / film, "a dog jumps", model=model, top=None, min_score=0)
    card, notes, _ = card_model(holds=2)
    assert (card.device.type, notes) == ("cuda", [])
    remember = card.model.memorise

    def fail(tokens):
        if card.device.type == "cuda":
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return remember(tokens)

    card.model.memorise = fail
    found = r2cli.find(films / film, "a dog jumps", model=card, top=None, min_score=0)
    assert_same(found, expected)
    assert notes == ["cuda is given up (it has too little memory): continuing on the processor, with the same answer"]
    assert card.device.type == "cpu"
    assert_same(r2cli.remember(films / film, model=card).find("a dog jumps", top=None, min_score=0), expected)
    assert len(notes) == 1


def test_a_card_that_breaks_off_while_a_film_is_read(films, model, card_model):
    expected = r2cli.find(films / "long.mp4", "a dog jumps", model=model, top=None, min_score=0)
    card, notes, seen = card_model(holds=1000, fault="CUDA error: unspecified launch failure\nadvice")
    look = card.backbone.encode_frames

    def fail(pixels):
        if card.device.type == "cuda" and sum(seen) > 60:
            raise RuntimeError("CUDA error: unspecified launch failure\nadvice")
        return look(pixels)

    card.backbone.encode_frames = fail
    found = r2cli.find(films / "long.mp4", "a dog jumps", model=card, top=None, min_score=0)
    assert_same(found, expected)
    (note,) = notes
    assert "(unspecified launch failure)" in note


def test_a_card_that_fails_as_soon_as_the_model_is_on_it(films, model, card_model):
    expected = r2cli.find(films / "short.mp4", "a dog jumps", model=model)
    card, notes, _ = card_model("auto", holds=0, capability=(8, 0))  # a precision is tried on it
    assert len(notes) == 1
    card.backbone.towers.set_precision("fp32")
    assert card.device.type == "cpu"
    assert_same(r2cli.find(films / "short.mp4", "a dog jumps", model=card), expected)


def test_a_card_that_gives_nothing_back_is_explained(films, card_model, monkeypatch):
    card, _, _ = card_model(holds=0, fault="CUDA error: an illegal memory access was encountered\nadvice")

    def stuck(device):
        raise RuntimeError("CUDA error: an illegal memory access was encountered\nadvice")

    monkeypatch.setattr(card.backbone, "move_to", stuck)
    with pytest.raises(ModelUnavailableError, match=r"random cannot run on cuda \(an illegal .*device='cpu'"):
        r2cli.find(films / "short.mp4", "a dog jumps", model=card)
