"""Parts of an enlarged window: the same as enlarging all of it and cutting the part out."""

import cv2
import numpy as np
import pytest

from situate.geometry.part import Part

SIZE = 16


@pytest.mark.parametrize("side_px", [8, 16, 64, 256, 100, 37])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_part_is_cut_out_of_the_enlarged_whole(side_px, channels):
    values = np.random.default_rng(0).uniform(-1, 1, (SIZE, SIZE, *channels)).astype(np.float32)
    whole = cv2.resize(values, (side_px, side_px), interpolation=cv2.INTER_LINEAR)
    generator = np.random.default_rng(1)
    spans = [(0, side_px), (0, 1), (side_px - 1, side_px)]
    spans += [tuple(sorted(generator.choice(side_px + 1, 2, replace=False))) for _ in range(5)]
    for rows in spans:
        for columns in spans[::-1]:
            part = Part(side_px, slice(*map(int, rows)), slice(*map(int, columns)))
            found = part.enlarged(values)
            assert found.shape[:2] == part.size_wh[::-1]
            np.testing.assert_allclose(found, whole[part.rows, part.columns], atol=2e-6)


def test_a_box_keeps_its_pixels_in_the_part():
    part = Part(200, slice(20, 70), slice(50, 150))
    assert part.box_in_part((0.5, 0.2, 0.1, 0.05)) == pytest.approx((0.5, 0.4, 0.2, 0.2))
