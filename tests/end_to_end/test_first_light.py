"""From nothing to a composed picture, with the commands that people type."""

import json

import cv2
import numpy as np
import pytest
from tests.data.photos.conftest import PhotoSet
from tests.synthetic import synthetic_triple, write_synthetic_set

from situate.cli.app import main
from situate.imageio.read import read_picture
from situate.imageio.write import write_picture
from situate.records.picture import Picture
from situate.training.config import RunConfig

NUM_SCENE_TRIPLES = 10


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A few rendered triples; the smallest pictures there are."""
    pytest.importorskip("mitsuba", reason="needs the extra 'scenes'")
    folder = tmp_path_factory.mktemp("scenes") / "triples"
    options = ["--num", str(NUM_SCENE_TRIPLES), "--size", "32", "--num-workers", "1"]
    assert main(["data", "scenes", str(folder), *options]) == 0
    return folder


def write_pair(folder, number: int) -> tuple[str, str]:
    triple = synthetic_triple(number)
    write_picture(Picture(triple.background), folder / "background.png")
    write_picture(Picture(triple.foreground), folder / "foreground.png")
    return str(folder / "background.png"), str(folder / "foreground.png")


def test_rendering_training_resuming_placing_and_composing(rendered, tmp_path, capsys):
    run = tmp_path / "run"
    train = ["train", "debug", "--data", str(rendered), "--out", str(run), "--device", "cpu"]
    options = ["--set", "validation_fraction=0.5", "num_steps=2", "sheet_steps=2"]
    assert main([*train, *options]) == 0
    capsys.readouterr()
    assert main([*train, *options, "--resume"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["steps"] == 2
    pair = write_pair(tmp_path, 3)
    assert main(["place", *pair, "--model", result["model"], "--top-k", "1"]) == 0
    (place,) = json.loads(capsys.readouterr().out)
    output, labels = tmp_path / "OUT.png", tmp_path / "OUT.json"
    assert main(["compose", *pair, "--model", result["model"], "-o", str(output), "--json", str(labels)]) == 0
    (label,) = json.loads(labels.read_text())
    # Nobody said where: composing went to the place that placing names.
    assert label["box_xywh_px"] == place["box_xywh_px"]
    background, composite = read_picture(tmp_path / "background.png").pixels, read_picture(output).pixels
    effect = cv2.imread(str(tmp_path / label["effect_file"]), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(composite[effect == 0], background[effect == 0])
    assert (composite != background).any()


def test_photographs_become_triples_that_train_and_compose(tmp_path, capsys):
    pytest.importorskip("pycocotools", reason="needs the extra 'photos'")
    photos = PhotoSet(tmp_path / "photos")
    for number in range(4):
        photos.add_picture((45 + 5 * number, 70, 14, 18), (115, 75, 12, 16))
    data, run = tmp_path / "triples", tmp_path / "run"
    words = [str(photos.annotations), str(photos.images), str(data), "--size", "96", "--inpaint", "telea"]
    assert main(["data", "photos", *words]) == 0
    options = ["--set", "num_steps=2", "validation_fraction=0.5"]
    capsys.readouterr()
    assert main(["train", "debug", "--data", str(data), "--out", str(run), "--device", "cpu", *options]) == 0
    model = json.loads(capsys.readouterr().out)["model"]
    assert main(["compose", *write_pair(tmp_path, 3), "--model", model, "-o", str(tmp_path / "OUT.png")]) == 0
    assert read_picture(tmp_path / "OUT.png").pixels.shape == (48, 64, 3)


def test_the_literal_method_is_trained_and_composed_by_the_same_commands(tmp_path, capsys):
    data, run = write_synthetic_set(tmp_path / "triples", 16), tmp_path / "run"
    literal = ["model.conditioning=literal", "sample.conditioning=literal", "loss.counts_pasted=false", "num_steps=2"]
    assert main(["train", "debug", "--data", str(data), "--out", str(run), "--device", "cpu", "--set", *literal]) == 0
    model = json.loads(capsys.readouterr().out)["model"]
    assert RunConfig.model_validate_json((run / "config.json").read_text()).model.conditioning == "literal"
    assert main(["compose", *write_pair(tmp_path, 3), "--model", model, "-o", str(tmp_path / "OUT.png")]) == 0
    assert read_picture(tmp_path / "OUT.png").pixels.shape == (48, 64, 3)
