"""All trained methods by name."""

import torch

from peers.config import PeerConfig
from peers.density import Density
from peers.graconet import GracoNet
from peers.heatmap import Heatmap
from peers.method import Method
from peers.placenet import PlaceNet
from peers.regression import Regression
from situate.errors import InputError

METHODS: dict[str, type[Method]] = {
    "density": Density,
    "heatmap": Heatmap,
    "regression": Regression,
    "placenet": PlaceNet,
    "graconet": GracoNet,
}
OURS, MAP_PEER = "density", "heatmap"
BOX_PEERS = ("regression", "placenet", "graconet")


def fresh_method(name: str, config: PeerConfig, seed: int) -> Method:
    """Make a method with fresh parameters.

    Raises:
        InputError: If there is no such method.
    """
    if name not in METHODS:
        raise InputError(f"method {name!r} is unknown; there are {', '.join(METHODS)}")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return METHODS[name](config)
