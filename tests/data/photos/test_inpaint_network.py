"""A pipeline from a folder repairs holes only, repeats, and is refused if it would bring code of others."""

import builtins
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from situate.data.network_folder import quiet_libraries
from situate.data.photos.inpaint import inpaint, require_inpainter
from situate.errors import MissingExtraError, ModelFileError

NATIVE_PX = 32
WORDS = {"<|startoftext|>": 0, "<|endoftext|>": 1, "a": 2, "a</w>": 3}


def tiny_parts(**unet: Any) -> dict[str, Any]:
    """What every pipeline has, a few channels wide, with random weights and a picture of 32 px."""
    from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
    from transformers import CLIPTokenizer

    torch.manual_seed(0)
    return {
        "vae": AutoencoderKL(
            block_out_channels=(8, 8),
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            norm_num_groups=4,
            sample_size=NATIVE_PX,
        ),
        "tokenizer": CLIPTokenizer(vocab=WORDS, merges=[], model_max_length=8),
        "unet": UNet2DConditionModel(
            sample_size=NATIVE_PX // 2,
            in_channels=9,
            block_out_channels=(8, 8),
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            layers_per_block=1,
            attention_head_dim=4,
            norm_num_groups=4,
            **unet,
        ),
        "scheduler": DDIMScheduler(steps_offset=1, clip_sample=False),
    }


def tiny_text() -> Any:
    """A text encoder's shape."""
    from transformers import CLIPTextConfig

    return CLIPTextConfig(
        hidden_size=8,
        intermediate_size=16,
        num_attention_heads=2,
        num_hidden_layers=2,
        projection_dim=8,
        vocab_size=len(WORDS),
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )


def tiny_pipeline() -> Any:
    """Stable Diffusion."""
    from diffusers import StableDiffusionInpaintPipeline
    from transformers import CLIPTextModel

    return StableDiffusionInpaintPipeline(
        **tiny_parts(cross_attention_dim=8),
        text_encoder=CLIPTextModel(tiny_text()),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def tiny_xl_pipeline() -> Any:
    """Stable Diffusion XL."""
    from diffusers import StableDiffusionXLInpaintPipeline
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    parts = tiny_parts(
        cross_attention_dim=16,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=56,
    )
    return StableDiffusionXLInpaintPipeline(
        **parts,
        tokenizer_2=parts["tokenizer"],
        text_encoder=CLIPTextModel(tiny_text()),
        text_encoder_2=CLIPTextModelWithProjection(tiny_text()),
    )


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads that wait for each other make small networks fifty times slower on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An inpainting pipeline on disk."""
    folder = tmp_path_factory.mktemp("pipeline") / "tiny"
    with quiet_libraries():
        tiny_pipeline().save_pretrained(folder, safe_serialization=True)
    return folder


@pytest.fixture(scope="module")
def xl_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another one."""
    folder = tmp_path_factory.mktemp("pipeline") / "xl"
    with quiet_libraries():
        tiny_xl_pipeline().save_pretrained(folder, safe_serialization=True)
    return folder


@pytest.fixture
def picture() -> np.ndarray:
    """A grainy picture."""
    return np.random.default_rng(0).integers(80, 140, (60, 90, 3), dtype=np.uint8)


@pytest.fixture
def hole() -> np.ndarray:
    """Two holes too far apart for one window."""
    hole = np.zeros((60, 90), bool)
    hole[20:30, 5:14] = hole[30:50, 60:80] = True
    return hole


def changed(folder: Path, copy: Path, **entries: Any) -> Path:
    """Copy a pipeline with other entries in its index."""
    shutil.copytree(folder, copy)
    index = copy / "model_index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | entries))
    return copy


@pytest.mark.parametrize("name", ["folder", "xl_folder"])
def test_only_the_holes_change_and_the_seed_says_how(
    request: pytest.FixtureRequest, picture: np.ndarray, hole: np.ndarray, name: str, capfd: Any
) -> None:
    folder = request.getfixturevalue(name)
    capfd.readouterr()
    nothing = np.zeros_like(hole)
    first, same, other = (inpaint(picture, hole, nothing, str(folder), seed=seed) for seed in (2**62, 2**62, 3))
    assert np.array_equal(first[~hole], picture[~hole])
    assert (first[:, :40] != picture[:, :40]).any()
    assert (first[:, 40:] != picture[:, 40:]).any()
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)
    assert capfd.readouterr() == ("", "")


def test_what_lies_under_a_hole_is_not_seen(folder: Path, picture: np.ndarray, hole: np.ndarray) -> None:
    other = np.where(hole[..., None], np.uint8(255) - picture, picture)
    nothing = np.zeros_like(hole)
    first, second = (inpaint(pixels, hole, nothing, str(folder), seed=1) for pixels in (picture, other))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("shape", [(300, 70), (33, 17), (8, 8)])
def test_any_size_of_picture_and_hole_is_repaired(folder: Path, shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    hole = np.zeros(shape, bool)
    hole[1 : shape[0] * 3 // 4, 1 : shape[1] * 3 // 4] = True
    repaired = inpaint(picture, hole, np.zeros(shape, bool), str(folder), seed=0)
    assert np.array_equal(repaired[~hole], picture[~hole])
    assert not np.array_equal(repaired, picture)


def test_a_safety_checker_is_left_out(folder: Path, picture: np.ndarray, hole: np.ndarray, tmp_path: Path) -> None:
    copy = changed(folder, tmp_path / "copy", safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"])
    require_inpainter(str(copy))
    nothing = np.zeros_like(hole)
    with_it, without = (inpaint(picture, hole, nothing, str(place), seed=0) for place in (copy, folder))
    assert np.array_equal(with_it, without)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"unet": ["my_unet", "UNet2DConditionModel"]}, "parts that are not of diffusers or transformers.*my_unet"),
        ({"unet": ["diffusers", "Net", "more"]}, "parts that are not of"),
        ({"extra": ["torch", "Tensor"]}, "parts that are not of"),
        ({"_class_name": ["my_pipeline", "Mine"]}, "names the class .*my_pipeline.*pass patchmatch, telea"),
        ({"_class_name": "StableDiffusionUpscalePipeline"}, "names the class 'StableDiffusionUpscalePipeline'"),
    ],
)
def test_a_pipeline_with_code_of_others_is_refused(
    folder: Path, tmp_path: Path, entries: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelFileError, match=message):
        require_inpainter(str(changed(folder, tmp_path / "foreign", **entries)))


def test_what_is_no_pipeline_is_refused(tmp_path: Path, picture: np.ndarray, hole: np.ndarray) -> None:
    for check in (require_inpainter, lambda name: inpaint(picture, hole, hole, name, seed=0)):
        with pytest.raises(ModelFileError, match="patchmatsh is not a folder; pass patchmatch, telea"):
            check("patchmatsh")
        with pytest.raises(ModelFileError, match=r"has no model_index\.json; pass"):
            check(str(tmp_path))
    (tmp_path / "model_index.json").write_text("{")
    with pytest.raises(ModelFileError, match="is not JSON"):
        require_inpainter(str(tmp_path))
    (tmp_path / "model_index.json").write_text("[]")
    with pytest.raises(ModelFileError, match="is not a JSON object"):
        require_inpainter(str(tmp_path))


def test_a_damaged_pipeline_is_refused(folder: Path, tmp_path: Path, picture: np.ndarray, hole: np.ndarray) -> None:
    copy = changed(folder, tmp_path / "damaged")
    weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelFileError, match="is damaged.*copy the folder again"):
        inpaint(picture, hole, hole, str(copy), seed=0)


def test_pickled_weights_are_not_loaded(folder: Path, tmp_path: Path, picture: np.ndarray, hole: np.ndarray) -> None:
    copy = changed(folder, tmp_path / "pickled")
    weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(ModelFileError, match="is damaged"):
        inpaint(picture, hole, hole, str(copy), seed=0)


def test_missing_transformers_is_named_with_its_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_transformers(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name == "transformers":
            raise ImportError(name)
        return real_import(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without_transformers)
    with pytest.raises(MissingExtraError, match=r"transformers is not installed.*situate\[inpaint\]"):
        require_inpainter(str(folder))
