"""`--device`: what it accepts, and what it says when it cannot."""

from __future__ import annotations

import pytest
import torch

from r2cli.backbones.devices import choose_device
from r2cli.errors import CommandLineError


@pytest.fixture
def machine(monkeypatch):
    def pretend(*, cuda: bool, mps: bool) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return pretend


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_auto_takes_the_fastest_there_is(machine, cuda, mps, expected):
    machine(cuda=cuda, mps=mps)

    assert choose_device("auto").type == expected


def test_cpu_is_always_there(machine):
    machine(cuda=True, mps=True)

    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_a_wrong_command_line(machine, name):
    machine(cuda=False, mps=False)

    with pytest.raises(CommandLineError, match=name.upper()) as caught:
        choose_device(name)
    assert caught.value.exit_code == 2
    assert "--device auto" in caught.value.hint


def test_an_unknown_word_lists_the_known_ones():
    with pytest.raises(CommandLineError, match=r"'gpu'.*auto, cuda, mps, cpu"):
        choose_device("gpu")
