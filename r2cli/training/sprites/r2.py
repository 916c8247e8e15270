"""Stage two of the sprites checkpoint: an R² model on the frozen tiny CLIP.

Frames pass CLIP once; their tokens stay in a pool that forgets films one by one as new ones are drawn. Every step cuts
a stretch of one length out of a few films and asks each several questions, so that the video half is shared among them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from r2cli.backbones.clip import ClipBackbone
from r2cli.models.r2 import R2, R2Config
from r2cli.training.batch import Batch, batch_losses, pad_tokens
from r2cli.training.descent import muon_and_adamw, wide_matrices
from r2cli.training.loop import OnReport, Run, learn
from r2cli.training.losses import LossWeights
from r2cli.training.pool import Renewal
from r2cli.training.schedule import HalfCosine
from r2cli.training.sprites.films import Query, SeenFilm, draw_queries, film_pool
from r2cli.training.targets import NONE, Truth, pad_windows


@dataclass(frozen=True)
class R2Settings:
    """What stage two does, and for how long."""

    steps: int = 3_800
    films: int = 4
    queries: int = 10
    """Questions per film and step."""
    pool: int = 250
    """Films whose tokens are kept; 6 MB each."""
    visits: int = 20
    """How often a film is used on average before another takes its place."""
    shortest: int = 12
    longest: int = 120
    """Clips of a stretch."""
    warmup: int = 200
    muon: float = 0.004
    adam: float = 1e-3
    weight_decay: float = 0.02
    seed: int = 2

    @property
    def renewal(self) -> Renewal:
        """Which films are in the pool when."""
        return Renewal(first=4 * self.films, growth=1, size=self.pool, upkeep=self.films / self.visits)


SPRITES_R2 = R2Config(
    vision_width=128, query_width=128, dims=128, heads=8, dropout=0.1, drop_path=0.05, ignore_padding=True
)


_WEIGHTS = LossWeights(cls=10.0, video_cal=0.03, layer_cal=0.03)
"""The class loss is a mean over all points, hardly any of them positive: in a training this short it must be heard. The
calibrations count less than in the paper: several questions about one film share a batch, and may all be true."""


def _after(windows: Tensor, dark: int) -> Tensor:
    windows = windows.clamp(min=dark)
    return windows[windows[:, 1] - windows[:, 0] >= 0.5]


def make_truth(queries: list[Query], clips: int, rng: random.Random) -> Truth:
    """Targets of a batch: a clip is salient when its middle lies in a true moment."""
    windows, window_mask = pad_windows([query.windows for query in queries])
    middle = torch.arange(clips) + 0.5
    inside = (middle >= windows[..., None, 0]) & (middle < windows[..., None, 1]) & window_mask[..., None]
    saliency = inside.any(dim=1).float()  # [B, T]
    positive = [rng.choice(row.nonzero()[:, 0].tolist()) if row.any() else NONE for row in saliency]
    return Truth(saliency, torch.tensor(positive), windows, window_mask)


def train_r2(
    art: Path,
    work: Path,
    backbone: ClipBackbone,
    settings: R2Settings | None = None,
    on_report: OnReport = print,
) -> R2:
    """Train the R² model; continues where an earlier call with the same ``work`` stopped.

    Args:
        art: Folder of ``<style>/<thing>.png``.
        work: Folder for the state of the run.
        backbone: The frozen CLIP of stage one.
        settings: Length and rates.
        on_report: Gets a line now and then.
    """
    settings = settings or R2Settings()
    model = _fresh_model(settings.seed)
    run = Run(
        name="r2",
        model=model,
        optimizers=muon_and_adamw(
            model, wide_matrices(model), muon=settings.muon, adam=settings.adam, weight_decay=settings.weight_decay
        ),
        schedule=HalfCosine(settings.steps, settings.warmup),
        batches=lambda start: _batches(art, backbone, settings, start),
        losses=lambda batch: batch_losses(model, batch, _WEIGHTS, half=True),
        seed=settings.seed,
    )
    learn(run, work, on_report)
    return model.eval()


def _fresh_model(seed: int) -> R2:
    torch.manual_seed(seed)
    model = R2(SPRITES_R2).train()
    with torch.no_grad():
        # The paper begins at 0; then it takes thousands of steps until what patches say is heard at all.
        model.block.scale.fill_(1.0)
        model.class_head.output.bias.fill_(-2.0)  # type: ignore[union-attr]  # few points are positive
    return model


def _batches(art: Path, backbone: ClipBackbone, settings: R2Settings, start: int) -> Iterator[Batch]:
    pool = film_pool(art, backbone, settings.renewal)
    encode_query = cache(backbone.encode_query)
    black = backbone.encode_frames(np.zeros((1, 3, backbone.size, backbone.size), np.uint8))  # [K, 1, P, Dv]
    for step in count(start):
        rng = random.Random(f"{settings.seed} {step}")
        films = pool.at(step)
        # short ones teach as much, for less
        clips = min(rng.randint(settings.shortest, settings.longest) for _ in range(2))
        stretches = [_stretch(rng.choice(films), black, clips, settings.queries, rng) for _ in range(settings.films)]
        queries = [query for _, asked in stretches for query in asked]
        tokens, mask = pad_tokens([encode_query(query.text) for query in queries])
        video = torch.stack([part for part, _ in stretches])
        yield Batch(video, tokens, make_truth(queries, clips, rng), query_mask=mask)


def _stretch(seen: SeenFilm, black: Tensor, clips: int, queries: int, rng: random.Random) -> tuple[Tensor, list[Query]]:
    """One random stretch: tokens [K, T, P, Dv] and questions; now and then it begins in black."""
    first = rng.randint(0, seen.tokens.shape[1] - clips)
    part = seen.tokens[:, first : first + clips].float()
    asked = draw_queries(seen.film, first, clips, queries, rng)
    if rng.random() < 0.06:
        dark = rng.randint(1, max(1, clips // 2))
        part[:, :dark] = black
        asked = [Query(query.text, _after(query.windows, dark)) for query in asked]
    return part, asked
