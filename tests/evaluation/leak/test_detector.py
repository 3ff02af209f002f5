"""The repair detector finds what is there to be found, and nothing where there is nothing."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.synthetic import synthetic_triple

from situate.data.photos.repair import RepairConfig
from situate.errors import DataError, InputError
from situate.evaluation.leak.detector import DetectorConfig, _augmented, _held_out, _signed, detect
from situate.evaluation.leak.patches import PATCH_PX, RIM_PX, Patch, control_patches, decoy_patches, pieces_of
from situate.evaluation.leak.remake import remade, stands_in
from situate.evaluation.leak.suite import LeakConfig, detector_figures

QUICK = DetectorConfig(num_steps=80, batch_size=32, num_seeds=1)


def repaired_triples(count: int):
    triples = [synthetic_triple(number, width=96, height=72) for number in range(count)]
    stands = stands_in([(triple.kind, triple.box_cxcywh) for triple in triples])
    return [remade(triple, stands, RepairConfig("telea", (1, 2), seed=0)) for triple in triples]


def patches(count: int, *, is_told: bool) -> list[Patch]:
    """Noise; where it is told, real ones are smooth in the middle."""
    generator = np.random.default_rng(0)
    made = []
    for number in range(count):
        pixels = generator.integers(0, 255, (PATCH_PX, PATCH_PX, 4)).astype(np.uint8)
        is_real = number % 2 == 0
        if is_real and is_told:
            pixels[20:44, 20:44, :3] = 128
        made.append(Patch(pixels, is_real, f"group{number // 2}"))
    return made


def test_what_is_told_is_found_and_noise_is_chance():
    told = detect(patches(160, is_told=True), QUICK, seed=0)
    assert np.mean(told.is_right) > 0.9
    untold = detect(patches(160, is_told=False), QUICK, seed=0)
    assert 0.25 < np.mean(untold.is_right) < 0.75
    assert told.num_training == untold.num_training == 120


def test_groups_are_held_out_whole_and_others_are_not():
    groups = np.array([f"group{number // 3}" for number in range(30)])
    is_held_out = _held_out(groups, 0.2, seed=0)
    assert is_held_out.sum() == 6
    assert set(groups[is_held_out]).isdisjoint(groups[~is_held_out])
    assert (_held_out(groups, 0.2, seed=1) != is_held_out).any()


def test_brightening_leaves_what_is_not_shown_black():
    """The network tells hole and rim from the rest by it; in training as when it is tried."""
    patches = _signed(torch.from_numpy(np.stack([one.pixels for one in decoy_patches(repaired_triples(4), seed=0)])))
    patches = patches.permute(0, 3, 1, 2)
    is_shown = (patches > -1).any(1)
    augmented = _augmented(patches, np.random.default_rng(0))
    assert (augmented > -1).any(1).sum((1, 2)).tolist() == is_shown.sum((1, 2)).tolist()
    assert not torch.equal(augmented, patches)


def test_the_same_seed_gives_the_same_verdicts():
    made = patches(40, is_told=False)
    assert detect(made, QUICK, seed=3) == detect(made, QUICK, seed=3)


def test_a_patch_shows_the_hole_and_its_rim_only():
    triples = repaired_triples(6)
    for patch in decoy_patches(triples, seed=0):
        hole = patch.pixels[..., 3] > 0
        assert hole.any()
        rows, columns = np.nonzero(~hole & (patch.pixels[..., :3] > 0).any(axis=2))
        distances = [np.hypot(*(np.argwhere(hole) - place).T).min() for place in zip(rows, columns, strict=True)]
        assert max(distances) <= RIM_PX + 1
    assert {patch.is_real for patch in decoy_patches(triples, seed=0)} == {True, False}


def test_the_control_shows_a_smear_and_an_untouched_place_of_the_same_shape():
    made = control_patches(repaired_triples(6), seed=0)
    smeared, untouched = ([patch for patch in made if patch.is_real == is_real] for is_real in (True, False))
    assert len(smeared) == len(untouched) >= 4
    for one, other in zip(smeared, untouched, strict=True):
        assert (one.pixels[..., 3] > 0).sum() == pytest.approx((other.pixels[..., 3] > 0).sum(), rel=0.2)


def test_every_decoy_is_a_piece_of_its_own():
    mask = np.zeros((40, 40), bool)
    for left in (0, 12, 25):
        mask[5:15, left : left + 10] = True
    pieces = pieces_of(mask)
    assert [np.flatnonzero(piece.any(axis=0)).tolist() for piece in pieces] == [
        list(range(left, left + 10)) for left in (0, 12, 25)
    ]


def test_the_detector_learns_the_positive_control():
    """Telea's smear on noisy ground, against ground that is as it was."""
    control = control_patches(repaired_triples(60), seed=0)
    verdicts = detect(control, QUICK, seed=0)
    assert np.mean(verdicts.is_right) > 0.9


def test_triples_without_decoys_and_too_few_groups_are_refused():
    triples = [replace(triple, decoys=None) for triple in repaired_triples(2)]
    with pytest.raises(DataError, match="no triple has both a hole and a decoy"):
        detector_figures(triples, LeakConfig("telea", detector=QUICK))
    with pytest.raises(InputError, match="patches are too few .* pass 40 triples"):
        detector_figures(repaired_triples(6), LeakConfig("telea", detector=QUICK))
    with pytest.raises(InputError, match="1 groups of repaired triples are too few"):
        detect(patches(2, is_told=True), QUICK, seed=0)
