"""Queries that combine: all of their sentences are asked in one pass over the video, then they are put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from r2cli.algebra.counting import count
from r2cli.algebra.expression import Expression, texts_of
from r2cli.algebra.grammar import parse
from r2cli.algebra.meaning import Meaning, World, mean, told
from r2cli.algebra.values import Value, curve_at, distinct, make_value
from r2cli.algebra.writing import written
from r2cli.errors import ArgumentError, option
from r2cli.findings import Findings, Moment, Part, Saliency
from r2cli.tasks.ask import query_notes, require_query

if TYPE_CHECKING:
    from r2cli.checkpoints.load import LoadedModel

Question = str | Expression
"""A sentence, which is asked as it is, or an expression over several."""
Ask = Callable[[Sequence[str]], Sequence[Findings]]
"""Answers sentences about one video, all of them in one pass."""
_MIDDLE = 0.5
"""The level of models that show everything, however low its score."""
_LEAST_LEVEL = 0.01


def read_expression(text: str, name: str) -> Expression:
    """Read an expression whose sentences can be asked.

    Args:
        text: As it was typed.
        name: What to call it in messages.

    Raises:
        CommandLineError: It is none, or one of its sentences is too long.
    """
    expression = parse(text, name)
    for sentence in texts_of(expression):
        require_query(sentence)
    return expression


def require_question(query: str | None, expr: str | None) -> Question:
    """The one of the two that was given.

    Raises:
        ArgumentError: Neither was, or both.
        CommandLineError: The expression is none.
    """
    if (query is None) == (expr is None):
        raise ArgumentError(
            "there is no query" if query is None else "both a query and an expression",
            """give one: "a dog jumps", or expr='"a dog" and not "people"'""",
        )
    return require_query(query) if query is not None else read_expression(expr or "", option("expr"))


def answer_questions(questions: Sequence[Question], model: LoadedModel, ask: Ask) -> list[Findings]:
    """Answer sentences and expressions about one video.

    Args:
        questions: What to look for.
        model: Who answers.
        ask: How; it is called once, with every sentence once.

    Returns:
        For each question every moment, however low its score.
    """
    sentences = tuple(dict.fromkeys(one for question in questions for one in sentences_of(question)))
    found = dict(zip(sentences, ask(sentences), strict=True))
    return [found[one] if isinstance(one, str) else _combine(one, found, model) for one in questions]


def sentences_of(question: Question) -> tuple[str, ...]:
    """What is asked of the model."""
    return (question,) if isinstance(question, str) else texts_of(question)


def question_notes(questions: Sequence[Question], model: LoadedModel) -> tuple[str, ...]:
    """What a user should know about how a model reads them, each note once."""
    sentences = (one for question in questions for one in sentences_of(question))
    return tuple(dict.fromkeys(note for one in sentences for note in query_notes(one, model)))


def with_count(found: Findings, model: LoadedModel) -> Findings:
    """The same, with the number of its occurrences.

    Args:
        found: With all moments, before any are left out.
        model: Whose they are.
    """
    return replace(found, count=count(distinct(_value_of(found))[:, 2], *scale_of(model)))


def scale_of(model: LoadedModel) -> tuple[float, float]:
    """What makes chances of a model's scores: what was measured, or else the level at which either is as likely."""
    return model.checkpoint.presence or (1.0, -_log_odds(level_of(model)))


def level_of(model: LoadedModel) -> float:
    """The score at which something may as well be there as not: the least one that a model shows by itself."""
    return min(max(model.checkpoint.min_score or _MIDDLE, _LEAST_LEVEL), 1 - _LEAST_LEVEL)


def _log_odds(score: float) -> float:
    return float(np.log(score / (1 - score)))


def _combine(expression: Expression, found: Mapping[str, Findings], model: LoadedModel) -> Findings:
    one = found[texts_of(expression)[0]]
    world = World(one.video.duration, level_of(model), 1 / one.sampling.clips_per_second)
    whole = mean(expression, {text: _value_of(found[text]) for text in texts_of(expression)}, world)
    answer = told(whole, world)
    times = np.array([clip.time for clip in one.saliency])
    return replace(
        one,
        query=written(expression),
        moments=_moments(answer),
        saliency=tuple(map(Saliency, times.tolist(), curve_at(answer, times).tolist())),
        tree=replace(_part(whole), moments=_moments(answer)),
    )


def _part(meaning: Meaning) -> Part:
    return Part(meaning.expression, _moments(distinct(meaning.value)), tuple(map(_part, meaning.parts)))


def _value_of(found: Findings) -> Value:
    return make_value([(one.start, one.end, one.score) for one in found.moments])


def _moments(value: Value) -> tuple[Moment, ...]:
    return tuple(Moment(*row) for row in value.tolist())
