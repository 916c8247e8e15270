"""Recipes: those of the released checkpoints, to the last number, and what becomes of a mistake in one."""

from __future__ import annotations

import pytest

from r2cli.checkpoints.registry import CHECKPOINTS
from r2cli.datasets.table import DATASETS
from r2cli.errors import CommandLineError, UnreadableInputError
from r2cli.models.r2 import R2Config
from r2cli.training.recipe import Recipe, read_recipe, recipe_names
from r2cli.training.train import make_schedule
from tests.golden.recipes import read_json

AUTHORS = read_json("configs.json")


@pytest.mark.parametrize("name", AUTHORS)
def test_the_authors_numbers(name):
    recipe, entry = read_recipe(name), AUTHORS[name]
    model, data, pace = recipe.model, recipe.data, recipe.schedule
    assert (model.clip, model.dims, list(model.strides)) == ("clip-vit-b-32", entry["dims"], entry["strides"])
    assert (model.layers, model.heads, model.dropout) == (entry["k"], entry["heads"], entry["dropout"])
    assert (model.tef, model.drop_path) == (entry["tef"], entry["droppath"])
    assert (model.boundaries, model.merge) == (entry["coord_head"], entry["merge"])
    assert (model.scale, model.class_bias, model.ignore_padding) == (0, 0, False)
    assert (R2Config.max_moments, R2Config.ffn_ratio) == (entry["max_num_moment"], entry["ratio"])
    assert (data.batch, data.repeat, data.shortest) == (entry["batch"], entry["times"], entry["min_video_len"] or 0)
    assert pace.optimizer == "adamw"
    assert (pace.rate, pace.weight_decay) == (entry["optimizer"]["lr"], entry["optimizer"]["weight_decay"])
    assert (pace.epochs, list(pace.drops), pace.max_norm) == (entry["epochs"], entry["drops"], entry["max_norm"])
    assert make_schedule(pace, 7).first == entry["warmup"]["ratio"]
    assert pace.warmup == entry["warmup"]["steps"]
    weights = {key: value for key, value in vars(recipe.loss).items() if model.boundaries or key != "reg"}
    assert weights == entry["loss"]
    if entry["fps"]:
        assert data.clips_per_second == entry["fps"]
    if entry["domain"]:
        assert recipe.split.split("-")[0] == entry["domain"][:3].lower()


@pytest.mark.parametrize("name", AUTHORS)
def test_a_checkpoint_is_used_as_its_recipe_says(name):
    recipe, row = read_recipe(name), CHECKPOINTS[name]
    answer = recipe.answer
    assert row.clips_per_second == recipe.data.clips_per_second
    assert (row.window, row.unit) == (answer.window, answer.unit)
    assert (row.suppression or "none") == answer.suppression
    assert row.backbone.name == recipe.model.clip


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_for_a_set_of_the_table(name):
    recipe = read_recipe(name)
    assert {recipe.split, recipe.test} <= set(DATASETS[recipe.dataset].splits)
    assert recipe.about


def test_all_twenty_are_there():
    assert len(AUTHORS) == 20
    assert set(AUTHORS) <= set(recipe_names())


def test_changes():
    changes = ["schedule.epochs=3", "data.batch = 4", "model.strides=[1, 2]", "model.clip=sprites", "seed=7"]
    recipe = read_recipe("charades", changes)
    assert (recipe.schedule.epochs, recipe.data.batch, recipe.model.strides) == (3, 4, (1, 2))
    assert (recipe.model.clip, recipe.seed) == ("sprites", 7)
    assert recipe.schedule.rate == 2.5e-4


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("schedule.epoch=3", "schedule.epoch means nothing here - did you mean schedule.epochs?"),
        ("epochs=3", "epochs means nothing here"),
        ("schedule.epochs=3.5", "schedule.epochs must be a whole number, not 3.5"),
        ("schedule.epochs=true", "schedule.epochs must be a whole number, not True"),
        ("model.tef=1", "model.tef must be true or false, not 1"),
        ("model.strides=[1, 2.5]", "model.strides must be a list of whole numbers"),
        ("schedule.optimizer=sgd", "schedule.optimizer must be one of adamw, muon, not 'sgd'"),
        ("dataset=3", "dataset must be a text, not 3"),
        ("dataset.x=3", "dataset has no parts"),
        ("data=3", "data must be a table"),
        ("data.batch=0", "data.batch must be 1 or more, not 0"),
        ("schedule.rate=-1", "schedule.rate must be above 0, not -1"),
        ("nonsense", "expected key=value"),
    ],
)
def test_a_change_that_makes_no_sense(change, told):
    with pytest.raises(CommandLineError) as caught:
        read_recipe("charades", [change])
    assert told in str(caught.value)


def test_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('dataset = "custom"\n[schedule]\nepochs = 2\n')
    assert read_recipe(str(path)) == Recipe("custom", schedule=Recipe("x").schedule.__class__(epochs=2))
    for text, told in (
        ("[schedule]\nepochs = 2\n", "dataset is missing"),
        ('dataset = "custom"\n[shedule]\n', "shedule means nothing here - did you mean schedule?"),
    ):
        path.write_text(text)
        with pytest.raises(CommandLineError) as caught:
            read_recipe(str(path))
        assert str(path) in str(caught.value)
        assert told in str(caught.value)
    path.write_text("= 3")
    with pytest.raises(UnreadableInputError, match="is no TOML"):
        read_recipe(str(path))
    with pytest.raises(UnreadableInputError, match="cannot read"):
        read_recipe(str(tmp_path / "other.toml"))
    with pytest.raises(CommandLineError, match="did you mean 'charades'"):
        read_recipe("charade")
    with pytest.raises(CommandLineError, match="no recipe named"):
        read_recipe("../custom")
