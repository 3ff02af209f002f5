"""The light encoders: what a mirror does to light, they do."""

import pytest
import torch

from situate.nn.light import LightEncoder, PooledLight, light_readers
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


def test_pooled_light_does_not_depend_on_where_a_feature_is():
    torch.manual_seed(0)
    reader = PooledLight(5).requires_grad_(False)
    torch.nn.init.normal_(reader.out.weight)
    maps = [torch.randn(2, 2, 8, 8), torch.randn(2, 3, 4, 4)]
    light = reader(maps)
    assert light.shape == (2, 5, 3)
    torch.testing.assert_close(reader([features.roll((1, 2), (2, 3)) for features in maps]), light)
    assert (reader([2 * features for features in maps]) - light).abs().max() > 0.01


def test_pooled_light_adds_nothing_at_first_and_changes_no_feature():
    reader = PooledLight(2)
    features = torch.randn(1, 2, 8, 8, requires_grad=True)
    light = reader([features])
    assert not light.any()
    light.sum().backward()
    assert features.grad is None
    assert reader.out.weight.grad is not None
    assert {id(one) for one in light_readers(torch.nn.Sequential(reader))} == {id(one) for one in reader.parameters()}
