"""Boxes: round trips, and overlap in closed form."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from situate.geometry.boxes import cxcywh_to_xyxy, fraction_inside, iou, xywh_px_to_cxcywh
from situate.geometry.canvas import Letterbox, box_of, position_of
from situate.records.placement import Placement

fraction = st.floats(-0.5, 1.5)
side = st.floats(0.01, 1.5)
boxes_cxcywh = st.tuples(fraction, fraction, side, side)
resolutions_wh = st.tuples(st.integers(16, 4000), st.integers(16, 4000))
UNIT_XYXY = torch.tensor([0.0, 0.0, 1.0, 1.0])


@given(boxes_cxcywh)
def test_corners_lie_round_the_centre_as_far_apart_as_the_sides_are_long(box_cxcywh):
    box = torch.tensor(box_cxcywh, dtype=torch.float64)
    start, stop = cxcywh_to_xyxy(box).unflatten(0, (2, 2))
    torch.testing.assert_close((start + stop) / 2, box[:2])
    torch.testing.assert_close(stop - start, box[2:])


@given(boxes_cxcywh, resolutions_wh)
def test_pixels_and_back_is_the_same_box(box_cxcywh, resolution_wh):
    pixels = Placement(box_cxcywh).box_xywh_px(resolution_wh)
    assert xywh_px_to_cxcywh(pixels, resolution_wh) == pytest.approx(box_cxcywh, abs=1e-9)


@given(boxes_cxcywh, resolutions_wh)
def test_letterbox_and_back_is_the_same_box(box_cxcywh, resolution_wh):
    letterbox = Letterbox(*resolution_wh)
    assert letterbox.box_to_picture(letterbox.box_to_canvas(box_cxcywh)) == pytest.approx(box_cxcywh, abs=1e-9)


@given(boxes_cxcywh, resolutions_wh)
def test_letterbox_never_squeezes(box_cxcywh, resolution_wh):
    _, _, width, height = Letterbox(*resolution_wh).box_to_canvas(box_cxcywh)
    wanted = box_cxcywh[2] * resolution_wh[0] / (box_cxcywh[3] * resolution_wh[1])
    assert width / height == pytest.approx(wanted)


@given(boxes_cxcywh)
def test_position_and_aspect_give_the_box_back(box_cxcywh):
    position = torch.tensor(position_of(box_cxcywh), dtype=torch.float64)
    log_aspect = torch.tensor(box_cxcywh[2] / box_cxcywh[3], dtype=torch.float64).log()
    assert box_of(position, log_aspect).tolist() == pytest.approx(box_cxcywh, abs=1e-9)


@pytest.mark.parametrize(
    ("resolution_wh", "content_xyxy"),
    [
        ((100, 100), (0, 0, 1, 1)),  # square: no padding
        ((200, 100), (0, 0.25, 1, 0.75)),  # wide: above and below
        ((50, 100), (0.25, 0, 0.75, 1)),  # tall: left and right
    ],
)
def test_padding_is_shared_by_both_sides(resolution_wh, content_xyxy):
    assert Letterbox(*resolution_wh).content_xyxy == content_xyxy


@pytest.mark.parametrize(
    ("other_xyxy", "expected"),
    [
        ((0.0, 0.0, 1.0, 1.0), 1.0),  # the same box
        ((1.0, 0.0, 2.0, 1.0), 0.0),  # touching along a side
        ((1.0, 1.0, 2.0, 2.0), 0.0),  # touching in a corner
        ((3.0, 0.0, 4.0, 1.0), 0.0),  # apart: the gap must not count as overlap
        ((3.0, 3.0, 4.0, 4.0), 0.0),  # apart on both axes: two negative gaps must not multiply to overlap
        ((0.5, 0.0, 1.5, 1.0), 1 / 3),  # half of each
        ((0.0, 0.0, 0.5, 0.5), 0.25),  # inside
        ((0.5, 0.5, 0.5, 0.5), 0.0),  # empty
    ],
)
def test_iou_in_closed_form(other_xyxy, expected):
    assert iou(UNIT_XYXY, torch.tensor(other_xyxy)).item() == pytest.approx(expected)


def test_iou_of_two_empty_boxes_is_zero():
    assert iou(torch.zeros(4), torch.zeros(4)).item() == 0


@given(boxes_cxcywh, boxes_cxcywh)
def test_iou_is_symmetric_and_a_share(first, second):
    corners = cxcywh_to_xyxy(torch.tensor([first, second], dtype=torch.float64))
    overlap = iou(corners[0], corners[1])
    assert torch.equal(overlap, iou(corners[1], corners[0]))
    assert 0 <= overlap <= 1 + 1e-9


def test_fraction_inside_counts_the_boxes_own_area():
    boxes = torch.tensor([[0.5, 0.5, 1.5, 1.5], [-1.0, 0.0, 1.0, 1.0], [2.0, 2.0, 3.0, 3.0], [0.2, 0.2, 0.4, 0.4]])
    assert fraction_inside(boxes, UNIT_XYXY).tolist() == pytest.approx([0.25, 0.5, 0, 1])
