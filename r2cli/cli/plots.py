"""Trainings and evaluations as pictures: curves of a run, bars of figures. Drawn by matplotlib, an extra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r2cli.errors import CommandLineError
from r2cli.present.figures import SHOWN, short_name
from r2cli.writing import beside, require_free

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")
Columns = Mapping[str, Sequence[float]]
"""A table by its columns; `step` is one of them."""
_OF_NO_LOSS = ("step", "rate", "norm", "loss")
_SMOOTH = 0.02
"""Share of a run over which a curve is evened out."""


def require_plot(target: Path, *, force: bool) -> None:
    """See that a picture can be drawn there, before any work is done.

    Raises:
        CommandLineError: The suffix is none of `SUFFIXES`, the name is taken, or matplotlib is not installed.
    """
    if target.suffix.lower() not in SUFFIXES:
        raise CommandLineError(f"--plot {target}: it cannot be drawn as that", f"end it in {', '.join(SUFFIXES)}")
    require_free(target, force=force)
    if find_spec("matplotlib") is None:
        raise CommandLineError("--plot needs a library that is not installed", "type: pip install 'r2cli[plot]'")


def plot_training(target: Path, title: str, steps: Columns, validation: Columns, *, force: bool) -> None:
    """Draw how a run went.

    Args:
        target: The picture; ends in one of `SUFFIXES`.
        title: Above it.
        steps: What each step lost, by name.
        validation: The model's figures on the way, in percent; the first decides. Empty: nobody asked.
        force: Whether the file may be overwritten.

    Raises:
        CommandLineError: Nothing can be written there.
    """
    figure, axes = _panels(2 if validation else 1)
    losses = axes[0]
    for name, values in steps.items():
        if name not in _OF_NO_LOSS:
            losses.plot(
                steps["step"], values, linewidth=0.5, alpha=0.25, color=(line := losses.plot([], [])[0]).get_color()
            )
            line.set_data(steps["step"], _evened(values))
            line.set_label(name)
    losses.relim()
    losses.autoscale_view()
    _finish(losses, title, "step", "loss, weighted")
    if validation:
        _draw_validation(axes[1], validation)
    _write(figure, target, force=force)


def _draw_validation(axes: Axes, validation: Columns) -> None:
    names = [name for name in validation if name != "step"]
    for name in names:
        axes.plot(validation["step"], validation[name], marker="o", markersize=3, label=short_name(name))
    decides = validation[names[0]]
    best = max(range(len(decides)), key=decides.__getitem__)
    axes.axvline(validation["step"][best], color="0.5", linestyle=":", label="kept")
    axes.set_ylim(0, 100)
    _finish(axes, "", "step", "percent of the validation split")


def _evened(values: Sequence[float]) -> list[float]:
    """The mean of what came just before, so that the end of a curve is not of the future."""
    share = 1 / max(1.0, _SMOOTH * len(values))
    evened: list[float] = []
    for value in values:
        evened.append(value if not evened else evened[-1] + share * (value - evened[-1]))
    return evened


def plot_figures(
    target: Path,
    title: str,
    rows: Sequence[tuple[str, Mapping[str, float], Mapping[str, tuple[float, float]]]],
    *,
    force: bool,
) -> None:
    """Draw the figures of an evaluation: for each that people compare, a bar for everybody who answered.

    Args:
        target: As for `plot_training`.
        title: As for `plot_training`.
        rows: Whose, the figures in percent, and where 95 of 100 such figures lie.
        force: As for `plot_training`.

    Raises:
        CommandLineError: Nothing can be written there.
    """
    names = [name for name in SHOWN if any(name in figures for _, figures, _ in rows)]
    figure, (axes,) = _panels(1)
    width = 0.8 / max(1, len(rows))
    for number, (who, figures, spread) in enumerate(rows):
        there = [place for place, name in enumerate(names) if name in figures]
        places = [place + (number - (len(rows) - 1) / 2) * width for place in there]
        values = [figures[names[place]] for place in there]
        ends = [spread.get(names[place], (value, value)) for place, value in zip(there, values, strict=True)]
        reach = [
            [max(0.0, value - low) for value, (low, _) in zip(values, ends, strict=True)],
            [max(0.0, high - value) for value, (_, high) in zip(values, ends, strict=True)],
        ]
        axes.bar(places, values, width, yerr=reach if spread else None, capsize=2, label=_plain(who))
    axes.set_xticks(range(len(names)), [short_name(name) for name in names])
    _finish(axes, title, "", "percent")
    _write(figure, target, force=force)


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4 * count), layout="constrained")
    return figure, list(figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0])


def _finish(axes: Axes, title: str, across: str, up: str) -> None:
    axes.set_title(_plain(title), loc="left")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)


def _plain(text: str) -> str:
    """Without what matplotlib takes for formulas, and on one line."""
    return " ".join(text.replace("$", r"\$").split()) if text.isprintable() else repr(text).replace("$", r"\$")


def _write(figure: Figure, target: Path, *, force: bool) -> None:
    kind = target.suffix.lower().removeprefix(".")
    undated: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[kind]
    with beside(target, force=force) as fresh:
        figure.savefig(fresh, format=kind, dpi=150, metadata=undated)
