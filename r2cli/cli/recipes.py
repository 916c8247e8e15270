"""Options of the commands that follow a recipe: which one, what of it is changed, and where its data set is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RecipeArgument = Annotated[
    str,
    typer.Argument(
        metavar="DATASET|FILE.toml", help="A recipe by name, as 'custom', or in a file.", show_default=False
    ),
]
ChangesOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe, as schedule.epochs=3; may be repeated."),
]
DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Where the data set is. Default: data/DATASET.")
]
