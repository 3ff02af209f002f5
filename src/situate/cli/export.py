"""`situate export`: a model for faster composing on processors."""

import sys
from pathlib import Path


def export(output: Path, *, model: Path | None = None, overwrite: bool = False) -> None:
    """Write a model folder that OpenVINO can run, too: composing on a processor takes less time.

    The folder is a copy of the model with OpenVINO's files beside the weights, and is used with `--model OUTPUT
    --backend openvino`. What OpenVINO computes is compared with PyTorch first.

    Args:
        output: The folder to be written.
        model: Model folder, such as RUN/model; the shipped weights by default.
        overwrite: Replace a folder that is there already.
    """
    from situate.pipeline.export import export_model
    from situate.pipeline.runtime import folder_of

    difference = export_model(folder_of(model), output, overwrite=overwrite)
    print(output)
    print(f"note: OpenVINO differs from PyTorch by at most {difference:.1g} in float32", file=sys.stderr)
