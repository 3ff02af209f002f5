"""The light encoders: what a mirror does to light, they do."""

import pytest
import torch

from situate.nn.light import LightEncoder
from situate.records.triple import MIRRORED_FACINGS


@pytest.fixture
def encoder() -> LightEncoder:
    torch.manual_seed(0)
    return LightEncoder(3, 2, 16)


def test_a_trained_encoder_reads_left_and_right_changed_in_a_mirrored_picture(encoder):
    pixels = torch.randn(2, 3, 32, 32)
    light = encoder.eval()(pixels)
    assert light.shape == (2, 5, 3)
    assert (light[:, 0] - light[:, 1]).abs().min() > 0
    torch.testing.assert_close(encoder(pixels.flip(-1)), light[:, list(MIRRORED_FACINGS)])


def test_while_it_is_trained_the_picture_is_read_once(encoder):
    pixels = torch.randn(2, 3, 32, 32)
    once, mirrored = encoder.train()(pixels), encoder(pixels.flip(-1))[:, list(MIRRORED_FACINGS)]
    torch.testing.assert_close(encoder.eval()(pixels), (once + mirrored) / 2)
