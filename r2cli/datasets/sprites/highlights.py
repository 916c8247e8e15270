"""Films of the sprite world whose highlights are known: things stand about, and now and then one does a deed."""

from __future__ import annotations

import random

import numpy as np
from numpy.typing import NDArray

from r2cli.datasets.sprites.script import CAST, DEEDS, STANDS, Act, Actor, Film, cast_actor, true_moments

_FEWEST, _MOST = 0.05, 0.35
"""Share of a film that may be highlight."""
_STEPS = 10
"""Instants of a clip at which it is looked who does something."""


def write_quiet_script(seed: int, styles: tuple[str, ...], duration: float | None = None) -> Film:
    """Write the film of one seed, in which little happens.

    Between a twentieth and a third of it is highlight; in the rest things only stand, or nothing is there.

    Args:
        seed: Any integer; the same seed gives the same film.
        styles: Drawing styles to draw actors from.
        duration: Seconds, instead of a random length of 40 to 90.
    """
    rng = random.Random(f"quiet sprites {seed}")
    seconds = duration or round(rng.uniform(40.0, 90.0), 2)
    while True:
        lanes = rng.randint(1, 3)
        cast = rng.sample(CAST, rng.randint(2, 5))
        actors = tuple(actor for lane in range(lanes) for actor in _fill_lane(rng, lane, lanes, seconds, cast, styles))
        film = Film(seed, seconds, actors, rng.randrange(2**31))
        if _FEWEST <= sum(end - start for start, end in true_highlights(film)) / seconds <= _MOST:
            return film


def _fill_lane(
    rng: random.Random, lane: int, lanes: int, seconds: float, cast: list[str], styles: tuple[str, ...]
) -> list[Actor]:
    actors = []
    clock = rng.choice([0.0, rng.uniform(0, seconds / 3)])
    while clock < seconds - 3:
        acts = _write_acts(rng, clock, seconds, deeds=0.6 / lanes)
        actors.append(cast_actor(rng, lane, lanes, cast, styles, acts))
        clock = acts[-1].end + rng.uniform(1.0, 12.0)
    return actors


def _write_acts(rng: random.Random, clock: float, seconds: float, *, deeds: float) -> tuple[Act, ...]:
    """One actor's stay: long stillness, and between two of them a deed with the given chance."""
    acts: list[Act] = []
    for _ in range(rng.randint(1, 5)):
        if clock > seconds - 1.0:
            break
        does = acts and acts[-1].deed == STANDS and rng.random() < deeds
        deed, lasts = (rng.choice(DEEDS), rng.uniform(2.0, 6.0)) if does else (STANDS, rng.uniform(3.0, 14.0))
        acts.append(Act(deed, clock, min(seconds, round(clock + lasts, 2))))
        clock = acts[-1].end
    return tuple(acts)


def true_highlights(film: Film) -> tuple[tuple[float, float], ...]:
    """When anybody does anything: spans in seconds, in order."""
    spans = sorted(span for deed in DEEDS for span in true_moments(film, None, deed))
    joined: list[tuple[float, float]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def true_saliency(film: Film, clips: int, clips_per_second: float) -> NDArray[np.float32]:
    """The share of every clip [T] during which somebody does a deed."""
    instants = (np.arange(clips * _STEPS) + 0.5) / (_STEPS * clips_per_second)
    spans = np.asarray(true_highlights(film), dtype=np.float64).reshape(-1, 2)
    busy = ((instants >= spans[:, :1]) & (instants < spans[:, 1:])).any(axis=0)
    share: NDArray[np.float32] = busy.reshape(clips, _STEPS).mean(axis=1).astype(np.float32)
    return share
