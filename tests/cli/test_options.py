"""Groups of options, spread into a command's signature and put together again."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Annotated, ClassVar

import pytest
import typer

from r2cli.cli.options import spread


@dataclass(frozen=True)
class Soup:
    """A group."""

    SECTION: ClassVar[str] = "Soup"

    salt: Annotated[int, typer.Option("--salt", help="Grams.")] = 3
    hot: Annotated[bool, typer.Option("--hot")] = False


@dataclass(frozen=True)
class Stew(Soup):
    """The same group, and one more."""

    meat: Annotated[str | None, typer.Option("--meat")] = None


def cook(name: Annotated[str, typer.Argument()], spoons: int = 1, *, stew: Stew) -> int:
    """Cook."""
    typer.echo(f"{name} {spoons} {stew}")
    return 0


def test_each_field_is_an_option_in_the_section_of_its_group():
    parameters = inspect.signature(spread(cook)).parameters
    assert list(parameters) == ["name", "spoons", "salt", "hot", "meat"]
    assert [parameters[name].default for name in ("salt", "hot", "meat")] == [3, False, None]
    kind, option = parameters["salt"].annotation.__origin__, parameters["salt"].annotation.__metadata__[0]
    assert (kind, option.default, option.help, option.rich_help_panel) == (int, "--salt", "Grams.", "Soup")
    assert spread(cook).__doc__ == "Cook."


def test_the_options_of_other_groups_stay_as_they_are():
    option = inspect.signature(spread(cook)).parameters["salt"].annotation.__metadata__[0]
    assert Soup.__annotations__["salt"] is not option
    assert "rich_help_panel='Soup'" not in str(Soup.__annotations__["salt"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pot"], "pot 1 Stew(salt=3, hot=False, meat=None)"),
        (
            ["pot", "--hot", "--salt", "5", "--meat", "beef", "--spoons", "2"],
            "pot 2 Stew(salt=5, hot=True, meat='beef')",
        ),
    ],
)
def test_typer_gives_the_command_its_group(capsys, words, said):
    app = typer.Typer(add_completion=False)
    app.command()(spread(cook))
    assert app(words, standalone_mode=False) == 0
    assert capsys.readouterr().out.strip() == said


def test_a_command_without_groups_is_the_same_command():
    def plain(salt: int = 1) -> int:
        return salt

    assert spread(plain)(salt=4) == 4
    assert list(inspect.signature(spread(plain)).parameters) == ["salt"]
