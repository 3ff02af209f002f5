"""An effect hangs together with its object."""

import cv2
import numpy as np
import pytest
from tests.data.static.drawn import DrawnClip

from situate.data.static.build import StaticFrames, build_static_triples
from situate.data.static.config import StaticConfig
from situate.data.store import TripleStore


@pytest.mark.parametrize("with_masks", [True, False])
def test_an_effect_is_one_piece_that_holds_the_object(moving_car: DrawnClip, tmp_path, with_masks: bool) -> None:
    frames = StaticFrames(
        moving_car.frames, moving_car.save_plate(tmp_path / "plate.png"), moving_car.masks if with_masks else None
    )
    build_static_triples(StaticConfig(size_px=160), frames, tmp_path / "out")
    store = TripleStore(tmp_path / "out")
    assert len(store) >= 3
    for triple in store:
        num_pieces, pieces = cv2.connectedComponents((triple.effect > 0).astype(np.uint8))
        assert num_pieces == 2
        assert (pieces[triple.visible_alpha > 0] == 1).all()
