"""The shipped checkpoint is a trained one: far above what chance or an untrained model reaches."""

from r2cli.datasets.sprites.art import packaged_sprites
from r2cli.datasets.sprites.script import HELD_OUT_STYLE
from r2cli.evaluation.sprites import answer_films, evaluate, grounding_row, presence
from r2cli.tasks.load import load


def test_the_shipped_checkpoint_grounds_films_it_has_never_seen():
    model = load("sprites")
    answers = answer_films(model, packaged_sprites(), (HELD_OUT_STYLE,), range(9000, 9006), lambda line: None)
    things, deeds = (grounding_row(kind, answers, 0.5) for kind in ("thing", "deed"))
    assert things.queries >= 10
    assert deeds.queries >= 10
    assert things.recall_50 > 0.6
    assert deeds.recall_50 > 0.4
    assert presence(answers, model.checkpoint.min_score).auroc > 0.8


def test_the_documented_run_counts_every_kind():
    result = evaluate("sprites", films=1, calibration=1, art=None)
    assert [row.kind for row in result.grounding] == ["thing", "deed"]
    assert 0 <= result.presence.answered_absent <= 1
