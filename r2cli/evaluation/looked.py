"""Sprite films that were looked at once: what was found for each single question, kept for the next run."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from r2cli.checkpoints.load import LoadedModel
from r2cli.datasets.sprites.pairs import single_questions
from r2cli.datasets.sprites.rows import SEEDS, draw_film
from r2cli.datasets.sprites.script import HELD_OUT_STYLE, Film, Question, write_script
from r2cli.files import read_json
from r2cli.memory import Reading
from r2cli.tasks.open_video import open_video
from r2cli.tasks.remember import remember_video
from r2cli.writing import make_folder, replace_text

_LARGEST = 1 << 24
"""Bytes of what is kept of a film."""


@dataclass(frozen=True)
class Looked:
    """A film, and what a model says about it."""

    seed: int
    duration: float
    questions: tuple[Question, ...]
    found: dict[str, list[list[float]]]
    """For each question's text every moment: start, end, score."""
    similarity: dict[str, list[float]]
    """For each question's text how similar every clip's frame is to it, as CLIP embeds both."""


def look_at_films(model: LoadedModel, split: str, work: Path, most: int | None = None) -> Iterator[Looked]:
    """The films of a split, one after the other; of those that were looked at before, what was kept.

    Args:
        model: Who looks.
        split: Of the sprite films.
        work: A folder for what is kept; it is made if need be.
        most: How many films; None: all.
    """
    make_folder(work)
    for seed in islice(SEEDS[split], most):
        film = write_script(seed, (HELD_OUT_STYLE,))
        questions = single_questions(film, random.Random(f"single {seed}"))
        kept = _kept(work / f"{seed}.json", model, film, questions)
        yield Looked(seed, film.duration, questions, kept["found"], kept["similarity"])


def _kept(file: Path, model: LoadedModel, film: Film, questions: tuple[Question, ...]) -> dict[str, Any]:
    texts = list(dict.fromkeys(one.text for one in questions))
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept: Any = read_json(file, _LARGEST)
        if kept["model"] == model.sha256 and list(kept["found"]) == texts:
            return dict(kept)
    made = {"model": model.sha256, **_look(model, film, texts)}
    replace_text(file, json.dumps(made), is_durable=False)
    return made


def _look(model: LoadedModel, film: Film, texts: list[str]) -> dict[str, Any]:
    with TemporaryDirectory(prefix="r2-eval-") as scratch:
        path = draw_film(Path(), str(film.seed), Path(scratch))
        memory = remember_video(open_video(path), model, Reading(sampling="exact", cache=False))
    said = model.backbone.embed_queries(texts).numpy()
    return {
        "found": {
            text: [[one.start, one.end, one.score] for one in found.moments]
            for text, found in zip(texts, memory.ask(texts), strict=True)
        },
        "similarity": dict(zip(texts, (said @ memory.embeddings.T).tolist(), strict=True)),
    }
