"""Stage two of the sprites checkpoint: an R² model on the frozen tiny CLIP.

Frames pass CLIP once; their tokens stay in a pool that forgets films one by one as new ones are drawn. Every step cuts
a stretch of one length out of a few films and asks each several questions, so that the video half is shared among them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from r2cli.backbones.clip import ClipBackbone
from r2cli.datasets.sprites.script import Film
from r2cli.models.r2 import R2, R2Config
from r2cli.training.descent import descend, make_optimizers, mean_of
from r2cli.training.losses import LossWeights, losses
from r2cli.training.resume import load_state, save_state
from r2cli.training.sprites.films import Query, Reel, Reels, draw_queries
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


SPRITES_R2 = R2Config(
    vision_width=128, query_width=128, dims=128, heads=8, dropout=0.1, drop_path=0.05, ignore_padding=True
)


_WEIGHTS = LossWeights(cls=10.0, video_cal=0.03, layer_cal=0.03)
"""The class loss is a mean over all points, hardly any of them positive: in a training this short it must be heard. The
calibrations count less than in the paper: several questions about one film share a batch, and may all be true."""


class _Pool:
    """Films as CLIP sees them."""

    def __init__(self, reels: Iterator[Reel], backbone: ClipBackbone, settings: R2Settings) -> None:
        self._reels, self._backbone, self._settings = reels, backbone, settings
        self._films: list[tuple[Film, Tensor]] = []
        black = np.zeros((1, 3, backbone.size, backbone.size), np.uint8)
        self._black = backbone.encode_frames(black).half()  # [K, 1, P, Dv]
        self._debt = 0.0

    def renew(self, rng: random.Random) -> None:
        """Draw as many new films as the last step has used up."""
        settings = self._settings
        growing = len(self._films) < settings.pool
        self._debt += 1.0 if growing else settings.films / settings.visits
        while self._debt >= 1 or len(self._films) < 4 * settings.films:
            reel = next(self._reels)
            entry = (reel.film, self._backbone.encode_frames(reel.frames.numpy()).half())
            if len(self._films) < settings.pool:
                self._films.append(entry)
            else:
                self._films[rng.randrange(settings.pool)] = entry
            self._debt -= 1

    def stretch(self, clips: int, rng: random.Random) -> tuple[Tensor, list[Query]]:
        """One random stretch: tokens [K, T, P, Dv] and questions; now and then it begins in black."""
        film, tokens = rng.choice(self._films)
        first = rng.randint(0, tokens.shape[1] - clips)
        part = tokens[:, first : first + clips].float()
        queries = draw_queries(film, first, clips, self._settings.queries, rng)
        if rng.random() < 0.06:
            dark = rng.randint(1, max(1, clips // 2))
            part[:, :dark] = self._black.float()
            queries = [Query(q.text, _after(q.windows, dark)) for q in queries]
        return part, queries


def _after(windows: Tensor, dark: int) -> Tensor:
    windows = windows.clamp(min=dark)
    return windows[windows[:, 1] - windows[:, 0] >= 0.5]


class _Sentences:
    """Query tokens, each sentence encoded once."""

    def __init__(self, backbone: ClipBackbone) -> None:
        self._backbone = backbone
        self._known: dict[str, Tensor] = {}

    def batch(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        """Tokens [B, K, L, Dq] and mask [B, L]."""
        for text in set(texts) - self._known.keys():
            self._known[text] = self._backbone.encode_query(text)
        found = [self._known[text] for text in texts]
        longest = max(tokens.shape[1] for tokens in found)
        batch = torch.zeros(len(texts), found[0].shape[0], longest, found[0].shape[2])
        mask = torch.zeros(len(texts), longest, dtype=torch.bool)
        for row, tokens in enumerate(found):
            batch[row, :, : tokens.shape[1]] = tokens
            mask[row, : tokens.shape[1]] = True
        return batch, mask


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
    on_report: Callable[[str], None] = print,
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
    torch.manual_seed(settings.seed)
    model = R2(SPRITES_R2).train()
    with torch.no_grad():
        # The paper begins at 0; then it takes thousands of steps until what patches say is heard at all.
        model.block.scale.fill_(1.0)
        model.class_head.output.bias.fill_(-2.0)  # type: ignore[union-attr]  # few points are positive
    optimizers = make_optimizers(model, settings)
    start = load_state(work / "r2.pt", model, optimizers)
    drawn = int(start * settings.films / settings.visits) + (settings.pool if start else 0)
    reels = iter(DataLoader(Reels(art, backbone.size, drawn), batch_size=None, num_workers=1, prefetch_factor=4))
    pool, sentences = _Pool(reels, backbone, settings), _Sentences(backbone)
    recent: list[dict[str, float]] = []
    for step in range(start, settings.steps):
        rng = random.Random(f"{settings.seed} {step}")
        pool.renew(rng)
        named = _step(model, pool, sentences, settings, rng)
        descend(model, optimizers, sum(named.values(), torch.zeros(())), step, settings)
        recent.append({name: value.item() for name, value in named.items()})
        if (step + 1) % 100 == 0 or step + 1 == settings.steps:
            save_state(work / "r2.pt", step + 1, model, optimizers)
            on_report(f"r2 step {step + 1}/{settings.steps}  " + mean_of(recent))
            recent.clear()
    return model.eval()


def _step(model: R2, pool: _Pool, sentences: _Sentences, settings: R2Settings, rng: random.Random) -> dict[str, Tensor]:
    clips = min(
        rng.randint(settings.shortest, settings.longest) for _ in range(2)
    )  # short ones teach as much, for less
    stretches = [pool.stretch(clips, rng) for _ in range(settings.films)]
    queries = [query for _, asked in stretches for query in asked]
    tokens, mask = sentences.batch([query.text for query in queries])
    with torch.autocast("cpu", torch.bfloat16):
        memory = model.encode_video(torch.stack([part for part, _ in stretches]))
        grounding = model.ground(memory, tokens, mask)
    return losses(grounding, make_truth(queries, clips, rng), _WEIGHTS)
