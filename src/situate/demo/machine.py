"""What the demo ran on."""

import os
import platform
from typing import Any

import torch

from situate.pipeline.composer import Composer
from situate.pipeline.device import cpu_flags
from situate.sharding.pool import num_processors


def machine_facts(composer: Composer) -> dict[str, Any]:
    """Name what decides how long things take."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": num_processors(),
        "instruction sets": ", ".join(sorted(cpu_flags())) or "none that matter",
        "device": str(composer.pipeline.device),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "load at the end": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
    }
