"""Points in a plane whose two axes are logarithmic, drawn with characters: what grows evenly is a straight line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

COLUMNS, ROWS = 64, 16

Points = Sequence[tuple[float, float]]


def plot(series: Mapping[str, Points], *, across: Mapping[float, str], upward: Mapping[float, str]) -> str:
    """Draw several series of points.

    Args:
        series: Points by the character that stands for them; the last one drawn hides those below it.
        across: What is written at which value of the horizontal axis; the first and the last are its ends.
        upward: The same for the vertical one.
    """
    grid = [[" "] * (COLUMNS + 1) for _ in range(ROWS + 1)]
    for character, points in series.items():
        for x, y in points:
            grid[_place(y, upward, ROWS)][_place(x, across, COLUMNS)] = character
    width = max(map(len, upward.values()))
    labels = {_place(value, upward, ROWS): label for value, label in upward.items()}
    lines = [
        f"{labels.get(row, ''):>{width}} {'┤' if row in labels else '│'}{''.join(grid[row]).rstrip()}"
        for row in reversed(range(ROWS + 1))
    ]
    ticks = {_place(value, across, COLUMNS) for value in across}
    axis = "".join("┬" if column in ticks else "─" for column in range(COLUMNS + 1))
    names = [" "] * (COLUMNS + 12)
    for value, label in across.items():
        begin = max(0, _place(value, across, COLUMNS) - len(label) // 2)
        names[begin : begin + len(label)] = label
    return "\n".join([*lines, f"{'':{width}} └{axis}", f"{'':{width}}  {''.join(names).rstrip()}"])


def _place(value: float, axis: Mapping[float, str], length: int) -> int:
    low, *_, high = axis
    share = math.log(value / low) / math.log(high / low)
    return round(min(max(share, 0.0), 1.0) * length)
