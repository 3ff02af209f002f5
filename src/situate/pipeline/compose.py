"""The composing pipeline (method steps C1 to C4): background, foreground and a noise template in, composites out."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from jaxtyping import Float, UInt8
from torch import Tensor

from situate.flow.path import velocity_of
from situate.flow.sampling import generate
from situate.flow.template import NoiseTemplate
from situate.geometry.canvas import BoxCxcywh, Letterbox
from situate.geometry.correction import NO_CORRECTION, WHOLE_CORRECTION, Correction
from situate.geometry.frames import Conditioning, placement_input, synthesis_input
from situate.geometry.window import snapped_window, whole_window
from situate.nn.candidates import top_k
from situate.nn.joint import tokens_in_window
from situate.nn.lattice import Lattice, lattice_of
from situate.nn.placement import PlacementNetwork, PlacementPrediction
from situate.nn.score import ScoreMap
from situate.nn.velocity import IMAGE_CHANNELS, VelocityNetwork
from situate.pipeline.assemble import assembled
from situate.pipeline.device import fast_autocast
from situate.pipeline.openvino import CompiledNetworks, CompiledPlacement, CompiledSynthesis
from situate.pipeline.order import Order, View, filled, foreground_u8, window_noise
from situate.records.batch import PlacementInput, SynthesisInput, collate
from situate.records.constraints import PlacementConstraints
from situate.records.picture import Picture
from situate.records.placement import Composite, Placement


class ComposePipeline(DiffusionPipeline):
    """Both networks as a diffusers folder: `save_pretrained`, `from_pretrained`.

    The scheduler is saved for those who swap samplers; the pipeline itself walks with `situate.flow.sampling.euler`.
    `compiled` stands for both networks where another backend than PyTorch was asked for. With a `batch_shape` the
    networks see exactly so many at once, the last one several times where there are fewer: what comes out does not
    depend on what else is computed.
    """

    def __init__(
        self, placement: PlacementNetwork, synthesis: VelocityNetwork, scheduler: FlowMatchEulerDiscreteScheduler
    ) -> None:
        """Join the trained networks."""
        super().__init__()
        self.register_modules(placement=placement, synthesis=synthesis, scheduler=scheduler)
        self.score_map: ScoreMap | None = None
        self.compiled: CompiledNetworks | None = None
        self.batch_shape: int | None = None

    def predict(
        self, background: UInt8[np.ndarray, "h w 3"], foreground: UInt8[np.ndarray, "fh fw 4"]
    ) -> tuple[PlacementInput, PlacementPrediction]:
        """Run the placement network on one pair."""
        return self.predict_batch([(background, foreground)])

    @torch.inference_mode()
    def predict_batch(
        self, pairs: Sequence[tuple[UInt8[np.ndarray, "_ _ 3"], UInt8[np.ndarray, "_ _ 4"]]]
    ) -> tuple[PlacementInput, PlacementPrediction]:
        """Run the placement network on several pairs of background and foreground at once, at most `batch_shape`."""
        config = self.placement.config
        sizes = config["background_size"], config["foreground_size"]
        given = [placement_input(background, foreground, *sizes) for background, foreground in pairs]
        inputs: PlacementInput = collate(filled(given, self.batch_shape)).to(self.device)  # type: ignore[assignment]
        with fast_autocast(self.device):
            prediction = self.place(inputs)
        if self.batch_shape is None:
            return inputs, prediction
        asked = torch.arange(len(given), device=self.device)
        return inputs.part(asked), prediction.part(asked)

    def lattice(
        self,
        inputs: PlacementInput,
        prediction: PlacementPrediction,
        letterbox: Letterbox,
        constraints: PlacementConstraints | None = None,
    ) -> Lattice:
        """Return the distribution over boxes of one pair, under constraints.

        Raises:
            PlacementError: If the constraints leave no place, or make no sense for the picture.
        """
        return lattice_of(prediction.distribution, inputs.log_aspect, letterbox, constraints)

    def ranked(self, lattice: Lattice, k: int) -> list[Placement]:
        """Rank the `k` best places."""
        return [
            Placement(
                lattice.letterbox.box_to_picture(candidate.box_cxcywh),
                candidate.probability,
                self.score(lattice, candidate.box_cxcywh),
            )
            for candidate in top_k(lattice, k)
        ]

    def score(self, lattice: Lattice, box_cxcywh: BoxCxcywh) -> float | None:
        """Return the chance that a box on the canvas is plausible; None if no map was fitted for this model."""
        return None if self.score_map is None else self.score_map(lattice.log_density(torch.tensor(box_cxcywh)))

    def __call__(
        self,
        background: Picture,
        foreground: Picture,
        placements: Sequence[Placement],
        prediction: PlacementPrediction,
        *,
        seed: int,
        num_steps: int,
        model_fingerprint: str,
        correction: Correction = WHOLE_CORRECTION,
    ) -> list[Composite]:
        """Make one composite for each placement of one pair; see `Order` and `compose_batch`."""
        order = Order(background, foreground, placements, prediction, seed)
        (composites,) = self.compose_batch(
            [order], num_steps=num_steps, model_fingerprint=model_fingerprint, correction=correction
        )
        return composites

    def compose_batch(
        self,
        orders: Sequence[Order],
        *,
        num_steps: int,
        model_fingerprint: str,
        correction: Correction = WHOLE_CORRECTION,
    ) -> Iterator[list[Composite]]:
        """Make one composite for each placement of each order; the network sees all of them at once.

        Args:
            orders: Of several pictures.
            num_steps: Euler steps.
            model_fingerprint: Carried into the composites.
            correction: How much of what the network changes is taken; of a `literal` model all.

        Yields:
            The composites of each order; they are assembled one by one when asked for.
        """
        for assemble in self.synthesised(
            orders, num_steps=num_steps, model_fingerprint=model_fingerprint, correction=correction
        ):
            yield assemble()

    def synthesised(
        self, orders: Sequence[Order], *, num_steps: int, model_fingerprint: str, correction: Correction
    ) -> list[Callable[[], list[Composite]]]:
        """Do the networks' part of composing; return what does the rest for each order, in whatever thread.

        Arguments as for `compose_batch`.
        """
        views = [[self._view(order, placement) for placement in order.placements] for order in orders]
        flat = [view for several in views for view in several]
        # Plain paste does not look at what the network would make of it.
        images = iter(self._unmade(len(flat)) if correction == NO_CORRECTION else self._denoise(flat, num_steps))
        made = [[(view, next(images)) for view in several] for several in views]
        how = self.conditioning, model_fingerprint, correction
        return [partial(_assembled, order, several, *how) for order, several in zip(orders, made, strict=True)]

    @property
    def place(self) -> PlacementNetwork | CompiledPlacement:
        """The placement network, as the backend runs it."""
        return self.placement if self.compiled is None else self.compiled.placement

    @property
    def synthesise(self) -> VelocityNetwork | CompiledSynthesis:
        """The synthesis network, as the backend runs it."""
        return self.synthesis if self.compiled is None else self.compiled.synthesis

    @property
    def device(self) -> torch.device:
        """Where the networks are; the class above looks through all modules each time, for 10 ms."""
        return next(self.placement.parameters()).device

    @property
    def size(self) -> int:
        """Side of the window at model resolution."""
        return self.synthesis.config["size"]

    @property
    def conditioning(self) -> Conditioning:
        """`pasted` or `literal`."""
        return self.synthesis.config["conditioning"]

    def _view(self, order: Order, placement: Placement) -> View:
        resolution_wh = (order.background.width_px, order.background.height_px)
        if self.conditioning == "literal":
            window, level = whole_window(resolution_wh), round(math.log2(max(resolution_wh) / self.size))
        else:
            window, level = snapped_window(placement.box_cxcywh, resolution_wh, self.size)
        pictures = order.background.rgb_u8, foreground_u8(order.foreground)
        inputs = synthesis_input(*pictures, placement.box_cxcywh, window, self.size, self.conditioning)
        template = NoiseTemplate(order.seed, *reversed(resolution_wh))
        noise = window_noise(template, window, level, self.size)
        fused_tokens = None if order.prediction is None else order.prediction.fused_tokens
        return View(placement, window, inputs, noise, fused_tokens)

    def _unmade(self, count: int) -> list[Float[np.ndarray, "s s 5"]]:
        return [np.zeros((self.size, self.size, IMAGE_CHANNELS), np.float32) for _ in range(count)]

    def _denoise(self, views: Sequence[View], num_steps: int) -> list[Float[np.ndarray, "s s 5"]]:
        shape = self.batch_shape or max(len(views), 1)
        groups = [views[start : start + shape] for start in range(0, len(views), shape)]
        return [
            image
            for group in groups
            for image in self._denoise_together(filled(group, self.batch_shape), num_steps)[: len(group)]
        ]

    @torch.inference_mode()
    def _denoise_together(self, views: Sequence[View], num_steps: int) -> list[Float[np.ndarray, "s s 5"]]:
        batch: SynthesisInput = collate([view.inputs for view in views]).to(self.device)  # type: ignore[assignment]
        known = [view.fused_tokens for view in views if view.fused_tokens is not None]
        assert len(known) == len(views), "only plain paste does without the placement network"
        fused_tokens = torch.cat(known)
        window_tokens = tokens_in_window(fused_tokens, batch.window_cxcywh)

        def velocity_field(x_sigma: Tensor, sigma: Tensor) -> Tensor:
            sigma = sigma.to(x_sigma.device)
            return velocity_of(x_sigma, self.synthesise(x_sigma, sigma, batch, window_tokens), sigma)

        # One context for all steps: leaving it forgets the weights in low precision.
        with fast_autocast(self.device):
            images = generate(velocity_field, torch.cat([view.noise for view in views]).to(self.device), num_steps)
        return list(images.float().cpu().permute(0, 2, 3, 1).numpy())


def _assembled(
    order: Order,
    made: Sequence[tuple[View, Float[np.ndarray, "s s 5"]]],
    conditioning: Conditioning,
    model_fingerprint: str,
    correction: Correction,
) -> list[Composite]:
    return [
        assembled(
            *(order.background, order.foreground, view.placement, view.window, image, view.inputs),
            *(order.seed, model_fingerprint, conditioning),
            correction=correction,
        )
        for view, image in made
    ]
