"""Trains the checkpoint ``sprites-highlights``: an R² model that rates clips, on the frozen tiny CLIP of ``sprites``.

    pip install -e '.[train]'
    python -m r2cli.training.sprites.highlights --work runs/sprites

Stopped at any time, the same command goes on where it was. npm must be installed, for the art; with the same folder as
``r2cli.training.sprites.run`` it is fetched once. About a quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from r2cli.backbones.clip import ClipBackbone
from r2cli.checkpoints.load import open_checkpoint
from r2cli.datasets.sprites.highlights import true_saliency, write_quiet_script
from r2cli.datasets.sprites.script import Film
from r2cli.models.r2 import R2, R2Config
from r2cli.training.descent import descend, make_optimizers, mean_of
from r2cli.training.losses import LossWeights, losses
from r2cli.training.resume import load_state, save_state, write_weights
from r2cli.training.sprites.clip import clip_config, vocabulary
from r2cli.training.sprites.fetch import fetch_art
from r2cli.training.sprites.films import CLIPS_PER_SECOND, LENGTH, Reel, Reels, write_busy_script
from r2cli.training.targets import NONE, Truth

NAME = "sprites-highlights"
QUERY = "something"
"""What the model is asked, always: its CLIP knows no word for what is worth seeing."""

SHAPE = R2Config(
    vision_width=128,
    query_width=128,
    dims=128,
    strides=(1,),
    tef=False,
    boundaries=False,
    merge=False,
    dropout=0.1,
    drop_path=0.05,
    ignore_padding=True,
)

_WEIGHTS = LossWeights(sal=0.1, video_cal=0.0, layer_cal=0.0)
"""One query for all films: there is nothing to tell apart, so nothing to calibrate."""


@dataclass(frozen=True)
class HighlightSettings:
    """What the training does, and for how long."""

    steps: int = 1_500
    films: int = 8
    pool: int = 150
    """Films whose tokens are kept; 6 MB each."""
    visits: int = 24
    """How often a film is used on average before another takes its place."""
    shortest: int = 12
    longest: int = 120
    """Clips of a stretch."""
    warmup: int = 100
    muon: float = 0.004
    adam: float = 1e-3
    weight_decay: float = 0.02
    seed: int = 3


def write_either_script(seed: int, styles: tuple[str, ...]) -> Film:
    """Of three films two are quiet; the third is as busy as those that ``sprites`` learns from."""
    return write_busy_script(seed, styles) if seed % 3 == 0 else write_quiet_script(seed, styles, LENGTH)


class _Pool:
    """Films as CLIP sees them, with their saliency; it forgets them one by one as new ones are drawn."""

    def __init__(self, reels: Iterator[Reel], backbone: ClipBackbone, settings: HighlightSettings) -> None:
        self._reels, self._backbone, self._settings = reels, backbone, settings
        self._films: list[tuple[Tensor, Tensor]] = []
        self._debt = 0.0

    def renew(self, rng: random.Random) -> None:
        """Draw as many new films as the last step has used up."""
        settings = self._settings
        growing = len(self._films) < settings.pool
        self._debt += 1.0 if growing else settings.films / settings.visits
        while self._debt >= 1 or len(self._films) < 2 * settings.films:
            reel = next(self._reels)
            tokens = self._backbone.encode_frames(reel.frames.numpy()).half()
            entry = (tokens, torch.from_numpy(true_saliency(reel.film, tokens.shape[1], CLIPS_PER_SECOND)))
            if growing:
                self._films.append(entry)
            else:
                self._films[rng.randrange(settings.pool)] = entry
            self._debt -= 1

    def stretches(self, clips: int, rng: random.Random) -> tuple[Tensor, Tensor]:
        """Random stretches of different films: tokens [B, K, T, P, Dv] and saliency [B, T]."""
        tokens, saliency = [], []
        for film, salient in rng.sample(self._films, self._settings.films):
            first = rng.randint(0, film.shape[1] - clips)
            tokens.append(film[:, first : first + clips].float())
            saliency.append(salient[first : first + clips])
        return torch.stack(tokens), torch.stack(saliency)


def train_highlights(
    art: Path,
    work: Path,
    backbone: ClipBackbone,
    settings: HighlightSettings | None = None,
    on_report: Callable[[str], None] = print,
) -> R2:
    """Train the model; continues where an earlier call with the same ``work`` stopped.

    Args:
        art: Folder of ``<style>/<thing>.png``.
        work: Folder for the state of the run.
        backbone: The frozen CLIP.
        settings: Length and rates.
        on_report: Gets a line now and then.
    """
    settings = settings or HighlightSettings()
    torch.manual_seed(settings.seed)
    model = R2(SHAPE).train()
    with torch.no_grad():
        model.block.scale.fill_(1.0)  # as for `sprites`: what patches say is to be heard from the first step on
    optimizers = make_optimizers(model, settings)
    start = load_state(work / "highlights.pt", model, optimizers)
    drawn = int(start * settings.films / settings.visits) + (settings.pool if start else 0)
    data = Reels(art, backbone.size, drawn, write_either_script)
    pool = _Pool(iter(DataLoader(data, batch_size=None, num_workers=1, prefetch_factor=4)), backbone, settings)
    query = backbone.encode_query(QUERY)
    recent: list[dict[str, float]] = []
    for step in range(start, settings.steps):
        rng = random.Random(f"{settings.seed} {step}")
        pool.renew(rng)
        named = _step(model, pool, query, settings, rng)
        descend(model, optimizers, sum(named.values(), torch.zeros(())), step, settings)
        recent.append({name: value.item() for name, value in named.items()})
        if (step + 1) % 50 == 0 or step + 1 == settings.steps:
            save_state(work / "highlights.pt", step + 1, model, optimizers)
            on_report(f"highlights step {step + 1}/{settings.steps}  {mean_of(recent)}")
            recent.clear()
    return model.eval()


def _step(model: R2, pool: _Pool, query: Tensor, settings: HighlightSettings, rng: random.Random) -> dict[str, Tensor]:
    # short stretches teach as much, for less
    clips = min(rng.randint(settings.shortest, settings.longest) for _ in range(2))
    tokens, saliency = pool.stretches(clips, rng)
    with torch.autocast("cpu", torch.bfloat16):
        memory = model.encode_video(tokens)
        grounding = model.ground(memory, query[None].expand(len(tokens), -1, -1, -1))
    positive = [rng.choice(row.nonzero()[:, 0].tolist()) if row.any() else NONE for row in saliency > 0.5]
    return losses(grounding, Truth(saliency, torch.tensor(positive)), _WEIGHTS)


def write_checkpoint(folder: Path, model: R2, min_score: float) -> Path:
    """Write ``sprites-highlights.safetensors`` (fp16) and its card, which names the file with the CLIP.

    Returns:
        The path of the weights.
    """
    tensors = {f"r2.{name}": tensor for name, tensor in model.state_dict().items()}
    card = {
        "task": "highlights",
        "summary": "deeds against stillness in the built-in demonstration's cartoon world, and nothing else",
        "query": QUERY,
        "backbone": "clip-sprites",
        "licence": "BSD-3-Clause",
        "clips_per_second": CLIPS_PER_SECOND,
        "window": LENGTH,
        "suppression": None,
        "min_score": min_score,
        "clip": clip_config(),
        "clip_weights": "sprites.safetensors",
        "vocabulary": vocabulary(),
        "r2": asdict(model.config),
    }
    return write_weights(folder / f"{NAME}.safetensors", tensors, card)


def main(argv: Sequence[str] | None = None) -> None:
    """Fetch, train, write; see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m r2cli.training.sprites.highlights", description="Train the sprites-highlights checkpoint."
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for the art and the state of the run")
    parser.add_argument("--out", type=Path, help="folder for the finished checkpoint (the default: WORK)")
    parser.add_argument("--steps", type=int, default=HighlightSettings.steps)
    parser.add_argument("--min-score", type=float, default=0.3, help="threshold to write into the card")
    options = parser.parse_args(argv)
    started = time.monotonic()

    def report(line: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:7.0f}s  {line}\n")
        sys.stderr.flush()

    fetch_art(options.work / "art")
    backbone = open_checkpoint("sprites", device="cpu", precision="fp32").backbone
    settings = replace(HighlightSettings(), steps=options.steps)
    model = train_highlights(options.work / "art", options.work, backbone, settings, report)
    write_checkpoint(options.out or options.work, model, options.min_score)


if __name__ == "__main__":
    main()
