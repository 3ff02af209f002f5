"""Whether what a command needs beyond the core is installed, asked before its modules are imported."""

from importlib.util import find_spec

from situate.errors import MissingExtraError

NEEDED = {
    "train": ("accelerate", "pytorch_optimizer", "tensorboard"),
    "scenes": ("mitsuba", "trimesh"),
    "serve": ("fastapi", "uvicorn", "gradio", "prometheus_client", "multipart"),
}
"""Modules by the extra that brings them."""


def require(*extras: str) -> None:
    """Look whether the modules of `extras` are there.

    Raises:
        MissingExtraError: If one is not.
    """
    for extra in extras:
        for module in NEEDED[extra]:
            if find_spec(module) is None:
                raise MissingExtraError(module, extra)
