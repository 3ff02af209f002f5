"""One service for all tests that do not need one of their own, and one model."""

from collections.abc import Iterator

import pytest
from tests.service.running import PATIENCE_S, Gate, Running, running

from situate.pipeline.composer import Composer
from situate.pipeline.runtime import Runtime
from situate.service import worker as worker_module
from situate.service.settings import ServiceSettings

ON_PROCESSOR = Runtime("cpu")


@pytest.fixture(scope="session")
def live() -> Iterator[Running]:
    """A service with the shipped model."""
    with running(ServiceSettings(runtime=ON_PROCESSOR, max_pixels=2_000_000, max_body_bytes=4_000_000)) as service:
        yield service


@pytest.fixture(scope="session")
def composer() -> Composer:
    """The shipped model, without a service."""
    return Composer.from_pretrained(device="cpu")


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Until it is opened, the networks of all workers wait."""
    made, predictions = Gate(), worker_module.predictions

    def waiting(*arguments):
        made.is_reached.set()
        assert made.is_open.wait(PATIENCE_S)
        return predictions(*arguments)

    monkeypatch.setattr(worker_module, "predictions", waiting)
    yield made
    made.is_open.set()
