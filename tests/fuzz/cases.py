"""Cases: damaged files, and the command that is to cope with them. Each is made of the seed and its number alone."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.films import Films
from tests.fuzz.mutate import damaged, odd_json, odd_text

_LISTS = (
    "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{film}\n#EXT-X-ENDLIST\n",
    "ffconcat version 1.0\nfile {film}\nduration 3\n",
    '<?xml version="1.0"?><MPD type="static"><Period><BaseURL>{film}</BaseURL></Period></MPD>',
)
_SETTINGS = 'model = "sprites"\ndevice = "cpu"\ncache_limit = "1 GB"\nsampling = "auto"\nhwaccel = "none"\n'
_KINDS = ("film",) * 14 + ("findings",) * 3 + ("card", "weights", "settings", "list")


@dataclass(frozen=True)
class Case:
    """One command to run."""

    number: int
    kind: str
    arguments: list[str]
    files: list[Path]
    """What was made for it."""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Workshop:
    """What cases are made of."""

    films: Films
    model: Path
    seed: int

    def case(self, number: int, folder: Path) -> Case:
        """Make a case in a folder of its own.

        Args:
            number: Which.
            folder: An empty one.
        """
        random = Random(f"{self.seed}/{number}")
        kind = random.choice(_KINDS)
        arguments, files, environment = getattr(self, f"_{kind}")(random, folder)
        return Case(number, kind, [str(word) for word in arguments], files, environment)

    @property
    def _plain(self) -> Path:
        return self.films.path("h264.mp4")

    def _film(self, random: Random, folder: Path) -> tuple[list[Any], list[Path], dict[str, str]]:
        source, other = (self.films.path(random.choice(self.films.names)) for _ in range(2))
        film = folder / source.name
        film.write_bytes(damaged(source.read_bytes(), random, other.read_bytes()))
        return self._command(random, film, folder), [film], {}

    def _command(self, random: Random, film: Path, folder: Path) -> list[Any]:
        find = ["find", film, "a dog jumps", "--model", self.model, "--min-score", "0", "--top", "2"]
        sampling = random.choice(("auto", "exact", "keyframes"))
        return random.choice(
            (
                [*find, "--json"],
                [*find, "--no-cache", "--sampling", sampling],
                [*find, "--clips", folder / "out", "--cut", "exact"],
                [*find, "--clips", folder / "out", "--cut", "smart"],
                [*find, "--clips", folder / "out", "--cut", "copy"],
                [*find, "--reel", folder / "out.mp4"],
                ["index", film, "--model", self.model],
                ["highlight", film, "--about", "a dog", "--model", self.model, "--json"],
                ["summarize", film, "--length", "1s", "--model", self.model, "--out", folder / "out.mp4"],
            )
        )

    def _findings(self, random: Random, folder: Path) -> tuple[list[Any], list[Path], dict[str, str]]:
        film, path = folder / "film.mp4", folder / "findings.json"
        shutil.copyfile(self._plain, film)
        text = json.dumps(odd_json(_findings_of(film), random))
        path.write_text(odd_text(text, random) if random.random() < 0.2 else text, errors="surrogateescape")
        target = random.choice((["--clips", folder / "out"], ["--reel", folder / "out.mp4"]))
        return ["cut", path, *target, "--cut", random.choice(("exact", "copy", "smart"))], [film, path], {}

    def _card(self, random: Random, folder: Path) -> tuple[list[Any], list[Path], dict[str, str]]:
        weights, card = folder / "odd.safetensors", folder / "odd.json"
        shutil.copyfile(self.model, weights)
        text = json.dumps(odd_json(json.loads(self.model.with_suffix(".json").read_text()), random))
        card.write_text(odd_text(text, random) if random.random() < 0.2 else text, errors="surrogateescape")
        return ["find", self._plain, "a dog", "--model", weights], [weights, card], {}

    def _weights(self, random: Random, folder: Path) -> tuple[list[Any], list[Path], dict[str, str]]:
        weights, card = folder / "odd.safetensors", folder / "odd.json"
        shutil.copyfile(self.model.with_suffix(".json"), card)
        weights.write_bytes(damaged(self.model.read_bytes(), random, b"\0" * 100))
        return ["find", self._plain, "a dog", "--model", weights], [weights, card], {}

    def _settings(self, random: Random, folder: Path) -> tuple[list[Any], list[Path], dict[str, str]]:
        settings = folder / "config.toml"
        settings.write_text(odd_text(_SETTINGS, random), errors="surrogateescape")
        command = random.choice((["config"], ["find", self._plain, "a dog", "--model", self.model]))
        return command, [settings], {"R2_CONFIG_DIR": str(folder)}

    def _list(self, random: Random, folder: Path) -> tuple[list[Any], list[Path], dict[str, str]]:
        path = folder / random.choice(("list.m3u8", "list.mp4", "list.ffconcat", "list.mpd"))
        text = random.choice(_LISTS).format(film=f"file://{self._plain}")
        path.write_text(odd_text(text, random) if random.random() < 0.5 else text, errors="surrogateescape")
        return ["find", path, "a dog", "--model", self.model], [path], {}


def _findings_of(film: Path) -> dict[str, Any]:
    return {
        "schema": 1,
        "results": [
            {
                "query": "a dog",
                "video": {"path": str(film), "duration": 3.0, "rate": {"exact": "12/1", "fps": 12.0}},
                "model": {"name": "x", "sha256": "0", "backbone": "x"},
                "sampling": {"clips_per_second": 2.0, "window": 150.0},
                "moments": [{"start": 0.5, "end": 1.5, "score": 0.9}, {"start": 2.0, "end": 2.5, "score": 0.4}],
                "saliency": [],
            }
        ],
    }
