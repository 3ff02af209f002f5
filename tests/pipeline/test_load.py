"""Model folders: what is published is loaded bit for bit, and nothing foreign is."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.pipeline.models import CARD, cutout, publish_untrained, scene, untrained

from situate.errors import InputError, ModelFileError, OutputError
from situate.nn.joint import ModelConfig
from situate.pipeline.composer import Composer
from situate.pipeline.load import describe_model, load_pipeline, publish
from situate.pipeline.model_files import WEIGHTS_NAME, fingerprint_of, shipped_model
from situate.recipes import debug


@pytest.fixture
def copied(model_folder, tmp_path):
    return shutil.copytree(model_folder, tmp_path / "model")


def rewrite_json(path, change) -> None:
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def test_weights_survive_publishing_bit_for_bit(model_folder):
    model, pipeline = untrained(), load_pipeline(model_folder)
    for name in ("placement", "synthesis"):
        wanted, found = getattr(model, name).state_dict(), getattr(pipeline, name).state_dict()
        assert wanted.keys() == found.keys()
        assert [key for key, value in wanted.items() if not torch.equal(value, found[key])] == []
        assert not getattr(pipeline, name).training


def test_loaded_convolutions_have_their_channels_last(model_folder):
    pipeline = load_pipeline(model_folder)
    for network in (pipeline.placement, pipeline.synthesis):
        kernels = [weight for weight in network.parameters() if weight.ndim == 4]
        assert kernels
        assert all(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)


def test_diffusers_writes_the_same_folder_again(model_folder, tmp_path):
    load_pipeline(model_folder).save_pretrained(tmp_path / "again", safe_serialization=True)
    assert fingerprint_of(tmp_path / "again") == fingerprint_of(model_folder)


def test_half_precision_halves_the_file_and_hardly_moves_a_weight(model_folder, tmp_path):
    folder = publish_untrained(tmp_path / "half", half_precision=True)
    sizes = [(path / "placement" / WEIGHTS_NAME).stat().st_size for path in (model_folder, folder)]
    assert sizes[1] < 0.6 * sizes[0]
    pipelines = [load_pipeline(path) for path in (model_folder, folder)]
    for first, second in zip(*(pipeline.synthesis.parameters() for pipeline in pipelines), strict=True):
        assert second.dtype == torch.float32
        torch.testing.assert_close(first, second, atol=1e-3, rtol=1e-3)
    first, second = (
        Composer(pipeline, "")(scene(), cutout(), box_xywh_px=(20.0, 10.0, 40.0, 30.0))[0] for pipeline in pipelines
    )
    assert np.abs(first.picture.pixels.astype(int) - second.picture.pixels).mean() < 1


def test_the_fingerprint_follows_the_weights(model_folder, tmp_path):
    assert fingerprint_of(publish_untrained(tmp_path / "same")) == fingerprint_of(model_folder)
    assert fingerprint_of(publish_untrained(tmp_path / "other", seed=1)) != fingerprint_of(model_folder)
    assert len(fingerprint_of(model_folder)) == 12


def test_a_model_describes_itself(model_folder):
    found = describe_model(model_folder)
    assert found["card"] == CARD
    assert found["fingerprint"] == fingerprint_of(model_folder)
    assert found["conditioning"] == "pasted"
    assert found["num_parameters"]["placement"] == sum(value.numel() for value in untrained().placement.parameters())


def test_a_published_model_replaces_the_one_before(tmp_path):
    publish_untrained(tmp_path / "model", "literal")
    publish_untrained(tmp_path / "model", "pasted")
    assert load_pipeline(tmp_path / "model").conditioning == "pasted"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_full_disk_leaves_nothing_behind_and_keeps_the_model_before(copied, monkeypatch):
    before = fingerprint_of(copied)

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("situate.pipeline.load.ComposePipeline.save_pretrained", full)
    with pytest.raises(OutputError, match="No space left"):
        publish_untrained(copied, seed=1)
    assert fingerprint_of(copied) == before
    assert [path.name for path in copied.parent.iterdir()] == ["model"]


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(ModelFileError, match=r"is not a model folder.*RUN/model"):
        load_pipeline(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("placement", ["os", "system"]),  # code that somebody would like to run
        ("synthesis", ["situate.nn.placement", "PlacementNetwork"]),  # ours, but in the wrong place
        ("safety_checker", ["transformers", "CLIPModel"]),  # one more than ours
        ("scheduler", None),  # one less
    ],
)
def test_foreign_classes_are_refused_before_anything_is_loaded(copied, name, value, monkeypatch):
    monkeypatch.setattr("situate.pipeline.load._loaded", None)
    rewrite_json(copied / "model_index.json", lambda index: index.update({name: value}))
    with pytest.raises(ModelFileError, match="names classes that situate does not load"):
        load_pipeline(copied)


@pytest.mark.parametrize("text", ["{", "[]", "null", "\ud800"])
def test_a_broken_index_is_refused(copied, text):
    (copied / "model_index.json").write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(ModelFileError, match=r"model_index\.json"):
        load_pipeline(copied)


@pytest.mark.parametrize(
    "name",
    [
        "placement/config.json",
        f"placement/{WEIGHTS_NAME}",
        "synthesis/config.json",
        f"synthesis/{WEIGHTS_NAME}",
        "scheduler/scheduler_config.json",
    ],
)
@pytest.mark.parametrize("damage", ["missing", "truncated", "empty"])
def test_damaged_files_are_named(copied, name, damage):
    path = copied / name
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes(content[: len(content) // 2] if damage == "truncated" else b"")
    with pytest.raises(ModelFileError, match="is damaged"):
        load_pipeline(copied)


def test_weights_that_are_not_finite_are_refused(copied):
    path = copied / "synthesis" / WEIGHTS_NAME
    weights = load_file(path)
    weights["exit.bias"][0] = torch.nan
    save_file(weights, path)
    with pytest.raises(ModelFileError, match=r"not finite: exit\.bias"):
        load_pipeline(copied)


@pytest.mark.parametrize(
    "change",
    [
        {"width": 64},  # other sizes than the weights
        {"speed": 3},  # a field that this version does not know
        {"num_heads": 0},  # no network can be built
    ],
)
def test_a_config_that_does_not_fit_the_weights_is_refused(copied, change):
    rewrite_json(copied / "placement" / "config.json", lambda config: config.update(change))
    with pytest.raises(ModelFileError, match="is damaged"):
        load_pipeline(copied)


@pytest.mark.parametrize("name", ["abacus", "cuda:x"])
def test_a_device_that_is_not_there_is_refused(model_folder, name):
    with pytest.raises(InputError, match="device"):
        Composer.from_pretrained(model_folder, device=name)


def test_networks_of_two_models_are_refused(copied):
    other = ModelConfig.model_validate({**debug().model.model_dump(), "token_width": 64}).build()
    mine = untrained()
    publish(other.placement, mine.synthesis, copied, card=CARD)
    with pytest.raises(ModelFileError, match="joins networks of two models"):
        load_pipeline(copied)


def test_an_unknown_conditioning_is_refused(copied):
    rewrite_json(copied / "synthesis" / "config.json", lambda config: config.update({"conditioning": "drawn"}))
    with pytest.raises(ModelFileError, match="conditioning 'drawn'; situate knows pasted, literal"):
        load_pipeline(copied)


def test_the_weights_that_ship_are_small_and_compose_without_being_named():
    folder = shipped_model()
    assert folder is not None
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= 40 * 2**20
    composer = Composer.from_pretrained(device="cpu")
    assert composer.model_fingerprint == fingerprint_of(folder)
    (composite,) = composer(scene(), cutout())
    assert composite.picture.pixels.shape == scene().shape
    assert (composite.picture.pixels != scene()).any()


def test_the_card_of_the_weights_that_ship_says_what_they_were_made_from_and_what_they_can():
    card = describe_model()["card"]
    for heading in ("Data", "Training", "Licences", "Figures", "Limits", "Configuration"):
        assert f"\n## {heading}\n" in card
    assert "converged: " in card
    assert "CC-BY" in (shipped_model() / "ATTRIBUTION.md").read_text(encoding="utf-8")
