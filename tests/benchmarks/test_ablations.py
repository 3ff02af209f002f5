"""The ablations' variants learn what they say they learn."""

import ablations
import pytest
import torch
from tests.synthetic import synthetic_triple

from situate.data.sample import SampleConfig, validation_sample
from situate.records.batch import Batch, collate

FAST = [name for name, setup in ablations.VARIANTS.items() if setup.size == 64]


def batch() -> Batch:
    config = SampleConfig(num_positions=4)
    return collate([validation_sample(synthetic_triple(number), config) for number in range(2)])


@pytest.mark.parametrize("name", FAST)
def test_a_few_steps_bring_a_variant_nearer_to_the_truth(name):
    samples = batch()
    variant = ablations.VARIANTS[name].build(seed=0)
    optimizer = torch.optim.AdamW(variant.parameters(), lr=1e-3)
    losses = []
    for _ in range(30):
        loss = variant.loss(samples)
        assert loss.shape == (2,)
        losses.append(loss.mean().item())
        optimizer.zero_grad()
        loss.mean().backward()
        optimizer.step()
    assert losses[-1] < losses[0] - 0.1 * abs(losses[0])
    with torch.no_grad():
        position = variant.eval().position(samples.placement)
    assert ((position[:, :2] >= 0) & (position[:, 0:1] <= 1)).all()


def test_a_density_over_the_centre_answers_with_the_contact_point():
    samples = batch()
    by_centre, by_contact = (ablations.VARIANTS[f"density over the {part}"] for part in ("centre", "contact point"))
    centre = by_centre.build(seed=0).eval()
    contact = by_contact.build(seed=0).eval()
    with torch.no_grad():
        below, same = centre.position(samples.placement), contact.position(samples.placement)
    torch.testing.assert_close(below[:, 1], same[:, 1] + same[:, 2].exp() / 2)
    torch.testing.assert_close(below[:, [0, 2]], same[:, [0, 2]])


def test_a_seed_decides_the_parameters():
    setup = ablations.VARIANTS["regression"]
    first, same, other = (setup.build(seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)
