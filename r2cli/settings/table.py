"""Everything that can be set, one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from r2cli.amounts import read_count, read_length, read_pad, read_score, read_share, read_span
from r2cli.cuts import CutMode
from r2cli.settings.places import DIRS

Device = Literal["auto", "cuda", "mps", "cpu"]
Precision = Literal["auto", "fp32", "bf16", "fp16"]
Snap = Literal["none", "shot"]
SamplingWay = Literal["exact", "auto", "keyframes"]
SWITCH = ("true", "false")
_CUTTING = ("find", "highlight", "cut")


@dataclass(frozen=True)
class Setting:
    """Something that can be set."""

    name: str
    """In files."""
    about: str
    default: str | Callable[[], str]
    """What applies where nobody set it; empty: what r2 finds on this machine, or what the model takes."""
    choices: tuple[str, ...] = ()
    """What it may be; empty: anything that can be read."""
    read: Callable[[str], object] | None = None
    """Reads a value, as the command line does; a `ValueError` says what is wrong with one. None: any text will do."""
    option: str = ""
    """The parameter of commands that it is the default of; empty: of none."""
    commands: tuple[str, ...] = ()
    """Whose parameter; empty: of all that have it."""
    instead_of: str = ""
    """The setting that says the same in another way: of both, the one that counts more is taken."""
    is_path: bool = False
    """In a file, a path that does not begin at the root begins where the file is."""
    is_bare: bool = False
    """Whether it may stand in a file without quotes, as numbers and switches do."""
    in_project: bool = True
    """Whether a project's file may set it: not where r2 would run, read or remove what its user did not mean."""

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"R2_{self.name.upper()}"

    @property
    def default_now(self) -> str:
        """The default, as it is on this machine."""
        return self.default if isinstance(self.default, str) else self.default()

    @property
    def example(self) -> str:
        """A value that it may have, as it is written into a file."""
        if self.is_bare:
            return self.choices[0] if self.choices else self.default_now or "0.4"
        return f'"{self.choices[-1] if self.choices else "..."}"'


def _number(
    name: str, about: str, default: str, read: Callable[[str], object], commands: tuple[str, ...] = (), option: str = ""
) -> Setting:
    return Setting(name, about, default, read=read, option=option or name, commands=commands, is_bare=True)


def _switch(name: str, about: str) -> Setting:
    return Setting(name, about, "false", SWITCH, option=name, is_bare=True)


def _folder(name: str, about: str, default: Callable[[], str]) -> Setting:
    return Setting(name, about, default, is_path=True, in_project=False)


def _models() -> str:
    from r2cli.settings.given import value_of

    return str(Path(value_of("data_dir")) / "models")


_ROWS = (
    Setting("model", "the model that commands take", "qvhighlights", option="model"),
    Setting("device", "where to compute", "auto", get_args(Device), option="device"),
    Setting("precision", "how finely to compute", "auto", get_args(Precision), option="precision"),
    Setting("sampling", "which pictures to look at", "auto", get_args(SamplingWay), option="sampling"),
    Setting("hwaccel", "what decodes videos instead of the processor", "none", option="hwaccel"),
    _number("top", "how many moments of each video are shown", "5", read_count),
    _number("min_score", "the least score of a moment, as 0.4; the model's own if not set", "", read_score),
    Setting("snap", "what ends of moments are moved to", "none", get_args(Snap), option="snap"),
    Setting("domain", "what kind of video highlights and summaries are of", "auto", option="domain"),
    _number("highlight_length", "how long a highlight is", "", read_length, ("highlight",), "length"),
    _number("summarize_length", "how long a summary is", "", read_length, ("summarize",), "length"),
    Setting(
        "summarize_ratio",
        "or how much of the video it is",
        "0.15",
        read=read_share,
        option="ratio",
        commands=("summarize",),
        instead_of="summarize_length",
        is_bare=True,
    ),
    Setting("clips", "where r2 cut puts clips", "", option="clips", commands=("cut",), is_path=True),
    Setting("clip_name", "what clips are called", "", option="name", commands=_CUTTING),
    Setting("cut", "how clips are cut", "exact", tuple(one.value for one in CutMode), option="mode"),
    _number("pad", "how much more is cut before and after a moment", "0", read_pad),
    _number("crossfade", "how long parts of a reel are faded", "0", read_span),
    _switch("distinct", "whether moments that show the same are left out"),
    _switch("no_saliency", "whether JSON leaves out the score of every clip"),
    Setting("color", "colour in tables", "auto", ("auto", "always", "never"), option="color"),
    _switch("quiet", "whether nothing is said but the answer and errors"),
    Setting("ffmpeg", "the ffmpeg program", "", in_project=False),
    Setting("player", "what plays moments", "", in_project=False),
    _folder("models_dir", "model files put there by hand", _models),
    _folder("cache_dir", "what can be computed or fetched again", lambda: str(DIRS.user_cache_path)),
    Setting("cache_limit", "how large the cache may become, as 20 GB; 0 keeps nothing", "20 GB", in_project=False),
    _folder("data_dir", "what r2 must not forget", lambda: str(DIRS.user_data_path)),
)
SETTINGS: dict[str, Setting] = {setting.name: setting for setting in _ROWS}
"""Everything that can be set; a new row is a new variable, a new key of the files and a new line of `r2 config`."""

FLAGS = tuple(setting.name for setting in SETTINGS.values() if setting.option)
"""Settings that are also options of commands."""
