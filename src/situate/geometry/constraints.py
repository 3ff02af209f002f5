"""Which boxes a caller's constraints allow."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float, Int

from situate.errors import PlacementError
from situate.records.constraints import PlacementConstraints

_TOUCH_PX = 1e-3
_ROUNDING = 1e-6


_REMEDIES = {
    "--inside": "use a less wide or less tall foreground, ask for less with --inside, or give a place with --box",
    "--min-size": "ask for a smaller --min-size",
    "--max-size": "ask for a larger --max-size",
    "--allow": "paint the mask white where it may stand, black elsewhere",
    "--avoid": "paint the mask white only where nothing may be covered",
    "--away-from": "keep away from fewer boxes, or a smaller --distance",
}


class BoxFilter:
    """The constraints of one picture, ready to be asked about many boxes."""

    def __init__(self, constraints: PlacementConstraints, resolution_wh: tuple[int, int]) -> None:
        """Prepare for a picture of `resolution_wh`.

        Raises:
            PlacementError: If the constraints make no sense for it.
        """
        if problems := constraints.problems(resolution_wh):
            raise PlacementError("; ".join(problems))
        self.constraints = constraints
        self.resolution_wh = resolution_wh
        self._allow_sums = None if constraints.allow is None else _rectangle_sums(constraints.allow)
        self._avoid_sums = None if constraints.avoid is None else _rectangle_sums(constraints.avoid)

    def allows(self, box_xyxy_px: Float[np.ndarray, "n 4"]) -> Bool[np.ndarray, " n"]:
        """Say which boxes all constraints allow."""
        return np.logical_and.reduce(list(self.allowed_by(box_xyxy_px).values()))

    def allowed_by(self, box_xyxy_px: Float[np.ndarray, "n 4"]) -> dict[str, Bool[np.ndarray, " n"]]:
        """Say for every constraint which boxes it allows, by its name on the command line.

        Args:
            box_xyxy_px: Boxes in pixels of the picture; they may reach outside it.
        """
        demanded = self.constraints
        height, picture_height = box_xyxy_px[:, 3] - box_xyxy_px[:, 1], self.resolution_wh[1]
        allowed = {"--inside": share_inside(box_xyxy_px, self.resolution_wh) >= demanded.min_inside - _ROUNDING}
        if demanded.min_height is not None:
            allowed["--min-size"] = height >= demanded.min_height.in_px(picture_height) * (1 - _ROUNDING)
        if demanded.max_height is not None:
            allowed["--max-size"] = height <= demanded.max_height.in_px(picture_height) * (1 + _ROUNDING)
        if demanded.allow is not None:
            allowed["--allow"] = _at_anchor(demanded.allow, box_xyxy_px)
        if self._avoid_sums is not None:
            allowed["--avoid"] = _num_touched(self._avoid_sums, box_xyxy_px) == 0
        if demanded.away_from_xywh_px:
            distance = _distance_px(box_xyxy_px, demanded.away_from_xywh_px)
            allowed["--away-from"] = distance >= demanded.min_distance_px - _TOUCH_PX
        return allowed

    def anchors(
        self, middle_px: Float[np.ndarray, "n 2"], half_px: Float[np.ndarray, "n 2"]
    ) -> Float[np.ndarray, "n 2"]:
        """Move the middles of blocks that may not be stood on to the nearest place in the block that may.

        Args:
            middle_px: Middles of blocks, x and y.
            half_px: Half their width and height.

        Returns:
            The places; where all of a block is forbidden, or nothing is, its middle.
        """
        if self._allow_sums is None or self.constraints.allow is None:
            return middle_px
        blocks = np.hstack([middle_px - half_px, middle_px + half_px])
        points = np.hstack([middle_px, middle_px])
        is_mixed = ~_at_anchor(self.constraints.allow, points) & (_num_touched(self._allow_sums, blocks) > 0)
        moved = middle_px.copy()
        for index in np.flatnonzero(is_mixed):
            moved[index] = _nearest_allowed(self.constraints.allow, middle_px[index], blocks[index])
        return moved


def nothing_left(allowed: Mapping[str, Bool[np.ndarray, " n"]], mass: Float[np.ndarray, " n"]) -> str:
    """Name what emptied the distribution: one constraint alone, or several that agree on nothing."""
    shares = {name: float(mass[kept].sum() / mass.sum()) for name, kept in allowed.items()}
    empty = next((name for name, share in shares.items() if not share > 0), None)
    if empty is not None:
        return f"no place is left: {empty} allows none of {len(mass)} lattice points; {_REMEDIES[empty]}"
    alone = ", ".join(f"{name} {share:.1%}" for name, share in shares.items())
    return (
        f"no place is left: each constraint allows some of the density ({alone}), together they allow nothing; "
        "loosen one of them"
    )


def share_inside(box_xyxy_px: Float[np.ndarray, "n 4"], resolution_wh: tuple[int, int]) -> Float[np.ndarray, " n"]:
    """Return the share of each box's area that lies inside the picture."""
    corners = box_xyxy_px.reshape(-1, 2, 2)
    inner = np.clip(corners, 0, resolution_wh)
    area = np.prod(corners[:, 1] - corners[:, 0], axis=1)
    return np.prod(inner[:, 1] - inner[:, 0], axis=1) / np.maximum(area, np.finfo(np.float64).tiny)


def _at_anchor(mask: Bool[np.ndarray, "h w"], box_xyxy_px: Float[np.ndarray, "n 4"]) -> Bool[np.ndarray, " n"]:
    """Whether the pixel that holds the bottom centre is set; the bottom edge belongs to the pixel above it."""
    height_px, width_px = mask.shape
    column = np.floor((box_xyxy_px[:, 0] + box_xyxy_px[:, 2]) / 2).astype(np.int64)
    row = np.ceil(box_xyxy_px[:, 3]).astype(np.int64) - 1
    return mask[np.clip(row, 0, height_px - 1), np.clip(column, 0, width_px - 1)]


def _nearest_allowed(
    mask: Bool[np.ndarray, "h w"], middle_px: Float[np.ndarray, "2"], block_xyxy_px: Float[np.ndarray, "4"]
) -> Float[np.ndarray, "2"]:
    """Return the place on a set pixel of the block that is nearest to its middle; pixels hold their bottom edge."""
    low, high = np.floor(block_xyxy_px[:2]).astype(int), np.ceil(block_xyxy_px[2:]).astype(int)
    (left, top), (right, bottom) = np.maximum(low, 0), np.minimum(high, mask.shape[::-1])
    rows, columns = np.nonzero(mask[top:bottom, left:right])
    corner = np.stack([columns + left, rows + top], axis=1).astype(float)
    first, last = corner + np.array([0, _TOUCH_PX]), corner + np.array([1 - _TOUCH_PX, 1])
    places = np.clip(middle_px, np.maximum(first, block_xyxy_px[:2]), np.minimum(last, block_xyxy_px[2:]))
    is_inside = (np.maximum(first, block_xyxy_px[:2]) <= np.minimum(last, block_xyxy_px[2:])).all(axis=1)
    if not is_inside.any():
        return middle_px
    distance = np.where(is_inside, np.square(places - middle_px).sum(axis=1), np.inf)
    return places[int(distance.argmin())]


def _rectangle_sums(mask: Bool[np.ndarray, "h w"]) -> Int[np.ndarray, "h1 w1"]:
    """How many pixels are set above and left of every corner."""
    sums = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), np.int64)
    np.cumsum(np.cumsum(mask, axis=0, dtype=np.int64), axis=1, out=sums[1:, 1:])
    return sums


def _num_touched(sums: Int[np.ndarray, "h1 w1"], box_xyxy_px: Float[np.ndarray, "n 4"]) -> Int[np.ndarray, " n"]:
    """How many set pixels each box touches."""
    last_row, last_column = sums.shape[0] - 1, sums.shape[1] - 1
    low = np.floor(box_xyxy_px[:, :2] + _TOUCH_PX).astype(np.int64)
    high = np.ceil(box_xyxy_px[:, 2:] - _TOUCH_PX).astype(np.int64)
    left, right = (np.clip(edge[:, 0], 0, last_column) for edge in (low, high))
    top, bottom = (np.clip(edge[:, 1], 0, last_row) for edge in (low, high))
    return sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]


def _distance_px(
    box_xyxy_px: Float[np.ndarray, "n 4"], others_xywh_px: tuple[tuple[float, float, float, float], ...]
) -> Float[np.ndarray, " n"]:
    """Distance of each box's edge to the nearest other's; below 0 where they overlap, by how deep."""
    others = np.asarray(others_xywh_px, np.float64)
    low, high = others[:, :2], others[:, :2] + others[:, 2:]
    gap = np.maximum(low[None] - box_xyxy_px[:, None, 2:], box_xyxy_px[:, None, :2] - high[None])
    apart = np.hypot(*np.moveaxis(np.maximum(gap, 0), -1, 0))
    return np.where(apart > 0, apart, gap.max(axis=-1)).min(axis=1)
