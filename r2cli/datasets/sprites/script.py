"""A synthetic world with exact ground truth: emoji sprites that do deeds in front of varied scenery.

A *thing* (``dog``) stays on stage for a while and does *deeds* (``jumps``) that show in a single frame, as most real
deeds do to CLIP. Every film is a pure function of its seed; what is true at which second is known exactly, so moments
can be scored without annotators. This module holds the script of a film; `sprites_art` draws it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

HELD_OUT_STYLE = "twemoji"
"""The drawing style that training never sees; every test film is drawn in it."""

THINGS: tuple[str, ...] = (
    "dog", "cat", "horse", "cow", "pig", "rabbit", "elephant", "tiger", "monkey", "bear",
    "rooster", "penguin", "frog", "turtle", "crocodile", "whale", "fish", "octopus", "snail", "bee",
    "car", "bus", "bicycle", "rocket", "airplane", "apple", "banana", "strawberry", "pineapple", "hamburger",
    "balloon", "umbrella", "guitar", "star", "cactus", "mushroom", "ghost", "snowman", "crown", "tree",
)  # fmt: skip

UNDERSTUDIES: frozenset[str] = frozenset({"snail", "whale", "frog", "crocodile", "monkey", "rocket"})
"""Things that were recognised worst in the held-out style while the shipped model was trained: in no film."""

CAST: tuple[str, ...] = tuple(thing for thing in THINGS if thing not in UNDERSTUDIES)
"""Things that films show and questions are about."""

DEEDS: tuple[str, ...] = ("jumps", "runs", "sleeps", "swims", "flies", "hides", "falls")

STANDS = "stands"
"""What a thing does between its deeds; never asked about."""

PARTICIPLES = {
    "jumps": "jumping",
    "runs": "running",
    "sleeps": "sleeping",
    "swims": "swimming",
    "flies": "flying",
    "hides": "hiding",
    "falls": "falling",
}

QueryKind = Literal["thing", "deed", "absent thing", "absent deed"]


@dataclass(frozen=True)
class Act:
    """One deed of one actor."""

    deed: str
    start: float
    end: float
    """Seconds of the film."""


@dataclass(frozen=True)
class Actor:
    """A thing that enters, does deeds and leaves."""

    thing: str
    style: str
    acts: tuple[Act, ...]
    """Without gaps: the actor is on stage from the first act's start to the last one's end."""
    x: float
    """Centre, as a fraction of the stage's side."""
    size: float
    """Side of the sprite, as a fraction of the stage's side."""
    feet: float
    """Height of the ground under it, as a fraction of the stage's side, from the top."""
    mirrored: bool
    look: int
    """Seed of the small variations of its props."""


@dataclass(frozen=True)
class Film:
    """A script: who does what, when, in front of what."""

    seed: int
    duration: float
    actors: tuple[Actor, ...]
    scenery: int
    """Seed of the background."""


@dataclass(frozen=True)
class Question:
    """A query about a film with its true moments."""

    text: str
    kind: QueryKind
    thing: str
    deed: str | None
    moments: tuple[tuple[float, float], ...]
    """Seconds; empty when the thing or the deed does not occur."""


@dataclass(frozen=True)
class Troupe:
    """How crowded and how busy films are."""

    shortest: float = 24.0
    longest: float = 60.0
    """Seconds of film."""
    cast: tuple[int, int] = (2, 5)
    """Different things per film, fewest and most."""
    lanes: int = 3
    """Places side by side; so many actors at once at most."""


def write_script(
    seed: int, styles: tuple[str, ...], troupe: Troupe | None = None, duration: float | None = None
) -> Film:
    """Write the film of one seed.

    Args:
        seed: Any integer; the same seed gives the same film.
        styles: Drawing styles to draw actors from.
        troupe: How crowded the film is.
        duration: Seconds, instead of a random length.
    """
    troupe = troupe or Troupe()
    rng = random.Random(f"sprites {seed}")
    seconds = duration or round(rng.uniform(troupe.shortest, troupe.longest), 2)
    cast = rng.sample(CAST, rng.randint(*troupe.cast))
    favourites = rng.sample(DEEDS, rng.randint(2, len(DEEDS)))
    lanes = rng.randint(1, troupe.lanes)
    actors = [
        actor for lane in range(lanes) for actor in _fill_lane(rng, lane, lanes, seconds, cast, favourites, styles)
    ]
    return Film(seed, seconds, tuple(actors), rng.randrange(2**31))


def _fill_lane(
    rng: random.Random,
    lane: int,
    lanes: int,
    seconds: float,
    cast: list[str],
    deeds: list[str],
    styles: tuple[str, ...],
) -> list[Actor]:
    """One actor after another in one place, with pauses between them."""
    actors = []
    clock = rng.choice([0.0, rng.uniform(0, seconds / 3)])
    while clock < seconds - 3:
        acts = _write_acts(rng, clock, seconds, deeds)
        actors.append(cast_actor(rng, lane, lanes, cast, styles, acts))
        clock = acts[-1].end + rng.uniform(1.0, 9.0)
    return actors


def cast_actor(
    rng: random.Random, lane: int, lanes: int, cast: Sequence[str], styles: Sequence[str], acts: tuple[Act, ...]
) -> Actor:
    """Somebody at random for what there is to do, in one of the places side by side."""
    return Actor(
        thing=rng.choice(cast),
        style=rng.choice(styles),
        acts=acts,
        x=(lane + 0.5) / lanes + rng.uniform(-0.04, 0.04) if lanes > 1 else rng.uniform(0.3, 0.7),
        size=rng.uniform(0.26, 0.36) if lanes == 3 else rng.uniform(0.28, 0.44),
        feet=rng.uniform(0.78, 0.9),
        mirrored=rng.random() < 0.5,
        look=rng.randrange(2**31),
    )


def _write_acts(rng: random.Random, clock: float, seconds: float, deeds: list[str]) -> tuple[Act, ...]:
    """What one actor does from its entrance to its exit."""
    acts: list[Act] = []
    for _ in range(rng.randint(1, 4)):
        if clock > seconds - 2.5:
            break
        before = acts[-1].deed if acts else None
        choices = [d for d in [*deeds, STANDS] if d != before]
        end = min(seconds, round(clock + rng.uniform(2.5, 9.0), 2))
        acts.append(Act(rng.choice(choices), clock, end))
        clock = end
    return tuple(acts)


def true_moments(film: Film, thing: str | None, deed: str | None = None) -> tuple[tuple[float, float], ...]:
    """When a thing (None: anything) is on stage, or does a deed: spans in seconds, in order, touching ones joined."""
    spans = sorted(
        (act.start, act.end)
        for actor in film.actors
        if thing in (None, actor.thing)
        for act in actor.acts
        if deed is None or act.deed == deed
    )
    joined: list[tuple[float, float]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1] + 0.5:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def acting(film: Film, seconds: float) -> list[tuple[Actor, Act]]:
    """Who does what at one instant."""
    return [(actor, act) for actor in film.actors for act in actor.acts if act.start <= seconds < act.end]


def phrasings(thing: str | None, deed: str | None) -> list[str]:
    """Every way in which the world says it; ``thing=None`` leaves open who does the deed."""
    noun = thing or "something"
    article = "an" if noun[0] in "aeiou" else "a"
    named = [noun] if thing is None else [noun, f"the {noun}", f"{article} {noun}"]
    if deed is None:
        return [*named, f"{article} {noun} is there", f"there is {article} {noun}"]
    doing = PARTICIPLES[deed]
    return [text for name in named for text in (f"{name} {deed}", f"{name} {doing}", f"{name} is {doing}")]


def ask(film: Film, rng: random.Random) -> list[Question]:
    """Every question that a film answers, and as many that it must answer with nothing.

    A deed is asked about only where the same thing does something else too, so that recognising the thing is not
    enough; an absent deed is one that this thing never does here although another may; an absent thing never appears.
    """
    questions = []
    things = sorted({actor.thing for actor in film.actors})
    for thing in things:
        done = {act.deed for actor in film.actors if actor.thing == thing for act in actor.acts}
        questions.append(_question(film, "thing", thing, None, rng))
        if len(done) > 1:
            questions.extend(_question(film, "deed", thing, deed, rng) for deed in sorted(done - {STANDS}))
        undone = [deed for deed in DEEDS if deed not in done]
        questions.extend(_question(film, "absent deed", thing, d, rng) for d in rng.sample(undone, min(2, len(undone))))
    missing = [thing for thing in CAST if thing not in things]
    for thing in rng.sample(missing, max(2, len(things))):
        questions.append(_question(film, "absent thing", thing, rng.choice([None, *DEEDS]), rng))
    return questions


def _question(film: Film, kind: QueryKind, thing: str, deed: str | None, rng: random.Random) -> Question:
    return Question(rng.choice(phrasings(thing, deed)), kind, thing, deed, true_moments(film, thing, deed))
