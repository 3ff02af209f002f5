"""Joint training: the synthesis loss reaches the fused tokens, and each term reaches the parts it trains."""

import math
from dataclasses import replace

import pytest
import torch
from tests.training.states import debug_batch, debug_state, parameters_of, with_loss

from situate.flow.sampling import TEMPERATURE
from situate.nn.joint import JointPrediction
from situate.recipes import RECIPES
from situate.records.batch import Batch
from situate.training.losses import changed_region
from situate.training.state import TrainState
from situate.training.step import joint_terms, train_step

NUM_STEPS = 3
PLACEMENT_TERMS = ("cell", "offset", "log_height")
SYNTHESIS_TERMS = ("colour", "visible_alpha", "effect")


def changed_parts(**weights: float) -> set[str]:
    """Parts of the model with a parameter that a few steps changed; the first step only opens the closed exit."""
    state = debug_state(with_loss(**weights))
    before = parameters_of(state)
    for _ in range(NUM_STEPS):
        train_step(state, debug_batch())
    changed = [name for name, value in parameters_of(state).items() if not torch.equal(value, before[name])]
    return {".".join(name.split(".")[:2]) for name in changed}


def test_the_synthesis_loss_alone_changes_the_fusion():
    found = changed_parts(placement_weight=0.0)
    assert "placement.fusion" in found
    assert "placement.background_encoder" in found
    assert "placement.foreground_encoder" in found
    assert "placement.head" not in found, "only positions teach the head"


def test_the_placement_loss_alone_changes_no_synthesis():
    found = changed_parts(colour_weight=0.0, mask_weight=0.0)
    assert {"placement.fusion", "placement.head"} <= found
    assert not any(part.startswith("synthesis") for part in found)


def test_without_any_loss_nothing_changes():
    assert changed_parts(placement_weight=0.0, colour_weight=0.0, mask_weight=0.0) == set()


def test_the_gradient_of_the_synthesis_loss_reaches_every_fusion_layer():
    state = debug_state()
    for _ in range(2):
        train_step(state, debug_batch())
    terms = joint_terms(state, debug_batch(), torch.Generator().manual_seed(0))
    terms.synthesis.backward()
    gradients = {name: value.grad for name, value in state.bare_model.placement.fusion.named_parameters()}
    assert {name for name, gradient in gradients.items() if gradient is None or not gradient.any()} == set()


@pytest.mark.parametrize("name", [*PLACEMENT_TERMS, *SYNTHESIS_TERMS])
def test_each_term_reaches_the_part_it_trains(name):
    state = debug_state()
    terms = joint_terms(state, debug_batch(), torch.Generator().manual_seed(0))
    getattr(terms, name).backward()
    target = state.bare_model.placement.head if name in PLACEMENT_TERMS else state.bare_model.synthesis.exit
    assert any(value.grad is not None and value.grad.any() for value in target.parameters())


def perfect_prediction(batch) -> JointPrediction:
    distribution = debug_state().bare_model.placement(batch.placement).distribution
    return JointPrediction(distribution, batch.image.clone(), batch.light.clone())


def test_a_perfect_image_costs_nothing():
    batch = debug_batch()
    terms = debug_state().loss(perfect_prediction(batch), batch, torch.full((4,), 0.5))
    assert terms.synthesis.item() == 0
    assert terms.total.item() == pytest.approx(terms.placement.item())


def test_a_samples_colour_error_grows_with_its_log_only():
    """Ten times the error of a sample that is far off costs no more than a few times as much."""
    batch = debug_batch()
    costs = []
    for error in (0.3, 0.3 * 10**0.5):
        prediction = perfect_prediction(batch)
        prediction.image[:, :3] += error
        costs.append(debug_state().loss(prediction, batch, torch.ones(4)).colour.item())
    knee = debug_state().loss.config.colour_knee
    assert costs[1] / costs[0] == pytest.approx(math.log1p(0.9 / knee) / math.log1p(0.09 / knee), rel=1e-3)


def test_only_samples_whose_light_is_known_teach_it():
    batch = debug_batch()
    prediction = perfect_prediction(batch)
    prediction.light[:] += 1
    assert debug_state().loss(prediction, batch, torch.ones(4)).light.item() == 0
    lit = replace(batch, light_weight=torch.tensor([1.0, 0, 0, 1]))
    prediction.light[1:3] += 1
    terms = debug_state().loss(prediction, lit, torch.ones(4))
    assert terms.light.item() == pytest.approx(debug_state().loss.config.light_weight)
    assert terms.total.item() == pytest.approx((terms.placement + terms.light).item())


def test_the_light_loss_trains_both_light_encoders_and_nothing_else():
    state = debug_state()
    batch = replace(debug_batch(), light_weight=torch.ones(4))
    joint_terms(state, batch, torch.Generator().manual_seed(0)).light.backward()
    gradients = {name: value.grad for name, value in state.bare_model.named_parameters()}
    reached = {name.split(".")[1] for name, gradient in gradients.items() if gradient is not None and gradient.any()}
    assert reached == {"background_light", "foreground_light"}


def test_without_known_light_the_light_encoders_stay_as_they_are():
    state = debug_state()
    before = {name: value for name, value in parameters_of(state).items() if "_light." in name}
    train_step(state, replace(debug_batch(), light_weight=torch.zeros(4)))
    after = parameters_of(state)
    assert len(before) > 10
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_the_synthesis_loss_learns_to_use_the_light_but_not_to_read_it():
    found = changed_parts(placement_weight=0.0, light_weight=0.0)
    assert "placement.light_embedding" in found
    assert not found & {"placement.background_light", "placement.foreground_light"}


def test_errors_where_nothing_is_taught_cost_nothing():
    batch = debug_batch()
    batch = replace(batch, image_weight=batch.image_weight * (torch.arange(32) < 16))
    prediction = perfect_prediction(batch)
    prediction.image[..., 16:] += 1
    assert debug_state().loss(prediction, batch, torch.full((4,), 0.5)).synthesis.item() == 0


def test_the_changed_region_weighs_more_than_its_pixels():
    batch = debug_batch()
    is_changed = changed_region(batch).expand_as(batch.image)
    losses = []
    for where in (is_changed, ~is_changed):
        prediction = perfect_prediction(batch)
        prediction.image[where] += 0.001
        losses.append(debug_state().loss(prediction, batch, torch.ones(4)).synthesis.item())
    assert losses[0] == pytest.approx(4 * losses[1], rel=0.01)


def test_a_foreground_that_is_shown_unplaced_is_no_changed_region():
    batch = debug_batch()
    shown = torch.zeros_like(batch.synthesis.pasted_alpha)
    shown[..., :4, :4] = 1
    image = torch.full_like(batch.image, -1.0)
    image[:, 4, 20:24, 20:24] = 1
    batch = replace(batch, image=image, synthesis=replace(batch.synthesis, pasted_alpha=shown))
    effect_only = torch.zeros_like(shown, dtype=torch.bool)
    effect_only[..., 18:26, 18:26] = True
    assert torch.equal(changed_region(batch, counts_pasted=False), effect_only)
    assert changed_region(batch)[..., 0, 0].all()
    terms = []
    for counts_pasted in (True, False):
        loss = with_loss(counts_pasted=counts_pasted).loss.build()
        prediction = perfect_prediction(batch)
        prediction.image[..., :6, :6] += 0.1
        terms.append(loss(prediction, batch, torch.ones(4)).synthesis.item())
    assert terms[1] < 0.25 * terms[0], "an error at the unplaced cut-out weighs no more than elsewhere"


def test_only_the_literal_recipe_leaves_the_pasted_foreground_out():
    assert {name: make().loss.counts_pasted for name, make in RECIPES.items()} == {
        "tiny": True,
        "small": True,
        "literal": False,
        "debug": True,
    }


def test_the_same_error_costs_more_at_less_noise():
    batch = debug_batch()
    prediction = perfect_prediction(batch)
    prediction.image[:] += 0.001
    high, low, lowest = (
        debug_state().loss(prediction, batch, torch.full((4,), sigma)).synthesis.item() for sigma in (1.0, 0.8, 0.01)
    )
    assert low == pytest.approx(high / 0.8**2, rel=1e-3)
    assert lowest == pytest.approx(high / 0.75**2, rel=1e-3)


def test_the_offset_of_a_uniform_cell_costs_nothing():
    """Nats of the cell and of the place in it add up to the density over the canvas."""
    batch = debug_batch()
    prediction = perfect_prediction(batch)
    terms = debug_state().loss(prediction, batch, torch.ones(4))
    log_density = prediction.distribution.log_prob_terms(batch.positions)
    wanted = -(log_density.cell + log_density.offset).mean().item()
    cells = prediction.distribution.cell_log_prob[0].numel()
    assert (terms.cell + terms.offset).item() == pytest.approx(
        wanted + torch.tensor(float(cells)).log().item(), rel=1e-4
    )


def decoyed_batch(*, has_decoys: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)) -> Batch:
    """The left half of each background was repaired."""
    batch = debug_batch()
    without = batch.placement.background.clone()
    without[..., : without.shape[-1] // 2] *= -1
    return replace(batch, without_decoys=without, has_decoys=torch.tensor(has_decoys))


def leak_of(batch: Batch, state: TrainState) -> torch.Tensor:
    return joint_terms(state, batch, torch.Generator().manual_seed(0)).leak


def test_a_density_that_decoys_change_is_paid_for_and_one_that_they_do_not_is_free():
    state = debug_state()
    batch = decoyed_batch()
    assert leak_of(batch, state).item() > 0
    same = replace(batch, without_decoys=batch.placement.background)
    assert leak_of(same, state).item() == 0
    assert leak_of(replace(batch, has_decoys=torch.zeros(4)), state).item() == 0


def test_only_the_cells_that_decoys_touch_count():
    state = debug_state()
    batch = decoyed_batch()
    model = state.bare_model.placement
    with_decoys, without = (
        model(replace(batch.placement, background=background)).distribution.cell_log_prob
        for background in (batch.placement.background, batch.without_decoys)
    )
    squared = (with_decoys - without).square()
    half = squared.shape[-1] // 2
    inside = with_decoys.isfinite()
    per_sample = torch.stack([s[:, :half][i[:, :half]].mean() for s, i in zip(squared, inside, strict=True)])
    expected = state.loss.config.leak_weight * per_sample.mean().item()
    assert leak_of(batch, state).item() == pytest.approx(expected, rel=0.05)


def test_the_leak_loss_trains_the_placement_network_and_ends_where_decoys_change_nothing():
    state = debug_state(with_loss(placement_weight=0.0, colour_weight=0.0, mask_weight=0.0, leak_weight=1.0))
    batch = decoyed_batch()
    before = leak_of(batch, state).item()
    for _ in range(40):
        train_step(state, batch)
    assert leak_of(batch, state).item() < 0.3 * before


def test_padding_costs_nothing_and_breaks_no_gradient():
    state = debug_state()
    batch = decoyed_batch()
    content = torch.tensor([[0.0, 0.25, 1.0, 0.75]]).repeat(4, 1)
    wide = replace(batch, placement=replace(batch.placement, content_xyxy=content))
    leak_of(wide, state).backward()
    gradients = [value.grad for value in state.bare_model.placement.parameters() if value.grad is not None]
    assert gradients
    assert all(bool(gradient.isfinite().all()) for gradient in gradients)


def test_samples_without_a_composite_cost_and_teach_the_synthesis_nothing():
    state = debug_state()
    batch = debug_batch()
    none = replace(batch, has_composite=torch.zeros(4), image_weight=torch.zeros_like(batch.image_weight))
    terms = joint_terms(state, none, torch.Generator().manual_seed(0))
    assert terms.synthesis.item() == 0
    terms.total.backward()
    assert all(value.grad is None for value in state.bare_model.synthesis.parameters())
    assert any(value.grad is not None for value in state.bare_model.placement.parameters())


def test_the_synthesis_loss_is_the_mean_over_the_samples_with_a_composite():
    state = debug_state()
    batch = debug_batch()
    half = replace(
        batch,
        has_composite=torch.tensor([1.0, 1.0, 0.0, 0.0]),
        image_weight=batch.image_weight * torch.tensor([1.0, 1.0, 0.0, 0.0])[:, None, None, None],
    )
    prediction = perfect_prediction(batch)
    prediction.image.add_(0.1)
    sigma = torch.ones(4)
    wanted = state.loss(prediction, half, sigma)
    prediction.image[2:].add_(5.0)
    assert wanted.synthesis.item() > 0
    assert state.loss(prediction, half, sigma).synthesis.item() == wanted.synthesis.item()


def test_the_placement_loss_is_the_mean_over_all_positions():
    state = debug_state()
    batch = debug_batch()
    prediction = perfect_prediction(batch)
    other = batch.positions.roll(1, dims=0)
    both = replace(batch, positions=torch.cat([batch.positions, other], dim=1))
    terms = [
        state.loss(prediction, replace(batch, positions=positions), torch.ones(4)).placement.item()
        for positions in (batch.positions, other, both.positions)
    ]
    assert terms[2] == pytest.approx((terms[0] + terms[1]) / 2, rel=1e-5)
    assert terms[0] < terms[1]


def test_where_a_sample_is_rolled_the_network_goes_on_from_its_own_first_prediction():
    state, batch = debug_state(), debug_batch(2)
    for parameter in state.bare_model.synthesis.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    model = state.bare_model.eval()
    noise = torch.randn(batch.image.shape, generator=torch.Generator().manual_seed(0))
    sigma, flags = torch.tensor([0.5, 0.5]), torch.tensor([1.0, 0.0])
    with torch.no_grad():
        image = model(batch.placement, batch.synthesis, noise, sigma, is_rolled=flags).image
        first = model(batch.placement, batch.synthesis, TEMPERATURE * noise, torch.ones(2)).image
        rolled = 0.5 * first + 0.5 * TEMPERATURE * noise
        wanted = model(batch.placement, batch.synthesis, torch.cat([rolled[:1], noise[1:]]), sigma).image
    torch.testing.assert_close(image, wanted, atol=1e-4, rtol=1e-4)


def test_rolled_samples_never_see_the_truth():
    config = with_loss(rolled_share=1.0)
    state, batch = debug_state(config=config), debug_batch(6, config=config)
    other = replace(batch, image=-batch.image)
    seen = []
    inner = state.bare_model.synthesis.forward
    state.bare_model.synthesis.forward = lambda x_sigma, *rest: (seen.append(x_sigma), inner(x_sigma, *rest))[1]
    for one in (batch, other):
        joint_terms(state, one, torch.Generator().manual_seed(0))
    assert len(seen) == 4  # twice a first prediction and what follows it
    torch.testing.assert_close(seen[1], seen[3])


def test_the_visible_alpha_can_count_more_without_the_effect_counting_more():
    plain, more = (
        joint_terms(debug_state(with_loss(visible_weight=weight)), debug_batch(), torch.Generator().manual_seed(0))
        for weight in (1.0, 5.0)
    )
    torch.testing.assert_close(more.visible_alpha, 5 * plain.visible_alpha)
    torch.testing.assert_close((more.effect, more.colour), (plain.effect, plain.colour))
