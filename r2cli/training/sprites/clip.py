"""Stage one of the sprites checkpoint: a tiny CLIP, from nothing.

A picture is contrasted with every thing's name and with a draw of sentences about deeds; what is true of it is known,
so a sentence that happens to be true is never a negative. Two throw-away heads ask every patch what stands there and
what it does: the R² Block reads patches, and this is how they come to carry an answer.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from open_clip import CLIP
from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.data import DataLoader

from r2cli.backbones.tokenizer import UNKNOWN, Tokenizer, table_size, vocabulary_of
from r2cli.datasets.sprites.script import DEEDS, STANDS, THINGS, phrasings
from r2cli.training.descent import muon_and_adamw
from r2cli.training.loop import OnReport, Run, learn
from r2cli.training.schedule import HalfCosine
from r2cli.training.sprites.stills import NO_THING, StillBatches, Stills

SIZE, PATCH, CONTEXT = 112, 16, 16
_DEEDS = (STANDS, *DEEDS)
_PAIRS = tuple((thing, deed) for thing in range(len(THINGS)) for deed in range(1, len(_DEEDS)))


@dataclass(frozen=True)
class ClipSettings:
    """What stage one does, and for how long."""

    steps: int = 5000
    batch: int = 192
    sentences: int = 64
    """Sentences about deeds per step, beside all things' names."""
    warmup: int = 300
    muon: float = 0.01
    adam: float = 1.5e-3
    weight_decay: float = 0.05
    seed: int = 1


def vocabulary() -> tuple[int, ...]:
    """BPE ids of every word of the sprite world."""
    named = [text for thing in THINGS for text in phrasings(thing, None)]
    acting = [text for deed in DEEDS for thing in (None, *THINGS) for text in phrasings(thing, deed)]
    return vocabulary_of(named + acting)


def clip_config() -> dict[str, Any]:
    """The tiny CLIP, as the arguments of ``open_clip.CLIP``."""
    return {
        "embed_dim": 128,
        "vision_cfg": {"image_size": SIZE, "patch_size": PATCH, "width": 128, "layers": 6, "head_width": 32},
        "text_cfg": {
            "context_length": CONTEXT,
            "vocab_size": table_size(vocabulary()),
            "width": 128,
            "heads": 4,
            "layers": 4,
        },
        "quick_gelu": False,
    }


class _Student(nn.Module):
    """The CLIP with its two throw-away heads."""

    def __init__(self) -> None:
        super().__init__()
        config = clip_config()
        self.clip = CLIP(**config)
        width = config["vision_cfg"]["width"]
        self.patch_norm = nn.LayerNorm(width)
        self.patch_thing = nn.Linear(width, len(THINGS) + 1)
        self.patch_deed = nn.Linear(width, len(_DEEDS) + 1)

    def forward(self, pixels: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits [B, texts], patches' things [B, P - 1, things + 1] and deeds [B, P - 1, deeds + 1]."""
        mean, std = (torch.tensor(c).view(1, 3, 1, 1) for c in (OPENAI_DATASET_MEAN, OPENAI_DATASET_STD))
        seen = self.clip.visual.forward_intermediates((pixels / 255 - mean) / std, indices=1, output_fmt="NLC")
        patches = self.patch_norm(seen["image_intermediates"][-1])
        image = F.normalize(seen["image_features"].float(), dim=-1)
        text = F.normalize(self.clip.encode_text(tokens).float(), dim=-1)
        scale = self.clip.logit_scale.exp().clamp(max=100)
        return scale * image @ text.T, self.patch_thing(patches).float(), self.patch_deed(patches).float()


def _truth(stills: Stills, pairs: list[tuple[int, int]]) -> Tensor:
    """Which text is true of which picture: bool [B, things + deeds + pairs]."""
    things = F.one_hot(stills.thing.clamp(min=0), len(THINGS)) * (stills.thing >= 0)[..., None]  # [B, A, things]
    deeds = F.one_hot(stills.deed.clamp(min=0), len(_DEEDS)) * (stills.deed >= 0)[..., None]  # [B, A, deeds]
    both = torch.einsum("bat,bad->btd", things, deeds)
    chosen = both[:, [t for t, _ in pairs], [d for _, d in pairs]]
    return torch.cat([things.amax(1), deeds.amax(1)[:, 1:], chosen], dim=1) > 0


def _texts(pairs: list[tuple[int, int]], rng: random.Random) -> list[str]:
    names = [rng.choice(phrasings(thing, None)) for thing in THINGS]
    doings = [rng.choice(phrasings(None, deed)) for deed in DEEDS]
    return names + doings + [rng.choice(phrasings(THINGS[t], _DEEDS[d])) for t, d in pairs]


def _contrast(logits: Tensor, truth: Tensor) -> Tensor:
    """Both directions of CLIP's loss with several positives: each shares the probability with the other true ones."""
    losses = []
    for scores, true in ((logits, truth), (logits.T, truth.T)):
        log_share = F.log_softmax(scores, dim=1)
        rows = true.any(1)
        losses.append(-((log_share * true).sum(1) / true.sum(1).clamp(min=1))[rows].mean())
    return (losses[0] + losses[1]) / 2


def train_clip(
    art: Path, work: Path, settings: ClipSettings | None = None, on_report: OnReport = print
) -> dict[str, Tensor]:
    """Train the tiny CLIP; continues where an earlier call with the same ``work`` stopped.

    Args:
        art: Folder of ``<style>/<thing>.png``.
        work: Folder for the state of the run.
        settings: Length and rates.
        on_report: Gets a line now and then.

    Returns:
        The CLIP's state dict.
    """
    settings = settings or ClipSettings()
    torch.manual_seed(settings.seed)
    student, tokenizer = _Student(), Tokenizer(CONTEXT, vocabulary())
    inner = [p for n, p in student.named_parameters() if p.ndim == 2 and "resblocks" in n]
    run = Run(
        name="clip",
        model=student,
        optimizers=muon_and_adamw(
            student, inner, muon=settings.muon, adam=settings.adam, weight_decay=settings.weight_decay
        ),
        schedule=HalfCosine(settings.steps, settings.warmup),
        batches=lambda start: _batches(art, start, settings),
        losses=lambda batch: _losses(student, batch, tokenizer, settings),
        seed=settings.seed,
        save_every=200,
        judge=lambda: gate(student.clip, art),
    )
    learn(run, work, on_report)
    state: dict[str, Tensor] = student.clip.state_dict()
    return state


def _batches(art: Path, start: int, settings: ClipSettings) -> Iterator[tuple[int, Stills]]:
    data = StillBatches(
        art, held_out=False, size=SIZE, patch=PATCH, batch=settings.batch, seed=settings.seed, first=start
    )
    return enumerate(DataLoader(data, batch_size=None, num_workers=1, prefetch_factor=4), start)


def _losses(
    student: _Student, batch: tuple[int, Stills], tokenizer: Tokenizer, settings: ClipSettings
) -> dict[str, Tensor]:
    step, stills = batch
    rng = random.Random(f"{settings.seed} {step}")
    shown = {(t, d) for t, d in zip(stills.thing.ravel().tolist(), stills.deed.ravel().tolist(), strict=True) if d > 0}
    pairs = rng.sample(sorted(shown), min(len(shown), settings.sentences * 2 // 3))
    pairs += rng.sample(_PAIRS, settings.sentences - len(pairs))
    tokens = _with_strangers(tokenizer(_texts(pairs, rng)), rng)
    # On a CPU, the backward pass of the fused attention takes longer than all the rest of the step together.
    with torch.autocast("cpu", torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
        logits, patch_thing, patch_deed = student(stills.pixels, tokens)
    return {
        "contrast": _contrast(logits, _truth(stills, pairs)),
        "patches": _patch_loss(patch_thing, patch_deed, stills),
    }


def _patch_loss(thing: Tensor, deed: Tensor, stills: Stills) -> Tensor:
    """What every patch should know. Which thing it shows is the hard part, and asked again where there is one."""
    actor = stills.patch_thing != NO_THING
    everywhere = F.cross_entropy(thing.flatten(0, 1), stills.patch_thing.ravel())
    on_actors = F.cross_entropy(thing[actor], stills.patch_thing[actor])
    deeds = F.cross_entropy(deed.flatten(0, 1), stills.patch_deed.ravel())
    return on_actors + (everywhere + deeds) / 2


def _with_strangers(tokens: Tensor, rng: random.Random) -> Tensor:
    """Now and then a word nobody knows after the first one: "the big dog" is a dog."""
    tokens = tokens.clone()
    for row in tokens:
        if rng.random() < 0.1 and row[-1] == 0:
            row[2:] = row[1:-1].clone()
            row[1] = UNKNOWN
    return tokens


@torch.inference_mode()
def gate(clip: CLIP, art: Path, batches: int = 4) -> str:
    """How well the held-out style is named, one thing per picture: the figures to pass before stage two."""
    clip.eval()
    tokenizer = Tokenizer(CONTEXT, vocabulary())
    names = F.normalize(clip.encode_text(tokenizer([f"a {thing}" for thing in THINGS])), dim=-1)
    sentences = F.normalize(clip.encode_text(tokenizer([f"the {THINGS[t]} {_DEEDS[d]}" for t, d in _PAIRS])), dim=-1)
    mean, std = (torch.tensor(c).view(1, 3, 1, 1) for c in (OPENAI_DATASET_MEAN, OPENAI_DATASET_STD))
    hits, shown, deeds, acted = torch.zeros(len(THINGS)), torch.zeros(len(THINGS)), 0, 0
    data = iter(StillBatches(art, held_out=True, size=SIZE, patch=PATCH, batch=200, seed=7, crowd=1))
    for _ in range(batches):
        stills = next(data)
        images = F.normalize(clip.encode_image((stills.pixels / 255 - mean) / std), dim=-1)
        thing, deed = stills.thing[:, 0], stills.deed[:, 0]
        shown += F.one_hot(thing, len(THINGS)).sum(0)
        hits += (F.one_hot(thing, len(THINGS)) * ((images @ names.T).argmax(1) == thing)[:, None]).sum(0)
        sentence_scores = (images @ sentences.T).view(-1, len(THINGS), len(DEEDS))
        doing = sentence_scores[torch.arange(len(thing)), thing].argmax(1)
        deeds += int(((doing + 1 == deed) & (deed > 0)).sum())
        acted += int((deed > 0).sum())
    clip.train()
    rate = hits / shown.clamp(min=1)
    worst = ", ".join(f"{THINGS[t]} {rate[t]:.0%}" for t in rate.argsort()[:6].tolist())
    named = f"thing {hits.sum() / shown.sum():.1%}, deed of a known thing {deeds / acted:.1%}"
    return f"held-out style: {named}; worst {worst}"
