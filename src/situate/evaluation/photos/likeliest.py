"""The likeliest distinct places of a prior, chosen as the model's are: by what they cover together."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from situate.evaluation.photos.priors import PlacePrior
from situate.geometry.boxes import cxcywh_to_xyxy, fraction_inside, iou
from situate.geometry.canvas import BoxCxcywh, Letterbox, box_of
from situate.nn.lattice import SAME_PLACE_IOU
from situate.nn.overlap import covering
from situate.records.constraints import MIN_INSIDE


def likeliest_places(prior: PlacePrior, letterbox: Letterbox, log_aspect: float, k: int) -> list[BoxCxcywh]:
    """Of the places seen, return those that together the most others overlap by IoU >= 0.5, with this cut-out's aspect.

    No two of them overlap so; the best comes first, and there are fewer than `k` if there are no more. They lie at
    least half inside the picture, as the model's do, unless none that was seen does.

    Args:
        prior: Where objects stood.
        letterbox: How the picture lies on the canvas.
        log_aspect: log(width / height) of the cut-out.
        k: How many at most.

    Returns:
        Boxes as fractions of the picture.
    """
    places = torch.from_numpy(prior.places).float()
    boxes_cxcywh = box_of(places, torch.full((len(places),), log_aspect))
    corners = cxcywh_to_xyxy(boxes_cxcywh)
    is_inside = fraction_inside(corners, torch.tensor(letterbox.content_xyxy)) >= MIN_INSIDE
    kept = is_inside if bool(is_inside.any()) else torch.ones_like(is_inside)
    chosen = _best(corners[kept], k)
    return [letterbox.box_to_picture(_box(boxes_cxcywh[kept][index])) for index in chosen]


def _best(corners: Float[Tensor, "n 4"], k: int) -> list[int]:
    overlap: Float[Tensor, "n n"] = iou(corners[:, None], corners[None])
    # Of a crowd in which all overlap all, the one in the middle is taken.
    num_same, closeness = (overlap >= SAME_PLACE_IOU).sum(-1).numpy(), overlap.sum(-1).numpy()
    order = np.lexsort((-closeness, -num_same))
    edges = corners[order].T.contiguous()
    chosen = covering(corners[order], edges, torch.ones(len(order)), k, share=SAME_PLACE_IOU)
    return order[chosen].tolist()


def _box(box_cxcywh: Float[Tensor, " 4"]) -> BoxCxcywh:
    cx, cy, w, h = box_cxcywh.tolist()
    return (cx, cy, w, h)
