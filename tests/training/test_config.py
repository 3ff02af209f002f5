"""Configurations: overridden by dotted names, refused with all problems at once."""

import pytest

from situate.config import with_overrides
from situate.errors import ConfigError
from situate.recipes import debug, recipe_named
from situate.training.config import read_config


def test_fields_are_overridden_by_dotted_names():
    found = with_overrides(debug(), ["optim.learning_rate=0.5", "batch_size=7", "model.window_channels=[8, 16]"])
    assert found.optim.learning_rate == 0.5
    assert found.batch_size == 7
    assert found.model.window_channels == (8, 16)
    assert debug().batch_size == 4


def test_classes_are_not_balanced_unless_asked_for():
    assert debug().class_balance == 0
    assert with_overrides(debug(), ["class_balance=0.5"]).class_balance == 0.5


def test_all_problems_are_named_at_once():
    with pytest.raises(ConfigError) as caught:
        with_overrides(debug(), ["batch_size=many", "optim.learning_rate=fast", "sample.conditioning=magic"])
    message = str(caught.value)
    assert all(name in message for name in ("batch_size", "optim.learning_rate", "sample.conditioning"))


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("batch_size", "not of the form name=value"),  # forgot the value
        ("speed=3", "no field 'speed'"),  # no such field
        ("optim.speed=3", "no field 'optim.speed'"),  # no such field one level down
        ("batch_size.x=3", "no field 'batch_size.x'"),  # a value has no fields
        ("batch_size=0", "batch_size: .*greater than or equal to 1"),  # out of range
        ("num_steps=0", "num_steps"),
        ("max_validation=0", "max_validation"),
        ("checkpoint_steps=0", "checkpoint_steps"),
        ("sheet_steps=0", "sheet_steps"),
        ("converge.every_steps=0", "converge.every_steps"),
        ("validation_fraction=1", "validation_fraction"),
        ("class_balance=1.5", "class_balance: .*less than or equal to 1"),
        ("class_balance=-0.1", "class_balance: .*greater than or equal to 0"),
        ("class_balance=NaN", "class_balance"),  # json reads it, and no bound holds for it
        ("model.token_width=30", "token_width is 30; it must be a multiple of 4"),  # sines and cosines in x and y
        ("model.window_channels=[16, 16, 16, 16, 16, 32]", "window_size is 32; it must be a multiple of 64"),
        ("model.window_patch=0", "window_patch at least 1"),
        ("model.window_channels=[]", "must hold numbers above 0"),
        ("sample.window_size=48", "window_size: model has 32, sample has 48"),  # sizes that do not agree
        ("model.num_heads=3", "must divide 32 and 32"),  # heads share the width evenly
        ("model.num_heads=0", "must divide 32 and 32"),
        ("model.background_size=30", "multiples of 4"),  # cannot be cut into patches
        ("model.background_size=4", "at least 8"),  # the light encoder halves it thrice
        ("model.fusion_pool=3", "fusion_pool is 3; it must divide 8"),  # squares of tokens that do not fill the grid
        ("model.fusion_pool=0", "fusion_pool is 0"),
        ("model.light_channels=50", "light_channels is 50; it must be a multiple of 16"),  # groups share them evenly
        ("loss.colour_knee=0", "loss.colour_knee"),  # would divide by nothing
    ],
)
def test_a_wrong_assignment_is_named(assignment, message):
    with pytest.raises(ConfigError, match=message):
        with_overrides(debug(), [assignment])


def test_several_malformed_and_unknown_assignments_are_named_together():
    with pytest.raises(ConfigError, match="here.*there"):
        with_overrides(debug(), ["here", "there"])


def test_an_unknown_recipe_names_those_there_are():
    with pytest.raises(ConfigError, match="tiny, small, literal, debug"):
        recipe_named("huge")


def test_a_configuration_written_before_class_balance_is_read(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(debug().model_dump_json(exclude={"class_balance"}))
    assert "class_balance" not in path.read_text()
    assert read_config(path) == debug()


def test_a_configuration_survives_the_disk(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(debug().model_dump_json())
    assert read_config(path) == debug()


@pytest.mark.parametrize("text", ["{", '{"recipe": "debug", "speed": 3}', "[]"])
def test_a_broken_configuration_is_named(tmp_path, text):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"config\.json"):
        read_config(path)


def test_a_missing_configuration_is_named(tmp_path):
    with pytest.raises(ConfigError, match="is this a run folder"):
        read_config(tmp_path / "config.json")
