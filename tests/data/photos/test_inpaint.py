"""Repairs stay in the hole, repeat, and do not copy what they must avoid."""

import builtins
from typing import Any

import numpy as np
import pytest

from situate.data.photos.inpaint import choose_inpainter, inpaint, require_inpainter
from situate.errors import MissingExtraError

SIZE = 64


def grainy() -> np.ndarray:
    return np.random.default_rng(0).integers(80, 140, (SIZE, SIZE, 3), dtype=np.uint8)


def square(first: int, last: int) -> np.ndarray:
    mask = np.zeros((SIZE, SIZE), bool)
    mask[first:last, first:last] = True
    return mask


NOTHING = np.zeros((SIZE, SIZE), bool)


@pytest.mark.parametrize("inpainter", ["patchmatch", "telea"])
def test_only_the_hole_changes_and_the_same_seed_gives_the_same_pixels(inpainter: Any) -> None:
    hole = square(20, 36)
    first, second = (inpaint(grainy(), hole, NOTHING, inpainter, seed=2**62 + 5) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.array_equal(first[~hole], grainy()[~hole])
    assert (first[hole] != grainy()[hole]).mean() > 0.5


def test_nothing_to_repair_is_a_copy() -> None:
    picture = grainy()
    same = inpaint(picture, NOTHING, NOTHING, "patchmatch", seed=0)
    assert np.array_equal(same, picture)
    assert same is not picture


def test_another_seed_gives_another_repair() -> None:
    first, second = (inpaint(grainy(), square(20, 36), NOTHING, "patchmatch", seed=seed) for seed in (1, 2**60))
    assert not np.array_equal(first, second)


def test_patchmatch_does_not_copy_what_it_must_avoid() -> None:
    picture = grainy()
    picture[4:28, 4:28, 0] = 255
    repaired = inpaint(picture, square(28, 44), square(4, 28), "patchmatch", seed=0)
    assert repaired[square(28, 44)][:, 0].max() < 200


def test_patchmatch_keeps_the_grain_that_telea_smears() -> None:
    hole = square(20, 40)
    patchmatch, telea = (
        inpaint(grainy(), hole, NOTHING, inpainter, seed=0)[24:36, 24:36].astype(float).std()
        for inpainter in ("patchmatch", "telea")
    )
    assert patchmatch > 2 * telea


def test_auto_takes_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_inpainter("auto") == "patchmatch"
    assert choose_inpainter("telea") == "telea"
    monkeypatch.setattr("situate.data.photos.inpaint.find_spec", lambda name: None)
    assert choose_inpainter("auto") == "telea"


def test_a_missing_inpainter_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_patchmatch(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name == "patchmatch":
            raise ImportError(name)
        return real_import(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without_patchmatch)
    require_inpainter("telea")
    with pytest.raises(MissingExtraError, match=r"pypatchmatch is not installed.*situate\[photos\]"):
        require_inpainter("patchmatch")
