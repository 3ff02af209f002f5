"""The table of all kinds."""

from situate.data.scenes.catalogue import CATALOGUE_KINDS
from situate.data.scenes.primitives import PRIMITIVES
from situate.data.scenes.rules import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (*PRIMITIVES, *CATALOGUE_KINDS)}
