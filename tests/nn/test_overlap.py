"""Which boxes overlap, against their IoU."""

import pytest
import torch

from situate.geometry.boxes import cxcywh_to_xyxy, iou
from situate.nn.overlap import overlaps


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
