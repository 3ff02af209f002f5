"""The gradient energy of a shadow: right for the truth, low for a blur, high for contrast, deaf to the object."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from situate.evaluation.benchmark.made import Made
from situate.evaluation.benchmark.shadow_edges import shadow_edge_energy
from situate.records.triple import Triple

OBJECT, SHADOW = (slice(10, 30), slice(10, 30)), (slice(22, 34), slice(30, 50))


def scene(dimming: float = 0.6, noise: float = 2.0) -> Triple:
    """A square with a shadow to its right on a ground with noise, which the shadow darkens with it."""
    generator = np.random.default_rng(0)
    background = np.clip(generator.normal(150, noise, (48, 64, 3)), 0, 255).astype(np.uint8)
    composite, alpha, effect = background.copy(), np.zeros((48, 64), np.uint8), np.zeros((48, 64), np.uint8)
    composite[SHADOW] = np.rint(composite[SHADOW] * dimming)
    composite[OBJECT], alpha[OBJECT], effect[OBJECT], effect[SHADOW] = 20, 255, 255, 255
    return Triple(
        key="a",
        group="a",
        source="scenes",
        kind="box",
        background=background,
        composite=composite,
        foreground=np.full((20, 20, 4), 255, np.uint8),
        visible_alpha=alpha,
        effect=effect,
        hole=np.zeros_like(effect),
        box_cxcywh=(20 / 64, 20 / 48, 20 / 64, 20 / 48),
    )


def energy(triple: Triple, composite: np.ndarray) -> float:
    made = Made(composite, triple.effect, triple.visible_alpha)
    return shadow_edge_energy(made, triple.background, triple)


def test_the_truth_has_its_own_energy_and_a_paste_none():
    triple = scene()
    assert energy(triple, triple.composite) == 1
    pasted = np.where(triple.visible_alpha[..., None] > 0, triple.composite, triple.background)
    assert energy(triple, pasted) == 0


@pytest.mark.parametrize(("sigma_px", "highest"), [(1.0, 0.75), (2.0, 0.4), (4.0, 0.2)])
def test_a_blurred_shadow_has_less_the_more_it_is_blurred(sigma_px, highest):
    triple = scene()
    change = triple.composite.astype(np.float32) - triple.background
    change[OBJECT] = 0
    blurred = np.rint(triple.background + cv2.GaussianBlur(change, (0, 0), sigma_px)).astype(np.uint8)
    blurred[OBJECT] = triple.composite[OBJECT]
    assert highest / 3 < energy(triple, blurred) < highest


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_energy_is_the_square_of_the_contrast(factor):
    triple = scene()
    change = triple.composite.astype(np.float32) - triple.background
    contrasted = np.clip(np.rint(triple.background + factor * change), 0, 255).astype(np.uint8)
    assert energy(triple, contrasted) == pytest.approx(factor**2, rel=0.02)


def test_what_the_object_looks_like_does_not_matter():
    triple = scene()
    recoloured = triple.composite.copy()
    recoloured[OBJECT] = np.random.default_rng(1).integers(0, 255, (20, 20, 3))
    assert energy(triple, recoloured) == pytest.approx(1)


def test_a_shadow_without_the_noise_of_rendering_is_nearly_right():
    triple = scene(noise=0)
    generator = np.random.default_rng(2)
    noise = generator.normal(0, 3, triple.background.shape)
    noisy = np.where(triple.effect[..., None] > 0, triple.composite + noise, triple.composite)
    rendered = replace(triple, composite=np.clip(np.rint(noisy), 0, 255).astype(np.uint8))
    assert 0.9 < energy(rendered, triple.composite) < 1


def test_soft_shadows_and_none_are_left_out():
    soft = scene(dimming=0.98, noise=0)
    assert math.isnan(energy(soft, soft.composite))
    none = scene(dimming=1.0)
    none = replace(none, effect=none.visible_alpha)
    assert math.isnan(energy(none, none.composite))
