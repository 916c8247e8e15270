"""What arguments of the Python API may be: one row for each, whichever function it is of."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import ParamSpec, TypeVar, get_args

from r2cli.cuts import CutMode
from r2cli.errors import ArgumentError, option, shortened
from r2cli.findings import Findings
from r2cli.settings import SETTINGS, Snap

P = ParamSpec("P")
R = TypeVar("R")

_LONGEST_SHOWN = 60
"""Characters of a value that a message repeats."""


@dataclass(frozen=True)
class _Argument:
    """One argument: which values make sense, and what to give instead of one that does not."""

    makes_sense: Callable[[object], bool]
    expected: str


def _is_path(value: object) -> bool:
    return isinstance(value, (str, os.PathLike)) and isinstance(os.fspath(value), str) and bool(os.fspath(value))


def _is_sentence(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_sentences(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(map(_is_sentence, value))


def _is_model(value: object) -> bool:
    from r2cli.checkpoints.load import LoadedModel

    return _is_path(value) or isinstance(value, LoadedModel)


def _is_answer(value: object) -> bool:
    several = value if isinstance(value, (list, tuple)) else [value]
    return all(isinstance(one, Findings) for one in several)


def _is_count(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, Integral) and int(value) >= 1


def _is_between(value: object, least: float, most: float) -> bool:
    """Whether a value is a number, and no `nan`, in a range."""
    return not isinstance(value, bool) and isinstance(value, Real) and least <= float(value) <= most


def _is_pad(value: object) -> bool:
    sides = value if isinstance(value, tuple) else (value, value)
    return len(sides) == 2 and all(_is_between(side, 0, _LARGEST) for side in sides)


def _one_of(*choices: str) -> _Argument:
    return _Argument(lambda value: isinstance(value, str) and value in choices, f"one of {', '.join(choices)}")


def _or_none(row: _Argument, meaning: str) -> _Argument:
    return _Argument(lambda value: value is None or row.makes_sense(value), f"{row.expected}; or None: {meaning}")


_SMALLEST, _LARGEST = 1e-9, 1e12
_PATH = _Argument(_is_path, "the path of a file")
_SENTENCE = _Argument(_is_sentence, 'what to look for, as "a dog jumps"')
_CALLABLE = _Argument(callable, "a function")
_SWITCH = _Argument(lambda value: isinstance(value, bool), "True or False")
_SECONDS = _Argument(lambda value: _is_between(value, _SMALLEST, _LARGEST), "seconds, as 10")

_ARGUMENTS: dict[str, _Argument] = {
    "video": _Argument(_is_path, "the path of one video"),
    "out": _or_none(_PATH, "none"),
    "path": _PATH,
    "folder": _Argument(_is_path, "the path of a folder"),
    "findings": _Argument(_is_answer, "what find, highlight or summarize returned, or a list of that"),
    "format": _or_none(_Argument(_is_sentence, "a format's name, or a template"), "what the suffix stands for"),
    "query": _SENTENCE,
    "expr": _Argument(_is_sentence, """an expression, as '"a dog" and not "people"'"""),
    "count": _SWITCH,
    "queries": _Argument(_is_sentences, 'a list of sentences, as ["a dog jumps"]'),
    "about": _or_none(_SENTENCE, "whatever stands out"),
    "model": _Argument(_is_model, "a model's name, the path of one, or what load returned"),
    "domain": _Argument(_is_sentence, "auto, none, or a highlight model's name"),
    "top": _or_none(_Argument(_is_count, "a whole number from 1"), "all"),
    "min_score": _or_none(_Argument(lambda value: _is_between(value, 0, 1), "a number from 0 to 1"), "the model's own"),
    "length": _or_none(_SECONDS, "as long as it comes"),
    "ratio": _or_none(_Argument(lambda value: _is_between(value, _SMALLEST, 1), "a share, as 0.15"), "the usual one"),
    "device": _one_of(*SETTINGS["device"].choices),
    "precision": _one_of(*SETTINGS["precision"].choices),
    "sampling": _one_of(*SETTINGS["sampling"].choices),
    "snap": _one_of(*get_args(Snap)),
    "cut": _one_of(*(mode.value for mode in CutMode)),
    "pad": _Argument(_is_pad, "seconds, as 1.5, or a pair of them, as (1, 0.5)"),
    "cache": _SWITCH,
    "force": _SWITCH,
    "progress": _SWITCH,
    "for_moments": _SWITCH,
    "on_note": _or_none(_CALLABLE, "the log of that name, r2cli"),
    "on_progress": _or_none(_CALLABLE, "nobody is told"),
}
"""Every argument by its name, which means the same in every function."""


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Have a function refuse arguments that make no sense, before it does anything.

    The function then raises an `ArgumentError` that names the argument.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            row = _ARGUMENTS.get(name)
            if row is not None and not row.makes_sense(value):
                shown = shortened(repr(value), _LONGEST_SHOWN)
                raise ArgumentError(f"{option(name)} makes no sense: {shown}", f"expected {row.expected}")
        return function(*args, **kwargs)

    return call
