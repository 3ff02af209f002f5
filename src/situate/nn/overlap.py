"""Which of many boxes overlap, and which few overlap most of them."""

import torch
from jaxtyping import Float
from torch import Tensor


def overlaps(box_xyxy: Float[Tensor, "m 4"], edges: Float[Tensor, "4 n"], share: float) -> Float[Tensor, "m n"]:
    """Return 1 for each pair whose IoU is at least `share` and 0 for the others.

    With overlap O and areas A and B: O / (A + B - O) >= t exactly where O >= (A + B) t / (1 + t). Numbers and not
    booleans, and few temporaries, because there are many pairs: so it takes a fifth of the time.

    Args:
        box_xyxy: Some boxes.
        edges: Others: their left, top, right and bottom, each together in memory.
        share: At least how much, > 0.
    """
    left, top, right, bottom = box_xyxy.T[:, :, None]
    wide = torch.minimum(edges[2], right).sub_(torch.maximum(edges[0], left)).clamp_(min=0)
    high = torch.minimum(edges[3], bottom).sub_(torch.maximum(edges[1], top)).clamp_(min=0)
    factor = share / (1 + share)
    area, areas = (right - left) * (bottom - top) * factor, (edges[2] - edges[0]) * (edges[3] - edges[1]) * factor
    return wide.mul_(high).ge_(area + areas)


def covering(
    box_xyxy: Float[Tensor, "m 4"], edges: Float[Tensor, "4 n"], mass: Float[Tensor, " n"], k: int, *, share: float
) -> list[int]:
    """Choose up to `k` boxes that together cover much mass: a box covers what its IoU with is at least `share`.

    The first box is taken, then always the one that covers most of what is not covered yet (of equals the first), but
    none that one of those taken covers.

    Source:
        Nemhauser et al., An analysis of approximations for maximizing submodular set functions (1978). There, nothing
        is left out because of what was taken.
    """
    is_near = overlaps(box_xyxy, edges, share)
    is_apart = overlaps(box_xyxy, box_xyxy.T.contiguous(), share) == 0
    is_free = torch.ones(len(box_xyxy), dtype=torch.bool, device=box_xyxy.device)
    chosen, best = [], 0
    while len(chosen) < k:
        chosen.append(best)
        is_free = is_free & is_apart[best]
        is_free[best] = False
        if not bool(is_free.any()):
            break
        mass = mass * (1 - is_near[best])
        gained = torch.where(is_free, is_near @ mass, -1.0)
        best = int((gained == gained.max()).nonzero()[0, 0])
    return chosen
