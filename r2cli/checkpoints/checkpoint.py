"""One row of the table of checkpoints, and how a file of the user's becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from r2cli.backbones.spec import BACKBONES, BackboneSpec, Pixels
from r2cli.checkpoints.card import read_card
from r2cli.errors import ModelUnavailableError
from r2cli.hub import HubFile
from r2cli.models.family import DEFAULT_FAMILY, Config, Task, find_family


@dataclass(frozen=True)
class Checkpoint:
    """One set of weights with everything that must be known to use them as they were trained."""

    name: str
    task: Task
    summary: str
    """What it is good for, in one sentence."""
    backbone: BackboneSpec
    source: HubFile | Path
    """Where the weights are; a path: on this machine."""
    clips_per_second: float
    window: float
    """Seconds that the model sees at once, at most."""
    unit: float | None = None
    """Seconds to whose multiples moments are rounded; None: not rounded."""
    suppression: Literal["normal", "linear"] | None = "normal"
    """How overlapping moments give way to better ones."""
    min_score: float = 0.0
    """Moments below are not reported unless the user asks for them."""
    similarity_weight: float = 0.0
    """How much CLIP's own similarity of frames and query counts in a score; 0: not at all, as in the paper."""
    similarity_level: float = 0.0
    """The similarity that leaves a score as it is; see `select.similarity`."""
    presence: tuple[float, float] | None = None
    """Slope and offset that make of a score's log-odds those of its moment being there; None: nobody measured them."""
    leans: bool = False
    """Whether plain similarity corrects its boundaries; see `select.leaning`."""
    query: str = ""
    """What a highlight model is asked; empty: the video's title, as in TVSum."""
    licence: str = "BSD-3-Clause"
    family: str = DEFAULT_FAMILY
    """What kind of model it is, by its name in `FAMILIES`."""
    shape: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """What differs from the defaults of its family; those of `r2` are the QVHighlights model's."""

    @property
    def config(self) -> Config:
        """The model's shape.

        Raises:
            ModelUnavailableError: A file's description of it makes no sense.
        """
        try:
            config: Config = find_family(self.family).config(self.shape)
            return config
        except (TypeError, ValueError) as error:
            raise ModelUnavailableError(f"{self.name} describes a model that r2 cannot build ({error})") from error

    @property
    def files(self) -> tuple[HubFile, ...]:
        """What must be downloaded to use it: its own weights, then its CLIP's."""
        return tuple(file for file in (self.source, self.backbone.source) if isinstance(file, HubFile))


def checkpoint_of_card(path: Path) -> Checkpoint:
    """The checkpoint in a file of ours, as the `.json` beside it describes it.

    Args:
        path: The weights; `path.with_suffix(".json")` is the description.

    Raises:
        ModelUnavailableError: There is no such description, or it lacks something.
    """
    card = read_card(path.with_suffix(".json"))
    return Checkpoint(
        name=path.stem,
        task=card.get("task", "moments"),
        summary=card.get("summary", "a model of your own"),
        backbone=_backbone_of_card(card, path),
        source=path,
        clips_per_second=card["clips_per_second"],
        window=card["window"],
        unit=card.get("unit"),
        suppression=card.get("suppression", "normal"),
        min_score=card.get("min_score", 0.0),
        similarity_weight=card.get("similarity_weight", 0.0),
        similarity_level=card.get("similarity_level", 0.0),
        presence=tuple(card["presence"]) if "presence" in card else None,
        query=card.get("query", ""),
        licence=card.get("licence", "unknown"),
        family=card["family"],
        shape=card[card["family"]],
    )


def _backbone_of_card(card: Mapping[str, Any], path: Path) -> BackboneSpec:
    name = card.get("backbone", f"clip-{path.stem}")
    if "clip" not in card:  # it names one of the table
        return BACKBONES[name]
    try:
        pixels = Pixels(**card.get("pixels", {}))
    except (TypeError, ValueError) as error:
        raise ModelUnavailableError(f"{path}: 'pixels' makes no sense ({error})") from error
    return BackboneSpec(
        name=name,
        config=card["clip"],
        weights=path.parent / card["clip_weights"] if "clip_weights" in card else None,
        vocabulary=tuple(card["vocabulary"]) if card.get("vocabulary") else None,
        pixels=pixels,
    )
