"""Which boxes overlap, against their IoU, and which few cover most of the others."""

from itertools import combinations
from statistics import fmean

import pytest
import torch

from situate.geometry.boxes import cxcywh_to_xyxy, iou
from situate.nn.overlap import covering, overlaps


@pytest.mark.parametrize("share", [0.1, 0.5, 0.75])
def test_boxes_overlap_where_their_iou_is_large_enough(share: float):
    drawn = torch.rand(120, 4, generator=torch.Generator().manual_seed(0))
    corners = cxcywh_to_xyxy(0.1 + 0.4 * drawn)
    is_near = iou(corners[:40, None], corners[None]) >= share
    found = overlaps(corners[:40], corners.T.contiguous(), share)
    assert torch.equal(found, is_near.float())
    assert 40 < int(found.sum()) < 0.6 * found.numel(), "some overlap, and not only with themselves"


def test_boxes_that_touch_or_lie_apart_do_not_overlap():
    corners = torch.tensor([[0.0, 0.0, 0.5, 0.5], [0.5, 0.0, 1.0, 0.5], [0.7, 0.7, 0.9, 0.9]])
    assert torch.equal(overlaps(corners, corners.T.contiguous(), 0.01), torch.eye(3))


ROW = torch.tensor([[x, 0.0, x + 0.4, 0.4] for x in (0.3, 0.1, 0.5, 0.15, 0.9)])
"""Of these the first overlaps the second to fourth by a third and more, the last stands alone."""


def chosen(k: int, mass: list[float]) -> list[int]:
    return covering(ROW, ROW.T.contiguous(), torch.tensor(mass), k, share=0.3)


def test_the_next_box_is_the_one_that_covers_most_of_what_is_not_covered():
    assert chosen(2, [0.3, 0.25, 0.2, 0.15, 0.1]) == [0, 4]
    apart = covering(ROW, ROW.T.contiguous(), torch.tensor([0.3, 0.1, 0.2, 0.3, 0.1]), 3, share=0.5)
    assert apart == [0, 1, 2], "the second and fourth cover each other, of equals the first is taken"


def test_no_box_is_chosen_that_a_chosen_one_covers_even_if_none_is_left():
    assert chosen(5, [0.2, 0.2, 0.2, 0.2, 0.2]) == [0, 4]
    assert chosen(5, [0.0, 0.0, 0.0, 0.0, 0.0]) == [0, 4]


def test_the_choice_covers_nearly_as_much_as_the_best_one():
    drawn = torch.rand(14, 4, generator=torch.Generator().manual_seed(3))
    corners = cxcywh_to_xyxy(torch.cat([0.3 + 0.4 * drawn[:, :2], 0.2 + 0.2 * drawn[:, 2:]], 1))
    near = overlaps(corners, corners.T.contiguous(), 0.3)
    mass = torch.rand(14, generator=torch.Generator().manual_seed(4))

    def covered(indices: tuple[int, ...]) -> float:
        return float(near[list(indices)].amax(0) @ mass)

    found = tuple(covering(corners, corners.T.contiguous(), mass, 3, share=0.3))
    allowed = [
        (0, *others) for others in combinations(range(1, 14), 2) if near[[0, *others]][:, [0, *others]].sum() == 3
    ]
    assert near[list(found)][:, list(found)].sum() == 3, "none covers another"
    assert covered(found) >= 0.8 * max(covered(one) for one in allowed)
    assert covered(found) > 1.05 * fmean(covered(one) for one in allowed)
