"""What a training does, in a file: a data set, a model's shape, how fast, for how long, and what counts.

The released checkpoints' own recipes are in `recipes/`, one TOML file each.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from r2cli.errors import CommandLineError, UnreadableInputError
from r2cli.models.r2 import R2Config
from r2cli.training.losses import LossWeights

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover - the same library, from before it was Python's own
    import tomli as tomllib

FOLDER = Path(__file__).parent / "recipes"
"""Of the recipes that r2 knows by name."""
T = TypeVar("T")
_NOT_OF_THE_MODEL = ("clip", "scale", "class_bias")
"""Fields of `ModelRecipe` that are none of `R2Config`."""


@dataclass(frozen=True)
class ModelRecipe:
    """The shape of the R² model, and what it reads."""

    clip: str = "clip-vit-b-32"
    """A CLIP of the table, or a checkpoint's name or file, whose CLIP it is."""
    dims: int = 256
    heads: int = 8
    layers: int = 4
    strides: tuple[int, ...] = (1, 2, 4, 8)
    tef: bool = True
    boundaries: bool = True
    merge: bool = True
    dropout: float = 0.5
    drop_path: float = 0.1
    ignore_padding: bool = False
    """All of these as in `R2Config`."""
    scale: float = 0.0
    """With which share what patches say is heard at first; the paper's is none."""
    class_bias: float = 0.0
    """Of the class head at first; below 0: few points are positive."""

    def config(self, vision_width: int, query_width: int) -> R2Config:
        """The same for a CLIP whose tokens are so wide.

        Raises:
            ValueError: The numbers do not fit each other.
        """
        own = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in _NOT_OF_THE_MODEL}
        return R2Config(vision_width=vision_width, query_width=query_width, **own)


@dataclass(frozen=True)
class DataRecipe:
    """How samples become batches."""

    clips_per_second: float = 0.5
    rated: bool = False
    """Instead, as many clips as the set rates, evenly over the video."""
    batch: int = 32
    """Queries."""
    repeat: int = 1
    """How often an epoch visits every query."""
    shortest: float = 0.0
    """Seconds; shorter videos are left out."""
    videos: int | None = None
    """Only the first so many; None: all."""


@dataclass(frozen=True)
class ScheduleRecipe:
    """How fast, and for how long."""

    epochs: int = 30
    rate: float = 5e-4
    warmup: int = 500
    """Steps."""
    drops: tuple[int, ...] = ()
    """Epochs from which the rate is a tenth of what it was."""
    optimizer: Literal["adamw", "muon"] = "adamw"
    """muon: it moves the matrices, at four times the rate, and AdamW the rest; along half a cosine, without drops."""
    weight_decay: float = 1e-4
    max_norm: float = 35.0
    """Longer gradients are shortened to this L2 norm."""


@dataclass(frozen=True)
class AnswerRecipe:
    """How the checkpoint is used when it is done; see `Checkpoint`."""

    window: float = 150.0
    unit: float | None = None
    suppression: Literal["normal", "linear", "none"] = "normal"
    min_score: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training does, but where its data lie."""

    dataset: str
    split: str = "train"
    test: str = "val"
    """On which part of the set to evaluate."""
    about: str = ""
    """In one sentence, for the card."""
    seed: int = 0
    model: ModelRecipe = field(default_factory=ModelRecipe)
    data: DataRecipe = field(default_factory=DataRecipe)
    schedule: ScheduleRecipe = field(default_factory=ScheduleRecipe)
    loss: LossWeights = field(default_factory=LossWeights)
    answer: AnswerRecipe = field(default_factory=AnswerRecipe)

    def __post_init__(self) -> None:
        """See that the numbers make sense.

        Raises:
            CommandLineError: One of them does not.
        """
        least = {f"data.{name}": getattr(self.data, name) for name in ("batch", "repeat")}
        least |= {f"model.{name}": getattr(self.model, name) for name in ("dims", "heads", "layers")}
        above = {"data.clips_per_second": self.data.clips_per_second, "answer.window": self.answer.window}
        above |= {"schedule.rate": self.schedule.rate, "schedule.max_norm": self.schedule.max_norm}
        for name, value in least.items():
            if value < 1:
                raise CommandLineError(f"{name} must be 1 or more, not {value}")
        for name, number in above.items():
            if number is not None and number <= 0:
                raise CommandLineError(f"{name} must be above 0, not {number:g}")
        if self.schedule.epochs < 0 or self.schedule.warmup < 0:
            raise CommandLineError("schedule.epochs and schedule.warmup cannot be below 0")
        if not (0 <= self.model.dropout < 1 and 0 <= self.model.drop_path < 1):
            raise CommandLineError("model.dropout and model.drop_path must be from 0 up to below 1")
        try:
            self.model.config(vision_width=1, query_width=1)
        except ValueError as error:
            raise CommandLineError(f"the model cannot be built: {error}") from error

    def facts(self) -> dict[str, Any]:
        """All of it, for a card."""
        return asdict(self)


def recipe_names() -> list[str]:
    """The recipes that r2 knows by name."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read_recipe(name_or_file: str, changes: Iterable[str] = ()) -> Recipe:
    """A recipe of r2's own, or of a file.

    Args:
        name_or_file: One of `recipe_names`, or a `.toml` file.
        changes: `key=value` each, as `schedule.epochs=3`.

    Raises:
        CommandLineError: There is no such recipe, or a change makes no sense.
        UnreadableInputError: The file cannot be read, or something in it makes no sense.
    """
    if not name_or_file:
        raise CommandLineError("no recipe", f"name one of: {', '.join(recipe_names())}; or a .toml file")
    is_file = name_or_file.endswith(".toml")
    path = Path(name_or_file) if is_file else FOLDER / f"{name_or_file}.toml"
    if not is_file and name_or_file not in recipe_names():
        near = get_close_matches(name_or_file, recipe_names(), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise CommandLineError(f"no recipe named {name_or_file!r}", f"{hint}There are: {', '.join(recipe_names())}")
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except OSError as error:
        raise UnreadableInputError(f"cannot read {path} ({(error.strerror or str(error)).lower()})") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise UnreadableInputError(f"{path} is no TOML ({error})", "mend it") from error
    _build(Recipe, table, str(path))  # what is wrong with the file is said of the file
    for change in changes:
        _put(table, *_parse(change))
    return _build(Recipe, table, "--set")


def _parse(change: str) -> tuple[list[str], Any]:
    key, is_one, text = change.partition("=")
    if not is_one or not key.strip():
        raise CommandLineError(f"--set {change}: expected key=value", "as in: --set schedule.epochs=3")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except ValueError:
        value = text.strip()  # a text may come without its quotes
    return key.strip().split("."), value


def _put(table: dict[str, Any], key: list[str], value: object) -> None:
    for part in key[:-1]:
        inner = table.setdefault(part, {})
        if not isinstance(inner, dict):
            raise CommandLineError(f"--set {'.'.join(key)}: {part} has no parts")
        table = inner
    table[key[-1]] = value


def _build(kind: type[T], table: Mapping[str, Any], place: str, prefix: str = "") -> T:
    """A dataclass from a table of TOML; nothing in it may be unknown or of another type."""
    hints = get_type_hints(kind)
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    given: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{prefix}{key}"
        if key not in known:
            near = get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"there are: {', '.join(sorted(known))}"
            raise CommandLineError(f"{place}: {name} means nothing here", hint)
        given[key] = _value(hints[key], value, place, name)
    if kind is Recipe and "dataset" not in given:
        raise CommandLineError(f"{place}: dataset is missing", 'name one, as in: dataset = "custom"')
    return kind(**given)


def _value(kind: Any, value: Any, place: str, name: str) -> Any:  # noqa: ANN401 - TOML may hold anything
    if is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, Mapping):
            raise CommandLineError(f"{place}: {name} must be a table")
        return _build(kind, value, place, f"{name}.")
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise CommandLineError(f"{place}: {name} must be one of {', '.join(get_args(kind))}, not {value!r}")
        return value
    if get_origin(kind) is tuple:
        if not isinstance(value, list) or not all(_is_a(int, item) for item in value):
            raise CommandLineError(f"{place}: {name} must be a list of whole numbers, not {value!r}")
        return tuple(value)
    wanted = next(one for one in (get_args(kind) or (kind,)) if one is not type(None))
    if not _is_a(wanted, value):
        words = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
        raise CommandLineError(f"{place}: {name} must be {words[wanted]}, not {value!r}")
    return float(value) if wanted is float else value


def _is_a(kind: type, value: object) -> bool:
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)
