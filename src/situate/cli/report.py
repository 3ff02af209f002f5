"""How commands print results: JSON on stdout."""

import json
from typing import Any


def print_json(value: Any) -> None:
    """Print `value`, indented."""
    print(json.dumps(value, indent=2))
