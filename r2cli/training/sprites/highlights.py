"""The checkpoint ``sprites-highlights``: an R² model that rates clips, on the frozen tiny CLIP of ``sprites``."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

import torch
from torch import Tensor

from r2cli.backbones.clip import ClipBackbone
from r2cli.datasets.sprites.highlights import true_saliency, write_quiet_script
from r2cli.datasets.sprites.script import Film
from r2cli.models.r2 import R2, R2Config
from r2cli.training.batch import Batch, batch_losses
from r2cli.training.descent import muon_and_adamw, wide_matrices
from r2cli.training.loop import OnReport, Run, learn
from r2cli.training.losses import LossWeights
from r2cli.training.pool import Renewal
from r2cli.training.resume import write_weights
from r2cli.training.schedule import HalfCosine
from r2cli.training.sprites.clip import clip_config, vocabulary
from r2cli.training.sprites.films import CLIPS_PER_SECOND, LENGTH, SeenFilm, film_pool, write_busy_script
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

    @property
    def renewal(self) -> Renewal:
        """Which films are in the pool when."""
        return Renewal(first=2 * self.films, growth=1, size=self.pool, upkeep=self.films / self.visits)


def write_either_script(seed: int, styles: tuple[str, ...]) -> Film:
    """Of three films two are quiet; the third is as busy as those that ``sprites`` learns from."""
    return write_busy_script(seed, styles) if seed % 3 == 0 else write_quiet_script(seed, styles, LENGTH)


def train_highlights(
    art: Path,
    work: Path,
    backbone: ClipBackbone,
    settings: HighlightSettings | None = None,
    on_report: OnReport = print,
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
    run = Run(
        name="highlights",
        model=model,
        optimizers=muon_and_adamw(
            model, wide_matrices(model), muon=settings.muon, adam=settings.adam, weight_decay=settings.weight_decay
        ),
        schedule=HalfCosine(settings.steps, settings.warmup),
        batches=lambda start: _batches(art, backbone, settings, start),
        losses=lambda batch: batch_losses(model, batch, _WEIGHTS, half=True),
        seed=settings.seed,
        save_every=50,
    )
    learn(run, work, on_report)
    return model.eval()


def _batches(art: Path, backbone: ClipBackbone, settings: HighlightSettings, start: int) -> Iterator[Batch]:
    pool = film_pool(art, backbone, settings.renewal, write_either_script)
    query = backbone.encode_query(QUERY)
    for step in count(start):
        rng = random.Random(f"{settings.seed} {step}")
        # short stretches teach as much, for less
        clips = min(rng.randint(settings.shortest, settings.longest) for _ in range(2))
        parts = [_stretch(film, clips, rng) for film in rng.sample(pool.at(step), settings.films)]
        saliency = torch.stack([salient for _, salient in parts])
        positive = [rng.choice(row.nonzero()[:, 0].tolist()) if row.any() else NONE for row in saliency > 0.5]
        yield Batch(
            torch.stack([tokens for tokens, _ in parts]),
            query[None].expand(len(parts), -1, -1, -1),
            Truth(saliency, torch.tensor(positive)),
        )


def _stretch(seen: SeenFilm, clips: int, rng: random.Random) -> tuple[Tensor, Tensor]:
    """A random stretch: tokens [K, T, P, Dv] and saliency [T]."""
    first = rng.randint(0, seen.tokens.shape[1] - clips)
    stretch = slice(first, first + clips)
    saliency = true_saliency(seen.film, seen.tokens.shape[1], CLIPS_PER_SECOND)
    return seen.tokens[:, stretch].float(), torch.from_numpy(saliency[stretch])


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
