"""The starter set inside the package: rendered triples of streets, yards and rooms, so that training can begin at once.

Split by scene and by model: objects of `test` are models that `train` and `val` never take out.
"""

from importlib import resources
from pathlib import Path
from typing import Literal

StarterPart = Literal["train", "val", "test"]
STARTER = Path("starter")
"""The word that stands for the starter set where a folder of triples is asked for."""


def starter_set(part: StarterPart) -> Path:
    """Folder of one part, a data set like any other (docs/data-format.md)."""
    return Path(str(resources.files("situate"))) / "starter" / part


def data_folder(named: Path, part: StarterPart) -> Path:
    """Return the folder that a user named: the word `starter` is a part of the starter set, unless it is a folder."""
    return starter_set(part) if named == STARTER and not named.exists() else named
