"""The table of checkpoints: which there are, what each was trained for, and where its weights come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from r2cli.backbones.spec import VIT_B_32, BackboneSpec
from r2cli.checkpoints.card import read_card
from r2cli.errors import ModelUnavailableError
from r2cli.hub import HubFile

if TYPE_CHECKING:
    from r2cli.model import R2Config

EMBEDDED = Path(__file__).parent / "embedded"
"""Checkpoints that are part of the package: `NAME.safetensors` and `NAME.json` each."""


@dataclass(frozen=True)
class Checkpoint:
    """One set of R² weights with everything that must be known to use them as they were trained."""

    name: str
    task: Literal["moments", "highlights"]
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
    licence: str = "BSD-3-Clause"
    shape: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """What differs from the defaults of `R2Config`, which are the QVHighlights model's."""

    @property
    def config(self) -> R2Config:
        """The model's shape.

        Raises:
            ModelUnavailableError: A file's description of it makes no sense.
        """
        from r2cli.model import R2Config

        try:
            return R2Config(**self.shape)
        except (TypeError, ValueError) as error:
            raise ModelUnavailableError(f"{self.name} describes a model that r2 cannot build ({error})") from error


QVHIGHLIGHTS = Checkpoint(
    name="qvhighlights",
    task="moments",
    summary="moments in everyday footage (vlogs, news, travel), trained on QVHighlights",
    backbone=VIT_B_32,
    source=HubFile(
        repo="yeliudev/R2-Tuning",
        path="checkpoints/r2_tuning_qvhighlights-ed516355.pth",
        size=11_400_000,
        sha256="ed516355",
    ),
    clips_per_second=0.5,
    window=150.0,
    unit=2.0,
)


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
        backbone=BackboneSpec(
            name=card.get("backbone", f"clip-{path.stem}"),
            config=card["clip"],
            weights=path.parent / card["clip_weights"] if "clip_weights" in card else None,
            vocabulary=tuple(card["vocabulary"]) if card.get("vocabulary") else None,
        ),
        source=path,
        clips_per_second=card["clips_per_second"],
        window=card["window"],
        unit=card.get("unit"),
        suppression=card.get("suppression", "normal"),
        min_score=card.get("min_score", 0.0),
        licence=card.get("licence", "unknown"),
        shape=card["r2"],
    )


CHECKPOINTS: dict[str, Checkpoint] = {
    QVHIGHLIGHTS.name: QVHIGHLIGHTS,
    **{card.stem: checkpoint_of_card(card.with_suffix(".safetensors")) for card in sorted(EMBEDDED.glob("*.json"))},
}
"""Every checkpoint that r2 knows by name; the first is the default."""

DEFAULT = next(iter(CHECKPOINTS))


def find_checkpoint(name: str) -> Checkpoint:
    """The checkpoint of that name.

    Raises:
        ModelUnavailableError: There is none; the message suggests the nearest name.
    """
    if name in CHECKPOINTS:
        return CHECKPOINTS[name]
    names = list(CHECKPOINTS)
    begun = [known for known in names if name and known.startswith(name.lower())]
    near = begun or get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    suggestion = f"did you mean {near[0]!r}? " if near else ""
    raise ModelUnavailableError(
        f"no checkpoint named {name!r}", f"{suggestion}There are: {', '.join(names)}, or the path of a file"
    )
