"""What the service does for one request: decode, wait for the worker, assemble; given up as soon as nobody waits."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread

from situate.client.options import MAX_FOREGROUNDS, ComposeOptions, PlaceOptions
from situate.errors import InputError
from situate.pipeline.batch import Pair
from situate.pipeline.inputs import apart_from
from situate.pipeline.options import Synthesis, check_composing
from situate.pipeline.places import RankedPlaces
from situate.records.constraints import PlacementConstraints
from situate.records.picture import Picture
from situate.records.placement import Composite
from situate.seeds import seed_for
from situate.service.asked import constraints_of, synthesis_of
from situate.service.reading import Asked, Uploads
from situate.service.settings import ServiceSettings
from situate.service.threads import use_processors
from situate.service.worker import Job, Worker
from situate.sharding.pool import num_processors

Result = TypeVar("Result")
MAX_RUNS = 128
"""Of the synthesis network for one request."""
_MEGA = 1_000_000


@dataclass(frozen=True)
class Studio:
    """The worker, and threads for what surrounds the networks."""

    worker: Worker
    settings: ServiceSettings
    limiter: CapacityLimiter

    @classmethod
    def around(cls, worker: Worker, settings: ServiceSettings) -> "Studio":
        """Use as many threads as there are processors: pictures that are decoded take memory."""
        return cls(worker, settings, CapacityLimiter(num_processors()))

    async def compose(self, uploads: Uploads, options: ComposeOptions) -> list[Composite]:
        """Answer a request for composites: several places of one object, or several objects in one picture.

        Raises:
            InputError: If something cannot be used.
            BusyError: If too many wait.
        """
        self._check(options, uploads)
        asked = await self._decoded(uploads, options)
        _check_amount(asked, options, self.settings)
        synthesis = synthesis_of(options)
        if len(asked.cutouts) == 1:
            demanded = None if options.box is not None else asked.constraints
            pair = Pair(asked.scene, asked.cutouts[0], options.seed, options.box, demanded)
            return await self._composed(pair, options.top_k, synthesis)
        composite: Composite | None = None
        for number, cutout in enumerate(asked.cutouts):
            composite = await self._with_one_more(asked, cutout, number, composite, options)
        assert composite is not None
        return [composite]

    async def place(self, uploads: Uploads, options: PlaceOptions) -> RankedPlaces:
        """Answer a request for places.

        Raises:
            InputError: If something cannot be used.
            BusyError: If too many wait.
        """
        if len(uploads.foregrounds) != 1:
            raise InputError(f"there are {len(uploads.foregrounds)} foregrounds; send 1 to be placed")
        asked = await self._decoded(uploads, options)
        pair = Pair(asked.scene, asked.cutouts[0], constraints=asked.constraints)
        found = await asyncio.wrap_future(self.worker.submit(Job(pair, options.top_k)))
        assert isinstance(found, RankedPlaces)
        return found

    async def apart(self, work: Callable[[], Result]) -> Result:
        """Do something that takes long in a thread of its own.

        Whoever is cancelled meanwhile goes; the thread cannot, and counts until it has ended.
        """
        running = asyncio.ensure_future(to_thread.run_sync(_on_one_processor, work, limiter=self.limiter))
        running.add_done_callback(_seen)
        return await asyncio.shield(running)

    async def _decoded(self, uploads: Uploads, options: PlaceOptions) -> Asked:
        self.worker.check_room()
        demanded = constraints_of(options)
        return await self.apart(partial(uploads.decoded, demanded, self.settings.max_pixels))

    async def _composed(self, pair: Pair, top_k: int, synthesis: Synthesis) -> list[Composite]:
        assemble = await asyncio.wrap_future(self.worker.submit(Job(pair, top_k, synthesis)))
        assert not isinstance(assemble, RankedPlaces)
        return await self.apart(assemble)

    async def _with_one_more(
        self, asked: Asked, cutout: Picture, number: int, earlier: Composite | None, options: ComposeOptions
    ) -> Composite:
        """Put one more object into the last result; as `Composer.compose_several` does."""
        demanded: PlacementConstraints | None = asked.constraints
        scene = asked.scene
        if earlier is not None:
            scene, demanded = earlier.picture, demanded if options.may_overlap else apart_from(earlier, demanded)
        noise_seed = seed_for(options.seed, "object", number) if number else options.seed
        (made,) = await self._composed(Pair(scene, cutout, noise_seed, constraints=demanded), 1, synthesis_of(options))
        return replace(made if earlier is None else made.after(earlier), seed=options.seed)

    def _check(self, options: ComposeOptions, uploads: Uploads) -> None:
        num_foregrounds = len(uploads.foregrounds)
        if num_foregrounds > MAX_FOREGROUNDS:
            raise InputError(f"there are {num_foregrounds} foregrounds; {MAX_FOREGROUNDS} are the limit")
        if options.box is not None and (uploads.allow or uploads.avoid):
            raise InputError("both box and a mask say where; leave one of them out")
        if num_foregrounds > 1 and (options.top_k > 1 or options.box is not None):
            raise InputError(f"top_k and box are for one foreground, there are {num_foregrounds}; leave them out")
        if num_foregrounds == 1 and options.may_overlap:
            raise InputError("may_overlap is for several foregrounds, there is 1; leave it out")
        conditioning = self.worker.composer.pipeline.conditioning
        if num_foregrounds > 1 and conditioning != "pasted":
            raise InputError(f"there are {num_foregrounds} foregrounds, but this model is `literal`; send one")
        check_composing(conditioning, synthesis_of(options), options.top_k, options.box, constraints_of(options))


def _check_amount(asked: Asked, options: ComposeOptions, settings: ServiceSettings) -> None:
    """Refuse what would need so much time or memory that others suffer."""
    if (num_runs := options.top_k * options.steps) > MAX_RUNS:
        raise InputError(f"top_k times steps is {num_runs}; {MAX_RUNS} is the limit, ask for less")
    if (num_pixels := options.top_k * asked.scene.width_px * asked.scene.height_px) > 2 * settings.max_pixels:
        limit = 2 * settings.max_pixels / _MEGA
        raise InputError(
            f"top_k composites would have {num_pixels / _MEGA:.0f} million pixels together; {limit:g} are the limit, "
            "ask for fewer places or send a smaller picture"
        )


def _on_one_processor(work: Callable[[], Result]) -> Result:
    use_processors(1)
    return work()


def _seen(running: "asyncio.Future[Any]") -> None:
    """Look at what came of it, also where nobody waits any more."""
    if not running.cancelled():
        running.exception()
