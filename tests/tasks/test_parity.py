"""End to end: a film and a sentence go into `r2 find`, and out come the numbers of the authors' implementation.

The film holds the recorded pictures losslessly, CLIP's weights lie in a file of OpenAI's layout and R²'s in one of the
authors'. The recording stored CLIP's tokens in half precision; r2 does not, which is all that separates the two.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from r2cli.models.r2 import WindowMemory
from r2cli.select.postprocess import select_moments
from r2cli.video import ffmpeg_path, probe, sample_frames
from tests.backbones.conftest import clip_config, clip_state
from tests.golden import recipes
from tests.golden.recorded import arrays, cases

QUERIES = recipes.read_json("tiny_pixels.json")["queries"]
RATE = 0.5
REPEATS = 4
"""Times that the film shows a picture during its clip: the middle of a clip is never the border of two pictures."""
SIZE = 32


def recorded_frames(clips: int) -> np.ndarray:
    return recipes.frames(101, clips, SIZE, 4)


def write_lossless(path: Path, frames: np.ndarray) -> Path:
    """A film of RGB pictures [n, 3, S, S], each shown for one clip."""
    raw = frames.transpose(0, 2, 3, 1).repeat(REPEATS, axis=0).tobytes()
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE}x{SIZE}", "-r", str(RATE * REPEATS), "-i", "pipe:"]
    coded = ["-c:v", "ffv1", "-pix_fmt", "bgr0", str(path)]
    subprocess.run([ffmpeg_path(), "-v", "error", *source, *coded], input=raw, check=True)
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("parity")
    state = {name: tensor.half() for name, tensor in clip_state("tiny").items()}  # as OpenAI's: the values fit
    numbers = {"input_resolution": SIZE, "context_length": 77, "vocab_size": 49408}
    torch.save(state | {name: torch.tensor(value) for name, value in numbers.items()}, folder / "clip.pt")
    shutil.copy(recipes.HERE / "tiny_checkpoint.pth", folder / "tiny.pth")
    card = {
        "clip": clip_config("tiny"),
        "clip_weights": "clip.pt",
        "r2": {},
        "clips_per_second": RATE,
        "window": 150,
        "unit": None,
    }
    (folder / "tiny.json").write_text(json.dumps(card))
    return folder / "tiny.pth"


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> dict[int, Path]:
    folder = tmp_path_factory.mktemp("films")
    return {clips: write_lossless(folder / f"{clips}.mkv", recorded_frames(clips)) for clips in (1, 3, 8, 13)}


@pytest.mark.parametrize("clips", [1, 3, 8, 13])
def test_the_film_gives_back_the_recorded_pictures(films, clips):
    batches = list(sample_frames(probe(films[clips]), RATE, SIZE))

    np.testing.assert_array_equal(np.concatenate([batch.pixels for batch in batches]), recorded_frames(clips))


def ask(r2, film: Path, query: str, model: Path) -> dict:
    code, out, err = r2(
        *("find", film, query, "--model", model, "--json", "--top", 50, "--min-score", 0, "--device", "cpu"),
        *("--precision", "fp32", "--sampling", "exact", "--no-cache"),
    )
    assert code == 0, err
    (found,) = json.loads(out)["results"]
    return found


def scores_of(found: dict) -> list[float]:
    return [clip["score"] for clip in found["saliency"]]


@pytest.mark.parametrize("name", cases("tiny_cached"))
def test_find_gives_the_recorded_moments_and_saliency(name, r2, films, model, monkeypatch):
    """With the video's memory in floats; what its 8 bits change is the next test's."""
    monkeypatch.setattr(WindowMemory, "quantise", lambda memory: memory)
    case = cases("tiny_cached")[name]
    clips = case["T"]

    found = ask(r2, films[clips], QUERIES[case["query"]], model)

    assert found["sampling"] == {"clips_per_second": RATE, "window": 150, "strategy": "exact"}
    saliency = arrays("tiny_cached")[f"{name}.saliency"]
    np.testing.assert_allclose([clip["time"] for clip in found["saliency"]], (np.arange(clips) + 0.5) / RATE)
    np.testing.assert_allclose(scores_of(found), saliency, atol=1e-4)
    boundary = arrays("tiny_cached")[f"{name}.boundary"].astype(np.float64)
    expected = select_moments(boundary, clips / RATE, unit=None, suppression="normal")
    ours = [(moment["start"], moment["end"], moment["score"]) for moment in found["moments"]]
    np.testing.assert_allclose(ours, [(m.start, m.end, m.score) for m in expected], atol=5e-3)


@pytest.mark.parametrize("name", cases("tiny_cached"))
def test_eight_bits_hardly_move_the_recorded_moments(name, r2, films, model):
    case = cases("tiny_cached")[name]

    found = ask(r2, films[case["T"]], QUERIES[case["query"]], model)

    np.testing.assert_allclose(scores_of(found), arrays("tiny_cached")[f"{name}.saliency"], atol=5e-3)
    boundary = arrays("tiny_cached")[f"{name}.boundary"].astype(np.float64)
    best = select_moments(boundary, case["T"] / RATE, unit=None, suppression="normal")[0]
    nearest = min(found["moments"], key=lambda one: abs(one["start"] - best.start) + abs(one["end"] - best.end))
    assert abs(nearest["start"] - best.start) < 0.1
    assert abs(nearest["end"] - best.end) < 0.1
    assert abs(nearest["score"] - best.score) < 0.01
