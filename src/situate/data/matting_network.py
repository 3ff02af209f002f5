"""Alpha from a trimap by a matting network of the user's: ViTMatte in the transformers layout.

Source: Yao et al., ViTMatte: Boosting Image Matting with Pretrained Plain Vision Transformers (2024).
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch.nn import functional

from situate.data.network_folder import (
    network_device,
    one_thread,
    quiet_libraries,
    read_folder_json,
    require_transformers,
)
from situate.data.trimap import INSIDE, OUTSIDE
from situate.errors import ModelFileError

CONFIG_NAME = "config.json"
ALLOWED_MODELS = ("vitmatte",)
ALLOWED_BACKBONES = ("vitdet",)
"""Values of `model_type`; others would run code that nobody here has read."""

_REMEDY = (
    "pass guided, closed-form, or a folder with config.json and model.safetensors of a ViTMatte network, as "
    "VitMatteForImageMatting.save_pretrained writes it"
)
# As VitMatteImageProcessor of transformers: sides are padded to a multiple, on the right and at the bottom.
_MULTIPLE_PX = 32


def check_matting_folder(folder: Path) -> None:
    """Refuse a folder that is no matting network; nothing is loaded.

    Raises:
        MissingExtraError: If transformers is not installed.
        ModelFileError: If the folder is missing, or its `config.json` names another model.
    """
    config = read_folder_json(folder, CONFIG_NAME, remedy=_REMEDY)
    _check_type(folder, config, ALLOWED_MODELS)
    backbone = config.get("backbone_config")
    if backbone is not None:
        _check_type(folder, backbone if isinstance(backbone, dict) else {}, ALLOWED_BACKBONES)
    require_transformers("matting")


def network_alpha(
    pixels: UInt8[np.ndarray, "h w 3"], trimap: UInt8[np.ndarray, "h w"], folder: Path
) -> Float32[np.ndarray, "h w"]:
    """Ask the network; it is loaded once in a process, and runs on the GPU if there is one.

    Args:
        pixels: A window round the object.
        trimap: `INSIDE`, `OUTSIDE` or unknown.
        folder: Of the network.

    Returns:
        Alpha in [0, 1]; only where the trimap is unknown it means something.

    Raises:
        MissingExtraError: If transformers is not installed.
        ModelFileError: If the folder is no matting network, is damaged, or gives no numbers.
    """
    network = _loaded(folder.resolve())
    height, width = trimap.shape
    colours = torch.from_numpy(pixels.astype(np.float32)) / 127.5 - 1
    known = np.select([trimap == OUTSIDE, trimap == INSIDE], [0.0, 1.0], 0.5).astype(np.float32)
    inputs = torch.cat([colours.permute(2, 0, 1), torch.from_numpy(known)[None]])
    padded = functional.pad(inputs, (0, -width % _MULTIPLE_PX, 0, -height % _MULTIPLE_PX))
    with torch.inference_mode(), one_thread():
        alpha = network(pixel_values=padded[None].to(network.device)).alphas[0, 0, :height, :width].float().cpu()
    if not torch.isfinite(alpha).all():
        raise ModelFileError(f"matting network {folder} gives values that are no numbers; copy the folder again")
    return alpha.numpy()


def _check_type(folder: Path, config: dict[str, Any], allowed: tuple[str, ...]) -> None:
    found = config.get("model_type")
    if found not in allowed:
        raise ModelFileError(
            f"{folder / CONFIG_NAME} names the model_type {found!r}; allowed is {', '.join(allowed)}; {_REMEDY}"
        )


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> Any:
    check_matting_folder(folder)
    with quiet_libraries():
        from safetensors import SafetensorError
        from transformers import VitMatteForImageMatting

        try:
            loaded: Any = VitMatteForImageMatting.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, dtype=torch.float32, output_loading_info=True
            )
        except (OSError, ValueError, RuntimeError, TypeError, KeyError, ImportError, SafetensorError) as error:
            raise ModelFileError(f"matting network {folder} is damaged: {error}; copy the folder again") from error
    network, report = loaded
    missing = sorted(report["missing_keys"])
    if missing:
        raise ModelFileError(
            f"matting network {folder} lacks {len(missing)} weights, the first is {missing[0]}; copy the folder again"
        )
    return network.eval().to(network_device())
