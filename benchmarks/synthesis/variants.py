"""Which variants there are: how each is trained, and in which ways it is judged."""

from dataclasses import dataclass
from typing import Literal

from situate.geometry.frames import Conditioning
from situate.nn.velocity import VelocityNetwork
from situate.pipeline.options import DEFAULT_STEPS
from situate.recipes import literal
from situate.training.config import RunConfig
from situate.training.losses import JointLoss
from synthesis.even_loss import EvenLoss
from synthesis.networks import BackgroundBase, DetachedTokens, WithoutTokens

Part = Literal["both", "placement", "synthesis"]
JOINT = "joint"


@dataclass(frozen=True)
class Stage:
    """A stretch of training with a learning rate that rises and falls of its own.

    Attributes:
        part: What learns; the other network is not run, or frozen with its averaged weights.
        start: Where it begins in the plan of samples, as a share of the steps.
        end: Where it ends there.
    """

    part: Part = "both"
    start: float = 0.0
    end: float = 1.0

    def steps(self, num_steps: int) -> range:
        """Numbers of its steps in a plan of `num_steps`."""
        return range(round(self.start * num_steps), round(self.end * num_steps))


@dataclass(frozen=True)
class View:
    """A way of composing with a trained model.

    Attributes:
        name: Added to the variant's; empty for the plain way.
        num_steps: Of the sampler.
        has_own_tokens: Whether the synthesis gets the scene's fused tokens, or those of another scene.
    """

    name: str = ""
    num_steps: int = DEFAULT_STEPS
    has_own_tokens: bool = True


@dataclass(frozen=True)
class Variant:
    """A model, what it is trained with, and how it is judged; everything else is the recipe's.

    Attributes:
        synthesis: Class of its synthesis network.
        loss: Class of its loss.
        stages: Of its training, one after the other.
        conditioning: As of a recipe.
        rolled_share: Of the loss: how often later steps learn from the network's own first prediction.
        views: Ways of composing that are judged, the plain one first.
    """

    synthesis: type[VelocityNetwork] = VelocityNetwork
    loss: type[JointLoss] = JointLoss
    stages: tuple[Stage, ...] = (Stage(),)
    conditioning: Conditioning = "pasted"
    rolled_share: float = 0.0
    views: tuple[View, ...] = (View(),)

    def config(self, recipe: RunConfig) -> RunConfig:
        """The recipe with this share, or what the recipe `literal` would be with its sizes."""
        if self.conditioning == "pasted":
            loss = recipe.loss.model_copy(update={"rolled_share": self.rolled_share})
            return recipe.model_copy(update={"loss": loss})
        conditioning = {"conditioning": self.conditioning}
        parts = {
            "recipe": f"{recipe.recipe}, {self.conditioning}",
            "model": recipe.model.model_copy(update=conditioning),
            "sample": recipe.sample.model_copy(update=conditioning),
            "loss": literal().loss,
        }
        return recipe.model_copy(update=parts)


_OTHER_TOKENS = View("tokens of another scene", has_own_tokens=False)
_OTHER_STEPS = tuple(View(f"{num} step{'s' if num > 1 else ''}", num_steps=num) for num in (1, 2, 8))
VARIANTS = {
    JOINT: Variant(views=(View(), _OTHER_TOKENS, *_OTHER_STEPS)),
    "two-stage": Variant(stages=(Stage("placement", 0, 0.5), Stage("synthesis", 0.5, 1))),
    "two-stage-double": Variant(stages=(Stage("placement"), Stage("synthesis"))),
    "detached": Variant(synthesis=DetachedTokens),
    "no-tokens": Variant(synthesis=WithoutTokens),
    "literal": Variant(conditioning="literal"),
    "base-background": Variant(synthesis=BackgroundBase),
    "unweighted": Variant(loss=EvenLoss),
    "rolled": Variant(rolled_share=0.75, views=(View(), *_OTHER_STEPS)),
}
