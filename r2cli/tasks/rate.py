"""Which model rates the clips of a video, and what it is asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from r2cli.checkpoints.load import say_nothing
from r2cli.errors import ArgumentError, option
from r2cli.findings import Findings, Ground
from r2cli.memory import OnProgress, Reading
from r2cli.tasks.ask import require_query
from r2cli.tasks.load import DEFAULT_MODEL, require_moments
from r2cli.tasks.remember import remember_video

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from r2cli.checkpoints.load import LoadedModel
    from r2cli.video.probe import VideoInfo

AUTO, NONE = "auto", "none"
_GLANCES = 24
"""Pictures of a video that its domain is named from."""
_UNASKED = "highlight"
"""What is said of a stretch, and in the names of clips, where a model that knows highlights was asked nothing."""
_OWN_HIGHLIGHTS = "{}-highlights"
"""What the highlight model is called that belongs to a model for moments."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants clips to be rated by; checked."""

    about: str | None = None
    """A text; None: whatever stands out."""
    model: str = DEFAULT_MODEL
    domain: str = AUTO

    def __post_init__(self) -> None:
        """See that it makes sense, before any work.

        Raises:
            ArgumentError: It does not.
            ModelUnavailableError: There is no such model, or it cannot read a text.
        """
        from r2cli.checkpoints.domains import find_domain
        from r2cli.checkpoints.load import find_source

        checkpoint = find_source(self.model)
        if self.about is not None:
            require_query(self.about)
            require_moments(checkpoint)
        if self.domain not in (AUTO, NONE):
            find_domain(self.domain)
            given = "about" if self.about is not None else "model" if self.model != DEFAULT_MODEL else ""
            if given:
                raise ArgumentError(
                    f"both {option(given)} and {option('domain', self.domain)}", "leave one of them out"
                )


@dataclass(frozen=True)
class Rated:
    """A video whose clips have been rated."""

    findings: Findings
    """Its saliency; and all moments, where a model for moments was asked."""
    ground: Ground
    embeddings: NDArray[np.float32]
    """[T, E], CLIP's embedding of every clip, of unit length."""
    end: float
    """Seconds of video that were really there."""
    min_score: float
    """The model's own threshold."""


class Rater:
    """Rates the clips of videos; opens a model when one is needed, and keeps it for the next video.

    Args:
        wish: What to rate by.
        device: `auto`, `cuda`, `mps` or `cpu`.
        precision: `auto`, `fp32`, `bf16` or `fp16`.
        on_note: Told in one line what was decided, and what is about to be downloaded.
        progress: Whether downloads draw a progress bar on standard error.
    """

    def __init__(
        self,
        wish: Wish,
        *,
        device: str = "auto",
        precision: str = "auto",
        on_note: Callable[[str], None] = say_nothing,
        progress: bool = False,
    ) -> None:
        self._wish, self._device, self._precision = wish, device, precision
        self._on_note, self._progress = on_note, progress
        self._opened: dict[str, LoadedModel] = {}

    def rate(
        self,
        video: VideoInfo,
        reading: Reading = Reading(),  # noqa: B008 - it is frozen
        on_progress: Callable[[float], OnProgress] = lambda clips_per_second: lambda clips: None,
    ) -> Rated:
        """Rate every clip of a video.

        Args:
            video: From `probe`.
            reading: How to read it.
            on_progress: Given the rate at which clips are sampled, gives what is told how many have been read.

        Raises:
            R2Error: As `r2cli.find` does.
        """
        model, query, ground = self._choose(video)
        checkpoint = model.checkpoint
        index = remember_video(video, model, reading, on_progress(checkpoint.clips_per_second))
        (findings,) = index.ask([query])
        if ground.kind == "model" and query == checkpoint.query:  # a word of the model's own, which nobody asked
            findings = replace(findings, query=_UNASKED)
        return Rated(findings, ground, index.embeddings, index.extent.end, checkpoint.min_score)

    def _choose(self, video: VideoInfo) -> tuple[LoadedModel, str, Ground]:
        from r2cli.checkpoints.domains import find_domain
        from r2cli.checkpoints.load import find_source
        from r2cli.checkpoints.registry import CHECKPOINTS, trained_part

        wish = self._wish
        if wish.about is not None:
            model = self._open(wish.model)
            require_moments(model.checkpoint)  # what a file holds shows only when it is open
            return model, require_query(wish.about), Ground("text")
        own = _OWN_HIGHLIGHTS.format(trained_part(wish.model))
        name = own if own in CHECKPOINTS else wish.model
        if (source := find_source(name)).task == "highlights":
            return self._open(name), source.query or self._title(video), Ground("model")
        if wish.domain not in (AUTO, NONE):
            named = find_domain(wish.domain)
            return self._open(named.name), named.query or self._title(video), Ground("domain", named.name)
        if wish.domain == AUTO and wish.model == DEFAULT_MODEL:
            return self._by_sight(video)
        return self._by_title(video)

    def _by_sight(self, video: VideoInfo) -> tuple[LoadedModel, str, Ground]:
        from r2cli.checkpoints.domains import SURE
        from r2cli.checkpoints.registry import CHECKPOINTS

        name, certainty = name_domain(video, self._open(DEFAULT_MODEL))
        if certainty < SURE:
            self._on_note(f"{video.path}: of no domain with a highlight model (nearest: {name}, {certainty:.0%} sure)")
            return self._by_title(video)
        self._on_note(f"{video.path}: looks like {name} ({certainty:.0%} sure); {option('domain')} says otherwise")
        query = CHECKPOINTS[name].query or self._title(video)
        return self._open(name), query, Ground("domain", name, certainty)

    def _by_title(self, video: VideoInfo) -> tuple[LoadedModel, str, Ground]:
        title = self._title(video)
        self._on_note(f'{video.path}: rated by its title, "{title}"; say what matters with {option("about")}')
        return self._open(self._wish.model), title, Ground("title")

    def _title(self, video: VideoInfo) -> str:
        from r2cli.video.title import video_title

        return video_title(video.path)

    def _open(self, name: str) -> LoadedModel:
        from r2cli.checkpoints.load import open_checkpoint

        if name not in self._opened:
            for other in self._opened.keys() - {self._wish.model}:
                del self._opened[other]  # every model brings its CLIP along: two at a time are enough
            self._opened[name] = open_checkpoint(
                name, device=self._device, precision=self._precision, on_note=self._on_note, progress=self._progress
            )
        return self._opened[name]


def name_domain(video: VideoInfo, model: LoadedModel) -> tuple[str, float]:
    """Name the domain of a video from some of its pictures, as CLIP tells pictures apart.

    Args:
        video: From `probe`.
        model: Any on the CLIP of the released checkpoints.

    Returns:
        The highlight checkpoint of the likeliest domain, and its probability: the mean over the pictures. The other
        domains, and other things that videos show, have the rest.
    """
    from r2cli.checkpoints.domains import DOMAINS, ELSEWHERE
    from r2cli.memory import compute
    from r2cli.video import sample_frames

    backbone = model.backbone
    rate, pixels = _GLANCES / max(video.duration, 1.0), backbone.pixels
    glances = sample_frames(
        *(video, rate, backbone.size), sampling="keyframes", interpolation=pixels.interpolation, resize=pixels.resize
    )
    with closing(glances):
        frames = np.concatenate([batch.pixels for batch in glances])
    seen = compute(model, lambda: backbone.embed_frames(frames)).cpu().numpy()  # [n, E]
    sights = [f"a photo of {what}" for what in (*(domain.sight for domain in DOMAINS), *ELSEWHERE)]
    said = compute(model, lambda: backbone.embed_queries(sights)).cpu().numpy()  # [D, E]
    logits = float(backbone.clip.logit_scale.exp()) * (seen @ said.T).astype(np.float64)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    share = (odds / odds.sum(axis=1, keepdims=True)).mean(axis=0)
    best = int(share[: len(DOMAINS)].argmax())
    return DOMAINS[best].checkpoint, float(share[best])
