"""Domains with a highlight model of their own, in words that CLIP can compare with pictures."""

from __future__ import annotations

from dataclasses import dataclass

from r2cli.checkpoints.checkpoint import Checkpoint
from r2cli.checkpoints.registry import CHECKPOINTS
from r2cli.errors import CommandLineError, option


@dataclass(frozen=True)
class Domain:
    """What videos a highlight checkpoint was trained on."""

    checkpoint: str
    sight: str
    """What is to be seen in them."""


DOMAINS = (
    Domain("youtube-dog", "a dog playing"),
    Domain("youtube-gym", "a gymnast at a competition"),
    Domain("youtube-par", "a person doing parkour, jumping over walls"),
    Domain("youtube-ska", "a person skating"),
    Domain("youtube-ski", "a person skiing down a snowy slope"),
    Domain("youtube-sur", "a person surfing a wave"),
    Domain("tvsum-bk", "a beekeeper with a beehive"),
    Domain("tvsum-bt", "a person doing a trick on a bicycle"),
    Domain("tvsum-ds", "a dog show with judges"),
    Domain("tvsum-fm", "a flash mob, a crowd dancing in a public place"),
    Domain("tvsum-ga", "a person washing or grooming an animal"),
    Domain("tvsum-ms", "hands making a sandwich"),
    Domain("tvsum-pr", "a parade in a street"),
    Domain("tvsum-vt", "a person changing the tyre of a car"),
    Domain("tvsum-vu", "a car stuck in mud or snow"),
)
"""Those that r2 looks for by itself. Two have parkour; of these, the YouTube model is taken."""

ELSEWHERE = (
    "a person talking to the camera", "people talking in a room", "a meeting or a lecture", "a city street",
    "a landscape", "people eating at a table", "food being cooked in a pan", "a concert on a stage", "a wedding",
    "a birthday party", "a football match", "a person swimming", "children playing", "a cat", "wild animals",
    "a scene of a feature film", "a cartoon", "a computer screen", "a news broadcast", "a view out of a moving car",
    "a museum", "a shop", "a text on a plain background", "darkness",
)  # fmt: skip
"""What else videos show, so that a domain is not named only because it is the least unlike."""

SURE = 0.5
"""Probability from which a domain counts as named."""


def find_domain(name: str) -> Checkpoint:
    """The highlight checkpoint that a user means by `--domain`: its name, or the part behind the hyphen.

    Raises:
        CommandLineError: There is none, or more than one.
    """
    known = {row.name: row for row in CHECKPOINTS.values() if row.task == "highlights" and row.files}
    typed = name.strip().lower().replace("_", "-")
    meant = [row for key, row in known.items() if typed and typed in (key, key.partition("-")[2], row.query)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        rivals = ", ".join(row.name for row in meant)
        raise CommandLineError(f"{option('domain')} {name!r} may be any of {rivals}", "name one")
    raise CommandLineError(f"there is no domain {name!r}", f"choose auto, none, or one of {', '.join(known)}")
