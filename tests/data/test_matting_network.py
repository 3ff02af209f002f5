"""A matting network from a folder gets what it was trained on, speaks where the trimap does not, or is refused."""

import builtins
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from situate.data.matting import alpha_of, require_matting
from situate.data.matting_network import network_alpha
from situate.data.network_folder import quiet_libraries
from situate.data.trimap import INSIDE, OUTSIDE, UNKNOWN, trimap_of
from situate.errors import MissingExtraError, ModelFileError


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads that wait for each other make small networks fifty times slower on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ViTMatte network on disk, a few channels wide, with random weights."""
    from transformers import VitDetConfig, VitMatteConfig, VitMatteForImageMatting

    torch.manual_seed(0)
    backbone = VitDetConfig(
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_channels=4,
        image_size=64,
        out_features=["stage1"],
    )
    config = VitMatteConfig(
        backbone_config=backbone, hidden_size=8, convstream_hidden_sizes=[4, 8, 8], fusion_hidden_sizes=[8, 8, 4, 4]
    )
    folder = tmp_path_factory.mktemp("matting") / "tiny"
    with quiet_libraries():
        VitMatteForImageMatting(config).save_pretrained(folder)
    return folder


@pytest.fixture
def disc() -> tuple[np.ndarray, np.ndarray]:
    """A red disc on grain, and its mask; no side is a multiple of 32."""
    pixels = np.random.default_rng(0).integers(60, 120, (90, 70, 3), dtype=np.uint8)
    mask = np.zeros((90, 70), np.uint8)
    cv2.circle(mask, (35, 45), 25, 1, -1)
    pixels[mask > 0] = (200, 30, 30)
    return pixels, mask > 0


def changed(folder: Path, copy: Path, **entries: Any) -> Path:
    """Copy a network with other entries in its configuration."""
    shutil.copytree(folder, copy)
    config = copy / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | entries))
    return copy


def test_alpha_is_the_networks_in_the_unknown_band_only(folder: Path, disc: tuple[np.ndarray, np.ndarray]) -> None:
    pixels, mask = disc
    alpha, same = (alpha_of(pixels, mask, matting) for matting in (folder, str(folder)))
    trimap = trimap_of(mask, 2)
    assert np.array_equal(alpha, same)
    assert np.array_equal(alpha[trimap != UNKNOWN], trimap[trimap != UNKNOWN])
    assert ((alpha > 0) & (alpha < 255))[trimap == UNKNOWN].all()  # random weights are never sure


def test_the_network_gets_what_the_processor_of_transformers_makes(
    folder: Path, disc: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers.models.vitmatte.image_processing_pil_vitmatte import VitMatteImageProcessorPil
    from transformers.models.vitmatte.modeling_vitmatte import VitMatteForImageMatting

    pixels, mask = disc
    trimap = trimap_of(mask, 4)
    seen: list[torch.Tensor] = []
    forward = VitMatteForImageMatting.forward

    def noting(self: Any, pixel_values: torch.Tensor, **keywords: Any) -> Any:
        seen.append(pixel_values)
        return forward(self, pixel_values, **keywords)

    monkeypatch.setattr(VitMatteForImageMatting, "forward", noting)
    network_alpha(pixels, trimap, folder)
    expected = VitMatteImageProcessorPil()(images=pixels, trimaps=trimap, return_tensors="pt")["pixel_values"]
    assert seen[0].shape == (1, 4, 96, 96)
    assert (seen[0] - expected).abs().max() < 0.003  # transformers reads the band's 128 as 0.502


def test_a_large_window_is_reduced(
    folder: Path, disc: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("situate.data.matting._MAX_WINDOW_PX", 32)
    pixels, mask = disc
    alpha, trimap = alpha_of(pixels, mask, folder), trimap_of(mask, 2)
    assert (alpha[trimap == INSIDE] == 255).all()
    assert (alpha[trimap == OUTSIDE] == 0).all()


def test_loading_says_nothing(folder: Path, tmp_path: Path, disc: tuple[np.ndarray, np.ndarray], capfd: Any) -> None:
    alpha_of(*disc, changed(folder, tmp_path / "copy"))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"model_type": "sam"}, "names the model_type 'sam'; allowed is vitmatte; pass guided"),
        ({"model_type": None}, "names the model_type None"),
        ({"backbone_config": {"model_type": "mine"}}, "names the model_type 'mine'; allowed is vitdet"),
        ({"backbone_config": "mine"}, "names the model_type None; allowed is vitdet"),
    ],
)
def test_another_model_is_refused(folder: Path, tmp_path: Path, entries: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        require_matting(changed(folder, tmp_path / "other", **entries))


def test_what_is_no_network_is_refused(tmp_path: Path, disc: tuple[np.ndarray, np.ndarray]) -> None:
    for check in (require_matting, lambda matting: alpha_of(*disc, matting)):
        with pytest.raises(ModelFileError, match="missing is not a folder; pass guided, closed-form, or a folder"):
            check(tmp_path / "missing")
        with pytest.raises(ModelFileError, match=r"has no config\.json"):
            check(tmp_path)


def test_damaged_weights_are_refused(folder: Path, tmp_path: Path, disc: tuple[np.ndarray, np.ndarray]) -> None:
    copy = changed(folder, tmp_path / "cut")
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:200])
    with pytest.raises(ModelFileError, match="is damaged.*copy the folder again"):
        alpha_of(*disc, copy)
    weights.unlink()
    with pytest.raises(ModelFileError, match="is damaged"):
        alpha_of(*disc, copy)


def test_missing_weights_are_not_made_up(folder: Path, tmp_path: Path, disc: tuple[np.ndarray, np.ndarray]) -> None:
    copy = changed(folder, tmp_path / "less")
    tensors = load_file(copy / "model.safetensors")
    del tensors["decoder.matting_head.matting_convs.0.weight"]
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelFileError, match="lacks 1 weights, the first is decoder.matting_head"):
        alpha_of(*disc, copy)


def test_weights_that_are_no_numbers_are_refused(
    folder: Path, tmp_path: Path, disc: tuple[np.ndarray, np.ndarray]
) -> None:
    copy = changed(folder, tmp_path / "nan")
    tensors = load_file(copy / "model.safetensors")
    tensors["decoder.matting_head.matting_convs.0.bias"][:] = torch.nan
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelFileError, match="gives values that are no numbers"):
        alpha_of(*disc, copy)


def test_missing_transformers_is_named_with_its_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_transformers(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name == "transformers":
            raise ImportError(name)
        return real_import(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without_transformers)
    with pytest.raises(MissingExtraError, match=r"transformers is not installed.*situate\[matting\]"):
        require_matting(folder)
