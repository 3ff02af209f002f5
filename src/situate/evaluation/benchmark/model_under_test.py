"""The model that is judged: what it makes at given places, with every number of steps."""

from collections.abc import Sequence
from dataclasses import dataclass

from situate.evaluation.benchmark.made import Made
from situate.geometry.canvas import BoxCxcywh
from situate.nn.placement import PlacementPrediction
from situate.pipeline.compose import ComposePipeline
from situate.records.picture import Picture
from situate.records.placement import Placement
from situate.records.triple import Triple

MODEL = "model"


@dataclass(frozen=True)
class ModelUnderTest:
    """A model and how it is run.

    Attributes:
        pipeline: Both networks.
        steps: Numbers of steps of the synthesis; the first is the one whose figures stand beside the baselines'.
        fingerprint: Of its weights.
    """

    pipeline: ComposePipeline
    steps: tuple[int, ...]
    fingerprint: str

    def made(
        self, triple: Triple, boxes_cxcywh: Sequence[BoxCxcywh], prediction: PlacementPrediction, seed: int
    ) -> list[dict[int, Made]]:
        """Compose a triple's foreground at each box, with every number of steps and the same noise.

        Args:
            triple: Background and foreground.
            boxes_cxcywh: Where to.
            prediction: Of this pair.
            seed: Of the noise template.

        Returns:
            For each box its composites by number of steps.
        """
        made: list[dict[int, Made]] = [{} for _ in boxes_cxcywh]
        for num_steps in self.steps:
            composites = self.pipeline(
                Picture(triple.background),
                Picture(triple.foreground),
                [Placement(box_cxcywh) for box_cxcywh in boxes_cxcywh],
                prediction,
                seed=seed,
                num_steps=num_steps,
                model_fingerprint=self.fingerprint,
            )
            for by_steps, one in zip(made, composites, strict=True):
                by_steps[num_steps] = Made(one.picture.rgb_u8, one.effect, one.visible_alpha)
        return made
