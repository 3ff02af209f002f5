"""The files of a model folder: which ships with the package, and how one is told from another. Imports no networks."""

import hashlib
import json
from importlib import resources
from pathlib import Path

from situate.errors import ModelFileError

WEIGHTS_NAME = "diffusion_pytorch_model.safetensors"
FINGERPRINT_DIGITS = 12


def shipped_model() -> Path:
    """Folder of the weights inside the package."""
    return Path(str(resources.files("situate"))) / "weights" / "small"


def fingerprint_of(folder: Path) -> str:
    """Hash of a model's weights and configurations, as hexadecimal digits.

    Raises:
        ModelFileError: If a file of it is missing.
    """
    digest = hashlib.sha256()
    for name in ("placement", "synthesis"):
        for file in ("config.json", WEIGHTS_NAME):
            path = folder / name / file
            try:
                digest.update(path.read_bytes())
            except OSError as error:
                raise ModelFileError(
                    f"{path} cannot be read ({error.strerror}); pass a model folder, such as RUN/model"
                ) from error
    return digest.hexdigest()[:FINGERPRINT_DIGITS]


def conditioning_of(folder: Path) -> str:
    """Return whether a model is `pasted` or `literal`.

    Raises:
        ModelFileError: If its configuration cannot be read.
    """
    path = folder / "synthesis" / "config.json"
    try:
        return str(json.loads(path.read_bytes())["conditioning"])
    except (OSError, ValueError, KeyError) as error:
        raise ModelFileError(f"{path} cannot be read ({error}); pass a model folder, such as RUN/model") from error
