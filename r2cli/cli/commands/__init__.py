"""The commands: one thin file for each, and the table of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A command: the function of its name in the file of its name."""

    name: str
    about: str
    """Its line in `r2 --help`, and the first one of its own; 60 columns at most."""
    under: tuple[Row, ...] = ()
    """What can follow it, for a group; in the same file."""
    needs_settings: bool = True
    """Whether broken settings stop it; not where it helps to mend them."""

    @property
    def function(self) -> str:
        """The function's name; some are Python's own."""
        return f"{self.name}_" if self.name in ("help", "list", "set") else self.name


COMMANDS: tuple[Row, ...] = (
    Row("find", "Find the moments of videos that match a sentence."),
    Row("highlight", "Find the best stretches of videos, about anything or not."),
    Row("summarize", "Tell a video in less time: its best shots, in one film."),
    Row("index", "Look at videos once, before anybody asks."),
    Row("shell", "Ask one query after the other."),
    Row("pick", "Review moments on a full screen: keep, correct, cut."),
    Row("cut", "Cut clips from saved findings, without searching again."),
    Row("play", "Play a moment of saved findings."),
    Row("export", "Write saved findings in other formats."),
    Row("demo", "Make a one-minute cartoon and find things in it."),
    Row("bench", "Measure how fast r2 is, with your video on your machine."),
    Row("eval", "Measure how good answers are, in the papers' own figures."),
    Row("features", "Let CLIP look at a data set's videos, ahead of a training."),
    Row("train", "Train a model on a data set, or tune one."),
    Row(
        "data",
        "List data sets, say what of one is there.",
        under=(Row("check", "Say what of a data set is there, and what is missing."),),
    ),
    Row(
        "config",
        "Show every setting, and where it comes from; change them.",
        under=(
            Row("show", "Show one setting, or all of them."),
            Row("set", "Set something once and for all, or for a project."),
            Row("unset", "Go back to the default."),
            Row("edit", "Open your file of settings in your editor."),
        ),
        needs_settings=False,
    ),
    Row("doctor", "Look at all that r2 needs, and say what to mend.", needs_settings=False),
    Row(
        "models",
        "List models, download, verify and remove them.",
        under=(
            Row("pull", "Download models, each with the CLIP that it needs."),
            Row("verify", "Read models from end to end and compare their sha256."),
            Row("path", "Print where a model is on this machine."),
            Row("remove", "Remove downloaded models from this machine."),
        ),
    ),
    Row(
        "cache",
        "Show what r2 keeps of the videos it has seen, make room.",
        under=(
            Row("info", "Where the cache is, how large it is and may become."),
            Row("list", "Every video in the cache, what was used last first."),
            Row("prune", "Remove what was not used for longest."),
            Row("clear", "Remove everything from the cache."),
        ),
    ),
    Row("help", "Show the help of r2, or of a command.", needs_settings=False),
    Row("completion", "Print what lets your shell complete r2's commands.", needs_settings=False),
)
"""Every command, in the order of `r2 --help`. A new one is a file here and a row."""
