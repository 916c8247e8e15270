"""Why a moment has its score: the model's own figures, in the order in which they came about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from r2cli.findings import Moment


@dataclass(frozen=True)
class Similarity:
    """What CLIP alone says, and what that does to a score: `logit(score) + weight * (value - level)`."""

    time: float
    """Middle of the clip that shows most of the query, in seconds."""
    value: float
    """Cosine of its picture and the query."""
    level: float
    """The value that changes nothing."""
    weight: float
    """Log-odds per unit."""


@dataclass(frozen=True)
class ClipFacts:
    """What the model made of one clip of a moment."""

    time: float
    """Middle of the clip, in seconds."""
    saliency: float
    """As in the findings."""
    certainty: float | None
    """How sure the model is at best that a moment is here, 0 to 1; None: not known, here and below."""
    fit: float | None
    """Cosine of the clip, as the model refined it, and the query."""


@dataclass(frozen=True)
class LayerFacts:
    """What one layer of CLIP had to do with it."""

    layer: int
    """Counted from the last one, which is 1."""
    gate: float
    """Share in which it is taken in, over what the layers after it gave; of the model, whatever the query."""
    inside: float
    """Mean cosine of the moment's clips and the query."""
    outside: float | None
    """The same of the other clips that were seen with them; None: there are none."""


@dataclass(frozen=True)
class Explanation:
    """Where the score of one moment comes from."""

    query: str
    video: Path
    moment: Moment
    rank: int
    threshold: float
    """The least score of a moment that is shown."""
    window: tuple[float, float]
    """What the model saw at once, in seconds of the video."""
    said: float
    """The score that the model gave."""
    kept: float
    """What is left of it after better moments that share some of its time."""
    similarity: Similarity | None
    """What raised or lowered the rest to the score; None: nothing did."""
    clips: tuple[ClipFacts, ...]
    """Of the moment, in order of time."""
    layers: tuple[LayerFacts, ...]
    """The last layer of CLIP first, as the model goes; empty where its family does not say."""
    following: Moment | None
    """The next one in the ranking of its video and query, shown or not."""
    elsewhere: Moment | None
    """The best one that shares no time with it."""
